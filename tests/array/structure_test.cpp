#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/array/structure.hpp>
#include <blockfit/exec/settings.hpp>

#include "support/data.hpp"
#include "support/errors.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Matrix;
using bf::MatrixView;

TEST_CASE("concatenate: rows in order, for any parts and any blocks", "[array]") {
    bf::RandomState random(5);
    for (int repeat = 0; repeat < 50; ++repeat) {
        std::vector<bf::ChunkedMatrix<double>> parts;
        std::vector<double> want;
        const Index n_parts = random.randint(1, 8);
        for (Index k = 0; k < n_parts; ++k) {
            const Matrix<double> part = test::normal(random.randint(0, 3'000), 3, static_cast<std::uint32_t>(10 * repeat + k));
            want.insert(want.end(), part.values().begin(), part.values().end());
            auto array = bf::from_array(Matrix<double>(part), {.block_rows = random.randint(1, 900)});
            parts.push_back(k % 2 == 0 ? array : array.map_blocks([](auto in, auto out) {
                for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
            }));
        }
        const auto all = bf::concatenate(parts);
        Index blocks = 0;
        for (const auto& part : parts) blocks += part.n_blocks();
        CHECK(all.n_blocks() == (all.rows() == 0 ? 0 : blocks));
        const bf::Settings settings({.threads = 1 + repeat % 3});
        CHECK(all.compute().values() == want);
        CHECK(all.rechunk(random.randint(1, 5'000)).compute().values() == want);
    }
}

TEST_CASE("concatenate: a reader keeps the buffers of one part", "[array]") {
    const auto part = bf::random_uniform(1'000, 4).map_blocks([](auto in, auto out) {
        for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
    });
    const std::vector<bf::ChunkedMatrix<double>> parts(100, part);
    const auto all = bf::concatenate(parts);
    CHECK(all.source()->scratch_bytes(100) <= part.source()->scratch_bytes(100) + 100 * 4 * 8);
}

TEST_CASE("concatenate, hstack: errors name the array, and its row", "[array][errors]") {
    const Matrix<double> a(10, 3), b(10, 2);
    const auto A = bf::from_array(a), B = bf::from_array(b);
    CHECK(test::message([&] { (void)bf::concatenate(A, A, B); }) == "concatenate: number of columns of array 2 is 2, expected 3");
    CHECK(test::message([&] { (void)bf::hstack(A, A.rows(0, 9)); }) == "hstack: number of rows of an array is 9, expected 10");
    CHECK_THROWS_AS(bf::concatenate(std::vector<bf::ChunkedMatrix<double>>{}), bf::ParameterError);
    CHECK_THROWS_AS(bf::hstack(std::vector<bf::ChunkedVector<double>>{}), bf::ParameterError);
    CHECK_THROWS_AS(bf::hstack(std::vector{A, A.rows(1, 2)}), bf::ShapeError);

    Matrix<double> bad(10, 3);
    bad(7, 1) = 0.5;
    const auto integers = bf::concatenate(A.astype<int>(), bf::from_array(bad, {.block_rows = 4}).astype<int>());
    CHECK(test::message([&] { (void)integers.compute(); }).find("[block 2, row 17, column 1]") != std::string::npos);
    CHECK(test::message([&] { (void)integers.rechunk(20).compute(); }).find("[block 0, row 17, column 1]") != std::string::npos);
}

TEST_CASE("hstack: columns in order, vectors too", "[array]") {
    const Matrix<double> a = test::normal(5'000, 3, 1), b = test::normal(5'000, 2, 2);
    const auto A = bf::from_array(a, {.block_rows = 1'100}), B = bf::from_array(b, {.block_rows = 77});
    const auto all = bf::hstack(A, B.col(1), B);
    CHECK(all.plan() == A.plan());
    const Matrix<double> got = all.compute();
    bool same = true;
    for (Index i = 0; i < 5'000; ++i)
        same &= std::ranges::equal(got.row(i).first(3), a.row(i)) && got(i, 3) == b(i, 1) && std::ranges::equal(got.row(i).last(2), b.row(i));
    CHECK(same);
}
