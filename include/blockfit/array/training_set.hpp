#ifndef BLOCKFIT_ARRAY_TRAINING_SET_HPP
#define BLOCKFIT_ARRAY_TRAINING_SET_HPP

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// y as labels. Reading throws LabelError at a real that is not whole.
template <class L>
[[nodiscard]] ChunkedVector<Label> as_labels(const ChunkedVector<L>& y) {
    if constexpr (std::is_same_v<L, Label>) {
        return y;
    } else {
        const auto convert = [](MatrixView<const L> in, MatrixView<Label> out) {
            for (Index i = 0; i < in.rows(); ++i) out(i, 0) = to_label(in(i, 0), i);
        };
        return {std::make_shared<RowMap<Label, L, decltype(convert)>>(y.source(), 1, "labels", convert), y.plan()};
    }
}

/// The distinct labels of y, ascending, in one parallel pass.
[[nodiscard]] inline std::vector<Label> find_classes(std::string_view where, const ChunkedVector<Label>& y) {
    struct Slot {
        Scratch scratch;
        std::vector<Label> labels;
    };
    const auto add = [](std::vector<Label>& all, const std::vector<Label>& more) {
        all.insert(all.end(), more.begin(), more.end());
        all = unique_labels(all);
    };
    std::vector<Label> classes;
    const Index tile = tile_rows(1);
    const Index bytes = y.source()->scratch_bytes(tile) + tile * static_cast<Index>(sizeof(Label));
    stream_blocks<Slot>(
        {.name = where, .plan = y.plan(), .bytes_per_block = bytes, .fixed_bytes = bytes, .origins = y.origins()},
        [&](Slot& slot, Index, RowRange rows) {
            slot.labels.clear();
            for_each_tile(rows, tile, [&](RowRange part) {
                const auto view = y.source()->view(part, slot.scratch);
                add(slot.labels, unique_labels({view.data(), static_cast<std::size_t>(view.rows())}));
            });
        },
        [&](Slot& slot, Index, RowRange) { add(classes, slot.labels); });
    return classes;
}

/// In place of y for estimators that learn from X alone.
struct NoTargets {};

/// How the targets of a block lie in memory: reads them, and gives them to partial_fit.
template <class Targets>
struct TargetBlock;
template <class Y>
struct TargetBlock<ChunkedVector<Y>> {
    std::vector<Y> values;
    [[nodiscard]] MatrixView<Y> reset(Index rows, Index) {
        values.resize(static_cast<std::size_t>(rows));
        return {values.data(), rows, 1};
    }
    [[nodiscard]] std::span<const Y> view() const noexcept { return values; }
};
template <class Y>
struct TargetBlock<ChunkedMatrix<Y>> {
    Matrix<Y> values;
    [[nodiscard]] MatrixView<Y> reset(Index rows, Index cols) {
        values.resize(rows, cols);
        return values.view();
    }
    [[nodiscard]] MatrixView<const Y> view() const noexcept { return values.view(); }
};
template <>
struct TargetBlock<NoTargets> {};

/// X, y and optional weights with one block plan, X's: y and weights follow it, whatever their own. Targets is a
/// ChunkedVector, a ChunkedMatrix, or NoTargets.
template <class T, class Targets>
class TrainingSet {
    static constexpr bool has_targets = !std::is_same_v<Targets, NoTargets>;

public:
    /// A block in memory; its buffers are kept from block to block.
    struct Block {
        Scratch scratch;
        Matrix<T> X;
        TargetBlock<Targets> y;
        std::vector<double> weight;
        bool weighted = false;
        [[nodiscard]] SampleWeight sample_weight() const { return weighted ? SampleWeight(weight) : SampleWeight(); }
        /// Adds the rows of a block without targets.
        void append(const Block& other)
            requires(!has_targets)
        {
            std::vector<T> values = std::move(X).values();
            values.insert(values.end(), other.X.values().begin(), other.X.values().end());
            const auto rows = static_cast<Index>(values.size()) / other.X.cols();
            X = Matrix<T>(rows, other.X.cols(), std::move(values));
            weight.insert(weight.end(), other.weight.begin(), other.weight.end());
            weighted = other.weighted;
        }
    };

    /// Throws ShapeError, before anything is read, if X is empty or the lengths differ.
    TrainingSet(std::string_view where, ChunkedMatrix<T> X, Targets y, std::optional<ChunkedVector<double>> sample_weight)
        : X_(std::move(X)), y_(std::move(y)), weight_(std::move(sample_weight)) {
        if (X_.rows() == 0) throw ShapeError(std::string(where) + ": X has 0 rows, expected at least 1");
        if (X_.cols() == 0) throw ShapeError(std::string(where) + ": X has 0 columns, expected at least 1");
        if constexpr (has_targets) require_same(where, "length of y", y_.rows(), X_.rows());
        if (weight_) require_same(where, "length of sample_weight", weight_->size(), X_.rows());
    }

    [[nodiscard]] const ChunkedMatrix<T>& X() const noexcept { return X_; }
    [[nodiscard]] const Targets& y() const noexcept { return y_; }
    [[nodiscard]] bool weighted() const noexcept { return weight_.has_value(); }

    /// A pass over all blocks, each taking as much memory as its buffers.
    [[nodiscard]] BlockPass pass(std::string_view name) const {
        const Index rows = X_.plan().largest();
        const Index tile = std::min(rows, tile_rows(X_.cols()));
        const ScratchCount count;
        Index fixed = X_.source()->scratch_bytes(tile);
        Index bytes = rows * X_.row_bytes();
        if constexpr (has_targets) {
            fixed += y_.source()->scratch_bytes(tile);
            bytes += rows * y_.row_bytes();
        }
        if (weight_) {
            fixed += weight_->source()->scratch_bytes(tile);
            bytes += rows * weight_->row_bytes();
        }
        return {.name = name, .plan = X_.plan(), .bytes_per_block = fixed + bytes, .fixed_bytes = fixed, .origins = X_.origins()};
    }

    /// Reads a block; check(tile) sees each tile of X while it is in cache.
    template <class Check>
    void read(Block& block, RowRange rows, Check check) const {
        block.X.resize(rows.size(), X_.cols());
        [[maybe_unused]] const auto y = reset_targets(block, rows.size());
        block.weighted = weighted();
        if (weight_) block.weight.resize(static_cast<std::size_t>(rows.size()));
        // By tile, so that columns of one file are read together.
        for_each_tile(rows, tile_rows(X_.cols()), [&](RowRange tile) {
            const RowRange part{tile.begin - rows.begin, tile.end - rows.begin};
            const MatrixView<T> out = block.X.view().rows(part);
            X_.source()->read(tile, out, block.scratch);
            check(MatrixView<const T>(out));
            if constexpr (has_targets) read_beside_X(y_, tile, y.rows(part), block.scratch);
            if (weight_)
                read_beside_X(*weight_, tile, MatrixView<double>(block.weight.data() + part.begin, part.size(), 1), block.scratch);
        });
    }

private:
    [[nodiscard]] auto reset_targets(Block& block, Index rows) const {
        if constexpr (has_targets) return block.y.reset(rows, y_.source()->cols());
        else return NoTargets{};
    }
    /// Errors name y's file, not X's.
    template <class Array, class V>
    static void read_beside_X(const Array& array, RowRange rows, MatrixView<V> out, Scratch& scratch) {
        try {
            array.source()->read(rows, out, scratch);
        } catch (Error& error) {
            const std::vector<Origin> origins = array.origins();
            if (!origins.empty()) {
                // A row that stands beside a dataset counts from its start.
                const Origin& origin = origins.front();
                error.locate(-1, origin.dataset.empty() ? 0 : rows.begin, origin.file, origin.dataset);
            }
            throw;
        }
    }

    ChunkedMatrix<T> X_;
    Targets y_;
    std::optional<ChunkedVector<double>> weight_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
