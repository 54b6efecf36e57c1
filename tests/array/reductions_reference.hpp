#ifndef BLOCKFIT_TESTS_ARRAY_REDUCTIONS_REFERENCE_HPP
#define BLOCKFIT_TESTS_ARRAY_REDUCTIONS_REFERENCE_HPP

#include <cmath>
#include <concepts>
#include <cstddef>
#include <fstream>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/array/reductions.hpp>
#include <blockfit/exec/settings.hpp>

/// Compares reductions with those of numpy; the format is in make_reductions_reference.py.

namespace reductions_reference {

namespace bf = blockfit;
using bf::Index;
using Json = nlohmann::json;

inline const Json& document() {
    static const Json json = [] {
        std::ifstream file(std::string(BLOCKFIT_TEST_SOURCE_DIR) + "/reference/arrays/reductions.json");
        return Json::parse(file);
    }();
    return json;
}

template <class T>
T value_of(const Json& json) {
    if (json.is_boolean()) return static_cast<T>(json.get<bool>());
    if (!json.is_string()) return json.get<T>();
    if constexpr (std::floating_point<T>) {
        const auto text = json.get<std::string>();
        if (text == "nan") return std::numeric_limits<T>::quiet_NaN();
        return text == "inf" ? std::numeric_limits<T>::infinity() : -std::numeric_limits<T>::infinity();
    } else {
        throw std::runtime_error("not an integer: " + json.get<std::string>());
    }
}

template <class T>
bf::Matrix<T> matrix_of(const Json& c) {
    bf::Matrix<T> X(c.at("shape").at(0).get<Index>(), c.at("shape").at(1).get<Index>());
    for (Index i = 0; i < X.rows() * X.cols(); ++i) {
        if (c.contains("data")) {
            X.data()[i] = value_of<T>(c.at("data").at(static_cast<std::size_t>(i)));
        } else {
            const Json& f = c.at("formula");
            const Index value = i * 7919 % f.at("modulus").get<Index>() - f.at("offset").get<Index>();
            if constexpr (std::floating_point<T>)
                X.data()[i] = static_cast<T>(static_cast<double>(value) / f.at("divisor").get<double>());
            else X.data()[i] = static_cast<T>(value);
        }
    }
    return X;
}

/// What a lazy result is, or that it was refused.
template <class F>
auto attempt(F f) {
    struct Result {
        std::vector<double> reals;
        std::vector<Index> integers;
        std::vector<std::uint64_t> naturals;
        bool refused = false;
    } result;
    const auto store = [&]<class V>(V value) {
        if constexpr (std::floating_point<V>) result.reals.push_back(value);
        else if constexpr (std::same_as<V, std::uint64_t>) result.naturals.push_back(value);
        else result.integers.push_back(static_cast<Index>(value));
    };
    try {
        const auto computed = f().compute();
        if constexpr (requires { computed.size(); })
            for (const auto value : computed)
                store(static_cast<typename std::decay_t<decltype(computed)>::value_type>(value));
        else store(computed);
    } catch (const bf::DataError&) {
        result.refused = true;
    } catch (const bf::ShapeError&) {
        result.refused = true;
    }
    return result;
}

/// Is a result what numpy found? rtol is relative to `scale` (one for each value) if that is given.
template <class Result>
void compare(const Result& got, const Json& want, std::size_t first, double rtol, const Json* scale) {
    if (want.is_string()) {
        CHECK(got.refused);
        return;
    }
    REQUIRE_FALSE(got.refused);
    REQUIRE(got.reals.size() + got.integers.size() + got.naturals.size() >= want.size());
    for (std::size_t k = 0; k < want.size(); ++k) {
        if (!got.integers.empty()) {
            REQUIRE(got.integers[first + k] == value_of<Index>(want[k]));
        } else if (!got.naturals.empty()) {
            REQUIRE(got.naturals[first + k] == value_of<std::uint64_t>(want[k]));
        } else {
            const double g = got.reals[first + k];
            const auto w = value_of<double>(want[k]);
            if (g == w || (std::isnan(g) && std::isnan(w))) continue;
            const double allowed = rtol * (scale ? value_of<double>((*scale)[k]) : std::abs(w));
            INFO("value " << k << " is " << g << ", expected " << w);
            REQUIRE(std::abs(g - w) <= allowed);
        }
    }
}

template <class T>
void check_case(const Json& c, Index block_rows) {
    INFO(c.at("name").get<std::string>() << ", block_rows " << block_rows);
    const bf::Matrix<T> M = matrix_of<T>(c);
    const bf::ChunkedMatrix<T> X = bf::from_array(M, {.block_rows = block_rows});
    const Json& expected = c.at("expected");
    const auto check = [&](const char* name, double rtol, bool by_magnitude, auto f) {
        INFO(name);
        const Json& want = expected.at(name);
        const Json& scale = c.at("magnitude");
        compare(attempt([&] { return f(X); }), want.at("all"), 0, rtol, by_magnitude ? &scale.at("all") : nullptr);
        compare(attempt([&] { return f(X, bf::axis<0>); }), want.at("axis0"), 0, rtol,
                by_magnitude ? &scale.at("axis0") : nullptr);
        compare(attempt([&] { return f(X, bf::axis<1>); }), want.at("axis1"), 0, rtol,
                by_magnitude ? &scale.at("axis1") : nullptr);
    };
    const double variance = 1e-12;
    check("sum", 1e-15, true, [](auto... a) { return bf::sum(a...); });
    check("nansum", 1e-15, true, [](auto... a) { return bf::nansum(a...); });
    check("mean", 1e-15, true, [](auto... a) { return bf::mean(a...); });
    check("nanmean", 1e-15, true, [](auto... a) { return bf::nanmean(a...); });
    check("var", variance, false, [](auto... a) { return bf::var(a...); });
    check("var1", variance, false, [](auto... a) { return bf::var(a..., {.ddof = 1}); });
    check("stddev", variance, false, [](auto... a) { return bf::stddev(a...); });
    check("nanvar", variance, false, [](auto... a) { return bf::nanvar(a...); });
    check("nanvar1", variance, false, [](auto... a) { return bf::nanvar(a..., {.ddof = 1}); });
    check("nanstddev", variance, false, [](auto... a) { return bf::nanstddev(a...); });
    check("min", 0, false, [](auto... a) { return bf::min(a...); });
    check("max", 0, false, [](auto... a) { return bf::max(a...); });
    check("argmin", 0, false, [](auto... a) { return bf::argmin(a...); });
    check("argmax", 0, false, [](auto... a) { return bf::argmax(a...); });
    check("nanmin", 0, false, [](auto... a) { return bf::nanmin(a...); });
    check("nanmax", 0, false, [](auto... a) { return bf::nanmax(a...); });
    check("nanargmin", 0, false, [](auto... a) { return bf::nanargmin(a...); });
    check("nanargmax", 0, false, [](auto... a) { return bf::nanargmax(a...); });
    check("any", 0, false, [](auto... a) { return bf::any(a...); });
    check("all", 0, false, [](auto... a) { return bf::all(a...); });
    check("count_nonzero", 0, false, [](auto... a) { return bf::count_nonzero(a...); });

    const auto q = document().at("q").get<std::vector<double>>();
    const auto check_quantiles = [&](const char* name, auto over_all, auto over_columns) {
        INFO(name);
        const bf::Quantiles all = over_all(q);
        const bf::QuantileTable table = over_columns(q);
        CHECK(all.rank_error == 0);
        CHECK(table.rank_error == 0);
        for (std::size_t k = 0; k < q.size(); ++k) {
            const auto same = [](double got, double want) {
                return got == want || (std::isnan(got) && std::isnan(want)) ||
                       std::abs(got - want) <= 1e-15 * std::abs(want);
            };
            CHECK(same(all.values[k], value_of<double>(c.at(name).at("all")[0][k])));
            for (Index j = 0; j < X.cols(); ++j)
                CHECK(same(table.values(static_cast<Index>(k), j),
                           value_of<double>(c.at(name).at("axis0")[static_cast<std::size_t>(j)][k])));
        }
    };
    const bf::QuantileOptions exact{.rank_error = 0};
    check_quantiles(
        "quantile", [&](auto p) { return bf::quantile(X, p, exact).compute(); },
        [&](auto p) { return bf::quantile(X, p, bf::axis<0>, exact).compute(); });
    check_quantiles(
        "nanquantile", [&](auto p) { return bf::nanquantile(X, p, exact).compute(); },
        [&](auto p) { return bf::nanquantile(X, p, bf::axis<0>, exact).compute(); });

    const auto check_histogram = [&](const char* name, auto f) {
        INFO("histogram, " << name);
        const Json& want = c.at("histogram").at(name);
        if (want.is_string()) {
            CHECK_THROWS_AS(f().compute(), bf::DataError);
            return;
        }
        const bf::Histogram got = f().compute();
        CHECK(got.counts == want.at("counts").get<std::vector<Index>>());
        CHECK(got.edges == want.at("edges").get<std::vector<double>>());
    };
    check_histogram("auto", [&] { return bf::histogram(X, 7); });
    check_histogram("range", [&] { return bf::histogram(X, 10, {-2.5, 4.0}); });
    check_histogram("point", [&] { return bf::histogram(X, 4, {1, 1}); });
    check_histogram("edges", [&] { return bf::histogram(X, {-3.0, -0.5, -0.5, 0.0, 1.0, 1.5, 100.0}); });

    const auto unique = bf::unique(X).compute();
    CHECK(unique.counts == c.at("unique").at("counts").get<std::vector<Index>>());
    REQUIRE(unique.values.size() == c.at("unique").at("values").size());
    for (std::size_t k = 0; k < unique.values.size(); ++k) {
        const T want = value_of<T>(c.at("unique").at("values")[k]);
        CHECK((unique.values[k] == want || (want != want && unique.values[k] != unique.values[k])));
    }
}

/// All cases of a type, for different blocks. Throws if there are none.
template <class T>
void check_cases() {
    Index cases = 0;
    for (const Json& c : document().at("cases")) {
        if (c.at("dtype") != bf::dtype_name<T>()) continue;
        ++cases;
        const Index rows = std::max<Index>(c.at("shape").at(0).get<Index>(), 1);
        for (const Index block_rows : {rows, rows / 2 + 1, std::max<Index>(rows / 7, 1)}) check_case<T>(c, block_rows);
    }
    REQUIRE(cases >= 4);
}

}  // namespace reductions_reference

#endif
