#ifndef BLOCKFIT_IO_CSV_CATEGORIES_HPP
#define BLOCKFIT_IO_CSV_CATEGORIES_HPP

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/core/error.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Distinct texts, numbered.
class TextSet {
public:
    /// More texts than this, or more bytes of them, are no categories.
    static constexpr Index most = Index{1} << 20;
    static constexpr Index most_bytes = Index{1} << 26;

    [[nodiscard]] bool too_many() const noexcept { return std::ssize(texts_) > most || bytes_ > most_bytes; }

    [[nodiscard]] const std::vector<std::string>& texts() const noexcept { return texts_; }
    /// The number of a text, or -1.
    [[nodiscard]] Index find(std::string_view text) const noexcept {
        if (slots_.empty()) return -1;
        return slots_[slot_of(text)];
    }
    void add(std::string_view text) {
        if (2 * texts_.size() >= slots_.size()) grow();
        std::int32_t& number = slots_[slot_of(text)];
        if (number >= 0) return;
        texts_.emplace_back(text);
        bytes_ += std::ssize(text);
        number = static_cast<std::int32_t>(texts_.size() - 1);
    }
    /// Numbers them in the order of their bytes, which for UTF-8 is that of the code points.
    void sort() {
        std::ranges::sort(texts_);
        fill();
    }

private:
    /// Where the text is, or the free slot for it.
    [[nodiscard]] std::size_t slot_of(std::string_view text) const noexcept {
        std::size_t slot = std::hash<std::string_view>{}(text) & (slots_.size() - 1);
        while (slots_[slot] >= 0 && texts_[static_cast<std::size_t>(slots_[slot])] != text)
            slot = (slot + 1) & (slots_.size() - 1);
        return slot;
    }
    void grow() {
        slots_.resize(std::max<std::size_t>(16, 4 * texts_.size()));
        slots_.resize(std::bit_ceil(slots_.size()));
        fill();
    }
    void fill() {
        std::ranges::fill(slots_, -1);
        for (std::size_t i = 0; i < texts_.size(); ++i) slots_[slot_of(texts_[i])] = static_cast<std::int32_t>(i);
    }

    std::vector<std::string> texts_;
    Index bytes_ = 0;
    std::vector<std::int32_t> slots_;  // numbers, -1: free; a power of two of them
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
