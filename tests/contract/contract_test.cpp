/// What every estimator promises, in the spirit of scikit-learn's common checks: parameters, shapes, errors, copies, and
/// results that depend on a row alone. chunked_test.cpp has what is promised for blocks.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <numeric>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <contract/cases.hpp>

using namespace contract;
using Catch::Matchers::Contains;
using test::same_bits;

namespace {

constexpr Index n = 90, d = 5;

/// A call must throw Error and leave e as it was.
template <class Error, class E, class F>
Error refused(E& e, F call) {
    const E before = e;
    try {
        call();
    } catch (const Error& error) {
        REQUIRE(e == before);
        REQUIRE(!std::string(error.what()).empty());
        return error;
    }
    FAIL("not refused");
    throw;
}

}  // namespace

// --- parameters and state -----------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("contract: concepts", "[contract]", All) {
    using E = EstimatorOf<TestType>;
    static_assert(bf::Estimator<E>);
    static_assert(bf::Classifier<E> == is_classifier<TestType> && bf::SupervisedPartialFit<E> == is_classifier<TestType>);
    static_assert(bf::Transformer<E> != is_classifier<TestType> && bf::UnsupervisedPartialFit<E> != is_classifier<TestType>);
    static_assert(std::is_nothrow_move_constructible_v<E> || std::move_constructible<E>);
    // What holds parameters of its own has a default for each.
    if constexpr (requires(const E& e) { e.params().fields(); } && !requires(const E& e) { e.estimator(); }) {
        REQUIRE(E().to_string() == std::string(E::class_name) + "()");
        REQUIRE_FALSE(E().fitted());
    }
    REQUIRE_THAT(TestType::make().to_string(), Contains(std::string(E::class_name) + "("));
}

TEMPLATE_LIST_TEST_CASE("contract: set_param by name", "[contract]", All) {
    const auto fresh = TestType::make();
    for (const auto& [name, text] : TestType::settings) {
        CAPTURE(name, text);
        auto e = TestType::make();
        e.set_param(name, text);
        REQUIRE_FALSE(e == fresh);
        REQUIRE(e.to_string() != fresh.to_string());
        const auto last = name.rfind("__");
        const std::string own(name.substr(last == name.npos ? 0 : last + 2));
        if (e.to_string().size() > fresh.to_string().size())  // else it is the default now
            REQUIRE_THAT(e.to_string(), Contains(own + "=" + std::string(text)));
        const auto before = e;
        REQUIRE_THROWS_AS(e.set_param(name, "neither"), bf::ParameterError);
        REQUIRE(e == before);
    }
}

TEMPLATE_LIST_TEST_CASE("contract: every parameter reads back from its text", "[contract]", All) {
    auto e = TestType::make();
    for (const auto& [name, text] : TestType::settings) e.set_param(name, text);
    const auto check = [](auto changed) {
        std::remove_const_t<decltype(changed)> again = changed;
        if constexpr (requires { changed.params().fields(); }) {
            bf::detail::for_each_param(changed.params(), [&](std::string_view name, const auto& value) {
                again.set_param(name, bf::detail::to_text(value));
            });
            REQUIRE(again == changed);
        }
    };
    if constexpr (requires { e.for_each_step([](std::string_view, auto&) {}); })
        e.for_each_step([&](std::string_view, auto& step) { check(step); });
    else check(e);
}

TEMPLATE_LIST_TEST_CASE("contract: an unknown parameter is refused with the names there are", "[contract]", All) {
    auto e = TestType::make();
    const auto [name, text] = TestType::settings.front();
    // For a step's parameter the step must exist; its parameters are then listed.
    const auto last = name.rfind("__");
    const std::string prefix(last == name.npos ? std::string_view() : name.substr(0, last + 2));
    const auto error = refused<bf::ParameterError>(e, [&] { e.set_param(prefix + "nosuch", "1"); });
    REQUIRE_THAT(error.what(), Contains("nosuch") && Contains(std::string(name.substr(prefix.size()))));
    const auto unknown_step = refused<bf::ParameterError>(e, [&] { e.set_param("nosuch__with_mean", "1"); });
    REQUIRE_THAT(unknown_step.what(), Contains("nosuch"));
    (void)refused<bf::ParameterError>(e, [&] { e.set_param("", "1"); });
}

TEMPLATE_LIST_TEST_CASE("contract: unfitted() equals a fresh one", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1);
    auto e = TestType::make();
    REQUIRE_FALSE(e.fitted());
    REQUIRE(e == TestType::make());
    fit<TestType>(e, X, labels<TestType>(X));
    REQUIRE(e.fitted());
    REQUIRE_FALSE(e == TestType::make());
    REQUIRE_FALSE(e.unfitted().fitted());
    REQUIRE(e.unfitted() == TestType::make());
    REQUIRE(e.to_string() == TestType::make().to_string());
    // Parameters set later come along.
    const auto [name, text] = TestType::settings.front();
    e.set_param(name, text);
    auto with_param = TestType::make();
    with_param.set_param(name, text);
    REQUIRE(e.fitted());
    REQUIRE(e.unfitted() == with_param);
}

TEMPLATE_LIST_TEST_CASE("contract: refit equals fresh fit", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1), other = test::normal(n + 7, d + 2, 2);
    const auto y = labels<TestType>(X);
    const auto fresh = fitted<TestType>(X, y);
    auto e = fitted<TestType>(other, labels<TestType>(other));
    REQUIRE_FALSE(e == fresh);
    fit<TestType>(e, X, y);
    REQUIRE(e == fresh);
    fit<TestType>(e, X, y);
    REQUIRE(e == fresh);
    partial_fit<TestType>(e, X, y);
    REQUIRE_FALSE(e == fresh);
    fit<TestType>(e, X, y);
    REQUIRE(e == fresh);
    REQUIRE(same_bits(results<TestType>(e, X), results<TestType>(fresh, X)));
}

TEMPLATE_LIST_TEST_CASE("contract: it learns", "[contract]", All) {
    const Matrix<double> X = test::uneven(1000, d, 1);
    const auto y = labels<TestType>(X);
    const auto e = fitted<TestType>(X, y);
    if constexpr (is_classifier<TestType>) {
        Index most = 0;
        for (const Label k : classes<TestType>()) most = std::max<Index>(most, std::ranges::count(y, k));
        REQUIRE(e.score(X, y) > static_cast<double>(most) / 1000 + 0.15);
        REQUIRE(e.classes() == classes<TestType>());
        if constexpr (TestType::has_proba) {
            const Matrix<double> proba = e.predict_proba(X);
            for (Index i = 0; i < X.rows(); ++i) {
                REQUIRE(std::accumulate(proba.row(i).begin(), proba.row(i).end(), 0.0) == Approx(1.0));
                REQUIRE(std::ranges::min(proba.row(i)) >= 0.0);
            }
        }
    } else {
        const Matrix<double> Z = e.transform(X);
        for (Index j = 0; j < d; ++j) {
            double sum = 0.0, squares = 0.0;
            for (Index i = 0; i < X.rows(); ++i) {
                sum += Z(i, j);
                squares += Z(i, j) * Z(i, j);
            }
            REQUIRE(sum / 1000 == Approx(0.0).margin(1e-12));
            REQUIRE(squares / 1000 == Approx(1.0));
        }
        const Matrix<double> back = e.inverse_transform(Z);
        for (Index i = 0; i < X.rows(); ++i)
            for (Index j = 0; j < d; ++j) REQUIRE(back(i, j) == Approx(X(i, j)).margin(1e-12));
    }
}

TEMPLATE_LIST_TEST_CASE("contract: copies are independent", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1), more = test::uneven(n, d, 2);
    const auto y = labels<TestType>(X), more_y = labels<TestType>(more);
    auto e = fitted<TestType>(X, y);
    const auto reference = fitted<TestType>(X, y);
    auto copy = e;
    REQUIRE(copy == e);
    partial_fit<TestType>(copy, more, more_y);
    REQUIRE_FALSE(copy == e);
    REQUIRE(e == reference);
    const auto trained_copy = copy;
    partial_fit<TestType>(e, X, y);
    REQUIRE(copy == trained_copy);
    REQUIRE(same_bits(results<TestType>(copy, X), results<TestType>(trained_copy, X)));
    auto moved = std::move(copy);
    REQUIRE(moved == trained_copy);
    copy = moved;
    REQUIRE(copy == trained_copy);
}

// --- kinds of data ------------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("contract: float data", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const Matrix<float> F = test::as<float>(X);
    const auto y = labels<TestType>(X);
    const auto e = fitted<TestType>(F, y);
    REQUIRE(e.n_features_in() == d);
    if constexpr (is_classifier<TestType>) {
        REQUIRE(e.score(F, y) > 0.7);
        static_assert(std::same_as<decltype(e.decision_function(F)), Matrix<double>>);
    } else {
        static_assert(std::same_as<decltype(e.transform(F)), Matrix<float>>);
        static_assert(std::same_as<decltype(e.transform(X)), Matrix<double>>);
        const Matrix<float> Z = e.transform(F);
        const Matrix<double> want = e.transform(X);
        for (Index i = 0; i < n; ++i)
            for (Index j = 0; j < d; ++j) REQUIRE(Z(i, j) == Approx(want(i, j)).margin(1e-5));
    }
    // A float is a double: what is learned and said about the same values is the same. Not behind a transform, which
    // rounds to float.
    if constexpr (!requires { e.names(); }) {
        const Matrix<double> exact = test::to_double(F);
        REQUIRE(fitted<TestType>(exact, y) == e);
        if constexpr (is_classifier<TestType>)
            REQUIRE(same_bits(results<TestType>(e, exact), results<TestType>(e, F)));
    }
}

TEMPLATE_LIST_TEST_CASE("contract: integer data", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    const Matrix<int> I = test::as<int>(X);
    const Matrix<double> exact = test::to_double(I);
    auto e = fitted<TestType>(I, y), want = fitted<TestType>(exact, y);
    REQUIRE(e == want);
    REQUIRE(same_bits(results<TestType>(e, I), results<TestType>(want, exact)));
    partial_fit<TestType>(e, I, y);
    partial_fit<TestType>(want, exact, y);
    REQUIRE(e == want);
    const Matrix<std::int8_t> small = test::as<std::int8_t>(test::normal(n, d, 4));
    REQUIRE(same_bits(results<TestType>(e, small), results<TestType>(e, test::to_double(small))));
    // 2^53 + 1 has no double.
    Matrix<std::int64_t> large = test::as<std::int64_t>(X);
    large(7, 2) = (std::int64_t{1} << 53) + 1;
    const auto error = refused<bf::DataError>(e, [&] { partial_fit<TestType>(e, large, y); });
    REQUIRE(error.row() == 7);
    REQUIRE(error.column() == 2);
    REQUIRE_THROWS_AS(results<TestType>(e, large), bf::DataError);
}

TEMPLATE_LIST_TEST_CASE("contract: a strided view equals a contiguous one", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    const test::Padded<double> padded(X);
    const MatrixView<const double> strided = padded.view();
    REQUIRE_FALSE(strided.contiguous());
    auto e = fitted<TestType>(strided, y), want = fitted<TestType>(X, y);
    REQUIRE(e == want);
    partial_fit<TestType>(e, strided, y);
    partial_fit<TestType>(want, X, y);
    REQUIRE(e == want);
    REQUIRE(same_bits(results<TestType>(e, strided), results<TestType>(e, X)));
    const test::Padded<int> integers(test::as<int>(X));
    REQUIRE(same_bits(results<TestType>(e, integers.view()), results<TestType>(e, test::as<int>(X))));
}

TEMPLATE_LIST_TEST_CASE("contract: transform into the caller's memory", "[contract]", Transformers) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto e = fitted<TestType>(X, labels<TestType>(X));
    const Matrix<double> want = e.transform(X), want_back = e.inverse_transform(X);
    test::Padded<double> out(test::normal(n, d, 9));
    e.transform(X.view(), out.view());
    REQUIRE(same_bits(Matrix<double>(std::as_const(out).view()), want));
    e.inverse_transform(X.view(), out.view());
    REQUIRE(same_bits(Matrix<double>(std::as_const(out).view()), want_back));
    REQUIRE(out.padding_untouched());
    Matrix<double> in_place = X;
    e.transform(std::as_const(in_place).view(), in_place.view());
    REQUIRE(same_bits(in_place, want));
    in_place = X;
    e.inverse_transform(in_place, in_place);
    REQUIRE(same_bits(in_place, want_back));
    Matrix<double> short_out(n - 1, d), narrow_out(n, d - 1), wide_out(n, d + 1);
    for (Matrix<double>* bad : {&short_out, &narrow_out, &wide_out}) {
        REQUIRE_THROWS_AS(e.transform(X, *bad), bf::ShapeError);
        REQUIRE_THROWS_AS(e.inverse_transform(X, *bad), bf::ShapeError);
    }
}

TEMPLATE_LIST_TEST_CASE("contract: results into the caller's memory", "[contract]", Classifiers) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto e = fitted<TestType>(X, labels<TestType>(X));
    const MatrixView<const double> view = X.view();
    std::vector<Label> predicted(n), too_few(n - 1), too_many(n + 1);
    e.predict(view, std::span(predicted));
    REQUIRE(predicted == e.predict(X));
    REQUIRE_THROWS_AS(e.predict(view, std::span(too_few)), bf::ShapeError);
    REQUIRE_THROWS_AS(e.predict(view, std::span(too_many)), bf::ShapeError);
    const Index decisions = TestType::n_classes == 2 ? 1 : TestType::n_classes;
    test::Padded<double> out(test::normal(n, decisions, 9));
    e.decision_function(view, out.view());
    REQUIRE(same_bits(Matrix<double>(std::as_const(out).view()), e.decision_function(X)));
    REQUIRE(out.padding_untouched());
    const auto wrong_shapes = [&](Index cols, auto call) {
        for (const auto& [rows, columns] : {std::pair{n - 1, cols}, {n + 1, cols}, {n, cols - 1}, {n, cols + 1}}) {
            CAPTURE(rows, columns);
            Matrix<double> bad(rows, columns);
            REQUIRE_THROWS_AS(call(bad.view()), bf::ShapeError);
        }
    };
    wrong_shapes(decisions, [&](MatrixView<double> bad) { e.decision_function(view, bad); });
    if constexpr (TestType::has_proba) {
        test::Padded<double> proba(test::normal(n, TestType::n_classes, 9));
        e.predict_proba(view, proba.view());
        REQUIRE(same_bits(Matrix<double>(std::as_const(proba).view()), e.predict_proba(X)));
        REQUIRE(proba.padding_untouched());
        wrong_shapes(TestType::n_classes, [&](MatrixView<double> bad) { e.predict_proba(view, bad); });
    }
}

TEMPLATE_LIST_TEST_CASE("contract: labels of any type", "[contract]", Classifiers) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    const auto want = fitted<TestType>(X, y);
    const auto check = [&]<class L>(const std::vector<L>& other) {
        REQUIRE(fitted<TestType>(X, other) == want);
        REQUIRE(want.score(X, other) == want.score(X, y));
    };
    check(std::vector<int>(y.begin(), y.end()));
    check(std::vector<unsigned char>(y.begin(), y.end()));
    check(std::vector<double>(y.begin(), y.end()));
    enum class Species : short { setosa, versicolor, virginica };
    std::vector<Species> species;
    for (const Label label : y) species.push_back(static_cast<Species>(label));
    check(species);
    if constexpr (TestType::n_classes == 2) {
        std::array<bool, n> flags{};
        std::ranges::transform(y, flags.begin(), [](Label label) { return label == 1; });
        REQUIRE(fitted<TestType>(X, flags) == want);
    }
    auto e = want;
    std::vector<double> halves(y.begin(), y.end());
    halves[11] = 0.5;
    REQUIRE(refused<bf::LabelError>(e, [&] { fit<TestType>(e, X, halves); }).row() == 11);
}

TEMPLATE_LIST_TEST_CASE("contract: weights of one are no weights", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    const std::vector<double> ones(n, 1.0), w = test::weights(n, 3), too_few(n - 1, 1.0);
    std::vector<double> bad = w;
    bad[13] = test::nan;
    if constexpr (is_classifier<TestType>) {
        const auto want = fitted<TestType>(X, y);
        auto e = TestType::make();
        e.fit(X, y, {.sample_weight = ones});
        REQUIRE(e == want);
        e.fit(X, y, {.sample_weight = 1.0});
        REQUIRE(e == want);
        REQUIRE(e.score(X, y, ones) == e.score(X, y));
        e.fit(X, y, {.sample_weight = w});
        REQUIRE_FALSE(e == want);
        (void)refused<bf::ShapeError>(e, [&] { e.fit(X, y, {.sample_weight = too_few}); });
        REQUIRE(refused<bf::DataError>(e, [&] { e.fit(X, y, {.sample_weight = bad}); }).row() == 13);
        (void)refused<bf::ShapeError>(e, [&] { e.partial_fit(X, y, {.sample_weight = too_few}); });
        REQUIRE(refused<bf::DataError>(e, [&] { e.partial_fit(X, y, {.sample_weight = bad}); }).row() == 13);
    } else if constexpr (requires(EstimatorOf<TestType> e) { e.fit(X, ones); }) {
        const auto want = fitted<TestType>(X, y);
        auto e = TestType::make();
        // Weighted sums are taken in another order, so this is to rounding.
        const auto close = [&] {
            const Matrix<double> a = e.transform(X), b = want.transform(X);
            return std::ranges::equal(a.values(), b.values(), [](double x, double z) { return std::abs(x - z) < 1e-12; });
        };
        e.fit(X, ones);
        REQUIRE(close());
        e.fit(X, 1.0);
        REQUIRE(close());
        e.fit(X, w);
        REQUIRE_FALSE(close());
        (void)refused<bf::ShapeError>(e, [&] { e.fit(X, too_few); });
        REQUIRE(refused<bf::DataError>(e, [&] { e.partial_fit(X, bad); }).row() == 13);
    }
}

// --- rows are alone -----------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("contract: a row's result depends on the row alone", "[contract]", All) {
    const Matrix<double> train = test::uneven(n, d, 1), X = test::uneven(67, d, 2);
    const auto e = fitted<TestType>(train, labels<TestType>(train));
    const Matrix<double> whole = results<TestType>(e, X);
    SECTION("each row alone, at any alignment") {
        for (Index i = 0; i < X.rows(); ++i)
            REQUIRE(same_bits(results<TestType>(e, X.view().rows(i, i + 1)).view(), whole.view().rows(i, i + 1)));
    }
    SECTION("any split") {
        for (const Index cut : {1, 2, 8, 33, 64, 66}) {
            REQUIRE(same_bits(results<TestType>(e, X.view().rows(0, cut)).view(), whole.view().rows(0, cut)));
            REQUIRE(same_bits(results<TestType>(e, X.view().rows(cut, 67)).view(), whole.view().rows(cut, 67)));
        }
    }
    SECTION("any order") {
        bf::RandomState generator(5);
        const std::vector<Index> order = generator.permutation(X.rows());
        Matrix<double> shuffled(67, d), want(67, whole.cols());
        for (Index i = 0; i < 67; ++i) {
            std::ranges::copy(X.row(order[static_cast<std::size_t>(i)]), shuffled.row(i).begin());
            std::ranges::copy(whole.row(order[static_cast<std::size_t>(i)]), want.row(i).begin());
        }
        REQUIRE(same_bits(results<TestType>(e, shuffled), want));
    }
    SECTION("more rows than a tile has") {
        Matrix<double> many(5000, d);
        for (Index i = 0; i < 5000; ++i) std::ranges::copy(X.row(i % 67), many.row(i).begin());
        const Matrix<double> got = results<TestType>(e, many);
        for (Index first = 0; first + 67 <= 5000; first += 67)
            REQUIRE(same_bits(got.view().rows(first, first + 67), whole.view()));
    }
}

TEMPLATE_LIST_TEST_CASE("contract: const methods from several threads", "[contract]", All) {
    const Matrix<double> X = test::uneven(300, d, 1);
    const auto y = labels<TestType>(X);
    const auto e = fitted<TestType>(X, y);
    const auto before = e;
    const Matrix<double> want = results<TestType>(e, X);
    std::array<Matrix<double>, 4> got;
    {
        std::vector<std::jthread> threads;
        for (Matrix<double>& each : got) threads.emplace_back([&] { each = results<TestType>(e, X); });
    }
    for (const Matrix<double>& each : got) REQUIRE(same_bits(each, want));
    if constexpr (is_classifier<TestType>) (void)e.score(X, y);
    REQUIRE(e == before);
    REQUIRE(same_bits(results<TestType>(e, X), want));
}

// --- sizes --------------------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("contract: n_features_in", "[contract]", All) {
    for (const Index cols : {1, 2, 17}) {
        const Matrix<double> X = test::normal(n, cols, 1);
        auto e = fitted<TestType>(X, labels<TestType>(X));
        REQUIRE(e.n_features_in() == cols);
        REQUIRE(results<TestType>(e, X).rows() == n);
        if constexpr (!is_classifier<TestType>) REQUIRE(e.n_features_out() == cols);
        auto incremental = TestType::make();
        partial_fit<TestType>(incremental, X, labels<TestType>(X));
        REQUIRE(incremental.n_features_in() == cols);
    }
}

TEMPLATE_LIST_TEST_CASE("contract: another number of features is refused", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1), wide = test::uneven(n, d + 1, 1);
    const auto y = labels<TestType>(X);
    auto e = fitted<TestType>(X, y);
    for (const MatrixView<const double> bad : {wide.view(), X.view().cols(0, d - 1)}) {
        const auto error = refused<bf::ShapeError>(e, [&] { partial_fit<TestType>(e, bad, y); });
        REQUIRE_THAT(error.what(), Contains("number of features is " + std::to_string(bad.cols()) + ", expected 5"));
        if constexpr (is_classifier<TestType>) {
            (void)refused<bf::ShapeError>(e, [&] { (void)e.predict(bad); });
            (void)refused<bf::ShapeError>(e, [&] { (void)e.decision_function(bad); });
            if constexpr (TestType::has_proba) {
                (void)refused<bf::ShapeError>(e, [&] { (void)e.predict_proba(bad); });
                (void)refused<bf::ShapeError>(e, [&] { (void)e.predict_log_proba(bad); });
            }
            (void)refused<bf::ShapeError>(e, [&] { (void)e.score(bad, y); });
        } else {
            (void)refused<bf::ShapeError>(e, [&] { (void)e.transform(bad); });
            (void)refused<bf::ShapeError>(e, [&] { (void)e.inverse_transform(bad); });
        }
    }
}

TEMPLATE_LIST_TEST_CASE("contract: another number of labels is refused", "[contract]", Classifiers) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    auto e = fitted<TestType>(X, y);
    for (const std::size_t size : {std::size_t{0}, std::size_t{n - 1}, std::size_t{n + 1}}) {
        std::vector<Label> other = y;
        other.resize(size);
        (void)refused<bf::ShapeError>(e, [&] { fit<TestType>(e, X, other); });
        (void)refused<bf::ShapeError>(e, [&] { partial_fit<TestType>(e, X, other); });
        REQUIRE_THROWS_AS(e.score(X, other), bf::ShapeError);
    }
}

TEMPLATE_LIST_TEST_CASE("contract: no rows, no columns", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    const Matrix<double> no_rows(0, d), no_cols(n, 0), nothing(0, 0);
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    for (const Matrix<double>* empty : {&no_rows, &no_cols, &nothing}) {
        const std::vector<Label> labels(y.begin(), y.begin() + empty->rows());
        for (auto* each : {&fresh, &e}) {
            (void)refused<bf::ShapeError>(*each, [&] { fit<TestType>(*each, *empty, labels); });
            (void)refused<bf::ShapeError>(*each, [&] { partial_fit<TestType>(*each, *empty, labels); });
        }
    }
    // An empty block has an empty result.
    REQUIRE(results<TestType>(e, no_rows).rows() == 0);
    REQUIRE_THROWS_AS(results<TestType>(e, no_cols), bf::ShapeError);
    if constexpr (is_classifier<TestType>) REQUIRE_THROWS_AS(e.score(no_rows, std::vector<Label>()), bf::ShapeError);
}

TEMPLATE_LIST_TEST_CASE("contract: one row, one feature", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    SECTION("one row") {
        auto e = TestType::make();
        for (Index i = 0; i < n; ++i)
            partial_fit<TestType>(e, X.view().rows(i, i + 1), std::vector{y[static_cast<std::size_t>(i)]});
        REQUIRE(e.n_features_in() == d);
        REQUIRE(results<TestType>(e, X.view().rows(0, 1)).rows() == 1);
        if constexpr (is_classifier<TestType>) {
            REQUIRE(e.score(X, y) > 0.5);
            // One row has one class.
            if (!requires { e.blocks_done(); })
                (void)refused<bf::LabelError>(e, [&] { fit<TestType>(e, X.view().rows(0, 1), std::vector{y[0]}); });
        } else {
            fit<TestType>(e, X.view().rows(0, 1), y);
            const Matrix<double> zeros = e.transform(X.view().rows(0, 1));
            REQUIRE(std::ranges::all_of(zeros.values(), [](double z) { return z == 0.0; }));
        }
    }
    SECTION("one feature") {
        const MatrixView<const double> feature = X.view().cols(2, 3);
        const auto feature_labels = labels<TestType>(Matrix<double>(feature));
        const auto e = fitted<TestType>(feature, feature_labels);
        REQUIRE(e.n_features_in() == 1);
        REQUIRE(same_bits(results<TestType>(e, feature), results<TestType>(e, Matrix<double>(feature))));
    }
}

// --- use before fit -----------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("contract: nothing can be asked before the first fit", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    const auto chunked = bf::from_array(X, {.block_rows = 20});
    auto e = TestType::make();
    const auto not_fitted = [&](auto call) {
        const auto error = refused<bf::NotFittedError>(e, call);
        REQUIRE_THAT(error.what(), Contains("fit"));
    };
    not_fitted([&] { (void)e.n_features_in(); });
    if constexpr (is_classifier<TestType>) {
        not_fitted([&] { (void)e.classes(); });
        not_fitted([&] { (void)e.predict(X); });
        not_fitted([&] { (void)e.decision_function(X); });
        not_fitted([&] { (void)e.score(X, y); });
        not_fitted([&] { (void)e.predict(chunked); });
        not_fitted([&] { (void)e.decision_function(chunked); });
        not_fitted([&] { (void)e.score(chunked, bf::from_vector(y)); });
        std::vector<Label> out(n);
        not_fitted([&] { e.predict(X.view(), std::span(out)); });
        if constexpr (TestType::has_proba) {
            not_fitted([&] { (void)e.predict_proba(X); });
            not_fitted([&] { (void)e.predict_log_proba(chunked); });
        } else {
            REQUIRE_THROWS_AS(e.predict_proba(X), bf::UnsupportedError);
            REQUIRE_THROWS_AS(e.predict_log_proba(chunked), bf::UnsupportedError);
        }
    } else {
        not_fitted([&] { (void)e.n_features_out(); });
        not_fitted([&] { (void)e.transform(X); });
        not_fitted([&] { (void)e.inverse_transform(X); });
        not_fitted([&] { (void)e.transform(chunked); });
        not_fitted([&] { (void)e.inverse_transform(chunked); });
        Matrix<double> out(n, d);
        not_fitted([&] { e.transform(X, out); });
    }
}

// --- values that are refused --------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("contract: infinity is refused, with row and column", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    for (const double bad : {test::infinity, -test::infinity}) {
        Matrix<double> with = X;
        with(47, 3) = bad;
        with(48, 1) = bad;
        const auto check = [](const bf::DataError& error) {
            REQUIRE(error.row() == 47);
            REQUIRE(error.column() == 3);
            REQUIRE_THAT(error.what(), Contains("infinity") && Contains("row 47, column 3"));
        };
        for (auto* each : {&fresh, &e}) {
            check(refused<bf::DataError>(*each, [&] { fit<TestType>(*each, with, y); }));
            check(refused<bf::DataError>(*each, [&] { partial_fit<TestType>(*each, with, y); }));
            check(refused<bf::DataError>(*each, [&] { partial_fit<TestType>(*each, test::as<float>(with), y); }));
        }
        if constexpr (is_classifier<TestType>) {
            check(refused<bf::DataError>(e, [&] { (void)e.predict(with); }));
            check(refused<bf::DataError>(e, [&] { (void)e.decision_function(with); }));
            if constexpr (TestType::has_proba) check(refused<bf::DataError>(e, [&] { (void)e.predict_proba(with); }));
            // Blocks are named too, so the place is all that has to agree.
            REQUIRE(refused<bf::DataError>(e, [&] { (void)e.score(with, y); }).row() == 47);
        } else {
            check(refused<bf::DataError>(e, [&] { (void)e.transform(with); }));
        }
    }
}

TEMPLATE_LIST_TEST_CASE("contract: NaN is refused by classifiers, with row and column", "[contract]", Classifiers) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    Matrix<double> with = X;
    with(89, 4) = test::nan;
    const auto check = [](const bf::DataError& error) {
        REQUIRE(error.row() == 89);
        REQUIRE(error.column() == 4);
        REQUIRE_THAT(error.what(), Contains("NaN"));
    };
    for (auto* each : {&fresh, &e}) {
        check(refused<bf::DataError>(*each, [&] { fit<TestType>(*each, with, y); }));
        check(refused<bf::DataError>(*each, [&] { partial_fit<TestType>(*each, with, y); }));
        check(refused<bf::DataError>(*each, [&] { fit<TestType>(*each, test::as<float>(with), y); }));
    }
    check(refused<bf::DataError>(e, [&] { (void)e.predict(with); }));
    check(refused<bf::DataError>(e, [&] { (void)e.predict(test::as<float>(with)); }));
    // Beyond the first tile of whatever is done by tile.
    Matrix<double> tall(4200, d);
    tall(4150, 1) = test::nan;
    const auto error = refused<bf::DataError>(e, [&] { (void)e.predict(tall); });
    REQUIRE(error.row() == 4150);
    REQUIRE(error.column() == 1);
}

TEMPLATE_LIST_TEST_CASE("contract: NaN is missing for scalers", "[contract]", Transformers) {
    Matrix<double> X = test::uneven(n, d, 1);
    X(47, 3) = test::nan;
    X(0, 0) = test::nan;
    const auto e = fitted<TestType>(X, labels<TestType>(test::uneven(n, d, 1)));
    const Matrix<double> Z = e.transform(X);
    double sum = 0.0;
    for (Index i = 0; i < n; ++i)
        for (Index j = 0; j < d; ++j) {
            REQUIRE(std::isnan(Z(i, j)) == std::isnan(X(i, j)));
            if (j == 3 && i != 47) sum += Z(i, j);
        }
    REQUIRE(sum == Approx(0.0).margin(1e-12));
    REQUIRE(std::isnan(e.inverse_transform(Z)(47, 3)));
}

TEMPLATE_LIST_TEST_CASE("contract: labels that are not in classes are refused", "[contract]", Classifiers) {
    const Matrix<double> X = test::uneven(n, d, 1);
    auto y = labels<TestType>(X);
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    y[83] = 7;
    for (auto* each : {&fresh, &e}) {
        const auto error = refused<bf::LabelError>(*each, [&] { partial_fit<TestType>(*each, X, y); });
        REQUIRE(error.row() == 83);
        REQUIRE_THAT(error.what(), Contains("label 7"));
    }
    (void)refused<bf::LabelError>(e, [&] {
        e.partial_fit(X, labels<TestType>(X), {.classes = {0, 1, 2, 3}});
    });
    // The order in which classes are given, and repeats, do not matter.
    std::vector<Label> reversed = classes<TestType>();
    reversed.insert(reversed.end(), reversed.begin(), reversed.end());
    std::ranges::reverse(reversed);
    auto a = TestType::make(), b = TestType::make();
    partial_fit<TestType>(a, X, labels<TestType>(X));
    b.partial_fit(X, labels<TestType>(X), {.classes = reversed});
    REQUIRE(a == b);
}

TEMPLATE_LIST_TEST_CASE("contract: parameters out of range are refused by the next fit", "[contract]", Classifiers) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    // The parameters of the innermost classifier, wherever it is.
    std::string alpha;
    for (const char* name : {"alpha", "estimator__alpha", "sgdclassifier__alpha", "classify__estimator__alpha"})
        try {
            e.set_param(name, "-1");
            fresh.set_param(name, "-1");
            alpha = name;
        } catch (const bf::ParameterError&) {
        }
    REQUIRE(!alpha.empty());
    for (auto* each : {&fresh, &e}) {
        REQUIRE_THAT(refused<bf::ParameterError>(*each, [&] { fit<TestType>(*each, X, y); }).what(), Contains("alpha"));
        (void)refused<bf::ParameterError>(*each, [&] { partial_fit<TestType>(*each, X, y); });
    }
    // What was fitted is still there.
    REQUIRE(e.predict(X) == fitted<TestType>(X, y).predict(X));
}
