#ifndef BLOCKFIT_ESTIMATOR_CLUSTERER_MIXIN_HPP
#define BLOCKFIT_ESTIMATOR_CLUSTERER_MIXIN_HPP

#include <optional>
#include <span>
#include <string>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/estimator/foreign.hpp>
#include <blockfit/estimator/results.hpp>

namespace blockfit {
inline namespace v1 {

/// predict, score and fit_predict for data of any kind, from the block methods
///     predict(MatrixView, std::span<Label>), inertia(MatrixView, SampleWeight) -> double
template <class Self>
class ClustererMixin {
public:
    /// The cluster of each row: a vector, or for chunked X a lazy ChunkedVector.
    template <class X>
    [[nodiscard]] auto predict(const X& data) const {
        return detail::vector_result<Label>(self(), "predict", data,
                                            [](const Self& model, auto in, std::span<Label> out) { model.predict(in, out); });
    }

    /// The negated inertia: larger is better.
    template <MatrixLike M>
    [[nodiscard]] double score(const M& X, SampleWeight sample_weight = {}) const {
        const std::string where = detail::method(Self::class_name, "score");
        if (as_view(X).rows() == 0) throw ShapeError(where + ": X has 0 rows, expected at least 1");
        return detail::with_real_view(where, X, [&](auto view) { return -self().inertia(view, sample_weight); });
    }
    /// Over chunked data, in one parallel pass.
    template <class T>
    [[nodiscard]] double score(const ChunkedMatrix<T>& X,
                               const std::optional<ChunkedVector<double>>& sample_weight = {}) const {
        const std::string where = detail::method(Self::class_name, "score");
        detail::require_same(where, "number of features", X.cols(), self().n_features_in());
        if (X.rows() == 0) throw ShapeError(where + ": X has 0 rows, expected at least 1");
        if (sample_weight) detail::require_same(where, "length of sample_weight", sample_weight->size(), X.rows());
        struct Slot {
            Scratch scratch;
            double inertia = 0.0;
        };
        const auto real = detail::as_real(X);
        const Index tile_rows = detail::tile_rows(X.cols());
        Index bytes = real.source()->scratch_bytes(tile_rows) + tile_rows * real.row_bytes();
        if (sample_weight)
            bytes += sample_weight->source()->scratch_bytes(tile_rows) + tile_rows * static_cast<Index>(sizeof(double));
        double inertia = 0.0;
        detail::stream_blocks<Slot>(
            {.name = where, .plan = X.plan(), .bytes_per_block = bytes, .fixed_bytes = bytes, .origins = X.origins()},
            [&](Slot& slot, Index, RowRange rows) {
                slot.inertia = 0.0;
                detail::for_each_tile(rows, tile_rows, [&](RowRange tile) {
                    const SampleWeight weight = detail::tile_weights(where, sample_weight, tile, slot.scratch);
                    slot.inertia += self().inertia(real.source()->view(tile, slot.scratch), weight);
                });
            },
            [&](Slot& slot, Index, RowRange) { inertia += slot.inertia; });
        return -inertia;
    }

    /// fit(X), with weights if given, then predict(X).
    template <class X, class... Weight>
    [[nodiscard]] auto fit_predict(const X& data, const Weight&... sample_weight) {
        return static_cast<Self&>(*this).fit(data, sample_weight...).predict(data);
    }

private:
    [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }
};

}  // namespace v1
}  // namespace blockfit

#endif
