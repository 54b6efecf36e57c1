#ifndef BLOCKFIT_ARRAY_REDUCTIONS_QUANTILE_SKETCH_HPP
#define BLOCKFIT_ARRAY_REDUCTIONS_QUANTILE_SKETCH_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <blockfit/array/reductions/sort_keys.hpp>
#include <blockfit/core/error.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Approximate ranks in little memory, by the buffers of Manku, Rajagopalan and Lindsay (1998) without random choices.
/// A buffer of level h holds k sorted keys, each of which stands for 2^h; when there are two, every second key of both
/// together goes on to level h+1. That moves the rank of any number by 2^h at most, up if the keys of even place are
/// kept and down otherwise; whichever side has less error is chosen, and both are counted, so that the bound is what
/// the data really cost.
class QuantileSketch {
public:
    explicit QuantileSketch(Index k) : k_(static_cast<std::size_t>(k)) {}

    /// The k with which the error for n numbers is at most rank_error * n: each of the L levels adds at most n / 2k to
    /// the two sides together, half of it to the worse one; two levels more make up for sides that differ.
    [[nodiscard]] static Index buffer_size(Index n, double rank_error) noexcept {
        if (rank_error <= 0) return n + 1;
        double k = 1;
        for (int step = 0; step < 4; ++step)  // it settles at once, as L hardly depends on k
            k = std::ceil((levels(n, k) + 2) / (4 * rank_error));
        return static_cast<Index>(std::min(std::max(k, 32.0), static_cast<double>(n) + 1));
    }
    /// Bytes of a sketch of n numbers.
    [[nodiscard]] static Index bytes(Index n, Index k) noexcept {
        const double held =
            std::min(static_cast<double>(n), static_cast<double>(k) * (levels(n, static_cast<double>(k)) + 2));
        return static_cast<Index>(held) * static_cast<Index>(sizeof(SortKey));
    }

    /// Adds n keys. `work`: a buffer.
    void add(const SortKey* keys, std::size_t n, std::vector<SortKey>& work) {
        count_ += static_cast<Index>(n);
        while (n > 0) {
            const std::size_t take = std::min(n, k_ - pending_.size());
            pending_.insert(pending_.end(), keys, keys + take);
            keys += take;
            n -= take;
            if (pending_.size() < k_) continue;
            sort_keys(pending_, work);
            insert(0, std::move(pending_));
            pending_.clear();
        }
    }
    /// Adds what another sketch of the same k has seen.
    void merge(QuantileSketch& other, std::vector<SortKey>& work) {
        up_ += other.up_;
        down_ += other.down_;
        count_ += other.count_ - static_cast<Index>(other.pending_.size());
        for (std::size_t level = 0; level < other.levels_.size(); ++level)
            if (!other.levels_[level].empty()) insert(level, std::move(other.levels_[level]));
        add(other.pending_.data(), other.pending_.size(), work);
    }

    /// How many numbers it has seen.
    [[nodiscard]] Index count() const noexcept { return count_; }
    /// The most that a rank may be wrong.
    [[nodiscard]] Index error() const noexcept { return std::max(up_, down_); }

    struct Entry {
        SortKey key;
        Index weight;
    };
    /// What is kept, in ascending order; the weights sum to count().
    [[nodiscard]] std::vector<Entry> entries() const {
        std::size_t held = pending_.size();
        for (const auto& level : levels_) held += level.size();
        std::vector<Entry> all;
        all.reserve(held);
        for (const SortKey key : pending_) all.push_back({key, 1});
        for (std::size_t level = 0; level < levels_.size(); ++level)
            for (const SortKey key : levels_[level]) all.push_back({key, Index(1) << level});
        std::sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
        return all;
    }

private:
    [[nodiscard]] static double levels(Index n, double k) noexcept {
        return std::max(0.0, std::ceil(std::log2(std::max(1.0, static_cast<double>(n)) / k)));
    }
    void insert(std::size_t level, std::vector<SortKey> sorted) {
        for (;; ++level) {
            if (levels_.size() <= level) levels_.resize(level + 1);
            if (levels_[level].empty()) break;
            sorted = every_second(std::exchange(levels_[level], {}), sorted, level);
        }
        levels_[level] = std::move(sorted);
    }
    [[nodiscard]] std::vector<SortKey> every_second(const std::vector<SortKey>& a, const std::vector<SortKey>& b,
                                                    std::size_t level) {
        const bool even = up_ <= down_;
        (even ? up_ : down_) += Index(1) << level;
        std::vector<SortKey> kept(k_);
        std::size_t i = 0, j = 0;
        const auto next = [&] {
            if (i == k_) return b[j++];
            if (j == k_) return a[i++];
            const bool first = a[i] <= b[j];
            const SortKey key = first ? a[i] : b[j];
            i += first;
            j += !first;
            return key;
        };
        for (SortKey& key : kept) {
            const SortKey x = next();
            const SortKey y = next();
            key = even ? x : y;
        }
        return kept;
    }

    std::size_t k_;
    std::vector<SortKey> pending_;              ///< fewer than k, not sorted
    std::vector<std::vector<SortKey>> levels_;  ///< each empty or k sorted keys
    Index count_ = 0;
    Index up_ = 0, down_ = 0;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
