#ifndef BLOCKFIT_IO_CSV_TOKENS_HPP
#define BLOCKFIT_IO_CSV_TOKENS_HPP

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <blockfit/core/error.hpp>
#include <blockfit/io/text/masks.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Where the fields of rows end. Positions count from the start of a buffer whose text begins at `lead`.
class Tokens {
public:
    static constexpr std::uint32_t lead = 64;
    static constexpr Index padding = 64;  ///< bytes after the text that must be readable

    /// `cols` 0: rows of any length, up to the first one.
    Tokens(char delimiter, char quote, Index cols, bool portable = false)
        : delimiter_(delimiter),
          quote_(quote),
          fast_(!portable && has_fast_instructions()),
          cols_(static_cast<std::size_t>(cols)) {}

    void clear() {
        if (blocks_ > 16) usual_ = std::clamp<Index>(static_cast<Index>(count_ / blocks_) + 3, 2, 64);
        blocks_ = 0;
        count_ = 1;  // the first field begins after the byte before the text
        if (ends_.empty()) ends_.resize(1024);
        ends_[0] = lead - 1;
        rows_.clear();
        row_first_ = 1;
        inside_ = false;
        after_closing_ = false;
        after_separator_ = true;
        trouble_ = Trouble::none;
        position_ = lead;
    }

    enum class Trouble : unsigned char { none, fields, quote };

    /// Goes on to position `end`, or to the end of row number `most_rows`, or to a row that is no good.
    void scan(const char* buffer, std::uint32_t end, Index most_rows) {
        if (fast_) scan_fast(buffer, end, most_rows);
        else scan_blocks<false>(buffer, end, most_rows);
    }

    [[nodiscard]] Index rows() const noexcept { return std::ssize(rows_); }
    /// Position of the first byte that belongs to no row so far.
    [[nodiscard]] std::uint32_t next() const noexcept { return ends_[row_first_ - 1] + 1; }
    /// What is wrong with the row that begins at next().
    [[nodiscard]] Trouble trouble() const noexcept { return trouble_; }
    /// Fields of the row that is no good.
    [[nodiscard]] Index fields() const noexcept { return static_cast<Index>(bad_fields_); }
    /// Positions of the ends of a row's fields; field j begins after the end at [j - 1].
    [[nodiscard]] const std::uint32_t* ends(Index row) const noexcept {
        return ends_.data() + rows_[static_cast<std::size_t>(row)];
    }

private:
    BLOCKFIT_DETAIL_FAST void scan_fast(const char* buffer, std::uint32_t end, Index most_rows) {
        scan_blocks<true>(buffer, end, most_rows);
    }
    template <bool Fast>
    void scan_blocks(const char* buffer, std::uint32_t end, Index most_rows) {
        while (position_ < end && rows() < most_rows && trouble_ == Trouble::none) {
            if (ends_.size() < count_ + 128) grow();
            block<Fast>(buffer, std::min<std::uint32_t>(64, end - position_), most_rows);
        }
    }

    template <bool Fast>
    void block(const char* buffer, std::uint32_t count, Index most_rows) {
        const std::uint64_t valid = low_bits(static_cast<Index>(count));
        const Bytes64<Fast> bytes(buffer + position_);
        std::uint64_t newlines = bytes.equal('\n') & valid;
        std::uint64_t separators = newlines | (bytes.equal(delimiter_) & valid);
        const std::uint64_t quotes = quote_ == 0 ? 0 : bytes.equal(quote_) & valid;
        if (quotes != 0 || inside_ || after_closing_) {
            const std::uint64_t parity = running_parity(quotes);
            const std::uint64_t inside = inside_ ? ~parity : parity;
            separators &= ~inside;
            newlines &= ~inside;
            const std::uint64_t opening = quotes & inside, closing = quotes & ~inside;
            const std::uint64_t may_open = (separators | closing) << 1 | std::uint64_t{after_separator_};
            const std::uint64_t must_end = closing << 1 | std::uint64_t{after_closing_};
            const std::uint64_t ends_field = separators | quotes | bytes.equal('\r');
            const std::uint64_t bad = (opening & ~may_open) | (must_end & valid & ~ends_field);
            if (bad != 0) {  // rows before it are good
                const std::uint64_t good = low_bits(std::countr_zero(bad));
                separators &= good;
                newlines &= good;
                trouble_ = Trouble::quote;
            }
            inside_ = (inside >> (count - 1) & 1) != 0;
            after_closing_ = (closing >> (count - 1) & 1) != 0;
        }
        after_separator_ = after_closing_ || (separators >> (count - 1) & 1) != 0;
        const std::size_t before = count_;
        std::uint32_t* out = ends_.data() + count_;
        const Index n = count_bits<Fast>(separators);
        std::uint64_t left = separators;
        // As many as there usually are at once, so that their number is no branch.
        for (Index done = 0; done < n; done += usual_)
            for (Index i = 0; i < usual_; ++i, left &= left - 1)
                *out++ = position_ + static_cast<std::uint32_t>(std::countr_zero(left));
        count_ += static_cast<std::size_t>(n);
        ++blocks_;
        for (; newlines != 0; newlines &= newlines - 1) {
            const std::uint64_t earlier = (newlines & (0 - newlines)) - 1;
            const std::size_t last = before + static_cast<std::size_t>(count_bits<Fast>(separators & earlier));
            if (!end_row(buffer, last)) return;
            if (rows() == most_rows) {
                // The rest of the block is looked at again when more rows are wanted.
                count_ = last + 1;
                position_ = ends_[last] + 1;
                inside_ = after_closing_ = false;
                after_separator_ = true;
                trouble_ = Trouble::none;
                return;
            }
        }
        position_ += count;
    }

    [[gnu::noinline]] void grow() { ends_.resize(2 * ends_.size()); }

    /// A line ends at separator number `last`. False if it is a row that is no good.
    [[nodiscard]] bool end_row(const char* buffer, std::size_t last) {
        const std::size_t fields = last + 1 - row_first_;
        if (fields == 1 && blank(buffer, ends_[row_first_ - 1] + 1, ends_[last])) {
            // A line that holds nothing. The next row begins after it.
        } else if (cols_ != 0 && fields != cols_) {
            bad_fields_ = fields;
            trouble_ = Trouble::fields;
            return false;
        } else {
            add_row();
            bad_fields_ = fields;
        }
        row_first_ = last + 1;
        return true;
    }
    [[gnu::noinline]] void add_row() { rows_.push_back(static_cast<std::uint32_t>(row_first_)); }
    [[nodiscard]] bool blank(const char* buffer, std::uint32_t begin, std::uint32_t end) const noexcept {
        for (; begin < end; ++begin)
            if (buffer[begin] != ' ' && buffer[begin] != '\t' && buffer[begin] != '\r') return false;
        return true;
    }

    char delimiter_, quote_;
    bool fast_;
    std::size_t cols_;
    std::vector<std::uint32_t> ends_;
    std::vector<std::uint32_t> rows_;
    std::size_t count_ = 0, row_first_ = 1, bad_fields_ = 0, blocks_ = 0;
    Index usual_ = 8;
    std::uint32_t position_ = lead;
    bool inside_ = false, after_closing_ = false, after_separator_ = true;
    Trouble trouble_ = Trouble::none;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
