#ifndef BLOCKFIT_IO_HDF5_TABLE_HPP
#define BLOCKFIT_IO_HDF5_TABLE_HPP

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/block_source.hpp>
#include <blockfit/array/element_type.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/io/hdf5/reader.hpp>

namespace blockfit {
inline namespace v1 {
namespace hdf5 {

/// The columns of a matrix that is not stored as one: datasets of one column each, or the fields of compound datasets.
class Table {
public:
    struct Column {
        std::size_t reader = 0;
        Index offset = 0;  ///< in a row of the reader
        NumberFormat format{};
        std::string name;  ///< of the field; empty: a dataset of numbers
    };
    /// Of one reader.
    struct Buffers {
        DatasetReader::Buffers decode;
        std::vector<std::byte> rows;
    };

    /// All readers have equally many rows.
    explicit Table(std::vector<std::shared_ptr<const DatasetReader>> readers) : readers_(std::move(readers)) {
        for (std::size_t r = 0; r < readers_.size(); ++r) {
            const Layout& layout = readers_[r]->layout();
            if (layout.fields.empty()) columns_.push_back({r, 0, {layout.type, layout.element_bytes}, {}});
            for (const Field& field : layout.fields) columns_.push_back({r, field.offset, field.format, field.name});
        }
    }

    [[nodiscard]] Index rows() const noexcept { return readers_.front()->layout().rows; }
    [[nodiscard]] const std::vector<Column>& columns() const noexcept { return columns_; }
    [[nodiscard]] const std::vector<std::shared_ptr<const DatasetReader>>& readers() const noexcept { return readers_; }
    /// The blocks: chosen from the bytes of the numbers in a row, and the chunks of the first dataset.
    [[nodiscard]] BlockPlan plan(BlockOptions options) const {
        Index row_bytes = 0;
        for (const Column& column : columns_) row_bytes += column.format.bytes;
        const DatasetReader& first = *readers_.front();
        return first.plan(
            blockfit::detail::choose_block_rows(options.block_rows, row_bytes, first.layout().chunk_rows));
    }
    [[nodiscard]] Index scratch_bytes(Index rows) const noexcept {
        Index sum = rows * 16;
        for (const auto& reader : readers_) sum += reader->buffer_bytes() + rows * reader->row_bytes();
        return sum;
    }

    /// Reads rows of one reader to its buffers, unless they can be looked at where they lie.
    [[nodiscard]] const std::byte* read(std::size_t reader, RowRange rows, Buffers& buffers) const {
        if (const std::byte* const found = readers_[reader]->look(rows, buffers.decode)) return found;
        buffers.rows.resize(static_cast<std::size_t>(rows.size() * readers_[reader]->row_bytes()));
        readers_[reader]->read(rows, buffers.rows.data(), buffers.decode);
        return buffers.rows.data();
    }
    /// The n values of a column side by side, in this machine's byte order.
    void gather(const Column& column, const std::byte* rows, Index n, std::byte* out) const {
        const Index stride = readers_[column.reader]->row_bytes();
        const auto copy = [&]<std::size_t Bytes>(std::integral_constant<std::size_t, Bytes>) {
            const std::byte* in = rows + column.offset;
            for (Index i = 0; i < n; ++i, in += stride) std::memcpy(out + i * static_cast<Index>(Bytes), in, Bytes);
        };
        switch (column.format.bytes) {
            case 1:
                copy(std::integral_constant<std::size_t, 1>{});
                break;
            case 2:
                copy(std::integral_constant<std::size_t, 2>{});
                break;
            case 4:
                copy(std::integral_constant<std::size_t, 4>{});
                break;
            default:
                copy(std::integral_constant<std::size_t, 8>{});
                break;
        }
        if (column.format.swap) blockfit::detail::swap_bytes(out, n, column.format.bytes);
    }

private:
    std::vector<std::shared_ptr<const DatasetReader>> readers_;
    std::vector<Column> columns_;
};

/// Throws ShapeError unless a dataset has one column.
inline void require_one_column(const std::string& where, const DatasetReader& reader) {
    const Layout& layout = reader.layout();
    if (layout.cols != 1)
        throw ShapeError(where + ": the dataset is " + std::to_string(layout.rows) + " x " +
                             std::to_string(layout.cols) + ", expected one column; read it with from_hdf5",
                         {.file = reader.origin().file, .dataset = reader.origin().dataset});
}

/// Datasets of equal lengths and one column each.
[[nodiscard]] inline Table open_columns(const std::string& path, const std::vector<std::string>& datasets) {
    blockfit::detail::require_parameter(!datasets.empty(), "from_hdf5_columns", "give at least one dataset");
    std::vector<std::shared_ptr<const DatasetReader>> readers;
    for (const std::string& dataset : datasets) {
        readers.push_back(std::make_shared<const DatasetReader>(path, dataset));
        require_one_column("from_hdf5_columns", *readers.back());
        const Index rows = readers.back()->layout().rows, wanted = readers.front()->layout().rows;
        if (rows != wanted)
            throw ShapeError(blockfit::detail::mismatch("from_hdf5_columns", "length of the dataset", rows, wanted) +
                                 " as of " + datasets.front(),
                             {.file = path, .dataset = dataset});
    }
    return Table(std::move(readers));
}
/// Fields of one compound dataset.
[[nodiscard]] inline Table open_fields(const std::string& path, const std::string& dataset,
                                       const std::vector<std::string>& fields) {
    std::vector<std::shared_ptr<const DatasetReader>> readers{
        std::make_shared<const DatasetReader>(path, dataset, &fields)};
    require_one_column("from_hdf5_fields", *readers.front());
    return Table(std::move(readers));
}

/// A table as elements of type T.
template <class T>
class Hdf5TableSource final : public BlockSource<T> {
public:
    Hdf5TableSource(Table table, std::string_view name)
        : BlockSource<T>(table.rows(), std::ssize(table.columns())), table_(std::move(table)), name_(name) {}

    void read(RowRange rows, MatrixView<T> out, Scratch& scratch) const override {
        State& state = scratch.get<State>(this);
        const Index n = rows.size();
        state.buffers.resize(table_.readers().size());
        state.stored.resize(static_cast<std::size_t>(n) * 8);
        state.values.resize(1, n);
        std::size_t reader = table_.readers().size();
        const std::byte* in = nullptr;
        for (Index j = 0; j < out.cols(); ++j) {
            const Table::Column& column = table_.columns()[static_cast<std::size_t>(j)];
            if (column.reader != reader) in = table_.read(reader = column.reader, rows, state.buffers[column.reader]);
            if (column.format.type == blockfit::detail::element_type<T>()) {
                table_.gather(column, in, n, reinterpret_cast<std::byte*>(state.values.data()));
            } else {
                table_.gather(column, in, n, state.stored.data());
                convert(column, j, rows.begin, state);
            }
            const T* const values = state.values.data();
            for (Index i = 0; i < n; ++i) out(i, j) = values[i];
        }
    }
    Index own_scratch_bytes(Index rows) const override {
        return table_.scratch_bytes(rows) + rows * static_cast<Index>(sizeof(T));
    }
    void origins(std::vector<Origin>& list) const override {
        for (const auto& reader : table_.readers()) list.push_back(reader->origin());
    }
    std::string_view name() const noexcept override { return name_; }

private:
    struct State {
        std::vector<Table::Buffers> buffers;
        std::vector<std::byte> stored;
        Matrix<T> values;
    };

    void convert(const Table::Column& column, Index number, Index first_row, State& state) const {
        try {
            blockfit::detail::convert_elements(name_, column.format.type, state.stored.data(), state.values.view());
        } catch (const DataError& error) {
            const Origin& origin = table_.readers()[column.reader]->origin();
            throw DataError(
                error.message() + (column.name.empty() ? "" : ", in field '" + column.name + "'"),
                {.file = origin.file, .dataset = origin.dataset, .row = first_row + error.column(), .column = number});
        }
    }

    Table table_;
    std::string_view name_;  // a literal
};

}  // namespace hdf5
}  // namespace v1
}  // namespace blockfit

#endif
