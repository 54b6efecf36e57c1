#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/array/creation.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/naive_bayes/bernoulli_nb.hpp>
#include <blockfit/naive_bayes/gaussian_nb.hpp>
#include <blockfit/naive_bayes/multinomial_nb.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
using bf::BernoulliNB;
using bf::GaussianNB;
using bf::Index;
using bf::Label;
using bf::Matrix;
using bf::MatrixView;
using bf::MultinomialNB;

namespace {

struct Data {
    Matrix<double> X;
    std::vector<Label> y;
    std::vector<double> w;
    [[nodiscard]] bf::SampleWeight weight(bool weighted) const { return weighted ? bf::SampleWeight(w) : bf::SampleWeight(); }
    [[nodiscard]] MatrixView<const double> rows(Index begin, Index end) const { return X.view().rows(begin, end); }
    [[nodiscard]] std::span<const Label> labels(Index begin, Index end) const {
        return std::span(y).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    }
};

/// Counts from 0 to about 6, which any of the classifiers takes.
Data make_data(Index n, Index n_classes, std::uint32_t seed = 1, Index d = 4) {
    Matrix<double> X = test::uneven(n, d, seed);
    std::vector<Label> y = test::labels(X, n_classes);
    for (double& x : X.values()) x = std::max(0.0, std::round(x));
    return {std::move(X), std::move(y), test::weights(n, seed + 1)};
}

/// Calls f(unfitted) for each of the classifiers.
template <class F>
void for_each_classifier(F f) {
    f(GaussianNB({.var_smoothing = 1e-3}));
    f(BernoulliNB({.alpha = 0.5, .binarize = 1.0}));
    f(MultinomialNB({.alpha = {0.5, 1, 2, 3}}));
}

/// Checks that call() throws an E that contains `text` and leaves the classifier as it was.
template <class E, class C, class Call>
void refused(C& classifier, const std::string& text, Call call) {
    const C before = classifier;
    CAPTURE(C::class_name, text);
    CHECK_THROWS_AS(call(), E);
    CHECK_THROWS_WITH(call(), Catch::Contains(text));
    CHECK(classifier == before);
}

const std::vector<Label> three{0, 1, 2};

}  // namespace

// --- what is learned ---------------------------------------------------------------------------------------------------

TEST_CASE("GaussianNB: means and variances of each class, as of its rows alone", "[naive_bayes]") {
    for (const bool weighted : {false, true})
        for (const Index rows : {7, 300, 9000}) {
            CAPTURE(weighted, rows);
            Data data = make_data(rows, 3);
            for (double& x : data.X.values()) x = 1e3 + 0.1 * x;  // the squares would lose six digits
            const GaussianNB nb = GaussianNB({.var_smoothing = 0.01})
                                      .fit(data.X, data.y, {.classes = three, .sample_weight = data.weight(weighted)});
            double largest = 0.0;
            for (Index j = 0; j < 4; ++j) {
                long double sum = 0, square = 0;
                for (Index i = 0; i < rows; ++i) sum += data.X(i, j);
                for (Index i = 0; i < rows; ++i) square += std::pow(data.X(i, j) - sum / rows, 2.0L);
                largest = std::max(largest, static_cast<double>(square / rows));
            }
            CHECK(nb.epsilon() == Approx(0.01 * largest).epsilon(1e-11));
            for (std::size_t k = 0; k < 3; ++k) {
                const auto row = static_cast<Index>(k);
                const auto w = [&](Index i) {
                    return data.y[static_cast<std::size_t>(i)] == row ? data.weight(weighted)[i] : 0.0;
                };
                long double count = 0, all = 0;
                for (Index i = 0; i < rows; ++i) count += w(i);
                all = weighted ? std::accumulate(data.w.begin(), data.w.end(), 0.0L) : static_cast<long double>(rows);
                CHECK(nb.class_count()[k] == Approx(static_cast<double>(count)).epsilon(1e-13));
                CHECK(nb.class_prior()[k] == Approx(static_cast<double>(count / all)).epsilon(1e-13));
                if (count == 0) continue;
                for (Index j = 0; j < 4; ++j) {
                    long double sum = 0, square = 0;
                    for (Index i = 0; i < rows; ++i) sum += w(i) * static_cast<long double>(data.X(i, j));
                    for (Index i = 0; i < rows; ++i) square += w(i) * std::pow(data.X(i, j) - sum / count, 2.0L);
                    REQUIRE(nb.theta()(row, j) == Approx(static_cast<double>(sum / count)).epsilon(1e-13));
                    REQUIRE(nb.var()(row, j) == Approx(static_cast<double>(square / count) + nb.epsilon()).epsilon(1e-11));
                }
            }
        }
}

TEST_CASE("GaussianNB: a variance far below the rounding of the sum", "[naive_bayes]") {
    Matrix<double> X(4000, 1);
    for (Index i = 0; i < 4000; ++i) X(i, 0) = 1e9 + (i % 2 == 0 ? 0x1p-20 : -0x1p-20) + 0.3;
    const GaussianNB nb = GaussianNB({.var_smoothing = 0}).fit(X, std::vector<int>(4000, 1));
    CHECK(nb.var()(0, 0) == Approx(0x1p-40).epsilon(0.02));
}

TEST_CASE("GaussianNB: blocks are as one block, smoothing included", "[naive_bayes]") {
    Data data = make_data(300, 3);
    for (Index i = 0; i < 300; ++i) data.X(i, 0) *= 1.0 + static_cast<double>(i / 100);  // the last block varies most
    for (const bool weighted : {false, true}) {
        GaussianNB blocks({.var_smoothing = 0.1});
        const bf::SampleWeight weight = data.weight(weighted);
        const GaussianNB whole = GaussianNB({.var_smoothing = 0.1}).fit(data.X, data.y, {.sample_weight = weight});
        for (Index begin = 0; begin < 300; begin += 100)
            blocks.partial_fit(data.rows(begin, begin + 100), data.labels(begin, begin + 100),
                               {.classes = three, .sample_weight = weight.rows(begin, begin + 100)});
        CHECK(blocks.epsilon() == Approx(whole.epsilon()).epsilon(1e-12));
        for (std::size_t i = 0; i < 12; ++i) {
            CHECK(blocks.theta().values()[i] == Approx(whole.theta().values()[i]).epsilon(1e-12));
            CHECK(blocks.var().values()[i] == Approx(whole.var().values()[i]).epsilon(1e-12));
        }
    }
}

TEST_CASE("GaussianNB: joint likelihoods are normal densities times priors", "[naive_bayes]") {
    const Data data = make_data(100, 3);
    for (const std::vector<double>& priors : {std::vector<double>{}, {0.2, 0.3, 0.5}}) {
        const GaussianNB nb = GaussianNB({.priors = priors, .var_smoothing = 0.01}).fit(data.X, data.y);
        if (!priors.empty()) CHECK(nb.class_prior() == priors);
        const Matrix<double> joint = nb.joint_log_likelihood(data.X);
        for (Index i = 0; i < 100; ++i)
            for (Index k = 0; k < 3; ++k) {
                double want = std::log(nb.class_prior()[static_cast<std::size_t>(k)]);
                for (Index j = 0; j < 4; ++j)
                    want += -0.5 * std::log(2 * std::numbers::pi * nb.var()(k, j)) -
                            0.5 * std::pow(data.X(i, j) - nb.theta()(k, j), 2.0) / nb.var()(k, j);
                REQUIRE(joint(i, k) == Approx(want).epsilon(1e-12));
            }
    }
}

TEST_CASE("GaussianNB: a class that has not been seen, and one whose weights sum to nothing", "[naive_bayes]") {
    const Data data = make_data(100, 2);
    GaussianNB nb;
    nb.partial_fit(data.X, data.y, {.classes = three});
    CHECK(nb.class_count()[2] == 0);
    CHECK(nb.class_prior()[2] == 0);
    for (Index j = 0; j < 4; ++j) {
        CHECK(nb.theta()(2, j) == 0);
        CHECK(nb.var()(2, j) == nb.epsilon());
    }
    CHECK(nb.joint_log_likelihood(data.X)(0, 2) == -test::infinity);
    CHECK(nb.predict_proba(data.X)(0, 2) == 0);
    // Weights of 1e-9 in all count as none.
    const GaussianNB before = nb;
    nb.partial_fit(data.rows(0, 2), std::vector<Label>{2, 2}, {.sample_weight = 5e-10});
    CHECK(nb.class_count() == before.class_count());
    CHECK(nb.theta() == before.theta());
    nb.partial_fit(data.rows(0, 2), std::vector<Label>{2, 2}, {.sample_weight = 0.5});
    CHECK(nb.class_count()[2] == 1);
    CHECK(nb.theta()(2, 3) == (data.X(0, 3) + data.X(1, 3)) / 2);
}

TEST_CASE("GaussianNB: constant data gives NaN probabilities and the first class, as in numpy", "[naive_bayes]") {
    const Matrix<double> X(3, 2);
    const GaussianNB nb = GaussianNB().fit(X, std::vector{4, 5, 5});
    CHECK(nb.epsilon() == 0);
    CHECK(std::isnan(nb.predict_proba(X)(0, 0)));
    CHECK(nb.predict(X) == std::vector<Label>{4, 4, 4});
}

TEST_CASE("MultinomialNB: counts and their logarithms", "[naive_bayes]") {
    const Data data = make_data(200, 3);
    for (const bool weighted : {false, true}) {
        const MultinomialNB nb = MultinomialNB({.alpha = {0.5, 1, 2, 3}})
                                     .fit(data.X, data.y, {.sample_weight = data.weight(weighted)});
        const std::vector<double> alpha{0.5, 1, 2, 3};
        Matrix<double> counts(3, 4);
        std::vector<double> rows(3, 0.0);
        for (std::size_t i = 0; i < 200; ++i) {
            const double w = weighted ? data.w[i] : 1.0;
            rows[static_cast<std::size_t>(data.y[i])] += w;
            for (Index j = 0; j < 4; ++j) counts(data.y[i], j) += w * data.X(static_cast<Index>(i), j);
        }
        const double all = std::accumulate(rows.begin(), rows.end(), 0.0);
        const Matrix<double> joint = nb.joint_log_likelihood(data.X);
        for (Index k = 0; k < 3; ++k) {
            const auto at = static_cast<std::size_t>(k);
            CHECK(nb.class_count()[at] == Approx(rows[at]).epsilon(1e-13));
            CHECK(nb.class_log_prior()[at] == Approx(std::log(rows[at] / all)).epsilon(1e-12));
            double sum = 0, want = nb.class_log_prior()[at];
            for (Index j = 0; j < 4; ++j) sum += counts(k, j) + alpha[static_cast<std::size_t>(j)];
            for (Index j = 0; j < 4; ++j) {
                CHECK(nb.feature_count()(k, j) == Approx(counts(k, j)).epsilon(1e-13));
                const double log_prob = std::log((counts(k, j) + alpha[static_cast<std::size_t>(j)]) / sum);
                CHECK(nb.feature_log_prob()(k, j) == Approx(log_prob).epsilon(1e-12));
                want += data.X(11, j) * log_prob;
            }
            CHECK(joint(11, k) == Approx(want).epsilon(1e-12));
        }
    }
}

TEST_CASE("BernoulliNB: features above the threshold count, and missing ones speak too", "[naive_bayes]") {
    const Data data = make_data(200, 3);
    for (const std::optional<double> binarize : {std::optional(0.0), std::optional(1.5), std::optional<double>()}) {
        Matrix<double> X = data.X;
        for (double& x : X.values()) x = !binarize ? (x > 2 ? 1.0 : 0.0) : x;
        const BernoulliNB nb = BernoulliNB({.alpha = 2, .binarize = binarize}).fit(X, data.y, {.sample_weight = data.w});
        const Matrix<double> joint = nb.joint_log_likelihood(X);
        for (Index k = 0; k < 3; ++k) {
            const auto at = static_cast<std::size_t>(k);
            double want = nb.class_log_prior()[at];
            for (Index j = 0; j < 4; ++j) {
                double count = 0, rows = 0;
                for (std::size_t i = 0; i < 200; ++i) {
                    if (data.y[i] != k) continue;
                    rows += data.w[i];
                    if (X(static_cast<Index>(i), j) > binarize.value_or(0.5)) count += data.w[i];
                }
                CHECK(nb.feature_count()(k, j) == Approx(count).epsilon(1e-13));
                const double p = (count + 2) / (rows + 4);
                CHECK(nb.feature_log_prob()(k, j) == Approx(std::log(p)).epsilon(1e-12));
                want += std::log(X(3, j) > binarize.value_or(0.5) ? p : 1 - p);
            }
            CHECK(joint(3, k) == Approx(want).epsilon(1e-12));
        }
    }
    // The threshold is rounded to the type of the data: 0.3F is not above it, though it is above the double.
    CHECK(BernoulliNB({.binarize = 0.3}).fit(Matrix<float>{{0.3F}, {0.4F}}, std::vector{0, 0}).feature_count()(0, 0) == 1);
}

TEST_CASE("Discrete naive Bayes: priors given, learned, and equal", "[naive_bayes]") {
    const Matrix<double> X{{1, 0}, {0, 1}, {1, 1}, {2, 0}};
    const std::vector<int> y{0, 1, 1, 1};
    const auto check = [&](auto nb) {
        nb.partial_fit(X, y, {.classes = three});
        CHECK(nb.class_log_prior()[1] == Approx(std::log(0.75)));
        CHECK(nb.class_log_prior()[2] == -test::infinity);
        CHECK(nb.predict_proba(X)(0, 2) == 0);
        nb.set_param("fit_prior", "false");
        CHECK(nb.class_log_prior()[1] == Approx(std::log(0.75)));  // from the next call on
        nb.partial_fit(X, y);
        for (const double p : nb.class_log_prior()) CHECK(p == Approx(-std::log(3.0)));
        nb.set_param("class_prior", "[0.5,0.25,2]").partial_fit(X, y);  // need not sum to 1
        CHECK(nb.class_log_prior()[0] == Approx(std::log(0.5)));
        CHECK(nb.class_log_prior()[2] == Approx(std::log(2.0)));
        nb.set_param("class_prior", "[0.5, 0.5]");
        refused<bf::ParameterError>(nb, "length of class_prior is 2, expected 3", [&] { nb.partial_fit(X, y); });
        nb.set_param("class_prior", "[0.5, 0.5, -1]");
        refused<bf::ParameterError>(nb, "class_prior", [&] { nb.partial_fit(X, y); });
    };
    check(BernoulliNB());
    check(MultinomialNB());
}

TEST_CASE("Discrete naive Bayes: alpha is at least 1e-10 unless it is forced", "[naive_bayes]") {
    const Matrix<double> X{{3, 0}, {1, 1}};
    const std::vector<int> y{0, 1};
    const auto raised = MultinomialNB({.alpha = 0}).fit(X, y);
    const auto forced = MultinomialNB({.alpha = 0, .force_alpha = true}).fit(X, y);
    CHECK(raised.feature_log_prob()(0, 1) == Approx(std::log(1e-10 / 3)));
    CHECK(forced.feature_log_prob()(0, 1) == -test::infinity);
    CHECK(MultinomialNB({.alpha = {0, 1}}).fit(X, y).feature_log_prob()(0, 1) == Approx(std::log(0.25)));
    CHECK(BernoulliNB({.alpha = 0}).fit(X, y).feature_log_prob()(0, 1) == Approx(std::log(1e-10)));
    CHECK(BernoulliNB({.alpha = 0, .force_alpha = true}).fit(X, y).feature_log_prob()(0, 1) == -test::infinity);
    CHECK(BernoulliNB({.alpha = 1e-12, .force_alpha = true}).fit(X, y).feature_log_prob()(0, 1) == Approx(std::log(1e-12)));
}

// --- prediction --------------------------------------------------------------------------------------------------------

TEST_CASE("naive Bayes: predictions follow the joint likelihoods", "[naive_bayes]") {
    const Data data = make_data(400, 3);
    for_each_classifier([&](auto nb) {
        CAPTURE(nb.class_name);
        CHECK(&nb.fit(data.X, data.y) == &nb);
        CHECK(nb.classes() == three);
        CHECK(nb.n_features_in() == 4);
        const Matrix<double> joint = nb.joint_log_likelihood(data.X), log_proba = nb.predict_log_proba(data.X),
                             proba = nb.predict_proba(data.X);
        const std::vector<Label> predicted = nb.predict(data.X);
        for (Index i = 0; i < 400; ++i) {
            const auto row = joint.row(i);
            REQUIRE(predicted[static_cast<std::size_t>(i)] == std::ranges::max_element(row) - row.begin());
            double sum = 0;
            for (const double j : row) sum += std::exp(j);
            for (Index k = 0; k < 3; ++k) {
                REQUIRE(log_proba(i, k) == Approx(joint(i, k) - std::log(sum)).epsilon(1e-10).margin(1e-12));
                REQUIRE(proba(i, k) == Approx(std::exp(joint(i, k)) / sum).epsilon(1e-10));
            }
        }
        CHECK(nb.score(data.X, data.y) > 0.5);
        // A row's result depends on the row alone, and chunked results are the same bits.
        const Matrix<double> one = nb.predict_log_proba(data.rows(77, 78));
        CHECK(test::same_bits(one, log_proba.view().rows(77, 78)));
        const auto chunked = bf::from_array(data.X, {.block_rows = 90});
        CHECK(test::same_bits(nb.predict_log_proba(chunked).compute(), log_proba));
        CHECK(test::same_bits(nb.joint_log_likelihood(chunked).compute(), joint));
        CHECK(test::same_bits(nb.predict_proba(chunked).compute(), proba));
        CHECK(nb.predict(chunked).compute() == predicted);
    });
}

TEST_CASE("naive Bayes: log probabilities reach further than probabilities", "[naive_bayes]") {
    const GaussianNB nb = GaussianNB().fit(Matrix<double>{{0}, {1}, {100}, {101}}, std::vector{0, 0, 1, 1});
    const Matrix<double> far{{100.0}};
    CHECK(nb.predict_proba(far)(0, 0) == 0);
    CHECK(nb.predict_log_proba(far)(0, 0) < -1000);
    CHECK(std::isfinite(nb.predict_log_proba(far)(0, 0)));
}

TEST_CASE("naive Bayes: float data is counted in double", "[naive_bayes]") {
    const Data data = make_data(300, 3, 3, 4);
    for_each_classifier([&](auto nb) {
        Matrix<float> narrow = test::as<float>(data.X);
        const Matrix<double> wide = test::to_double(narrow);
        auto a = nb, b = nb;
        CHECK(a.fit(narrow, data.y) == b.fit(wide, data.y));
        CHECK(test::same_bits(a.predict_log_proba(narrow), b.predict_log_proba(wide)));
        const Matrix<int> whole = test::as<int>(data.X);
        CHECK(a.fit(whole, data.y) == b.fit(test::to_double(whole), data.y));
    });
}

// --- blocks ------------------------------------------------------------------------------------------------------------

TEST_CASE("naive Bayes: chunked fit and a loop of partial_fit give the same bits for any number of threads", "[naive_bayes]") {
    const Data data = make_data(5000, 3, 4);
    for_each_classifier([&](auto nb) {
        for (const bool weighted : {false, true})
            for (const Index block_rows : {1, 70, 4999}) {
                if (block_rows == 1 && weighted) continue;
                CAPTURE(nb.class_name, weighted, block_rows);
                const bf::SampleWeight weight = data.weight(weighted);
                auto loop = nb;
                for (Index begin = 0; begin < 5000; begin += block_rows) {
                    const Index end = std::min<Index>(begin + block_rows, 5000);
                    loop.partial_fit(data.rows(begin, end), data.labels(begin, end),
                                     {.classes = three, .sample_weight = weight.rows(begin, end)});
                }
                const auto X = bf::from_array(data.X, {.block_rows = block_rows});
                bf::ChunkedFitOptions options;
                if (weighted) options.sample_weight = bf::from_vector(data.w, {.block_rows = 11});
                for (const int threads : {1, 2, 8}) {
                    const bf::Settings settings({.threads = threads});
                    auto chunked = nb;
                    chunked.partial_fit(data.rows(0, 9), data.labels(0, 9), {.classes = {0, 1, 2, 7}});  // fit forgets
                    REQUIRE(chunked.fit(X, bf::from_vector(data.y, {.block_rows = 13}), options) == loop);
                    REQUIRE(test::same_bits(chunked.predict_log_proba(data.X), loop.predict_log_proba(data.X)));
                    options.classes = {2, 1, 0};
                    REQUIRE(chunked.fit(X, data.y, options) == loop);
                    options.classes.clear();
                    // In two parts, cut where a block ends.
                    auto parts = nb;
                    const Index cut = block_rows == 70 ? 2100 : 4999;
                    bf::ChunkedFitOptions first = options, second = options;
                    first.classes = three;
                    if (weighted) {
                        first.sample_weight = options.sample_weight->rows(0, cut);
                        second.sample_weight = options.sample_weight->rows(cut, 5000);
                    }
                    parts.partial_fit(X.rows(0, cut), bf::from_vector(data.y).rows(0, cut), first);
                    parts.partial_fit(X.rows(cut, 5000), bf::from_vector(data.y).rows(cut, 5000), second);
                    REQUIRE(parts == loop);
                }
            }
    });
}

TEST_CASE("naive Bayes: blocks add up to the whole", "[naive_bayes]") {
    const Data data = make_data(600, 3, 5);
    for_each_classifier([&](auto nb) {
        auto whole = nb, blocks = nb;
        whole.fit(data.X, data.y);
        blocks.fit(bf::from_array(data.X, {.block_rows = 50}), data.y);
        const Matrix<double> a = whole.joint_log_likelihood(data.X), b = blocks.joint_log_likelihood(data.X);
        for (std::size_t i = 0; i < a.values().size(); ++i) REQUIRE(a.values()[i] == Approx(b.values()[i]).epsilon(1e-11));
        CHECK(whole.class_count() == blocks.class_count());
    });
}

// --- classes and refusals ----------------------------------------------------------------------------------------------

TEST_CASE("naive Bayes: classes of the first call", "[naive_bayes]") {
    const Data data = make_data(30, 3);
    for_each_classifier([&](auto nb) {
        using bf::LabelError;
        refused<LabelError>(nb, "classes must be given on the first call", [&] { nb.partial_fit(data.X, data.y); });
        refused<LabelError>(nb, "classes must be given on the first call",
                            [&] { nb.partial_fit(bf::from_array(data.X), data.y); });
        nb.partial_fit(data.X, data.y, {.classes = {2, 0, 1, 1}});
        CHECK(nb.classes() == three);
        nb.partial_fit(data.X, data.y).partial_fit(data.X, data.y, {.classes = {1, 2, 0}});
        refused<LabelError>(nb, "classes is {0, 1}, but the first call gave {0, 1, 2}",
                            [&] { nb.partial_fit(data.X, data.y, {.classes = {0, 1}}); });
        std::vector<Label> stranger = data.y;
        stranger[22] = 8;
        refused<LabelError>(nb, "[row 22]", [&] { nb.partial_fit(data.X, stranger); });
        refused<LabelError>(nb, "[block 2, row 22]",
                            [&] { nb.partial_fit(bf::from_array(data.X, {.block_rows = 10}), stranger); });
        refused<LabelError>(nb, "label 2 is not in classes {0, 1}",
                            [&] { nb.fit(data.X, data.y, {.classes = {0, 1}}); });
        std::vector<double> halves(30, 1.0);
        halves[17] = 0.5;
        refused<LabelError>(nb, "row 17", [&] { nb.fit(data.X, halves); });
        refused<LabelError>(nb, "row 17", [&] { nb.fit(bf::from_array(data.X, {.block_rows = 10}), halves); });
        // fit forgets the classes, and one is enough.
        nb.fit(data.X, std::vector<int>(30, 7));
        CHECK(nb.classes() == std::vector<Label>{7});
        CHECK(nb.predict(data.X) == std::vector<Label>(30, 7));
        CHECK(nb.predict_proba(data.X)(3, 0) == Approx(1.0));
    });
}

TEST_CASE("naive Bayes: bad data is refused with its place and changes nothing", "[naive_bayes]") {
    const Data data = make_data(9000, 3);  // more than one tile
    for_each_classifier([&](auto nb) {
        nb.fit(data.X, data.y);
        for (const double value : {test::nan, test::infinity, -test::infinity}) {
            Data bad = data;
            bad.X(8765, 2) = value;
            bad.X(8800, 0) = value;
            refused<bf::DataError>(nb, "[row 8765, column 2]", [&] { nb.fit(bad.X, bad.y); });
            for (const int threads : {1, 8}) {
                const bf::Settings settings({.threads = threads});
                refused<bf::DataError>(nb, "[block 8, row 8765, column 2]",
                                       [&] { nb.partial_fit(bf::from_array(bad.X, {.block_rows = 1000}), bad.y); });
            }
            CHECK_THROWS_WITH(nb.predict(bad.X), Catch::Contains("::predict: X holds") && Catch::Contains("[row 8765, column 2]"));
            CHECK_THROWS_WITH(nb.predict_proba(bad.X), Catch::Contains("::predict_proba: X holds"));
        }
        std::vector<double> w(9000, 1.0);
        w[8000] = test::nan;
        refused<bf::DataError>(nb, "sample_weight is not finite [row 8000]", [&] { nb.fit(data.X, data.y, {.sample_weight = w}); });
        refused<bf::DataError>(nb, "sample_weight is not finite [block 8, row 8000]", [&] {
            nb.fit(bf::from_array(data.X, {.block_rows = 1000}), data.y, {.sample_weight = bf::from_vector(w)});
        });
        // Sums that overflow are an error, not NaN for good.
        refused<bf::DataError>(nb, "overflowed", [&] {
            nb.partial_fit(Matrix<double>{{1e308, 0, 0, 0}, {1e308, 0, 0, 0}}, std::vector{0, 0}, {.sample_weight = 1e308});
        });
    });
}

TEST_CASE("naive Bayes: check_input = false does not look at X", "[naive_bayes]") {
    const Data data = make_data(30, 2);
    Matrix<double> bad = data.X;
    bad(3, 1) = test::infinity;
    BernoulliNB nb;  // to which infinity is a value above the threshold
    CHECK_THROWS_AS(nb.fit(bad, data.y), bf::DataError);
    bf::PartialFitOptions options{.check_input = false};
    CHECK(nb.fit(bad, data.y, options).fitted());
}

TEST_CASE("naive Bayes: bad shapes are refused and change nothing", "[naive_bayes]") {
    const Data data = make_data(20, 2);
    for_each_classifier([&](auto nb) {
        const std::vector<Label> none;
        CHECK_THROWS_AS(nb.classes(), bf::NotFittedError);
        CHECK_THROWS_AS(nb.class_count(), bf::NotFittedError);
        CHECK_THROWS_AS(nb.predict(data.X), bf::NotFittedError);
        CHECK_THROWS_AS(nb.predict_log_proba(data.X), bf::NotFittedError);
        CHECK_THROWS_AS(nb.predict(bf::from_array(data.X)), bf::NotFittedError);
        refused<bf::ShapeError>(nb, "0 rows", [&] { nb.fit(Matrix<double>(0, 3), none); });
        refused<bf::ShapeError>(nb, "0 columns", [&] { nb.fit(Matrix<double>(1, 0), std::vector<Label>{1}); });
        refused<bf::ShapeError>(nb, "0 rows", [&] { nb.fit(bf::from_array(data.X).rows(3, 3), none); });
        refused<bf::ShapeError>(nb, "length of y is 19, expected 20", [&] { nb.fit(data.X, data.labels(0, 19)); });
        refused<bf::ShapeError>(nb, "length of y is 19, expected 20", [&] { nb.fit(bf::from_array(data.X), data.labels(0, 19)); });
        nb.fit(data.X, data.y);
        const Data other = make_data(20, 2, 1, 5);
        refused<bf::ShapeError>(nb, "number of features is 5, expected 4", [&] { nb.partial_fit(other.X, other.y); });
        refused<bf::ShapeError>(nb, "length of sample_weight is 2, expected 20", [&] {
            nb.partial_fit(data.X, data.y, {.sample_weight = std::vector<double>{1, 2}});
        });
        CHECK_THROWS_AS(nb.predict(other.X), bf::ShapeError);
        CHECK_THROWS_AS(nb.predict_proba(bf::from_array(other.X)), bf::ShapeError);
        Matrix<double> out(20, 3);
        CHECK_THROWS_AS(nb.predict_log_proba(data.X.view(), out.view()), bf::ShapeError);
    });
}

TEST_CASE("MultinomialNB: negative values are refused in training, not in prediction", "[naive_bayes]") {
    Data data = make_data(9000, 2);
    MultinomialNB nb;
    nb.fit(data.X, data.y);
    data.X(8888, 3) = -0.5;
    refused<bf::DataError>(nb, "negative value, expected counts [row 8888, column 3]", [&] { nb.partial_fit(data.X, data.y); });
    refused<bf::DataError>(nb, "[block 88, row 8888, column 3]",
                           [&] { nb.fit(bf::from_array(data.X, {.block_rows = 100}), data.y); });
    CHECK(nb.predict(data.X).size() == 9000);
}

TEST_CASE("naive Bayes: parameters out of range", "[naive_bayes]") {
    const Data data = make_data(20, 2);
    const auto check = [&](auto nb, const std::string& text) {
        refused<bf::ParameterError>(nb, text, [&] { nb.fit(data.X, data.y); });
        refused<bf::ParameterError>(nb, text, [&] { nb.partial_fit(data.X, data.y, {.classes = {0, 1}}); });
        refused<bf::ParameterError>(nb, text, [&] { nb.fit(bf::from_array(data.X), data.y); });
    };
    check(GaussianNB({.var_smoothing = -1}), "var_smoothing must be at least 0");
    check(GaussianNB({.var_smoothing = test::nan}), "var_smoothing");
    check(GaussianNB({.priors = {0.5, 0.6}}), "priors must sum to 1");
    check(GaussianNB({.priors = {1.5, -0.5}}), "priors must hold numbers of at least 0");
    check(GaussianNB({.priors = {0.5, 0.25, 0.25}}), "length of priors is 3, expected 2");
    check(BernoulliNB({.alpha = -1}), "alpha must be at least 0");
    check(BernoulliNB({.binarize = -0.1}), "binarize must be at least 0");
    check(MultinomialNB({.alpha = {1, 1, 1, -1}}), "alpha must be at least 0");
    check(MultinomialNB({.alpha = {1, 1, 1}}), "length of alpha is 3, expected 4");
    check(MultinomialNB({.alpha = test::nan}), "alpha must be at least 0");
}

TEST_CASE("naive Bayes: parameters by name", "[naive_bayes]") {
    GaussianNB gaussian;
    CHECK(gaussian.to_string() == "GaussianNB()");
    gaussian.set_param("priors", "[0.25,0.75]");
    CHECK(gaussian.to_string() == "GaussianNB(priors=[0.25, 0.75])");
    CHECK(gaussian.unfitted() == gaussian);
    CHECK(gaussian.set_param("priors", "None").to_string() == "GaussianNB()");
    CHECK_THROWS_AS(gaussian.set_param("priors", "0.5"), bf::ParameterError);

    BernoulliNB bernoulli;
    bernoulli.set_param("alpha", "[0.5, 2]").set_param("binarize", "None").set_param("force_alpha", "true");
    CHECK(bernoulli.to_string() == "BernoulliNB(alpha=[0.5, 2], force_alpha=true, binarize=None)");
    CHECK(bernoulli.params().alpha == bf::PerFeature{0.5, 2});
    CHECK(bernoulli.set_param("alpha", "0.5").params().alpha == bf::PerFeature(0.5));
    for (const char* text : {"", "None", "[]", "x", "[1, x]"})
        CHECK_THROWS_AS(bernoulli.set_param("alpha", text), bf::ParameterError);
    CHECK_FALSE(bf::PerFeature(1.0) == bf::PerFeature{1.0});
}
