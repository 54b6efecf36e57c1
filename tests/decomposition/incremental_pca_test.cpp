#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/array/creation.hpp>
#include <blockfit/decomposition/incremental_pca.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/persistence/save.hpp>

#include "support/data.hpp"
#include "support/files.hpp"

namespace bf = blockfit;
using bf::IncrementalPCA;
using bf::IncrementalPCAParams;
using bf::Index;
using bf::Matrix;
using bf::MatrixView;

namespace {

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

MatrixView<const double> rows(const Matrix<double>& X, Index begin, Index end) { return X.view().rows(begin, end); }

/// Columns that depend on each other: a third of each is the one before. Their variances differ clearly.
Matrix<double> related(Index n, Index d, std::uint32_t seed) {
    Matrix<double> X = test::uneven(n, d, seed);
    for (Index i = 0; i < n; ++i)
        for (Index j = 1; j < d; ++j) X(i, j) += X(i, j - 1) / 3;
    return X;
}

/// The same number of rows in `rank` directions.
Matrix<double> of_rank(Index n, Index d, Index rank, std::uint32_t seed) {
    const Matrix<double> factors = related(n, rank, seed), directions = test::normal(rank, d, seed + 1);
    Matrix<double> X(n, d);
    for (Index i = 0; i < n; ++i)
        for (Index j = 0; j < d; ++j)
            for (Index r = 0; r < rank; ++r) X(i, j) += factors(i, r) * directions(r, j);
    return X;
}

/// Rows of the covariance of X times v.
double variance_along(const Matrix<double>& X, std::span<const double> v) {
    double mean = 0, square = 0;
    std::vector<double> z(at(X.rows()));
    for (Index i = 0; i < X.rows(); ++i)
        for (Index j = 0; j < X.cols(); ++j) z[at(i)] += X(i, j) * v[at(j)];
    for (const double each : z) mean += each / static_cast<double>(X.rows());
    for (const double each : z) square += (each - mean) * (each - mean);
    return square / static_cast<double>(X.rows() - 1);
}

IncrementalPCA<> by_blocks(IncrementalPCAParams params, const Matrix<double>& X, Index block_rows) {
    IncrementalPCA<> model(params);
    for (Index begin = 0; begin < X.rows(); begin += block_rows)
        model.partial_fit(rows(X, begin, std::min(begin + block_rows, X.rows())));
    return model;
}

void check_close(const std::vector<double>& got, const std::vector<double>& want, double tolerance) {
    REQUIRE(got.size() == want.size());
    for (std::size_t i = 0; i < got.size(); ++i) REQUIRE(std::abs(got[i] - want[i]) <= tolerance * (1 + std::abs(want[i])));
}
template <class T>
std::vector<double> flat(const Matrix<T>& m) {
    return {m.values().begin(), m.values().end()};
}

/// Checks that call() throws an E that contains `text` and leaves the model as it was.
template <class E, class Call>
void refused(IncrementalPCA<>& model, const std::string& text, Call call) {
    const IncrementalPCA<> before = model;
    CAPTURE(text);
    CHECK_THROWS_AS(call(), E);
    CHECK_THROWS_WITH(call(), Catch::Contains(text));
    CHECK(model == before);
}

}  // namespace

TEST_CASE("IncrementalPCA: deduces double, and has scikit-learn's parameters", "[decomposition]") {
    const IncrementalPCA by_default;
    const IncrementalPCA given({.n_components = 3, .whiten = true});
    static_assert(std::is_same_v<decltype(by_default), const IncrementalPCA<double>>);
    static_assert(std::is_same_v<decltype(given), const IncrementalPCA<double>>);
    CHECK(by_default.to_string() == "IncrementalPCA()");
    CHECK(given.to_string() == "IncrementalPCA(n_components=3, whiten=true)");
    IncrementalPCA<> model;
    model.set_param("n_components", "4").set_param("batch_size", "10").set_param("batch_size", "None");
    CHECK(model.params().n_components == 4);
    CHECK_FALSE(model.params().batch_size);
    CHECK_THROWS_AS(model.set_param("n_components", "few"), bf::ParameterError);
}

TEST_CASE("IncrementalPCA: with all components the blocks do not matter", "[decomposition]") {
    const Index n = 240;
    for (const Index d : {1, 2, 5, 20, 33}) {
        const Matrix<double> X = related(n, d, 1);
        IncrementalPCA<> whole;
        whole.partial_fit(X);
        for (const Index block_rows : {40, 60, 233}) {
            CAPTURE(d, block_rows);
            const IncrementalPCA<> model = by_blocks({}, X, block_rows);
            CHECK(model.n_components() == d);
            CHECK(model.n_samples_seen() == n);
            CHECK(model.noise_variance() == 0);
            check_close(model.singular_values(), whole.singular_values(), 1e-12);
            check_close(flat(model.components()), flat(whole.components()), 1e-10);
            check_close(model.mean(), whole.mean(), 1e-13);
            check_close(model.var(), whole.var(), 1e-13);
        }
        double ratios = 0, variances = 0;
        for (Index k = 0; k < d; ++k) {
            CHECK(whole.explained_variance()[at(k)] == Approx(variance_along(X, whole.components().row(k))).epsilon(1e-12));
            ratios += whole.explained_variance_ratio()[at(k)];
            variances += whole.explained_variance()[at(k)];
        }
        CHECK(ratios == Approx(1).epsilon(1e-13));
        double columns = 0;
        for (const double v : whole.var()) columns += v * static_cast<double>(n) / static_cast<double>(n - 1);
        CHECK(variances == Approx(columns).epsilon(1e-13));
        const Matrix<double> back = whole.inverse_transform(whole.transform(X));
        check_close(flat(back), flat(X), 1e-12);
    }
}

TEST_CASE("IncrementalPCA: some components of data that have no more are exact in any blocks", "[decomposition]") {
    const Matrix<double> X = of_rank(300, 12, 3, 2);
    const IncrementalPCA<> whole = by_blocks({.n_components = 3}, X, 300), parts = by_blocks({.n_components = 3}, X, 29);
    check_close(parts.singular_values(), whole.singular_values(), 1e-12);
    check_close(flat(parts.components()), flat(whole.components()), 1e-10);
    check_close(flat(parts.inverse_transform(parts.transform(X))), flat(X), 1e-11);
    CHECK(std::abs(parts.noise_variance()) < 1e-25);
    // More components than directions: the rest have no variance, but are unit vectors all the same.
    const IncrementalPCA<> more = by_blocks({.n_components = 5}, X, 50);
    CHECK(more.singular_values()[2] > 1);
    CHECK(more.singular_values()[3] < 1e-12 * more.singular_values()[0]);
    for (Index k = 0; k < 5; ++k) {
        double square = 0;
        for (const double v : more.components().row(k)) square += v * v;
        CHECK(square == Approx(1));
    }
    check_close(flat(more.inverse_transform(more.transform(X))), flat(X), 1e-11);
}

TEST_CASE("IncrementalPCA: the entry of largest magnitude of a component is positive", "[decomposition]") {
    const Matrix<double> X = related(100, 7, 3);
    Matrix<double> negated = X;
    for (double& x : negated.values()) x = -x;
    const IncrementalPCA<> model = by_blocks({.n_components = 4}, X, 30);
    for (Index k = 0; k < 4; ++k) {
        const auto component = model.components().row(k);
        CHECK(*std::ranges::max_element(component, {}, [](double v) { return std::abs(v); }) > 0);
    }
    check_close(flat(by_blocks({.n_components = 4}, negated, 30).components()), flat(model.components()), 1e-12);
}

TEST_CASE("IncrementalPCA: the components kept by default are those of the first block", "[decomposition]") {
    const Matrix<double> X = related(60, 6, 4);
    IncrementalPCA<> model;
    model.partial_fit(rows(X, 0, 4));
    CHECK(model.n_components() == 4);
    CHECK(model.noise_variance() == 0);
    model.partial_fit(rows(X, 4, 5));  // shorter than the number of components
    CHECK(model.n_components() == 4);
    CHECK(model.noise_variance() > 0);
    model.partial_fit(rows(X, 5, 60));
    CHECK(model.n_components() == 4);
    CHECK(model.n_samples_seen() == 60);
}

TEST_CASE("IncrementalPCA: noise_variance is 0 where the block has as many rows as there are components", "[decomposition]") {
    const Matrix<double> X = related(60, 6, 5);
    IncrementalPCA<> model({.n_components = 3});
    model.partial_fit(rows(X, 0, 20));
    const double first = model.noise_variance();
    CHECK(first > 0);
    // Of one block it is the mean of the variances left out.
    IncrementalPCA<> all;
    all.partial_fit(rows(X, 0, 20));
    CHECK(first == Approx((all.explained_variance()[3] + all.explained_variance()[4] + all.explained_variance()[5]) / 3));
    model.partial_fit(rows(X, 20, 23));
    CHECK(model.noise_variance() == 0);
    model.partial_fit(rows(X, 23, 60));
    CHECK(model.noise_variance() > 0);
}

TEST_CASE("IncrementalPCA: whitened columns have variance 1", "[decomposition]") {
    const Matrix<double> X = related(400, 5, 6);
    const IncrementalPCA<> model = by_blocks({.n_components = 5, .whiten = true}, X, 100);
    const Matrix<double> Z = model.transform(X);
    for (Index p = 0; p < 5; ++p)
        for (Index q = 0; q < 5; ++q) {
            double sum = 0;
            for (Index i = 0; i < 400; ++i) sum += Z(i, p) * Z(i, q);
            CHECK(sum / 399 == Approx(p == q ? 1 : 0).margin(1e-12));
        }
    check_close(flat(model.inverse_transform(Z)), flat(X), 1e-12);
    IncrementalPCA<> plain = model;
    plain.set_params({.n_components = 5});
    const Matrix<double> scores = plain.transform(X);
    for (Index p = 0; p < 5; ++p)
        CHECK(scores(7, p) == Approx(Z(7, p) * std::sqrt(model.explained_variance()[at(p)])).epsilon(1e-13));
}

TEST_CASE("IncrementalPCA: a single row has no variance", "[decomposition]") {
    IncrementalPCA<> model({.n_components = 1});
    model.partial_fit(Matrix<double>{{3, -4}});
    CHECK(model.mean() == std::vector<double>{3, -4});
    CHECK(model.singular_values() == std::vector<double>{0});
    CHECK(std::isnan(model.explained_variance()[0]));
    CHECK(std::isnan(model.explained_variance_ratio()[0]));
    CHECK(model == IncrementalPCA<>(model));
    model.partial_fit(Matrix<double>{{6, 0}});
    CHECK(model.components()(0, 0) == Approx(0.6));
    CHECK(model.components()(0, 1) == Approx(0.8));
    CHECK(model.explained_variance()[0] == Approx(12.5));
    CHECK(model.explained_variance_ratio()[0] == Approx(1));
}

// --- fit --------------------------------------------------------------------------------------------------------------

TEST_CASE("IncrementalPCA: fit is partial_fit on slices", "[decomposition]") {
    const Matrix<double> X = related(103, 4, 7);
    const auto slices = [&](IncrementalPCAParams params, const std::vector<Index>& ends) {
        IncrementalPCA<> model(params);
        Index begin = 0;
        for (const Index end : ends) {
            model.partial_fit(rows(X, begin, end));
            begin = end;
        }
        return model;
    };
    const auto fitted = [&](IncrementalPCAParams params) { return IncrementalPCA<>(params).fit(X); };
    CHECK(fitted({}) == slices({}, {20, 40, 60, 80, 100, 103}));  // 5 d rows
    // 3 rows would be left over: one too few
    CHECK(fitted({.n_components = 4}) == slices({.n_components = 4}, {20, 40, 60, 80, 103}));
    CHECK(fitted({.n_components = 3}) == slices({.n_components = 3}, {20, 40, 60, 80, 100, 103}));
    CHECK(fitted({.n_components = 2, .batch_size = 51}) == slices({.n_components = 2, .batch_size = 51}, {51, 103}));
    CHECK(fitted({.n_components = 2, .batch_size = 103}) == slices({.n_components = 2, .batch_size = 103}, {103}));
    CHECK(fitted({.batch_size = std::numeric_limits<Index>::max()}) ==
          slices({.batch_size = std::numeric_limits<Index>::max()}, {103}));
}

TEST_CASE("IncrementalPCA: a refit forgets, and partial_fit goes on after fit", "[decomposition]") {
    const Matrix<double> X = related(80, 4, 8), other = related(50, 4, 9);
    IncrementalPCA<> fresh({.n_components = 2}), used({.n_components = 2});
    fresh.fit(X);
    used.fit(other);
    CHECK_FALSE(used == fresh);
    CHECK(used.fit(X) == fresh);
    CHECK(used.partial_fit(other) == fresh.partial_fit(other));
    CHECK(used.n_samples_seen() == 130);
    CHECK_FALSE(used.unfitted().fitted());
}

// --- what is refused --------------------------------------------------------------------------------------------------

TEST_CASE("IncrementalPCA: bad parameters and shapes", "[decomposition]") {
    const Matrix<double> X = related(30, 4, 10);
    const auto check = [&](IncrementalPCAParams params, const std::string& text) {
        IncrementalPCA<> model(params);
        refused<bf::ParameterError>(model, text, [&] { model.partial_fit(X); });
        refused<bf::ParameterError>(model, text, [&] { model.fit(X); });
    };
    check({.n_components = 0}, "n_components must be at least 1");
    check({.batch_size = 0}, "batch_size must be at least 1");
    check({.n_components = 5}, "n_components is 5, but X has 4 columns");

    IncrementalPCA<> model({.n_components = 3});
    for (int round = 0; round < 2; ++round) {  // unfitted, then fitted
        const std::string text = "a block has 2 rows, expected at least n_components = 3; use larger blocks, e.g. X.rechunk";
        refused<bf::ShapeError>(model, text, [&] { model.partial_fit(rows(X, 0, 2)); });
        CHECK_THROWS_AS(model.check_block_shape("test", 2, 4), bf::ShapeError);
        CHECK_THROWS_AS(model.check_block_shape("test", 9, 2), bf::ParameterError);
        CHECK_NOTHROW(model.check_block_shape("test", 3, 3));
        refused<bf::ShapeError>(model, "0 rows", [&] { model.partial_fit(rows(X, 0, 0)); });
        refused<bf::ShapeError>(model, "0 columns", [&] { IncrementalPCA<>().partial_fit(Matrix<double>(5, 0)); });
        model.partial_fit(X);
    }
    refused<bf::ShapeError>(model, "batch_size is 2, expected at least n_components = 3", [&] {
        IncrementalPCA<> small = model;
        small.set_params({.n_components = 3, .batch_size = 2}).fit(X);
    });
    const MatrixView<const double> narrow = X.view().cols(0, 3);
    refused<bf::ShapeError>(model, "number of features is 3, expected 4", [&] { model.partial_fit(narrow); });
    refused<bf::ShapeError>(model, "number of features is 3, expected 4", [&] { (void)model.transform(narrow); });
    refused<bf::ShapeError>(model, "number of features is 4, expected 3", [&] { (void)model.inverse_transform(X); });
    Matrix<double> out(30, 2);
    refused<bf::ShapeError>(model, "number of columns of out is 2, expected 3", [&] { model.transform(X, out); });
    Matrix<double> short_out(29, 3);
    refused<bf::ShapeError>(model, "number of rows of out is 29, expected 30", [&] { model.transform(X, short_out); });
    model.set_params({.n_components = 2});
    refused<bf::ParameterError>(model, "n_components is 2, but the model has 3", [&] { model.partial_fit(X); });
    model.set_params({});
    CHECK(model.partial_fit(rows(X, 0, 1)).n_components() == 3);
}

TEST_CASE("IncrementalPCA: bad data is refused with row and column, and changes nothing", "[decomposition]") {
    const Matrix<double> X = related(60, 3, 11);
    IncrementalPCA<> model({.n_components = 2});
    for (int round = 0; round < 2; ++round) {
        for (const double bad : {test::nan, test::infinity, -test::infinity}) {
            Matrix<double> spoiled = X;
            spoiled(51, 2) = bad;
            refused<bf::DataError>(model, "[row 51, column 2]", [&] { model.partial_fit(spoiled); });
            refused<bf::DataError>(model, "[row 51, column 2]", [&] { model.fit(spoiled); });
            if (round == 1) refused<bf::DataError>(model, "[row 51, column 2]", [&] { (void)model.transform(spoiled); });
        }
        const Matrix<double> large{{1e200, 0, 1}, {-1e200, 0, 2}}, larger{{1e308, 0, 1}, {-1e308, 0, 2}};
        refused<bf::DataError>(model, "overflowed", [&] { model.partial_fit(large); });
        refused<bf::DataError>(model, "overflowed", [&] { model.fit(larger); });
        model.partial_fit(X);
    }
    IncrementalPCA<float> narrow;
    CHECK_THROWS_AS(narrow.partial_fit(Matrix<double>{{1e60, 0}, {-1e60, 0}}), bf::DataError);
    CHECK_FALSE(narrow.fitted());
}

TEST_CASE("IncrementalPCA: nothing can be asked of an unfitted model", "[decomposition]") {
    const IncrementalPCA model;
    CHECK_THROWS_AS(model.transform(Matrix<double>(3, 2)), bf::NotFittedError);
    CHECK_THROWS_AS(model.inverse_transform(Matrix<double>(3, 2)), bf::NotFittedError);
    CHECK_THROWS_AS(model.components(), bf::NotFittedError);
    CHECK_THROWS_AS(model.explained_variance(), bf::NotFittedError);
    CHECK_THROWS_AS(model.noise_variance(), bf::NotFittedError);
    CHECK_THROWS_WITH(model.mean(), Catch::Contains("call fit or partial_fit first"));
}

// --- kinds of data ----------------------------------------------------------------------------------------------------

TEST_CASE("IncrementalPCA: a row's result depends on the row alone", "[decomposition]") {
    for (const Index d : {1, 3, 8, 17})
        for (const bool whiten : {false, true}) {
            const Matrix<double> X = related(109, d, 12);
            const IncrementalPCA<> model = by_blocks({.n_components = (d + 1) / 2, .whiten = whiten}, X, 40);
            const Index k = model.n_components();
            const Matrix<double> Z = model.transform(X), back = model.inverse_transform(Z);
            CAPTURE(d, whiten);
            for (Index i = 0; i < 109; i += 2) {
                const auto z = Z.view().rows(i, i + 1);
                REQUIRE(test::same_bits(model.transform(rows(X, i, i + 1)), z));
                REQUIRE(test::same_bits(model.inverse_transform(z), back.view().rows(i, i + 1)));
            }
            const test::Padded<double> from(X, 5);
            test::Padded<double> to(Matrix<double>(109, k), 1);
            model.transform(from.view(), to.view());
            REQUIRE(test::same_bits(MatrixView<const double>(to.view()), Z));
            REQUIRE(to.padding_untouched());
            REQUIRE(by_blocks(model.params(), X, 40) == model);
            IncrementalPCA<> strided(model.params());
            for (Index begin = 0; begin < 109; begin += 40)
                strided.partial_fit(from.view().rows(begin, std::min<Index>(begin + 40, 109)));
            REQUIRE(strided == model);
        }
}

TEST_CASE("IncrementalPCA: the state has one type, data may have any", "[decomposition]") {
    const Matrix<double> X = related(200, 4, 13);
    const Matrix<float> narrow = test::as<float>(X);
    const IncrementalPCAParams params{.n_components = 3, .whiten = true, .batch_size = 50};
    const IncrementalPCA<double> in_double = IncrementalPCA<double>(params).fit(narrow);
    CHECK(in_double == IncrementalPCA<double>(params).fit(test::to_double(narrow)));
    const Matrix<short> whole = test::as<short>(X);
    CHECK(IncrementalPCA<>(params).fit(whole) == IncrementalPCA<>(params).fit(test::to_double(whole)));

    const IncrementalPCA<float> in_float = IncrementalPCA<float>(params).fit(narrow);
    check_close(flat(in_float.components()), flat(in_double.components()), 1e-4);
    CHECK(in_float.mean() == in_double.mean());
    const Matrix<float> z = in_double.transform(narrow), of_float = in_float.transform(narrow);
    check_close(flat(z), flat(in_double.transform(test::to_double(narrow))), 1e-6);
    check_close(flat(of_float), flat(z), 1e-4);
    check_close(flat(in_float.transform(test::to_double(narrow))), flat(z), 1e-4);
}

TEST_CASE("IncrementalPCA: chunked data, any blocks and threads", "[decomposition]") {
    const Matrix<double> X = related(500, 6, 14);
    const IncrementalPCA<> model = by_blocks({.n_components = 2}, X, 100);
    const Matrix<double> Z = model.transform(X), back = model.inverse_transform(Z);
    for (const Index block_rows : {7, 100, 500})
        for (const int threads : {1, 2, 8}) {
            const bf::Settings settings({.threads = threads});
            const auto z = model.transform(bf::from_array(X).rechunk(bf::BlockPlan(500, block_rows)));
            CHECK(z.cols() == 2);
            CHECK(test::same_bits(z.compute(), Z));
            CHECK(test::same_bits(model.inverse_transform(z).compute(), back));
        }
}

// --- saving -----------------------------------------------------------------------------------------------------------

TEST_CASE("IncrementalPCA: a saved model goes on with the same bits", "[decomposition]") {
    const test::TemporaryFolder folder;
    const Matrix<double> X = related(120, 5, 15);
    const auto round_trip = [&](auto& model) {
        bf::save(folder.file("model.h5"), model);
        auto loaded = bf::load<std::remove_cvref_t<decltype(model)>>(folder.file("model.h5"));
        CHECK(loaded == model);
        if (model.fitted()) CHECK(loaded.var() == model.var());
        CHECK(loaded.partial_fit(rows(X, 40, 90)) == model.partial_fit(rows(X, 40, 90)));
        CHECK(loaded.explained_variance() == model.explained_variance());
        CHECK(loaded.explained_variance_ratio() == model.explained_variance_ratio());
    };
    IncrementalPCA<> model({.n_components = 3, .whiten = true}), unfitted, one_row;
    model.partial_fit(rows(X, 0, 40));
    one_row.partial_fit(rows(X, 0, 1));
    IncrementalPCA<float> narrow;
    narrow.fit(X);
    round_trip(model);
    round_trip(unfitted);
    round_trip(one_row);
    round_trip(narrow);
}

namespace {

/// Applies a change to one part of the state.
template <class V>
struct Change {
    std::string_view name;
    V value;
    template <class U>
    void operator()(std::string_view each, U& member) const {
        if constexpr (std::is_same_v<U, V>)
            if (each == name) member = value;
    }
};
template <class V>
void damaged(const std::string& text, std::string_view name, V value) {
    IncrementalPCA<> model({.n_components = 2});
    model.partial_fit(related(20, 3, 16)).visit_state(Change<V>{name, value});
    CAPTURE(name);
    CHECK_THROWS_AS(model.finish_load(), bf::ModelError);
    CHECK_THROWS_WITH(model.finish_load(), Catch::Contains(text));
}

}  // namespace

TEST_CASE("IncrementalPCA: damaged state is refused", "[decomposition]") {
    damaged("vectors", "components", Matrix<double>(3, 2));
    damaged("vectors", "singular_values", std::vector<double>{1});
    damaged("vectors", "mean", std::vector<double>{1, 2});
    damaged("vectors", "deviation", std::vector<double>{1, 2, 3, 4});
    damaged("unfitted", "components", Matrix<double>());
    damaged("finite", "components", Matrix<double>{{1, 2, test::nan}, {1, 2, 3}});
    damaged("finite", "singular_values", std::vector<double>{1, test::nan});
    damaged("finite", "mean", std::vector<double>{1, test::infinity, 1});
    damaged("finite", "deviation", std::vector<double>{1, test::nan, 1});
    damaged("finite", "noise_variance", test::nan);
    damaged("rows", "n_samples_seen", Index{0});
}
