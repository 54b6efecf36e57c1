#ifndef BLOCKFIT_ARRAY_COMPUTE_HPP
#define BLOCKFIT_ARRAY_COMPUTE_HPP

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/matrix.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Reads all rows of an array to `out`, in parallel.
template <class Array, class T>
void read_all(const Array& array, MatrixView<T> out) {
    struct Slot {
        Scratch scratch;
    };
    const BlockSource<T>& source = *array.source();
    const Index bytes = source.scratch_bytes(tile_rows(source.cols()));
    stream_blocks<Slot>({.name = "compute",
                         .plan = array.plan(),
                         .bytes_per_block = bytes,
                         .fixed_bytes = bytes,
                         .origins = array.origins()},
                        [&](Slot& slot, Index, RowRange rows) {
                            read_by_tile(source, rows, out.rows(rows), slot.scratch);
                        },
                        [](Slot&, Index, RowRange) {});
}

/// What compute() returns unless told otherwise.
template <class Array>
using Computed = std::conditional_t<Array::is_vector, std::vector<typename Array::value_type>, Matrix<typename Array::value_type>>;

/// An array in memory of the type and shape of `array`.
template <class M, class Array>
[[nodiscard]] M make_like(const Array& array) {
    if constexpr (Array::is_vector) return VectorTraits<M>::make(array.rows());
    else return MatrixTraits<M>::make(array.rows(), array.source()->cols());
}

}  // namespace detail

/// Reads all elements into memory that is there already, which must not be what the array reads: a Matrix, a writable MatrixView or, with the interop headers, a
/// row-major Eigen or xtensor matrix; for a vector any contiguous range. Throws ShapeError unless the shapes agree.
template <class T, MatrixLike M>
void compute_into(const ChunkedMatrix<T>& X, M&& out) {
    MatrixView<T> view = MatrixTraits<std::remove_cvref_t<M>>::view(out);
    detail::require_same("compute_into", "number of rows of the output", view.rows(), X.rows());
    detail::require_same("compute_into", "number of columns of the output", view.cols(), X.cols());
    detail::read_all(X, view);
}
template <class T, VectorLike V>
void compute_into(const ChunkedVector<T>& y, V&& out) {
    const std::span<T> values = VectorTraits<std::remove_cvref_t<V>>::view(out);
    detail::require_same("compute_into", "length of the output", std::ssize(values), y.rows());
    detail::read_all(y, MatrixView<T>(values.data(), y.rows(), 1));
}

/// All elements in memory, read in parallel: a Matrix or a std::vector, or the type asked for, such as
/// Eigen::Matrix<double, -1, -1, Eigen::RowMajor> or xt::xtensor<double, 2>. Not counted against the memory limit.
template <class M = void, class Array>
[[nodiscard]] auto compute_array(const Array& array) {
    using T = typename Array::value_type;
    if constexpr (!std::is_void_v<M>) {
        M result = detail::make_like<M>(array);
        compute_into(array, result);
        return result;
    } else if constexpr (!Array::is_vector) {
        Matrix<T> result(array.rows(), array.cols());
        detail::read_all(array, result.view());
        return result;
    } else if constexpr (std::is_same_v<T, bool>) {
        Matrix<bool> result(array.rows(), 1);  // std::vector<bool> has no elements in memory
        detail::read_all(array, result.view());
        return std::move(result).values();
    } else {
        std::vector<T> result(static_cast<std::size_t>(array.rows()));
        detail::read_all(array, MatrixView<T>(result.data(), array.rows(), 1));
        return result;
    }
}

/// The same array with all its elements in memory, computed now: for what is read several times. Throws
/// MemoryLimitError, before anything is read, if they are more than Settings::memory_limit; then store the array in a
/// file and read that.
template <class Array>
[[nodiscard]] Array persist_array(const Array& array) {
    using T = typename Array::value_type;
    if (const Index limit = Settings::current().memory_limit; limit > 0 && array.nbytes() > limit)
        throw MemoryLimitError("persist: the array takes " + detail::bytes_to_text(array.nbytes()) + ", but memory_limit is " +
                               detail::bytes_to_text(limit) + "; raise Settings::memory_limit, or write it with to_hdf5 and read the file");
    SettingsParams settings = Settings::current();
    if (settings.memory_limit > 0) settings.memory_limit = std::max<Index>(settings.memory_limit - array.nbytes(), 1);
    const Settings inner(settings);  // for the blocks while they are read
    const auto keep = std::make_shared<Matrix<T>>(array.rows(), array.source()->cols());
    detail::read_all(array, keep->view());
    return {std::make_shared<detail::MemorySource<T>>(std::as_const(*keep).view(), keep), array.plan()};
}

/// Calls sink(rows, MatrixView<const T> block) with the blocks one by one, in order; they are computed in parallel and
/// ahead of it. For what no writer here writes.
template <class Array, class Sink>
void store(const Array& array, Sink sink) {
    using T = typename Array::value_type;
    struct Slot {
        Scratch scratch;
        Matrix<T> block;
    };
    const BlockSource<T>& source = *array.source();
    const Index fixed = source.scratch_bytes(detail::tile_rows(source.cols()));
    detail::stream_blocks<Slot>({.name = "store",
                                 .plan = array.plan(),
                                 .bytes_per_block = fixed + array.plan().largest() * array.row_bytes(),
                                 .fixed_bytes = fixed,
                                 .origins = array.origins()},
                                [&](Slot& slot, Index, RowRange rows) {
                                    slot.block.resize(rows.size(), source.cols());
                                    detail::read_by_tile(source, rows, slot.block.view(), slot.scratch);
                                },
                                [&](Slot& slot, Index, RowRange rows) { sink(rows, std::as_const(slot.block).view()); });
}

/// Row i, read now.
template <class T>
[[nodiscard]] std::vector<T> row_of(const ChunkedMatrix<T>& X, Index i) {
    return compute_array(X.rows(i, i + 1)).values();
}
template <class T>
[[nodiscard]] T row_of(const ChunkedVector<T>& y, Index i) {
    return compute_array(y.rows(i, i + 1))[0];
}

}  // namespace v1
}  // namespace blockfit

#endif
