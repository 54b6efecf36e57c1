#ifndef BLOCKFIT_NAIVE_BAYES_DISCRETE_NB_HPP
#define BLOCKFIT_NAIVE_BAYES_DISCRETE_NB_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/core/params.hpp>
#include <blockfit/kernels/group_moments.hpp>
#include <blockfit/kernels/ordered.hpp>
#include <blockfit/naive_bayes/naive_bayes.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Naive Bayes from weighted counts of the features. Self has, besides what ParamsMixin asks for,
///     const V* values(std::span<const T> x, Work&) const                  the row that is counted
///     void check_values(where, MatrixView<const T>) const                 throws DataError
///     void smooth()       feature_log_prob_ from counts and alpha_, and from it weights_ and constants_
template <class Self, class Params>
class DiscreteNB : public NaiveBayes<Self, Params> {
    using Base = NaiveBayes<Self, Params>;

public:
    using Base::Base;

    /// Rows of each class, or the sums of their weights. Throws NotFittedError before the first fit, as the others do.
    [[nodiscard]] const std::vector<double>& class_count() const {
        return this->require_fitted("class_count").class_count_;
    }
    /// n_classes x d (weighted) sums of the values.
    [[nodiscard]] const Matrix<double>& feature_count() const {
        return this->require_fitted("feature_count").feature_count_;
    }
    /// n_classes x d: log P(feature | class).
    [[nodiscard]] const Matrix<double>& feature_log_prob() const {
        return this->require_fitted("feature_log_prob").feature_log_prob_;
    }
    /// log P(class), -infinity for one not seen yet.
    [[nodiscard]] const std::vector<double>& class_log_prior() const {
        return this->require_fitted("class_log_prior").class_log_prior_;
    }

    friend bool operator==(const Self& a, const Self& b) {
        return describe("", a.params()) == describe("", b.params()) && a.classes_ == b.classes_ &&
               a.class_count_ == b.class_count_ && a.feature_count_ == b.feature_count_ && a.alpha_ == b.alpha_ &&
               a.fit_prior_ == b.fit_prior_ && a.class_prior_ == b.class_prior_;
    }

    /// The protocol of NaiveBayes.
    struct Summary {
        std::vector<double> classes;
        Matrix<double> features;
    };
    using Work = std::vector<double>;
    void check_params(std::string_view where) const {
        const Params& p = this->params();
        require_parameter(!p.alpha.values().empty() &&
                              std::ranges::all_of(p.alpha.values(), [](double a) { return a >= 0 && std::isfinite(a); }),
                          where, "alpha must be at least 0");
        Base::check_priors(where, "class_prior", p.class_prior);
    }
    void check_sizes(std::string_view where, std::size_t n_classes, Index d) const {
        const PerFeature& alpha = this->params().alpha;
        if (alpha.is_list() && std::ssize(alpha.values()) != d)
            throw ParameterError(mismatch(where, "length of alpha", std::ssize(alpha.values()), d));
        Base::check_priors(where, "class_prior", this->params().class_prior, n_classes);
    }
    void start_sums(Index d) {
        class_count_.assign(this->n_classes(), 0.0);
        feature_count_ = Matrix<double>(std::ssize(class_count_), d);
    }
    [[nodiscard]] Index features() const noexcept { return feature_count_.cols(); }
    [[nodiscard]] Summary summarise_nothing(Index d) const {
        return {std::vector<double>(this->n_classes(), 0.0), Matrix<double>(static_cast<Index>(this->n_classes()), d)};
    }
    [[nodiscard]] Index summary_values(Index d) const { return static_cast<Index>(this->n_classes()) * d + d; }
    template <std::floating_point T>
    void summarise(std::string_view where, Summary& summary, MatrixView<const T> X, std::span<const std::size_t> groups,
                   const SampleWeight& weight, Work& work) const {
        self().check_values(where, X);
        for (Index i = 0; i < X.rows(); ++i) {
            const std::size_t k = groups[static_cast<std::size_t>(i)];
            summary.classes[k] += weight[i];
            double* const sums = summary.features.row(static_cast<Index>(k)).data();
            moments::add_row(sums, self().values(X.row(i), work), weight[i], X.cols());
        }
    }
    void absorb(Summary summary) {
        for (std::size_t k = 0; k < class_count_.size(); ++k) class_count_[k] += summary.classes[k];
        std::ranges::transform(feature_count_.values(), summary.features.values(), feature_count_.values().begin(),
                               std::plus<>());
    }
    [[nodiscard]] bool finite() const { return Base::all_finite(class_count_) && Base::all_finite(feature_count_.values()); }
    void derive() {
        const Params& p = this->params();
        alpha_ = p.alpha.values();
        if (!p.force_alpha)
            for (double& a : alpha_) a = std::max(a, 1e-10);
        fit_prior_ = p.fit_prior;
        class_prior_ = p.class_prior;
        fill();
    }
    template <std::floating_point T>
    void joint(std::span<const T> x, std::span<double> out, Work& work) const {
        const auto* const values = self().values(x, work);
        for (std::size_t k = 0; k < out.size(); ++k)
            out[k] = ordered::dot(values, weights_.row(static_cast<Index>(k)).data(), std::ssize(x)) + constants_[k];
    }

    /// Names the whole state for saving; `finish_load` checks it and derives the rest.
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        visitor("classes", this->classes_);
        visitor("class_count", class_count_);
        visitor("feature_count", feature_count_);
        visitor("alpha", alpha_);
        visitor("fit_prior", fit_prior_);
        visitor("class_prior", class_prior_);
    }
    void finish_load() {
        this->check_loaded_classes();
        const std::size_t n = this->n_classes();
        Base::require_loaded(class_count_.size() == n && feature_count_.rows() == static_cast<Index>(n) &&
                                 (n == 0 || feature_count_.cols() >= 1) && finite(),
                             "counts do not fit the classes");
        if (n == 0) return;
        Base::require_loaded((alpha_.size() == 1 || std::ssize(alpha_) == features()) && Base::all_finite(alpha_),
                             "alpha does not fit the features");
        Base::require_loaded(class_prior_.empty() || class_prior_.size() == n, "class_prior does not fit the classes");
        fill();
    }

protected:
    /// The alpha in force for feature j.
    [[nodiscard]] double alpha(Index j) const noexcept {
        return alpha_[alpha_.size() == 1 ? 0 : static_cast<std::size_t>(j)];
    }

    std::vector<double> class_count_;
    Matrix<double> feature_count_;
    // Derived: log P(feature | class), and what a row is multiplied by and what is then added.
    Matrix<double> feature_log_prob_, weights_;
    std::vector<double> class_log_prior_, constants_;

private:
    [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }

    void fill() {
        const std::size_t n = this->n_classes();
        class_log_prior_.resize(n);
        const double log_sum = ordered::log(std::accumulate(class_count_.begin(), class_count_.end(), 0.0));
        for (std::size_t k = 0; k < n; ++k)
            class_log_prior_[k] = !class_prior_.empty() ? ordered::log(class_prior_[k])
                                  : fit_prior_ != 0     ? ordered::log(class_count_[k]) - log_sum
                                                        : -ordered::log(static_cast<double>(n));
        constants_ = class_log_prior_;
        feature_log_prob_.resize(feature_count_.rows(), feature_count_.cols());
        static_cast<Self&>(*this).smooth();
    }

    // What the parameters were at the last fit.
    std::vector<double> alpha_;
    Index fit_prior_ = 1;
    std::vector<double> class_prior_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
