#ifndef BLOCKFIT_MODEL_SELECTION_SHUFFLE_BLOCKS_HPP
#define BLOCKFIT_MODEL_SELECTION_SHUFFLE_BLOCKS_HPP

#include <cstdint>
#include <memory>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/block_rows.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/random_state.hpp>

namespace blockfit {
inline namespace v1 {

struct ShuffleBlocksOptions {
    std::uint32_t random_state = 0;
    /// Also permute the rows of each block. A reader then holds a whole block of each array.
    bool within_blocks = true;
};

namespace detail {

/// The blocks of `plan` in a random order and, if `within`, their rows.
class ShuffledBlocks final : public RowSelection {
public:
    [[nodiscard]] static std::shared_ptr<const RowSelection> make(const BlockPlan& plan, ShuffleBlocksOptions options) {
        std::vector<Index> order = RandomState(options.random_state).permutation(plan.size());
        std::vector<Index> ends;
        ends.reserve(order.size());
        for (const Index block : order) ends.push_back((ends.empty() ? 0 : ends.back()) + plan[block].size());
        return std::make_shared<const ShuffledBlocks>(plan, BlockPlan(std::move(ends)), std::move(order), options);
    }
    ShuffledBlocks(BlockPlan parent, BlockPlan plan, std::vector<Index> from, ShuffleBlocksOptions options)
        : RowSelection("shuffle_blocks", std::move(parent), std::move(plan), std::move(from), !options.within_blocks),
          options_(options) {}

    /// Fisher-Yates from the end; the numbers depend on random_state, the block and the place alone.
    void pick(Index block, RowRange rows, std::vector<Index>& out, Scratch&) const override {
        out.resize(static_cast<std::size_t>(rows.size()));
        std::iota(out.begin(), out.end(), Index{0});
        if (!options_.within_blocks) return;
        const std::uint64_t seed = bits_at(options_.random_state ^ salt, static_cast<std::uint64_t>(block));
        for (std::size_t i = out.size(); i-- > 1;)
            std::swap(out[i], out[static_cast<std::size_t>(uniform_at(seed, i) * static_cast<double>(i + 1))]);
    }

private:
    static constexpr std::uint64_t salt = 0x73687566'666C6521;  // not the numbers that others draw from the same seed
    ShuffleBlocksOptions options_;
};

}  // namespace detail

/// The blocks of an array in a random order, lazily, and the rows inside each permuted. The order depends on
/// random_state, the number of blocks and the rows of each alone.
template <detail::BlockArray A>
[[nodiscard]] A shuffle_blocks(const A& array, ShuffleBlocksOptions options = {}) {
    return detail::select_rows(array, detail::ShuffledBlocks::make(array.plan(), options));
}

/// Several arrays in one and the same order, as a std::tuple: auto [X2, y2, w2] = shuffle_blocks({}, X, y, w). All
/// follow the blocks of the first. Throws ShapeError if their rows differ in number.
template <detail::BlockArray A, detail::BlockArray... Rest>
[[nodiscard]] std::tuple<A, Rest...> shuffle_blocks(ShuffleBlocksOptions options, const A& array, const Rest&... rest) {
    (detail::require_same("shuffle_blocks", "number of rows of an array", rest.rows(), array.rows()), ...);
    const auto selection = detail::ShuffledBlocks::make(array.plan(), options);
    return {detail::select_rows(array, selection), detail::select_rows(rest, selection)...};
}

/// auto [X2, y2] = shuffle_blocks(X, y, {.random_state = 1})
template <detail::BlockArray A, detail::BlockArray B>
[[nodiscard]] std::tuple<A, B> shuffle_blocks(const A& array, const B& second, ShuffleBlocksOptions options = {}) {
    return shuffle_blocks(options, array, second);
}

}  // namespace v1
}  // namespace blockfit

#endif
