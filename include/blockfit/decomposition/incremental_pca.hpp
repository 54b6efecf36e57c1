#ifndef BLOCKFIT_DECOMPOSITION_INCREMENTAL_PCA_HPP
#define BLOCKFIT_DECOMPOSITION_INCREMENTAL_PCA_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/concepts.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/estimator.hpp>
#include <blockfit/kernels/moments.hpp>
#include <blockfit/kernels/ordered.hpp>
#include <blockfit/kernels/row_groups.hpp>
#include <blockfit/kernels/thin_svd.hpp>

namespace blockfit {
inline namespace v1 {

/// scikit-learn's parameters, order and defaults, without `copy`.
struct IncrementalPCAParams {
    /// Components to keep, >= 1, at most the columns and the rows of any block; nullopt: the lesser of both in the first.
    std::optional<Index> n_components{};
    /// Divide each column of transform by its standard deviation.
    bool whiten = false;
    /// Rows of a step of `fit`, >= 1; nullopt: five times the columns.
    std::optional<Index> batch_size{};

    static constexpr auto fields() {
        using P = IncrementalPCAParams;
        return std::tuple{Field{"n_components", &P::n_components}, Field{"whiten", &P::whiten},
                          Field{"batch_size", &P::batch_size}};
    }
};

/// Principal components, block by block: each block is joined with the components so far by one small decomposition
/// (Ross, Lim, Lin & Yang 2008). As scikit-learn's IncrementalPCA, to rounding.
///
/// T, float or double, is the type of the components and of the decomposition; data of the other type is converted.
/// Differs from scikit-learn: float stays float after the first block, and an error leaves the estimator as it was.
template <class T = double>
class IncrementalPCA : public detail::ParamsMixin<IncrementalPCA<T>, IncrementalPCAParams>,
                       public TransformerMixin<IncrementalPCA<T>> {
    static_assert(std::same_as<T, float> || std::same_as<T, double>, "IncrementalPCA: T must be float or double");
    using ParamsBase = detail::ParamsMixin<IncrementalPCA, IncrementalPCAParams>;

public:
    static constexpr std::string_view class_name = "IncrementalPCA";
    static constexpr int schema_version = 1;
    /// For wrappers: partial_fit has no weights.
    static constexpr bool accepts_sample_weight = false;

    explicit IncrementalPCA(IncrementalPCAParams params = {}) : ParamsBase(std::move(params)) {}

    /// One block, n x d, finite. On any error the estimator is as before. Throws ShapeError (fewer rows than
    /// n_components, another d), ParameterError (n_components above d, or changed), DataError (NaN, infinity, overflow).
    template <std::floating_point V>
    IncrementalPCA& partial_fit(MatrixView<const V> X) {
        const std::string where = detail::method(class_name, "partial_fit");
        check_partial_fit(where);
        if (fitted()) {
            detail::require_same(where, "number of features", X.cols(), n_features_in());
            const Index wanted = this->params().n_components.value_or(n_components());
            detail::require_parameter(wanted == n_components(), where,
                                      "n_components is " + std::to_string(wanted) + ", but the model has " +
                                          std::to_string(n_components()) + "; fit again");
        }
        check_block_shape(where, X.rows(), X.cols());
        detail::require_finite(where, X);
        take(joined(where, state_, X));
        return *this;
    }

    /// From scratch: slices of batch_size rows of X, n x d, one after the other. The last slice is longer where fewer than
    /// n_components rows would be left over. Throws as partial_fit.
    template <std::floating_point V>
    IncrementalPCA& fit(MatrixView<const V> X) {
        const std::string where = detail::method(class_name, "fit");
        check_partial_fit(where);
        check_block_shape(where, X.rows(), X.cols());
        detail::require_finite(where, X);
        const Index n = X.rows();
        const Index size = this->params().batch_size.value_or(5 * X.cols());
        const Index rest = this->params().n_components.value_or(0);
        const auto wanted = this->params().n_components;
        State next;
        for (Index begin = 0, end = 0; begin < n; begin = end) {
            end = size < n - begin && size + rest <= n - begin ? begin + size : n;
            if (wanted && end - begin < *wanted)
                throw ShapeError(where + ": batch_size is " + std::to_string(size) + ", expected at least n_components = " +
                                 std::to_string(*wanted));
            next = joined(where, next, X.rows(begin, end));
        }
        take(std::move(next));
        return *this;
    }

    /// (x - mean) V^T; with `whiten` each column is divided by the root of its explained variance. X: n x d, out: n x k.
    template <std::floating_point V>
    void transform(MatrixView<const V> X, MatrixView<V> out) const {
        check_rows("transform", X, out, n_features_in(), n_features_out());
        using R = std::common_type_t<T, V>;
        const RowMajor<R> components = eigen_map(state_.components).template cast<R>();
        const bool whiten = this->params().whiten;
        RowMajor<R> group, products(group_rows, n_components());
        for_each_row_group(X, group, [&](RowRange rows, const RowMajor<R>&) {
            for (Index i = 0; i < rows.size(); ++i)
                for (Index j = 0; j < group.cols(); ++j)
                    group(i, j) = static_cast<R>(double(group(i, j)) - state_.mean[static_cast<std::size_t>(j)]);
            multiply_transposed(group, eigen_map(components), products);
            for (Index i = 0; i < rows.size(); ++i)
                for (Index j = 0; j < products.cols(); ++j)
                    out(rows.begin + i, j) = static_cast<V>(whiten ? products(i, j) / deviation<R>(j) : products(i, j));
        });
    }
    /// z V + mean, the rows of V multiplied by the roots of the explained variances with `whiten`: undoes transform as far
    /// as k components can. X: n x k, out: n x d.
    template <std::floating_point V>
    void inverse_transform(MatrixView<const V> X, MatrixView<V> out) const {
        check_rows("inverse_transform", X, out, n_features_out(), n_features_in());
        using R = std::common_type_t<T, V>;
        RowMajor<R> components = eigen_map(state_.components).template cast<R>();
        if (this->params().whiten)
            for (Index i = 0; i < components.rows(); ++i) components.row(i) *= deviation<R>(i);
        RowMajor<R> group, products(group_rows, n_features_in());
        for_each_row_group(X, group, [&](RowRange rows, const RowMajor<R>& z) {
            multiply(z, eigen_map(components), products);
            for (Index i = 0; i < rows.size(); ++i)
                for (Index j = 0; j < products.cols(); ++j)
                    out(rows.begin + i, j) = static_cast<V>(double(products(i, j)) + state_.mean[static_cast<std::size_t>(j)]);
        });
    }
    using TransformerMixin<IncrementalPCA>::transform;
    using TransformerMixin<IncrementalPCA>::inverse_transform;

    /// For data of any other kind in memory.
    template <MatrixLike M>
    IncrementalPCA& fit(const M& X) {
        return detail::with_real_view(detail::method(class_name, "fit"), X,
                                      [&](auto view) -> IncrementalPCA& { return fit(view); });
    }
    template <MatrixLike M>
    IncrementalPCA& partial_fit(const M& X) {
        return detail::with_real_view(detail::method(class_name, "partial_fit"), X,
                                      [&](auto view) -> IncrementalPCA& { return partial_fit(view); });
    }
    template <class V, class... Rest>
    void fit(const ChunkedMatrix<V>&, Rest&&...) {
        static_assert(!sizeof(V), "IncrementalPCA learns block by block: wrap it, Incremental{...}, to fit chunked data");
    }
    template <class V, class... Rest>
    void partial_fit(const ChunkedMatrix<V>&, Rest&&...) {
        static_assert(!sizeof(V), "IncrementalPCA learns block by block: wrap it, Incremental{...}, to fit chunked data");
    }

    /// Throws ParameterError if a parameter is out of range; for wrappers, which check before any work.
    void check_partial_fit(std::string_view where) const {
        const IncrementalPCAParams& p = this->params();
        detail::require_parameter(!p.n_components || *p.n_components >= 1, where,
                                  "n_components must be at least 1, or nullopt");
        detail::require_parameter(!p.batch_size || *p.batch_size >= 1, where, "batch_size must be at least 1, or nullopt");
    }
    /// Throws what partial_fit on an unfitted model would throw because of the shape of a block; for wrappers, which check
    /// all blocks before any work.
    void check_block_shape(std::string_view where, Index rows, Index cols) const {
        if (rows < 1) throw ShapeError(std::string(where) + ": X has 0 rows, expected at least 1");
        if (cols < 1) throw ShapeError(std::string(where) + ": X has 0 columns, expected at least 1");
        const std::optional<Index> wanted = this->params().n_components;
        if (!wanted) return;
        detail::require_parameter(*wanted <= cols, where,
                                  "n_components is " + std::to_string(*wanted) + ", but X has " + std::to_string(cols) +
                                      " columns");
        if (*wanted > rows)
            throw ShapeError(std::string(where) + ": a block has " + std::to_string(rows) +
                             " rows, expected at least n_components = " + std::to_string(*wanted) +
                             "; use larger blocks, e.g. X.rechunk(...)");
    }

    [[nodiscard]] bool fitted() const noexcept { return state_.components.rows() > 0; }
    [[nodiscard]] Index n_features_in() const { return require_fitted("n_features_in").state_.components.cols(); }
    [[nodiscard]] Index n_features_out() const { return require_fitted("n_features_out").state_.components.rows(); }
    /// k, the components kept.
    [[nodiscard]] Index n_components() const { return require_fitted("n_components").state_.components.rows(); }
    /// k x d: orthonormal rows, by falling variance. The entry of largest magnitude of each is positive.
    [[nodiscard]] const Matrix<T>& components() const { return require_fitted("components").state_.components; }
    /// k values.
    [[nodiscard]] const std::vector<T>& singular_values() const {
        return require_fitted("singular_values").state_.singular_values;
    }
    /// singular_values^2 / (n_samples_seen - 1); NaN after a single row.
    [[nodiscard]] const std::vector<T>& explained_variance() const { return require_fitted("explained_variance").variance_; }
    /// singular_values^2 / (n_samples_seen * sum of var); NaN if all columns are constant.
    [[nodiscard]] const std::vector<T>& explained_variance_ratio() const {
        return require_fitted("explained_variance_ratio").ratio_;
    }
    /// d means.
    [[nodiscard]] const std::vector<double>& mean() const { return require_fitted("mean").state_.mean; }
    /// d population variances.
    [[nodiscard]] const std::vector<double>& var() const { return require_fitted("var").var_; }
    /// The mean variance left out, of the directions that the last block shows: as scikit-learn's, 0 if k is its number of
    /// rows.
    [[nodiscard]] double noise_variance() const { return require_fitted("noise_variance").state_.noise_variance; }
    [[nodiscard]] Index n_samples_seen() const { return require_fitted("n_samples_seen").state_.n_samples_seen; }

    friend bool operator==(const IncrementalPCA& a, const IncrementalPCA& b) {
        return detail::describe("", a.params()) == detail::describe("", b.params()) && a.state_ == b.state_;
    }

    /// Names the whole state for saving; `finish_load` checks it and derives the rest.
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        visitor("components", state_.components);
        visitor("singular_values", state_.singular_values);
        visitor("mean", state_.mean);
        visitor("deviation", state_.deviation);
        visitor("noise_variance", state_.noise_variance);
        visitor("n_samples_seen", state_.n_samples_seen);
    }
    void finish_load() {
        const auto require = [](bool ok, std::string_view what) {
            if (!ok) throw ModelError("IncrementalPCA: the saved " + std::string(what));
        };
        const State& s = state_;
        if (!fitted()) return require(s == State(), "state is not that of an unfitted model");
        const Index k = s.components.rows(), d = s.components.cols();
        require(d >= k && std::ssize(s.singular_values) == k && std::ssize(s.mean) == d && std::ssize(s.deviation) == d,
                "vectors do not fit the components");
        const auto finite = [](auto&& values) {
            return std::ranges::all_of(values, [](auto v) { return std::isfinite(v); });
        };
        require(finite(s.components.values()) && finite(s.singular_values) && finite(s.mean) && finite(s.deviation) &&
                    std::isfinite(s.noise_variance),
                "state is not finite");
        require(s.n_samples_seen >= 1, "number of rows is out of range");
        derive();
    }

private:
    struct State {
        Matrix<T> components;
        std::vector<T> singular_values;
        std::vector<double> mean;
        std::vector<double> deviation;  // sums of squared deviations
        double noise_variance = 0.0;
        Index n_samples_seen = 0;
        friend bool operator==(const State&, const State&) = default;
    };

    const IncrementalPCA& require_fitted(std::string_view what) const {
        if (!fitted())
            throw NotFittedError(detail::method(class_name, what) + ": the model is not fitted; call fit or partial_fit first");
        return *this;
    }
    template <class V>
    static void check_rows(std::string_view name, MatrixView<const V> X, MatrixView<V> out, Index cols, Index out_cols) {
        const std::string where = detail::method(class_name, name);
        detail::require_same(where, "number of features", X.cols(), cols);
        detail::require_same(where, "number of rows of out", out.rows(), X.rows());
        detail::require_same(where, "number of columns of out", out.cols(), out_cols);
        detail::require_finite(where, X);
    }
    template <class R>
    [[nodiscard]] R deviation(Index component) const {
        return std::sqrt(static_cast<R>(variance_[static_cast<std::size_t>(component)]));
    }

    /// The state after one more block.
    template <class V>
    [[nodiscard]] State joined(std::string_view where, const State& before, MatrixView<const V> X) const {
        const Index n = X.rows(), d = X.cols();
        const bool first = before.n_samples_seen == 0;
        const Index k = first ? this->params().n_components.value_or(std::min(n, d)) : before.components.rows();
        Moments block = moments::none(d), tile;
        std::vector<double> work;
        detail::for_each_tile({0, n}, detail::tile_rows(d), [&](RowRange rows) {
            moments::add_tile(where, block, X.rows(rows), {}, tile, work);
        });
        const auto seen = static_cast<double>(before.n_samples_seen);
        Moments total = first ? block : Moments{std::vector<double>(block.count.size(), seen), before.mean, before.deviation};
        if (!first) moments::merge(total, block);
        if (!std::ranges::all_of(total.deviation, [](double v) { return std::isfinite(v); }))
            throw DataError(std::string(where) + ": the variance overflowed; scale the features (StandardScaler)");

        // [diag(s) V; X - b; sqrt(N n / N') (mean - b)]; in the first block X - b alone.
        const Index above = first ? 0 : k;
        const double weight = std::sqrt(seen * (static_cast<double>(n) / (seen + static_cast<double>(n))));
        const auto fill = [&](Index begin, MatrixView<T> out) {
            for (Index i = 0; i < out.rows(); ++i)
                for (Index j = 0; j < d; ++j) {
                    const Index row = begin + i;
                    const auto at = static_cast<std::size_t>(j);
                    if (row < above)
                        out(i, j) = before.singular_values[static_cast<std::size_t>(row)] * before.components(row, j);
                    else if (row < above + n)
                        out(i, j) = static_cast<T>(double(X(row - above, j)) - block.mean[at]);
                    else
                        out(i, j) = static_cast<T>(ordered::mul(weight, before.mean[at] - block.mean[at]));
                }
        };
        RightSvd<T> svd = right_svd<T>(where, first ? n : k + n + 1, d, k, fill);

        State next;
        next.components = std::move(svd.vectors);
        next.singular_values.assign(svd.values.begin(), svd.values.begin() + k);
        next.mean = std::move(total.mean);
        next.deviation = std::move(total.deviation);
        next.n_samples_seen = before.n_samples_seen + n;
        if (k != n && k != d) {
            double sum = 0.0;
            for (auto s = svd.values.begin() + k; s != svd.values.end(); ++s) sum += ordered::mul(double(*s), double(*s));
            sum /= static_cast<double>(next.n_samples_seen - 1);
            next.noise_variance = sum / static_cast<double>(std::ssize(svd.values) - k);
        }
        return next;
    }
    void take(State&& next) {
        state_ = std::move(next);
        derive();
    }
    /// What follows from the state.
    void derive() {
        const auto n = static_cast<double>(state_.n_samples_seen);
        const double all = std::accumulate(state_.deviation.begin(), state_.deviation.end(), 0.0);
        variance_.clear();
        ratio_.clear();
        for (const T s : state_.singular_values) {
            const double square = ordered::mul(double(s), double(s));
            variance_.push_back(static_cast<T>(square / (n - 1)));
            ratio_.push_back(static_cast<T>(square / all));
        }
        var_ = state_.deviation;
        for (double& v : var_) v /= n;
    }

    State state_;
    std::vector<T> variance_, ratio_;
    std::vector<double> var_;
};
static_assert(Transformer<IncrementalPCA<>> && UnsupervisedPartialFit<IncrementalPCA<>>);

}  // namespace v1
}  // namespace blockfit

#endif
