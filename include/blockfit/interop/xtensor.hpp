#ifndef BLOCKFIT_INTEROP_XTENSOR_HPP
#define BLOCKFIT_INTEROP_XTENSOR_HPP

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

// 0.26 moved the headers into folders.
#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/containers/xtensor.hpp>
#include <xtensor/core/xnoalias.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>
#endif

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>

/// xtensor's containers, adaptors and strided views as they are, without a copy: row-major ones of two dimensions
/// wherever a matrix is wanted, those of one dimension wherever y or weights are. The number of dimensions of an
/// xt::xarray shows at run time only; the wrong one throws ShapeError.

namespace blockfit {
inline namespace v1 {
namespace detail {

template <class D>
void is_xtensor(const xt::xexpression<D>*);

/// Any xtensor expression of numbers.
template <class E>
concept XTensor = requires(const E* e) {
    is_xtensor(e);
    requires std::is_arithmetic_v<typename E::value_type>;
};
/// -1 if it shows at run time only.
template <class E>
inline constexpr auto xtensor_dimension = xt::static_dimension<typename E::shape_type>::value;
template <class E>
concept XTensorMatrix = XTensor<E> && (xtensor_dimension<E> == 2 || xtensor_dimension<E> == -1);
template <class E>
concept XTensorVector = XTensor<E> && (xtensor_dimension<E> == 1 || xtensor_dimension<E> == -1);

/// Has it addresses, unlike a + b?
template <class E>
concept XTensorInMemory = requires(const E& e) {
    { e.data() + e.data_offset() } -> std::convertible_to<const typename E::value_type*>;
    e.strides()[0];
};

/// Adaptors of other people's memory, and views of what is not a part of the view, own nothing.
template <class E>
inline constexpr bool xtensor_owning = true;
template <class Storage, std::size_t N, xt::layout_type L, class Tag>
inline constexpr bool xtensor_owning<xt::xtensor_adaptor<Storage&, N, L, Tag>> = false;
template <class P, class A, std::size_t N, xt::layout_type L, class Tag>
inline constexpr bool xtensor_owning<xt::xtensor_adaptor<xt::xbuffer_adaptor<P, xt::no_ownership, A>, N, L, Tag>> = false;
template <class Storage, xt::layout_type L, class Shape, class Tag>
inline constexpr bool xtensor_owning<xt::xarray_adaptor<Storage&, L, Shape, Tag>> = false;
template <class P, class A, xt::layout_type L, class Shape, class Tag>
inline constexpr bool xtensor_owning<xt::xarray_adaptor<xt::xbuffer_adaptor<P, xt::no_ownership, A>, L, Shape, Tag>> = false;
template <class E, class... Slices>
inline constexpr bool xtensor_owning<xt::xview<E, Slices...>> = !std::is_reference_v<E> && xtensor_owning<E>;

/// An allocator of our own makes a type of our own of the adaptor below.
template <class T>
struct XTensorBlockAllocator : std::allocator<T> {
    using std::allocator<T>::allocator;
    template <class U>
    struct rebind {
        using other = XTensorBlockAllocator<U>;
    };
};
/// The rows that functions given to xt_map see.
template <class T>
using XTensorBlock = xt::xtensor_adaptor<xt::xbuffer_adaptor<const T*, xt::no_ownership, XTensorBlockAllocator<T>>, 2,
                                         xt::layout_type::row_major>;

template <class E>
constexpr void require_xtensor_in_memory() {
    static_assert(XTensorInMemory<E>, "blockfit: this xtensor expression has no values in memory; evaluate it with xt::eval first");
}

/// view() of any E. T is const or not.
template <class T, class E>
[[nodiscard]] MatrixView<T> xtensor_view(E& e) {
    using Plain = std::remove_const_t<E>;
    require_xtensor_in_memory<Plain>();
    static_assert(Plain::static_layout != xt::layout_type::column_major,
                  "blockfit: a block is row-major, this xtensor matrix is column-major; copy it: xt::xtensor<T, 2> rows = matrix");
    if constexpr (XTensorInMemory<Plain>) {
        require_same("xtensor matrix", "number of dimensions", static_cast<Index>(e.dimension()), 2);
        const auto rows = static_cast<Index>(e.shape()[0]);
        const auto cols = static_cast<Index>(e.shape()[1]);
        // The stride along a dimension of length 1 is 0.
        const Index inner = cols > 1 ? static_cast<Index>(e.strides()[1]) : 1;
        const Index outer = rows > 1 ? static_cast<Index>(e.strides()[0]) : cols;
        if (inner != 1)
            throw ShapeError(mismatch("xtensor matrix", "distance between two values of a row", inner, 1) +
                             "; copy it: xt::xtensor<T, 2> rows = matrix");
        if (outer < cols)
            throw ShapeError(mismatch("xtensor matrix", "distance between two rows", outer, cols) + " or more");
        return {e.data() + e.data_offset(), rows, cols, outer};
    } else {
        return {};
    }
}

}  // namespace detail

template <detail::XTensorMatrix M>
struct MatrixTraits<M> {
    using value_type = std::remove_const_t<typename M::value_type>;
    static constexpr bool owning = detail::xtensor_owning<M>;
    static MatrixView<const value_type> view(const M& m) { return detail::xtensor_view<const value_type>(m); }
    static MatrixView<value_type> view(M& m)
        requires requires {
            { m.data() } -> std::same_as<value_type*>;
        }
    {
        return detail::xtensor_view<value_type>(m);
    }
    static M make(Index rows, Index cols)
        requires(detail::xtensor_owning<M> && requires(const typename M::shape_type& shape) { M(shape); })
    {
        return M(typename M::shape_type{static_cast<std::size_t>(rows), static_cast<std::size_t>(cols)});
    }
};

/// Throws ShapeError if the values are not side by side, as in a column of a matrix.
template <detail::XTensorVector V>
struct VectorTraits<V> {
    using value_type = std::remove_const_t<typename V::value_type>;
    static constexpr bool owning = detail::xtensor_owning<V>;
    static std::span<const value_type> view(const V& v) { return view_as<const value_type>(v); }
    static std::span<value_type> view(V& v)
        requires requires {
            { v.data() } -> std::same_as<value_type*>;
        }
    {
        return view_as<value_type>(v);
    }
    static V make(Index n)
        requires(detail::xtensor_owning<V> && requires(const typename V::shape_type& shape) { V(shape); })
    {
        return V(typename V::shape_type{static_cast<std::size_t>(n)});
    }

private:
    template <class T>
    static std::span<T> view_as(auto& v) {
        detail::require_xtensor_in_memory<V>();
        if constexpr (detail::XTensorInMemory<V>) {
            detail::require_same("xtensor vector", "number of dimensions", static_cast<Index>(v.dimension()), 1);
            if (const auto stride = static_cast<Index>(v.strides()[0]); v.size() > 1 && stride != 1)
                throw ShapeError(detail::mismatch("xtensor vector", "distance between two values", stride, 1) +
                                 "; copy it: xt::xtensor<T, 1> values = vector");
            return {v.data() + v.data_offset(), static_cast<std::size_t>(v.size())};
        } else {
            return {};
        }
    }
};
/// Nothing else is a vector, though it may look like one to the primary template.
template <class E>
    requires(detail::XTensor<E> && !detail::XTensorVector<E>)
struct VectorTraits<E> {};

}  // namespace v1
}  // namespace blockfit

// Expressions keep a block by value, so that a function given to xt_map may take it by value.
namespace xtl {
template <class T>
struct closure_type<blockfit::detail::XTensorBlock<T>&> {
    using type = blockfit::detail::XTensorBlock<T>;
};
template <class T>
struct closure_type<const blockfit::detail::XTensorBlock<T>&> {
    using type = blockfit::detail::XTensorBlock<T>;
};
template <class T>
struct const_closure_type<blockfit::detail::XTensorBlock<T>&> {
    using type = blockfit::detail::XTensorBlock<T>;
};
template <class T>
struct const_closure_type<const blockfit::detail::XTensorBlock<T>&> {
    using type = blockfit::detail::XTensorBlock<T>;
};
}  // namespace xtl

namespace blockfit {
inline namespace v1 {

/// A view as a row-major xtensor adaptor of two dimensions, not copied. Throws ShapeError unless the rows lie side by
/// side.
template <class T>
[[nodiscard]] auto as_xtensor(MatrixView<T> view) {
    if (!view.contiguous())
        throw ShapeError(detail::mismatch("as_xtensor", "row_stride", view.row_stride(), view.cols()) +
                         "; copy the rows first: Matrix<T>(view)");
    const std::array<std::size_t, 2> shape{static_cast<std::size_t>(view.rows()), static_cast<std::size_t>(view.cols())};
    return xt::adapt<xt::layout_type::row_major>(view.data(), shape[0] * shape[1], xt::no_ownership(), shape);
}
template <class T>
[[nodiscard]] auto as_xtensor(Matrix<T>& m) {
    return as_xtensor(m.view());
}
template <class T>
[[nodiscard]] auto as_xtensor(const Matrix<T>& m) {
    return as_xtensor(m.view());
}
template <class T>
void as_xtensor(const Matrix<T>&&) = delete;  // a temporary: the result would dangle

namespace detail {


/// Contiguous rows as a block.
template <class T>
[[nodiscard]] XTensorBlock<T> xtensor_block(MatrixView<const T> rows) {
    const std::array<std::size_t, 2> shape{static_cast<std::size_t>(rows.rows()), static_cast<std::size_t>(rows.cols())};
    return XTensorBlock<T>(typename XTensorBlock<T>::storage_type(rows.data(), shape[0] * shape[1]), shape);
}

/// Evaluates f(block), an xtensor expression, straight to `out`.
template <class T, class U, class F>
struct XTensorMap {
    F f;
    void operator()(MatrixView<const T> in, MatrixView<U> out) const {
        if (!in.contiguous()) return (*this)(MatrixView<const T>(Matrix<T>(in)), out);
        if (!out.contiguous()) {
            Matrix<U> packed(out.rows(), out.cols());
            (*this)(in, packed.view());
            for (Index i = 0; i < out.rows(); ++i) std::ranges::copy(packed.row(i), out.row(i).begin());
            return;
        }
        const auto block = xtensor_block(in);
        auto&& expression = f(block);
        check(expression, in.rows(), out.cols());
        if constexpr (xtensor_dimension<std::remove_cvref_t<decltype(expression)>> == 1) {
            auto target = xt::adapt(out.data(), static_cast<std::size_t>(out.rows()), xt::no_ownership(),
                                    std::array{static_cast<std::size_t>(out.rows())});
            xt::noalias(target) = expression;
        } else {
            auto target = as_xtensor(out);
            xt::noalias(target) = expression;
        }
    }
    /// Has the expression a row for each of `rows`, and `cols` columns?
    static void check(const auto& expression, Index rows, Index cols) {
        const auto dimension = static_cast<Index>(expression.dimension());
        constexpr auto fixed = xtensor_dimension<std::remove_cvref_t<decltype(expression)>>;
        require_same("xt_map", "number of dimensions of the expression", dimension, fixed == 1 ? 1 : 2);
        require_same("xt_map", "number of rows of the expression", static_cast<Index>(expression.shape()[0]), rows);
        if (fixed != 1) require_same("xt_map", "number of columns of the expression", static_cast<Index>(expression.shape()[1]), cols);
    }
};

/// The array of f(block), by rows or by blocks. f is tried on one row of zeros for the number of columns of its result.
template <bool ByRows, class T, class F>
[[nodiscard]] auto xt_map_array(const ChunkedMatrix<T>& X, F f) {
    using Expression = std::remove_cvref_t<std::invoke_result_t<const F&, const XTensorBlock<T>&>>;
    static_assert(XTensor<Expression>, "xt_map: the function must return an xtensor expression of numbers");
    using U = std::remove_const_t<typename Expression::value_type>;
    constexpr bool vector = xtensor_dimension<Expression> == 1;
    const Matrix<T> one(1, X.cols());
    const auto block = xtensor_block(one.view());
    Index cols = 1;
    {
        auto&& expression = f(block);
        if (!vector && expression.dimension() == 2) cols = static_cast<Index>(expression.shape()[1]);
        XTensorMap<T, U, F>::check(expression, 1, cols);
    }
    using Map = XTensorMap<T, U, F>;
    using Result = std::conditional_t<vector, ChunkedVector<U>, ChunkedMatrix<U>>;
    if constexpr (ByRows)
        return Result(std::make_shared<RowMap<U, T, Map>>(X.source(), cols, "xt_map", Map{std::move(f)}), X.plan());
    else return Result(std::make_shared<BlockMap<U, T, Map>>(X.source(), X.plan(), cols, Map{std::move(f)}), X.plan());
}

}  // namespace detail

/// The rows that an xtensor expression makes of the rows of X, lazily: xt_map(X, [](const auto& x) { return xt::log1p(x); }).
/// x is a row-major block of some rows; f must return an expression of it, with as many rows, that treats each row alone.
/// It is evaluated straight into the result while the rows are in cache. An expression of one dimension, such as
/// xt::sum(x, {1}), gives a ChunkedVector.
///
/// Throws ShapeError, before any work, if the expression has not one row for each of x.
template <class T, class F>
[[nodiscard]] auto xt_map(const ChunkedMatrix<T>& X, F f) {
    return detail::xt_map_array<true>(X, std::move(f));
}
/// The same for an f that looks at a whole block at once, such as x - xt::mean(x, {0}).
template <class T, class F>
[[nodiscard]] auto xt_map_blocks(const ChunkedMatrix<T>& X, F f) {
    return detail::xt_map_array<false>(X, std::move(f));
}

}  // namespace v1
}  // namespace blockfit

#endif
