#ifndef BLOCKFIT_KERNELS_ROW_GROUPS_HPP
#define BLOCKFIT_KERNELS_ROW_GROUPS_HPP

#include <algorithm>
#include <utility>

#include <Eigen/Core>

#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>

/// Eigen's products as the dense kernels use them. Their order of summation depends on the shape, so the rows of a
/// block go through them in groups of one size: then a row's result depends on the row alone.

namespace blockfit {
inline namespace v1 {

template <class T>
using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A matrix of ours as one of Eigen's, not copied.
template <class T>
[[nodiscard]] Eigen::Map<RowMajor<T>> eigen_map(Matrix<T>& m) {
    return {m.data(), m.rows(), m.cols()};
}
template <class T>
[[nodiscard]] Eigen::Map<const RowMajor<T>> eigen_map(const Matrix<T>& m) {
    return {m.data(), m.rows(), m.cols()};
}
template <class T>
[[nodiscard]] Eigen::Map<const RowMajor<T>> eigen_map(const RowMajor<T>& m) {
    return {m.data(), m.rows(), m.cols()};
}

/// Rows of a group: a multiple of what any instruction set computes side by side.
inline constexpr Index group_rows = 48;

/// Calls f(RowRange rows, const RowMajor<T>& group) for each group of rows of X, as values of T; `group` is the buffer
/// to use, group_rows x d, of which the rows beyond rows.size() are zero.
template <class T, class In, class F>
void for_each_row_group(MatrixView<const In> X, RowMajor<T>& group, F f) {
    group.resize(group_rows, X.cols());
    for (Index begin = 0; begin < X.rows(); begin += group_rows) {
        const RowRange rows{begin, std::min(begin + group_rows, X.rows())};
        for (Index i = rows.begin; i < rows.end; ++i)
            std::ranges::transform(X.row(i), group.data() + (i - begin) * X.cols(),
                                   [](In x) { return static_cast<T>(x); });
        std::fill(group.data() + rows.size() * X.cols(), group.data() + group.size(), T(0));
        f(rows, std::as_const(group));
    }
}

/// out = a b and out = a b^T. Products are dear to compile, so that those of whole groups are made here alone.
template <class T>
void multiply(const RowMajor<T>& a, Eigen::Map<const RowMajor<T>> b, RowMajor<T>& out) {
    out.noalias() = a * b;
}
template <class T>
void multiply_transposed(const RowMajor<T>& a, Eigen::Map<const RowMajor<T>> b, RowMajor<T>& out) {
    out.noalias() = a * b.transpose();
}

}  // namespace v1
}  // namespace blockfit

#endif
