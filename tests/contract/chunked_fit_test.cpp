/// What every estimator promises about training on chunked data: the number of threads never shows, and it equals calls of
/// partial_fit by hand.

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include <contract/chunked.hpp>

using namespace contract;

namespace {

constexpr Index n = 200, d = 4;

/// A step of a pipeline is fitted on all that those before it give, which no loop of partial_fit is.
using OnePassAlone = Select<[]<class Case>() { return Case::chunks == Chunks::one_pass && !is_pipeline<Case>; }>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("contract: chunked partial_fit equals the blocks by hand", "[contract]", PartlyFittable) {
    const Matrix<double> X = uneven<TestType>(n, d, 1), more = uneven<TestType>(n, d, 2);
    const auto y = targets<TestType>(X), more_y = targets<TestType>(more);
    for (const bf::BlockPlan& plan : {even_plan<TestType>(n, 1), even_plan<TestType>(n, 13), even_plan<TestType>(n, 64),
                                      even_plan<TestType>(n, n), uneven_plan<TestType>(n)}) {
        auto want = TestType::make();
        train_by_hand<TestType>(want, X, y, plan);
        auto want_more = want;
        train_by_hand<TestType>(want_more, more, more_y, plan);
        for (const int threads : thread_counts) {
            CAPTURE(threads, plan.size());
            const bf::Settings settings({.threads = threads});
            auto e = TestType::make();
            partial_fit<TestType>(e, bf::from_array(X).rechunk(plan), bf::from_vector(y));
            REQUIRE(e == want);
            // y follows the cuts of X, whatever its own.
            partial_fit<TestType>(e, bf::from_array(more).rechunk(plan), bf::from_vector(more_y, {.block_rows = 17}));
            REQUIRE(e == want_more);
        }
    }
    auto want = TestType::make();
    train_by_hand<TestType>(want, X, y, bf::BlockPlan(n, 13));
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        auto e = TestType::make();
        partial_fit<TestType>(e, with_slow_blocks(X, 13), bf::from_vector(y));
        REQUIRE(e == want);
    }
}

TEMPLATE_LIST_TEST_CASE("contract: chunked fit does not depend on threads", "[contract]", Fittable) {
    const Matrix<double> X = uneven<TestType>(n, d, 1), other = normal<TestType>(n, d + 1, 2);
    const auto y = targets<TestType>(X);
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
            // fit forgets, and may be repeated; y may be in memory.
            fit<TestType>(e, blocks, bf::from_vector(y, {.block_rows = 50}));
            REQUIRE(e == *want);
            auto refit = fitted<TestType>(other, targets<TestType>(other));
            fit<TestType>(refit, blocks, y);
            REQUIRE(refit == *want);
        }
    }
}

TEMPLATE_LIST_TEST_CASE("contract: chunked fit in one pass equals a loop of partial_fit, weights too", "[contract]",
                        OnePassAlone) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    const std::vector<double> w = test::weights(n, 7);
    constexpr bool weighs = has_weighted_fit<TestType> && !is_weightless<TestType>;
    for (const Index block_rows : {1, 13, 64, 200}) {
        const bf::BlockPlan plan(n, block_rows);
        auto plain = TestType::make(), weighted = TestType::make();
        train_by_hand<TestType>(plain, X, y, plan);
        for (Index block = 0; block < plan.size(); ++block) {
            const bf::RowRange rows = plan[block];
            const bf::SampleWeight weight = bf::SampleWeight(w).rows(rows.begin, rows.end);
            if constexpr (weighs && is_supervised<TestType>)
                weighted.partial_fit(X.view().rows(rows), part(y, rows),
                                     {.classes = classes<TestType>(), .sample_weight = weight});
            else if constexpr (weighs) weighted.partial_fit(X.view().rows(rows), weight);
        }
        for (const int threads : thread_counts) {
            const bf::Settings settings({.threads = threads});
            const auto blocks = bf::from_array(X, {.block_rows = block_rows});
            REQUIRE(fitted<TestType>(blocks, bf::from_vector(y)) == plain);
            auto e = TestType::make();
            if constexpr (weighs && is_supervised<TestType>)
                REQUIRE(e.fit(blocks, bf::from_vector(y), {.sample_weight = bf::from_vector(w)}) == weighted);
            else if constexpr (weighs) REQUIRE(e.fit(blocks, bf::from_vector(w)) == weighted);
        }
    }
}

TEMPLATE_LIST_TEST_CASE("contract: Incremental equals hand-written partial_fit calls of what it wraps", "[contract]", Plain) {
    const Matrix<double> X = uneven<TestType>(n, d, 1);
    const auto y = targets<TestType>(X);
    const std::vector<double> w = test::weights(n, 7);
    constexpr bool weighs = !is_weightless<TestType> && has_weighted_fit<TestType>;
    const auto check = [&](bool shuffle_blocks, Index passes) {
        CAPTURE(shuffle_blocks, passes);
        const bf::BlockPlan plan(n, 30);
        auto by_hand = TestType::make();
        bf::RandomState generator(9);
        for (Index pass = 0; pass < passes; ++pass) {
            std::vector<Index> order(static_cast<std::size_t>(plan.size()));
            std::iota(order.begin(), order.end(), Index{0});
            if (shuffle_blocks) order = generator.permutation(plan.size());
            for (const Index block : order) {
                const auto rows = X.view().rows(plan[block]);
                const auto target = part(y, plan[block]);
                [[maybe_unused]] const auto weight = bf::SampleWeight(w).rows(plan[block].begin, plan[block].end);
                if constexpr (!weighs) partial_fit<TestType>(by_hand, rows, target);
                else if constexpr (is_classifier<TestType>)
                    by_hand.partial_fit(rows, target, {.classes = classes<TestType>(), .sample_weight = weight});
                else if constexpr (is_regressor<TestType>) by_hand.partial_fit(rows, target, {.sample_weight = weight});
                else by_hand.partial_fit(rows, weight);
            }
        }
        for (const int threads : thread_counts) {
            const bf::Settings settings({.threads = threads});
            // Classes that are not given are found in y.
            for (const std::vector<Label>& given : {classes<TestType>(), std::vector<Label>{}}) {
                bf::Incremental incremental(
                    TestType::make(),
                    {.classes = given, .passes = passes, .shuffle_blocks = shuffle_blocks, .random_state = 9});
                const auto blocks = bf::from_array(X, {.block_rows = 30});
                if constexpr (is_supervised<TestType> && weighs)
                    incremental.fit(blocks, bf::from_vector(y), {.sample_weight = bf::from_vector(w)});
                else if constexpr (is_supervised<TestType>) incremental.fit(blocks, bf::from_vector(y));
                else if constexpr (weighs) incremental.fit(blocks, bf::from_vector(w));
                else incremental.fit(blocks);
                REQUIRE(incremental.estimator() == by_hand);
                REQUIRE(incremental.blocks_done() == passes * plan.size());
            }
        }
    };
    check(false, 1);
    check(false, 3);
    check(true, 1);
    check(true, 3);
}

TEST_CASE("contract: a chunked pipeline fits each step on all that the ones before it give", "[contract]") {
    const Matrix<double> X = test::uneven(n, d, 1);
    const std::vector<Label> y = test::labels(X, 3);
    const bf::BlockPlan plan(n, 30);
    bf::StandardScaler scaler;
    bf::MinMaxScaler min_max;
    for (Index block = 0; block < plan.size(); ++block) {
        scaler.partial_fit(X.view().rows(plan[block]));
        min_max.partial_fit(X.view().rows(plan[block]));
    }
    bf::SGDClassifier classifier({.loss = bf::Loss::log_loss});
    auto clusterer = KMeans::make();
    for (Index block = 0; block < plan.size(); ++block) {
        classifier.partial_fit(scaler.transform(X.view().rows(plan[block])), part(y, plan[block]), {.classes = {0, 1, 2}});
        clusterer.partial_fit(min_max.transform(X.view().rows(plan[block])));
    }
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        auto pipe = IncrementalPipeline::make();
        pipe.fit(bf::from_array(X, {.block_rows = 30}), bf::from_vector(y));
        REQUIRE(pipe.get<"scale">() == scaler);
        REQUIRE(pipe.get<"classify">().estimator() == classifier);
        auto clusters = ClusterPipeline::make();
        clusters.fit(bf::from_array(X, {.block_rows = 30}));
        REQUIRE(clusters.get<"minmaxscaler">() == min_max);
        REQUIRE(clusters.get<"cluster">().estimator() == clusterer);
    }
}
