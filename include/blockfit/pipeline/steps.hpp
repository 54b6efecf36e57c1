#ifndef BLOCKFIT_PIPELINE_STEPS_HPP
#define BLOCKFIT_PIPELINE_STEPS_HPP

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <blockfit/core/concepts.hpp>
#include <blockfit/core/fixed_string.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix.hpp>

/// The steps of a pipeline and their names.

namespace blockfit {
inline namespace v1 {

/// An estimator with a name of one's own in a pipeline. Made by step<"scale">(StandardScaler{}).
template <FixedString Name, class E>
struct NamedStep {
    E estimator;
};
template <FixedString Name, class E>
[[nodiscard]] NamedStep<Name, E> step(E estimator) {
    return {std::move(estimator)};
}

namespace detail {

/// The estimator in a step, and the name given to it, empty for none.
template <class S>
struct StepTraits {
    using type = S;
    static constexpr std::string_view name = {};
    static S& get(S& s) { return s; }
    static const S& get(const S& s) { return s; }
};
template <FixedString Name, class E>
struct StepTraits<NamedStep<Name, E>> {
    using type = E;
    static constexpr std::string_view name = Name.view();
    static E& get(NamedStep<Name, E>& s) { return s.estimator; }
    static const E& get(const NamedStep<Name, E>& s) { return s.estimator; }
};

struct StepName {
    std::array<char, 80> text{};
    std::size_t size = 0;
    constexpr void add(char c) { text.at(size++) = c; }
    [[nodiscard]] constexpr std::string_view view() const { return {text.data(), size}; }
};

/// scikit-learn's make_pipeline names: the class name in lower case; if it occurs again, all of them get -1, -2, ...
template <class... S>
[[nodiscard]] constexpr std::array<StepName, sizeof...(S)> step_names() {
    constexpr std::size_t n = sizeof...(S);
    const std::array<std::string_view, n> given{StepTraits<S>::name...};
    const std::array<std::string_view, n> classes{StepTraits<S>::type::class_name...};
    std::array<StepName, n> names{};
    for (std::size_t i = 0; i < n; ++i) {
        if (!given[i].empty()) {
            for (const char c : given[i]) names[i].add(c);
            continue;
        }
        for (const char c : classes[i]) names[i].add(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
        std::size_t same = 0, before = 0;
        for (std::size_t k = 0; k < n; ++k)
            if (given[k].empty() && classes[k] == classes[i]) {
                ++same;
                if (k <= i) ++before;
            }
        if (same == 1) continue;
        names[i].add('-');
        if (before >= 10) names[i].add(static_cast<char>('0' + before / 10));
        names[i].add(static_cast<char>('0' + before % 10));
    }
    return names;
}

template <class... S>
[[nodiscard]] constexpr bool good_step_names() {
    const auto names = step_names<S...>();
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].size == 0 || names[i].view().find("__") != std::string_view::npos) return false;
        for (std::size_t k = 0; k < i; ++k)
            if (names[i].view() == names[k].view()) return false;
    }
    return true;
}

template <class... S>
using LastStep = typename StepTraits<std::tuple_element_t<sizeof...(S) - 1, std::tuple<S...>>>::type;

/// What `fit` of the last step takes besides X and y.
struct NoOptions {};
template <class E>
struct OptionsOf {
    using type = NoOptions;
};
template <class E>
    requires requires { typename E::Options; }
struct OptionsOf<E> {
    using type = typename E::Options;
};

}  // namespace detail

}  // namespace v1
}  // namespace blockfit

#endif
