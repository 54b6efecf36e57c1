#ifndef BLOCKFIT_EXEC_SETTINGS_HPP
#define BLOCKFIT_EXEC_SETTINGS_HPP

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include <blockfit/core/error.hpp>

namespace blockfit {
inline namespace v1 {

namespace literals {
/// 512_MiB: bytes.
consteval Index operator""_KiB(unsigned long long n) { return static_cast<Index>(n) << 10; }
consteval Index operator""_MiB(unsigned long long n) { return static_cast<Index>(n) << 20; }
consteval Index operator""_GiB(unsigned long long n) { return static_cast<Index>(n) << 30; }
}  // namespace literals

/// Stops what runs under Settings that hold a copy of it. Safe from any thread and from a signal handler.
class CancelToken {
public:
    void cancel() const noexcept { flag_->store(true, std::memory_order_relaxed); }
    [[nodiscard]] bool cancelled() const noexcept { return flag_->load(std::memory_order_relaxed); }

private:
    std::shared_ptr<std::atomic<bool>> flag_ = std::make_shared<std::atomic<bool>>(false);
};

struct SettingsParams {
    /// Threads to use; 0: as outside this scope, at first all that oneTBB allows.
    int threads = 0;
    /// Bytes that blocks in flight may take; 0: as outside this scope, at first (threads + 1) blocks.
    Index memory_limit = 0;
    /// Stops the runs of this scope with Cancelled.
    std::optional<CancelToken> cancel{};
};

/// Settings for the scope and the thread in which it lives, like dask.config.set; inner scopes win. They are read when
/// a computation runs, not when a lazy array is made. Throws ParameterError if a number is negative.
class Settings {
public:
    explicit Settings(SettingsParams params) : outer_(current()) {
        detail::require_parameter(params.threads >= 0, "Settings",
                                  "threads is " + std::to_string(params.threads) + ", expected at least 0");
        detail::require_parameter(params.memory_limit >= 0, "Settings",
                                  "memory_limit is " + std::to_string(params.memory_limit) + ", expected at least 0");
        if (params.threads == 0) params.threads = outer_.threads;
        if (params.memory_limit == 0) params.memory_limit = outer_.memory_limit;
        if (!params.cancel) params.cancel = outer_.cancel;
        current() = params;
    }
    ~Settings() { current() = outer_; }
    Settings(const Settings&) = delete;
    Settings& operator=(const Settings&) = delete;

    /// What holds for the calling thread.
    [[nodiscard]] static SettingsParams& current() {
        thread_local SettingsParams params;
        return params;
    }

private:
    SettingsParams outer_;
};

}  // namespace v1
}  // namespace blockfit

#endif
