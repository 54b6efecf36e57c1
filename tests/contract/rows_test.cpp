/// What every estimator promises about rows: the result of a row depends on the row and the state alone.

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

#include <contract/cases.hpp>

using namespace contract;
using test::same_bits;

namespace {

constexpr Index n = 90, d = 5;

}  // namespace

TEMPLATE_LIST_TEST_CASE("contract: a row's result depends on the row alone", "[contract]", All) {
    const Matrix<double> train = uneven<TestType>(n, d, 1), X = uneven<TestType>(67, d, 2);
    const auto e = fitted<TestType>(train, targets<TestType>(train));
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
    SECTION("float rows too") {
        const Matrix<float> F = test::as<float>(X);
        const Matrix<double> of_float = results<TestType>(e, F);
        for (Index i = 0; i < F.rows(); ++i)
            REQUIRE(same_bits(results<TestType>(e, F.view().rows(i, i + 1)).view(), of_float.view().rows(i, i + 1)));
    }
}

TEMPLATE_LIST_TEST_CASE("contract: const methods from several threads", "[contract]", All) {
    const Matrix<double> X = uneven<TestType>(300, d, 1);
    const auto y = targets<TestType>(X);
    const auto e = fitted<TestType>(X, y);
    const auto before = e;
    const Matrix<double> want = results<TestType>(e, X);
    std::array<Matrix<double>, 4> got;
    {
        std::vector<std::jthread> threads;
        for (Matrix<double>& each : got) threads.emplace_back([&] { each = results<TestType>(e, X); });
    }
    for (const Matrix<double>& each : got) REQUIRE(same_bits(each, want));
    if constexpr (is_supervised<TestType> || is_clusterer<TestType>) {
        const double alone = score<TestType>(e, X, y);
        std::array<double, 4> scores{};
        {
            std::vector<std::jthread> threads;
            for (double& each : scores) threads.emplace_back([&] { each = score<TestType>(e, X, y); });
        }
        for (const double each : scores) REQUIRE(same_bits(each, alone));
    }
    REQUIRE(e == before);
    REQUIRE(same_bits(results<TestType>(e, X), want));
}

TEMPLATE_LIST_TEST_CASE("contract: one row", "[contract]", All) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    auto e = TestType::make();
    const Index first = TestType::first_rows, step = TestType::block_rows;
    const auto learn = [&](Index begin, Index end) {
        partial_fit<TestType>(e, X.view().rows(begin, end), part(y, {begin, end}));
    };
    if (first > 1) (void)refused<bf::ShapeError>(e, [&] { learn(0, first - 1); });
    learn(0, first);
    for (Index i = first; i + step <= n; i += step) {
        if (step > 1) (void)refused<bf::ShapeError>(e, [&] { learn(i, i + 1); });
        learn(i, i + step);
    }
    REQUIRE(e.n_features_in() == d);
    REQUIRE(results<TestType>(e, X.view().rows(0, 1)).rows() == 1);
    // The mean gets 0; behind a scaler the first rows were scaled by immature statistics.
    if constexpr (is_supervised<TestType>) REQUIRE(e.score(X, y) > (is_regressor<TestType> ? 0.25 : 0.5));

    const auto fit_one = [&] { fit<TestType>(e, X.view().rows(0, 1), part(y, {0, 1})); };
    if constexpr (is_classifier<TestType> && TestType::needs_two_classes && TestType::chunks != Chunks::block_by_block &&
                  TestType::chunks != Chunks::pipeline) {  // Incremental was told the classes
        (void)refused<bf::LabelError>(e, fit_one);
    } else if (first > 1) {
        (void)refused<bf::ShapeError>(e, fit_one);
    } else {
        fit_one();
        REQUIRE(e.n_features_in() == d);
        const Matrix<double> row = results<TestType>(e, X.view().rows(0, 1));
        REQUIRE(row.rows() == 1);
        if constexpr (TestType::standardises) {
            const Matrix<double> zeros = e.transform(X.view().rows(0, 1));
            REQUIRE(std::ranges::all_of(zeros.values(), [](double z) { return z == 0.0; }));
        }
    }
}

TEMPLATE_LIST_TEST_CASE("contract: few features", "[contract]", All) {
    for (const Index cols : {1, 2, 17}) {
        const Matrix<double> X = normal<TestType>(n, cols, 1);
        const auto y = targets<TestType>(X);
        auto e = TestType::make();
        if (cols < TestType::min_features) {
            (void)refused<bf::ParameterError>(e, [&] { fit<TestType>(e, X, y); });
            (void)refused<bf::ParameterError>(e, [&] { partial_fit<TestType>(e, X, y); });
            continue;
        }
        fit<TestType>(e, X, y);
        REQUIRE(e.n_features_in() == cols);
        REQUIRE(results<TestType>(e, X).rows() == n);
        if constexpr (is_transformer<TestType>)
            REQUIRE(e.n_features_out() == (keeps_features<TestType> ? cols : TestType::n_features_out));
        auto incremental = TestType::make();
        partial_fit<TestType>(incremental, X, y);
        REQUIRE(incremental.n_features_in() == cols);
    }
    // One column of several, at a stride.
    if constexpr (TestType::min_features == 1) {
        const Matrix<double> X = uneven<TestType>(n, d, 1);
        const MatrixView<const double> feature = X.view().cols(2, 3);
        const Matrix<double> packed(feature);
        const auto e = fitted<TestType>(feature, targets<TestType>(feature));
        REQUIRE(e.n_features_in() == 1);
        REQUIRE(e == fitted<TestType>(packed, targets<TestType>(packed)));
        REQUIRE(same_bits(results<TestType>(e, feature), results<TestType>(e, packed)));
    }
}
