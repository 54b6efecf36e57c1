#ifndef BLOCKFIT_ESTIMATOR_TARGETS_HPP
#define BLOCKFIT_ESTIMATOR_TARGETS_HPP

#include <concepts>
#include <type_traits>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/array/training_set.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/concepts.hpp>
#include <blockfit/core/labels.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// y of any kind as the chunked targets that E learns from: reals for a regressor, else labels, and a matrix for what
/// has several outputs. Data in memory is not copied.
template <class E, class Y>
[[nodiscard]] auto chunked_targets(const ChunkedVector<Y>& y) {
    if constexpr (Regressor<E>) return y.template astype<double>();
    else return as_labels(y);
}
template <class E, class Y>
requires MultiOutputPartialFit<E>
[[nodiscard]] auto chunked_targets(const ChunkedMatrix<Y>& y) { return y.template astype<double>(); }
template <class E, VectorLike Y>
[[nodiscard]] auto chunked_targets(const Y& y) {
    using V = VectorValue<Y>;
    if constexpr (std::is_enum_v<V> || std::is_same_v<V, bool>) {  // which arrays cannot hold
        const auto read = [values = as_span(y)](Index first, MatrixView<Label> out) {
            for (Index i = 0; i < out.rows(); ++i) out(i, 0) = to_label(values[static_cast<std::size_t>(first + i)]);
        };
        return chunked_targets<E>(vector_from_function<Label>(std::ssize(as_span(y)), read));
    } else {
        return chunked_targets<E>(from_vector(y));
    }
}
template <class E, MatrixLike Y>
requires(!VectorLike<Y> && MultiOutputPartialFit<E>) [[nodiscard]] auto chunked_targets(const Y& y) {
    return chunked_targets<E>(from_array(as_view(y)));
}

/// What chunked_targets takes.
template <class Y, class E>
concept TargetsFor = SupervisedPartialFit<E> &&
    (VectorLike<Y> || is_chunked_vector<Y> || (MultiOutputPartialFit<E> && (MatrixLike<Y> || is_chunked_matrix<Y>)));

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
