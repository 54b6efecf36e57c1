#ifndef BLOCKFIT_IO_CSV_TABLE_HPP
#define BLOCKFIT_IO_CSV_TABLE_HPP

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/core/error.hpp>
#include <blockfit/core/text.hpp>
#include <blockfit/io/csv/options.hpp>
#include <blockfit/io/csv/tokens.hpp>
#include <blockfit/io/text/number.hpp>
#include <blockfit/io/text/row_index.hpp>
#include <blockfit/io/text/text_file.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// The content of a field in quotes, `begin` being after the first quote and `end` before the last.
inline void unquote(const char* begin, const char* end, char quote, std::string& out) {
    out.clear();
    for (; begin < end; ++begin) {
        out += *begin;
        if (*begin == quote && begin + 1 < end && begin[1] == quote) ++begin;
    }
}

/// A CSV file that is open: its names and where its rows are. Read by several threads at once.
class CsvTable {
public:
    CsvTable(std::string_view where, std::string path, CsvOptions options, CsvTuning tuning)
        : options_(std::move(options)), tuning_(tuning), text_(where, std::move(path), tuning.gzip_spacing) {
        check_csv_options(where, options_);
        RowRules rules{.quote = options_.quote, .comment = options_.comment, .delimiter = options_.delimiter};
        read_names(rules);
        index_ =
            RowIndex(text_, rules, {.stretch = tuning.stretch, .range = tuning.range, .portable = tuning.portable});
        const Index bytes = std::max<Index>(text_.size() - rules.begin, 0);
        row_bytes_ = rows() == 0 ? 1 : std::max<Index>(bytes / rows(), 1);
        double number = 0.0;
        for (const std::string& missing : options_.missing) {
            std::string padded = missing + std::string(static_cast<std::size_t>(number_padding), '\0');
            TextNumber parsed;
            const char* const end = scan_number(padded.data(), options_.decimal, parsed);
            if (!missing.empty() && end == padded.data() + missing.size() && to_type(parsed, number) == ParseResult::ok)
                numeric_missing_ |= parsed.kind == TextNumber::Kind::decimal;
        }
    }

    [[nodiscard]] const CsvOptions& options() const noexcept { return options_; }
    [[nodiscard]] const CsvTuning& tuning() const noexcept { return tuning_; }
    [[nodiscard]] const TextFile& text() const noexcept { return text_; }
    [[nodiscard]] const RowIndex& index() const noexcept { return index_; }
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
    [[nodiscard]] Index rows() const noexcept { return index_.rows(); }
    [[nodiscard]] Index cols() const noexcept { return std::ssize(names_); }
    /// Bytes of a row on average.
    [[nodiscard]] Index row_bytes() const noexcept { return row_bytes_; }
    /// Some missing value looks like a number.
    [[nodiscard]] bool numeric_missing() const noexcept { return numeric_missing_; }
    [[nodiscard]] bool is_missing(std::string_view text) const noexcept {
        return std::ranges::find(options_.missing, text) != options_.missing.end();
    }

    /// The number of a column. Throws ParameterError with the names there are.
    [[nodiscard]] Index column(std::string_view name) const {
        const auto found = std::ranges::find(names_, name);
        if (found != names_.end()) return found - names_.begin();
        std::string list;
        for (std::size_t i = 0; i < names_.size() && i < 20; ++i) list += (i == 0 ? "" : ", ") + names_[i];
        if (names_.size() > 20) list += ", ...";
        throw ParameterError(text_.where() + ": there is no column '" + std::string(name) + "'; the file has " + list,
                             {.file = text_.path()});
    }

    /// An error in the row that begins at `offset` of the text; `place` is one before it.
    template <class E = DataError>
    [[nodiscard]] E error(Index row, Index offset, Index column, const std::string& what) const {
        return E(text_.where() + ": line " + std::to_string(line_of(row, offset)) + what,
                 {.file = text_.path(),
                  .dataset = column >= 0 ? names_[static_cast<std::size_t>(column)] : std::string(),
                  .row = row,
                  .column = column,
                  .whole_array = true});
    }

private:
    static constexpr Index longest_header = Index{1} << 26;

    /// The line in which a byte of a row is.
    [[nodiscard]] Index line_of(Index row, Index offset) const {
        const RowPlace place = index_.find(row);
        TextFile::State state;
        std::vector<char> buffer(std::size_t{1} << 16);
        Index line = place.line;
        for (Index at = place.offset; at < offset;) {
            const Index count = text_.read(at, buffer.data(), std::min(std::ssize(buffer), offset - at), state);
            if (count == 0) break;
            line += std::count(buffer.begin(), buffer.begin() + count, '\n');
            at += count;
        }
        return line;
    }

    [[nodiscard]] DataError header_error(Index line, const std::string& what) const {
        return DataError(text_.where() + ": line " + std::to_string(line) + ": " + what, {.file = text_.path()});
    }

    /// Reads the start of the text: the lines to skip, the names; leaves in `rules` where the rows begin.
    void read_names(RowRules& rules) {
        constexpr Index lead = Tokens::lead;
        std::vector<char> buffer;
        for (Index size = std::min<Index>(Index{1} << 16, longest_header);; size *= 4) {
            TextFile::State state;
            buffer.assign(static_cast<std::size_t>(lead + size + Tokens::padding), '\0');
            const Index count = text_.read(0, buffer.data() + lead, size, state);
            const bool whole = count < size;
            if (read_names(buffer, count, whole, rules)) return;
            if (whole || size >= longest_header)
                throw header_error(1, "the first row is longer than " + bytes_to_text(longest_header) +
                                          "; is this a text with rows in lines?");
        }
    }
    /// False if the first row does not end within `count` bytes.
    [[nodiscard]] bool read_names(std::vector<char>& buffer, Index count, bool whole, RowRules& rules) {
        constexpr Index lead = Tokens::lead;
        const char* const text = buffer.data() + lead;
        const auto starts = [&](std::string_view mark) {
            return count >= std::ssize(mark) && std::string_view(text, mark.size()) == mark;
        };
        if (starts("\xFF\xFE") || starts("\xFE\xFF"))
            throw UnsupportedError(text_.where() + ": the file is in UTF-16; convert it to UTF-8",
                                   {.file = text_.path()});
        using namespace std::string_view_literals;
        for (const auto& [mark, kind] : {std::pair{"PK\x03\x04"sv, "zip"}, std::pair{"BZh"sv, "bzip2"},
                                         std::pair{"\xFD" "7zXZ"sv, "xz"}, std::pair{"\x28\xB5\x2F\xFD"sv, "zstd"}})
            if (starts(mark))
                throw UnsupportedError(text_.where() + ": the file is compressed with " + kind +
                                           "; unpack it, or compress it with gzip",
                                       {.file = text_.path()});
        Index begin = starts("\xEF\xBB\xBF") ? 3 : 0;  // the byte order mark of UTF-8
        Index line = 1;
        for (; line <= options_.skip_rows; ++line) {
            const void* const newline = std::memchr(text + begin, '\n', static_cast<std::size_t>(count - begin));
            if (newline == nullptr && !whole) return false;
            begin = newline == nullptr ? count : static_cast<const char*>(newline) - text + 1;
        }
        const Index end = count;
        std::vector<char> row(static_cast<std::size_t>(lead + (end - begin) + 1 + Tokens::padding), '\0');
        if (end > begin) std::memcpy(row.data() + lead, text + begin, static_cast<std::size_t>(end - begin));
        auto row_end = static_cast<std::uint32_t>(lead + end - begin);
        if (options_.comment != 0)
            CommentEraser(options_.comment, options_.quote).erase(row.data() + lead, end - begin);
        if (whole) row[row_end++] = '\n';
        Tokens tokens(options_.delimiter, options_.quote, 0);
        tokens.clear();
        tokens.scan(row.data(), row_end, 1);
        if (tokens.trouble() == Tokens::Trouble::quote)
            throw header_error(
                line, std::string("a ") + options_.quote + " inside a field; quote the whole field, or set quote to 0");
        if (tokens.rows() == 0) {
            if (!whole) return false;
            if (std::any_of(row.begin() + lead, row.begin() + row_end,
                            [](char c) { return c != '\n' && c != '\r' && c != ' ' && c != '\t'; }))
                throw header_error(line, "the quoted field that begins in the first row is not closed");
            if (options_.header || options_.names.empty())
                throw DataError(text_.where() + ": the file holds no rows, not even " +
                                    (options_.header ? "a header" : "one to count the columns of; give names"),
                                {.file = text_.path()});
        }
        const Index fields = tokens.rows() == 0 ? std::ssize(options_.names) : tokens.fields();
        if (options_.header) {
            const std::uint32_t* ends = tokens.ends(0);
            for (Index j = 0; j < fields; ++j) {
                const char* field = row.data() + ends[j - 1] + 1;
                const char* field_end = row.data() + ends[j];
                while (j == fields - 1 && field_end > field && field_end[-1] == '\r') --field_end;
                std::string& name = names_.emplace_back(field, field_end);
                if (options_.quote != 0 && field_end - field >= 2 && *field == options_.quote &&
                    field_end[-1] == options_.quote)
                    unquote(field + 1, field_end - 1, options_.quote, name);
                else if (name.find('\0') != name.npos)
                    throw UnsupportedError(text_.where() + ": the header holds a zero byte: this is binary, or UTF-16; "
                                                           "convert it to UTF-8 text",
                                           {.file = text_.path()});
                else if (name.find('\r') != name.npos)
                    throw UnsupportedError(
                        text_.where() + ": lines end with a carriage return alone; convert the line ends",
                        {.file = text_.path()});
            }
            const std::uint32_t next = tokens.next();
            begin += next - static_cast<std::uint32_t>(lead);
            begin = std::min(begin, count);
            line += std::count(row.begin() + lead, row.begin() + next, '\n');
        }
        use_names(fields, line);
        rules.begin = begin;
        rules.line = line;
        return true;
    }
    void use_names(Index fields, Index line) {
        if (!options_.names.empty()) {
            if (std::ssize(options_.names) != fields)
                throw ShapeError(text_.where() + ": " + std::to_string(options_.names.size()) +
                                     " names are given, the first row has " + std::to_string(fields) + " fields",
                                 {.file = text_.path()});
            names_ = options_.names;
        }
        for (Index j = std::ssize(names_); j < fields; ++j) names_.push_back(std::to_string(j));
        std::vector<std::string> sorted = names_;
        std::ranges::sort(sorted);
        const auto twice = std::ranges::adjacent_find(sorted);
        if (twice == sorted.end()) return;
        if (!options_.names.empty())
            throw ParameterError(text_.where() + ": two names are '" + *twice + "', expected different ones");
        throw header_error(line - 1, "two columns are named '" + *twice + "'; give other names in CsvOptions::names");
    }

    CsvOptions options_;
    CsvTuning tuning_;
    TextFile text_;
    RowIndex index_;
    std::vector<std::string> names_;
    Index row_bytes_ = 1;
    bool numeric_missing_ = false;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
