#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <blockfit/core/random_state.hpp>

namespace bf = blockfit;
using bf::Index;
using bf::RandomState;

namespace {

std::vector<std::int64_t> integers(std::uint32_t seed, std::int64_t low, std::int64_t high, int n) {
    RandomState generator(seed);
    std::vector<std::int64_t> values;
    for (int i = 0; i < n; ++i) values.push_back(generator.randint(low, high));
    return values;
}
template <class T>
bool is_permutation_of_indices(std::vector<T> values) {
    std::ranges::sort(values);
    for (std::size_t i = 0; i < values.size(); ++i)
        if (values[i] != static_cast<T>(i)) return false;
    return true;
}

}  // namespace

TEST_CASE("RandomState: integers as numpy.random.RandomState's", "[core]") {
    constexpr std::int64_t wide = 2147483647;
    CHECK(integers(0, 0, wide, 3) == std::vector<std::int64_t>{209652396, 398764591, 924231285});
    CHECK(integers(42, 0, wide, 3) == std::vector<std::int64_t>{1608637542, 1273642419, 1935803228});
    CHECK(integers(4294967295, 0, wide, 3) == std::vector<std::int64_t>{419326371, 479346978, 1771170828});
    CHECK(integers(0, -5, 6, 8) == std::vector<std::int64_t>{0, -5, -2, -2, 2, 4, -2, 0});
    CHECK(integers(42, -5, 6, 8) == std::vector<std::int64_t>{1, -2, 5, 2, -1, 1, 4, -3});
    CHECK(integers(4294967295, -5, 6, 8) == std::vector<std::int64_t>{-2, -3, 2, -1, -5, 1, 5, 4});
}

TEST_CASE("RandomState: words, reals and permutations as numpy.random.RandomState's", "[core]") {
    RandomState words(42);
    CHECK(words.next() == 1608637542u);
    CHECK(words.next() == 3421126067u);
    CHECK(words.next() == 4083286876u);
    RandomState reals(42);
    CHECK(reals.uniform(-2, 3) == -0x1.04b58d046ccc8p-3);
    CHECK(reals.uniform(-2, 3) == 0x1.6075082eacbe8p+1);
    CHECK(RandomState(0).permutation(10) == std::vector<Index>{2, 8, 4, 9, 1, 6, 7, 3, 0, 5});
    CHECK(RandomState(42).permutation(10) == std::vector<Index>{8, 1, 5, 0, 7, 2, 9, 4, 3, 6});
    CHECK(RandomState(4294967295).permutation(10) == std::vector<Index>{6, 9, 5, 1, 8, 0, 7, 4, 2, 3});
}

TEST_CASE("RandomState: integers of every size are drawn alike often", "[core]") {
    for (const std::int64_t n : {2, 3, 7, 8, 9, 100}) {
        std::vector<double> count(static_cast<std::size_t>(n));
        const int draws = 100'000;
        for (const std::int64_t value : integers(1, -n / 2, n - n / 2, draws)) {
            REQUIRE(value >= -n / 2);
            REQUIRE(value < n - n / 2);
            ++count[static_cast<std::size_t>(value + n / 2)];
        }
        double chi_square = 0;
        const double expected = draws / static_cast<double>(n);
        for (const double c : count) chi_square += (c - expected) * (c - expected) / expected;
        // Mean n - 1, variance 2 (n - 1): five deviations.
        CHECK(chi_square < static_cast<double>(n - 1) + 5 * std::sqrt(2 * static_cast<double>(n - 1)));
    }
}

TEST_CASE("RandomState: the widest range is a plain word", "[core]") {
    RandomState words(9);
    for (const std::int64_t value : integers(9, 0, std::int64_t{1} << 32, 100)) REQUIRE(value == words.next());
    RandomState shifted(9);
    for (const std::int64_t value : integers(9, -(std::int64_t{1} << 31), std::int64_t{1} << 31, 100))
        REQUIRE(value == static_cast<std::int64_t>(shifted.next()) - (std::int64_t{1} << 31));
}

TEST_CASE("RandomState: reals have 53 bits of two words", "[core]") {
    RandomState words(3), reals(3);
    for (int i = 0; i < 1000; ++i) {
        const double high = words.next() >> 5, low = words.next() >> 6;
        const double value = reals.uniform();
        REQUIRE(value == (high * 67108864 + low) / 9007199254740992.0);
        REQUIRE(value >= 0);
        REQUIRE(value < 1);
    }
    RandomState unit(5), scaled(5);
    for (int i = 0; i < 100; ++i) REQUIRE(scaled.uniform(-2, 3) == -2 + 5 * unit.uniform());
}

TEST_CASE("RandomState: a permutation holds each index once", "[core]") {
    for (const Index n : {0, 1, 2, 3, 10, 1000}) {
        const std::vector<Index> order = RandomState(4).permutation(n);
        CHECK(std::ssize(order) == n);
        CHECK(is_permutation_of_indices(order));
        std::vector<Index> shuffled(static_cast<std::size_t>(n));
        std::iota(shuffled.begin(), shuffled.end(), Index{0});
        RandomState(4).shuffle(std::span(shuffled));
        CHECK(shuffled == order);
    }
    CHECK_FALSE(RandomState(4).permutation(100) == RandomState(5).permutation(100));
}

TEST_CASE("shuffle_sgd_epoch: each epoch permutes what the last one left", "[core]") {
    for (const std::uint32_t seed : {1u, 77u, 0x7FFFFFFFu}) {
        std::vector<std::uint32_t> first(50), order(50);
        std::iota(first.begin(), first.end(), 0u);
        bf::shuffle_sgd_epoch(std::span(first), seed);
        CHECK(is_permutation_of_indices(first));
        // The same exchanges every epoch: the permutation is applied to itself.
        std::iota(order.begin(), order.end(), 0u);
        for (int epoch = 0; epoch < 5; ++epoch) {
            std::vector<std::uint32_t> want;
            for (const std::uint32_t from : first) want.push_back(order[from]);
            bf::shuffle_sgd_epoch(std::span(order), seed);
            REQUIRE(order == want);
        }
    }
    std::vector<int> one{7}, none;
    bf::shuffle_sgd_epoch(std::span(one), 3u);
    bf::shuffle_sgd_epoch(std::span(none), 3u);
    CHECK(one == std::vector<int>{7});
}

TEST_CASE("sgd seeds: one for each model, from the random state alone", "[core]") {
    for (const std::uint32_t state : {0u, 1u, 4294967295u}) {
        const std::vector<std::uint32_t> three = bf::sgd_seeds_one_vs_rest(state, 3), five = bf::sgd_seeds_one_vs_rest(state, 5);
        CHECK(three.size() == 3);
        CHECK(std::equal(three.begin(), three.end(), five.begin()));
        RandomState generator(state);
        for (const std::uint32_t seed : five)
            CHECK(seed == bf::sgd_seed_binary(static_cast<std::uint32_t>(generator.randint(0, 2147483647))));
        RandomState binary(state);
        (void)binary.randint(1, 2147483647);
        CHECK(bf::sgd_seed_binary(state) == binary.randint(0, 2147483647));
        CHECK(bf::sgd_seed_regressor(state) == RandomState(state).randint(0, 2147483647));
    }
}
