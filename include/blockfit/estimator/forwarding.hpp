#ifndef BLOCKFIT_ESTIMATOR_FORWARDING_HPP
#define BLOCKFIT_ESTIMATOR_FORWARDING_HPP

#include <concepts>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <blockfit/core/concepts.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/estimator/classifier_mixin.hpp>
#include <blockfit/estimator/clusterer_mixin.hpp>
#include <blockfit/estimator/regressor_mixin.hpp>
#include <blockfit/estimator/transformer_mixin.hpp>

/// What an estimator around another one (Incremental, Pipeline) can do: what that one can. The wrapper has
///     const E& final_estimator() const
///     void forward(X, f) const            calls f(RowRange rows, MatrixView Z) on what the final estimator sees of X
///     void backward(X, out) const         inverse_transform, if the final estimator is a transformer

namespace blockfit {
inline namespace v1 {
namespace detail {

template <class T>
[[nodiscard]] std::span<T> part(std::span<T> whole, RowRange rows) {
    return whole.subspan(static_cast<std::size_t>(rows.begin), static_cast<std::size_t>(rows.size()));
}

/// f(final estimator, rows, Z); what is filled has out_rows rows.
template <class Self, class T, class F>
void forward(const Self& wrapper, std::string_view name, MatrixView<const T> X, Index out_rows, F f) {
    if (out_rows != X.rows()) require_same(method(Self::class_name, name), "number of rows of out", out_rows, X.rows());
    wrapper.forward(X, [&](RowRange rows, MatrixView<const T> Z) { f(wrapper.final_estimator(), rows, Z); });
}

template <class Self, class E>
class ForwardingClassifier : public ClassifierMixin<Self> {
public:
    template <std::floating_point T>
    void predict(MatrixView<const T> X, std::span<Label> out) const {
        detail::forward(wrapper(), "predict", X, std::ssize(out),
                        [&](const auto& inner, RowRange rows, auto Z) { inner.predict(Z, part(out, rows)); });
    }
    template <std::floating_point T>
    void decision_function(MatrixView<const T> X, MatrixView<double> out) const requires requires(const E& inner) { inner.decision_function(X, out);
    }
    {
        detail::forward(wrapper(), "decision_function", X, out.rows(),
                        [&](const auto& inner, RowRange rows, auto Z) { inner.decision_function(Z, out.rows(rows)); });
    }
    template <std::floating_point T>
    void predict_proba(MatrixView<const T> X, MatrixView<double> out) const {
        detail::forward(wrapper(), "predict_proba", X, out.rows(),
                        [&](const auto& inner, RowRange rows, auto Z) { inner.predict_proba(Z, out.rows(rows)); });
    }
    template <std::floating_point T>
    void predict_log_proba(MatrixView<const T> X, MatrixView<double> out) const requires requires(const E& inner) { inner.predict_log_proba(X, out);
    }
    {
        detail::forward(wrapper(), "predict_log_proba", X, out.rows(),
                        [&](const auto& inner, RowRange rows, auto Z) { inner.predict_log_proba(Z, out.rows(rows)); });
    }
    template <std::floating_point T>
    void predict_indicator(MatrixView<const T> X, MatrixView<Label> out) const requires requires(const E& inner) { inner.predict_indicator(X, out);
    }
    {
        detail::forward(wrapper(), "predict_indicator", X, out.rows(),
                        [&](const auto& inner, RowRange rows, auto Z) { inner.predict_indicator(Z, out.rows(rows)); });
    }
    using ClassifierMixin<Self>::predict;
    using ClassifierMixin<Self>::decision_function;
    using ClassifierMixin<Self>::predict_proba;
    using ClassifierMixin<Self>::predict_log_proba;
    using ClassifierMixin<Self>::predict_indicator;
    void require_proba(std::string_view name) const { wrapper().final_estimator().require_proba(name); }
    [[nodiscard]] const std::vector<Label>& classes() const { return wrapper().final_estimator().classes(); }
    [[nodiscard]] Index n_outputs() const { return wrapper().final_estimator().n_outputs(); }

private:
    [[nodiscard]] const Self& wrapper() const noexcept { return static_cast<const Self&>(*this); }
};

template <class Self>
class ForwardingRegressor : public RegressorMixin<Self> {
public:
    template <std::floating_point T>
    void predict(MatrixView<const T> X, std::span<double> out) const {
        detail::forward(wrapper(), "predict", X, std::ssize(out),
                        [&](const auto& inner, RowRange rows, auto Z) { inner.predict(Z, part(out, rows)); });
    }
    template <std::floating_point T>
    void predict_outputs(MatrixView<const T> X, MatrixView<double> out) const {
        detail::forward(wrapper(), "predict_outputs", X, out.rows(),
                        [&](const auto& inner, RowRange rows, auto Z) { inner.predict_outputs(Z, out.rows(rows)); });
    }
    using RegressorMixin<Self>::predict;
    using RegressorMixin<Self>::predict_outputs;
    [[nodiscard]] Index n_outputs() const { return wrapper().final_estimator().n_outputs(); }

private:
    [[nodiscard]] const Self& wrapper() const noexcept { return static_cast<const Self&>(*this); }
};

template <class Self>
class ForwardingClusterer : public ClustererMixin<Self> {
public:
    template <std::floating_point T>
    void predict(MatrixView<const T> X, std::span<Label> out) const {
        detail::forward(wrapper(), "predict", X, std::ssize(out),
                        [&](const auto& inner, RowRange rows, auto Z) { inner.predict(Z, part(out, rows)); });
    }
    using ClustererMixin<Self>::predict;
    template <std::floating_point T>
    [[nodiscard]] double inertia(MatrixView<const T> X, const SampleWeight& weight) const {
        double sum = 0.0;
        detail::forward(wrapper(), "score", X, X.rows(), [&](const auto& inner, RowRange rows, auto Z) {
            sum += inner.inertia(Z, weight.rows(rows.begin, rows.end));
        });
        return sum;
    }

private:
    [[nodiscard]] const Self& wrapper() const noexcept { return static_cast<const Self&>(*this); }
};

template <class Self>
class ForwardingTransformer : public TransformerMixin<Self> {
public:
    /// X: n x n_features_in(), out: n x n_features_out().
    template <std::floating_point T>
    void transform(MatrixView<const T> X, MatrixView<T> out) const {
        detail::forward(wrapper(), "transform", X, out.rows(),
                        [&](const auto& inner, RowRange rows, auto Z) { inner.transform(Z, out.rows(rows)); });
    }
    template <std::floating_point T>
    void inverse_transform(MatrixView<const T> X, MatrixView<T> out) const {
        wrapper().backward(X, out);
    }
    using TransformerMixin<Self>::transform;
    using TransformerMixin<Self>::inverse_transform;
    [[nodiscard]] Index n_features_out() const { return wrapper().final_estimator().n_features_out(); }

private:
    [[nodiscard]] const Self& wrapper() const noexcept { return static_cast<const Self&>(*this); }
};

/// In place of a mixin that does not apply: says so.
class NoPredictions {
    template <class X>
    static void refuse() {
        static_assert(!sizeof(X),
                      "the estimator inside (of a pipeline the last step) is neither classifier, regressor nor "
                      "clusterer, so there is nothing to predict or score");
    }

public:
    template <class X>
    std::vector<Label> predict(const X&) const {
        return refuse<X>(), std::vector<Label>();
    }
    template <class X>
    Matrix<double> decision_function(const X&) const {
        return refuse<X>(), Matrix<double>();
    }
    template <class X>
    Matrix<double> predict_proba(const X&) const {
        return refuse<X>(), Matrix<double>();
    }
    template <class X>
    Matrix<double> predict_log_proba(const X&) const {
        return refuse<X>(), Matrix<double>();
    }
    template <class X, class Y>
    double score(const X&, const Y&) const {
        return refuse<X>(), 0.0;
    }
};
class NoTransforms {
    template <class X>
    static void refuse() {
        static_assert(!sizeof(X),
                      "the estimator inside (of a pipeline the last step) is not a transformer, so there is no "
                      "transform");
    }

public:
    template <class X>
    Matrix<double> transform(const X&) const {
        return refuse<X>(), Matrix<double>();
    }
    template <class X>
    Matrix<double> inverse_transform(const X&) const {
        return refuse<X>(), Matrix<double>();
    }
    template <class X>
    Matrix<double> fit_transform(const X&) const {
        return refuse<X>(), Matrix<double>();
    }
};

/// The bases of a wrapper Self of which E is the final estimator.
template <class Self, class E>
using PredictionsOf =
    std::conditional_t<Classifier<E>, ForwardingClassifier<Self, E>,
                       std::conditional_t<Regressor<E>, ForwardingRegressor<Self>,
                                          std::conditional_t<Clusterer<E>, ForwardingClusterer<Self>, NoPredictions>>>;
template <class Self, class E>
using TransformsOf = std::conditional_t<Transformer<E>, ForwardingTransformer<Self>, NoTransforms>;

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
