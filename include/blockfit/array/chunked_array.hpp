#ifndef BLOCKFIT_ARRAY_CHUNKED_ARRAY_HPP
#define BLOCKFIT_ARRAY_CHUNKED_ARRAY_HPP

#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/block_source.hpp>
#include <blockfit/array/convert.hpp>
#include <blockfit/array/derived_sources.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/text.hpp>

namespace blockfit {
inline namespace v1 {

/// The blocks of a chunked array as a range of arrays: for (const auto& block : X.blocks()).
template <class Array>
class BlockList {
public:
    class iterator {
    public:
        using value_type = Array;
        using difference_type = Index;
        using iterator_category = std::input_iterator_tag;
        using pointer = void;
        using reference = Array;
        iterator() = default;
        iterator(const Array* array, Index block) : array_(array), block_(block) {}
        Array operator*() const { return array_->block(block_); }
        iterator& operator++() {
            ++block_;
            return *this;
        }
        void operator++(int) { ++block_; }
        friend bool operator==(const iterator& a, const iterator& b) { return a.block_ == b.block_; }

    private:
        const Array* array_ = nullptr;
        Index block_ = 0;
    };

    explicit BlockList(Array array) : array_(std::move(array)) {}
    [[nodiscard]] iterator begin() const { return {&array_, 0}; }
    [[nodiscard]] iterator end() const { return {&array_, array_.n_blocks()}; }
    [[nodiscard]] Index size() const { return array_.n_blocks(); }

private:
    Array array_;
};

namespace detail {

/// What ChunkedMatrix<T> and ChunkedVector<T> share: a handle on a source, and where its rows are cut. Self is the one.
template <class T, class Self>
class ChunkedArray {
public:
    using value_type = T;

    ChunkedArray(Source<T> source, BlockPlan plan) : source_(std::move(source)), plan_(std::move(plan)) {
        require_same("ChunkedArray", "number of rows in the block plan", plan_.rows(), source_->rows());
    }

    [[nodiscard]] Index rows() const noexcept { return source_->rows(); }
    [[nodiscard]] Index n_blocks() const noexcept { return plan_.size(); }
    [[nodiscard]] const BlockPlan& plan() const noexcept { return plan_; }
    [[nodiscard]] const Source<T>& source() const noexcept { return source_; }
    /// Bytes of all elements, were they in memory.
    [[nodiscard]] Index nbytes() const noexcept { return row_bytes() * rows(); }
    /// numpy's name of the element type.
    [[nodiscard]] static constexpr std::string_view dtype() noexcept { return dtype_name<T>(); }

    /// Rows [begin, end), lazily. Throws ShapeError if they are not there.
    [[nodiscard]] Self rows(Index begin, Index end) const {
        if (begin < 0 || end < begin || end > rows())
            throw ShapeError("rows(" + std::to_string(begin) + ", " + std::to_string(end) + "): the array has " +
                             std::to_string(rows()) + " rows");
        if (begin == 0 && end == rows()) return self();
        return Self(std::make_shared<RowSlice<T>>(source_, RowRange{begin, end}), plan_.slice({begin, end}));
    }
    /// Block i as an array of one block.
    [[nodiscard]] Self block(Index i) const {
        if (i < 0 || i >= n_blocks())
            throw ShapeError("block(" + std::to_string(i) + "): the array has " + std::to_string(n_blocks()) + " blocks");
        return rows(plan_[i].begin, plan_[i].end);
    }
    [[nodiscard]] BlockList<Self> blocks() const { return BlockList<Self>(self()); }
    /// The same rows cut into blocks of `block_rows`, which are what partial_fit then sees.
    [[nodiscard]] Self rechunk(Index block_rows) const { return Self(source_, BlockPlan(rows(), block_rows)); }
    /// The same rows cut elsewhere.
    [[nodiscard]] Self rechunk(BlockPlan plan) const { return Self(source_, std::move(plan)); }

    /// The files and datasets it reads.
    [[nodiscard]] std::vector<Origin> origins() const {
        std::vector<Origin> list;
        source_->origins(list);
        return list;
    }
    [[nodiscard]] Index row_bytes() const noexcept { return source_->cols() * static_cast<Index>(sizeof(T)); }

    /// As dask prints: blockfit.ChunkedMatrix<from_hdf5, shape=(100, 20), dtype=float64, chunksize=(50, 20), 2 blocks,
    /// 16.0 kB>. chunksize is the largest block.
    [[nodiscard]] std::string to_string() const {
        const auto shape = [this](Index n) {
            return Self::is_vector ? "(" + std::to_string(n) + ",)"
                                   : "(" + std::to_string(n) + ", " + std::to_string(source_->cols()) + ")";
        };
        return "blockfit." + std::string(Self::class_name) + "<" + std::string(source_->name()) + ", shape=" + shape(rows()) +
               ", dtype=" + std::string(dtype()) + ", chunksize=" + shape(plan_.largest()) + ", " +
               std::to_string(n_blocks()) + (n_blocks() == 1 ? " block, " : " blocks, ") + bytes_to_text(nbytes()) + ">";
    }
    /// For any std::basic_ostream, without including one.
    template <class Stream>
        requires requires(Stream& s, const std::string& text) { s.write(text.data(), 1); }
    friend Stream& operator<<(Stream& stream, const Self& array) {
        const std::string text = array.to_string();
        stream.write(text.data(), std::ssize(text));
        return stream;
    }

protected:
    [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }

private:
    Source<T> source_;
    BlockPlan plan_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
