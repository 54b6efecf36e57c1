#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/array/training_set.hpp>
#include <blockfit/core/random_state.hpp>

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using bf::Matrix;
using bf::MatrixView;
using bf::RowRange;

namespace {

/// One column of a file that never was; row `bad` cannot be read.
class FileColumn final : public bf::BlockSource<double> {
public:
    FileColumn(Index rows, Index cols, std::string file, std::string dataset, Index bad)
        : BlockSource(rows, cols), origin_{std::move(file), std::move(dataset)}, bad_(bad) {}
    void read(RowRange range, MatrixView<double> out, bf::Scratch&) const override {
        for (Index i = 0; i < out.rows(); ++i) {
            if (range.begin + i == bad_) throw bf::IoError("damaged", {.row = i});
            for (double& x : out.row(i)) x = static_cast<double>((range.begin + i) % 2);
        }
    }
    Index own_scratch_bytes(Index) const override { return 0; }
    void origins(std::vector<bf::Origin>& list) const override { list.push_back(origin_); }
    std::string_view name() const noexcept override { return "file"; }

private:
    bf::Origin origin_;
    Index bad_;
};

template <class Array>
Array from_file(Index rows, Index cols, const char* dataset, Index bad = -1, Index block_rows = 10) {
    return Array(std::make_shared<FileColumn>(rows, cols, "data.h5", dataset, bad), bf::BlockPlan(rows, block_rows));
}
using FileMatrix = bf::ChunkedMatrix<double>;
using FileVector = bf::ChunkedVector<double>;
using Set = bf::detail::TrainingSet<double, bf::ChunkedVector<Label>>;

/// What a pass over all blocks of the set throws.
std::string message_of_pass(const Set& set) {
    try {
        bf::detail::stream_blocks<Set::Block>(
            set.pass("pass"), [&](Set::Block& block, Index, RowRange rows) { set.read(block, rows, [](auto) {}); },
            [](Set::Block&, Index, RowRange) {});
    } catch (const bf::Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("TrainingSet: y is cut anew at the blocks of X, whatever its own", "[array]") {
    bf::RandomState random(3);
    for (int trial = 0; trial < 100; ++trial) {
        const Index n = random.randint(1, 60);
        const auto number = [](Index first, auto out) {
            for (Index i = 0; i < out.rows(); ++i)
                for (Index j = 0; j < out.cols(); ++j) out(i, j) = static_cast<std::remove_cvref_t<decltype(out(0, 0))>>(first + i);
        };
        const auto X = bf::from_function<double>(n, 2, number, {.block_rows = random.randint(1, 70)});
        const auto y = bf::vector_from_function<int>(n, number, {.block_rows = random.randint(1, 70)});
        const auto w = bf::vector_from_function<double>(n, number, {.block_rows = random.randint(1, 70)});
        const bool weighted = trial % 2 == 0;
        const Set set("test", X, bf::detail::as_labels(y), weighted ? std::optional(w) : std::nullopt);
        CHECK(set.pass("test").plan == X.plan());
        Set::Block block;  // one for all blocks, of different sizes
        for (Index b = 0; b < X.n_blocks(); ++b) {
            const RowRange rows = X.plan()[b];
            Index seen = 0;
            set.read(block, rows, [&](MatrixView<const double> tile) { seen += tile.rows(); });
            REQUIRE(seen == rows.size());
            REQUIRE(block.X.rows() == rows.size());
            REQUIRE(std::ssize(block.y.view()) == rows.size());
            REQUIRE(static_cast<bool>(block.sample_weight()) == weighted);
            for (Index i = 0; i < rows.size(); ++i) {
                REQUIRE(block.X(i, 1) == static_cast<double>(rows.begin + i));
                REQUIRE(block.y.view()[static_cast<std::size_t>(i)] == rows.begin + i);
                REQUIRE(block.sample_weight()[i] == (weighted ? static_cast<double>(rows.begin + i) : 1.0));
            }
        }
    }
}

TEST_CASE("TrainingSet: lengths are compared before anything is read", "[array]") {
    const auto X = from_file<FileMatrix>(100, 2, "X", 0);
    const auto y = bf::detail::as_labels(from_file<FileVector>(100, 1, "y", 0));
    const auto w = from_file<FileVector>(100, 1, "w", 0);
    CHECK_NOTHROW(Set("fit", X, y, w));
    CHECK_THROWS_WITH(Set("fit", X, y.rows(1, 100), w), "fit: length of y is 99, expected 100");
    CHECK_THROWS_WITH(Set("fit", X.rows(0, 50), y, {}), "fit: length of y is 100, expected 50");
    CHECK_THROWS_WITH(Set("fit", X, y, w.rows(0, 99)), "fit: length of sample_weight is 99, expected 100");
}

TEST_CASE("TrainingSet: the check sees each tile of X, and errors name the row of the array", "[array]") {
    const Index n = 20'000;
    const auto X = bf::from_function<double>(n, 4, [](Index first, MatrixView<double> out) {
        for (Index i = 0; i < out.rows(); ++i) std::ranges::fill(out.row(i), static_cast<double>(first + i));
    }, {.block_rows = 9'000});
    const auto y = bf::vector_from_function<Label>(n, [](Index, MatrixView<Label>) {});
    const Set set("fit", X, y, {});
    const auto pass_with = [&](Index bad) -> std::string {
        try {
            bf::detail::stream_blocks<Set::Block>(
                set.pass("pass"),
                [&](Set::Block& block, Index, RowRange rows) {
                    set.read(block, rows, [&](MatrixView<const double> tile) {
                        for (Index i = 0; i < tile.rows(); ++i)
                            if (tile(i, 0) == static_cast<double>(bad)) throw bf::DataError("bad", {.row = i, .column = 0});
                    });
                },
                [](Set::Block&, Index, RowRange) {});
        } catch (const bf::DataError& error) {
            return error.what();
        }
        return "";
    };
    CHECK(pass_with(-1).empty());
    for (const Index bad : {0, 4'095, 4'096, 8'999, 9'000, 13'096, 19'999})
        CHECK(pass_with(bad) ==
              "bad [block " + std::to_string(bad / 9'000) + ", row " + std::to_string(bad) + ", column 0]");
}

TEST_CASE("TrainingSet: a failed read names the dataset it is in", "[array]") {
    const auto X = from_file<FileMatrix>(100, 2, "X");
    const auto y = bf::detail::as_labels(from_file<FileVector>(100, 1, "y"));
    const auto w = from_file<FileVector>(100, 1, "w");
    CHECK(message_of_pass(Set("fit", X, y, w)).empty());
    CHECK(message_of_pass(Set("fit", from_file<FileMatrix>(100, 2, "X", 37), y, w)) ==
          "damaged [file data.h5, dataset X, block 3, row 37]");
    CHECK(message_of_pass(Set("fit", X, bf::detail::as_labels(from_file<FileVector>(100, 1, "y", 37, 25)), w)) ==
          "damaged [file data.h5, dataset y, block 3, row 37]");
    CHECK(message_of_pass(Set("fit", X, y, from_file<FileVector>(100, 1, "w", 37, 100))) ==
          "damaged [file data.h5, dataset w, block 3, row 37]");
    // The first bad block in order counts, whatever is bad in it.
    CHECK(message_of_pass(Set("fit", from_file<FileMatrix>(100, 2, "X", 51),
                              bf::detail::as_labels(from_file<FileVector>(100, 1, "y", 49)), w)) ==
          "damaged [file data.h5, dataset y, block 4, row 49]");
}

TEST_CASE("TrainingSet: a label that is none is named by block and row", "[array]") {
    std::vector<double> y(100, 1.0);
    y[68] = 0.5;
    const auto X = bf::random_uniform(100, 3, {.block_rows = 10});
    CHECK(message_of_pass(Set("fit", X, bf::detail::as_labels(bf::from_vector(y, {.block_rows = 33})), {})) ==
          "unknown label type: got 0.500000, expected a whole number [block 6, row 68]");
}

TEST_CASE("TrainingSet: the memory of a block counts X, y and weights", "[array]") {
    const Matrix<double> values(1000, 5);
    const std::vector<Label> labels(1000);
    const std::vector<double> weights(1000);
    const auto X = bf::from_array(values, {.block_rows = 100});
    const auto y = bf::from_vector(labels);
    const auto bytes = [&](const Set& set) { return set.pass("fit").bytes_per_block; };
    const Index plain = bytes(Set("fit", X, y, {}));
    CHECK(plain == 100 * (5 * 8 + 8));
    CHECK(bytes(Set("fit", X, y, bf::from_vector(weights))) == plain + 100 * 8);
    // The largest block counts.
    CHECK(bytes(Set("fit", X.rechunk(bf::BlockPlan(std::vector<Index>{10, 700, 1000})), y, {})) == 690 * (5 * 8 + 8));
}

TEST_CASE("as_labels: labels of any number type, read lazily", "[array]") {
    const std::vector<unsigned char> bytes{3, 0, 255};
    CHECK(bf::detail::as_labels(bf::from_vector(bytes)).compute() == std::vector<Label>{3, 0, 255});
    const std::vector<float> reals{-1, 0, 1e10f};
    CHECK(bf::detail::as_labels(bf::from_vector(reals)).compute() == std::vector<Label>{-1, 0, 10'000'000'000});
    const std::vector<Label> same{4, 5};
    const auto y = bf::from_vector(same);
    CHECK(bf::detail::as_labels(y).source() == y.source());
    const std::vector<std::uint64_t> huge{1, std::uint64_t{1} << 63};
    CHECK_THROWS_WITH(bf::detail::as_labels(bf::from_vector(huge)).compute(),
                      Catch::Contains("beyond 64 signed bits [block 0, row 1]"));
}
