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
#include <blockfit/kernels/linear_sgd.hpp>
#include <blockfit/linear_model/validation_split.hpp>

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

/// The parameters of any linear classifier, as the shared training needs them.
struct LinearTraining {
    sgd::Options options;
    Index max_iter = 1000;
    std::optional<double> tol = 1e-3;
    Index n_iter_no_change = 5;
    std::uint32_t random_state = 0;
    bool early_stopping = false;
    double validation_fraction = 0.1;
    ClassWeight class_weight{};
    bool warm_start = false;
};

/// What the linear classifiers share: state, one-vs-rest training, prediction. Self has check_params(where) and
/// training() -> LinearTraining.
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
        self().check_params(where);
        check_block(where, X, y, options.sample_weight, true);
        LinearClassifier next(this->params());
        next.start(where, unique_labels(y), X.cols());
        if (options.coef_init.rows() > 0) {
            require_same(where, "rows of coef_init", options.coef_init.rows(), next.coef_.rows());
            require_same(where, "columns of coef_init", options.coef_init.cols(), X.cols());
            next.coef_ = options.coef_init;
        }
        if (!options.intercept_init.empty()) {
            require_same(where, "length of intercept_init", std::ssize(options.intercept_init), next.coef_.rows());
            next.intercept_ = options.intercept_init;
        }
        const LinearTraining training = self().training();
        if (training.warm_start && fitted()) {
            if (classes_ != next.classes_)
                throw LabelError(where + ": warm_start with classes " + list(next.classes_) + ", the model has " +
                                 list(classes_));
            require_same(where, "number of features", X.cols(), n_features_in());
            if (options.coef_init.rows() == 0) next.coef_ = coef();
            if (options.intercept_init.empty()) next.intercept_ = intercept();
        }
        next.train(where, training, training.max_iter, X, y, options.sample_weight);
        take(std::move(next));
        return self();
    }

    /// One epoch over a block, n x d and n labels. The first call needs options.classes. On any error the estimator is
    /// as before. max_iter, tol, early_stopping and the parameters that go with them have no effect here.
    template <std::floating_point T>
    Self& partial_fit(MatrixView<const T> X, std::span<const Label> y, const PartialFitOptions& options = {}) {
        const std::string where = method(Self::class_name, "partial_fit");
        check_partial_fit(where);
        const LinearTraining training = self().training();
        std::vector<Label> classes = options.classes;
        std::ranges::sort(classes);
        classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
        if (!fitted() && classes.empty())
            throw LabelError(where + ": classes must be given on the first call, e.g. {.classes = {0, 1}}");
        if (fitted() && !classes.empty() && classes != classes_)
            throw LabelError(where + ": classes is " + list(classes) + ", but the first call gave " + list(classes_));
        if (fitted()) require_same(where, "number of features", X.cols(), n_features_in());
        check_block(where, X, y, options.sample_weight, options.check_input);
        LinearClassifier next = *this;
        if (!fitted()) next.start(where, std::move(classes), X.cols());
        require_known_labels(where, next.classes_, y);
        next.train(where, training, 1, X, y, options.sample_weight);
        take(std::move(next));
        return self();
    }

    /// Throws ParameterError if these parameters do not go with partial_fit; for wrappers, which check before any work.
    void check_partial_fit(std::string_view where) const {
        self().check_params(where);
        const LinearTraining training = self().training();
        if (training.early_stopping)
            throw ParameterError(std::string(where) + ": early_stopping is for fit only; set it to false");
        if (training.class_weight.is_balanced())
            throw ParameterError(std::string(where) + ": class_weight balanced is for fit only, as one block does not show "
                                                      "the share of the classes; give a map of weights");
    }

    /// Signed distances: n x 1 for two classes, n x n_classes otherwise. Throws DataError at NaN or infinity.
    template <std::floating_point T>
    void decision_function(MatrixView<const T> X, MatrixView<double> out) const {
        require_fitted("decision_function");
        if (out.cols() != coef_.rows())
            require_same(method(Self::class_name, "decision_function"), "number of columns of out", out.cols(), coef_.rows());
        decide("decision_function", X, out.rows(), [&](Index i, std::span<const double> decisions) {
            std::ranges::copy(decisions, out.row(i).begin());
        });
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
    using ClassifierMixin<Self>::decision_function;
    using ClassifierMixin<Self>::predict;

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
        static_assert(!sizeof(T), "this classifier learns block by block: wrap it, Incremental{classifier}, to fit chunked data");
    }
    template <class T, class L, class... Rest>
    void partial_fit(const ChunkedMatrix<T>&, const ChunkedVector<L>&, Rest&&...) {
        static_assert(!sizeof(T), "this classifier learns block by block: wrap it, Incremental{classifier}, to fit chunked data");
    }

    [[nodiscard]] bool fitted() const noexcept { return !classes_.empty(); }
    [[nodiscard]] Index n_features_in() const { return require_fitted("n_features_in").coef_.cols(); }
    /// The class labels, ascending.
    [[nodiscard]] const std::vector<Label>& classes() const { return require_fitted("classes").classes_; }
    /// Weights, 1 x d for two classes, n_classes x d otherwise. With averaging, the averages once it has begun.
    [[nodiscard]] const Matrix<double>& coef() const { return require_fitted("coef").averaging() ? mean_coef_ : coef_; }
    /// One intercept a row of coef().
    [[nodiscard]] const std::vector<double>& intercept() const {
        return require_fitted("intercept").averaging() ? mean_intercept_ : intercept_;
    }
    /// The clock of the step size: 1 plus the rows seen, held-out ones included.
    [[nodiscard]] double t() const { return require_fitted("t").t_; }
    /// Epochs of the last call; the most over the classes.
    [[nodiscard]] Index n_iter() const { return require_fitted("n_iter").n_iter_; }

    friend bool operator==(const Self& a, const Self& b) {
        return describe("", a.params()) == describe("", b.params()) && a.classes_ == b.classes_ && a.coef_ == b.coef_ &&
               a.intercept_ == b.intercept_ && a.mean_coef_ == b.mean_coef_ && a.mean_intercept_ == b.mean_intercept_ &&
               a.t_ == b.t_ && a.n_iter_ == b.n_iter_ && a.average_from_ == b.average_from_;
    }

    /// Names the whole state for saving; `finish_load` checks it.
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        visitor("classes", classes_);
        visitor("coef", coef_);
        visitor("intercept", intercept_);
        visitor("average_coef", mean_coef_);
        visitor("average_intercept", mean_intercept_);
        visitor("t", t_);
        visitor("n_iter", n_iter_);
        visitor("average_from", average_from_);
    }
    void finish_load() {
        const auto require = [](bool ok, std::string_view what) {
            if (!ok) throw ModelError(std::string(Self::class_name) + ": the saved " + std::string(what));
        };
        const Index n = std::ssize(classes_);
        if (n == 0)
            return require(coef_.rows() == 0 && intercept_.empty() && mean_coef_.rows() == 0 && mean_intercept_.empty() &&
                               t_ == 1 && n_iter_ == 0 && average_from_ == 0,
                           "state is not that of an unfitted model");
        require(n >= 2 && std::ranges::adjacent_find(classes_, std::greater_equal<>()) == classes_.end(),
                "classes are not ascending");
        const Index models = n == 2 ? 1 : n;
        require(coef_.rows() == models && coef_.cols() >= 1 && std::ssize(intercept_) == models,
                "coef and intercept do not fit the classes");
        // Averages stay when averaging is switched off between two calls.
        const bool averaged = mean_coef_.rows() > 0;
        require((averaged || average_from_ == 0) && average_from_ >= 0 &&
                    mean_coef_.rows() == (averaged ? models : 0) && (!averaged || mean_coef_.cols() == coef_.cols()) &&
                    std::ssize(mean_intercept_) == (averaged ? models : 0),
                "averages do not fit the weights");
        const auto finite = [](auto&& values) {
            return std::ranges::all_of(values, [](double v) { return std::isfinite(v); });
        };
        require(finite(coef_.values()) && finite(intercept_) && finite(mean_coef_.values()) && finite(mean_intercept_),
                "weights are not finite");
        require(t_ >= 1 && std::isfinite(t_) && n_iter_ >= 0, "clock is out of range");
    }

private:
    [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }
    [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }
    const LinearClassifier& require_fitted(std::string_view what) const {
        if (!fitted())
            throw NotFittedError(method(Self::class_name, what) + ": the classifier is not fitted; call fit or partial_fit first");
        return *this;
    }
    /// Do coef() and intercept() show the averages yet?
    [[nodiscard]] bool averaging() const noexcept {
        return average_from_ > 0 && mean_coef_.rows() > 0 && static_cast<double>(average_from_) <= t_ - 1.0;
    }
    void take(LinearClassifier&& next) { *this = std::move(next); }

    template <class T>
    static void check_block(std::string_view where, MatrixView<const T> X, std::span<const Label> y,
                            const SampleWeight& weight, bool check_values) {
        if (X.rows() < 1) throw ShapeError(std::string(where) + ": X has 0 rows, expected at least 1");
        if (X.cols() < 1) throw ShapeError(std::string(where) + ": X has 0 columns, expected at least 1");
        if (X.rows() > 0xFFFFFFFF) throw ShapeError(std::string(where) + ": a block holds at most 2^32 - 1 rows");
        require_same(where, "length of y", std::ssize(y), X.rows());
        weight.check(where, X.rows());
        if (check_values) require_finite(where, X);
    }

    void start(std::string_view where, std::vector<Label> classes, Index cols) {
        if (classes.size() < 2)
            throw LabelError(std::string(where) + ": the number of classes must be at least 2, got " + list(classes));
        classes_ = std::move(classes);
        const Index models = classes_.size() == 2 ? 1 : std::ssize(classes_);
        coef_ = Matrix<double>(models, cols);
        intercept_.assign(static_cast<std::size_t>(models), 0.0);
    }

    template <class T>
    void train(std::string_view where, const LinearTraining& training, Index max_iter, MatrixView<const T> X,
               std::span<const Label> y, const SampleWeight& sample_weight) {
        const Index models = coef_.rows();
        const bool binary = models == 1;
        average_from_ = training.options.average;
        if (average_from_ > 0 && mean_coef_.rows() == 0) {
            mean_coef_ = Matrix<double>(models, coef_.cols());
            mean_intercept_.assign(intercept_.size(), 0.0);
        }
        const std::vector<double> class_weight = class_weights(where, training.class_weight, y);
        const std::vector<std::uint32_t> seeds = binary ? std::vector{sgd_seed_binary(training.random_state)}
                                                        : sgd_seeds_one_vs_rest(training.random_state, models);
        std::vector<unsigned char> held_out;
        if (training.early_stopping)
            held_out = stratified_hold_out(where, y, classes_, training.validation_fraction, training.random_state);

        Index most_epochs = 0;
        for (Index k = 0; k < models; ++k) {
            const auto at = static_cast<std::size_t>(k);
            const sgd::Targets targets{.labels = y, .positive = classes_[binary ? 1 : at]};
            sgd::Options options = training.options;
            options.seed = seeds[at];
            options.positive_weight = class_weight[binary ? 1 : at];
            options.negative_weight = binary ? class_weight[0] : 1.0;
            const auto row_or_none = [k](Matrix<double>& m) { return m.rows() > 0 ? m.row(k) : std::span<double>(); };
            sgd::Model model{coef_.row(k), intercept_[at], row_or_none(mean_coef_),
                             mean_intercept_.empty() ? 0.0 : mean_intercept_[at]};
            const sgd::Stopping stopping{
                max_iter, training.tol, training.n_iter_no_change, held_out,
                [&](const sgd::Model& m) { return validation_score(m, X, targets, sample_weight, held_out); }};
            const Index epochs = sgd::train(model, options, stopping, X, targets, sample_weight, t_);
            if (epochs < 0)
                throw DataError(std::string(where) +
                                ": the weights overflowed; scale the features (StandardScaler) or lower eta0");
            intercept_[at] = model.intercept;
            if (!mean_intercept_.empty()) mean_intercept_[at] = model.mean_intercept;
            most_epochs = std::max(most_epochs, epochs);
        }
        n_iter_ = most_epochs;
        t_ += static_cast<double>(most_epochs) * static_cast<double>(X.rows());
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

    /// Calls f(i, decision values of row i).
    template <class T, class F>
    void decide(std::string_view name, MatrixView<const T> X, Index out_rows, F f) const {
        const auto where = [&] { return method(Self::class_name, name); };
        if (!fitted()) require_fitted(name);
        if (X.cols() != coef_.cols()) require_same(where(), "number of features", X.cols(), coef_.cols());
        if (out_rows != X.rows()) require_same(where(), "number of rows of out", out_rows, X.rows());
        const Matrix<double>& w = coef();
        const std::vector<double>& b = intercept();
        std::vector<double> decisions(b.size());
        for (Index i = 0; i < X.rows(); ++i) {
            const T* const x = X.row(i).data();
            double sum = 0.0;
            for (std::size_t k = 0; k < b.size(); ++k)
                sum += decisions[k] = ordered::dot(x, w.data() + static_cast<Index>(k) * w.cols(), w.cols()) + b[k];
            // NaN and infinity in x always reach the sum.
            if (!std::isfinite(sum)) {
                try {
                    require_finite(where(), X.rows(i, i + 1));
                } catch (Error& error) {
                    error.add_rows(i);
                    throw;
                }
            }
            f(i, std::span<const double>(decisions));
        }
    }

    std::vector<Label> classes_;
    Matrix<double> coef_;
    std::vector<double> intercept_;
    Matrix<double> mean_coef_;
    std::vector<double> mean_intercept_;
    double t_ = 1.0;
    Index n_iter_ = 0;
    Index average_from_ = 0;  // the parameter in force at the last call
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
