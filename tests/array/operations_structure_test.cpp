#include <blockfit/array/elementwise.hpp>
#include <blockfit/array/row_indexing.hpp>
#include <blockfit/array/structure.hpp>

#include "operations.hpp"

namespace bf = blockfit;

TEST_CASE("structure: slices, selections and joined arrays are NumPy's", "[array]") {
    const test::Inputs inputs;
    const auto& [X, Z, N, S, F, I, U, B, y, v, m, r] = inputs;
    OPERATION(R"(X[4])", X[4]);
    OPERATION(R"(y[4])", y[4]);
    OPERATION(R"(X[:5])", X.head());
    OPERATION(R"(X[3:17])", X.rows(3, 17));
    OPERATION(R"(v[3:17])", v.rows(3, 17));
    OPERATION(R"(X[2:20:3])", X.rows(2, 20, 3));
    OPERATION(R"(X[::-1])", X.rows(22, -1, -1));
    OPERATION(R"(v[20:2:-4])", v.rows(20, 2, -4));
    OPERATION(R"(X[:, [2, 0, 0]])", X.cols({2, 0, 0}));
    OPERATION(R"(X[:, 1:3])", X.cols(1, 3));
    OPERATION(R"(X[:, 1])", X.col(1));
    OPERATION(R"(X[[3, 22, 0, 4, 5]])", X.take({3, 22, 0, 4, 5}));
    OPERATION(R"(X[m])", X.filter(m));
    OPERATION(R"(X[X[:, 0] > 0])", X.filter(X.col(0) > 0));
    const auto [X_kept, y_kept] = bf::filter(m, X, y);
    OPERATION(R"(X[m], y[m])", X_kept, y_kept);
    OPERATION(R"(X.rechunk((7, -1)))", X.rechunk(7));
    OPERATION(R"(da.concatenate([X, Z, X[3:5]]))", concatenate(X, Z, X.rows(3, 5)));
    OPERATION(R"(da.concatenate([v, v * 2]))", concatenate(v, v * 2));
    OPERATION(R"(da.hstack([X, v[:, None], Z[:, [1]]]))", hstack(X, v, Z.col(1)));
    OPERATION(R"(da.stack([v, 2 * v, v + v], axis=1))", bf::hstack(std::vector{v, 2 * v, v + v}));
    OPERATION(R"(X.map_blocks(lambda x: x * 2))", X.map_blocks([](bf::MatrixView<const double> in, bf::MatrixView<double> out) {
        for (bf::Index i = 0; i < in.rows(); ++i)
            for (bf::Index j = 0; j < in.cols(); ++j) out(i, j) = in(i, j) * 2;
    }));
    OPERATION(R"(X.persist())", X.persist());
    OPERATION(R"(X.compute())", X.compute());
}
