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
#include <blockfit/io/csv.hpp>

#include "support/data.hpp"
#include "support/errors.hpp"
#include "support/files.hpp"

namespace bf = blockfit;
using bf::Index;
using Catch::Matchers::Contains;

namespace {

/// Files and what Python's csv module reads in them, once for all tests.
const std::string& reference() {
    static const test::TemporaryFolder folder;
    static const bool made = test::python(BLOCKFIT_TEST_SOURCE_DIR "/io/make_csv_reference.py make " + folder.file(""));
    static const std::string path = folder.file("");
    REQUIRE(made);
    return path;
}
std::vector<double> read_doubles(const std::string& path) {
    const std::vector<char> bytes = test::read_bytes(path);
    std::vector<double> values(bytes.size() / sizeof(double));
    if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

struct Case {
    nlohmann::json json;
    bf::CsvOptions options;
    bf::Matrix<double> values;
    explicit Case(const std::string& name) {
        std::ifstream(reference() + name + ".json") >> json;
        const auto character = [&](const char* key) {
            const auto text = json.at(key).get<std::string>();
            return text.empty() ? char(0) : text[0];
        };
        options.delimiter = character("delimiter");
        options.quote = character("quote");
        options.comment = character("comment");
        options.decimal = character("decimal");
        options.header = json.at("header");
        options.skip_rows = json.at("skip_rows");
        for (const auto& item : json.at("categories").items()) options.categories.push_back(item.key());
        const auto rows = json.at("rows").get<Index>();
        values =
            bf::Matrix<double>(rows, static_cast<Index>(names().size()), read_doubles(reference() + name + ".bin"));
    }
    [[nodiscard]] std::vector<std::string> names() const { return json.at("names"); }
};
constexpr int cases = 60;

bf::Matrix<double> rows_of(const bf::Matrix<double>& m, Index begin, Index end) {
    return bf::Matrix<double>(m.view().rows(begin, end));
}

/// A file with the given text, and what reading it says.
class TextIn {
public:
    explicit TextIn(const std::string& text) { test::write_bytes(path(), {text.begin(), text.end()}); }
    [[nodiscard]] std::string path() const { return folder_.file("file.csv"); }
    template <class T = double>
    [[nodiscard]] bf::Matrix<T> read(bf::CsvOptions options = {}) const {
        return bf::from_csv<T>(path(), std::move(options)).compute();
    }
    template <class T = double>
    [[nodiscard]] std::string failure(bf::CsvOptions options = {}) const {
        return test::message([&] { (void)read<T>(std::move(options)); });
    }

private:
    test::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("CsvFile: random tables read as Python's csv module reads them", "[io]") {
    for (int k = 0; k < cases; ++k) {
        const std::string name = "case_" + std::to_string(k);
        INFO(name);
        const Case c(name);
        for (const std::string suffix : {".csv", ".csv.gz"})
            for (const bf::detail::CsvTuning tuning :
                 {bf::detail::CsvTuning{},
                  {.stretch = 16, .range = 16, .gzip_spacing = 64, .window = 100},
                  {.stretch = 64, .range = 192, .gzip_spacing = 1000, .window = 1000},
                  {.stretch = 1, .range = 7, .gzip_spacing = 1, .window = 1},
                  {.stretch = 64, .range = 100, .window = 100, .portable = true}}) {
                INFO(suffix << " stretch " << tuning.stretch);
                const bf::CsvFile file(reference() + name + suffix, c.options, tuning);
                REQUIRE(file.rows() == c.values.rows());
                REQUIRE(file.column_names() == c.names());
                for (const std::string& column : c.options.categories)
                    REQUIRE(file.categories(column) ==
                            c.json.at("categories").at(column).get<std::vector<std::string>>());
                const auto X = file.matrix<double>();
                REQUIRE(test::same_bits(X.compute(), c.values));
            }
    }
}

TEST_CASE("CsvFile: any blocks, columns, order and number of threads", "[io]") {
    bf::RandomState random(3);
    for (int k = 0; k < cases; ++k) {
        const std::string name = "case_" + std::to_string(k);
        INFO(name);
        const Case c(name);
        if (c.values.rows() == 0) continue;
        const bf::CsvFile file(reference() + name + (k % 2 == 0 ? ".csv" : ".csv.gz"), c.options,
                               {.stretch = 128, .range = 256, .gzip_spacing = 300, .window = 500});
        const auto X = file.matrix<double>();
        const bf::Settings settings({.threads = 1 + k % 4});
        REQUIRE(test::same_bits(X.rechunk(1 + k).compute(), c.values));
        bf::Scratch scratch;  // rows back and forth, with one reader
        for (int repeat = 0; repeat < 20; ++repeat) {
            const auto begin = static_cast<Index>(random.uniform() * static_cast<double>(c.values.rows()));
            const auto size = static_cast<Index>(random.uniform() * static_cast<double>(c.values.rows() - begin)) + 1;
            bf::Matrix<double> got(size, X.cols());
            X.source()->read({begin, begin + size}, got.view(), scratch);
            REQUIRE(test::same_bits(got, rows_of(c.values, begin, begin + size)));
            const Index column = repeat % X.cols();
            const auto y = file.vector<double>(file.column_names()[static_cast<std::size_t>(column)]);
            bf::Matrix<double> part(size, 1);
            y.source()->read({begin, begin + size}, part.view(), scratch);
            REQUIRE(test::same_bits(
                part, bf::Matrix<double>(c.values.view().rows(begin, begin + size).cols(column, column + 1))));
        }
    }
}

TEST_CASE("CsvFile: a file of many stretches and access points", "[io]") {
    const std::vector<double> want = read_doubles(reference() + "large.bin");
    const bf::Matrix<double> values(std::ssize(want) / 3, 3, want);
    for (const std::string name : {"large.csv", "large.csv.gz"})
        for (const Index spacing : {Index{1} << 20, Index{1} << 10}) {  // the smaller is doubled until there are few
            const bf::CsvFile file(reference() + name, {.block_rows = 1000}, {.gzip_spacing = spacing});
            const bf::Settings settings({.threads = 4});
            REQUIRE(test::same_bits(file.matrix<double>().compute(), values));
            const auto selected = file.matrix<double>({2, 0}).rows(50'001, 50'003).compute();
            REQUIRE(selected(0, 0) == values(50'001, 2));
            REQUIRE(selected(1, 1) == values(50'002, 0));
            REQUIRE(file.vector<int>("b").rows(59'999, 60'000).compute().front() ==
                    static_cast<int>(values(59'999, 1)));
        }
}

TEST_CASE("CsvFile: text that has rows in an unusual form", "[io]") {
    REQUIRE(TextIn("a,b\n1,2\n3,4").read() == bf::Matrix<double>{{1, 2}, {3, 4}});
    REQUIRE(TextIn("a,b\r\n1,2\r\n3,4\r\n").read() == bf::Matrix<double>{{1, 2}, {3, 4}});
    REQUIRE(TextIn("\n\na,b\n\n1,2\n \t\r\n3,4\n\n\n").read() == bf::Matrix<double>{{1, 2}, {3, 4}});
    REQUIRE(TextIn("\xEF\xBB\xBF\"a\",b\n\"1\", 2 \n").read() == bf::Matrix<double>{{1, 2}});
    REQUIRE(TextIn("a\n1\n\n2\n").read() == bf::Matrix<double>{{1}, {2}});
    REQUIRE(TextIn("a,b\n").read().rows() == 0);
    REQUIRE(TextIn("a,b").read().rows() == 0);
    REQUIRE(TextIn("# one\na,b # two\n1,2#3\n#4,5\n6,7\n").read({.comment = '#'}) ==
            bf::Matrix<double>{{1, 2}, {6, 7}});
    REQUIRE(TextIn("1;2,5\n").read({.delimiter = ';', .header = false, .decimal = ','}) ==
            bf::Matrix<double>{{1, 2.5}});
    REQUIRE(TextIn("x\na,b\n1,-999\n").read<float>({.missing = {"1"}, .skip_rows = 1})(0, 1) == -999);
    const bf::Matrix<double> numeric = TextIn("a,b\n1,-999\n").read({.missing = {"-999"}});
    REQUIRE((numeric(0, 0) == 1 && std::isnan(numeric(0, 1))));
    const TextIn file("a,b,c\n1,2,3\n");
    REQUIRE(file.read({.columns = {"c", "a"}}) == bf::Matrix<double>{{3, 1}});
    REQUIRE(bf::CsvFile(file.path(), {.names = {"x", "y", "z"}}).vector<int>("y").compute() == std::vector<int>{2});
    REQUIRE(bf::CsvFile(file.path(), {.header = false}).column_names() == std::vector<std::string>{"0", "1", "2"});
    REQUIRE(bf::from_csv_vector<double>(file.path(), "b").compute() == std::vector<double>{2});
    REQUIRE(TextIn("a,b\n,\n").read<double>().rows() == 1);
    REQUIRE(TextIn("").read({.header = false, .names = {"a", "b"}}).rows() == 0);
}

TEST_CASE("CsvFile: integers are exact, and what a type cannot hold is refused", "[io]") {
    const TextIn wide("a,b\n9223372036854775807,-9223372036854775808\n9007199254740993,1e3\n-0,12.000\n");
    REQUIRE(wide.read<std::int64_t>() == bf::Matrix<std::int64_t>{{std::numeric_limits<std::int64_t>::max(),
                                                                   std::numeric_limits<std::int64_t>::min()},
                                                                  {9007199254740993, 1000},
                                                                  {0, 12}});
    REQUIRE(TextIn("a\n18446744073709551615\n").read<std::uint64_t>()(0, 0) ==
            std::numeric_limits<std::uint64_t>::max());
    REQUIRE(TextIn("a,b\nTrue,0\n1,false\n").read<bool>() == bf::Matrix<bool>{{true, false}, {true, false}});
    REQUIRE(TextIn("a\n16777217\n1.00000017881393432617187499\n").read<float>() ==
            bf::Matrix<float>{{16777216}, {1.00000012F}});

    REQUIRE_THAT(TextIn("a\n1\n9223372036854775808\n").failure<std::int64_t>(),
                 Contains("line 3, column 'a': '9223372036854775808' is out of the range of int64"));
    REQUIRE_THAT(TextIn("a\n128\n").failure<std::int8_t>(), Contains("out of the range of int8"));
    REQUIRE_THAT(TextIn("a\n-1\n").failure<std::uint8_t>(), Contains("out of the range of uint8"));
    REQUIRE_THAT(TextIn("a\n2\n").failure<bool>(), Contains("out of the range of bool"));
    REQUIRE_THAT(TextIn("a\n0.5\n").failure<int>(), Contains("'0.5' is no whole number, as int32 needs"));
    REQUIRE_THAT(TextIn("a\ninf\n").failure<int>(), Contains("'inf' is no whole number"));
    REQUIRE_THAT(TextIn("a\nNA\n").failure<int>(),
                 Contains("a value is missing, which int32 cannot hold") && Contains("as double"));
    REQUIRE_THAT(TextIn("a\n1e400\n").failure(), Contains("'1e400' is out of the range of float64"));
    REQUIRE_THAT(TextIn("a\n1e39\n").failure<float>(), Contains("'1e39' is out of the range of float32"));
    REQUIRE(TextIn("a\n1e-400\n").read()(0, 0) == 0.0);
}

TEST_CASE("CsvFile: errors name the line, the column and the text", "[io]") {
    const TextIn file("a,\"b\nb\",c\n1,2,3\n\n\"4\",5,\"6\n\"\n7,x y,8\n");
    const bf::CsvOptions options{.categories = {"c"}};
    REQUIRE_THAT(file.failure(options), Contains("line 7, column 'b\nb': 'x y' is not a number"));
    try {
        (void)file.read(options);
        FAIL("nothing was thrown");
    } catch (const bf::DataError& error) {
        REQUIRE(error.file() == file.path());
        REQUIRE(error.row() == 2);
        REQUIRE(error.column() == 1);
    }
    // A field with a newline in it is no number; spaces and tabs are what may surround one.
    REQUIRE_THAT(TextIn("a\n\"6\n\"\n").failure(), Contains("line 2, column 'a'") && Contains("is not a number"));
    for (const char* word :
         {"0x10", "1 2", "--1", "1e", "1e+", ".", "-", "+", "e5", "1.2.3", "1_000", "infinit", "nano", "12a", "1,5",
          "\xC3\xA9", "1234567890123456789012345x", "0.12345678901234567x", "1.2345678901234e-0x"})
        REQUIRE_THAT(TextIn(std::string("a;b\n1;") + word + "\n").failure({.delimiter = ';'}),
                     Contains("is not a number"));

    REQUIRE_THAT(TextIn("a,b\n1,2\n3\n").failure(), Contains("line 3 has 1 field, expected 2"));
    REQUIRE_THAT(TextIn("a,b\n\n1,2\n3,4,5\n").failure(), Contains("line 4 has 3 fields, expected 2"));
    REQUIRE_THAT(TextIn("a,b\n1,\"2\n3,4\n").failure(),
                 Contains("line 2: the quoted field that begins here is not closed"));
    REQUIRE_THAT(TextIn("a,b\n1,2\"\n3,\"4\n").failure(), Contains("line 2 has a \" inside a field"));
    REQUIRE_THAT(TextIn("a,b\n1,\"2\"3\n").failure(), Contains("line 2 has a \" inside a field"));
    REQUIRE_THAT(TextIn("a,b\"\n1,2\n").failure(), Contains("line 1: a \" inside a field"));
    REQUIRE_THAT(TextIn("a,b\"\n1,2\n").failure({.quote = 0}), Contains("nothing was thrown"));
    REQUIRE_THAT(TextIn("a,a\n1,2\n").failure(), Contains("line 1: two columns are named 'a'"));
    REQUIRE_THAT(TextIn("").failure(), Contains("no rows, not even a header"));
    REQUIRE_THAT(TextIn("\xFF\xFE"
                        "a")
                     .failure(),
                 Contains("UTF-16"));
    REQUIRE_THAT(TextIn("a,b\r1,2\r").failure(), Contains("carriage return alone"));
    REQUIRE_THAT(TextIn("a,b\n1,2\n").failure({.names = {"x"}}),
                 Contains("1 names are given, the first row has 2 fields"));
    REQUIRE_THAT(TextIn("a,b\n1,2\n").failure({.columns = {"z"}}), Contains("no column 'z'; the file has a, b"));
    REQUIRE_THAT(TextIn("a,b\n1,2\n").failure({.categories = {"z"}}), Contains("no column 'z'"));
    REQUIRE_THAT(TextIn("a,b\n1,2\n").failure({.delimiter = '"'}), Contains("quote is also the delimiter"));
    REQUIRE_THAT(TextIn("a,b\n1,2\n").failure({.decimal = ','}), Contains("decimal is also the delimiter"));
    REQUIRE_THAT(TextIn("a,b\n1,2\n").failure({.skip_rows = -1}), Contains("skip_rows is -1"));
    REQUIRE_THROWS_AS(bf::CsvFile("/nowhere/file.csv"), bf::IoError);
}

TEST_CASE("CsvFile: the first bad row in order is the one reported, for any number of threads", "[io]") {
    std::string text = "a,b\n";
    for (int i = 0; i < 5000; ++i) text += i == 3210 ? "1,2,3\n" : i == 3211 || i == 4000 ? "1,x\n" : "1,2\n";
    const TextIn file(text);
    for (const int threads : {1, 2, 7}) {
        const bf::Settings settings({.threads = threads});
        REQUIRE_THAT(file.failure({.block_rows = 100}), Contains("line 3212 has 3 fields, expected 2"));
        REQUIRE_THAT(file.failure({.block_rows = 100}), Contains("row 3210"));
    }
}

TEST_CASE("CsvFile: categories", "[io]") {
    const TextIn file("carrier,late\nUA,1\n\"A\"\"A\",0\n,1\nUA,0\n");
    const bf::CsvFile csv(file.path(), {.categories = {"carrier"}});
    REQUIRE(csv.categories("carrier") == std::vector<std::string>{"A\"A", "UA"});
    REQUIRE(csv.vector<int>("carrier").compute() == std::vector<int>{1, 0, -1, 1});
    REQUIRE(std::isnan(csv.vector<double>("carrier").compute()[2]));
    REQUIRE_THAT(test::message([&] { (void)csv.vector<unsigned>("carrier").compute(); }),
                 Contains("line 4, column 'carrier': a value is missing"));
    REQUIRE_THAT(test::message([&] { (void)csv.categories("late"); }), Contains("not named in CsvOptions::categories"));
    REQUIRE_THAT(test::message([&] { (void)csv.matrix<int>({5}); }),
                 Contains("column 5 was asked for, the file has 2"));
    std::string many = "c\n";
    for (int i = 0; i < 300; ++i) many += "k" + std::to_string(i) + "\n";
    const TextIn full(many);
    REQUIRE_THAT(full.failure<std::int8_t>({.categories = {"c"}}), Contains("out of the range of int8"));
    REQUIRE(full.read<std::int16_t>({.categories = {"c"}})(10, 0) == 2);  // after k0 and k1
}

TEST_CASE("CsvFile: a file that was changed, and gzip files that are damaged", "[io]") {
    {
        const TextIn file("a,b\n1,2\n3,4\n");
        const auto X = bf::from_csv<double>(file.path());
        test::write_bytes(file.path(), {'a', ',', 'b', '\n', '1', '\n'});
        REQUIRE_THAT(test::message([&] { (void)X.compute(); }), Contains("changed after it was opened"));
    }
    const std::vector<char> good = test::read_bytes(reference() + "large.csv.gz");
    const test::TemporaryFolder folder;
    const std::string path = folder.file("x.csv.gz");
    for (const std::size_t size : {std::size_t{3}, std::size_t{12}, good.size() / 3, good.size() - 104}) {
        test::write_bytes(path, {good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
        REQUIRE_THAT(test::message([&] { (void)bf::CsvFile(path); }), Contains("ends too early"));
    }
    std::vector<char> bad = good;
    bad[bad.size() / 2] = static_cast<char>(~bad[bad.size() / 2]);
    test::write_bytes(path, bad);
    REQUIRE_THAT(test::message([&] { (void)bf::CsvFile(path); }), Contains("damaged"));
    bad = good;
    bad.insert(bad.end(), {'x', 'y'});
    test::write_bytes(path, bad);
    REQUIRE_THAT(test::message([&] { (void)bf::CsvFile(path); }), Contains("damaged"));
}
