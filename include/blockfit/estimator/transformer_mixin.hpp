#ifndef BLOCKFIT_ESTIMATOR_TRANSFORMER_MIXIN_HPP
#define BLOCKFIT_ESTIMATOR_TRANSFORMER_MIXIN_HPP

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/estimator/foreign.hpp>

namespace blockfit {
inline namespace v1 {

/// transform and inverse_transform for data of any kind, from transform(MatrixView, MatrixView) of one block.
template <class Self>
class TransformerMixin {
public:
    /// The transformed rows; float stays float, integers become double.
    template <MatrixLike M>
    [[nodiscard]] auto transform(const M& X) const {
        return apply<false>(X);
    }
    /// Into a matrix of the same element type, n x n_features_out(), which may be X itself.
    template <MatrixLike M, MatrixLike Out>
    void transform(const M& X, Out&& out) const {
        self().transform(as_view(X), MatrixTraits<std::remove_cvref_t<Out>>::view(out));
    }
    /// Lazily: rows are transformed when they are read, by a copy of this estimator as it is now.
    template <class T>
    [[nodiscard]] ChunkedMatrix<detail::Real<T>> transform(const ChunkedMatrix<T>& X) const {
        return lazily<false>(X);
    }
    template <MatrixLike M>
    [[nodiscard]] auto inverse_transform(const M& X) const {
        return apply<true>(X);
    }
    template <MatrixLike M, MatrixLike Out>
    void inverse_transform(const M& X, Out&& out) const {
        self().inverse_transform(as_view(X), MatrixTraits<std::remove_cvref_t<Out>>::view(out));
    }
    template <class T>
    [[nodiscard]] ChunkedMatrix<detail::Real<T>> inverse_transform(const ChunkedMatrix<T>& X) const {
        return lazily<true>(X);
    }
    /// fit(X), then transform(X).
    template <class X>
    [[nodiscard]] auto fit_transform(const X& data) {
        return static_cast<Self&>(*this).fit(data).transform(data);
    }

private:
    [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }
    static constexpr std::string_view name(bool inverse) { return inverse ? "inverse_transform" : "transform"; }

    template <bool Inverse, class In, class Out>
    static void run(const Self& model, In X, Out out) {
        if constexpr (Inverse) model.inverse_transform(X, out);
        else model.transform(X, out);
    }
    template <bool Inverse, class M>
    [[nodiscard]] auto apply(const M& X) const {
        const std::string where = detail::method(Self::class_name, name(Inverse));
        return detail::with_real_view(where, X, [&]<class T>(MatrixView<const T> view) {
            Matrix<T> out(view.rows(), Inverse ? self().n_features_in() : self().n_features_out());
            run<Inverse>(self(), view, out.view());
            return out;
        });
    }
    template <bool Inverse, class T>
    [[nodiscard]] ChunkedMatrix<detail::Real<T>> lazily(const ChunkedMatrix<T>& X) const {
        using R = detail::Real<T>;
        detail::require_same(detail::method(Self::class_name, name(Inverse)), "number of features", X.cols(),
                             Inverse ? self().n_features_out() : self().n_features_in());
        const auto call = [model = std::make_shared<const Self>(self())](MatrixView<const R> in, MatrixView<R> out) {
            run<Inverse>(*model, in, out);
        };
        return {detail::row_map<R>(detail::as_real(X), Inverse ? self().n_features_in() : self().n_features_out(),
                                   name(Inverse), call),
                X.plan()};
    }
};

}  // namespace v1
}  // namespace blockfit

#endif
