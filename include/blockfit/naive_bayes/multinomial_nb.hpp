#ifndef BLOCKFIT_NAIVE_BAYES_MULTINOMIAL_NB_HPP
#define BLOCKFIT_NAIVE_BAYES_MULTINOMIAL_NB_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/core/concepts.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/kernels/ordered.hpp>
#include <blockfit/naive_bayes/discrete_nb.hpp>

namespace blockfit {
inline namespace v1 {

/// scikit-learn's parameters, order and defaults, but force_alpha = false instead of a warning, which means the same.
struct MultinomialNBParams {
    /// Added to the counts of each feature, for all or one for each, >= 0.
    PerFeature alpha = 1.0;
    /// False: alpha is at least 1e-10.
    bool force_alpha = false;
    /// Learn the probabilities of the classes from their shares of the data; false: all are equal.
    bool fit_prior = true;
    /// Probabilities of the classes, in the order of classes(); empty: see fit_prior.
    std::vector<double> class_prior{};

    static constexpr auto fields() {
        using P = MultinomialNBParams;
        return std::tuple{Field{"alpha", &P::alpha}, Field{"force_alpha", &P::force_alpha},
                          Field{"fit_prior", &P::fit_prior}, Field{"class_prior", &P::class_prior}};
    }
};

/// Naive Bayes with counts as features, such as those of the words of a text; fractions will do as well. As scikit-learn's
/// MultinomialNB: negative values are refused in training.
///
/// fit on chunked data is one parallel pass, with the same bits as a loop of partial_fit, for any number of threads.
///
/// Differs from scikit-learn: a label that is not in the classes is an error, which leaves the estimator as it was.
class MultinomialNB : public detail::DiscreteNB<MultinomialNB, MultinomialNBParams> {
public:
    static constexpr std::string_view class_name = "MultinomialNB";
    static constexpr int schema_version = 1;

    explicit MultinomialNB(MultinomialNBParams params = {}) : DiscreteNB(std::move(params)) {}

    /// The protocol of DiscreteNB.
    template <std::floating_point T>
    void check_values(std::string_view where, MatrixView<const T> X) const {
        for (Index i = 0; i < X.rows(); ++i) {
            const std::span<const T> row = X.row(i);
            const double negative = ordered::sum_lanes(X.cols(), [x = row.data()](Index j, auto width) {
                constexpr ordered::Pair one{1.0, 1.0}, zero{};
                using Width = decltype(width);
                if constexpr (std::is_same_v<Width, ordered::PairOf>) return ordered::load(x + j) < zero ? one : zero;
                else return ordered::Pair{x[j] < T(0) ? 1.0 : 0.0, 0.0};
            });
            if (negative == 0.0) continue;
            const auto first = std::ranges::find_if(row, [](T x) { return x < T(0); });
            throw DataError(std::string(where) + ": X holds a negative value, expected counts",
                            {.row = i, .column = first - row.begin()});
        }
    }
    template <std::floating_point T>
    [[nodiscard]] const T* values(std::span<const T> x, Work&) const {
        return x.data();
    }
    /// log P(feature | class) = log(count + alpha) - log(sum of both over the features)
    void smooth() {
        for (Index k = 0; k < feature_count_.rows(); ++k) {
            double sum = 0.0;
            for (Index j = 0; j < feature_count_.cols(); ++j) sum += feature_count_(k, j) + alpha(j);
            const double log_sum = ordered::log(sum);
            for (Index j = 0; j < feature_count_.cols(); ++j)
                feature_log_prob_(k, j) = ordered::log(feature_count_(k, j) + alpha(j)) - log_sum;
        }
        weights_ = feature_log_prob_;
    }
};
static_assert(Classifier<MultinomialNB> && SupervisedPartialFit<MultinomialNB>);

}  // namespace v1
}  // namespace blockfit

#endif
