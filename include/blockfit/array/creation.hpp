#ifndef BLOCKFIT_ARRAY_CREATION_HPP
#define BLOCKFIT_ARRAY_CREATION_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/core/adapt.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Memory of somebody else's, or of `keep`.
template <class T>
class MemorySource final : public BlockSource<T> {
public:
    explicit MemorySource(MatrixView<const T> values, std::shared_ptr<const void> keep = nullptr)
        : BlockSource<T>(values.rows(), values.cols()), values_(values), keep_(std::move(keep)) {}
    void read(RowRange range, MatrixView<T> out, Scratch&) const override {
        const MatrixView<const T> from = values_.rows(range);
        for (Index i = 0; i < from.rows(); ++i) std::ranges::copy(from.row(i), out.row(i).begin());
    }
    MatrixView<const T> view(RowRange range, Scratch& scratch) const override {
        return in_memory() ? values_.rows(range) : BlockSource<T>::view(range, scratch);
    }
    bool in_memory() const noexcept override { return values_.cols() != 1 || values_.row_stride() == 1; }
    Index own_scratch_bytes(Index rows) const override { return in_memory() ? 0 : rows * static_cast<Index>(sizeof(T)); }
    void origins(std::vector<Origin>&) const override {}
    std::string_view name() const noexcept override { return "from_array"; }

private:
    MatrixView<const T> values_;
    std::shared_ptr<const void> keep_;
};

/// f(first_row, MatrixView<T> out).
template <class T, class F>
class FunctionSource final : public BlockSource<T> {
public:
    FunctionSource(Index rows, Index cols, std::string_view name, F f)
        : BlockSource<T>(rows, cols), name_(name), f_(std::move(f)) {}
    void read(RowRange range, MatrixView<T> out, Scratch&) const override { f_(range.begin, out); }
    Index own_scratch_bytes(Index) const override { return 0; }
    void origins(std::vector<Origin>&) const override {}
    std::string_view name() const noexcept override { return name_; }

private:
    std::string_view name_;  // a literal
    F f_;
};

/// Random bits by position, so that a row is the same whatever is read before it: SplitMix64 (Steele, Lea, Flood 2014)
/// of the seed and the number of the element.
[[nodiscard]] inline std::uint64_t bits_at(std::uint64_t seed, std::uint64_t element) noexcept {
    std::uint64_t z = seed * 0xD1342543DE82EF95u + (element + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}
/// In (0, 1), never at either end.
[[nodiscard]] inline double uniform_at(std::uint64_t seed, std::uint64_t element) noexcept {
    return (static_cast<double>(bits_at(seed, element) >> 12) + 0.5) * 0x1p-52;
}

/// The inverse of the normal distribution function, to about 1e-9 (Acklam 2003).
[[nodiscard]] inline double normal_quantile(double p) noexcept {
    constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                            1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
    constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
                            -1.328068155288572e+01};
    constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                            -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
    constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00};
    constexpr double low = 0.02425;
    if (p >= low && p <= 1 - low) {
        const double q = p - 0.5;
        const double r = q * q;
        return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
               (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
    }
    const double q = std::sqrt(-2 * std::log(p < low ? p : 1 - p));
    const double tail = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
                        ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
    return p < low ? tail : -tail;
}

template <class T>
[[nodiscard]] BlockPlan plan_for(Index rows, Index cols, BlockOptions options) {
    return {rows, choose_block_rows(options.block_rows, cols * static_cast<Index>(sizeof(T)))};
}

}  // namespace detail

/// A matrix in memory as a chunked one, not copied: it must outlive what is read from the result. Takes Matrix,
/// MatrixView and, with the interop headers, row-major Eigen and xtensor matrices.
template <MatrixLike M>
[[nodiscard]] ChunkedMatrix<MatrixValue<M>> from_array(M&& m, BlockOptions options = {}) {
    static_assert(std::is_lvalue_reference_v<M&&> || !MatrixTraits<std::remove_cvref_t<M>>::owning,
                  "from_array: the matrix is a temporary and the array would dangle; keep it in a variable");
    using T = MatrixValue<M>;
    const MatrixView<const T> view = as_view(m);
    return {std::make_shared<detail::MemorySource<T>>(view), detail::plan_for<T>(view.rows(), view.cols(), options)};
}
/// A Matrix given away is kept alive by the array.
template <class T>
[[nodiscard]] ChunkedMatrix<T> from_array(Matrix<T>&& m, BlockOptions options = {}) {
    const auto keep = std::make_shared<const Matrix<T>>(std::move(m));
    return {std::make_shared<detail::MemorySource<T>>(keep->view(), keep),
            detail::plan_for<T>(keep->rows(), keep->cols(), options)};
}
/// rows x cols values of a caller's buffer, row_stride (0: cols) elements from row to row, not copied.
template <class T>
[[nodiscard]] ChunkedMatrix<T> from_buffer(const T* data, Index rows, Index cols, BlockOptions options = {},
                                           Index row_stride = 0) {
    detail::require_parameter(rows >= 0 && cols >= 1 && (row_stride == 0 || row_stride >= cols), "from_buffer",
                              "expected rows >= 0, cols >= 1 and row_stride >= cols");
    return from_array(MatrixView<const T>(data, rows, cols, row_stride == 0 ? cols : row_stride), options);
}
/// A vector in memory as a chunked one, not copied: it must outlive what is read from the result.
template <VectorLike V>
[[nodiscard]] ChunkedVector<VectorValue<V>> from_vector(V&& v, BlockOptions options = {}) {
    static_assert(std::is_lvalue_reference_v<V&&> || !VectorTraits<std::remove_cvref_t<V>>::owning,
                  "from_vector: the vector is a temporary and the array would dangle; keep it in a variable");
    using T = VectorValue<V>;
    const std::span<const T> values = as_span(v);
    const Index n = std::ssize(values);
    return {std::make_shared<detail::MemorySource<T>>(MatrixView<const T>(values.data(), n, 1)),
            detail::plan_for<T>(n, 1, options)};
}
/// `size` values of a caller's buffer, `stride` elements from one to the next, not copied: such as a column of a matrix.
template <class T>
[[nodiscard]] ChunkedVector<T> vector_from_buffer(const T* data, Index size, BlockOptions options = {}, Index stride = 1) {
    detail::require_parameter(size >= 0 && stride >= 1, "vector_from_buffer", "expected size >= 0 and stride >= 1");
    return {std::make_shared<detail::MemorySource<T>>(MatrixView<const T>(data, size, 1, stride)),
            detail::plan_for<T>(size, 1, options)};
}

/// Rows made when they are read: f(first_row, MatrixView<T> out) fills rows first_row, first_row + 1, ... It is called
/// on any thread, for any rows, several times for the same ones, and must always give the same.
template <class T, class F>
[[nodiscard]] ChunkedMatrix<T> from_function(Index rows, Index cols, F f, BlockOptions options = {}) {
    detail::require_parameter(rows >= 0 && cols >= 1, "from_function", "expected rows >= 0 and cols >= 1");
    return {std::make_shared<detail::FunctionSource<T, F>>(rows, cols, "from_function", std::move(f)),
            detail::plan_for<T>(rows, cols, options)};
}
/// The same for a vector; `out` has one column.
template <class T, class F>
[[nodiscard]] ChunkedVector<T> vector_from_function(Index rows, F f, BlockOptions options = {}) {
    detail::require_parameter(rows >= 0, "vector_from_function", "expected rows >= 0");
    return {std::make_shared<detail::FunctionSource<T, F>>(rows, 1, "from_function", std::move(f)),
            detail::plan_for<T>(rows, 1, options)};
}

struct RandomOptions {
    std::uint32_t seed = 0;
    Index block_rows = 0;
};

/// Independent values, uniform in (0, 1), made when they are read. A row depends on the seed, its number and the number
/// of columns, not on the blocks. The numbers differ from numpy's, whose streams can only be read in order.
template <std::floating_point T = double>
[[nodiscard]] ChunkedMatrix<T> random_uniform(Index rows, Index cols, RandomOptions options = {}) {
    return from_function<T>(
        rows, cols,
        [seed = options.seed](Index first_row, MatrixView<T> out) {
            for (Index i = 0; i < out.rows(); ++i)
                for (Index j = 0; j < out.cols(); ++j)
                    out(i, j) = std::min(static_cast<T>(detail::uniform_at(
                                             seed, static_cast<std::uint64_t>((first_row + i) * out.cols() + j))),
                                         std::nextafter(T(1), T(0)));  // float would round some to 1
        },
        {.block_rows = options.block_rows});
}
/// Independent values, normal with mean 0 and variance 1; otherwise as random_uniform.
template <std::floating_point T = double>
[[nodiscard]] ChunkedMatrix<T> random_normal(Index rows, Index cols, RandomOptions options = {}) {
    return random_uniform<double>(rows, cols, options)
        .template map_rows<T>([](MatrixView<const double> in, MatrixView<T> out) {
            for (Index i = 0; i < in.rows(); ++i)
                std::ranges::transform(in.row(i), out.row(i).begin(),
                                       [](double p) { return static_cast<T>(detail::normal_quantile(p)); });
        });
}

}  // namespace v1
}  // namespace blockfit

#endif
