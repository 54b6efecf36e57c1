#ifndef BLOCKFIT_ESTIMATOR_REGRESSOR_MIXIN_HPP
#define BLOCKFIT_ESTIMATOR_REGRESSOR_MIXIN_HPP

#include <cmath>
#include <limits>
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
#include <blockfit/core/adapt.hpp>
#include <blockfit/estimator/foreign.hpp>
#include <blockfit/estimator/results.hpp>
#include <blockfit/kernels/moments.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Throws DataError at the first target that is NaN or infinite.
template <class V>
void require_finite_targets(std::string_view where, MatrixView<const V> y) {
    for (Index i = 0; i < y.rows(); ++i)
        for (const V value : y.row(i))
            if (!(value - value == V(0)))
                throw DataError(std::string(where) + ": y holds " + (value == value ? "infinity" : "NaN") +
                                    ", expected finite values",
                                {.row = i});
}
inline void require_finite_targets(std::string_view where, std::span<const double> y) {
    require_finite_targets(where, MatrixView<const double>(y.data(), std::ssize(y), 1));
}

/// What R^2 is made of, for each output: moments of the targets and the sum of squared errors.
struct Residuals {
    Moments targets;
    std::vector<double> squares;

    explicit Residuals(Index outputs = 0)
        : targets(moments::none(outputs)), squares(static_cast<std::size_t>(outputs)) {}
    void add(MatrixView<const double> predicted, MatrixView<const double> y, const SampleWeight& weight) {
        Residuals tile(y.cols());
        for (Index j = 0; j < y.cols(); ++j) {
            const auto at = static_cast<std::size_t>(j);
            double count = 0, sum = 0;
            for (Index i = 0; i < y.rows(); ++i) {
                count += weight[i];
                sum += ordered::mul(weight[i], y(i, j));
                const double error = y(i, j) - predicted(i, j);
                tile.squares[at] += ordered::mul(weight[i], ordered::mul(error, error));
            }
            const double mean = count == 0 ? 0.0 : sum / count;
            for (Index i = 0; i < y.rows(); ++i) {
                const double r = y(i, j) - mean;
                tile.targets.deviation[at] += ordered::mul(weight[i], ordered::mul(r, r));
            }
            tile.targets.count[at] = count;
            tile.targets.mean[at] = mean;
        }
        merge(tile);
    }
    void merge(const Residuals& other) {
        moments::merge(targets, other.targets);
        for (std::size_t j = 0; j < squares.size(); ++j) squares[j] += other.squares[j];
    }
    /// The mean over the outputs of 1 - squares / deviation; of constant targets 1 if all are met, else 0.
    [[nodiscard]] double r2() const {
        double sum = 0;
        for (std::size_t j = 0; j < squares.size(); ++j)
            sum += targets.deviation[j] == 0 ? (squares[j] == 0 ? 1.0 : 0.0) : 1.0 - squares[j] / targets.deviation[j];
        return sum / static_cast<double>(squares.size());
    }
};

/// R^2 of lazy predictions in one parallel pass; both arrays are vectors or both matrices of as many columns.
template <class Predicted, class Targets>
[[nodiscard]] double r2_score(std::string_view where, const Predicted& predicted, const Targets& y,
                              const std::optional<ChunkedVector<double>>& sample_weight, std::vector<Origin> origins) {
    const Index rows = predicted.rows(), outputs = predicted.source()->cols();
    require_same(where, "length of y", y.rows(), rows);
    require_same(where, "number of columns of y", y.source()->cols(), outputs);
    if (sample_weight) require_same(where, "length of sample_weight", sample_weight->size(), rows);
    if (rows == 0) throw ShapeError(std::string(where) + ": X has 0 rows, expected at least 1");
    struct Slot {
        Scratch scratch;
        Residuals sums;
    };
    Residuals total(outputs);
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
            slot.sums = Residuals(outputs);
            for_each_tile(block, tile, [&](RowRange part) {
                const auto got = predicted.source()->view(part, slot.scratch);
                const auto want = y.source()->view(part, slot.scratch);
                require_finite_targets(where, want);
                slot.sums.add(got, want, tile_weights(where, sample_weight, part, slot.scratch));
            });
        },
        [&](Slot& slot, Index, RowRange) { total.merge(slot.sums); });
    return rows < 2 ? std::numeric_limits<double>::quiet_NaN() : total.r2();
}

}  // namespace detail

/// predict and score for data of any kind, from the block method predict(MatrixView, std::span<double>), and for models
/// of several outputs predict_outputs(MatrixView, MatrixView<double>) with n_outputs().
template <class Self>
class RegressorMixin {
public:
    /// A value for each row: a vector, or for chunked X a lazy ChunkedVector.
    template <class X>
    [[nodiscard]] auto predict(const X& data) const {
        return detail::vector_result<double>(
            self(), "predict", data, [](const Self& model, auto in, std::span<double> out) { model.predict(in, out); });
    }
    /// n x n_outputs: a Matrix, or for chunked X a lazy ChunkedMatrix.
    template <class X>
    [[nodiscard]] auto predict_outputs(const X& data) const {
        return detail::matrix_result<double>(
            self(), "predict_outputs", data, self().n_outputs(),
            [](const Self& model, auto in, auto out) { model.predict_outputs(in, out); });
    }

    /// R^2 = 1 - sum w (y - p)^2 / sum w (y - mean)^2, 1 at best; NaN for one row. With several outputs y is a matrix
    /// and the score the mean over them.
    template <MatrixLike M, VectorLike V>
    [[nodiscard]] double score(const M& X, const V& y, SampleWeight sample_weight = {}) const {
        const RealSpan reals(y);
        sample_weight.check(where(), as_view(X).rows());
        return score(from_array(as_view(X)), from_vector(reals.get()),
                     detail::chunked_weights(sample_weight, as_view(X).rows()));
    }
    template <MatrixLike M, MatrixLike Y>
    requires(!VectorLike<Y>) [[nodiscard]] double score(const M& X, const Y& y, SampleWeight sample_weight = {}) const {
        sample_weight.check(where(), as_view(X).rows());
        return score(from_array(as_view(X)), from_array(as_view(y)),
                     detail::chunked_weights(sample_weight, as_view(X).rows()));
    }
    /// Over chunked data, in one parallel pass.
    template <class T, class V>
    [[nodiscard]] double score(const ChunkedMatrix<T>& X, const ChunkedVector<V>& y,
                               const std::optional<ChunkedVector<double>>& sample_weight = {}) const {
        return detail::r2_score(where(), predict(X), y.template astype<double>(), sample_weight, X.origins());
    }
    template <class T, class V>
    [[nodiscard]] double score(const ChunkedMatrix<T>& X, const ChunkedMatrix<V>& y,
                               const std::optional<ChunkedVector<double>>& sample_weight = {}) const {
        return detail::r2_score(where(), predict_outputs(X), y.template astype<double>(), sample_weight, X.origins());
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
    [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }
    [[nodiscard]] static std::string where() { return detail::method(Self::class_name, "score"); }
};

}  // namespace v1
}  // namespace blockfit

#endif
