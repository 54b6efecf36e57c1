#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/exec/settings.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Matrix;
using bf::MatrixView;
using bf::RowRange;

namespace {

const auto copy_rows = [](auto in, auto out) {
    for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
};

/// Element (i, j) is 10 i + j. Counts calls and rows read.
struct Counted {
    std::atomic<Index> calls{0}, rows{0};
    bf::ChunkedMatrix<double> X;
    Counted(Index n, Index cols, Index block_rows)
        : X(bf::from_function<double>(
              n, cols,
              [this](Index first, MatrixView<double> out) {
                  ++calls;
                  rows += out.rows();
                  for (Index i = 0; i < out.rows(); ++i)
                      for (Index j = 0; j < out.cols(); ++j) out(i, j) = static_cast<double>(10 * (first + i) + j);
              },
              {.block_rows = block_rows})) {}
};

}  // namespace

TEST_CASE("chunked arrays: nothing is read before it is asked for", "[array]") {
    Counted data(1000, 4, 100);
    std::atomic<Index> mapped{0};
    const auto X = data.X.rows(10, 500)
                       .cols({3, 0})
                       .astype<float>()
                       .map_rows([&](auto in, auto out) { ++mapped, copy_rows(in, out); })
                       .map_blocks([&](auto in, auto out) { ++mapped, copy_rows(in, out); })
                       .rechunk(33);
    CHECK(X.rows() == 490);
    CHECK(X.to_string().find("shape=(490, 2), dtype=float32, chunksize=(33, 2), 15 blocks") != std::string::npos);
    for (const auto& block : X.blocks()) CHECK(block.rows() <= 33);
    CHECK(data.calls == 0);
    CHECK(mapped == 0);
    CHECK(X.rows(5, 6).compute()(0, 0) == 10 * 15 + 3);
    CHECK(data.rows >= 1);
}

TEST_CASE("chunked arrays: reading once is enough for a slice or a column", "[array]") {
    Counted data(10'000, 3, 1000);
    (void)data.X.rows(2'000, 3'000).compute();
    CHECK(data.rows == 1'000);
    (void)data.X.col(1).compute();
    CHECK(data.rows == 11'000);
}

TEST_CASE("BlockMap: a block that is read in tiles or slices is computed once a reader", "[array]") {
    Counted data(9'000, 20, 3'000);  // tiles of 2048 rows
    std::atomic<Index> calls{0};
    const auto mapped = data.X.map_blocks([&](MatrixView<const double> in, MatrixView<double> out) {
        ++calls;
        copy_rows(in, out);
    });
    for (const int threads : {1, 8}) {
        const bf::Settings settings({.threads = threads});
        calls = data.rows = 0;
        CHECK(mapped.compute() == data.X.compute());
        CHECK(calls == 3);
        CHECK(data.rows == 18'000);
    }
    // Slices of one block, one reader after the other in any order.
    bf::Scratch scratch;
    calls = 0;
    Matrix<double> out(10, 20);
    for (const Index begin : {50, 0, 2'990, 7}) {
        mapped.source()->read({begin, begin + 10}, out.view(), scratch);
        CHECK(out(9, 1) == static_cast<double>(10 * (begin + 9) + 1));
    }
    CHECK(calls == 1);
    // Over a cut: both blocks.
    mapped.source()->read({2'995, 3'005}, out.view(), scratch);
    CHECK(out(0, 0) == 29'950);
    CHECK(out(9, 0) == 30'040);
    CHECK(calls == 2);
    mapped.source()->read({0, 10}, out.view(), scratch);
    CHECK(calls == 3);
}

TEST_CASE("sources: what a failed read left behind is not taken for a result", "[array]") {
    // Rows 10 and later fail, after they have overwritten the buffer.
    const auto spoil = [](Index first, MatrixView<double> out) {
        std::ranges::fill(out.row(0), -1.0);
        if (first >= 10) throw std::runtime_error("bad");
        for (Index i = 0; i < out.rows(); ++i) out(i, 0) = static_cast<double>(first + i);
    };
    const auto numbers = bf::from_function<double>(20, 1, [](Index first, MatrixView<double> out) {
        for (Index i = 0; i < out.rows(); ++i) out(i, 0) = static_cast<double>(first + i);
    });
    const auto mapped = numbers.rechunk(10).map_blocks([&](MatrixView<const double> in, MatrixView<double> out) {
        spoil(static_cast<Index>(in(0, 0)), out);
    });
    bf::Scratch scratch;
    Matrix<double> out(2, 1);
    for (int repeat = 0; repeat < 2; ++repeat) {
        mapped.source()->read({0, 2}, out.view(), scratch);
        CHECK(out == Matrix<double>{{0}, {1}});
        CHECK_THROWS_AS(mapped.source()->read({10, 12}, out.view(), scratch), std::runtime_error);
    }
    const auto made = bf::from_function<double>(20, 1, spoil);
    for (int repeat = 0; repeat < 2; ++repeat) {
        CHECK(made.source()->view({2, 4}, scratch)(0, 0) == 2);
        CHECK_THROWS_AS(made.source()->view({10, 12}, scratch), std::runtime_error);
    }
}

TEST_CASE("sources: asking for the same rows again does not read again", "[array]") {
    Counted data(100, 2, 50);
    bf::Scratch scratch;
    const auto first = data.X.source()->view({3, 9}, scratch);
    CHECK(data.X.source()->view({3, 9}, scratch).data() == first.data());
    CHECK(data.rows == 6);
    CHECK(data.X.source()->view({4, 9}, scratch)(0, 0) == 40);
    CHECK(data.rows == 11);
    // Another reader has its own.
    bf::Scratch other;
    CHECK(data.X.source()->view({4, 9}, other).data() != data.X.source()->view({4, 9}, scratch).data());
}

TEST_CASE("Scratch: each owner and type has its own state", "[array]") {
    bf::Scratch scratch;
    const int a = 0, b = 0;
    scratch.get<int>(&a) = 1;
    scratch.get<int>(&b) = 2;
    scratch.get<double>(&a) = 3;
    CHECK(scratch.get<int>(&a) == 1);
    CHECK(scratch.get<int>(&b) == 2);
    CHECK(scratch.get<double>(&a) == 3);
    // Addresses stay when more is added.
    int& kept = scratch.get<int>(&a);
    for (int i = 0; i < 100; ++i) (void)scratch.get<int>(reinterpret_cast<const void*>(static_cast<std::intptr_t>(1000 + i)));
    CHECK(&kept == &scratch.get<int>(&a));
}

TEST_CASE("chunked arrays: stay readable when what made them is gone", "[array]") {
    auto values = [] {
        auto X = bf::from_array(Matrix<double>{{1, 2}, {3, 4}, {5, 6}}, {.block_rows = 1});
        return X.rows(1, 3).cols({1}).map_blocks(copy_rows).col(0);
    }();
    CHECK(values.compute() == std::vector<double>{4, 6});
}

TEST_CASE("chunked arrays: slices of derived arrays are what a loop would give", "[array]") {
    bf::RandomState random(5);
    const auto pick = [&](Index low, Index high) { return random.randint(low, high); };
    for (int trial = 0; trial < 200; ++trial) {
        const Index n = pick(1, 50);
        Counted data(n, 3, pick(1, 60));
        // Row i: its number, and the first row and size of the block it is seen in.
        const bf::BlockPlan plan = data.X.plan();
        auto X = data.X.map_blocks(
            [](MatrixView<const double> in, MatrixView<double> out) {
                for (Index i = 0; i < in.rows(); ++i) {
                    out(i, 0) = in(i, 0) / 10;
                    out(i, 1) = in(0, 0) / 10;
                    out(i, 2) = static_cast<double>(in.rows());
                }
            },
            3);
        const Index begin = pick(0, n), end = begin + pick(0, n - begin + 1);
        const auto part = X.rechunk(pick(1, 60)).rows(begin, end).rechunk(pick(1, 60));
        for (const int threads : {1, 3}) {
            const bf::Settings settings({.threads = threads});
            const Matrix<double> got = part.compute();
            REQUIRE(got.rows() == end - begin);
            for (Index i = 0; i < got.rows(); ++i) {
                const RowRange block = plan[plan.find(begin + i)];
                REQUIRE(got(i, 0) == static_cast<double>(begin + i));
                REQUIRE(got(i, 1) == static_cast<double>(block.begin));
                REQUIRE(got(i, 2) == static_cast<double>(block.size()));
            }
        }
    }
}

TEST_CASE("chunked vectors: as matrices of one column", "[array]") {
    const std::vector<int> values{5, 6, 7, 8, 9, 10, 11};
    const auto y = bf::from_vector(values, {.block_rows = 3});
    CHECK(y.size() == 7);
    CHECK(y.shape() == std::array<Index, 1>{7});
    CHECK(y.nbytes() == 28);
    CHECK(y.dtype() == "int32");
    CHECK(y.to_string().find("ChunkedVector<from_array, shape=(7,), dtype=int32, chunksize=(3,), 3 blocks, ") != std::string::npos);
    CHECK(y.rows(2, 6).compute() == std::vector<int>{7, 8, 9, 10});
    CHECK(y.astype<double>().compute() == std::vector<double>(values.begin(), values.end()));
    const auto sums = y.map_blocks<double>([](MatrixView<const int> in, MatrixView<double> out) {
        double sum = 0;
        for (Index i = 0; i < in.rows(); ++i) sum += in(i, 0);
        for (Index i = 0; i < out.rows(); ++i) out(i, 0) = sum;
    });
    CHECK(sums.compute() == std::vector<double>{18, 18, 18, 27, 27, 27, 11});
    std::vector<Index> sizes;
    for (const auto& block : y.blocks()) sizes.push_back(block.size());
    CHECK(sizes == std::vector<Index>{3, 3, 1});
    CHECK(y.blocks().size() == 3);
}

TEST_CASE("BlockMap: errors count from the rows that were asked for", "[array][errors]") {
    const Matrix<double> m = [] {
        Matrix<double> values(100, 2);
        values(57, 1) = 0.5;
        return values;
    }();
    const auto X = bf::from_array(m, {.block_rows = 10}).map_blocks(copy_rows).astype<int>();
    const auto row = [](const auto& array) {
        try {
            (void)array.compute();
        } catch (const bf::DataError& error) {
            return error.row();
        }
        return Index{-1};
    };
    CHECK(row(X) == 57);
    CHECK(row(X.rechunk(100)) == 57);
    CHECK(row(X.rows(55, 60)) == 2);
    const auto thrown_inside = bf::from_array(m, {.block_rows = 10}).astype<int>().map_blocks(copy_rows);
    CHECK(row(thrown_inside) == 57);
    CHECK(row(thrown_inside.rechunk(100)) == 57);
    CHECK(row(thrown_inside.rows(55, 60)) == 2);
}
