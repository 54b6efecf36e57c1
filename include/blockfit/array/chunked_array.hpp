#ifndef BLOCKFIT_ARRAY_CHUNKED_ARRAY_HPP
#define BLOCKFIT_ARRAY_CHUNKED_ARRAY_HPP

#include <algorithm>
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

/// Calls the free function of a method's name, which inside the class the method would hide.
#define BLOCKFIT_DETAIL_CALL(name)                   \
    template <class... A>                            \
    [[nodiscard]] auto call_##name(const A&... a) {  \
        return name(a...);                           \
    }
BLOCKFIT_DETAIL_CALL(sum)
BLOCKFIT_DETAIL_CALL(mean)
BLOCKFIT_DETAIL_CALL(var)
BLOCKFIT_DETAIL_CALL(stddev)
BLOCKFIT_DETAIL_CALL(min)
BLOCKFIT_DETAIL_CALL(max)
BLOCKFIT_DETAIL_CALL(argmin)
BLOCKFIT_DETAIL_CALL(argmax)
BLOCKFIT_DETAIL_CALL(any)
BLOCKFIT_DETAIL_CALL(all)
#undef BLOCKFIT_DETAIL_CALL

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
    /// Rows begin, begin + step, ... before `end`; with a negative step down to, and without, `end`, so that
    /// rows(n - 1, -1, -1) turns the array round. A block keeps its rows. This, take() and filter() need
    /// <blockfit/array/row_indexing.hpp>. Throws ShapeError if they are not there.
    [[nodiscard]] Self rows(Index begin, Index end, Index step) const { return step_rows(self(), begin, end, step); }
    /// Rows by number, in the order given, repeats allowed. Each is read on its own, so rows of a compressed file should
    /// ascend. Throws ShapeError if one is not there.
    [[nodiscard]] Self take(std::vector<Index> rows) const { return take_rows(self(), std::move(rows)); }
    /// The rows for which a ChunkedVector<bool> holds, as blockfit::filter.
    template <class Mask>
    [[nodiscard]] Self filter(const Mask& mask) const {
        return filter_rows(self(), mask);
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

    /// All elements in memory, read in parallel: a Matrix<T> or std::vector<T>, or the type asked for, as in
    /// X.compute<xt::xtensor<double, 2>>(). This, persist(), head() and [] need <blockfit/array/compute.hpp>.
    template <class M = void>
    [[nodiscard]] auto compute() const {
        return compute_array<M>(self());
    }
    /// The same array with its elements in memory, computed now; at most Settings::memory_limit bytes of them.
    [[nodiscard]] Self persist() const { return persist_array(self()); }
    /// The first n rows in memory, fewer if there are not so many.
    [[nodiscard]] auto head(Index n = 5) const { return compute_array(rows(0, std::min(std::max<Index>(n, 0), rows()))); }
    /// Row i of a matrix as a std::vector<T>, element i of a vector; read now. Throws ShapeError if it is not there.
    [[nodiscard]] auto operator[](Index i) const {
        if (i < 0 || i >= rows())
            throw ShapeError("[" + std::to_string(i) + "]: the array has " + std::to_string(rows()) + " rows");
        return row_of(self(), i);
    }

    // Reductions, as the functions of their names in <blockfit/array/reductions.hpp>: lazy, over all elements or, of a
    // matrix, along an axis: X.sum().compute(), X.mean(axis<0>).compute(); X.max(axis<1>) is a ChunkedVector.
    template <class... A>
    [[nodiscard]] auto sum(const A&... axis) const { return call_sum(self(), axis...); }
    template <class... A>
    [[nodiscard]] auto mean(const A&... axis) const { return call_mean(self(), axis...); }
    template <class... A>
    [[nodiscard]] auto var(const A&... axis_and_options) const { return call_var(self(), axis_and_options...); }
    template <class... A>
    [[nodiscard]] auto stddev(const A&... axis_and_options) const { return call_stddev(self(), axis_and_options...); }
    template <class... A>
    [[nodiscard]] auto min(const A&... axis) const { return call_min(self(), axis...); }
    template <class... A>
    [[nodiscard]] auto max(const A&... axis) const { return call_max(self(), axis...); }
    template <class... A>
    [[nodiscard]] auto argmin(const A&... axis) const { return call_argmin(self(), axis...); }
    template <class... A>
    [[nodiscard]] auto argmax(const A&... axis) const { return call_argmax(self(), axis...); }
    template <class... A>
    [[nodiscard]] auto any(const A&... axis) const { return call_any(self(), axis...); }
    template <class... A>
    [[nodiscard]] auto all(const A&... axis) const { return call_all(self(), axis...); }

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
