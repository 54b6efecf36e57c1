/// The two commonest pitfalls, and what to do instead. Compiled and run with the tests.

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <blockfit/blockfit.hpp>

namespace bf = blockfit;

namespace {

double memory_must_outlive() {
    //! [outlive]
    std::vector<double> values(6'000'000, 1.0);
    auto X = bf::from_buffer(values.data(), 1'000'000, 6);  // not copied: `values` must live as long as X is read
    auto Z = bf::from_array(bf::Matrix<double>(1'000, 6));  // a Matrix given away is kept by the array
    //! [outlive]
    return X.rows(0, 1).compute()(0, 0) + Z.rows(0, 1).compute()(0, 0);
}

bool blocks_are_part_of_the_result() {
    const auto X = bf::random_normal(2'000, 3);
    const auto y = X.col(0).map_blocks<int>([](auto in, auto out) {
        for (bf::Index i = 0; i < in.rows(); ++i) out(i, 0) = in(i, 0) > 0;
    });
    //! [blocks]
    bf::Incremental a{bf::SGDClassifier{}}, b{bf::SGDClassifier{}};
    a.fit(X.rechunk(1'000), y);  // two calls of partial_fit
    b.fit(X.rechunk(500), y);    // four: rows are shuffled within smaller blocks, so the weights differ
    //! [blocks]
    return a == b;
}

}  // namespace

int main() {
    const bool ok = memory_must_outlive() == 1.0 && !blocks_are_part_of_the_result();
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
