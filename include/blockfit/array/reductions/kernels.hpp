#ifndef BLOCKFIT_ARRAY_REDUCTIONS_KERNELS_HPP
#define BLOCKFIT_ARRAY_REDUCTIONS_KERNELS_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include <blockfit/array/convert.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/kernels/ordered.hpp>

/// Sums and vectors that reductions are made of. All orders are fixed by the shape of a tile.

namespace blockfit {
inline namespace v1 {
namespace detail {

/// A sum kept in two doubles, so that adding many partial sums loses nothing (Dekker 1971; Neumaier 1974). An infinite
/// or NaN sum stays what it is.
struct DoubleSum {
    double high = 0;
    double low = 0;

    void add(double x) noexcept {
        const double sum = high + x;
        const double shown = sum - high;  // the part of x that is in the sum
        low += (high - (sum - shown)) + (x - shown);
        high = sum;
    }
    void add(const DoubleSum& other) noexcept {
        add(other.high);
        low += other.low;
    }
    [[nodiscard]] double value() const noexcept { return std::isfinite(high) ? high + low : high; }
};

/// The number type of T's size, of which there are vectors.
template <class T>
using LaneOf = std::conditional_t<
    std::floating_point<T>, T,
    std::conditional_t<
        sizeof(T) == 1, std::conditional_t<std::is_signed_v<T>, std::int8_t, std::uint8_t>,
        std::conditional_t<
            sizeof(T) == 2, std::conditional_t<std::is_signed_v<T>, std::int16_t, std::uint16_t>,
            std::conditional_t<sizeof(T) == 4, std::conditional_t<std::is_signed_v<T>, std::int32_t, std::uint32_t>,
                               std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>>>>;

template <class T>
struct VectorType {
    typedef LaneOf<T> type __attribute__((vector_size(16)));
};
/// 16 bytes of T's.
template <class T>
using Vector = typename VectorType<T>::type;
template <class T>
inline constexpr Index lanes_of = 16 / static_cast<Index>(sizeof(T));

template <class T>
[[nodiscard]] inline Vector<T> load_vector(const T* x) noexcept {
    Vector<T> v;
    std::memcpy(&v, x, sizeof v);
    return v;
}
template <class T>
[[nodiscard]] inline Vector<T> fill_vector(LaneOf<T> x) noexcept {
    return Vector<T>{} + x;
}

/// Elements that are summed plainly before they go into a DoubleSum.
inline constexpr Index strip_size = 1024;
/// Rows of a column that are.
inline constexpr Index strip_rows = 256;

/// Calls f(values, n, first) for strips of the elements of X, row after row: n values, the first of which is element
/// number `first`. Strips are cut the same way whether rows are packed or not.
template <class T, class F>
void for_each_strip(MatrixView<const T> X, F f) {
    const Index n = X.rows() * X.cols();
    T packed[strip_size];
    Index row = 0, column = 0;  // of the next element to pack
    for (Index i = 0; i < n; i += strip_size) {
        const Index size = std::min(strip_size, n - i);
        const T* values = X.data() + i;
        if (!X.contiguous()) {
            for (Index k = 0; k < size;) {
                const Index take = std::min(size - k, X.cols() - column);
                std::copy_n(X.row(row).data() + column, take, packed + k);
                k += take;
                column += take;
                if (column == X.cols()) {
                    column = 0;
                    ++row;
                }
            }
            values = packed;
        }
        f(values, size, i);
    }
}

using PairMask = decltype(ordered::Pair{} == ordered::Pair{});

/// Values x and x + 1 of a row, or only x beside a zero, less `shift`; NaN as 0 and counted down if it is to be
/// skipped.
template <bool SkipNan, class Width, class T>
[[nodiscard]] __attribute__((always_inline)) inline ordered::Pair load_pair(const T* x, ordered::Pair shift,
                                                                            PairMask& nans) noexcept {
    ordered::Pair v;
    if constexpr (std::is_same_v<Width, ordered::PairOf>) v = ordered::load(x) - shift;
    else v = ordered::Pair{double(x[0]) - shift[0], 0.0};
    if constexpr (SkipNan) {
        const PairMask is_nan = v != v;
        nans += is_nan;
        v = (ordered::Pair)((PairMask)v & ~is_nan);
    }
    return v;
}

/// The sum of a strip of float or double in eight lanes, each less `shift`, squared if asked to. Without NaN if asked
/// to; their number is added to `nans`.
template <bool SkipNan, bool Square = false, class T>
[[nodiscard]] inline double sum_strip(const T* x, Index n, Index& nans, double shift = 0.0) noexcept {
    PairMask counted{};
    const ordered::Pair shifts{shift, shift};
    const double sum = ordered::sum_lanes(
        n, [&](Index i, auto width) __attribute__((always_inline)) {
            const ordered::Pair v = load_pair<SkipNan, decltype(width)>(x + i, shifts, counted);
            if constexpr (Square) return ordered::mul(v, v);
            else return v;
        });
    if constexpr (SkipNan) nans -= static_cast<Index>(counted[0] + counted[1]);
    return sum;
}

/// Adds the columns of a tile of float or double to `sums`, 8 rows at a time, each less shift[j]; the squares to
/// `squares`. Without squares there is no shift. `work`: a buffer.
template <bool SkipNan, bool Squares, class T>
void sum_columns(MatrixView<const T> X, DoubleSum* sums, Index* nans, std::vector<double>& work,
                 [[maybe_unused]] const double* shift = nullptr, [[maybe_unused]] DoubleSum* squares = nullptr) {
    using ordered::Pair;
    const Index d = X.cols();
    const Index stride = X.row_stride();
    work.resize(static_cast<std::size_t>(Squares ? 2 * d : d));
    double* const sum = work.data();
    // Adds columns j and j + 1, or only j, of `rows` rows from x on.
    const auto add = [&](const T* x, Index j, auto width, auto rows) __attribute__((always_inline)) {
        using Width = decltype(width);
        PairMask nan{};
        const auto accumulate = [](double* to, Pair v) __attribute__((always_inline)) {
            if constexpr (std::is_same_v<Width, ordered::PairOf>) ordered::store(to, ordered::load(to) + v);
            else *to += v[0];
        };
        Pair less{};
        if constexpr (Squares) {
            if constexpr (std::is_same_v<Width, ordered::PairOf>) less = ordered::load(shift + j);
            else less[0] = shift[j];
        }
        const auto get = [&](Index k) __attribute__((always_inline)) {
            return load_pair<SkipNan, Width>(x + k * stride + j, less, nan);
        };
        const auto square = [](Pair p) __attribute__((always_inline)) { return ordered::mul(p, p); };
        if constexpr (rows == 8) {
            const Pair a = get(0), b = get(1), c = get(2), e = get(3), f = get(4), g = get(5), h = get(6), i = get(7);
            accumulate(sum + j, ((a + b) + (c + e)) + ((f + g) + (h + i)));
            if constexpr (Squares)
                accumulate(sum + d + j, ((square(a) + square(b)) + (square(c) + square(e))) +
                                            ((square(f) + square(g)) + (square(h) + square(i))));
        } else {
            const Pair a = get(0);
            accumulate(sum + j, a);
            if constexpr (Squares) accumulate(sum + d + j, square(a));
        }
        if constexpr (SkipNan && !Squares) {
            nans[j] -= static_cast<Index>(nan[0]);
            if constexpr (std::is_same_v<Width, ordered::PairOf>) nans[j + 1] -= static_cast<Index>(nan[1]);
        }
    };
    const auto add_row = [&](const T* x, auto rows) __attribute__((always_inline)) {
        Index j = 0;
        for (; j + 2 <= d; j += 2) add(x, j, ordered::PairOf{}, rows);
        if (j < d) add(x, j, ordered::OneOf{}, rows);
    };
    for (Index begin = 0; begin < X.rows(); begin += strip_rows) {
        const Index end = std::min(begin + strip_rows, X.rows());
        std::fill(work.begin(), work.end(), 0.0);
        Index i = begin;
        for (; i + 8 <= end; i += 8) add_row(X.data() + i * stride, std::integral_constant<Index, 8>{});
        for (; i < end; ++i) add_row(X.data() + i * stride, std::integral_constant<Index, 1>{});
        for (Index j = 0; j < d; ++j) {
            sums[j].add(sum[j]);
            if constexpr (Squares) squares[j].add(sum[d + j]);
        }
    }
}

/// The exact sum of a strip of integers.
template <std::integral T>
[[nodiscard]] inline Int128 sum_strip(const T* x, Index n) noexcept {
    if constexpr (sizeof(T) < 8) {
        // Neighbours are added in lanes of twice the width, which hold the sum of a strip: as unsigned numbers, signed
        // ones moved up by half their range.
        using Narrow = std::make_unsigned_t<LaneOf<T>>;
        using Wide = std::conditional_t<sizeof(T) == 1, std::uint16_t,
                                        std::conditional_t<sizeof(T) == 2, std::uint32_t, std::uint64_t>>;
        constexpr int bits = 8 * sizeof(T);
        constexpr auto half = static_cast<Narrow>(std::is_signed_v<T> ? Narrow(1) << (bits - 1) : 0);
        const Vector<Wide> low = fill_vector<Wide>(static_cast<Narrow>(-1));
        const Vector<Narrow> flip = fill_vector<Narrow>(half);
        Vector<Wide> sums{};
        Index i = 0;
        for (; i + lanes_of<T> <= n; i += lanes_of<T>) {
            Vector<Narrow> narrow;
            std::memcpy(&narrow, x + i, sizeof narrow);
            const auto v = (Vector<Wide>)(narrow ^ flip);
            sums += (v & low) + (v >> bits);
        }
        std::int64_t sum = -i * static_cast<std::int64_t>(half);
        for (Index k = 0; k < lanes_of<Wide>; ++k) sum += static_cast<std::int64_t>(sums[k]);
        for (; i < n; ++i) sum += static_cast<std::int64_t>(x[i]);
        return sum;
    } else {
        Int128 a = 0, b = 0;
        Index i = 0;
        for (; i + 2 <= n; i += 2) {
            a += x[i];
            b += x[i + 1];
        }
        return i < n ? a + b + x[i] : a + b;
    }
}
template <std::integral T>
void sum_columns(MatrixView<const T> X, Int128* sums) {
    for (Index i = 0; i < X.rows(); ++i) {
        const T* const x = X.row(i).data();
        for (Index j = 0; j < X.cols(); ++j) sums[j] += x[j];
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
