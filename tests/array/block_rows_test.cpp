#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/array/block_rows.hpp>
#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/core/random_state.hpp>

#include "support/errors.hpp"

namespace bf = blockfit;
using bf::BlockPlan;
using bf::Index;
using bf::MatrixView;
using bf::RowRange;

namespace {

/// A fixed list of rows for each block of the parent; blocks with an empty one are left out. Counts how often it is
/// asked.
class Listed final : public bf::detail::RowSelection {
public:
    static std::shared_ptr<const Listed> make(BlockPlan parent, std::vector<std::vector<Index>> rows, bool ascending) {
        std::vector<Index> ends, from;
        for (std::size_t b = 0; b < rows.size(); ++b) {
            if (rows[b].empty()) continue;
            ends.push_back((ends.empty() ? 0 : ends.back()) + std::ssize(rows[b]));
            from.push_back(static_cast<Index>(b));
        }
        return std::make_shared<const Listed>(std::move(parent), BlockPlan(std::move(ends)), std::move(from), ascending,
                                              std::move(rows));
    }
    Listed(BlockPlan parent, BlockPlan plan, std::vector<Index> from, bool ascending,
           std::vector<std::vector<Index>> rows)
        : RowSelection("listed", std::move(parent), std::move(plan), std::move(from), ascending),
          rows_(std::move(rows)) {}
    void pick(Index block, RowRange rows, std::vector<Index>& out, bf::Scratch&) const override {
        ++asked;
        if (!out.empty() || rows != parent_plan()[block]) throw std::logic_error("pick is not called as documented");
        const auto& list = rows_[static_cast<std::size_t>(block)];
        out.insert(out.end(), list.begin(), list.end());
        if (changed) out.pop_back();
    }
    void origins(std::vector<bf::Origin>& list) const override { list.push_back({"mask.h5", "mask"}); }
    [[nodiscard]] Index scratch_bytes() const override { return 1000; }

    mutable std::atomic<Index> asked{0};
    std::atomic<bool> changed{false};

private:
    std::vector<std::vector<Index>> rows_;
};

template <class T>
bf::ChunkedMatrix<T> select(const bf::ChunkedMatrix<T>& X,
                            const std::shared_ptr<const bf::detail::RowSelection>& selection) {
    return bf::detail::select_rows(X, selection);
}

/// Element (i, j) is 10 i + j. Counts the rows that are read.
bf::ChunkedMatrix<double> counted(Index n, Index cols, Index block_rows, std::atomic<Index>& rows_read) {
    return bf::from_function<double>(n, cols,
                                     [&rows_read](Index first, MatrixView<double> out) {
                                         rows_read += out.rows();
                                         for (Index i = 0; i < out.rows(); ++i)
                                             for (Index j = 0; j < out.cols(); ++j)
                                                 out(i, j) = static_cast<double>(10 * (first + i) + j);
                                     },
                                     {.block_rows = block_rows});
}

/// Each row of `n` with a probability of about `share`.
std::vector<std::vector<Index>> random_rows(const BlockPlan& plan, double share, bool shuffled, std::uint32_t seed) {
    bf::RandomState generator(seed);
    std::vector<std::vector<Index>> rows(static_cast<std::size_t>(plan.size()));
    for (std::size_t b = 0; b < rows.size(); ++b) {
        for (Index i = 0; i < plan[static_cast<Index>(b)].size(); ++i)
            if (generator.uniform() < share) rows[b].push_back(i);
        if (shuffled) generator.shuffle(std::span(rows[b]));
    }
    return rows;
}

}  // namespace

TEST_CASE("BlockRows: the chosen rows of each block, in the order chosen, whatever is asked for", "[array]") {
    std::atomic<Index> read{0};
    const Index cols = GENERATE(1, 3, 40);
    const bool shuffled = GENERATE(false, true);
    const double share = GENERATE(0.002, 0.3, 1.0);
    const auto X = counted(30'000, cols, 7'001, read);
    const auto rows = random_rows(X.plan(), share, shuffled, 3);
    std::vector<double> want;
    for (std::size_t b = 0; b < rows.size(); ++b)
        for (const Index i : rows[b])
            want.push_back(static_cast<double>(10 * (X.plan()[static_cast<Index>(b)].begin + i)));
    const auto Z = select(X, Listed::make(X.plan(), rows, !shuffled));
    REQUIRE(Z.rows() == std::ssize(want));
    CHECK(read == 0);

    const bf::Matrix<double> all = Z.compute();
    bool same = true;
    for (Index i = 0; i < Z.rows(); ++i)
        for (Index j = 0; j < cols; ++j)
            same &= all(i, j) == want[static_cast<std::size_t>(i)] + static_cast<double>(j);
    CHECK(same);

    // Any rows, in any order, with one scratch, into rows that are not packed.
    bf::RandomState generator(5);
    bf::Scratch scratch;
    bf::Matrix<double> out(Z.rows(), cols + 2);
    for (int k = 0; k < 50; ++k) {
        const Index begin = generator.randint(0, Z.rows());
        const Index end = generator.randint(begin, Z.rows() + 1);
        for (double& value : out.values()) value = -1;
        const MatrixView<double> target = out.view().cols(0, cols).rows(0, end - begin);
        Z.source()->read({begin, end}, target, scratch);
        same = true;
        for (Index i = begin; i < end; ++i)
            for (Index j = 0; j < cols + 2; ++j) same &= out(i - begin, j) == (j < cols ? all(i, j) : -1);
        for (Index i = end - begin; i < out.rows(); ++i) same &= out(i, 0) == -1;
        CHECK(same);
        const auto view = Z.source()->view({begin, end}, scratch);
        CHECK(bf::Matrix<double>(view) == bf::Matrix<double>(all.view().rows(begin, end)));
    }
}

TEST_CASE("BlockRows: the parent is read once, and not where nobody wants its rows", "[array]") {
    std::atomic<Index> read{0};
    const auto X = counted(100'000, 20, 50'000, read);
    const auto every_third = [] {
        std::vector<Index> rows;
        for (Index i = 0; i < 50'000; i += 3) rows.push_back(i);
        return rows;
    }();
    (void)select(X, Listed::make(X.plan(), {every_third, every_third}, true)).compute();
    CHECK(read <= 100'000);
    CHECK(read > 99'000);
    read = 0;
    (void)select(X, Listed::make(X.plan(), {{7}, {0, 25'000, 25'005, 49'999}}, true)).compute();
    CHECK(read == 1 + 1 + 6 + 1);
    read = 0;
    std::vector<Index> backward(every_third.rbegin(), every_third.rend());
    (void)select(X, Listed::make(X.plan(), {backward, {}}, false)).compute();
    CHECK(read == 50'000);
}

TEST_CASE("BlockRows: arrays that share a selection choose once for each block", "[array]") {
    std::atomic<Index> read{0};
    const auto X = counted(30'000, 3, 10'000, read);
    const auto selection = Listed::make(X.plan(), random_rows(X.plan(), 0.5, false, 1), true);
    const auto A = select(X, selection), B = select(X.cols({2, 1}), selection);
    bf::Scratch scratch;
    for (Index block = 0; block < 3; ++block)
        bf::detail::for_each_tile(A.plan()[block], 100, [&](RowRange rows) {
            const auto a = A.source()->view(rows, scratch);
            const auto b = B.source()->view(rows, scratch);
            REQUIRE(a(0, 2) == b(0, 0));
            REQUIRE(a(rows.size() - 1, 1) == b(rows.size() - 1, 1));
        });
    CHECK(selection->asked == 3);
}

TEST_CASE("BlockRows: what it tells", "[array]") {
    std::atomic<Index> read{0};
    const auto X = counted(30'000, 3, 10'000, read);
    const auto ascending = select(X, Listed::make(X.plan(), {{1, 2}, {}, {4}}, true));
    CHECK(ascending.plan() == BlockPlan(std::vector<Index>{2, 3}));
    CHECK(ascending.to_string() ==
          "blockfit.ChunkedMatrix<listed, shape=(3, 3), dtype=float64, chunksize=(2, 3), 2 blocks, "
          "0.1 kB>");
    REQUIRE(ascending.origins().size() == 1);
    CHECK(ascending.origins()[0].file == "mask.h5");
    CHECK(ascending.source()->scratch_bytes(5) == 4096 * 3 * 8 + 2 * 8 + 1000);
    const auto shuffled = select(X, Listed::make(X.plan(), {{2, 1}, {}, {4}}, false));
    CHECK(shuffled.source()->scratch_bytes(5) == 10'000 * 3 * 8 + 2 * 8 + 1000);
    CHECK_THROWS_AS(select(X.rows(0, 100), Listed::make(X.plan(), {{1}, {2}, {3}}, true)), bf::ShapeError);
}

TEST_CASE("BlockRows: a choice that changed between passes is an error", "[array]") {
    std::atomic<Index> read{0};
    const auto X = counted(100, 3, 50, read);
    const auto selection = Listed::make(X.plan(), {{1, 2, 3}, {4, 5}}, true);
    const auto Z = select(X, selection);
    (void)Z.compute();
    const_cast<Listed&>(*selection).changed = true;
    CHECK_THROWS_AS(Z.compute(), bf::DataError);
    CHECK(test::message([&] { (void)Z.compute(); }) ==
          "listed: number of rows chosen is 2, expected 3; the data changed since the array was made [file mask.h5, "
          "dataset "
          "mask, block 0]");

    // A block that was read before is still right after the failure of another.
    const_cast<Listed&>(*selection).changed = false;
    bf::Scratch scratch;
    CHECK(Z.source()->view({0, 3}, scratch)(2, 0) == 30);
    const_cast<Listed&>(*selection).changed = true;
    CHECK_THROWS_AS(Z.source()->view({3, 5}, scratch), bf::DataError);
    const_cast<Listed&>(*selection).changed = false;
    CHECK(Z.source()->view({0, 3}, scratch)(2, 0) == 30);
}

TEST_CASE("BlockRows: an error names the row of the result, if the row is one", "[array]") {
    bf::Matrix<double> values(20'000, 1);
    const bool ascending = GENERATE(true, false);
    const Index bad = GENERATE(15'123, 15'124);  // every odd row is chosen
    values(bad, 0) = 0.5;
    const auto X = bf::from_array(values, {.block_rows = 10'000}).astype<int>();
    std::vector<Index> odd;
    for (Index i = 1; i < 10'000; i += 2) odd.push_back(i);
    if (!ascending) std::ranges::reverse(odd);
    const auto Z = select(X, Listed::make(X.plan(), {odd, odd}, ascending));
    try {
        (void)Z.compute();
        FAIL("nothing was thrown");
    } catch (const bf::DataError& error) {
        CHECK(error.block() == 1);
        if (bad % 2 == 0) CHECK(error.row() == -1);
        // In the reversed block it is met when the first tile is asked for.
        else if (ascending) CHECK(error.row() == 5'000 + (bad - 10'000) / 2);
        else CHECK(error.row() == 5'000 + (9'999 - (bad - 10'000)) / 2);
    }
    // Read together with rows of another block it is the same row.
    const Index k = 5'000 + (ascending ? bad - 10'000 : 9'999 - (bad - 10'000)) / 2;
    if (bad % 2 == 1)
        CHECK(test::message([&] {
                  (void)Z.rechunk(10'000).rows(k - 3'000, k + 1).compute();
              }).find(", block 0, row 3000, column 0]") != std::string::npos);
    // A later read of good rows is not spoilt.
    values(bad, 0) = 1;
    CHECK(Z.compute()(5'000, 0) == 0);
}
