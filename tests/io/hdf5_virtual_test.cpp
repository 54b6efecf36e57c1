#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <blockfit/array/compute.hpp>
#include <blockfit/io/hdf5.hpp>

#include "support/errors.hpp"
#include "support/files.hpp"

/// Virtual datasets: libhdf5 reads what is missing as the fill value without a word, blockfit does not.

namespace bf = blockfit;
using bf::Index;
using Catch::Matchers::Contains;

namespace {

bool make(const test::TemporaryFolder& folder) {
    return test::python(BLOCKFIT_TEST_SOURCE_DIR "/io/make_layouts.py " + folder.file("") + " virtual");
}
const std::string& folder() {
    static const test::TemporaryFolder temporary;
    static const bool made = make(temporary);
    static const std::string path = temporary.file("");
    REQUIRE(made);
    return path;
}
double value(Index i, Index j) { return static_cast<double>((7 * i + 3 * j) % 120); }

bool holds_pattern(const bf::Matrix<double>& m, Index first = 0) {
    for (Index i = 0; i < m.rows(); ++i)
        for (Index j = 0; j < m.cols(); ++j)
            if (m(i, j) != value(first + i, j)) return false;
    return m.rows() > 0;
}
std::string open(const std::string& path, const std::string& dataset) {
    return test::message([&] { (void)bf::from_hdf5<double>(path, dataset); });
}

/// An environment variable for a scope.
class Environment {
public:
    explicit Environment(const std::string& value) { ::setenv("HDF5_VDS_PREFIX", value.c_str(), 1); }
    ~Environment() { ::unsetenv("HDF5_VDS_PREFIX"); }
};

}  // namespace

TEST_CASE("from_hdf5: virtual datasets whose sources are all there", "[io]") {
    for (const std::string name :
         {"rows", "wider", "big", "absolute", "moved", "same_file", "whole", "interleaved", "nested", "percent"})
        for (const int threads : {1, 8}) {
            INFO(name << ", threads " << threads);
            const bf::Settings settings({.threads = threads});
            const auto X = bf::from_hdf5<double>(folder() + "virtual.h5", name, {.block_rows = 97});
            REQUIRE(X.rows() == (name == "percent" ? 10 : 1003));
            REQUIRE(holds_pattern(X.compute()));
            REQUIRE(holds_pattern(X.rows(X.rows() - 3, X.rows()).compute(), X.rows() - 3));
        }
    const auto y = bf::from_hdf5_vector<double>(folder() + "virtual.h5", "vector").compute();
    for (Index i = 0; i < 1003; ++i) REQUIRE(y[static_cast<std::size_t>(i)] == value(i, 0));
    // What no source is mapped to is the fill value, by definition.
    const auto part = bf::from_hdf5<double>(folder() + "virtual.h5", "unmapped").compute();
    for (Index i = 0; i < 1003; ++i) REQUIRE(part(i, 1) == (i >= 100 && i < 300 ? value(i, 1) : 3.0));
}

TEST_CASE("from_hdf5: sources are found where libhdf5 looks for them", "[io]") {
    const test::TemporaryFolder here, away;
    REQUIRE(make(here));
    // Through a symbolic link: beside the file itself.
    std::filesystem::create_symlink(here.file("linked.h5"), away.file("link.h5"));
    REQUIRE(holds_pattern(bf::from_hdf5<double>(away.file("link.h5"), "rows").compute()));
    // A copy elsewhere lacks its parts, unless a prefix says where they are.
    std::filesystem::copy_file(here.file("linked.h5"), away.file("copy.h5"));
    REQUIRE_THAT(open(away.file("copy.h5"), "rows"), Contains("parts/0.h5:X") && Contains("missing"));
    for (const std::string& prefix : {here.file(""), "/nowhere:" + here.file("")}) {
        const Environment environment(prefix);
        REQUIRE(holds_pattern(bf::from_hdf5<double>(away.file("copy.h5"), "rows").compute()));
    }
    // From the working directory.
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(here.file(""));
    const bool found = holds_pattern(bf::from_hdf5<double>(away.file("copy.h5"), "rows").compute());
    const bool relative = holds_pattern(bf::from_hdf5<double>("virtual.h5", "rows").compute());
    std::filesystem::current_path(before);
    REQUIRE(found);
    REQUIRE(relative);
}

TEST_CASE("from_hdf5: a source that is missing or too short is an error, never the fill value", "[io][errors]") {
    const std::string path = folder() + "incomplete.h5";
    REQUIRE_THAT(open(path, "no_file"),
                 Contains("parts/none.h5:X") && Contains("missing") && Contains("dataset no_file"));
    REQUIRE_THAT(open(path, "nested"), Contains("parts/none.h5:X") && Contains("missing"));
    REQUIRE_THAT(open(path, "no_dataset"), Contains("parts/0.h5:Y") && Contains("no such dataset"));
    REQUIRE_THAT(open(path, "truncated"), Contains("parts/0.h5:short") && Contains("smaller"));
    REQUIRE_THAT(open(path, "itself"), Contains("made of itself"));
    REQUIRE_THAT(open(path, "a"), Contains("made of itself"));
    for (const std::string name : {"no_file", "nested", "no_dataset", "truncated", "other_rank", "itself", "b"}) {
        INFO(name);
        REQUIRE_THROWS_AS(bf::from_hdf5<double>(path, name), bf::IoError);
    }
    REQUIRE_THAT(open(path, "rounded"), Contains("float64") && Contains("not exact") && Contains("float32"));
    REQUIRE_THAT(open(path, "clipped"), Contains("int32") && Contains("not exact") && Contains("uint32"));
    REQUIRE_THAT(open(path, "numbered"), Contains("%b") && Contains("without a fixed size"));
    REQUIRE_THAT(open(path, "endless"), Contains("without a fixed size"));
    for (const std::string name : {"rounded", "clipped", "numbered", "endless", "text"}) {
        INFO(name);
        REQUIRE_THROWS_AS(bf::from_hdf5<double>(path, name), bf::UnsupportedError);
    }
    // A truncated source cannot even be opened, which for libhdf5 is no error.
    const test::TemporaryFolder temporary;
    REQUIRE(make(temporary));
    std::filesystem::resize_file(temporary.file("parts/2.h5"),
                                 std::filesystem::file_size(temporary.file("parts/2.h5")) - 1);
    REQUIRE_THAT(open(temporary.file("virtual.h5"), "rows"), Contains("parts/2.h5:X") && Contains("missing"));
    // A source's filter counts as well.
    if (H5Zfilter_avail(32000) <= 0) REQUIRE_THAT(open(path, "lzf"), Contains("32000 (LZF)") && Contains("parts/0.h5"));
    else REQUIRE(holds_pattern(bf::from_hdf5<double>(path, "lzf").compute()));
}

TEST_CASE("from_hdf5: a source that goes or changes after the virtual dataset was opened is an error", "[io][errors]") {
    const test::TemporaryFolder temporary;
    REQUIRE(make(temporary));
    const auto gone = bf::from_hdf5<double>(temporary.file("virtual.h5"), "rows");
    const auto nested = bf::from_hdf5<double>(temporary.file("virtual.h5"), "nested");
    std::filesystem::rename(temporary.file("parts/1.h5"), temporary.file("parts/9.h5"));
    for (const auto& X : {gone, nested}) {
        REQUIRE_THAT(test::message([&] { (void)X.compute(); }),
                     Contains("parts/1.h5") && Contains("changed or removed"));
        REQUIRE_THROWS_AS(X.compute(), bf::IoError);
    }
    std::filesystem::rename(temporary.file("parts/9.h5"), temporary.file("parts/1.h5"));
    const auto X = bf::from_hdf5<double>(temporary.file("virtual.h5"), "rows");
    REQUIRE(holds_pattern(X.compute()));
    std::filesystem::resize_file(temporary.file("parts/2.h5"),
                                 std::filesystem::file_size(temporary.file("parts/2.h5")) - 1);
    REQUIRE_THROWS_AS(X.compute(), bf::IoError);
    // Opened again, while X keeps it open in libhdf5.
    REQUIRE_THAT(open(temporary.file("virtual.h5"), "rows"), Contains("parts/2.h5:X") && Contains("truncated"));
}
