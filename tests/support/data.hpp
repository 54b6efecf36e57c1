#ifndef BLOCKFIT_TESTS_SUPPORT_DATA_HPP
#define BLOCKFIT_TESTS_SUPPORT_DATA_HPP

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/core/adapt.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/core/random_state.hpp>

/// Data for tests: made from a seed, the same on every machine to rounding.

namespace test {

using blockfit::Index;
using blockfit::Label;
using blockfit::Matrix;
using blockfit::MatrixView;

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// Independent standard normal values (Box and Muller 1958).
inline Matrix<double> normal(Index n, Index d, std::uint32_t seed) {
    Matrix<double> X(n, d);
    blockfit::RandomState generator(seed);
    for (double& x : X.values()) {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - generator.uniform()));
        x = radius * std::cos(2.0 * std::numbers::pi * generator.uniform());
    }
    return X;
}

/// Normal columns of different means and deviations: column j has mean j and deviation 1 + j / 2.
inline Matrix<double> uneven(Index n, Index d, std::uint32_t seed) {
    Matrix<double> X = normal(n, d, seed);
    for (Index i = 0; i < n; ++i)
        for (Index j = 0; j < d; ++j) X(i, j) = X(i, j) * (1.0 + 0.5 * static_cast<double>(j)) + static_cast<double>(j);
    return X;
}

/// Labels 0 ... n_classes-1 by a linear rule, the class with the largest of n_classes fixed linear functions of the row
/// less its column means; every 20th row gets another label, so that no line separates them.
inline std::vector<Label> labels(MatrixView<const double> X, Index n_classes = 2) {
    std::vector<double> mean(static_cast<std::size_t>(X.cols()), 0.0);
    for (Index i = 0; i < X.rows(); ++i)
        for (Index j = 0; j < X.cols(); ++j) mean[static_cast<std::size_t>(j)] += X(i, j) / static_cast<double>(X.rows());
    std::vector<Label> y(static_cast<std::size_t>(X.rows()));
    for (Index i = 0; i < X.rows(); ++i) {
        double most = -infinity;
        Label best = 0;
        for (Index k = 0; k < n_classes; ++k) {
            double value = 0.0;
            for (Index j = 0; j < X.cols(); ++j)
                value += (X(i, j) - mean[static_cast<std::size_t>(j)]) * std::cos(static_cast<double>(1 + 3 * k + 2 * j));
            if (value > most) {
                most = value;
                best = k;
            }
        }
        y[static_cast<std::size_t>(i)] = i % 20 == 19 ? (best + 1) % n_classes : best;
    }
    return y;
}
inline std::vector<Label> labels(const Matrix<double>& X, Index n_classes = 2) { return labels(X.view(), n_classes); }

/// Weights between 0.5 and 1.5.
inline std::vector<double> weights(Index n, std::uint32_t seed) {
    blockfit::RandomState generator(seed);
    std::vector<double> w(static_cast<std::size_t>(n));
    for (double& each : w) each = generator.uniform(0.5, 1.5);
    return w;
}

/// As element type T; for an integer T ten times the value, rounded.
template <class T>
Matrix<T> as(const Matrix<double>& X) {
    Matrix<T> result(X.rows(), X.cols());
    std::ranges::transform(X.values(), result.values().begin(), [](double x) {
        if constexpr (std::integral<T>) return static_cast<T>(std::lround(10.0 * x));
        else return static_cast<T>(x);
    });
    return result;
}
/// As double, exactly.
template <class T>
Matrix<double> to_double(const Matrix<T>& X) {
    return {X.rows(), X.cols(), std::vector<double>(X.values().begin(), X.values().end())};
}

/// The values of a matrix with `extra` elements after each row, which nobody may touch.
template <class T>
class Padded {
public:
    explicit Padded(MatrixView<const T> X, Index extra = 3) : buffer_(X.rows(), X.cols() + extra), cols_(X.cols()) {
        for (Index i = 0; i < X.rows(); ++i) {
            std::ranges::fill(buffer_.row(i), padding());
            std::ranges::copy(X.row(i), buffer_.row(i).begin());
        }
    }
    explicit Padded(const Matrix<T>& X, Index extra = 3) : Padded(X.view(), extra) {}
    [[nodiscard]] MatrixView<T> view() noexcept { return buffer_.view().cols(0, cols_); }
    [[nodiscard]] MatrixView<const T> view() const noexcept { return buffer_.view().cols(0, cols_); }
    [[nodiscard]] bool padding_untouched() const {
        for (Index i = 0; i < buffer_.rows(); ++i)
            for (Index j = cols_; j < buffer_.cols(); ++j)
                if (buffer_(i, j) == buffer_(i, j) && buffer_(i, j) != padding()) return false;
        return true;
    }

private:
    /// NaN where there is one: it spoils whatever reads it.
    static constexpr T padding() {
        return std::numeric_limits<T>::has_quiet_NaN ? std::numeric_limits<T>::quiet_NaN() : std::numeric_limits<T>::max();
    }
    Matrix<T> buffer_;
    Index cols_;
};

/// Equal bit for bit: 0 differs from -0, and NaN equals itself.
template <std::floating_point T>
bool same_bits(T a, T b) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    return std::bit_cast<Bits>(a) == std::bit_cast<Bits>(b);
}
template <blockfit::MatrixLike A, blockfit::MatrixLike B>
bool same_bits(const A& first, const B& second) {
    const auto a = blockfit::as_view(first);
    const auto b = blockfit::as_view(second);
    if (a.rows() != b.rows() || a.cols() != b.cols()) return false;
    for (Index i = 0; i < a.rows(); ++i)
        if (!std::ranges::equal(a.row(i), b.row(i), [](auto x, auto y) { return same_bits(x, y); })) return false;
    return true;
}

}  // namespace test

#endif
