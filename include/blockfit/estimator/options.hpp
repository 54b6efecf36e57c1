#ifndef BLOCKFIT_ESTIMATOR_OPTIONS_HPP
#define BLOCKFIT_ESTIMATOR_OPTIONS_HPP

#include <optional>
#include <vector>

#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/labels.hpp>

namespace blockfit {
inline namespace v1 {

struct PartialFitOptions {
    /// All classes that will ever be seen: needed on the first call, may be repeated later.
    std::vector<Label> classes{};
    SampleWeight sample_weight{};
    /// False skips the scan of X for NaN and infinity: for data known to be finite.
    bool check_input = true;
};

struct ChunkedFitOptions {
    /// All classes that will ever be seen, if the estimator was not told before.
    std::vector<Label> classes{};
    /// One weight a row; read beside y.
    std::optional<ChunkedVector<double>> sample_weight{};
};

}  // namespace v1
}  // namespace blockfit

#endif
