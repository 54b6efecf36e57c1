#ifndef BLOCKFIT_KERNELS_SCHEDULE_HPP
#define BLOCKFIT_KERNELS_SCHEDULE_HPP

#include <array>
#include <cmath>
#include <string_view>

#include <blockfit/core/error.hpp>
#include <blockfit/kernels/ordered.hpp>

namespace blockfit {
inline namespace v1 {

/// How the step size of the linear models goes with the clock t, which is 1 at the first row.
enum class LearningRate { constant, optimal, invscaling, adaptive, pa1, pa2 };
constexpr std::array<std::string_view, 6> enum_names(LearningRate) {
    return {"constant", "optimal", "invscaling", "adaptive", "pa1", "pa2"};
}

enum class Penalty { l2, l1, elasticnet, none };
/// `none` is scikit-learn's None object; the text "none" is refused, as there.
constexpr std::array<std::string_view, 4> enum_names(Penalty) { return {"l2", "l1", "elasticnet", "None"}; }

namespace schedule {

/// eta0; also adaptive, between its changes, and the penalty's step of pa1 and pa2.
struct Constant {
    double eta0;
    [[nodiscard]] double operator()(double) const noexcept { return eta0; }
};
/// 1 / (alpha (t0 + t - 1)), t0 = alpha^(-3/4): Bottou's rule with scikit-learn's start.
struct Optimal {
    double alpha;
    double t0;
    explicit Optimal(double a) : alpha(a), t0(1.0 / (std::sqrt(1.0 / std::sqrt(a)) * a)) {}
    [[nodiscard]] double operator()(double t) const noexcept { return 1.0 / ordered::mul(alpha, t0 + t - 1.0); }
};
/// eta0 / t^power_t
struct InverseScaling {
    double eta0;
    double power_t;
    [[nodiscard]] double operator()(double t) const noexcept { return eta0 / ordered::pow(t, power_t); }
};

}  // namespace schedule
}  // namespace v1
}  // namespace blockfit

#endif
