#ifndef BLOCKFIT_ESTIMATOR_CLASSIFIER_MIXIN_HPP
#define BLOCKFIT_ESTIMATOR_CLASSIFIER_MIXIN_HPP

#include <memory>
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
#include <blockfit/core/matrix.hpp>
#include <blockfit/estimator/foreign.hpp>
#include <blockfit/kernels/ordered.hpp>

namespace blockfit {
inline namespace v1 {

/// predict, decision_function, predict_proba, predict_log_proba and score for data of any kind, from the block methods
///     predict(MatrixView, std::span<Label>), decision_function(MatrixView, MatrixView<double>), ...
template <class Self>
class ClassifierMixin {
public:
    /// The class of each row.
    template <MatrixLike M>
    [[nodiscard]] std::vector<Label> predict(const M& X) const {
        std::vector<Label> out(static_cast<std::size_t>(as_view(X).rows()));
        detail::with_real_view(detail::method(Self::class_name, "predict"), X,
                               [&](auto view) { self().predict(view, std::span(out)); });
        return out;
    }
    /// Lazily, like all chunked results: rows are predicted when they are read, by a copy of this estimator as it is now.
    template <class T>
    [[nodiscard]] ChunkedVector<Label> predict(const ChunkedMatrix<T>& X) const {
        require_features("predict", X.cols());
        using R = detail::Real<T>;
        const auto call = [model = copy()](MatrixView<const R> in, MatrixView<Label> out) {
            detail::with_column(out, [&](std::span<Label> column) { model->predict(in, column); });
        };
        return {detail::row_map<Label>(detail::as_real(X), 1, "predict", call), X.plan()};
    }

    /// Signed distances: n x 1 for two classes (above 0 means classes()[1]), n x n_classes otherwise.
    template <class X>
    [[nodiscard]] auto decision_function(const X& data) const {
        return matrix("decision_function", data, n_decisions(),
                      [](const Self& model, auto in, auto out) { model.decision_function(in, out); });
    }
    /// Probabilities, n x n_classes, in the order of classes(). Throws UnsupportedError where the model has none.
    template <class X>
    [[nodiscard]] auto predict_proba(const X& data) const {
        self().require_proba("predict_proba");
        return matrix("predict_proba", data, std::ssize(self().classes()),
                      [](const Self& model, auto in, auto out) { model.predict_proba(in, out); });
    }
    /// The logarithm of predict_proba.
    template <class X>
    [[nodiscard]] auto predict_log_proba(const X& data) const {
        self().require_proba("predict_log_proba");
        return matrix("predict_log_proba", data, std::ssize(self().classes()), [](const Self& model, auto in, auto out) {
            model.predict_proba(in, out);
            for (Index i = 0; i < out.rows(); ++i)
                for (double& p : out.row(i)) p = ordered::log(p);
        });
    }

    /// Accuracy: the (weighted) share of rows whose class is predicted.
    template <MatrixLike M, VectorLike V>
    [[nodiscard]] double score(const M& X, const V& y, SampleWeight sample_weight = {}) const {
        const LabelSpan labels(y);
        sample_weight.check(detail::method(Self::class_name, "score"), as_view(X).rows());
        return score(from_array(as_view(X)), from_vector(labels.get()),
                     sample_weight ? std::optional(weights(sample_weight, as_view(X).rows())) : std::nullopt);
    }
    /// Over chunked data, in one parallel pass.
    template <class T, class L>
    [[nodiscard]] double score(const ChunkedMatrix<T>& X, const ChunkedVector<L>& y,
                               const std::optional<ChunkedVector<double>>& sample_weight = {}) const {
        const std::string where = detail::method(Self::class_name, "score");
        const ChunkedVector<Label> predicted = predict(X);
        const ChunkedVector<Label> labels = detail::as_labels(y);
        detail::require_same(where, "length of y", y.size(), X.rows());
        if (X.rows() == 0) throw ShapeError(where + ": X has 0 rows, expected at least 1");
        if (sample_weight) detail::require_same(where, "length of sample_weight", sample_weight->size(), X.rows());
        struct Slot {
            Scratch scratch;
            double right = 0.0, all = 0.0;
        };
        double right = 0.0, all = 0.0;
        const Index tile_rows = detail::tile_rows(X.cols());
        const Index bytes = predicted.source()->scratch_bytes(tile_rows) + labels.source()->scratch_bytes(tile_rows) +
                            3 * tile_rows * static_cast<Index>(sizeof(double));
        detail::stream_blocks<Slot>(
            {.name = where, .plan = X.plan(), .bytes_per_block = bytes, .fixed_bytes = bytes, .origins = X.origins()},
            [&](Slot& slot, Index, RowRange rows) {
                slot.right = slot.all = 0.0;
                detail::for_each_tile(rows, tile_rows, [&](RowRange tile) {
                    const auto got = predicted.source()->view(tile, slot.scratch);
                    const auto want = labels.source()->view(tile, slot.scratch);
                    MatrixView<const double> weight;
                    if (sample_weight) {
                        weight = sample_weight->source()->view(tile, slot.scratch);
                        SampleWeight(std::span(weight.data(), static_cast<std::size_t>(weight.rows()))).check(where, tile.size());
                    }
                    for (Index i = 0; i < tile.size(); ++i) {
                        const double w = sample_weight ? weight(i, 0) : 1.0;
                        slot.all += w;
                        if (got(i, 0) == want(i, 0)) slot.right += w;
                    }
                });
            },
            [&](Slot& slot, Index, RowRange) {
                right += slot.right;
                all += slot.all;
            });
        return right / all;
    }
    /// y in memory beside chunked X.
    template <class T, VectorLike V>
    [[nodiscard]] double score(const ChunkedMatrix<T>& X, const V& y,
                               const std::optional<ChunkedVector<double>>& sample_weight = {}) const {
        return score(X, from_vector(y), sample_weight);
    }

private:
    [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }
    [[nodiscard]] std::shared_ptr<const Self> copy() const { return std::make_shared<const Self>(self()); }
    [[nodiscard]] Index n_decisions() const {
        const Index n = std::ssize(self().classes());
        return n == 2 ? 1 : n;
    }
    void require_features(std::string_view name, Index cols) const {
        detail::require_same(detail::method(Self::class_name, name), "number of features", cols, self().n_features_in());
    }
    [[nodiscard]] static ChunkedVector<double> weights(SampleWeight weight, Index rows) {
        return vector_from_function<double>(rows, [weight](Index first, MatrixView<double> out) {
            for (Index i = 0; i < out.rows(); ++i) out(i, 0) = weight[first + i];
        });
    }

    template <MatrixLike M, class F>
    [[nodiscard]] Matrix<double> matrix(std::string_view name, const M& X, Index cols, F f) const {
        return detail::with_real_view(detail::method(Self::class_name, name), X, [&](auto view) {
            Matrix<double> out(view.rows(), cols);
            f(self(), view, out.view());
            return out;
        });
    }
    template <class T, class F>
    [[nodiscard]] ChunkedMatrix<double> matrix(std::string_view name, const ChunkedMatrix<T>& X, Index cols, F f) const {
        require_features(name, X.cols());
        using R = detail::Real<T>;
        const auto call = [model = copy(), f](MatrixView<const R> in, MatrixView<double> out) { f(*model, in, out); };
        return {detail::row_map<double>(detail::as_real(X), cols, name, call), X.plan()};
    }
};

}  // namespace v1
}  // namespace blockfit

#endif
