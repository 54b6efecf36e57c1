#ifndef BLOCKFIT_TESTS_CONTRACT_CASES_HPP
#define BLOCKFIT_TESTS_CONTRACT_CASES_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <support/data.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/cluster/mini_batch_kmeans.hpp>
#include <blockfit/core/concepts.hpp>
#include <blockfit/decomposition/incremental_pca.hpp>
#include <blockfit/linear_model/passive_aggressive_classifier.hpp>
#include <blockfit/linear_model/passive_aggressive_regressor.hpp>
#include <blockfit/linear_model/perceptron.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/linear_model/sgd_regressor.hpp>
#include <blockfit/naive_bayes/bernoulli_nb.hpp>
#include <blockfit/naive_bayes/gaussian_nb.hpp>
#include <blockfit/naive_bayes/multinomial_nb.hpp>
#include <blockfit/neural_network/mlp_classifier.hpp>
#include <blockfit/neural_network/mlp_regressor.hpp>
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/max_abs_scaler.hpp>
#include <blockfit/preprocessing/min_max_scaler.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>
#include <blockfit/wrappers/incremental.hpp>

/// The estimators that keep the common contract, and one way to call them all. A new estimator gets a case, derived
/// from AnyCase, in All:
///     static auto make();                        // unfitted, with parameters under which it learns something
///     static constexpr std::array settings;      // pairs of name and text for set_param, none of them what make() has
///     static constexpr Setting out_of_range;     // one that the next fit refuses; left out if there is none
/// of a classifier also n_classes, and whatever else differs from AnyCase. What kind it is says the library.

namespace contract {

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using bf::Matrix;
using bf::MatrixView;
using Setting = std::pair<std::string_view, std::string_view>;

/// What an estimator learns from chunked data.
enum class Chunks {
    none,            ///< nothing: it goes through Incremental
    one_pass,        ///< fit and partial_fit, in parallel; an error changes nothing
    block_by_block,  ///< fit and partial_fit; an error leaves what the complete blocks before it made
    pipeline,        ///< fit, a pass a step; partial_fit, block by block
    partial_fit      ///< partial_fit alone: a pipeline whose last step is trained in memory
};

struct AnyCase {
    // --- of classifiers
    static constexpr Index n_classes = 0;            // of the labels it is given
    static constexpr bool has_proba = false;         // predict_proba and predict_log_proba
    static constexpr bool has_decision = true;       // decision_function; not where probabilities are what is computed
    static constexpr bool needs_two_classes = true;  // in fit; naive Bayes takes one
    // --- of transformers
    static constexpr bool has_inverse = true;    // k-means cannot give the rows back
    static constexpr bool inverts = true;        // inverse_transform undoes transform; not where components are dropped
    static constexpr Index n_features_out = 0;   // 0: as many as it is given
    static constexpr bool standardises = false;  // transformed columns have mean 0 and deviation 1
    static constexpr bool accepts_nan = false;   // missing values, to scalers
    static constexpr bool rounds_once = false;  // results of float data are those of the same doubles, rounded to float
    static constexpr bool keeps_type =
        false;  // the state says if all data was float: what counts as constant depends on it
    // --- of all
    static constexpr Chunks chunks = Chunks::none;
    static constexpr Index first_rows = 1;    // that the first block has at least: k-means takes its centres from them
    static constexpr Index block_rows = 1;    // that every block has at least: one a component
    static constexpr Index min_features = 1;  // one a component
    static constexpr bool exact_ones = true;  // weights of one change no bit; moments are summed in another order
    /// The common test data as it needs it.
    static Matrix<double> data(Matrix<double> X) { return X; }
};

// --- transformers -------------------------------------------------------------------------------------------------

struct Scaler : AnyCase {  // nothing can be out of range
    static auto make() { return bf::StandardScaler{}; }
    static constexpr std::array settings{Setting{"with_mean", "false"}, Setting{"with_std", "false"}};
    static constexpr Chunks chunks = Chunks::one_pass;
    static constexpr bool standardises = true, accepts_nan = true, exact_ones = false;
};
struct ScalerPipeline : Scaler {
    static auto make() { return bf::make_pipeline(bf::StandardScaler({.with_std = false}), bf::StandardScaler{}); }
    static constexpr std::array settings{Setting{"standardscaler-1__with_std", "true"},
                                         Setting{"standardscaler-2__with_mean", "false"}};
};
struct IncrementalScaler : Scaler {
    static auto make() { return bf::Incremental(bf::StandardScaler{}); }
    static constexpr std::array settings{Setting{"passes", "2"}, Setting{"estimator__with_mean", "false"}};
    static constexpr Setting out_of_range{"passes", "0"};
    static constexpr Chunks chunks = Chunks::block_by_block;
};
struct MinMax : AnyCase {
    static auto make() { return bf::MinMaxScaler{}; }
    static constexpr std::array settings{Setting{"feature_range", "[-1, 2]"}, Setting{"clip", "true"}};
    static constexpr Setting out_of_range{"feature_range", "[1, 0]"};
    static constexpr Chunks chunks = Chunks::one_pass;
    static constexpr bool accepts_nan = true, rounds_once = true, keeps_type = true;
};
struct MaxAbs : AnyCase {
    static auto make() { return bf::MaxAbsScaler{}; }
    static constexpr std::array<Setting, 0> settings{};  // it has none
    static constexpr Chunks chunks = Chunks::one_pass;
    static constexpr bool accepts_nan = true, rounds_once = true, keeps_type = true;
};
struct Pca : AnyCase {
    static auto make() { return bf::IncrementalPCA<>({.n_components = 2, .whiten = true}); }
    static constexpr std::array settings{Setting{"n_components", "3"}, Setting{"whiten", "false"},
                                         Setting{"batch_size", "20"}};
    static constexpr Setting out_of_range{"n_components", "0"};
    static constexpr bool inverts = false;
    static constexpr Index n_features_out = 2, first_rows = 2, block_rows = 2, min_features = 2;
};
struct PcaFloat : Pca {
    static auto make() { return bf::IncrementalPCA<float>({.n_components = 2, .batch_size = 40}); }
};

// --- clusterers ---------------------------------------------------------------------------------------------------

struct KMeans : AnyCase {
    static auto make() { return bf::MiniBatchKMeans<>({.n_clusters = 4, .batch_size = 50, .random_state = 3}); }
    static constexpr std::array settings{Setting{"n_clusters", "3"}, Setting{"init", "random"},
                                         Setting{"batch_size", "64"}, Setting{"max_no_improvement", "None"},
                                         Setting{"n_init", "auto"}};
    static constexpr Setting out_of_range{"n_clusters", "0"};
    static constexpr bool has_inverse = false, rounds_once = true;
    static constexpr Index n_features_out = 4, first_rows = 4;
};
struct KMeansFloat : KMeans {
    static auto make() { return bf::MiniBatchKMeans<float>({.n_clusters = 4, .batch_size = 50}); }
};
struct IncrementalKMeans : KMeans {
    static auto make() { return bf::Incremental(KMeans::make(), {.passes = 2}); }
    static constexpr std::array settings{Setting{"shuffle_blocks", "true"}, Setting{"estimator__n_clusters", "3"}};
    static constexpr Setting out_of_range{"estimator__n_clusters", "0"};
    static constexpr Chunks chunks = Chunks::block_by_block;
};
struct ClusterPipeline : IncrementalKMeans {
    static auto make() {
        return bf::make_pipeline(bf::MinMaxScaler{}, bf::step<"cluster">(bf::Incremental(KMeans::make())));
    }
    static constexpr std::array settings{Setting{"minmaxscaler__clip", "true"},
                                         Setting{"cluster__estimator__tol", "0.5"}};
    static constexpr Setting out_of_range{"cluster__estimator__n_clusters", "0"};
    static constexpr Chunks chunks = Chunks::pipeline;
    static constexpr bool rounds_once = false;
};

// --- classifiers --------------------------------------------------------------------------------------------------

struct LinearClassifierCase : AnyCase {
    static constexpr Index n_classes = 2;
    static constexpr Setting out_of_range{"alpha", "-1"};
};
struct Hinge : LinearClassifierCase {
    static auto make() { return bf::SGDClassifier({.random_state = 3}); }
    static constexpr std::array settings{Setting{"loss", "log_loss"},
                                         Setting{"alpha", "0.125"},
                                         Setting{"tol", "None"},
                                         Setting{"shuffle", "false"},
                                         Setting{"class_weight", "{0: 2, 1: 0.5}"},
                                         Setting{"average", "10"},
                                         Setting{"random_state", "4294967295"},
                                         Setting{"penalty", "l1"},
                                         Setting{"l1_ratio", "0.1"},
                                         Setting{"max_iter", "7"},
                                         Setting{"epsilon", "0.25"},
                                         Setting{"early_stopping", "true"}};
};
struct ThreeClassHuber : LinearClassifierCase {
    static auto make() {
        return bf::SGDClassifier({.loss = bf::Loss::modified_huber,
                                  .penalty = bf::Penalty::l1,
                                  .shuffle = false,
                                  .learning_rate = bf::LearningRate::invscaling,
                                  .eta0 = 0.01,
                                  .class_weight = {{1, 2.0}}});
    }
    static constexpr Index n_classes = 3;
    static constexpr bool has_proba = true;
    static constexpr std::array settings{Setting{"learning_rate", "constant"}, Setting{"eta0", "0.5"},
                                         Setting{"class_weight", "None"}, Setting{"fit_intercept", "false"},
                                         Setting{"warm_start", "true"}};
};
struct Perceptron : LinearClassifierCase {
    static auto make() { return bf::Perceptron({.penalty = bf::Penalty::l2, .eta0 = 0.5}); }
    static constexpr Index n_classes = 3;
    static constexpr std::array settings{Setting{"penalty", "None"}, Setting{"alpha", "0.125"}, Setting{"eta0", "2"}};
};
struct PassiveAggressive : LinearClassifierCase {
    static auto make() { return bf::PassiveAggressiveClassifier({.C = 0.01}); }
    static constexpr std::array settings{Setting{"C", "0.5"}, Setting{"loss", "squared_hinge"},
                                         Setting{"average", "5"}};
    static constexpr Setting out_of_range{"C", "0"};
};

struct NaiveBayesCase : AnyCase {
    static constexpr Index n_classes = 3;
    static constexpr bool has_proba = true, has_decision = false, needs_two_classes = false;
    static constexpr Chunks chunks = Chunks::one_pass;
};
struct GaussianNaiveBayes : NaiveBayesCase {
    static auto make() { return bf::GaussianNB{}; }
    static constexpr std::array settings{Setting{"priors", "[0.2, 0.3, 0.5]"}, Setting{"var_smoothing", "0.001"}};
    static constexpr Setting out_of_range{"var_smoothing", "-1"};
    static constexpr bool exact_ones = false;
};
struct BernoulliNaiveBayes : NaiveBayesCase {
    static auto make() { return bf::BernoulliNB({.binarize = 1.5}); }
    static constexpr Index n_classes = 2;
    static constexpr std::array settings{Setting{"alpha", "0.5"}, Setting{"binarize", "None"},
                                         Setting{"fit_prior", "false"}, Setting{"class_prior", "[0.25, 0.75]"}};
    static constexpr Setting out_of_range{"alpha", "-1"};
};
struct MultinomialNaiveBayes : NaiveBayesCase {
    static auto make() { return bf::MultinomialNB({.alpha = 0.25}); }
    static constexpr std::array settings{Setting{"alpha", "1"}, Setting{"force_alpha", "true"},
                                         Setting{"fit_prior", "false"}};
    static constexpr Setting out_of_range{"alpha", "-1"};
    /// Nothing negative.
    static Matrix<double> data(Matrix<double> X) {
        for (double& x : X.values()) x = std::abs(x);
        return X;
    }
};

struct NeuralClassifier : AnyCase {
    static auto make() {
        return bf::MLPClassifier(
            {.hidden_layer_sizes = {5}, .batch_size = 20, .learning_rate_init = 0.02, .max_iter = 30});
    }
    static constexpr Index n_classes = 3;
    static constexpr bool has_proba = true, has_decision = false;
    static constexpr std::array settings{Setting{"hidden_layer_sizes", "[4, 3]"}, Setting{"activation", "tanh"},
                                         Setting{"solver", "sgd"}, Setting{"batch_size", "auto"}};
    static constexpr Setting out_of_range{"learning_rate_init", "0"};
};
struct NeuralClassifierFloat : NeuralClassifier {  // two classes have one output
    static auto make() {
        return bf::MLPClassifier<float>({.hidden_layer_sizes = {5}, .batch_size = 20, .max_iter = 10});
    }
    static constexpr Index n_classes = 2;
};

struct IncrementalClassifier : LinearClassifierCase {
    static auto make() {
        return bf::Incremental(bf::SGDClassifier({.loss = bf::Loss::log_loss, .random_state = 3}), {.classes = {0, 1}});
    }
    static constexpr bool has_proba = true;
    static constexpr std::array settings{Setting{"passes", "3"}, Setting{"shuffle_blocks", "true"},
                                         Setting{"classes", "{0, 1, 2}"}, Setting{"estimator__alpha", "0.125"}};
    static constexpr Setting out_of_range{"estimator__alpha", "-1"};
    static constexpr Chunks chunks = Chunks::block_by_block;
};
struct Pipeline : LinearClassifierCase {
    static auto make() {
        return bf::make_pipeline(bf::StandardScaler{},
                                 bf::SGDClassifier({.loss = bf::Loss::log_loss, .random_state = 3}));
    }
    static constexpr bool has_proba = true;
    static constexpr std::array settings{Setting{"standardscaler__with_mean", "false"},
                                         Setting{"sgdclassifier__alpha", "0.125"}};
    static constexpr Setting out_of_range{"sgdclassifier__alpha", "-1"};
    static constexpr Chunks chunks = Chunks::partial_fit;
};
struct IncrementalPipeline : LinearClassifierCase {
    static auto make() {
        return bf::make_pipeline(bf::step<"scale">(bf::StandardScaler{}),
                                 bf::step<"classify">(bf::Incremental(bf::SGDClassifier({.loss = bf::Loss::log_loss}),
                                                                      {.classes = {0, 1, 2}})));
    }
    static constexpr Index n_classes = 3;
    static constexpr bool has_proba = true;
    static constexpr std::array settings{Setting{"scale__with_std", "false"}, Setting{"classify__passes", "2"},
                                         Setting{"classify__estimator__penalty", "l1"}};
    static constexpr Setting out_of_range{"classify__estimator__alpha", "-1"};
    static constexpr Chunks chunks = Chunks::pipeline;
};

// --- regressors ---------------------------------------------------------------------------------------------------

struct HuberRegressor : AnyCase {
    static auto make() {
        return bf::SGDRegressor({.loss = bf::Loss::huber,
                                 .penalty = bf::Penalty::elasticnet,
                                 .epsilon = 0.5,
                                 .learning_rate = bf::LearningRate::constant,
                                 .average = 20});
    }
    static constexpr std::array settings{Setting{"loss", "epsilon_insensitive"}, Setting{"l1_ratio", "0.5"},
                                         Setting{"alpha", "0.125"}, Setting{"learning_rate", "adaptive"},
                                         Setting{"early_stopping", "true"}};
    static constexpr Setting out_of_range{"alpha", "-1"};
};
struct PassiveAggressiveRegressor : AnyCase {
    static auto make() { return bf::PassiveAggressiveRegressor({.C = 0.05}); }
    static constexpr std::array settings{Setting{"C", "2"}, Setting{"epsilon", "0.25"},
                                         Setting{"loss", "squared_epsilon_insensitive"}};
    static constexpr Setting out_of_range{"C", "0"};
};
struct NeuralRegressor : AnyCase {
    static auto make() {
        return bf::MLPRegressor({.hidden_layer_sizes = {5},
                                 .activation = bf::Activation::tanh,
                                 .batch_size = 20,
                                 .learning_rate_init = 0.02,
                                 .max_iter = 60});
    }
    static constexpr std::array settings{Setting{"hidden_layer_sizes", "[4, 3]"}, Setting{"activation", "relu"},
                                         Setting{"momentum", "0.5"}, Setting{"early_stopping", "true"}};
    static constexpr Setting out_of_range{"alpha", "-1"};
};
struct NeuralRegressorFloat : NeuralRegressor {
    static auto make() {
        return bf::MLPRegressor<float>({.hidden_layer_sizes = {5}, .batch_size = 20, .max_iter = 10});
    }
};
struct IncrementalRegressor : AnyCase {
    static auto make() { return bf::Incremental(bf::SGDRegressor({.random_state = 3}), {.passes = 2}); }
    static constexpr std::array settings{Setting{"passes", "3"}, Setting{"estimator__alpha", "0.125"}};
    static constexpr Setting out_of_range{"estimator__alpha", "-1"};
    static constexpr Chunks chunks = Chunks::block_by_block;
};

using All =
    std::tuple<Scaler, ScalerPipeline, IncrementalScaler, MinMax, MaxAbs, Pca, KMeans, IncrementalKMeans,
               ClusterPipeline, Hinge, ThreeClassHuber, Perceptron, PassiveAggressive, GaussianNaiveBayes,
               BernoulliNaiveBayes, MultinomialNaiveBayes, NeuralClassifier, IncrementalClassifier, Pipeline,
               IncrementalPipeline, HuberRegressor, PassiveAggressiveRegressor, NeuralRegressor, IncrementalRegressor>;
/// Those whose state has a type of its own, whatever that of the data.
using OfFixedType = std::tuple<Pca, PcaFloat, KMeans, KMeansFloat, NeuralClassifier, NeuralClassifierFloat,
                               NeuralRegressor, NeuralRegressorFloat>;

// --- kinds --------------------------------------------------------------------------------------------------------

template <class Case>
using EstimatorOf = decltype(Case::make());
template <class Case>
inline constexpr bool is_classifier = bf::Classifier<EstimatorOf<Case>>;
template <class Case>
inline constexpr bool is_regressor = bf::Regressor<EstimatorOf<Case>>;
template <class Case>
inline constexpr bool is_clusterer = bf::Clusterer<EstimatorOf<Case>>;
template <class Case>
inline constexpr bool is_transformer = bf::Transformer<EstimatorOf<Case>>;
/// Does it learn from targets?
template <class Case>
inline constexpr bool is_supervised = is_classifier<Case> || is_regressor<Case>;
/// An estimator of its own, not one around others.
template <class Case>
inline constexpr bool is_plain = !requires(EstimatorOf<Case> e) {
    e.for_each_step([](std::string_view, auto&) {});
};
template <class Case>
inline constexpr bool is_pipeline = requires(const EstimatorOf<Case>& e) {
    e.names();
};
template <class Case>
inline constexpr bool keeps_features = Case::n_features_out == 0;
/// Says that it has no use for weights.
template <class Case>
inline constexpr bool is_weightless = requires {
    requires !EstimatorOf<Case>::accepts_sample_weight;
};
template <class Case>
inline constexpr bool has_weighted_fit = is_supervised<Case> ||
                                         requires(EstimatorOf<Case> e, const Matrix<double>& X, std::vector<double> w) {
    e.fit(X, w);
};
template <class Case>
inline constexpr bool has_out_of_range = requires {
    Case::out_of_range;
};

/// The cases of All for which a condition holds: Select<[]<class Case> { return ...; }>.
template <auto Condition, class Cases = All>
struct Selected;
template <auto Condition, class... Cases>
struct Selected<Condition, std::tuple<Cases...>> {
    template <class Case>
    using Kept = std::conditional_t<Condition.template operator()<Case>(), std::tuple<Case>, std::tuple<>>;
    using type = decltype(std::tuple_cat(std::declval<Kept<Cases>>()...));
};
template <auto Condition>
using Select = typename Selected<Condition>::type;

using Transformers = Select<[]<class Case>() { return is_transformer<Case>; }>;
using Classifiers = Select<[]<class Case>() { return is_classifier<Case>; }>;
using Regressors = Select<[]<class Case>() { return is_regressor<Case>; }>;
using Supervised = Select<[]<class Case>() { return is_supervised<Case>; }>;
using Predictors = Select<[]<class Case>() { return is_supervised<Case> || is_clusterer<Case>; }>;

// --- data ---------------------------------------------------------------------------------------------------------

template <class Case>
Matrix<double> uneven(Index n, Index d, std::uint32_t seed) {
    return Case::data(test::uneven(n, d, seed));
}
template <class Case>
Matrix<double> normal(Index n, Index d, std::uint32_t seed) {
    return Case::data(test::normal(n, d, seed));
}
/// Rounded to integers, not scaled: steps of gradient descent must not overflow.
template <class T>
Matrix<T> integers(Matrix<double> X) {
    for (double& x : X.values()) x *= 0.1;
    return test::as<T>(X);
}

/// Real targets: a fixed linear function of the row and a little noise.
inline std::vector<double> reals(MatrixView<const double> X) {
    std::vector<double> y(static_cast<std::size_t>(X.rows()));
    for (Index i = 0; i < X.rows(); ++i) {
        double value = 0.5 + 0.1 * std::sin(static_cast<double>(100 * i));
        for (Index j = 0; j < X.cols(); ++j) value += X(i, j) * std::cos(static_cast<double>(1 + 2 * j));
        y[static_cast<std::size_t>(i)] = value;
    }
    return y;
}
/// The case's targets of X; any for what learns without.
template <class Case>
auto targets(MatrixView<const double> X) {
    if constexpr (is_regressor<Case>) return reals(X);
    else return test::labels(X, is_classifier<Case> ? Case::n_classes : 2);
}
template <class Case>
auto targets(const Matrix<double>& X) {
    return targets<Case>(X.view());
}
template <class Case>
std::vector<Label> classes() {
    std::vector<Label> all;
    for (Label k = 0; k < Case::n_classes; ++k) all.push_back(k);
    return all;
}
template <class Y>
std::vector<Y> part(const std::vector<Y>& y, bf::RowRange rows) {
    return {y.begin() + rows.begin, y.begin() + rows.end};
}

// --- calls --------------------------------------------------------------------------------------------------------

/// fit on data of any kind, in memory or chunked.
template <class Case, class E, class X, class Y>
void fit(E& e, const X& data, const Y& y) {
    if constexpr (is_supervised<Case>) e.fit(data, y);
    else e.fit(data);
}
/// One block in memory, or all blocks of chunked data.
template <class Case, class E, class X, class Y>
void partial_fit(E& e, const X& block, const Y& y) {
    if constexpr (is_classifier<Case>) e.partial_fit(block, y, {.classes = classes<Case>()});
    else if constexpr (is_regressor<Case>) e.partial_fit(block, y);
    else e.partial_fit(block);
}
template <class Case, class X, class Y>
EstimatorOf<Case> fitted(const X& data, const Y& y) {
    EstimatorOf<Case> e = Case::make();
    fit<Case>(e, data, y);
    return e;
}
template <class Case, class E, class X, class Y>
double score(const E& e, const X& data, const Y& y) {
    if constexpr (is_supervised<Case>) return e.score(data, y);
    else return e.score(data);
}

template <class T>
Matrix<double> as_matrix(const std::vector<T>& y) {
    return {std::ssize(y), 1, std::vector<double>(y.begin(), y.end())};
}
template <class T>
Matrix<double> as_matrix(const Matrix<T>& X) {
    return test::to_double(X);
}
template <class T>
Matrix<double> as_matrix(const bf::ChunkedMatrix<T>& X) {
    return as_matrix(X.compute());
}
template <class T>
Matrix<double> as_matrix(const bf::ChunkedVector<T>& y) {
    return as_matrix(y.compute());
}

/// Calls f(result) for each method that gives a result for each row. What is lazy is not computed.
template <class Case, class E, class X, class F>
void apply(const E& e, const X& data, F f) {
    if constexpr (is_supervised<Case> || is_clusterer<Case>) f(e.predict(data));
    if constexpr (is_classifier<Case>) {
        if constexpr (Case::has_decision) f(e.decision_function(data));
        if constexpr (Case::has_proba) {
            f(e.predict_proba(data));
            f(e.predict_log_proba(data));
        }
    }
    if constexpr (is_transformer<Case>) {
        f(e.transform(data));
        if constexpr (Case::has_inverse) {
            if constexpr (keeps_features<Case>) f(e.inverse_transform(data));
            else f(e.inverse_transform(e.transform(data)));
        }
    }
}
/// The same as separate calls: g([&] { one method }) for each method that takes rows of n_features_in() values.
template <class Case, class E, class X, class G>
void each_call(const E& e, const X& data, G g) {
    if constexpr (is_supervised<Case> || is_clusterer<Case>) g([&] { return e.predict(data); });
    if constexpr (is_classifier<Case>) {
        if constexpr (Case::has_decision) g([&] { return e.decision_function(data); });
        if constexpr (Case::has_proba) {
            g([&] { return e.predict_proba(data); });
            g([&] { return e.predict_log_proba(data); });
        }
    }
    if constexpr (is_transformer<Case>) {
        g([&] { return e.transform(data); });
        if constexpr (Case::has_inverse && keeps_features<Case>) g([&] { return e.inverse_transform(data); });
    }
}

/// All results side by side, a row for each row of the data.
template <class Case, class E, class X>
Matrix<double> results(const E& e, const X& data) {
    std::vector<Matrix<double>> parts;
    apply<Case>(e, data, [&](const auto& result) { parts.push_back(as_matrix(result)); });
    Index cols = 0;
    for (const Matrix<double>& part : parts) cols += part.cols();
    Matrix<double> all(parts.front().rows(), cols);
    Index first = 0;
    for (const Matrix<double>& part : parts) {
        for (Index i = 0; i < all.rows(); ++i)
            std::ranges::copy(part.row(i), all.row(i).subspan(static_cast<std::size_t>(first)).begin());
        first += part.cols();
    }
    return all;
}

/// A call must throw Error and leave e as it was.
template <class Error, class E, class F>
Error refused(E& e, F call) {
    const E before = e;
    try {
        call();
    } catch (const Error& error) {
        REQUIRE(e == before);
        REQUIRE(!std::string(error.what()).empty());
        return error;
    }
    FAIL("not refused");
    throw;
}

}  // namespace contract

#endif
