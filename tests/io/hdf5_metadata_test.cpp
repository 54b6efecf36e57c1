#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/io/hdf5.hpp>

#include "support/errors.hpp"
#include "support/files.hpp"

/// What a file says about its data: the list of datasets, strings, attributes.

namespace bf = blockfit;
using bf::Index;
using Catch::Matchers::Contains;
using Strings = std::vector<std::string>;

namespace {

const std::string& file() {
    static const test::TemporaryFolder temporary;
    static const bool made =
        test::python(BLOCKFIT_TEST_SOURCE_DIR "/io/make_layouts.py " + temporary.file("") + " metadata");
    static const std::string path = temporary.file("metadata.h5");
    REQUIRE(made);
    return path;
}
const Strings& words() {
    static const Strings list{"height", "", "größe", "a b ", std::string(300, 'x')};
    return list;
}

}  // namespace

TEST_CASE("hdf5_datasets: names, shapes, types, chunks and filters", "[io]") {
    const auto list = bf::hdf5_datasets(file());
    REQUIRE(list.size() == 14);
    const auto find = [&](const std::string& name) {
        const auto found = std::ranges::find(list, name, &bf::Hdf5DatasetInfo::name);
        REQUIRE(found != list.end());
        return *found;
    };
    const auto X = find("group/X");
    REQUIRE(X.shape == std::vector<Index>{1003, 5});
    REQUIRE(X.dtype == "int16 (big-endian)");
    REQUIRE(X.chunks == std::vector<Index>{100, 5});
    REQUIRE(X.filters == Strings{"shuffle", "gzip", "fletcher32"});
    REQUIRE(find("flags").dtype == "bool");
    REQUIRE(find("flags").shape == std::vector<Index>{1003});
    REQUIRE(find("flags").chunks.empty());
    REQUIRE(find("scalar").shape.empty());
    REQUIRE(find("scalar").dtype == "float64");
    REQUIRE(find("table").dtype == "compound (a: float64, b: strings of 4 bytes)");
    REQUIRE(find("variable").dtype == "strings");
    REQUIRE(find("fixed").dtype == "strings of 8 bytes");
    REQUIRE(find("claims").shape == std::vector<Index>{Index{1} << 40});
    REQUIRE_THROWS_AS(bf::hdf5_datasets("/nowhere/data.h5"), bf::IoError);
}

TEST_CASE("hdf5_strings: fixed and variable length, UTF-8 and ASCII", "[io]") {
    REQUIRE(bf::hdf5_strings(file(), "variable") == words());
    REQUIRE(bf::hdf5_strings(file(), "fixed") == Strings{"height", "", "größe"});
    REQUIRE(bf::hdf5_strings(file(), "ascii") == Strings{"a", "bc"});
    REQUIRE(bf::hdf5_strings(file(), "padded") == Strings{"ab", ""});
    REQUIRE(bf::hdf5_strings(file(), "column") == Strings{"a", "b"});
    REQUIRE(bf::hdf5_strings(file(), "one") == Strings{"alone"});
    REQUIRE(bf::hdf5_strings(file(), "none").empty());
    const auto rows = bf::hdf5_strings(file(), "chunked");
    REQUIRE(rows.size() == 1000);
    REQUIRE(rows[999] == "row999");
}

TEST_CASE("hdf5_strings: what is no list of strings is refused", "[io][errors]") {
    const auto read = [](const std::string& name) {
        return test::message([&] { (void)bf::hdf5_strings(file(), name); });
    };
    REQUIRE_THAT(read("group/X"), Contains("int16 (big-endian), expected strings") && Contains("dataset group/X"));
    REQUIRE_THAT(read("square"), Contains("2 dimensions"));
    REQUIRE_THAT(read("nothing"), Contains("no such dataset; the file has ascii"));
    REQUIRE_THAT(read("group"), Contains("not a dataset"));
    REQUIRE_THAT(read("claims"), Contains("more than the file can"));
    REQUIRE_THROWS_AS(bf::hdf5_strings(file(), "group/X"), bf::UnsupportedError);
    REQUIRE_THROWS_AS(bf::hdf5_strings(file(), "square"), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::hdf5_strings(file(), "nothing"), bf::IoError);
    REQUIRE_THROWS_AS(bf::hdf5_strings(file(), "claims"), bf::IoError);
}

TEST_CASE("hdf5_attribute: numbers, text and lists of both", "[io]") {
    const std::string X = "group/X";
    REQUIRE(bf::hdf5_attribute<Strings>(file(), X, "columns") == words());
    REQUIRE(bf::hdf5_attribute<Strings>(file(), X, "fixed") == Strings{"a", "bc"});
    REQUIRE(bf::hdf5_attribute<Strings>(file(), X, "title") == Strings{"größe"});
    REQUIRE(bf::hdf5_attribute<std::string>(file(), X, "title") == "größe");
    REQUIRE(bf::hdf5_attribute<std::string>(file(), X, "bytes") == "abc");
    REQUIRE(bf::hdf5_attribute<double>(file(), X, "scale") == 0.5);
    REQUIRE(bf::hdf5_attribute<std::vector<float>>(file(), X, "half") == std::vector<float>{0.5F, 2.0F});
    REQUIRE(bf::hdf5_attribute<std::vector<Index>>(file(), X, "shape") == std::vector<Index>{3, Index{1} << 40});
    REQUIRE(bf::hdf5_attribute<bool>(file(), X, "flag"));
    REQUIRE(bf::hdf5_attribute<std::vector<bool>>(file(), X, "flags") == std::vector<bool>{true, false});
    REQUIRE(bf::hdf5_attribute<std::vector<double>>(file(), X, "empty").empty());
    REQUIRE(bf::hdf5_attribute<std::vector<double>>(file(), X, "no_values").empty());
    REQUIRE(bf::hdf5_attribute<int>(file(), "/", "version") == 3);
    REQUIRE(bf::hdf5_attribute<Strings>(file(), "group", "names") == Strings{"p", "q"});
}

TEST_CASE("hdf5_attribute: what is not there or something else is named", "[io][errors]") {
    const std::string X = "group/X";
    REQUIRE_THAT(test::message([&] { (void)bf::hdf5_attribute<int>(file(), X, "size"); }),
                 Contains("no attribute 'size'; the object has bytes, columns") && Contains("dataset group/X"));
    REQUIRE_THAT(test::message([&] { (void)bf::hdf5_attribute<int>(file(), "flags", "size"); }),
                 Contains("the object has no attributes"));
    REQUIRE_THAT(test::message([&] { (void)bf::hdf5_attribute<int>(file(), "Y", "size"); }),
                 Contains("no such object; the file has"));
    REQUIRE_THAT(test::message([&] { (void)bf::hdf5_attribute<int>(file(), X, "title"); }),
                 Contains("'title' holds strings, expected numbers"));
    REQUIRE_THAT(test::message([&] { (void)bf::hdf5_attribute<std::string>(file(), X, "scale"); }),
                 Contains("'scale' holds float32, expected text"));
    REQUIRE_THAT(test::message([&] { (void)bf::hdf5_attribute<int>(file(), X, "scale"); }),
                 Contains("0.5") && Contains("'scale'"));
    REQUIRE_THAT(test::message([&] { (void)bf::hdf5_attribute<double>(file(), X, "shape"); }),
                 Contains("has 2 values"));
    REQUIRE_THROWS_AS(bf::hdf5_attribute<int>(file(), X, "size"), bf::IoError);
    REQUIRE_THROWS_AS(bf::hdf5_attribute<int>(file(), "Y", "size"), bf::IoError);
    REQUIRE_THROWS_AS(bf::hdf5_attribute<int>(file(), "", "size"), bf::IoError);
    REQUIRE_THROWS_AS(bf::hdf5_attribute<int>(file(), X, "title"), bf::UnsupportedError);
    REQUIRE_THROWS_AS(bf::hdf5_attribute<double>(file(), X, "compound"), bf::UnsupportedError);
    REQUIRE_THROWS_AS(bf::hdf5_attribute<int>(file(), X, "scale"), bf::DataError);
    REQUIRE_THROWS_AS(bf::hdf5_attribute<std::int32_t>(file(), X, "empty"), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::hdf5_attribute<std::string>(file(), X, "columns"), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::hdf5_attribute<std::vector<double>>(file(), X, "matrix"), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::hdf5_attribute<std::vector<std::int32_t>>(file(), X, "shape"), bf::DataError);
}
