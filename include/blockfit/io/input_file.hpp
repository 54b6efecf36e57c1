#ifndef BLOCKFIT_IO_INPUT_FILE_HPP
#define BLOCKFIT_IO_INPUT_FILE_HPP

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <blockfit/core/error.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// What a file was when it was opened, to notice that somebody wrote to it since.
class FileState {
public:
    FileState() = default;
    /// Of an open file.
    explicit FileState(int descriptor) { known_ = ::fstat(descriptor, &status_) == 0; }

    [[nodiscard]] Index size() const noexcept { return known_ ? static_cast<Index>(status_.st_size) : 0; }
    [[nodiscard]] bool is_directory() const noexcept { return known_ && S_ISDIR(status_.st_mode); }
    [[nodiscard]] bool is_regular() const noexcept { return known_ && S_ISREG(status_.st_mode); }

    /// Throws IoError if size or time of modification are no longer what they were. A file that was replaced by another
    /// of its name is still the one that is open, and unchanged.
    void require_unchanged(int descriptor, std::string_view where, const std::string& path) const {
        const FileState now(descriptor);
        if (!now.known_ || now.status_.st_size != status_.st_size || now.status_.st_mtim.tv_sec != status_.st_mtim.tv_sec ||
            now.status_.st_mtim.tv_nsec != status_.st_mtim.tv_nsec)
            throw IoError(std::string(where) + ": the file was changed after it was opened; let go of its arrays and open it again", {.file = path});
    }

private:
    struct stat status_ {};
    bool known_ = false;
};

/// A file open for reading by several threads at once.
class InputFile {
public:
    /// `where` is for messages: "from_npy". Throws IoError if the file cannot be opened or is none.
    InputFile(std::string_view where, std::string path) : where_(where), path_(std::move(path)) {
        descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe is refused, not waited for
        if (descriptor_ < 0) throw error(std::string("the file cannot be opened: ") + std::strerror(errno));
        state_ = FileState(descriptor_);
        if (!state_.is_regular()) {
            ::close(descriptor_);
            throw error(state_.is_directory() ? "this is a directory" : "this is not a regular file; copy it to one");
        }
    }
    ~InputFile() { ::close(descriptor_); }
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] const std::string& where() const noexcept { return where_; }
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    /// Bytes, when it was opened.
    [[nodiscard]] Index size() const noexcept { return state_.size(); }

    /// Reads bytes [offset, offset + count). Throws IoError if they are not all there, or the file was changed since it
    /// was opened.
    void read(Index offset, std::byte* out, Index count) const {
        require_unchanged();
        while (count > 0) {
            const ssize_t got = ::pread(descriptor_, out, static_cast<std::size_t>(count), offset);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) throw error(std::string("reading failed: ") + std::strerror(errno));
            if (got == 0) throw error("the file ends too early: it was truncated");
            out += got;
            offset += got;
            count -= got;
        }
    }
    void require_unchanged() const { state_.require_unchanged(descriptor_, where_, path_); }

    /// "where: what", with the file's name.
    [[nodiscard]] IoError error(std::string_view what) const {
        return IoError(where_ + ": " + std::string(what), {.file = path_});
    }

private:
    std::string where_;
    std::string path_;
    int descriptor_ = -1;
    FileState state_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
