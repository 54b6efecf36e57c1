#ifndef BLOCKFIT_DATASETS_MAKE_REGRESSION_HPP
#define BLOCKFIT_DATASETS_MAKE_REGRESSION_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/datasets/random_rows.hpp>

namespace blockfit {
inline namespace v1 {

/// As the parameters of scikit-learn's make_regression.
struct MakeRegressionOptions {
    Index n_features = 100;
    /// Features that y depends on; at most n_features of them.
    Index n_informative = 10;
    double bias = 0.0;
    /// Standard deviation of what is added to y.
    double noise = 0.0;
    /// Spread the informative columns among the others; otherwise they come first.
    bool shuffle = true;
    std::uint32_t random_state = 0;
    Index block_rows = 0;
};

/// auto [X, y, coef] = make_regression(...)
template <class T>
struct RegressionData {
    ChunkedMatrix<T> X;
    ChunkedVector<T> y;
    std::vector<double> coef;
};
/// y: n x n_targets, coef: n_features x n_targets.
template <class T>
struct MultiRegressionData {
    ChunkedMatrix<T> X;
    ChunkedMatrix<T> y;
    Matrix<double> coef;
};

namespace detail {

/// What all rows of make_regression have in common.
class RegressionModel {
public:
    RegressionModel(MakeRegressionOptions options, Index n_targets) : o_(options), n_targets_(n_targets) {
        require_at_least(1, o_.n_features, where, "n_features");
        require_at_least(0, o_.n_informative, where, "n_informative");
        require_at_least(1, n_targets_, where, "n_targets");
        require_finite(o_.bias, where, "bias");
        require_finite(o_.noise, where, "noise");
        require_at_least_zero(o_.noise);
        RandomState generator(o_.random_state);
        const std::vector<Index> column = column_order(o_.n_features, o_.shuffle, generator);
        informative_.assign(column.begin(), column.begin() + std::min(o_.n_informative, o_.n_features));
        std::ranges::sort(informative_);
        coef_ = Matrix<double>(o_.n_features, n_targets_);
        for (const Index j : informative_)
            for (double& value : coef_.row(j)) value = generator.uniform(0, 100);
        normals_ = RowDraws(o_.random_state, 0, o_.n_features);
        noise_ = RowDraws(o_.random_state, 1, n_targets_);
    }

    [[nodiscard]] Index n_features() const noexcept { return o_.n_features; }
    [[nodiscard]] const Matrix<double>& coef() const noexcept { return coef_; }

    template <class T>
    void fill(Index first_row, MatrixView<T> out) const {
        for (Index i = 0; i < out.rows(); ++i)
            for (Index j = 0; j < out.cols(); ++j) out(i, j) = feature<T>(first_row + i, j);
    }
    /// The targets of the rows, from the features as T holds them.
    template <class T>
    void fill_targets(Index first_row, MatrixView<T> out) const {
        std::vector<double> sums(static_cast<std::size_t>(n_targets_));
        for (Index i = 0; i < out.rows(); ++i) {
            const Index row = first_row + i;
            std::ranges::fill(sums, 0.0);
            for (const Index j : informative_) {
                const auto x = static_cast<double>(feature<T>(row, j));
                const double* const coef = coef_.row(j).data();
                for (std::size_t t = 0; t < sums.size(); ++t) sums[t] += x * coef[t];
            }
            for (std::size_t t = 0; t < sums.size(); ++t) {
                const auto k = static_cast<Index>(t);
                const double noise = o_.noise > 0 ? o_.noise * noise_.normal(row, k) : 0.0;
                out(i, k) = static_cast<T>(sums[t] + o_.bias + noise);
            }
        }
    }

    static constexpr std::string_view where = "make_regression";

private:
    static void require_at_least_zero(double noise) {
        require_parameter(noise >= 0, where, "noise is " + std::to_string(noise) + ", expected at least 0");
    }
    template <class T>
    [[nodiscard]] T feature(Index row, Index j) const noexcept {
        return static_cast<T>(normals_.normal(row, j));
    }

    MakeRegressionOptions o_;
    Index n_targets_;
    std::vector<Index> informative_;
    Matrix<double> coef_;
    RowDraws normals_, noise_;
};

}  // namespace detail

/// A random linear problem as scikit-learn's make_regression: X is normal, y = X coef + bias + noise, and n_informative
/// of the coefficients are uniform in (0, 100), the others 0. Rows are made when they are read: a row depends on the
/// options and its number, not on n_samples or the blocks. The numbers differ from scikit-learn's; effective_rank is
/// not offered, as it needs all rows at once. Throws ParameterError.
template <std::floating_point T = double>
[[nodiscard]] RegressionData<T> make_regression(Index n_samples, MakeRegressionOptions options = {}) {
    using detail::RegressionModel;
    detail::require_at_least(1, n_samples, RegressionModel::where, "n_samples");
    const auto model = std::make_shared<const RegressionModel>(options, 1);
    auto X = detail::generated_matrix<T>(RegressionModel::where, n_samples, model->n_features(), options.block_rows,
                                         [model](Index first, MatrixView<T> out) { model->fill(first, out); });
    auto y = detail::generated_vector<T>(RegressionModel::where, X.plan(),
                                         [model](Index first, MatrixView<T> out) { model->fill_targets(first, out); });
    return {std::move(X), std::move(y), {model->coef().values().begin(), model->coef().values().end()}};
}

/// make_regression with n_targets targets: y is a matrix.
template <std::floating_point T = double>
[[nodiscard]] MultiRegressionData<T> make_multi_regression(Index n_samples, Index n_targets,
                                                           MakeRegressionOptions options = {}) {
    using detail::RegressionModel;
    detail::require_at_least(1, n_samples, RegressionModel::where, "n_samples");
    const auto model = std::make_shared<const RegressionModel>(options, n_targets);
    auto X = detail::generated_matrix<T>(RegressionModel::where, n_samples, model->n_features(), options.block_rows,
                                         [model](Index first, MatrixView<T> out) { model->fill(first, out); });
    auto y = detail::generated_matrix<T>(RegressionModel::where, n_samples, n_targets, options.block_rows,
                                         [model](Index first, MatrixView<T> out) { model->fill_targets(first, out); })
                 .rechunk(X.plan());
    return {std::move(X), std::move(y), model->coef()};
}

}  // namespace v1
}  // namespace blockfit

#endif
