/// The naive Bayes classifiers. Compiled and run with the tests.

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <blockfit/array/creation.hpp>
#include <blockfit/naive_bayes/bernoulli_nb.hpp>
#include <blockfit/naive_bayes/gaussian_nb.hpp>
#include <blockfit/naive_bayes/multinomial_nb.hpp>

namespace bf = blockfit;

namespace {

bool gaussian() {
    const auto X = bf::random_normal(100'000, 3, {.seed = 1});
    const auto y = X.col(0).map_blocks<int>([](auto in, auto out) {
        for (bf::Index i = 0; i < in.rows(); ++i) out(i, 0) = in(i, 0) > 1;
    });
    //! [gaussian]
    bf::GaussianNB nb;
    nb.fit(X, y);                          // chunked: one parallel pass, no wrapper needed
    double accuracy = nb.score(X, y);      // and another
    auto log_p = nb.predict_log_proba(X);  // lazy, n x n_classes
    //! [gaussian]
    return accuracy > 0.9 && log_p.cols() == 2;
}

bool bernoulli() {
    //! [bernoulli]
    bf::Matrix<double> X{{0.2, 0.9}, {0.8, 0.7}, {0.9, 0.1}};  // above 0.5 counts as present
    std::vector<int> y{0, 1, 1};
    bf::BernoulliNB nb({.binarize = 0.5});
    nb.partial_fit(X, y, {.classes = {0, 1, 2}});  // class 2 may come later
    auto p = nb.predict_proba(X);                  // 0 for class 2 until it does
    //! [bernoulli]
    return p(0, 2) == 0.0 && nb.predict(X) == std::vector<bf::Label>{0, 1, 1};
}

bool multinomial() {
    //! [multinomial]
    bf::Matrix<int> word_counts{{3, 0, 1}, {0, 2, 2}, {1, 4, 0}};
    std::vector<int> topic{0, 1, 1};
    bf::MultinomialNB nb({.alpha = 0.1});
    nb.fit(word_counts, topic);
    auto predicted = nb.predict(bf::Matrix<int>{{2, 0, 0}, {0, 1, 1}});  // {0, 1}
    //! [multinomial]
    return predicted == std::vector<bf::Label>{0, 1};
}

}  // namespace

int main() {
    const bool ok = gaussian() && bernoulli() && multinomial();
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
