#ifndef BLOCKFIT_LINEAR_MODEL_LINEAR_CLASSIFIER_HPP
#define BLOCKFIT_LINEAR_MODEL_LINEAR_CLASSIFIER_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/core/adapt.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/estimator.hpp>
#include <blockfit/estimator/validation_split.hpp>
#include <blockfit/kernels/linear_sgd.hpp>
#include <blockfit/linear_model/linear_state.hpp>

namespace blockfit {
inline namespace v1 {

struct FitOptions {
    SampleWeight sample_weight{};
    /// Weights and intercepts to start from, shaped like coef() and intercept(); empty: zeros, or with warm_start the
    /// fitted ones.
    Matrix<double> coef_init{};
    std::vector<double> intercept_init{};
};

namespace detail {

/// What the linear classifiers share: one-vs-rest training, prediction. Self has training() -> LinearTraining,
/// check_params(where) for what is its own, and params().class_weight.
template <class Self, class Params>
class LinearClassifier : public ParamsMixin<Self, Params>, public ClassifierMixin<Self> {
public:
    using Options = FitOptions;
    using ParamsMixin<Self, Params>::ParamsMixin;

    /// Up to max_iter epochs over X (n x d, finite) and n labels, from scratch or, with warm_start, from the present
    /// weights. On any error the estimator is as before. Throws DataError (NaN, infinity, overflow), LabelError (fewer
    /// than two classes), ShapeError, ParameterError.
    template <std::floating_point T>
    Self& fit(MatrixView<const T> X, std::span<const Label> y, const FitOptions& options = {}) {
        const std::string where = method(Self::class_name, "fit");
        const LinearTraining training = checked_training(where);
        check_linear_block(where, X, std::ssize(y), options.sample_weight, true);
        LinearClassifier next(this->params());
        next.start(where, unique_labels(y), X.cols());
        if (options.coef_init.rows() > 0) {
            require_same(where, "rows of coef_init", options.coef_init.rows(), next.state_.coef.rows());
            require_same(where, "columns of coef_init", options.coef_init.cols(), X.cols());
            next.state_.coef = options.coef_init;
        }
        if (!options.intercept_init.empty()) {
            require_same(where, "length of intercept_init", std::ssize(options.intercept_init),
                         next.state_.coef.rows());
            next.state_.intercept = options.intercept_init;
        }
        if (training.warm_start && fitted()) {
            if (classes_ != next.classes_)
                throw LabelError(where + ": warm_start with classes " + list(next.classes_) + ", the model has " +
                                 list(classes_));
            require_same(where, "number of features", X.cols(), n_features_in());
            if (options.coef_init.rows() == 0) next.state_.coef = coef();
            if (options.intercept_init.empty()) next.state_.intercept = intercept();
        }
        next.train(where, training, training.max_iter, X, y, options.sample_weight);
        take(std::move(next));
        return self();
    }

    /// One epoch over a block, n x d and n labels. The first call needs options.classes. On any error the estimator is
    /// as before. max_iter, tol, validation_fraction and n_iter_no_change have no effect here; early_stopping is
    /// refused.
    template <std::floating_point T>
    Self& partial_fit(MatrixView<const T> X, std::span<const Label> y, const PartialFitOptions& options = {}) {
        const std::string where = method(Self::class_name, "partial_fit");
        check_partial_fit(where);
        const LinearTraining training = self().training();
        std::vector<Label> classes = resolve_classes(where, classes_, options.classes);
        if (fitted()) require_same(where, "number of features", X.cols(), n_features_in());
        check_linear_block(where, X, std::ssize(y), options.sample_weight, options.check_input);
        LinearClassifier next = *this;
        if (!fitted()) next.start(where, std::move(classes), X.cols());
        require_known_labels(where, next.classes_, y);
        next.train(where, training, 1, X, y, options.sample_weight);
        take(std::move(next));
        return self();
    }

    /// Throws ParameterError if these parameters do not go with partial_fit; for wrappers, which check before any work.
    void check_partial_fit(std::string_view where) const {
        const LinearTraining training = checked_training(where);
        if (training.early_stopping)
            throw ParameterError(std::string(where) + ": early_stopping is for fit only; set it to false");
        if (self().params().class_weight.is_balanced())
            throw ParameterError(std::string(where) +
                                 ": class_weight balanced is for fit only, as one block does not show "
                                 "the share of the classes; give a map of weights");
    }

    /// Signed distances: n x 1 for two classes, n x n_classes otherwise. Throws DataError at NaN or infinity.
    template <std::floating_point T>
    void decision_function(MatrixView<const T> X, MatrixView<double> out) const {
        require_fitted("decision_function");
        if (out.cols() != state_.coef.rows())
            require_same(method(Self::class_name, "decision_function"), "number of columns of out", out.cols(),
                         state_.coef.rows());
        decide("decision_function", X, out.rows(),
               [&](Index i, std::span<const double> decisions) { std::ranges::copy(decisions, out.row(i).begin()); });
    }
    /// The class with the largest distance, the first of equals; of two, classes()[1] if its distance is above 0.
    template <std::floating_point T>
    void predict(MatrixView<const T> X, std::span<Label> out) const {
        decide("predict", X, std::ssize(out), [&](Index i, std::span<const double> decisions) {
            const auto best = decisions.size() == 1 ? Index{decisions[0] > 0}
                                                    : std::ranges::max_element(decisions) - decisions.begin();
            out[static_cast<std::size_t>(i)] = classes_[static_cast<std::size_t>(best)];
        });
    }
    /// Throws UnsupportedError; SGDClassifier has a better one.
    template <std::floating_point T>
    void predict_proba(MatrixView<const T>, MatrixView<double>) const {
        require_proba("predict_proba");
    }
    using ClassifierMixin<Self>::decision_function;
    using ClassifierMixin<Self>::predict;
    using ClassifierMixin<Self>::predict_proba;
    [[noreturn]] void require_proba(std::string_view name) const {
        throw UnsupportedError(method(Self::class_name, name) +
                               ": there are no probabilities; use SGDClassifier with loss log_loss or modified_huber");
    }

    /// For data of any other kind in memory.
    template <MatrixLike M, VectorLike V>
    Self& fit(const M& X, const V& y, const FitOptions& options = {}) {
        const LabelSpan labels(y);
        return with_real_view(method(Self::class_name, "fit"), X,
                              [&](auto view) -> Self& { return self().fit(view, labels.get(), options); });
    }
    template <MatrixLike M, VectorLike V>
    Self& partial_fit(const M& X, const V& y, const PartialFitOptions& options = {}) {
        const LabelSpan labels(y);
        return with_real_view(method(Self::class_name, "partial_fit"), X,
                              [&](auto view) -> Self& { return self().partial_fit(view, labels.get(), options); });
    }
    /// Chunked data goes through Incremental, which knows blocks.
    template <class T, class L, class... Rest>
    void fit(const ChunkedMatrix<T>&, const ChunkedVector<L>&, Rest&&...) {
        static_assert(!sizeof(T),
                      "this classifier learns block by block: wrap it, Incremental{classifier}, to fit chunked data");
    }
    template <class T, class L, class... Rest>
    void partial_fit(const ChunkedMatrix<T>&, const ChunkedVector<L>&, Rest&&...) {
        static_assert(!sizeof(T),
                      "this classifier learns block by block: wrap it, Incremental{classifier}, to fit chunked data");
    }

    [[nodiscard]] bool fitted() const noexcept { return !classes_.empty(); }
    [[nodiscard]] Index n_features_in() const { return require_fitted("n_features_in").state_.coef.cols(); }
    /// The class labels, ascending.
    [[nodiscard]] const std::vector<Label>& classes() const { return require_fitted("classes").classes_; }
    /// Weights, 1 x d for two classes, n_classes x d otherwise. With averaging, the averages once it has begun.
    [[nodiscard]] const Matrix<double>& coef() const { return require_fitted("coef").state_.shown_coef(); }
    /// One intercept a row of coef().
    [[nodiscard]] const std::vector<double>& intercept() const {
        return require_fitted("intercept").state_.shown_intercept();
    }
    /// The clock of the step size: 1 plus the rows seen, held-out ones included.
    [[nodiscard]] double t() const { return require_fitted("t").state_.t; }
    /// Epochs of the last call; the most over the classes.
    [[nodiscard]] Index n_iter() const { return require_fitted("n_iter").state_.n_iter; }

    friend bool operator==(const Self& a, const Self& b) {
        return describe("", a.params()) == describe("", b.params()) && a.classes_ == b.classes_ && a.state_ == b.state_;
    }

    /// Names the whole state for saving; `finish_load` checks it.
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        visitor("classes", classes_);
        state_.visit_state(visitor);
    }
    void finish_load() {
        const Index n = std::ssize(classes_);
        if (n == 1 || std::ranges::adjacent_find(classes_, std::greater_equal<>()) != classes_.end())
            throw ModelError(std::string(Self::class_name) + ": the saved classes are not ascending");
        state_.check_loaded(Self::class_name, n == 2 ? 1 : n);
    }

private:
    [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }
    [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }
    const LinearClassifier& require_fitted(std::string_view what) const {
        if (!fitted())
            throw NotFittedError(method(Self::class_name, what) +
                                 ": the classifier is not fitted; call fit or partial_fit first");
        return *this;
    }
    [[nodiscard]] LinearTraining checked_training(std::string_view where) const {
        if constexpr (requires { self().check_params(where); }) self().check_params(where);
        const LinearTraining training = self().training();
        check_linear_training(where, training);
        return training;
    }
    void take(LinearClassifier&& next) { *this = std::move(next); }

    void start(std::string_view where, std::vector<Label> classes, Index cols) {
        if (classes.size() < 2)
            throw LabelError(std::string(where) + ": the number of classes must be at least 2, got " + list(classes));
        classes_ = std::move(classes);
        state_.start(classes_.size() == 2 ? 1 : std::ssize(classes_), cols);
    }

    template <class T>
    void train(std::string_view where, const LinearTraining& training, Index max_iter, MatrixView<const T> X,
               std::span<const Label> y, const SampleWeight& sample_weight) {
        const Index models = state_.coef.rows();
        const bool binary = models == 1;
        const std::vector<double> class_weight = class_weights(where, this->params().class_weight, y);
        const std::vector<std::uint32_t> seeds = binary ? std::vector{sgd_seed_binary(training.random_state)}
                                                        : sgd_seeds_one_vs_rest(training.random_state, models);
        std::vector<unsigned char> held_out;
        if (training.early_stopping) {
            RandomState generator(training.random_state);
            held_out = stratified_split(where, y, classes_, training.validation_fraction, generator).held_out();
        }
        std::vector<LinearTask> tasks;
        for (std::size_t k = 0; k < seeds.size(); ++k)
            tasks.push_back({.y = {.labels = y, .positive = classes_[binary ? 1 : k]},
                             .seed = seeds[k],
                             .positive_weight = class_weight[binary ? 1 : k],
                             .negative_weight = binary ? class_weight[0] : 1.0});
        state_.train(where, training, max_iter, X, tasks, sample_weight, held_out,
                     [&](const sgd::Model& model, const LinearTask& task) {
                         return validation_score(model, X, task.y, sample_weight, held_out);
                     });
    }

    /// One weight a class, in the order of classes_.
    [[nodiscard]] std::vector<double> class_weights(std::string_view where, const ClassWeight& given,
                                                    std::span<const Label> y) const {
        std::vector<double> weights(classes_.size(), 1.0);
        if (given.is_balanced()) {
            std::vector<double> counts(classes_.size(), 0.0);
            for (const Label label : y) counts[static_cast<std::size_t>(find_class(classes_, label))] += 1;
            for (std::size_t k = 0; k < counts.size(); ++k)
                weights[k] = static_cast<double>(y.size()) / (static_cast<double>(counts.size()) * counts[k]);
        }
        for (const auto& [label, weight] : given.weights()) {
            const Index k = find_class(classes_, label);
            if (k < 0)
                throw ParameterError(std::string(where) + ": class_weight names " + std::to_string(label) +
                                     ", which is not in classes " + list(classes_));
            weights[static_cast<std::size_t>(k)] = weight;
        }
        return weights;
    }

    /// The weighted share of held-out rows on whose right side the model is.
    template <class T>
    [[nodiscard]] static double validation_score(const sgd::Model& model, MatrixView<const T> X, const sgd::Targets& y,
                                                 const SampleWeight& weight, std::span<const unsigned char> held_out) {
        double right = 0.0, all = 0.0;
        for (Index i = 0; i < X.rows(); ++i) {
            if (!held_out[static_cast<std::size_t>(i)]) continue;
            const double p = ordered::dot(X.row(i).data(), model.w.data(), X.cols()) + model.intercept;
            all += weight[i];
            if ((p > 0) == (y[i] > 0)) right += weight[i];
        }
        return right / all;
    }

    template <class T, class F>
    void decide(std::string_view name, MatrixView<const T> X, Index out_rows, F f) const {
        if (!fitted()) require_fitted(name);
        state_.decide(Self::class_name, name, X, out_rows, f);
    }

    std::vector<Label> classes_;
    LinearState state_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
