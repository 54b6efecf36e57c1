#ifndef BLOCKFIT_ARRAY_REDUCTIONS_HPP
#define BLOCKFIT_ARRAY_REDUCTIONS_HPP

/// numpy's reductions of chunked arrays: lazy, in one parallel pass however many are computed together, and the same
/// bits for any number of threads.
#include <blockfit/array/reductions/counts.hpp>
#include <blockfit/array/reductions/extrema.hpp>
#include <blockfit/array/reductions/histogram.hpp>
#include <blockfit/array/reductions/quantile.hpp>
#include <blockfit/array/reductions/sums.hpp>
#include <blockfit/array/reductions/unique.hpp>
#include <blockfit/array/reductions/variance.hpp>

#endif
