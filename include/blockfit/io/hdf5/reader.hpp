#ifndef BLOCKFIT_IO_HDF5_READER_HPP
#define BLOCKFIT_IO_HDF5_READER_HPP

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hdf5.h>
#include <sys/stat.h>
#include <unistd.h>

#include <blockfit/array/block_source.hpp>
#include <blockfit/array/element_type.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/hdf5/filters.hpp>
#include <blockfit/io/hdf5/handle.hpp>
#include <blockfit/io/hdf5/layout.hpp>

namespace blockfit {
inline namespace v1 {
namespace hdf5 {

namespace detail {

/// The datasets of a file, at most `most` of them, for the message when one is not found.
[[nodiscard]] inline std::string list_datasets(hid_t file, int most = 20) {
    struct List {
        std::string text;
        int left;
    } list{{}, most};
    const auto add = [](hid_t, const char* name, const H5O_info_t* info, void* out) -> herr_t {
        if (info->type != H5O_TYPE_DATASET) return 0;
        auto& l = *static_cast<List*>(out);
        if (l.left-- == 0) {
            l.text += ", ...";
            return 1;
        }
        l.text += (l.text.empty() ? "" : ", ") + std::string(name);
        return 0;
    };
    H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_NATIVE, add, &list, H5O_INFO_BASIC);
    return list.text.empty() ? "no datasets" : list.text;
}

/// Opens a file to read. Throws IoError with the reason.
[[nodiscard]] inline Handle open_file(const std::string& path, std::string_view where) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        throw IoError(std::string(where) + ": the file cannot be opened: " + std::strerror(errno), {.file = path});
    if (S_ISDIR(status.st_mode)) throw IoError(std::string(where) + ": this is a directory", {.file = path});
    if (::access(path.c_str(), R_OK) != 0)
        throw IoError(std::string(where) + ": the file cannot be read: " + std::strerror(errno), {.file = path});
    if (!is_hdf5(path))
        throw IoError(std::string(where) + ": this is not an HDF5 file, or its start is damaged", {.file = path});
    return {H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose,
            std::string(where) + ": the file cannot be opened, it may be truncated or open for writing elsewhere", path};
}

}  // namespace detail

/// A dataset open for reading by several threads.
class DatasetReader {
public:
    DatasetReader(const std::string& path, const std::string& dataset) : origin_{path, dataset} {
        const Session session;
        file_ = detail::open_file(path, "from_hdf5");
        if (dataset.empty() || H5Oexists_by_name(file_, dataset.c_str(), H5P_DEFAULT) <= 0)
            throw IoError("from_hdf5: there is no such dataset; the file has " + detail::list_datasets(file_),
                          {.file = path, .dataset = dataset});
        dataset_ = Handle(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), H5Dclose,
                          "from_hdf5: this is not a dataset; the file has " + detail::list_datasets(file_), path, dataset);
        layout_ = read_layout(file_, dataset_, origin_);
        if (layout_.route == Route::address) {
            void* descriptor = nullptr;
            require(H5Fget_vfd_handle(file_, H5P_DEFAULT, &descriptor), "from_hdf5: the file has no descriptor", path);
            descriptor_ = *static_cast<int*>(descriptor);
        }
    }

    [[nodiscard]] const Layout& layout() const noexcept { return layout_; }
    [[nodiscard]] const Origin& origin() const noexcept { return origin_; }
    [[nodiscard]] Index row_bytes() const noexcept { return layout_.cols * layout_.element_bytes; }

    /// Buffers of one reader: the band of chunks decoded last.
    struct Buffers {
        DecodeBuffers decode;
        std::vector<std::byte> chunk;
        std::vector<std::byte> band;
        Index band_number = -1;
    };
    [[nodiscard]] Index buffer_bytes() const noexcept {
        if (!banded()) return 0;
        const Index chunk = layout_.chunk_rows * layout_.chunk_cols * layout_.element_bytes;
        return layout_.chunk_rows * row_bytes() + (layout_.route == Route::chunks ? 3 * chunk : 0);
    }

    /// Rows as packed elements of layout().type in this machine's byte order.
    void read(RowRange rows, std::byte* out, Buffers& buffers) const {
        if (rows.size() == 0 || layout_.cols == 0) return;
        if (layout_.route == Route::address) {
            read_address(rows, out);
        } else if (!banded()) {
            read_library(rows, out);
        } else {
            for (Index begin = rows.begin; begin < rows.end;) {
                const Index band = begin / layout_.chunk_rows;
                const RowRange whole = band_rows(band);
                const RowRange part{begin, std::min(rows.end, whole.end)};
                std::byte* const target = out + (begin - rows.begin) * row_bytes();
                if (part == whole && band != buffers.band_number) {
                    read_band(band, whole, target, buffers);
                } else {
                    keep_band(band, whole, buffers);
                    std::memcpy(target, buffers.band.data() + (begin - whole.begin) * row_bytes(),
                                static_cast<std::size_t>(part.size() * row_bytes()));
                }
                begin = part.end;
            }
        }
        // The library converts what it reads itself.
        if (layout_.swap_bytes && layout_.route != Route::library)
            blockfit::detail::swap_bytes(out, rows.size() * layout_.cols, layout_.element_bytes);
    }

    /// The rows where they lie in the buffers, if they are of one band and need no change; otherwise nullptr.
    [[nodiscard]] const std::byte* look(RowRange rows, Buffers& buffers) const {
        if (!banded() || layout_.swap_bytes || rows.size() == 0 || layout_.cols == 0) return nullptr;
        const Index band = rows.begin / layout_.chunk_rows;
        const RowRange whole = band_rows(band);
        if (rows.end > whole.end) return nullptr;
        keep_band(band, whole, buffers);
        return buffers.band.data() + (rows.begin - whole.begin) * row_bytes();
    }

private:
    [[nodiscard]] RowRange band_rows(Index band) const noexcept {
        return {band * layout_.chunk_rows, std::min((band + 1) * layout_.chunk_rows, layout_.rows)};
    }
    /// Decodes a band to the buffers unless it is there.
    void keep_band(Index band, RowRange rows, Buffers& buffers) const {
        if (band == buffers.band_number) return;
        buffers.band_number = -1;  // stays so if reading throws
        buffers.band.resize(static_cast<std::size_t>(rows.size() * row_bytes()));
        read_band(band, rows, buffers.band.data(), buffers);
        buffers.band_number = band;
    }
    /// Are rows read a band of chunks at a time, because a part of a chunk cannot be had alone?
    [[nodiscard]] bool banded() const noexcept { return layout_.route == Route::chunks || layout_.filtered; }

    [[nodiscard]] IoError error(std::string text, Index row) const {
        return IoError("from_hdf5: " + std::move(text), {.file = origin_.file, .dataset = origin_.dataset, .row = row});
    }

    void read_address(RowRange rows, std::byte* out) const {
        Index left = rows.size() * row_bytes();
        Index from = layout_.address + rows.begin * row_bytes();
        while (left > 0) {
            const ssize_t got = ::pread(descriptor_, out, static_cast<std::size_t>(left), from);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) throw error(std::string("reading failed: ") + std::strerror(errno), rows.begin);
            if (got == 0) throw error("the file ends before the dataset does: it was truncated", rows.begin);
            out += got;
            from += got;
            left -= got;
        }
    }

    void read_library(RowRange rows, std::byte* out) const {
        const Session session;
        const Handle space(H5Dget_space(dataset_), H5Sclose, "from_hdf5", origin_.file, origin_.dataset);
        const hsize_t start[2] = {static_cast<hsize_t>(rows.begin), 0};
        const hsize_t count[2] = {static_cast<hsize_t>(rows.size()), static_cast<hsize_t>(layout_.cols)};
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr);
        const Handle memory(H5Screate_simple(layout_.rank, count, nullptr), H5Sclose, "from_hdf5", origin_.file);
        // An enum is read as the integer it is: only an enum type converts from one.
        const Handle type(H5Dget_type(dataset_), H5Tclose, "from_hdf5", origin_.file);
        const Handle native(H5Tget_native_type(type, H5T_DIR_ASCEND), H5Tclose, "from_hdf5", origin_.file);
        if (H5Dread(dataset_, native, memory, space, H5P_DEFAULT, out) < 0)
            throw error("reading failed, the data is damaged: " + last_error(), rows.begin);
    }

    void read_band(Index band, RowRange rows, std::byte* out, Buffers& buffers) const {
        if (layout_.route == Route::library) return read_library(rows, out);
        const Index element = layout_.element_bytes;
        const auto chunk_bytes = static_cast<std::size_t>(layout_.chunk_rows * layout_.chunk_cols * element);
        for (Index column = 0; column < layout_.cols; column += layout_.chunk_cols) {
            unsigned skipped = 0;
            {
                const Session session;
                const hsize_t at[2] = {static_cast<hsize_t>(band * layout_.chunk_rows), static_cast<hsize_t>(column)};
                hsize_t stored = 0;
                // A chunk that was never written reads as the fill value; the library tells it from a damaged index.
                if (H5Dget_chunk_storage_size(dataset_, at, &stored) < 0 || stored == 0) return read_library(rows, out);
                if (stored > 2 * chunk_bytes + 4096) throw error("a chunk is larger than it can be, the index is damaged", rows.begin);
                buffers.decode.stored.resize(static_cast<std::size_t>(stored));
                if (H5Dread_chunk(dataset_, H5P_DEFAULT, at, &skipped, buffers.decode.stored.data()) < 0)
                    throw error("a chunk cannot be read: " + last_error(), rows.begin);
            }
            const bool straight = layout_.chunk_cols == layout_.cols && rows.size() == layout_.chunk_rows;
            if (!straight) buffers.chunk.resize(chunk_bytes);
            std::byte* const decoded = straight ? out : buffers.chunk.data();
            if (const char* const fault = decode(layout_.filters, skipped, static_cast<std::size_t>(element), buffers.decode,
                                                 decoded, chunk_bytes))
                throw error("the chunk at column " + std::to_string(column) + " is damaged: " + fault, rows.begin);
            if (straight) return;
            const Index width = std::min(layout_.chunk_cols, layout_.cols - column) * element;
            for (Index i = 0; i < rows.size(); ++i)
                std::memcpy(out + i * row_bytes() + column * element, decoded + i * layout_.chunk_cols * element,
                            static_cast<std::size_t>(width));
        }
    }

    Origin origin_;
    Handle file_;
    Handle dataset_;
    Layout layout_;
    int descriptor_ = -1;
};

/// A dataset as elements of type T, converted if it holds others.
template <class T>
class Hdf5Source final : public BlockSource<T> {
public:
    explicit Hdf5Source(std::shared_ptr<const DatasetReader> reader)
        : BlockSource<T>(reader->layout().rows, reader->layout().cols), reader_(std::move(reader)) {}

    void read(RowRange rows, MatrixView<T> out, Scratch& scratch) const override {
        State& state = scratch.get<State>(this);
        const Layout& layout = reader_->layout();
        if (layout.type == blockfit::detail::element_type<T>() && out.contiguous())
            return reader_->read(rows, reinterpret_cast<std::byte*>(out.data()), state.buffers);
        state.native.resize(static_cast<std::size_t>(rows.size() * reader_->row_bytes()));
        reader_->read(rows, state.native.data(), state.buffers);
        try {
            blockfit::detail::convert_elements("from_hdf5", layout.type, state.native.data(), out);
        } catch (const DataError& error) {
            throw DataError(error.message(), {.file = reader_->origin().file,
                                              .dataset = reader_->origin().dataset,
                                              .row = rows.begin + error.row(),
                                              .column = error.column()});
        }
    }
    MatrixView<const T> view(RowRange rows, Scratch& scratch) const override {
        if (reader_->layout().type == blockfit::detail::element_type<T>())
            if (const std::byte* const found = reader_->look(rows, scratch.get<State>(this).buffers))
                return {reinterpret_cast<const T*>(found), rows.size(), this->cols()};
        return BlockSource<T>::view(rows, scratch);
    }
    Index scratch_bytes(Index rows) const override {
        const bool converts = reader_->layout().type != blockfit::detail::element_type<T>();
        return reader_->buffer_bytes() + (converts ? rows * reader_->row_bytes() : 0);
    }
    void origins(std::vector<Origin>& list) const override { list.push_back(reader_->origin()); }
    std::string_view name() const noexcept override { return "from_hdf5"; }

private:
    struct State {
        DatasetReader::Buffers buffers;
        std::vector<std::byte> native;
    };

    std::shared_ptr<const DatasetReader> reader_;
};

}  // namespace hdf5
}  // namespace v1
}  // namespace blockfit

#endif
