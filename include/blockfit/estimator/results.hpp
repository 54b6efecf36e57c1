#ifndef BLOCKFIT_ESTIMATOR_RESULTS_HPP
#define BLOCKFIT_ESTIMATOR_RESULTS_HPP

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/estimator/foreign.hpp>

/// What the mixins make of a block method: results of data in memory, and lazy ones of chunked data, computed when they
/// are read by a copy of the model as it is now.

namespace blockfit {
inline namespace v1 {
namespace detail {

/// f(model, MatrixView, MatrixView<U> out) on the rows of X: n x cols.
template <class U, class Self, MatrixLike M, class F>
[[nodiscard]] Matrix<U> matrix_result(const Self& model, std::string_view name, const M& X, Index cols, F f) {
    return with_real_view(method(Self::class_name, name), X, [&](auto view) {
        Matrix<U> out(view.rows(), cols);
        f(model, view, out.view());
        return out;
    });
}
template <class U, class Self, class T, class F>
[[nodiscard]] ChunkedMatrix<U> matrix_result(const Self& model, std::string_view name, const ChunkedMatrix<T>& X,
                                             Index cols, F f) {
    require_same(method(Self::class_name, name), "number of features", X.cols(), model.n_features_in());
    using R = Real<T>;
    const auto call = [copy = std::make_shared<const Self>(model), f](MatrixView<const R> in, MatrixView<U> out) {
        f(*copy, in, out);
    };
    return {row_map<U>(as_real(X), cols, name, call), X.plan()};
}

/// f(model, MatrixView, std::span<U> out) on the rows of X: n values.
template <class U, class Self, MatrixLike M, class F>
[[nodiscard]] std::vector<U> vector_result(const Self& model, std::string_view name, const M& X, F f) {
    std::vector<U> out(static_cast<std::size_t>(as_view(X).rows()));
    with_real_view(method(Self::class_name, name), X, [&](auto view) { f(model, view, std::span(out)); });
    return out;
}
template <class U, class Self, class T, class F>
[[nodiscard]] ChunkedVector<U> vector_result(const Self& model, std::string_view name, const ChunkedMatrix<T>& X, F f) {
    require_same(method(Self::class_name, name), "number of features", X.cols(), model.n_features_in());
    using R = Real<T>;
    const auto call = [copy = std::make_shared<const Self>(model), f](MatrixView<const R> in, MatrixView<U> out) {
        with_column(out, [&](std::span<U> column) { f(*copy, in, column); });
    };
    return {row_map<U>(as_real(X), 1, name, call), X.plan()};
}

/// Weights in memory beside chunked data; nothing for none.
[[nodiscard]] inline std::optional<ChunkedVector<double>> chunked_weights(SampleWeight weight, Index rows) {
    if (!weight) return {};
    return vector_from_function<double>(rows, [weight](Index first, MatrixView<double> out) {
        for (Index i = 0; i < out.rows(); ++i) out(i, 0) = weight[first + i];
    });
}
/// The weights of a tile of chunked data, checked; unweighted for none.
[[nodiscard]] inline SampleWeight tile_weights(std::string_view where,
                                               const std::optional<ChunkedVector<double>>& weight, RowRange tile,
                                               Scratch& scratch) {
    if (!weight) return {};
    const MatrixView<const double> view = weight->source()->view(tile, scratch);
    const SampleWeight values = std::span(view.data(), static_cast<std::size_t>(view.rows()));
    values.check(where, tile.size());
    return values;
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
