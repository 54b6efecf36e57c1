#ifndef BLOCKFIT_CORE_PARAMS_HPP
#define BLOCKFIT_CORE_PARAMS_HPP

#include <charconv>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/core/error.hpp>
#include <blockfit/core/labels.hpp>

/// Parameters as text. One field table per ...Params aggregate serves printing, set_param, saving and replay:
///     static constexpr auto fields() { return std::tuple{field("alpha", &P::alpha), ...}; }
/// Each type of field has one textual form, which reads back to the same value.

namespace blockfit {
inline namespace v1 {

/// Class weights of a classifier: none, a map from label to weight (labels not named weigh 1), or balanced
/// (n / (n_classes * rows of the class), for `fit` only).
struct Balanced {};
inline constexpr Balanced balanced{};

class ClassWeight {
public:
    ClassWeight() = default;
    ClassWeight(Balanced) : balanced_(true) {}
    ClassWeight(std::initializer_list<std::pair<Label, double>> weights) : weights_(weights) {}
    explicit ClassWeight(std::vector<std::pair<Label, double>> weights) : weights_(std::move(weights)) {}

    [[nodiscard]] bool is_balanced() const noexcept { return balanced_; }
    [[nodiscard]] const std::vector<std::pair<Label, double>>& weights() const noexcept { return weights_; }
    friend bool operator==(const ClassWeight&, const ClassWeight&) = default;

private:
    bool balanced_ = false;
    std::vector<std::pair<Label, double>> weights_;
};

/// One number for all features, or one for each.
class PerFeature {
public:
    PerFeature(double value) : values_{value} {}
    PerFeature(std::initializer_list<double> values) : values_(values), list_(true) {}
    explicit PerFeature(std::vector<double> values) : values_(std::move(values)), list_(true) {}

    [[nodiscard]] bool is_list() const noexcept { return list_; }
    /// The one number, or the list.
    [[nodiscard]] const std::vector<double>& values() const noexcept { return values_; }
    friend bool operator==(const PerFeature&, const PerFeature&) = default;

private:
    std::vector<double> values_;
    bool list_ = false;
};

template <class P, class V>
struct Field {
    std::string_view name;
    V P::* member;
};
template <class P, class V>
Field(std::string_view, V P::*) -> Field<P, V>;

namespace detail {

[[noreturn]] inline void bad_value(std::string_view text, std::string_view expected) {
    throw ParameterError("got '" + std::string(text) + "', expected " + std::string(expected));
}

template <class N>
[[nodiscard]] std::string number_to_text(N value) {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    return {buffer, end};
}
template <class N>
[[nodiscard]] N number_from_text(std::string_view text, std::string_view expected) {
    N value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) bad_value(text, expected);
    return value;
}

inline std::string to_text(bool value) { return value ? "true" : "false"; }
inline void from_text(std::string_view text, bool& value) {
    if (text != "true" && text != "false") bad_value(text, "true or false");
    value = text == "true";
}
inline std::string to_text(double value) { return number_to_text(value); }
inline void from_text(std::string_view text, double& value) { value = number_from_text<double>(text, "a number"); }
inline std::string to_text(Index value) { return number_to_text(value); }
inline void from_text(std::string_view text, Index& value) {
    if (text == "true" || text == "false")
        value = text == "true";  // `average` is a bool or a count
    else
        value = number_from_text<Index>(text, "an integer");
}
inline std::string to_text(std::uint32_t value) { return number_to_text(value); }
inline void from_text(std::string_view text, std::uint32_t& value) {
    value = number_from_text<std::uint32_t>(text, "an integer from 0 to 2^32 - 1");
}

/// Enums list their values in scikit-learn's spelling in `enum_names(E)`, found beside the enum, in order from 0.
template <class E>
    requires std::is_enum_v<E>
std::string to_text(E value) {
    return std::string(enum_names(E{})[static_cast<std::size_t>(value)]);
}
template <class E>
    requires std::is_enum_v<E>
void from_text(std::string_view text, E& value) {
    std::string expected = "one of";
    std::size_t i = 0;
    for (const std::string_view name : enum_names(E{})) {
        if (name == text) {
            value = static_cast<E>(i);
            return;
        }
        (expected += i++ == 0 ? " " : ", ") += name;
    }
    bad_value(text, expected);
}

inline std::string to_text(const std::optional<double>& value) { return value ? to_text(*value) : "None"; }
inline void from_text(std::string_view text, std::optional<double>& value) {
    if (text == "None")
        value.reset();
    else
        value = number_from_text<double>(text, "a number or None");
}

inline std::string to_text(const std::optional<Index>& value) { return value ? to_text(*value) : "None"; }
inline void from_text(std::string_view text, std::optional<Index>& value) {
    if (text == "None")
        value.reset();
    else
        value = number_from_text<Index>(text, "an integer or None");
}

/// A type of an estimator's own brings its textual form along.
template <class V>
concept HasText = requires(const V& value, std::string_view text) {
    { value.to_text() } -> std::same_as<std::string>;
    { V::from_text(text) } -> std::same_as<V>;
};
template <HasText V>
std::string to_text(const V& value) {
    return value.to_text();
}
template <HasText V>
void from_text(std::string_view text, V& value) {
    value = V::from_text(text);
}

inline std::string to_text(const std::vector<Label>& labels) { return list(labels); }
inline std::string to_text(const ClassWeight& value) {
    if (value.is_balanced()) return "balanced";
    if (value.weights().empty()) return "None";
    std::string text = "{";
    for (const auto& [label, weight] : value.weights())
        text += (text.size() > 1 ? ", " : "") + number_to_text(label) + ": " + number_to_text(weight);
    return text + "}";
}

/// Calls item("...") for each part of "{a, b, c}".
template <class F>
void for_each_item(std::string_view text, std::string_view expected, F item) {
    if (text.size() < 2 || text.front() != '{' || text.back() != '}') bad_value(text, expected);
    for (std::string_view rest = text.substr(1, text.size() - 2); !rest.empty();) {
        const auto comma = rest.find(", ");
        item(rest.substr(0, comma));
        rest = comma == rest.npos ? std::string_view{} : rest.substr(comma + 2);
    }
}
inline void from_text(std::string_view text, std::vector<Label>& labels) {
    std::vector<Label> read;
    for_each_item(text, "labels as {0, 1}",
                  [&](std::string_view item) { read.push_back(number_from_text<Label>(item, "an integer label")); });
    labels = std::move(read);
}
inline void from_text(std::string_view text, ClassWeight& value) {
    constexpr std::string_view expected = "None, balanced, or {label: weight, ...}";
    if (text == "None") {
        value = {};
    } else if (text == "balanced") {
        value = balanced;
    } else {
        std::vector<std::pair<Label, double>> weights;
        for_each_item(text, expected, [&](std::string_view item) {
            const auto colon = item.find(": ");
            if (colon == item.npos) bad_value(text, expected);
            weights.emplace_back(number_from_text<Label>(item.substr(0, colon), "an integer label"),
                                 number_from_text<double>(item.substr(colon + 2), "a weight"));
        });
        value = ClassWeight(std::move(weights));
    }
}

/// Lists of numbers are "[0.2, 0.8]", an empty one None; the space may be missing.
inline std::string to_text(const std::vector<double>& values) {
    if (values.empty()) return "None";
    std::string text = "[";
    for (const double value : values) text += (text.size() > 1 ? ", " : "") + number_to_text(value);
    return text + "]";
}
inline void from_text(std::string_view text, std::vector<double>& values) {
    constexpr std::string_view expected = "None, or numbers as [0.2, 0.8]";
    std::vector<double> read;
    if (text != "None") {
        if (text.size() < 3 || text.front() != '[' || text.back() != ']') bad_value(text, expected);
        for (std::string_view rest = text.substr(1, text.size() - 2);;) {
            const auto comma = rest.find(',');
            read.push_back(number_from_text<double>(rest.substr(0, comma), expected));
            if (comma == rest.npos) break;
            rest.remove_prefix(comma + 1);
            if (rest.starts_with(' ')) rest.remove_prefix(1);
        }
    }
    values = std::move(read);
}
inline std::string to_text(const std::pair<double, double>& value) { return to_text(std::vector{value.first, value.second}); }
inline void from_text(std::string_view text, std::pair<double, double>& value) {
    std::vector<double> read;
    from_text(text, read);
    if (read.size() != 2) bad_value(text, "two numbers as [0, 1]");
    value = {read[0], read[1]};
}
inline std::string to_text(const PerFeature& value) {
    return value.is_list() ? to_text(value.values()) : number_to_text(value.values().front());
}
inline void from_text(std::string_view text, PerFeature& value) {
    if (!text.starts_with('[')) {
        value = number_from_text<double>(text, "a number, or one a feature as [0.2, 0.8]");
    } else {
        std::vector<double> read;
        from_text(text, read);
        value = PerFeature(std::move(read));
    }
}

/// Calls f(name, value) for each parameter, in scikit-learn's order.
template <class P, class F>
void for_each_param(P& params, F f) {
    std::apply([&](const auto&... field) { (f(field.name, params.*field.member), ...); },
               std::remove_const_t<P>::fields());
}

/// Sets the parameter called `name` from its text. Throws ParameterError, listing the names, if there is none.
template <class P>
void set_param(P& params, std::string_view class_name, std::string_view name, std::string_view text) {
    bool found = false;
    std::string names;
    for_each_param(params, [&](std::string_view each, auto& value) {
        (names += names.empty() ? "" : ", ") += each;
        if (each != name) return;
        found = true;
        try {
            from_text(text, value);
        } catch (const ParameterError& error) {
            throw ParameterError(std::string(class_name) + ": parameter " + std::string(name) + ": " + error.message());
        }
    });
    if (!found)
        throw ParameterError(std::string(class_name) + " has no parameter '" + std::string(name) + "'; it has " +
                             (names.empty() ? "none" : names));
}

/// "SGDClassifier(loss=log_loss, alpha=0.001)": the parameters that differ from their defaults.
template <class P>
[[nodiscard]] std::string describe(std::string_view class_name, const P& params) {
    const P defaults{};
    std::string text(class_name);
    text += '(';
    bool first = true;
    std::apply(
        [&](const auto&... field) {
            [[maybe_unused]] const auto add = [&](const auto& each) {
                if (params.*each.member == defaults.*each.member) return;
                text += first ? "" : ", ";
                text += std::string(each.name) + "=" + to_text(params.*each.member);
                first = false;
            };
            (add(field), ...);
        },
        P::fields());
    return text + ")";
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
