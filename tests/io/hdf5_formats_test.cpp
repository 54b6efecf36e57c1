#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/io/hdf5.hpp>

#include "support/errors.hpp"
#include "support/files.hpp"

/// Types, layouts and filters, compared with what h5py reads.

namespace bf = blockfit;
using bf::Index;
using Catch::Matchers::Contains;

namespace {

const std::string& folder() {
    static const test::TemporaryFolder temporary;
    static const bool made =
        test::python(BLOCKFIT_TEST_SOURCE_DIR "/io/make_layouts.py " + temporary.file("") + " formats layouts");
    static const std::string path = temporary.file("");
    REQUIRE(made);
    return path;
}

std::vector<double> wanted(const std::string& file, const std::string& dataset) {
    const std::vector<char> bytes = test::read_bytes(folder() + file + "." + dataset + ".values");
    std::vector<double> values(bytes.size() / sizeof(double));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(double));
    REQUIRE_FALSE(values.empty());
    return values;
}

template <class T>
bool same(const bf::Matrix<T>& got, const std::vector<double>& want, Index first_row = 0) {
    const double* at = want.data() + first_row * got.cols();
    for (Index i = 0; i < got.rows(); ++i)
        for (Index j = 0; j < got.cols(); ++j, ++at)
            if (got(i, j) != static_cast<T>(*at) && !(std::isnan(static_cast<double>(got(i, j))) && std::isnan(*at)))
                return false;
    return got.rows() > 0;
}

/// Is the dataset what h5py reads, whole and in part, for small and large blocks?
template <class T = double>
void check(const std::string& file, const std::string& dataset) {
    INFO(file << ".h5:" << dataset);
    const auto X = bf::from_hdf5<T>(folder() + file + ".h5", dataset);
    const std::vector<double> want = wanted(file, dataset);
    REQUIRE(X.rows() * X.cols() == std::ssize(want));
    REQUIRE(same(X.compute(), want));
    REQUIRE(same(X.rechunk(61).compute(), want));
    const Index first = X.rows() / 3, last = X.rows() - X.rows() / 5;
    REQUIRE(same(X.rows(first, last).compute(), want, first));
}

}  // namespace

TEST_CASE("from_hdf5: every layout in either byte order, with a user block and without", "[io]") {
    for (const std::string file : {"formats", "formats_user_block"}) {
        for (const std::string order : {"little", "big", "big_i4", "big_half", "half"})
            for (const std::string name : {"contiguous", "chunked", "gzip", "columns", "tiles", "unlimited", "szip",
                                           "fletcher_first", "compact", "holes", "holes_gzip", "holes_lzf", "never"}) {
                check<double>(file, name + "_" + order);
                check<float>(file, name + "_" + order);
            }
        check(file, "large_chunk_big");
        check(file, "scaleoffset_big_i4");
        check(file, "scaleoffset_little");
    }
    check("matlab", "X");
    REQUIRE(same(bf::Matrix<float>(1003, 1, bf::from_hdf5_vector<float>(folder() + "matlab.h5", "y").compute()),
                 wanted("matlab", "y")));
}

TEST_CASE("from_hdf5: every float16, of either byte order, by every route", "[io]") {
    for (const std::string storage : {"contiguous", "gzip", "szip"})
        for (const std::string order : {"little", "big"}) {
            check<double>("halves", storage + "_" + order);
            check<float>("halves", storage + "_" + order);
            // Infinity and NaN are no integers: row 7936 holds the first of them.
            try {
                (void)bf::from_hdf5<std::int32_t>(folder() + "halves.h5", storage + "_" + order)
                    .rows(7000, 8000)
                    .compute();
                FAIL("infinity was read as an integer");
            } catch (const bf::DataError& error) {
                REQUIRE(error.dataset() == storage + "_" + order);
            }
        }
}

TEST_CASE("from_hdf5: numbers that only the library converts", "[io]") {
    for (const std::string file : {"formats", "formats_user_block"}) {
        for (const std::string name : {"int12", "int12_nbit", "int32_nbit", "enum", "bool"}) {
            check<double>(file, name);
            check<std::int16_t>(file, name);
        }
        const auto wide = bf::from_hdf5<std::uint32_t>(folder() + file + ".h5", "uint24").compute();
        for (Index i = 0; i < 1003; ++i)
            for (Index j = 0; j < 5; ++j) REQUIRE(wide(i, j) == static_cast<std::uint32_t>((7 * i + 3 * j) % 120));
        const auto brain = bf::from_hdf5<float>(folder() + file + ".h5", "bfloat16").compute();
        REQUIRE(brain(0, 0) == 1.0F);
        REQUIRE(brain(0, 1) == -2.5F);
        REQUIRE(std::abs(brain(0, 2) / 3e38F - 1) < 0.01F);  // eight bits of precision
        REQUIRE(brain(1, 0) == 0.0F);
        REQUIRE(std::isinf(brain(1, 1)));
        REQUIRE(std::abs(brain(1, 2) / 1e-38F - 1) < 0.01F);
        REQUIRE_THAT(test::message([&] { (void)bf::from_hdf5<double>(folder() + file + ".h5", "long_double"); }),
                     Contains("floating-point numbers of 80 bits") || Contains("floating-point numbers of"));
        REQUIRE_THROWS_AS(bf::from_hdf5<double>(folder() + file + ".h5", "long_double"), bf::UnsupportedError);
    }
    REQUIRE(bf::from_hdf5<bool>(folder() + "formats.h5", "bool").compute()(1, 0));
    REQUIRE_THROWS_AS(bf::from_hdf5<bool>(folder() + "formats.h5", "enum").compute(), bf::DataError);  // 0 and 3
}

TEST_CASE("from_hdf5: external files", "[io]") {
    check("external", "X");
    check("external", "big");
    const std::string path = folder() + "external.h5";
    REQUIRE_THAT(test::message([&] { (void)bf::from_hdf5<double>(path, "gone"); }),
                 Contains("d.bin") && Contains("cannot be opened") && Contains("dataset gone"));
    REQUIRE_THAT(test::message([&] { (void)bf::from_hdf5<double>(path, "cut"); }),
                 Contains("e.bin") && Contains("truncated"));
    REQUIRE_THROWS_AS(bf::from_hdf5<double>(path, "gone"), bf::IoError);
    // Cut after it was opened.
    const auto X = bf::from_hdf5<double>(path, "big");
    std::filesystem::resize_file(folder() + "c.bin", 1000);
    REQUIRE_THAT(test::message([&] { (void)X.compute(); }), Contains("c.bin") && Contains("changed"));
}

TEST_CASE("from_hdf5: LZF, without a plug-in", "[io]") {
    for (const std::string name : {"u1_20000", "u1_1000", "u1_333", "u1_40", "u1_7", "u1_1", "f8"}) check("lzf", name);
    REQUIRE_THAT(test::message([&] { (void)bf::from_hdf5<double>(folder() + "lzf.h5", "damaged").compute(); }),
                 Contains("compressed data is damaged") && Contains("row 0"));
}

TEST_CASE("expand_lzf takes nothing beyond its ends", "[io][errors]") {
    const auto expand = [](std::vector<unsigned char> in, std::size_t out_bytes) {
        std::vector<std::byte> out(out_bytes);  // of exactly this size, for the address sanitizer
        return bf::hdf5::expand_lzf(std::as_bytes(std::span(in)), out.data(), out.size());
    };
    REQUIRE(expand({}, 0));
    REQUIRE(expand({1, 'a', 'b'}, 2));
    REQUIRE(expand({0, 'a', 0x20, 0}, 4));         // one, and three like it
    REQUIRE(expand({0, 'a', 0xE0, 255, 0}, 265));  // the longest
    REQUIRE_FALSE(expand({0, 'a', 0xE0, 255, 0}, 264));
    REQUIRE_FALSE(expand({0, 'a', 0xE0, 255, 0}, 266));
    REQUIRE_FALSE(expand({1, 'a'}, 2));  // a run that is not there
    REQUIRE_FALSE(expand({1, 'a', 'b'}, 1));
    REQUIRE_FALSE(expand({1, 'a', 'b'}, 3));
    REQUIRE_FALSE(expand({0, 'a', 0x20}, 4));  // cut
    REQUIRE_FALSE(expand({0, 'a', 0xE0}, 300));
    REQUIRE_FALSE(expand({0, 'a', 0xE0, 1}, 300));
    REQUIRE_FALSE(expand({0, 'a', 0x20, 1}, 4));  // from before the start
    REQUIRE_FALSE(expand({0x20, 0}, 3));
}

TEST_CASE("from_hdf5: a filter that is not installed is named when the file is opened", "[io][errors]") {
    const std::string path = folder() + "layouts.h5";
    struct NoPlugins {  // whatever this machine has
        NoPlugins() {
            const bf::hdf5::Session session;
            H5PLget_loading_state(&loading);
            H5PLset_loading_state(0);
            for (const int id : {307, 32015}) (void)H5Zunregister(id);
        }
        ~NoPlugins() { H5PLset_loading_state(loading); }
        unsigned loading = 0;
    } const no_plugins;
    const auto open = [&](const std::string& name) {
        REQUIRE_THROWS_AS(bf::from_hdf5<double>(path, name), bf::UnsupportedError);
        return test::message([&] { (void)bf::from_hdf5<double>(path, name); });
    };
    REQUIRE_THAT(open("bzip2"), Contains("filter 307 (bzip2) is not installed") &&
                                    Contains("Debian's package hdf5-filter-plugin") &&
                                    Contains("HDF5_PLUGIN_PATH (searched: /") && Contains("h5repack -f GZIP=4") &&
                                    Contains("dataset bzip2"));
    REQUIRE_THAT(open("zstandard"), Contains("filter 32015 (Zstandard) is not installed") && !Contains("Debian"));
    REQUIRE_THAT(open("private"), Contains("filter 40000 (unknown) is not installed"));
    REQUIRE(bf::hdf5_datasets(path).size() > 10);  // which says what is there nevertheless
}

TEST_CASE("hdf5: the names of filters", "[io]") {
    for (const auto& [id, name] : {std::pair{307, "bzip2"},
                                   {32001, "Blosc"},
                                   {32004, "LZ4"},
                                   {32008, "bitshuffle"},
                                   {32013, "ZFP"},
                                   {32015, "Zstandard"},
                                   {32026, "Blosc2"},
                                   {4, "szip"},
                                   {5, "nbit"},
                                   {6, "scaleoffset"}}) {
        REQUIRE(bf::hdf5::find_filter(id) != nullptr);
        REQUIRE(bf::hdf5::find_filter(id)->name == name);
    }
    REQUIRE(bf::hdf5::find_filter(12345) == nullptr);
}

TEST_CASE("from_hdf5: 2^33 rows", "[io]") {
    const auto X = bf::from_hdf5<int>(folder() + "tall.h5", "X");
    const Index n = Index{1} << 33;
    REQUIRE(X.rows() == n);
    const auto last = X.rows(n - 7, n).compute();
    for (Index j = 0; j < 3; ++j) {
        REQUIRE(last(0, j) == 9);
        REQUIRE(last(1, j) == 9);
        for (Index i = 0; i < 5; ++i) REQUIRE(last(i + 2, j) == 3 * i + j);
    }
    REQUIRE(X.rows((n >> 1) - 3, (n >> 1) + 3).compute()(4, 1) == 9);
}

TEST_CASE("from_hdf5: a header that claims more than there can be is refused", "[io][errors]") {
    const test::TemporaryFolder temporary;
    const auto overwritten = [&](const std::string& file, std::uint64_t rows, std::uint64_t other) {
        std::vector<char> bytes = test::read_bytes(folder() + file);
        const char* const pattern = reinterpret_cast<const char*>(&rows);
        const auto at = std::search(bytes.begin(), bytes.end(), pattern, pattern + 8);
        REQUIRE(at != bytes.end());
        std::memcpy(&*at, &other, sizeof other);
        test::write_bytes(temporary.file(file), bytes);
        return temporary.file(file);
    };
    const auto open = [](const std::string& path, const std::string& dataset) {
        return test::message([&] { (void)bf::from_hdf5<double>(path, dataset); });
    };
    for (const std::string name : {"rows", "bytes", "product", "columns"}) {
        REQUIRE_THAT(open(folder() + "huge.h5", name),
                     Contains("too large") && Contains("huge.h5") && Contains("dataset " + name));
        REQUIRE_THROWS_AS(bf::from_hdf5<double>(folder() + "huge.h5", name), bf::ShapeError);
    }
    REQUIRE_THAT(test::message([&] { (void)bf::from_hdf5_vector<double>(folder() + "huge.h5", "blocks"); }),
                 Contains("too many blocks") && Contains("dataset blocks"));
    for (const int power : {60, 61, 62, 63})
        REQUIRE_THAT(open(overwritten("damaged.h5", 0x0123456789AB, std::uint64_t{1} << power), "chunked"),
                     (Contains("is damaged") || Contains("cannot be opened")) && Contains("damaged.h5"));
    // Few enough to be counted, but not in the file.
    for (const std::uint64_t rows : {0x01235u, 0xFFFFFFFFu})
        REQUIRE_THROWS_AS(bf::from_hdf5<double>(overwritten("damaged_contiguous.h5", 0x01234, rows), "X"), bf::IoError);
}

TEST_CASE("from_hdf5: a file that was written to after it was opened is an error", "[io][errors]") {
    const test::TemporaryFolder temporary;
    for (const std::string name : {"contiguous_little", "gzip_little", "fletcher_first_little"}) {
        const std::string path = temporary.file(name + ".h5");
        std::filesystem::copy_file(folder() + "formats.h5", path);
        {
            const auto X = bf::from_hdf5<double>(path, name);
            (void)X.rows(0, 10).compute();
            std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::seconds(1));
            REQUIRE_THAT(test::message([&] { (void)X.compute(); }),
                         Contains("was changed after it was opened") && Contains(path));
            REQUIRE_THROWS_AS(X.compute(), bf::IoError);
            // What libhdf5 knows of the file is old as long as an array holds it open.
            REQUIRE_THAT(test::message([&] { (void)bf::from_hdf5<double>(path, name); }), Contains("let go of its arrays"));
        }
        REQUIRE(bf::from_hdf5<double>(path, name).compute().rows() == 1003);
    }
}

TEST_CASE("from_hdf5: what an external link leads to is read from its own file", "[io]") {
    const test::TemporaryFolder temporary;
    const std::string main = temporary.file("main.h5"), other = temporary.file("other.h5");
    REQUIRE(test::python("-c \"import h5py, numpy as np; f = h5py.File('" + other +
                         "', 'w'); f['B'] = np.arange(40.).reshape(10, 4); g = h5py.File('" + main +
                         "', 'w'); g['A'] = np.full((1000, 4), 1e6); g['L'] = h5py.ExternalLink('other.h5', '/B')\""));
    const bf::Matrix<double> got = bf::from_hdf5<double>(main, "L").compute();
    REQUIRE(got.rows() == 10);
    for (Index i = 0; i < 40; ++i) REQUIRE(got.values()[static_cast<std::size_t>(i)] == static_cast<double>(i));
}

TEST_CASE("from_hdf5: edge chunks that lie unfiltered", "[io]") {
    const test::TemporaryFolder temporary;
    const std::string path = temporary.file("edges.h5");
    const bf::Matrix<double> want = [] {
        bf::Matrix<double> m(10, 4);
        for (std::size_t i = 0; i < 40; ++i) m.values()[i] = static_cast<double>(i + 1);
        return m;
    }();
    {
        const hsize_t dims[2] = {10, 4}, chunk[2] = {4, 4};
        const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
        H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
        const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
        const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(creation, 2, chunk);
        H5Pset_shuffle(creation);
        H5Pset_deflate(creation, 4);
        H5Pset_chunk_opts(creation, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
        const hid_t space = H5Screate_simple(2, dims, nullptr);
        const hid_t data = H5Dcreate2(file, "X", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
        REQUIRE(H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, want.data()) >= 0);
        H5Dclose(data);
        H5Sclose(space);
        H5Pclose(creation);
        H5Fclose(file);
        H5Pclose(access);
    }
    REQUIRE(bf::from_hdf5<double>(path, "X").compute() == want);
}
