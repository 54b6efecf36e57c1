#include <catch2/catch.hpp>

#include <atomic>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/core/random_state.hpp>

namespace bf = blockfit;
using bf::Index;
using Catch::Matchers::Contains;

namespace {

/// Element (i, j) is 100 i + j.
bf::ChunkedMatrix<double> numbered(Index rows, Index cols, Index block_rows) {
    return bf::from_function<double>(
        rows, cols,
        [](Index first, bf::MatrixView<double> out) {
            for (Index i = 0; i < out.rows(); ++i)
                for (Index j = 0; j < out.cols(); ++j) out(i, j) = static_cast<double>(100 * (first + i) + j);
        },
        {.block_rows = block_rows});
}

std::vector<Index> block_sizes(const bf::BlockPlan& plan) {
    std::vector<Index> sizes;
    for (Index i = 0; i < plan.size(); ++i) sizes.push_back(plan[i].size());
    return sizes;
}

}  // namespace

TEST_CASE("BlockPlan: cuts, finds and slices", "[array]") {
    const bf::BlockPlan plan(10, 4);
    REQUIRE(block_sizes(plan) == std::vector<Index>{4, 4, 2});
    REQUIRE(plan.rows() == 10);
    REQUIRE(plan.largest() == 4);
    REQUIRE(plan.find(0) == 0);
    REQUIRE(plan.find(3) == 0);
    REQUIRE(plan.find(4) == 1);
    REQUIRE(plan.find(9) == 2);
    REQUIRE(block_sizes(plan.slice({3, 9})) == std::vector<Index>{1, 4, 1});
    REQUIRE(block_sizes(plan.slice({4, 8})) == std::vector<Index>{4});
    REQUIRE(plan.slice({5, 5}).size() == 0);
    REQUIRE(bf::BlockPlan(0, 4).size() == 0);
    REQUIRE(bf::BlockPlan(3, 1000).size() == 1);
    REQUIRE(bf::BlockPlan(std::vector<Index>{4, 8, 10}) == plan);
    REQUIRE_THROWS_AS(bf::BlockPlan(10, 0), bf::ParameterError);
    REQUIRE_THROWS_AS(bf::BlockPlan(std::vector<Index>{4, 4}), bf::ParameterError);
}

TEST_CASE("chunked arrays: shape, size, type and printing", "[array]") {
    const auto X = numbered(1000, 3, 300);
    REQUIRE(X.shape() == std::array<Index, 2>{1000, 3});
    REQUIRE(X.n_blocks() == 4);
    REQUIRE(X.nbytes() == 24'000);
    REQUIRE(X.dtype() == "float64");
    REQUIRE(X.to_string() ==
            "blockfit.ChunkedMatrix<from_function, shape=(1000, 3), dtype=float64, chunksize=(300, 3), 4 blocks, 24.0 kB>");
    std::ostringstream stream;
    stream << X.col(1).astype<std::int16_t>();
    REQUIRE(stream.str() ==
            "blockfit.ChunkedVector<astype, shape=(1000,), dtype=int16, chunksize=(300,), 4 blocks, 2.0 kB>");
    REQUIRE(X.astype<float>().dtype() == "float32");
    REQUIRE(X.astype<std::uint8_t>().dtype() == "uint8");
}

TEST_CASE("chunked arrays: slices, columns and blocks are what a loop would give", "[array]") {
    bf::RandomState random(1);
    const auto pick = [&](Index low, Index high) { return static_cast<Index>(random.randint(low, high)); };
    for (int trial = 0; trial < 400; ++trial) {
        const Index rows = pick(1, 60), cols = pick(1, 6), block_rows = pick(1, 70);
        auto X = numbered(rows, cols, block_rows);
        // The rows and columns that must be left.
        std::vector<Index> row(static_cast<std::size_t>(rows)), column(static_cast<std::size_t>(cols));
        std::iota(row.begin(), row.end(), Index{0});
        std::iota(column.begin(), column.end(), Index{0});
        for (Index steps = pick(0, 4); steps > 0; --steps) {
            switch (pick(0, 4)) {
                case 0: {
                    const Index begin = pick(0, X.rows() + 1), end = begin + pick(0, X.rows() - begin + 1);
                    X = X.rows(begin, end);
                    row = std::vector(row.begin() + begin, row.begin() + end);
                    break;
                }
                case 1: {
                    std::vector<Index> chosen, left;
                    for (Index k = pick(1, 4); k > 0; --k) chosen.push_back(pick(0, X.cols()));
                    for (const Index j : chosen) left.push_back(column[static_cast<std::size_t>(j)]);
                    X = X.cols(chosen);
                    column = left;
                    break;
                }
                case 2: X = X.rechunk(pick(1, 70)); break;
                default: X = X.map_blocks([](auto in, auto out) {
                    for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
                });
            }
        }
        bf::Matrix<double> want(std::ssize(row), std::ssize(column));
        for (Index i = 0; i < want.rows(); ++i)
            for (Index j = 0; j < want.cols(); ++j)
                want(i, j) = static_cast<double>(100 * row[static_cast<std::size_t>(i)] + column[static_cast<std::size_t>(j)]);
        for (const int threads : {1, 3}) {
            const bf::Settings settings({.threads = threads});
            REQUIRE(X.compute() == want);
        }
        Index at = 0;
        for (const auto& block : X.blocks()) {
            REQUIRE(block.n_blocks() == 1);
            REQUIRE(block.compute() == bf::Matrix<double>(want.view().rows(at, at + block.rows())));
            at += block.rows();
        }
        REQUIRE(at == want.rows());
        if (want.cols() > 0) {
            const std::vector<double> last = X.col(want.cols() - 1).compute();
            for (Index i = 0; i < want.rows(); ++i) REQUIRE(last[static_cast<std::size_t>(i)] == want(i, want.cols() - 1));
        }
    }
}

TEST_CASE("chunked arrays: asking for what is not there", "[array][errors]") {
    const auto X = numbered(10, 3, 4);
    REQUIRE_THROWS_AS(X.rows(5, 11), bf::ShapeError);
    REQUIRE_THROWS_AS(X.rows(-1, 5), bf::ShapeError);
    REQUIRE_THROWS_AS(X.rows(5, 4), bf::ShapeError);
    REQUIRE_THROWS_AS(X.cols({0, 3}), bf::ShapeError);
    REQUIRE_THROWS_AS(X.cols(1, 4), bf::ShapeError);
    REQUIRE_THROWS_AS(X.col(-1), bf::ShapeError);
    REQUIRE_THROWS_AS(X.block(3), bf::ShapeError);
    REQUIRE_THROWS_AS(X.rechunk(0), bf::ParameterError);
    REQUIRE_THROWS_AS(X.rechunk(bf::BlockPlan(11, 2)), bf::ShapeError);
}

TEST_CASE("map_blocks: the function sees whole blocks, however the result is read", "[array]") {
    // Each row becomes the number of rows of the block it was seen in.
    const auto sizes = numbered(10'000, 20, 3'000).map_blocks<int>(
        [](bf::MatrixView<const double> in, bf::MatrixView<int> out) {
            for (Index i = 0; i < out.rows(); ++i) out(i, 0) = static_cast<int>(in.rows());
        },
        1);
    const auto values = sizes.compute();
    for (Index i = 0; i < 10'000; ++i) REQUIRE(values(i, 0) == (i < 9'000 ? 3'000 : 1'000));
    REQUIRE(sizes.rows(2'990, 3'010).compute() == bf::Matrix<int>(20, 1, std::vector<int>(20, 3'000)));
    REQUIRE(sizes.rechunk(7).rows(9'995, 10'000).compute()(4, 0) == 1'000);
}

TEST_CASE("map_rows: the function sees every row once", "[array]") {
    std::atomic<Index> rows{0};
    const auto doubled = numbered(10'000, 2, 3'000).map_rows([&](auto in, auto out) {
        rows += in.rows();
        for (Index i = 0; i < in.rows(); ++i)
            for (Index j = 0; j < in.cols(); ++j) out(i, j) = 2 * in(i, j);
    });
    REQUIRE(rows == 0);  // lazy
    const auto values = doubled.compute();
    REQUIRE(rows == 10'000);
    REQUIRE(values(9'999, 1) == 2 * 999'901.0);
}

TEST_CASE("astype: a value that does not fit is named", "[array][errors]") {
    const auto X = numbered(1'000, 2, 300);
    REQUIRE(X.astype<std::int32_t>().compute()(999, 1) == 99'901);
    try {
        (void)X.astype<std::int16_t>().compute();
        FAIL("99901 became an int16");
    } catch (const bf::DataError& error) {
        REQUIRE(error.block() == 1);
        REQUIRE(error.row() == 328);  // 32800 is the first beyond 32767
        REQUIRE(error.column() == 0);
        REQUIRE_THAT(error.what(), Contains("32800") && Contains("int16"));
    }
}

TEST_CASE("compute: the first bad block in order is the one reported", "[array][errors]") {
    const auto bad = numbered(4'000, 2, 100).map_blocks([](bf::MatrixView<const double> in, bf::MatrixView<double> out) {
        const auto block = static_cast<Index>(in(0, 0)) / 10'000;
        if (block == 21 || block == 23 || block == 39) throw bf::DataError("bad", {.row = 7});
        for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
    });
    for (const int threads : {1, 2, 8})
        for (int repeat = 0; repeat < 20; ++repeat) {
            const bf::Settings settings({.threads = threads});
            try {
                (void)bad.compute();
                FAIL("not noticed");
            } catch (const bf::DataError& error) {
                REQUIRE(error.block() == 21);
                REQUIRE(error.row() == 2'107);
            }
        }
}

TEST_CASE("from_array, from_vector, from_buffer: the caller's memory, not copied", "[array]") {
    bf::Matrix<double> M(100, 3);
    const auto X = bf::from_array(M, {.block_rows = 30});
    M(50, 1) = 7;
    REQUIRE(X.compute()(50, 1) == 7);
    bf::Scratch scratch;
    REQUIRE(X.source()->view({50, 60}, scratch).data() == M.row(50).data());
    const auto strided = bf::from_buffer(M.data() + 1, 100, 2, {.block_rows = 9}, 3);
    REQUIRE(strided.compute()(50, 0) == 7);
    std::vector<int> v(10, 1);
    const auto y = bf::from_vector(v);
    v[3] = 5;
    REQUIRE(y.compute() == v);
    REQUIRE_THROWS_AS(bf::from_buffer(M.data(), 10, 3, {}, 2), bf::ParameterError);
    const auto kept = [] {
        bf::Matrix<double> local(10, 2);
        local(9, 1) = 3;
        return bf::from_array(std::move(local));
    }();
    REQUIRE(kept.compute()(9, 1) == 3);
}

TEST_CASE("random arrays: a row depends on the seed and its number, not on the blocks", "[array]") {
    const auto a = bf::random_normal(5'000, 4, {.seed = 3, .block_rows = 1'000}).compute();
    REQUIRE(a == bf::random_normal(5'000, 4, {.seed = 3, .block_rows = 77}).compute());
    REQUIRE(bf::Matrix<double>(a.view().rows(1'234, 1'240)) == bf::random_normal(5'000, 4, {.seed = 3}).rows(1'234, 1'240).compute());
    REQUIRE_FALSE(a == bf::random_normal(5'000, 4, {.seed = 4}).compute());
    double sum = 0, squares = 0;
    for (const double value : a.values()) {
        sum += value;
        squares += value * value;
    }
    REQUIRE(std::abs(sum / 20'000) < 4 / std::sqrt(20'000.0));
    REQUIRE(std::abs(squares / 20'000 - 1) < 4 * std::sqrt(2 / 20'000.0));
    const auto u = bf::random_uniform<float>(1'000, 2).compute();
    for (const float value : u.values()) REQUIRE((value >= 0 && value <= 1));
    // Known quantiles of the normal distribution.
    REQUIRE(bf::detail::normal_quantile(0.5) == 0.0);
    REQUIRE(bf::detail::normal_quantile(0.975) == Approx(1.959963984540054).epsilon(1e-8));
    REQUIRE(bf::detail::normal_quantile(1e-10) == Approx(-6.361340902404056).epsilon(1e-8));
}
