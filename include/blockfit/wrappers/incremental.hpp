#ifndef BLOCKFIT_WRAPPERS_INCREMENTAL_HPP
#define BLOCKFIT_WRAPPERS_INCREMENTAL_HPP

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <blockfit/array/creation.hpp>
#include <blockfit/array/training_set.hpp>
#include <blockfit/core/concepts.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/estimator.hpp>

namespace blockfit {
inline namespace v1 {

struct IncrementalParams {
    /// All labels that y may hold; empty: found by `fit` in a parallel pass over y. partial_fit needs them.
    std::vector<Label> classes{};
    /// How often `fit` goes through all blocks, >= 1.
    Index passes = 1;
    /// Visit the blocks in random order, a new one each pass; rows keep their order. dask-ml's default is true.
    bool shuffle_blocks = false;
    /// Of the block order.
    std::uint32_t random_state = 0;

    static constexpr auto fields() {
        using P = IncrementalParams;
        return std::tuple{Field{"classes", &P::classes}, Field{"passes", &P::passes},
                          Field{"shuffle_blocks", &P::shuffle_blocks}, Field{"random_state", &P::random_state}};
    }
};

/// Trains an estimator with partial_fit on data that does not fit in memory: each block is one partial_fit, in order,
/// while the next blocks are read, decoded and transformed by the other threads. As dask-ml's Incremental, but blocks go
/// in file order unless shuffle_blocks is set, and `passes` repeats them.
///
/// The result depends on the blocks, not on the number of threads. If a block is bad, or reading fails, or the run is
/// cancelled, the estimator is left as it was after the last complete block: blocks_done() says how many there were, and
/// partial_fit on the rest goes on from there.
template <class E>
class Incremental : public ClassifierMixin<Incremental<E>> {
public:
    static_assert(SupervisedPartialFit<E>, "Incremental: the estimator must have partial_fit(X, y)");
    static constexpr std::string_view class_name = "Incremental";
    static constexpr int schema_version = 1;
    using Options = PartialFitOptions;

    Incremental() = default;
    explicit Incremental(E estimator, IncrementalParams params = {})
        : estimator_(std::move(estimator)), params_(std::move(params)) {}

    /// The wrapped estimator; after fit, the trained one: dask-ml's `estimator_`.
    [[nodiscard]] const E& estimator() const noexcept { return estimator_; }
    [[nodiscard]] const IncrementalParams& params() const noexcept { return params_; }
    /// Complete blocks of the last fit or partial_fit, all passes counted.
    [[nodiscard]] Index blocks_done() const noexcept { return blocks_done_; }

    /// Forgets what was fitted, then `passes` times all blocks. X: n x d, y: n labels. Throws before any work:
    /// ShapeError, ParameterError, MemoryLimitError; at the first bad block in order: DataError, LabelError, IoError.
    template <class T, class L>
    Incremental& fit(const ChunkedMatrix<T>& X, const ChunkedVector<L>& y, const ChunkedFitOptions& options = {}) {
        const detail::TrainingSet set = training_set("fit", X, y, options);
        check_chunked_fit(X, y, options);
        std::vector<Label> classes = given_classes(options);
        if (classes.empty()) classes = detail::find_classes("Incremental::fit", set.y());
        estimator_ = estimator_.unfitted();
        run("Incremental::fit", set, classes, params_.passes);
        return *this;
    }
    /// Goes on from the present state: one pass over all blocks.
    template <class T, class L>
    Incremental& partial_fit(const ChunkedMatrix<T>& X, const ChunkedVector<L>& y, const ChunkedFitOptions& options = {}) {
        const auto set = training_set("partial_fit", X, y, options);
        if (fitted()) detail::require_same("Incremental::partial_fit", "number of features", X.cols(), n_features_in());
        run("Incremental::partial_fit", set, given_classes(options), 1);
        return *this;
    }
    /// y in memory beside chunked X.
    template <class T, VectorLike V>
    Incremental& fit(const ChunkedMatrix<T>& X, const V& y, const ChunkedFitOptions& options = {}) {
        return fit(X, from_vector(y), options);
    }
    template <class T, VectorLike V>
    Incremental& partial_fit(const ChunkedMatrix<T>& X, const V& y, const ChunkedFitOptions& options = {}) {
        return partial_fit(X, from_vector(y), options);
    }

    /// Data in memory is one block.
    template <MatrixLike M, VectorLike V>
    Incremental& fit(const M& X, const V& y, const PartialFitOptions& options = {}) {
        check_params("Incremental::fit");
        const LabelSpan labels(y);
        PartialFitOptions each = options;
        if (each.classes.empty()) each.classes = params_.classes;
        if (each.classes.empty()) each.classes = detail::unique_labels(labels);
        E next = estimator_.unfitted();
        for (Index pass = 0; pass < params_.passes; ++pass) next.partial_fit(X, labels.get(), each);
        estimator_ = std::move(next);
        blocks_done_ = params_.passes;
        return *this;
    }
    template <MatrixLike M, VectorLike V>
    Incremental& partial_fit(const M& X, const V& y, const PartialFitOptions& options = {}) {
        PartialFitOptions with_classes = options;
        if (with_classes.classes.empty()) with_classes.classes = params_.classes;
        estimator_.partial_fit(X, LabelSpan(y).get(), with_classes);
        blocks_done_ = 1;
        return *this;
    }

    template <std::floating_point T>
    void predict(MatrixView<const T> X, std::span<Label> out) const {
        estimator_.predict(X, out);
    }
    template <std::floating_point T>
    void decision_function(MatrixView<const T> X, MatrixView<double> out) const {
        estimator_.decision_function(X, out);
    }
    template <std::floating_point T>
    void predict_proba(MatrixView<const T> X, MatrixView<double> out) const {
        estimator_.predict_proba(X, out);
    }
    using ClassifierMixin<Incremental<E>>::predict;
    using ClassifierMixin<Incremental<E>>::decision_function;
    using ClassifierMixin<Incremental<E>>::predict_proba;
    void require_proba(std::string_view name) const { estimator_.require_proba(name); }

    [[nodiscard]] bool fitted() const noexcept { return estimator_.fitted(); }
    [[nodiscard]] Index n_features_in() const { return estimator_.n_features_in(); }
    [[nodiscard]] const std::vector<Label>& classes() const { return estimator_.classes(); }
    [[nodiscard]] Incremental unfitted() const { return Incremental(estimator_.unfitted(), params_); }
    /// "Incremental(SGDClassifier(loss=log_loss), classes={0, 1})"
    [[nodiscard]] std::string to_string() const {
        std::string own = detail::describe(class_name, params_).substr(class_name.size() + 1);
        return std::string(class_name) + "(" + estimator_.to_string() + (own == ")" ? own : ", " + own);
    }
    friend bool operator==(const Incremental& a, const Incremental& b) {
        return a.estimator_ == b.estimator_ && detail::describe("", a.params_) == detail::describe("", b.params_);
    }

    /// Sets a parameter of its own, or estimator__NAME of the estimator's.
    Incremental& set_param(std::string_view name, std::string_view value) {
        constexpr std::string_view inner = "estimator__";
        if (name.starts_with(inner)) {
            estimator_.set_param(name.substr(inner.size()), value);
        } else {
            IncrementalParams changed = params_;
            detail::set_param(changed, class_name, name, value);
            params_ = std::move(changed);
        }
        return *this;
    }
    /// Calls f("estimator", estimator); for saving.
    template <class F>
    void for_each_step(F f) {
        f(std::string_view("estimator"), estimator_);
    }

    /// Throws what fit would throw before any work, for a pipeline that fits other steps first.
    template <class T, class L>
    void check_chunked_fit(const ChunkedMatrix<T>& X, const ChunkedVector<L>& y, const ChunkedFitOptions& options) const {
        check_params("Incremental::fit");
        detail::require_memory(training_set("fit", X, y, options).pass("Incremental::fit").stream_plan());
    }

private:
    [[nodiscard]] std::vector<Label> given_classes(const ChunkedFitOptions& options) const {
        return options.classes.empty() ? params_.classes : options.classes;
    }
    void check_params(std::string_view where) const {
        detail::require_parameter(params_.passes >= 1, where,
                                  "passes is " + std::to_string(params_.passes) + ", expected at least 1");
        if constexpr (requires { estimator_.check_partial_fit(where); })
            estimator_.check_partial_fit(detail::method(E::class_name, "partial_fit"));
    }

    template <class T, class L>
    [[nodiscard]] static detail::TrainingSet<detail::Real<T>, Label> training_set(std::string_view name,
                                                                                 const ChunkedMatrix<T>& X,
                                                                                 const ChunkedVector<L>& y,
                                                                                 const ChunkedFitOptions& options) {
        const std::string where = detail::method(class_name, name);
        if (X.rows() == 0) throw ShapeError(where + ": X has 0 rows, expected at least 1");
        return {where, detail::as_real(X), detail::as_labels(y), options.sample_weight};
    }

    template <class T>
    void run(std::string_view name, const detail::TrainingSet<T, Label>& set, const std::vector<Label>& classes,
             Index passes) {
        detail::BlockPass pass = set.pass(name);
        if (passes > 1 || params_.shuffle_blocks) {
            RandomState generator(params_.random_state);
            for (Index i = 0; i < passes; ++i) {
                if (params_.shuffle_blocks) {
                    const std::vector<Index> order = generator.permutation(pass.plan.size());
                    pass.order.insert(pass.order.end(), order.begin(), order.end());
                } else {
                    for (Index block = 0; block < pass.plan.size(); ++block) pass.order.push_back(block);
                }
            }
        }
        blocks_done_ = 0;
        const std::string where = detail::method(E::class_name, "partial_fit");
        using Block = typename detail::TrainingSet<T, Label>::Block;
        detail::stream_blocks<Block>(
            pass,
            [&](Block& block, Index, RowRange rows) {
                set.read(block, rows, [&](MatrixView<const T> tile) { detail::require_finite(where, tile); });
            },
            [&](Block& block, Index, RowRange) {
                estimator_.partial_fit(std::as_const(block.X).view(), std::span<const Label>(block.y),
                                       {.classes = classes, .sample_weight = block.sample_weight(), .check_input = false});
                ++blocks_done_;
            });
    }

    E estimator_;
    IncrementalParams params_;
    Index blocks_done_ = 0;
};

/// Incremental under dask-ml's other name.
template <class E>
class IncrementalClassifier : public Incremental<E> {
public:
    static_assert(Classifier<E>, "IncrementalClassifier: the estimator must be a classifier");
    using Incremental<E>::Incremental;
    [[nodiscard]] IncrementalClassifier unfitted() const {
        return IncrementalClassifier(this->estimator().unfitted(), this->params());
    }
};
template <class E>
IncrementalClassifier(E) -> IncrementalClassifier<E>;
template <class E>
IncrementalClassifier(E, IncrementalParams) -> IncrementalClassifier<E>;

}  // namespace v1
}  // namespace blockfit

#endif
