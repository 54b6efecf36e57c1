#ifndef BLOCKFIT_ESTIMATOR_ONE_PASS_FIT_MIXIN_HPP
#define BLOCKFIT_ESTIMATOR_ONE_PASS_FIT_MIXIN_HPP

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/estimator/foreign.hpp>

namespace blockfit {
inline namespace v1 {

/// fit and partial_fit of an estimator that is exact in one parallel pass, from
///     Summary                                              what one block contributes
///     Summary summarise_nothing(Index cols) const
///     void summarise(Summary&, MatrixView<const T> tile, SampleWeight, Work&) const      throws at bad data
///     void absorb(Summary)                                 in block order
///     void check_fit(where, Index rows, Index cols) const  parameters and shapes
template <class Self>
class OnePassFitMixin {
public:
    /// One block, n x d. Throws ShapeError if d differs from earlier blocks, DataError at a bad value; then the
    /// estimator is as before.
    template <MatrixLike M>
    Self& partial_fit(const M& X, SampleWeight sample_weight = {}) {
        return train(self(), "partial_fit", X, sample_weight);
    }
    /// Forgets what was fitted, then partial_fit.
    template <MatrixLike M>
    Self& fit(const M& X, SampleWeight sample_weight = {}) {
        return train(self().unfitted(), "fit", X, sample_weight);
    }
    /// All blocks in one parallel pass; the same bits as a loop of partial_fit over them, for any number of threads.
    template <class T>
    Self& partial_fit(const ChunkedMatrix<T>& X, std::optional<ChunkedVector<double>> sample_weight = {}) {
        return train_chunked(self(), "partial_fit", detail::as_real(X), sample_weight);
    }
    template <class T>
    Self& fit(const ChunkedMatrix<T>& X, std::optional<ChunkedVector<double>> sample_weight = {}) {
        return train_chunked(self().unfitted(), "fit", detail::as_real(X), sample_weight);
    }

private:
    [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }

    template <class M>
    Self& train(Self next, std::string_view name, const M& X, const SampleWeight& weight) {
        const std::string where = detail::method(Self::class_name, name);
        detail::with_real_view(where, X, [&](auto view) {
            next.check_fit(where, view.rows(), view.cols());
            weight.check(where, view.rows());
            typename Self::Summary summary = next.summarise_nothing(view.cols());
            typename Self::Work work;
            detail::for_each_tile({0, view.rows()}, detail::tile_rows(view.cols()), [&](RowRange tile) {
                next.summarise(summary, view.rows(tile), weight.rows(tile.begin, tile.end), work);
            });
            next.absorb(std::move(summary));
        });
        return self() = std::move(next);
    }

    template <class T>
    Self& train_chunked(Self next, std::string_view name, const ChunkedMatrix<T>& X,
                        const std::optional<ChunkedVector<double>>& weight) {
        const std::string where = detail::method(Self::class_name, name);
        next.check_fit(where, X.rows(), X.cols());
        if (weight) detail::require_same(where, "length of sample_weight", weight->size(), X.rows());
        struct Slot {
            Scratch scratch;
            typename Self::Work work;
            typename Self::Summary summary;
        };
        const Index tile_rows = detail::tile_rows(X.cols());
        Index bytes = X.source()->scratch_bytes(tile_rows) + tile_rows * X.row_bytes();
        if (weight) bytes += weight->source()->scratch_bytes(tile_rows) + tile_rows * static_cast<Index>(sizeof(double));
        detail::stream_blocks<Slot>(
            {.name = where, .plan = X.plan(), .bytes_per_block = bytes, .fixed_bytes = bytes, .origins = X.origins()},
            [&](Slot& slot, Index, RowRange rows) {
                slot.summary = next.summarise_nothing(X.cols());
                detail::for_each_tile(rows, tile_rows, [&](RowRange tile) {
                    SampleWeight tile_weight;
                    if (weight) {
                        const MatrixView<const double> w = weight->source()->view(tile, slot.scratch);
                        tile_weight = std::span(w.data(), static_cast<std::size_t>(w.rows()));
                        tile_weight.check(where, tile.size());
                    }
                    next.summarise(slot.summary, X.source()->view(tile, slot.scratch), tile_weight, slot.work);
                });
            },
            [&](Slot& slot, Index, RowRange) { next.absorb(std::move(slot.summary)); });
        return self() = std::move(next);
    }
};

}  // namespace v1
}  // namespace blockfit

#endif
