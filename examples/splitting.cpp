/// Data sets that are made when they are read, and parts of data to train on and to test with. Compiled and run with
/// the tests.

#include <cstdio>
#include <cstdlib>

#include <blockfit/array/compute.hpp>
#include <blockfit/datasets/make_blobs.hpp>
#include <blockfit/datasets/make_classification.hpp>
#include <blockfit/datasets/make_regression.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/model_selection/shuffle_blocks.hpp>
#include <blockfit/model_selection/train_test_split.hpp>
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>
#include <blockfit/wrappers/incremental.hpp>

namespace bf = blockfit;

namespace {

bool train_and_test() {
    //! [split]
    auto [X, y] = bf::make_classification(
        200'000,
        {.n_features = 10, .n_informative = 4, .n_clusters_per_class = 1, .class_sep = 1.5, .block_rows = 20'000});
    auto [X_train, X_test, y_train, y_test] = bf::train_test_split(X, y, {.test_size = 0.2, .random_state = 1});

    auto pipe = bf::make_pipeline(bf::StandardScaler{}, bf::Incremental{bf::SGDClassifier({.random_state = 2})});
    pipe.fit(X_train, y_train);
    double train = pipe.score(X_train, y_train), test = pipe.score(X_test, y_test);
    std::printf("accuracy on the rows trained on %.3f, on others %.3f\n", train, test);
    //! [split]
    return X_train.rows() == 160'000 && X_test.rows() == 40'000 && X_test.n_blocks() == 10 && test > 0.8 &&
           train - test < 0.02 && test - train < 0.02;
}

bool several_parts() {
    auto [X, y] = bf::make_classification(10'000, {.block_rows = 1'000});
    auto w = bf::vector_from_function<double>(10'000, [](bf::Index, auto out) {
        for (bf::Index i = 0; i < out.rows(); ++i) out(i, 0) = 1.0;
    });
    //! [several]
    // Any number of arrays, with the options in front; all follow the blocks of the first.
    auto [X_fit, X_test, y_fit, y_test, w_fit, w_test] = bf::train_test_split({.test_size = 1'000}, X, y, w);
    // A validation part, out of what is left.
    auto [X_train, X_valid] = bf::train_test_split(X_fit, {.test_size = 1'000});
    // The last rows, where rows are in the order of time.
    auto [X_old, X_new] = bf::train_test_split(X, {.train_size = 0.9, .shuffle = false});
    //! [several]
    return X_train.rows() == 8'000 && X_valid.rows() == 1'000 && w_test.rows() == 1'000 && y_fit.rows() == 9'000 &&
           y_test.rows() == X_test.rows() && w_fit.rows() == 9'000 && X_old.rows() == 9'000 &&
           X_new.rows(0, 1).compute() == X.rows(9'000, 9'001).compute();
}

bool another_order() {
    auto [X, y] = bf::make_classification(10'000, {.block_rows = 1'000});
    //! [shuffle]
    auto [X2, y2] = bf::shuffle_blocks(X, y, {.random_state = 3});  // blocks in a random order, rows in them as well
    auto X3 = bf::shuffle_blocks(X, {.within_blocks = false});      // blocks only: as fast as X itself
    //! [shuffle]
    return X2.rows() == 10'000 && y2.rows() == 10'000 && X3.n_blocks() == 10 && X2.compute() != X.compute();
}

bool data_sets() {
    //! [datasets]
    auto [X, y] = bf::make_classification(1'000'000, {.n_classes = 2, .weights = {0.9, 0.1}, .random_state = 1});
    auto [X_lines, y_lines, coef] = bf::make_regression<float>(1'000'000, {.n_features = 30, .noise = 10});
    auto [X_blobs, y_blobs, centers] = bf::make_blobs(1'000'000, {.n_features = 4, .centers = 8, .cluster_std = 0.5});
    auto [X_many, Y_many, coef_many] = bf::make_multi_regression(1'000'000, 3, {.n_features = 30});
    //! [datasets]
    return X.cols() == 20 && y.rows() == 1'000'000 && X_lines.cols() == 30 && y_lines.rows() == X_lines.rows() &&
           coef.size() == 30 && centers.rows() == 8 && X_blobs.cols() == 4 && y_blobs.rows() == 1'000'000 &&
           X_many.cols() == 30 && Y_many.cols() == 3 && coef_many.cols() == 3;
}

}  // namespace

int main() {
    const bool ok = train_and_test() && several_parts() && another_order() && data_sets();
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
