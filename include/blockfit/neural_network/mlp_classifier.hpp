#ifndef BLOCKFIT_NEURAL_NETWORK_MLP_CLASSIFIER_HPP
#define BLOCKFIT_NEURAL_NETWORK_MLP_CLASSIFIER_HPP

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/core/adapt.hpp>
#include <blockfit/core/concepts.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/estimator.hpp>
#include <blockfit/neural_network/mlp.hpp>

namespace blockfit {
inline namespace v1 {

/// A multilayer perceptron that classifies: one logistic output for two classes, softmax over more, and with a matrix
/// of 0 and 1 as y (n x L, L >= 2) one logistic output a label. As scikit-learn's MLPClassifier: the same parameters,
/// seed and blocks give the same weights to 1e-6. T is the type of weights and computation.
///
/// Differs from scikit-learn: partial_fit takes label matrices without classes; at least two classes are needed; predict of a
/// multi-label model is predict_indicator; an error leaves the estimator as it was. random_state defaults to 0.
template <class T = double>
class MLPClassifier : public detail::MLP<MLPClassifier<T>, T>, public ClassifierMixin<MLPClassifier<T>> {
    using Base = detail::MLP<MLPClassifier, T>;

public:
    static constexpr std::string_view class_name = "MLPClassifier";
    static constexpr int schema_version = 1;

    explicit MLPClassifier(MLPClassifierParams params = {}) : Base(std::move(params)) {}

    /// Up to max_iter passes over X (n x d, finite) and n labels, from scratch or, with warm_start, from the present
    /// weights. On any error the estimator is as before. Throws DataError (NaN, infinity, overflow), LabelError (fewer
    /// than two classes), ShapeError, ParameterError, UnsupportedError (lbfgs, sample weights).
    template <std::floating_point V>
    MLPClassifier& fit(MatrixView<const V> X, std::span<const Label> y, const PartialFitOptions& options = {}) {
        const std::string where = detail::method(class_name, "fit");
        this->check_params(where);
        this->check_block(where, X, std::ssize(y), options);
        MLPClassifier next = begin_fit(
            where, X.cols(),
            detail::resolve_classes(where, {}, options.classes.empty() ? detail::unique_labels(y) : options.classes),
            false);
        detail::require_known_labels(where, next.classes_, y);
        const auto split = [&](RandomState& generator) {
            const double fraction = this->params().validation_fraction;
            return next.classes_.size() == 2 ? detail::stratified_split(where, y, next.classes_, fraction, generator)
                                             : detail::random_split(where, X.rows(), fraction, generator);
        };
        const auto score = [&](std::span<const Index> rows) {
            return next.share_right(X, rows, [&](Index row, std::span<const T> p) {
                return next.decide(p) == y[static_cast<std::size_t>(row)];
            });
        };
        next.train_fully(where, X, next.outputs_needed(), next.one_hot(y), split, score);
        return *this = std::move(next);
    }
    /// The same for several labels a row: Y is n x L of 0 and 1.
    template <std::floating_point V>
    MLPClassifier& fit(MatrixView<const V> X, MatrixView<const double> Y, const PartialFitOptions& options = {}) {
        const std::string where = detail::method(class_name, "fit");
        this->check_params(where);
        this->check_block(where, X, Y.rows(), options);
        check_indicator(where, Y, options);
        MLPClassifier next = begin_fit(where, X.cols(), numbers(Y.cols()), true);
        const auto split = [&](RandomState& generator) {
            return detail::random_split(where, X.rows(), this->params().validation_fraction, generator);
        };
        const auto score = [&](std::span<const Index> rows) {
            return next.share_right(X, rows, [&](Index row, std::span<const T> p) {
                return std::ranges::equal(
                    p, Y.row(row), [](T probability, double want) { return (probability > T(0.5)) == (want == 1.0); });
            });
        };
        next.train_fully(where, X, Y.cols(), copy_row(Y), split, score);
        return *this = std::move(next);
    }

    /// One pass over a block, n x d and n labels. The first call needs options.classes. On any error the estimator is
    /// as before. max_iter, warm_start and validation_fraction have no effect here; early_stopping is refused.
    template <std::floating_point V>
    MLPClassifier& partial_fit(MatrixView<const V> X, std::span<const Label> y, const PartialFitOptions& options = {}) {
        const std::string where = detail::method(class_name, "partial_fit");
        this->check_partial_fit(where);
        MLPClassifier next = begin_block(where, X, std::ssize(y), options,
                                         detail::resolve_classes(where, classes_, options.classes), false);
        detail::require_known_labels(where, next.classes_, y);
        next.train_block(where, X, next.outputs_needed(), next.one_hot(y));
        return *this = std::move(next);
    }
    /// The same for several labels a row: Y is n x L of 0 and 1.
    template <std::floating_point V>
    MLPClassifier& partial_fit(MatrixView<const V> X, MatrixView<const double> Y,
                               const PartialFitOptions& options = {}) {
        const std::string where = detail::method(class_name, "partial_fit");
        this->check_partial_fit(where);
        check_indicator(where, Y, options);
        MLPClassifier next = begin_block(where, X, Y.rows(), options, numbers(Y.cols()), true);
        next.train_block(where, X, Y.cols(), copy_row(Y));
        return *this = std::move(next);
    }

    /// The class of the largest probability, the first of equals; of two, classes()[1] if its probability is above 0.5.
    template <std::floating_point V>
    void predict(MatrixView<const V> X, std::span<Label> out) const {
        this->require_fitted("predict");
        if (multilabel())
            throw UnsupportedError(detail::method(class_name, "predict") +
                                   ": the model has several labels a row; use predict_indicator");
        this->for_each_output("predict", X, std::ssize(out),
                              [&](Index i, std::span<const T> p) { out[static_cast<std::size_t>(i)] = decide(p); });
    }
    /// n x n_classes; n x L for several labels a row, each column by itself.
    template <std::floating_point V>
    void predict_proba(MatrixView<const V> X, MatrixView<double> out) const {
        this->require_fitted("predict_proba");
        detail::require_same("MLPClassifier::predict_proba", "number of columns of out", out.cols(),
                             std::ssize(classes_));
        this->for_each_output("predict_proba", X, out.rows(), [&](Index i, std::span<const T> p) {
            if (p.size() < classes_.size()) {
                out(i, 0) = static_cast<double>(T(1) - p[0]);
                out(i, 1) = static_cast<double>(p[0]);
            } else {
                std::ranges::transform(p, out.row(i).begin(), [](T each) { return static_cast<double>(each); });
            }
        });
    }
    /// n x L of 0 and 1, of a model of several labels a row.
    template <std::floating_point V>
    void predict_indicator(MatrixView<const V> X, MatrixView<Label> out) const {
        this->require_fitted("predict_indicator");
        if (!multilabel())
            throw UnsupportedError(detail::method(class_name, "predict_indicator") +
                                   ": the model has one label a row; use predict");
        detail::require_same("MLPClassifier::predict_indicator", "number of columns of out", out.cols(),
                             this->n_outputs());
        this->for_each_output("predict_indicator", X, out.rows(), [&](Index i, std::span<const T> p) {
            std::ranges::transform(p, out.row(i).begin(), [](T each) { return Label{each > T(0.5)}; });
        });
    }
    using Mixin = ClassifierMixin<MLPClassifier>;
    using Mixin::predict;
    using Mixin::predict_indicator;
    using Mixin::predict_proba;
    void require_proba(std::string_view) const noexcept {}

    /// For data of any other kind in memory; a matrix as y means several labels a row.
    template <MatrixLike M, class Y>
    requires VectorLike<Y> || MatrixLike<Y> MLPClassifier& fit(const M& X, const Y& y,
                                                               const PartialFitOptions& options = {}) {
        return detail::with_real_view("MLPClassifier::fit", X, [&](auto view) -> MLPClassifier& {
            return with_targets("MLPClassifier::fit", y,
                                [&](auto targets) -> MLPClassifier& { return fit(view, targets, options); });
        });
    }
    template <MatrixLike M, class Y>
    requires VectorLike<Y> || MatrixLike<Y> MLPClassifier& partial_fit(const M& X, const Y& y,
                                                                       const PartialFitOptions& options = {}) {
        return detail::with_real_view("MLPClassifier::partial_fit", X, [&](auto view) -> MLPClassifier& {
            return with_targets("MLPClassifier::partial_fit", y,
                                [&](auto targets) -> MLPClassifier& { return partial_fit(view, targets, options); });
        });
    }
    /// Chunked data goes through Incremental, which knows blocks.
    template <class V, class Y, class... Rest>
    void fit(const ChunkedMatrix<V>&, const Y&, Rest&&...) {
        static_assert(!sizeof(V),
                      "MLPClassifier learns block by block: wrap it, Incremental{classifier}, to fit chunked data");
    }
    template <class V, class Y, class... Rest>
    void partial_fit(const ChunkedMatrix<V>&, const Y&, Rest&&...) {
        static_assert(!sizeof(V),
                      "MLPClassifier learns block by block: wrap it, Incremental{classifier}, to fit chunked data");
    }

    /// The class labels, ascending; 0 ... L-1 of a model of several labels a row.
    [[nodiscard]] const std::vector<Label>& classes() const {
        this->require_fitted("classes");
        return classes_;
    }
    /// Was it trained on a matrix of labels?
    [[nodiscard]] bool multilabel() const {
        return this->out_activation() == OutputActivation::logistic && this->n_outputs() > 1;
    }

    friend bool operator==(const MLPClassifier& a, const MLPClassifier& b) {
        return a.classes_ == b.classes_ && a.same_state(b);
    }
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        visitor("classes", classes_);
        Base::visit_state(visitor);
    }
    void finish_load() {
        Base::finish_load();
        const bool good = this->fitted()
                              ? (multilabel() ? classes_ == numbers(this->n_outputs())
                                              : classes_.size() >= 2 && outputs_needed() == this->n_outputs() &&
                                                    this->out_activation() == output_needed())
                              : classes_.empty();
        if (!good || std::ranges::adjacent_find(classes_, std::greater_equal<>()) != classes_.end())
            throw ModelError("MLPClassifier: the saved classes do not fit the network");
    }

private:
    /// Calls f(std::span<const Label>) or f(MatrixView<const double>).
    template <class Y, class F>
    static MLPClassifier& with_targets(std::string_view where, const Y& y, F f) {
        if constexpr (VectorLike<Y>) {
            const LabelSpan labels(y);
            return f(labels.get());
        } else {
            return Base::with_target_matrix(where, y, f);
        }
    }
    [[nodiscard]] static std::vector<Label> numbers(Index n) {
        std::vector<Label> list(static_cast<std::size_t>(n));
        std::iota(list.begin(), list.end(), Label{0});
        return list;
    }
    [[nodiscard]] Index outputs_needed() const noexcept { return classes_.size() == 2 ? 1 : std::ssize(classes_); }
    [[nodiscard]] OutputActivation output_needed() const noexcept {
        return classes_.size() == 2 ? OutputActivation::logistic : OutputActivation::softmax;
    }
    static void check_indicator(std::string_view where, MatrixView<const double> Y, const PartialFitOptions& options) {
        if (Y.cols() < 2)
            throw ShapeError(std::string(where) +
                             ": a matrix of labels needs at least 2 columns; give the labels as a vector");
        if (!options.classes.empty())
            throw LabelError(std::string(where) + ": classes go with a vector of labels, not a matrix");
        for (Index i = 0; i < Y.rows(); ++i)
            for (Index j = 0; j < Y.cols(); ++j)
                if (Y(i, j) != 0.0 && Y(i, j) != 1.0)
                    throw LabelError(std::string(where) + ": the matrix of labels holds " + std::to_string(Y(i, j)) +
                                         ", expected 0 or 1",
                                     {.row = i, .column = j});
    }
    /// What fit starts from: nothing, or with warm_start this model, which must have the same form.
    [[nodiscard]] MLPClassifier begin_fit(const std::string& where, Index cols, std::vector<Label> classes,
                                          bool many) const {
        if (classes.size() < 2)
            throw LabelError(where + ": the number of classes must be at least 2, got " + detail::list(classes));
        MLPClassifier next = *this;
        if (this->params().warm_start && this->fitted()) {
            detail::require_same(where, "number of features", cols, this->n_features_in());
            if (classes != classes_ || many != multilabel())
                throw LabelError(where + ": warm_start with classes " + detail::list(classes) + ", the model has " +
                                 detail::list(classes_));
            return next;
        }
        next.classes_ = std::move(classes);
        next.restart(many ? OutputActivation::logistic : next.output_needed());
        return next;
    }
    template <class V>
    [[nodiscard]] MLPClassifier begin_block(const std::string& where, MatrixView<const V> X, Index n_targets,
                                            const PartialFitOptions& options, std::vector<Label> classes,
                                            bool many) const {
        if (this->fitted()) {
            detail::require_same(where, "number of features", X.cols(), this->n_features_in());
            if (many != multilabel())
                throw ShapeError(where + ": y is " + (many ? "a matrix" : "a vector") +
                                 ", but the model was trained on " + (many ? "a vector" : "a matrix"));
            if (many) detail::require_same(where, "number of columns of y", std::ssize(classes), this->n_outputs());
        }
        this->check_block(where, X, n_targets, options);
        if (classes.size() < 2)
            throw LabelError(where + ": the number of classes must be at least 2, got " + detail::list(classes));
        MLPClassifier next = *this;
        if (!this->fitted()) {
            next.classes_ = std::move(classes);
            next.set_output(many ? OutputActivation::logistic : next.output_needed());
        }
        return next;
    }

    [[nodiscard]] Label decide(std::span<const T> p) const {
        const auto best = p.size() == 1 ? Index{p[0] > T(0.5)} : std::ranges::max_element(p) - p.begin();
        return classes_[static_cast<std::size_t>(best)];
    }
    [[nodiscard]] auto one_hot(std::span<const Label> y) const {
        return [this, y](Index row, std::span<T> out) {
            const Index k = detail::find_class(classes_, y[static_cast<std::size_t>(row)]);
            if (out.size() == 1) {
                out[0] = static_cast<T>(k);
            } else {
                std::ranges::fill(out, T(0));
                out[static_cast<std::size_t>(k)] = T(1);
            }
        };
    }
    [[nodiscard]] static auto copy_row(MatrixView<const double> Y) {
        return [Y](Index row, std::span<T> out) {
            std::ranges::transform(Y.row(row), out.begin(), [](double v) { return static_cast<T>(v); });
        };
    }
    /// The share of `rows` for which right(row, outputs).
    template <class V, class Right>
    [[nodiscard]] double share_right(MatrixView<const V> X, std::span<const Index> rows, Right right) const {
        Matrix<V> held_out(std::ssize(rows), X.cols());
        for (std::size_t i = 0; i < rows.size(); ++i)
            std::ranges::copy(X.row(rows[i]), held_out.row(static_cast<Index>(i)).begin());
        Index count = 0;
        mlp::for_each_output(
            this->layers(), this->form(), std::as_const(held_out).view(),
            [&](Index i, std::span<const T> p) { count += right(rows[static_cast<std::size_t>(i)], p); });
        return static_cast<double>(count) / static_cast<double>(rows.size());
    }

    std::vector<Label> classes_;
};
MLPClassifier(MLPClassifierParams)->MLPClassifier<double>;
static_assert(Classifier<MLPClassifier<>> && SupervisedPartialFit<MLPClassifier<>> &&
              MultiOutputPartialFit<MLPClassifier<>>);

}  // namespace v1
}  // namespace blockfit

#endif
