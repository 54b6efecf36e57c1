/// The scalers. Compiled and run with the tests.

#include <cstdio>
#include <cstdlib>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/preprocessing/max_abs_scaler.hpp>
#include <blockfit/preprocessing/min_max_scaler.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

namespace bf = blockfit;

namespace {

bool standard() {
    //! [standard]
    auto X = bf::random_normal(100'000, 3, {.seed = 1}).map_rows([](auto in, auto out) {
        for (bf::Index i = 0; i < in.rows(); ++i)
            for (bf::Index j = 0; j < 3; ++j) out(i, j) = 10 * in(i, j) + 5;
    });
    bf::StandardScaler scaler;
    scaler.fit(X);                            // one parallel pass
    auto Z = scaler.transform(X);             // lazy: mean 0 and variance 1 in each column
    auto back = scaler.inverse_transform(Z);  // lazy: X again, to rounding
    double scale = scaler.scale()[0];         // about 10
    //! [standard]
    const double error = back.rows(0, 1).compute()(0, 0) - X.rows(0, 1).compute()(0, 0);
    return Z.cols() == 3 && scale > 9.9 && scale < 10.1 && error < 1e-12 && error > -1e-12;
}

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
    const bool ok = standard() && min_max() && max_abs();
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
