#ifndef BLOCKFIT_ESTIMATOR_HPP
#define BLOCKFIT_ESTIMATOR_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/array/training_set.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/concepts.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/kernels/ordered.hpp>

/// The mixins: every overload for foreign and chunked data, made from an estimator's block methods.

namespace blockfit {
inline namespace v1 {

struct PartialFitOptions {
    /// All classes that will ever be seen: needed on the first call, may be repeated later.
    std::vector<Label> classes{};
    SampleWeight sample_weight{};
    /// False skips the scan of X for NaN and infinity: for data known to be finite.
    bool check_input = true;
};

struct ChunkedFitOptions {
    /// One weight a row; read beside y.
    std::optional<ChunkedVector<double>> sample_weight{};
};

namespace detail {

/// Floating-point data keeps its type, integers become double.
template <class V>
using Real = std::conditional_t<std::is_same_v<V, float>, float, double>;

/// Calls f(MatrixView<const Real>) on a matrix in memory; integers are converted first.
template <MatrixLike M, class F>
decltype(auto) with_real_view(std::string_view where, const M& X, F f) {
    using V = MatrixValue<M>;
    if constexpr (std::floating_point<V>) {
        return f(as_view(X));
    } else {
        const MatrixView<const V> given = as_view(X);
        Matrix<double> converted(given.rows(), given.cols());
        convert_block(where, given, converted.view());
        return f(std::as_const(converted).view());
    }
}
template <class V>
[[nodiscard]] auto as_real(const ChunkedMatrix<V>& X) {
    return X.template astype<Real<V>>();
}

/// Throws DataError naming row and column of the first value that is NaN or infinite.
template <std::floating_point T>
void require_finite(std::string_view where, MatrixView<const T> X) {
    for (Index i = 0; i < X.rows(); ++i) {
        const std::span<const T> row = X.row(i);
        T sum{};  // x - x is 0 for a finite x and NaN for any other, and NaN stays
        for (const T x : row) sum += x - x;
        if (sum == T(0)) continue;
        for (Index j = 0; j < X.cols(); ++j)
            if (!std::isfinite(row[static_cast<std::size_t>(j)]))
                throw DataError(std::string(where) + ": X holds " +
                                    (std::isnan(row[static_cast<std::size_t>(j)]) ? "NaN" : "infinity") +
                                    ", expected finite values",
                                {.row = i, .column = j});
    }
}

/// A lazy array with the rows of X, made by f(MatrixView<const T>, MatrixView<U>).
template <class U, class T, class F>
[[nodiscard]] auto row_map(const ChunkedMatrix<T>& X, Index cols, std::string_view name, F f) {
    return std::make_shared<RowMap<U, T, F>>(X.source(), cols, name, std::move(f));
}

/// Calls f(span) on the one column of `out`, wherever its rows are.
template <class U, class F>
void with_column(MatrixView<U> out, F f) {
    if (out.contiguous()) return f(std::span<U>(out.data(), static_cast<std::size_t>(out.rows())));
    std::vector<U> column(static_cast<std::size_t>(out.rows()));
    f(std::span<U>(column));
    for (Index i = 0; i < out.rows(); ++i) out(i, 0) = column[static_cast<std::size_t>(i)];
}

[[nodiscard]] inline std::string method(std::string_view class_name, std::string_view name) {
    return std::string(class_name) + "::" + std::string(name);
}

/// The parameters of an estimator, by name and all at once.
template <class Self, class Params>
class ParamsMixin {
public:
    explicit ParamsMixin(Params params) : params_(std::move(params)) {}
    [[nodiscard]] const Params& params() const noexcept { return params_; }
    /// Replaces all parameters; the fitted state stays, as in scikit-learn. They are checked by the next fit.
    Self& set_params(Params params) {
        params_ = std::move(params);
        return static_cast<Self&>(*this);
    }
    /// set_param("alpha", "0.001"). Throws ParameterError for an unknown name or a text that is no such value.
    Self& set_param(std::string_view name, std::string_view value) {
        Params changed = params_;
        detail::set_param(changed, Self::class_name, name, value);
        params_ = std::move(changed);
        return static_cast<Self&>(*this);
    }
    /// The same parameters without the fitted state: scikit-learn's clone.
    [[nodiscard]] Self unfitted() const { return Self(params_); }
    /// "StandardScaler(with_mean=false)"
    [[nodiscard]] std::string to_string() const { return describe(Self::class_name, params_); }

private:
    Params params_;
};

}  // namespace detail

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

/// fit and partial_fit of an estimator that is exact in one parallel pass, from
///     Summary                                              what one block contributes
///     Summary summarise_nothing(Index cols) const
///     void summarise(Summary&, MatrixView<const T> tile, SampleWeight, Work&) const      throws at bad data
///     void absorb(Summary)                                 in block order
///     void check_fit(where, Index rows, Index cols) const  parameters and shapes
template <class Self>
class OnePassFitMixin {
public:
    /// One block, n x d. Throws ShapeError if d differs from earlier blocks, DataError at a bad value; then the
    /// estimator is as before.
    template <MatrixLike M>
    Self& partial_fit(const M& X, SampleWeight sample_weight = {}) {
        return train(self(), "partial_fit", X, sample_weight);
    }
    /// Forgets what was fitted, then partial_fit.
    template <MatrixLike M>
    Self& fit(const M& X, SampleWeight sample_weight = {}) {
        return train(self().unfitted(), "fit", X, sample_weight);
    }
    /// All blocks in one parallel pass; the same bits as a loop of partial_fit over them, for any number of threads.
    template <class T>
    Self& partial_fit(const ChunkedMatrix<T>& X, std::optional<ChunkedVector<double>> sample_weight = {}) {
        return train_chunked(self(), "partial_fit", detail::as_real(X), sample_weight);
    }
    template <class T>
    Self& fit(const ChunkedMatrix<T>& X, std::optional<ChunkedVector<double>> sample_weight = {}) {
        return train_chunked(self().unfitted(), "fit", detail::as_real(X), sample_weight);
    }

private:
    [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }

    template <class M>
    Self& train(Self next, std::string_view name, const M& X, const SampleWeight& weight) {
        const std::string where = detail::method(Self::class_name, name);
        detail::with_real_view(where, X, [&](auto view) {
            next.check_fit(where, view.rows(), view.cols());
            weight.check(where, view.rows());
            typename Self::Summary summary = next.summarise_nothing(view.cols());
            typename Self::Work work;
            detail::for_each_tile({0, view.rows()}, detail::tile_rows(view.cols()), [&](RowRange tile) {
                next.summarise(summary, view.rows(tile), weight.rows(tile.begin, tile.end), work);
            });
            next.absorb(std::move(summary));
        });
        return self() = std::move(next);
    }

    template <class T>
    Self& train_chunked(Self next, std::string_view name, const ChunkedMatrix<T>& X,
                        const std::optional<ChunkedVector<double>>& weight) {
        const std::string where = detail::method(Self::class_name, name);
        next.check_fit(where, X.rows(), X.cols());
        if (weight) detail::require_same(where, "length of sample_weight", weight->size(), X.rows());
        struct Slot {
            Scratch scratch;
            typename Self::Work work;
            typename Self::Summary summary;
        };
        const Index tile_rows = detail::tile_rows(X.cols());
        Index bytes = X.source()->scratch_bytes(tile_rows) + tile_rows * X.row_bytes();
        if (weight) bytes += weight->source()->scratch_bytes(tile_rows) + tile_rows * static_cast<Index>(sizeof(double));
        detail::stream_blocks<Slot>(
            {.name = where, .plan = X.plan(), .bytes_per_block = bytes, .origins = X.origins()},
            [&](Slot& slot, Index, RowRange rows) {
                slot.summary = next.summarise_nothing(X.cols());
                detail::for_each_tile(rows, tile_rows, [&](RowRange tile) {
                    SampleWeight tile_weight;
                    if (weight) {
                        const MatrixView<const double> w = weight->source()->view(tile, slot.scratch);
                        tile_weight = std::span(w.data(), static_cast<std::size_t>(w.rows()));
                        tile_weight.check(where, tile.size());
                    }
                    next.summarise(slot.summary, X.source()->view(tile, slot.scratch), tile_weight, slot.work);
                });
            },
            [&](Slot& slot, Index, RowRange) { next.absorb(std::move(slot.summary)); });
        return self() = std::move(next);
    }
};

/// predict, decision_function, predict_proba, predict_log_proba and score for data of any kind, from the block methods
///     predict(MatrixView, std::span<Label>), decision_function(MatrixView, MatrixView<double>), ...
template <class Self>
class ClassifierMixin {
public:
    /// The class of each row.
    template <MatrixLike M>
    [[nodiscard]] std::vector<Label> predict(const M& X) const {
        std::vector<Label> out(static_cast<std::size_t>(as_view(X).rows()));
        detail::with_real_view(detail::method(Self::class_name, "predict"), X,
                               [&](auto view) { self().predict(view, std::span(out)); });
        return out;
    }
    /// Lazily, like all chunked results: rows are predicted when they are read, by a copy of this estimator as it is now.
    template <class T>
    [[nodiscard]] ChunkedVector<Label> predict(const ChunkedMatrix<T>& X) const {
        require_features("predict", X.cols());
        using R = detail::Real<T>;
        const auto call = [model = copy()](MatrixView<const R> in, MatrixView<Label> out) {
            detail::with_column(out, [&](std::span<Label> column) { model->predict(in, column); });
        };
        return {detail::row_map<Label>(detail::as_real(X), 1, "predict", call), X.plan()};
    }

    /// Signed distances: n x 1 for two classes (above 0 means classes()[1]), n x n_classes otherwise.
    template <class X>
    [[nodiscard]] auto decision_function(const X& data) const {
        return matrix("decision_function", data, n_decisions(),
                      [](const Self& model, auto in, auto out) { model.decision_function(in, out); });
    }
    /// Probabilities, n x n_classes, in the order of classes(). Throws UnsupportedError where the model has none.
    template <class X>
    [[nodiscard]] auto predict_proba(const X& data) const {
        self().require_proba("predict_proba");
        return matrix("predict_proba", data, std::ssize(self().classes()),
                      [](const Self& model, auto in, auto out) { model.predict_proba(in, out); });
    }
    /// The logarithm of predict_proba.
    template <class X>
    [[nodiscard]] auto predict_log_proba(const X& data) const {
        self().require_proba("predict_log_proba");
        return matrix("predict_log_proba", data, std::ssize(self().classes()), [](const Self& model, auto in, auto out) {
            model.predict_proba(in, out);
            for (Index i = 0; i < out.rows(); ++i)
                for (double& p : out.row(i)) p = ordered::log(p);
        });
    }

    /// Accuracy: the (weighted) share of rows whose class is predicted.
    template <MatrixLike M, VectorLike V>
    [[nodiscard]] double score(const M& X, const V& y, SampleWeight sample_weight = {}) const {
        const LabelSpan labels(y);
        return score(from_array(as_view(X)), from_vector(labels.get()),
                     sample_weight ? std::optional(weights(sample_weight, as_view(X).rows())) : std::nullopt);
    }
    /// Over chunked data, in one parallel pass.
    template <class T, class L>
    [[nodiscard]] double score(const ChunkedMatrix<T>& X, const ChunkedVector<L>& y,
                               const std::optional<ChunkedVector<double>>& sample_weight = {}) const {
        const std::string where = detail::method(Self::class_name, "score");
        const ChunkedVector<Label> predicted = predict(X);
        const ChunkedVector<Label> labels = detail::as_labels(y);
        detail::require_same(where, "length of y", y.size(), X.rows());
        if (X.rows() == 0) throw ShapeError(where + ": X has 0 rows, expected at least 1");
        if (sample_weight) detail::require_same(where, "length of sample_weight", sample_weight->size(), X.rows());
        struct Slot {
            Scratch scratch;
            double right = 0.0, all = 0.0;
        };
        double right = 0.0, all = 0.0;
        const Index tile_rows = detail::tile_rows(X.cols());
        const Index bytes = predicted.source()->scratch_bytes(tile_rows) + labels.source()->scratch_bytes(tile_rows) +
                            3 * tile_rows * static_cast<Index>(sizeof(double));
        detail::stream_blocks<Slot>(
            {.name = where, .plan = X.plan(), .bytes_per_block = bytes, .origins = X.origins()},
            [&](Slot& slot, Index, RowRange rows) {
                slot.right = slot.all = 0.0;
                detail::for_each_tile(rows, tile_rows, [&](RowRange tile) {
                    const auto got = predicted.source()->view(tile, slot.scratch);
                    const auto want = labels.source()->view(tile, slot.scratch);
                    MatrixView<const double> weight;
                    if (sample_weight) weight = sample_weight->source()->view(tile, slot.scratch);
                    for (Index i = 0; i < tile.size(); ++i) {
                        const double w = sample_weight ? weight(i, 0) : 1.0;
                        slot.all += w;
                        if (got(i, 0) == want(i, 0)) slot.right += w;
                    }
                });
            },
            [&](Slot& slot, Index, RowRange) {
                right += slot.right;
                all += slot.all;
            });
        return right / all;
    }

private:
    [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }
    [[nodiscard]] std::shared_ptr<const Self> copy() const { return std::make_shared<const Self>(self()); }
    [[nodiscard]] Index n_decisions() const {
        const Index n = std::ssize(self().classes());
        return n == 2 ? 1 : n;
    }
    void require_features(std::string_view name, Index cols) const {
        detail::require_same(detail::method(Self::class_name, name), "number of features", cols, self().n_features_in());
    }
    [[nodiscard]] static ChunkedVector<double> weights(SampleWeight weight, Index rows) {
        return vector_from_function<double>(rows, [weight](Index first, MatrixView<double> out) {
            for (Index i = 0; i < out.rows(); ++i) out(i, 0) = weight[first + i];
        });
    }

    template <MatrixLike M, class F>
    [[nodiscard]] Matrix<double> matrix(std::string_view name, const M& X, Index cols, F f) const {
        return detail::with_real_view(detail::method(Self::class_name, name), X, [&](auto view) {
            Matrix<double> out(view.rows(), cols);
            f(self(), view, out.view());
            return out;
        });
    }
    template <class T, class F>
    [[nodiscard]] ChunkedMatrix<double> matrix(std::string_view name, const ChunkedMatrix<T>& X, Index cols, F f) const {
        require_features(name, X.cols());
        using R = detail::Real<T>;
        const auto call = [model = copy(), f](MatrixView<const R> in, MatrixView<double> out) { f(*model, in, out); };
        return {detail::row_map<double>(detail::as_real(X), cols, name, call), X.plan()};
    }
};

}  // namespace v1
}  // namespace blockfit

#endif
