#ifndef BLOCKFIT_IO_CSV_SOURCE_HPP
#define BLOCKFIT_IO_CSV_SOURCE_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/array/block_source.hpp>
#include <blockfit/array/convert.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/text.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/io/csv/categories.hpp>
#include <blockfit/io/csv/quick_number.hpp>
#include <blockfit/io/csv/table.hpp>
#include <blockfit/io/csv/window.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// A field, for what is too rare to be quick about.
class CsvField {
public:
    CsvField(const CsvTable& table, const CsvWindow& window, Index row, Index column)
        : table_(table), window_(window), row_(row), column_(column) {
        const std::uint32_t* const ends = window.ends(row);
        begin_ = ends[column - 1] + 1;
        std::uint32_t end = ends[column];
        const char* const buffer = window.buffer();
        const char quote = table.options().quote;
        if (column == table.cols() - 1 || (quote != 0 && buffer[begin_] == quote))
            while (end > begin_ && buffer[end - 1] == '\r') --end;
        text_ = {buffer + begin_, end - begin_};
    }

    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    /// What it holds, without quotes. Stays valid until `scratch` changes.
    [[nodiscard]] std::string_view content(std::string& scratch) const {
        const char quote = table_.options().quote;
        if (quote == 0 || text_.size() < 2 || text_.front() != quote || text_.back() != quote) return text_;
        unquote(text_.data() + 1, text_.data() + text_.size() - 1, quote, scratch);
        return scratch;
    }
    /// The same without spaces around it.
    [[nodiscard]] std::string_view trimmed(std::string& scratch) const {
        std::string_view text = content(scratch);
        const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
        while (!text.empty() && space(text.front())) text.remove_prefix(1);
        while (!text.empty() && space(text.back())) text.remove_suffix(1);
        return text;
    }
    [[nodiscard]] DataError error(const std::string& what) const {
        return table_.error(row_, window_.offset(begin_), column_, ", column '" + name() + "': " + what);
    }
    [[nodiscard]] DataError missing(std::string_view type) const {
        return error("a value is missing, which " + std::string(type) +
                     " cannot hold; read the column as double, where it is NaN");
    }
    [[nodiscard]] DataError error(ParseResult result, std::string_view text, std::string_view type) const {
        std::string shown(1, '\'');
        (shown += printable(text)) += '\'';
        switch (result) {
            case ParseResult::out_of_range:
                return error(shown + " is out of the range of " + std::string(type));
            case ParseResult::not_whole:
                return error(shown + " is no whole number, as " + std::string(type) + " needs");
            default:
                return error(shown +
                             " is not a number; leave the column out, or name it in CsvOptions::categories or its "
                             "missing values in CsvOptions::missing");
        }
    }
    [[nodiscard]] const std::string& name() const { return table_.names()[static_cast<std::size_t>(column_)]; }

private:
    const CsvTable& table_;
    const CsvWindow& window_;
    Index row_, column_;
    std::uint32_t begin_;
    std::string_view text_;
};

/// 1 or 0 for what pandas takes for a bool, otherwise -1.
[[nodiscard]] inline int bool_word(std::string_view text) noexcept {
    if (text == "True" || text == "TRUE" || text == "true") return 1;
    if (text == "False" || text == "FALSE" || text == "false") return 0;
    return -1;
}

/// A column to read: as numbers or, if it has categories, as their codes.
struct CsvColumn {
    Index number = 0;
    std::shared_ptr<const TextSet> categories{};
};

template <class T>
class CsvSource final : public BlockSource<T> {
public:
    CsvSource(std::shared_ptr<const CsvTable> table, std::vector<CsvColumn> columns)
        : BlockSource<T>(table->rows(), std::ssize(columns)), table_(std::move(table)), columns_(std::move(columns)) {
#if defined(__x86_64__)
        quick_ = has_fast_instructions() && !table_->tuning().portable && !table_->numeric_missing();
#endif
    }

    void read(RowRange range, MatrixView<T> out, Scratch& scratch) const override {
        CsvWindow& window = scratch.get<CsvWindow>(table_.get());
        for (Index begin = range.begin; begin < range.end;) {
            window.load(*table_, {begin, range.end});
            const RowRange part{begin, std::min(range.end, window.rows().end)};
            const MatrixView<T> rows = out.rows(part.begin - range.begin, part.end - range.begin);
#if defined(__x86_64__)
            if (quick_) parse_quickly(window, part, rows);
            else
#endif
                parse(window, part, rows);
            begin = part.end;
        }
    }
    Index own_scratch_bytes(Index rows) const override { return CsvWindow::bytes(*table_, rows); }
    void origins(std::vector<Origin>& list) const override { list.push_back({table_->text().path(), {}}); }
    std::string_view name() const noexcept override { return "from_csv"; }

private:
#if defined(__x86_64__)
    BLOCKFIT_DETAIL_FAST void parse_quickly(const CsvWindow& window, RowRange rows, MatrixView<T> out) const {
        const QuickNumbers numbers(table_->options().decimal);
        const char* const buffer = window.buffer();
        const CsvColumn* const columns = columns_.data();
        const Index cols = out.cols();
        for (Index i = rows.begin; i < rows.end; ++i) {
            const std::uint32_t* const ends = window.ends(i);
            T* const values = out.row(i - rows.begin).data();
            for (Index k = 0; k < cols; ++k) {
                const CsvColumn& column = columns[k];
                const std::uint32_t* const ending = ends + column.number;
                const char* const end = buffer + *ending;
                const bool carriage = end[-1] == '\r';  // of a line end; elsewhere as good as a space
                if (column.categories || !numbers.read(buffer + ending[-1] + 1, end - carriage, values[k]))
                    parse(window, i, column, values[k]);
            }
        }
    }
#endif
    void parse(const CsvWindow& window, RowRange rows, MatrixView<T> out) const {
        for (Index i = rows.begin; i < rows.end; ++i)
            for (Index k = 0; k < out.cols(); ++k)
                parse(window, i, columns_[static_cast<std::size_t>(k)], out(i - rows.begin, k));
    }
    /// One field, whatever it holds.
    [[gnu::noinline]] void parse(const CsvWindow& window, Index row, const CsvColumn& column, T& value) const {
        const CsvField field(*table_, window, row, column.number);
        const char point = table_->options().decimal;
        if (!column.categories && !table_->numeric_missing()) {
            const std::string_view text = field.text();
            TextNumber number;
            if (!text.empty() && scan_number(text.data(), point, number) == text.data() + text.size() &&
                number.kind == TextNumber::Kind::decimal && to_type(number, value) == ParseResult::ok)
                return;
        }
        std::string scratch;
        if (column.categories) return read_code(field, *column.categories, value);
        std::string_view text = field.trimmed(scratch);
        if (table_->is_missing(text)) {
            if constexpr (!std::floating_point<T>) throw field.missing(dtype_name<T>());
            else value = std::numeric_limits<T>::quiet_NaN();
            return;
        }
        if (text.data() >= scratch.data() && text.data() < scratch.data() + scratch.size()) {
            const auto at = static_cast<std::size_t>(text.data() - scratch.data());
            scratch.resize(at + text.size());
            scratch.append(static_cast<std::size_t>(number_padding), '\0');
            text = std::string_view(scratch).substr(at, text.size());
        }
        const ParseResult result = parse_number(text.data(), text.data() + text.size(), point, value);
        if (result == ParseResult::ok) return;
        const int word = bool_word(text);
        if (word < 0) throw field.error(result, text, dtype_name<T>());
        value = static_cast<T>(word);
    }
    void read_code(const CsvField& field, const TextSet& categories, T& value) const {
        std::string scratch;
        const std::string_view text = field.content(scratch);
        if (table_->is_missing(text)) {
            if constexpr (std::floating_point<T>) value = std::numeric_limits<T>::quiet_NaN();
            else if constexpr (std::signed_integral<T>) value = T(-1);
            else throw field.missing(dtype_name<T>());
            return;
        }
        const Index code = categories.find(text);
        if (code < 0) throw table_->text().error("a category is new: the file was changed after it was opened; open it again");
        if (!convert_value(code, value))
            throw field.error("code " + std::to_string(code) + " is out of the range of " +
                              std::string(dtype_name<T>()));
    }

    std::shared_ptr<const CsvTable> table_;
    std::vector<CsvColumn> columns_;
    bool quick_ = false;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
