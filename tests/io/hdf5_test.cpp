#include <catch2/catch.hpp>

#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/io/hdf5.hpp>

#include "support/errors.hpp"
#include "support/files.hpp"

namespace bf = blockfit;
using bf::Index;
using Catch::Matchers::Contains;

namespace {

/// Files written by h5py, once for all tests.
const std::string& layouts() {
    static const test::TemporaryFolder folder;
    static const bool made = test::python(BLOCKFIT_TEST_SOURCE_DIR "/io/make_layouts.py " + folder.file(""));
    static const std::string path = folder.file("");
    REQUIRE(made);
    return path;
}
std::string layout_file() { return layouts() + "layouts.h5"; }

template <class T>
bool holds_pattern(const bf::Matrix<T>& m, Index first_row = 0) {
    for (Index i = 0; i < m.rows(); ++i)
        for (Index j = 0; j < m.cols(); ++j)
            if (m(i, j) != static_cast<T>((7 * (i + first_row) + 3 * j) % 120)) return false;
    return true;
}

bf::ChunkedMatrix<double> pattern(Index rows, Index cols, Index block_rows) {
    return bf::from_function<double>(
        rows, cols,
        [](Index first, bf::MatrixView<double> out) {
            for (Index i = 0; i < out.rows(); ++i)
                for (Index j = 0; j < out.cols(); ++j) out(i, j) = static_cast<double>((7 * (first + i) + 3 * j) % 120);
        },
        {.block_rows = block_rows});
}

}  // namespace

TEST_CASE("from_hdf5: every element type in both byte orders", "[io]") {
    for (const std::string storage : {"contiguous", "gzip"})
        for (const std::string type : {"f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"})
            for (const std::string order : {"little", "big"}) {
                const std::string name = storage + "_" + type + "_" + order;
                INFO(name);
                REQUIRE(holds_pattern(bf::from_hdf5<double>(layout_file(), name).compute()));
                REQUIRE(holds_pattern(bf::from_hdf5<float>(layout_file(), name, {.block_rows = 77}).compute()));
                REQUIRE(holds_pattern(bf::from_hdf5<std::int8_t>(layout_file(), name).compute()));
                REQUIRE(holds_pattern(bf::from_hdf5<std::uint64_t>(layout_file(), name).compute()));
            }
}

TEST_CASE("from_hdf5: every layout, any blocks and any number of threads", "[io]") {
    for (const std::string name : {"contiguous_f8_little", "rows_1", "rows_100", "whole", "column", "tile", "gzip", "shuffle",
                                   "shuffle_gzip", "checksum", "all_filters", "lzf", "lzf_all", "scaleoffset", "unlimited", "group/inner"})
        for (const Index block_rows : {0, 1003, 100, 61})
            for (const int threads : {1, 8}) {
                INFO(name << ", block_rows " << block_rows << ", threads " << threads);
                const bf::Settings settings({.threads = threads});
                const auto X = bf::from_hdf5<double>(layout_file(), name, {.block_rows = block_rows});
                REQUIRE(X.shape() == std::array<Index, 2>{1003, 5});
                REQUIRE(holds_pattern(X.compute()));
                REQUIRE(holds_pattern(X.rows(99, 403).compute(), 99));
            }
    for (const std::string file : {"user_block.h5", "latest.h5"})
        for (const std::string name : {"X", "chunked"}) {
            INFO(file << " " << name);
            REQUIRE(holds_pattern(bf::from_hdf5<double>(layouts() + file, name).compute()));
        }
    REQUIRE(holds_pattern(bf::from_hdf5<double>(layout_file(), "compact").compute()));
    REQUIRE(holds_pattern(bf::from_hdf5<double>(layout_file(), "skipped_filter").compute()));
}

TEST_CASE("from_hdf5: parts never written hold the fill value", "[io]") {
    const auto X = bf::from_hdf5<double>(layout_file(), "holes").compute();
    REQUIRE(holds_pattern(bf::Matrix<double>(X.view().rows(200, 300)), 200));
    for (const Index i : {0, 199, 300, 1002}) REQUIRE(X(i, 3) == 5.0);
    REQUIRE(bf::from_hdf5<double>(layout_file(), "never_written").compute() == bf::Matrix<double>(10, 2, std::vector<double>(20, 2.0)));
}

TEST_CASE("from_hdf5: bool, empty, and vectors of shape (n,) and (n, 1)", "[io]") {
    const auto flags = bf::from_hdf5<int>(layout_file(), "bool").compute();
    REQUIRE(flags(1, 0) == 1);
    REQUIRE(flags(0, 0) == 0);
    REQUIRE(bf::from_hdf5<double>(layout_file(), "empty").compute().rows() == 0);
    const auto y = bf::from_hdf5_vector<bf::Label>(layout_file(), "y");
    REQUIRE(y.shape() == std::array<Index, 1>{1003});
    REQUIRE(y.compute() == bf::from_hdf5_vector<bf::Label>(layout_file(), "y_column").compute());
    REQUIRE(y.compute()[10] == 70);
}

TEST_CASE("from_hdf5: block_rows is chosen from the chunks", "[io]") {
    REQUIRE(bf::from_hdf5<double>(layout_file(), "rows_100").plan()[0].size() == 1003);  // small chunks are grouped
    REQUIRE(bf::detail::choose_block_rows(0, 160, 500'000) == 500'000);                  // 80 MB: as it is
    REQUIRE(bf::detail::choose_block_rows(0, 160, 1'000) == 100'000);                    // grouped up to 16 MB
    REQUIRE(bf::detail::choose_block_rows(0, 160, 0) == 100'000);
    REQUIRE(bf::detail::choose_block_rows(0, 160, 1'000'000) == 100'000);                // 160 MB is too large
    REQUIRE(bf::detail::choose_block_rows(0, 160'000'000, 0) == 1);
}

TEST_CASE("from_hdf5: what is not there or not to be read says why", "[io][errors]") {
    const std::string file = layout_file();
    const auto open = [&](const std::string& path, const std::string& name) {
        return test::message([&] { (void)bf::from_hdf5<double>(path, name); });
    };
    REQUIRE_THAT(open("/nowhere/data.h5", "X"), Contains("No such file") && Contains("/nowhere/data.h5"));
    REQUIRE_THAT(open(layouts(), "X"), Contains("directory"));
    REQUIRE_THAT(open(layouts() + "text.h5", "X"), Contains("not an HDF5 file"));
    REQUIRE_THAT(open(layouts() + "zero.h5", "X"), Contains("not an HDF5 file"));
    REQUIRE_THAT(open(layouts() + "user_block.h5", "Y"), Contains("the file has X, chunked") && Contains("dataset Y"));
    REQUIRE_THAT(open(file, "group"), Contains("not a dataset"));
    REQUIRE_THAT(open(file, "scalar"), Contains("0 dimensions"));
    REQUIRE_THAT(open(file, "cube"), Contains("3 dimensions"));
    REQUIRE_THAT(open(file, "y"), Contains("from_hdf5_vector"));
    REQUIRE_THAT(open(file, "text"), Contains("strings"));
    REQUIRE_THAT(open(file, "compound"), Contains("compound"));
    REQUIRE_THAT(open(file, "complex"), Contains("compound"));
    REQUIRE_THAT(open(file, "virtual"), Contains("virtual") && Contains("nowhere.h5"));
    REQUIRE_THAT(test::message([&] { (void)bf::from_hdf5_vector<int>(file, "rows_1"); }), Contains("from_hdf5") && Contains("1003 x 5"));
    REQUIRE_THROWS_AS(bf::from_hdf5<double>(file, "text"), bf::UnsupportedError);
    REQUIRE_THROWS_AS(bf::from_hdf5<double>(file, "cube"), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::from_hdf5<double>("/nowhere/data.h5", "X"), bf::IoError);
}

TEST_CASE("from_hdf5: a value that the type cannot hold is named", "[io][errors]") {
    const auto fails = [&]<class T>(T, const std::string& name, Index row, Index column) {
        try {
            (void)bf::from_hdf5<T>(layout_file(), name).compute();
            FAIL(name << " was read");
        } catch (const bf::DataError& error) {
            REQUIRE(error.row() == row);
            REQUIRE(error.column() == column);
            REQUIRE(error.dataset() == name);
            REQUIRE(error.file() == layout_file());
        }
    };
    fails(double{}, "large", 1, 1);
    fails(std::int32_t{}, "large", 1, 1);
    fails(std::int32_t{}, "fraction", 1, 0);
    fails(float{}, "huge", 1, 0);
    REQUIRE(bf::from_hdf5<std::int64_t>(layout_file(), "large").compute()(1, 1) == (std::int64_t{1} << 53) + 1);
}

TEST_CASE("from_hdf5: a truncated file is refused", "[io][errors]") {
    const test::TemporaryFolder folder;
    std::vector<char> bytes = test::read_bytes(layouts() + "user_block.h5");
    for (const std::size_t keep : {bytes.size() - 1, bytes.size() / 2, std::size_t{600}}) {
        test::write_bytes(folder.file("cut.h5"), {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(keep)});
        REQUIRE_THROWS_AS(bf::from_hdf5<double>(folder.file("cut.h5"), "X"), bf::IoError);
    }
    // Cut while it is open: found when the rows are read, or when it is opened again.
    bf::to_hdf5(folder.file("x.h5"), bf::dataset("X", pattern(100'000, 4, 10'000)));
    REQUIRE(test::python("-c \"import h5py; f = h5py.File('" + folder.file("x.h5") + "'); g = h5py.File('" +
                         folder.file("contiguous.h5") + "', 'w'); g['X'] = f['X'][:]\""));
    {
        const auto X = bf::from_hdf5<double>(folder.file("contiguous.h5"), "X");
        std::filesystem::resize_file(folder.file("contiguous.h5"), 1'000'000);
        REQUIRE_THAT(test::message([&] { (void)X.compute(); }), Contains("was changed"));
    }
    REQUIRE_THAT(test::message([&] { (void)bf::from_hdf5<double>(folder.file("contiguous.h5"), "X"); }), Contains("truncated"));
}

TEST_CASE("from_hdf5: any damaged byte of a checksummed chunk is found", "[io][errors]") {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("x.h5");
    bf::to_hdf5(path, {.chunk_rows = 50}, bf::dataset("X", pattern(200, 4, 200)));
    const std::vector<char> good = test::read_bytes(path);
    // Find the third chunk by its content.
    const auto expected = pattern(200, 4, 200).compute();
    const char* const row = reinterpret_cast<const char*>(expected.row(100).data());
    const auto place = std::search(good.begin(), good.end(), row, row + 32);
    REQUIRE(place != good.end());
    for (const std::ptrdiff_t offset : {0, 7, 31, 800, 1599, 1600, 1603}) {  // the last two are in the checksum
        std::vector<char> bad = good;
        bad[static_cast<std::size_t>(place - good.begin() + offset)] ^= 4;
        test::write_bytes(path, bad);
        const auto X = bf::from_hdf5<double>(path, "X", {.block_rows = 50});
        try {
            (void)X.compute();
            FAIL("byte " << offset << " was not noticed");
        } catch (const bf::IoError& error) {
            REQUIRE_THAT(error.what(), Contains("checksum") && Contains("dataset X"));
            REQUIRE(error.block() == 2);
            REQUIRE(error.row() == 100);
        }
        REQUIRE(X.rows(0, 100).compute().rows() == 100);  // the rest can be read
    }
}

TEST_CASE("fletcher32 is HDF5's", "[io]") {
    // Written with our checksum, read by h5py, which checks it with the library's; all lengths around the lanes.
    const test::TemporaryFolder folder;
    std::vector<bf::Dataset> datasets;
    for (const Index cols : {1, 2, 3, 7, 8, 9, 31, 64, 100, 4096, 5000})
        datasets.push_back(bf::dataset("u8_" + std::to_string(cols),
                                       bf::random_uniform(3, cols, {.seed = 5}).map_rows<std::uint8_t>([](auto in, auto out) {
                                           for (Index i = 0; i < in.rows(); ++i)
                                               for (Index j = 0; j < in.cols(); ++j)
                                                   out(i, j) = in(i, j) < 0.3 ? 255 : static_cast<std::uint8_t>(256 * in(i, j));
                                       })));
    datasets.push_back(bf::dataset("zeros", bf::from_function<double>(3, 70, [](Index, bf::MatrixView<double> out) {
                                       for (Index i = 0; i < out.rows(); ++i) std::ranges::fill(out.row(i), 0.0);
                                   })));
    datasets.push_back(bf::dataset("ones", bf::from_function<std::uint8_t>(3, 70'000, [](Index, bf::MatrixView<std::uint8_t> out) {
                                       for (Index i = 0; i < out.rows(); ++i) std::ranges::fill(out.row(i), std::uint8_t{255});
                                   })));
    for (const Index chunk_rows : {1, 2}) {
        bf::to_hdf5(folder.file("x.h5"), {.chunk_rows = chunk_rows}, datasets);
        REQUIRE(test::python("-c \"import h5py; f = h5py.File('" + folder.file("x.h5") +
                             "'); [f[name][:] for name in f]; assert all(f[name].fletcher32 for name in f)\""));
        for (const bf::Dataset& d : datasets)
            REQUIRE(bf::from_hdf5<double>(folder.file("x.h5"), d.name).compute().rows() == 3);
    }
}

TEST_CASE("to_hdf5: h5py reads back what was written", "[io]") {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("out.h5");
    const auto X = pattern(1003, 5, 97);
    for (const int threads : {1, 2, 8})
        for (const Index chunk_rows : {0, 1, 97, 100, 1003, 5000}) {
            const bf::Settings settings({.threads = threads});
            bf::to_hdf5(path, {.chunk_rows = chunk_rows}, bf::dataset("X", X), bf::dataset("f4", X.astype<float>()),
                        bf::dataset("nested/i2", X.astype<std::int16_t>()), bf::dataset("y", X.col(0).astype<std::int64_t>()));
            REQUIRE(holds_pattern(bf::from_hdf5<double>(path, "X").compute()));
            REQUIRE(holds_pattern(bf::from_hdf5<double>(path, "nested/i2").compute()));
        }
    REQUIRE(test::python("-c \"\nimport h5py, numpy as np\nf = h5py.File('" + path +
                         "')\ni, j = np.arange(1003)[:, None], np.arange(5)[None, :]\nwant = (7 * i + 3 * j) % 120\n"
                         "for name, dtype in (('X', 'f8'), ('f4', 'f4'), ('nested/i2', 'i2')):\n"
                         "    assert f[name].dtype == dtype and f[name].fletcher32 and (f[name][:] == want).all(), name\n"
                         "assert f['y'].shape == (1003,) and (f['y'][:] == want[:, 0]).all()\n\""));
    REQUIRE(folder.names() == std::vector<std::string>{"out.h5"});
    bf::to_hdf5(path, {.checksum = false}, bf::dataset("X", X));
    REQUIRE(holds_pattern(bf::from_hdf5<double>(path, "X").compute()));
    bf::to_hdf5(path, bf::dataset("none", pattern(0, 3, 10)));
    REQUIRE(bf::from_hdf5<double>(path, "none").rows() == 0);
}

TEST_CASE("to_hdf5: compressed, h5py reads back what was written", "[io]") {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("out.h5");
    const auto X = pattern(1003, 5, 97);
    const auto noise = bf::random_normal(1003, 3, {.seed = 3, .block_rows = 97});
    for (const int compression : {1, 4, 9})
        for (const int threads : {1, 8})
            for (const Index chunk_rows : {0, 1, 50, 97, 100, 1003, 5000})
                for (const bool checksum : {true, false}) {
                    INFO("level " << compression << ", threads " << threads << ", chunk_rows " << chunk_rows);
                    if (chunk_rows == 1 && compression != 4) continue;
                    const bf::Settings settings({.threads = threads});
                    bf::to_hdf5(path, {.chunk_rows = chunk_rows, .checksum = checksum, .compression = compression},
                                bf::dataset("X", X), bf::dataset("f4", X.astype<float>()), bf::dataset("noise", noise),
                                bf::dataset("u1", X.col(0).astype<std::uint8_t>()));
                    REQUIRE(holds_pattern(bf::from_hdf5<double>(path, "X").compute()));
                    REQUIRE(holds_pattern(bf::from_hdf5<double>(path, "f4").compute()));
                    REQUIRE(bf::from_hdf5<double>(path, "noise").compute() == noise.compute());
                    if (chunk_rows != 50 && chunk_rows != 1003) continue;
                    REQUIRE(test::python("-c \"\nimport h5py, numpy as np\nf = h5py.File('" + path +
                                         "')\ni, j = np.arange(1003)[:, None], np.arange(5)[None, :]\nwant = (7 * i + 3 * j) % 120\n"
                                         "for name in 'X', 'f4':\n"
                                         "    d = f[name]\n"
                                         "    assert d.compression == 'gzip' and d.compression_opts == " + std::to_string(compression) +
                                         " and d.shuffle and d.fletcher32 == " + (checksum ? "True" : "False") + "\n"
                                         "    assert (d[:] == want).all(), name\n"
                                         "assert (f['u1'][:] == want[:, 0]).all() and not f['u1'].shuffle\n"
                                         "assert f['X'].id.get_storage_size() < 1003 * 5 * 8 / 2\n"
                                         "assert abs(f['noise'][:].mean()) < 0.1\n\""));
                }
    for (const int wrong : {-1, 10})
        REQUIRE_THAT(test::message([&] { bf::to_hdf5(path, {.compression = wrong}, bf::dataset("X", X)); }),
                     Contains("compression is " + std::to_string(wrong)));
    REQUIRE_THROWS_AS(bf::to_hdf5(path, {.compression = 10}, bf::dataset("X", X)), bf::ParameterError);
    REQUIRE_THROWS_AS(bf::to_hdf5(path, {.chunk_rows = -1}, bf::dataset("X", X)), bf::ParameterError);
    REQUIRE(folder.names() == std::vector<std::string>{"out.h5"});
}

TEST_CASE("to_hdf5: the same file for any number of threads, compressed or not", "[io]") {
    const test::TemporaryFolder folder;
    const auto X = bf::random_normal(20'000, 7, {.seed = 3, .block_rows = 3000});
    for (const int compression : {0, 3}) {
        std::vector<std::vector<char>> files;
        for (const int threads : {1, 8}) {
            const bf::Settings settings({.threads = threads});
            bf::to_hdf5(folder.file("x.h5"), {.chunk_rows = 700, .compression = compression}, bf::dataset("X", X));
            files.push_back(test::read_bytes(folder.file("x.h5")));
        }
        const bool same = files[0] == files[1];  // Catch would print them
        REQUIRE(same);
    }
}

TEST_CASE("to_hdf5: bool is what h5py takes for bool", "[io]") {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("out.h5");
    const auto flags = pattern(1003, 5, 97).map_rows<bool>([](auto in, auto out) {
        for (Index i = 0; i < in.rows(); ++i)
            for (Index j = 0; j < in.cols(); ++j) out(i, j) = static_cast<int>(in(i, j)) % 3 == 1;
    });
    for (const int compression : {0, 2}) {
        bf::to_hdf5(path, {.compression = compression}, bf::dataset("X", flags), bf::dataset("y", flags.col(1)));
        REQUIRE(test::python("-c \"\nimport h5py, numpy as np\nf = h5py.File('" + path +
                             "')\ni, j = np.arange(1003)[:, None], np.arange(5)[None, :]\nwant = (7 * i + 3 * j) % 120 % 3 == 1\n"
                             "assert f['X'].dtype == bool and f['y'].dtype == bool\n"
                             "assert (f['X'][:] == want).all() and (f['y'][:] == want[:, 1]).all()\n\""));
        const auto y = bf::from_hdf5_vector<bool>(path, "y").compute();
        const auto X = bf::from_hdf5<bool>(path, "X").compute();
        REQUIRE(y.size() == 1003);
        for (Index i = 0; i < 1003; ++i) {
            REQUIRE(y[static_cast<std::size_t>(i)] == ((7 * i + 3) % 120 % 3 == 1));
            REQUIRE(X(i, 1) == ((7 * i + 3) % 120 % 3 == 1));
        }
        REQUIRE(bf::from_hdf5<double>(path, "X").compute()(0, 1) == 0.0);
        REQUIRE(bf::hdf5_datasets(path)[0].dtype == "bool");
    }
}

TEST_CASE("to_hdf5: at most 10,000 chunks a dataset", "[io]") {
    const test::TemporaryFolder folder;
    // 40 GB if it were written: only the choice is looked at.
    const bf::Dataset big = bf::dataset("X", pattern(500'000'000, 10, 1'000'000));
    bf::hdf5::FileWriter file("test", folder.file("x.h5"), true);
    {
        const bf::hdf5::DatasetWriter writer(file, big, {});
    }
    const bf::hdf5::Handle dataset(H5Dopen2(file, "X", H5P_DEFAULT), H5Dclose, "test", "x.h5");
    const bf::hdf5::Handle creation(H5Dget_create_plist(dataset), H5Pclose, "test", "x.h5");
    hsize_t chunk[2];
    H5Pget_chunk(creation, 2, chunk);
    REQUIRE(500'000'000 / chunk[0] <= 10'000);
    REQUIRE(static_cast<Index>(chunk[0]) % bf::detail::tile_rows(10) == 0);
}

TEST_CASE("to_hdf5: nothing is left of a failed write, and what was there stays", "[io][errors]") {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("out.h5");
    const auto X = pattern(1000, 3, 100);
    const auto failing = X.map_blocks([](bf::MatrixView<const double> in, bf::MatrixView<double> out) {
        if (in(0, 0) == static_cast<double>(7 * 500 % 120)) throw std::runtime_error("the user's own");
        for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
    });
    REQUIRE_THROWS_WITH(bf::to_hdf5(path, bf::dataset("X", failing)), "the user's own");
    REQUIRE(folder.names().empty());
    bf::to_hdf5(path, bf::dataset("X", X));
    const std::vector<char> before = test::read_bytes(path);
    REQUIRE_THROWS_WITH(bf::to_hdf5(path, bf::dataset("X", failing)), "the user's own");
    REQUIRE(folder.names() == std::vector<std::string>{"out.h5"});
    REQUIRE(test::read_bytes(path) == before);

    REQUIRE_THAT(test::message([&] { bf::to_hdf5(path, {.overwrite = false}, bf::dataset("X", X)); }), Contains("exists"));
    const auto input = bf::from_hdf5<double>(path, "X");
    REQUIRE_THAT(test::message([&] { bf::to_hdf5(path, bf::dataset("Y", input)); }), Contains("also an input"));
    std::filesystem::create_symlink(path, folder.file("link.h5"));
    REQUIRE_THAT(test::message([&] { bf::to_hdf5(folder.file("link.h5"), bf::dataset("Y", input.rows(0, 10))); }), Contains("also an input"));
    REQUIRE_THAT(test::message([&] { bf::to_hdf5("/nowhere/out.h5", bf::dataset("X", X)); }), Contains("cannot be created") && Contains("/nowhere/out.h5"));
    REQUIRE_THAT(test::message([&] { bf::to_hdf5(folder.file(""), bf::dataset("X", X)); }), Contains("directory"));
    REQUIRE_THAT(test::message([&] { bf::to_hdf5(path, bf::dataset("X", X), bf::dataset("X", X)); }), Contains("named 'X'"));
    REQUIRE_THROWS_AS(bf::to_hdf5(folder.file("b.h5"), bf::dataset("X", X), bf::dataset("y", X.rows(0, 10).col(0))), bf::ShapeError);
    REQUIRE(test::read_bytes(path) == before);
    REQUIRE(folder.names() == std::vector<std::string>{"link.h5", "out.h5"});

    const bf::CancelToken token;
    const bf::Settings settings({.cancel = token});
    const auto cancelling = X.map_blocks([&](bf::MatrixView<const double> in, bf::MatrixView<double> out) {
        token.cancel();
        for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
    });
    REQUIRE_THROWS_AS(bf::to_hdf5(path, bf::dataset("X", cancelling)), bf::Cancelled);
    REQUIRE(test::read_bytes(path) == before);
    REQUIRE(folder.names() == std::vector<std::string>{"link.h5", "out.h5"});
}

TEST_CASE("to_hdf5: a full disk is an error, and leaves nothing", "[io][errors]") {
    // /dev/full cannot hold an HDF5 file; a tmpfs of 4 MB can be had as root only.
    const test::TemporaryFolder folder;
    const std::string mount = "mount -t tmpfs -o size=4m tmpfs " + folder.file("") + " 2>/dev/null";
    if (std::system(mount.c_str()) != 0) {
        WARN("a small tmpfs cannot be mounted here: the full disk is not tested");
        return;
    }
    struct Unmount {
        std::string path;
        ~Unmount() { (void)!std::system(("umount " + path).c_str()); }
    } unmount{folder.file("")};
    bf::to_hdf5(folder.file("old.h5"), bf::dataset("X", pattern(1000, 4, 1000)));
    const std::vector<char> before = test::read_bytes(folder.file("old.h5"));
    for (const int threads : {1, 8}) {
        const bf::Settings settings({.threads = threads});
        for (const std::string name : {"old.h5", "new.h5"}) {
            REQUIRE_THROWS_AS(bf::to_hdf5(folder.file(name), bf::dataset("X", pattern(1'000'000, 4, 50'000))), bf::IoError);
            REQUIRE(folder.names() == std::vector<std::string>{"old.h5"});
            REQUIRE(test::read_bytes(folder.file("old.h5")) == before);
        }
    }
    bf::to_hdf5(folder.file("after.h5"), bf::dataset("X", pattern(1000, 4, 1000)));  // the library is still usable
    REQUIRE(holds_pattern(bf::from_hdf5<double>(folder.file("after.h5"), "X").compute()));
}

TEST_CASE("from_hdf5: several threads of the caller's read and write at once", "[io]") {
    const test::TemporaryFolder folder;
    const auto X = bf::from_hdf5<double>(layout_file(), "all_filters");
    std::vector<int> good(4, 0);
    {
        std::vector<std::thread> threads;
        for (std::size_t t = 0; t < good.size(); ++t)
            threads.emplace_back([&, t] {
                const std::string path = folder.file(std::to_string(t) + ".h5");
                for (int k = 0; k < 5; ++k) {
                    bf::to_hdf5(path, bf::dataset("X", X));
                    good[t] += holds_pattern(bf::from_hdf5<double>(path, "X").compute());
                }
            });
        for (std::thread& thread : threads) thread.join();
    }
    REQUIRE(good == std::vector<int>(4, 5));
}
