#ifndef BLOCKFIT_KERNELS_EXTREMA_HPP
#define BLOCKFIT_KERNELS_EXTREMA_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix_view.hpp>

namespace blockfit {
inline namespace v1 {

/// The smallest and the largest value of each column that is not NaN; without one, infinity and -infinity, which leave
/// the other operand of min and max as it is.
struct Extrema {
    std::vector<double> min;
    std::vector<double> max;
    Index rows = 0;          ///< all rows, NaN or not
    bool only_float = true;  ///< were all values of type float?
    friend bool operator==(const Extrema&, const Extrema&) = default;
};

namespace extrema {

/// The extrema of no rows.
[[nodiscard]] inline Extrema none(Index cols) {
    const auto d = static_cast<std::size_t>(cols);
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return {std::vector<double>(d, infinity), std::vector<double>(d, -infinity)};
}

/// Throws DataError naming row and column of the first infinite value in some rows of X.
template <class T>
void refuse_infinity(std::string_view where, MatrixView<const T> X, RowRange rows) {
    for (Index i = rows.begin; i < rows.end; ++i)
        for (Index j = 0; j < X.cols(); ++j)
            if (std::isinf(X(i, j)))
                throw DataError(std::string(where) + ": X holds infinity, expected finite values or NaN",
                                {.row = i, .column = j});
}

/// Adds the rows of a tile. Throws DataError at an infinite value; then `sum` is of no use any more.
template <class T>
void add_tile(std::string_view where, Extrema& sum, MatrixView<const T> X) {
    double* const low = sum.min.data();
    double* const high = sum.max.data();
    const auto d = static_cast<std::size_t>(X.cols());
    for (Index i = 0; i < X.rows(); ++i) {
        const T* const x = X.row(i).data();
        // Written so that NaN, which no comparison holds for, is passed over.
        for (std::size_t j = 0; j < d; ++j) {
            const double v = double(x[j]);
            low[j] = v < low[j] ? v : low[j];
            high[j] = v > high[j] ? v : high[j];
        }
    }
    for (std::size_t j = 0; j < d; ++j) {
        const bool no_value = low[j] > high[j];
        if (!no_value && (std::isinf(low[j]) || std::isinf(high[j]))) refuse_infinity(where, X, {0, X.rows()});
    }
    sum.rows += X.rows();
    sum.only_float = sum.only_float && std::is_same_v<T, float>;
}

inline void merge(Extrema& a, const Extrema& b) {
    for (std::size_t j = 0; j < a.min.size(); ++j) {
        a.min[j] = std::min(a.min[j], b.min[j]);
        a.max[j] = std::max(a.max[j], b.max[j]);
    }
    a.rows += b.rows;
    a.only_float = a.only_float && b.only_float;
}

}  // namespace extrema
}  // namespace v1
}  // namespace blockfit

#endif
