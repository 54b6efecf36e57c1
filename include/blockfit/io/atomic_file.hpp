#ifndef BLOCKFIT_IO_ATOMIC_FILE_HPP
#define BLOCKFIT_IO_ATOMIC_FILE_HPP

#include <atomic>
#include <cerrno>
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

/// A file that appears complete or not at all: it is written under another name beside its own and renamed once it is
/// on the disk. Unless commit() was reached, nothing is left.
class AtomicFile {
public:
    /// Throws IoError if the target exists and must not be overwritten, or is a directory.
    AtomicFile(std::string_view where, std::string target, bool overwrite)
        : where_(where), target_(std::move(target)), overwrite_(overwrite) {
        static std::atomic<unsigned> number{0};
        temporary_ = target_ + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(number++);
        struct stat status {};
        if (::stat(target_.c_str(), &status) != 0) return;
        if (S_ISDIR(status.st_mode)) throw error("this is a directory");
        if (!overwrite_) throw error("the file exists; set overwrite to replace it");
    }
    ~AtomicFile() {
        if (!committed_) ::unlink(temporary_.c_str());
    }
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    /// Where to write.
    [[nodiscard]] const std::string& temporary() const noexcept { return temporary_; }
    [[nodiscard]] const std::string& target() const noexcept { return target_; }

    /// Makes the closed temporary file the target. Throws IoError if any step fails.
    void commit() {
        sync(temporary_, O_RDWR);
        if (overwrite_) {
            if (::rename(temporary_.c_str(), target_.c_str()) != 0) throw error("renaming failed");
        } else {
            // link, unlike rename, fails if the target has appeared meanwhile.
            if (::link(temporary_.c_str(), target_.c_str()) != 0) throw error("the file exists; set overwrite to replace it");
            ::unlink(temporary_.c_str());
        }
        committed_ = true;
        const auto slash = target_.rfind('/');
        sync(slash == target_.npos ? "." : target_.substr(0, slash + 1), O_RDONLY | O_DIRECTORY);
    }

    [[nodiscard]] IoError error(std::string_view what) const {
        const int reason = errno;
        return IoError(where_ + ": " + std::string(what) + (reason != 0 ? std::string(": ") + std::strerror(reason) : ""),
                       {.file = target_});
    }

private:
    void sync(const std::string& path, int flags) const {
        const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
        const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
        const IoError failure = error("the data could not be brought to the disk");
        if (descriptor >= 0) ::close(descriptor);
        if (!synced) throw failure;
    }

    std::string where_;
    std::string target_;
    std::string temporary_;
    bool overwrite_;
    bool committed_ = false;
};

/// Do two paths lead to the same file?
[[nodiscard]] inline bool same_file(const std::string& a, const std::string& b) {
    struct stat x {}, y {};
    return ::stat(a.c_str(), &x) == 0 && ::stat(b.c_str(), &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
