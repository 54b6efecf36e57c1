#ifndef BLOCKFIT_IO_TEXT_ROW_INDEX_HPP
#define BLOCKFIT_IO_TEXT_ROW_INDEX_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <blockfit/array/block_source.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/exec/stream.hpp>
#include <blockfit/io/text/row_scanner.hpp>
#include <blockfit/io/text/text_file.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Sizes that never change a result; other ones are for tests.
struct RowIndexTuning {
    Index stretch = Index{1} << 17;  ///< bytes between two places of the index
    Index range = Index{1} << 22;    ///< bytes that one thread scans at a time, a multiple of 64
    std::size_t most_places = std::size_t{1} << 17;
    bool portable = false;  ///< without the instructions of newer processors
};

/// Overwrites comments, from a `comment` outside quotes to the end of its line, with carriage returns, which end a line
/// like spaces do.
class CommentEraser {
public:
    CommentEraser(char comment, char quote) noexcept : comment_(comment), quote_(quote) {}
    void erase(char* text, Index count) noexcept {
        for (char* p = text; p < text + count; ++p) {
            if (erasing_) {
                if (*p == '\n') erasing_ = false;
                else *p = '\r';
            } else if (quote_ != 0 && *p == quote_) {
                inside_ = !inside_;
            } else if (*p == comment_ && !inside_) {
                erasing_ = true;
                *p = '\r';
            }
        }
    }

private:
    char comment_, quote_;
    bool inside_ = false, erasing_ = false;
};

/// Where the rows of a text are: how many, and the offset of about every 128 KB of them. Made in one parallel pass over
/// the bytes, at several GB/s; of a gzip file in one serial pass, as inflating is.
class RowIndex {
public:
    RowIndex() = default;
    /// Throws DataError at a quote inside an unquoted field and at a quoted field that is not closed, and what reading
    /// the file throws.
    RowIndex(TextFile& text, const RowRules& rules, RowIndexTuning tuning = {}) : rules_(rules) {
        if (text.compressed() || !scan_in_parallel(text, tuning)) scan_serially(text, tuning);
        for (std::size_t i = 0; i < places_.size(); ++i)
            longest_ =
                std::max(longest_, (i + 1 < places_.size() ? places_[i + 1].offset : text.size()) - places_[i].offset);
    }

    [[nodiscard]] Index rows() const noexcept { return rows_; }
    [[nodiscard]] const RowRules& rules() const noexcept { return rules_; }
    /// The last place in the index at or before `row`: the start of a line, with the numbers of the row and of the line
    /// (from 1) that begin there. Lines that are no rows may come first. row < rows().
    [[nodiscard]] RowPlace find(Index row) const noexcept {
        const auto after = std::ranges::upper_bound(places_, row, {}, &RowPlace::row);
        RowPlace place = *(after - 1);
        place.line += rules_.line;
        return place;
    }
    /// Most bytes between two places.
    [[nodiscard]] Index longest_stretch() const noexcept { return longest_; }
    [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }

    /// The number, from 1, of the line in which a byte is. Reads the text from the start, so it is for error messages.
    [[nodiscard]] static Index line_of(const TextFile& text, Index offset) {
        TextFile::State state;
        std::vector<char> buffer(std::size_t{1} << 16);
        Index line = 1;
        for (Index at = 0; at < offset;) {
            const Index count = text.read(at, buffer.data(), std::min(std::ssize(buffer), offset - at), state);
            if (count == 0) break;
            line += std::count(buffer.begin(), buffer.begin() + count, '\n');
            at += count;
        }
        return line;
    }

private:
    static constexpr Index piece = Index{1} << 18;
    static constexpr Index no_quote = -1;

    struct Part {
        std::vector<char> buffer;
        PartRows outside, inside;
        Index lines = 0, last_quote = no_quote;
        bool saw_quotes = false, saw_comments = false;
    };

    /// False if comments and quotes meet, which only a serial scan can tell apart.
    [[nodiscard]] bool scan_in_parallel(const TextFile& text, RowIndexTuning tuning) {
        const Index size = std::max<Index>(text.size() - rules_.begin, 0);
        while (size / tuning.stretch > static_cast<Index>(tuning.most_places)) tuning.stretch *= 2;
        const Index range = std::max(tuning.range, tuning.stretch);
        const StreamPlan plan{
            .name = text.where(),
            .blocks = size / range + (size % range != 0),
            .bytes_per_block = piece + 2 * range / tuning.stretch * static_cast<Index>(sizeof(RowPlace))};
        Merge merge;
        stream<Scratch>(
            plan,
            [&](Scratch& scratch, Index i) {
                const Index begin = rules_.begin + i * range;
                scan_part(text, begin, std::min(begin + range, rules_.begin + size), tuning, scratch.get<Part>(this));
            },
            [&](Scratch& scratch, Index) { add(merge, scratch.get<Part>(this)); });
        if (merge.saw_quotes && merge.saw_comments) {
            rows_ = 0;
            places_.clear();
            return false;
        }
        finish(text, merge);
        return true;
    }

    void scan_part(const TextFile& text, Index begin, Index end, RowIndexTuning tuning, Part& part) const {
        TextFile::State state;
        part.buffer.resize(static_cast<std::size_t>(piece));
        char before = '\n';
        if (begin > rules_.begin) text.read(begin - 1, &before, 1, state);
        RowScanner scanner(rules_, begin, begin == rules_.begin, before, tuning.stretch, tuning.portable);
        for (Index at = begin; at < end; at += piece) {
            const Index count = text.read(at, part.buffer.data(), std::min(piece, end - at), state);
            scanner.add(part.buffer.data(), count);
        }
        take(scanner, part);
    }
    static void take(RowScanner& scanner, Part& part) {
        part.outside = std::move(scanner.outside());
        part.inside = std::move(scanner.inside());
        part.lines = scanner.lines();
        part.last_quote = scanner.last_quote();
        part.saw_quotes = scanner.saw_quotes();
        part.saw_comments = scanner.saw_comments();
    }

    /// A gzip file, or comments among quotes.
    void scan_serially(TextFile& text, RowIndexTuning tuning) {
        RowScanner scanner({.quote = rules_.quote, .delimiter = rules_.delimiter}, rules_.begin, true, '\n',
                           tuning.stretch, tuning.portable);
        CommentEraser eraser(rules_.comment, rules_.quote);
        std::vector<char> buffer(static_cast<std::size_t>(piece));
        Index filled = 0, skip = text.compressed() ? rules_.begin : 0;
        const auto flush = [&] {
            if (rules_.comment != 0) eraser.erase(buffer.data(), filled);
            scanner.add(buffer.data(), filled);
            filled = 0;
            if (scanner.outside().places.size() > tuning.most_places) scanner.thin();
        };
        const auto add_text = [&](const char* bytes, Index count) {
            const Index skipped = std::min(skip, count);
            skip -= skipped;
            bytes += skipped;
            count -= skipped;
            while (count > 0) {
                const Index taken = std::min(count, piece - filled);
                std::copy(bytes, bytes + taken, buffer.data() + filled);
                filled += taken;
                bytes += taken;
                count -= taken;
                if (filled == piece) flush();
            }
        };
        if (text.compressed()) {
            text.scan(add_text);
        } else {
            TextFile::State state;
            std::vector<char> bytes(static_cast<std::size_t>(piece));
            for (Index at = rules_.begin; at < text.size(); at += piece)
                add_text(bytes.data(), text.read(at, bytes.data(), piece, state));
        }
        flush();
        Merge merge;
        Part part;
        take(scanner, part);
        add(merge, part);
        finish(text, merge);
    }

    struct Merge {
        PartRows::Line line = PartRows::Line::blank;
        bool inside = false, saw_quotes = false, saw_comments = false;
        Index lines = 0, last_quote = no_quote, bad_quote = no_offset;
    };
    /// Joins the next part, whose start is known now.
    void add(Merge& merge, const Part& part) {
        using Line = PartRows::Line;
        const PartRows& rows = merge.inside ? part.inside : part.outside;
        // The part took its first line for one that begins there.
        Index more = 0;
        if (rows.newlines > 0 && merge.line != Line::blank) more = (merge.line == Line::content) - rows.first_is_row;
        for (const RowPlace& place : rows.places) {
            if (!places_.empty() && places_.back().offset >= place.offset) continue;
            places_.push_back({place.offset, rows_ + more + place.row, merge.lines + place.line});
        }
        rows_ += more + rows.rows;
        merge.lines += part.lines;
        if (rows.newlines > 0 || merge.line == Line::blank) merge.line = rows.line;
        merge.bad_quote = std::min(merge.bad_quote, rows.bad_quote);
        if (part.saw_quotes) {
            merge.inside = rows.inside;
            merge.last_quote = part.last_quote;
            merge.saw_quotes = true;
        }
        merge.saw_comments |= part.saw_comments;
    }
    void finish(const TextFile& text, const Merge& merge) {
        const auto refuse = [&](Index offset, const std::string& what) {
            throw DataError(text.where() + ": line " + std::to_string(line_of(text, offset)) + what,
                            {.file = text.path()});
        };
        const std::string quote(1, rules_.quote);
        if (merge.bad_quote != no_offset)
            refuse(merge.bad_quote, " has a " + quote + " inside a field; quote the whole field and double the " +
                                        quote + " in it, or set quote to 0 if fields are never quoted");
        if (merge.inside) refuse(merge.last_quote, ": the quoted field that begins here is not closed");
        rows_ += merge.line == PartRows::Line::content;  // the last line may lack its newline
        if (places_.empty()) places_.push_back({rules_.begin, 0, 0});
    }

    RowRules rules_;
    Index rows_ = 0;
    Index longest_ = 0;
    std::vector<RowPlace> places_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
