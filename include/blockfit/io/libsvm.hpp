#ifndef BLOCKFIT_IO_LIBSVM_HPP
#define BLOCKFIT_IO_LIBSVM_HPP

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
#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/text/number.hpp>
#include <blockfit/io/text/row_index.hpp>
#include <blockfit/io/text/text_file.hpp>

namespace blockfit {
inline namespace v1 {

struct LibsvmOptions {
    /// The number of the first feature: 1, as LIBSVM has it, or 0 (scikit-learn's zero_based = True).
    Index index_base = 1;
    /// Columns of X; 0: as the largest index says, which takes one more pass over the file when it is opened.
    Index features = 0;
    /// Rows a block; 0: those of 16 MB of X. Fixes what each partial_fit sees.
    Index block_rows = 0;
};

/// What from_libsvm reads. For labels of a classifier: y.astype<Label>().
template <class T>
struct LibsvmData {
    ChunkedMatrix<T> X;
    ChunkedVector<double> y;
};

namespace detail {

/// Reads lines "label index:value index:value ...", by several threads.
class LibsvmReader {
public:
    static constexpr Index most_features = Index{1} << 27;  // rows of 1 GB as double

    LibsvmReader(const std::string& path, const LibsvmOptions& options)
        : text_("from_libsvm", path), base_(options.index_base), features_(options.features) {
        require_parameter(base_ == 0 || base_ == 1, "from_libsvm",
                          "index_base is " + std::to_string(base_) + ", expected 0 or 1");
        require_parameter(features_ >= 0 && features_ <= most_features, "from_libsvm",
                          "features is " + std::to_string(features_) + ", expected 0 (as many as there are) to " +
                              std::to_string(most_features));
        rows_ = RowIndex(text_, {.comment = '#'});
        if (rows_.longest_stretch() > Index{1} << 30) throw text_.error("a line has more than 1 GB");
        if (features_ == 0) count_features();
    }

    [[nodiscard]] Index rows() const noexcept { return rows_.rows(); }
    [[nodiscard]] Index features() const noexcept { return features_; }
    [[nodiscard]] const std::string& path() const noexcept { return text_.path(); }

    /// What a reader keeps.
    struct State {
        TextFile::State file;
        std::vector<char> text;        ///< a window of the text, with room for number_padding
        Index begin = 0, end = 0;      ///< where in `text` the bytes are that are still to be read
        Index text_offset = 0;         ///< in the file, of those behind `end`
        Index next_row = -1;           ///< the row that begins at or after `begin`; -1: none
        Index line = 0;                ///< the line at `begin`
        RowRange labelled{-1, -1};     ///< whose labels these are
        std::vector<double> labels;
    };
    [[nodiscard]] Index state_bytes(Index rows) const noexcept {
        return window_bytes() + number_padding + text_.state_bytes() + rows * static_cast<Index>(sizeof(double));
    }

    /// Rows as a matrix; their labels are kept in `state`.
    template <class T>
    void read(RowRange rows, MatrixView<T> out, State& state) const {
        state.labelled = {-1, -1};  // stays so if a line is refused
        state.labels.resize(static_cast<std::size_t>(rows.size()));
        for_each_row(rows, state, [&](Index i, const char* p, const char* end) {
            T* const row = out.row(i).data();
            std::fill(row, row + features_, T(0));
            state.labels[static_cast<std::size_t>(i)] = read_label(p, end);
            read_features(p, end, features_, [&](Index j, const TextNumber& number) {
                const ParseResult result = to_type(number, row[j]);
                if (result != ParseResult::ok)
                    throw Refusal{result == ParseResult::out_of_range ? "the value is out of range for the type"
                                                                      : "the value is not whole",
                                  number.begin, j};
            });
        });
        state.labelled = rows;
    }
    /// Only the labels, to `state`.
    void read_labels(RowRange rows, State& state) const {
        if (state.labelled == rows) return;
        state.labelled = {-1, -1};
        state.labels.resize(static_cast<std::size_t>(rows.size()));
        for_each_row(rows, state, [&](Index i, const char* p, const char* end) {
            state.labels[static_cast<std::size_t>(i)] = read_label(p, end);
        });
        state.labelled = rows;
    }

private:
    /// What is wrong with a line, and where in it.
    struct Refusal {
        const char* what;
        const char* at;
        Index column = -1;
        bool unsupported = false;
    };

    [[nodiscard]] Index window_bytes() const noexcept {
        return std::min(std::max(Index{1} << 18, rows_.longest_stretch()), text_.size());
    }

    void count_features() {
        if (rows() == 0) return;
        const Index per_block = std::max<Index>((Index{1} << 22) / std::max<Index>(text_.size() / rows(), 1), 1);
        struct Part {
            State state;
            Index features = 0;
        };
        const BlockPass pass{.name = "from_libsvm",
                             .plan = BlockPlan(rows(), per_block),
                             .bytes_per_block = state_bytes(0),
                             .fixed_bytes = state_bytes(0)};
        Index most = 0;
        stream_blocks<Scratch>(
            pass,
            [&](Scratch& scratch, Index, RowRange block) {
                Part& part = scratch.get<Part>(this);
                part.features = 0;
                for_each_row(block, part.state, [&](Index, const char* p, const char* end) {
                    (void)read_label(p, end);
                    read_features(p, end, most_features,
                                  [&](Index j, const TextNumber&) { part.features = std::max(part.features, j + 1); });
                });
            },
            [&](Scratch& scratch, Index, RowRange) { most = std::max(most, scratch.get<Part>(this).features); });
        features_ = most;
    }

    /// f(i, begin, end) for the line of each row, i counting from rows.begin.
    template <class F>
    void for_each_row(RowRange rows, State& state, F f) const {
        if (rows.size() == 0) return;
        const Index window = window_bytes();
        state.text.resize(static_cast<std::size_t>(window + number_padding));
        if (state.next_row != rows.begin) {
            const RowPlace place = rows_.find(rows.begin);
            state.begin = state.end = 0;
            state.text_offset = place.offset;
            state.next_row = place.row;
            state.line = place.line;
        }
        Index row = std::exchange(state.next_row, -1);  // stays so if anything throws
        while (row < rows.end) {
            const char* const begin = state.text.data() + state.begin;
            const auto* end =
                static_cast<const char*>(std::memchr(begin, '\n', static_cast<std::size_t>(state.end - state.begin)));
            if (end == nullptr) {
                if (state.text_offset < text_.size()) {
                    fill(state, window);
                    continue;
                }
                if (state.begin == state.end) throw text_.error("the file ends too early: it was truncated");
                end = state.text.data() + state.end;  // the last line may lack its newline
            }
            const char* p = begin;
            skip_spaces(p, end);
            if (p < end && *p != '#') {
                if (row >= rows.begin) {
                    try {
                        f(row - rows.begin, p, end);
                    } catch (const Refusal& refusal) {
                        refuse(refusal, begin, end, state.line, row - rows.begin);
                    }
                }
                ++row;
            }
            state.begin = std::min<Index>(end - state.text.data() + 1, state.end);
            ++state.line;
        }
        state.next_row = row;
    }
    /// Moves what is left to the start of the window, and reads on behind it.
    void fill(State& state, Index window) const {
        const Index left = state.end - state.begin;
        if (left == window) throw text_.error("a line is longer than it was when the file was opened");
        std::memmove(state.text.data(), state.text.data() + state.begin, static_cast<std::size_t>(left));
        const Index got = text_.read(state.text_offset, state.text.data() + left, window - left, state.file);
        if (got == 0) throw text_.error("the file ends too early: it was truncated");
        state.begin = 0;
        state.end = left + got;
        state.text_offset += got;
        std::memset(state.text.data() + state.end, 0, static_cast<std::size_t>(number_padding));
    }

    [[nodiscard]] static bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r'; }
    static void skip_spaces(const char*& p, const char* end) noexcept {
        while (p < end && is_space(*p)) ++p;
    }
    [[nodiscard]] static bool ends(const char* p, const char* end) noexcept {
        return p == end || is_space(*p) || *p == '#';
    }

    [[nodiscard]] static double read_label(const char*& p, const char* end) {
        TextNumber number;
        const char* const stop = scan_number(p, '.', number);
        if (stop != nullptr && *stop == ',')
            throw Refusal{
                "there are several labels, which is not supported; write one row for each, or a file of indicators", p,
                -1, true};
        double label = 0;
        if (stop == nullptr || !ends(stop, end)) throw Refusal{"the label is not a number", p};
        if (to_type(number, label) != ParseResult::ok) throw Refusal{"the label is out of range", p};
        p = stop;
        return label;
    }
    /// f(column, number) for each "index:value".
    template <class F>
    void read_features(const char* p, const char* end, Index features, F f) const {
        for (Index last = -1;;) {
            skip_spaces(p, end);
            if (p == end || *p == '#') return;
            const char* const token = p;
            Index index = 0;
            for (; static_cast<unsigned char>(*p - '0') < 10; ++p)
                index = std::min(index * 10 + (*p - '0'), 2 * most_features);
            if (p == token || *p != ':') {
                if (std::string_view(token, static_cast<std::size_t>(end - token)).starts_with("qid:"))
                    throw Refusal{"query ids are not supported; remove them", token, -1, true};
                throw Refusal{"expected index:value", token};
            }
            const Index column = index - base_;
            if (column < 0)
                throw Refusal{"index 0, but indices begin at 1; if they begin at 0, set index_base to 0", token};
            if (column <= last) throw Refusal{"the indices must ascend", token};
            if (column >= features) {
                if (features == most_features)
                    throw Refusal{"the index is too large for a matrix with all zeros in it; leave that feature out",
                                  token, -1, true};
                throw Refusal{"the index is beyond the last feature; raise features or check index_base", token};
            }
            last = column;
            TextNumber number;
            ++p;
            const char* const stop = scan_number(p, '.', number);
            if (stop == nullptr || !ends(stop, end)) throw Refusal{"the value is not a number", token, column};
            f(column, number);
            p = stop;
        }
    }

    [[noreturn]] void refuse(const Refusal& refusal, const char* begin, const char* end, Index line, Index row) const {
        const char* from = std::max(begin, refusal.at);
        while (from > begin && !is_space(from[-1])) --from;
        std::string token(from, std::find_if(from, std::min(from + 60, end), is_space));
        for (char& c : token)
            if (c < ' ' || c > '~') c = '?';
        const std::string message =
            "from_libsvm: line " + std::to_string(line) + ": " + refusal.what + ", at \"" + token + "\"";
        ErrorPlace place{.file = path(), .row = row, .column = refusal.column};
        if (refusal.unsupported) throw UnsupportedError(message, std::move(place));
        throw DataError(message, std::move(place));
    }

    TextFile text_;
    RowIndex rows_;
    Index base_;
    Index features_;
};

/// X of a file, or with one column its y.
template <class T, bool Labels>
class LibsvmSource final : public BlockSource<T> {
public:
    explicit LibsvmSource(std::shared_ptr<const LibsvmReader> reader)
        : BlockSource<T>(reader->rows(), Labels ? 1 : reader->features()), reader_(std::move(reader)) {}

    void read(RowRange rows, MatrixView<T> out, Scratch& scratch) const override {
        // One state for both: when X's rows were just read, their labels are there.
        LibsvmReader::State& state = scratch.get<LibsvmReader::State>(reader_.get());
        if constexpr (Labels) {
            reader_->read_labels(rows, state);
            for (Index i = 0; i < rows.size(); ++i) out(i, 0) = state.labels[static_cast<std::size_t>(i)];
        } else {
            reader_->read(rows, out, state);
        }
    }
    Index own_scratch_bytes(Index rows) const override { return reader_->state_bytes(rows); }
    void origins(std::vector<Origin>& list) const override { list.push_back({reader_->path(), {}}); }
    std::string_view name() const noexcept override { return "from_libsvm"; }

private:
    std::shared_ptr<const LibsvmReader> reader_;
};

}  // namespace detail

/// A file in the text format of LIBSVM and SVMlight, as a matrix with all its zeros, and the labels: a line a row,
/// "label index:value index:value ... # comment" with ascending indices; plain or gzip. Lines that are empty or only a
/// comment are no rows. Opening reads the file once to find its rows, and again for the largest index unless
/// options.features says it.
///
/// Throws ParameterError unless index_base is 0 or 1; DataError, with the number of the line, for what is not of that
/// form, then or when it is read: an index that is too large, a value that T cannot hold; UnsupportedError for several
/// labels a row, query ids and indices over 2^27; IoError if the file cannot be read.
template <class T>
[[nodiscard]] LibsvmData<T> from_libsvm(const std::string& path, LibsvmOptions options = {}) {
    static_assert(std::is_arithmetic_v<T> && sizeof(T) <= 8, "from_libsvm<T>: T is double, float, an integer or bool");
    const auto reader = std::make_shared<const detail::LibsvmReader>(path, options);
    const BlockPlan plan(reader->rows(), detail::choose_block_rows(options.block_rows,
                                                                   reader->features() * static_cast<Index>(sizeof(T))));
    return {ChunkedMatrix<T>(std::make_shared<detail::LibsvmSource<T, false>>(reader), plan),
            ChunkedVector<double>(std::make_shared<detail::LibsvmSource<double, true>>(reader), plan)};
}

}  // namespace v1
}  // namespace blockfit

#endif
