#ifndef BLOCKFIT_IO_HDF5_HANDLE_HPP
#define BLOCKFIT_IO_HDF5_HANDLE_HPP

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <hdf5.h>

#include <blockfit/core/error.hpp>

namespace blockfit {

/// The lock around every call into libhdf5, which is not safe for threads. Programs that call HDF5 themselves while
/// blockfit reads or writes take it too. Exported, and outside the version namespace, so that all parts of a program
/// share the one, even those built with -fvisibility=hidden.
__attribute__((visibility("default"))) inline std::recursive_mutex& hdf5_mutex() {
    static std::recursive_mutex mutex;
    return mutex;
}

inline namespace v1 {
namespace hdf5 {

/// Holds the lock, and keeps libhdf5 from printing its errors, as long as it lives.
class Session {
public:
    Session() : lock_(hdf5_mutex()) {
        H5open();
        H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    }
    ~Session() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

private:
    std::lock_guard<std::recursive_mutex> lock_;
    H5E_auto2_t print_ = nullptr;
    void* data_ = nullptr;
};

/// What libhdf5 says went wrong: the description nearest to the cause.
[[nodiscard]] inline std::string last_error() {
    std::string text;
    const auto keep = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
        if (error->desc != nullptr) *static_cast<std::string*>(out) = error->desc;
        return 0;
    };
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep, &text);
    return text.empty() ? "no reason given" : text;
}

/// An HDF5 identifier, closed under the lock.
class Handle {
public:
    using Close = herr_t (*)(hid_t);
    Handle() = default;
    /// Takes over `id`; throws IoError if it is negative: "FILE: what: HDF5's reason".
    Handle(hid_t id, Close closer, std::string_view what, std::string_view file, std::string_view dataset = {})
        : id_(id), close_(closer) {
        if (id < 0)
            throw IoError(std::string(what) + ": " + last_error(), {.file = std::string(file), .dataset = std::string(dataset)});
    }
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(id_, other.id_);
        std::swap(close_, other.close_);
        return *this;
    }
    ~Handle() {
        if (id_ < 0) return;
        const Session session;
        close_(id_);
    }
    operator hid_t() const noexcept { return id_; }
    /// Closes now and tells whether that worked.
    [[nodiscard]] bool close() {
        const Session session;
        return close_(std::exchange(id_, -1)) >= 0;
    }

private:
    hid_t id_ = -1;
    Close close_ = nullptr;
};

/// Does an open file lack a part of what it had when this program opened it first? libhdf5 checks that only then, and
/// reads zeros behind the end.
[[nodiscard]] inline bool is_truncated(hid_t file, Index bytes) {
    hsize_t known = 0;
    return H5Fget_filesize(file, &known) < 0 || static_cast<hsize_t>(bytes) < known;
}

/// Is this the path of an HDF5 file with a sound start?
[[nodiscard]] inline bool is_hdf5(const std::string& path) {
    const Session session;
    return H5Fis_hdf5(path.c_str()) > 0;
}
/// Is there anything of that name in the file or group?
[[nodiscard]] inline bool has_link(hid_t group, const char* name) {
    const Session session;
    return H5Lexists(group, name, H5P_DEFAULT) > 0;
}

/// Throws IoError if an HDF5 call failed.
inline void require(herr_t status, std::string_view what, std::string_view file, std::string_view dataset = {}) {
    if (status < 0)
        throw IoError(std::string(what) + ": " + last_error(), {.file = std::string(file), .dataset = std::string(dataset)});
}

}  // namespace hdf5
}  // namespace v1
}  // namespace blockfit

#endif
