#include <catch2/catch.hpp>

#include <atomic>
#include <cstring>
#include <vector>

#include <blockfit/array/creation.hpp>
#include <blockfit/array/store.hpp>
#include <blockfit/array/training_set.hpp>

namespace bf = blockfit;
using bf::Index;
using bf::Label;

namespace {

/// Element (i, j) is i + j / 10; counts the rows that are read.
bf::ChunkedMatrix<double> counted(Index rows, Index cols, Index block_rows, std::atomic<Index>& reads) {
    return bf::from_function<double>(
        rows, cols,
        [&reads](Index first, bf::MatrixView<double> out) {
            reads += out.rows();
            for (Index i = 0; i < out.rows(); ++i)
                for (Index j = 0; j < out.cols(); ++j) out(i, j) = static_cast<double>(first + i) + 0.1 * static_cast<double>(j);
        },
        {.block_rows = block_rows});
}

}  // namespace

TEST_CASE("store: rows arrive in order, and arrays that share a parent read it once", "[array]") {
    for (const int threads : {1, 2, 8})
        for (const Index block_rows : {1'000, 333, 50'000}) {
            const bf::Settings settings({.threads = threads});
            std::atomic<Index> reads{0};
            const auto X = counted(20'000, 3, block_rows, reads);
            const auto doubled = X.map_rows([](auto in, auto out) {
                for (Index i = 0; i < in.rows(); ++i)
                    for (Index j = 0; j < in.cols(); ++j) out(i, j) = 2 * in(i, j);
            });
            std::vector<std::vector<double>> got(3);
            bf::detail::store("test", {bf::dataset("a", doubled), bf::dataset("b", X.col(1)), bf::dataset("c", X.cols({2, 0}))},
                              [&](std::size_t k, std::span<const std::byte> rows) {
                                  const std::size_t before = got[k].size();
                                  got[k].resize(before + rows.size() / sizeof(double));
                                  std::memcpy(got[k].data() + before, rows.data(), rows.size());
                              });
            REQUIRE(reads == 20'000);
            REQUIRE(got[0].size() == 60'000);
            REQUIRE(got[1].size() == 20'000);
            REQUIRE(got[2].size() == 40'000);
            for (std::size_t i = 0; i < 20'000; ++i) {
                const auto row = static_cast<double>(i);
                REQUIRE(got[0][3 * i + 1] == 2 * (row + 0.1));
                REQUIRE(got[1][i] == row + 0.1);
                REQUIRE(got[2][2 * i] == row + 0.1 * 2.0);
                REQUIRE(got[2][2 * i + 1] == row);
            }
        }
}

TEST_CASE("store: arrays of different length are refused before anything is read", "[array][errors]") {
    std::atomic<Index> reads{0};
    const auto X = counted(100, 2, 10, reads);
    REQUIRE_THROWS_AS(bf::detail::store("test", {bf::dataset("a", X), bf::dataset("b", X.rows(0, 99))},
                                        [](std::size_t, std::span<const std::byte>) {}),
                      bf::ShapeError);
    REQUIRE(reads == 0);
}

TEST_CASE("store: a block larger than the memory limit is refused before anything is read", "[array][errors]") {
    std::atomic<Index> reads{0};
    const auto X = counted(100'000, 10, 50'000, reads);
    const bf::Settings settings({.memory_limit = 1'000'000});
    try {
        bf::detail::store("test", {bf::dataset("a", X)}, [](std::size_t, std::span<const std::byte>) {});
        FAIL("4 MB were allowed");
    } catch (const bf::MemoryLimitError& error) {
        REQUIRE_THAT(error.what(), Catch::Matchers::Contains("50000 rows takes 4.0 MB") &&
                                       Catch::Matchers::Contains("memory_limit is 1.0 MB") &&
                                       Catch::Matchers::Contains("block_rows of at most 12500"));
    }
    REQUIRE(reads == 0);
}

TEST_CASE("TrainingSet: y and weights follow the blocks of X", "[array]") {
    const auto X = bf::from_function<float>(
        1'000, 2, [](Index first, bf::MatrixView<float> out) {
            for (Index i = 0; i < out.rows(); ++i) out(i, 0) = out(i, 1) = static_cast<float>(first + i);
        },
        {.block_rows = 130});
    const auto numbers = [](Index first, auto out) {
        for (Index i = 0; i < out.rows(); ++i) out(i, 0) = static_cast<std::remove_cvref_t<decltype(out(0, 0))>>(first + i);
    };
    const auto y = bf::vector_from_function<std::int16_t>(1'000, numbers, {.block_rows = 77});
    const auto w = bf::vector_from_function<double>(1'000, numbers, {.block_rows = 999});
    const bf::detail::TrainingSet<float, bf::ChunkedVector<Label>> set("test", X, bf::detail::as_labels(y), w);
    bf::detail::TrainingSet<float, bf::ChunkedVector<Label>>::Block block;
    Index tiles = 0;
    for (Index b = 0; b < X.n_blocks(); ++b) {
        const bf::RowRange rows = X.plan()[b];
        set.read(block, rows, [&](bf::MatrixView<const float> tile) { tiles += tile.rows(); });
        for (Index i = 0; i < rows.size(); ++i) {
            REQUIRE(block.X(i, 1) == static_cast<float>(rows.begin + i));
            REQUIRE(block.y.view()[static_cast<std::size_t>(i)] == rows.begin + i);
            REQUIRE(block.sample_weight()[i] == static_cast<double>(rows.begin + i));
        }
    }
    REQUIRE(tiles == 1'000);
    REQUIRE_THROWS_AS((bf::detail::TrainingSet<float, bf::ChunkedVector<Label>>("test", X, bf::detail::as_labels(y.rows(0, 999)), {})), bf::ShapeError);
    REQUIRE_THROWS_AS((bf::detail::TrainingSet<float, bf::ChunkedVector<Label>>("test", X, bf::detail::as_labels(y), w.rows(1, 1'000))), bf::ShapeError);
    REQUIRE_FALSE(block.sample_weight()[0] == 1.0);
}
