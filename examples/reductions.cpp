/// Reductions of chunked arrays: sums, extrema, quantiles, histograms. Compiled and run with the tests.

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <blockfit/array/creation.hpp>
#include <blockfit/array/elementwise.hpp>
#include <blockfit/array/reductions.hpp>

namespace bf = blockfit;

namespace {

bool one_pass() {
    //! [one_pass]
    auto X = bf::random_normal(1'000'000, 4, {.seed = 1, .block_rows = 100'000});

    // Nothing is read yet. compute() reads X once, in parallel, for all of them.
    auto [mean, spread, least, where, above] =
        bf::compute(bf::mean(X, bf::axis<0>),  // std::vector<double>, one a column
                    bf::stddev(X, bf::axis<0>, {.ddof = 1}),
                    bf::min(X),     // double, over all elements
                    bf::argmin(X),  // row * 4 + column
                    bf::count_nonzero(bf::max(X, bf::axis<1>) > 3));
    //! [one_pass]
    std::printf("column      mean    stddev\n");
    for (std::size_t j = 0; j < 4; ++j) std::printf("%6zu %9.5f %9.5f\n", j, mean[j], spread[j]);
    std::printf("the least value is %.4f, in row %td; %td rows have a value above 3\n\n", least, where / 4, above);
    return std::abs(mean[0]) < 0.01 && std::abs(spread[3] - 1) < 0.01 && least < -4 && above > 5'000 && above < 5'800;
}

bool distribution() {
    //! [distribution]
    auto y = bf::random_normal(1'000'000, 1, {.seed = 2}).col(0);
    auto bars = bf::histogram(y, 9, {-4.5, 4.5});
    auto quartiles = bf::quantile(y, {0.25, 0.5, 0.75}, {.rank_error = 0.0005});
    auto [histogram, quantiles] = bf::compute(bars, quartiles);
    //! [distribution]
    for (std::size_t k = 0; k < histogram.counts.size(); ++k)
        std::printf("%5.1f to %4.1f %7td %.*s\n", histogram.edges[k], histogram.edges[k + 1], histogram.counts[k],
                    static_cast<int>(histogram.counts[k] / 10'000), "########################################");
    std::printf("quartiles %.3f %.3f %.3f; their ranks are off by at most %.4f %% of the values\n\n",
                quantiles.values[0], quantiles.values[1], quantiles.values[2], 100 * quantiles.rank_error);
    return quantiles.rank_error <= 0.0005 && std::abs(quantiles.values[2] - 0.6745) < 0.01 &&
           histogram.counts[4] > 380'000;
}

bool labels() {
    //! [unique]
    auto label = bf::vector_from_function<int>(90'000, [](bf::Index first, auto out) {
        for (bf::Index i = 0; i < out.rows(); ++i) out(i, 0) = static_cast<int>((first + i) % 9 % 4);
    });
    auto [values, counts] = bf::unique(label).compute();  // values 0, 1, 2, 3 and how often each occurs
    //! [unique]
    for (std::size_t k = 0; k < values.size(); ++k) std::printf("label %d: %td rows\n", values[k], counts[k]);
    return counts.size() == 4 && counts[0] == 30'000 && counts[3] == 20'000;
}

}  // namespace

int main() {
    const bool ok = one_pass() && distribution() && labels();
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
