#ifndef BLOCKFIT_ARRAY_STORE_HPP
#define BLOCKFIT_ARRAY_STORE_HPP

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/element_type.hpp>
#include <blockfit/array/stream_blocks.hpp>

namespace blockfit {
inline namespace v1 {

/// A lazy array with the name under which it is to be written, its element type erased. Made by `dataset`.
struct Dataset {
    std::string name;
    ElementType type{};
    Index element_bytes = 0;
    Index cols = 0;
    bool is_vector = false;
    BlockPlan plan;
    std::vector<Origin> origins;
    Index scratch_bytes = 0;
    /// Reads rows as packed elements.
    std::function<void(RowRange, std::byte* out, Scratch&)> read;

    [[nodiscard]] Index row_bytes() const noexcept { return cols * element_bytes; }
};

namespace detail {

template <class T, class Array>
[[nodiscard]] Dataset make_dataset(std::string name, const Array& array) {
    return {.name = std::move(name),
            .type = element_type<T>(),
            .element_bytes = sizeof(T),
            .cols = array.source()->cols(),
            .is_vector = Array::is_vector,
            .plan = array.plan(),
            .origins = array.origins(),
            .scratch_bytes = array.source()->scratch_bytes(tile_rows(array.source()->cols())),
            .read = [source = array.source()](RowRange rows, std::byte* out, Scratch& scratch) {
                source->read(rows, MatrixView<T>(reinterpret_cast<T*>(out), rows.size(), source->cols()), scratch);
            }};
}

}  // namespace detail

/// Names an array for to_hdf5.
template <class T>
[[nodiscard]] Dataset dataset(std::string name, const ChunkedMatrix<T>& array) {
    return detail::make_dataset<T>(std::move(name), array);
}
template <class T>
[[nodiscard]] Dataset dataset(std::string name, const ChunkedVector<T>& array) {
    return detail::make_dataset<T>(std::move(name), array);
}

namespace detail {

/// One pass that computes all datasets in parallel and hands their rows, in order, to write(dataset number, packed rows).
/// Arrays that share a parent read it once.
template <class Write>
void store(std::string_view name, const std::vector<Dataset>& datasets, Write write) {
    const BlockPlan& plan = datasets.front().plan;
    BlockPass pass{.name = name, .plan = plan};
    Index tile = tile_rows(1);
    for (const Dataset& d : datasets) {
        require_same(name, "number of rows of dataset '" + d.name + "'", d.plan.rows(), plan.rows());
        pass.bytes_per_block += d.scratch_bytes + plan.largest() * d.row_bytes();
        pass.fixed_bytes += d.scratch_bytes;
        pass.origins.insert(pass.origins.end(), d.origins.begin(), d.origins.end());
        tile = std::min(tile, tile_rows(d.cols));
    }
    struct Slot {
        Scratch scratch;
        std::vector<std::vector<std::byte>> rows;
    };
    stream_blocks<Slot>(
        pass,
        [&](Slot& slot, Index, RowRange block) {
            slot.rows.resize(datasets.size());
            for (std::size_t k = 0; k < datasets.size(); ++k)
                slot.rows[k].resize(static_cast<std::size_t>(block.size() * datasets[k].row_bytes()));
            for_each_tile(block, tile, [&](RowRange rows) {
                for (std::size_t k = 0; k < datasets.size(); ++k)
                    datasets[k].read(rows, slot.rows[k].data() + (rows.begin - block.begin) * datasets[k].row_bytes(),
                                     slot.scratch);
            });
        },
        [&](Slot& slot, Index, RowRange) {
            for (std::size_t k = 0; k < datasets.size(); ++k) write(k, std::span<const std::byte>(slot.rows[k]));
        });
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
