#ifndef BLOCKFIT_DATASETS_RANDOM_ROWS_HPP
#define BLOCKFIT_DATASETS_RANDOM_ROWS_HPP

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/core/random_state.hpp>

/// What the data sets share whose rows are made when they are read.

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Random numbers by row: `per_row` of them, which depend on the seed, the stream and the row alone. Streams of one
/// seed are independent, so that y need not draw what only X needs.
class RowDraws {
public:
    RowDraws() = default;
    RowDraws(std::uint32_t random_state, std::uint64_t stream, Index per_row)
        : seed_(bits_at(0x64617461'73657473u ^ random_state, stream)), per_row_(static_cast<std::uint64_t>(per_row)) {}
    [[nodiscard]] double uniform(Index row, Index k) const noexcept { return uniform_at(seed_, element(row, k)); }
    /// 0 ... n-1 with equal probability.
    [[nodiscard]] Index below(Index n, Index row, Index k) const noexcept {
        return static_cast<Index>(uniform(row, k) * static_cast<double>(n));
    }
    [[nodiscard]] double normal(Index row, Index k) const noexcept { return normal_quantile(uniform(row, k)); }

private:
    [[nodiscard]] std::uint64_t element(Index row, Index k) const noexcept {
        return static_cast<std::uint64_t>(row) * per_row_ + static_cast<std::uint64_t>(k);
    }
    std::uint64_t seed_ = 0;
    std::uint64_t per_row_ = 1;
};

/// The column of each feature: 0, 1, ... or, shuffled, in a random order.
[[nodiscard]] inline std::vector<Index> column_order(Index n, bool shuffle, RandomState& generator) {
    std::vector<Index> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), Index{0});
    if (shuffle) generator.shuffle(std::span(order));
    return order;
}

/// rows x cols values, uniform in [low, high).
[[nodiscard]] inline Matrix<double> uniform_matrix(Index rows, Index cols, double low, double high,
                                                   RandomState& generator) {
    Matrix<double> values(rows, cols);
    for (double& value : values.values()) value = generator.uniform(low, high);
    return values;
}

/// One number for each of n, or the same for all. Throws ParameterError unless there are n of them, all finite.
[[nodiscard]] inline std::vector<double> numbers_for(const PerFeature& given, Index n, std::string_view where,
                                                     std::string_view name) {
    const std::vector<double>& values = given.values();
    require_parameter(!given.is_list() || std::ssize(values) == n, where,
                      std::string(name) + " has " + std::to_string(values.size()) + " numbers, expected one, or " +
                          std::to_string(n));
    for (const double value : values)
        require_parameter(std::isfinite(value), where,
                          std::string(name) + " is " + std::to_string(value) + ", expected finite numbers");
    return given.is_list() ? values : std::vector<double>(static_cast<std::size_t>(n), values.front());
}

inline void require_at_least(Index least, Index value, std::string_view where, std::string_view name) {
    require_parameter(
        value >= least, where,
        std::string(name) + " is " + std::to_string(value) + ", expected at least " + std::to_string(least));
}
inline void require_finite(double value, std::string_view where, std::string_view name) {
    require_parameter(std::isfinite(value), where,
                      std::string(name) + " is " + std::to_string(value) + ", expected a finite number");
}

/// The matrix whose rows f(first_row, MatrixView<T> out) makes.
template <class T, class F>
[[nodiscard]] ChunkedMatrix<T> generated_matrix(std::string_view name, Index rows, Index cols, Index block_rows, F f) {
    (void)checked_product(checked_product(rows, cols, name), sizeof(T), name);
    return {std::make_shared<FunctionSource<T, F>>(rows, cols, name, std::move(f)),
            plan_for<T>(rows, cols, {.block_rows = block_rows})};
}
/// The vector beside it, in the same blocks.
template <class T, class F>
[[nodiscard]] ChunkedVector<T> generated_vector(std::string_view name, const BlockPlan& plan, F f) {
    return {std::make_shared<FunctionSource<T, F>>(plan.rows(), 1, name, std::move(f)), plan};
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
