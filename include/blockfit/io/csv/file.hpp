#ifndef BLOCKFIT_IO_CSV_FILE_HPP
#define BLOCKFIT_IO_CSV_FILE_HPP

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/text.hpp>
#include <blockfit/io/csv/options.hpp>
#include <blockfit/io/csv/source.hpp>
#include <blockfit/io/csv/table.hpp>

namespace blockfit {
inline namespace v1 {

/// A CSV file, plain or gzip, whose columns are read lazily by any number of threads. A cheap handle.
///
/// Opening makes one parallel pass (of a gzip file a serial one) that finds where the rows are. Rows end with a
/// newline, with or without a carriage return; lines that hold nothing are skipped; fields follow RFC 4180.
class CsvFile {
public:
    /// Throws IoError if the file cannot be read, DataError if it has no header, two columns of one name, or quotes
    /// that do not enclose fields, ParameterError for options that contradict each other or name columns that are not
    /// there. `tuning` is for tests: it changes no result.
    explicit CsvFile(const std::string& path, CsvOptions options = {}, detail::CsvTuning tuning = {})
        : state_(std::make_shared<State>("CsvFile", path, std::move(options), tuning)) {}

    [[nodiscard]] Index rows() const noexcept { return table().rows(); }
    [[nodiscard]] Index cols() const noexcept { return table().cols(); }
    [[nodiscard]] const std::vector<std::string>& column_names() const noexcept { return table().names(); }

    /// All columns as type T. Reading throws DataError, naming the line, at a text that is no number, or one that T
    /// cannot hold, and at a row with more or fewer fields than there are columns. Reals are rounded correctly; 64-bit
    /// integers are exact. A missing value is NaN, and refused by an integer T. True and False are 1 and 0.
    ///
    /// A column with categories gives their codes; a missing one -1, or NaN as a real. Its categories are found now.
    template <class T>
    [[nodiscard]] ChunkedMatrix<T> matrix() const {
        std::vector<Index> all(static_cast<std::size_t>(cols()));
        std::iota(all.begin(), all.end(), Index{0});
        return matrix<T>(std::move(all));
    }
    /// Some columns, in the order given.
    template <class T>
    [[nodiscard]] ChunkedMatrix<T> matrix(const std::vector<std::string>& columns) const {
        std::vector<Index> numbers;
        for (const std::string& name : columns) numbers.push_back(table().column(name));
        return matrix<T>(std::move(numbers));
    }
    template <class T>
    [[nodiscard]] ChunkedMatrix<T> matrix(std::initializer_list<std::string_view> columns) const {
        return matrix<T>(std::vector<std::string>(columns.begin(), columns.end()));
    }
    /// Some columns by number.
    template <class T>
    [[nodiscard]] ChunkedMatrix<T> matrix(std::vector<Index> columns) const {
        auto source = make_source<T>(columns);
        const Index rows = detail::choose_block_rows(
            table().options().block_rows,
            detail::checked_product(std::ssize(columns), static_cast<Index>(sizeof(T)), "CsvFile::matrix"));
        const Index total = source->rows();
        return {std::move(source), BlockPlan(total, rows)};
    }
    template <class T>
    [[nodiscard]] ChunkedMatrix<T> matrix(std::initializer_list<Index> columns) const {
        return matrix<T>(std::vector<Index>(columns));
    }
    /// One column.
    template <class T>
    [[nodiscard]] ChunkedVector<T> vector(std::string_view column) const {
        auto source = make_source<T>({table().column(column)});
        const Index rows = detail::choose_block_rows(table().options().block_rows, sizeof(T));
        const Index total = source->rows();
        return {std::move(source), BlockPlan(total, rows)};
    }

    /// The categories of a column named in CsvOptions::categories: its distinct texts without the missing ones, sorted.
    /// Code k stands for the k-th. Found, with those of all such columns, in one parallel pass when first needed.
    [[nodiscard]] const std::vector<std::string>& categories(std::string_view column) const {
        const Index number = table().column(column);
        const auto& list = table().options().categories;
        detail::require_parameter(std::ranges::find(list, column) != list.end(), "CsvFile::categories",
                                  "column '" + std::string(column) + "' is not named in CsvOptions::categories");
        return category_sets()[static_cast<std::size_t>(number)]->texts();
    }

private:
    using Sets = std::vector<std::shared_ptr<const detail::TextSet>>;  // one a column, nullptr: numbers

    struct State {
        State(std::string_view where, const std::string& path, CsvOptions options, detail::CsvTuning tuning)
            : table(where, path, std::move(options), tuning) {
            for (const std::string& name : table.options().categories) (void)table.column(name);
        }
        detail::CsvTable table;
        std::mutex mutex;
        std::unique_ptr<const Sets> sets;
    };

    [[nodiscard]] const detail::CsvTable& table() const noexcept { return state_->table; }

    template <class T>
    [[nodiscard]] std::shared_ptr<const BlockSource<T>> make_source(const std::vector<Index>& numbers) const {
        static_assert(std::is_arithmetic_v<T>, "CsvFile: T must be a number type");
        std::vector<detail::CsvColumn> columns;
        for (const Index j : numbers) {
            if (j < 0 || j >= cols())
                throw ShapeError(
                    "CsvFile: column " + std::to_string(j) + " was asked for, the file has " + std::to_string(cols()),
                    {.file = table().text().path()});
            columns.push_back({.number = j});
            if (is_category(j)) columns.back().categories = category_sets()[static_cast<std::size_t>(j)];
        }
        return std::make_shared<detail::CsvSource<T>>(std::shared_ptr<const detail::CsvTable>(state_, &state_->table),
                                                      std::move(columns));
    }
    [[nodiscard]] bool is_category(Index column) const {
        const auto& list = table().options().categories;
        return std::ranges::find(list, column_names()[static_cast<std::size_t>(column)]) != list.end();
    }

    [[nodiscard]] const Sets& category_sets() const {
        {
            const std::lock_guard lock(state_->mutex);
            if (state_->sets) return *state_->sets;
        }
        auto found = std::make_unique<const Sets>(find_categories());
        const std::lock_guard lock(state_->mutex);
        if (!state_->sets) state_->sets = std::move(found);
        return *state_->sets;
    }

    [[nodiscard]] Sets find_categories() const {
        std::vector<Index> columns;
        for (Index j = 0; j < cols(); ++j)
            if (is_category(j)) columns.push_back(j);
        struct Part {
            std::vector<detail::TextSet> sets;
            std::vector<std::size_t> known;  // texts that the sink has seen
            std::string text;
        };
        std::vector<std::shared_ptr<detail::TextSet>> all(columns.size());
        for (auto& set : all) set = std::make_shared<detail::TextSet>();
        const auto require_few = [&](const detail::TextSet& set, std::size_t k) {
            if (set.too_many())
                throw DataError("CsvFile: column '" + column_names()[static_cast<std::size_t>(columns[k])] +
                                    "' has more than " + std::to_string(detail::TextSet::most) + " different texts or " +
                                    detail::bytes_to_text(detail::TextSet::most_bytes) + " of them, which are no categories",
                                {.file = table().text().path()});
        };
        const Index rows = std::max<Index>((Index{1} << 22) / table().row_bytes(), 1);
        const Index bytes = detail::CsvWindow::bytes(table(), rows);
        const detail::BlockPass pass{.name = "CsvFile::categories",
                                     .plan = BlockPlan(table().rows(), rows),
                                     .bytes_per_block = bytes,
                                     .fixed_bytes = bytes,
                                     .origins = {{table().text().path(), {}}}};
        detail::stream_blocks<Scratch>(
            pass,
            [&](Scratch& scratch, Index, RowRange block) {
                Part& part = scratch.get<Part>(this);
                part.sets.resize(columns.size());
                part.known.resize(columns.size());
                auto& window = scratch.get<detail::CsvWindow>(&table());
                for (Index row = block.begin; row < block.end; ++row) {
                    window.load(table(), {row, block.end});
                    for (const Index end = std::min(window.rows().end, block.end); row < end; ++row)
                        for (std::size_t k = 0; k < columns.size(); ++k) {
                            const std::string_view text =
                                detail::CsvField(table(), window, row, columns[k]).content(part.text);
                            if (table().is_missing(text)) continue;
                            part.sets[k].add(text);
                            require_few(part.sets[k], k);
                        }
                    --row;
                }
            },
            [&](Scratch& scratch, Index, RowRange) {
                Part& part = scratch.get<Part>(this);
                for (std::size_t k = 0; k < columns.size(); ++k) {
                    const std::vector<std::string>& texts = part.sets[k].texts();
                    for (std::size_t& i = part.known[k]; i < texts.size(); ++i) all[k]->add(texts[i]);
                    require_few(*all[k], k);
                }
            });
        Sets sets(static_cast<std::size_t>(cols()));
        for (std::size_t k = 0; k < columns.size(); ++k) {
            all[k]->sort();
            sets[static_cast<std::size_t>(columns[k])] = all[k];
        }
        return sets;
    }

    std::shared_ptr<State> state_;
};

/// Columns of a CSV file as a lazy matrix: CsvFile(path, options).matrix<T>(options.columns).
template <class T>
[[nodiscard]] ChunkedMatrix<T> from_csv(const std::string& path, CsvOptions options = {}) {
    const std::vector<std::string> columns = options.columns;
    const CsvFile file(path, std::move(options));
    return columns.empty() ? file.matrix<T>() : file.matrix<T>(columns);
}
/// One column of a CSV file as a lazy vector. To read X and y, open a CsvFile once.
template <class T>
[[nodiscard]] ChunkedVector<T> from_csv_vector(const std::string& path, std::string_view column,
                                               CsvOptions options = {}) {
    return CsvFile(path, std::move(options)).vector<T>(column);
}

}  // namespace v1
}  // namespace blockfit

#endif
