#ifndef BLOCKFIT_IO_CSV_WINDOW_HPP
#define BLOCKFIT_IO_CSV_WINDOW_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/core/text.hpp>
#include <blockfit/io/csv/table.hpp>
#include <blockfit/io/csv/tokens.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Some successive rows of a table in memory, with the ends of their fields: what a reader keeps in its scratch. The
/// rows asked for last stay, so that X and y of one file are cut into fields once.
class CsvWindow {
public:
    /// The rows there are.
    [[nodiscard]] RowRange rows() const noexcept { return {first_, first_ + (tokens_ ? tokens_->rows() : 0)}; }
    [[nodiscard]] const char* buffer() const noexcept { return buffer_.data(); }
    [[nodiscard]] const std::uint32_t* ends(Index row) const noexcept { return tokens_->ends(row - first_); }
    /// Offset in the file of a position in the buffer.
    [[nodiscard]] Index offset(std::uint32_t position) const noexcept { return offset_ + position - Tokens::lead; }

    /// Makes the first of `wanted` one of the rows, and as many of the others as fit.
    void load(const CsvTable& table, RowRange wanted) {
        if (!tokens_)
            tokens_ = std::make_unique<Tokens>(table.options().delimiter, table.options().quote, table.cols(),
                                               table.tuning().portable);
        if (valid_ && wanted.begin >= rows().begin && wanted.begin < rows().end) return;
        const RowPlace place = table.index().find(wanted.begin);
        // Going on is better than starting at a place before what is known.
        const bool go_on = valid_ && wanted.begin >= rows().end && rows().end >= place.row;
        valid_ = false;  // stays so if anything throws
        if (go_on) advance();
        else start(table, place);
        while (first_ < wanted.begin) {
            fill(table, {first_, wanted.begin});
            advance();
        }
        fill(table, wanted);
        valid_ = true;
    }

    /// Bytes for windows of up to `rows` rows.
    [[nodiscard]] static Index bytes(const CsvTable& table, Index rows) noexcept {
        const Index most = std::max(table.tuning().window, table.row_bytes());
        const Index text = (rows < most / table.row_bytes() ? rows * table.row_bytes() : most) + 2 * slack +
                           table.index().longest_stretch();
        return text + 4 * (text / table.row_bytes() + 1) * (table.cols() + 1) + table.text().state_bytes();
    }

private:
    static constexpr Index slack = Index{1} << 12;
    static constexpr Index longest_row = Index{1} << 31;

    void start(const CsvTable& table, const RowPlace& place) {
        first_ = place.row;
        offset_ = place.offset;
        filled_ = 0;
        at_end_ = false;
        eraser_ = CommentEraser(table.options().comment, table.options().quote);
        reserve(0);
        tokens_->clear();
    }
    /// Drops the rows there are; what follows them moves to the start.
    void advance() {
        first_ = rows().end;
        const std::uint32_t next = tokens_->next();
        const Index used = static_cast<Index>(next) - Tokens::lead;
        std::memmove(buffer_.data() + Tokens::lead, buffer_.data() + next, static_cast<std::size_t>(filled_ - used));
        offset_ += used;
        filled_ -= used;
        tokens_->clear();
    }
    void reserve(Index text) {
        const auto needed = static_cast<std::size_t>(Tokens::lead + text + 1 + Tokens::padding);
        if (buffer_.size() < needed) buffer_.resize(needed + needed / 8);
    }

    /// Reads on until there are wanted.size() rows, or some and the window is full.
    void fill(const CsvTable& table, RowRange wanted) {
        const Index most = table.tuning().window;
        Index want = estimate(table, wanted.size());
        for (;;) {
            if (filled_ > 0)
                tokens_->scan(buffer_.data(), static_cast<std::uint32_t>(Tokens::lead + filled_), wanted.size());
            if (tokens_->rows() == wanted.size()) return;
            if (tokens_->trouble() != Tokens::Trouble::none) {
                if (tokens_->rows() > 0) return;  // it is reported when its row is wanted
                refuse(table);
            }
            if (tokens_->rows() > 0 && filled_ >= most) return;
            if (at_end_) {
                if (tokens_->rows() > 0) return;
                throw table.text().error("a row is missing: the file was changed after it was opened; open it again");
            }
            Index more = std::max(want - filled_, slack);
            if (tokens_->rows() == 0) more = std::max(more, filled_);  // a long row
            if (tokens_->rows() > 0) more = std::min(more, std::max<Index>(most - filled_, slack));
            if (filled_ + more > longest_row)
                throw table.error(first_, offset_, -1, ": the row is longer than " + bytes_to_text(longest_row));
            read(table, more);
            want = filled_ + estimate(table, wanted.size() - tokens_->rows());
        }
    }
    [[nodiscard]] static Index estimate(const CsvTable& table, Index rows) noexcept {
        const Index most = table.tuning().window;
        if (rows > most / table.row_bytes()) return most;
        return std::min(most, rows * table.row_bytes() + rows * table.row_bytes() / 32 + slack);
    }
    void read(const CsvTable& table, Index more) {
        reserve(filled_ + more);
        char* const target = buffer_.data() + Tokens::lead + filled_;
        const Index count = table.text().read(offset_ + filled_, target, more, state_);
        if (table.options().comment != 0) eraser_.erase(target, count);
        filled_ += count;
        if (count == more) return;
        at_end_ = true;
        if (filled_ > 0 && buffer_[static_cast<std::size_t>(Tokens::lead + filled_ - 1)] != '\n')
            buffer_[static_cast<std::size_t>(Tokens::lead + filled_++)] = '\n';
    }

    [[noreturn]] void refuse(const CsvTable& table) const {
        const Index offset = this->offset(tokens_->next());
        if (tokens_->trouble() == Tokens::Trouble::quote)
            throw table.error(first_, offset, -1,
                              std::string(": a ") + table.options().quote + " inside a field; quote the whole field");
        throw table.error(first_, offset, -1,
                          " has " + std::to_string(tokens_->fields()) +
                              (tokens_->fields() == 1 ? " field" : " fields") + ", expected " +
                              std::to_string(table.cols()));
    }

    std::vector<char> buffer_;
    std::unique_ptr<Tokens> tokens_;
    TextFile::State state_;
    CommentEraser eraser_{0, 0};
    Index first_ = 0;
    Index offset_ = 0;  // of the text in the buffer
    Index filled_ = 0;
    bool valid_ = false, at_end_ = false;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
