#ifndef BLOCKFIT_CORE_LABELS_HPP
#define BLOCKFIT_CORE_LABELS_HPP

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <blockfit/core/error.hpp>

namespace blockfit {
inline namespace v1 {

/// A class label. Integers, bool and enums of any kind are kept as this.
using Label = std::int64_t;

/// What may be given as a label: integers, bool, enums, and reals that hold whole numbers.
template <class V>
concept LabelValue = std::integral<V> || std::floating_point<V> || std::is_enum_v<V>;

/// `value` as a label. Throws LabelError for NaN, infinity, a fraction, or a number beyond 64 bits.
template <LabelValue V>
[[nodiscard]] Label to_label(V value, Index row = -1) {
    if constexpr (std::is_enum_v<V>) {
        return to_label(static_cast<std::underlying_type_t<V>>(value), row);
    } else if constexpr (std::floating_point<V>) {
        // 2^63 is the first double beyond the range; the comparison is false for NaN.
        if (!(value >= V(-9223372036854775808.0) && value < V(9223372036854775808.0)) ||
            static_cast<V>(static_cast<Label>(value)) != value)
            throw LabelError("unknown label type: got " + std::to_string(value) + ", expected a whole number", {.row = row});
        return static_cast<Label>(value);
    } else {
        // Not std::in_range, which refuses bool and char.
        if constexpr (std::numeric_limits<V>::digits > std::numeric_limits<Label>::digits)
            if (value > static_cast<V>(std::numeric_limits<Label>::max()))
                throw LabelError("label " + std::to_string(value) + " is beyond 64 signed bits", {.row = row});
        return static_cast<Label>(value);
    }
}

namespace detail {

/// The distinct values of `labels`, ascending.
[[nodiscard]] inline std::vector<Label> unique_labels(std::span<const Label> labels) {
    std::vector<Label> classes;
    for (const Label label : labels) {
        // Runs of equal labels and short class lists are the rule, so look before sorting in.
        const auto place = std::ranges::lower_bound(classes, label);
        if (place == classes.end() || *place != label) classes.insert(place, label);
    }
    return classes;
}

[[nodiscard]] inline std::string list(std::span<const Label> labels) {
    std::string text = "{";
    for (const Label label : labels) text += (text.size() > 1 ? ", " : "") + std::to_string(label);
    return text + "}";
}

/// Position of `label` in the ascending `classes`, or -1.
[[nodiscard]] inline Index find_class(std::span<const Label> classes, Label label) noexcept {
    if (classes.size() == 2) return label == classes[0] ? 0 : label == classes[1] ? 1 : -1;
    const auto place = std::ranges::lower_bound(classes, label);
    return place == classes.end() || *place != label ? -1 : place - classes.begin();
}

/// The classes of a partial_fit: `given` on the first call, later `known`, which `given` may repeat in any order. Throws
/// LabelError if none are given on the first call, or others later.
[[nodiscard]] inline std::vector<Label> resolve_classes(std::string_view where, const std::vector<Label>& known,
                                                        std::vector<Label> given) {
    std::ranges::sort(given);
    given.erase(std::unique(given.begin(), given.end()), given.end());
    if (known.empty() && given.empty())
        throw LabelError(std::string(where) + ": classes must be given on the first call, e.g. {.classes = {0, 1}}");
    if (!known.empty() && !given.empty() && given != known)
        throw LabelError(std::string(where) + ": classes is " + list(given) + ", but the first call gave " + list(known));
    return known.empty() ? given : known;
}

/// Throws LabelError, naming the row, at the first label that is not in `classes`.
inline void require_known_labels(std::string_view where, std::span<const Label> classes, std::span<const Label> y) {
    if (classes.size() == 2) {
        // No branch on the label: it could not be predicted.
        Index unknown = 0;
        for (const Label label : y) unknown += Index{label != classes[0]} * Index{label != classes[1]};
        if (unknown == 0) return;
    }
    for (std::size_t i = 0; i < y.size(); ++i)
        if (find_class(classes, y[i]) < 0)
            throw LabelError(std::string(where) + ": label " + std::to_string(y[i]) + " is not in classes " +
                                 list(classes) + "; give all labels in `classes` on the first call",
                             {.row = static_cast<Index>(i)});
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
