#ifndef BLOCKFIT_IO_ATOMIC_FILE_HPP
#define BLOCKFIT_IO_ATOMIC_FILE_HPP

#include <atomic>
#include <cerrno>
#include <chrono>
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
        // The time, as processes of two containers may have one number.
        const auto now = std::chrono::system_clock::now().time_since_epoch().count();
        temporary_ = target_ + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(number++) + "-" + std::to_string(now);
        struct stat status {};
        if (::stat(target_.c_str(), &status) != 0) return;
        errno = 0;
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
        if (!synced(temporary_, O_RDWR)) throw error("the data could not be brought to the disk");
        if (overwrite_) {
            if (::rename(temporary_.c_str(), target_.c_str()) != 0) throw error("renaming failed");
        } else {
            // link, unlike rename, fails if the target has appeared meanwhile.
            if (::link(temporary_.c_str(), target_.c_str()) != 0)
                throw error(errno == EEXIST ? "the file exists; set overwrite to replace it"
                                            : "this file system names files only by replacing; set overwrite");
            ::unlink(temporary_.c_str());
        }
        committed_ = true;
        // So that the name survives a crash, where folders can be opened and synced; the file is complete in any case.
        const auto slash = target_.rfind('/');
        (void)synced(slash == target_.npos ? "." : target_.substr(0, slash + 1), O_RDONLY | O_DIRECTORY);
    }

    [[nodiscard]] IoError error(std::string_view what) const {
        const int reason = errno;
        return IoError(where_ + ": " + std::string(what) + (reason != 0 ? std::string(": ") + std::strerror(reason) : ""),
                       {.file = target_});
    }

private:
    [[nodiscard]] static bool synced(const std::string& path, int flags) {
        const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
        if (descriptor < 0) return false;
        const bool ok = ::fsync(descriptor) == 0;
        const int reason = errno;
        ::close(descriptor);
        errno = reason;
        return ok;
    }

    std::string where_;
    std::string target_;
    std::string temporary_;
    bool overwrite_;
    bool committed_ = false;
};

/// An atomic file that is written from its first byte to its last.
class AtomicOutput {
public:
    AtomicOutput(std::string_view where, const std::string& path, bool overwrite) : file_(where, path, overwrite) {
        errno = 0;
        descriptor_ = ::open(file_.temporary().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor_ < 0) throw file_.error("the file cannot be created");
    }
    ~AtomicOutput() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    AtomicOutput(const AtomicOutput&) = delete;
    AtomicOutput& operator=(const AtomicOutput&) = delete;

    void write(std::string_view bytes) {
        while (!bytes.empty()) {
            errno = 0;
            const ssize_t done = ::write(descriptor_, bytes.data(), bytes.size());
            if (done < 0 && errno == EINTR) continue;
            if (done <= 0) throw file_.error("writing failed");
            bytes.remove_prefix(static_cast<std::size_t>(done));
        }
    }
    /// Closes the file and gives it its name.
    void commit() {
        errno = 0;
        if (::close(std::exchange(descriptor_, -1)) != 0) throw file_.error("closing failed");
        file_.commit();
    }

private:
    AtomicFile file_;
    int descriptor_ = -1;
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
