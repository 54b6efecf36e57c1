#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/exec/settings.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Matrix;
using bf::MatrixView;

namespace {

bf::ChunkedMatrix<double> numbered(Index n, Index cols, Index block_rows) {
    return bf::from_function<double>(
        n, cols,
        [](Index first, MatrixView<double> out) {
            for (Index i = 0; i < out.rows(); ++i)
                for (Index j = 0; j < out.cols(); ++j) out(i, j) = static_cast<double>(100 * (first + i) + j);
        },
        {.block_rows = block_rows});
}

}  // namespace

TEST_CASE("compute: all elements, for any blocks and any number of threads", "[array]") {
    Matrix<double> want(7'000, 17);
    for (Index i = 0; i < 7'000; ++i)
        for (Index j = 0; j < 17; ++j) want(i, j) = static_cast<double>(100 * i + j);
    for (const int threads : {1, 2, 3, 8})
        for (const Index block_rows : {0, 1'000, 2'048, 6'999, 7'000, 100'000}) {
            const bf::Settings settings({.threads = threads});
            const auto X = numbered(7'000, 17, block_rows);
            REQUIRE(X.compute() == want);
            const std::vector<double> column = X.col(16).compute();
            for (Index i = 0; i < 7'000; ++i) REQUIRE(column[static_cast<std::size_t>(i)] == want(i, 16));
        }
}

TEST_CASE("compute: of nothing", "[array]") {
    const auto X = numbered(100, 3, 10);
    CHECK(X.rows(40, 40).compute().rows() == 0);
    CHECK(X.rows(40, 40).compute().cols() == 3);
    CHECK(X.cols(std::vector<Index>{}).compute() == Matrix<double>(100, 0));
    CHECK(X.rows(7, 7).col(0).compute().empty());
    CHECK(numbered(0, 2, 5).compute() == Matrix<double>(0, 2));
}

TEST_CASE("compute: uses the settings of when it runs, not of when the array was made", "[array]") {
    const auto X = [] {
        const bf::Settings settings({.memory_limit = 1});
        return numbered(100, 2, 10).map_blocks([](auto in, auto out) {
            for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
        });
    }();
    CHECK(X.compute().rows() == 100);
    const bf::Settings settings({.memory_limit = 1});
    CHECK_THROWS_AS(X.compute(), bf::MemoryLimitError);
}

TEST_CASE("compute: the result is not counted against the memory limit, whole blocks are", "[array]") {
    const bf::Settings settings({.threads = 4, .memory_limit = 300'000});
    const auto X = numbered(100'000, 2, 50'000);  // 1.6 MB in all
    CHECK(X.compute()(99'999, 1) == 9'999'901);
    std::atomic<Index> calls{0};
    const auto by_block = X.map_blocks([&](auto in, auto out) {
        ++calls;
        for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
    });
    CHECK_THROWS_AS(by_block.compute(), bf::MemoryLimitError);
    CHECK(calls == 0);
    CHECK(X.map_rows([](auto in, auto out) {
        for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
    }).compute()(99'999, 1) == 9'999'901);
}

TEST_CASE("compute: a cancel leaves nothing half done", "[array]") {
    for (const int threads : {1, 2, 8}) {
        const bf::CancelToken token;
        const bf::Settings settings({.threads = threads, .cancel = token});
        const auto X = numbered(1'000, 2, 10).map_blocks([&](auto in, auto out) {
            if (in(0, 0) == 50'000) token.cancel();
            for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
        });
        CHECK_THROWS_AS(X.compute(), bf::Cancelled);
        CHECK_THROWS_WITH(X.compute(), Catch::Contains("compute: cancelled after 0 of 100 blocks"));
    }
}

TEST_CASE("compute: within a map_blocks of another array", "[array]") {
    for (const int threads : {1, 8}) {
        const bf::Settings settings({.threads = threads});
        const auto inner = numbered(300, 2, 50);
        const auto outer = numbered(100, 2, 10).map_blocks([&](MatrixView<const double> in, MatrixView<double> out) {
            const Matrix<double> all = inner.compute();
            for (Index i = 0; i < in.rows(); ++i)
                for (Index j = 0; j < 2; ++j) out(i, j) = in(i, j) + all(299, 1);
        });
        const Matrix<double> got = outer.compute();
        for (Index i = 0; i < 100; ++i) REQUIRE(got(i, 1) == static_cast<double>(100 * i + 1 + 29'901));
    }
}

TEST_CASE("compute: an error of a nested array names that array's block", "[array]") {
    const auto bad = numbered(100, 1, 10).map_blocks([](MatrixView<const double> in, MatrixView<double>) {
        if (in(0, 0) >= 5'000) throw bf::DataError("inner", {.row = 3});
    });
    const auto outer = numbered(40, 1, 10).map_blocks([&](MatrixView<const double>, MatrixView<double>) { (void)bad.compute(); });
    for (const int threads : {1, 2, 8}) {
        const bf::Settings settings({.threads = threads});
        CHECK_THROWS_WITH(outer.compute(), "inner [block 5, row 53]");
    }
}

TEST_CASE("compute: any exception of a function passes unchanged", "[array]") {
    const auto X = numbered(1'000, 2, 10).map_rows([](auto in, auto) {
        if (in(0, 0) >= 50'000) throw std::out_of_range("row " + std::to_string(static_cast<Index>(in(0, 0)) / 100));
    });
    for (const int threads : {1, 2, 8}) {
        const bf::Settings settings({.threads = threads});
        CHECK_THROWS_WITH(X.compute(), "row 500");
        CHECK_THROWS_AS(X.compute(), std::out_of_range);
    }
}

TEST_CASE("compute_into: into memory that is there, of the right shape", "[array]") {
    const Matrix<double> m = test::normal(3'000, 4, 1);
    const auto X = bf::from_array(m, {.block_rows = 700});
    test::Padded<double> padded(Matrix<double>(3'000, 4));
    bf::compute_into(X, padded.view());
    CHECK(Matrix<double>(std::as_const(padded).view()) == m);
    CHECK(padded.padding_untouched());
    std::vector<double> column(3'000);
    bf::compute_into(X.col(2), column);
    bool same = true;
    for (Index i = 0; i < 3'000; ++i) same &= column[static_cast<std::size_t>(i)] == m(i, 2);
    CHECK(same);
    Matrix<double> small(2, 4);
    CHECK_THROWS_AS(bf::compute_into(X, small), bf::ShapeError);
    std::vector<double> few(2);
    CHECK_THROWS_AS(bf::compute_into(X.col(0), few), bf::ShapeError);
    CHECK(X.col(1).rows(0, 5).astype<float>().compute<std::vector<float>>().size() == 5);
}

TEST_CASE("persist: reads once, within the memory limit", "[array]") {
    std::atomic<Index> read{0};
    const auto X = bf::from_function<double>(
        10'000, 4, [&](Index, MatrixView<double> out) { read += out.rows(), std::fill_n(out.data(), out.rows() * 4, 2.0); },
        {.block_rows = 1'000});
    const auto kept = X.persist();
    CHECK(read == 10'000);
    CHECK(kept.plan() == X.plan());
    CHECK(kept.compute() == kept.compute());
    CHECK(kept.col(1)[9'999] == 2.0);
    CHECK(read == 10'000);
    const bf::Settings settings({.memory_limit = 300'000});
    try {
        (void)X.persist();
        FAIL("320 kB are more than 300 kB");
    } catch (const bf::MemoryLimitError& error) {
        CHECK(std::string(error.what()).find("persist: the array takes 320.0 kB, but memory_limit is 300.0 kB") == 0);
    }
    CHECK(read == 10'000);
    // What is read ahead counts beside what is kept.
    CHECK_NOTHROW(X.rows(0, 4'000).persist());
    CHECK_THROWS_AS(X.rows(0, 9'000).persist(), bf::MemoryLimitError);
}

TEST_CASE("store: blocks in order, computed ahead", "[array]") {
    const auto X = bf::random_uniform(10'000, 3, {.seed = 1, .block_rows = 1'234});
    Matrix<double> copy(10'000, 3);
    Index next = 0;
    const bf::Settings settings({.threads = 4});
    bf::store(X, [&](bf::RowRange rows, MatrixView<const double> block) {
        CHECK(rows.begin == next);
        next = rows.end;
        for (Index i = 0; i < block.rows(); ++i) std::ranges::copy(block.row(i), copy.row(rows.begin + i).begin());
    });
    CHECK(next == 10'000);
    CHECK(copy == X.compute());
}

TEST_CASE("X[i], head: read now", "[array]") {
    const Matrix<double> m{{1, 2}, {3, 4}, {5, 6}};
    const auto X = bf::from_array(m);
    CHECK(X[1] == std::vector<double>{3, 4});
    CHECK(X.col(1)[2] == 6);
    CHECK(X.head(2) == Matrix<double>{{1, 2}, {3, 4}});
    CHECK(X.head().rows() == 3);
    CHECK(X.head(-1).rows() == 0);
    CHECK_THROWS_WITH(X[3], "[3]: the array has 3 rows");
    CHECK_THROWS_AS(X.col(0)[-1], bf::ShapeError);
}
