#include <algorithm>
#include <any>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/linear_model/sgd_classifier.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using bf::LearningRate;
using bf::Loss;
using bf::Matrix;
using bf::MatrixView;
using bf::Penalty;
using bf::SGDClassifier;
using bf::SGDClassifierParams;

namespace {

/// One flag a row: is it held out by early stopping?
std::vector<unsigned char> hold_out(std::span<const Label> y, std::span<const Label> classes, double fraction,
                                    std::uint32_t random_state) {
    bf::RandomState generator(random_state);
    return bf::detail::stratified_split("test", y, classes, fraction, generator).held_out();
}

struct Data {
    Matrix<double> X;
    std::vector<Label> y;
    [[nodiscard]] MatrixView<const double> rows(Index begin, Index end) const { return X.view().rows(begin, end); }
    [[nodiscard]] std::span<const Label> labels(Index begin, Index end) const {
        return std::span(y).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    }
};

Data make_data(Index n, Index n_classes, std::uint32_t seed = 1, Index d = 4) {
    Matrix<double> X = test::normal(n, d, seed);
    std::vector<Label> y = test::labels(X, n_classes);
    return {std::move(X), std::move(y)};
}

std::vector<Label> classes_up_to(Index n) {
    std::vector<Label> classes;
    for (Label label = 0; label < n; ++label) classes.push_back(label);
    return classes;
}

/// Checks that call() throws an E that contains `text` and leaves the classifier as it was.
template <class E, class Call>
void refused(SGDClassifier& clf, const std::string& text, Call call) {
    const SGDClassifier before = clf;
    CAPTURE(text);
    CHECK_THROWS_AS(call(), E);
    CHECK_THROWS_WITH(call(), Catch::Contains(text));
    CHECK(clf == before);
}

}  // namespace

TEST_CASE("SGDClassifier: shapes of what was fitted", "[linear_model]") {
    for (const Index n_classes : {2, 3, 5}) {
        const Data data = make_data(200, n_classes);
        SGDClassifier clf({.loss = Loss::log_loss});
        CHECK_FALSE(clf.fitted());
        CHECK(&clf.fit(data.X, data.y) == &clf);
        CHECK(clf.fitted());
        CHECK(clf.n_features_in() == 4);
        CHECK(clf.classes() == classes_up_to(n_classes));
        CHECK(clf.coef().rows() == (n_classes == 2 ? 1 : n_classes));
        CHECK(clf.coef().cols() == 4);
        CHECK(std::ssize(clf.intercept()) == clf.coef().rows());
        CHECK(clf.decision_function(data.X).cols() == clf.coef().rows());
        CHECK(clf.predict_proba(data.X).cols() == n_classes);
        CHECK(clf.n_iter() >= 1);
        CHECK(clf.t() == 1 + 200.0 * static_cast<double>(clf.n_iter()));
        CHECK(clf.score(data.X, data.y) > 0.7);
    }
}

TEST_CASE("SGDClassifier: decisions are X coef' + intercept, and predictions follow them", "[linear_model]") {
    for (const Index n_classes : {2, 4}) {
        const Data data = make_data(150, n_classes);
        const SGDClassifier clf = SGDClassifier({.random_state = 4}).fit(data.X, data.y);
        const Matrix<double> decision = clf.decision_function(data.X);
        const std::vector<Label> predicted = clf.predict(data.X);
        for (Index i = 0; i < data.X.rows(); ++i) {
            for (Index k = 0; k < decision.cols(); ++k) {
                double want = clf.intercept()[static_cast<std::size_t>(k)];
                for (Index j = 0; j < 4; ++j) want += data.X(i, j) * clf.coef()(k, j);
                REQUIRE(decision(i, k) == Approx(want).epsilon(1e-12).margin(1e-10));
            }
            const auto row = decision.row(i);
            const Index best = n_classes == 2 ? Index{row[0] > 0} : std::ranges::max_element(row) - row.begin();
            REQUIRE(predicted[static_cast<std::size_t>(i)] == best);
        }
    }
}

TEST_CASE("SGDClassifier: a distance of 0 is the first class, and of equal distances the first wins", "[linear_model]") {
    const Matrix<double> zero(1, 2);
    SGDClassifier binary({.fit_intercept = false}), three({.fit_intercept = false});
    binary.partial_fit(Matrix<double>{{1, 2}, {3, 4}}, std::vector{5, 9}, {.classes = {5, 9}});
    three.partial_fit(Matrix<double>{{1, 2}, {3, 4}}, std::vector{5, 9}, {.classes = {5, 7, 9}});
    CHECK(binary.predict(zero) == std::vector<Label>{5});
    CHECK(three.predict(zero) == std::vector<Label>{5});
}

TEST_CASE("SGDClassifier: partial_fit is one epoch, whatever max_iter and tol", "[linear_model]") {
    const Data data = make_data(60, 3);
    SGDClassifier a, b({.max_iter = 1, .tol = std::nullopt, .n_iter_no_change = 2});
    a.partial_fit(data.X, data.y, {.classes = {0, 1, 2}});
    b.partial_fit(data.X, data.y, {.classes = {0, 1, 2}});
    CHECK(a.n_iter() == 1);
    CHECK(a.coef() == b.coef());
    // And the same as fit with one epoch.
    CHECK(b.unfitted().fit(data.X, data.y) == b);
}

TEST_CASE("SGDClassifier: fit forgets, and gives the same bits again", "[linear_model]") {
    const Data data = make_data(80, 2), other = make_data(50, 3, 7, 6);
    SGDClassifier clf({.loss = Loss::modified_huber, .average = 1});
    const SGDClassifier fresh = clf.unfitted().fit(data.X, data.y);
    clf.fit(other.X, other.y);
    clf.fit(data.X, data.y);
    CHECK(clf == fresh);
}

TEST_CASE("SGDClassifier: averaging over several blocks equals one long block", "[linear_model]") {
    for (const Penalty penalty : {Penalty::l2, Penalty::none})
        for (const Index n_classes : {2, 3})
            for (const Index average : {1, 25, 70, 1000}) {
                CAPTURE(bf::detail::to_text(penalty), n_classes, average);
                const SGDClassifierParams params{.loss = Loss::log_loss, .penalty = penalty, .shuffle = false, .average = average};
                const Data data = make_data(90, n_classes);
                SGDClassifier blocks(params), whole(params), plain(params);
                plain.set_param("average", "0");
                const bf::PartialFitOptions options{.classes = classes_up_to(n_classes)};
                for (Index begin = 0; begin < 90; begin += 30) {
                    blocks.partial_fit(data.rows(begin, begin + 30), data.labels(begin, begin + 30), options);
                    // The averages show once they have begun.
                    plain.partial_fit(data.rows(begin, begin + 30), data.labels(begin, begin + 30), options);
                    CHECK((blocks.coef() == plain.coef()) == (average > begin + 30));
                    CHECK((blocks.intercept() == plain.intercept()) == (average > begin + 30));
                }
                whole.partial_fit(data.X, data.y, options);
                CHECK(blocks == whole);
            }
}

TEST_CASE("SGDClassifier: averages are the running means of the weights of each row", "[linear_model]") {
    const Data data = make_data(40, 2);
    SGDClassifier averaged({.loss = Loss::log_loss, .average = 11}), plain({.loss = Loss::log_loss});
    std::vector<double> mean(5, 0.0);
    for (Index i = 0; i < 40; ++i) {
        averaged.partial_fit(data.rows(i, i + 1), data.labels(i, i + 1), {.classes = {0, 1}});
        plain.partial_fit(data.rows(i, i + 1), data.labels(i, i + 1), {.classes = {0, 1}});
        if (i < 10) continue;
        for (std::size_t j = 0; j < 4; ++j) mean[j] += plain.coef().values()[j] / 30;
        mean[4] += plain.intercept()[0] / 30;
    }
    for (std::size_t j = 0; j < 4; ++j) CHECK(averaged.coef().values()[j] == Approx(mean[j]).epsilon(1e-12));
    CHECK(averaged.intercept()[0] == Approx(mean[4]).epsilon(1e-12));
}

TEST_CASE("SGDClassifier: averaging that is switched off shows the plain weights", "[linear_model]") {
    const Data data = make_data(60, 2);
    SGDClassifier averaged({.loss = Loss::log_loss, .average = 1}), plain({.loss = Loss::log_loss});
    averaged.partial_fit(data.rows(0, 30), data.labels(0, 30), {.classes = {0, 1}});
    plain.partial_fit(data.rows(0, 30), data.labels(0, 30), {.classes = {0, 1}});
    averaged.set_param("average", "false").partial_fit(data.rows(30, 60), data.labels(30, 60));
    plain.partial_fit(data.rows(30, 60), data.labels(30, 60));
    CHECK(averaged.coef() == plain.coef());
    CHECK(averaged.intercept() == plain.intercept());
}

TEST_CASE("SGDClassifier: float data trains in double", "[linear_model]") {
    const Data data = make_data(100, 3);
    const Matrix<float> narrow = test::as<float>(data.X);
    const Matrix<double> wide = test::to_double(narrow);
    SGDClassifier a, b;
    a.fit(narrow, data.y);
    b.fit(wide, data.y);
    CHECK(a == b);
    CHECK(a.predict(narrow) == b.predict(wide));
    CHECK(a.decision_function(narrow) == b.decision_function(wide));
}

TEST_CASE("SGDClassifier: integers in X, and labels of any kind", "[linear_model]") {
    const Data data = make_data(60, 2);
    const Matrix<int> whole = test::as<int>(data.X);
    const Matrix<double> wide = test::to_double(whole);
    CHECK(SGDClassifier().fit(whole, data.y) == SGDClassifier().fit(wide, data.y));

    enum class Sign : unsigned char { minus, plus };
    std::array<bool, 60> bools{};
    std::vector<Sign> enums;
    std::vector<double> reals;
    std::vector<short> shorts;
    for (std::size_t i = 0; i < 60; ++i) {
        bools[i] = data.y[i] == 1;
        enums.push_back(data.y[i] == 1 ? Sign::plus : Sign::minus);
        reals.push_back(static_cast<double>(data.y[i]));
        shorts.push_back(static_cast<short>(data.y[i]));
    }
    const SGDClassifier want = SGDClassifier().fit(data.X, data.y);
    CHECK(SGDClassifier().fit(data.X, bools) == want);
    CHECK(SGDClassifier().fit(data.X, enums) == want);
    CHECK(SGDClassifier().fit(data.X, reals) == want);
    CHECK(SGDClassifier().fit(data.X, shorts) == want);
    SGDClassifier clf;
    reals[17] = 0.5;
    refused<bf::LabelError>(clf, "row 17", [&] { clf.fit(data.X, reals); });
}

// --- classes and weights ----------------------------------------------------------------------------------------------

TEST_CASE("SGDClassifier: classes of the first call", "[linear_model]") {
    const Data data = make_data(30, 3);
    SGDClassifier clf;
    refused<bf::LabelError>(clf, "classes must be given on the first call", [&] { clf.partial_fit(data.X, data.y); });
    refused<bf::LabelError>(clf, "at least 2, got {1}",
                            [&] { clf.partial_fit(data.X, std::vector<Label>(30, 1), {.classes = {1, 1}}); });
    refused<bf::LabelError>(clf, "at least 2, got {4}", [&] { clf.fit(data.X, std::vector<Label>(30, 4)); });
    refused<bf::LabelError>(clf, "label 2 is not in classes {0, 1}",
                            [&] { clf.partial_fit(data.X, data.y, {.classes = {0, 1}}); });
    CHECK_FALSE(clf.fitted());

    // Any order, repeats allowed; later calls may leave them out or repeat them.
    clf.partial_fit(data.X, data.y, {.classes = {2, 0, 1, 1}});
    CHECK(clf.classes() == std::vector<Label>{0, 1, 2});
    clf.partial_fit(data.X, data.y);
    clf.partial_fit(data.X, data.y, {.classes = {1, 2, 0}});
    refused<bf::LabelError>(clf, "classes is {0, 1}, but the first call gave {0, 1, 2}",
                            [&] { clf.partial_fit(data.X, data.y, {.classes = {0, 1}}); });
    std::vector<Label> stranger = data.y;
    stranger[22] = 8;
    refused<bf::LabelError>(clf, "[row 22]", [&] { clf.partial_fit(data.X, stranger); });
    // A block may hold one class only.
    clf.partial_fit(data.X, std::vector<Label>(30, 2));
}

TEST_CASE("SGDClassifier: class weights multiply the weight of the positive rows", "[linear_model]") {
    const Data two = make_data(80, 2), three = make_data(80, 3);
    const auto weight_of = [](const Data& data, Label label, double weight) {
        std::vector<double> w;
        for (const Label y : data.y) w.push_back(y == label ? weight : 1.0);
        return w;
    };
    {
        SGDClassifier by_class({.class_weight = {{1, 2.5}, {0, 0.5}}}), by_row;
        std::vector<double> w;
        for (const Label y : two.y) w.push_back(y == 1 ? 2.5 : 0.5);
        by_class.partial_fit(two.X, two.y, {.classes = {0, 1}});
        by_row.partial_fit(two.X, two.y, {.classes = {0, 1}, .sample_weight = w});
        CHECK(by_class.coef() == by_row.coef());
        CHECK(by_class.intercept() == by_row.intercept());
    }
    {
        // One against the rest: each model sees the weight of its own class only.
        const bf::PartialFitOptions options{.classes = {0, 1, 2}};
        SGDClassifier by_class({.class_weight = {{0, 4.0}, {1, 3.0}}}), plain;
        by_class.partial_fit(three.X, three.y, options);
        plain.partial_fit(three.X, three.y, options);
        for (const Label label : {0, 1, 2}) {
            const double weight = label == 0 ? 4.0 : label == 1 ? 3.0 : 1.0;
            SGDClassifier by_row;
            by_row.partial_fit(three.X, three.y, {.classes = {0, 1, 2}, .sample_weight = weight_of(three, label, weight)});
            CHECK(std::ranges::equal(by_class.coef().row(label), by_row.coef().row(label)));
            CHECK(std::ranges::equal(by_class.coef().row(label), plain.coef().row(label)) == (label == 2));
        }
    }
}

TEST_CASE("SGDClassifier: balanced weights are n / (K * count)", "[linear_model]") {
    Data data = make_data(90, 3);
    std::array<double, 3> count{};
    for (const Label y : data.y) ++count[static_cast<std::size_t>(y)];
    SGDClassifier balanced({.max_iter = 5, .tol = std::nullopt, .class_weight = bf::balanced});
    SGDClassifier by_map({.max_iter = 5,
                          .tol = std::nullopt,
                          .class_weight = {{0, 90 / (3 * count[0])}, {1, 90 / (3 * count[1])}, {2, 90 / (3 * count[2])}}});
    CHECK(balanced.fit(data.X, data.y).coef() == by_map.fit(data.X, data.y).coef());
    refused<bf::ParameterError>(balanced, "class_weight balanced is for fit only", [&] { balanced.partial_fit(data.X, data.y); });
}

TEST_CASE("SGDClassifier: a class weight for what is no class is refused", "[linear_model]") {
    const Data data = make_data(30, 2);
    SGDClassifier clf({.class_weight = {{0, 2}, {7, 1}}});
    refused<bf::ParameterError>(clf, "class_weight names 7", [&] { clf.fit(data.X, data.y); });
    refused<bf::ParameterError>(clf, "class_weight names 7", [&] { clf.partial_fit(data.X, data.y, {.classes = {0, 1}}); });
}

TEST_CASE("SGDClassifier: one sample weight for all rows is as that weight on each", "[linear_model]") {
    const Data data = make_data(50, 2);
    SGDClassifier scalar, each, none;
    scalar.fit(data.X, data.y, {.sample_weight = 0.25});
    each.fit(data.X, data.y, {.sample_weight = std::vector<double>(50, 0.25)});
    none.fit(data.X, data.y);
    CHECK(scalar == each);
    CHECK_FALSE(scalar == none);
    CHECK(none.unfitted().fit(data.X, data.y, {.sample_weight = 1.0}) == none);
}

// --- fit: where it starts and when it stops ----------------------------------------------------------------------------

TEST_CASE("SGDClassifier: warm_start goes on from the present weights with a new clock", "[linear_model]") {
    for (const Index n_classes : {2, 3}) {
        const Data data = make_data(60, n_classes);
        SGDClassifier warm({.loss = Loss::log_loss, .max_iter = 3, .tol = std::nullopt, .warm_start = true});
        warm.fit(data.X, data.y);
        // The first time there is nothing to start from.
        SGDClassifier cold = warm.unfitted().set_param("warm_start", "false");
        cold.fit(data.X, data.y);
        CHECK(warm.coef() == cold.coef());

        const Matrix<double> coef = warm.coef();
        const std::vector<double> intercept = warm.intercept();
        warm.fit(data.X, data.y);
        cold.fit(data.X, data.y, {.coef_init = coef, .intercept_init = intercept});
        CHECK(warm.coef() == cold.coef());
        CHECK(warm.intercept() == cold.intercept());
        CHECK(warm.t() == 181);
        CHECK_FALSE(warm.coef() == coef);
    }
}

TEST_CASE("SGDClassifier: with warm_start, what is not given comes from the model", "[linear_model]") {
    const Data data = make_data(60, 2);
    const SGDClassifierParams params{.loss = Loss::log_loss, .max_iter = 2, .tol = std::nullopt, .warm_start = true};
    const SGDClassifier fitted = SGDClassifier(params).fit(data.X, data.y);
    const Matrix<double> coef{{0.5, -0.5, 0.25, 0}};
    const std::vector<double> intercept{0.75};
    const auto cold = [&](const Matrix<double>& c, const std::vector<double>& b) {
        return SGDClassifier(params).fit(data.X, data.y, {.coef_init = c, .intercept_init = b});
    };
    CHECK(SGDClassifier(fitted).fit(data.X, data.y, {.coef_init = coef}) == cold(coef, fitted.intercept()));
    CHECK(SGDClassifier(fitted).fit(data.X, data.y, {.intercept_init = intercept}) == cold(fitted.coef(), intercept));
    CHECK(SGDClassifier(fitted).fit(data.X, data.y, {.coef_init = coef, .intercept_init = intercept}) == cold(coef, intercept));
}

TEST_CASE("SGDClassifier: what to start from must fit the data", "[linear_model]") {
    const Data data = make_data(60, 3);
    SGDClassifier clf({.warm_start = true});
    refused<bf::ShapeError>(clf, "rows of coef_init is 1, expected 3",
                            [&] { clf.fit(data.X, data.y, {.coef_init = Matrix<double>(1, 4)}); });
    refused<bf::ShapeError>(clf, "columns of coef_init is 5, expected 4",
                            [&] { clf.fit(data.X, data.y, {.coef_init = Matrix<double>(3, 5)}); });
    refused<bf::ShapeError>(clf, "length of intercept_init is 2, expected 3",
                            [&] { clf.fit(data.X, data.y, {.intercept_init = {0, 0}}); });
    clf.fit(data.X, data.y);
    const Data two = make_data(60, 2), wide = make_data(60, 3, 1, 5);
    refused<bf::LabelError>(clf, "warm_start with classes {0, 1}", [&] { clf.fit(two.X, two.y); });
    refused<bf::ShapeError>(clf, "number of features is 5, expected 4", [&] { clf.fit(wide.X, wide.y); });
}

TEST_CASE("SGDClassifier: early stopping holds out the rows that scikit-learn 1.2.1 does", "[linear_model]") {
    const auto held_out_rows = [](const std::vector<Label>& y, double fraction, std::uint32_t seed) {
        const std::vector<Label> classes = bf::detail::unique_labels(y);
        const auto flags = hold_out(y, classes, fraction, seed);
        std::vector<Index> rows;
        for (std::size_t i = 0; i < flags.size(); ++i)
            if (flags[i] != 0) rows.push_back(static_cast<Index>(i));
        return rows;
    };
    // The labels of case fit_early_stopping of sgd_classifier.json, and its validation_rows.
    std::vector<Label> y;
    for (const char c : std::string(
        "10101010000001110110100111000100010100010011001100"
        "00010110011101110100101100010111011011111001000001"))
        y.push_back(c - '0');
    CHECK(held_out_rows(y, 0.2, 3) ==
          std::vector<Index>{1, 2, 7, 12, 17, 19, 23, 34, 37, 41, 53, 63, 73, 75, 76, 78, 79, 80, 81, 85});
    // Classes tied for the last rows; labels that are not 0, 1, ...; a rare class.
    CHECK(held_out_rows({0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2}, 0.25, 7) == std::vector<Index>{7, 8, 9});
    CHECK(held_out_rows({0, 1, 1, 1, 0, 2, 0, 2, 0, 1, 2}, 0.2, 780) == std::vector<Index>{4, 9, 10});
    CHECK(held_out_rows({1, 1, 0, 2, 0, 1, 0, 1, 1, 2, 0, 1, 2}, 0.25, 307) == std::vector<Index>{4, 5, 7, 9});
    CHECK(held_out_rows({0, 1, 0, 1, 0, 1, 0}, 0.25, 732) == std::vector<Index>{0, 1});
    CHECK(held_out_rows({0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1}, 0.5, 850) == std::vector<Index>{0, 1, 2, 3, 4, 10});
    CHECK(held_out_rows({5, 5, 5, 5, 9, 9, 9, 5, 9, 5, 5}, 0.3, 0) == std::vector<Index>{0, 5, 7, 9});
    std::vector<Label> mostly_ones;
    for (int i = 0; i < 15; ++i) mostly_ones.insert(mostly_ones.end(), {0, 1});
    mostly_ones.insert(mostly_ones.end(), 7, 1);
    CHECK(held_out_rows(mostly_ones, 0.1, 42) == std::vector<Index>{5, 6, 12, 15});
}

TEST_CASE("SGDClassifier: early stopping needs rows of each class on both sides", "[linear_model]") {
    const Data data = make_data(60, 2);
    SGDClassifier clf({.early_stopping = true});
    std::vector<Label> lonely(60, 0);
    lonely[5] = 1;
    refused<bf::DataError>(clf, "at least 2 rows of each class", [&] { clf.fit(data.X, lonely); });
    refused<bf::ParameterError>(clf, "early_stopping is for fit only",
                                [&] { clf.partial_fit(data.X, data.y, {.classes = {0, 1}}); });
    clf.set_param("validation_fraction", "0.01");
    refused<bf::DataError>(clf, "validation_fraction", [&] { clf.fit(data.X, data.y); });
    clf.set_param("validation_fraction", "0.99");
    refused<bf::DataError>(clf, "validation_fraction", [&] { clf.fit(data.X, data.y); });
}

TEST_CASE("SGDClassifier: early stopping does not train on the rows held out", "[linear_model]") {
    const Data data = make_data(60, 2);
    SGDClassifier clf(
        {.loss = Loss::log_loss, .max_iter = 4, .tol = std::nullopt, .early_stopping = true, .validation_fraction = 0.25});
    clf.fit(data.X, data.y);
    // What is in those rows does not matter to the weights, only to when to stop.
    const auto held_out = hold_out(data.y, std::vector<Label>{0, 1}, 0.25, 0);
    Data changed = data;
    for (Index i = 0; i < 60; ++i)
        if (held_out[static_cast<std::size_t>(i)] != 0)
            for (double& x : changed.X.row(i)) x *= -3;
    CHECK(SGDClassifier(clf.params()).fit(changed.X, changed.y) == clf);
    changed.X(static_cast<Index>(std::ranges::find(held_out, 0) - held_out.begin()), 0) += 1;
    CHECK_FALSE(SGDClassifier(clf.params()).fit(changed.X, changed.y) == clf);
    // The clock counts all of them.
    CHECK(clf.t() == 1 + 4 * 60);
}

TEST_CASE("SGDClassifier: early stopping follows the weighted accuracy on the rows held out", "[linear_model]") {
    for (const std::uint32_t seed : {0u, 1u, 2u, 3u}) {
        const Data data = make_data(80, 2, 20 + seed);
        std::vector<double> w(80, 0.1);
        for (std::size_t i = 0; i < 80; i += 3) w[i] = 10;
        SGDClassifierParams params{.loss = Loss::log_loss,
                                   .alpha = 1e-3,
                                   .max_iter = 60,
                                   .tol = 1e-3,
                                   .random_state = seed,
                                   .early_stopping = true,
                                   .validation_fraction = 0.4,
                                   .n_iter_no_change = 4};
        const SGDClassifier clf = SGDClassifier(params).fit(data.X, data.y, {.sample_weight = w});

        std::vector<double> held_out_weight = w;
        const auto held_out = hold_out(data.y, std::vector<Label>{0, 1}, 0.4, seed);
        for (std::size_t i = 0; i < 80; ++i) held_out_weight[i] *= held_out[i];
        double best = -1;
        Index stale = 0, epochs = 0;
        params.tol.reset();
        while (stale < 4 && epochs < 60) {
            params.max_iter = ++epochs;
            const double score =
                SGDClassifier(params).fit(data.X, data.y, {.sample_weight = w}).score(data.X, data.y, held_out_weight);
            stale = score < best + 1e-3 ? stale + 1 : 0;
            best = std::max(best, score);
        }
        CAPTURE(seed, epochs);
        CHECK(clf.n_iter() == epochs);
    }
}

TEST_CASE("SGDClassifier: n_iter is that of the class that took longest", "[linear_model]") {
    const Data data = make_data(100, 3);
    SGDClassifier clf({.loss = Loss::log_loss, .alpha = 0.01, .n_iter_no_change = 2});
    clf.fit(data.X, data.y);
    CHECK(clf.n_iter() > 1);
    CHECK(clf.n_iter() < 1000);
    CHECK(clf.t() == 1 + 100.0 * static_cast<double>(clf.n_iter()));
    // Wherever that class comes in the order of labels. Unshuffled, as each class has its own order of rows.
    for (const Label shift : {0, 1, 2}) {
        std::vector<Label> renamed;
        for (const Label y : data.y) renamed.push_back((y + shift) % 3);
        SGDClassifier in_order({.loss = Loss::log_loss, .alpha = 0.01, .shuffle = false, .n_iter_no_change = 2});
        const Index n_iter = SGDClassifier(in_order).fit(data.X, data.y).n_iter();
        CHECK(in_order.fit(data.X, renamed).n_iter() == n_iter);
    }
    SGDClassifier once = clf.unfitted();
    once.set_param("max_iter", "2");
    CHECK(once.fit(data.X, data.y).n_iter() == 2);
}

// --- refusals ---------------------------------------------------------------------------------------------------------

TEST_CASE("SGDClassifier: parameters out of their range are refused by fit and partial_fit", "[linear_model]") {
    struct Bad {
        const char* name;
        std::vector<const char*> values;
        const char* with = "";  // another parameter and its value, that make these values bad
        const char* value = "";
    };
    const std::vector<Bad> table{
        {"alpha", {"-1e-9", "nan", "inf"}},
        {"alpha", {"0"}, "learning_rate", "optimal"},
        {"l1_ratio", {"-0.1", "1.1", "nan"}},
        {"max_iter", {"0", "-3"}},
        {"tol", {"-1e-3", "nan"}},
        {"epsilon", {"-0.1", "nan"}},
        {"eta0", {"-1", "nan", "inf"}},
        {"eta0", {"0"}, "learning_rate", "constant"},
        {"eta0", {"0"}, "learning_rate", "invscaling"},
        {"eta0", {"0"}, "learning_rate", "adaptive"},
        {"power_t", {"nan", "inf", "-inf"}},
        {"validation_fraction", {"0", "1", "-0.5", "nan"}},
        {"n_iter_no_change", {"0", "-1"}},
        {"average", {"-1"}},
    };
    const Data data = make_data(40, 2);
    const SGDClassifier fitted = SGDClassifier().fit(data.X, data.y);
    for (const Bad& bad : table)
        for (const char* const value : bad.values) {
            CAPTURE(bad.name, value, bad.with);
            SGDClassifier clf = fitted;
            if (bad.with[0] != '\0') clf.set_param(bad.with, bad.value);
            clf.set_param(bad.name, value);  // takes it: parameters are checked when fitting
            refused<bf::ParameterError>(clf, std::string(bad.name) + " must be", [&] { clf.fit(data.X, data.y); });
            refused<bf::ParameterError>(clf, std::string(bad.name) + " must be", [&] { clf.partial_fit(data.X, data.y); });
            clf = clf.unfitted();
            refused<bf::ParameterError>(clf, std::string(bad.name) + " must be",
                                        [&] { clf.partial_fit(data.X, data.y, {.classes = {0, 1}}); });
        }
    // Neighbours that are fine.
    for (const auto& [name, value] : std::vector<std::pair<const char*, const char*>>{
             {"l1_ratio", "0"}, {"l1_ratio", "1"}, {"max_iter", "1"}, {"tol", "0"}, {"tol", "None"}, {"epsilon", "0"},
             {"power_t", "-0.5"}, {"n_iter_no_change", "1"}, {"average", "true"}, {"average", "10"}}) {
        CAPTURE(name, value);
        SGDClassifier clf;
        CHECK_NOTHROW(clf.set_param(name, value).fit(data.X, data.y));
    }
    CHECK_NOTHROW(SGDClassifier({.alpha = 0, .learning_rate = LearningRate::constant, .eta0 = 0.1}).fit(data.X, data.y));
}

TEST_CASE("SGDClassifier: bad shapes are refused and change nothing", "[linear_model]") {
    const Data data = make_data(40, 2);
    for (const bool trained : {false, true}) {
        SGDClassifier clf;
        if (trained) clf.fit(data.X, data.y);
        const bf::PartialFitOptions options{.classes = {0, 1}};
        const std::vector<Label> none;
        refused<bf::ShapeError>(clf, "length of y is 39, expected 40", [&] { clf.fit(data.X, data.labels(0, 39)); });
        refused<bf::ShapeError>(clf, "length of y is 39, expected 40",
                                [&] { clf.partial_fit(data.X, data.labels(0, 39), options); });
        refused<bf::ShapeError>(clf, "0 rows", [&] { clf.fit(Matrix<double>(0, 4), none); });
        refused<bf::ShapeError>(clf, "0 rows", [&] { clf.partial_fit(Matrix<double>(0, 4), none, options); });
        refused<bf::ShapeError>(clf, "length of sample_weight is 3, expected 40",
                                [&] { clf.fit(data.X, data.y, {.sample_weight = std::vector<double>(3, 1.0)}); });
        refused<bf::ShapeError>(clf, "0 columns", [&] { clf.fit(Matrix<double>(40, 0), data.y); });
    }
    SGDClassifier clf = SGDClassifier({.loss = Loss::log_loss}).fit(data.X, data.y);
    const Matrix<double> narrow = test::normal(40, 3, 1);
    refused<bf::ShapeError>(clf, "number of features is 3, expected 4", [&] { clf.partial_fit(narrow, data.y); });
    CHECK_THROWS_AS(clf.predict(narrow), bf::ShapeError);
    CHECK_THROWS_AS(clf.decision_function(narrow), bf::ShapeError);
    CHECK_THROWS_AS(clf.predict_proba(narrow), bf::ShapeError);

    // Results go where the caller said; they must fit there.
    const MatrixView<const double> X = data.X.view();
    std::vector<Label> labels(39);
    Matrix<double> out(40, 3);
    CHECK_THROWS_WITH(clf.predict(X, std::span(labels)), Catch::Contains("number of rows of out is 39, expected 40"));
    CHECK_THROWS_WITH(clf.decision_function(X, out.view()), Catch::Contains("number of columns of out is 3, expected 1"));
    CHECK_THROWS_WITH(clf.predict_proba(X, out.view()), Catch::Contains("number of columns of out is 3, expected 2"));
    CHECK_THROWS_WITH(clf.decision_function(X, out.view().rows(0, 39).cols(0, 1)),
                      Catch::Contains("number of rows of out is 39, expected 40"));
    CHECK_THROWS_AS(clf.predict_proba(X, out.view().rows(0, 39).cols(0, 2)), bf::ShapeError);
    CHECK(out == Matrix<double>(40, 3));
}

TEST_CASE("SGDClassifier: NaN and infinity are refused with their place", "[linear_model]") {
    const Data data = make_data(40, 3);
    SGDClassifier clf = SGDClassifier({.loss = Loss::log_loss}).fit(data.X, data.y);
    for (const double bad : {test::nan, test::infinity, -test::infinity}) {
        Matrix<double> X = data.X;
        X(23, 2) = bad;
        refused<bf::DataError>(clf, "[row 23, column 2]", [&] { clf.fit(X, data.y); });
        refused<bf::DataError>(clf, "[row 23, column 2]", [&] { clf.partial_fit(X, data.y); });
        CHECK_THROWS_WITH(clf.predict(X), Catch::Contains("SGDClassifier::predict") && Catch::Contains("[row 23, column 2]"));
        CHECK_THROWS_WITH(clf.decision_function(X), Catch::Contains("[row 23, column 2]"));
        CHECK_THROWS_WITH(clf.predict_proba(X), Catch::Contains("[row 23, column 2]"));
        std::vector<double> w(40, 1.0);
        w[11] = bad;
        refused<bf::DataError>(clf, "sample_weight is not finite [row 11]",
                               [&] { clf.fit(data.X, data.y, {.sample_weight = w}); });
        refused<bf::DataError>(clf, "sample_weight is not finite",
                               [&] { clf.partial_fit(data.X, data.y, {.sample_weight = bad}); });
    }
}

TEST_CASE("SGDClassifier: NaN is found even where the weights are 0", "[linear_model]") {
    SGDClassifier clf({.fit_intercept = false});
    clf.partial_fit(Matrix<double>{{1, 0}, {-1, 0}}, std::vector{0, 1}, {.classes = {0, 1}});
    CHECK(clf.coef()(0, 1) == 0);
    for (const double bad : {test::nan, test::infinity}) CHECK_THROWS_AS(clf.predict(Matrix<double>{{1, bad}}), bf::DataError);
    // A decision beyond the range is no bad value.
    CHECK(clf.predict(Matrix<double>{{-1e308, 1e308}}).size() == 1);
}

TEST_CASE("SGDClassifier: overflow is an error and leaves the model as it was", "[linear_model]") {
    const Data data = make_data(40, 2);
    for (const Index n_classes : {2, 3}) {
        SGDClassifier clf({.loss = Loss::squared_error, .learning_rate = LearningRate::constant, .eta0 = 0.01, .average = 1});
        clf.partial_fit(data.X, data.y, {.classes = classes_up_to(n_classes)});
        Matrix<double> huge = data.X;
        for (double& x : huge.values()) x *= 1e200;
        refused<bf::DataError>(clf, "the weights overflowed", [&] { clf.partial_fit(huge, data.y); });
        refused<bf::DataError>(clf, "the weights overflowed", [&] { clf.fit(huge, data.y); });
    }
}

TEST_CASE("SGDClassifier: nothing can be asked of a classifier that is not fitted", "[linear_model]") {
    const SGDClassifier clf({.loss = Loss::log_loss});
    const Matrix<double> X(2, 3);
    CHECK_THROWS_AS(clf.coef(), bf::NotFittedError);
    CHECK_THROWS_AS(clf.intercept(), bf::NotFittedError);
    CHECK_THROWS_AS(clf.classes(), bf::NotFittedError);
    CHECK_THROWS_AS(clf.t(), bf::NotFittedError);
    CHECK_THROWS_AS(clf.n_iter(), bf::NotFittedError);
    CHECK_THROWS_AS(clf.n_features_in(), bf::NotFittedError);
    CHECK_THROWS_AS(clf.predict(X), bf::NotFittedError);
    CHECK_THROWS_AS(clf.decision_function(X), bf::NotFittedError);
    CHECK_THROWS_AS(clf.predict_proba(X), bf::NotFittedError);
    CHECK_THROWS_AS(clf.predict_log_proba(X), bf::NotFittedError);
    CHECK_THROWS_AS(clf.score(X, std::vector{0, 1}), bf::NotFittedError);
    CHECK_THROWS_WITH(clf.coef(), "SGDClassifier::coef: the classifier is not fitted; call fit or partial_fit first");
    Matrix<double> out(2, 1);
    CHECK_THROWS_AS(clf.decision_function(X.view(), out.view()), bf::NotFittedError);
}

// --- probabilities ----------------------------------------------------------------------------------------------------

TEST_CASE("SGDClassifier: probabilities sum to 1 and agree with predict", "[linear_model]") {
    for (const Loss loss : {Loss::log_loss, Loss::modified_huber})
        for (const Index n_classes : {2, 3, 6}) {
            const Data data = make_data(200, n_classes);
            const SGDClassifier clf = SGDClassifier({.loss = loss, .alpha = 0.1}).fit(data.X, data.y);
            const Matrix<double> proba = clf.predict_proba(data.X), log_proba = clf.predict_log_proba(data.X);
            const Matrix<double> decision = clf.decision_function(data.X);
            const std::vector<Label> predicted = clf.predict(data.X);
            for (Index i = 0; i < 200; ++i) {
                const auto p = proba.row(i);
                double sum = 0;
                for (const double each : p) {
                    REQUIRE(each >= 0);
                    REQUIRE(each <= 1);
                    sum += each;
                }
                REQUIRE(sum == Approx(1).epsilon(1e-15));
                for (Index k = 0; k < n_classes; ++k) REQUIRE(log_proba(i, k) == Approx(std::log(proba(i, k))).epsilon(1e-14));
                // Under modified_huber several classes may be cut to the same probability.
                REQUIRE(p[static_cast<std::size_t>(predicted[static_cast<std::size_t>(i)])] == std::ranges::max(p));
                if (n_classes > 2) continue;
                const double d = decision(i, 0);
                const double want = loss == Loss::log_loss ? 1 / (1 + std::exp(-d)) : (std::clamp(d, -1.0, 1.0) + 1) / 2;
                REQUIRE(p[1] == Approx(want).epsilon(1e-14).margin(1e-300));
            }
        }
}

TEST_CASE("SGDClassifier: modified_huber is uniform where no class has a probability", "[linear_model]") {
    // All distances at or below -1: scikit-learn's answer is 1 / n_classes.
    SGDClassifier flat({.loss = Loss::modified_huber,
                        .penalty = Penalty::none,
                        .fit_intercept = false,
                        .max_iter = 1,
                        .learning_rate = LearningRate::constant,
                        .eta0 = 1e-300});
    flat.fit(Matrix<double>{{1}, {1}, {1}}, std::vector{0, 1, 2}, {.coef_init = Matrix<double>{{-2}, {-3}, {-4}}});
    CHECK(flat.predict_proba(Matrix<double>{{1}}) == Matrix<double>{{1.0 / 3, 1.0 / 3, 1.0 / 3}});
    CHECK(flat.predict(Matrix<double>{{1}}) == std::vector<Label>{0});
}

TEST_CASE("SGDClassifier: other losses have no probabilities, and say so first", "[linear_model]") {
    const Data data = make_data(40, 2);
    for (const Loss loss : {Loss::hinge, Loss::perceptron, Loss::squared_hinge, Loss::squared_error, Loss::huber}) {
        const SGDClassifier clf =
            SGDClassifier({.loss = loss, .learning_rate = LearningRate::constant, .eta0 = 1e-3}).fit(data.X, data.y);
        CHECK_THROWS_AS(clf.predict_proba(data.X), bf::UnsupportedError);
        CHECK_THROWS_AS(clf.predict_log_proba(data.X), bf::UnsupportedError);
        CHECK_THROWS_AS(clf.unfitted().predict_proba(data.X), bf::UnsupportedError);
    }
    CHECK_THROWS_WITH(SGDClassifier().predict_proba(data.X),
                      "SGDClassifier::predict_proba: there are no probabilities for loss hinge; use log_loss or modified_huber");
}

TEST_CASE("SGDClassifier: score is the weighted share of rows that are right", "[linear_model]") {
    const Data data = make_data(60, 3);
    const SGDClassifier clf = SGDClassifier().fit(data.X, data.y);
    const std::vector<Label> predicted = clf.predict(data.X);
    const std::vector<double> w = test::weights(60, 3);
    double right = 0, right_weight = 0, all_weight = 0;
    for (std::size_t i = 0; i < 60; ++i) {
        all_weight += w[i];
        if (predicted[i] != data.y[i]) continue;
        ++right;
        right_weight += w[i];
    }
    CHECK(clf.score(data.X, data.y) == Approx(right / 60).epsilon(1e-15));
    CHECK(clf.score(data.X, data.y, w) == Approx(right_weight / all_weight).epsilon(1e-14));
    CHECK_THROWS_AS(clf.score(data.X, data.labels(0, 59)), bf::ShapeError);
    CHECK_THROWS_WITH(clf.score(data.X, data.y, std::span(w).first(59)),
                      "SGDClassifier::score: length of sample_weight is 59, expected 60");
    std::vector<double> bad = w;
    bad[41] = test::nan;
    CHECK_THROWS_WITH(clf.score(data.X, data.y, bad), "SGDClassifier::score: sample_weight is not finite [row 41]");
    CHECK_THROWS_WITH(clf.score(bf::from_array(data.X, {.block_rows = 7}), bf::from_vector(data.y), bf::from_vector(bad)),
                      "SGDClassifier::score: sample_weight is not finite [block 5, row 41]");
}

// --- as a value -------------------------------------------------------------------------------------------------------

TEST_CASE("SGDClassifier: parameters by name", "[linear_model]") {
    SGDClassifier clf;
    CHECK(clf.to_string() == "SGDClassifier()");
    clf.set_param("loss", "log_loss").set_param("alpha", "0.001").set_param("class_weight", "{0: 1, 1: 2.5}");
    CHECK(clf.params().loss == Loss::log_loss);
    CHECK(clf.params().alpha == 0.001);
    CHECK(clf.to_string() == "SGDClassifier(loss=log_loss, alpha=0.001, class_weight={0: 1, 1: 2.5})");
    CHECK_THROWS_WITH(clf.set_param("C", "1"), Catch::Contains("SGDClassifier has no parameter 'C'; it has loss, penalty, alpha"));
    CHECK_THROWS_WITH(clf.set_param("loss", "hing"),
                      Catch::Contains("SGDClassifier: parameter loss: got 'hing', expected one of hinge,"));
    CHECK_THROWS_AS(clf.set_param("penalty", "none"), bf::ParameterError);
    CHECK(clf.to_string() == "SGDClassifier(loss=log_loss, alpha=0.001, class_weight={0: 1, 1: 2.5})");
}

TEST_CASE("SGDClassifier: copies are independent, unfitted keeps the parameters only", "[linear_model]") {
    const Data data = make_data(40, 2);
    SGDClassifier clf({.alpha = 0.01});
    clf.fit(data.X, data.y);
    const SGDClassifier copy = clf;
    clf.partial_fit(data.X, data.y);
    CHECK_FALSE(clf == copy);
    CHECK(SGDClassifier(clf.params()).fit(data.X, data.y) == copy);
    CHECK_FALSE(clf.unfitted().fitted());
    CHECK(clf.unfitted().params().alpha == 0.01);
    CHECK(clf.unfitted() == SGDClassifier({.alpha = 0.01}));
    CHECK_FALSE(clf.unfitted() == SGDClassifier());
    // New parameters leave what was fitted.
    clf.set_params({.alpha = 0.5});
    CHECK(clf.fitted());
}

// --- its state, as it is saved ----------------------------------------------------------------------------------------

namespace {

using State = std::map<std::string, std::any>;

State state_of(SGDClassifier clf) {
    State state;
    clf.visit_state([&](const char* name, auto& value) { state[name] = value; });
    return state;
}
SGDClassifier with_state(SGDClassifierParams params, const State& state) {
    SGDClassifier clf(std::move(params));
    clf.visit_state([&](const char* name, auto& value) {
        value = std::any_cast<std::remove_cvref_t<decltype(value)>>(state.at(name));
    });
    clf.finish_load();
    return clf;
}

}  // namespace

TEST_CASE("SGDClassifier: the named state is all there is beside the parameters", "[linear_model]") {
    const Data data = make_data(60, 3);
    // Averaging that begins, stops or moves between calls.
    for (const char* const before : {"0", "1", "1000"})
        for (const char* const between : {"0", "1", "1000"})
            for (const char* const after : {"0", "1", "1000"}) {
                CAPTURE(before, between, after);
                SGDClassifier clf({.loss = Loss::log_loss});
                clf.set_param("average", before).partial_fit(data.X, data.y, {.classes = {0, 1, 2}});
                clf.set_param("average", between).partial_fit(data.X, data.y);
                clf.set_param("average", after);
                SGDClassifier again = with_state(clf.params(), state_of(clf));
                CHECK(again == clf);
                CHECK(again.coef() == clf.coef());
                CHECK(again.intercept() == clf.intercept());
                CHECK(again.partial_fit(data.X, data.y) == clf.partial_fit(data.X, data.y));
                CHECK(again.coef() == clf.coef());
            }
    CHECK_FALSE(with_state({}, state_of(SGDClassifier())).fitted());
}

TEST_CASE("SGDClassifier: a state that cannot be is refused", "[linear_model]") {
    const Data data = make_data(60, 3);
    const SGDClassifierParams params{.loss = Loss::log_loss, .average = 1};
    const SGDClassifier clf = SGDClassifier(params).fit(data.X, data.y);
    const State good = state_of(clf), unfitted = state_of(SGDClassifier(params));
    CHECK(with_state(params, good) == clf);
    const auto refused_with = [&](const State& from, const char* name, auto value) {
        State bad = from;
        bad.at(name) = value;
        CAPTURE(name);
        CHECK_THROWS_AS(with_state(params, bad), bf::ModelError);
    };
    refused_with(good, "classes", std::vector<Label>{0, 2, 1});
    refused_with(good, "classes", std::vector<Label>{0, 1, 1});
    refused_with(good, "classes", std::vector<Label>{0, 1});
    refused_with(good, "classes", std::vector<Label>{0});
    refused_with(good, "classes", std::vector<Label>{});
    refused_with(good, "coef", Matrix<double>(2, 4));
    refused_with(good, "coef", Matrix<double>(3, 0));
    refused_with(good, "coef", Matrix<double>(3, 4, std::vector<double>(12, test::nan)));
    refused_with(good, "intercept", std::vector<double>(2));
    refused_with(good, "intercept", std::vector<double>(3, test::infinity));
    refused_with(good, "average_coef", Matrix<double>(3, 5));
    refused_with(good, "average_coef", Matrix<double>(1, 4));
    refused_with(good, "average_coef", Matrix<double>());
    refused_with(good, "average_intercept", std::vector<double>());
    refused_with(good, "t", 0.5);
    refused_with(good, "t", test::nan);
    refused_with(good, "n_iter", Index{-1});
    refused_with(good, "average_from", Index{-1});
    // Weights without classes would be used by the next partial_fit.
    refused_with(unfitted, "coef", Matrix<double>(1, 4));
    refused_with(unfitted, "intercept", std::vector<double>(1));
    refused_with(unfitted, "average_coef", Matrix<double>(1, 1000));
    refused_with(unfitted, "average_intercept", std::vector<double>(1));
    refused_with(unfitted, "t", 7.0);
    refused_with(unfitted, "average_from", Index{3});
}
