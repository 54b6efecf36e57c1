#ifndef BLOCKFIT_IO_TEXT_ROW_SCANNER_HPP
#define BLOCKFIT_IO_TEXT_ROW_SCANNER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include <blockfit/core/error.hpp>
#include <blockfit/io/text/masks.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// What is a row in a text. A row ends at a newline that is not quoted. Lines that hold nothing but spaces, tabs and
/// carriage returns are no rows, nor are those whose first other character is `comment`.
struct RowRules {
    char quote = 0;      ///< 0: nothing is quoted
    char comment = 0;    ///< 0: there are no comments
    char delimiter = 0;  ///< between fields: where a quote may open or follow, and never a space; 0: there is none
    Index begin = 0;     ///< the first byte that belongs to rows
    Index line = 1;      ///< the number of the line it is in
};

/// A place in a text where a line, and with it a row, begins.
struct RowPlace {
    Index offset = 0;
    Index row = 0;   ///< rows before it
    Index line = 0;  ///< newlines before it, quoted ones included
};

inline constexpr Index no_offset = std::numeric_limits<Index>::max();

/// The rows of a part of a text, on one assumption about how it starts: outside quotes or inside.
struct PartRows {
    enum class Line : unsigned char { blank, comment, content };  ///< what the line that we are in is so far

    std::vector<RowPlace> places{};
    Index rows = 0;
    Index newlines = 0;  ///< that end lines
    Line line = Line::blank;
    bool first_is_row = false;  ///< the first line that ended was taken for a row
    bool inside = false;
    Index bad_quote = no_offset;  ///< the first quote that is neither at the start nor at the end of a field
    bool after_separator = false;
    bool after_closing = false;
};

/// Counts rows and finds where they begin, 64 bytes at a time. It cannot know whether a part of a file starts inside
/// quotes, so it follows both cases: when all parts are done, each one's start is known from the one before.
class RowScanner {
public:
    /// `begin` is the offset of the text that will come, `before` the byte before it, `start` whether it is the start
    /// of a row; `portable` is for tests of what older processors run. Places are noted for the first line at or after
    /// each multiple of `stretch`.
    RowScanner(const RowRules& rules, Index begin, bool start, char before, Index stretch, bool portable = false)
        : rules_(rules), fast_(!portable && has_fast_instructions()), offset_(begin), start_(start), stretch_(stretch) {
        const bool separator = start || before == '\n' || (rules.delimiter != 0 && before == rules.delimiter);
        outside_.after_separator = separator || before == rules.quote;
        outside_.after_closing = !start && rules.quote != 0 && before == rules.quote;
        inside_.inside = true;
        inside_.line = PartRows::Line::content;
        outside_.places.reserve(64);
        next_ = (begin + stretch - 1) / stretch * stretch;
        if (start) {
            outside_.places.push_back({begin, 0, 0});
            next_ = (begin / stretch + 1) * stretch;
        }
        outside_next_ = inside_next_ = next_;
    }

    /// The next bytes of the text; 64 bytes after them must be readable, too. All but the last call give a multiple
    /// of 64.
    void add(const char* text, Index count) {
        const Index whole = count / 64 * 64;
        if (fast_) add_fast(text, whole);
        else add_blocks<false>(text, whole);
        if (count == whole) return;
        char last[64] = {};
        std::memcpy(last, text + whole, static_cast<std::size_t>(count - whole));
        block<false>(last, count - whole);
    }

    [[nodiscard]] PartRows& outside() noexcept { return outside_; }
    [[nodiscard]] PartRows& inside() noexcept { return inside_; }
    [[nodiscard]] Index lines() const noexcept { return lines_; }
    [[nodiscard]] bool saw_quotes() const noexcept { return last_quote_ >= 0; }
    [[nodiscard]] bool saw_comments() const noexcept { return saw_comments_; }
    [[nodiscard]] Index last_quote() const noexcept { return last_quote_; }
    [[nodiscard]] Index offset() const noexcept { return offset_; }
    [[nodiscard]] Index stretch() const noexcept { return stretch_; }

    /// For a text of unknown length: keeps every second place, and makes them twice as far apart.
    void thin() {
        for (PartRows* rows : {&outside_, &inside_}) {
            for (std::size_t i = 0; 2 * i < rows->places.size(); ++i) rows->places[i] = rows->places[2 * i];
            rows->places.resize((rows->places.size() + 1) / 2);
        }
        stretch_ *= 2;
    }

private:
    BLOCKFIT_DETAIL_FAST void add_fast(const char* text, Index count) { add_blocks<true>(text, count); }
    template <bool Fast>
    void add_blocks(const char* text, Index count) {
        for (; count > 0; text += 64, count -= 64) block<Fast>(text, 64);
    }

    template <bool Fast>
    void block(const char* text, Index count) {
        const std::uint64_t valid = low_bits(count);
        const Bytes64<Fast> bytes(text);
        const std::uint64_t newlines = bytes.equal('\n') & valid;
        // Where a line that is no row may begin; all else is decided by the newlines alone.
        std::uint64_t special = bytes.at_most(' ');
        if (rules_.comment != 0) {
            const std::uint64_t comments = bytes.equal(rules_.comment) & valid;
            saw_comments_ |= comments != 0;
            special |= comments;
        }
        const std::uint64_t quotes = rules_.quote == 0 ? 0 : bytes.equal(rules_.quote) & valid;
        if (quotes == 0 && !saw_quotes()) {
            check_after_closing(bytes, valid, outside_);
            step<Fast>(outside_, outside_next_, text, count, newlines, special, 0);
            if (count > 0) outside_.after_separator = separator_last(text, count);
        } else {
            const std::uint64_t parity = running_parity(quotes);
            quoted<Fast>(outside_, outside_next_, bytes, text, count, valid, newlines, special, quotes, parity);
            if (!start_)
                quoted<Fast>(inside_, inside_next_, bytes, text, count, valid, newlines, special, quotes, parity);
            if (quotes != 0) last_quote_ = offset_ + 63 - std::countl_zero(quotes);
        }
        lines_ += count_bits<Fast>(newlines);
        offset_ += count;
    }

    [[nodiscard]] bool separator_last(const char* text, Index count) const noexcept {
        const char last = text[count - 1];
        return last == '\n' || (rules_.delimiter != 0 && last == rules_.delimiter);
    }

    template <bool Fast>
    void check_after_closing(const Bytes64<Fast>& bytes, std::uint64_t valid, PartRows& rows) noexcept {
        if (!rows.after_closing) return;
        rows.after_closing = false;
        if ((ends_field(bytes) & valid & 1) == 0) rows.bad_quote = std::min(rows.bad_quote, offset_ - 1);
    }
    template <bool Fast>
    [[nodiscard]] std::uint64_t ends_field(const Bytes64<Fast>& bytes) const noexcept {
        return bytes.equal('\n') | bytes.equal('\r') | bytes.equal(rules_.quote) |
               (rules_.delimiter != 0 ? bytes.equal(rules_.delimiter) : 0);
    }

    template <bool Fast>
    void quoted(PartRows& rows, Index& next, const Bytes64<Fast>& bytes, const char* text, Index count,
                std::uint64_t valid, std::uint64_t newlines, std::uint64_t special, std::uint64_t quotes,
                std::uint64_t parity) {
        const std::uint64_t inside =
            rows.inside ? ~parity : parity;  // an opening quote is inside, a closing one outside
        if (quotes != 0 || rows.after_closing) {
            const std::uint64_t opening = quotes & inside, closing = quotes & ~inside;
            std::uint64_t separators = newlines;
            if (rules_.delimiter != 0) separators |= bytes.equal(rules_.delimiter);
            const std::uint64_t may_open =
                ((separators & ~inside) | closing) << 1 | std::uint64_t{rows.after_separator};
            const std::uint64_t must_end = closing << 1 | std::uint64_t{rows.after_closing};
            const std::uint64_t bad = (opening & ~may_open) | (must_end & valid & ~ends_field(bytes));
            if (bad != 0 && rows.bad_quote == no_offset) rows.bad_quote = offset_ + std::countr_zero(bad);
            rows.after_closing = (closing >> (count - 1) & 1) != 0;
        }
        const bool inside_last = (inside >> (count - 1) & 1) != 0;
        rows.after_separator = rows.after_closing || (!inside_last && separator_last(text, count));
        step<Fast>(rows, next, text, count, newlines & ~inside, special, inside);
        rows.inside = inside_last;
    }

    template <bool Fast>
    void step(PartRows& rows, Index& next, const char* text, Index count, std::uint64_t newlines, std::uint64_t special,
              std::uint64_t inside) {
        using Line = PartRows::Line;
        const std::uint64_t starts = newlines << 1 | std::uint64_t{rows.line == Line::blank};
        const bool place = offset_ + count >= next && newlines != 0;
        if (((starts & special) != 0) || rows.line == Line::comment || place || (rows.newlines == 0 && newlines != 0))
            return step_slowly(rows, next, text, count, inside);
        const Index n = count_bits<Fast>(newlines);
        rows.rows += n;
        rows.newlines += n;
        rows.line = (newlines >> (count - 1) & 1) != 0 ? Line::blank : Line::content;
    }
    [[gnu::noinline]] void step_slowly(PartRows& rows, Index& next, const char* text, Index count,
                                       std::uint64_t inside) {
        using Line = PartRows::Line;
        Index lines = lines_;
        for (Index i = 0; i < count; ++i) {
            const char c = text[i];
            lines += c == '\n';
            if ((inside >> i & 1) != 0) {
                if (rows.line == Line::blank) rows.line = Line::content;
            } else if (c == '\n') {
                const bool row = rows.line == Line::content;
                if (rows.newlines++ == 0) rows.first_is_row = row;
                rows.rows += row;
                rows.line = Line::blank;
                const Index begin = offset_ + i + 1;
                if (begin >= next) {
                    rows.places.push_back({begin, rows.rows, lines});
                    next = (begin / stretch_ + 1) * stretch_;
                }
            } else if (rows.line == Line::blank && !((c == ' ' || c == '\t' || c == '\r') && c != rules_.delimiter)) {
                rows.line = rules_.comment != 0 && c == rules_.comment ? Line::comment : Line::content;
            }
        }
    }

    RowRules rules_;
    bool fast_;
    Index offset_;
    bool start_;
    Index stretch_;
    Index next_ = 0, outside_next_ = 0, inside_next_ = 0;
    Index lines_ = 0;
    Index last_quote_ = -1;
    bool saw_comments_ = false;
    PartRows outside_, inside_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
