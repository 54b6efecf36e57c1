#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/array/creation.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Matrix;
using bf::MatrixView;
using bf::StandardScaler;

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

/// Mean and population variance of the values of a column that are not NaN, in long double.
struct Statistics {
    double count = 0, mean = 0, var = 0;
};
Statistics statistics(const Matrix<double>& X, Index j, const std::vector<double>& weight = {}) {
    long double count = 0, sum = 0, square = 0;
    const auto w = [&](Index i) { return weight.empty() ? 1.0 : weight[static_cast<std::size_t>(i)]; };
    for (Index i = 0; i < X.rows(); ++i)
        if (!std::isnan(X(i, j))) count += w(i), sum += static_cast<long double>(w(i)) * X(i, j);
    const long double mean = sum / count;
    for (Index i = 0; i < X.rows(); ++i)
        if (!std::isnan(X(i, j))) square += w(i) * (X(i, j) - mean) * (X(i, j) - mean);
    return {static_cast<double>(count), static_cast<double>(mean), static_cast<double>(square / count)};
}

void require_statistics(const StandardScaler& scaler, const Matrix<double>& X, const std::vector<double>& weight = {}) {
    REQUIRE(scaler.n_features_in() == X.cols());
    for (Index j = 0; j < X.cols(); ++j) {
        CAPTURE(j);
        const auto at = static_cast<std::size_t>(j);
        const Statistics want = statistics(X, j, weight);
        REQUIRE(scaler.n_samples_seen()[at] == Approx(want.count).epsilon(1e-14));
        REQUIRE(scaler.mean()[at] == Approx(want.mean).epsilon(1e-13).margin(1e-14));
        REQUIRE(scaler.var()[at] == Approx(want.var).epsilon(1e-13));
        REQUIRE(scaler.scale()[at] == Approx(std::sqrt(want.var)).epsilon(1e-13));
    }
}

/// Checks that call() throws an E that contains `text` and leaves the scaler as it was.
template <class E, class Call>
void refused(StandardScaler& scaler, const std::string& text, Call call) {
    const StandardScaler before = scaler;
    CHECK_THROWS_AS(call(), E);
    CHECK_THROWS_WITH(call(), Catch::Contains(text));
    CHECK(scaler == before);
}

}  // namespace

TEST_CASE("StandardScaler: mean, variance and scale of each column", "[preprocessing]") {
    for (const Index rows : {2, 3, 17, 5000, 20000}) {  // more than one tile, too
        CAPTURE(rows);
        const Matrix<double> X = test::uneven(rows, 5, 1);
        StandardScaler scaler;
        CHECK(&scaler.fit(X) == &scaler);
        require_statistics(scaler, X);
        CHECK(scaler.n_features_out() == 5);
    }
}

TEST_CASE("StandardScaler: a row of zeros and ones after transform, and back", "[preprocessing]") {
    const Matrix<double> X = test::uneven(1000, 7, 2);
    StandardScaler scaler;
    const Matrix<double> Z = scaler.fit_transform(X);
    for (Index j = 0; j < 7; ++j) {
        const Statistics z = statistics(Z, j);
        CHECK(z.mean == Approx(0).margin(1e-13));
        CHECK(z.var == Approx(1).epsilon(1e-12));
    }
    const Matrix<double> back = scaler.inverse_transform(Z);
    for (Index i = 0; i < 1000; ++i)
        for (Index j = 0; j < 7; ++j) REQUIRE(back(i, j) == Approx(X(i, j)).epsilon(1e-13).margin(1e-13));
}

TEST_CASE("StandardScaler: each switch of its own", "[preprocessing]") {
    const Matrix<double> X = test::uneven(100, 3, 3);
    const StandardScaler both = StandardScaler().fit(X);
    for (const bool with_mean : {false, true})
        for (const bool with_std : {false, true}) {
            CAPTURE(with_mean, with_std);
            const StandardScaler scaler = StandardScaler({.with_mean = with_mean, .with_std = with_std}).fit(X);
            const Matrix<double> Z = scaler.transform(X);
            for (Index i = 0; i < 100; ++i)
                for (std::size_t j = 0; j < 3; ++j) {
                    double want = X(i, static_cast<Index>(j));
                    if (with_mean) want -= both.mean()[j];
                    if (with_std) want /= both.scale()[j];
                    REQUIRE(Z(i, static_cast<Index>(j)) == Approx(want).epsilon(1e-14).margin(1e-15));
                }
            const Matrix<double> back = scaler.inverse_transform(Z);
            for (std::size_t i = 0; i < back.values().size(); ++i)
                REQUIRE(back.values()[i] == Approx(X.values()[i]).epsilon(1e-13).margin(1e-13));
            CHECK(scaler.n_samples_seen() == std::vector<double>(3, 100));
            if (with_mean || with_std) CHECK(scaler.mean() == both.mean());
            else CHECK_THROWS_AS(scaler.mean(), bf::UnsupportedError);
            if (with_std) {
                CHECK(scaler.var() == both.var());
                CHECK(scaler.scale() == both.scale());
            } else {
                CHECK_THROWS_AS(scaler.var(), bf::UnsupportedError);
                CHECK_THROWS_WITH(scaler.scale(), Catch::Contains("with_std=false"));
            }
        }
}

TEST_CASE("StandardScaler: without mean and deviation weights are not counted", "[preprocessing]") {
    const StandardScaler scaler =
        StandardScaler({.with_mean = false, .with_std = false}).fit(test::normal(10, 2, 1), std::vector<double>(10, 0.5));
    CHECK(scaler.n_samples_seen() == std::vector<double>{10, 10});
}

TEST_CASE("StandardScaler: float data is rounded after each step", "[preprocessing]") {
    const Matrix<float> X = test::as<float>(test::uneven(300, 4, 5));
    const StandardScaler scaler = StandardScaler().fit(X);
    require_statistics(scaler, test::to_double(X));
    const Matrix<float> Z = scaler.transform(X);
    for (Index i = 0; i < 300; ++i)
        for (std::size_t j = 0; j < 4; ++j) {
            const auto at = static_cast<Index>(j);
            const auto centred = static_cast<float>(static_cast<double>(X(i, at)) - scaler.mean()[j]);
            REQUIRE(Z(i, at) == Approx(static_cast<double>(centred) / scaler.scale()[j]).epsilon(1e-7).margin(0));
        }
}

TEST_CASE("StandardScaler: integers become double", "[preprocessing]") {
    const Matrix<short> X = test::as<short>(test::uneven(50, 3, 6));
    StandardScaler whole, real;
    whole.fit(X);
    real.fit(test::to_double(X));
    CHECK(whole == real);
    const Matrix<double> Z = whole.transform(X);
    CHECK(Z == real.transform(test::to_double(X)));
}

TEST_CASE("StandardScaler: transforms in place and between strided matrices", "[preprocessing]") {
    const Matrix<double> X = test::uneven(40, 3, 7);
    const StandardScaler scaler = StandardScaler().fit(X);
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
    CHECK(StandardScaler().fit(from.view()) == scaler);
}

// --- edges of the statistics ------------------------------------------------------------------------------------------

TEST_CASE("StandardScaler: constant columns keep their variance and are not divided", "[preprocessing]") {
    Matrix<double> X = test::normal(1000, 4, 8);
    for (Index i = 0; i < 1000; ++i) {
        X(i, 1) = 0.1;
        X(i, 2) = 1e8 + 0.3;
        X(i, 3) = 1e8 + (i % 2 == 0 ? 1e-7 : -1e-7);  // below the resolution that n rows of that mean have
    }
    const StandardScaler scaler = StandardScaler().fit(X);
    CHECK(scaler.scale()[0] != 1);
    for (const std::size_t j : {1u, 2u, 3u}) CHECK(scaler.scale()[j] == 1);
    const Matrix<double> Z = scaler.transform(X);
    for (Index i = 0; i < 1000; ++i) REQUIRE(std::abs(Z(i, 1)) <= 1000 * epsilon);
}

TEST_CASE("StandardScaler: a column is constant up to n |mean| epsilon", "[preprocessing]") {
    // Two values about 1 that deviate by `deviation`: the rule is deviation <= n * mean * epsilon.
    const auto scale = [](double deviation) {
        std::vector<double> values;
        for (int i = 0; i < 100; ++i) values.push_back(i % 2 == 0 ? 1 + deviation : 1 - deviation);
        return StandardScaler().fit(Matrix<double>(100, 1, std::move(values))).scale()[0];
    };
    CHECK(scale(98 * epsilon) == 1);
    CHECK(scale(102 * epsilon) == Approx(102 * epsilon).epsilon(0.02));
}

TEST_CASE("StandardScaler: one row has variance 0 and scale 1", "[preprocessing]") {
    const Matrix<double> X{{3, -4}};
    StandardScaler scaler;
    scaler.fit(X);
    CHECK(scaler.mean() == std::vector<double>{3, -4});
    CHECK(scaler.var() == std::vector<double>{0, 0});
    CHECK(scaler.scale() == std::vector<double>{1, 1});
    CHECK(scaler.transform(X) == Matrix<double>(1, 2));
    // Any blocks of one row add up.
    const Matrix<double> all = test::uneven(33, 2, 9);
    StandardScaler row_by_row;
    for (Index i = 0; i < 33; ++i) row_by_row.partial_fit(all.view().rows(i, i + 1));
    require_statistics(row_by_row, all);
}

TEST_CASE("StandardScaler: NaN is left out and stays", "[preprocessing]") {
    Matrix<double> X = test::uneven(200, 3, 10);
    for (Index i = 0; i < 200; i += 3) X(i, i % 2) = test::nan;
    const StandardScaler scaler = StandardScaler().fit(X);
    require_statistics(scaler, X);
    CHECK(scaler.n_samples_seen()[2] == 200);
    CHECK(scaler.n_samples_seen()[0] < 200);
    const Matrix<double> Z = scaler.transform(X), back = scaler.inverse_transform(Z);
    for (std::size_t i = 0; i < X.values().size(); ++i) {
        REQUIRE(std::isnan(Z.values()[i]) == std::isnan(X.values()[i]));
        REQUIRE(std::isnan(back.values()[i]) == std::isnan(X.values()[i]));
    }
}

TEST_CASE("StandardScaler: a column without a value in some block is left out of that block", "[preprocessing]") {
    const Matrix<double> X = test::uneven(60, 2, 11);
    Matrix<double> gap = X;
    for (Index i = 20; i < 40; ++i) gap(i, 1) = test::nan;
    const std::vector<std::pair<Index, Index>> orders[] = {{{0, 20}, {20, 40}, {40, 60}}, {{20, 40}, {0, 20}, {40, 60}}};
    for (const auto& blocks : orders) {
        StandardScaler scaler;
        for (const auto& [begin, end] : blocks) scaler.partial_fit(gap.view().rows(begin, end));
        require_statistics(scaler, gap);
    }
    // Until there is a value, mean and variance are unknown.
    StandardScaler unknown;
    unknown.fit(gap.view().rows(20, 40));
    CHECK(std::isnan(unknown.mean()[1]));
    CHECK(std::isnan(unknown.var()[1]));
    CHECK(unknown.n_samples_seen() == std::vector<double>{20, 0});
    CHECK_FALSE(std::isnan(unknown.mean()[0]));
    CHECK(std::isnan(unknown.transform(X)(0, 1)));
}

TEST_CASE("StandardScaler: weights", "[preprocessing]") {
    const Matrix<double> X = test::uneven(300, 3, 12);
    std::vector<double> w = test::weights(300, 13);
    w[7] = w[8] = 0;
    require_statistics(StandardScaler().fit(X, w), X, w);
    const StandardScaler doubled = StandardScaler().fit(X, 2.0), plain = StandardScaler().fit(X);
    for (std::size_t j = 0; j < 3; ++j) {
        CHECK(doubled.n_samples_seen()[j] == 600);
        CHECK(doubled.mean()[j] == Approx(plain.mean()[j]).epsilon(1e-14));
        CHECK(doubled.var()[j] == Approx(plain.var()[j]).epsilon(1e-13));
    }
    // A sum of weights is not cut to a whole number by a later block without any.
    StandardScaler mixed;
    mixed.partial_fit(X.view().rows(0, 100), std::span(w).first(100)).partial_fit(X.view().rows(100, 300));
    std::ranges::fill(w.begin() + 100, w.end(), 1.0);
    require_statistics(mixed, X, w);
    // Weights of 0 alone tell nothing.
    const StandardScaler nothing = StandardScaler().fit(X, 0.0);
    CHECK(std::isnan(nothing.mean()[0]));
    CHECK(std::isnan(nothing.var()[0]));
}

TEST_CASE("StandardScaler: huge values keep a finite mean over blocks", "[preprocessing]") {
    StandardScaler scaler;
    scaler.partial_fit(Matrix<double>{{1e308}, {1e308}}).partial_fit(Matrix<double>{{-1e308}, {-1e308}});
    CHECK(scaler.mean()[0] == Approx(0).margin(1e294));
    CHECK(scaler.var()[0] == test::infinity);
}

// --- blocks -----------------------------------------------------------------------------------------------------------

TEST_CASE("StandardScaler: chunked fit and a loop of partial_fit give the same bits for any number of threads", "[preprocessing]") {
    const Matrix<double> X = test::uneven(1500, 4, 14);
    const std::vector<double> w = test::weights(1500, 15);
    for (const bool weighted : {false, true})
        for (const Index block_rows : {1, 7, 100, 1499, 1500, 4000}) {
            CAPTURE(weighted, block_rows);
            StandardScaler loop;
            for (Index begin = 0; begin < 1500; begin += block_rows) {
                const Index end = std::min<Index>(begin + block_rows, 1500);
                const auto part = std::span(w).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
                loop.partial_fit(X.view().rows(begin, end), weighted ? bf::SampleWeight(part) : bf::SampleWeight());
            }
            require_statistics(loop, X, weighted ? w : std::vector<double>());
            const auto chunked = bf::from_array(X, {.block_rows = block_rows});
            std::optional<bf::ChunkedVector<double>> weight;
            if (weighted) weight = bf::from_vector(w, {.block_rows = 11});
            for (const int threads : {1, 2, 3, 8}) {
                const bf::Settings settings({.threads = threads});
                StandardScaler scaler;
                scaler.partial_fit(test::normal(3, 9, 1));  // fit forgets
                REQUIRE(scaler.fit(chunked, weight) == loop);
                REQUIRE(scaler.mean() == loop.mean());
                REQUIRE(scaler.scale() == loop.scale());
            }
        }
}

TEST_CASE("StandardScaler: chunked partial_fit goes on", "[preprocessing]") {
    const Matrix<double> X = test::uneven(600, 3, 16);
    const auto chunked = bf::from_array(X, {.block_rows = 50});
    const StandardScaler whole = StandardScaler().fit(chunked);
    for (const Index cut : {50, 150, 400}) {
        StandardScaler parts;
        parts.partial_fit(chunked.rows(0, cut)).partial_fit(chunked.rows(cut, 600));
        CHECK(parts == whole);
    }
}

TEST_CASE("StandardScaler: how a block is read does not change the bits", "[preprocessing]") {
    const Index rows = 30000;  // several tiles a block
    const Matrix<double> X = test::uneven(rows, 6, 17);
    const StandardScaler want = StandardScaler().fit(bf::from_array(X, {.block_rows = 10000}));
    const auto read = bf::from_function<double>(
        rows, 6,
        [&](Index first, MatrixView<double> out) {
            for (Index i = 0; i < out.rows(); ++i) std::ranges::copy(X.row(first + i), out.row(i).begin());
        },
        {.block_rows = 10000});
    CHECK(StandardScaler().fit(read) == want);
    CHECK(StandardScaler().fit(read.map_blocks([](MatrixView<const double> in, MatrixView<double> out) {
        for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
    })) == want);
    CHECK(StandardScaler().fit(bf::from_array(X).rechunk(10000)) == want);
}

TEST_CASE("StandardScaler: chunked transform is lazy and keeps the state it was made with", "[preprocessing]") {
    const Matrix<double> X = test::uneven(100, 3, 18);
    StandardScaler scaler;
    scaler.fit(X);
    const Matrix<double> want = scaler.transform(X);
    const auto chunked = bf::from_array(X, {.block_rows = 30});
    const auto lazy = scaler.transform(chunked);
    const auto back = scaler.inverse_transform(lazy);
    const Matrix<double> want_back = scaler.inverse_transform(want);
    CHECK(lazy.plan() == chunked.plan());
    scaler.fit(test::normal(10, 3, 1));
    CHECK(lazy.compute() == want);
    CHECK(back.compute() == want_back);
    CHECK(StandardScaler().fit_transform(chunked).compute() == StandardScaler().fit(chunked).transform(X));
}

// --- refusals ---------------------------------------------------------------------------------------------------------

TEST_CASE("StandardScaler: bad shapes are refused and change nothing", "[preprocessing]") {
    const Matrix<double> X = test::normal(20, 3, 1), other = test::normal(20, 4, 1);
    StandardScaler scaler;
    refused<bf::ShapeError>(scaler, "0 rows", [&] { scaler.fit(Matrix<double>(0, 3)); });
    refused<bf::ShapeError>(scaler, "0 columns", [&] { scaler.fit(Matrix<double>(3, 0)); });
    refused<bf::ShapeError>(scaler, "0 rows", [&] { scaler.fit(bf::from_array(X).rows(5, 5)); });
    refused<bf::ShapeError>(scaler, "length of sample_weight is 2, expected 20",
                            [&] { scaler.fit(X, std::vector<double>{1, 2}); });
    scaler.fit(X);
    refused<bf::ShapeError>(scaler, "number of features is 4, expected 3", [&] { scaler.partial_fit(other); });
    refused<bf::ShapeError>(scaler, "number of features is 4, expected 3",
                            [&] { scaler.partial_fit(bf::from_array(other)); });
    const std::vector<double> short_weight(19, 1.0);
    refused<bf::ShapeError>(scaler, "length of sample_weight is 19, expected 20",
                            [&] { scaler.fit(bf::from_array(X), bf::from_vector(short_weight)); });
    CHECK_THROWS_AS(scaler.transform(other), bf::ShapeError);
    CHECK_THROWS_AS(scaler.inverse_transform(other), bf::ShapeError);
    CHECK_THROWS_AS(scaler.transform(bf::from_array(other)), bf::ShapeError);
    Matrix<double> out(20, 4), short_out(19, 3);
    CHECK_THROWS_AS(scaler.transform(X, out), bf::ShapeError);
    CHECK_THROWS_AS(scaler.transform(X, short_out), bf::ShapeError);
    CHECK_THROWS_AS(scaler.inverse_transform(X, short_out), bf::ShapeError);
    // Another number of features is fine for fit.
    CHECK(scaler.fit(other).n_features_in() == 4);
}

TEST_CASE("StandardScaler: infinity is refused with its place, in memory", "[preprocessing]") {
    const Matrix<double> X = test::normal(9000, 3, 1);  // more than one tile
    StandardScaler scaler;
    scaler.fit(X);
    Matrix<double> bad = X;
    bad(8765, 1) = -test::infinity;
    bad(8770, 0) = test::infinity;
    for (const auto* const where : {"StandardScaler::fit"})
        refused<bf::DataError>(scaler, where, [&] { scaler.fit(bad); });
    refused<bf::DataError>(scaler, "[row 8765, column 1]", [&] { scaler.partial_fit(bad); });
    CHECK_THROWS_WITH(scaler.transform(bad), Catch::Contains("StandardScaler::transform") && Catch::Contains("[row 8765, column 1]"));
    CHECK_THROWS_WITH(scaler.inverse_transform(bad), Catch::Contains("[row 8765, column 1]"));
    std::vector<double> w(9000, 1.0);
    w[8000] = test::nan;
    refused<bf::DataError>(scaler, "sample_weight is not finite [row 8000]", [&] { scaler.fit(X, w); });
}

TEST_CASE("StandardScaler: the first bad block is reported for any number of threads, and nothing changes", "[preprocessing]") {
    Matrix<double> X = test::normal(1000, 3, 1);
    StandardScaler scaler;
    scaler.fit(X);
    X(345, 2) = test::infinity;
    X(712, 0) = test::infinity;
    const std::vector<double> ones(1000, 1.0);
    for (const int threads : {1, 2, 8}) {
        const bf::Settings settings({.threads = threads});
        for (int repeat = 0; repeat < 20; ++repeat) {
            const StandardScaler before = scaler;
            try {
                scaler.fit(bf::from_array(X, {.block_rows = 100}));
                FAIL("not refused");
            } catch (const bf::DataError& error) {
                REQUIRE(error.block() == 3);
                REQUIRE(error.row() == 345);
                REQUIRE(error.column() == 2);
            }
            REQUIRE(scaler == before);
        }
        std::vector<double> w = ones;
        w[150] = test::nan;
        refused<bf::DataError>(scaler, "sample_weight is not finite [block 1, row 150]",
                               [&] { scaler.partial_fit(bf::from_array(X, {.block_rows = 100}), bf::from_vector(w)); });
    }
}

TEST_CASE("StandardScaler: nothing can be asked of a scaler that is not fitted", "[preprocessing]") {
    const StandardScaler scaler;
    const Matrix<double> X(2, 3);
    CHECK_FALSE(scaler.fitted());
    CHECK_THROWS_AS(scaler.mean(), bf::NotFittedError);
    CHECK_THROWS_AS(scaler.var(), bf::NotFittedError);
    CHECK_THROWS_AS(scaler.scale(), bf::NotFittedError);
    CHECK_THROWS_AS(scaler.n_samples_seen(), bf::NotFittedError);
    CHECK_THROWS_AS(scaler.n_features_in(), bf::NotFittedError);
    CHECK_THROWS_AS(scaler.n_features_out(), bf::NotFittedError);
    CHECK_THROWS_AS(scaler.transform(X), bf::NotFittedError);
    CHECK_THROWS_AS(scaler.inverse_transform(X), bf::NotFittedError);
    CHECK_THROWS_AS(scaler.transform(bf::from_array(X)), bf::NotFittedError);
}

TEST_CASE("StandardScaler: parameters by name", "[preprocessing]") {
    StandardScaler scaler;
    CHECK(scaler.to_string() == "StandardScaler()");
    scaler.set_param("with_mean", "false");
    CHECK(scaler.to_string() == "StandardScaler(with_mean=false)");
    CHECK_FALSE(scaler == StandardScaler());
    CHECK_THROWS_AS(scaler.set_param("with_mean", "maybe"), bf::ParameterError);
    CHECK_THROWS_AS(scaler.set_param("copy", "true"), bf::ParameterError);
    scaler.fit(test::normal(5, 2, 1));
    CHECK(scaler.unfitted() == StandardScaler({.with_mean = false}));
}
