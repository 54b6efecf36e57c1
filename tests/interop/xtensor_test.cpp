#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#if __has_include(<xtensor/core/xmath.hpp>)
#include <xtensor/core/xmath.hpp>
#include <xtensor/misc/xmanipulation.hpp>
#else
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xmath.hpp>
#endif

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/interop/xtensor.hpp>
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
using Tensor = xt::xtensor<T, 2>;
template <class M>
using Traits = bf::MatrixTraits<M>;

static_assert(bf::MatrixLike<Tensor<double>> && bf::MatrixLike<Tensor<float>> && bf::MatrixLike<Tensor<int>>);
static_assert(bf::VectorLike<xt::xtensor<double, 1>> && bf::VectorLike<xt::xtensor<int, 1>>);
static_assert(!bf::VectorLike<Tensor<double>> && !bf::MatrixLike<xt::xtensor<double, 1>>);
static_assert(!bf::VectorLike<xt::xtensor<double, 3>> && !bf::MatrixLike<xt::xtensor<double, 3>>);
// The number of dimensions of an xarray shows at run time.
static_assert(bf::MatrixLike<xt::xarray<double>> && bf::VectorLike<xt::xarray<double>>);
static_assert(Traits<Tensor<double>>::owning && Traits<xt::xarray<double>>::owning);
static_assert(!Traits<decltype(bf::as_xtensor(bf::MatrixView<double>()))>::owning);
static_assert(!Traits<decltype(xt::adapt(std::declval<std::vector<double>&>(), std::array<std::size_t, 2>()))>::owning);
static_assert(Traits<decltype(xt::adapt(std::vector<double>(), std::array<std::size_t, 2>()))>::owning);
static_assert(!Traits<decltype(xt::view(std::declval<Tensor<double>&>(), xt::all(), xt::all()))>::owning);
static_assert(Traits<decltype(xt::view(std::declval<Tensor<double>>(), xt::all(), xt::all()))>::owning);

template <class T>
Tensor<T> tensor(const bf::Matrix<T>& X) {
    return bf::as_xtensor(X);
}
xt::xtensor<int, 1> tensor(const std::vector<Label>& y) {
    xt::xtensor<int, 1> result(std::array<std::size_t, 1>{y.size()});
    std::ranges::transform(y, result.begin(), [](Label label) { return static_cast<int>(label); });
    return result;
}

bf::SGDClassifier classifier() { return bf::SGDClassifier({.loss = bf::Loss::log_loss, .random_state = 3}); }

}  // namespace

TEST_CASE("xtensor: a view has the matrix's own memory", "[interop]") {
    Tensor<double> M({5, 3}, 0.0);
    const Tensor<double>& constant = M;
    const auto view = bf::as_view(M);
    REQUIRE(view.data() == M.data());
    REQUIRE(view.rows() == 5);
    REQUIRE(view.cols() == 3);
    REQUIRE(view.row_stride() == 3);
    REQUIRE(Traits<Tensor<double>>::view(M).data() == M.data());
    static_assert(std::is_same_v<decltype(Traits<Tensor<double>>::view(M)), bf::MatrixView<double>>);
    static_assert(std::is_same_v<decltype(Traits<Tensor<double>>::view(constant)), bf::MatrixView<const double>>);

    auto part = xt::view(M, xt::range(1, 4), xt::range(1, 3));
    REQUIRE(bf::as_view(part).data() == &M(1, 1));
    REQUIRE(bf::as_view(part).row_stride() == 3);
    REQUIRE(bf::as_view(part).row(2).data() == &M(3, 1));
    REQUIRE(Traits<decltype(part)>::view(part).data() == &M(1, 1));
    auto constant_part = xt::view(constant, xt::range(1, 4), xt::all());
    static_assert(std::is_same_v<decltype(Traits<decltype(constant_part)>::view(constant_part)), bf::MatrixView<const double>>);
    REQUIRE(bf::as_view(constant_part).data() == &M(1, 0));
    REQUIRE(bf::as_view(xt::view(M, xt::range(4, 5), xt::range(1, 3))).data() == &M(4, 1));

    const xt::xarray<float> A = xt::ones<float>({4, 2});
    REQUIRE(bf::as_view(A).data() == A.data());
    std::vector<int> buffer{1, 2, 3, 4, 5, 6};
    const auto adapted = xt::adapt(buffer, std::array<std::size_t, 2>{2, 3});
    REQUIRE(bf::as_view(adapted).data() == buffer.data());
    REQUIRE(bf::as_view(adapted)(1, 2) == 6);
}

TEST_CASE("xtensor: one row, one column, none", "[interop]") {
    // xtensor gives a dimension of length 1 the stride 0.
    const Tensor<double> one({1, 1}, 7.0), row({1, 4}, 7.0), column({4, 1}, 7.0);
    REQUIRE(bf::as_view(one)(0, 0) == 7.0);
    REQUIRE(bf::as_view(row).row_stride() == 4);
    REQUIRE(bf::as_view(column).row_stride() == 1);
    REQUIRE(bf::as_view(column)(3, 0) == 7.0);
    REQUIRE(bf::as_view(Tensor<double>({0, 3}, 0.0)).cols() == 3);
    REQUIRE(bf::as_span(xt::xtensor<double, 1>({1}, 7.0))[0] == 7.0);
}

TEST_CASE("xtensor: what is not row-major or has other dimensions is refused", "[interop]") {
    const Tensor<double> M({5, 3}, 0.0);
    REQUIRE_THROWS_AS(bf::as_view(xt::transpose(M)), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::as_view(xt::view(M, xt::all(), xt::range(0, 3, 2))), bf::ShapeError);
    REQUIRE(bf::as_view(xt::view(M, xt::range(0, 5, 2), xt::all())).row_stride() == 6);
    const xt::xarray<double> vector = xt::ones<double>({4}), cube = xt::ones<double>({4, 3, 2});
    REQUIRE_THROWS_AS(bf::as_view(vector), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::as_view(cube), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::as_span(xt::xarray<double>(M)), bf::ShapeError);
    const xt::xarray<double, xt::layout_type::dynamic> columns(std::vector<std::size_t>{5, 3}, 1.0, xt::layout_type::column_major);
    REQUIRE_THROWS_AS(bf::as_view(columns), bf::ShapeError);
}

TEST_CASE("xtensor: as_xtensor has the view's own memory", "[interop]") {
    bf::Matrix<double> M = test::normal(4, 3, 1);
    auto X = bf::as_xtensor(M);
    REQUIRE(X.data() == M.data());
    REQUIRE(X.shape()[0] == 4);
    REQUIRE(X.shape()[1] == 3);
    REQUIRE(X(2, 1) == M(2, 1));
    X(2, 1) = 7.0;
    REQUIRE(M(2, 1) == 7.0);
    const auto rows = bf::as_xtensor(std::as_const(M).view().rows(1, 3));
    REQUIRE(rows.data() == &M(1, 0));
    REQUIRE(rows.size() == 6);
    REQUIRE(rows(1, 1) == 7.0);
    static_assert(!std::is_assignable_v<decltype(rows(0, 0)), double>);
    REQUIRE(bf::as_xtensor(std::as_const(M)).data() == M.data());
    REQUIRE_THROWS_AS(bf::as_xtensor(M.view().cols(0, 2)), bf::ShapeError);
    REQUIRE(bf::as_xtensor(M.view().cols(1, 3).rows(2, 3))(0, 0) == 7.0);
    REQUIRE(bf::as_view(bf::as_xtensor(M)).data() == M.data());
}

TEST_CASE("xtensor: vectors as y and weights", "[interop]") {
    const xt::xtensor<double, 1> w{1, 2, 3};
    REQUIRE(bf::as_span(w).data() == w.data());
    REQUIRE(bf::as_span(w).size() == 3);
    REQUIRE(bf::SampleWeight(w)[2] == 3.0);
    REQUIRE(bf::from_vector(w).compute() == std::vector{1.0, 2.0, 3.0});
    const xt::xarray<int> y{0, 1, 1};
    REQUIRE(bf::as_span(y).data() == y.data());
    REQUIRE(bf::LabelSpan(y).get()[2] == 1);
    REQUIRE(bf::as_span(xt::view(w, xt::range(1, 3))).data() == w.data() + 1);

    const Tensor<double> M{{1, 2}, {3, 4}, {5, 6}};
    REQUIRE(bf::as_span(xt::row(M, 1)).data() == &M(1, 0));
    // data() is the matrix's, and a column's values are not side by side.
    REQUIRE_THROWS_AS(bf::as_span(xt::col(M, 1)), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::LabelSpan(xt::col(M, 1)), bf::ShapeError);
    REQUIRE(bf::as_span(xt::xtensor<double, 1>(xt::col(M, 1)))[2] == 6.0);
}

TEMPLATE_TEST_CASE("xtensor: the same bits as Matrix", "[interop]", double, float, int) {
    using T = TestType;
    const bf::Matrix<double> data = test::uneven(150, 4, 2);
    const std::vector<Label> y = test::labels(data);
    const bf::Matrix<T> X = test::as<T>(data);
    const Tensor<T> E = tensor(X);
    const xt::xarray<T> A = E;
    const xt::xtensor<int, 1> Ey = tensor(y);
    const xt::xarray<int> Ay = Ey;
    const std::vector<double> w = test::weights(150, 5);
    const xt::xtensor<double, 1> Ew = xt::adapt(w, std::array<std::size_t, 1>{150});

    SECTION("StandardScaler") {
        bf::StandardScaler ours, theirs;
        ours.fit(X, w).partial_fit(X);
        theirs.fit(E, Ew).partial_fit(A);
        REQUIRE(ours == theirs);
        REQUIRE(ours.transform(X) == theirs.transform(E));
        REQUIRE(ours.inverse_transform(X) == theirs.inverse_transform(A));
    }
    SECTION("SGDClassifier") {
        bf::SGDClassifier ours = classifier(), theirs = classifier();
        ours.fit(X, y, {.sample_weight = w});
        theirs.fit(E, Ay, {.sample_weight = Ew});
        REQUIRE(ours == theirs);
        ours.partial_fit(X, y, {.classes = {0, 1}});
        theirs.partial_fit(A, Ey, {.classes = {0, 1}});
        REQUIRE(ours == theirs);
        REQUIRE(ours.predict(X) == theirs.predict(E));
        REQUIRE(ours.decision_function(X) == theirs.decision_function(E));
        REQUIRE(ours.predict_proba(X) == theirs.predict_proba(A));
        REQUIRE(ours.score(X, y, w) == theirs.score(E, Ay, Ew));
    }
    SECTION("Incremental") {
        bf::Incremental ours(classifier(), {.classes = {0, 1}}), theirs = ours;
        ours.fit(X, y).partial_fit(X, y);
        theirs.fit(E, Ey).partial_fit(A, Ay);
        REQUIRE(ours == theirs);
        ours.fit(bf::from_array(X, {.block_rows = 40}), bf::from_vector(y));
        theirs.fit(bf::from_array(E, {.block_rows = 40}), bf::from_vector(Ey));
        REQUIRE(ours == theirs);
        REQUIRE(ours.predict(X) == theirs.predict(bf::from_array(A)).compute());
        REQUIRE(ours.score(X, y) == theirs.score(E, Ey));
    }
    SECTION("Pipeline") {
        auto ours = bf::make_pipeline(bf::StandardScaler{}, classifier()), theirs = ours;
        ours.fit(X, y).partial_fit(X, y);
        theirs.fit(E, Ey).partial_fit(A, Ay);
        REQUIRE(ours == theirs);
        REQUIRE(ours.predict(X) == theirs.predict(E));
        REQUIRE(ours.predict_proba(X) == theirs.predict_proba(E));
        REQUIRE(ours.score(X, y) == theirs.score(E, Ey));
    }
    SECTION("strided views") {
        Tensor<T> wide({150, 9}, T(99));
        xt::view(wide, xt::all(), xt::range(2, 6)) = E;
        const auto part = xt::view(wide, xt::all(), xt::range(2, 6));
        const auto fitted = bf::make_pipeline(bf::StandardScaler{}, classifier()).fit(X, y);
        REQUIRE(bf::make_pipeline(bf::StandardScaler{}, classifier()).fit(part, y) == fitted);
        REQUIRE(fitted.predict_proba(part) == fitted.predict_proba(X));
        REQUIRE(bf::from_array(part, {.block_rows = 7}).compute() == X);
    }
}

TEST_CASE("xtensor: transform writes into xtensor's memory", "[interop]") {
    const bf::Matrix<double> X = test::uneven(60, 4, 3);
    bf::StandardScaler scaler;
    scaler.fit(X);
    const bf::Matrix<double> want = scaler.transform(X);

    Tensor<double> in_place = tensor(X);
    const double* const memory = in_place.data();
    scaler.transform(in_place, in_place);
    REQUIRE(in_place.data() == memory);
    REQUIRE(bf::Matrix<double>(bf::as_view(in_place)) == want);

    xt::xarray<double> array = xt::zeros<double>({60, 4});
    scaler.transform(X, array);
    REQUIRE(bf::Matrix<double>(bf::as_view(array)) == want);

    Tensor<double> wide({62, 6}, 99.0);
    auto part = xt::view(wide, xt::range(1, 61), xt::range(1, 5));
    scaler.transform(X, part);
    REQUIRE(bf::Matrix<double>(bf::as_view(part)) == want);
    part = 99.0;
    REQUIRE(std::ranges::all_of(wide.storage(), [](double value) { return value == 99.0; }));

    bf::Matrix<double> out(60, 4);
    scaler.transform(tensor(X), bf::as_xtensor(out));
    REQUIRE(out == want);
    Tensor<double> small({59, 4}, 0.0);
    REQUIRE_THROWS_AS(scaler.transform(X, small), bf::ShapeError);
}

TEST_CASE("xtensor: xt_map is the expression of each row, whatever is read together", "[interop]") {
    const bf::Matrix<double> m = test::normal(20'000, 3, 5);
    const auto X = bf::from_array(m, {.block_rows = 7'000});
    const auto check = [&](const auto& array, auto f) {
        const auto got = array.compute();
        REQUIRE(got.rows() == 20'000);
        bool same = true;
        for (Index i = 0; i < got.rows(); ++i)
            for (Index j = 0; j < got.cols(); ++j) same &= got(i, j) == f(i, j);
        CHECK(same);
    };
    const bf::Settings settings({.threads = 3});
    check(bf::xt_map(X, [](const auto& x) { return x * 2 + 1; }), [&](Index i, Index j) { return m(i, j) * 2 + 1; });
    check(bf::xt_map(X, [](const auto& x) { return xt::log1p(xt::abs(x)); }),
          [&](Index i, Index j) { return std::log1p(std::abs(m(i, j))); });
    // By value, as xtensor's expressions do not keep what they are made of.
    check(bf::xt_map(X, [](auto x) { return xt::log1p(xt::abs(x)) - x; }),
          [&](Index i, Index j) { return std::log1p(std::abs(m(i, j))) - m(i, j); });
    check(bf::xt_map(X, [](auto x) { return xt::view(x, xt::all(), xt::range(1, 3)); }),
          [&](Index i, Index j) { return m(i, j + 1); });
    check(bf::xt_map(X, [](const auto& x) { return x > 0; }), [&](Index i, Index j) { return m(i, j) > 0; });
    check(bf::xt_map(X, [](const auto& x) { return xt::view(x, xt::all(), xt::range(1, 3)); }),
          [&](Index i, Index j) { return m(i, j + 1); });
    const std::vector<double> sums = bf::xt_map(X, [](const auto& x) { return xt::sum(x, {1}); }).compute();
    bool same = true;
    for (Index i = 0; i < 20'000; ++i) same &= sums[static_cast<std::size_t>(i)] == m(i, 0) + m(i, 1) + m(i, 2);
    CHECK(same);

    // Padded rows, in and out.
    test::Padded<double> padded(m);
    check(bf::xt_map(bf::from_array(padded.view()), [](const auto& x) { return -x; }), [&](Index i, Index j) { return -m(i, j); });
    bf::compute_into(bf::xt_map(X, [](const auto& x) { return -x; }), padded.view());
    CHECK(padded.view()(19'999, 2) == -m(19'999, 2));
    CHECK(padded.padding_untouched());
}

TEST_CASE("xtensor: xt_map_blocks sees whole blocks", "[interop]") {
    const bf::Matrix<double> m = test::normal(10'000, 2, 5);
    const auto X = bf::from_array(m, {.block_rows = 6'000});
    const bf::Matrix<double> centred = bf::xt_map_blocks(X, [](const auto& x) { return x - xt::mean(x, {0}); }).compute();
    for (const auto& [begin, end] : {std::pair<Index, Index>{0, 6'000}, {6'000, 10'000}})
        for (Index j = 0; j < 2; ++j) {
            double mean = 0, sum = 0;
            for (Index i = begin; i < end; ++i) mean += m(i, j) / static_cast<double>(end - begin);
            for (Index i = begin; i < end; ++i) sum += std::abs(centred(i, j) - (m(i, j) - mean));
            CHECK(sum < 1e-9);
        }
}

TEST_CASE("xtensor: an expression without a row for each row is refused at once", "[interop][errors]") {
    const bf::Matrix<double> m(10, 3);
    const auto X = bf::from_array(m);
    CHECK_THROWS_AS(bf::xt_map(X, [](const auto& x) { return xt::eval(xt::transpose(x)); }), bf::ShapeError);
    CHECK_THROWS_AS(bf::xt_map(X, [](const auto& x) { return xt::sum(x, {0}); }), bf::ShapeError);
}

TEST_CASE("xtensor: compute into xtensor's containers", "[interop]") {
    const bf::Matrix<double> m = test::normal(1'000, 3, 5);
    const auto X = bf::from_array(m, {.block_rows = 300});
    const auto a = X.compute<xt::xtensor<double, 2>>();
    const auto b = X.compute<xt::xarray<double>>();
    const auto c = X.col(1).compute<xt::xtensor<double, 1>>();
    bool same = a.shape()[0] == 1'000 && b.dimension() == 2 && c.size() == 1'000;
    for (Index i = 0; i < 1'000; ++i) {
        const auto k = static_cast<std::size_t>(i);
        same &= a(k, 2) == m(i, 2) && b(k, 0) == m(i, 0) && c(k) == m(i, 1);
    }
    CHECK(same);
    xt::xtensor<double, 2> there = xt::zeros<double>({1'000, 3});
    bf::compute_into(X, there);
    const bool equal = there == a;
    CHECK(equal);
}
