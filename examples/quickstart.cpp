/// Will a flight be more than 15 minutes late? A scaler and a logistic regression, trained block by block on the first
/// 80 % of the flights in time, tested on the rest: quickstart [FLIGHTS.h5 [OUT.h5]].

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include <blockfit/blockfit.hpp>

namespace bf = blockfit;

namespace {

double mean_log_loss(const std::vector<double>& p, const std::vector<bf::Label>& y) {
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum -= std::log(y[i] == 1 ? p[i] : 1 - p[i]);
    return sum / static_cast<double>(y.size());
}

/// The chance that a late flight has a higher probability than one in time (Mann-Whitney; ties count half).
double roc_auc(const std::vector<double>& p, const std::vector<bf::Label>& y) {
    std::vector<std::size_t> order(p.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
    double rank_sum = 0, late = 0;
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
        while (end < order.size() && p[order[end]] == p[order[begin]]) ++end;
        const double rank = static_cast<double>(begin + 1 + end) / 2;  // the mean rank of equal ones
        for (std::size_t i = begin; i < end; ++i)
            if (y[order[i]] == 1) {
                rank_sum += rank;
                late += 1;
            }
    }
    return (rank_sum - late * (late + 1) / 2) / (late * (static_cast<double>(y.size()) - late));
}

double accuracy(const std::vector<double>& p, const std::vector<bf::Label>& y) {
    double right = 0;
    for (std::size_t i = 0; i < y.size(); ++i) right += (p[i] > 0.5) == (y[i] == 1);
    return right / static_cast<double>(y.size());
}

void run(const std::string& flights, const std::string& out) {
    //! [quickstart]
    const auto X = bf::from_hdf5<double>(flights, "X", {.block_rows = 100'000});
    const auto delay = bf::from_hdf5_vector<int>(flights, "delay");
    const auto late = delay.map_blocks<bf::Label>([](auto in, auto is_late) {
        for (bf::Index i = 0; i < in.rows(); ++i) is_late(i, 0) = in(i, 0) > 15;
    });
    const bf::Index n_train = X.rows() * 8 / 10;
    const auto X_train = X.rows(0, n_train), X_test = X.rows(n_train, X.rows());
    const auto y_train = late.rows(0, n_train), y_test = late.rows(n_train, X.rows());

    auto pipe = bf::make_pipeline(
        bf::StandardScaler{},
        bf::Incremental{bf::SGDClassifier{{.loss = bf::Loss::log_loss, .alpha = 0.01}}, {.classes = {0, 1}}});
    const auto begin = std::chrono::steady_clock::now();
    pipe.fit(X_train, y_train);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    bf::to_hdf5(out, bf::dataset("probability", pipe.predict_proba(X_test).col(1)));
    //! [quickstart]

    const std::vector<double> p = bf::from_hdf5_vector<double>(out, "probability").compute();
    const std::vector<bf::Label> y = y_test.compute(), seen = y_train.compute();
    const double base = static_cast<double>(std::ranges::count(seen, 1)) / static_cast<double>(seen.size());
    const std::vector<double> base_rate(y.size(), base);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);

    std::printf("flights          %ld to train, %ld to test, %ld columns\n", X_train.rows(), X_test.rows(), X.cols());
    std::printf("fit              2 passes (scaler, classifier), %.2f s, %.1f million rows/s a pass\n", seconds.count(),
                2e-6 * static_cast<double>(n_train) / seconds.count());
    std::printf("peak memory      %.0f MB\n", static_cast<double>(usage.ru_maxrss) / 1024);
    std::printf("                 %10s %10s\n", "model", "base rate");
    std::printf("accuracy         %10.4f %10.4f\n", accuracy(p, y), accuracy(base_rate, y));
    std::printf("log loss         %10.4f %10.4f\n", mean_log_loss(p, y), mean_log_loss(base_rate, y));
    std::printf("ROC AUC          %10.4f %10.4f\n", roc_auc(p, y), roc_auc(base_rate, y));
    std::printf("probabilities    written to %s\n", out.c_str());
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run(argc > 1 ? argv[1] : "examples/data/flights.h5", argc > 2 ? argv[2] : "flights-late.h5");
    } catch (const bf::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
