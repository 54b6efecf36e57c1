#ifndef BLOCKFIT_TESTS_EXTERN_TEMPLATES_HPP
#define BLOCKFIT_TESTS_EXTERN_TEMPLATES_HPP

/// The templates that are dearest to compile, once for all tests: extern_templates.cpp holds them.

#include <blockfit/kernels/mlp.hpp>
#include <blockfit/kernels/row_groups.hpp>
#include <blockfit/kernels/thin_svd.hpp>

#ifndef BLOCKFIT_TESTS_TEMPLATES
#define BLOCKFIT_TESTS_TEMPLATES extern template
#endif
#define BLOCKFIT_TESTS_OF(T)                                                                                    \
    BLOCKFIT_TESTS_TEMPLATES class blockfit::mlp::Workspace<T>;                                                 \
    BLOCKFIT_TESTS_TEMPLATES void blockfit::multiply(const RowMajor<T>&, Eigen::Map<const RowMajor<T>>,         \
                                                     RowMajor<T>&);                                             \
    BLOCKFIT_TESTS_TEMPLATES void blockfit::multiply_transposed(const RowMajor<T>&, Eigen::Map<const RowMajor<T>>, \
                                                                RowMajor<T>&);                                  \
    BLOCKFIT_TESTS_TEMPLATES blockfit::detail::ColMajor<T> blockfit::detail::triangle(ColMajor<T>&);            \
    BLOCKFIT_TESTS_TEMPLATES blockfit::detail::SquareSvd<T> blockfit::detail::square_svd(std::string_view,      \
                                                                                         const ColMajor<T>&);   \
    BLOCKFIT_TESTS_TEMPLATES blockfit::detail::SquareSvd<T> blockfit::detail::transposed_svd(std::string_view,  \
                                                                                             const ColMajor<T>&);
BLOCKFIT_TESTS_OF(float)
BLOCKFIT_TESTS_OF(double)

#endif
