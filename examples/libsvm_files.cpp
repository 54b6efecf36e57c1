/// A classifier from a LIBSVM file. Compiled and run with the tests.

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/io/libsvm.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/wrappers/incremental.hpp>

namespace bf = blockfit;

namespace {

/// 10,000 rows of four features, half of them zero and left out.
void make_file(const char* path) {
    const bf::Matrix<double> X = bf::random_normal(10'000, 4, {.seed = 1}).compute();
    std::ofstream file(path);
    file << "# label index:value ...\n";
    for (bf::Index i = 0; i < X.rows(); ++i) {
        double sum = 0;
        for (bf::Index j = 0; j < 4; ++j) sum += X(i, j) > 0 ? X(i, j) : 0;
        file << (sum > 1.5 ? "+1" : "-1");
        for (bf::Index j = 0; j < 4; ++j)
            if (X(i, j) > 0) file << ' ' << j + 1 << ':' << X(i, j);
        file << '\n';
    }
}

}  // namespace

int main() {
    make_file("train.txt");
    //! [fit]
    auto [X, y] = bf::from_libsvm<double>("train.txt", {.block_rows = 1000});  // also train.txt.gz
    auto labels = y.astype<bf::Label>();                                       // -1 and 1
    bf::Incremental model{bf::SGDClassifier{{.loss = bf::Loss::log_loss}}, {.classes = {-1, 1}}};
    model.fit(X, labels);
    double accuracy = model.score(X, labels);
    //! [fit]
    std::printf("%td rows, %td features, accuracy %.3f\n", X.rows(), X.cols(), accuracy);
    std::remove("train.txt");
    const bool ok = X.rows() == 10'000 && X.cols() == 4 && accuracy > 0.95;
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
