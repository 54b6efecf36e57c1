#ifndef BLOCKFIT_KERNELS_THIN_SVD_HPP
#define BLOCKFIT_KERNELS_THIN_SVD_HPP

#include <algorithm>
#include <string>
#include <string_view>
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

/// The square upper triangle of a QR decomposition.
template <class T>
[[nodiscard]] ColMajor<T> upper(std::string_view where, const Eigen::HouseholderQR<ColMajor<T>>& qr) {
    const Index n = qr.matrixQR().cols();
    const ColMajor<T> R = qr.matrixQR().topRows(n).template triangularView<Eigen::Upper>();
    if (!R.allFinite())
        throw DataError(std::string(where) + ": the decomposition overflowed; scale the features (StandardScaler)");
    return R;
}

}  // namespace detail

/// Singular values and the first k right singular vectors, k <= min(m, d), of an m x d matrix whose rows come from
/// fill(begin, MatrixView<T> out): rows begin, begin + 1, ... into `out`. U is never formed: of a tall matrix only a
/// triangle is kept, which QR brings up to date with some rows at a time (Golub & Van Loan, "Matrix Computations", 5.2).
/// Throws DataError if a value overflows.
template <class T, class Fill>
[[nodiscard]] RightSvd<T> right_svd(std::string_view where, Index m, Index d, Index k, Fill fill) {
    using detail::ColMajor;
    ColMajor<T> small;    // square, with the singular values of A
    ColMajor<T> vectors;  // the right vectors of A, one a column
    Eigen::BDCSVD<ColMajor<T>> svd;
    if (m >= d) {
        const Index step = std::min(m, std::max<Index>(4 * d, 256));
        Matrix<T> rows(step, d);
        Eigen::HouseholderQR<ColMajor<T>> qr;
        for (Index begin = 0; begin < m; begin += step) {
            const Index n = std::min(step, m - begin), kept = small.rows();
            fill(begin, rows.view().rows(0, n));
            ColMajor<T> stacked(kept + n, d);
            if (kept > 0) stacked.topRows(kept) = small;
            stacked.bottomRows(n) = eigen_map(rows).topRows(n);
            qr.compute(stacked);
            small = detail::upper(where, qr);
        }
        svd.compute(small, Eigen::ComputeThinV);
        vectors = svd.matrixV();
    } else {
        Matrix<T> rows(m, d);
        fill(0, rows.view());
        // A^T = Q R, so A = R^T Q^T, and with R^T = U S P^T the right vectors are Q P.
        const Eigen::HouseholderQR<ColMajor<T>> qr(ColMajor<T>(eigen_map(rows).transpose()));
        small = detail::upper(where, qr).transpose();
        svd.compute(small, Eigen::ComputeThinV);
        vectors = ColMajor<T>::Zero(d, m);
        vectors.topRows(m) = svd.matrixV();
        vectors.applyOnTheLeft(qr.householderQ());
    }
    RightSvd<T> result{{}, Matrix<T>(k, d)};
    result.values.assign(svd.singularValues().data(), svd.singularValues().data() + svd.singularValues().size());
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
