#ifndef BLOCKFIT_NAIVE_BAYES_NAIVE_BAYES_HPP
#define BLOCKFIT_NAIVE_BAYES_NAIVE_BAYES_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/creation.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/array/training_set.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/estimator.hpp>
#include <blockfit/estimator/targets.hpp>
#include <blockfit/kernels/ordered.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// What the naive Bayes classifiers share: training in one parallel pass, and prediction. Self has
///     void check_params(where) const
///     void check_sizes(where, n_classes, Index d) const    parameters against the data, on each call
///     void start_sums(Index d)                             a state of no rows; the classes are known
///     Index features() const                               of that state
///     Summary                                              what one block contributes
///     Summary summarise_nothing(Index d) const
///     void summarise(where, Summary&, MatrixView<const T> tile, groups, SampleWeight, Work&) const
///                                                          groups: the subscript of each row's class; throws at bad data
///     Index summary_values(Index d) const                  numbers in a summary, for the memory limit
///     void absorb(Summary)                                 in block order
///     bool finite() const                                  did no sum overflow?
///     void derive()                                        what prediction needs, from the sums and the parameters
///     void joint(std::span<const T> x, std::span<double> out, Work&) const
template <class Self, class Params>
class NaiveBayes : public ParamsMixin<Self, Params>, public ClassifierMixin<Self> {
public:
    using Options = PartialFitOptions;
    using ParamsMixin<Self, Params>::ParamsMixin;

    // --- training --------------------------------------------------------------------------------------------------

    /// Forgets what was fitted, then learns X (n x d, finite) and n labels; without options.classes the classes are those
    /// of y. On any error the estimator is as before. Throws DataError, LabelError, ShapeError, ParameterError.
    template <std::floating_point T>
    Self& fit(MatrixView<const T> X, std::span<const Label> y, const PartialFitOptions& options = {}) {
        return train("fit", self().unfitted(), options.classes.empty() ? unique_labels(y) : options.classes, X, y, options);
    }
    /// Adds a block, n x d and n labels. The first call needs options.classes. On any error the estimator is as before.
    template <std::floating_point T>
    Self& partial_fit(MatrixView<const T> X, std::span<const Label> y, const PartialFitOptions& options = {}) {
        return train("partial_fit", self(), options.classes, X, y, options);
    }
    /// For data of any other kind in memory.
    template <MatrixLike M, VectorLike V>
    Self& fit(const M& X, const V& y, const PartialFitOptions& options = {}) {
        const LabelSpan labels(y);
        return with_real_view(method(Self::class_name, "fit"), X,
                              [&](auto view) -> Self& { return self().fit(view, labels.get(), options); });
    }
    template <MatrixLike M, VectorLike V>
    Self& partial_fit(const M& X, const V& y, const PartialFitOptions& options = {}) {
        const LabelSpan labels(y);
        return with_real_view(method(Self::class_name, "partial_fit"), X,
                              [&](auto view) -> Self& { return self().partial_fit(view, labels.get(), options); });
    }

    /// All blocks in one parallel pass: the same bits as a loop of partial_fit over them, for any number of threads.
    /// Without options.classes they are found first, in a pass over y. On any error the estimator is as before.
    template <class T, class L>
    Self& fit(const ChunkedMatrix<T>& X, const ChunkedVector<L>& y, const ChunkedFitOptions& options = {}) {
        check_chunked_fit(X, y, options);
        const ChunkedVector<Label> labels = as_labels(y);
        const std::string where = method(Self::class_name, "fit");
        const std::vector<Label> classes = options.classes.empty() ? find_classes(where, labels) : options.classes;
        return train_chunked("fit", self().unfitted(), classes, as_real(X), labels, options);
    }
    /// As fit, but goes on from the present state; the first call needs options.classes.
    template <class T, class L>
    Self& partial_fit(const ChunkedMatrix<T>& X, const ChunkedVector<L>& y, const ChunkedFitOptions& options = {}) {
        return train_chunked("partial_fit", self(), options.classes, as_real(X), as_labels(y), options);
    }
    /// y in memory beside chunked X.
    template <class T, VectorLike V>
    Self& fit(const ChunkedMatrix<T>& X, const V& y, const ChunkedFitOptions& options = {}) {
        return fit(X, chunked_targets<Self>(y), options);
    }
    template <class T, VectorLike V>
    Self& partial_fit(const ChunkedMatrix<T>& X, const V& y, const ChunkedFitOptions& options = {}) {
        return partial_fit(X, chunked_targets<Self>(y), options);
    }

    /// What wrappers check before any work. Throws ParameterError.
    void check_partial_fit(std::string_view where) const { self().check_params(where); }
    /// Also throws ShapeError.
    template <class T, class L>
    void check_chunked_fit(const ChunkedMatrix<T>& X, const ChunkedVector<L>& y, const ChunkedFitOptions& options) const {
        const std::string where = method(Self::class_name, "fit");
        self().check_params(where);
        check_shapes(where, X.rows(), X.cols(), y.size());
        if (options.sample_weight) require_same(where, "length of sample_weight", options.sample_weight->size(), X.rows());
    }

    // --- prediction ------------------------------------------------------------------------------------------------

    /// log P(class) + log P(x | class): n x n_classes. Throws DataError at NaN or infinity.
    template <std::floating_point T>
    void joint_log_likelihood(MatrixView<const T> X, MatrixView<double> out) const {
        each_row("joint_log_likelihood", X, out, [](std::span<double>) {});
    }
    /// The class of the largest joint likelihood, the first of equals.
    template <std::floating_point T>
    void predict(MatrixView<const T> X, std::span<Label> out) const {
        Matrix<double> row(1, fitted() ? std::ssize(classes_) : 0);
        each_row("predict", X, std::ssize(out), [&](Index) { return row.row(0); }, [&](Index i, std::span<double> joint) {
            std::size_t best = 0;
            // Like numpy's argmax, which takes the first NaN for the largest.
            for (std::size_t k = 1; k < joint.size() && !std::isnan(joint[best]); ++k)
                if (!(joint[k] <= joint[best])) best = k;
            out[static_cast<std::size_t>(i)] = classes_[best];
        });
    }
    /// The joint likelihoods of a row less the logarithm of the sum of their exponentials: n x n_classes.
    template <std::floating_point T>
    void predict_log_proba(MatrixView<const T> X, MatrixView<double> out) const {
        each_row("predict_log_proba", X, out, normalise);
    }
    template <std::floating_point T>
    void predict_proba(MatrixView<const T> X, MatrixView<double> out) const {
        each_row("predict_proba", X, out, [](std::span<double> row) {
            normalise(row);
            for (double& p : row) p = ordered::exp(p);
        });
    }
    using ClassifierMixin<Self>::predict;
    using ClassifierMixin<Self>::predict_proba;
    using ClassifierMixin<Self>::predict_log_proba;

    /// For data of any kind: a Matrix, or for chunked X a lazy ChunkedMatrix.
    template <class X>
    [[nodiscard]] auto joint_log_likelihood(const X& data) const {
        return matrix_result<double>(self(), "joint_log_likelihood", data, std::ssize(classes()),
                                     [](const Self& model, auto in, auto out) { model.joint_log_likelihood(in, out); });
    }
    /// There is none, as in scikit-learn: predict_log_proba and joint_log_likelihood say how sure a prediction is.
    template <class... Any>
    void decision_function(const Any&...) const = delete;
    /// There are probabilities whatever the parameters.
    void require_proba(std::string_view) const {}

    // --- state -----------------------------------------------------------------------------------------------------

    [[nodiscard]] bool fitted() const noexcept { return !classes_.empty(); }
    [[nodiscard]] Index n_features_in() const { return require_fitted("n_features_in").features(); }
    /// The class labels, ascending.
    [[nodiscard]] const std::vector<Label>& classes() const { return require_fitted("classes").classes_; }

protected:
    /// Self, which the caller may rely on to be fitted.
    const Self& require_fitted(std::string_view what) const {
        if (!fitted())
            throw NotFittedError(method(Self::class_name, what) +
                                 ": the classifier is not fitted; call fit or partial_fit first");
        return self();
    }
    [[nodiscard]] std::size_t n_classes() const noexcept { return classes_.size(); }
    /// Throws ModelError unless the classes read from a file ascend.
    void check_loaded_classes() const {
        require_loaded(std::ranges::adjacent_find(classes_, std::greater_equal<>()) == classes_.end(),
                       "classes do not ascend");
    }
    static void require_loaded(bool ok, std::string_view what) {
        if (!ok) throw ModelError(std::string(Self::class_name) + ": the saved " + std::string(what));
    }
    [[nodiscard]] static bool all_finite(std::span<const double> values) {
        return std::ranges::all_of(values, [](double v) { return std::isfinite(v); });
    }
    /// Throw ParameterError unless `priors` is empty or holds n_classes numbers >= 0.
    static void check_priors(std::string_view where, std::string_view name, const std::vector<double>& priors,
                             std::size_t n_classes) {
        if (!priors.empty() && priors.size() != n_classes)
            throw ParameterError(mismatch(where, "length of " + std::string(name), std::ssize(priors),
                                          static_cast<Index>(n_classes)));
    }
    static void check_priors(std::string_view where, std::string_view name, const std::vector<double>& priors) {
        require_parameter(std::ranges::all_of(priors, [](double p) { return p >= 0 && std::isfinite(p); }), where,
                          std::string(name) + " must hold numbers of at least 0");
    }

    std::vector<Label> classes_;

private:
    [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }
    [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }

    void check_shapes(std::string_view where, Index rows, Index cols, Index labels) const {
        if (rows < 1) throw ShapeError(std::string(where) + ": X has 0 rows, expected at least 1");
        if (cols < 1) throw ShapeError(std::string(where) + ": X has 0 columns, expected at least 1");
        require_same(where, "length of y", labels, rows);
    }

    /// Checks what is known before the data is read, and gives `next`, if it is not fitted, its classes.
    static void start(std::string_view where, Self& next, std::vector<Label> classes, Index cols) {
        next.check_params(where);
        const bool first = !next.fitted();
        next.classes_ = resolve_classes(where, next.classes_, std::move(classes));
        if (first) next.start_sums(cols);
        else require_same(where, "number of features", cols, next.features());
        next.check_sizes(where, next.classes_.size(), cols);
    }

    /// The buffers of one thread.
    struct Slot {
        Scratch scratch;
        std::vector<std::size_t> groups;
        typename Self::Work work;
        typename Self::Summary summary;
    };
    template <class T>
    void add_tile(std::string_view where, Slot& slot, MatrixView<const T> X, std::span<const Label> y,
                  const SampleWeight& weight, bool check_input) const {
        if (check_input)
            for (Index i = 0; i < X.rows(); ++i) require_finite_row(where, X, i);
        slot.groups.resize(y.size());
        for (std::size_t i = 0; i < y.size(); ++i) {
            const Index k = find_class(classes_, y[i]);
            if (k < 0) require_known_labels(where, classes_, y);
            slot.groups[i] = static_cast<std::size_t>(k);
        }
        self().summarise(where, slot.summary, X, std::span<const std::size_t>(slot.groups), weight, slot.work);
    }
    static void absorb(std::string_view where, Self& next, Slot& slot) {
        next.absorb(std::move(slot.summary));
        if (!next.finite())
            throw DataError(std::string(where) + ": the sums overflowed; scale the features or the weights");
    }

    template <class T>
    Self& train(std::string_view name, Self next, const std::vector<Label>& classes, MatrixView<const T> X,
                std::span<const Label> y, const PartialFitOptions& options) {
        const std::string where = method(Self::class_name, name);
        next.check_params(where);
        check_shapes(where, X.rows(), X.cols(), std::ssize(y));
        options.sample_weight.check(where, X.rows());
        start(where, next, classes, X.cols());
        Slot slot;
        slot.summary = next.summarise_nothing(X.cols());
        for_each_tile({0, X.rows()}, tile_rows(X.cols()), [&](RowRange tile) {
            next.add_tile(where, slot, X.rows(tile),
                          y.subspan(static_cast<std::size_t>(tile.begin), static_cast<std::size_t>(tile.size())),
                          options.sample_weight.rows(tile.begin, tile.end), options.check_input);
        });
        absorb(where, next, slot);
        next.derive();
        return self() = std::move(next);
    }

    template <class T>
    Self& train_chunked(std::string_view name, Self next, const std::vector<Label>& classes, const ChunkedMatrix<T>& X,
                        const ChunkedVector<Label>& y, const ChunkedFitOptions& options) {
        const std::string where = method(Self::class_name, name);
        next.check_params(where);
        check_shapes(where, X.rows(), X.cols(), y.size());
        if (options.sample_weight) require_same(where, "length of sample_weight", options.sample_weight->size(), X.rows());
        start(where, next, classes, X.cols());
        const Index rows = tile_rows(X.cols());
        const auto size = [](auto v) { return static_cast<Index>(sizeof v); };
        Index bytes = X.source()->scratch_bytes(rows) + y.source()->scratch_bytes(rows) +
                      rows * (X.row_bytes() + size(Label{}) + size(std::size_t{})) +
                      next.summary_values(X.cols()) * size(0.0);
        if (options.sample_weight) bytes += options.sample_weight->source()->scratch_bytes(rows) + rows * size(0.0);
        // What has been absorbed is no part of `trained`, which the readers look at.
        const Self trained = next;
        stream_blocks<Slot>(
            {.name = where, .plan = X.plan(), .bytes_per_block = bytes, .fixed_bytes = bytes, .origins = X.origins()},
            [&](Slot& slot, Index, RowRange range) {
                slot.summary = trained.summarise_nothing(X.cols());
                for_each_tile(range, rows, [&](RowRange tile) {
                    const MatrixView<const Label> labels = labels_of(y, tile, slot.scratch);
                    const SampleWeight weight = tile_weights(where, options.sample_weight, tile, slot.scratch);
                    trained.add_tile(where, slot, X.source()->view(tile, slot.scratch),
                                     std::span(labels.data(), static_cast<std::size_t>(labels.rows())), weight, true);
                });
            },
            [&](Slot& slot, Index, RowRange) { absorb(where, next, slot); });
        next.derive();
        return self() = std::move(next);
    }
    /// Errors name y's file, not X's.
    static MatrixView<const Label> labels_of(const ChunkedVector<Label>& y, RowRange tile, Scratch& scratch) {
        try {
            return y.source()->view(tile, scratch);
        } catch (Error& error) {
            const std::vector<Origin> origins = y.origins();
            if (!origins.empty()) error.locate(-1, tile.begin, origins.front().file, origins.front().dataset);
            throw;
        }
    }

    /// As require_finite for one row, but in lanes.
    template <class T>
    static void require_finite_row(std::string_view where, MatrixView<const T> X, Index i) {
        const T* const x = X.row(i).data();
        const double sum = ordered::sum_lanes(X.cols(), [x](Index j, auto width) {
            using Width = decltype(width);
            if constexpr (std::is_same_v<Width, ordered::PairOf>) return ordered::load(x + j) - ordered::load(x + j);
            else return ordered::Pair{double(x[j]) - double(x[j]), 0.0};
        });
        if (sum == 0.0) return;
        try {
            require_finite(where, X.rows(i, i + 1));
        } catch (Error& error) {
            error.add_rows(i);
            throw;
        }
    }
    /// Fills into(i) with the joint likelihoods of row i and calls f(i, them).
    template <class T, class Into, class F>
    void each_row(std::string_view name, MatrixView<const T> X, Index out_rows, Into into, F f) const {
        const std::string where = method(Self::class_name, name);
        if (!fitted()) require_fitted(name);
        if (X.cols() != self().features()) require_same(where, "number of features", X.cols(), self().features());
        if (out_rows != X.rows()) require_same(where, "number of rows of out", out_rows, X.rows());
        typename Self::Work buffer;
        for (Index i = 0; i < X.rows(); ++i) {
            require_finite_row(where, X, i);
            const std::span<double> joint = into(i);
            self().joint(X.row(i), joint, buffer);
            f(i, joint);
        }
    }
    template <class T, class F>
    void each_row(std::string_view name, MatrixView<const T> X, MatrixView<double> out, F f) const {
        if (fitted() && out.cols() != std::ssize(classes_))
            require_same(method(Self::class_name, name), "number of columns of out", out.cols(), std::ssize(classes_));
        each_row(name, X, out.rows(), [&](Index i) { return out.row(i); }, [&](Index, std::span<double> row) { f(row); });
    }
    /// joint <- joint - log(sum(exp(joint))), the largest taken out first.
    static void normalise(std::span<double> joint) {
        double most = joint[0], sum = 0.0;
        for (const double j : joint) most = j > most ? j : most;
        for (const double j : joint) sum += ordered::exp(j - most);
        const double log_sum = ordered::log(sum) + most;
        for (double& j : joint) j -= log_sum;
    }
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
