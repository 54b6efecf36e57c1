#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/io/csv.hpp>

#include "support/data.hpp"
#include "support/errors.hpp"
#include "support/files.hpp"

namespace bf = blockfit;
using bf::Index;
using Catch::Matchers::Contains;

namespace {

/// Doubles of every size, with some that are special.
double wild(Index i, Index j) {
    const std::uint64_t bits =
        (static_cast<std::uint64_t>(i) * 1'000'003 + static_cast<std::uint64_t>(j)) * 0x9E3779B97F4A7C15;
    const double value = std::bit_cast<double>(bits ^ bits >> 29);
    switch (i % 10) {
        case 0:
            return test::nan;
        case 1:
            return j == 0 ? test::infinity : -test::infinity;
        case 2:
            return j == 0 ? -0.0 : std::numeric_limits<double>::denorm_min();
        case 3:
            return static_cast<double>(i) / 8;
        case 4:
            return 0.1 * static_cast<double>(i * j);
        default:
            return std::isfinite(value) ? value : 1.0 / 3.0;
    }
}
bf::ChunkedMatrix<double> wild_matrix(Index rows, Index cols, Index block_rows) {
    return bf::from_function<double>(rows, cols,
                                     [](Index first, bf::MatrixView<double> out) {
                                         for (Index i = 0; i < out.rows(); ++i)
                                             for (Index j = 0; j < out.cols(); ++j) out(i, j) = wild(first + i, j);
                                     },
                                     {.block_rows = block_rows});
}

std::string text_of(const std::string& path) {
    const std::vector<char> bytes = test::read_bytes(path);
    return {bytes.begin(), bytes.end()};
}
bf::ChunkedVector<double> numbers(Index rows) { return wild_matrix(rows, 1, 2).col(0); }

}  // namespace

TEST_CASE("to_csv: Python reads the same bits, for any number of threads", "[io]") {
    const test::TemporaryFolder folder;
    constexpr Index rows = 7000;
    const auto X = wild_matrix(rows, 2, 900);
    const auto f = X.map_rows<float>(
        [](auto in, auto out) {
            for (Index i = 0; i < in.rows(); ++i)
                out(i, 0) = static_cast<float>(std::ldexp(in(i, 0), -static_cast<int>(i % 2)));
        },
        1);
    const auto q = X.map_rows<std::int64_t>(
        [](auto in, auto out) {
            for (Index i = 0; i < in.rows(); ++i) out(i, 0) = std::bit_cast<std::int64_t>(in(i, 1));
        },
        1);
    const auto b = X.map_rows<bool>(
        [](auto in, auto out) {
            for (Index i = 0; i < in.rows(); ++i) out(i, 0) = in(i, 0) > 0;
        },
        1);
    // What Python compares with.
    const bf::Matrix<double> x = X.compute();
    const bf::Matrix<float> xf = f.compute();
    const bf::Matrix<std::int64_t> xq = q.compute();
    const bf::Matrix<bool> xb = b.compute();
    std::vector<char> bytes;
    const auto put = [&](const auto& value) {
        const char* const p = reinterpret_cast<const char*>(&value);
        bytes.insert(bytes.end(), p, p + 8);
    };
    for (Index i = 0; i < rows; ++i) {
        put(x(i, 0));
        put(x(i, 1));
        put(static_cast<double>(xf(i, 0)));
        put(xq(i, 0));
        put(static_cast<std::int64_t>(xb(i, 0)));
    }
    int number = 0;
    std::string first;
    for (const int threads : {1, 3})
        for (const std::string suffix : {".csv", ".csv.gz"}) {
            const bf::Settings settings({.threads = threads});
            const std::string base = folder.file("written_" + std::to_string(number++));
            const bf::CsvWriteOptions options{
                .names = number % 2 == 0 ? std::vector<std::string>{"a,b", "\"q\"", "new\nline", "", "plain"}
                                         : std::vector<std::string>{},
                .missing = number % 2 == 0 ? "NA" : ""};
            bf::to_csv(base + suffix, options, bf::dataset("X", X), bf::dataset("f", f.col(0)),
                       bf::dataset("q", q.col(0)), bf::dataset("b", b.col(0)));
            const std::vector<std::string> names =
                number % 2 == 0 ? options.names : std::vector<std::string>{"X_0", "X_1", "f", "q", "b"};
            std::ofstream(base + ".json")
                << nlohmann::json{{"names", names}, {"kinds", "ddfq?"}, {"missing", options.missing}};
            test::write_bytes(base + ".bin", bytes);
            if (suffix == ".csv") {  // our own reader, too
                const bf::CsvFile file(base + suffix);
                REQUIRE(test::same_bits(file.matrix<double>({0, 1}).compute(), x));
                REQUIRE(file.matrix<std::int64_t>({3}).compute() == xq);
                REQUIRE(file.matrix<bool>({4}).compute() == xb);
                REQUIRE(test::same_bits(file.matrix<float>({2}).compute(), xf));
            }
        }
    REQUIRE(test::python(BLOCKFIT_TEST_SOURCE_DIR "/io/make_csv_reference.py check " + folder.file("")));
}

TEST_CASE("to_csv: the text, to the letter", "[io]") {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("out.csv");
    const auto X = bf::from_array(bf::Matrix<double>{{1, 0.1}, {test::nan, -1e300}, {test::infinity, 1e22}});
    const std::vector<int> labels{1, -2, 3};
    const auto y = bf::from_vector(labels);
    bf::to_csv(path, bf::dataset("X", X), bf::dataset("y", y));
    REQUIRE(text_of(path) == "X_0,X_1,y\n1,0.1,1\n,-1e+300,-2\ninf,1e+22,3\n");
    bf::to_csv(path, {.delimiter = ';', .header = false, .missing = "a;b"}, bf::dataset("X", X));
    REQUIRE(text_of(path) == "1;0.1\n\"a;b\";-1e+300\ninf;1e+22\n");
    // A line that holds nothing would be no row.
    bf::to_csv(path, bf::dataset("X", X.cols({0})));
    REQUIRE(text_of(path) == "X_0\n1\n\"\"\ninf\n");
    REQUIRE(bf::from_csv<double>(path).rows() == 3);
    bf::to_csv(path, {.names = {" a"}}, bf::dataset("y", y.rows(0, 0)));
    REQUIRE(text_of(path) == "\" a\"\n");
    bf::to_csv(path + ".gz", {.header = false}, bf::dataset("y", y.rows(0, 0)));
    REQUIRE(bf::CsvFile(path + ".gz", {.header = false, .names = {"y"}}).rows() == 0);
    REQUIRE(folder.names() == std::vector<std::string>{"out.csv", "out.csv.gz"});
}

TEST_CASE("to_csv: what is refused leaves no file, and an old one untouched", "[io]") {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("out.csv");
    test::write_bytes(path, {'a', '\n', '1', '\n'});
    const auto old = bf::from_csv<double>(path);
    const auto y = numbers(3);
    const auto message = [&](const bf::CsvWriteOptions& options, auto... datasets) {
        return test::message([&] { bf::to_csv(path, options, datasets...); });
    };
    REQUIRE_THAT(message({}, bf::dataset("a", old)), Contains("the output is also an input"));
    REQUIRE_THAT(message({.overwrite = false}, bf::dataset("y", y)), Contains("the file exists"));
    REQUIRE_THAT(message({}, bf::dataset("y", y), bf::dataset("z", numbers(4))),
                 Contains("number of rows of dataset 'z' is 4, expected 3"));
    REQUIRE_THAT(message({}, bf::dataset("y", y), bf::dataset("y", y)), Contains("two columns are named 'y'"));
    REQUIRE_THAT(message({.names = {"a", "b"}}, bf::dataset("y", y)), Contains("2 names are given, expected 1"));
    REQUIRE_THAT(message({.delimiter = '.'}, bf::dataset("y", y)), Contains("delimiter or quote"));
    REQUIRE_THAT(message({.delimiter = '"'}, bf::dataset("y", y)), Contains("the same character"));
    REQUIRE_THAT(message({.compression = 0}, bf::dataset("y", y)), Contains("compression is 0, expected 1 to 9"));
    REQUIRE_THAT(message({}), Contains("at least one dataset"));
    const auto failing =
        y.map_blocks([](bf::MatrixView<const double>, bf::MatrixView<double>) { throw bf::DataError("no such luck"); });
    REQUIRE_THAT(message({}, bf::dataset("y", failing)), Contains("no such luck"));
    REQUIRE_THROWS_AS(bf::to_csv(folder.file("none/out.csv"), bf::dataset("y", y)), bf::IoError);
    REQUIRE(text_of(path) == "a\n1\n");
    REQUIRE(folder.names() == std::vector<std::string>{"out.csv"});
}
