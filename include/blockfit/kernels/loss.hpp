#ifndef BLOCKFIT_KERNELS_LOSS_HPP
#define BLOCKFIT_KERNELS_LOSS_HPP

#include <array>
#include <cmath>
#include <string_view>

#include <blockfit/core/error.hpp>
#include <blockfit/kernels/ordered.hpp>

namespace blockfit {
inline namespace v1 {

/// Losses L(p, y) of the linear models: p the decision value, y the target (-1 or +1 for classifiers).
enum class Loss {
    hinge,
    perceptron,
    squared_hinge,
    log_loss,
    modified_huber,
    squared_error,
    huber,
    epsilon_insensitive,
    squared_epsilon_insensitive
};
constexpr std::array<std::string_view, 9> enum_names(Loss) {
    return {"hinge",         "perceptron", "squared_hinge",       "log_loss", "modified_huber",
            "squared_error", "huber",      "epsilon_insensitive", "squared_epsilon_insensitive"};
}

/// Each has value(p, y) = L and slope(p, y) = dL/dp; `bounded` ones have slopes within [-1, 1]. The closed sides of the cut-offs are scikit-learn's: hinge and
/// perceptron still have a slope at the margin itself.
namespace loss {

/// Hinge with margin 1, perceptron with margin 0.
struct Hinge {
    double margin;
    static constexpr bool bounded = true;
    [[nodiscard]] double value(double p, double y) const noexcept {
        const double m = ordered::mul(p, y);
        return m <= margin ? margin - m : 0.0;
    }
    [[nodiscard]] double slope(double p, double y) const noexcept { return ordered::mul(p, y) <= margin ? -y : 0.0; }
};

struct SquaredHinge {
    static constexpr bool bounded = false;
    [[nodiscard]] static double value(double p, double y) noexcept {
        const double z = 1.0 - ordered::mul(p, y);
        return z > 0 ? ordered::mul(z, z) : 0.0;
    }
    [[nodiscard]] static double slope(double p, double y) noexcept {
        const double z = 1.0 - ordered::mul(p, y);
        return z > 0 ? -2.0 * y * z : 0.0;
    }
};

struct LogLoss {
    static constexpr bool bounded = true;
    [[nodiscard]] static double value(double p, double y) noexcept {
        const double m = ordered::mul(p, y);
        if (m > 18) return ordered::exp(-m);
        if (m < -18) return -m;
        return ordered::log(1.0 + ordered::exp(-m));
    }
    [[nodiscard]] static double slope(double p, double y) noexcept {
        const double m = ordered::mul(p, y);
        if (m > 18) return -y * ordered::exp(-m);
        if (m < -18) return -y;
        return -y / (ordered::exp(m) + 1.0);
    }
};

struct ModifiedHuber {
    static constexpr bool bounded = false;
    [[nodiscard]] static double value(double p, double y) noexcept {
        const double m = ordered::mul(p, y);
        if (m >= 1) return 0.0;
        if (m < -1) return -4.0 * m;
        return ordered::mul(1.0 - m, 1.0 - m);
    }
    [[nodiscard]] static double slope(double p, double y) noexcept {
        const double m = ordered::mul(p, y);
        if (m >= 1) return 0.0;
        if (m < -1) return -4.0 * y;
        return -2.0 * (1.0 - m) * y;
    }
};

struct SquaredError {
    static constexpr bool bounded = false;
    [[nodiscard]] static double value(double p, double y) noexcept { return 0.5 * (p - y) * (p - y); }
    [[nodiscard]] static double slope(double p, double y) noexcept { return p - y; }
};

struct Huber {
    double epsilon;
    static constexpr bool bounded = false;
    [[nodiscard]] double value(double p, double y) const noexcept {
        const double r = p - y;
        const double a = std::abs(r);
        return a <= epsilon ? 0.5 * r * r : ordered::mul(epsilon, a) - ordered::mul(0.5 * epsilon, epsilon);
    }
    [[nodiscard]] double slope(double p, double y) const noexcept {
        const double r = p - y;
        return std::abs(r) <= epsilon ? r : std::copysign(epsilon, r);
    }
};

struct EpsilonInsensitive {
    double epsilon;
    static constexpr bool bounded = true;
    [[nodiscard]] double value(double p, double y) const noexcept {
        const double r = std::abs(y - p) - epsilon;
        return r > 0 ? r : 0.0;
    }
    [[nodiscard]] double slope(double p, double y) const noexcept {
        return y - p > epsilon ? -1.0 : p - y > epsilon ? 1.0 : 0.0;
    }
};

struct SquaredEpsilonInsensitive {
    double epsilon;
    static constexpr bool bounded = false;
    [[nodiscard]] double value(double p, double y) const noexcept {
        const double r = std::abs(y - p) - epsilon;
        return r > 0 ? ordered::mul(r, r) : 0.0;
    }
    [[nodiscard]] double slope(double p, double y) const noexcept {
        const double r = y - p;
        return r > epsilon ? -2.0 * (r - epsilon) : -r > epsilon ? 2.0 * (-r - epsilon) : 0.0;
    }
};

/// Calls f with the loss that `name` selects, so that the choice is made once a block.
template <class F>
decltype(auto) dispatch(Loss name, double epsilon, F f) {
    switch (name) {
        case Loss::hinge: return f(Hinge{1.0});
        case Loss::perceptron: return f(Hinge{0.0});
        case Loss::squared_hinge: return f(SquaredHinge{});
        case Loss::log_loss: return f(LogLoss{});
        case Loss::modified_huber: return f(ModifiedHuber{});
        case Loss::squared_error: return f(SquaredError{});
        case Loss::huber: return f(Huber{epsilon});
        case Loss::epsilon_insensitive: return f(EpsilonInsensitive{epsilon});
        case Loss::squared_epsilon_insensitive: return f(SquaredEpsilonInsensitive{epsilon});
    }
    throw ParameterError("unknown loss");
}

}  // namespace loss
}  // namespace v1
}  // namespace blockfit

#endif
