#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/array/elementwise.hpp>
#include <blockfit/array/row_indexing.hpp>
#include <blockfit/array/structure.hpp>
#include <blockfit/exec/settings.hpp>

#include "support/data.hpp"
#include "support/errors.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Matrix;
using bf::MatrixView;

namespace {

/// Element (i, j) is i + j / 8, as an array that no memory holds. Counts rows read.
struct Counted {
    std::atomic<Index> rows{0};
    bf::ChunkedMatrix<double> X;
    Counted(Index n, Index cols, Index block_rows)
        : X(bf::from_function<double>(
              n, cols,
              [this](Index first, MatrixView<double> out) {
                  rows += out.rows();
                  for (Index i = 0; i < out.rows(); ++i)
                      for (Index j = 0; j < out.cols(); ++j) out(i, j) = static_cast<double>(first + i) + static_cast<double>(j) / 8;
              },
              {.block_rows = block_rows})) {}
};

/// Are all elements (i, j) of an array those of f(i, j)?
template <class T, class F>
bool all_are(const bf::ChunkedMatrix<T>& X, F f) {
    const Matrix<T> all = X.compute();
    for (Index i = 0; i < all.rows(); ++i)
        for (Index j = 0; j < all.cols(); ++j)
            if (all(i, j) != f(static_cast<double>(i), static_cast<double>(j) / 8)) return false;
    return true;
}

}  // namespace

TEST_CASE("elementwise: nothing is read before it is asked for, and then once", "[array]") {
    Counted data(20'000, 5, 6'000);
    const auto Y = abs(clip((data.X + 1) * 2 - data.X, 0, 1e9)) / 2 + data.X;
    CHECK(data.rows == 0);
    CHECK(all_are(Y, [](double i, double j) { return (i + j + 2) / 2 + (i + j); }));
    CHECK(data.rows == 20'000);
    CHECK(Y.plan() == data.X.plan());
    CHECK(Y.to_string().find("ChunkedMatrix<add, shape=(20000, 5), dtype=float64, chunksize=(6000, 5)") != std::string::npos);
}

TEST_CASE("elementwise: tiles, strips and threads do not show", "[array]") {
    // Wide and narrow rows, blocks that end anywhere, tiles of one row and of thousands.
    const auto [rows, cols, block_rows] = GENERATE(table<Index, Index, Index>(
        {{9'001, 1, 4'000}, {10'007, 3, 777}, {5'000, 20, 5'000}, {300, 2'500, 40}, {40, 70'000, 9}, {1, 1, 1}}));
    const int threads = GENERATE(1, 3);
    const bf::Settings settings({.threads = threads});
    Counted data(rows, cols, block_rows);
    const auto column = data.X.col(cols - 1);
    const double last = static_cast<double>(cols - 1) / 8;
    CHECK(all_are((data.X + column) * 2 - data.X.cols(0, cols) / 4,
                  [last](double i, double j) { return (i + j + (i + last)) * 2 - (i + j) / 4; }));
    CHECK(all_are(data.X.astype<float>() + data.X.map_rows([](auto in, auto out) {
        for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
    }), [](double i, double j) { return double(float(i + j)) + (i + j); }));
}

TEST_CASE("elementwise: operands that read other rows of one parent", "[array]") {
    // Each reads rows of the same source, of which a reader keeps one copy.
    Counted data(9'000, 4, 2'500);
    const auto& X = data.X;
    CHECK(all_are(X.rows(1, 9'000) - X.rows(0, 8'999), [](double, double) { return 1.0; }));
    CHECK(all_are(X + X.rows(8'999, -1, -1), [](double, double j) { return 8'999.0 + 2 * j; }));
    CHECK(all_are(X.rows(8'999, -1, -1) + X, [](double, double j) { return 8'999.0 + 2 * j; }));
    CHECK(all_are(where(X.col(0) < 100, X.rows(8'999, -1, -1), X),
                  [](double i, double j) { return i < 100 ? 8'999 - i + j : i + j; }));
    CHECK(all_are(bf::concatenate(X.rows(4'000, 9'000), X.rows(0, 4'000)) - X,
                  [](double i, double) { return i < 5'000 ? 4'000.0 : -5'000.0; }));
}

TEST_CASE("elementwise: rows of padded memory and of a caller's buffer with a stride", "[array]") {
    test::Padded<double> padded(test::normal(1'000, 3, 1));
    const auto X = bf::from_array(padded.view(), {.block_rows = 300});
    const Matrix<double> twice = (X * 2).compute();
    for (Index i = 0; i < 1'000; ++i)
        for (Index j = 0; j < 3; ++j) CHECK(twice(i, j) == 2 * padded.view()(i, j));
    const auto column = bf::vector_from_buffer(padded.view().data() + 1, 1'000, {.block_rows = 100}, padded.view().row_stride());
    const Matrix<double> difference = (X - column).compute();
    for (Index i = 0; i < 1'000; ++i) CHECK(difference(i, 1) == 0);
    CHECK_THROWS_AS(bf::vector_from_buffer(twice.data(), 3, {}, 0), bf::ParameterError);
}

TEST_CASE("elementwise: memory is what a chain needs, however long", "[array]") {
    Counted data(100'000, 4, 50'000);
    auto Y = data.X + 0;
    for (int k = 0; k < 100; ++k) Y = Y + 1;
    // One tile of the source and a strip an operation.
    CHECK(Y.source()->scratch_bytes(4'096) < 4'096 * 4 * 8 + 101 * 20'000);
    CHECK(all_are(Y, [](double i, double j) { return i + j + 100; }));
}

TEST_CASE("elementwise: integers wrap around, and the smallest has no opposite", "[array]") {
    const Matrix<std::int8_t> m{{127, -128, 100}};
    const auto X = bf::from_array(m);
    CHECK((X + 1).compute() == Matrix<std::int8_t>{{-128, -127, 101}});
    CHECK((X * X).compute() == Matrix<std::int8_t>{{1, 0, 16}});
    CHECK(abs(X).compute() == Matrix<std::int8_t>{{127, -128, 100}});
    CHECK((-X).compute() == Matrix<std::int8_t>{{-127, -128, -100}});
    const Matrix<std::int64_t> large{{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}};
    CHECK((bf::from_array(large) - 1).compute() ==
          Matrix<std::int64_t>{{std::numeric_limits<std::int64_t>::max() - 1, std::numeric_limits<std::int64_t>::max()}});
}

TEST_CASE("elementwise: operands that do not fit are refused at once", "[array][errors]") {
    const Matrix<double> a(10, 3), b(10, 2), c(9, 3);
    const auto A = bf::from_array(a), B = bf::from_array(b), C = bf::from_array(c);
    const std::vector<double> row(2), column(9);
    CHECK(test::message([&] { (void)(A + B); }) == "add: number of columns of an operand is 2, expected 3");
    CHECK(test::message([&] { (void)(A * C); }) == "multiply: number of rows of an operand is 9, expected 10");
    CHECK(test::message([&] { (void)(A - row); }) == "subtract: length of a row operand is 2, expected 3");
    CHECK(test::message([&] { (void)(A / bf::from_vector(column)); }) == "divide: number of rows of an operand is 9, expected 10");
    const auto U = A.astype<std::uint8_t>();
    CHECK(test::message([&] { (void)(U + 300); }) ==
          "add: 300 cannot be held as uint8; convert the array with astype first");
    CHECK_THROWS_AS(U - (-1), bf::ParameterError);
    CHECK_NOTHROW(U + 1.5);
}

TEST_CASE("elementwise: int64 beside uint64, NaN as a bound, numbers that a type cannot hold", "[array]") {
    const Matrix<std::int64_t> i{{(std::int64_t{1} << 53) + 1, -1}};
    const Matrix<std::uint64_t> u{{std::uint64_t{1} << 53, std::numeric_limits<std::uint64_t>::max()}};
    const auto I = bf::from_array(i);
    const auto U = bf::from_array(u);
    CHECK((I == U).compute() == Matrix<bool>{{false, false}});
    CHECK((I > U).compute() == Matrix<bool>{{true, false}});
    CHECK((I == (std::size_t{1} << 53)).compute() == Matrix<bool>{{false, false}});
    const Matrix<double> x{{1, 2, test::nan}};
    const std::vector<double> bounds{test::nan, 0, 5};
    const Matrix<double> clipped = clip(bf::from_array(x), bounds, 1.5).compute();
    CHECK(std::isnan(clipped(0, 0)));
    CHECK(clipped(0, 1) == 1.5);
    CHECK(std::isnan(clipped(0, 2)));
    const auto bytes = bf::from_array(x).cols(0, 2).astype<std::uint8_t>();
    CHECK_THROWS_AS(where(bytes > 1, bytes, 300), bf::ParameterError);
    CHECK_THROWS_AS(where(bytes > 1, -1, bytes), bf::ParameterError);
}

TEST_CASE("scratch_bytes: what operands share counts once", "[array]") {
    Counted data(1'000, 4, 1'000);
    auto Z = data.X.map_rows([](auto in, auto out) {
        for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
    });
    for (int k = 0; k < 30; ++k) Z = Z * 0.5 + Z;
    CHECK(Z.source()->scratch_bytes(100) < 10'000'000);
    CHECK(Z.source()->scratch_bytes(100) == Z.source()->scratch_bytes(100));
}

TEST_CASE("elementwise: an error of what is read names its row", "[array][errors]") {
    const auto X = bf::from_function<double>(
        9'000, 20,
        [](Index first, MatrixView<double> out) {
            for (Index i = 0; i < out.rows(); ++i)
                for (double& x : out.row(i)) x = first + i == 7'654 ? 0.5 : 1;
        },
        {.block_rows = 5'000});
    for (const int threads : {1, 3}) {
        const bf::Settings settings({.threads = threads});
        const auto message = test::message([&] { (void)((X.astype<int>() + 1) * 2).compute(); });
        CHECK(message.find("0.500000") != std::string::npos);
        CHECK(message.find("[block 1, row 7654, column 0]") != std::string::npos);
    }
    CHECK_THROWS_AS(map_elements([](double) -> double { throw std::logic_error("mine"); }, X).compute(), std::logic_error);
}

TEST_CASE("elementwise: arrays of no rows and no columns", "[array]") {
    const Matrix<double> none(0, 3);
    const auto X = bf::from_array(none);
    CHECK((X + 1).compute().rows() == 0);
    CHECK((X > 0).compute().cols() == 3);
    const Matrix<double> empty(4, 0);
    CHECK((bf::from_array(empty) * 2).compute().rows() == 4);
}
