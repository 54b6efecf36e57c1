#ifndef BLOCKFIT_MODEL_SELECTION_TRAIN_TEST_SPLIT_HPP
#define BLOCKFIT_MODEL_SELECTION_TRAIN_TEST_SPLIT_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/block_rows.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/core/error.hpp>

namespace blockfit {
inline namespace v1 {

/// How large a part is: a share of the rows if given as a real (0.25), a number of rows if given as an integer (1000),
/// and unset if not given.
class PartSize {
public:
    PartSize() = default;
    template <std::floating_point F>
    PartSize(F share) : kind_(Kind::share), share_(static_cast<double>(share)) {}
    template <std::integral I>
    requires(!std::same_as<I, bool>) PartSize(I rows) : kind_(Kind::rows), rows_(static_cast<Index>(rows)) {}

    [[nodiscard]] bool is_set() const noexcept { return kind_ != Kind::unset; }
    [[nodiscard]] bool is_share() const noexcept { return kind_ == Kind::share; }
    /// The share, if it is one.
    [[nodiscard]] double share() const noexcept { return share_; }
    /// The number of rows, if it is one.
    [[nodiscard]] Index rows() const noexcept { return rows_; }

private:
    enum class Kind { unset, share, rows };
    Kind kind_ = Kind::unset;
    double share_ = 0.0;
    Index rows_ = 0;
};

/// As the parameters of scikit-learn's train_test_split.
struct TrainTestSplitOptions {
    /// Share of the rows, in (0, 1), or their number. Unset: what train_size leaves, or 0.25.
    PartSize test_size{};
    /// Likewise. Unset: what test_size leaves.
    PartSize train_size{};
    std::uint32_t random_state = 0;
    /// false: the first rows train, those after them test.
    bool shuffle = true;
};

namespace detail {

struct SplitRows {
    Index train = 0;
    Index test = 0;
};

/// Rows of both parts of `n`: test is rounded up and train down, as in scikit-learn. Throws ParameterError for sizes
/// out of range, or if a part would be empty.
[[nodiscard]] inline SplitRows split_rows(Index n, const TrainTestSplitOptions& options) {
    constexpr std::string_view where = "train_test_split";
    const auto check = [&](const PartSize& size, std::string_view name) {
        if (!size.is_set()) return;
        if (size.is_share())
            require_parameter(size.share() > 0 && size.share() < 1, where,
                              std::string(name) + " is " + std::to_string(size.share()) +
                                  ", expected a share between 0 and 1, or a number of rows as an integer");
        else
            require_parameter(size.rows() > 0 && size.rows() < n, where,
                              std::string(name) + " is " + std::to_string(size.rows()) +
                                  " rows, expected at least 1 and " + "fewer than the " + std::to_string(n) +
                                  " of the data");
    };
    check(options.test_size, "test_size");
    check(options.train_size, "train_size");
    const bool neither = !options.test_size.is_set() && !options.train_size.is_set();
    const PartSize test = neither ? PartSize(0.25) : options.test_size;
    const PartSize& train = options.train_size;
    if (test.is_share() && train.is_share())
        require_parameter(test.share() + train.share() <= 1, where,
                          "test_size and train_size are " + std::to_string(test.share()) + " and " +
                              std::to_string(train.share()) + ", expected at most 1 together");
    const auto rows = [n](const PartSize& size, bool up) {
        const double exact = size.share() * static_cast<double>(n);
        return size.is_share() ? static_cast<Index>(up ? std::ceil(exact) : std::floor(exact)) : size.rows();
    };
    SplitRows split;
    if (test.is_set()) split.test = rows(test, true);
    split.train = train.is_set() ? rows(train, false) : n - split.test;
    if (!test.is_set()) split.test = n - split.train;
    require_parameter(split.train <= n - split.test, where,
                      "test_size and train_size ask for " + std::to_string(split.test) + " and " +
                          std::to_string(split.train) + " rows, the data has " + std::to_string(n));
    require_parameter(split.train > 0 && split.test > 0, where,
                      "of " + std::to_string(n) + " rows " + std::to_string(split.train) + " would train and " +
                          std::to_string(split.test) + " test, expected at least 1 each");
    return split;
}

/// part * whole_part / whole, rounded half up: how many of the first `part` rows of `whole` belong to the `whole_part`
/// that are spread evenly. Grows by 0 or 1 from row to row.
[[nodiscard]] inline Index evenly(Index part, Index whole_part, Index whole) noexcept {
    __extension__ using Wide = unsigned __int128;
    const auto twice = Wide(2) * static_cast<Wide>(part) * static_cast<Wide>(whole_part) + static_cast<Wide>(whole);
    return static_cast<Index>(twice / (Wide(2) * static_cast<Wide>(whole)));
}

/// Where each block of an array is cut: how many rows up to its end are used at all, and how many of them test.
class BlockSplit {
public:
    BlockSplit(BlockPlan plan, SplitRows rows, std::uint32_t random_state)
        : plan_(std::move(plan)), rows_(rows), seed_(bits_at(random_state ^ salt, 0)) {}

    [[nodiscard]] const BlockPlan& plan() const noexcept { return plan_; }
    /// Rows of each part in a block. Every block gives its share, to a row; the sums over all blocks are exact.
    [[nodiscard]] SplitRows of_block(Index block) const noexcept {
        const SplitRows before = up_to(plan_[block].begin);
        const SplitRows after = up_to(plan_[block].end);
        return {after.train - before.train, after.test - before.test};
    }
    /// Appends the rows of one part of a block, ascending: those that a random choice without replacement takes
    /// (selection sampling: Fan, Muller and Rezucha 1962). Both parts follow from the same numbers.
    void pick(Index block, bool test, std::vector<Index>& out) const {
        const std::uint64_t seed = bits_at(seed_, static_cast<std::uint64_t>(block));
        const SplitRows want = of_block(block);
        const Index n = plan_[block].size();
        out.resize(static_cast<std::size_t>((test ? want.test : want.train) + 1));  // one more: written, not kept
        Index* const data = out.data();
        Index size = 0, test_left = want.test, used_left = want.test + want.train;
        for (Index i = 0; i < n; ++i) {
            const double u = uniform_at(seed, static_cast<std::uint64_t>(i)) * static_cast<double>(n - i);
            const auto place = static_cast<Index>(u);  // of the row among those left, the first of which test
            const Index tests{place < test_left};
            const Index used{place < used_left};
            data[size] = i;
            size += test ? tests : used - tests;
            test_left -= tests;
            used_left -= used;
        }
        out.resize(static_cast<std::size_t>(size));
    }

private:
    static constexpr std::uint64_t salt = 0x73706C69'74746572;  // not the numbers that others draw from the same seed

    [[nodiscard]] SplitRows up_to(Index row) const noexcept {
        const Index used = evenly(row, rows_.test + rows_.train, plan_.rows());
        const Index test = evenly(used, rows_.test, rows_.test + rows_.train);
        return {used - test, test};
    }

    BlockPlan plan_;
    SplitRows rows_;
    std::uint64_t seed_;
};

/// One part of the split. Blocks that give it no row are left out.
class SplitPart final : public RowSelection {
public:
    [[nodiscard]] static std::shared_ptr<const RowSelection> make(const std::shared_ptr<const BlockSplit>& split,
                                                                  bool test) {
        std::vector<Index> ends, from;
        Index end = 0;
        for (Index block = 0; block < split->plan().size(); ++block) {
            const SplitRows rows = split->of_block(block);
            if ((test ? rows.test : rows.train) == 0) continue;
            ends.push_back(end += test ? rows.test : rows.train);
            from.push_back(block);
        }
        return std::make_shared<const SplitPart>(split, test, BlockPlan(std::move(ends)), std::move(from));
    }
    SplitPart(std::shared_ptr<const BlockSplit> split, bool test, BlockPlan plan, std::vector<Index> from)
        : RowSelection("train_test_split", split->plan(), std::move(plan), std::move(from), /*ascending=*/true),
          split_(std::move(split)),
          test_(test) {}
    void pick(Index block, RowRange, std::vector<Index>& out, Scratch&) const override {
        split_->pick(block, test_, out);
    }

private:
    std::shared_ptr<const BlockSplit> split_;
    bool test_;
};

}  // namespace detail

/// Splits arrays into random rows to train on and random rows to test with, lazily: nothing is stored but the options.
/// All arrays follow the blocks of the first, and every block gives its share of the rows, which keep their order. The
/// choice depends on random_state, the sizes and the blocks alone. The result is a std::tuple in scikit-learn's order:
///     auto [X_train, X_test, y_train, y_test] = train_test_split({.test_size = 0.2}, X, y);
/// Throws ShapeError if the arrays differ in rows, ParameterError for sizes that cannot be, or an empty part.
template <detail::BlockArray A, detail::BlockArray... Rest>
[[nodiscard]] auto train_test_split(const TrainTestSplitOptions& options, const A& array, const Rest&... rest) {
    (detail::require_same("train_test_split", "number of rows of an array", rest.rows(), array.rows()), ...);
    const detail::SplitRows rows = detail::split_rows(array.rows(), options);
    if (!options.shuffle) {
        const auto parts = [&](const auto& each) {
            const auto all = each.rechunk(array.plan());
            return std::tuple{all.rows(0, rows.train), all.rows(rows.train, rows.train + rows.test)};
        };
        return std::tuple_cat(parts(array), parts(rest)...);
    } else {
        const auto split = std::make_shared<const detail::BlockSplit>(array.plan(), rows, options.random_state);
        const auto train = detail::SplitPart::make(split, false);
        const auto test = detail::SplitPart::make(split, true);
        const auto parts = [&](const auto& each) {
            return std::tuple{detail::select_rows(each, train), detail::select_rows(each, test)};
        };
        return std::tuple_cat(parts(array), parts(rest)...);
    }
}
/// auto [X_train, X_test, y_train, y_test] = train_test_split(X, y, {.test_size = 0.2})
template <detail::BlockArray A, detail::BlockArray B>
[[nodiscard]] std::tuple<A, A, B, B> train_test_split(const A& X, const B& y,
                                                      const TrainTestSplitOptions& options = {}) {
    return train_test_split(options, X, y);
}
/// auto [X_train, X_test] = train_test_split(X, {.test_size = 0.2})
template <detail::BlockArray A>
[[nodiscard]] std::tuple<A, A> train_test_split(const A& X, const TrainTestSplitOptions& options = {}) {
    return train_test_split(options, X);
}

}  // namespace v1
}  // namespace blockfit

#endif
