#ifndef BLOCKFIT_ARRAY_STRUCTURE_HPP
#define BLOCKFIT_ARRAY_STRUCTURE_HPP

#include <algorithm>
#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/core/error.hpp>

/// Arrays put together from others: below each other, or side by side.

namespace blockfit {
inline namespace v1 {
namespace detail {

/// The rows of several sources, one source after the other.
template <class T>
class Concatenation final : public BlockSource<T> {
public:
    /// `parts` is not empty, and all have equally many columns.
    explicit Concatenation(std::vector<Source<T>> parts)
        : BlockSource<T>(total_rows(parts), parts.front()->cols()), parts_(std::move(parts)) {
        Index end = 0;
        for (const Source<T>& part : parts_) ends_.push_back(end += part->rows());
    }

    void read(RowRange range, MatrixView<T> out, Scratch& scratch) const override {
        for (Index begin = range.begin; begin < range.end;) {
            const std::size_t k = find(begin);
            const RowRange rows{begin, std::min(range.end, ends_[k])};
            try {
                parts_[k]->read(within(k, rows), out.rows(begin - range.begin, rows.end - range.begin), inner(k, scratch));
            } catch (Error& error) {
                error.add_rows(begin - range.begin);
                throw;
            }
            begin = rows.end;
        }
    }
    MatrixView<const T> view(RowRange range, Scratch& scratch) const override {
        if (range.size() > 0)
            if (const std::size_t k = find(range.begin); range.end <= ends_[k])
                return parts_[k]->view(within(k, range), inner(k, scratch));
        return BlockSource<T>::view(range, scratch);
    }
    Index own_scratch_bytes(Index rows) const override {
        Index most = 0;
        for (const Source<T>& part : parts_) {
            const ScratchCount count;  // one part's scratch lives at a time
            most = std::max(most, part->scratch_bytes(rows));
        }
        return most + rows * this->cols() * static_cast<Index>(sizeof(T));
    }
    void origins(std::vector<Origin>& list) const override {
        for (const Source<T>& part : parts_) part->origins(list);
    }
    std::string_view name() const noexcept override { return "concatenate"; }

private:
    /// Buffers of the part read last only, so that many files do not take the memory of many.
    struct State {
        std::unique_ptr<Scratch> scratch;
        std::size_t part = 0;
    };

    [[nodiscard]] static Index total_rows(const std::vector<Source<T>>& parts) {
        Index rows = 0;
        for (const Source<T>& part : parts) rows += part->rows();
        return rows;
    }
    [[nodiscard]] std::size_t find(Index row) const noexcept {
        return static_cast<std::size_t>(std::ranges::upper_bound(ends_, row) - ends_.begin());
    }
    [[nodiscard]] RowRange within(std::size_t k, RowRange rows) const noexcept {
        const Index first = ends_[k] - parts_[k]->rows();
        return {rows.begin - first, rows.end - first};
    }
    [[nodiscard]] Scratch& inner(std::size_t k, Scratch& scratch) const {
        State& state = scratch.get<State>(this);
        if (!state.scratch || state.part != k) {
            state.scratch = std::make_unique<Scratch>();
            state.part = k;
        }
        return *state.scratch;
    }

    std::vector<Source<T>> parts_;
    std::vector<Index> ends_;
};

/// The columns of several sources, side by side.
template <class T>
class SideBySide final : public BlockSource<T> {
public:
    /// All have equally many rows.
    explicit SideBySide(std::vector<Source<T>> parts)
        : BlockSource<T>(parts.front()->rows(), total_cols(parts)), parts_(std::move(parts)) {}
    void read(RowRange range, MatrixView<T> out, Scratch& scratch) const override {
        Index column = 0;
        for (const Source<T>& part : parts_) {
            part->read(range, out.cols(column, column + part->cols()), scratch);
            column += part->cols();
        }
    }
    Index own_scratch_bytes(Index rows) const override {
        Index sum = 0;
        for (const Source<T>& part : parts_) sum += part->scratch_bytes(rows);
        return sum;
    }
    void origins(std::vector<Origin>& list) const override {
        for (const Source<T>& part : parts_) part->origins(list);
    }
    std::string_view name() const noexcept override { return "hstack"; }

private:
    [[nodiscard]] static Index total_cols(const std::vector<Source<T>>& parts) {
        Index cols = 0;
        for (const Source<T>& part : parts) cols += part->cols();
        return cols;
    }
    std::vector<Source<T>> parts_;
};

template <class Array>
[[nodiscard]] Array concatenate_arrays(const std::vector<Array>& arrays) {
    require_parameter(!arrays.empty(), "concatenate", "give at least one array");
    std::vector<Source<typename Array::value_type>> parts;
    std::vector<Index> ends;
    Index rows = 0;
    for (const Array& array : arrays) {
        require_same("concatenate", "number of columns of array " + std::to_string(parts.size()), array.source()->cols(),
                     arrays.front().source()->cols());
        if (array.rows() == 0) continue;
        for (Index b = 0; b < array.n_blocks(); ++b) ends.push_back(rows + array.plan()[b].end);
        rows += array.rows();
        parts.push_back(array.source());
    }
    if (parts.empty()) return arrays.front();
    return {std::make_shared<Concatenation<typename Array::value_type>>(std::move(parts)), BlockPlan(std::move(ends))};
}

template <class A, class T>
concept ChunkedOf = std::same_as<A, ChunkedMatrix<T>> || std::same_as<A, ChunkedVector<T>>;

}  // namespace detail

/// The rows of all arrays, one array after the other, lazily. A block ends where one of theirs does; rechunk changes
/// that. Throws ShapeError if the numbers of columns differ.
template <class T>
[[nodiscard]] ChunkedMatrix<T> concatenate(const std::vector<ChunkedMatrix<T>>& arrays) {
    return detail::concatenate_arrays(arrays);
}
template <class T>
[[nodiscard]] ChunkedVector<T> concatenate(const std::vector<ChunkedVector<T>>& arrays) {
    return detail::concatenate_arrays(arrays);
}
template <class Array, std::same_as<Array>... More>
    requires detail::ChunkedOf<Array, typename Array::value_type>
[[nodiscard]] Array concatenate(const Array& first, const More&... more) {
    return detail::concatenate_arrays(std::vector<Array>{first, more...});
}

/// The columns of all arrays side by side, lazily, in the blocks of the first; a vector is one column. For other element
/// types use astype first. Throws ShapeError if the numbers of rows differ.
template <class First, class... More>
    requires detail::ChunkedOf<First, typename First::value_type> &&
             (detail::ChunkedOf<More, typename First::value_type> && ...)
[[nodiscard]] ChunkedMatrix<typename First::value_type> hstack(const First& first, const More&... more) {
    using T = typename First::value_type;
    (detail::require_same("hstack", "number of rows of an array", more.rows(), first.rows()), ...);
    return {std::make_shared<detail::SideBySide<T>>(std::vector<detail::Source<T>>{first.source(), more.source()...}),
            first.plan()};
}
/// The same for a list.
template <class Array>
    requires detail::ChunkedOf<Array, typename Array::value_type>
[[nodiscard]] ChunkedMatrix<typename Array::value_type> hstack(const std::vector<Array>& arrays) {
    using T = typename Array::value_type;
    detail::require_parameter(!arrays.empty(), "hstack", "give at least one array");
    std::vector<detail::Source<T>> parts;
    for (const Array& array : arrays) {
        detail::require_same("hstack", "number of rows of array " + std::to_string(parts.size()), array.rows(),
                             arrays.front().rows());
        parts.push_back(array.source());
    }
    return {std::make_shared<detail::SideBySide<T>>(std::move(parts)), arrays.front().plan()};
}

}  // namespace v1
}  // namespace blockfit

#endif
