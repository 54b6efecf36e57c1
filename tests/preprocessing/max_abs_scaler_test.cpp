#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/array/creation.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/preprocessing/max_abs_scaler.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Matrix;
using bf::MaxAbsScaler;

namespace {

template <class E, class Call>
void refused(MaxAbsScaler& scaler, const std::string& text, Call call) {
    const MaxAbsScaler before = scaler;
    CHECK_THROWS_AS(call(), E);
    CHECK_THROWS_WITH(call(), Catch::Contains(text));
    CHECK(scaler == before);
}

}  // namespace

TEST_CASE("MaxAbsScaler: the largest absolute value of each column, of either sign", "[preprocessing]") {
    const Matrix<double> X{{1, -7, 0, 2}, {-3, 5, 0, 4}};
    const MaxAbsScaler scaler = MaxAbsScaler().fit(X);
    CHECK(scaler.max_abs() == std::vector<double>{3, 7, 0, 4});
    CHECK(scaler.scale() == std::vector<double>{3, 7, 1, 4});
    CHECK(scaler.n_samples_seen() == 2);
    const Matrix<double> Z = scaler.transform(X);
    CHECK(Z == Matrix<double>{{1.0 / 3, -1, 0, 0.5}, {-1, 5.0 / 7, 0, 1}});
    CHECK(scaler.inverse_transform(Z) == X);
    const Matrix<double> many = test::uneven(20000, 5, 1);
    const MaxAbsScaler fitted = MaxAbsScaler().fit(many);
    for (Index j = 0; j < 5; ++j) {
        double most = 0;
        for (Index i = 0; i < many.rows(); ++i) most = std::max(most, std::abs(many(i, j)));
        CHECK(fitted.max_abs()[static_cast<std::size_t>(j)] == most);
    }
}

TEST_CASE("MaxAbsScaler: a maximum below 10 epsilon of the type is not divided by", "[preprocessing]") {
    constexpr double epsilon = std::numeric_limits<double>::epsilon();
    CHECK(MaxAbsScaler().fit(Matrix<double>{{9 * epsilon, -11 * epsilon}}).scale() == std::vector<double>{1, 11 * epsilon});
    MaxAbsScaler single = MaxAbsScaler().fit(Matrix<float>{{-1.1e-6F, 1.3e-6F}});
    CHECK(single.scale()[0] == 1);
    CHECK(single.scale()[1] == Approx(1.3e-6));
    single.partial_fit(Matrix<double>{{0, 0}});
    CHECK(single.scale()[0] == Approx(1.1e-6));
}

TEST_CASE("MaxAbsScaler: NaN is left out and stays, also a column without a value", "[preprocessing]") {
    const Matrix<double> X{{1, test::nan}, {test::nan, test::nan}, {-4, -2}};
    MaxAbsScaler scaler;
    scaler.fit(X.view().rows(0, 2));
    CHECK(scaler.max_abs()[0] == 1);
    CHECK(std::isnan(scaler.max_abs()[1]));
    CHECK(std::isnan(scaler.transform(Matrix<double>{{1, 1}})(0, 1)));
    scaler.partial_fit(X.view().rows(2, 3));
    CHECK(scaler.max_abs() == std::vector<double>{4, 2});
    CHECK(scaler.n_samples_seen() == 3);
    CHECK(std::isnan(scaler.transform(X)(1, 0)));
    CHECK(scaler.transform(X)(2, 1) == -1);
}

TEST_CASE("MaxAbsScaler: float data stays float, and integers become double", "[preprocessing]") {
    const Matrix<float> X = test::as<float>(test::uneven(300, 3, 5));
    const MaxAbsScaler scaler = MaxAbsScaler().fit(X);
    const Matrix<float> Z = scaler.transform(X), back = scaler.inverse_transform(Z);
    for (Index i = 0; i < 300; ++i)
        for (Index j = 0; j < 3; ++j) {
            REQUIRE(Z(i, j) == static_cast<float>(static_cast<double>(X(i, j)) / scaler.scale()[static_cast<std::size_t>(j)]));
            REQUIRE(back(i, j) == Approx(X(i, j)).epsilon(2e-7));
        }
    const Matrix<int> whole = test::as<int>(test::uneven(50, 3, 6));
    CHECK(MaxAbsScaler().fit(whole) == MaxAbsScaler().fit(test::to_double(whole)));
}

TEST_CASE("MaxAbsScaler: neither blocks nor threads change the bits", "[preprocessing]") {
    const Matrix<double> X = test::uneven(1500, 3, 14);
    const MaxAbsScaler whole = MaxAbsScaler().fit(X);
    for (const Index block_rows : {1, 100, 1499}) {
        MaxAbsScaler loop;
        for (Index begin = 0; begin < 1500; begin += block_rows)
            loop.partial_fit(X.view().rows(begin, std::min<Index>(begin + block_rows, 1500)));
        REQUIRE(loop == whole);
        const auto chunked = bf::from_array(X, {.block_rows = block_rows});
        for (const int threads : {1, 2, 8}) {
            const bf::Settings settings({.threads = threads});
            MaxAbsScaler scaler;
            scaler.partial_fit(test::normal(3, 9, 1));
            REQUIRE(scaler.fit(chunked) == whole);
            REQUIRE(scaler.max_abs() == whole.max_abs());
            REQUIRE(scaler.transform(chunked).compute() == whole.transform(X));
        }
    }
}

TEST_CASE("MaxAbsScaler: refusals change nothing", "[preprocessing]") {
    const Matrix<double> X = test::normal(30, 3, 1);
    const std::vector<double> w(30, 1.0);
    MaxAbsScaler scaler;
    CHECK_THROWS_AS(scaler.max_abs(), bf::NotFittedError);
    CHECK_THROWS_AS(scaler.scale(), bf::NotFittedError);
    CHECK_THROWS_AS(scaler.inverse_transform(X), bf::NotFittedError);
    refused<bf::ShapeError>(scaler, "MaxAbsScaler::fit: X has 0 rows", [&] { scaler.fit(Matrix<double>(0, 3)); });
    scaler.fit(X);
    refused<bf::ShapeError>(scaler, "number of features is 2, expected 3", [&] { scaler.partial_fit(test::normal(3, 2, 1)); });
    refused<bf::UnsupportedError>(scaler, "sample_weight", [&] { scaler.fit(X, w); });
    Matrix<double> bad = X;
    bad(17, 2) = -test::infinity;
    refused<bf::DataError>(scaler, "[row 17, column 2]", [&] { scaler.partial_fit(bad); });
    refused<bf::DataError>(scaler, "[block 1, row 17, column 2]",
                           [&] { scaler.partial_fit(bf::from_array(bad, {.block_rows = 10})); });
    CHECK_THROWS_WITH(scaler.transform(bad), Catch::Contains("MaxAbsScaler::transform") && Catch::Contains("[row 17, column 2]"));
}

TEST_CASE("MaxAbsScaler: there are no parameters", "[preprocessing]") {
    MaxAbsScaler scaler;
    CHECK(scaler.to_string() == "MaxAbsScaler()");
    CHECK_THROWS_WITH(scaler.set_param("copy", "true"), "MaxAbsScaler has no parameter 'copy'; it has none");
    scaler.fit(test::normal(4, 2, 1));
    CHECK_FALSE(scaler == MaxAbsScaler());
    CHECK(scaler.unfitted() == MaxAbsScaler());
}
