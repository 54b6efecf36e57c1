#ifndef BLOCKFIT_KERNELS_THIN_SVD_HPP
#define BLOCKFIT_KERNELS_THIN_SVD_HPP

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <Eigen/QR>
#include <Eigen/SVD>

#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/kernels/row_groups.hpp>

namespace blockfit {
inline namespace v1 {

/// Part of A = U S W^T.
template <class T>
struct RightSvd {
    std::vector<T> values;  ///< all min(m, d) singular values, descending
    Matrix<T> vectors;      ///< the first rows of W^T, each with its entry of largest magnitude positive
};

namespace detail {

template <class T>
using ColMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

// What makes Eigen's decompositions, which are dear to compile, depends on T alone.

/// R of A = Q R, square; A becomes Eigen's form of Q.
template <class T>
[[nodiscard]] ColMajor<T> triangle(ColMajor<T>& A) {
    const Index n = A.cols();
    const Eigen::HouseholderQR<Eigen::Ref<ColMajor<T>>> qr(A);
    return qr.matrixQR().topRows(n).template triangularView<Eigen::Upper>();
}
/// Singular values of a square matrix, descending, and its right vectors as columns. Throws DataError if it overflowed.
template <class T>
struct SquareSvd {
    std::vector<T> values;
    ColMajor<T> vectors;
};
template <class T>
[[nodiscard]] SquareSvd<T> square_svd(std::string_view where, const ColMajor<T>& A) {
    if (!A.allFinite())
        throw DataError(std::string(where) + ": the decomposition overflowed; scale the features (StandardScaler)");
    const Eigen::BDCSVD<ColMajor<T>> svd(A, Eigen::ComputeThinV);
    return {{svd.singularValues().data(), svd.singularValues().data() + svd.singularValues().size()}, svd.matrixV()};
}
/// The same for R^T of A = Q R, and Q times the right vectors: what belongs to A^T.
template <class T>
[[nodiscard]] SquareSvd<T> transposed_svd(std::string_view where, const ColMajor<T>& A) {
    const Eigen::HouseholderQR<ColMajor<T>> qr(A);
    const ColMajor<T> R = qr.matrixQR().topRows(A.cols()).template triangularView<Eigen::Upper>();
    SquareSvd<T> svd = square_svd<T>(where, R.transpose());
    ColMajor<T> vectors = ColMajor<T>::Zero(A.rows(), A.cols());
    vectors.topRows(A.cols()) = svd.vectors;
    vectors.applyOnTheLeft(qr.householderQ());
    svd.vectors = std::move(vectors);
    return svd;
}

}  // namespace detail

/// Singular values and the first k right singular vectors, k <= min(m, d), of an m x d matrix whose rows come from
/// fill(begin, MatrixView<T> out): rows begin, begin + 1, ... into `out`. U is never formed: of a tall matrix only a
/// triangle is kept, which QR brings up to date with some rows at a time (Golub & Van Loan, "Matrix Computations", 5.2).
/// Throws DataError if a value overflows.
template <class T, class Fill>
[[nodiscard]] RightSvd<T> right_svd(std::string_view where, Index m, Index d, Index k, Fill fill) {
    using detail::ColMajor;
    detail::SquareSvd<T> svd;
    if (m >= d) {
        const Index step = std::min(m, std::max<Index>(4 * d, 256));
        Matrix<T> rows(step, d);
        ColMajor<T> R;  // square, with the singular values of the rows so far
        for (Index begin = 0; begin < m; begin += step) {
            const Index n = std::min(step, m - begin), kept = R.rows();
            fill(begin, rows.view().rows(0, n));
            ColMajor<T> stacked(kept + n, d);
            if (kept > 0) stacked.topRows(kept) = R;
            stacked.bottomRows(n) = eigen_map(rows).topRows(n);
            R = detail::triangle(stacked);
        }
        svd = detail::square_svd(where, R);
    } else {
        Matrix<T> rows(m, d);
        fill(0, rows.view());
        // A^T = Q R, so A = R^T Q^T, and with R^T = U S P^T the right vectors are Q P.
        svd = detail::transposed_svd<T>(where, eigen_map(rows).transpose());
    }
    RightSvd<T> result{std::move(svd.values), Matrix<T>(k, d)};
    const ColMajor<T>& vectors = svd.vectors;
    for (Index i = 0; i < k; ++i) {
        Index largest = 0;
        vectors.col(i).cwiseAbs().maxCoeff(&largest);
        const T sign = vectors(largest, i) < 0 ? T(-1) : T(1);
        for (Index j = 0; j < d; ++j) result.vectors(i, j) = sign * vectors(j, i);
    }
    return result;
}

}  // namespace v1
}  // namespace blockfit

#endif
