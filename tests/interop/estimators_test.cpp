/// Every kind of estimator on matrices and vectors of Eigen and xtensor: the same bits as on our own.

#include <vector>

#include <Eigen/Core>
#include <catch2/catch.hpp>
#include <support/data.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/cluster/mini_batch_kmeans.hpp>
#include <blockfit/decomposition/incremental_pca.hpp>
#include <blockfit/interop/eigen.hpp>
#include <blockfit/interop/xtensor.hpp>
#include <blockfit/linear_model/sgd_regressor.hpp>
#include <blockfit/naive_bayes/gaussian_nb.hpp>
#include <blockfit/neural_network/mlp_classifier.hpp>
#include <blockfit/neural_network/mlp_regressor.hpp>
#include <blockfit/preprocessing/min_max_scaler.hpp>
#include <blockfit/wrappers/incremental.hpp>

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using bf::Matrix;
using test::same_bits;

namespace {

struct InEigen {
    using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    static Rows matrix(const Matrix<double>& m) { return bf::as_eigen(m); }
    static Eigen::VectorXd vector(const std::vector<double>& v) {
        return Eigen::Map<const Eigen::VectorXd>(v.data(), std::ssize(v));
    }
};
struct InXtensor {
    static xt::xtensor<double, 2> matrix(const Matrix<double>& m) { return bf::as_xtensor(m); }
    static xt::xtensor<double, 1> vector(const std::vector<double>& v) {
        return xt::adapt(v, std::array<std::size_t, 1>{v.size()});
    }
};

}  // namespace

TEMPLATE_TEST_CASE("interop: every kind of estimator", "[interop]", InEigen, InXtensor) {
    const Matrix<double> X = test::uneven(120, 4, 1);
    Matrix<double> Y(120, 2), flags(120, 2);
    std::vector<double> real(120), label(120);
    for (Index i = 0; i < 120; ++i) {
        const auto at = static_cast<std::size_t>(i);
        real[at] = Y(i, 0) = X(i, 0) - X(i, 1);
        Y(i, 1) = X(i, 2);
        label[at] = flags(i, 0) = X(i, 0) > 0;
        flags(i, 1) = X(i, 1) > 1;
    }
    const auto foreign_X = TestType::matrix(X), foreign_Y = TestType::matrix(Y),
               foreign_flags = TestType::matrix(flags);
    const auto foreign_real = TestType::vector(real), foreign_label = TestType::vector(label);
    const auto w = test::weights(120, 3);

    SECTION("regressor") {
        bf::SGDRegressor a, b;
        a.fit(foreign_X, foreign_real, {.sample_weight = TestType::vector(w)});
        b.fit(X, real, {.sample_weight = w});
        REQUIRE(a == b);
        REQUIRE(a.predict(foreign_X) == b.predict(X));
        REQUIRE(a.score(foreign_X, foreign_real) == b.score(X, real));
        bf::Incremental chunked{bf::SGDRegressor{}};
        chunked.fit(bf::from_array(foreign_X, {.block_rows = 50}), foreign_real);
        bf::Incremental want{bf::SGDRegressor{}};
        want.fit(bf::from_array(X, {.block_rows = 50}), real);
        REQUIRE(chunked == want);
    }
    SECTION("several outputs, several labels") {
        bf::MLPRegressor a({.hidden_layer_sizes = {5}}), b = a;
        a.partial_fit(foreign_X, foreign_Y);
        b.partial_fit(X, Y);
        REQUIRE(a == b);
        REQUIRE(same_bits(a.predict_outputs(foreign_X), b.predict_outputs(X)));
        REQUIRE(a.score(foreign_X, foreign_Y) == b.score(X, Y));
        bf::MLPClassifier c({.hidden_layer_sizes = {5}}), d = c;
        c.partial_fit(foreign_X, foreign_flags);
        d.partial_fit(X, flags);
        REQUIRE(c == d);
        REQUIRE(c.score(foreign_X, foreign_flags) == d.score(X, flags));
        bf::MLPClassifier e({.hidden_layer_sizes = {5}});
        e.fit(foreign_X, foreign_label);
        REQUIRE(e.predict(foreign_X) == e.predict(X));
    }
    SECTION("clusters, components, ranges, naive Bayes") {
        bf::MiniBatchKMeans a({.n_clusters = 3}), b = a;
        REQUIRE(a.fit(foreign_X) == b.fit(X));
        REQUIRE(a.predict(foreign_X) == b.predict(X));
        REQUIRE(same_bits(a.transform(foreign_X), b.transform(X)));
        bf::IncrementalPCA c({.n_components = 2}), d = c;
        REQUIRE(c.fit(foreign_X) == d.fit(X));
        REQUIRE(same_bits(c.transform(foreign_X), d.transform(X)));
        bf::MinMaxScaler e, f;
        REQUIRE(e.fit(foreign_X) == f.fit(X));
        bf::GaussianNB g, h;
        REQUIRE(g.fit(foreign_X, foreign_label) == h.fit(X, label));
        REQUIRE(g.predict(foreign_X) == h.predict(X));
    }
}
