#ifndef BLOCKFIT_CORE_RANDOM_STATE_HPP
#define BLOCKFIT_CORE_RANDOM_STATE_HPP

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include <blockfit/core/error.hpp>

namespace blockfit {
inline namespace v1 {

/// The generator behind scikit-learn's integer `random_state`: the same numbers as numpy.random.RandomState(seed),
/// from the 32-bit Mersenne Twister (Matsumoto and Nishimura 1998). The std distributions draw other numbers.
class RandomState {
public:
    explicit RandomState(std::uint32_t seed = 0) : seed_(seed), engine_(seed) {}
    /// The generator of `seed` after `draws` calls of next(): restores one that was saved, in about a second for 10^9.
    RandomState(std::uint32_t seed, std::uint64_t draws) : seed_(seed), draws_(draws), engine_(seed) {
        engine_.discard(draws);
    }

    /// 32 random bits.
    [[nodiscard]] std::uint32_t next() {
        ++draws_;
        return static_cast<std::uint32_t>(engine_());
    }
    [[nodiscard]] std::uint32_t seed() const noexcept { return seed_; }
    /// How often next() was called.
    [[nodiscard]] std::uint64_t draws() const noexcept { return draws_; }
    /// Do both give the same numbers from now on?
    friend bool operator==(const RandomState& a, const RandomState& b) noexcept {
        return a.seed_ == b.seed_ && a.draws_ == b.draws_;
    }

    /// An integer in [low, high), by masking and rejection. Nothing is drawn if there is only one. Needs low < high
    /// and high - low <= 2^32.
    [[nodiscard]] std::int64_t randint(std::int64_t low, std::int64_t high) {
        assert(low < high && high - low <= (std::int64_t{1} << 32));
        const auto most = static_cast<std::uint32_t>(high - 1 - low);
        if (most == 0) return low;
        std::uint32_t mask = most;
        for (int shift = 1; shift < 32; shift *= 2) mask |= mask >> shift;
        std::uint32_t value = next() & mask;
        while (value > most) value = next() & mask;
        return low + value;
    }

    /// A real in [0, 1) with 53 random bits.
    [[nodiscard]] double uniform() {
        const std::uint32_t high = next() >> 5;
        const std::uint32_t low = next() >> 6;
        return (high * 67108864.0 + low) / 9007199254740992.0;
    }
    /// A real in [low, high).
    [[nodiscard]] double uniform(double low, double high) { return low + (high - low) * uniform(); }

    /// Fisher-Yates from the end, as numpy's shuffle.
    template <class T>
    void shuffle(std::span<T> values) {
        for (auto i = std::ssize(values) - 1; i > 0; --i) {
            const auto j = static_cast<std::size_t>(randint(0, i + 1));
            std::swap(values[static_cast<std::size_t>(i)], values[j]);
        }
    }
    /// 0 ... n-1 in random order. Its first k entries are numpy's choice of k without replacement.
    [[nodiscard]] std::vector<Index> permutation(Index n) {
        std::vector<Index> order(static_cast<std::size_t>(n));
        std::iota(order.begin(), order.end(), Index{0});
        shuffle(std::span(order));
        return order;
    }

private:
    std::uint32_t seed_;
    std::uint64_t draws_ = 0;
    std::mt19937 engine_;
};

/// The order in which SGD visits the rows of a block: scikit-learn's 32-bit xorshift (Marsaglia 2003) and a
/// Fisher-Yates from the front. Every epoch starts from the same seed, applied to the order the last one left.
/// I is any integer that can number the rows.
template <class I>
void shuffle_sgd_epoch(std::span<I> order, std::uint32_t seed) {
    std::uint32_t state = seed == 0 ? 1 : seed;
    const std::size_t n = order.size();
    for (std::size_t i = 0; i + 1 < n; ++i) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        const std::size_t j = i + (state & 0x7FFFFFFFu) % (n - i);
        std::swap(order[i], order[j]);
    }
}

namespace detail {
inline constexpr std::int64_t sgd_seed_limit = 0x7FFFFFFF;
}

/// The seed of a regressor's SGD order.
[[nodiscard]] inline std::uint32_t sgd_seed_regressor(std::uint32_t random_state) {
    return static_cast<std::uint32_t>(RandomState(random_state).randint(0, detail::sgd_seed_limit));
}

/// The seed of one binary model's SGD order: scikit-learn draws once for its validation split and once for the order.
[[nodiscard]] inline std::uint32_t sgd_seed_binary(std::uint32_t random_state) {
    RandomState generator(random_state);
    (void)generator.randint(1, detail::sgd_seed_limit);
    return static_cast<std::uint32_t>(generator.randint(0, detail::sgd_seed_limit));
}

/// One seed for each of `n_classes` > 2 one-vs-rest models: every class sees the rows in its own order.
[[nodiscard]] inline std::vector<std::uint32_t> sgd_seeds_one_vs_rest(std::uint32_t random_state, Index n_classes) {
    RandomState generator(random_state);
    std::vector<std::uint32_t> seeds;
    for (Index k = 0; k < n_classes; ++k) {
        const auto seed = static_cast<std::uint32_t>(generator.randint(0, detail::sgd_seed_limit));
        seeds.push_back(sgd_seed_binary(seed));
    }
    return seeds;
}

}  // namespace v1
}  // namespace blockfit

#endif
