#ifndef BLOCKFIT_ARRAY_REDUCTIONS_UNIQUE_HPP
#define BLOCKFIT_ARRAY_REDUCTIONS_UNIQUE_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <blockfit/array/reductions/kernels.hpp>
#include <blockfit/array/reductions/sort_keys.hpp>
#include <blockfit/array/reductions/tile_task.hpp>

namespace blockfit {
inline namespace v1 {

/// The different values in ascending order, NaN once and last, and how often each occurs.
template <class T>
struct UniqueCounts {
    std::vector<T> values;
    std::vector<Index> counts;
};

struct UniqueOptions {
    /// More different values than this are a MemoryLimitError: the result would not fit where a short list is expected.
    Index max_values = 10'000'000;
};

namespace detail {

/// Different keys and how often they occurred, in a few sorted lists, each less than half as long as the one before.
class KeyCounts {
public:
    struct Entry {
        SortKey key;
        Index count;
    };
    using List = std::vector<Entry>;
    explicit KeyCounts(Index max_values) : max_values_(max_values) {}

    /// Adds keys, which are sorted on the way. `work`: a buffer.
    void add(std::vector<SortKey>& keys, std::vector<SortKey>& work) {
        sort_keys(keys, work);
        List list;
        for (const SortKey key : keys)
            if (!list.empty() && list.back().key == key) ++list.back().count;
            else list.push_back({key, 1});
        push(std::move(list));
    }
    void merge(KeyCounts& other) { push(std::move(other).total()); }
    /// All in one list.
    [[nodiscard]] List total() && {
        while (lists_.size() > 1) merge_last();
        return lists_.empty() ? List{} : std::move(lists_.front());
    }
    [[nodiscard]] List total() const& {
        KeyCounts copy = *this;
        return std::move(copy).total();
    }

private:
    void push(List list) {
        if (list.empty()) return;
        size_ += std::ssize(list);
        lists_.push_back(std::move(list));
        while (lists_.size() > 1 && lists_.back().size() * 2 >= lists_[lists_.size() - 2].size()) merge_last();
        while (size_ > max_values_ && lists_.size() > 1) merge_last();
        if (size_ > max_values_)
            throw MemoryLimitError("unique: there are more than " + std::to_string(max_values_) +
                                   " different values; raise max_values, or use histogram or quantile");
    }
    void merge_last() {
        const List b = std::move(lists_.back());
        lists_.pop_back();
        const List a = std::move(lists_.back());
        lists_.pop_back();
        List sum;
        sum.reserve(a.size() + b.size());
        auto i = a.begin(), j = b.begin();
        while (i != a.end() && j != b.end()) {
            if (i->key == j->key) {
                sum.push_back({i->key, i->count + j->count});
                ++i;
                ++j;
            } else {
                sum.push_back(i->key < j->key ? *i++ : *j++);
            }
        }
        sum.insert(sum.end(), i, a.end());
        sum.insert(sum.end(), j, b.end());
        size_ += std::ssize(sum) - std::ssize(a) - std::ssize(b);
        lists_.push_back(std::move(sum));
    }
    Index max_values_;
    std::vector<List> lists_;
    Index size_ = 0;  ///< entries of all lists
};

template <class T>
class UniqueOp {
public:
    struct State {
        KeyCounts counts;
        std::vector<SortKey> keys{}, work{};
    };
    UniqueOp(Index cols, UniqueOptions options) : cols_(cols), options_(options) {}

    State make(const Partial*) const { return {KeyCounts(options_.max_values)}; }
    void add(State& s, MatrixView<const T> X, Index) const {
        s.keys.clear();
        for (Index i = 0; i < X.rows(); ++i)
            for (const T x : X.row(i)) s.keys.push_back(sort_key(x));
        s.counts.add(s.keys, s.work);
    }
    void merge(State& total, State& block) const { total.counts.merge(block.counts); }
    std::vector<UniqueCounts<T>> finish(const State& total) const {
        UniqueCounts<T> result;
        for (const KeyCounts::Entry& entry : total.counts.total()) {
            result.values.push_back(from_sort_key<T>(entry.key));
            result.counts.push_back(entry.count);
        }
        return {std::move(result)};
    }
    /// The lists together, and two more while they are merged; the keys of a tile.
    Index bytes(Index rows) const {
        Index most = std::min(rows * cols_, options_.max_values);
        if constexpr (sizeof(T) <= 2) most = std::min<Index>(most, Index(1) << (8 * sizeof(T)));
        return 3 * static_cast<Index>(sizeof(KeyCounts::Entry)) * most +
               2 * static_cast<Index>(sizeof(SortKey)) * std::max<Index>(65536, 16 * cols_);
    }
    Index total_bytes() const { return 0; }

private:
    Index cols_;
    UniqueOptions options_;
};

}  // namespace detail

/// numpy.unique of all elements with return_counts. Throws MemoryLimitError if there are more than max_values different
/// values, ParameterError if max_values is less than 1.
template <detail::AnyChunked Array>
[[nodiscard]] auto unique(const Array& array, UniqueOptions options = {}) {
    using T = typename Array::value_type;
    detail::require_parameter(options.max_values >= 1, "unique",
                              "max_values is " + std::to_string(options.max_values) + ", expected at least 1");
    return detail::make_reduction<UniqueCounts<T>>("unique", array,
                                                   detail::UniqueOp<T>(array.source()->cols(), options));
}

}  // namespace v1
}  // namespace blockfit

#endif
