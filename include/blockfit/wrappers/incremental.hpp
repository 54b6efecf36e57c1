#ifndef BLOCKFIT_WRAPPERS_INCREMENTAL_HPP
#define BLOCKFIT_WRAPPERS_INCREMENTAL_HPP

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/creation.hpp>
#include <blockfit/array/training_set.hpp>
#include <blockfit/core/concepts.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/estimator.hpp>
#include <blockfit/estimator/forwarding.hpp>
#include <blockfit/estimator/targets.hpp>

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
/// while the next blocks are read, decoded and transformed by the other threads. As dask-ml's Incremental, but blocks
/// go in file order unless shuffle_blocks is set, and `passes` repeats them. It predicts and transforms what the
/// estimator does.
///
/// The result depends on the blocks, not on the number of threads. If a block is bad, or reading fails, or the run is
/// cancelled, the estimator is left as it was after the last complete block: blocks_done() says how many there were,
/// and partial_fit on the rest goes on from there.
template <class E>
class Incremental : public detail::PredictionsOf<Incremental<E>, E>, public detail::TransformsOf<Incremental<E>, E> {
    static_assert(SupervisedPartialFit<E> || UnsupervisedPartialFit<E>,
                  "Incremental: the estimator must have partial_fit(X, y) or partial_fit(X)");
    static constexpr bool supervised = SupervisedPartialFit<E>;
    static constexpr Index any_cols = std::numeric_limits<Index>::max();
    static constexpr bool learns_labels = supervised && !Regressor<E>;
    static constexpr bool accepts_weights = !requires { requires !E::accepts_sample_weight; };
    using Weights = std::optional<ChunkedVector<double>>;

public:
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

    // --- chunked data ----------------------------------------------------------------------------------------------

    /// Forgets what was fitted, then `passes` times all blocks. X: n x d. y: n labels or reals, or n rows of targets
    /// for an estimator of several outputs, chunked or in memory. Throws before any work: ShapeError, ParameterError,
    /// MemoryLimitError; at the first bad block in order: DataError, LabelError, IoError.
    template <class T, detail::TargetsFor<E> Y>
    Incremental& fit(const ChunkedMatrix<T>& X, const Y& y, const ChunkedFitOptions& options = {}) {
        return train<true>("fit", detail::as_real(X), detail::chunked_targets<E>(y), options);
    }
    /// Goes on from the present state: one pass over all blocks.
    template <class T, detail::TargetsFor<E> Y>
    Incremental& partial_fit(const ChunkedMatrix<T>& X, const Y& y, const ChunkedFitOptions& options = {}) {
        return train<false>("partial_fit", detail::as_real(X), detail::chunked_targets<E>(y), options);
    }
    /// The same for an estimator that learns from X alone. First blocks of fewer rows than it needs at once, as
    /// MiniBatchKMeans does, are put together.
    template <class T>
    requires(!supervised) Incremental& fit(const ChunkedMatrix<T>& X, const Weights& sample_weight = {}) {
        return train<true>("fit", detail::as_real(X), detail::NoTargets{}, {.sample_weight = sample_weight});
    }
    template <class T>
    requires(!supervised) Incremental& partial_fit(const ChunkedMatrix<T>& X, const Weights& sample_weight = {}) {
        return train<false>("partial_fit", detail::as_real(X), detail::NoTargets{}, {.sample_weight = sample_weight});
    }

    // --- data in memory is one block -------------------------------------------------------------------------------

    template <MatrixLike M, detail::TargetsFor<E> Y>
    Incremental& fit(const M& X, const Y& y, const PartialFitOptions& options = {}) {
        return train_once("Incremental::fit", params_.passes, estimator_.unfitted(), [&](E& next) {
            PartialFitOptions each = with_classes(options);
            if constexpr (learns_labels && VectorLike<Y>)
                if (each.classes.empty()) each.classes = detail::unique_labels(LabelSpan(y));
            next.partial_fit(X, y, each);
        });
    }
    template <MatrixLike M, detail::TargetsFor<E> Y>
    Incremental& partial_fit(const M& X, const Y& y, const PartialFitOptions& options = {}) {
        return train_once("Incremental::partial_fit", 1, estimator_,
                          [&](E& next) { next.partial_fit(X, y, with_classes(options)); });
    }
    template <MatrixLike M, class... Weight>
    requires(!supervised && sizeof...(Weight) <= 1) Incremental& fit(const M& X, const Weight&... sample_weight) {
        return train_once("Incremental::fit", params_.passes, estimator_.unfitted(),
                          [&](E& next) { next.partial_fit(X, sample_weight...); });
    }
    template <MatrixLike M, class... Weight>
    requires(!supervised && sizeof...(Weight) <= 1) Incremental& partial_fit(const M& X,
                                                                             const Weight&... sample_weight) {
        return train_once("Incremental::partial_fit", 1, estimator_,
                          [&](E& next) { next.partial_fit(X, sample_weight...); });
    }

    // --- as one estimator ------------------------------------------------------------------------------------------

    [[nodiscard]] bool fitted() const noexcept { return estimator_.fitted(); }
    [[nodiscard]] Index n_features_in() const { return estimator_.n_features_in(); }
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

    /// The protocol of the forwarding mixins.
    [[nodiscard]] const E& final_estimator() const noexcept { return estimator_; }
    template <class T, class F>
    void forward(MatrixView<const T> X, F f) const {
        f(RowRange{0, X.rows()}, X);
    }
    template <class T>
    void backward(MatrixView<const T> X, MatrixView<T> out) const {
        estimator_.inverse_transform(X, out);
    }
    /// Throws what fit would throw before any work, for a pipeline that fits other steps first, which may yet change
    /// the number of columns.
    template <class T, detail::TargetsFor<E> Y>
    void check_chunked_fit(const ChunkedMatrix<T>& X, const Y& y, const ChunkedFitOptions& options) const {
        check_pass("fit", training_set("fit", detail::as_real(X), detail::chunked_targets<E>(y), options), options,
                   any_cols);
    }
    template <class T>
    void check_chunked_fit(const ChunkedMatrix<T>& X) const {
        check_pass("fit", training_set("fit", detail::as_real(X), detail::NoTargets{}, {}), {}, any_cols);
    }

private:
    [[nodiscard]] PartialFitOptions with_classes(PartialFitOptions options) const {
        if (options.classes.empty()) options.classes = params_.classes;
        return options;
    }
    /// How many rows the estimator must be given at once.
    [[nodiscard]] Index rows_needed() const {
        if constexpr (requires { estimator_.rows_needed(); }) return estimator_.rows_needed();
        else return 1;
    }

    void check_params(std::string_view where, const E& estimator) const {
        detail::require_parameter(params_.passes >= 1, where,
                                  "passes is " + std::to_string(params_.passes) + ", expected at least 1");
        detail::require_parameter(learns_labels || params_.classes.empty(), where, "classes are for classifiers");
        if constexpr (requires { estimator.check_partial_fit(where); })
            estimator.check_partial_fit(detail::method(E::class_name, "partial_fit"));
    }
    template <class T, class Targets>
    [[nodiscard]] static detail::TrainingSet<T, Targets> training_set(std::string_view name, ChunkedMatrix<T> X,
                                                                      Targets y, const ChunkedFitOptions& options) {
        return {detail::method(class_name, name), std::move(X), std::move(y), options.sample_weight};
    }
    /// Everything that parameters and shapes show before the first block is read.
    template <class T, class Targets>
    void check_pass(std::string_view name, const detail::TrainingSet<T, Targets>& set, const ChunkedFitOptions& options,
                    Index cols) const {
        const std::string where = detail::method(class_name, name);
        const E fresh = estimator_.unfitted();
        const E& estimator = name == "fit" ? fresh : estimator_;
        check_params(where, estimator);
        detail::require_parameter(learns_labels || options.classes.empty(), where, "classes are for classifiers");
        if (set.weighted() && !accepts_weights)
            throw UnsupportedError(where + ": " + std::string(E::class_name) + " takes no sample weights");
        if (estimator.fitted())
            detail::require_same(where, "number of features", set.X().cols(), estimator.n_features_in());
        if constexpr (requires { estimator.rows_needed(); })
            if (set.X().rows() < estimator.rows_needed())
                throw ShapeError(detail::mismatch(where, "number of rows", set.X().rows(), estimator.rows_needed()) +
                                 " or more");
        if constexpr (requires { estimator.check_block_shape(where, Index{}, Index{}); }) {
            const BlockPlan& plan = set.X().plan();
            for (Index block = 0; block < plan.size(); ++block) {
                try {
                    estimator.check_block_shape(detail::method(E::class_name, "partial_fit"), plan[block].size(), cols);
                } catch (Error& error) {
                    error.locate(block, plan[block].begin, "", "");
                    throw;
                }
            }
        }
        detail::require_memory(set.pass(where).stream_plan());
    }

    template <bool Forget, class T, class Targets>
    Incremental& train(std::string_view name, ChunkedMatrix<T> X, Targets y, const ChunkedFitOptions& options) {
        const std::string where = detail::method(class_name, name);
        const auto set = training_set(name, std::move(X), std::move(y), options);
        check_pass(name, set, options, set.X().cols());
        std::vector<Label> classes = options.classes.empty() ? params_.classes : options.classes;
        if constexpr (Forget && std::is_same_v<Targets, ChunkedVector<Label>>)
            if (classes.empty()) classes = detail::find_classes(where, set.y());
        if (Forget) estimator_ = estimator_.unfitted();
        run(where, set, classes, Forget ? params_.passes : 1);
        return *this;
    }
    template <class F>
    Incremental& train_once(std::string_view where, Index passes, E next, F partial_fit) {
        check_params(where, next);
        for (Index pass = 0; pass < passes; ++pass) partial_fit(next);
        estimator_ = std::move(next);
        blocks_done_ = passes;
        return *this;
    }

    template <class T, class Targets>
    void run(std::string_view where, const detail::TrainingSet<T, Targets>& set, const std::vector<Label>& classes,
             Index passes) {
        detail::BlockPass pass = set.pass(where);
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
        const std::string inner = detail::method(E::class_name, "partial_fit");
        using Block = typename detail::TrainingSet<T, Targets>::Block;
        Block collected;  // first blocks that are too small alone
        std::vector<std::pair<Index, RowRange>> members;  // their numbers and rows
        detail::stream_blocks<Block>(
            pass,
            [&](Block& block, Index, RowRange rows) {
                set.read(block, rows, [&](MatrixView<const T> tile) {
                    if constexpr (supervised) detail::require_finite(inner, tile);
                });
            },
            [&](Block& block, [[maybe_unused]] Index number, [[maybe_unused]] RowRange rows) {
                if constexpr (supervised) {
                    estimator_.partial_fit(
                        std::as_const(block.X).view(), block.y.view(),
                        {.classes = classes, .sample_weight = block.sample_weight(), .check_input = false});
                    ++blocks_done_;
                } else {
                    const Index needed = rows_needed();
                    if (members.empty() && block.X.rows() >= needed) {
                        learn(block);
                        ++blocks_done_;
                        return;
                    }
                    collected.append(block);
                    members.emplace_back(number, rows);
                    if (collected.X.rows() < needed) return;
                    learn_together(collected, members);
                    blocks_done_ += std::ssize(members);
                    members.clear();
                    collected = {};
                }
            });
    }
    /// learn on several blocks put together. A bad row is named by the block that it is in.
    template <class Block>
    void learn_together(const Block& together, const std::vector<std::pair<Index, RowRange>>& members) {
        try {
            learn(together);
        } catch (Error& error) {
            Index first = 0;
            for (const auto& [number, rows] : members) {
                if (error.row() >= first && error.row() < first + rows.size()) {
                    error.locate(number, rows.begin - first, "", "");
                    break;
                }
                first += rows.size();
            }
            throw;
        }
    }
    /// partial_fit of an estimator that learns from X alone.
    template <class Block>
    void learn(const Block& block) {
        if constexpr (accepts_weights) estimator_.partial_fit(block.X.view(), block.sample_weight());
        else estimator_.partial_fit(block.X.view());
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
