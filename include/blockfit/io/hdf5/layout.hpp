#ifndef BLOCKFIT_IO_HDF5_LAYOUT_HPP
#define BLOCKFIT_IO_HDF5_LAYOUT_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <hdf5.h>

#include <blockfit/array/element_type.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/hdf5/filter_list.hpp>
#include <blockfit/io/hdf5/filters.hpp>
#include <blockfit/io/hdf5/handle.hpp>
#include <blockfit/io/hdf5/type.hpp>

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
    ElementType type{};       ///< of numbers
    Index element_bytes = 0;  ///< of a number or record as it is handed over
    bool swap_bytes = false;
    std::vector<Field> fields;  ///< of records; empty: numbers
    Route route = Route::library;
    bool elsewhere = false;  ///< virtual or external: made of other files
    Index address = 0;       ///< Route::address
    Index chunk_rows = 0;    ///< 0: not chunked
    Index chunk_cols = 0;
    KnownFilters filters;
    bool filtered = false;
};

namespace detail {

/// Sets type, element_bytes, swap_bytes and fields, and returns the type to read with by the library. `fields` are
/// those asked for, nullptr for a dataset of numbers. Throws UnsupportedError naming the type if it is another.
[[nodiscard]] inline Handle read_type(hid_t dataset, Layout& layout, const std::vector<std::string>* fields,
                                      const Origin& origin) {
    const Handle type(H5Dget_type(dataset), H5Tclose, "from_hdf5: the type cannot be read", origin.file,
                      origin.dataset);
    if (fields == nullptr) {
        const auto format = number_format(type);
        if (!format)
            throw UnsupportedError(
                "from_hdf5: the dataset holds " + describe_type(type) +
                    ", expected reals or integers of at most 64 bits" +
                    (H5Tget_class(type) == H5T_COMPOUND ? "; read fields with from_hdf5_fields" : ""),
                {.file = origin.file, .dataset = origin.dataset});
        layout.type = format->type;
        layout.element_bytes = format->bytes;
        layout.swap_bytes = format->swap;
        // With `element_bytes` that are not the stored ones the other routes are of no use.
        layout.route = format->by_library ? Route::library : Route::chunks;
        return memory_type(type, *format, origin);
    }
    layout.fields = select_fields(type, *fields, origin);
    const bool by_library =
        lies_elsewhere(type) || std::ranges::any_of(layout.fields, [](const Field& f) { return f.format.by_library; });
    layout.route = by_library ? Route::library : Route::chunks;
    layout.element_bytes = static_cast<Index>(H5Tget_size(type));
    if (!by_library)
        return {H5Tcopy(type), H5Tclose, "from_hdf5: the type cannot be read", origin.file, origin.dataset};
    // The library hands over records of the fields asked for alone.
    layout.element_bytes = 0;
    for (Field& field : layout.fields) {
        field.offset = layout.element_bytes;
        layout.element_bytes += field.format.bytes;
    }
    Handle record(H5Tcreate(H5T_COMPOUND, static_cast<std::size_t>(layout.element_bytes)), H5Tclose,
                  "from_hdf5: the type cannot be read", origin.file, origin.dataset);
    for (const Field& field : layout.fields) {
        const auto i = static_cast<unsigned>(H5Tget_member_index(type, field.name.c_str()));
        const Handle member(H5Tget_member_type(type, i), H5Tclose, "from_hdf5: the type cannot be read", origin.file,
                            origin.dataset);
        require(H5Tinsert(record, field.name.c_str(), static_cast<std::size_t>(field.offset),
                          memory_type(member, field.format, origin)),
                "from_hdf5: the type cannot be read", origin.file, origin.dataset);
    }
    return record;
}

/// Can we undo the filters ourselves, being at most shuffle, deflate or LZF, fletcher32 in this order, of stored bytes
/// that will do? Throws UnsupportedError if nobody can.
[[nodiscard]] inline bool read_filters(hid_t creation, bool raw, Layout& layout, const Origin& origin) {
    const std::vector<Filter> list = list_filters(creation);
    layout.filtered = !list.empty();
    KnownFilters& filters = layout.filters;
    filters.count = static_cast<int>(list.size());
    int stage = 0;
    for (const auto& [id, name] : list) {
        const int place = id == H5Z_FILTER_SHUFFLE                       ? 1
                          : id == H5Z_FILTER_DEFLATE || id == lzf_filter ? 2
                          : id == H5Z_FILTER_FLETCHER32                  ? 3
                                                                         : 0;
        raw = raw && place > stage;
        stage = place;
        filters.shuffle = filters.shuffle || place == 1;
        filters.deflate = filters.deflate || id == H5Z_FILTER_DEFLATE;
        filters.lzf = filters.lzf || id == lzf_filter;
        filters.checksum = filters.checksum || place == 3;
    }
    if (!raw) require_filters(list, origin);
    return raw;
}

}  // namespace detail

/// Reads the layout of a dataset, in a file of `file_bytes`, and the type to read it with by the library. Throws
/// UnsupportedError for what cannot be read, ShapeError for rank 0 or above 2, IoError for what cannot be in the file.
[[nodiscard]] inline std::pair<Layout, Handle> read_layout(hid_t file, hid_t dataset, const Origin& origin,
                                                           const std::vector<std::string>* fields, Index file_bytes) {
    const ErrorPlace place{.file = origin.file, .dataset = origin.dataset};
    Layout layout;
    const Handle space(H5Dget_space(dataset), H5Sclose, "from_hdf5: the shape cannot be read", origin.file,
                       origin.dataset);
    layout.rank = H5Sget_simple_extent_ndims(space);
    if (layout.rank < 1 || layout.rank > 2)
        throw ShapeError(
            "from_hdf5: the dataset has " + std::to_string(std::max(layout.rank, 0)) + " dimensions, expected 1 or 2",
            place);
    hsize_t dims[2] = {0, 1}, most_dims[2] = {0, 1};
    H5Sget_simple_extent_dims(space, dims, most_dims);
    for (int k = 0; k < layout.rank; ++k)
        if (dims[k] > most_dims[k])
            throw IoError("from_hdf5: the shape is larger than the header says it may become, it is damaged", place);
    Handle type = detail::read_type(dataset, layout, fields, origin);
    constexpr hsize_t most = hsize_t{1} << 62;
    Index bytes = 0;
    if (dims[0] > most || dims[1] > most ||
        __builtin_mul_overflow(static_cast<Index>(dims[0]), static_cast<Index>(dims[1]), &bytes) ||
        __builtin_mul_overflow(bytes, layout.element_bytes, &bytes))
        throw ShapeError("from_hdf5: " + std::to_string(dims[0]) + " x " + std::to_string(dims[1]) +
                             " is too large for this machine, or the header is damaged",
                         place);
    layout.rows = static_cast<Index>(dims[0]);
    layout.cols = static_cast<Index>(dims[1]);

    const bool raw = layout.route == Route::chunks;  // the stored bytes will do
    layout.route = Route::library;
    const Handle creation(H5Dget_create_plist(dataset), H5Pclose, "from_hdf5: the layout cannot be read", origin.file,
                          origin.dataset);
    const Handle file_creation(H5Fget_create_plist(file), H5Pclose, "from_hdf5: the file cannot be read", origin.file);
    hsize_t user_block = 0;
    H5Pget_userblock(file_creation, &user_block);

    switch (H5Pget_layout(creation)) {
        case H5D_CONTIGUOUS: {
            layout.elsewhere = H5Pget_external_count(creation) > 0;
            // With a user block libhdf5 1.10 counts addresses from its end or from its start, so we leave those to it.
            const haddr_t address = H5Dget_offset(dataset);
            if (!raw || address == HADDR_UNDEF || user_block != 0 || layout.elsewhere) break;
            if (address > static_cast<haddr_t>(file_bytes) || bytes > file_bytes - static_cast<Index>(address))
                throw IoError("from_hdf5: the file ends before the dataset does: it was truncated or is damaged",
                              place);
            layout.route = Route::address;
            layout.address = static_cast<Index>(address);
            break;
        }
        case H5D_CHUNKED: {
            hsize_t chunk[2] = {1, 1};
            if (H5Pget_chunk(creation, layout.rank, chunk) != layout.rank || chunk[0] == 0 || chunk[1] == 0 ||
                chunk[0] > 0xFFFFFFFFu || chunk[1] > 0xFFFFFFFFu)
                throw IoError("from_hdf5: the size of the chunks cannot be read, the header is damaged", place);
            layout.chunk_rows = static_cast<Index>(chunk[0]);
            layout.chunk_cols = static_cast<Index>(chunk[1]);
            // Edge chunks may lie unfiltered, which nothing says when they are read.
            unsigned options = 0;
            H5Pget_chunk_opts(creation, &options);
            const bool known = detail::read_filters(creation, raw && options == 0, layout, origin);
            Index chunk_bytes = 0, band_bytes = 0;
            if (__builtin_mul_overflow(layout.chunk_rows, layout.chunk_cols, &chunk_bytes) ||
                __builtin_mul_overflow(chunk_bytes, layout.element_bytes, &chunk_bytes) ||
                __builtin_mul_overflow(layout.chunk_rows, layout.cols, &band_bytes) ||
                __builtin_mul_overflow(band_bytes, layout.element_bytes, &band_bytes))
                throw ShapeError("from_hdf5: chunks of " + std::to_string(chunk[0]) + " x " + std::to_string(chunk[1]) +
                                     " are too large for this machine, or the header is damaged",
                                 place);
            // A large chunk without filters is read in pieces by the library, which needs no buffer for the whole of
            // it.
            constexpr Index large = 8'000'000;
            if (known && (layout.filtered || chunk_bytes <= large)) layout.route = Route::chunks;
            break;
        }
        case H5D_VIRTUAL:
            layout.elsewhere = true;
            break;
        default:
            break;
    }
    return {std::move(layout), std::move(type)};
}

}  // namespace hdf5
}  // namespace v1
}  // namespace blockfit

#endif
