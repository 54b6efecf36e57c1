#ifndef BLOCKFIT_CORE_BOOL_VECTOR_HPP
#define BLOCKFIT_CORE_BOOL_VECTOR_HPP

#include <cstddef>
#include <vector>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// The part of std::vector that Matrix needs, of bools side by side in memory, which std::vector<bool> packs.
class BoolVector {
public:
    BoolVector() = default;
    explicit BoolVector(std::size_t n) : bytes_(n) {}
    BoolVector(const std::vector<bool>& values) : bytes_(values.begin(), values.end()) {}
    operator std::vector<bool>() const { return std::vector<bool>(begin(), end()); }

    void resize(std::size_t n) { bytes_.resize(n); }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    // Nothing but bools is ever written to the bytes.
    [[nodiscard]] bool* data() noexcept { return reinterpret_cast<bool*>(bytes_.data()); }
    [[nodiscard]] const bool* data() const noexcept { return reinterpret_cast<const bool*>(bytes_.data()); }
    [[nodiscard]] bool* begin() noexcept { return data(); }
    [[nodiscard]] bool* end() noexcept { return data() + size(); }
    [[nodiscard]] const bool* begin() const noexcept { return data(); }
    [[nodiscard]] const bool* end() const noexcept { return data() + size(); }
    friend bool operator==(const BoolVector&, const BoolVector&) = default;

private:
    static_assert(sizeof(bool) == 1);
    std::vector<unsigned char> bytes_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
