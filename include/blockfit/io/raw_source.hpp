#ifndef BLOCKFIT_IO_RAW_SOURCE_HPP
#define BLOCKFIT_IO_RAW_SOURCE_HPP

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/mman.h>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/block_source.hpp>
#include <blockfit/array/element_type.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/input_file.hpp>

/// Files that hold a matrix as nothing but its elements, behind a header or none: NPY and raw binary.

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Where the elements lie in a file, and what they are.
struct RawLayout {
    Index rows = 0;
    Index cols = 0;
    Index offset = 0;  ///< of the first element, in bytes
    ElementType type{};
    bool swap_bytes = false;  ///< they are in the byte order that this machine has not
    bool column_major = false;
};

/// Bytes of all elements. Throws ShapeError if they are more than this machine can count, in the file or in memory as
/// elements of `memory_bytes`.
[[nodiscard]] inline Index raw_bytes(const InputFile& file, const RawLayout& layout, Index memory_bytes) {
    Index bytes = std::max(element_bytes(layout.type), memory_bytes);
    if (__builtin_mul_overflow(bytes, std::max<Index>(layout.rows, 1), &bytes) ||
        __builtin_mul_overflow(bytes, std::max<Index>(layout.cols, 1), &bytes))
        throw ShapeError(file.where() + ": " + std::to_string(layout.rows) + " x " + std::to_string(layout.cols) +
                             " elements are too large for this machine",
                         {.file = file.path()});
    return layout.rows * layout.cols * element_bytes(layout.type);
}

/// The blocks of a file's rows.
[[nodiscard]] inline BlockPlan plan_rows(std::string_view where, Index rows, Index row_bytes, Index requested) {
    Index block_rows = choose_block_rows(requested, row_bytes);
    if (requested == 0 && row_bytes == 0) block_rows = std::max<Index>(rows, 1);
    constexpr Index most_blocks = 100'000'000;  // each takes 8 bytes of the plan
    require_parameter(rows / block_rows < most_blocks, where,
                      "block_rows is " + std::to_string(block_rows) + ", which cuts " + std::to_string(rows) +
                          " rows into more than " + std::to_string(most_blocks) + " blocks; use larger blocks");
    return {rows, block_rows};
}

/// Writes rows of packed elements from columns that begin `column_stride` bytes apart.
template <class Word>
void gather_columns(const std::byte* columns, Index column_stride, Index n_rows, Index n_cols,
                    std::byte* out) noexcept {
    constexpr Index size = sizeof(Word), side = 8;
    const auto gather = [&](Index i, Index j, Index height, Index width) {
        for (Index r = i; r < i + height; ++r)
            for (Index c = j; c < j + width; ++c)
                std::memcpy(out + (r * n_cols + c) * size, columns + c * column_stride + r * size, sizeof(Word));
    };
    const Index whole_rows = n_rows / side * side, whole_cols = n_cols / side * side;
    for (Index i = 0; i < whole_rows; i += side) {
        for (Index j = 0; j < whole_cols; j += side) {
            Word from[side][side], to[side][side];
            for (Index c = 0; c < side; ++c)
                std::memcpy(from[c], columns + (j + c) * column_stride + i * size, sizeof from[c]);
            for (Index r = 0; r < side; ++r)
                for (Index c = 0; c < side; ++c) to[r][c] = from[c][r];
            for (Index r = 0; r < side; ++r) std::memcpy(out + ((i + r) * n_cols + j) * size, to[r], sizeof to[r]);
        }
        gather(i, whole_cols, side, n_cols - whole_cols);
    }
    gather(whole_rows, 0, n_rows - whole_rows, n_cols);
}

/// A file mapped into memory, to read.
class Mapping {
public:
    Mapping() = default;
    Mapping(const InputFile& file, Index bytes) : bytes_(static_cast<std::size_t>(bytes)) {
        if (bytes == 0) return;
        void* const at = ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, file.descriptor(), 0);
        if (at == MAP_FAILED)
            throw file.error(std::string("the file cannot be mapped into memory: ") + std::strerror(errno));
        data_ = static_cast<const std::byte*>(at);
    }
    ~Mapping() {
        if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), bytes_);
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;

    /// nullptr: nothing is mapped.
    [[nodiscard]] const std::byte* data() const noexcept { return data_; }

private:
    const std::byte* data_ = nullptr;
    std::size_t bytes_ = 0;
};

/// Reads rows of elements from such a file, by several threads.
class RawReader {
public:
    /// Throws IoError if the file is shorter than the layout says.
    RawReader(std::unique_ptr<const InputFile> file, const RawLayout& layout, Index memory_bytes, bool memory_map)
        : file_(std::move(file)), layout_(layout), element_(element_bytes(layout.type)),
          mapping_(std::make_unique<const Mapping>()) {
        const Index bytes = raw_bytes(*file_, layout, memory_bytes);
        const Index there = std::max<Index>(file_->size() - layout.offset, 0);
        if (bytes > there)
            throw file_->error("the file ends too early: " + std::to_string(layout.rows) + " x " +
                               std::to_string(layout.cols) + " elements take " + std::to_string(bytes) +
                               " bytes, but " + std::to_string(there) +
                               " are there; it was truncated, or is still being written");
        // One row or one column is both.
        layout_.column_major = layout.column_major && layout.rows > 1 && layout.cols > 1;
        if (memory_map && bytes > 0) mapping_ = std::make_unique<const Mapping>(*file_, layout.offset + bytes);
        // Columns are read in stretches of 64 kB, less if all of them would take more than 16 MB.
        const Index most = std::min<Index>(65'536 / element_, 16'777'216 / std::max<Index>(row_bytes(), 1));
        stretch_rows_ = std::min(std::max(most, tile_rows(layout.cols)), layout.rows);
    }

    [[nodiscard]] const RawLayout& layout() const noexcept { return layout_; }
    [[nodiscard]] const InputFile& file() const noexcept { return *file_; }
    [[nodiscard]] Index row_bytes() const noexcept { return layout_.cols * element_; }
    /// Rows to convert at a time, few enough to be still in cache when they are.
    [[nodiscard]] Index piece_rows() const noexcept {
        return std::max<Index>(131'072 / std::max<Index>(row_bytes(), 1), 1);
    }

    /// Buffers of one reader.
    struct Buffers {
        std::vector<std::byte> columns;  ///< a stretch of each column
        RowRange stretch{};
        std::vector<std::byte> native;
    };
    [[nodiscard]] Index buffer_bytes() const noexcept {
        return copies_columns() ? layout_.cols * stretch_stride(stretch_rows_) : 0;
    }

    /// Rows as packed elements of layout().type in this machine's byte order. An error counts rows from the first.
    void read(RowRange rows, std::byte* out, Buffers& buffers) const {
        const Index n = rows.size() * layout_.cols;
        if (n == 0) return;
        if (layout_.column_major) read_columns(rows, out, buffers);
        else file_->read(layout_.offset + rows.begin * row_bytes(), out, n * element_);
        if (layout_.swap_bytes) swap_bytes(out, n, element_);
        if (layout_.type == ElementType::boolean) require_booleans(out, n);
    }

    /// The rows where they are mapped, if they need no change; otherwise nullptr.
    [[nodiscard]] const std::byte* look(RowRange rows) const {
        if (mapping_->data() == nullptr || layout_.column_major || layout_.swap_bytes ||
            layout_.offset % element_ != 0 || layout_.type == ElementType::boolean)
            return nullptr;
        file_->require_unchanged();
        return mapping_->data() + layout_.offset + rows.begin * row_bytes();
    }

private:
    [[nodiscard]] bool copies_columns() const noexcept { return layout_.column_major && mapping_->data() == nullptr; }
    /// A cache line apart, as columns at the same place of different pages would drive each other out of the cache.
    [[nodiscard]] Index stretch_stride(Index rows) const noexcept { return rows * element_ + 64; }

    void read_columns(RowRange rows, std::byte* out, Buffers& buffers) const {
        if (!copies_columns()) {
            file_->require_unchanged();
            return gather(mapping_->data() + layout_.offset + rows.begin * element_, layout_.rows * element_,
                          rows.size(), out);
        }
        for (Index begin = rows.begin; begin < rows.end;) {
            if (begin < buffers.stretch.begin || begin >= buffers.stretch.end) keep_stretch(begin, buffers);
            const RowRange& kept = buffers.stretch;
            const Index end = std::min(rows.end, kept.end);
            gather(buffers.columns.data() + (begin - kept.begin) * element_, stretch_stride(kept.size()), end - begin,
                   out + (begin - rows.begin) * row_bytes());
            begin = end;
        }
    }
    void keep_stretch(Index begin, Buffers& buffers) const {
        const RowRange rows{begin, std::min(begin + stretch_rows_, layout_.rows)};
        buffers.stretch = {};  // stays so if reading throws
        buffers.columns.resize(static_cast<std::size_t>(layout_.cols * stretch_stride(rows.size())));
        for (Index j = 0; j < layout_.cols; ++j)
            file_->read(layout_.offset + (j * layout_.rows + begin) * element_,
                        buffers.columns.data() + j * stretch_stride(rows.size()), rows.size() * element_);
        buffers.stretch = rows;
    }
    void gather(const std::byte* columns, Index column_stride, Index n_rows, std::byte* out) const noexcept {
        switch (element_) {
            case 1: return gather_columns<std::uint8_t>(columns, column_stride, n_rows, layout_.cols, out);
            case 2: return gather_columns<std::uint16_t>(columns, column_stride, n_rows, layout_.cols, out);
            case 4: return gather_columns<std::uint32_t>(columns, column_stride, n_rows, layout_.cols, out);
            default: return gather_columns<std::uint64_t>(columns, column_stride, n_rows, layout_.cols, out);
        }
    }
    void require_booleans(const std::byte* values, Index n) const {
        const std::byte* const bad =
            std::find_if(values, values + n, [](std::byte b) { return (b >> 1) != std::byte{0}; });
        if (bad == values + n) return;
        throw DataError(
            file_->where() + ": byte " + std::to_string(std::to_integer<int>(*bad)) +
                " of type bool is neither 0 nor 1; read the elements as uint8",
            {.file = file_->path(), .row = (bad - values) / layout_.cols, .column = (bad - values) % layout_.cols});
    }

    std::unique_ptr<const InputFile> file_;
    RawLayout layout_;
    Index element_;
    std::unique_ptr<const Mapping> mapping_;
    Index stretch_rows_ = 0;
};

/// Rows of such a file as elements of type T, converted if it holds others.
template <class T>
class RawSource final : public BlockSource<T> {
    static_assert(std::is_arithmetic_v<T> && sizeof(T) <= 8, "files hold no long double");

public:
    RawSource(std::shared_ptr<const RawReader> reader, std::string_view name)
        : BlockSource<T>(reader->layout().rows, reader->layout().cols), reader_(std::move(reader)), name_(name) {}

    void read(RowRange rows, MatrixView<T> out, Scratch& scratch) const override {
        RawReader::Buffers& buffers = scratch.get<RawReader::Buffers>(this);
        if (direct() && out.contiguous()) return reader_->read(rows, reinterpret_cast<std::byte*>(out.data()), buffers);
        for_each_tile(rows, reader_->piece_rows(), [&](RowRange piece) {
            buffers.native.resize(static_cast<std::size_t>(piece.size() * reader_->row_bytes()));
            reader_->read(piece, buffers.native.data(), buffers);
            convert(buffers.native.data(), out.rows(piece.begin - rows.begin, piece.end - rows.begin));
        });
    }
    MatrixView<const T> view(RowRange rows, Scratch& scratch) const override {
        if (direct())
            if (const std::byte* const found = reader_->look(rows))
                return {reinterpret_cast<const T*>(found), rows.size(), this->cols()};
        return BlockSource<T>::view(rows, scratch);
    }
    Index own_scratch_bytes(Index rows) const override {
        return reader_->buffer_bytes() + (direct() ? 0 : std::min(rows, reader_->piece_rows()) * reader_->row_bytes());
    }
    void origins(std::vector<Origin>& list) const override { list.push_back({reader_->file().path(), {}}); }
    std::string_view name() const noexcept override { return name_; }

private:
    [[nodiscard]] bool direct() const noexcept { return reader_->layout().type == element_type<T>(); }

    void convert(const std::byte* packed, MatrixView<T> out) const {
        // Packed rows are one long row, which is faster to convert.
        const bool packed_out = out.contiguous() && out.cols() > 0;
        try {
            convert_elements(reader_->file().where(), reader_->layout().type, packed,
                             packed_out ? MatrixView<T>(out.data(), 1, out.rows() * out.cols()) : out);
        } catch (const DataError& error) {
            const Index at = packed_out ? error.column() : error.row() * out.cols() + error.column();
            throw DataError(error.message(),
                            {.file = reader_->file().path(), .row = at / out.cols(), .column = at % out.cols()});
        }
    }

    std::shared_ptr<const RawReader> reader_;
    std::string_view name_;  // a literal
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
