#include <blockfit/array/elementwise.hpp>
#include <blockfit/array/reductions.hpp>

#include "operations.hpp"

namespace bf = blockfit;
using bf::axis;

// Sums have types of their own, and differ in the last places, as their order does.
#define REDUCTION(numpy, ...) test::check_operation(numpy, test::values_of_all(__VA_ARGS__), 16, false)

TEST_CASE("reductions: NumPy's values, as methods and functions", "[array]") {
    const test::Inputs inputs;
    const auto& [X, Z, N, S, F, I, U, B, y, v, m, r] = inputs;
    REDUCTION(R"(X.sum())", X.sum());
    REDUCTION(R"(X.sum(axis=0))", X.sum(axis<0>));
    REDUCTION(R"(X.sum(axis=1))", X.sum(axis<1>));
    REDUCTION(R"(X.mean())", X.mean());
    REDUCTION(R"(X.mean(axis=0))", X.mean(axis<0>));
    REDUCTION(R"(Z.var(axis=0))", Z.var(axis<0>));
    REDUCTION(R"(Z.std(axis=0, ddof=1))", stddev(Z, axis<0>, {.ddof = 1}));
    REDUCTION(R"(Z.std(axis=1))", Z.stddev(axis<1>));
    REDUCTION(R"(S.min())", S.min());
    REDUCTION(R"(X.min(axis=0))", X.min(axis<0>));
    REDUCTION(R"(X.max(axis=1))", X.max(axis<1>));
    REDUCTION(R"(X.argmin())", X.argmin());
    REDUCTION(R"(X.argmax(axis=0))", X.argmax(axis<0>));
    REDUCTION(R"(I.argmin(axis=1))", I.argmin(axis<1>));
    REDUCTION(R"((X > 5).any())", (X > 5).any());
    REDUCTION(R"((X > -20).all(axis=0))", (X > -20).all(axis<0>));
    REDUCTION(R"(da.count_nonzero(I))", count_nonzero(I));
    REDUCTION(R"(da.nansum(N, axis=0))", nansum(N, axis<0>));
    REDUCTION(R"(da.nanmean(N, axis=0))", nanmean(N, axis<0>));
    REDUCTION(R"(da.nanstd(N, axis=0))", nanstddev(N, axis<0>));
    REDUCTION(R"(da.nanmin(N))", nanmin(N));
    REDUCTION(R"(da.nanmax(N, axis=1))", nanmax(N, axis<1>));
    REDUCTION(R"(da.nanargmax(N, axis=0))", nanargmax(N, axis<0>));
    REDUCTION(R"(da.quantile(v, [0.1, 0.5, 0.9]))", quantile(v, {0.1, 0.5, 0.9}).compute().values);
    REDUCTION(R"(da.median(X, axis=0))", median(X, axis<0>).compute().values);
    REDUCTION(R"(da.unique(y))", unique(y).compute().values);
    REDUCTION(R"(da.unique(y, return_counts=True)[1])", unique(y).compute().counts);
    REDUCTION(R"(da.histogram(X, bins=7, range=(-5, 5))[0])", histogram(X, 7, {-5, 5}).compute().counts);
    REDUCTION(R"(da.histogram(v, bins=[-2, -1, 0, 1.5])[0])", histogram(v, {-2, -1, 0, 1.5}).compute().counts);
}
