/// CSV files: what is in them, training on them, writing predictions. Compiled and run with the tests.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/io/csv.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>
#include <blockfit/wrappers/incremental.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

/// A small file as people have them: names in quotes, categories with a comma in them, missing values.
bool make_file() {
    std::FILE* const file = std::fopen("flights.csv", "w");
    if (file == nullptr) return false;
    std::fputs("# flights, made up\n\"distance, km\",delay,carrier,late\n", file);
    const char* const carriers[] = {"UA", "\"Air, Ltd\"", "DL", ""};
    for (int i = 0; i < 2000; ++i) {
        const double distance = 500 + 37.5 * (i * 7919 % 101), delay = (i * 104'729 % 997) / 10.0 - 30;
        if (i % 50 == 7) std::fprintf(file, "%.1f,NA,%s,0\n", distance, carriers[i % 4]);
        else std::fprintf(file, "%.1f,%.2f,%s,%d\n", distance, delay, carriers[i % 4], delay - 0.002 * distance > 12);
    }
    return std::fclose(file) == 0;
}

bool read() {
    //! [read]
    bf::CsvFile file("flights.csv", {.comment = '#', .categories = {"carrier"}});  // one parallel pass finds the rows
    for (const std::string& name : file.column_names()) std::cout << name << '\n';
    auto X = file.matrix<double>({"distance, km", "delay", "carrier"});  // lazy; a missing value is NaN
    auto y = file.vector<int>("late");
    auto carriers = file.categories("carrier");  // {"Air, Ltd", "DL", "UA"}: code 2 in X is UA
    std::cout << X << '\n' << y << '\n';
    //! [read]
    return X.rows() == 2000 && y.rows() == 2000 && carriers == std::vector<std::string>{"Air, Ltd", "DL", "UA"} &&
           X.rows(0, 1).compute()(0, 2) == 2 && std::isnan(X.rows(7, 8).compute()(0, 1)) &&
           std::isnan(X.rows(3, 4).compute()(0, 2));
}

bool train() {
    //! [train]
    bf::CsvFile file("flights.csv", {.comment = '#', .categories = {"carrier"}, .block_rows = 500});
    auto X = file.matrix<double>({"distance, km", "delay"}).map_rows([](auto in, auto out) {
        for (Index i = 0; i < in.rows(); ++i)
            for (Index j = 0; j < 2; ++j) out(i, j) = std::isnan(in(i, j)) ? 0.0 : in(i, j);
    });
    auto y = file.vector<int>("late");
    auto pipe = bf::make_pipeline(bf::StandardScaler{}, bf::Incremental{bf::SGDClassifier{{.loss = bf::Loss::log_loss}},
                                                                        {.classes = {0, 1}, .passes = 5}});
    pipe.fit(X, y);
    std::cout << "accuracy " << pipe.score(X, y) << '\n';
    bf::to_csv("late.csv", {.names = {"late", "on time", "too late"}},  // from file to file, in one pass
               bf::dataset("late", pipe.predict(X)), bf::dataset("proba", pipe.predict_proba(X)));
    //! [train]
    const bf::CsvFile written("late.csv");
    return pipe.score(X, y) > 0.9 &&
           written.column_names() == std::vector<std::string>{"late", "on time", "too late"} &&
           written.vector<bf::Label>("late").compute() == pipe.predict(X).compute() &&
           written.matrix<double>({1, 2}).compute() == pipe.predict_proba(X).compute();
}

bool write() {
    //! [write]
    auto X = bf::random_normal(10'000, 3, {.seed = 1});
    bf::to_csv("X.csv", bf::dataset("x", X));                          // columns x_0, x_1, x_2
    bf::to_csv("X.csv.gz", {.delimiter = ';'}, bf::dataset("x", X));   // gzip, because of the name
    auto same = bf::from_csv<double>("X.csv.gz", {.delimiter = ';'});  // gzip, because of the content
    //! [write]
    return same.compute() == X.compute() && bf::from_csv<double>("X.csv").compute() == X.compute();
}

}  // namespace

int main() {
    const bool ok = make_file() && read() && train() && write();
    for (const char* const file : {"flights.csv", "late.csv", "X.csv", "X.csv.gz"}) std::remove(file);
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
