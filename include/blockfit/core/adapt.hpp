#ifndef BLOCKFIT_CORE_ADAPT_HPP
#define BLOCKFIT_CORE_ADAPT_HPP

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>

namespace blockfit {
inline namespace v1 {

/// The customisation point for foreign matrices: specialise it for M (without const) with
///     using value_type = ...;
///     static constexpr bool owning = ...;              // does M keep the memory alive itself?
///     static MatrixView<const value_type> view(const M&);
///     static MatrixView<value_type> view(M&);          // if M can be written to
///     static M make(Index rows, Index cols);           // if M can be the result of compute<M>()
/// interop/eigen.hpp and interop/xtensor.hpp do so for row-major matrices.
template <class M>
struct MatrixTraits;

template <class T>
struct MatrixTraits<MatrixView<T>> {
    using value_type = std::remove_const_t<T>;
    static constexpr bool owning = false;
    static constexpr MatrixView<const value_type> view(const MatrixView<T>& m) noexcept { return m; }
    static constexpr MatrixView<value_type> view(MatrixView<T>& m) noexcept
        requires(!std::is_const_v<T>)
    {
        return m;
    }
};

template <class T>
struct MatrixTraits<Matrix<T>> {
    using value_type = T;
    static constexpr bool owning = true;
    static MatrixView<const T> view(const Matrix<T>& m) noexcept { return m.view(); }
    static MatrixView<T> view(Matrix<T>& m) noexcept { return m.view(); }
    static Matrix<T> make(Index rows, Index cols) { return {rows, cols}; }
};

/// A matrix in memory that can be seen as a MatrixView without a copy.
template <class M>
concept MatrixLike = requires(const std::remove_cvref_t<M>& m) {
    typename MatrixTraits<std::remove_cvref_t<M>>::value_type;
    MatrixTraits<std::remove_cvref_t<M>>::view(m);
};

template <MatrixLike M>
using MatrixValue = typename MatrixTraits<std::remove_cvref_t<M>>::value_type;

/// The rows of a foreign matrix, not copied.
template <MatrixLike M>
[[nodiscard]] MatrixView<const MatrixValue<M>> as_view(const M& m) {
    return MatrixTraits<std::remove_cvref_t<M>>::view(m);
}

namespace detail {

template <class V>
struct ContiguousVector {};
/// std::span takes what lies in memory value after value, and nothing else: data() and size() alone do not say so, a
/// column of a row-major matrix may have them too.
template <class V>
    requires requires(const V& v) {
        std::span(v);
        requires std::is_arithmetic_v<typename decltype(std::span(v))::value_type> ||
                     std::is_enum_v<typename decltype(std::span(v))::value_type>;
    }
struct ContiguousVector<V> {
    using value_type = typename decltype(std::span(std::declval<const V&>()))::value_type;
    static constexpr bool owning = !std::ranges::enable_borrowed_range<V>;
    static constexpr std::span<const value_type> view(const V& v) noexcept { return std::span(v); }
    static constexpr std::span<value_type> view(V& v) noexcept
        requires(!std::is_const_v<typename decltype(std::span(v))::element_type>)
    {
        return std::span(v);
    }
    static auto make(Index n)
        requires requires { V(static_cast<std::size_t>(n)); }
    {
        return V(static_cast<std::size_t>(n));
    }
};

}  // namespace detail

/// The customisation point for foreign vectors: specialise it for V (without const) with
///     using value_type = ...;                              // a number or an enum
///     static constexpr bool owning = ...;                  // does V keep the memory alive itself?
///     static std::span<const value_type> view(const V&);
///     static std::span<value_type> view(V&);               // if V can be written to
///     static V make(Index n);                              // if V can be the result of compute<V>()
/// std::vector, std::array, std::span and other contiguous ranges need nothing; interop/eigen.hpp and
/// interop/xtensor.hpp add theirs.
template <class V>
struct VectorTraits : detail::ContiguousVector<V> {};

/// One-dimensional data in memory that can be seen as a std::span without a copy.
template <class V>
concept VectorLike = requires(const std::remove_cvref_t<V>& v) {
    typename VectorTraits<std::remove_cvref_t<V>>::value_type;
    VectorTraits<std::remove_cvref_t<V>>::view(v);
};

template <VectorLike V>
using VectorValue = typename VectorTraits<std::remove_cvref_t<V>>::value_type;

/// The values of a foreign vector, not copied.
template <VectorLike V>
[[nodiscard]] std::span<const VectorValue<V>> as_span(const V& v) {
    return VectorTraits<std::remove_cvref_t<V>>::view(v);
}

/// Sample weights: one number a row, or one number for every row. Does not own; {} means unweighted.
class SampleWeight {
public:
    SampleWeight() = default;
    /// The same weight for every row.
    SampleWeight(double weight) : scalar_(weight), given_(true) {}
    /// One weight a row, not copied.
    template <VectorLike V>
        requires std::same_as<VectorValue<V>, double>
    SampleWeight(const V& weights) : values_(as_span(weights)), given_(true), per_row_(true) {}

    /// Were weights given at all?
    [[nodiscard]] explicit operator bool() const noexcept { return given_; }
    [[nodiscard]] double operator[](Index row) const noexcept {
        return per_row_ ? values_[static_cast<std::size_t>(row)] : scalar_;
    }
    /// The weights of some of the rows.
    [[nodiscard]] SampleWeight rows(Index begin, Index end) const noexcept {
        SampleWeight part = *this;
        if (per_row_) part.values_ = values_.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
        return part;
    }
    /// Throws ShapeError unless there is one weight a row; DataError, naming the row, if one is NaN or infinite.
    void check(std::string_view where, Index rows) const {
        if (per_row_) detail::require_same(where, "length of sample_weight", std::ssize(values_), rows);
        for (Index i = 0; i < (per_row_ ? rows : given_ ? 1 : 0); ++i)
            if (const double w = (*this)[i]; !(w - w == 0.0))
                throw DataError(std::string(where) + ": sample_weight is not finite", {.row = i});
    }

private:
    std::span<const double> values_;
    double scalar_ = 1.0;
    bool given_ = false;
    bool per_row_ = false;
};

/// Labels in memory as int64: borrowed if they are that already, converted once otherwise.
class LabelSpan {
public:
    template <VectorLike V>
    LabelSpan(const V& labels) {
        const auto given = as_span(labels);
        if constexpr (std::same_as<typename decltype(given)::value_type, Label>) {
            labels_ = given;
        } else {
            owned_.reserve(given.size());
            Index row = 0;
            for (const auto label : given) owned_.push_back(to_label(label, row++));
            labels_ = owned_;
        }
    }
    LabelSpan(const LabelSpan&) = delete;
    LabelSpan& operator=(const LabelSpan&) = delete;
    operator std::span<const Label>() const noexcept { return labels_; }
    [[nodiscard]] std::span<const Label> get() const noexcept { return labels_; }

private:
    std::vector<Label> owned_;
    std::span<const Label> labels_;
};

/// Real targets in memory as doubles: borrowed if they are that already, converted once otherwise.
class RealSpan {
public:
    template <VectorLike V>
        requires std::is_arithmetic_v<VectorValue<V>>
    RealSpan(const V& values) {
        const auto given = as_span(values);
        if constexpr (std::same_as<typename decltype(given)::value_type, double>) {
            values_ = given;
        } else {
            owned_.reserve(given.size());
            Index row = 0;
            for (const auto value : given) {
                owned_.push_back(static_cast<double>(value));
                if constexpr (std::integral<typename decltype(given)::value_type> && sizeof(value) == 8)
                    // 2^63 and 2^64, what the largest integers round to, are beyond their types.
                    if (owned_.back() >= 0x1p63 * (std::numeric_limits<typename decltype(given)::value_type>::digits - 62) ||
                        static_cast<typename decltype(given)::value_type>(owned_.back()) != value)
                        throw DataError("target " + std::to_string(value) + " cannot be held exactly by double", {.row = row});
                ++row;
            }
            values_ = owned_;
        }
    }
    RealSpan(const RealSpan&) = delete;
    RealSpan& operator=(const RealSpan&) = delete;
    operator std::span<const double>() const noexcept { return values_; }
    [[nodiscard]] std::span<const double> get() const noexcept { return values_; }

private:
    std::vector<double> owned_;
    std::span<const double> values_;
};

}  // namespace v1
}  // namespace blockfit

#endif
