#include <catch2/catch.hpp>

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/io/binary.hpp>

#include "support/errors.hpp"
#include "support/files.hpp"

namespace bf = blockfit;
using bf::Index;
using Catch::Matchers::Contains;

namespace {

/// A file written by numpy's tofile(); all are made once.
std::string reference(const std::string& name) {
    static const test::TemporaryFolder folder;
    static const bool made =
        test::python(BLOCKFIT_TEST_SOURCE_DIR "/io/make_npy_reference.py write " + folder.file(""));
    REQUIRE(made);
    return folder.file(name);
}

template <class T>
bool holds_pattern(const bf::Matrix<T>& m) {
    for (Index i = 0; i < m.rows(); ++i)
        for (Index j = 0; j < m.cols(); ++j)
            if (m(i, j) != static_cast<T>((7 * i + 3 * j) % 120)) return false;
    return m.rows() == 1003 && m.cols() == 5;
}

}  // namespace

TEST_CASE("from_binary: what numpy wrote, with any blocks and threads", "[io]") {
    for (const Index block_rows : {0, 1003, 100, 61})
        for (const int threads : {1, 8})
            for (const bool memory_map : {false, true}) {
                INFO("block_rows " << block_rows << ", threads " << threads << ", memory_map " << memory_map);
                const bf::Settings settings({.threads = threads});
                const auto read = [&](const std::string& name, bf::BinaryOptions options, auto type) {
                    options.cols = 5;
                    options.block_rows = block_rows;
                    options.memory_map = memory_map;
                    return bf::from_binary<decltype(type)>(reference(name), options).compute();
                };
                REQUIRE(holds_pattern(read("f8.bin", {}, double{})));
                REQUIRE(holds_pattern(read("f8.bin", {.type = bf::ElementType::float64}, std::int16_t{})));
                REQUIRE(holds_pattern(read("big_f4.bin", {.big_endian = true}, float{})));
                REQUIRE(holds_pattern(
                    read("big_f4.bin", {.type = bf::ElementType::float32, .big_endian = true}, double{})));
                REQUIRE(holds_pattern(read("offset.bin", {.offset = 5}, std::int16_t{})));
                REQUIRE(holds_pattern(read("offset.bin", {.offset = 5, .type = bf::ElementType::int16}, double{})));
            }
}

TEST_CASE("from_binary: mapped rows are looked at where they are", "[io]") {
    const auto X = bf::from_binary<double>(reference("f8.bin"), {.cols = 5, .memory_map = true});
    bf::Scratch scratch;
    const double* const first = X.source()->view({0, 1}, scratch).data();
    REQUIRE(X.source()->view({100, 101}, scratch).data() - first == 500);
    REQUIRE(X.source()->scratch_bytes(100) == 0);
}

TEST_CASE("from_binary_vector: a file of one column", "[io]") {
    const auto y = bf::from_binary_vector<double>(reference("f8.bin"), {.block_rows = 1000});
    REQUIRE(y.size() == 5015);
    REQUIRE(y.n_blocks() == 6);
    REQUIRE(y.compute()[11] == 7 * 2 + 3);
    REQUIRE(bf::from_binary_vector<double>(reference("f8.bin"), {.cols = 1, .offset = 40}).compute()[6] == 7 * 2 + 3);
    REQUIRE_THROWS_AS(bf::from_binary_vector<double>(reference("f8.bin"), {.cols = 5}), bf::ParameterError);
    const test::TemporaryFolder folder;
    test::write_bytes(folder.file("empty"), {});
    REQUIRE(bf::from_binary_vector<int>(folder.file("empty")).compute().empty());
    test::write_bytes(folder.file("flags"), {1, 0, 1});
    REQUIRE(bf::from_binary_vector<bool>(folder.file("flags")).astype<int>().compute() == std::vector{1, 0, 1});
    test::write_bytes(folder.file("flags"), {1, 0, 3});
    REQUIRE_THROWS_AS(bf::from_binary_vector<bool>(folder.file("flags")).astype<int>().compute(), bf::DataError);
}

TEST_CASE("from_binary: sizes that do not fit", "[io]") {
    const std::string path = reference("f8.bin");
    const auto message = [&](const bf::BinaryOptions& options) {
        return test::message([&] { (void)bf::from_binary<double>(path, options); });
    };
    REQUIRE_THAT(message({.cols = 6}),
                 Contains("from_binary: the file has 40120 bytes behind the offset, expected a multiple of the 48 "
                          "of a row of 6 elements; check cols, type and offset [file " +
                          path));
    REQUIRE_THROWS_AS(bf::from_binary<double>(path, {.cols = 6}), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::from_binary<double>(path, {.cols = 5, .offset = 7}), bf::ShapeError);
    REQUIRE_THAT(message({.cols = 5, .offset = 50'000}),
                 Contains("offset is 50000, but the file has only 40120 bytes"));
    REQUIRE(bf::from_binary<double>(path, {.cols = 5, .offset = 40'120}).rows() == 0);
    REQUIRE_THAT(message({}), Contains("cols is 0, expected the number of elements in a row"));
    REQUIRE_THROWS_AS(bf::from_binary<double>(path, {.cols = -5}), bf::ParameterError);
    REQUIRE_THROWS_AS(bf::from_binary<double>(path, {.cols = 5, .offset = -8}), bf::ParameterError);
    REQUIRE_THROWS_AS(bf::from_binary<double>(path, {.cols = 5, .block_rows = -1}), bf::ParameterError);
    REQUIRE_THROWS_AS(bf::from_binary<double>(path, {.cols = std::numeric_limits<Index>::max()}), bf::ShapeError);
    REQUIRE_THROWS_AS(
        bf::from_binary<double>(path, {.cols = std::numeric_limits<Index>::max() / 8 + 1, .offset = 40'120}),
        bf::ShapeError);
    REQUIRE_THROWS_AS(bf::from_binary<double>(path + ".none", {.cols = 5}), bf::IoError);
}

TEST_CASE("from_binary: a file that was changed after it was opened is noticed", "[io]") {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("x.bin");
    for (const bool memory_map : {false, true}) {
        std::filesystem::copy_file(reference("f8.bin"), path, std::filesystem::copy_options::overwrite_existing);
        const auto X = bf::from_binary<double>(path, {.cols = 5, .memory_map = memory_map});
        REQUIRE(holds_pattern(X.compute()));
        std::filesystem::resize_file(path, 40'000);
        REQUIRE_THROWS_AS(X.compute(), bf::IoError);
        std::filesystem::resize_file(path, 40'120);
    }
}
