#ifndef BLOCKFIT_ESTIMATOR_HPP
#define BLOCKFIT_ESTIMATOR_HPP

/// What estimators are made with: mixins that supply every overload for foreign and chunked data from block methods.

#include <blockfit/array/compute.hpp>  // for the lazy results
#include <blockfit/core/concepts.hpp>
#include <blockfit/estimator/classifier_mixin.hpp>
#include <blockfit/estimator/one_pass_fit_mixin.hpp>
#include <blockfit/estimator/options.hpp>
#include <blockfit/estimator/params_mixin.hpp>
#include <blockfit/estimator/regressor_mixin.hpp>
#include <blockfit/estimator/transformer_mixin.hpp>

#endif
