#ifndef BLOCKFIT_ESTIMATOR_CLASSIFIER_MIXIN_HPP
#define BLOCKFIT_ESTIMATOR_CLASSIFIER_MIXIN_HPP

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/array/training_set.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/estimator/foreign.hpp>
#include <blockfit/estimator/results.hpp>
#include <blockfit/kernels/ordered.hpp>

namespace blockfit {
inline namespace v1 {

namespace detail {

/// The share of rows of lazy predictions that equal y, in one parallel pass; both arrays are vectors or both matrices.
template <class Predicted, class Targets>
[[nodiscard]] double accuracy_score(std::string_view where, const Predicted& predicted, const Targets& y,
                                    const std::optional<ChunkedVector<double>>& sample_weight,
                                    std::vector<Origin> origins) {
    const Index rows = predicted.rows(), outputs = predicted.source()->cols();
    require_same(where, "length of y", y.rows(), rows);
    require_same(where, "number of columns of y", y.source()->cols(), outputs);
    if (rows == 0) throw ShapeError(std::string(where) + ": X has 0 rows, expected at least 1");
    if (sample_weight) require_same(where, "length of sample_weight", sample_weight->size(), rows);
    struct Slot {
        Scratch scratch;
        double right = 0.0, all = 0.0;
    };
    double right = 0.0, all = 0.0;
    const Index tile = tile_rows(outputs);
    const Index bytes = predicted.source()->scratch_bytes(tile) + y.source()->scratch_bytes(tile) +
                        (2 * outputs + 1) * tile * static_cast<Index>(sizeof(double));
    stream_blocks<Slot>(
        {.name = where,
         .plan = predicted.plan(),
         .bytes_per_block = bytes,
         .fixed_bytes = bytes,
         .origins = std::move(origins)},
        [&](Slot& slot, Index, RowRange block) {
            slot.right = slot.all = 0.0;
            for_each_tile(block, tile, [&](RowRange part) {
                const auto got = predicted.source()->view(part, slot.scratch);
                const auto want = y.source()->view(part, slot.scratch);
                const SampleWeight weight = tile_weights(where, sample_weight, part, slot.scratch);
                for (Index i = 0; i < part.size(); ++i) {
                    slot.all += weight[i];
                    if (std::ranges::equal(got.row(i), want.row(i))) slot.right += weight[i];
                }
            });
        },
        [&](Slot& slot, Index, RowRange) {
            right += slot.right;
            all += slot.all;
        });
    return right / all;
}

}  // namespace detail

/// predict, decision_function, predict_proba, predict_log_proba and score for data of any kind, from the block methods
///     predict(MatrixView, std::span<Label>), decision_function(MatrixView, MatrixView<double>), ...
template <class Self>
class ClassifierMixin {
public:
    /// The class of each row: a vector, or for chunked X a lazy ChunkedVector.
    template <class X>
    [[nodiscard]] auto predict(const X& data) const {
        return detail::vector_result<Label>(
            self(), "predict", data, [](const Self& model, auto in, std::span<Label> out) { model.predict(in, out); });
    }

    /// Signed distances: n x 1 for two classes (above 0 means classes()[1]), n x n_classes otherwise.
    template <class X>
    [[nodiscard]] auto decision_function(const X& data) const {
        static_assert(
            requires(MatrixView<const double> in, MatrixView<double> out) { self().decision_function(in, out); },
            "this classifier has no decision_function; use predict_proba");
        return detail::matrix_result<double>(
            self(), "decision_function", data, n_decisions(),
            [](const Self& model, auto in, auto out) { model.decision_function(in, out); });
    }
    /// Probabilities, n x n_classes, in the order of classes(). Throws UnsupportedError where the model has none.
    template <class X>
    [[nodiscard]] auto predict_proba(const X& data) const {
        self().require_proba("predict_proba");
        return detail::matrix_result<double>(
            self(), "predict_proba", data, std::ssize(self().classes()),
            [](const Self& model, auto in, auto out) { model.predict_proba(in, out); });
    }
    /// The logarithm of predict_proba.
    template <class X>
    [[nodiscard]] auto predict_log_proba(const X& data) const {
        self().require_proba("predict_log_proba");
        const auto call = [](const Self& model, auto in, auto out) {
            if constexpr (requires { model.predict_log_proba(in, out); }) {  // of its own, where probabilities vanish
                model.predict_log_proba(in, out);
            } else {
                model.predict_proba(in, out);
                for (Index i = 0; i < out.rows(); ++i)
                    for (double& p : out.row(i)) p = ordered::log(p);
            }
        };
        return detail::matrix_result<double>(self(), "predict_log_proba", data, std::ssize(self().classes()), call);
    }
    /// The rows of a multi-label model: n x n_outputs of 0 and 1.
    template <class X>
    [[nodiscard]] auto predict_indicator(const X& data) const {
        return detail::matrix_result<Label>(
            self(), "predict_indicator", data, self().n_outputs(),
            [](const Self& model, auto in, auto out) { model.predict_indicator(in, out); });
    }

    /// Accuracy: the (weighted) share of rows whose class is predicted. Of a multi-label model y is a matrix, and all
    /// labels of a row must be right.
    template <MatrixLike M, VectorLike V>
    [[nodiscard]] double score(const M& X, const V& y, SampleWeight sample_weight = {}) const {
        const LabelSpan labels(y);
        sample_weight.check(where(), as_view(X).rows());
        return score(from_array(as_view(X)), from_vector(labels.get()),
                     detail::chunked_weights(sample_weight, as_view(X).rows()));
    }
    template <MatrixLike M, MatrixLike Y>
    requires(!VectorLike<Y>) [[nodiscard]] double score(const M& X, const Y& y, SampleWeight sample_weight = {}) const {
        sample_weight.check(where(), as_view(X).rows());
        return score(from_array(as_view(X)), from_array(as_view(y)),
                     detail::chunked_weights(sample_weight, as_view(X).rows()));
    }
    /// Over chunked data, in one parallel pass.
    template <class T, class L>
    [[nodiscard]] double score(const ChunkedMatrix<T>& X, const ChunkedVector<L>& y,
                               const std::optional<ChunkedVector<double>>& sample_weight = {}) const {
        return detail::accuracy_score(where(), predict(X), detail::as_labels(y), sample_weight, X.origins());
    }
    template <class T, class L>
    [[nodiscard]] double score(const ChunkedMatrix<T>& X, const ChunkedMatrix<L>& y,
                               const std::optional<ChunkedVector<double>>& sample_weight = {}) const {
        return detail::accuracy_score(where(), predict_indicator(X), y.template astype<Label>(), sample_weight,
                                      X.origins());
    }
    /// y in memory beside chunked X.
    template <class T, VectorLike V>
    [[nodiscard]] double score(const ChunkedMatrix<T>& X, const V& y,
                               const std::optional<ChunkedVector<double>>& sample_weight = {}) const {
        return score(X, from_vector(y), sample_weight);
    }
    template <class T, MatrixLike Y>
    requires(!VectorLike<Y>)
        [[nodiscard]] double score(const ChunkedMatrix<T>& X, const Y& y,
                                   const std::optional<ChunkedVector<double>>& sample_weight = {}) const {
        return score(X, from_array(as_view(y)), sample_weight);
    }

private:
    [[nodiscard]] static std::string where() { return detail::method(Self::class_name, "score"); }
    [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }
    [[nodiscard]] Index n_decisions() const {
        const Index n = std::ssize(self().classes());
        return n == 2 ? 1 : n;
    }
};

}  // namespace v1
}  // namespace blockfit

#endif
