#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/array/creation.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/preprocessing/min_max_scaler.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Matrix;
using bf::MatrixView;
using bf::MinMaxScaler;

namespace {

/// Checks that call() throws an E that contains `text` and leaves the scaler as it was.
template <class E, class Call>
void refused(MinMaxScaler& scaler, const std::string& text, Call call) {
    const MinMaxScaler before = scaler;
    CHECK_THROWS_AS(call(), E);
    CHECK_THROWS_WITH(call(), Catch::Contains(text));
    CHECK(scaler == before);
}

void require_extrema(const MinMaxScaler& scaler, const Matrix<double>& X) {
    for (Index j = 0; j < X.cols(); ++j) {
        CAPTURE(j);
        double low = test::infinity, high = -test::infinity;
        for (Index i = 0; i < X.rows(); ++i)
            if (!std::isnan(X(i, j))) low = std::min(low, X(i, j)), high = std::max(high, X(i, j));
        const auto at = static_cast<std::size_t>(j);
        REQUIRE(scaler.data_min()[at] == low);
        REQUIRE(scaler.data_max()[at] == high);
        REQUIRE(scaler.data_range()[at] == high - low);
    }
    REQUIRE(scaler.n_samples_seen() == X.rows());
}

}  // namespace

TEST_CASE("MinMaxScaler: extrema, scale and offset of each column", "[preprocessing]") {
    for (const Index rows : {1, 2, 17, 20000}) {
        const Matrix<double> X = test::uneven(rows, 5, 1);
        MinMaxScaler scaler;
        CHECK(&scaler.fit(X) == &scaler);
        require_extrema(scaler, X);
        CHECK(scaler.n_features_in() == 5);
        CHECK(scaler.n_features_out() == 5);
    }
    const MinMaxScaler scaler = MinMaxScaler({.feature_range = {-2, 3}}).fit(Matrix<double>{{1, 10}, {3, 10}, {2, 10}});
    CHECK(scaler.scale() == std::vector<double>{2.5, 5});
    CHECK(scaler.min() == std::vector<double>{-4.5, -52});
}

TEST_CASE("MinMaxScaler: the extrema become the range, and back", "[preprocessing]") {
    const Matrix<double> X = test::uneven(1000, 7, 2);
    MinMaxScaler scaler({.feature_range = {-1, 4}});
    const Matrix<double> Z = scaler.fit_transform(X);
    for (Index j = 0; j < 7; ++j) {
        double low = test::infinity, high = -test::infinity;
        for (Index i = 0; i < 1000; ++i) low = std::min(low, Z(i, j)), high = std::max(high, Z(i, j));
        CHECK(low == Approx(-1).epsilon(1e-13));
        CHECK(high == Approx(4).epsilon(1e-13));
    }
    const Matrix<double> back = scaler.inverse_transform(Z);
    for (std::size_t i = 0; i < X.values().size(); ++i)
        REQUIRE(back.values()[i] == Approx(X.values()[i]).epsilon(1e-12).margin(1e-13));
}

TEST_CASE("MinMaxScaler: a range below 10 epsilon of the type is constant", "[preprocessing]") {
    constexpr double epsilon = std::numeric_limits<double>::epsilon();
    const MinMaxScaler scaler =
        MinMaxScaler({.feature_range = {2, 5}}).fit(Matrix<double>{{1, 1, 1}, {1, 1 + 9 * epsilon, 1 + 10 * epsilon}});
    CHECK(scaler.scale()[0] == 3);
    CHECK(scaler.scale()[1] == 3);
    CHECK(scaler.scale()[2] == Approx(3 / (10 * epsilon)));
    CHECK(scaler.transform(Matrix<double>{{1, 1, 1}})(0, 0) == 2);
    // In float the bound is 1.2e-6, as long as all data was float.
    const Matrix<float> narrow{{0.0F, 0.0F}, {1.1e-6F, 1.3e-6F}};
    MinMaxScaler single = MinMaxScaler().fit(narrow);
    CHECK(single.scale()[0] == 1);
    CHECK(single.scale()[1] == Approx(1 / 1.3e-6).epsilon(1e-6));
    single.partial_fit(Matrix<double>{{0, 0}});
    CHECK(single.scale()[0] == Approx(1 / 1.1e-6).epsilon(1e-6));
    CHECK_FALSE(single == MinMaxScaler().fit(Matrix<float>{{0.0F, 0.0F}, {1.1e-6F, 1.3e-6F}, {0.0F, 0.0F}}));
}

TEST_CASE("MinMaxScaler: clip cuts off what was not fitted", "[preprocessing]") {
    const Matrix<double> X{{0, 0}, {10, 10}}, beyond{{-5, 20}, {test::nan, 5}};
    const MinMaxScaler plain = MinMaxScaler({.feature_range = {1, 2}}).fit(X);
    const MinMaxScaler clipping = MinMaxScaler({.feature_range = {1, 2}, .clip = true}).fit(X);
    CHECK(plain.transform(beyond)(0, 0) == 0.5);
    CHECK(plain.transform(beyond)(0, 1) == 3);
    const Matrix<double> Z = clipping.transform(beyond);
    CHECK(Z(0, 0) == 1);
    CHECK(Z(0, 1) == 2);
    CHECK(std::isnan(Z(1, 0)));
    CHECK(Z(1, 1) == 1.5);
    // The way back does not clip.
    CHECK(clipping.inverse_transform(Matrix<double>{{0, 3}}) == Matrix<double>{{-10, 20}});
}

TEST_CASE("MinMaxScaler: NaN is left out and stays, also a column without a value", "[preprocessing]") {
    Matrix<double> X = test::uneven(60, 3, 3);
    for (Index i = 0; i < 60; i += 3) X(i, 0) = test::nan;
    for (Index i = 20; i < 40; ++i) X(i, 1) = test::nan;
    const std::vector<std::pair<Index, Index>> orders[] = {{{0, 20}, {20, 40}, {40, 60}}, {{20, 40}, {0, 20}, {40, 60}}};
    for (const auto& blocks : orders) {
        MinMaxScaler scaler;
        for (const auto& [begin, end] : blocks) scaler.partial_fit(X.view().rows(begin, end));
        require_extrema(scaler, X);
        CHECK(std::isnan(scaler.transform(X)(0, 0)));
        CHECK_FALSE(std::isnan(scaler.transform(X)(1, 0)));
    }
    MinMaxScaler unknown;
    unknown.fit(X.view().rows(20, 40));
    for (const auto* const values : {&unknown.data_min(), &unknown.data_max(), &unknown.data_range(), &unknown.scale(), &unknown.min()}) {
        CHECK(std::isnan((*values)[1]));
        CHECK_FALSE(std::isnan((*values)[0]));
    }
    CHECK(unknown.n_samples_seen() == 20);
    CHECK(unknown == MinMaxScaler(unknown));
    CHECK(std::isnan(unknown.transform(test::uneven(1, 3, 1))(0, 1)));
}

TEST_CASE("MinMaxScaler: float data is scaled in double and rounded once", "[preprocessing]") {
    const Matrix<float> X = test::as<float>(test::uneven(300, 5, 5));
    const MinMaxScaler scaler = MinMaxScaler({.feature_range = {-3, 0.1}, .clip = true}).fit(X);
    require_extrema(scaler, test::to_double(X));
    const Matrix<float> Z = scaler.transform(X);
    const Matrix<double> want = scaler.transform(test::to_double(X));
    for (std::size_t i = 0; i < Z.values().size(); ++i) REQUIRE(Z.values()[i] == static_cast<float>(want.values()[i]));
    // Integers become double.
    const Matrix<short> whole = test::as<short>(test::uneven(50, 3, 6));
    CHECK(MinMaxScaler().fit(whole) == MinMaxScaler().fit(test::to_double(whole)));
    CHECK(MinMaxScaler().fit_transform(whole) == MinMaxScaler().fit_transform(test::to_double(whole)));
}

TEST_CASE("MinMaxScaler: transforms in place and between strided matrices", "[preprocessing]") {
    const Matrix<double> X = test::uneven(40, 3, 7);
    const MinMaxScaler scaler = MinMaxScaler().fit(X);
    const Matrix<double> want = scaler.transform(X);
    Matrix<double> in_place = X;
    scaler.transform(in_place, in_place);
    CHECK(in_place == want);
    scaler.inverse_transform(in_place, in_place);
    CHECK(in_place == scaler.inverse_transform(want));
    const test::Padded<double> from(X);
    test::Padded<double> to(Matrix<double>(40, 3));
    scaler.transform(from.view(), to.view());
    CHECK(Matrix<double>(MatrixView<const double>(to.view())) == want);
    CHECK(to.padding_untouched());
    CHECK(MinMaxScaler().fit(from.view()) == scaler);
}

// --- blocks -----------------------------------------------------------------------------------------------------------

TEST_CASE("MinMaxScaler: neither blocks nor threads change the bits", "[preprocessing]") {
    Matrix<double> X = test::uneven(1500, 4, 14);
    for (Index i = 0; i < 1500; i += 7) X(i, i % 4) = test::nan;
    const MinMaxScaler whole = MinMaxScaler().fit(X);
    for (const Index block_rows : {1, 7, 100, 1499, 4000}) {
        MinMaxScaler loop;
        for (Index begin = 0; begin < 1500; begin += block_rows)
            loop.partial_fit(X.view().rows(begin, std::min<Index>(begin + block_rows, 1500)));
        REQUIRE(loop == whole);
        const auto chunked = bf::from_array(X, {.block_rows = block_rows});
        for (const int threads : {1, 2, 8}) {
            const bf::Settings settings({.threads = threads});
            MinMaxScaler scaler;
            scaler.partial_fit(test::normal(3, 9, 1));  // fit forgets
            REQUIRE(scaler.fit(chunked) == whole);
            REQUIRE(test::same_bits(scaler.transform(chunked).compute(), whole.transform(X)));
        }
    }
}

TEST_CASE("MinMaxScaler: a range that is changed between two calls counts from the next call on", "[preprocessing]") {
    const Matrix<double> X = test::uneven(50, 2, 4);
    MinMaxScaler scaler = MinMaxScaler().fit(X);
    const std::vector<double> scale = scaler.scale();
    scaler.set_param("feature_range", "[0, 10]");
    CHECK(scaler.scale() == scale);
    scaler.partial_fit(X);
    for (std::size_t j = 0; j < 2; ++j) CHECK(scaler.scale()[j] == Approx(10 * scale[j]));
}

// --- refusals ---------------------------------------------------------------------------------------------------------

TEST_CASE("MinMaxScaler: parameters", "[preprocessing]") {
    const Matrix<double> X = test::normal(5, 2, 1);
    for (const auto& range : {std::pair{1.0, 1.0}, {2.0, 1.0}, {test::nan, 1.0}, {0.0, test::infinity}}) {
        MinMaxScaler scaler({.feature_range = range});
        refused<bf::ParameterError>(scaler, "feature_range", [&] { scaler.fit(X); });
        refused<bf::ParameterError>(scaler, "feature_range", [&] { scaler.partial_fit(bf::from_array(X)); });
    }
    MinMaxScaler scaler;
    CHECK(scaler.to_string() == "MinMaxScaler()");
    for (const char* text : {"[-2,3.5]", "[-2, 3.5]"}) {
        scaler.set_param("feature_range", text).set_param("clip", "true");
        CHECK(scaler.to_string() == "MinMaxScaler(feature_range=[-2, 3.5], clip=true)");
    }
    for (const char* text : {"", "[]", "[1]", "[1, 2, 3]", "1, 2", "[1, 2", "[1,  2]", "[a, 2]", "[1, ]", "None"})
        CHECK_THROWS_AS(scaler.set_param("feature_range", text), bf::ParameterError);
    CHECK(scaler.params().feature_range == std::pair(-2.0, 3.5));
    scaler.fit(X);
    CHECK(scaler.unfitted() == MinMaxScaler({.feature_range = {-2, 3.5}, .clip = true}));
    CHECK_FALSE(scaler.unfitted() == MinMaxScaler());
}

TEST_CASE("MinMaxScaler: there are no weights", "[preprocessing]") {
    const Matrix<double> X = test::normal(5, 2, 1);
    const std::vector<double> w(5, 1.0);
    MinMaxScaler scaler = MinMaxScaler().fit(X);
    refused<bf::UnsupportedError>(scaler, "sample_weight", [&] { scaler.fit(X, w); });
    refused<bf::UnsupportedError>(scaler, "sample_weight", [&] { scaler.partial_fit(X, 1.0); });
    refused<bf::UnsupportedError>(scaler, "sample_weight", [&] { scaler.fit(bf::from_array(X), bf::from_vector(w)); });
}

TEST_CASE("MinMaxScaler: bad shapes and infinity are refused and change nothing", "[preprocessing]") {
    const Matrix<double> X = test::normal(9000, 3, 1), other = test::normal(20, 4, 1);  // more than one tile
    MinMaxScaler scaler;
    CHECK_THROWS_AS(scaler.data_min(), bf::NotFittedError);
    CHECK_THROWS_AS(scaler.n_samples_seen(), bf::NotFittedError);
    CHECK_THROWS_AS(scaler.transform(X), bf::NotFittedError);
    refused<bf::ShapeError>(scaler, "0 rows", [&] { scaler.fit(Matrix<double>(0, 3)); });
    refused<bf::ShapeError>(scaler, "0 columns", [&] { scaler.fit(Matrix<double>(3, 0)); });
    scaler.fit(X);
    refused<bf::ShapeError>(scaler, "number of features is 4, expected 3", [&] { scaler.partial_fit(other); });
    Matrix<double> out(20, 4), short_out(19, 3);
    CHECK_THROWS_AS(scaler.transform(X, out), bf::ShapeError);
    CHECK_THROWS_AS(scaler.inverse_transform(X, short_out), bf::ShapeError);
    for (const double value : {test::infinity, -test::infinity}) {
        Matrix<double> bad = X;
        bad(100, 2) = test::nan;
        bad(8765, 1) = value;
        bad(8770, 0) = value;
        refused<bf::DataError>(scaler, "[row 8765, column 1]", [&] { scaler.partial_fit(bad); });
        CHECK_THROWS_WITH(scaler.transform(bad), Catch::Contains("MinMaxScaler::transform") && Catch::Contains("[row 8765, column 1]"));
        CHECK_THROWS_WITH(scaler.inverse_transform(bad), Catch::Contains("[row 8765, column 1]"));
        for (const int threads : {1, 8}) {
            const bf::Settings settings({.threads = threads});
            refused<bf::DataError>(scaler, "[block 8, row 8765, column 1]",
                                   [&] { scaler.fit(bf::from_array(bad, {.block_rows = 1000})); });
        }
        // Alone in its column, too.
        refused<bf::DataError>(scaler, "[row 1, column 1]",
                               [&] { scaler.partial_fit(Matrix<double>{{1, test::nan, 1}, {1, value, 1}}); });
    }
}
