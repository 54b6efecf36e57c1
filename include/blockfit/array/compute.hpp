#ifndef BLOCKFIT_ARRAY_COMPUTE_HPP
#define BLOCKFIT_ARRAY_COMPUTE_HPP

#include <cstddef>
#include <vector>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/core/matrix.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

template <class Array, class T>
void compute_into(const Array& array, MatrixView<T> out) {
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

}  // namespace detail

/// All of a chunked matrix in memory, read in parallel. The result is not counted against the memory limit.
template <class T>
[[nodiscard]] Matrix<T> compute_array(const ChunkedMatrix<T>& X) {
    Matrix<T> result(X.rows(), X.cols());
    detail::compute_into(X, result.view());
    return result;
}
/// All of a chunked vector in memory.
template <class T>
[[nodiscard]] std::vector<T> compute_array(const ChunkedVector<T>& y) {
    std::vector<T> result(static_cast<std::size_t>(y.size()));
    detail::compute_into(y, MatrixView<T>(result.data(), y.size(), 1));
    return result;
}

}  // namespace v1
}  // namespace blockfit

#endif
