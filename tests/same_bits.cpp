/// Scalers, linear models and naive Bayes give the same bits from every compiler, flag and instruction set: one number stands
/// for some ten thousand weights and predictions. Built plainly, and for this machine's processor with all optimisations.

#include <bit>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <blockfit/array/creation.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/linear_model/sgd_regressor.hpp>
#include <blockfit/naive_bayes/bernoulli_nb.hpp>
#include <blockfit/naive_bayes/gaussian_nb.hpp>
#include <blockfit/preprocessing/min_max_scaler.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

namespace bf = blockfit;

int main() {
    constexpr std::uint64_t expected = 0x088e2310b5967eb1;
    std::uint64_t hash = 14695981039346656037u;  // FNV-1a over the bits
    const auto add = [&](const std::vector<double>& values) {
        for (const double value : values) hash = (hash ^ std::bit_cast<std::uint64_t>(value)) * 1099511628211u;
    };
    const auto add_matrix = [&](bf::Matrix<double> m) { add(std::move(m).values()); };

    bf::Matrix<double> X(20'000, 23);
    std::uint64_t k = 0;
    for (double& value : X.values()) value = bf::detail::uniform_at(1, k++) * 4 - 1.5;
    std::vector<int> y;
    for (bf::Index i = 0; i < X.rows(); ++i) y.push_back(X(i, 0) + X(i, 3) - X(i, 5) > 0.3 ? (X(i, 7) > 0 ? 2 : 1) : 0);

    const bf::StandardScaler scaler = bf::StandardScaler().fit(X);
    const bf::Matrix<double> Z = scaler.transform(X);
    add(scaler.mean());
    add(scaler.var());
    add_matrix(Z);
    add_matrix(scaler.inverse_transform(Z));
    for (const auto loss : {bf::Loss::hinge, bf::Loss::log_loss, bf::Loss::modified_huber, bf::Loss::squared_hinge, bf::Loss::huber})
        for (const auto penalty : {bf::Penalty::l2, bf::Penalty::l1, bf::Penalty::elasticnet})
            for (const auto rate : {bf::LearningRate::optimal, bf::LearningRate::invscaling, bf::LearningRate::pa1}) {
                bf::SGDClassifier classifier({.loss = loss,
                                              .penalty = penalty,
                                              .max_iter = 3,
                                              .learning_rate = rate,
                                              .eta0 = 0.01,
                                              .power_t = 0.3,
                                              .average = 10});
                classifier.fit(Z, y);
                add_matrix(classifier.coef());
                add(classifier.intercept());
                add_matrix(classifier.decision_function(Z));
                if (loss == bf::Loss::log_loss) add_matrix(classifier.predict_log_proba(Z));
            }
    for (const auto loss : {bf::Loss::squared_error, bf::Loss::epsilon_insensitive, bf::Loss::squared_epsilon_insensitive}) {
        bf::SGDRegressor regressor({.loss = loss, .max_iter = 3});
        std::vector<double> target;
        for (bf::Index i = 0; i < Z.rows(); ++i) target.push_back(Z(i, 1) - 0.5 * Z(i, 4));
        regressor.fit(Z, target);
        add({regressor.coef().begin(), regressor.coef().end()});
        add(regressor.predict(Z));
        add({regressor.score(Z, target)});
    }
    add_matrix(bf::MinMaxScaler().fit_transform(X));
    const auto gaussian = bf::GaussianNB().fit(X, y);
    add_matrix(gaussian.var());
    add_matrix(gaussian.predict_log_proba(X));
    add_matrix(bf::BernoulliNB().fit(X, y).predict_proba(X));
    std::printf("%016llx, expected %016llx\n", static_cast<unsigned long long>(hash), static_cast<unsigned long long>(expected));
    return hash == expected ? 0 : 1;
}
