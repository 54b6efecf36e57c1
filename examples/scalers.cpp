/// The scalers that know the extrema of each column. Compiled and run with the tests.

#include <cstdio>
#include <cstdlib>

#include <blockfit/array/creation.hpp>
#include <blockfit/preprocessing/max_abs_scaler.hpp>
#include <blockfit/preprocessing/min_max_scaler.hpp>

namespace bf = blockfit;

namespace {

bool min_max() {
    //! [min_max]
    auto X = bf::random_normal(100'000, 3, {.seed = 1});
    bf::MinMaxScaler scaler({.feature_range = {-1, 1}, .clip = true});
    scaler.fit(X);                    // one parallel pass
    auto Z = scaler.transform(X);     // lazy: every value is in [-1, 1]
    auto span = scaler.data_range();  // largest less smallest value of each column
    //! [min_max]
    const bf::Matrix<double> first = Z.rows(0, 10).compute();
    for (const double z : first.values())
        if (z < -1 || z > 1) return false;
    return span.size() == 3;
}

bool max_abs() {
    //! [max_abs]
    bf::Matrix<float> counts{{0, 2, -4}, {3, 0, 2}};
    bf::MaxAbsScaler scaler;
    auto Z = scaler.fit_transform(counts);  // {{0, 1, -1}, {1, 0, 0.5}}: zeros stay zero
    //! [max_abs]
    return Z == bf::Matrix<float>{{0, 1, -1}, {1, 0, 0.5F}};
}

}  // namespace

int main() {
    const bool ok = min_max() && max_abs();
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
