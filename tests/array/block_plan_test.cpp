#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <vector>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/core/random_state.hpp>

namespace bf = blockfit;
using bf::BlockPlan;
using bf::Index;
using bf::RowRange;

namespace {

/// The block of each row.
std::vector<Index> block_of_row(const BlockPlan& plan) {
    std::vector<Index> blocks;
    for (Index b = 0; b < plan.size(); ++b) blocks.insert(blocks.end(), static_cast<std::size_t>(plan[b].size()), b);
    return blocks;
}

}  // namespace

TEST_CASE("BlockPlan: blocks follow each other without a gap", "[array]") {
    for (const Index rows : {0, 1, 2, 9, 10, 11, 100})
        for (const Index block_rows : {1, 2, 3, 10, 11, 1000}) {
            CAPTURE(rows, block_rows);
            const BlockPlan plan(rows, block_rows);
            REQUIRE(plan.rows() == rows);
            REQUIRE(plan.size() == (rows + block_rows - 1) / block_rows);
            Index next = 0, most = 0;
            for (Index b = 0; b < plan.size(); ++b) {
                REQUIRE(plan[b].begin == next);
                REQUIRE(plan[b].size() >= 1);
                REQUIRE(plan[b].size() <= block_rows);
                if (b + 1 < plan.size()) REQUIRE(plan[b].size() == block_rows);
                for (Index row = plan[b].begin; row < plan[b].end; ++row) REQUIRE(plan.find(row) == b);
                most = std::max(most, plan[b].size());
                next = plan[b].end;
            }
            REQUIRE(next == rows);
            REQUIRE(plan.largest() == most);
        }
}

TEST_CASE("BlockPlan: a slice keeps the cuts", "[array]") {
    bf::RandomState random(1);
    for (int trial = 0; trial < 300; ++trial) {
        std::vector<Index> ends;
        for (Index row = 0, n = random.randint(0, 8); n > 0; --n) ends.push_back(row += random.randint(1, 9));
        const BlockPlan plan(ends);
        const Index begin = random.randint(0, plan.rows() + 1), end = begin + random.randint(0, plan.rows() - begin + 1);
        CAPTURE(ends, begin, end);
        const BlockPlan part = plan.slice({begin, end});
        REQUIRE(part.rows() == end - begin);
        const std::vector<Index> before = block_of_row(plan), after = block_of_row(part);
        for (Index row = begin + 1; row < end; ++row) {
            const auto at = static_cast<std::size_t>(row), there = static_cast<std::size_t>(row - begin);
            REQUIRE((before[at] == before[at - 1]) == (after[there] == after[there - 1]));
        }
        REQUIRE(plan.slice({0, plan.rows()}) == plan);
    }
}

TEST_CASE("BlockPlan: sizes at the end of the range", "[array]") {
    constexpr Index most = std::numeric_limits<Index>::max();
    CHECK(BlockPlan(10, most).size() == 1);
    CHECK(BlockPlan(10, most)[0] == RowRange{0, 10});
    CHECK(BlockPlan(most, most).largest() == most);
    CHECK(BlockPlan(most, most / 2 + 1).size() == 2);
    CHECK(BlockPlan().size() == 0);
    CHECK(BlockPlan().rows() == 0);
    CHECK(BlockPlan().largest() == 0);
    CHECK_THROWS_WITH(BlockPlan(-1, 10), "BlockPlan: rows is -1, expected at least 0");
    CHECK_THROWS_WITH(BlockPlan(10, -2), "BlockPlan: block_rows is -2, expected at least 1");
    CHECK_THROWS_AS(BlockPlan(std::vector<Index>{5, 3}), bf::ParameterError);
    CHECK_THROWS_AS(BlockPlan(std::vector<Index>{0}), bf::ParameterError);
    CHECK_THROWS_AS(BlockPlan(std::vector<Index>{-1, 3}), bf::ParameterError);
}

TEST_CASE("choose_block_rows: the rule that fixes what partial_fit sees", "[array]") {
    using bf::detail::choose_block_rows;
    CHECK(choose_block_rows(77, 8) == 77);
    CHECK(choose_block_rows(77, 8, 1000) == 77);
    // Without chunks: the rows of 16 MB.
    CHECK(choose_block_rows(0, 160) == 100'000);
    CHECK(choose_block_rows(0, 8) == 2'000'000);
    CHECK(choose_block_rows(0, 15'999'999) == 1);
    CHECK(choose_block_rows(0, 1'000'000'000) == 1);
    CHECK(choose_block_rows(0, 0) == 16'000'000);
    // A chunk of 1 to 128 MB is a block.
    CHECK(choose_block_rows(0, 160, 500'000) == 500'000);
    CHECK(choose_block_rows(0, 160, 6'250) == 6'250);
    CHECK(choose_block_rows(0, 160, 800'000) == 800'000);
    // Smaller ones are grouped up to 16 MB, larger ones are cut.
    CHECK(choose_block_rows(0, 160, 6'249) == 6'249 * 16);
    CHECK(choose_block_rows(0, 160, 1) == 100'000);
    CHECK(choose_block_rows(0, 160, 3) == 99'999);
    CHECK(choose_block_rows(0, 160, 800'001) == 100'000);
    CHECK(choose_block_rows(0, 160, std::numeric_limits<Index>::max()) == 100'000);
}

TEST_CASE("tile_rows: a power of two, from 16 to 4096, of at most 65536 elements", "[array]") {
    using bf::detail::tile_rows;
    STATIC_REQUIRE(tile_rows(1) == 4096);
    STATIC_REQUIRE(tile_rows(16) == 4096);
    STATIC_REQUIRE(tile_rows(17) == 2048);
    STATIC_REQUIRE(tile_rows(20) == 2048);
    STATIC_REQUIRE(tile_rows(1000) == 64);
    STATIC_REQUIRE(tile_rows(4096) == 16);
    STATIC_REQUIRE(tile_rows(1'000'000) == 16);
}

TEST_CASE("for_each_tile: covers the rows, and errors count from the first of them", "[array]") {
    std::vector<Index> begins;
    Index next = 100;
    bf::detail::for_each_tile({100, 125}, 8, [&](RowRange tile) {
        CHECK(tile.begin == next);
        CHECK(tile.size() == std::min<Index>(8, 125 - next));
        next = tile.end;
        begins.push_back(tile.begin);
    });
    CHECK(next == 125);
    CHECK(begins.size() == 4);
    bf::detail::for_each_tile({7, 7}, 8, [](RowRange) { FAIL("there is no tile"); });
    try {
        bf::detail::for_each_tile({100, 125}, 8, [](RowRange tile) {
            if (tile.begin == 116) throw bf::DataError("bad", {.row = 3});
        });
        FAIL("not thrown");
    } catch (const bf::DataError& error) {
        CHECK(error.row() == 19);
    }
}
