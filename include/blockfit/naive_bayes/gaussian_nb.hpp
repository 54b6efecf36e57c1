#ifndef BLOCKFIT_NAIVE_BAYES_GAUSSIAN_NB_HPP
#define BLOCKFIT_NAIVE_BAYES_GAUSSIAN_NB_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numbers>
#include <numeric>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/core/concepts.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/kernels/group_moments.hpp>
#include <blockfit/kernels/ordered.hpp>
#include <blockfit/naive_bayes/naive_bayes.hpp>

namespace blockfit {
inline namespace v1 {

struct GaussianNBParams {
    /// Probabilities of the classes, in the order of classes(), that sum to 1; empty: their shares of the data.
    std::vector<double> priors{};
    /// The share of the largest variance of a column, over all rows, that is added to all variances; >= 0.
    double var_smoothing = 1e-9;

    static constexpr auto fields() {
        using P = GaussianNBParams;
        return std::tuple{Field{"priors", &P::priors}, Field{"var_smoothing", &P::var_smoothing}};
    }
};

/// Naive Bayes with normal features: each class has a mean and a variance of each column. As scikit-learn's GaussianNB.
///
/// fit on chunked data is one parallel pass, with the same bits as a loop of partial_fit, for any number of threads.
///
/// Differs from scikit-learn after the first block: variances are kept without smoothing, and epsilon() is that of all
/// rows so far, so that var() is as if all blocks had been one. An error leaves the estimator as it was.
class GaussianNB : public detail::NaiveBayes<GaussianNB, GaussianNBParams> {
public:
    static constexpr std::string_view class_name = "GaussianNB";
    static constexpr int schema_version = 1;

    explicit GaussianNB(GaussianNBParams params = {}) : NaiveBayes(std::move(params)) {}

    /// n_classes x d means; 0 for a class without rows. Throws NotFittedError before the first fit, as the others do.
    [[nodiscard]] const Matrix<double>& theta() const { return require_fitted("theta").theta_; }
    /// n_classes x d population variances plus epsilon().
    [[nodiscard]] const Matrix<double>& var() const { return require_fitted("var").var_; }
    /// What is added to the variances.
    [[nodiscard]] double epsilon() const { return require_fitted("epsilon").epsilon_; }
    /// Rows of each class, or the sums of their weights.
    [[nodiscard]] const std::vector<double>& class_count() const { return require_fitted("class_count").class_count_; }
    [[nodiscard]] const std::vector<double>& class_prior() const { return require_fitted("class_prior").class_prior_; }

    friend bool operator==(const GaussianNB& a, const GaussianNB& b) {
        return detail::describe("", a.params()) == detail::describe("", b.params()) && a.classes_ == b.classes_ &&
               a.groups_ == b.groups_ && a.epsilon_ == b.epsilon_ && a.priors_ == b.priors_;
    }

    /// The protocol of NaiveBayes.
    using Summary = std::vector<GroupMoments>;
    struct Work {
        moments::GroupWork groups;
        Moments tile;
        std::vector<double> sums;
    };
    void check_params(std::string_view where) const {
        const auto& [priors, var_smoothing] = params();
        check_priors(where, "priors", priors);
        // numpy's isclose
        const double sum = std::accumulate(priors.begin(), priors.end(), 0.0);
        detail::require_parameter(priors.empty() || std::abs(sum - 1.0) <= 1e-8 + 1e-5, where, "priors must sum to 1");
        detail::require_parameter(var_smoothing >= 0 && std::isfinite(var_smoothing), where,
                                  "var_smoothing must be at least 0");
    }
    void check_sizes(std::string_view where, std::size_t n_classes, Index) const {
        check_priors(where, "priors", params().priors, n_classes);
    }
    void start_sums(Index d) { groups_ = summarise_nothing(d); }
    [[nodiscard]] Index features() const noexcept { return std::ssize(groups_.front().mean); }
    /// One group a class, and the last one of all rows, which weights are nothing to.
    [[nodiscard]] Summary summarise_nothing(Index d) const {
        return Summary(n_classes() + 1, GroupMoments{moments::none(d)});
    }
    [[nodiscard]] Index summary_values(Index d) const { return 8 * static_cast<Index>(n_classes() + 1) * d; }
    template <std::floating_point T>
    void summarise(std::string_view where, Summary& summary, MatrixView<const T> X, std::span<const std::size_t> groups,
                   const SampleWeight& weight, Work& work) const {
        moments::add_groups(std::span(summary).first(n_classes()), X, groups, weight, work.groups);
        if (weight) moments::add_tile(where, summary.back(), X, SampleWeight(), work.tile, work.sums);
    }
    void absorb(Summary summary) {
        // Without weights all rows are the rows of all classes.
        if (summary.back().count[0] == 0)
            for (std::size_t k = 0; k < n_classes(); ++k) moments::merge(summary.back(), summary[k]);
        for (std::size_t k = 0; k < groups_.size(); ++k)
            // scikit-learn passes over a class whose weights sum to nothing in a block.
            if (std::abs(summary[k].count[0]) > 1e-8) moments::merge(groups_[k], summary[k]);
    }
    [[nodiscard]] bool finite() const {
        return std::ranges::all_of(groups_, [](const GroupMoments& group) {
            return all_finite(group.count) && all_finite(group.mean) && all_finite(group.deviation);
        });
    }
    void derive() {
        const GroupMoments& all = groups_.back();
        double most = 0.0;
        for (const double deviation : all.deviation) most = std::max(most, deviation / all.count[0]);
        epsilon_ = params().var_smoothing * most;
        priors_ = params().priors;
        fill();
    }
    /// log prior - sum(log(2 pi var)) / 2 - sum((x - theta)^2 / var) / 2
    template <std::floating_point T>
    void joint(std::span<const T> x, std::span<double> out, Work&) const {
        for (std::size_t k = 0; k < out.size(); ++k) {
            const double* const mean = theta_.row(static_cast<Index>(k)).data();
            const double* const inverse = inverse_var_.row(static_cast<Index>(k)).data();
            const double square = ordered::sum_lanes(std::ssize(x), [&](Index j, auto width) {
                if constexpr (std::is_same_v<decltype(width), ordered::PairOf>) {
                    const ordered::Pair r = ordered::load(x.data() + j) - ordered::load(mean + j);
                    return ordered::mul(ordered::mul(r, r), ordered::load(inverse + j));
                } else {
                    const double r = double(x[static_cast<std::size_t>(j)]) - mean[j];
                    return ordered::Pair{ordered::mul(ordered::mul(r, r), inverse[j]), 0.0};
                }
            });
            out[k] = constant_[k] - 0.5 * square;  // half of a double is exact
        }
    }

    /// Names the whole state for saving; `finish_load` checks it and derives the rest.
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        visitor("classes", classes_);
        visitor("moments", groups_);
        visitor("epsilon", epsilon_);
        visitor("priors", priors_);
    }
    void finish_load() {
        check_loaded_classes();
        if (!fitted()) return require_loaded(groups_.empty(), "state is not that of an unfitted model");
        require_loaded(groups_.size() == n_classes() + 1, "moments do not fit the classes");
        const std::size_t d = groups_.front().mean.size();
        for (const GroupMoments& group : groups_)
            require_loaded(d >= 1 && group.count.size() == d && group.mean.size() == d && group.deviation.size() == d,
                           "moments differ in length");
        require_loaded(finite() && std::isfinite(epsilon_), "moments are not finite");
        require_loaded(priors_.empty() || priors_.size() == n_classes(), "priors do not fit the classes");
        fill();
    }

private:
    void fill() {
        const Index d = features();
        class_count_.assign(n_classes(), 0.0);
        for (std::size_t k = 0; k < n_classes(); ++k) class_count_[k] = groups_[k].count[0];
        class_prior_ = priors_.empty() ? class_count_ : priors_;
        if (priors_.empty()) {
            const double sum = std::accumulate(class_count_.begin(), class_count_.end(), 0.0);
            for (double& prior : class_prior_) prior /= sum;
        }
        for (Matrix<double>* const m : {&theta_, &var_, &inverse_var_}) m->resize(std::ssize(class_count_), d);
        constant_.assign(n_classes(), 0.0);
        for (std::size_t k = 0; k < n_classes(); ++k) {
            double logs = 0.0;
            for (Index j = 0; j < d; ++j) {
                const auto at = static_cast<std::size_t>(j);
                const auto row = static_cast<Index>(k);
                theta_(row, j) = groups_[k].mean[at];
                const double count = class_count_[k];
                var_(row, j) = (count == 0 ? 0.0 : groups_[k].deviation[at] / count) + epsilon_;
                inverse_var_(row, j) = 1.0 / var_(row, j);
                logs += ordered::log(ordered::mul(2.0 * std::numbers::pi, var_(row, j)));
            }
            constant_[k] = ordered::log(class_prior_[k]) - 0.5 * logs;
        }
    }

    std::vector<GroupMoments> groups_;
    // What the parameters were at the last fit.
    double epsilon_ = 0.0;
    std::vector<double> priors_;
    // Derived.
    std::vector<double> class_count_, class_prior_, constant_;
    Matrix<double> theta_, var_, inverse_var_;
};
static_assert(Classifier<GaussianNB> && SupervisedPartialFit<GaussianNB>);

}  // namespace v1
}  // namespace blockfit

#endif
