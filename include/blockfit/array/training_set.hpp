#ifndef BLOCKFIT_ARRAY_TRAINING_SET_HPP
#define BLOCKFIT_ARRAY_TRAINING_SET_HPP

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

/// X, y and optional weights with one block plan, X's: y and weights follow it, whatever their own.
template <class T, class Y>
class TrainingSet {
public:
    /// A block in memory; its buffers are kept from block to block.
    struct Block {
        Scratch scratch;
        Matrix<T> X;
        std::vector<Y> y;
        std::vector<double> weight;
        bool weighted = false;
        [[nodiscard]] SampleWeight sample_weight() const { return weighted ? SampleWeight(weight) : SampleWeight(); }
    };

    /// Throws ShapeError, before anything is read, if the lengths differ.
    TrainingSet(std::string_view where, ChunkedMatrix<T> X, ChunkedVector<Y> y,
                std::optional<ChunkedVector<double>> sample_weight)
        : X_(std::move(X)), y_(std::move(y)), weight_(std::move(sample_weight)) {
        require_same(where, "length of y", y_.size(), X_.rows());
        if (weight_) require_same(where, "length of sample_weight", weight_->size(), X_.rows());
    }

    [[nodiscard]] const ChunkedMatrix<T>& X() const noexcept { return X_; }
    [[nodiscard]] const ChunkedVector<Y>& y() const noexcept { return y_; }

    /// A pass over all blocks, each taking as much memory as its buffers.
    [[nodiscard]] BlockPass pass(std::string_view name) const {
        const Index rows = X_.plan().largest();
        const Index tile = tile_rows(X_.cols());
        const Index fixed = X_.source()->scratch_bytes(tile);
        Index bytes = fixed + y_.source()->scratch_bytes(rows) +
                      rows * (X_.row_bytes() + static_cast<Index>(sizeof(Y)));
        if (weight_) bytes += weight_->source()->scratch_bytes(rows) + rows * static_cast<Index>(sizeof(double));
        return {.name = name, .plan = X_.plan(), .bytes_per_block = bytes, .fixed_bytes = fixed, .origins = X_.origins()};
    }

    /// Reads a block; check(tile) sees each tile of X while it is in cache.
    template <class Check>
    void read(Block& block, RowRange rows, Check check) const {
        block.X.resize(rows.size(), X_.cols());
        for_each_tile(rows, tile_rows(X_.cols()), [&](RowRange tile) {
            const MatrixView<T> out = block.X.view().rows(tile.begin - rows.begin, tile.end - rows.begin);
            X_.source()->read(tile, out, block.scratch);
            check(MatrixView<const T>(out));
        });
        block.y.resize(static_cast<std::size_t>(rows.size()));
        read_vector(y_, rows, MatrixView<Y>(block.y.data(), rows.size(), 1), block.scratch);
        block.weighted = weight_.has_value();
        if (weight_) {
            block.weight.resize(static_cast<std::size_t>(rows.size()));
            read_vector(*weight_, rows, MatrixView<double>(block.weight.data(), rows.size(), 1), block.scratch);
        }
    }

private:
    /// Errors name y's file, not X's.
    template <class V>
    static void read_vector(const ChunkedVector<V>& v, RowRange rows, MatrixView<V> out, Scratch& scratch) {
        try {
            v.source()->read(rows, out, scratch);
        } catch (Error& error) {
            const std::vector<Origin> origins = v.origins();
            if (!origins.empty()) error.locate(-1, rows.begin, origins.front().file, origins.front().dataset);
            throw;
        }
    }

    ChunkedMatrix<T> X_;
    ChunkedVector<Y> y_;
    std::optional<ChunkedVector<double>> weight_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
