#ifndef BLOCKFIT_CORE_CONCEPTS_HPP
#define BLOCKFIT_CORE_CONCEPTS_HPP

#include <concepts>
#include <span>
#include <string_view>
#include <vector>

#include <blockfit/core/adapt.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix_view.hpp>

namespace blockfit {
inline namespace v1 {

/// Something with parameters and a fitted state, both of which can be copied, compared and saved.
template <class E>
concept Estimator = std::copyable<E> && std::equality_comparable<E> && requires(const E& e) {
    { E::class_name } -> std::convertible_to<std::string_view>;
    { e.fitted() } -> std::same_as<bool>;
    { e.n_features_in() } -> std::same_as<Index>;
    { e.unfitted() } -> std::same_as<E>;
};

/// Maps the rows of a block to rows of n_features_out() columns, each row alone.
template <class E>
concept Transformer = Estimator<E> && requires(const E& e, MatrixView<const double> X, MatrixView<double> out) {
    e.transform(X, out);
    { e.n_features_out() } -> std::same_as<Index>;
};

/// Learns from blocks without targets.
template <class E>
concept UnsupervisedPartialFit = Estimator<E> && requires(E& e, MatrixView<const double> X, SampleWeight w) {
    { e.partial_fit(X) } -> std::same_as<E&>;
};

/// Assigns one of classes() to each row.
template <class E>
concept Classifier = Estimator<E> && requires(const E& e, MatrixView<const double> X, std::span<Label> out) {
    e.predict(X, out);
    { e.classes() } -> std::same_as<const std::vector<Label>&>;
};

/// Learns from blocks without targets and assigns a cluster, 0 to n_clusters - 1, to each row.
template <class E>
concept Clusterer =
    UnsupervisedPartialFit<E> && !Classifier<E> &&
    requires(const E& e, MatrixView<const double> X, std::span<Label> out) { e.predict(X, out); };

/// Gives each row a number.
template <class E>
concept Regressor = Estimator<E> && requires(const E& e, MatrixView<const double> X, std::span<double> out) {
    e.predict(X, out);
};

/// Learns from blocks with targets: labels or reals.
template <class E>
concept SupervisedPartialFit =
    Estimator<E> && !UnsupervisedPartialFit<E> &&
    (requires(E& e, MatrixView<const double> X, std::span<const Label> y) { { e.partial_fit(X, y) } -> std::same_as<E&>; } ||
     requires(E& e, MatrixView<const double> X, std::span<const double> y) { { e.partial_fit(X, y) } -> std::same_as<E&>; });

/// Learns from blocks with a row of targets for each row: several outputs, or labels that do not exclude each other.
template <class E>
concept MultiOutputPartialFit = Estimator<E> && requires(E& e, MatrixView<const double> X, MatrixView<const double> Y) {
    { e.partial_fit(X, Y) } -> std::same_as<E&>;
};

}  // namespace v1
}  // namespace blockfit

#endif
