/// What every estimator promises, in the spirit of scikit-learn's common checks: its parameters, and a state that depends
/// on them and the data alone. The other files here have the rest: kinds of data, targets, rows, errors, chunked data.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <numeric>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <contract/cases.hpp>

using namespace contract;
using Catch::Matchers::Contains;
using test::same_bits;

namespace {

constexpr Index n = 90, d = 5;

using WithSettings = Select<[]<class Case>() { return !Case::settings.empty(); }>;
using WithoutSettings = Select<[]<class Case>() { return Case::settings.empty(); }>;
using WithLimits = Select<[]<class Case>() { return has_out_of_range<Case>; }>;

/// Sum of squared distances to the column means.
double deviation(const Matrix<double>& X) {
    double sum = 0.0;
    for (Index j = 0; j < X.cols(); ++j) {
        double mean = 0.0;
        for (Index i = 0; i < X.rows(); ++i) mean += X(i, j) / static_cast<double>(X.rows());
        for (Index i = 0; i < X.rows(); ++i) sum += (X(i, j) - mean) * (X(i, j) - mean);
    }
    return sum;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("contract: concepts", "[contract]", All) {
    using E = EstimatorOf<TestType>;
    static_assert(bf::Estimator<E>);
    static_assert(is_classifier<TestType> + is_regressor<TestType> + is_clusterer<TestType> <= 1);
    static_assert(is_supervised<TestType> != (is_clusterer<TestType> || is_transformer<TestType>));
    static_assert(bf::SupervisedPartialFit<E> == is_supervised<TestType>);
    static_assert(bf::UnsupervisedPartialFit<E> != is_supervised<TestType>);
    static_assert(is_classifier<TestType> == (TestType::n_classes > 0));
    static_assert(std::is_nothrow_move_constructible_v<E> || std::move_constructible<E>);
    // What holds parameters of its own has a default for each.
    if constexpr (is_plain<TestType>) {
        REQUIRE(E().to_string() == std::string(E::class_name) + "()");
        REQUIRE_FALSE(E().fitted());
    }
    REQUIRE_THAT(TestType::make().to_string(), Contains(std::string(E::class_name) + "("));
}

TEMPLATE_LIST_TEST_CASE("contract: set_param by name", "[contract]", WithSettings) {
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

TEMPLATE_LIST_TEST_CASE("contract: every parameter reads back from its text", "[contract]", WithSettings) {
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
    if constexpr (!is_plain<TestType>) e.for_each_step([&](std::string_view, auto& step) { check(step); });
    if constexpr (!is_pipeline<TestType>) check(e);
}

TEMPLATE_LIST_TEST_CASE("contract: an unknown parameter is refused with the names there are", "[contract]", WithSettings) {
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

TEMPLATE_LIST_TEST_CASE("contract: an estimator without parameters says so", "[contract]", WithoutSettings) {
    auto e = TestType::make();
    REQUIRE(e.to_string() == std::string(e.class_name) + "()");
    REQUIRE_THAT(refused<bf::ParameterError>(e, [&] { e.set_param("nosuch", "1"); }).what(), Contains("it has none"));
}

TEMPLATE_LIST_TEST_CASE("contract: unfitted() equals a fresh one", "[contract]", All) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    auto e = TestType::make();
    REQUIRE_FALSE(e.fitted());
    REQUIRE(e == TestType::make());
    fit<TestType>(e, X, targets<TestType>(X));
    REQUIRE(e.fitted());
    REQUIRE_FALSE(e == TestType::make());
    REQUIRE_FALSE(e.unfitted().fitted());
    REQUIRE(e.unfitted() == TestType::make());
    REQUIRE(e.to_string() == TestType::make().to_string());
    // Parameters set later come along.
    if constexpr (!TestType::settings.empty()) {
        const auto [name, text] = TestType::settings.front();
        e.set_param(name, text);
        auto with_param = TestType::make();
        with_param.set_param(name, text);
        REQUIRE(e.fitted());
        REQUIRE(e.unfitted() == with_param);
    }
}

TEMPLATE_LIST_TEST_CASE("contract: refit equals fresh fit", "[contract]", All) {
    const Matrix<double> X = uneven<TestType>(n, d, 1), other = normal<TestType>(n + 7, d + 2, 2);
    const auto y = targets<TestType>(X);
    const auto fresh = fitted<TestType>(X, y);
    auto e = fitted<TestType>(other, targets<TestType>(other));
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
    const Matrix<double> X = uneven<TestType>(1000, d, 1);
    const auto y = targets<TestType>(X);
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
    }
    if constexpr (is_regressor<TestType>) REQUIRE(e.score(X, y) > 0.95);
    if constexpr (is_clusterer<TestType>) {
        // The nearest centre is what is predicted, and its distance what the score sums.
        const Matrix<double> distance = e.transform(X);
        const std::vector<Label> label = e.predict(X);
        double inertia = 0.0;
        for (Index i = 0; i < X.rows(); ++i) {
            const auto row = distance.row(i);
            REQUIRE(label[static_cast<std::size_t>(i)] == std::ranges::min_element(row) - row.begin());
            inertia += std::ranges::min(row) * std::ranges::min(row);
        }
        REQUIRE(-e.score(X) == Approx(inertia));
        if constexpr (!is_pipeline<TestType>) REQUIRE(inertia < 0.7 * deviation(X));
    } else if constexpr (is_transformer<TestType>) {
        const Matrix<double> Z = e.transform(X);
        if constexpr (TestType::standardises) {
            for (Index j = 0; j < d; ++j) {
                double sum = 0.0, squares = 0.0;
                for (Index i = 0; i < X.rows(); ++i) {
                    sum += Z(i, j);
                    squares += Z(i, j) * Z(i, j);
                }
                REQUIRE(sum / 1000 == Approx(0.0).margin(1e-12));
                REQUIRE(squares / 1000 == Approx(1.0));
            }
        }
        const Matrix<double> back = e.inverse_transform(Z);
        if constexpr (TestType::inverts) {
            for (Index i = 0; i < X.rows(); ++i)
                for (Index j = 0; j < d; ++j) REQUIRE(back(i, j) == Approx(X(i, j)).margin(1e-12));
        } else {
            double lost = 0.0;
            for (Index i = 0; i < X.rows(); ++i)
                for (Index j = 0; j < d; ++j) lost += (back(i, j) - X(i, j)) * (back(i, j) - X(i, j));
            REQUIRE(lost < 0.4 * deviation(X));
        }
    }
}

TEMPLATE_LIST_TEST_CASE("contract: copies are independent", "[contract]", All) {
    const Matrix<double> X = uneven<TestType>(n, d, 1), more = uneven<TestType>(n, d, 2);
    const auto y = targets<TestType>(X), more_y = targets<TestType>(more);
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

TEMPLATE_LIST_TEST_CASE("contract: parameters out of range are refused by the next fit", "[contract]", WithLimits) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    const auto [name, text] = TestType::out_of_range;
    e.set_param(name, text);
    fresh.set_param(name, text);
    const auto last = name.rfind("__");
    const std::string own(name.substr(last == name.npos ? 0 : last + 2));
    for (auto* each : {&fresh, &e}) {
        REQUIRE_THAT(refused<bf::ParameterError>(*each, [&] { fit<TestType>(*each, X, y); }).what(), Contains(own));
        (void)refused<bf::ParameterError>(*each, [&] { partial_fit<TestType>(*each, X, y); });
    }
    // What was fitted is still there.
    REQUIRE(same_bits(results<TestType>(e, X), results<TestType>(fitted<TestType>(X, y), X)));
}
