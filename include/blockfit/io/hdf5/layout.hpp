#ifndef BLOCKFIT_IO_HDF5_LAYOUT_HPP
#define BLOCKFIT_IO_HDF5_LAYOUT_HPP

#include <algorithm>
#include <bit>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hdf5.h>

#include <blockfit/array/element_type.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/hdf5/filters.hpp>
#include <blockfit/io/hdf5/handle.hpp>

namespace blockfit {
inline namespace v1 {
namespace hdf5 {

/// How the bytes of a dataset are had.
enum class Route {
    address,  ///< contiguous: at known addresses, by pread, without the lock
    chunks,   ///< the stored bytes of each chunk under the lock, decoded outside it
    library   ///< H5Dread under the lock, a band of chunks at a time if they are filtered
};

/// What a reader must know of a dataset; all of it read once, at open.
struct Layout {
    Index rows = 0;
    Index cols = 1;
    int rank = 0;
    ElementType type{};
    Index element_bytes = 0;
    bool swap_bytes = false;
    Route route = Route::library;
    Index address = 0;     ///< Route::address
    Index chunk_rows = 0;  ///< 0: not chunked
    Index chunk_cols = 0;
    KnownFilters filters;
    bool filtered = false;
};

/// The HDF5 type of an element in memory.
[[nodiscard]] inline hid_t native_type(ElementType type) {
    switch (type) {
        case ElementType::int8: return H5T_NATIVE_INT8;
        case ElementType::int16: return H5T_NATIVE_INT16;
        case ElementType::int32: return H5T_NATIVE_INT32;
        case ElementType::int64: return H5T_NATIVE_INT64;
        case ElementType::uint8: return H5T_NATIVE_UINT8;
        case ElementType::uint16: return H5T_NATIVE_UINT16;
        case ElementType::uint32: return H5T_NATIVE_UINT32;
        case ElementType::uint64: return H5T_NATIVE_UINT64;
        case ElementType::float32: return H5T_NATIVE_FLOAT;
        case ElementType::float64: return H5T_NATIVE_DOUBLE;
        case ElementType::float16:
        case ElementType::boolean: break;
    }
    return -1;
}

namespace detail {

[[nodiscard]] inline std::string type_text(hid_t type) {
    switch (H5Tget_class(type)) {
        case H5T_STRING: return "strings";
        case H5T_COMPOUND: return "a compound type";
        case H5T_VLEN: return "variable-length rows";
        case H5T_OPAQUE: return "an opaque type";
        case H5T_REFERENCE: return "references";
        case H5T_ARRAY: return "arrays";
        case H5T_BITFIELD: return "bit fields";
        case H5T_TIME: return "times";
        case H5T_FLOAT: return "floating-point numbers of " + std::to_string(8 * H5Tget_size(type)) + " bits";
        default: return "integers of " + std::to_string(8 * H5Tget_size(type)) + " bits";
    }
}

/// Sets type, element_bytes and swap_bytes. Throws UnsupportedError naming the type if it is not a plain number.
inline void read_type(hid_t dataset, Layout& layout, const Origin& origin) {
    Handle type(H5Dget_type(dataset), H5Tclose, "from_hdf5: the type cannot be read", origin.file, origin.dataset);
    if (H5Tget_class(type) == H5T_ENUM)  // as h5py writes bool
        type = Handle(H5Tget_super(type), H5Tclose, "from_hdf5: the type cannot be read", origin.file, origin.dataset);
    layout.element_bytes = static_cast<Index>(H5Tget_size(type));
    const H5T_class_t type_class = H5Tget_class(type);
    const bool big = (type_class == H5T_FLOAT || type_class == H5T_INTEGER) && H5Tget_order(type) == H5T_ORDER_BE;
    layout.swap_bytes = big == (std::endian::native == std::endian::little) && layout.element_bytes > 1;
    if (type_class == H5T_FLOAT) {
        const bool is32 = H5Tequal(type, H5T_IEEE_F32LE) > 0 || H5Tequal(type, H5T_IEEE_F32BE) > 0;
        const bool is64 = H5Tequal(type, H5T_IEEE_F64LE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0;
        if (is32 || is64) {
            layout.type = is32 ? ElementType::float32 : ElementType::float64;
            return;
        }
    } else if (type_class == H5T_INTEGER && H5Tget_precision(type) == 8 * H5Tget_size(type) &&
               std::has_single_bit(H5Tget_size(type)) && layout.element_bytes <= 8) {
        const int width = std::countr_zero(H5Tget_size(type));
        layout.type = static_cast<ElementType>(width + (H5Tget_sign(type) == H5T_SGN_NONE ? 4 : 0));
        return;
    }
    throw UnsupportedError("from_hdf5: the dataset holds " + type_text(type) +
                               ", expected float32, float64 or integers of 8 to 64 bits",
                           {.file = origin.file, .dataset = origin.dataset});
}

/// Which of the filters we know, if they are at most shuffle, deflate, fletcher32 in this order. Throws UnsupportedError
/// if one is not there to be undone at all.
[[nodiscard]] inline bool read_filters(hid_t creation, Layout& layout, const Origin& origin) {
    layout.filters.count = H5Pget_nfilters(creation);
    layout.filtered = layout.filters.count > 0;
    int stage = 0;
    bool known = true;
    for (int i = 0; i < layout.filters.count; ++i) {
        unsigned flags = 0;
        std::size_t n_values = 0;
        char name[128] = "";
        const H5Z_filter_t id =
            H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &n_values, nullptr, sizeof name, name, nullptr);
        if (H5Zfilter_avail(id) <= 0)
            throw UnsupportedError("from_hdf5: filter " + std::to_string(id) + " (" + (name[0] != 0 ? name : "no name") +
                                       ") is not installed; install its HDF5 plug-in and set HDF5_PLUGIN_PATH, or rewrite "
                                       "the file with h5repack -f GZIP=4",
                                   {.file = origin.file, .dataset = origin.dataset});
        const int place = id == H5Z_FILTER_SHUFFLE ? 1 : id == H5Z_FILTER_DEFLATE ? 2 : id == H5Z_FILTER_FLETCHER32 ? 3 : 0;
        known = known && place > stage;
        stage = place;
        layout.filters.shuffle = layout.filters.shuffle || place == 1;
        layout.filters.deflate = layout.filters.deflate || place == 2;
        layout.filters.checksum = layout.filters.checksum || place == 3;
    }
    return known;
}

}  // namespace detail

/// Reads the layout of a dataset. Throws UnsupportedError for what cannot be read, ShapeError for rank 0 or above 2.
[[nodiscard]] inline Layout read_layout(hid_t file, hid_t dataset, const Origin& origin) {
    const auto fail = [&](std::string text) { return ShapeError(std::move(text), {.file = origin.file, .dataset = origin.dataset}); };
    Layout layout;
    const Handle space(H5Dget_space(dataset), H5Sclose, "from_hdf5: the shape cannot be read", origin.file, origin.dataset);
    layout.rank = H5Sget_simple_extent_ndims(space);
    if (layout.rank < 1 || layout.rank > 2)
        throw fail("from_hdf5: the dataset has " + std::to_string(layout.rank) + " dimensions, expected 1 or 2");
    hsize_t dims[2] = {0, 1};
    H5Sget_simple_extent_dims(space, dims, nullptr);
    detail::read_type(dataset, layout, origin);
    constexpr hsize_t most = hsize_t{1} << 62;
    if (dims[0] > most || dims[1] > most) throw fail("from_hdf5: the dataset is too large for this machine");
    layout.rows = static_cast<Index>(dims[0]);
    layout.cols = static_cast<Index>(dims[1]);
    (void)blockfit::detail::checked_product(
        blockfit::detail::checked_product(layout.rows, layout.cols, "from_hdf5"), layout.element_bytes, "from_hdf5");

    const Handle creation(H5Dget_create_plist(dataset), H5Pclose, "from_hdf5: the layout cannot be read", origin.file,
                          origin.dataset);
    const Handle file_creation(H5Fget_create_plist(file), H5Pclose, "from_hdf5: the file cannot be read", origin.file);
    hsize_t user_block = 0;
    H5Pget_userblock(file_creation, &user_block);

    switch (H5Pget_layout(creation)) {
        case H5D_CONTIGUOUS: {
            // With a user block libhdf5 1.10 counts addresses from its end or from its start, so we leave those to it.
            const haddr_t address = H5Dget_offset(dataset);
            if (address != HADDR_UNDEF && user_block == 0 && H5Pget_external_count(creation) == 0) {
                layout.route = Route::address;
                layout.address = static_cast<Index>(address);
            }
            return layout;
        }
        case H5D_CHUNKED: {
            hsize_t chunk[2] = {1, 1};
            H5Pget_chunk(creation, layout.rank, chunk);
            layout.chunk_rows = static_cast<Index>(chunk[0]);
            layout.chunk_cols = static_cast<Index>(chunk[1]);
            const bool known = detail::read_filters(creation, layout, origin);
            // A large chunk without filters is read in pieces by the library, which needs no buffer for the whole of it.
            constexpr Index large = 8'000'000;
            const Index bytes = layout.chunk_rows * layout.chunk_cols * layout.element_bytes;
            if (known && (layout.filtered || bytes <= large)) layout.route = Route::chunks;
            return layout;
        }
        case H5D_COMPACT: return layout;
        default:
            throw UnsupportedError("from_hdf5: virtual datasets are not read, as a missing part would go unnoticed; make "
                                   "it a plain one with h5repack -l CONTI",
                                   {.file = origin.file, .dataset = origin.dataset});
    }
}

}  // namespace hdf5
}  // namespace v1
}  // namespace blockfit

#endif
