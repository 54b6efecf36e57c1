/// The classic job at any size: make a file of labelled rows, scale and train out of core, predict from disk to disk.
///     out_of_core generate FILE --rows N --cols D --chunk-rows N --dtype float64 --seed N
///     out_of_core fit FILE --model MODEL --threads N --memory-limit 512MB --passes N --block-rows N --no-shuffle
///     out_of_core predict FILE --model MODEL --out FILE --what labels|proba|both
/// Each phase prints one line of JSON.

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <blockfit/blockfit.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

/// scikit-learn users know it as make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss")).
using Model = bf::Pipeline<bf::StandardScaler, bf::Incremental<bf::SGDClassifier>>;

/// Times a phase and prints its line.
template <class F>
void phase(const std::string& name, Index rows, Index bytes, F run) {
    const auto begin = std::chrono::steady_clock::now();
    const std::string more = run();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("{\"phase\": \"%s\", \"rows\": %ld, \"seconds\": %.3f, \"rows_per_second\": %.0f, \"gb_per_second\": %.3f, "
                "\"peak_rss_mb\": %.1f%s}\n",
                name.c_str(), rows, seconds, static_cast<double>(rows) / seconds, 1e-9 * static_cast<double>(bytes) / seconds,
                static_cast<double>(usage.ru_maxrss) * 1024e-6, more.c_str());
    std::fflush(stdout);
}

std::string accuracy_field(double accuracy) { return ", \"accuracy\": " + std::to_string(accuracy); }

struct Options {
    std::string file, model, out, dtype = "float64", what = "labels";
    Index rows = 10'000'000, cols = 20, chunk_rows = 0, block_rows = 0, passes = 1;
    std::uint64_t memory_limit = 0;
    std::uint32_t seed = 0;
    int threads = 0;
    bool no_shuffle = false;
};

/// Columns of different mean and spread; the label is a noisy linear rule of the first ones.
template <class T>
void generate(const Options& o) {
    // One column more: the noise of the label.
    const auto normal = bf::random_normal(o.rows, o.cols + 1, {.seed = o.seed});
    const auto X = normal.map_rows<T>(
        [](bf::MatrixView<const double> in, bf::MatrixView<T> out) {
            for (Index i = 0; i < out.rows(); ++i)
                for (Index j = 0; j < out.cols(); ++j)
                    out(i, j) = static_cast<T>(static_cast<double>(j) + static_cast<double>(1 + j % 5) * in(i, j));
        },
        o.cols);
    const auto y = normal
                       .map_rows<std::uint8_t>(
                           [](bf::MatrixView<const double> in, bf::MatrixView<std::uint8_t> out) {
                               for (Index i = 0; i < out.rows(); ++i) {
                                   double sum = in(i, in.cols() - 1);
                                   for (Index j = 0; j < std::min<Index>(in.cols() - 1, 10); ++j)
                                       sum += (j % 2 == 0 ? 1.0 : -0.5) * in(i, j);
                                   out(i, 0) = sum > 0;
                               }
                           },
                           1)
                       .col(0);
    phase("generate", o.rows, X.nbytes() + y.nbytes(), [&] {
        bf::to_hdf5(o.file, {.chunk_rows = o.chunk_rows}, bf::dataset("X", X), bf::dataset("y", y));
        return std::string();
    });
}

void fit(const Options& o) {
    const auto X = bf::from_hdf5<double>(o.file, "X", {.block_rows = o.block_rows});
    const auto y = bf::from_hdf5_vector<bf::Label>(o.file, "y");
    Model model(bf::StandardScaler{},
                bf::Incremental{bf::SGDClassifier{{.loss = bf::Loss::log_loss, .shuffle = !o.no_shuffle}},
                                {.classes = {0, 1}, .passes = o.passes}});
    // model.fit(X, y), one step after the other to time each.
    auto& scaler = model.get<0>();
    auto& classifier = model.get<1>();
    classifier.check_chunked_fit(X, y, {});
    phase("scale", X.rows(), X.nbytes(), [&] {
        scaler.fit(X);
        return std::string();
    });
    phase("fit", X.rows() * o.passes, X.nbytes() * o.passes, [&] {
        classifier.fit(scaler.transform(X), y);
        return std::string();
    });
    if (!o.model.empty()) bf::save(o.model, model);
}

void predict(const Options& o) {
    const auto model = bf::load<Model>(o.model);
    const auto X = bf::from_hdf5<double>(o.file, "X", {.block_rows = o.block_rows});
    phase("predict", X.rows(), X.nbytes(), [&] {
        const auto label = bf::dataset("label", model.predict(X));
        if (o.what == "labels") bf::to_hdf5(o.out, label);
        else if (o.what == "proba") bf::to_hdf5(o.out, bf::dataset("proba", model.predict_proba(X)));
        else bf::to_hdf5(o.out, label, bf::dataset("proba", model.predict_proba(X)));
        return std::string();
    });
    try {
        const auto y = bf::from_hdf5_vector<bf::Label>(o.file, "y");
        phase("score", X.rows(), X.nbytes(), [&] { return accuracy_field(model.score(X, y)); });
    } catch (const bf::IoError&) {
        // There is no y to compare with.
    }
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"The classic out-of-core job: scale, train a logistic regression by SGD, predict"};
    app.require_subcommand(1);
    Options o;

    const auto add_running = [&](CLI::App* command) {
        command->add_option("--threads", o.threads, "0: all")->check(CLI::NonNegativeNumber);
        command->add_option("--memory-limit", o.memory_limit, "for blocks in flight, e.g. 512MB")
            ->transform(CLI::AsSizeValue(true));
        command->add_option("--block-rows", o.block_rows, "0: from the file's chunks")->check(CLI::NonNegativeNumber);
    };
    auto* const generate_command = app.add_subcommand("generate", "write X and y");
    generate_command->add_option("file", o.file)->required();
    generate_command->add_option("--rows", o.rows)->check(CLI::PositiveNumber);
    generate_command->add_option("--cols", o.cols)->check(CLI::PositiveNumber);
    generate_command->add_option("--chunk-rows", o.chunk_rows, "0: of 1 MB or more")->check(CLI::NonNegativeNumber);
    generate_command->add_option("--dtype", o.dtype)->check(CLI::IsMember({"float32", "float64"}));
    generate_command->add_option("--seed", o.seed);
    generate_command->add_option("--threads", o.threads)->check(CLI::NonNegativeNumber);

    auto* const fit_command = app.add_subcommand("fit", "train on X and y");
    fit_command->add_option("file", o.file)->required();
    fit_command->add_option("--model", o.model, "where to save the pipeline");
    fit_command->add_option("--passes", o.passes)->check(CLI::PositiveNumber);
    fit_command->add_flag("--no-shuffle", o.no_shuffle, "visit the rows of a block in file order");
    add_running(fit_command);

    auto* const predict_command = app.add_subcommand("predict", "predict X, and score where there is a y");
    predict_command->add_option("file", o.file)->required();
    predict_command->add_option("--model", o.model)->required();
    predict_command->add_option("--out", o.out)->required();
    predict_command->add_option("--what", o.what)->check(CLI::IsMember({"labels", "proba", "both"}));
    add_running(predict_command);
    CLI11_PARSE(app, argc, argv);

    try {
        const bf::Settings settings({.threads = o.threads, .memory_limit = static_cast<Index>(o.memory_limit)});
        if (generate_command->parsed()) {
            if (o.dtype == "float32") generate<float>(o);
            else generate<double>(o);
        } else if (fit_command->parsed()) {
            fit(o);
        } else {
            predict(o);
        }
    } catch (const bf::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
