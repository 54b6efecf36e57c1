#ifndef BLOCKFIT_ESTIMATOR_VALIDATION_SPLIT_HPP
#define BLOCKFIT_ESTIMATOR_VALIDATION_SPLIT_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <blockfit/core/error.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/random_state.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Shares `draws` among classes in proportion to their counts: rounded down, the rest to the largest remainders, ties
/// broken at random. As scikit-learn's _approximate_mode.
[[nodiscard]] inline std::vector<Index> proportional(const std::vector<Index>& counts, Index draws,
                                                     RandomState& generator) {
    const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), Index{0}));
    std::vector<Index> share;
    std::vector<double> remainder;
    for (const Index count : counts) {
        const double exact = static_cast<double>(count) / total * static_cast<double>(draws);
        share.push_back(static_cast<Index>(std::floor(exact)));
        remainder.push_back(exact - std::floor(exact));
    }
    Index missing = draws - std::accumulate(share.begin(), share.end(), Index{0});
    std::vector<double> values = remainder;
    std::ranges::sort(values, std::greater<>());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    for (const double value : values) {
        if (missing == 0) break;
        std::vector<std::size_t> tied;
        for (std::size_t k = 0; k < remainder.size(); ++k)
            if (remainder[k] == value) tied.push_back(k);
        const Index add = std::min<Index>(std::ssize(tied), missing);
        const std::vector<Index> chosen = generator.permutation(std::ssize(tied));
        for (Index i = 0; i < add; ++i) ++share[tied[static_cast<std::size_t>(chosen[static_cast<std::size_t>(i)])]];
        missing -= add;
    }
    return share;
}

/// Row numbers to train on, and those held out.
struct ValidationSplit {
    std::vector<Index> train;
    std::vector<Index> test;

    /// One flag a row: is it held out?
    [[nodiscard]] std::vector<unsigned char> held_out() const {
        std::vector<unsigned char> flags(train.size() + test.size(), 0);
        for (const Index i : test) flags[static_cast<std::size_t>(i)] = 1;
        return flags;
    }
};

/// Holds out ceil(fraction * n) rows, each class in proportion: scikit-learn's StratifiedShuffleSplit with this
/// generator. `classes` are the distinct labels of y, ascending. Throws DataError if a class has one row only or either
/// part would lack a class.
[[nodiscard]] inline ValidationSplit stratified_split(std::string_view where, std::span<const Label> y,
                                                      std::span<const Label> classes, double fraction,
                                                      RandomState& generator) {
    const Index n = std::ssize(y);
    std::vector<std::vector<Index>> rows(classes.size());
    for (Index i = 0; i < n; ++i)
        rows[static_cast<std::size_t>(find_class(classes, y[static_cast<std::size_t>(i)]))].push_back(i);
    std::vector<Index> counts;
    for (const auto& each : rows) counts.push_back(std::ssize(each));
    const auto n_held_out = static_cast<Index>(std::ceil(fraction * static_cast<double>(n)));
    const Index n_train = n - n_held_out;
    if (*std::ranges::min_element(counts) < 2)
        throw DataError(std::string(where) + ": early_stopping needs at least 2 rows of each class");
    if (n_held_out < std::ssize(classes) || n_train < std::ssize(classes))
        throw DataError(std::string(where) + ": validation_fraction " + std::to_string(fraction) + " of " +
                        std::to_string(n) + " rows leaves too few for " + std::to_string(classes.size()) + " classes");
    const std::vector<Index> train = proportional(counts, n_train, generator);
    std::vector<Index> rest;
    for (std::size_t k = 0; k < counts.size(); ++k) rest.push_back(counts[k] - train[k]);
    const std::vector<Index> held = proportional(rest, n_held_out, generator);
    ValidationSplit split;
    for (std::size_t k = 0; k < rows.size(); ++k) {
        generator.shuffle(std::span(rows[k]));
        const auto cut = rows[k].begin() + train[k];
        split.train.insert(split.train.end(), rows[k].begin(), cut);
        split.test.insert(split.test.end(), cut, cut + held[k]);
    }
    generator.shuffle(std::span(split.train));
    generator.shuffle(std::span(split.test));
    return split;
}

/// Holds out ceil(fraction * n) random rows: scikit-learn's ShuffleSplit with this generator. Throws DataError if no
/// row would be left on either side.
[[nodiscard]] inline ValidationSplit random_split(std::string_view where, Index n, double fraction,
                                                  RandomState& generator) {
    const auto n_held_out = static_cast<Index>(std::ceil(fraction * static_cast<double>(n)));
    if (n_held_out < 1 || n_held_out >= n)
        throw DataError(std::string(where) + ": validation_fraction " + std::to_string(fraction) + " of " +
                        std::to_string(n) + " rows leaves none to train on or none to hold out");
    const std::vector<Index> order = generator.permutation(n);
    return {{order.begin() + n_held_out, order.end()}, {order.begin(), order.begin() + n_held_out}};
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
