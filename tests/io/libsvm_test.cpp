#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/io/libsvm.hpp>
#include <blockfit/io/npy.hpp>

#include "support/errors.hpp"
#include "support/files.hpp"

namespace bf = blockfit;
using bf::Index;
using Catch::Matchers::Contains;

namespace {

/// A text, or numpy's arrays that it means; all are made once.
std::string reference(const std::string& name) {
    static const test::TemporaryFolder folder;
    static const bool made =
        test::python(BLOCKFIT_TEST_SOURCE_DIR "/io/make_npy_reference.py libsvm " + folder.file(""));
    REQUIRE(made);
    return folder.file(name);
}

const test::TemporaryFolder& folder() {
    static const test::TemporaryFolder all;
    return all;
}
std::string text_file(const std::string& text) {
    const std::string path = folder().file("x.txt");
    test::write_bytes(path, {text.begin(), text.end()});
    return path;
}

/// What opening and reading the text says.
template <class T = double>
std::string refusal(const std::string& text, bf::LibsvmOptions options = {}) {
    const std::string path = text_file(text);
    const std::string message = test::message([&] { (void)bf::from_libsvm<T>(path, options).X.compute(); });
    REQUIRE_THAT(message, Contains("from_libsvm: ") && Contains("[file " + path));
    return message;
}

}  // namespace

TEST_CASE("from_libsvm: as numpy and scikit-learn have it, with any blocks and threads", "[io]") {
    for (const std::string name : {"small", "zero_based", "large"})
        for (const std::string ending : {".txt", ".txt.gz"}) {
            const auto X = bf::from_npy<double>(reference(name + "_X.npy")).compute();
            const auto y = bf::from_npy_vector<double>(reference(name + "_y.npy")).compute();
            for (const Index block_rows : {0, 100'000, 7'001, 61})
                for (const int threads : {1, 8}) {
                    if (name == "large" && block_rows == 61) continue;
                    INFO(name << ending << ", block_rows " << block_rows << ", threads " << threads);
                    const bf::Settings settings({.threads = threads});
                    const auto data =
                        bf::from_libsvm<double>(reference(name + ending),
                                                {.index_base = name == "zero_based" ? 0 : 1, .block_rows = block_rows});
                    REQUIRE(data.X.shape() == std::array<Index, 2>{X.rows(), X.cols()});
                    REQUIRE(data.X.compute() == X);
                    REQUIRE(data.y.compute() == y);
                    REQUIRE(data.X.rows(333, 444).compute() == bf::Matrix<double>(X.view().rows(333, 444)));
                    REQUIRE(data.y.rows(333, 334).compute()[0] == y[333]);
                }
        }
}

TEST_CASE("from_libsvm: labels after X, before X, and of other rows", "[io]") {
    const auto data = bf::from_libsvm<double>(reference("large.txt"));
    const auto X = bf::from_npy<double>(reference("large_X.npy")).compute();
    const auto y = bf::from_npy_vector<double>(reference("large_y.npy")).compute();
    bf::Scratch scratch;
    bf::Matrix<double> rows(100, 30), labels(100, 1);
    const auto check_X = [&](Index begin) {
        data.X.source()->read({begin, begin + 100}, rows.view(), scratch);
        REQUIRE(rows == bf::Matrix<double>(X.view().rows(begin, begin + 100)));
    };
    const auto check_y = [&](Index begin) {
        data.y.source()->read({begin, begin + 100}, labels.view(), scratch);
        REQUIRE(std::ranges::equal(labels.values(), std::span(y).subspan(static_cast<std::size_t>(begin), 100)));
    };
    for (const Index begin : {0, 100, 200, 59'900, 30'000, 30'100, 5}) {
        check_X(begin);
        check_y(begin);
        check_y(begin / 2);
        check_X(begin);
        check_y(begin);
    }
    REQUIRE(data.X.source()->scratch_bytes(100) < 1'000'000);
}

TEST_CASE("from_libsvm: features said, other types, empty files", "[io]") {
    const std::string path = text_file("1 1:2 3:4\n0 2:1\n");
    REQUIRE(bf::from_libsvm<double>(path).X.compute() == bf::Matrix<double>{{2, 0, 4}, {0, 1, 0}});
    REQUIRE(bf::from_libsvm<double>(path, {.features = 5}).X.compute() ==
            bf::Matrix<double>{{2, 0, 4, 0, 0}, {0, 1, 0, 0, 0}});
    REQUIRE(bf::from_libsvm<double>(path, {.index_base = 0}).X.compute() ==
            bf::Matrix<double>{{0, 2, 0, 4}, {0, 0, 1, 0}});
    REQUIRE(bf::from_libsvm<float>(path).X.compute() == bf::Matrix<float>{{2, 0, 4}, {0, 1, 0}});
    REQUIRE(bf::from_libsvm<std::uint8_t>(path).X.compute() == bf::Matrix<std::uint8_t>{{2, 0, 4}, {0, 1, 0}});
    REQUIRE(bf::from_libsvm<double>(path).y.astype<int>().compute() == std::vector{1, 0});
    for (const char* const empty : {"", "\n\n", "# nothing\n", "  "}) {
        const auto data = bf::from_libsvm<double>(text_file(empty));
        REQUIRE(data.X.shape() == std::array<Index, 2>{0, 0});
        REQUIRE(data.y.compute().empty());
    }
    const auto labels_only = bf::from_libsvm<double>(text_file("1\n2 # none\n3"));
    REQUIRE(labels_only.X.shape() == std::array<Index, 2>{3, 0});
    REQUIRE(labels_only.X.compute().rows() == 3);
    REQUIRE(labels_only.y.compute() == std::vector{1.0, 2.0, 3.0});
    const auto special = bf::from_libsvm<double>(text_file("nan 1:inf 2:-inf 3:nan\n")).X.compute();
    REQUIRE(special(0, 0) == std::numeric_limits<double>::infinity());
    REQUIRE(special(0, 1) == -std::numeric_limits<double>::infinity());
    REQUIRE(std::isnan(special(0, 2)));
    REQUIRE(bf::from_libsvm<double>(text_file("1 01:2#c\n2#c")).X.compute() == bf::Matrix<double>{{2}, {0}});
    // A line longer than what is read at a time.
    std::string line = "1", second = "2";
    for (Index j = 1; j <= 100'000; ++j) line += " " + std::to_string(j) + ":" + std::to_string(j % 10);
    const auto wide = bf::from_libsvm<float>(text_file("0 3:1\n" + line + "\n" + second));
    REQUIRE(wide.X.shape() == std::array<Index, 2>{3, 100'000});
    const auto values = wide.X.compute();
    for (Index j = 0; j < 100'000; ++j) REQUIRE(values(1, j) == static_cast<float>((j + 1) % 10));
    REQUIRE(wide.y.compute() == std::vector{0.0, 1.0, 2.0});
}

TEST_CASE("from_libsvm: lines that are refused, by their number", "[io]") {
    const std::string good = "# a comment\n\n1 1:2\r\n";
    for (const auto& [line, text] : {
             std::pair{"1 2:1 1:1", "line 4: the indices must ascend, at \"1:1\""},
             std::pair{"1 2:1 2:1", "line 4: the indices must ascend, at \"2:1\""},
             std::pair{"1 0:1",
                       "line 4: index 0, but indices begin at 1; if they begin at 0, set index_base to 0, at \"0:1\""},
             std::pair{"1 -1:1", "expected index:value, at \"-1:1\""},
             std::pair{"1 1", "expected index:value, at \"1\""},
             std::pair{"1 a:1", "expected index:value, at \"a:1\""},
             std::pair{"1 1 :1", "expected index:value, at \"1\""},
             std::pair{"1 1.0:1", "expected index:value"},
             std::pair{"1 :1", "expected index:value"},
             std::pair{"1 1:", "the value is not a number, at \"1:\""},
             std::pair{"1 1: 2", "the value is not a number, at \"1:\""},
             std::pair{"1 1:x", "the value is not a number, at \"1:x\""},
             std::pair{"1 1:2:3", "the value is not a number, at \"1:2:3\""},
             std::pair{"1 1:2,3", "the value is not a number, at \"1:2,3\""},
             std::pair{"1 1:1e999", "the value is out of range for the type, at \"1:1e999\""},
             std::pair{"x 1:1", "the label is not a number, at \"x\""},
             std::pair{"1:2 2:3", "the label is not a number, at \"1:2\""},
             std::pair{"1e999 1:1", "the label is out of range, at \"1e999\""},
             std::pair{"1 1:\x01\xff", "at \"1:?\?\""},
         }) {
        INFO(line);
        for (const Index features : {0, 3}) {
            const std::string message = refusal(good + line + "\n1 3:1\n", {.features = features});
            REQUIRE_THAT(message, Contains(text) && Contains("line 4: ") && Contains("row 1"));
        }
        REQUIRE_THROWS_AS(bf::from_libsvm<double>(text_file(good + line), {.features = 3}).X.compute(), bf::DataError);
    }
    REQUIRE_THAT(
        refusal("1 1:1\n1 4:1\n", {.features = 3}),
        Contains("line 2: the index is beyond the last feature; raise features or check index_base, at \"4:1\""));
    REQUIRE_THAT(refusal<int>("1 1:1\n1 2:1.5\n"),
                 Contains("line 2: the value is not whole, at \"2:1.5\"") && Contains("row 1, column 1"));
    REQUIRE_THAT(refusal<std::int8_t>("1 1:128\n"), Contains("line 1: the value is out of range for the type"));
    for (const auto& [line, text] :
         {std::pair{"1,2 1:1", "there are several labels, which is not supported"},
          std::pair{"1 qid:3 1:1", "query ids are not supported; remove them, at \"qid:3\""},
          std::pair{"1 134217729:1", "the index is too large for a matrix with all zeros in it"},
          std::pair{"1 99999999999999999999999999:1", "the index is too large for a matrix"}}) {
        REQUIRE_THAT(refusal(good + line), Contains(text) && Contains("line 4: "));
        REQUIRE_THROWS_AS(bf::from_libsvm<double>(text_file(line)).X.compute(), bf::UnsupportedError);
    }
    // Of the labels alone, too; and the first bad line is the one reported.
    std::string many;
    for (int i = 0; i < 50'000; ++i) many += i == 33'333 ? "1 2:3 oh\n" : i == 44'444 ? "none 2:3\n" : "1 2:3\n";
    for (const int threads : {1, 8}) {
        const bf::Settings settings({.threads = threads});
        const auto data = bf::from_libsvm<double>(text_file(many), {.features = 2, .block_rows = 1000});
        REQUIRE_THAT(test::message([&] { (void)data.y.compute(); }),
                     Contains("line 44445: the label is not a number") && Contains("block 44, row 44444"));
        REQUIRE_THAT(test::message([&] { (void)data.X.compute(); }),
                     Contains("line 33334: ") && Contains("block 33, row 33333"));
        REQUIRE_THAT(test::message([&] { (void)bf::from_libsvm<double>(text_file(many)); }), Contains("line 33334: "));
    }
}

TEST_CASE("from_libsvm: a reader goes on after a line that was refused", "[io]") {
    std::string text;
    for (int i = 0; i < 30; ++i) text += std::to_string(i) + (i == 25 ? " 1:x\n" : " 1:" + std::to_string(i) + "\n");
    const auto data = bf::from_libsvm<double>(text_file(text), {.features = 1});
    bf::Scratch scratch;
    bf::Matrix<double> rows(10, 1);
    const auto holds = [&](const auto& array, Index begin) {
        array.source()->read({begin, begin + 10}, rows.view(), scratch);
        for (Index i = 0; i < 10; ++i)
            if (rows(i, 0) != static_cast<double>(begin + i)) return false;
        return true;
    };
    REQUIRE(holds(data.X, 0));
    REQUIRE(holds(data.y, 0));
    REQUIRE_THROWS_AS(holds(data.X, 20), bf::DataError);
    REQUIRE(holds(data.y, 0));
    REQUIRE_THROWS_AS(holds(data.X, 16), bf::DataError);
    REQUIRE_THROWS_AS(holds(data.X, 16), bf::DataError);
    REQUIRE(holds(data.y, 16));
    REQUIRE(holds(data.X, 10));
}

TEST_CASE("from_libsvm: options and files that are refused", "[io]") {
    const std::string path = text_file("1 1:1\n");
    REQUIRE_THROWS_AS(bf::from_libsvm<double>(path, {.index_base = 2}), bf::ParameterError);
    REQUIRE_THROWS_AS(bf::from_libsvm<double>(path, {.index_base = -1}), bf::ParameterError);
    REQUIRE_THROWS_AS(bf::from_libsvm<double>(path, {.features = -1}), bf::ParameterError);
    REQUIRE_THROWS_AS(bf::from_libsvm<double>(path, {.features = std::numeric_limits<Index>::max()}),
                      bf::ParameterError);
    REQUIRE_THROWS_AS(bf::from_libsvm<double>(path, {.block_rows = -1}), bf::ParameterError);
    REQUIRE_THROWS_AS(bf::from_libsvm<double>(folder().file("none")), bf::IoError);
    REQUIRE_THROWS_AS(bf::from_libsvm<double>(folder().file("")), bf::IoError);
    // A gzip file that was cut off, or damaged.
    std::vector<char> zipped = test::read_bytes(reference("large.txt.gz"));
    zipped.resize(zipped.size() - 100);
    test::write_bytes(folder().file("cut.gz"), zipped);
    REQUIRE_THROWS_AS(bf::from_libsvm<double>(folder().file("cut.gz")), bf::IoError);
    zipped = test::read_bytes(reference("large.txt.gz"));
    zipped[zipped.size() / 2] = static_cast<char>(zipped[zipped.size() / 2] ^ 4);
    test::write_bytes(folder().file("bad.gz"), zipped);
    REQUIRE_THROWS_AS(bf::from_libsvm<double>(folder().file("bad.gz")), bf::Error);
}

TEST_CASE("from_libsvm: a file that was changed after it was opened is noticed", "[io]") {
    for (const char* const name : {"large.txt", "large.txt.gz"}) {
        const std::string path = folder().file("changing");
        std::filesystem::copy_file(reference(name), path, std::filesystem::copy_options::overwrite_existing);
        const auto data = bf::from_libsvm<double>(path);
        (void)data.y.compute();
        std::ofstream(path, std::ios::app) << "1 1:1\n";
        REQUIRE_THAT(test::message([&] { (void)data.X.compute(); }),
                     Contains("from_libsvm: the file was changed after it was opened"));
        REQUIRE_THROWS_AS(data.y.compute(), bf::IoError);
    }
}
