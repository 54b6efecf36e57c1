#ifndef BLOCKFIT_ESTIMATOR_PARAMS_MIXIN_HPP
#define BLOCKFIT_ESTIMATOR_PARAMS_MIXIN_HPP

#include <string>
#include <string_view>
#include <utility>

#include <blockfit/core/params.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// The parameters of an estimator, by name and all at once.
template <class Self, class Params>
class ParamsMixin {
public:
    explicit ParamsMixin(Params params) : params_(std::move(params)) {}
    [[nodiscard]] const Params& params() const noexcept { return params_; }
    /// Replaces all parameters; the fitted state stays, as in scikit-learn. They are checked by the next fit.
    Self& set_params(Params params) {
        params_ = std::move(params);
        return static_cast<Self&>(*this);
    }
    /// set_param("alpha", "0.001"). Throws ParameterError for an unknown name or a text that is no such value.
    Self& set_param(std::string_view name, std::string_view value) {
        Params changed = params_;
        detail::set_param(changed, Self::class_name, name, value);
        params_ = std::move(changed);
        return static_cast<Self&>(*this);
    }
    /// The same parameters without the fitted state: scikit-learn's clone.
    [[nodiscard]] Self unfitted() const { return Self(params_); }
    /// "StandardScaler(with_mean=false)"
    [[nodiscard]] std::string to_string() const { return describe(Self::class_name, params_); }

private:
    Params params_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
