/// Every estimator of the contract suite survives a file: it predicts and goes on training with the same bits.

#include <string>
#include <tuple>

#include <catch2/catch.hpp>

#include <blockfit/persistence/save.hpp>

#include "contract/cases.hpp"
#include "support/errors.hpp"
#include "support/files.hpp"

using namespace contract;
using Catch::Matchers::Contains;

namespace {

using Stored =
    decltype(std::tuple_cat(All(), std::tuple<PcaFloat, KMeansFloat, NeuralClassifierFloat, NeuralRegressorFloat>()));

template <class E>
E saved_and_loaded(const E& e) {
    const test::TemporaryFolder folder;
    bf::save(folder.file("model.h5"), e);
    return bf::load<E>(folder.file("model.h5"));
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("every estimator: saved and loaded, it goes on with the same bits", "[persistence]", Stored) {
    const Matrix<double> X = uneven<TestType>(90, 4, 1), more = uneven<TestType>(60, 4, 2);
    auto fresh = TestType::make();
    for (const auto& [name, text] : TestType::settings) fresh.set_param(name, text);
    REQUIRE(saved_and_loaded(fresh) == fresh);

    auto e = fitted<TestType>(X, targets<TestType>(X));
    auto loaded = saved_and_loaded(e);
    REQUIRE(loaded == e);
    REQUIRE(loaded.to_string() == e.to_string());
    REQUIRE(test::same_bits(results<TestType>(loaded, more), results<TestType>(e, more)));
    for (int block = 0; block < 2; ++block) {
        partial_fit<TestType>(e, more, targets<TestType>(more));
        partial_fit<TestType>(loaded, more, targets<TestType>(more));
        REQUIRE(loaded == e);
        loaded = saved_and_loaded(loaded);
        REQUIRE(loaded == e);
    }
    REQUIRE(test::same_bits(results<TestType>(loaded, X), results<TestType>(e, X)));
}

TEST_CASE("every estimator: float weights are not loaded as double", "[persistence]") {
    const Matrix<double> X = test::normal(60, 4, 1);
    bf::MLPClassifier<float> single({.hidden_layer_sizes = {3}});
    single.partial_fit(X, test::labels(X), {.classes = {0, 1}});
    const test::TemporaryFolder folder;
    const std::string path = folder.file("model.h5");
    bf::save(path, single);
    REQUIRE(bf::load<bf::MLPClassifier<float>>(path) == single);
    REQUIRE_THAT(test::message([&] { (void)bf::load<bf::MLPClassifier<double>>(path); }), Contains("wrong type"));
    REQUIRE_THAT(test::message([&] { (void)bf::load<bf::MLPRegressor<float>>(path); }),
                 Contains("holds a MLPClassifier"));
}

TEST_CASE("every estimator: k-means with a function as init says why it cannot be saved", "[persistence]") {
    bf::MiniBatchKMeans model(
        {.n_clusters = 2, .init = [](auto rows, Index k, bf::RandomState&) { return Matrix<double>(k, rows.cols()); }});
    const test::TemporaryFolder folder;
    REQUIRE_THAT(test::message([&] { bf::save(folder.file("model.h5"), model); }), Contains("init is a function"));
    REQUIRE(folder.names().empty());
}
