#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/io/npy.hpp>

#include "support/errors.hpp"
#include "support/files.hpp"

namespace bf = blockfit;
using bf::Index;
using Catch::Matchers::Contains;

namespace {

constexpr const char* script = BLOCKFIT_TEST_SOURCE_DIR "/io/make_npy_reference.py ";

/// A file written by numpy; all are made once.
std::string reference(const std::string& name) {
    static const test::TemporaryFolder folder;
    static const bool made = test::python(script + ("write " + folder.file("")));
    REQUIRE(made);
    return folder.file(name);
}

template <class T>
bool holds_pattern(const bf::Matrix<T>& m, Index first_row = 0) {
    for (Index i = 0; i < m.rows(); ++i)
        for (Index j = 0; j < m.cols(); ++j)
            if (m(i, j) != static_cast<T>((7 * (i + first_row) + 3 * j) % 120)) return false;
    return m.rows() > 0;
}

template <class T>
bf::ChunkedMatrix<T> pattern(Index rows, Index cols, Index block_rows) {
    return bf::from_function<T>(
        rows, cols,
        [](Index first, bf::MatrixView<T> out) {
            for (Index i = 0; i < out.rows(); ++i)
                for (Index j = 0; j < out.cols(); ++j) {
                    const Index value = (7 * (first + i) + 3 * j) % 120;
                    out(i, j) = static_cast<T>(std::is_same_v<T, bool> ? value % 2 : value);
                }
        },
        {.block_rows = block_rows});
}

/// A file of version 1 with this dictionary.
std::string with_header(const test::TemporaryFolder& folder, const std::string& dictionary,
                        std::size_t data_bytes = 48) {
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(dictionary.size() % 256);
    bytes += static_cast<char>(dictionary.size() / 256);
    bytes += dictionary + std::string(data_bytes, '\0');
    test::write_bytes(folder.file("x.npy"), {bytes.begin(), bytes.end()});
    return folder.file("x.npy");
}

/// What from_npy<double> says, after checking its class.
template <class E>
std::string refusal(const std::string& path) {
    REQUIRE_THROWS_AS(bf::from_npy<double>(path), E);
    const std::string text = test::message([&] { (void)bf::from_npy<double>(path); });
    REQUIRE_THAT(text, Contains("from_npy: ") && Contains("[file " + path + "]"));
    return text;
}

}  // namespace

TEST_CASE("from_npy: every type, byte order, order of elements and version", "[io]") {
    for (const std::string type : {"i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"})
        for (const std::string order : {"little_", "big_"})
            for (const std::string layout : {"C1", "F1", "C2", "C3"})
                for (const bool memory_map : {false, true}) {
                    const std::string file = reference(order + type + "_" + layout + ".npy");
                    INFO(file << ", memory_map " << memory_map);
                    const bf::NpyOptions options{.block_rows = 77, .memory_map = memory_map};
                    REQUIRE(holds_pattern(bf::from_npy<double>(file, options).compute()));
                    REQUIRE(holds_pattern(bf::from_npy<float>(file, options).compute()));
                    REQUIRE(holds_pattern(bf::from_npy<std::int8_t>(file, options).compute()));
                    REQUIRE(holds_pattern(bf::from_npy<std::int16_t>(file, options).compute()));
                    REQUIRE(holds_pattern(bf::from_npy<int>(file, options).compute()));
                    REQUIRE(holds_pattern(bf::from_npy<std::uint64_t>(file, options).compute()));
                }
    for (const std::string layout : {"C1", "F1", "C2", "C3"})
        for (const bool memory_map : {false, true}) {
            const std::string file = reference("b1_" + layout + ".npy");
            INFO(file << ", memory_map " << memory_map);
            const auto expected = pattern<bool>(1003, 5, 1003).compute();
            REQUIRE(bf::from_npy<bool>(file, {.memory_map = memory_map}).compute() == expected);
            const auto doubles = bf::from_npy<double>(file, {.memory_map = memory_map}).compute();
            for (Index i = 0; i < 1003; ++i)
                for (Index j = 0; j < 5; ++j) REQUIRE(doubles(i, j) == (expected(i, j) ? 1.0 : 0.0));
        }
}

TEST_CASE("from_npy: any blocks, slices and any number of threads give the same values", "[io]") {
    struct Case {
        std::string file;
        Index rows, cols;
    };
    for (const Case& c : {Case{"little_f8_C1.npy", 1003, 5}, Case{"big_i2_F1.npy", 1003, 5},
                          Case{"tall_F.npy", 50021, 3}, Case{"column_F.npy", 9, 1}, Case{"row.npy", 1, 9}})
        for (const Index block_rows : {Index{0}, c.rows, Index{1000}, Index{61}})
            for (const int threads : {1, 8})
                for (const bool memory_map : {false, true}) {
                    INFO(c.file << ", block_rows " << block_rows << ", threads " << threads << ", memory_map "
                                << memory_map);
                    const bf::Settings settings({.threads = threads});
                    const auto X =
                        bf::from_npy<double>(reference(c.file), {.block_rows = block_rows, .memory_map = memory_map});
                    REQUIRE(X.shape() == std::array<Index, 2>{c.rows, c.cols});
                    REQUIRE(holds_pattern(X.compute()));
                    if (c.rows < 500) continue;
                    REQUIRE(holds_pattern(X.rows(99, 403).compute(), 99));
                    REQUIRE(holds_pattern(X.map_blocks([](auto in, auto out) {
                                               for (Index i = 0; i < in.rows(); ++i)
                                                   std::ranges::copy(in.row(i), out.row(i).begin());
                                           }).compute()));
                    REQUIRE(X.cols({2}).compute()(50, 0) == (7 * 50 + 6) % 120);
                }
}

TEST_CASE("from_npy: Fortran order of many rows, many columns, and elements of every size", "[io]") {
    for (const bool memory_map : {false, true}) {
        const auto tall =
            bf::from_npy<std::uint8_t>(reference("tall_small_F.npy"), {.block_rows = 70'001, .memory_map = memory_map});
        REQUIRE(holds_pattern(tall.compute()));
        REQUIRE(holds_pattern(tall.rows(199'990, 200'003).compute(), 199'990));
        const auto wide =
            bf::from_npy<std::int16_t>(reference("wide_F.npy"), {.block_rows = 10, .memory_map = memory_map});
        REQUIRE(wide.shape() == std::array<Index, 2>{37, 9001});
        REQUIRE(holds_pattern(wide.compute()));
        REQUIRE(holds_pattern(bf::from_npy<float>(reference("wide_F.npy"), {.memory_map = memory_map}).compute()));
    }
    // Rows read backwards, one at a time, by one reader.
    const auto X = bf::from_npy<double>(reference("tall_F.npy"));
    bf::Scratch scratch;
    for (Index i = 50'020; i >= 0; i -= 1009) {
        const bf::MatrixView<const double> row = X.source()->view({i, i + 1}, scratch);
        for (Index j = 0; j < 3; ++j) REQUIRE(row(0, j) == static_cast<double>((7 * i + 3 * j) % 120));
    }
    REQUIRE(X.source()->scratch_bytes(2048) > 0);
    REQUIRE(X.source()->scratch_bytes(2048) < 16'777'216 + 65'536);
    REQUIRE(bf::from_npy<double>(reference("tall_F.npy"), {.memory_map = true}).source()->scratch_bytes(2048) == 0);
}

TEST_CASE("from_npy: rows with a stride between them", "[io]") {
    for (const char* const file : {"little_f8_C1.npy", "little_f8_F1.npy", "big_f4_C1.npy"}) {
        const auto X = bf::from_npy<double>(reference(file));
        bf::Matrix<double> wide(40, 8);
        std::ranges::fill(wide.values(), -1.0);
        bf::Scratch scratch;
        X.source()->read({300, 340}, bf::MatrixView<double>(wide.data() + 1, 40, 5, 8), scratch);
        for (Index i = 0; i < 40; ++i)
            for (Index j = 0; j < 8; ++j)
                REQUIRE(wide(i, j) ==
                        (j == 0 || j > 5 ? -1.0 : static_cast<double>((7 * (300 + i) + 3 * (j - 1)) % 120)));
    }
}

TEST_CASE("from_npy: every half has numpy's value", "[io]") {
    const auto as_float = bf::from_npy_vector<float>(reference("halves.npy")).compute();
    REQUIRE(as_float.size() == 65536 - 2 * 1023);
    REQUIRE(as_float == bf::from_npy_vector<float>(reference("halves_as_f4.npy")).compute());
    REQUIRE(bf::from_npy_vector<double>(reference("halves.npy")).compute() ==
            bf::from_npy_vector<double>(reference("halves_as_f8.npy")).compute());
    REQUIRE(std::signbit(as_float[32768]));
}

TEST_CASE("from_npy: mapped rows are looked at where they are", "[io]") {
    const auto pointers = [](const std::string& file, bool memory_map) {
        const auto X = bf::from_npy<double>(file, {.memory_map = memory_map});
        bf::Scratch scratch;
        const double* const first = X.source()->view({0, 10}, scratch).data();
        return X.source()->view({500, 510}, scratch).data() - first;
    };
    REQUIRE(pointers(reference("little_f8_C1.npy"), true) == 500 * 5);
    REQUIRE(pointers(reference("little_f8_C1.npy"), false) == 0);  // the one buffer of the scratch
    REQUIRE(bf::from_npy<double>(reference("little_f8_C1.npy"), {.memory_map = true}).source()->scratch_bytes(1000) ==
            0);
    // Elements that do not begin at a multiple of their size are copied.
    const test::TemporaryFolder folder;
    std::vector<char> bytes = test::read_bytes(reference("little_f8_C1.npy"));
    bytes[8] = static_cast<char>(bytes[8] + 3);
    bytes.insert(bytes.begin() + 10, 3, ' ');
    test::write_bytes(folder.file("odd.npy"), bytes);
    REQUIRE(pointers(folder.file("odd.npy"), true) == 0);
    REQUIRE(holds_pattern(bf::from_npy<double>(folder.file("odd.npy"), {.memory_map = true}).compute()));
}

TEST_CASE("from_npy: headers as other programs write them", "[io]") {
    for (const std::string name :
         {"order_of_keys", "double_quotes", "python2", "spaces", "native", "no_order", "padded"}) {
        INFO(name);
        const auto X = bf::from_npy<double>(reference("header_" + name + ".npy"));
        REQUIRE(X.shape() == std::array<Index, 2>{3, 2});
        REQUIRE(holds_pattern(X.compute()));
    }
    REQUIRE(holds_pattern(bf::from_npy<double>(reference("longer.npy")).compute()));  // as numpy, the rest is ignored
}

TEST_CASE("from_npy_vector: (n,) and (n, 1)", "[io]") {
    const auto y = bf::from_npy_vector<int>(reference("vector.npy"), {.block_rows = 100});
    REQUIRE(y.shape() == std::array<Index, 1>{1003});
    REQUIRE(y.n_blocks() == 11);
    REQUIRE(y.compute()[10] == 70);
    REQUIRE(y.compute() == bf::from_npy_vector<int>(reference("vector_column.npy")).compute());
    REQUIRE(bf::from_npy_vector<double>(reference("column_F.npy")).compute()[8] == 56);
    REQUIRE_THAT(
        test::message([] { (void)bf::from_npy_vector<double>(reference("little_f8_C1.npy")); }),
        Contains("from_npy_vector: the array has shape (1003, 5), expected one column; read it with from_npy"));
    REQUIRE_THAT(refusal<bf::ShapeError>(reference("vector.npy")),
                 Contains("shape (1003,), expected two dimensions; read it with from_npy_vector"));
    REQUIRE_THROWS_AS(bf::from_npy_vector<double>(reference("row.npy")), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::from_npy_vector<double>(reference("scalar.npy")), bf::ShapeError);
}

TEST_CASE("from_npy: nothing in it, no or too many dimensions", "[io]") {
    for (const bool memory_map : {false, true}) {
        const auto empty = bf::from_npy<double>(reference("empty.npy"), {.memory_map = memory_map});
        REQUIRE(empty.shape() == std::array<Index, 2>{0, 5});
        REQUIRE(empty.n_blocks() == 0);
        REQUIRE(empty.compute().rows() == 0);
        REQUIRE(bf::from_npy_vector<int>(reference("empty_vector.npy"), {.memory_map = memory_map}).size() == 0);
        const auto no_columns = bf::from_npy<double>(reference("no_columns.npy"), {.memory_map = memory_map});
        REQUIRE(no_columns.shape() == std::array<Index, 2>{7, 0});
        REQUIRE(no_columns.compute().rows() == 7);
    }
    REQUIRE_THAT(refusal<bf::ShapeError>(reference("scalar.npy")), Contains("shape (), expected two dimensions"));
    REQUIRE_THAT(refusal<bf::ShapeError>(reference("cube.npy")),
                 Contains("shape (2, 3, 4), expected two dimensions; reshape"));
}

TEST_CASE("from_npy: types that are refused, with what to do", "[io]") {
    for (const auto& [name, text] :
         {std::pair{"complex", "'<c16' cannot be read: they are complex; save .real and .imag"},
          std::pair{"longdouble", "'<f16' cannot be read"},
          std::pair{"bytes", "'|S1' cannot be read: they are strings"},
          std::pair{"text", "'<U1' cannot be read: they are strings"},
          std::pair{"objects",
                    "'|O' cannot be read: they are Python objects, stored as a pickle, which is never loaded"},
          std::pair{"dates", "cannot be read: they are times; save .astype('i8')"},
          std::pair{"spans", "cannot be read: they are times"}, std::pair{"void", "'|V3' cannot be read"},
          std::pair{"records", "records of several fields; save each field"},
          std::pair{"records_utf8", "records of several fields"}})
        REQUIRE_THAT(refusal<bf::UnsupportedError>(reference(name + std::string(".npy"))), Contains(text));
}

TEST_CASE("from_npy: files of other kinds", "[io]") {
    const test::TemporaryFolder folder;
    REQUIRE_THAT(refusal<bf::IoError>(reference("archive.npz")),
                 Contains("this is a zip archive, perhaps of numpy.savez"));
    const auto write = [&](const std::string& text) {
        std::ofstream(folder.file("x"), std::ios::binary) << text;
        return folder.file("x");
    };
    REQUIRE_THAT(refusal<bf::IoError>(write("\x89HDF\r\n\x1a\n0000")), Contains("read it with from_hdf5"));
    REQUIRE_THAT(refusal<bf::IoError>(write("1,2,3\n4,5,6\n")), Contains("this is not an NPY file"));
    REQUIRE_THAT(refusal<bf::IoError>(write("")), Contains("the file is empty"));
    REQUIRE_THAT(refusal<bf::IoError>(write("\x93NUMPX\x01")), Contains("this is not an NPY file"));
    REQUIRE_THAT(refusal<bf::IoError>(write("\x93NUM")), Contains("this is not an NPY file"));
    REQUIRE_THAT(refusal<bf::IoError>(write("\x93NUMPY")), Contains("the file ends within its header"));
    REQUIRE_THAT(refusal<bf::IoError>(write("\x93NUMPY\x01")), Contains("the file ends within its header"));
    REQUIRE_THROWS_AS(bf::from_npy<double>(folder.file("none")), bf::IoError);
    REQUIRE_THROWS_AS(bf::from_npy<double>(folder.file("")), bf::IoError);
}

TEST_CASE("from_npy: damaged headers", "[io]") {
    const test::TemporaryFolder folder;
    const std::string good = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }";
    REQUIRE(bf::from_npy<double>(with_header(folder, good)).compute().values()[5] == 0.0);
    const auto changed = [&](std::string from, std::string to) {
        std::string text = good;
        return with_header(folder, text.replace(text.find(from), from.size(), to));
    };
    for (const auto& [from, to, text] : {
             std::tuple{"{", "[", "expected a dictionary"},
             std::tuple{"{", "", "expected a dictionary"},
             std::tuple{"'descr': '<f8', ", "", "key 'descr' is missing"},
             std::tuple{"'fortran_order': False, ", "", "key 'fortran_order' is missing"},
             std::tuple{"'shape': (3, 2), ", "", "key 'shape' is missing"},
             std::tuple{"(3, 2)", "(3, 2), 'shape': (2, 2)", "key 'shape' is there twice"},
             std::tuple{"'<f8'", "'<f8', 'descr': '<f4'", "key 'descr' is there twice"},
             std::tuple{"False", "False, 'fortran_order': True", "key 'fortran_order' is there twice"},
             std::tuple{"(3, 2)", "(3, 2), 'more': 1", "key 'more' is not known"},
             std::tuple{"(3, 2)", "(-3, 2)", "a number of the shape is negative"},
             std::tuple{"(3, 2)", "(3, -2)", "a number of the shape is negative"},
             std::tuple{"(3, 2)", "[3, 2]", "expected a tuple of numbers"},
             std::tuple{"(3, 2)", "(3)", "expected ','"},
             std::tuple{"(3, 2)", "3", "expected a tuple"},
             std::tuple{"(3, 2)", "(03, 2)", "expected a number"},
             std::tuple{"(3, 2)", "(3.0, 2)", "expected ','"},
             std::tuple{"(3, 2)", "(3 2)", "expected ','"},
             std::tuple{"(3, 2)", "(3, 2,,)", "expected a number"},
             std::tuple{"(3, 2)", "(True, 2)", "expected a number"},
             std::tuple{"(3, 2), }", "(3, 2", "expected ',' or ')'"},
             std::tuple{"False", "0", "expected True or False"},
             std::tuple{"False", "false", "expected True or False"},
             std::tuple{"'<f8'", "<f8", "expected a string in quotes"},
             std::tuple{"'<f8'", "None", "expected a string in quotes"},
             std::tuple{"'<f8'", "'<f8", "expected ',' or '}'"},
             std::tuple{"'descr'", "descr", "expected a key in quotes"},
             std::tuple{"'descr':", "'descr'", "expected ':'"},
             std::tuple{"'descr'", "'\\x64escr'", "a string does not end"},
             std::tuple{", }", ", } x", "there is more behind the dictionary"},
             std::tuple{", }", ", }}", "there is more behind the dictionary"},
             std::tuple{", }", ",", "expected a key in quotes"},
             std::tuple{", }", "", "expected ',' or '}'"},
         }) {
        INFO(from << " -> " << to);
        REQUIRE_THAT(refusal<bf::IoError>(changed(from, to)), Contains("the header is damaged: ") && Contains(text));
    }
    for (const std::string type : {"<f3", "<x8", "f", "", "<", "<f8 ", "i16", "float64", "<i"})
        REQUIRE_THAT(refusal<bf::UnsupportedError>(changed("<f8", type)), Contains("'" + type + "' cannot be read"));
    // What is shown of a damaged header can be printed.
    REQUIRE_THAT(refusal<bf::IoError>(changed("'descr'", "'\x01\x7f'")), Contains("key '?\?' is not known"));
    REQUIRE_THAT(refusal<bf::IoError>(with_header(folder, "")), Contains("expected a dictionary"));
    REQUIRE_THAT(refusal<bf::IoError>(with_header(folder, std::string(60'000, '{'))), Contains("{{{..."));
}

TEST_CASE("from_npy: damaged sizes and versions", "[io]") {
    const test::TemporaryFolder folder;
    const auto shape = [&](const std::string& text, std::size_t data_bytes = 48) {
        return with_header(folder, "{'descr': '<f8', 'fortran_order': False, 'shape': (" + text + "), }", data_bytes);
    };
    // Larger than any number, than any file, than this file.
    for (const std::string text :
         {"18446744073709551615, 2", "3, 99999999999999999999999999", "9223372036854775808, 0"})
        REQUIRE_THAT(refusal<bf::ShapeError>(shape(text)), Contains("too large for this machine"));
    for (const std::string text :
         {"4611686018427387904, 4611686018427387904", "9223372036854775807, 2", "9223372036854775807, 0",
          "0, 9223372036854775807", "4294967296, 4294967296", "2305843009213693952, 4"})
        REQUIRE_THAT(refusal<bf::ShapeError>(shape(text)), Contains("too large for this machine"));
    REQUIRE_THAT(refusal<bf::IoError>(shape("1152921504606846975, 1")),
                 Contains("1152921504606846975 x 1 elements take 9223372036854775800 bytes, but 48 are there"));
    REQUIRE_THAT(refusal<bf::IoError>(shape("3, 2", 47)),
                 Contains("the file ends too early: 3 x 2 elements take 48 bytes, but 47"));
    REQUIRE_THAT(refusal<bf::IoError>(shape("3, 2", 0)), Contains("but 0 are there"));
    REQUIRE_NOTHROW(bf::from_npy<double>(shape("3, 2", 48)));
    // Bytes of the file fit, those of the type asked for do not.
    REQUIRE_THROWS_AS(bf::from_npy<double>(with_header(
                          folder, "{'descr': '|i1', 'fortran_order': False, 'shape': (0, 2305843009213693952)}")),
                      bf::ShapeError);
    // A plan of blocks that would not fit into memory.
    REQUIRE_THAT(test::message([&] { (void)bf::from_npy<double>(shape("1000000000000000000, 0"), {.block_rows = 1}); }),
                 Contains("block_rows is 1, which cuts 1000000000000000000 rows into more than"));
    REQUIRE(bf::from_npy<double>(shape("1000000000000000000, 0")).n_blocks() == 1);
    REQUIRE_THROWS_AS(bf::from_npy<double>(shape("3, 2"), {.block_rows = -1}), bf::ParameterError);

    std::vector<char> bytes = test::read_bytes(reference("little_f8_C1.npy"));
    const auto with = [&](std::size_t at, std::vector<int> values) {
        std::vector<char> copy = bytes;
        for (const int value : values) copy[at++] = static_cast<char>(value);
        test::write_bytes(folder.file("x.npy"), copy);
        return folder.file("x.npy");
    };
    REQUIRE_THAT(refusal<bf::UnsupportedError>(with(6, {4})),
                 Contains("the file is of NPY version 4.0, expected 1.0, 2.0 or 3.0"));
    REQUIRE_THAT(refusal<bf::UnsupportedError>(with(6, {0})), Contains("version 0.0"));
    REQUIRE_THAT(refusal<bf::UnsupportedError>(with(6, {1, 1})), Contains("version 1.1"));
    REQUIRE_THAT(refusal<bf::IoError>(with(8, {255, 255})),
                 Contains("the header is damaged: it takes 65535 bytes, but the file has only 40238 more"));
    REQUIRE_THAT(refusal<bf::IoError>(with(6, {2, 0, 255, 255, 255, 255})), Contains("it takes 4294967295 bytes"));
    REQUIRE_THAT(refusal<bf::IoError>(with(8, {5, 0})), Contains("a string does not end"));
    REQUIRE_THAT(refusal<bf::IoError>(with(8, {9, 0})), Contains("expected a string in quotes"));
    bytes.resize(60);
    REQUIRE_THAT(refusal<bf::IoError>(with(0, {})), Contains("it takes 118 bytes, but the file has only 50 more"));
    bytes = test::read_bytes(reference("little_f8_C2.npy"));
    bytes.resize(2'000'000, ' ');
    REQUIRE_THAT(refusal<bf::IoError>(with(8, {0, 0, 30, 0})),
                 Contains("the header takes 1966080 bytes, expected at most"));
}

TEST_CASE("from_npy: values that the type cannot hold", "[io]") {
    for (const char* const file : {"large.npy", "large_F.npy"})
        for (const bool memory_map : {false, true}) {
            const auto X = bf::from_npy<double>(reference(file), {.block_rows = 1, .memory_map = memory_map});
            try {
                (void)X.compute();
                FAIL("2^53 + 1 became a double");
            } catch (const bf::DataError& error) {
                REQUIRE(error.row() == 1);
                REQUIRE(error.column() == 1);
                REQUIRE(error.block() == 1);
                REQUIRE(error.file() == reference(file));
                REQUIRE_THAT(error.what(),
                             Contains("from_npy: value 9007199254740993 of type int64 cannot be held as float64"));
            }
            REQUIRE(bf::from_npy<std::int64_t>(reference(file)).compute()(1, 1) == 9007199254740993);
        }
    REQUIRE_THAT(test::message([] { (void)bf::from_npy<int>(reference("fraction.npy")).compute(); }),
                 Contains("value 2.500000 of type float64 cannot be held as int32") && Contains("row 1, column 0"));
    // A row beyond the first pieces of a block.
    const test::TemporaryFolder folder;
    bf::to_npy(folder.file("x.npy"), bf::from_function<double>(100'000, 3, [](Index first, bf::MatrixView<double> out) {
                   for (Index i = 0; i < out.rows(); ++i)
                       for (Index j = 0; j < 3; ++j) out(i, j) = first + i == 77'777 && j == 2 ? 0.5 : 1.0;
               }));
    REQUIRE_THAT(
        test::message([&] { (void)bf::from_npy<int>(folder.file("x.npy"), {.block_rows = 60'000}).compute(); }),
        Contains("block 1, row 77777, column 2"));
    // A byte that is no bool would be one that is neither true nor false.
    for (const bool memory_map : {false, true}) {
        const std::string path = with_header(folder, "{'descr': '|b1', 'fortran_order': False, 'shape': (24, 2), }");
        std::vector<char> bytes = test::read_bytes(path);
        bytes[bytes.size() - 3] = 2;
        test::write_bytes(path, bytes);
        const std::string text =
            test::message([&] { (void)bf::from_npy<bool>(path, {.memory_map = memory_map}).compute(); });
        REQUIRE_THAT(text, Contains("byte 2 of type bool is neither 0 nor 1; read the elements as uint8") &&
                               Contains("row 22, column 1"));
        REQUIRE_THROWS_AS(bf::from_npy<double>(path).compute(), bf::DataError);
    }
}

TEST_CASE("from_npy: a file that was changed after it was opened is noticed", "[io]") {
    const test::TemporaryFolder folder;
    for (const char* const name : {"little_f8_C1.npy", "little_f8_F1.npy"})
        for (const bool memory_map : {false, true})
            for (const bool truncated : {false, true}) {
                INFO(name << ", memory_map " << memory_map << ", truncated " << truncated);
                const std::string path = folder.file("x.npy");
                std::filesystem::copy_file(reference(name), path, std::filesystem::copy_options::overwrite_existing);
                const auto X = bf::from_npy<double>(path, {.memory_map = memory_map});
                REQUIRE(holds_pattern(X.compute()));
                if (truncated) std::filesystem::resize_file(path, 20'000);
                else
                    std::filesystem::last_write_time(path,
                                                     std::filesystem::last_write_time(path) + std::chrono::seconds(1));
                REQUIRE_THROWS_AS(X.compute(), bf::IoError);
                bf::Scratch scratch;
                REQUIRE_THAT(
                    test::message([&] {
                        (void)X.source()->view({900, 1003}, scratch);
                    }),
                    Contains("from_npy: the file was changed after it was opened; let go of its arrays and open it again [file " + path));
                // Another file of that name is none of our business: the one that was opened is as it was.
                std::filesystem::copy_file(reference(name), path, std::filesystem::copy_options::overwrite_existing);
                const auto Y = bf::from_npy<double>(path, {.memory_map = memory_map});
                std::filesystem::rename(path, folder.file("old.npy"));
                test::write_bytes(path, {});
                REQUIRE(holds_pattern(Y.compute()));
            }
}

TEST_CASE("to_npy: numpy reads it, and would have written the same bytes", "[io]") {
    const test::TemporaryFolder folder;
    const auto check = [&](const std::string& dtype) {
        INFO(dtype);
        REQUIRE(test::python(script + ("check " + folder.file("x.npy") + " '" + dtype + "'")));
    };
    const auto both = [&]<class T>(std::type_identity<T>, const std::string& dtype) {
        for (const int threads : {1, 8}) {
            const bf::Settings settings({.threads = threads});
            bf::to_npy(folder.file("x.npy"), pattern<T>(5003, 7, 77));
        }
        check(dtype);
        bf::to_npy(folder.file("x.npy"), pattern<T>(5003, 1, 77).col(0));
        check(dtype);
    };
    both(std::type_identity<double>{}, "<f8");
    both(std::type_identity<float>{}, "<f4");
    both(std::type_identity<std::int8_t>{}, "i1");
    both(std::type_identity<std::int16_t>{}, "<i2");
    both(std::type_identity<int>{}, "<i4");
    both(std::type_identity<std::int64_t>{}, "<i8");
    both(std::type_identity<std::uint8_t>{}, "u1");
    both(std::type_identity<std::uint16_t>{}, "<u2");
    both(std::type_identity<std::uint32_t>{}, "<u4");
    both(std::type_identity<std::uint64_t>{}, "<u8");
    both(std::type_identity<bool>{}, "bool");
    bf::to_npy(folder.file("x.npy"), pattern<double>(0, 7, 77));
    check("<f8");
    bf::to_npy(folder.file("x.npy"), pattern<double>(1, 1, 77));
    check("<f8");
    REQUIRE(folder.names() == std::vector<std::string>{"x.npy", "x.numpy"});
}

TEST_CASE("to_npy: nothing half-written, and no input is overwritten", "[io]") {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("x.npy");
    const auto X = pattern<double>(1000, 3, 100);
    bf::to_npy(path, X);
    const std::vector<char> before = test::read_bytes(path);
    REQUIRE_THROWS_AS(bf::to_npy(path, X, {.overwrite = false}), bf::IoError);
    const auto failing = X.map_blocks([](auto in, auto out) {
        for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
        if (in(0, 0) == (7 * 500) % 120) throw bf::DataError("planned");
    });
    REQUIRE_THROWS_AS(bf::to_npy(path, failing), bf::DataError);
    REQUIRE_THROWS_AS(bf::to_npy(folder.file("new.npy"), failing), bf::DataError);
    for (const bool memory_map : {false, true}) {
        const auto Y = bf::from_npy<double>(path, {.memory_map = memory_map});
        REQUIRE_THAT(
            test::message([&] { bf::to_npy(path, Y.map_rows([](auto in, auto out) { out(0, 0) = in(0, 0); }, 1)); }),
            Contains("to_npy: the output is also an input; write to another file"));
        std::filesystem::create_symlink(path, folder.file("link"));
        REQUIRE_THROWS_AS(bf::to_npy(folder.file("link"), Y.col(0)), bf::ParameterError);
        std::filesystem::remove(folder.file("link"));
    }
    REQUIRE_THROWS_AS(bf::to_npy(folder.file("none/x.npy"), X), bf::IoError);
    REQUIRE_THROWS_AS(bf::to_npy(folder.file(""), X), bf::IoError);
    REQUIRE_THROWS_AS(bf::to_npy("/dev/full/x.npy", X), bf::IoError);
    REQUIRE(test::read_bytes(path) == before);
    REQUIRE(folder.names() == std::vector<std::string>{"x.npy"});
    bf::to_npy(path, X.cols({0}));
    REQUIRE(bf::from_npy<double>(path).shape() == std::array<Index, 2>{1000, 1});
}
