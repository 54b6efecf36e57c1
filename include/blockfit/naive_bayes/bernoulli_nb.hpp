#ifndef BLOCKFIT_NAIVE_BAYES_BERNOULLI_NB_HPP
#define BLOCKFIT_NAIVE_BAYES_BERNOULLI_NB_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <blockfit/core/concepts.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/naive_bayes/discrete_nb.hpp>

namespace blockfit {
inline namespace v1 {

/// scikit-learn's parameters, order and defaults, but force_alpha = false instead of a warning, which means the same.
struct BernoulliNBParams {
    /// Added to the counts of each feature, for all or one for each, >= 0.
    PerFeature alpha = 1.0;
    /// False: alpha is at least 1e-10.
    bool force_alpha = false;
    /// Values above it, >= 0, are 1, the others 0; nullopt: the values are 0 and 1 already.
    std::optional<double> binarize = 0.0;
    /// Learn the probabilities of the classes from their shares of the data; false: all are equal.
    bool fit_prior = true;
    /// Probabilities of the classes, in the order of classes(); empty: see fit_prior.
    std::vector<double> class_prior{};

    static constexpr auto fields() {
        using P = BernoulliNBParams;
        return std::tuple{Field{"alpha", &P::alpha}, Field{"force_alpha", &P::force_alpha}, Field{"binarize", &P::binarize},
                          Field{"fit_prior", &P::fit_prior}, Field{"class_prior", &P::class_prior}};
    }
};

/// Naive Bayes with features that are there or not. As scikit-learn's BernoulliNB.
///
/// fit on chunked data is one parallel pass, with the same bits as a loop of partial_fit, for any number of threads.
///
/// Differs from scikit-learn: a label that is not in the classes is an error, which leaves the estimator as it was.
class BernoulliNB : public detail::DiscreteNB<BernoulliNB, BernoulliNBParams> {
public:
    static constexpr std::string_view class_name = "BernoulliNB";
    static constexpr int schema_version = 1;

    explicit BernoulliNB(BernoulliNBParams params = {}) : DiscreteNB(std::move(params)) {}

    /// The protocol of DiscreteNB.
    void check_params(std::string_view where) const {
        DiscreteNB::check_params(where);
        detail::require_parameter(!params().binarize || *params().binarize >= 0, where,
                                  "binarize must be at least 0, or nullopt");
    }
    template <std::floating_point T>
    void check_values(std::string_view, MatrixView<const T>) const {}
    template <std::floating_point T>
    [[nodiscard]] const double* values(std::span<const T> x, Work& row) const {
        row.resize(x.size());
        if (params().binarize) {
            const T threshold = static_cast<T>(*params().binarize);
            std::ranges::transform(x, row.begin(), [threshold](T value) { return value > threshold ? 1.0 : 0.0; });
        } else {
            std::ranges::copy(x, row.begin());
        }
        return row.data();
    }
    /// log P(1 | class) = log(count + alpha) - log(rows + 2 alpha), log P(0 | class) = log(1 - P(1 | class))
    void smooth() {
        weights_.resize(feature_count_.rows(), feature_count_.cols());
        for (Index k = 0; k < feature_count_.rows(); ++k) {
            const auto at = static_cast<std::size_t>(k);
            double absent = 0.0;
            for (Index j = 0; j < feature_count_.cols(); ++j) {
                const double log_one =
                    ordered::log(feature_count_(k, j) + alpha(j)) - ordered::log(class_count_[at] + 2.0 * alpha(j));
                const double log_zero = ordered::log(1.0 - ordered::exp(log_one));
                feature_log_prob_(k, j) = log_one;
                weights_(k, j) = log_one - log_zero;
                absent += log_zero;
            }
            constants_[at] += absent;
        }
    }
};
static_assert(Classifier<BernoulliNB> && SupervisedPartialFit<BernoulliNB>);

}  // namespace v1
}  // namespace blockfit

#endif
