/// Neural networks: classes, several labels a row, one target and several. Compiled and run with the tests.

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <blockfit/array/creation.hpp>
#include <blockfit/neural_network/mlp_classifier.hpp>
#include <blockfit/neural_network/mlp_regressor.hpp>
#include <blockfit/wrappers/incremental.hpp>

namespace bf = blockfit;

namespace {

/// 10,000 x 2 in ten blocks.
bf::ChunkedMatrix<float> features() { return bf::random_uniform<float>(10'000, 2, {.seed = 1, .block_rows = 1'000}); }
/// Is the first column above 1/2, and is the second?
bf::ChunkedMatrix<int> upper() {
    return features().map_rows<int>([](auto in, auto out) {
        for (bf::Index i = 0; i < in.rows(); ++i)
            for (bf::Index j = 0; j < 2; ++j) out(i, j) = in(i, j) > 0.5F;
    });
}

bool classifier() {
    const auto X = features();
    const auto y = upper().map_rows<int>([](auto in, auto out) {
        for (bf::Index i = 0; i < in.rows(); ++i) out(i, 0) = in(i, 0) != in(i, 1);
    }, 1).col(0);
    //! [mlp_classifier]
    bf::MLPClassifier<float> net({.hidden_layer_sizes = {16, 8}, .learning_rate_init = 0.01});
    bf::Incremental clf(net, {.passes = 10});
    clf.fit(X, y);                  // chunked: each block is one pass of mini-batches
    auto p = clf.predict_proba(X);  // lazy, n x n_classes, double
    double accuracy = clf.score(X, y);
    //! [mlp_classifier]
    return p.cols() == 2 && accuracy > 0.95;
}

bool several_labels() {
    const auto X = features();
    const auto Y = upper();
    //! [several_labels]
    bf::Incremental clf(bf::MLPClassifier({.hidden_layer_sizes = {8}, .learning_rate_init = 0.01}), {.passes = 5});
    clf.fit(X, Y);                              // Y: n x 2 of 0 and 1, chunked as well
    auto predicted = clf.predict_indicator(X);  // lazy, n x 2 of 0 and 1
    double all_right = clf.score(X, Y);         // share of rows with both labels right
    //! [several_labels]
    return predicted.cols() == 2 && all_right > 0.9;
}

bool regressor() {
    //! [mlp_regressor]
    bf::Matrix<double> X(200, 1);
    std::vector<double> y(200);
    for (bf::Index i = 0; i < 200; ++i) {
        X(i, 0) = static_cast<double>(i) / 100 - 1;
        y[static_cast<std::size_t>(i)] = X(i, 0) * X(i, 0);
    }
    bf::MLPRegressor net({.hidden_layer_sizes = {20}, .batch_size = 20, .learning_rate_init = 0.01});
    net.fit(X, y);  // up to max_iter passes
    double r2 = net.score(X, y);
    //! [mlp_regressor]
    return r2 > 0.98;
}

bool several_outputs() {
    const auto X = features();
    const auto Y = X.map_rows([](auto in, auto out) {
        for (bf::Index i = 0; i < in.rows(); ++i) {
            out(i, 0) = in(i, 0) + in(i, 1);
            out(i, 1) = in(i, 0) * in(i, 1);
        }
    });
    //! [several_outputs]
    bf::Incremental reg(bf::MLPRegressor({.hidden_layer_sizes = {16}, .learning_rate_init = 0.01}), {.passes = 5});
    reg.fit(X, Y);                            // Y: n x 2
    auto predicted = reg.predict_outputs(X);  // lazy, n x 2
    double r2 = reg.score(X, Y);              // mean over the outputs
    //! [several_outputs]
    return predicted.cols() == 2 && r2 > 0.9;
}

}  // namespace

int main() {
    const bool ok = classifier() && several_labels() && regressor() && several_outputs();
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
