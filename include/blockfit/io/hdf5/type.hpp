#ifndef BLOCKFIT_IO_HDF5_TYPE_HPP
#define BLOCKFIT_IO_HDF5_TYPE_HPP

#include <algorithm>
#include <bit>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hdf5.h>

#include <blockfit/array/block_source.hpp>
#include <blockfit/array/element_type.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/hdf5/handle.hpp>

/// What HDF5 types hold, and as which of ours they are read.

namespace blockfit {
inline namespace v1 {
namespace hdf5 {

/// How a number is handed over by whoever reads it.
struct NumberFormat {
    ElementType type{};
    Index bytes = 0;
    bool swap = false;        ///< the bytes are the stored ones, in the other order
    bool by_library = false;  ///< stored in a format that only the library converts, to `type` of this machine
};

/// The HDF5 type of an element in memory; -1 for those that have none.
[[nodiscard]] inline hid_t native_type(ElementType type) {
    switch (type) {
        case ElementType::int8:
            return H5T_NATIVE_INT8;
        case ElementType::int16:
            return H5T_NATIVE_INT16;
        case ElementType::int32:
            return H5T_NATIVE_INT32;
        case ElementType::int64:
            return H5T_NATIVE_INT64;
        case ElementType::uint8:
            return H5T_NATIVE_UINT8;
        case ElementType::uint16:
            return H5T_NATIVE_UINT16;
        case ElementType::uint32:
            return H5T_NATIVE_UINT32;
        case ElementType::uint64:
            return H5T_NATIVE_UINT64;
        case ElementType::float32:
            return H5T_NATIVE_FLOAT;
        case ElementType::float64:
            return H5T_NATIVE_DOUBLE;
        case ElementType::float16:
        case ElementType::boolean:
            break;
    }
    return -1;
}

[[nodiscard]] constexpr std::string_view type_name(ElementType type) noexcept {
    constexpr std::string_view names[] = {"int8",   "int16",  "int32",   "int64",   "uint8",   "uint16",
                                          "uint32", "uint64", "float16", "float32", "float64", "bool"};
    return names[static_cast<std::size_t>(type)];
}

namespace detail {

/// IEEE 754's formats as they are, other small ones as float64 by the library.
[[nodiscard]] inline std::optional<NumberFormat> real_format(hid_t type, std::size_t size, bool big) {
    std::size_t sign = 0, exponent_at = 0, exponent = 0, mantissa_at = 0, mantissa = 0;
    if (H5Tget_fields(type, &sign, &exponent_at, &exponent, &mantissa_at, &mantissa) < 0) return {};
    // Infinity and NaN are taken over by the library where the bias is the usual one.
    if (size > 8 || exponent == 0 || exponent > 11 || mantissa > 52 || H5Tget_norm(type) != H5T_NORM_IMPLIED ||
        H5Tget_ebias(type) != (std::size_t{1} << (exponent - 1)) - 1)
        return {};
    const bool packed = H5Tget_offset(type) == 0 && mantissa_at == 0 && exponent_at == mantissa &&
                        sign == mantissa + exponent && 8 * size == sign + 1 && H5Tget_precision(type) == 8 * size;
    const auto plain = [&](ElementType t) { return NumberFormat{t, static_cast<Index>(size), big, false}; };
    if (packed && size == 2 && exponent == 5) return plain(ElementType::float16);
    if (packed && size == 4 && exponent == 8) return plain(ElementType::float32);
    if (packed && size == 8 && exponent == 11) return plain(ElementType::float64);
    return NumberFormat{ElementType::float64, 8, false, true};
}

}  // namespace detail

/// As what numbers of this HDF5 type are read; nothing if they are none, or cannot be.
[[nodiscard]] inline std::optional<NumberFormat> number_format(hid_t type) {
    if (H5Tget_class(type) == H5T_ENUM) {  // as h5py writes bool
        const hid_t base = H5Tget_super(type);
        if (base < 0) return {};
        const Handle super(base, H5Tclose, "", "");
        const auto format = number_format(super);
        return format && !format->by_library ? format : std::nullopt;
    }
    const H5T_class_t type_class = H5Tget_class(type);
    const std::size_t size = H5Tget_size(type);
    if ((type_class != H5T_FLOAT && type_class != H5T_INTEGER) || size == 0 || size > 8) return {};
    const H5T_order_t order = H5Tget_order(type);
    if (order != H5T_ORDER_LE && order != H5T_ORDER_BE) return {};
    const bool big = size > 1 && (order == H5T_ORDER_BE) == (std::endian::native == std::endian::little);
    if (type_class == H5T_FLOAT) return detail::real_format(type, size, big);
    const bool plain = std::has_single_bit(size) && H5Tget_precision(type) == 8 * size && H5Tget_offset(type) == 0;
    const std::size_t bytes = std::bit_ceil(size);
    const int first = H5Tget_sign(type) == H5T_SGN_NONE ? 4 : 0;
    return NumberFormat{static_cast<ElementType>(std::countr_zero(bytes) + first), static_cast<Index>(bytes),
                        plain && big, !plain};
}

/// The type to read such numbers with: the stored one, so that nothing is converted, unless the library has to.
[[nodiscard]] inline Handle memory_type(hid_t stored, const NumberFormat& format, const Origin& origin) {
    return {H5Tcopy(format.by_library ? native_type(format.type) : stored), H5Tclose,
            "from_hdf5: the type cannot be read", origin.file, origin.dataset};
}

/// Does every value of `from` have its equal in `to`?
[[nodiscard]] constexpr bool holds_all(ElementType to, ElementType from) noexcept {
    struct Kind {
        int digits;
        bool is_signed, is_real;
    };
    const auto kind = [](ElementType type) -> Kind {
        if (type == ElementType::boolean) type = ElementType::uint8;
        if (type >= ElementType::float16)
            return {type == ElementType::float16 ? 11 : type == ElementType::float32 ? 24 : 53, true, true};
        const bool is_signed = type < ElementType::uint8;
        const int bits = 8 << (static_cast<int>(type) % 4);
        return {is_signed ? bits - 1 : bits, is_signed, false};
    };
    const Kind t = kind(to), f = kind(from);
    return f.digits <= t.digits && (t.is_real || !f.is_real) && (t.is_signed || !f.is_signed);
}

/// The members of a compound type.
[[nodiscard]] inline std::vector<std::string> member_names(hid_t type) {
    std::vector<std::string> names;
    const int n = H5Tget_nmembers(type);
    for (int i = 0; i < n; ++i) {
        char* const name = H5Tget_member_name(type, static_cast<unsigned>(i));
        names.emplace_back(name != nullptr ? name : "");
        H5free_memory(name);
    }
    return names;
}

/// "a, b, c", at most `most` of them.
[[nodiscard]] inline std::string join(const std::vector<std::string>& names, std::size_t most = 20) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i <= most; ++i)
        text += (i == 0 ? "" : ", ") + (i == most ? std::string("...") : names[i]);
    return text;
}

/// Is this the enum of FALSE and TRUE that h5py writes for bool?
[[nodiscard]] inline bool is_bool(hid_t type) {
    return H5Tget_class(type) == H5T_ENUM && H5Tget_size(type) == 1 && H5Tget_nmembers(type) == 2 &&
           join(member_names(type)) == "FALSE, TRUE";
}

/// What a type is, for people: "float64", "int32 (big-endian)", "strings", "compound (a: float64, b: int32)".
[[nodiscard]] inline std::string describe_type(hid_t type, int depth = 0) {
    const std::string bits = std::to_string(8 * H5Tget_size(type)) + " bits";
    const auto of_base = [&] {
        const hid_t base = depth < 4 ? H5Tget_super(type) : -1;
        return base < 0 ? std::string("...") : describe_type(Handle(base, H5Tclose, "", ""), depth + 1);
    };
    switch (H5Tget_class(type)) {
        case H5T_STRING:
            return H5Tis_variable_str(type) > 0 ? "strings"
                                                : "strings of " + std::to_string(H5Tget_size(type)) + " bytes";
        case H5T_COMPOUND: {
            std::string text = "compound (";
            const auto names = member_names(type);
            for (std::size_t i = 0; i < names.size(); ++i) {
                const hid_t member = depth < 4 && i < 50 ? H5Tget_member_type(type, static_cast<unsigned>(i)) : -1;
                if (member < 0) return text + ", ...)";
                text +=
                    (i == 0 ? "" : ", ") + names[i] + ": " + describe_type(Handle(member, H5Tclose, "", ""), depth + 1);
            }
            return text + ")";
        }
        case H5T_ENUM:
            return is_bool(type) ? "bool" : "enum of " + of_base();
        case H5T_ARRAY:
            return "arrays of " + of_base();
        case H5T_VLEN:
            return "variable-length rows of " + of_base();
        case H5T_OPAQUE:
            return "opaque data of " + bits;
        case H5T_REFERENCE:
            return "references";
        case H5T_BITFIELD:
            return "bit fields of " + bits;
        case H5T_TIME:
            return "times of " + bits;
        case H5T_FLOAT:
        case H5T_INTEGER: {
            const auto format = number_format(type);
            if (format && !format->by_library)
                return std::string(type_name(format->type)) + (format->swap ? " (big-endian)" : "");
            const std::string used = std::to_string(H5Tget_precision(type)) + " bits";
            return (H5Tget_class(type) == H5T_FLOAT ? "floating-point numbers of " : "integers of ") + used;
        }
        default:
            return "an unknown type";
    }
}

/// One number of each record of a compound dataset.
struct Field {
    std::string name;
    Index offset = 0;  ///< in the record as it is handed over
    NumberFormat format{};
};

/// Do values of this type lie outside their dataset, so that only the library finds them?
[[nodiscard]] inline bool lies_elsewhere(hid_t type) {
    switch (H5Tget_class(type)) {
        case H5T_VLEN:
        case H5T_REFERENCE:
            return true;
        case H5T_STRING:
            return H5Tis_variable_str(type) > 0;
        case H5T_ARRAY:
            return lies_elsewhere(Handle(H5Tget_super(type), H5Tclose, "", ""));
        case H5T_COMPOUND: {
            const int n = H5Tget_nmembers(type);
            for (int i = 0; i < n; ++i)
                if (lies_elsewhere(Handle(H5Tget_member_type(type, static_cast<unsigned>(i)), H5Tclose, "", "")))
                    return true;
            return false;
        }
        default:
            return false;
    }
}

/// The numbers of a compound type by name, or all that are numbers if no name is given. Throws IoError listing the
/// fields if one is not there, UnsupportedError naming it if it is no number, ParameterError if one is named twice.
[[nodiscard]] inline std::vector<Field> select_fields(hid_t type, const std::vector<std::string>& names,
                                                      const Origin& origin) {
    const ErrorPlace place{.file = origin.file, .dataset = origin.dataset};
    if (H5Tget_class(type) != H5T_COMPOUND)
        throw UnsupportedError("from_hdf5_fields: the dataset holds " + describe_type(type) +
                                   ", expected a compound type; read numbers with from_hdf5",
                               place);
    const auto all = member_names(type);
    std::vector<Field> fields;
    for (const std::string& name : names.empty() ? all : names) {
        const auto found = std::ranges::find(all, name);
        if (found == all.end())
            throw IoError("from_hdf5_fields: there is no field '" + name + "'; the dataset has " + join(all), place);
        for (const Field& other : fields)
            if (other.name == name)
                throw ParameterError("from_hdf5_fields: field '" + name + "' was given twice", place);
        const auto i = static_cast<unsigned>(found - all.begin());
        const Handle member(H5Tget_member_type(type, i), H5Tclose, "from_hdf5_fields: the type cannot be read",
                            origin.file, origin.dataset);
        if (const auto format = number_format(member))
            fields.push_back({name, static_cast<Index>(H5Tget_member_offset(type, i)), *format});
        else if (!names.empty())
            throw UnsupportedError("from_hdf5_fields: field '" + name + "' holds " + describe_type(member) +
                                       ", expected numbers of at most 64 bits",
                                   place);
    }
    if (fields.empty())
        throw UnsupportedError("from_hdf5_fields: no field of the dataset holds numbers; it is " + describe_type(type),
                               place);
    return fields;
}

}  // namespace hdf5
}  // namespace v1
}  // namespace blockfit

#endif
