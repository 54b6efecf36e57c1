#include <cstdio>

#include <blockfit/blockfit.hpp>

namespace bf = blockfit;

int main() {
    const auto X = bf::random_normal(1'000, 3, {.block_rows = 100});
    const auto y = X.col(0).map_blocks<int>([](auto in, auto out) {
        for (bf::Index i = 0; i < in.rows(); ++i) out(i, 0) = in(i, 0) > 0;
    });
    auto pipe = bf::make_pipeline(bf::StandardScaler{}, bf::Incremental{bf::SGDClassifier{}, {.classes = {0, 1}}});
    if (pipe.fit(X, y).score(X, y) < 0.9) return 1;
    std::printf("blockfit %.*s\n", static_cast<int>(bf::version.size()), bf::version.data());
}
