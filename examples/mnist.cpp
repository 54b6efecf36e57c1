/// Handwritten digits with a multilayer perceptron, streamed from disk: mnist PATH [options]. PATH is an HDF5 file with
/// train/X, train/y, test/X and test/y, or a folder with the four IDX files of the MNIST database, unpacked.
/// Prints the accuracy after each pass, and at the end the confusion matrix.

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <blockfit/blockfit.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

struct Options {
    std::string path, model;
    Index passes = 3, block_rows = 10'000, hidden = 100;
    int threads = 0;
    bool single = false;
};

struct Digits {
    bf::ChunkedMatrix<std::uint8_t> X;
    bf::ChunkedVector<std::uint8_t> y;
};

/// A file of the IDX format: 0, 0, 8 (bytes), the number of dimensions, each dimension as four bytes from the highest,
/// and the values. Rows are read when they are asked for.
class IdxFile {
public:
    explicit IdxFile(const std::string& path) : path_(path), descriptor_(::open(path.c_str(), O_RDONLY)) {
        std::array<unsigned char, 4> start{};
        if (descriptor_ < 0)
            throw bf::IoError("mnist: the file cannot be opened; unpack it if it ends in .gz", {.file = path});
        read(0, start.data(), 4);
        if (start[0] != 0 || start[1] != 0 || start[2] != 8 || start[3] < 1 || start[3] > 3)
            throw bf::IoError("mnist: this is not an IDX file of bytes", {.file = path});
        for (int i = 0; i < start[3]; ++i) {
            std::array<unsigned char, 4> size{};
            read(4 + 4 * i, size.data(), 4);
            const Index n = Index{size[0]} << 24 | Index{size[1]} << 16 | Index{size[2]} << 8 | Index{size[3]};
            (i == 0 ? rows_ : cols_) *= n;
        }
        header_ = 4 + 4 * start[3];
        struct stat status {};
        if (::fstat(descriptor_, &status) != 0 || status.st_size != header_ + rows_ * cols_)
            throw bf::IoError("mnist: the file is not as long as its header says", {.file = path});
    }
    ~IdxFile() { ::close(descriptor_); }
    IdxFile(const IdxFile&) = delete;
    IdxFile& operator=(const IdxFile&) = delete;

    [[nodiscard]] Index rows() const noexcept { return rows_; }
    [[nodiscard]] Index cols() const noexcept { return cols_; }
    void read_rows(Index first, bf::MatrixView<std::uint8_t> out) const {
        for (Index i = 0; i < out.rows(); ++i) read(header_ + (first + i) * cols_, out.row(i).data(), out.cols());
    }

private:
    void read(Index offset, void* out, Index bytes) const {
        if (::pread(descriptor_, out, static_cast<std::size_t>(bytes), offset) != bytes)
            throw bf::IoError("mnist: the file ends too early", {.file = path_});
    }

    std::string path_;
    int descriptor_;
    Index header_ = 0, rows_ = 1, cols_ = 1;
};

Digits from_idx(const std::string& images, const std::string& labels, Index block_rows) {
    const auto X = std::make_shared<const IdxFile>(images), y = std::make_shared<const IdxFile>(labels);
    return {
        bf::from_function<std::uint8_t>(X->rows(), X->cols(), [X](Index first, auto out) { X->read_rows(first, out); },
                                        {.block_rows = block_rows}),
        bf::vector_from_function<std::uint8_t>(y->rows(), [y](Index first, auto out) { y->read_rows(first, out); })};
}
Digits from_path(const Options& options, const std::string& part) {
    struct stat status {};
    if (::stat(options.path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
        const std::string prefix = options.path + "/" + (part == "test" ? "t10k" : part);
        return from_idx(prefix + "-images-idx3-ubyte", prefix + "-labels-idx1-ubyte", options.block_rows);
    }
    return {bf::from_hdf5<std::uint8_t>(options.path, part + "/X", {.block_rows = options.block_rows}),
            bf::from_hdf5_vector<std::uint8_t>(options.path, part + "/y")};
}

/// Pixels from 0 ... 255 to 0 ... 1.
template <class T>
bf::ChunkedMatrix<T> scaled(const bf::ChunkedMatrix<std::uint8_t>& X) {
    return X.map_rows<T>([](auto in, auto out) {
        for (Index i = 0; i < in.rows(); ++i)
            for (Index j = 0; j < in.cols(); ++j) out(i, j) = static_cast<T>(in(i, j)) / T(255);
    });
}

/// How often a digit (row) was taken for another (column).
bf::Matrix<Index> confusion(const bf::ChunkedVector<bf::Label>& predicted, const bf::ChunkedVector<std::uint8_t>& y) {
    bf::Matrix<Index> counts(10, 10);
    for (Index block = 0; block < predicted.n_blocks(); ++block) {
        const bf::RowRange rows = predicted.plan()[block];
        const auto got = predicted.block(block).compute();
        const auto want = y.rows(rows.begin, rows.end).compute();
        for (std::size_t i = 0; i < got.size(); ++i) ++counts(want[i], got[i]);
    }
    return counts;
}

template <class T>
void run(const Options& options) {
    const Digits train = from_path(options, "train"), test = from_path(options, "test");
    const auto X = scaled<T>(train.X), X_test = scaled<T>(test.X);
    bf::Incremental model{bf::MLPClassifier<T>({.hidden_layer_sizes = {options.hidden}}),
                          {.classes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}};
    std::printf("%ld digits to train, %ld to test, %ld pixels; %s\n", X.rows(), X_test.rows(), X.cols(),
                model.to_string().c_str());
    for (Index pass = 1; pass <= options.passes; ++pass) {
        const auto begin = std::chrono::steady_clock::now();
        model.partial_fit(X, train.y);
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        std::printf("pass %ld   loss %.4f   accuracy %.4f   %.1f s\n", pass, model.estimator().loss(),
                    model.score(X_test, test.y), seconds.count());
    }
    if (!options.model.empty()) bf::save(options.model, model);

    const bf::Matrix<Index> counts = confusion(model.predict(X_test), test.y);
    std::printf("\ndigit taken for\n       ");
    for (Index j = 0; j < 10; ++j) std::printf("%6ld", j);
    for (Index i = 0; i < 10; ++i) {
        std::printf("\n%6ld ", i);
        for (Index j = 0; j < 10; ++j) std::printf("%6ld", counts(i, j));
    }
    std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{"Trains a multilayer perceptron on MNIST, block by block"};
    app.add_option("path", options.path, "HDF5 file, or folder with the IDX files")->required();
    app.add_option("--passes", options.passes, "passes over the training data")->check(CLI::PositiveNumber);
    app.add_option("--block-rows", options.block_rows, "rows of a block, each one partial_fit")
        ->check(CLI::PositiveNumber);
    app.add_option("--hidden", options.hidden, "units of the hidden layer")->check(CLI::PositiveNumber);
    app.add_option("--threads", options.threads, "0: all")->check(CLI::NonNegativeNumber);
    app.add_option("--model", options.model, "save the trained model here");
    app.add_flag("--float", options.single, "compute in float instead of double");
    CLI11_PARSE(app, argc, argv);
    try {
        const bf::Settings settings({.threads = options.threads});
        if (options.single) run<float>(options);
        else run<double>(options);
    } catch (const bf::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
