#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/io/hdf5.hpp>

#include "support/errors.hpp"
#include "support/files.hpp"

/// A matrix that is not stored as one: columns in datasets or fields, rows in several files.

namespace bf = blockfit;
using bf::Index;
using Catch::Matchers::Contains;

namespace {

const std::string& folder() {
    static const test::TemporaryFolder temporary;
    static const bool made =
        test::python(BLOCKFIT_TEST_SOURCE_DIR "/io/make_layouts.py " + temporary.file("") + " tables");
    static const std::string path = temporary.file("");
    REQUIRE(made);
    return path;
}
constexpr Index n_rows = 1003;
template <class T = double>
T value(Index i, Index j) {
    return static_cast<T>((7 * i + 3 * j) % 120);
}

/// Are the columns of X those numbers of the pattern?
template <class T>
bool has_columns(const bf::ChunkedMatrix<T>& X, const std::vector<Index>& columns) {
    for (const auto& part : {X, X.rechunk(61)}) {
        const bf::Matrix<T> m = part.compute();
        if (m.rows() != n_rows || m.cols() != std::ssize(columns)) return false;
        for (Index i = 0; i < m.rows(); ++i)
            for (Index j = 0; j < m.cols(); ++j)
                if (m(i, j) != value<T>(i, columns[static_cast<std::size_t>(j)])) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("from_hdf5_columns: datasets of any type and layout side by side", "[io]") {
    const std::string path = folder() + "columns.h5";
    const auto X = bf::from_hdf5_columns<double>(path, {"a", "b", "c", "d"});
    REQUIRE(has_columns(X, {0, 1, 2, 3}));
    REQUIRE(has_columns(bf::from_hdf5_columns<double>(path, {"d", "a", "d"}), {3, 0, 3}));
    REQUIRE(has_columns(bf::from_hdf5_columns<float>(path, {"c", "d"}, {.block_rows = 77}), {2, 3}));
    REQUIRE(has_columns(bf::from_hdf5_columns<std::int16_t>(path, {"b", "a"}), {1, 0}));
    const auto mixed = bf::from_hdf5_columns<double>(path, {"holes", "bool"}).compute();
    for (Index i = 0; i < n_rows; ++i) {
        REQUIRE(mixed(i, 0) == 4.0);
        REQUIRE(mixed(i, 1) == static_cast<double>(value<Index>(i, 0) % 2));
    }
    for (const int threads : {1, 8}) {
        const bf::Settings settings({.threads = threads});
        REQUIRE(
            has_columns(bf::from_hdf5_columns<double>(path, {"a", "b", "c", "d"}, {.block_rows = 10}), {0, 1, 2, 3}));
    }
    REQUIRE(X.origins().size() == 4);
    REQUIRE_THAT(X.to_string(), Contains("from_hdf5_columns"));
}

TEST_CASE("from_hdf5_columns: what does not fit is named", "[io][errors]") {
    const std::string path = folder() + "columns.h5";
    const auto open = [&](const std::vector<std::string>& names) {
        return test::message([&] { (void)bf::from_hdf5_columns<double>(path, names); });
    };
    REQUIRE_THAT(open({"a", "short"}),
                 Contains("length of the dataset is 1002, expected 1003 as of a") && Contains("dataset short"));
    REQUIRE_THAT(open({"a", "X"}), Contains("1003 x 5") && Contains("dataset X"));
    REQUIRE_THAT(open({"a", "none"}), Contains("no such dataset; the file has X, a, b"));
    REQUIRE_THAT(open({"a", "text"}), Contains("strings of 1 bytes"));
    REQUIRE_THAT(open({}), Contains("at least one dataset"));
    REQUIRE_THROWS_AS(bf::from_hdf5_columns<double>(path, {"a", "short"}), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::from_hdf5_columns<double>(path, {"a", "X"}), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::from_hdf5_columns<double>(path, {}), bf::ParameterError);
    try {  // 120 pattern values do not fit into bool
        (void)bf::from_hdf5_columns<bool>(path, {"bool", "a"}).compute();
        FAIL("a is no bool");
    } catch (const bf::DataError& error) {
        REQUIRE(error.dataset() == "a");
        REQUIRE(error.row() == 1);
        REQUIRE(error.column() == 1);
    }
}

TEST_CASE("from_hdf5_fields: compound datasets by every route", "[io]") {
    for (const std::string file : {"tables.h5", "tables_plain.h5"})
        for (const std::string name : {"contiguous", "chunked", "gzip", "fletcher_first", "column"}) {
            INFO(file << ":" << name);
            const std::string path = folder() + file;
            REQUIRE(has_columns(bf::from_hdf5_fields<double>(path, name, {"a", "b", "half", "count"}), {0, 1, 2, 4}));
            REQUIRE(has_columns(bf::from_hdf5_fields<float>(path, name, {"count", "a"}, {.block_rows = 10}), {4, 0}));
            // All that are numbers: not text, arrays and records.
            const auto all = bf::from_hdf5_fields<double>(path, name).compute();
            REQUIRE(all.cols() == 6);
            for (Index i = 0; i < n_rows; ++i) {
                REQUIRE(all(i, 0) == static_cast<double>(i));
                REQUIRE(all(i, 1) == value(i, 0));
                REQUIRE(all(i, 4) == static_cast<double>(value<Index>(i, 3) % 2));
                REQUIRE(all(i, 5) == value(i, 4));
            }
            const auto index = bf::from_hdf5_field_vector<Index>(path, name, "index").compute();
            for (Index i = 0; i < n_rows; ++i) REQUIRE(index[static_cast<std::size_t>(i)] == i);
            const auto flags = bf::from_hdf5_field_vector<bool>(path, name, "flag").compute();
            for (Index i = 0; i < n_rows; ++i)
                REQUIRE(flags[static_cast<std::size_t>(i)] == (value<Index>(i, 3) % 2 == 1));
        }
    for (const std::string name : {"variable", "variable_gzip"}) {
        REQUIRE(has_columns(bf::from_hdf5_fields<double>(folder() + "tables.h5", name), {0, 1}));
        REQUIRE(has_columns(bf::from_hdf5_fields<float>(folder() + "tables_plain.h5", name, {"b", "a"}), {1, 0}));
    }
    REQUIRE(has_columns(bf::from_hdf5_fields<double>(folder() + "tables.h5", "complex", {"r", "i"}), {0, 1}));
    REQUIRE(bf::from_hdf5_fields<int>(folder() + "tables.h5", "aligned").compute() == bf::Matrix<int>(3, 2));
    const auto holes = bf::from_hdf5_fields<double>(folder() + "tables.h5", "holes", {"a", "count"}).compute();
    for (Index i = 0; i < n_rows; ++i) REQUIRE(holes(i, 1) == (i >= 200 && i < 300 ? value(i, 4) : 0.0));
}

TEST_CASE("from_hdf5_fields: what is no number is named", "[io][errors]") {
    const std::string path = folder() + "tables.h5";
    const auto open = [&](const std::string& dataset, const std::vector<std::string>& fields) {
        return test::message([&] { (void)bf::from_hdf5_fields<double>(path, dataset, fields); });
    };
    REQUIRE_THAT(open("contiguous", {"a", "z"}),
                 Contains("no field 'z'; the dataset has index, a, b, half, flag, count, name, values, inner") &&
                     Contains("dataset contiguous"));
    REQUIRE_THAT(open("contiguous", {"name"}), Contains("field 'name' holds strings of 7 bytes"));
    REQUIRE_THAT(open("contiguous", {"values"}), Contains("field 'values' holds arrays of float64"));
    REQUIRE_THAT(open("contiguous", {"inner"}), Contains("field 'inner' holds compound (p: float64, q: int32)"));
    REQUIRE_THAT(open("contiguous", {"a", "a"}), Contains("'a' was given twice"));
    REQUIRE_THAT(open("variable", {"s"}), Contains("field 's' holds strings"));
    REQUIRE_THAT(open("text_only", {}), Contains("no field of the dataset holds numbers"));
    REQUIRE_THAT(open("numbers", {}), Contains("float64, expected a compound type") && Contains("from_hdf5"));
    REQUIRE_THAT(open("pair", {"a"}), Contains("1003 x 2"));
    REQUIRE_THAT(test::message([&] { (void)bf::from_hdf5<double>(path, "column"); }),
                 Contains("compound (") && Contains("from_hdf5_fields"));
    REQUIRE_THROWS_AS(bf::from_hdf5_fields<double>(path, "contiguous", {"z"}), bf::IoError);
    REQUIRE_THROWS_AS(bf::from_hdf5_fields<double>(path, "contiguous", {"name"}), bf::UnsupportedError);
    REQUIRE_THROWS_AS(bf::from_hdf5_fields<double>(path, "contiguous", {"a", "a"}), bf::ParameterError);
    REQUIRE_THROWS_AS(bf::from_hdf5_fields<double>(path, "pair"), bf::ShapeError);
    try {
        (void)bf::from_hdf5_fields<double>(path, "large").compute();
        FAIL("2^53 + 1 is no double");
    } catch (const bf::DataError& error) {
        REQUIRE(error.row() == 1);
        REQUIRE(error.column() == 1);
        REQUIRE(error.dataset() == "large");
        REQUIRE_THAT(error.what(), Contains("field 'b'"));
    }
    REQUIRE(bf::from_hdf5_fields<Index>(path, "large").compute()(1, 1) == (Index{1} << 53) + 1);
}

TEST_CASE("from_hdf5: many files as one array", "[io]") {
    const std::vector<std::string> paths{folder() + "part_0.h5", folder() + "part_1.h5", folder() + "part_2.h5"};
    const auto X = bf::from_hdf5<double>(paths, "X");
    REQUIRE(has_columns(X, {0, 1, 2, 3, 4}));
    REQUIRE(X.plan() == bf::BlockPlan(std::vector<Index>{400, 1003}));  // blocks end with their files
    REQUIRE(bf::from_hdf5<double>(paths, "X", {.block_rows = 300}).plan() == bf::BlockPlan(1003, 300));
    for (const int threads : {1, 8}) {
        const bf::Settings settings({.threads = threads});
        REQUIRE(has_columns(bf::from_hdf5<float>(paths, "X", {.block_rows = 300}), {0, 1, 2, 3, 4}));
    }
    const auto y = bf::from_hdf5_vector<int>(paths, "y", {.block_rows = 100});
    REQUIRE(y.plan() == bf::BlockPlan(1003, 100));
    const auto values = y.compute();
    for (Index i = 0; i < n_rows; ++i) REQUIRE(values[static_cast<std::size_t>(i)] == value<int>(i, 0));
    REQUIRE(bf::from_hdf5<double>(std::vector<std::string>{paths[1]}, "X").rows() == 0);
    REQUIRE_THAT(test::message([&] { (void)bf::from_hdf5<double>(paths, "other"); }),
                 Contains("number of columns is 4, expected 5") && Contains("part_2.h5") && Contains("part_0.h5"));
    REQUIRE_THROWS_AS(bf::from_hdf5<double>(paths, "other"), bf::ShapeError);
    REQUIRE_THAT(test::message([&] {
                     (void)bf::from_hdf5_vector<int>({paths[0], folder() + "none.h5"}, "y");
                 }),
                 Contains("No such file") && Contains("none.h5"));
    // Two literals in braces are two files, not the ends of one string.
    REQUIRE_THAT(test::message([&] {
                     (void)bf::from_hdf5<double>({"/nowhere/a.h5", "/nowhere/b.h5"}, "X");
                 }),
                 Contains("/nowhere/a.h5"));
    REQUIRE_THAT(test::message([&] { (void)bf::from_hdf5_vector<int>({"/nowhere/a.h5"}, "y"); }),
                 Contains("/nowhere/a.h5"));
    REQUIRE_THROWS_AS(bf::from_hdf5<double>(std::vector<std::string>{}, "X"), bf::ParameterError);
    REQUIRE_THROWS_AS(bf::from_hdf5_vector<double>(std::vector<std::string>{}, "y"), bf::ParameterError);
}
