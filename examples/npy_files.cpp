/// NPY files and raw binary: written, read, mapped into memory. Compiled and run with the tests.

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/io/binary.hpp>
#include <blockfit/io/npy.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

namespace bf = blockfit;

namespace {

void write() {
    //! [write]
    auto X = bf::random_normal(100'000, 4, {.seed = 1});
    bf::to_npy("X.npy", X);                             // numpy.load("X.npy"): shape (100000, 4), float64
    bf::to_npy("first.npy", X.col(0).astype<float>());  // shape (100000,), float32
    //! [write]
}

bool read() {
    //! [read]
    auto X = bf::from_npy<double>("X.npy", {.block_rows = 20'000});  // lazy
    auto first = bf::from_npy_vector<double>("first.npy");           // float32 becomes double
    std::cout << X << '\n' << first << '\n';
    bf::StandardScaler scaler;
    scaler.fit(X);                              // one parallel pass over the file
    bf::to_npy("Z.npy", scaler.transform(X));  // and another, from file to file
    //! [read]
    const double difference = X.rows(0, 1).compute()(0, 0) - first.rows(0, 1).compute()[0];
    return X.n_blocks() == 5 && difference < 1e-6 && difference > -1e-6 &&
           bf::from_npy<double>("Z.npy").compute() == scaler.transform(X).compute();
}

bool map() {
    //! [map]
    auto X = bf::from_npy<double>("X.npy", {.memory_map = true});  // rows are looked at where the system has them
    //! [map]
    return X.compute() == bf::from_npy<double>("X.npy").compute();
}

bool raw() {
    //! [raw]
    // Behind its header of 128 bytes an NPY file is nothing but numbers.
    auto X = bf::from_binary<float>("X.npy", {.cols = 4, .offset = 128, .type = bf::ElementType::float64});
    //! [raw]
    return X.compute() == bf::from_npy<float>("X.npy").compute();
}

}  // namespace

int main() {
    write();
    const bool ok = read() && map() && raw();
    for (const char* const file : {"X.npy", "first.npy", "Z.npy"}) std::remove(file);
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
