#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <catch2/catch.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/interop/eigen.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>
#include <blockfit/wrappers/incremental.hpp>
#include <support/data.hpp>

namespace bf = blockfit;
using bf::Index;
using bf::Label;

namespace {

template <class T>
using Rows = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using Columns = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;
template <class M>
using Traits = bf::MatrixTraits<M>;

static_assert(bf::MatrixLike<Rows<double>> && bf::MatrixLike<Rows<float>> && bf::MatrixLike<Rows<int>>);
static_assert(bf::MatrixLike<Eigen::Map<Rows<double>, 0, Eigen::OuterStride<>>>);
static_assert(bf::MatrixLike<Eigen::Ref<Rows<double>>> && bf::MatrixLike<Eigen::Array<double, -1, -1, Eigen::RowMajor>>);
static_assert(!bf::VectorLike<Rows<double>> && !bf::VectorLike<Columns<double>>);
// A vector is y or weights, never X.
static_assert(bf::VectorLike<Eigen::VectorXd> && bf::VectorLike<Eigen::VectorXi> && bf::VectorLike<Eigen::RowVectorXd>);
static_assert(bf::VectorLike<Eigen::Map<const Eigen::VectorXd>> && bf::VectorLike<Eigen::Array<Label, -1, 1>>);
static_assert(!bf::MatrixLike<Eigen::VectorXd> && !bf::MatrixLike<Eigen::RowVectorXd>);
// Neither numbers nor dense.
static_assert(!bf::MatrixLike<Eigen::MatrixXcd> && !bf::VectorLike<Eigen::VectorXcd>);
static_assert(!bf::MatrixLike<Eigen::DiagonalMatrix<double, 3>>);
static_assert(Traits<Rows<double>>::owning && !Traits<Eigen::Map<Rows<double>>>::owning);
static_assert(!Traits<Eigen::Ref<Rows<double>>>::owning && Traits<Eigen::Ref<const Rows<double>>>::owning);

template <class T>
Rows<T> eigen(const bf::Matrix<T>& X) {
    return bf::as_eigen(X);
}
Eigen::VectorXi eigen(const std::vector<Label>& y) {
    Eigen::VectorXi result(std::ssize(y));
    for (Index i = 0; i < result.size(); ++i) result(i) = static_cast<int>(y[static_cast<std::size_t>(i)]);
    return result;
}

bf::SGDClassifier classifier() { return bf::SGDClassifier({.loss = bf::Loss::log_loss, .random_state = 3}); }

}  // namespace

TEST_CASE("Eigen: a view has the matrix's own memory", "[interop]") {
    Rows<double> M(5, 3);
    const Rows<double>& constant = M;
    const auto view = bf::as_view(M);
    REQUIRE(view.data() == M.data());
    REQUIRE(view.rows() == 5);
    REQUIRE(view.cols() == 3);
    REQUIRE(view.row_stride() == 3);
    REQUIRE(Traits<Rows<double>>::view(M).data() == M.data());
    static_assert(std::is_same_v<decltype(Traits<Rows<double>>::view(M)), bf::MatrixView<double>>);
    static_assert(std::is_same_v<decltype(Traits<Rows<double>>::view(constant)), bf::MatrixView<const double>>);

    auto block = M.block(1, 1, 3, 2);
    REQUIRE(bf::as_view(block).data() == &M(1, 1));
    REQUIRE(bf::as_view(block).row_stride() == 3);
    REQUIRE(bf::as_view(block).row(2).data() == &M(3, 1));
    REQUIRE(Traits<decltype(block)>::view(block).data() == &M(1, 1));
    REQUIRE(bf::as_view(constant.bottomRows(2)).data() == &M(3, 0));
    REQUIRE(bf::as_view(M.middleRows(4, 1)).data() == &M(4, 0));

    Eigen::Ref<Rows<double>> ref(M);
    REQUIRE(bf::as_view(ref).data() == M.data());
    // The rows of a transposed column-major matrix lie in memory as its columns.
    Columns<float> C(3, 5);
    REQUIRE(bf::as_view(C.transpose()).data() == C.data());
    REQUIRE(bf::as_view(C.transpose()).row_stride() == 3);

    Eigen::Matrix<int, 2, 3, Eigen::RowMajor> fixed;
    REQUIRE(bf::as_view(fixed).data() == fixed.data());

    std::vector<double> buffer(20);
    Eigen::Map<Rows<double>, 0, Eigen::OuterStride<>> map(buffer.data(), 4, 3, Eigen::OuterStride<>(5));
    REQUIRE(bf::as_view(map).data() == buffer.data());
    REQUIRE(bf::as_view(map).row_stride() == 5);
    REQUIRE(Traits<decltype(map)>::view(map).row(3).data() == buffer.data() + 15);
    const Eigen::Map<const Rows<double>> constant_map(buffer.data(), 4, 3);
    REQUIRE(bf::as_view(constant_map).data() == buffer.data());
}

TEST_CASE("Eigen: empty matrices, and rows that overlap", "[interop]") {
    const Rows<double> no_rows(0, 3), no_columns(2, 0);
    REQUIRE(bf::as_view(no_rows).rows() == 0);
    REQUIRE(bf::as_view(no_rows).cols() == 3);
    REQUIRE(bf::as_view(no_columns).cols() == 0);
    double values[6]{};
    using Map = Eigen::Map<Rows<double>, 0, Eigen::OuterStride<>>;
    REQUIRE_THROWS_AS(bf::as_view(Map(values, 3, 4, Eigen::OuterStride<>(1))), bf::ShapeError);
    // One row has no distance to the next.
    REQUIRE(bf::as_view(Map(values, 1, 4, Eigen::OuterStride<>(1))).row_stride() == 4);
}

TEST_CASE("Eigen: as_eigen has the view's own memory", "[interop]") {
    bf::Matrix<double> M = test::normal(4, 3, 1);
    auto E = bf::as_eigen(M);
    REQUIRE(E.data() == M.data());
    REQUIRE(E(2, 1) == M(2, 1));
    E(2, 1) = 7.0;
    REQUIRE(M(2, 1) == 7.0);
    const auto part = bf::as_eigen(std::as_const(M).view().rows(1, 3).cols(1, 3));
    REQUIRE(part.data() == &M(1, 1));
    REQUIRE(part.rows() == 2);
    REQUIRE(part.cols() == 2);
    REQUIRE(part.outerStride() == 3);
    REQUIRE(part(1, 0) == 7.0);
    static_assert(!std::is_assignable_v<decltype(part(0, 0)), double>);
    REQUIRE(bf::as_eigen(std::as_const(M)).data() == M.data());
    REQUIRE(bf::as_view(bf::as_eigen(M)).data() == M.data());
}

TEST_CASE("Eigen: vectors as y and weights", "[interop]") {
    Eigen::VectorXd w(3);
    w << 1, 2, 3;
    REQUIRE(bf::as_span(w).data() == w.data());
    REQUIRE(bf::as_span(w).size() == 3);
    REQUIRE(bf::as_span(w.tail(2)).data() == w.data() + 1);
    REQUIRE(bf::SampleWeight(w)[2] == 3.0);
    REQUIRE(bf::from_vector(w).compute() == std::vector{1.0, 2.0, 3.0});

    Rows<double> M(3, 2);
    M << 1, 2, 3, 4, 5, 6;
    REQUIRE(bf::as_span(M.row(1)).data() == &M(1, 0));
    // data() and size() of a column would give 2, 3, 4.
    REQUIRE_THROWS_AS(bf::as_span(M.col(1)), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::LabelSpan(M.col(1)), bf::ShapeError);
    REQUIRE(bf::as_span(M.leftCols(1).row(2).transpose())[0] == 5.0);
    const Columns<double> C = M;
    REQUIRE(bf::as_span(C.col(1)).data() == &C(0, 1));
    REQUIRE(bf::LabelSpan(C.col(1)).get()[2] == 6);
    Rows<double> one_column = C.leftCols(1);
    REQUIRE(bf::as_span(one_column.col(0))[2] == 5.0);
}

TEMPLATE_TEST_CASE("Eigen: the same bits as Matrix", "[interop]", double, float, int) {
    using T = TestType;
    const bf::Matrix<double> data = test::uneven(150, 4, 2);
    const std::vector<Label> y = test::labels(data);
    const bf::Matrix<T> X = test::as<T>(data);
    const Rows<T> E = eigen(X);
    const Eigen::VectorXi Ey = eigen(y);
    const std::vector<double> w = test::weights(150, 5);
    const Eigen::VectorXd Ew = Eigen::Map<const Eigen::VectorXd>(w.data(), 150);

    SECTION("StandardScaler") {
        bf::StandardScaler ours, theirs;
        ours.fit(X, w).partial_fit(X);
        theirs.fit(E, Ew).partial_fit(E);
        REQUIRE(ours == theirs);
        REQUIRE(ours.transform(X) == theirs.transform(E));
        REQUIRE(ours.inverse_transform(X) == theirs.inverse_transform(E));
        REQUIRE(bf::StandardScaler().fit_transform(E) == bf::StandardScaler().fit_transform(X));
    }
    SECTION("SGDClassifier") {
        bf::SGDClassifier ours = classifier(), theirs = classifier();
        ours.fit(X, y, {.sample_weight = w});
        theirs.fit(E, Ey, {.sample_weight = Ew});
        REQUIRE(ours == theirs);
        ours.partial_fit(X, y, {.classes = {0, 1}, .sample_weight = w});
        theirs.partial_fit(E, Ey, {.classes = {0, 1}, .sample_weight = Ew});
        REQUIRE(ours == theirs);
        REQUIRE(ours.predict(X) == theirs.predict(E));
        REQUIRE(ours.decision_function(X) == theirs.decision_function(E));
        REQUIRE(ours.predict_proba(X) == theirs.predict_proba(E));
        REQUIRE(ours.score(X, y, w) == theirs.score(E, Ey, Ew));
    }
    SECTION("Incremental") {
        bf::Incremental ours(classifier(), {.classes = {0, 1}}), theirs = ours;
        ours.fit(X, y).partial_fit(X, y);
        theirs.fit(E, Ey).partial_fit(E, Ey);
        REQUIRE(ours == theirs);
        REQUIRE(ours.predict(X) == theirs.predict(E));
        ours.fit(bf::from_array(X, {.block_rows = 40}), bf::from_vector(y));
        theirs.fit(bf::from_array(E, {.block_rows = 40}), bf::from_vector(Ey));
        REQUIRE(ours == theirs);
        REQUIRE(ours.score(X, y) == theirs.score(E, Ey));
    }
    SECTION("Pipeline") {
        auto ours = bf::make_pipeline(bf::StandardScaler{}, classifier()), theirs = ours;
        ours.fit(X, y).partial_fit(X, y);
        theirs.fit(E, Ey).partial_fit(E, Ey);
        REQUIRE(ours == theirs);
        REQUIRE(ours.predict(X) == theirs.predict(E));
        REQUIRE(ours.predict_proba(X) == theirs.predict_proba(E));
        REQUIRE(ours.score(X, y) == theirs.score(E, Ey));
    }
    SECTION("strided blocks and maps") {
        Rows<T> wide = Rows<T>::Constant(150, 9, T(99));
        wide.block(0, 2, 150, 4) = E;
        const auto block = wide.block(0, 2, 150, 4);
        const Eigen::Map<const Rows<T>, 0, Eigen::OuterStride<>> map(wide.data() + 2, 150, 4, Eigen::OuterStride<>(9));
        const auto fitted = bf::make_pipeline(bf::StandardScaler{}, classifier()).fit(X, y);
        REQUIRE(bf::make_pipeline(bf::StandardScaler{}, classifier()).fit(block, y) == fitted);
        REQUIRE(bf::make_pipeline(bf::StandardScaler{}, classifier()).fit(map, y) == fitted);
        REQUIRE(fitted.predict_proba(block) == fitted.predict_proba(X));
        REQUIRE(fitted.predict(map) == fitted.predict(X));
        REQUIRE(bf::from_array(map, {.block_rows = 7}).compute() == X);
    }
    SECTION("column-major through from_eigen") {
        const Columns<T> C = E;
        REQUIRE(bf::from_eigen(C).compute() == X);
        bf::StandardScaler ours, theirs;
        ours.fit(bf::from_array(E, {.block_rows = 37}));
        theirs.fit(bf::from_eigen(C, {.block_rows = 37}));
        REQUIRE(ours == theirs);
        REQUIRE(ours.transform(X) == theirs.transform(bf::from_eigen(C)).compute());
        bf::Incremental by_row(classifier()), by_column = by_row;
        by_row.fit(bf::from_array(E, {.block_rows = 37}), bf::from_vector(Ey));
        by_column.fit(bf::from_eigen(C, {.block_rows = 37}), bf::from_vector(Ey));
        REQUIRE(by_row == by_column);
        REQUIRE(by_row.predict(X) == by_column.predict(bf::from_eigen(C)).compute());
        REQUIRE(by_row.score(X, y) == by_column.score(bf::from_eigen(C), bf::from_vector(y)));
    }
}

TEST_CASE("Eigen: transform writes into Eigen's memory", "[interop]") {
    const bf::Matrix<double> X = test::uneven(60, 4, 3);
    bf::StandardScaler scaler;
    scaler.fit(X);
    const bf::Matrix<double> want = scaler.transform(X);

    Rows<double> in_place = eigen(X);
    const double* const memory = in_place.data();
    scaler.transform(in_place, in_place);
    REQUIRE(in_place.data() == memory);
    REQUIRE(bf::Matrix<double>(bf::as_view(in_place)) == want);
    scaler.inverse_transform(in_place, in_place);
    REQUIRE((in_place - bf::as_eigen(X)).cwiseAbs().maxCoeff() < 1e-12);

    Rows<double> wide = Rows<double>::Constant(62, 6, 99.0);
    scaler.transform(X, wide.block(1, 1, 60, 4));
    REQUIRE(bf::Matrix<double>(bf::as_view(wide.block(1, 1, 60, 4))) == want);
    wide.block(1, 1, 60, 4).setConstant(99.0);
    REQUIRE((wide.array() == 99.0).all());

    bf::Matrix<double> out(60, 4);
    scaler.transform(eigen(X), bf::as_eigen(out));
    REQUIRE(out == want);
    Rows<double> small(59, 4);
    REQUIRE_THROWS_AS(scaler.transform(X, small), bf::ShapeError);
}

TEST_CASE("Eigen: from_eigen reads any strides, by any rows", "[interop]") {
    const Columns<double> C = Columns<double>::Random(300, 7);
    const Rows<double> R = C;
    const bf::Matrix<double> want(bf::as_view(R));
    for (const Index block_rows : {1, 15, 16, 17, 300}) {
        for (const int threads : {1, 3}) {
            const bf::Settings settings({.threads = threads});
            REQUIRE(bf::from_eigen(C, {.block_rows = block_rows}).compute() == want);
        }
    }
    REQUIRE(bf::from_eigen(C).to_string().starts_with("blockfit.ChunkedMatrix<from_eigen, shape=(300, 7), dtype=float64"));
    const bf::Matrix<double> part = bf::from_eigen(C).rows(101, 160).cols({5, 0}).compute();
    REQUIRE(part(3, 0) == C(104, 5));
    REQUIRE(part(58, 1) == C(159, 0));
    // Blocks, rows from bottom to top, every other row and column.
    REQUIRE(bf::from_eigen(C.block(2, 1, 20, 3)).compute()(19, 2) == C(21, 3));
    using Any = Eigen::Map<const Rows<double>, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;
    const bf::Matrix<double> every_other =
        bf::from_eigen(Any(R.data(), 150, 4, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>(14, 2))).compute();
    for (Index i = 0; i < 150; ++i)
        for (Index j = 0; j < 4; ++j) REQUIRE(every_other(i, j) == R(2 * i, 2 * j));
    REQUIRE(bf::from_eigen(C.transpose()).compute()(6, 299) == C(299, 6));
    // Row-major data is not copied on its way.
    bf::Scratch scratch;
    REQUIRE(bf::from_eigen(R).source()->view({3, 5}, scratch).data() == &R(3, 0));
}

TEST_CASE("Eigen: compute into Eigen's matrices and vectors", "[interop]") {
    const bf::Matrix<double> m = test::normal(1'000, 3, 5);
    const auto X = bf::from_array(m, {.block_rows = 300});
    const auto a = X.compute<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>();
    const auto b = X.col(1).compute<Eigen::VectorXd>();
    bool same = a.rows() == 1'000 && b.size() == 1'000;
    for (Index i = 0; i < 1'000; ++i) same &= a(i, 2) == m(i, 2) && b[i] == m(i, 1);
    CHECK(same);
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> there(1'000, 5);
    there.setZero();
    bf::compute_into(X, there.leftCols(3));
    CHECK(there(999, 2) == m(999, 2));
    CHECK(there.rightCols(2).isZero());
}
