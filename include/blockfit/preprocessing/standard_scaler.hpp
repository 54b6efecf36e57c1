#ifndef BLOCKFIT_PREPROCESSING_STANDARD_SCALER_HPP
#define BLOCKFIT_PREPROCESSING_STANDARD_SCALER_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <blockfit/core/concepts.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/estimator.hpp>
#include <blockfit/kernels/moments.hpp>

namespace blockfit {
inline namespace v1 {

struct StandardScalerParams {
    /// Subtract the mean in transform.
    bool with_mean = true;
    /// Divide by the standard deviation in transform.
    bool with_std = true;

    static constexpr auto fields() {
        using P = StandardScalerParams;
        return std::tuple{Field{"with_mean", &P::with_mean}, Field{"with_std", &P::with_std}};
    }
};

/// Centres each column on its mean and divides it by its standard deviation. As scikit-learn's StandardScaler: NaN is
/// left out of the statistics and stays NaN, infinity is refused, the variance is the population's.
///
/// fit on chunked data is one parallel pass. Blocks are joined along a tree of their numbers, which is the state: a loop
/// of partial_fit, one fit over the same blocks, and any number of threads give the same bits.
///
/// Differs from scikit-learn: a column without a value in some block is left out of that block instead of becoming NaN
/// for good, and a sum of weights is not truncated by a later unweighted block. n_samples_seen() is one number a column.
class StandardScaler : public detail::ParamsMixin<StandardScaler, StandardScalerParams>,
                       public OnePassFitMixin<StandardScaler>,
                       public TransformerMixin<StandardScaler> {
public:
    static constexpr std::string_view class_name = "StandardScaler";
    static constexpr int schema_version = 1;

    explicit StandardScaler(StandardScalerParams params = {}) : ParamsMixin(params) {}

    /// x <- (x - mean) / scale, each step only if its switch is on. X and out: n x d; out may be X itself. float data
    /// is rounded after each step. Throws ShapeError on another number of columns.
    template <std::floating_point T>
    void transform(MatrixView<const T> X, MatrixView<T> out) const {
        check_transform("StandardScaler::transform", X, out);
        const bool centre = params().with_mean, divide = params().with_std;
        for (Index i = 0; i < X.rows(); ++i) {
            const T* const x = X.row(i).data();
            T* const z = out.row(i).data();
            const auto d = static_cast<std::size_t>(X.cols());
            if (centre && divide)
                for (std::size_t j = 0; j < d; ++j)
                    z[j] = static_cast<T>(static_cast<double>(static_cast<T>(double(x[j]) - mean_[j])) * inverse_scale_[j]);
            else if (centre)
                for (std::size_t j = 0; j < d; ++j) z[j] = static_cast<T>(double(x[j]) - mean_[j]);
            else if (divide)
                for (std::size_t j = 0; j < d; ++j) z[j] = static_cast<T>(double(x[j]) * inverse_scale_[j]);
            else if (x != z)
                std::copy_n(x, d, z);
        }
    }
    using TransformerMixin::transform;

    /// x <- x * scale + mean: undoes transform.
    template <std::floating_point T>
    void inverse_transform(MatrixView<const T> X, MatrixView<T> out) const {
        check_transform("StandardScaler::inverse_transform", X, out);
        for (Index i = 0; i < X.rows(); ++i)
            for (Index j = 0; j < X.cols(); ++j) {
                const auto at = static_cast<std::size_t>(j);
                T z = X(i, j);
                if (params().with_std) z = static_cast<T>(ordered::mul(double(z), scale_[at]));
                if (params().with_mean) z = static_cast<T>(double(z) + mean_[at]);
                out(i, j) = z;
            }
    }
    using TransformerMixin::inverse_transform;

    [[nodiscard]] bool fitted() const noexcept { return !tree_.empty(); }
    [[nodiscard]] Index n_features_in() const { return require_fitted("n_features_in").tree_.cols(); }
    [[nodiscard]] Index n_features_out() const { return n_features_in(); }
    /// d means, NaN where a column had no value yet. Throws NotFittedError before the first fit, and UnsupportedError if
    /// neither mean nor deviation is wanted.
    [[nodiscard]] const std::vector<double>& mean() const {
        return require_statistic("mean", params().with_mean || params().with_std).mean_;
    }
    /// d population variances. Throws UnsupportedError if with_std is false.
    [[nodiscard]] const std::vector<double>& var() const { return require_statistic("var", params().with_std).var_; }
    /// sqrt(var), or 1 for a column that is constant to rounding. Throws UnsupportedError if with_std is false.
    [[nodiscard]] const std::vector<double>& scale() const { return require_statistic("scale", params().with_std).scale_; }
    /// For each column the number of values seen, or the sum of their weights.
    [[nodiscard]] const std::vector<double>& n_samples_seen() const { return require_fitted("n_samples_seen").count_; }

    friend bool operator==(const StandardScaler& a, const StandardScaler& b) {
        return detail::describe("", a.params()) == detail::describe("", b.params()) && a.tree_ == b.tree_;
    }

    /// The protocol of OnePassFitMixin.
    using Summary = Moments;
    struct Work {
        Moments tile;
        std::vector<double> sums;
    };
    [[nodiscard]] Summary summarise_nothing(Index cols) const { return moments::none(cols); }
    template <std::floating_point T>
    void summarise(Summary& summary, MatrixView<const T> X, const SampleWeight& weight, Work& work) const {
        // Without mean and deviation only rows are counted, and weights are ignored, as in scikit-learn.
        const bool count_only = !params().with_mean && !params().with_std;
        moments::add_tile("StandardScaler::fit", summary, X, count_only ? SampleWeight() : weight, work.tile, work.sums);
    }
    void absorb(Summary summary) {
        tree_.push(std::move(summary));
        derive();
    }
    void check_fit(std::string_view where, Index rows, Index cols) const {
        if (rows < 1) throw ShapeError(std::string(where) + ": X has 0 rows, expected at least 1");
        if (cols < 1) throw ShapeError(std::string(where) + ": X has 0 columns, expected at least 1");
        if (fitted()) detail::require_same(where, "number of features", cols, n_features_in());
    }

    /// Names the whole state for saving and comparing; `finish_load` checks it and derives the rest.
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        visitor("tree", tree_.nodes());
    }
    void finish_load() {
        for (const moments::Tree::Node& node : tree_.nodes())
            if (std::ssize(node.moments.count) != tree_.cols() || std::ssize(node.moments.mean) != tree_.cols() ||
                std::ssize(node.moments.deviation) != tree_.cols() || tree_.cols() < 1)
                throw ModelError("StandardScaler: the saved moments differ in length");
        for (std::size_t i = 1; i < tree_.nodes().size(); ++i)
            if (tree_.nodes()[i].level >= tree_.nodes()[i - 1].level)
                throw ModelError("StandardScaler: the saved tree is out of order");
        if (fitted()) derive();
    }

private:
    const StandardScaler& require_fitted(std::string_view what) const {
        if (!fitted())
            throw NotFittedError("StandardScaler::" + std::string(what) + ": the scaler is not fitted; call fit first");
        return *this;
    }
    const StandardScaler& require_statistic(std::string_view what, bool kept) const {
        require_fitted(what);
        if (!kept)
            throw UnsupportedError("StandardScaler::" + std::string(what) + ": not kept with these parameters: " + to_string());
        return *this;
    }
    template <class T>
    void check_transform(std::string_view where, MatrixView<const T> X, MatrixView<T> out) const {
        if (!fitted()) throw NotFittedError(std::string(where) + ": the scaler is not fitted; call fit first");
        detail::require_same(where, "number of features", X.cols(), n_features_in());
        detail::require_same(where, "number of rows of out", out.rows(), X.rows());
        detail::require_same(where, "number of columns of out", out.cols(), X.cols());
        for (Index i = 0; i < X.rows(); ++i) {
            T sum{};
            for (const T x : X.row(i)) sum += x - x;
            if (sum == T(0)) continue;
            for (Index j = 0; j < X.cols(); ++j)
                if (std::isinf(X(i, j)))
                    throw DataError(std::string(where) + ": X holds infinity, expected finite values or NaN",
                                    {.row = i, .column = j});
        }
    }

    /// mean, variance and scale from the tree.
    void derive() {
        constexpr double epsilon = std::numeric_limits<double>::epsilon();
        Moments total = tree_.total();
        count_ = std::move(total.count);
        mean_ = std::move(total.mean);
        var_ = std::move(total.deviation);
        scale_.resize(mean_.size());
        inverse_scale_.resize(mean_.size());
        for (std::size_t j = 0; j < mean_.size(); ++j) {
            const double n = count_[j];
            if (n == 0) mean_[j] = var_[j] = std::numeric_limits<double>::quiet_NaN();
            else var_[j] /= n;
            // A column is constant if its deviation is what rounding alone can leave: scikit-learn's rule.
            const double noise = n * mean_[j] * epsilon;
            const bool constant = var_[j] <= ordered::mul(n * epsilon, var_[j]) + ordered::mul(noise, noise);
            scale_[j] = constant ? 1.0 : std::sqrt(var_[j]);
            inverse_scale_[j] = 1.0 / scale_[j];
        }
    }

    moments::Tree tree_;
    // Derived from the tree.
    std::vector<double> count_, mean_, var_, scale_, inverse_scale_;
};
static_assert(Transformer<StandardScaler> && UnsupervisedPartialFit<StandardScaler>);

}  // namespace v1
}  // namespace blockfit

#endif
