#ifndef BLOCKFIT_IO_HDF5_METADATA_HPP
#define BLOCKFIT_IO_HDF5_METADATA_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <hdf5.h>

#include <blockfit/array/element_type.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/io/hdf5/filter_list.hpp>
#include <blockfit/io/hdf5/handle.hpp>
#include <blockfit/io/hdf5/open.hpp>
#include <blockfit/io/hdf5/sources.hpp>
#include <blockfit/io/hdf5/type.hpp>

namespace blockfit {
inline namespace v1 {

/// A dataset of a file, as hdf5_datasets lists it.
struct Hdf5DatasetInfo {
    std::string name{};           ///< with the groups it is in: "group/X"
    std::vector<Index> shape{};   ///< empty: a single value
    std::string dtype{};          ///< "float64", "int32 (big-endian)", "bool", "compound (a: float64, b: strings)"
    std::vector<Index> chunks{};  ///< empty: not chunked
    std::vector<std::string> filters{};  ///< "shuffle", "gzip", ..., in the order in which they were applied
};

namespace hdf5 {
namespace detail {

/// A file open to look around in, and its size, the measure for what it may claim to hold.
struct OpenFile {
    Handle file;
    Index bytes = 0;
};
[[nodiscard]] inline OpenFile open_sized(const std::string& path, std::string_view where) {
    OpenFile result{open_file(path, where)};
    hsize_t bytes = 0;
    require(H5Fget_filesize(result.file, &bytes), where, path);
    result.bytes = static_cast<Index>(bytes);
    return result;
}

[[nodiscard]] inline std::vector<Index> shape_of(hid_t space) {
    const int rank = H5Sget_simple_extent_ndims(space);
    hsize_t dims[H5S_MAX_RANK] = {};
    if (rank > 0) H5Sget_simple_extent_dims(space, dims, nullptr);
    return {dims, dims + std::max(rank, 0)};
}

/// The names of an object's attributes.
[[nodiscard]] inline std::string list_attributes(hid_t object) {
    std::vector<std::string> names;
    const auto add = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
        static_cast<std::vector<std::string>*>(out)->emplace_back(name);
        return 0;
    };
    H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names);
    return names.empty() ? "no attributes" : join(names);
}

/// Appends n strings as they lie in memory: pointers, or `size` bytes each.
inline void append_strings(hid_t type, const std::byte* bytes, std::size_t n, std::vector<std::string>& out) {
    const bool variable = H5Tis_variable_str(type) > 0;
    const std::size_t size = H5Tget_size(type);
    const H5T_str_t padding = H5Tget_strpad(type);
    for (std::size_t i = 0; i < n; ++i, bytes += size) {
        if (variable) {
            const char* text = nullptr;
            std::memcpy(&text, bytes, sizeof text);
            out.emplace_back(text != nullptr ? text : "");
            continue;
        }
        std::string text(reinterpret_cast<const char*>(bytes), size);
        if (padding == H5T_STR_NULLTERM) text.resize(std::min(text.find('\0'), text.size()));
        const char pad = padding == H5T_STR_SPACEPAD ? ' ' : '\0';
        while (!text.empty() && text.back() == pad) text.pop_back();
        out.push_back(std::move(text));
    }
}

/// Frees what the library allocated for strings of variable length.
class Reclaim {
public:
    Reclaim(hid_t type, hid_t space, void* bytes) : type_(type), space_(space), bytes_(bytes) {}
    ~Reclaim() {
        if (H5Tis_variable_str(type_) > 0) H5Dvlen_reclaim(type_, space_, H5P_DEFAULT, bytes_);
    }
    Reclaim(const Reclaim&) = delete;
    Reclaim& operator=(const Reclaim&) = delete;

private:
    hid_t type_, space_;
    void* bytes_;
};

/// An attribute found and checked: one value or a list of them.
class Attribute {
public:
    Attribute(const std::string& path, const std::string& object, const std::string& name)
        : path_(path), object_(object), name_(name), file_(open_sized(path, where)) {
        if (object.empty() || (object != "/" && H5Oexists_by_name(file_.file, object.c_str(), H5P_DEFAULT) <= 0))
            throw IoError(std::string(where) + ": there is no such object; the file has " + list_datasets(file_.file),
                          place());
        const Handle owner(H5Oopen(file_.file, object.c_str(), H5P_DEFAULT), H5Oclose,
                           std::string(where) + ": the object cannot be opened", path, object);
        if (H5Aexists(owner, name.c_str()) <= 0)
            throw IoError(
                std::string(where) + ": there is no attribute '" + name + "'; the object has " + list_attributes(owner),
                place());
        attribute_ =
            Handle(H5Aopen(owner, name.c_str(), H5P_DEFAULT), H5Aclose, title() + " cannot be opened", path, object);
        type_ = Handle(H5Aget_type(attribute_), H5Tclose, title() + " cannot be read", path, object);
        space_ = Handle(H5Aget_space(attribute_), H5Sclose, title() + " cannot be read", path, object);
        const std::vector<Index> shape = shape_of(space_);
        const hssize_t n = H5Sget_simple_extent_npoints(space_);
        const auto size = static_cast<Index>(H5Tget_size(type_));
        if (n < 0 || size <= 0 || n > file_.bytes / size)
            throw IoError(title() + " is damaged: it is larger than the file", place());
        if (shape.size() > 1)
            throw ShapeError(title() + " has " + std::to_string(shape.size()) + " dimensions, expected at most 1",
                             place());
        count_ = H5Sget_simple_extent_type(space_) == H5S_NULL ? 0 : static_cast<std::size_t>(n);
    }

    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    void require_one() const {
        if (count_ != 1)
            throw ShapeError(title() + " has " + std::to_string(count_) + " values, expected 1; read a std::vector",
                             place());
    }

    [[nodiscard]] std::vector<std::string> strings() const {
        if (H5Tget_class(type_) != H5T_STRING) throw wrong_type("text");
        std::vector<std::string> result;
        std::vector<std::byte> bytes(count_ * H5Tget_size(type_));
        if (count_ == 0) return result;
        read(type_, bytes);
        const Reclaim reclaim(type_, space_, bytes.data());
        append_strings(type_, bytes.data(), count_, result);
        return result;
    }
    /// All values, as one row.
    template <class T>
    [[nodiscard]] Matrix<T> numbers() const {
        const auto format = number_format(type_);
        if (!format) throw wrong_type("numbers of at most 64 bits");
        Matrix<T> result(1, static_cast<Index>(count_));
        std::vector<std::byte> bytes(count_ * static_cast<std::size_t>(format->bytes));
        if (count_ == 0) return result;
        read(memory_type(type_, *format, {path_, object_}), bytes);
        if (format->swap) blockfit::detail::swap_bytes(bytes.data(), result.cols(), format->bytes);
        try {
            blockfit::detail::convert_elements(where, format->type, bytes.data(), result.view());
        } catch (const DataError& error) {
            throw DataError(error.message() + ", in attribute '" + name_ + "'", place());
        }
        return result;
    }

private:
    static constexpr std::string_view where = "hdf5_attribute";
    [[nodiscard]] ErrorPlace place() const { return {.file = path_, .dataset = object_}; }
    [[nodiscard]] std::string title() const {
        std::string text(where);
        ((text += ": attribute '") += name_) += '\'';
        return text;
    }
    [[nodiscard]] UnsupportedError wrong_type(const std::string& wanted) const {
        return UnsupportedError(title() + " holds " + describe_type(type_) + ", expected " + wanted, place());
    }
    void read(hid_t type, std::vector<std::byte>& bytes) const {
        if (H5Aread(attribute_, type, bytes.data()) < 0)
            throw IoError(title() + " cannot be read: " + last_error(), place());
    }

    const std::string& path_;
    const std::string& object_;
    const std::string& name_;
    OpenFile file_;
    Handle attribute_, type_, space_;
    std::size_t count_ = 0;
};

template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;

}  // namespace detail
}  // namespace hdf5

/// The datasets of a file, in all its groups. Throws IoError if the file cannot be read or is damaged.
[[nodiscard]] inline std::vector<Hdf5DatasetInfo> hdf5_datasets(const std::string& path) {
    constexpr std::string_view where = "hdf5_datasets";
    using hdf5::Handle;
    const hdf5::Session session;
    const Handle file = hdf5::detail::open_file(path, where);
    std::vector<Hdf5DatasetInfo> list;
    const auto add = [](hid_t, const char* name, const H5O_info_t* info, void* out) -> herr_t {
        if (info->type == H5O_TYPE_DATASET) static_cast<std::vector<Hdf5DatasetInfo>*>(out)->push_back({.name = name});
        return 0;
    };
    hdf5::require(H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, add, &list, H5O_INFO_BASIC),
                  std::string(where) + ": the groups cannot be read, the file is damaged", path);
    const std::string damaged = std::string(where) + ": the dataset cannot be read, the file is damaged";
    for (Hdf5DatasetInfo& info : list) {
        const Handle dataset(H5Dopen2(file, info.name.c_str(), H5P_DEFAULT), H5Dclose, damaged, path, info.name);
        const Handle space(H5Dget_space(dataset), H5Sclose, damaged, path, info.name);
        const Handle type(H5Dget_type(dataset), H5Tclose, damaged, path, info.name);
        const Handle creation(H5Dget_create_plist(dataset), H5Pclose, damaged, path, info.name);
        info.shape = hdf5::detail::shape_of(space);
        info.dtype = hdf5::describe_type(type);
        hsize_t chunk[H5S_MAX_RANK] = {};
        if (H5Pget_layout(creation) == H5D_CHUNKED)
            info.chunks.assign(chunk, chunk + std::max(H5Pget_chunk(creation, H5S_MAX_RANK, chunk), 0));
        for (hdf5::Filter& filter : hdf5::list_filters(creation)) info.filters.push_back(std::move(filter.name));
    }
    return list;
}

/// A list of strings, such as the names of columns: a dataset of shape (n,) or (n, 1), or a single one. Of fixed or
/// variable length; UTF-8 and ASCII are taken as they are. Throws IoError if there is no such dataset or it is damaged,
/// UnsupportedError if it holds anything else, ShapeError if it has another shape.
[[nodiscard]] inline std::vector<std::string> hdf5_strings(const std::string& path, const std::string& dataset) {
    constexpr std::string_view where = "hdf5_strings";
    using hdf5::Handle;
    const hdf5::Session session;
    const ErrorPlace place{.file = path, .dataset = dataset};
    const auto fail = [&](const std::string& what) { return std::string(where) + ": " + what; };
    const hdf5::detail::OpenFile file = hdf5::detail::open_sized(path, where);
    const Handle data = hdf5::detail::open_dataset(file.file, where, {path, dataset});
    const Handle type(H5Dget_type(data), H5Tclose, fail("the type cannot be read"), path, dataset);
    const Handle space(H5Dget_space(data), H5Sclose, fail("the shape cannot be read"), path, dataset);
    const Handle creation(H5Dget_create_plist(data), H5Pclose, fail("the layout cannot be read"), path, dataset);
    if (H5Tget_class(type) != H5T_STRING)
        throw UnsupportedError(fail("the dataset holds " + hdf5::describe_type(type) + ", expected strings"), place);
    const std::vector<Index> shape = hdf5::detail::shape_of(space);
    if (shape.size() > 2 || (shape.size() == 2 && shape[1] != 1))
        throw ShapeError(fail("the dataset has " + std::to_string(shape.size()) + " dimensions, expected a list"),
                         place);
    hdf5::require_filters(hdf5::list_filters(creation), {path, dataset});
    hdf5::SourceFiles sources;
    hdf5::check_sources(file.file, data, {path, dataset}, sources);
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    const auto size = static_cast<Index>(H5Tget_size(type));
    // Even compressed, a byte of the file is no more than some thousand.
    const Index most = file.bytes > (Index{1} << 50) ? file.bytes : file.bytes * 1100;
    if (n < 0 || size <= 0 || n > most / size)
        throw IoError(fail("the dataset claims to hold " + std::to_string(n) + " strings of " + std::to_string(size) +
                           " bytes, more than the file can"),
                      place);
    std::vector<std::string> result;
    if (n == 0) return result;
    std::vector<std::byte> bytes(static_cast<std::size_t>(n * size));
    if (H5Dread(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0)
        throw IoError(fail("reading failed, the data is damaged: " + hdf5::last_error()), place);
    const hdf5::detail::Reclaim reclaim(type, space, bytes.data());
    result.reserve(static_cast<std::size_t>(n));
    hdf5::detail::append_strings(type, bytes.data(), static_cast<std::size_t>(n), result);
    return result;
}

/// An attribute of a dataset or group, "/" being the file itself: as a number, std::string, or std::vector of either.
/// Throws IoError if it is not there (listing those that are), ShapeError if it is a list where one value was asked
/// for, UnsupportedError if it holds something else, DataError if T cannot hold it.
template <class T>
[[nodiscard]] T hdf5_attribute(const std::string& path, const std::string& object, const std::string& name) {
    const hdf5::Session session;
    const hdf5::detail::Attribute attribute(path, object, name);
    if constexpr (std::same_as<T, std::vector<std::string>>) {
        return attribute.strings();
    } else if constexpr (std::same_as<T, std::string>) {
        attribute.require_one();
        return attribute.strings().front();
    } else if constexpr (hdf5::detail::is_list<T>) {
        static_assert(std::is_arithmetic_v<typename T::value_type>,
                      "hdf5_attribute: T must be a number type, std::string, or std::vector of either");
        const auto values = attribute.numbers<typename T::value_type>();
        return T(values.data(), values.data() + values.cols());
    } else {
        static_assert(std::is_arithmetic_v<T>,
                      "hdf5_attribute: T must be a number type, std::string, or std::vector of either");
        attribute.require_one();
        return *attribute.numbers<T>().data();
    }
}

}  // namespace v1
}  // namespace blockfit

#endif
