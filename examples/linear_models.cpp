/// Linear models, alone, in Incremental and in pipelines. Compiled and run with the tests.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/cluster/mini_batch_kmeans.hpp>
#include <blockfit/decomposition/incremental_pca.hpp>
#include <blockfit/linear_model/passive_aggressive_classifier.hpp>
#include <blockfit/linear_model/passive_aggressive_regressor.hpp>
#include <blockfit/linear_model/perceptron.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/linear_model/sgd_regressor.hpp>
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>
#include <blockfit/wrappers/incremental.hpp>

namespace bf = blockfit;

namespace {

/// 20,000 x 3 in ten blocks.
bf::ChunkedMatrix<double> features() { return bf::random_normal(20'000, 3, {.seed = 1, .block_rows = 2'000}); }
/// 0, 1 or 2, by the first two columns.
bf::ChunkedVector<int> labels() {
    const auto label = [](auto in, auto out) {
        for (bf::Index i = 0; i < in.rows(); ++i) out(i, 0) = (in(i, 0) > 1) + (in(i, 1) > 1);
    };
    return features().map_rows<int>(label, 1).col(0);
}
/// 2 x0 - x1 + 3.
bf::ChunkedVector<double> targets() {
    const auto target = [](auto in, auto out) {
        for (bf::Index i = 0; i < in.rows(); ++i) out(i, 0) = 2 * in(i, 0) - in(i, 1) + 3;
    };
    return features().map_rows(target, 1).col(0);
}

bool sgd_classifier() {
    const auto X = features();
    const auto y = labels();
    //! [sgd_classifier]
    bf::Incremental clf{bf::SGDClassifier({.loss = bf::Loss::log_loss, .alpha = 1e-3})};
    clf.fit(X, y);                  // chunked: the classes are found in y, then each block is one partial_fit
    auto p = clf.predict_proba(X);  // lazy, n x n_classes
    double accuracy = clf.score(X, y);
    const bf::Matrix<double>& w = clf.estimator().coef();  // one row a class
    //! [sgd_classifier]
    return p.cols() == 3 && accuracy > 0.7 && w.rows() == 3;
}

bool sgd_regressor() {
    const auto X = features();
    const auto y = targets();
    //! [sgd_regressor]
    bf::Incremental reg{bf::SGDRegressor({.loss = bf::Loss::huber, .epsilon = 1})};
    reg.fit(X, y);                    // chunked: each block is one partial_fit
    auto predicted = reg.predict(X);  // lazy, a double a row
    double r2 = reg.score(X, y);
    //! [sgd_regressor]
    return predicted.size() == X.rows() && r2 > 0.99;
}

bool perceptron() {
    //! [perceptron]
    bf::Matrix<double> X{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    std::vector<int> y{0, 0, 0, 1};  // and
    bf::Perceptron clf;
    clf.fit(X, y);
    auto predicted = clf.predict(X);  // {0, 0, 0, 1}
    //! [perceptron]
    return predicted == std::vector<bf::Label>{0, 0, 0, 1};
}

bool passive_aggressive_classifier() {
    const auto X = features();
    const auto y = labels();
    //! [passive_aggressive_classifier]
    bf::PassiveAggressiveClassifier clf({.C = 0.01, .loss = bf::Loss::squared_hinge});  // PA-II
    for (bf::Index i = 0; i < X.n_blocks(); ++i)  // what Incremental does, with a loop of one's own
        clf.partial_fit(X.block(i).compute(), y.block(i).compute(), {.classes = {0, 1, 2}});
    double accuracy = clf.score(X, y);
    //! [passive_aggressive_classifier]
    return accuracy > 0.6 && clf.t() == 20'001;
}

bool passive_aggressive_regressor() {
    const auto X = features();
    const auto y = targets();
    //! [passive_aggressive_regressor]
    bf::Incremental reg{bf::PassiveAggressiveRegressor({.C = 0.1, .epsilon = 0.01})};
    reg.fit(X, y);
    double r2 = reg.score(X, y);
    //! [passive_aggressive_regressor]
    return r2 > 0.99;
}

bool incremental() {
    const auto X = features();
    const auto y = targets();
    const auto weight = bf::random_uniform(20'000, 1).col(0);
    //! [incremental]
    bf::Incremental reg(bf::SGDRegressor({.alpha = 1e-5}), {.passes = 3, .shuffle_blocks = true});
    reg.fit(X, y, {.sample_weight = weight});  // three times all blocks, each time in another order
    bf::Index blocks = reg.blocks_done();      // 30
    const bf::SGDRegressor& trained = reg.estimator();
    //! [incremental]
    return blocks == 30 && trained.t() == 60'001;
}

bool resume() {
    const auto spoil = [](auto in, auto out) {
        for (bf::Index i = 0; i < in.rows(); ++i) out(i, 0) = in(i, 0) == 4 ? std::numeric_limits<double>::quiet_NaN() : in(i, 0);
    };
    const auto X = bf::from_function<double>(10, 1, [](bf::Index first, auto out) {
                       for (bf::Index i = 0; i < out.rows(); ++i) out(i, 0) = static_cast<double>(first + i);
                   }).map_rows(spoil).rechunk(2);
    const auto y = X.col(0).map_blocks([](auto in, auto out) {
        for (bf::Index i = 0; i < in.rows(); ++i) out(i, 0) = in(i, 0) > 0;
    });
    bf::Incremental reg{bf::SGDRegressor{}};
    //! [resume]
    try {
        reg.partial_fit(X, y);
    } catch (const bf::DataError&) {  // a NaN: reg is as after the blocks before it
        const bf::Index next = X.plan()[reg.blocks_done()].end;  // go on behind the bad block
        reg.partial_fit(X.rows(next, X.rows()), y.rows(next, y.rows()));
    }
    //! [resume]
    return reg.blocks_done() == 2 && reg.estimator().t() == 9;
}

bool pipeline() {
    const auto X = features();
    const auto y = targets();
    //! [pipeline]
    auto pipe = bf::make_pipeline(bf::step<"scale">(bf::StandardScaler{}), bf::Incremental{bf::SGDRegressor{}});
    pipe.set_param("incremental__estimator__alpha", "1e-5");
    pipe.fit(X, y);                          // two passes: one for the scaler, one for the regressor
    double r2 = pipe.score(X, y);            // one more; every pass scales anew what it reads
    auto mean = pipe.get<"scale">().mean();  // or pipe.get<0>()
    //! [pipeline]
    return r2 > 0.99 && mean.size() == 3;
}

bool three_steps() {
    const auto X = features();
    //! [three_steps]
    auto groups = bf::make_pipeline(bf::StandardScaler{}, bf::Incremental{bf::IncrementalPCA({.n_components = 2})},
                                    bf::Incremental{bf::MiniBatchKMeans({.n_clusters = 4})});
    groups.fit(X);                     // three passes
    auto cluster = groups.predict(X);  // lazy, one label a row
    //! [three_steps]
    const std::vector<bf::Label> found = cluster.compute();
    return std::ranges::all_of(found, [](bf::Label k) { return k >= 0 && k < 4; });
}

}  // namespace

int main() {
    const bool ok = sgd_classifier() && sgd_regressor() && perceptron() && passive_aggressive_classifier() &&
                    passive_aggressive_regressor() && incremental() && resume() && pipeline() && three_steps();
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
