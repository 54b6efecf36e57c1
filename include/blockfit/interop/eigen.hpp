#ifndef BLOCKFIT_INTEROP_EIGEN_HPP
#define BLOCKFIT_INTEROP_EIGEN_HPP

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <Eigen/Core>

#include <blockfit/array/block_source.hpp>
#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>

/// Eigen matrices, arrays, maps, blocks and vectors as they are, without a copy: row-major ones wherever a matrix is
/// wanted, vectors wherever y or weights are, column-major ones through from_eigen.

namespace blockfit {
inline namespace v1 {
namespace detail {

template <class D>
void is_eigen(const Eigen::DenseBase<D>*);
template <class D>
void is_eigen_plain(const Eigen::PlainObjectBase<D>*);

/// Any dense Eigen object or expression of numbers.
template <class M>
concept EigenDense = requires(const M* m) {
    is_eigen(m);
    requires std::is_arithmetic_v<typename M::Scalar>;
};
template <class M>
concept EigenVector = EigenDense<M> && bool(M::IsVectorAtCompileTime);
/// A vector is not a matrix of one row or column: which of the two is for the caller to say.
template <class M>
concept EigenMatrix = EigenDense<M> && !bool(M::IsVectorAtCompileTime);

/// Has it an address, unlike A + B?
template <class M>
inline constexpr bool eigen_in_memory = (int(M::Flags) & Eigen::DirectAccessBit) != 0;
template <class M>
inline constexpr bool eigen_row_major = bool(M::IsRowMajor) && int(M::InnerStrideAtCompileTime) == 1;

/// Plain objects hold their values; so may a Ref<const M>, made from something that does not fit.
template <class M>
inline constexpr bool eigen_owning = requires(const M* m) { is_eigen_plain(m); };
template <class M, int Options, class Stride>
inline constexpr bool eigen_owning<Eigen::Ref<const M, Options, Stride>> = true;

template <class M>
constexpr void require_eigen_in_memory() {
    static_assert(eigen_in_memory<M>, "blockfit: this Eigen expression has no values in memory; evaluate it into a matrix first");
}

/// view() of any row-major M. T is const or not.
template <class T, class M>
[[nodiscard]] MatrixView<T> eigen_view(M& m) {
    using Plain = std::remove_const_t<M>;
    require_eigen_in_memory<Plain>();
    static_assert(!eigen_in_memory<Plain> || eigen_row_major<Plain>,
                  "blockfit: a block is row-major, this Eigen matrix is not; store it by rows, or use blockfit::from_eigen(M)");
    if constexpr (eigen_in_memory<Plain> && eigen_row_major<Plain>) {
        const Index stride = m.rows() > 1 ? Index{m.outerStride()} : Index{m.cols()};
        if (stride < m.cols()) throw ShapeError(mismatch("Eigen::Map", "outer stride", stride, m.cols()) + " or more");
        return {m.data(), m.rows(), m.cols(), stride};
    } else {
        return {};
    }
}

/// A matrix of any strides, read by rows.
template <class T>
class StridedSource final : public BlockSource<T> {
public:
    StridedSource(const T* data, Index rows, Index cols, Index row_stride, Index col_stride)
        : BlockSource<T>(rows, cols), data_(data), row_stride_(row_stride), col_stride_(col_stride) {}
    void read(RowRange range, MatrixView<T> out, Scratch&) const override {
        // A strip of rows at a time, so that each of its lines of cache, read or written, is still there for all columns.
        constexpr Index strip = 16;
        for (Index first = 0; first < out.rows(); first += strip) {
            const Index last = std::min(first + strip, out.rows());
            for (Index j = 0; j < out.cols(); ++j) {
                const T* from = data_ + (range.begin + first) * row_stride_ + j * col_stride_;
                T* to = out.data() + first * out.row_stride() + j;
                for (Index i = first; i < last; ++i, from += row_stride_, to += out.row_stride()) *to = *from;
            }
        }
    }
    Index own_scratch_bytes(Index) const override { return 0; }
    void origins(std::vector<Origin>&) const override {}
    std::string_view name() const noexcept override { return "from_eigen"; }

private:
    const T* data_;
    Index row_stride_, col_stride_;
};

}  // namespace detail

template <detail::EigenMatrix M>
struct MatrixTraits<M> {
    using value_type = typename M::Scalar;
    static constexpr bool owning = detail::eigen_owning<M>;
    static MatrixView<const value_type> view(const M& m) { return detail::eigen_view<const value_type>(m); }
    static MatrixView<value_type> view(M& m)
        requires(bool(int(M::Flags) & Eigen::LvalueBit))
    {
        return detail::eigen_view<value_type>(m);
    }
    static M make(Index rows, Index cols)
        requires(detail::eigen_owning<M>)
    {
        M m;
        m.resize(rows, cols);
        return m;
    }
};

/// Throws ShapeError if the values are not side by side, as in a column of a row-major matrix.
template <detail::EigenVector V>
struct VectorTraits<V> {
    using value_type = typename V::Scalar;
    static constexpr bool owning = detail::eigen_owning<V>;
    static std::span<const value_type> view(const V& v) { return view_as<const value_type>(v); }
    static std::span<value_type> view(V& v)
        requires(bool(int(V::Flags) & Eigen::LvalueBit))
    {
        return view_as<value_type>(v);
    }
    static V make(Index n)
        requires(detail::eigen_owning<V>)
    {
        V v;
        v.resize(n);
        return v;
    }

private:
    template <class T>
    static std::span<T> view_as(auto& v) {
        detail::require_eigen_in_memory<V>();
        if constexpr (detail::eigen_in_memory<V>) {
            if (v.size() > 1 && v.innerStride() != 1)
                throw ShapeError(detail::mismatch("Eigen vector", "distance between two values", v.innerStride(), 1) +
                                 "; copy it into an Eigen::VectorX first");
            return {v.data(), static_cast<std::size_t>(v.size())};
        } else {
            return {};
        }
    }
};
/// An Eigen matrix of any storage order and strides as a chunked one, not copied: it must outlive what is read from the
/// result. Column-major data is turned into rows tile by tile.
template <class M>
    requires detail::EigenDense<std::remove_cvref_t<M>>
[[nodiscard]] auto from_eigen(M&& m, BlockOptions options = {}) {
    using Plain = std::remove_cvref_t<M>;
    using T = typename Plain::Scalar;
    static_assert(!detail::EigenVector<Plain>, "from_eigen: this is a vector; use blockfit::from_vector(v)");
    static_assert(std::is_lvalue_reference_v<M&&> || !detail::eigen_owning<Plain>,
                  "from_eigen: the matrix is a temporary and the array would dangle; keep it in a variable");
    detail::require_eigen_in_memory<Plain>();
    if constexpr (!detail::EigenMatrix<Plain> || !detail::eigen_in_memory<Plain>) {
        return from_array(MatrixView<const T>(), options);
    } else if constexpr (detail::eigen_row_major<Plain>) {
        return from_array(MatrixTraits<Plain>::view(std::as_const(m)), options);
    } else {
        return ChunkedMatrix<T>(std::make_shared<detail::StridedSource<T>>(m.data(), m.rows(), m.cols(), m.rowStride(),
                                                                           m.colStride()),
                                detail::plan_for<T>(m.rows(), m.cols(), options));
    }
}

/// What as_eigen returns: a row-major Eigen::Map with an outer stride. T may be const.
template <class T>
using EigenView = Eigen::Map<std::conditional_t<std::is_const_v<T>,
                                                const Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>,
                                                Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>,
                             Eigen::Unaligned, Eigen::OuterStride<>>;

/// A view as an Eigen matrix, not copied.
template <class T>
[[nodiscard]] EigenView<T> as_eigen(MatrixView<T> view) {
    return {view.data(), view.rows(), view.cols(), Eigen::OuterStride<>(view.row_stride())};
}
template <class T>
[[nodiscard]] EigenView<T> as_eigen(Matrix<T>& m) {
    return as_eigen(m.view());
}
template <class T>
[[nodiscard]] EigenView<const T> as_eigen(const Matrix<T>& m) {
    return as_eigen(m.view());
}
template <class T>
void as_eigen(const Matrix<T>&&) = delete;  // a temporary: the result would dangle

}  // namespace v1
}  // namespace blockfit

#endif
