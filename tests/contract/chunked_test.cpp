/// What every estimator promises for blocks: the cuts, the number of threads and laziness never show in a result, and a
/// bad block leaves what the complete ones before it made.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/exec/settings.hpp>
#include <contract/cases.hpp>

using namespace contract;
using Catch::Matchers::Contains;
using test::same_bits;

namespace {

constexpr Index n = 200, d = 4;
constexpr int thread_counts[] = {1, 2, 3, 8};

using Fittable = std::tuple<Scaler, ScalerPipeline, contract::Incremental, ThreeClassIncremental, IncrementalPipeline>;
using Incrementals = std::tuple<contract::Incremental, ThreeClassIncremental>;
/// Those whose chunked partial_fit needs no classes, or has them.
using BlockByBlock = std::tuple<Scaler, contract::Incremental, ThreeClassIncremental, IncrementalPipeline>;

std::vector<Label> part(const std::vector<Label>& y, bf::RowRange rows) {
    return {y.begin() + rows.begin, y.begin() + rows.end};
}
/// The blocks of X one by one, in memory.
template <class Case, class E>
void train_by_hand(E& e, const Matrix<double>& X, const std::vector<Label>& y, const bf::BlockPlan& plan) {
    for (Index block = 0; block < plan.size(); ++block)
        partial_fit<Case>(e, X.view().rows(plan[block]), part(y, plan[block]));
}
template <class Case, class E, class X, class Y>
void partial_fit_chunked(E& e, const X& data, const Y& y) {
    if constexpr (is_classifier<Case>) e.partial_fit(data, y);
    else e.partial_fit(data);
}
/// X as chunks of which every third takes long to read, so that later ones are ready before it.
bf::ChunkedMatrix<double> with_slow_blocks(const Matrix<double>& X, Index block_rows) {
    const auto read = [&X, block_rows](Index first, MatrixView<double> out) {
        volatile double sink = 0.0;
        if (first / block_rows % 3 == 0)
            for (int i = 0; i < 1'000'000; ++i) sink = sink + 1.0;
        for (Index i = 0; i < out.rows(); ++i) std::ranges::copy(X.row(first + i), out.row(i).begin());
    };
    return bf::from_function<double>(X.rows(), X.cols(), read, {.block_rows = block_rows});
}
/// Blocks of 1, 2, ..., 9, 1, 2, ... rows.
bf::BlockPlan uneven_plan(Index rows) {
    std::vector<Index> ends;
    for (Index end = 1, size = 1; end < rows; end += size = size % 9 + 1) ends.push_back(end);
    ends.push_back(rows);
    return bf::BlockPlan(ends);
}

}  // namespace

// --- results ------------------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("contract: chunked results equal those in memory", "[contract]", All) {
    const Matrix<double> train = test::uneven(n, d, 1), X = test::uneven(n, d, 2);
    const auto y = labels<TestType>(X);
    const auto e = fitted<TestType>(train, labels<TestType>(train));
    const Matrix<double> want = results<TestType>(e, X);
    SECTION("any cuts, any number of threads") {
        for (const int threads : thread_counts) {
            const bf::Settings settings({.threads = threads});
            for (const Index block_rows : {1, 7, 64, 199, 200, 1000}) {
                const auto blocks = bf::from_array(X, {.block_rows = block_rows});
                REQUIRE(same_bits(results<TestType>(e, blocks), want));
                if constexpr (is_classifier<TestType>)
                    REQUIRE(e.score(blocks, bf::from_vector(y)) == e.score(X, y));
            }
            REQUIRE(same_bits(results<TestType>(e, bf::from_array(X).rechunk(uneven_plan(n))), want));
        }
    }
    SECTION("the result has the cuts of the data") {
        const auto blocks = bf::from_array(X, {.block_rows = 64});
        apply<TestType>(e, blocks, [&](const auto& lazy) {
            REQUIRE(lazy.rows() == n);
            REQUIRE(lazy.plan() == blocks.plan());
        });
    }
    SECTION("any rows, in any order") {
        const auto blocks = bf::from_array(X, {.block_rows = 64});
        for (const auto& [begin, end] : {std::pair<Index, Index>{130, 200}, {3, 4}, {60, 70}, {0, 0}}) {
            std::vector<Matrix<double>> rows;
            REQUIRE(same_bits(results<TestType>(e, blocks.rows(begin, end)), want.view().rows(begin, end)));
            Index first = 0;
            apply<TestType>(e, blocks, [&, begin = begin, end = end](const auto& lazy) {
                const Matrix<double> got = as_matrix(lazy.rows(begin, end));
                REQUIRE(same_bits(got, want.view().rows(begin, end).cols(first, first + got.cols())));
                first += got.cols();
            });
        }
    }
    SECTION("float and integer data") {
        const Matrix<float> F = test::as<float>(X);
        const Matrix<std::int16_t> I = test::as<std::int16_t>(X);
        REQUIRE(same_bits(results<TestType>(e, bf::from_array(F, {.block_rows = 33})), results<TestType>(e, F)));
        REQUIRE(same_bits(results<TestType>(e, bf::from_array(I, {.block_rows = 33})), results<TestType>(e, I)));
    }
    SECTION("strided, sliced and computed data") {
        const test::Padded<double> padded(X);
        REQUIRE(same_bits(results<TestType>(e, bf::from_array(padded.view(), {.block_rows = 33})), want));
        const auto doubled = bf::from_array(X, {.block_rows = 50}).map_rows([](MatrixView<const double> in, MatrixView<double> out) {
            for (Index i = 0; i < in.rows(); ++i)
                std::ranges::transform(in.row(i), out.row(i).begin(), [](double x) { return 2.0 * x; });
        });
        REQUIRE(same_bits(results<TestType>(e, doubled), results<TestType>(e, doubled.compute())));
    }
}

TEMPLATE_LIST_TEST_CASE("contract: a lazy result keeps the state it was made with", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1), other = test::uneven(n, d, 5);
    auto e = std::make_unique<EstimatorOf<TestType>>(fitted<TestType>(X, labels<TestType>(X)));
    const Matrix<double> want = results<TestType>(*e, X);
    const auto blocks = bf::from_array(X, {.block_rows = 64});
    std::vector<std::function<Matrix<double>()>> later;
    apply<TestType>(*e, blocks, [&](const auto& lazy) { later.push_back([lazy] { return as_matrix(lazy); }); });
    const auto all_as_before = [&] {
        Index first = 0;
        for (const auto& compute : later) {
            const Matrix<double> got = compute();
            REQUIRE(same_bits(got, want.view().cols(first, first + got.cols())));
            first += got.cols();
        }
    };
    fit<TestType>(*e, other, labels<TestType>(other));
    REQUIRE_FALSE(same_bits(results<TestType>(*e, X), want));
    all_as_before();
    e.reset();
    all_as_before();
}

TEMPLATE_LIST_TEST_CASE("contract: chunked data of other features or lengths is refused before it is read", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    const auto e = fitted<TestType>(X, y);
    const auto unreadable = [](Index rows, Index cols) {
        return bf::from_function<double>(rows, cols, [](Index, MatrixView<double>) { throw std::logic_error("read"); });
    };
    for (const Index cols : {d - 1, d + 1}) {
        if constexpr (is_classifier<TestType>) {
            REQUIRE_THROWS_AS(e.predict(unreadable(n, cols)), bf::ShapeError);
            REQUIRE_THROWS_AS(e.decision_function(unreadable(n, cols)), bf::ShapeError);
            if constexpr (TestType::has_proba) {
                REQUIRE_THROWS_AS(e.predict_proba(unreadable(n, cols)), bf::ShapeError);
                REQUIRE_THROWS_AS(e.predict_log_proba(unreadable(n, cols)), bf::ShapeError);
            }
            REQUIRE_THROWS_AS(e.score(unreadable(n, cols), bf::from_vector(y)), bf::ShapeError);
        } else {
            REQUIRE_THROWS_AS(e.transform(unreadable(n, cols)), bf::ShapeError);
            REQUIRE_THROWS_AS(e.inverse_transform(unreadable(n, cols)), bf::ShapeError);
        }
    }
    if constexpr (is_classifier<TestType>) {
        REQUIRE_THROWS_AS(e.score(unreadable(n + 1, d), bf::from_vector(y)), bf::ShapeError);
        const std::vector<double> w(n - 1, 1.0);
        REQUIRE_THROWS_AS(e.score(unreadable(n, d), bf::from_vector(y), bf::from_vector(w)), bf::ShapeError);
        const std::vector<Label> none;
        REQUIRE_THROWS_AS(e.score(unreadable(0, d), bf::from_vector(none)), bf::ShapeError);
    }
    REQUIRE_THROWS_AS(results<TestType>(e, unreadable(n, d)), std::logic_error);
}

TEMPLATE_LIST_TEST_CASE("contract: a weighted score does not depend on threads", "[contract]", Classifiers) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    const auto e = fitted<TestType>(X, y);
    const std::vector<double> w = test::weights(n, 3);
    const auto predicted = e.predict(X);
    double right = 0.0, all = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
        all += w[i];
        if (predicted[i] == y[i]) right += w[i];
    }
    const double one_thread = [&] {
        const bf::Settings settings({.threads = 1});
        return e.score(bf::from_array(X, {.block_rows = 30}), bf::from_vector(y), bf::from_vector(w));
    }();
    REQUIRE(one_thread == Approx(right / all).epsilon(1e-13));
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        REQUIRE(e.score(bf::from_array(X, {.block_rows = 30}), bf::from_vector(y), bf::from_vector(w)) == one_thread);
    }
    REQUIRE(e.score(X, y, w) == Approx(right / all).epsilon(1e-13));
}

TEMPLATE_LIST_TEST_CASE("contract: a bad row of lazy data is named by block and row", "[contract]", All) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    const auto e = fitted<TestType>(X, y);
    Matrix<double> with = X;
    with(47, 3) = with(60, 0) = with(150, 1) = test::infinity;
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        const auto check = [](auto call) {
            try {
                call();
                FAIL("not refused");
            } catch (const bf::DataError& error) {
                REQUIRE(error.block() == 4);
                REQUIRE(error.row() == 47);
                REQUIRE(error.column() == 3);
            }
        };
        const auto blocks = bf::from_array(with, {.block_rows = 10});
        if constexpr (is_classifier<TestType>) {
            check([&] { (void)e.predict(blocks).compute(); });
            check([&] { (void)e.decision_function(blocks).compute(); });
            check([&] { (void)e.score(blocks, bf::from_vector(y)); });
        } else {
            check([&] { (void)e.transform(blocks).compute(); });
        }
    }
}

// --- fit ----------------------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("contract: chunked partial_fit equals the blocks by hand", "[contract]", BlockByBlock) {
    const Matrix<double> X = test::uneven(n, d, 1), more = test::uneven(n, d, 2);
    const auto y = labels<TestType>(X), more_y = labels<TestType>(more);
    const bf::BlockPlan plans[] = {{n, 1}, {n, 13}, {n, 64}, {n, n}, uneven_plan(n)};
    for (const bf::BlockPlan& plan : plans) {
        auto want = TestType::make();
        train_by_hand<TestType>(want, X, y, plan);
        auto want_more = want;
        train_by_hand<TestType>(want_more, more, more_y, plan);
        for (const int threads : thread_counts) {
            CAPTURE(threads, plan.size());
            const bf::Settings settings({.threads = threads});
            auto e = TestType::make();
            partial_fit_chunked<TestType>(e, bf::from_array(X).rechunk(plan), bf::from_vector(y));
            REQUIRE(e == want);
            // y follows the cuts of X, whatever its own.
            partial_fit_chunked<TestType>(e, bf::from_array(more).rechunk(plan), bf::from_vector(more_y, {.block_rows = 17}));
            REQUIRE(e == want_more);
        }
    }
    auto want = TestType::make();
    train_by_hand<TestType>(want, X, y, bf::BlockPlan(n, 13));
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        auto e = TestType::make();
        partial_fit_chunked<TestType>(e, with_slow_blocks(X, 13), bf::from_vector(y));
        REQUIRE(e == want);
    }
}

TEMPLATE_LIST_TEST_CASE("contract: chunked fit does not depend on threads", "[contract]", Fittable) {
    const Matrix<double> X = test::uneven(n, d, 1), other = test::normal(n, d + 1, 2);
    const auto y = labels<TestType>(X);
    for (const Index block_rows : {1, 13, 64, 200}) {
        const auto blocks = bf::from_array(X, {.block_rows = block_rows});
        std::optional<EstimatorOf<TestType>> want;
        for (const int threads : thread_counts) {
            CAPTURE(threads, block_rows);
            const bf::Settings settings({.threads = threads});
            auto e = TestType::make();
            fit<TestType>(e, blocks, bf::from_vector(y));
            if (!want) want = e;
            REQUIRE(e == *want);
            // fit forgets, and may be repeated.
            fit<TestType>(e, blocks, bf::from_vector(y, {.block_rows = 50}));
            REQUIRE(e == *want);
            auto refit = fitted<TestType>(other, labels<TestType>(other));
            fit<TestType>(refit, blocks, bf::from_vector(y));
            REQUIRE(refit == *want);
        }
    }
}

TEST_CASE("contract: chunked fit of the scaler equals a loop of partial_fit, weights too", "[contract]") {
    const Matrix<double> X = test::uneven(n, d, 1);
    const std::vector<double> w = test::weights(n, 7);
    for (const Index block_rows : {1, 13, 64, 200}) {
        bf::StandardScaler plain, weighted;
        const bf::BlockPlan plan(n, block_rows);
        for (Index block = 0; block < plan.size(); ++block) {
            plain.partial_fit(X.view().rows(plan[block]));
            weighted.partial_fit(X.view().rows(plan[block]), bf::SampleWeight(w).rows(plan[block].begin, plan[block].end));
        }
        for (const int threads : thread_counts) {
            const bf::Settings settings({.threads = threads});
            const auto blocks = bf::from_array(X, {.block_rows = block_rows});
            REQUIRE(bf::StandardScaler().fit(blocks) == plain);
            REQUIRE(bf::StandardScaler().fit(blocks, bf::from_vector(w)) == weighted);
        }
    }
}

TEST_CASE("contract: Incremental equals hand-written partial_fit calls of the estimator it wraps", "[contract]") {
    const Matrix<double> X = test::uneven(n, d, 1);
    const std::vector<Label> y = test::labels(X, 3);
    const std::vector<double> w = test::weights(n, 7);
    const auto base = GENERATE(bf::SGDClassifierParams{.random_state = 4},
                               bf::SGDClassifierParams{.loss = bf::Loss::log_loss, .penalty = bf::Penalty::l1, .average = 15},
                               bf::SGDClassifierParams{.shuffle = false, .learning_rate = bf::LearningRate::adaptive, .eta0 = 0.01});
    const bool shuffle_blocks = GENERATE(false, true);
    const Index passes = GENERATE(1, 3);
    CAPTURE(bf::SGDClassifier(base).to_string(), shuffle_blocks, passes);
    const bf::BlockPlan plan(n, 30);

    bf::SGDClassifier by_hand(base);
    bf::RandomState generator(9);
    for (Index pass = 0; pass < passes; ++pass) {
        std::vector<Index> order(static_cast<std::size_t>(plan.size()));
        std::iota(order.begin(), order.end(), Index{0});
        if (shuffle_blocks) order = generator.permutation(plan.size());
        for (const Index block : order) {
            const bf::RowRange rows = plan[block];
            by_hand.partial_fit(X.view().rows(rows), part(y, rows),
                                {.classes = {0, 1, 2}, .sample_weight = bf::SampleWeight(w).rows(rows.begin, rows.end)});
        }
    }
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        // Classes that are not given are found in y.
        for (const std::vector<Label>& classes : {std::vector<Label>{0, 1, 2}, std::vector<Label>{}}) {
            bf::Incremental incremental(bf::SGDClassifier(base), {.classes = classes,
                                                                  .passes = passes,
                                                                  .shuffle_blocks = shuffle_blocks,
                                                                  .random_state = 9});
            incremental.fit(bf::from_array(X, {.block_rows = 30}), bf::from_vector(y), {.sample_weight = bf::from_vector(w)});
            REQUIRE(incremental.estimator() == by_hand);
            REQUIRE(incremental.blocks_done() == passes * plan.size());
        }
    }
}

TEST_CASE("contract: a chunked pipeline fits each step on all that the ones before it give", "[contract]") {
    const Matrix<double> X = test::uneven(n, d, 1);
    const std::vector<Label> y = test::labels(X, 3);
    const bf::BlockPlan plan(n, 30);
    bf::StandardScaler scaler;
    for (Index block = 0; block < plan.size(); ++block) scaler.partial_fit(X.view().rows(plan[block]));
    bf::SGDClassifier classifier({.loss = bf::Loss::log_loss});
    for (Index block = 0; block < plan.size(); ++block)
        classifier.partial_fit(scaler.transform(X.view().rows(plan[block])), part(y, plan[block]), {.classes = {0, 1, 2}});
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        auto pipe = IncrementalPipeline::make();
        pipe.fit(bf::from_array(X, {.block_rows = 30}), bf::from_vector(y));
        REQUIRE(pipe.get<"scale">() == scaler);
        REQUIRE(pipe.get<"classify">().estimator() == classifier);
    }
}

// --- bad blocks ---------------------------------------------------------------------------------------------------

TEMPLATE_LIST_TEST_CASE("contract: a bad block leaves the complete ones before it", "[contract]", Incrementals) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    const auto run = [&](const Matrix<double>& bad_X, const std::vector<Label>& bad_y, auto error_type) {
        using Error = decltype(error_type);
        auto want = TestType::make();
        train_by_hand<TestType>(want, X, y, bf::BlockPlan(90, 30));
        for (const int threads : thread_counts) {
            CAPTURE(threads);
            const bf::Settings settings({.threads = threads});
            auto e = TestType::make();
            const auto blocks = bf::from_array(bad_X, {.block_rows = 30});
            try {
                e.partial_fit(blocks, bf::from_vector(bad_y));
                FAIL("not refused");
            } catch (const Error& error) {
                REQUIRE(error.block() == 3);
                REQUIRE(error.row() == 101);
            }
            REQUIRE(e == want);
            REQUIRE(e.blocks_done() == 3);
            // It goes on with the rest as if nothing had been.
            e.partial_fit(bf::from_array(X, {.block_rows = 30}).rows(90, n), bf::from_vector(y).rows(90, n));
            auto whole = TestType::make();
            train_by_hand<TestType>(whole, X, y, bf::BlockPlan(n, 30));
            REQUIRE(e == whole);
        }
    };
    Matrix<double> bad_X = X;
    bad_X(101, 2) = test::nan;
    bad_X(199, 0) = test::nan;
    run(bad_X, y, bf::DataError(""));
    std::vector<Label> bad_y = y;
    bad_y[101] = 9;
    bad_y[150] = 8;
    run(X, bad_y, bf::LabelError(""));
}

TEMPLATE_LIST_TEST_CASE("contract: a chunked fit in one pass that fails changes nothing", "[contract]", Transformers) {
    const Matrix<double> X = test::uneven(n, d, 1);
    Matrix<double> with = X;
    with(101, 2) = with(150, 0) = test::infinity;
    auto fresh = TestType::make(), e = fitted<TestType>(X, labels<TestType>(X));
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        for (auto* each : {&fresh, &e}) {
            const auto before = *each;
            try {
                each->fit(bf::from_array(with, {.block_rows = 30}));
                FAIL("not refused");
            } catch (const bf::DataError& error) {
                REQUIRE(error.block() == 3);
                REQUIRE(error.row() == 101);
                REQUIRE(error.column() == 2);
            }
            REQUIRE(*each == before);
        }
    }
}

TEMPLATE_LIST_TEST_CASE("contract: chunked training data is checked before any work", "[contract]", Fittable) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    auto e = fitted<TestType>(X, y);
    const auto before = e;
    const auto unreadable = bf::from_function<double>(n, d, [](Index, MatrixView<double>) { throw std::logic_error("read"); });
    const auto refuse = [&](const auto& blocks, const auto& labels) {
        REQUIRE_THROWS_AS(fit<TestType>(e, blocks, labels), bf::ShapeError);
        REQUIRE(e == before);
    };
    const Matrix<double> no_rows(0, d), no_cols(n, 0);
    const std::vector<Label> none, one_more(n + 1, 0);
    refuse(bf::from_array(no_rows), bf::from_vector(none));
    if constexpr (!is_classifier<TestType>) refuse(bf::from_array(no_cols), bf::from_vector(y));
    if constexpr (is_classifier<TestType>) {
        refuse(unreadable, bf::from_vector(one_more));
        const std::vector<double> w(n - 1, 1.0);
        REQUIRE_THROWS_AS(e.fit(unreadable, bf::from_vector(y), {.sample_weight = bf::from_vector(w)}), bf::ShapeError);
        REQUIRE(e == before);
    }
    REQUIRE_THROWS_AS(fit<TestType>(e, unreadable, bf::from_vector(y)), std::logic_error);
}

TEMPLATE_LIST_TEST_CASE("contract: chunked partial_fit checks shapes before any work", "[contract]", BlockByBlock) {
    const Matrix<double> X = test::uneven(n, d, 1), no_rows(0, d);
    const auto y = labels<TestType>(X);
    const std::vector<Label> none;
    auto fresh = TestType::make(), e = fitted<TestType>(X, y);
    const auto before = e;
    REQUIRE_THROWS_AS(partial_fit_chunked<TestType>(fresh, bf::from_array(no_rows), bf::from_vector(none)), bf::ShapeError);
    REQUIRE_THROWS_AS(partial_fit_chunked<TestType>(e, bf::from_array(no_rows), bf::from_vector(none)), bf::ShapeError);
    for (const Index cols : {d - 1, d + 1}) {
        const auto unreadable =
            bf::from_function<double>(n, cols, [](Index, MatrixView<double>) { throw std::logic_error("read"); });
        REQUIRE_THROWS_AS(partial_fit_chunked<TestType>(e, unreadable, bf::from_vector(y)), bf::ShapeError);
    }
    REQUIRE(fresh == TestType::make());
    REQUIRE(e == before);
}

TEMPLATE_LIST_TEST_CASE("contract: bad parameters are refused before any work", "[contract]", Incrementals) {
    const Matrix<double> X = test::uneven(n, d, 1);
    const auto y = labels<TestType>(X);
    const auto unreadable = bf::from_function<double>(n, d, [](Index, MatrixView<double>) { throw std::logic_error("read"); });
    for (const auto& [name, text] : {Setting{"passes", "0"}, Setting{"estimator__alpha", "-1"}}) {
        auto e = fitted<TestType>(X, y);
        e.set_param(name, text);
        const auto before = e;
        REQUIRE_THROWS_AS(e.fit(unreadable, bf::from_vector(y)), bf::ParameterError);
        REQUIRE(e == before);
    }
}
