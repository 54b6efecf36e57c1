#ifndef BLOCKFIT_TESTS_CONTRACT_CASES_HPP
#define BLOCKFIT_TESTS_CONTRACT_CASES_HPP

#include <array>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/core/concepts.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>
#include <blockfit/wrappers/incremental.hpp>
#include <support/data.hpp>

/// The estimators that keep the common contract, and one way to call them all. A new estimator gets a case:
///     static auto make();                        // unfitted, with parameters under which it learns something
///     static constexpr Index n_classes;          // of the labels it is given; 0 for a transformer
///     static constexpr bool has_proba;
///     static constexpr std::array settings;      // pairs of name and text for set_param, none of them what make() has

namespace contract {

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using bf::Matrix;
using bf::MatrixView;
using Setting = std::pair<std::string_view, std::string_view>;

// --- the cases ----------------------------------------------------------------------------------------------------

struct TransformerCase {
    static constexpr Index n_classes = 0;
    static constexpr bool has_proba = false;
};

struct Scaler : TransformerCase {
    static auto make() { return bf::StandardScaler{}; }
    static constexpr std::array settings{Setting{"with_mean", "false"}, Setting{"with_std", "false"}};
};
struct ScalerPipeline : TransformerCase {
    static auto make() { return bf::make_pipeline(bf::StandardScaler({.with_std = false}), bf::StandardScaler{}); }
    static constexpr std::array settings{Setting{"standardscaler-1__with_std", "true"},
                                         Setting{"standardscaler-2__with_mean", "false"}};
};

struct Hinge {
    static auto make() { return bf::SGDClassifier({.random_state = 3}); }
    static constexpr Index n_classes = 2;
    static constexpr bool has_proba = false;
    static constexpr std::array settings{Setting{"loss", "log_loss"}, Setting{"alpha", "0.125"}, Setting{"tol", "None"},
                                         Setting{"shuffle", "false"}, Setting{"class_weight", "{0: 2, 1: 0.5}"},
                                         Setting{"average", "10"}, Setting{"random_state", "4294967295"}};
};
struct LogLoss {
    static auto make() {
        return bf::SGDClassifier({.loss = bf::Loss::log_loss, .penalty = bf::Penalty::elasticnet, .average = 20});
    }
    static constexpr Index n_classes = 2;
    static constexpr bool has_proba = true;
    static constexpr std::array settings{Setting{"penalty", "l1"}, Setting{"l1_ratio", "0.1"}, Setting{"max_iter", "7"}};
};
struct ThreeClassLogLoss {
    static auto make() { return bf::SGDClassifier({.loss = bf::Loss::log_loss, .random_state = 3}); }
    static constexpr Index n_classes = 3;
    static constexpr bool has_proba = true;
    static constexpr std::array settings{Setting{"fit_intercept", "false"}, Setting{"warm_start", "true"}};
};
struct ThreeClassHuber {
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
                                         Setting{"class_weight", "None"}};
};
struct SquaredHinge {
    static auto make() {
        return bf::SGDClassifier({.loss = bf::Loss::squared_hinge,
                                  .alpha = 0.01,
                                  .learning_rate = bf::LearningRate::constant,
                                  .eta0 = 1e-3});
    }
    static constexpr Index n_classes = 2;
    static constexpr bool has_proba = false;
    static constexpr std::array settings{Setting{"epsilon", "0.25"}, Setting{"early_stopping", "true"}};
};

struct Incremental {
    static auto make() {
        return bf::Incremental(bf::SGDClassifier({.loss = bf::Loss::log_loss, .random_state = 3}), {.classes = {0, 1}});
    }
    static constexpr Index n_classes = 2;
    static constexpr bool has_proba = true;
    static constexpr std::array settings{Setting{"passes", "3"}, Setting{"shuffle_blocks", "true"},
                                         Setting{"classes", "{0, 1, 2}"}, Setting{"estimator__alpha", "0.125"}};
};
struct ThreeClassIncremental {
    static auto make() { return bf::Incremental(bf::SGDClassifier{}, {.classes = {0, 1, 2}, .passes = 2}); }
    static constexpr Index n_classes = 3;
    static constexpr bool has_proba = false;
    static constexpr std::array settings{Setting{"random_state", "5"}, Setting{"estimator__loss", "perceptron"}};
};
struct Pipeline {
    static auto make() {
        return bf::make_pipeline(bf::StandardScaler{}, bf::SGDClassifier({.loss = bf::Loss::log_loss, .random_state = 3}));
    }
    static constexpr Index n_classes = 2;
    static constexpr bool has_proba = true;
    static constexpr std::array settings{Setting{"standardscaler__with_mean", "false"},
                                         Setting{"sgdclassifier__alpha", "0.125"}};
};
struct IncrementalPipeline {
    static auto make() {
        return bf::make_pipeline(bf::step<"scale">(bf::StandardScaler{}),
                                 bf::step<"classify">(bf::Incremental(bf::SGDClassifier({.loss = bf::Loss::log_loss}),
                                                                      {.classes = {0, 1, 2}})));
    }
    static constexpr Index n_classes = 3;
    static constexpr bool has_proba = true;
    static constexpr std::array settings{Setting{"scale__with_std", "false"}, Setting{"classify__passes", "2"},
                                         Setting{"classify__estimator__penalty", "l1"}};
};

using All = std::tuple<Scaler, ScalerPipeline, Hinge, LogLoss, ThreeClassLogLoss, ThreeClassHuber, SquaredHinge, Incremental,
                       ThreeClassIncremental, Pipeline, IncrementalPipeline>;
using Transformers = std::tuple<Scaler, ScalerPipeline>;
using Classifiers = std::tuple<Hinge, LogLoss, ThreeClassLogLoss, ThreeClassHuber, SquaredHinge, Incremental,
                               ThreeClassIncremental, Pipeline, IncrementalPipeline>;

template <class Case>
using EstimatorOf = decltype(Case::make());
template <class Case>
inline constexpr bool is_classifier = Case::n_classes > 0;

/// The case's labels of X; any for a transformer.
template <class Case>
std::vector<Label> labels(const Matrix<double>& X) {
    return test::labels(X, is_classifier<Case> ? Case::n_classes : 2);
}
template <class Case>
std::vector<Label> classes() {
    std::vector<Label> all;
    for (Label k = 0; k < Case::n_classes; ++k) all.push_back(k);
    return all;
}

// --- calls --------------------------------------------------------------------------------------------------------

/// fit on data of any kind, in memory or chunked.
template <class Case, class E, class X, class Y>
void fit(E& e, const X& data, const Y& y) {
    if constexpr (is_classifier<Case>) e.fit(data, y);
    else e.fit(data);
}
/// One block in memory.
template <class Case, class E, class X, class Y>
void partial_fit(E& e, const X& block, const Y& y) {
    if constexpr (is_classifier<Case>) e.partial_fit(block, y, {.classes = classes<Case>()});
    else e.partial_fit(block);
}
template <class Case, class X, class Y>
EstimatorOf<Case> fitted(const X& data, const Y& y) {
    EstimatorOf<Case> e = Case::make();
    fit<Case>(e, data, y);
    return e;
}

inline Matrix<double> as_matrix(const std::vector<Label>& y) {
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
inline Matrix<double> as_matrix(const bf::ChunkedVector<Label>& y) { return as_matrix(y.compute()); }

/// Calls f(result) for each method that gives a result for each row. What is lazy is not computed.
template <class Case, class E, class X, class F>
void apply(const E& e, const X& data, F f) {
    if constexpr (is_classifier<Case>) {
        f(e.predict(data));
        f(e.decision_function(data));
        if constexpr (Case::has_proba) {
            f(e.predict_proba(data));
            f(e.predict_log_proba(data));
        }
    } else {
        f(e.transform(data));
        f(e.inverse_transform(data));
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

}  // namespace contract

#endif
