/// Chunked arrays as dask.array users know them. Compiled and run with the tests.

#include <cstdio>
#include <cstdlib>
#include <tuple>
#include <vector>

#include <blockfit/blockfit.hpp>
#if __has_include(<xtensor/xtensor.hpp>) || __has_include(<xtensor/containers/xtensor.hpp>)
#define HAS_XTENSOR
#include <blockfit/interop/xtensor.hpp>
#if __has_include(<xtensor/core/xmath.hpp>)
#include <xtensor/core/xmath.hpp>
#else
#include <xtensor/xmath.hpp>
#endif
#endif

namespace bf = blockfit;

namespace {

bool expressions() {
    //! [expressions]
    auto X = bf::random_normal(1'000'000, 4, {.seed = 1});         // lazy, as all that follows
    auto y = X.col(0) * 3 - X.col(1) > 0.5;                        // a ChunkedVector<bool>
    auto Z = bf::clip((X - std::vector{0.1, 0.2, 0.3, 0.4}) * 2, -3, 3);  // a row beside a matrix: one value a column
    auto W = X / bf::sqrt(bf::square(X.col(2)) + 1);               // a column beside a matrix: one value a row
    auto clean = bf::where(bf::isnan(W), 0.0, W);
    bf::Matrix<double> first = clean.head();                       // five rows, read now
    //! [expressions]
    return first.rows() == 5 && Z.cols() == 4 && y.size() == X.rows();
}

bool rows() {
    auto X = bf::random_uniform(100'000, 3, {.seed = 1});
    auto y = X.col(0) > 0.5;
    //! [rows]
    auto part = X.rows(1'000, 2'000);                    // X[1000:2000]
    auto every_third = X.rows(0, X.rows(), 3);           // X[::3]
    auto two_columns = X.cols({2, 0});                   // X[:, [2, 0]]
    auto large = X.filter(X.col(1) > 0.9);               // X[X[:, 1] > 0.9]: reads the mask once, to count
    auto [X_true, y_true] = bf::filter(y, X, y);         // several arrays by one mask
    auto both = bf::concatenate(part, large);            // below each other
    auto wide = bf::hstack(X, X.col(0) * X.col(1));      // side by side
    std::vector<double> row = X[17];                     // read now
    //! [rows]
    return every_third.rows() == 33'334 && two_columns.cols() == 2 && wide.cols() == 4 && row.size() == 3 &&
           both.rows() == 1'000 + large.rows() && X_true.rows() == y_true.size();
}

bool reductions() {
    auto X = bf::random_normal(1'000'000, 4, {.seed = 1});
    //! [reductions]
    double total = X.sum().compute();                                         // one pass
    auto [mean, deviation, low] = bf::compute(X.mean(bf::axis<0>),            // one pass for all three
                                              X.stddev(bf::axis<0>), bf::min(X));
    auto length = bf::sqrt(bf::sum(bf::square(X), bf::axis<1>));              // lazy: one value a row
    //! [reductions]
    return mean.size() == 4 && deviation[0] > 0.99 && low < -4 && total != 0 && length.size() == X.rows();
}

bool memory() {
    //! [memory]
    auto X = bf::random_normal(100'000, 4, {.seed = 1});
    auto Z = bf::log1p(bf::abs(X)).persist();   // computed now and kept, within Settings::memory_limit
    bf::Matrix<double> all = Z.compute();
    bf::store(Z, [](bf::RowRange rows, bf::MatrixView<const double> block) {
        // the blocks in order, computed ahead in parallel: for what no writer here writes
        (void)rows, (void)block;
    });
    //! [memory]
    return all.rows() == 100'000;
}

#ifdef HAS_XTENSOR
bool xtensor() {
    //! [xtensor]
    auto X = bf::random_normal(100'000, 4, {.seed = 1});
    auto Z = bf::xt_map(X, [](const auto& x) { return xt::log1p(xt::abs(x)) * 2; });  // lazy, by rows, no temporaries
    auto s = bf::xt_map(X, [](const auto& x) { return xt::sum(x, {1}); });            // one dimension: a vector
    xt::xtensor<double, 2> all = Z.compute<xt::xtensor<double, 2>>();
    //! [xtensor]
    return all.shape()[0] == 100'000 && s.size() == 100'000;
}
#else
bool xtensor() { return true; }
#endif

}  // namespace

int main() {
    const bool ok = expressions() && rows() && reductions() && memory() && xtensor();
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
