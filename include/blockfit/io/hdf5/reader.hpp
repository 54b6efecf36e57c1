#ifndef BLOCKFIT_IO_HDF5_READER_HPP
#define BLOCKFIT_IO_HDF5_READER_HPP

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <hdf5.h>
#include <unistd.h>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/block_source.hpp>
#include <blockfit/array/element_type.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/hdf5/filters.hpp>
#include <blockfit/io/hdf5/handle.hpp>
#include <blockfit/io/hdf5/layout.hpp>
#include <blockfit/io/hdf5/open.hpp>
#include <blockfit/io/hdf5/sources.hpp>
#include <blockfit/io/input_file.hpp>

namespace blockfit {
inline namespace v1 {
namespace hdf5 {

/// libhdf5 keeps what it read of a file while anything of it is open. So all its readers compare it with what it was when the
/// first of them opened it.
[[nodiscard]] inline std::shared_ptr<const blockfit::detail::FileState> shared_state(int descriptor) {
    static std::map<std::pair<dev_t, ino_t>, std::weak_ptr<const blockfit::detail::FileState>> open;
    std::erase_if(open, [](const auto& entry) { return entry.second.expired(); });
    struct stat status {};
    (void)::fstat(descriptor, &status);
    auto& known = open[{status.st_dev, status.st_ino}];
    auto state = known.lock();
    if (!state) known = state = std::make_shared<const blockfit::detail::FileState>(descriptor);
    return state;
}

/// A dataset open for reading by several threads.
class DatasetReader {
public:
    /// `fields`: those to read of a compound dataset, all numbers if it is empty; nullptr for a dataset of numbers.
    DatasetReader(const std::string& path, const std::string& dataset, const std::vector<std::string>* fields = nullptr)
        : origin_{path, dataset} {
        const Session session;
        file_ = detail::open_file(path, "from_hdf5");
        dataset_ = detail::open_dataset(file_, "from_hdf5", origin_);
        // An external link may have led to another file.
        file_ = Handle(H5Iget_file_id(dataset_), H5Fclose, "from_hdf5: the file cannot be found", path);
        void* descriptor = nullptr;
        require(H5Fget_vfd_handle(file_, H5P_DEFAULT, &descriptor), "from_hdf5: the file has no descriptor", path);
        descriptor_ = *static_cast<int*>(descriptor);
        state_ = shared_state(descriptor_);
        require_unchanged();
        if (is_truncated(file_, state_->size()))
            throw IoError("from_hdf5: the file was truncated while this program had it open", {.file = path});
        std::tie(layout_, memory_type_) = read_layout(file_, dataset_, origin_, fields, state_->size());
        if (layout_.elsewhere) check_sources(file_, dataset_, origin_, sources_);
    }

    [[nodiscard]] const Layout& layout() const noexcept { return layout_; }
    [[nodiscard]] const Origin& origin() const noexcept { return origin_; }
    [[nodiscard]] Index row_bytes() const noexcept { return layout_.cols * layout_.element_bytes; }
    /// The rows in blocks of `block_rows`. Throws ShapeError if they are too many to be listed.
    [[nodiscard]] BlockPlan plan(Index block_rows) const {
        constexpr Index most = 100'000'000;
        if (layout_.rows / block_rows > most)
            throw ShapeError("from_hdf5: " + std::to_string(layout_.rows) + " rows in blocks of " +
                                 std::to_string(block_rows) +
                                 " are too many blocks; use a larger block_rows, or the header is damaged",
                             {.file = origin_.file, .dataset = origin_.dataset});
        return {layout_.rows, block_rows};
    }

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

    /// Rows as packed elements: of layout().type in this machine's byte order, or the records that layout().fields
    /// describes. Throws IoError if they cannot be read, or the file was changed since it was opened.
    void read(RowRange rows, std::byte* out, Buffers& buffers) const {
        if (rows.size() == 0 || layout_.cols == 0) return;
        require_unchanged();
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
        if (layout_.swap_bytes) blockfit::detail::swap_bytes(out, rows.size() * layout_.cols, layout_.element_bytes);
    }

    /// The rows where they lie in the buffers, if they are of one band and need no change; otherwise nullptr.
    [[nodiscard]] const std::byte* look(RowRange rows, Buffers& buffers) const {
        if (!banded() || layout_.swap_bytes || rows.size() == 0 || layout_.cols == 0) return nullptr;
        const Index band = rows.begin / layout_.chunk_rows;
        const RowRange whole = band_rows(band);
        if (rows.end > whole.end) return nullptr;
        require_unchanged();
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

    void require_unchanged() const { state_->require_unchanged(descriptor_, "from_hdf5", origin_.file); }

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

    void read_library(RowRange rows, std::byte* out) const { read_library(rows, 0, layout_.cols, out); }
    /// Reads columns [column, column + cols) by H5Dread.
    void read_library(RowRange rows, Index column, Index cols, std::byte* out) const {
        const Session session;
        const Handle space(H5Dget_space(dataset_), H5Sclose, "from_hdf5", origin_.file, origin_.dataset);
        const hsize_t start[2] = {static_cast<hsize_t>(rows.begin), static_cast<hsize_t>(column)};
        const hsize_t count[2] = {static_cast<hsize_t>(rows.size()), static_cast<hsize_t>(cols)};
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr);
        const Handle memory(H5Screate_simple(layout_.rank, count, nullptr), H5Sclose, "from_hdf5", origin_.file);
        if (H5Dread(dataset_, memory_type_, memory, space, H5P_DEFAULT, out) < 0)
            throw error("reading failed, the data is damaged: " + last_error(), rows.begin);
        // Looked at now, because the library opens them when it first needs them.
        if (layout_.elsewhere) sources_.require_unchanged(origin_);
    }

    void read_band(Index band, RowRange rows, std::byte* out, Buffers& buffers) const {
        if (layout_.route == Route::library) return read_library(rows, out);
        const Index element = layout_.element_bytes;
        const auto chunk_bytes = static_cast<std::size_t>(layout_.chunk_rows * layout_.chunk_cols * element);
        for (Index column = 0; column < layout_.cols; column += layout_.chunk_cols) {
            const Index cols = std::min(layout_.chunk_cols, layout_.cols - column);
            const bool whole = layout_.chunk_cols == layout_.cols && rows.size() == layout_.chunk_rows;
            Index stride = layout_.chunk_cols * element;
            unsigned skipped = 0;
            std::byte* target = out;
            const auto make_room = [&](std::size_t bytes) {
                if (whole) return;
                buffers.chunk.resize(bytes);
                target = buffers.chunk.data();
            };
            if (!read_chunk(band, column, rows.begin, chunk_bytes, skipped, buffers.decode)) {
                // A chunk that was never written reads as the fill value; the library tells it from a damaged index.
                stride = cols * element;
                make_room(static_cast<std::size_t>(rows.size() * stride));
                read_library(rows, column, cols, target);
            } else {
                // Deflate makes at most 1032 bytes of one, LZF fewer: no memory for what cannot be.
                const char* fault = "it is too short";
                if (chunk_bytes / 1032 <= buffers.decode.stored.size()) {
                    make_room(chunk_bytes);
                    fault = decode(layout_.filters, skipped, static_cast<std::size_t>(element), buffers.decode, target,
                                   chunk_bytes);
                }
                if (fault != nullptr)
                    throw error("the chunk at column " + std::to_string(column) + " is damaged: " + fault, rows.begin);
            }
            if (whole) return;
            for (Index i = 0; i < rows.size(); ++i)
                std::memcpy(out + i * row_bytes() + column * element, target + i * stride,
                            static_cast<std::size_t>(cols * element));
        }
    }
    /// The stored bytes of a chunk, under the lock; false if it was never written.
    [[nodiscard]] bool read_chunk(Index band, Index column, Index row, std::size_t chunk_bytes, unsigned& skipped,
                                  DecodeBuffers& buffers) const {
        const Session session;
        const hsize_t at[2] = {static_cast<hsize_t>(band * layout_.chunk_rows), static_cast<hsize_t>(column)};
        hsize_t stored = 0;
        if (H5Dget_chunk_storage_size(dataset_, at, &stored) < 0 || stored == 0) return false;
        if (stored > 2 * chunk_bytes + 4096 || stored > static_cast<hsize_t>(state_->size()))
            throw error("a chunk is larger than it can be, the index is damaged", row);
        buffers.stored.resize(static_cast<std::size_t>(stored));
        if (H5Dread_chunk(dataset_, H5P_DEFAULT, at, &skipped, buffers.stored.data()) < 0)
            throw error("a chunk cannot be read: " + last_error(), row);
        return true;
    }

    Origin origin_;
    Handle file_;
    Handle dataset_;
    Handle memory_type_;
    Layout layout_;
    SourceFiles sources_;
    int descriptor_ = -1;
    std::shared_ptr<const blockfit::detail::FileState> state_;
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
    Index own_scratch_bytes(Index rows) const override {
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
