#ifndef BLOCKFIT_ARRAY_REDUCTIONS_EXTREMUM_HPP
#define BLOCKFIT_ARRAY_REDUCTIONS_EXTREMUM_HPP

#include <algorithm>
#include <concepts>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/reductions/kernels.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix_view.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Which extremum, and what of it.
struct ExtremumKind {
    bool max = false;
    bool skip_nan = false;
    bool index = false;
};

inline constexpr ExtremumKind smallest{};
inline constexpr ExtremumKind largest{.max = true};

/// The extremum of the elements so far. The first NaN ends the search unless NaN is skipped.
template <class T>
struct Extremum {
    T value{};
    Index at = -1;  ///< its number; -1: no element so far. Without `index` of one element of no meaning.
    bool nan = false;
};

template <class T, ExtremumKind Kind>
struct ExtremumOf {
    using Lane = LaneOf<T>;
    using V = Vector<T>;
    /// Is NaN looked for? By a sum, which is NaN if there is one; or if there are two infinities, then it is looked for
    /// in vain.
    static constexpr bool look_for_nan = std::floating_point<T> && !Kind.skip_nan;
    /// What every element is better than, or equal to.
    static constexpr Lane worst() {
        using Limits = std::numeric_limits<Lane>;
        if constexpr (std::floating_point<T>) return Kind.max ? -Limits::infinity() : Limits::infinity();
        else return Kind.max ? Limits::min() : Limits::max();
    }
    template <class X>
    [[nodiscard]] static auto better(X a, X b) noexcept {
        if constexpr (Kind.max) return a > b;
        else return a < b;
    }
    /// NaN, as `a`, is passed over.
    [[nodiscard]] static V best(V a, V b) noexcept {
        if constexpr (Kind.max) return a > b ? a : b;
        else return a < b ? a : b;
    }

    /// Adds the elements x[0], x[stride], ..., the first of which has number `first` and the others follow in steps of
    /// 1; `most` is their extremum, `nan` whether there may be a NaN.
    static void add(Extremum<T>& sum, const T* x, Index n, Index stride, Index first, Lane most, bool nan) {
        if (sum.nan) return;
        const auto find = [&](auto found) {
            Index i = 0;
            while (i < n && !found(x[i * stride])) ++i;
            return i;
        };
        if (nan) {
            if (const Index i = find([](T v) { return v != v; }); i < n) {
                sum.nan = true;
                sum.at = first + i;
                return;
            }
        }
        if (sum.at < 0 || better(most, static_cast<Lane>(sum.value))) {
            if (Kind.index || sum.at < 0) {
                const Index i = find([&](T v) { return static_cast<Lane>(v) == most; });
                if (i == n) return;  // nothing but NaN
                sum.at = first + i;
            }
            sum.value = static_cast<T>(most);
        }
    }
    /// Adds elements side by side.
    static void add_strip(Extremum<T>& sum, const T* x, Index n, Index first) {
        constexpr Index w = lanes_of<T>;
        V a = fill_vector<T>(worst()), b = a, c = a, d = a;
        V total{};
        Index i = 0;
        for (; i + 4 * w <= n; i += 4 * w) {
            const V p = load_vector(x + i), q = load_vector(x + i + w);
            const V r = load_vector(x + i + 2 * w), s = load_vector(x + i + 3 * w);
            a = best(p, a);
            b = best(q, b);
            c = best(r, c);
            d = best(s, d);
            if constexpr (look_for_nan) total += (p + q) + (r + s);
        }
        for (; i + w <= n; i += w) {
            const V p = load_vector(x + i);
            a = best(p, a);
            if constexpr (look_for_nan) total += p;
        }
        a = best(best(a, b), best(c, d));
        Lane most = worst();
        bool nan = false;
        for (Index k = 0; k < w; ++k) {
            if (better(a[k], most)) most = a[k];
            nan |= total[k] != total[k];
        }
        for (; i < n; ++i) {
            const auto v = static_cast<Lane>(x[i]);
            if (better(v, most)) most = v;
            if constexpr (look_for_nan) nan |= v != v;
        }
        add(sum, x, n, 1, first, most, nan);
    }
    /// Adds the columns of a tile, strip_rows rows at a time. `most` and `totals`: buffers.
    static void add_columns(std::vector<Extremum<T>>& sums, MatrixView<const T> X, Index first_row,
                            std::vector<Lane>& most, std::vector<Lane>& totals) {
        constexpr Index w = lanes_of<T>;
        // The first instruction sets cannot compare integers of 8 bytes side by side.
        constexpr bool by_vector = std::floating_point<T> || sizeof(T) < 8;
        const Index d = X.cols();
        const Index stride = X.row_stride();
        const auto columns = static_cast<std::size_t>(d);
        for (Index begin = 0; begin < X.rows(); begin += strip_rows) {
            const Index end = std::min(begin + strip_rows, X.rows());
            most.assign(columns, worst());
            totals.assign(columns, Lane(0));
            Lane* const best_of = most.data();
            Lane* const total_of = totals.data();
            const auto add_rows = [&](const T* x, auto rows) __attribute__((always_inline)) {
                Index j = 0;
                for (; by_vector && j + w <= d; j += w) {
                    V m, t;
                    std::memcpy(&m, best_of + j, sizeof m);
                    std::memcpy(&t, total_of + j, sizeof t);
                    for (Index k = 0; k < rows; ++k) {
                        const V v = load_vector(x + k * stride + j);
                        m = best(v, m);
                        if constexpr (look_for_nan) t += v;
                    }
                    std::memcpy(best_of + j, &m, sizeof m);
                    if constexpr (look_for_nan) std::memcpy(total_of + j, &t, sizeof t);
                }
                for (; j < d; ++j) {
                    Lane m = best_of[j];
                    for (Index k = 0; k < rows; ++k) {
                        const auto v = static_cast<Lane>(x[k * stride + j]);
                        m = better(v, m) ? v : m;
                        if constexpr (look_for_nan) total_of[j] += v;
                    }
                    best_of[j] = m;
                }
            };
            Index i = begin;
            for (; i + 8 <= end; i += 8) add_rows(X.data() + i * stride, std::integral_constant<Index, 8>{});
            for (; i < end; ++i) add_rows(X.data() + i * stride, std::integral_constant<Index, 1>{});
            for (Index j = 0; j < d; ++j)
                add(sums[static_cast<std::size_t>(j)], X.data() + begin * stride + j, end - begin, stride,
                    first_row + begin, best_of[j], total_of[j] != total_of[j]);
        }
    }
    static void merge(Extremum<T>& total, const Extremum<T>& block) {
        if (total.nan || block.at < 0) return;
        if (block.nan || total.at < 0 || better(static_cast<Lane>(block.value), static_cast<Lane>(total.value)))
            total = block;
    }
    /// The value, NaN if there is none; a zero without its sign. Or the number of the element: throws DataError if all
    /// are NaN.
    [[nodiscard]] static auto value(std::string_view name, const Extremum<T>& sum, ErrorPlace place) {
        if constexpr (Kind.index) {
            if (sum.at < 0) throw DataError(std::string(name) + ": all values are NaN", std::move(place));
            return sum.at;
        } else if constexpr (std::floating_point<T>) {
            return sum.nan || sum.at < 0 ? std::numeric_limits<T>::quiet_NaN() : sum.value + T(0);
        } else {
            return sum.value;
        }
    }
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
