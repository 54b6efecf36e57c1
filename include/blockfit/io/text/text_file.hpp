#ifndef BLOCKFIT_IO_TEXT_TEXT_FILE_HPP
#define BLOCKFIT_IO_TEXT_TEXT_FILE_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <blockfit/core/error.hpp>
#include <blockfit/io/input_file.hpp>
#include <blockfit/io/text/gzip_index.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// The text of a file, plain or gzip (by its content, not its name), read at any offset by several threads at once.
///
///     TextFile file("from_libsvm", path);
///     RowIndex index(file, {...});            // row_index.hpp: one pass; of a gzip file, its size is known then
///     TextFile::State state;                  // one a thread: keep it in the Scratch
///     Index got = file.read(offset, out, count, state);
///
/// A file that was changed since it was opened is refused by every read.
class TextFile {
public:
    /// What a reader keeps from one call to the next; of a plain file nothing.
    struct State {
        std::unique_ptr<GzipStream> stream;
    };

    /// `where` is for messages: "from_csv". `spacing` is the text between two points where inflating can begin; it is
    /// doubled as needed to keep their number below GzipIndex::most_points.
    TextFile(std::string_view where, std::string path, Index spacing = Index{1} << 20)
        : file_(where, std::move(path)), gzip_(spacing) {
        std::array<std::byte, 2> start{};
        if (file_.size() < 2) return;
        file_.read(0, start.data(), 2);
        compressed_ = start[0] == std::byte{0x1F} && start[1] == std::byte{0x8B};
    }

    [[nodiscard]] bool compressed() const noexcept { return compressed_; }
    /// Bytes of text. Of a compressed file known after scan().
    [[nodiscard]] Index size() const noexcept { return compressed_ ? gzip_.text_bytes() : file_.size(); }
    [[nodiscard]] const std::string& path() const noexcept { return file_.path(); }
    [[nodiscard]] const std::string& where() const noexcept { return file_.where(); }
    /// "where: what", with the file's name.
    [[nodiscard]] IoError error(std::string_view what) const { return file_.error(what); }

    /// Text bytes [offset, offset + count) as far as there are any; returns how many. Works before scan(), too.
    Index read(Index offset, char* out, Index count, State& state) const {
        if (!compressed_) {
            count = std::clamp<Index>(file_.size() - offset, 0, count);
            file_.read(offset, reinterpret_cast<std::byte*>(out), count);
            return count;
        }
        if (!state.stream) state.stream = std::make_unique<GzipStream>();
        return gzip_.read(file_, offset, out, count, *state.stream);
    }

    /// Of a compressed file: gives the whole text to f(bytes, count) piece by piece, in order, and notes where
    /// inflating can begin later. Serial; while it runs nobody may read. Throws IoError if the file is damaged or
    /// incomplete.
    void scan(const std::function<void(const char*, Index)>& f) { gzip_.scan(file_, f); }

    /// Bytes that a State takes.
    [[nodiscard]] Index state_bytes() const noexcept {
        return compressed_ ? 2 * GzipStream::buffer_bytes + 2 * GzipStream::window_bytes : 0;
    }

private:
    InputFile file_;
    GzipIndex gzip_;
    bool compressed_ = false;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
