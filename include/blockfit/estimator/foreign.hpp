#ifndef BLOCKFIT_ESTIMATOR_FOREIGN_HPP
#define BLOCKFIT_ESTIMATOR_FOREIGN_HPP

#include <cmath>
#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/convert.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Floating-point data keeps its type, integers become double.
template <class V>
using Real = std::conditional_t<std::is_same_v<V, float>, float, double>;

/// Calls f(MatrixView<const Real>) on a matrix in memory; integers are converted first.
template <MatrixLike M, class F>
decltype(auto) with_real_view(std::string_view where, const M& X, F f) {
    using V = MatrixValue<M>;
    if constexpr (std::floating_point<V>) {
        return f(as_view(X));
    } else {
        const MatrixView<const V> given = as_view(X);
        Matrix<double> converted(given.rows(), given.cols());
        convert_block(where, given, converted.view());
        return f(std::as_const(converted).view());
    }
}
template <class V>
[[nodiscard]] auto as_real(const ChunkedMatrix<V>& X) {
    return X.template astype<Real<V>>();
}

/// Throws DataError naming row and column of the first value that is NaN or infinite.
template <std::floating_point T>
void require_finite(std::string_view where, MatrixView<const T> X) {
    for (Index i = 0; i < X.rows(); ++i) {
        const std::span<const T> row = X.row(i);
        T sum{};  // x - x is 0 for a finite x and NaN for any other, and NaN stays
        for (const T x : row) sum += x - x;
        if (sum == T(0)) continue;
        for (Index j = 0; j < X.cols(); ++j)
            if (!std::isfinite(row[static_cast<std::size_t>(j)]))
                throw DataError(std::string(where) + ": X holds " +
                                    (std::isnan(row[static_cast<std::size_t>(j)]) ? "NaN" : "infinity") +
                                    ", expected finite values",
                                {.row = i, .column = j});
    }
}

/// A lazy array with the rows of X, made by f(MatrixView<const T>, MatrixView<U>).
template <class U, class T, class F>
[[nodiscard]] auto row_map(const ChunkedMatrix<T>& X, Index cols, std::string_view name, F f) {
    return std::make_shared<RowMap<U, T, F>>(X.source(), cols, name, std::move(f));
}

/// Calls f(span) on the one column of `out`, wherever its rows are.
template <class U, class F>
void with_column(MatrixView<U> out, F f) {
    if (out.contiguous()) return f(std::span<U>(out.data(), static_cast<std::size_t>(out.rows())));
    std::vector<U> column(static_cast<std::size_t>(out.rows()));
    f(std::span<U>(column));
    for (Index i = 0; i < out.rows(); ++i) out(i, 0) = column[static_cast<std::size_t>(i)];
}

[[nodiscard]] inline std::string method(std::string_view class_name, std::string_view name) {
    std::string text(class_name);
    text += "::";
    text += name;
    return text;
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
