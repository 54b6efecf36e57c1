#ifndef BLOCKFIT_CLUSTER_MINI_BATCH_KMEANS_HPP
#define BLOCKFIT_CLUSTER_MINI_BATCH_KMEANS_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/cluster/kmeans_init.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/concepts.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/estimator.hpp>
#include <blockfit/estimator/clusterer_mixin.hpp>
#include <blockfit/kernels/kmeans.hpp>
#include <blockfit/kernels/moments.hpp>
#include <blockfit/kernels/ordered.hpp>

namespace blockfit {
inline namespace v1 {

/// scikit-learn's parameters, order and defaults, but random_state = 0 instead of None.
struct MiniBatchKMeansParams {
    /// >= 1. A fitted model keeps its number of centres until the next fit.
    Index n_clusters = 8;
    KMeansInit init{};
    /// Passes over X at most, >= 1. `fit` only.
    Index max_iter = 100;
    /// Rows of a step of `fit`, >= 1. In partial_fit it sets the size of the initialisation and the clock of the
    /// reassignments, no more than the rows of the first block.
    Index batch_size = 1024;
    /// Keep labels() and inertia().
    bool compute_labels = true;
    std::uint32_t random_state = 0;
    /// `fit` stops when the centres move less than this, relative to the variance of X; 0: never.
    double tol = 0.0;
    /// `fit` stops after as many steps without a new least smoothed inertia; nullopt: never.
    std::optional<Index> max_no_improvement = 10;
    /// Rows from which the first centres are chosen, >= 1; nullopt: 3 batch_size. At least n_clusters, or it is 3 n_clusters.
    std::optional<Index> init_size{};
    /// Initialisations compared by `fit`, >= 1; with centres given it is 1.
    NInit n_init = 3;
    /// Centres with less than this share of the largest count are moved to random rows from time to time. In [0, 1].
    double reassignment_ratio = 0.01;

    static constexpr auto fields() {
        using P = MiniBatchKMeansParams;
        return std::tuple{Field{"n_clusters", &P::n_clusters},
                          Field{"init", &P::init},
                          Field{"max_iter", &P::max_iter},
                          Field{"batch_size", &P::batch_size},
                          Field{"compute_labels", &P::compute_labels},
                          Field{"random_state", &P::random_state},
                          Field{"tol", &P::tol},
                          Field{"max_no_improvement", &P::max_no_improvement},
                          Field{"init_size", &P::init_size},
                          Field{"n_init", &P::n_init},
                          Field{"reassignment_ratio", &P::reassignment_ratio}};
    }
};

/// k-means block by block (Sculley 2010): each block moves the centres next to its rows, less and less as their counts
/// grow. As scikit-learn's MiniBatchKMeans, to rounding: the same parameters, seed and blocks give the same centres.
///
/// T, float or double, is the type of the centres; data of the other type is converted. Differs from scikit-learn: an
/// error leaves the estimator as it was, reassignment_ratio > 1 is refused, and counts are double also for float.
template <class T = double>
class MiniBatchKMeans : public detail::ParamsMixin<MiniBatchKMeans<T>, MiniBatchKMeansParams>,
                        public ClustererMixin<MiniBatchKMeans<T>>,
                        public TransformerMixin<MiniBatchKMeans<T>> {
    static_assert(std::same_as<T, float> || std::same_as<T, double>, "MiniBatchKMeans: T must be float or double");
    using ParamsBase = detail::ParamsMixin<MiniBatchKMeans, MiniBatchKMeansParams>;

public:
    static constexpr std::string_view class_name = "MiniBatchKMeans";
    static constexpr int schema_version = 1;

    explicit MiniBatchKMeans(MiniBatchKMeansParams params = {}) : ParamsBase(std::move(params)) {}

    /// One step on a block, n x d, finite. The first block also sets the initial centres and needs at least n_clusters
    /// rows. max_iter, tol, max_no_improvement and n_init have no effect here. On any error the estimator is as before.
    /// Throws ShapeError, ParameterError, DataError (NaN, infinity, overflow).
    template <std::floating_point V>
    MiniBatchKMeans& partial_fit(MatrixView<const V> X, SampleWeight sample_weight = {}) {
        const std::string where = detail::method(class_name, "partial_fit");
        check_partial_fit(where);
        if (fitted()) detail::require_same(where, "number of features", X.cols(), n_features_in());
        check_block(where, X, sample_weight, rows_needed());
        State next;
        if (fitted()) {
            next = state_without_labels();
        } else {
            next.batch_size = std::min(this->params().batch_size, X.rows());
            next.generator = RandomState(this->params().random_state);
            start(where, next, X);
        }
        step(where, next, X, sample_weight, false);
        finish(where, next, X, sample_weight);
        return *this;
    }

    /// From scratch: steps on batch_size rows drawn with replacement from X, n x d, finite, n >= n_clusters, until
    /// max_iter passes are made or the stopping rules hold. Throws as partial_fit.
    template <std::floating_point V>
    MiniBatchKMeans& fit(MatrixView<const V> X, SampleWeight sample_weight = {}) {
        const std::string where = detail::method(class_name, "fit");
        const MiniBatchKMeansParams& p = this->params();
        check_partial_fit(where);
        check_block(where, X, sample_weight, p.n_clusters);
        State next;
        next.batch_size = std::min(p.batch_size, X.rows());
        next.generator = RandomState(p.random_state);

        Batch batch;
        batch.draw(X, sample_weight, init_size(next.batch_size, X.rows()), next.generator);
        double least = 0.0;
        State best;
        for (Index i = 0; i < n_init(); ++i) {
            start(where, next, X);
            const double inertia = kmeans::inertia(batch.view(), batch.weight(), next.centers);
            if (i > 0 && !(inertia < least)) continue;
            least = inertia;
            best = next;
        }
        next.centers = std::move(best.centers);

        const double tol = p.tol > 0 ? p.tol * mean_variance(where, X) : 0.0;
        const double n = static_cast<double>(X.rows());
        const double size = static_cast<double>(next.batch_size);
        const double share = std::min(1.0, 2.0 * size / (n + 1.0));
        const Index steps = detail::checked_product(p.max_iter, X.rows(), where) / next.batch_size;
        double smoothed = 0.0, least_smoothed = 0.0;
        Index since_improvement = 0;
        while (next.n_steps < steps) {
            batch.draw(X, sample_weight, next.batch_size, next.generator);
            const Matrix<T> before = tol > 0 ? next.centers : Matrix<T>();
            const double inertia = step(where, next, batch.view(), batch.weight(), true) / size;
            // The first step shows the initial centres only.
            if (next.n_steps == 1) continue;
            const bool first = next.n_steps == 2;
            smoothed = first ? inertia : ordered::mul(smoothed, 1.0 - share) + ordered::mul(inertia, share);
            if (tol > 0 && kmeans::squared_distance(before.data(), next.centers.data(), before.rows() * before.cols()) <= tol)
                break;
            if (first || smoothed < least_smoothed) {
                least_smoothed = smoothed;
                since_improvement = 0;
            } else {
                ++since_improvement;
            }
            if (p.max_no_improvement && since_improvement >= *p.max_no_improvement) break;
        }
        next.n_iter = static_cast<Index>(std::ceil(static_cast<double>(next.n_steps) * size / n));
        // As scikit-learn: partial_fit after fit starts a generator of its own.
        next.generator = RandomState(p.random_state);
        finish(where, next, X, sample_weight);
        return *this;
    }

    /// The centre nearest to each row, the first of equals.
    template <std::floating_point V>
    void predict(MatrixView<const V> X, std::span<Label> out) const {
        check_rows("predict", X, std::ssize(out));
        kmeans::predict(X, state_.centers, out);
    }
    /// Distances to the centres, n x n_clusters, computed in double. X: n x d.
    template <std::floating_point V>
    void transform(MatrixView<const V> X, MatrixView<V> out) const {
        check_rows("transform", X, out.rows());
        const std::string where = detail::method(class_name, "transform");
        detail::require_same(where, "number of columns of out", out.cols(), n_features_out());
        kmeans::distances(X, state_.centers, out);
    }
    /// The (weighted) sum of squared distances of the rows to their nearest centres.
    template <std::floating_point V>
    [[nodiscard]] double inertia(MatrixView<const V> X, SampleWeight sample_weight = {}) const {
        check_rows("inertia", X, X.rows());
        sample_weight.check(detail::method(class_name, "inertia"), X.rows());
        return kmeans::inertia(X, sample_weight, state_.centers);
    }
    using ClustererMixin<MiniBatchKMeans>::predict;
    using TransformerMixin<MiniBatchKMeans>::transform;
    template <class M, class... Rest>
    void inverse_transform(const M&, Rest&&...) const {
        static_assert(!sizeof(M), "MiniBatchKMeans has no inverse_transform: distances do not give back the rows");
    }

    /// For data of any other kind in memory.
    template <MatrixLike M>
    MiniBatchKMeans& fit(const M& X, SampleWeight sample_weight = {}) {
        return detail::with_real_view(detail::method(class_name, "fit"), X,
                                      [&](auto view) -> MiniBatchKMeans& { return fit(view, sample_weight); });
    }
    template <MatrixLike M>
    MiniBatchKMeans& partial_fit(const M& X, SampleWeight sample_weight = {}) {
        return detail::with_real_view(detail::method(class_name, "partial_fit"), X,
                                      [&](auto view) -> MiniBatchKMeans& { return partial_fit(view, sample_weight); });
    }
    template <MatrixLike M>
    [[nodiscard]] double inertia(const M& X, SampleWeight sample_weight = {}) const {
        return detail::with_real_view(detail::method(class_name, "inertia"), X,
                                      [&](auto view) { return inertia(view, sample_weight); });
    }
    template <class V, class... Rest>
    void fit(const ChunkedMatrix<V>&, Rest&&...) {
        static_assert(!sizeof(V), "MiniBatchKMeans learns block by block: wrap it, Incremental{...}, to fit chunked data");
    }
    template <class V, class... Rest>
    void partial_fit(const ChunkedMatrix<V>&, Rest&&...) {
        static_assert(!sizeof(V), "MiniBatchKMeans learns block by block: wrap it, Incremental{...}, to fit chunked data");
    }

    /// Throws ParameterError if a parameter is out of range; for wrappers, which check before any work.
    void check_partial_fit(std::string_view where) const {
        const MiniBatchKMeansParams& p = this->params();
        detail::require_parameter(p.n_clusters >= 1, where, "n_clusters must be at least 1");
        detail::require_parameter(p.max_iter >= 1, where, "max_iter must be at least 1");
        detail::require_parameter(p.batch_size >= 1, where, "batch_size must be at least 1");
        detail::require_parameter(p.tol >= 0 && std::isfinite(p.tol), where, "tol must be at least 0");
        detail::require_parameter(!p.max_no_improvement || *p.max_no_improvement >= 0, where,
                                  "max_no_improvement must be at least 0, or nullopt");
        detail::require_parameter(!p.init_size || *p.init_size >= 1, where, "init_size must be at least 1, or nullopt");
        detail::require_parameter(p.n_init.is_automatic() || p.n_init.number() >= 1, where,
                                  "n_init must be at least 1, or automatic");
        detail::require_parameter(p.reassignment_ratio >= 0 && p.reassignment_ratio <= 1, where,
                                  "reassignment_ratio must be in [0, 1]");
        if (const Matrix<double>* const centers = p.init.centers()) {
            detail::require_parameter(centers->rows() == p.n_clusters, where,
                                      "init has " + std::to_string(centers->rows()) + " rows, expected n_clusters = " +
                                          std::to_string(p.n_clusters));
            const bool finite = std::ranges::all_of(centers->values(), [](double v) { return std::isfinite(v); });
            detail::require_parameter(finite, where, "init must be finite");
        }
    }
    /// Rows that the next partial_fit must have at least: n_clusters while unfitted, then 1.
    [[nodiscard]] Index rows_needed() const noexcept { return fitted() ? 1 : this->params().n_clusters; }

    [[nodiscard]] bool fitted() const noexcept { return state_.centers.rows() > 0; }
    [[nodiscard]] Index n_features_in() const { return require_fitted("n_features_in").centers.cols(); }
    /// The number of centres.
    [[nodiscard]] Index n_features_out() const { return require_fitted("n_features_out").centers.rows(); }
    /// n_clusters x d.
    [[nodiscard]] const Matrix<T>& cluster_centers() const { return require_fitted("cluster_centers").centers; }
    /// The weight each centre has: the rows (or their weights) it stands for.
    [[nodiscard]] const std::vector<double>& counts() const { return require_fitted("counts").counts; }
    /// The clusters of the rows last given, a block or the X of fit, under the centres they led to. Throws
    /// UnsupportedError if compute_labels was false.
    [[nodiscard]] const std::vector<Label>& labels() const { return require_labels("labels").labels; }
    /// The inertia of those rows.
    [[nodiscard]] double inertia() const { return require_labels("inertia").inertia; }
    /// Steps so far.
    [[nodiscard]] Index n_steps() const { return require_fitted("n_steps").n_steps; }
    /// Passes over X that the steps of the last fit amount to. Throws UnsupportedError if there was none.
    [[nodiscard]] Index n_iter() const {
        if (require_fitted("n_iter").n_iter == 0)
            throw UnsupportedError("MiniBatchKMeans::n_iter: the model was trained by partial_fit alone; see n_steps");
        return state_.n_iter;
    }

    friend bool operator==(const MiniBatchKMeans& a, const MiniBatchKMeans& b) {
        return detail::describe("", a.params()) == detail::describe("", b.params()) && a.params().init == b.params().init &&
               a.state_ == b.state_;
    }

    /// Names the whole state for saving; `finish_load` checks it. Throws UnsupportedError for a model whose `init` is a
    /// function, which no file can hold.
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        if (this->params().init.function())
            throw UnsupportedError("MiniBatchKMeans: init is a function, which cannot be saved; a fitted model does not need "
                                   "it any more: set_param(\"init\", \"k-means++\")");
        visitor("cluster_centers", state_.centers);
        visitor("counts", state_.counts);
        visitor("labels", state_.labels);
        visitor("inertia", state_.inertia);
        visitor("n_steps", state_.n_steps);
        visitor("n_iter", state_.n_iter);
        visitor("batch_size", state_.batch_size);
        visitor("since_reassignment", state_.since_reassignment);
        auto seed = static_cast<Index>(state_.generator.seed());
        auto draws = static_cast<Index>(state_.generator.draws());
        const std::pair before(seed, draws);
        visitor("generator_seed", seed);
        visitor("generator_draws", draws);
        if (std::pair(seed, draws) == before) return;
        // More draws than a training could make would only cost hours here.
        if (seed < 0 || seed > 0xFFFFFFFF || draws < 0 || draws > (Index{1} << 42))
            throw ModelError("MiniBatchKMeans: the saved generator is out of range");
        state_.generator = RandomState(static_cast<std::uint32_t>(seed), static_cast<std::uint64_t>(draws));
    }
    void finish_load() {
        const auto require = [](bool ok, std::string_view what) {
            if (!ok) throw ModelError("MiniBatchKMeans: the saved " + std::string(what));
        };
        const State& s = state_;
        if (!fitted()) return require(s == State(), "state is not that of an unfitted model");
        const Index k = s.centers.rows();
        const auto finite = [](auto&& values) {
            return std::ranges::all_of(values, [](auto v) { return std::isfinite(v); });
        };
        require(s.centers.cols() >= 1 && std::ssize(s.counts) == k, "counts do not fit the centres");
        require(finite(s.centers.values()), "centres are not finite");
        require(finite(s.counts) && std::ranges::min(s.counts) >= 0, "counts are out of range");
        require(std::ranges::all_of(s.labels, [k](Label label) { return label >= 0 && label < k; }),
                "labels are out of range");
        require(std::isfinite(s.inertia), "inertia is not finite");
        require(s.n_steps >= 1 && s.n_iter >= 0 && s.batch_size >= 1 && s.since_reassignment >= 0, "clocks are out of range");
    }

private:
    struct State {
        Matrix<T> centers;
        std::vector<double> counts;
        std::vector<Label> labels{};
        double inertia = 0.0;
        Index n_steps = 0;
        Index n_iter = 0;
        Index batch_size = 0;  // what the clock below grows by: fixed by the first block
        Index since_reassignment = 0;
        RandomState generator{};
        friend bool operator==(const State&, const State&) = default;
    };

    /// Rows drawn with replacement.
    struct Batch {
        Matrix<T> rows;
        std::vector<double> weights;

        template <class V>
        void draw(MatrixView<const V> X, const SampleWeight& sample_weight, Index n, RandomState& generator) {
            rows.resize(n, X.cols());
            weights.clear();
            for (Index i = 0; i < n; ++i) {
                const Index row = generator.randint(0, X.rows());
                std::ranges::transform(X.row(row), rows.row(i).begin(), [](V x) { return static_cast<T>(x); });
                if (sample_weight) weights.push_back(sample_weight[row]);
            }
        }
        [[nodiscard]] MatrixView<const T> view() const { return rows.view(); }
        [[nodiscard]] SampleWeight weight() const { return weights.empty() ? SampleWeight() : SampleWeight(weights); }
    };

    const State& require_fitted(std::string_view what) const {
        if (!fitted())
            throw NotFittedError(detail::method(class_name, what) + ": the model is not fitted; call fit or partial_fit first");
        return state_;
    }
    const State& require_labels(std::string_view what) const {
        if (require_fitted(what).labels.empty())
            throw UnsupportedError(detail::method(class_name, what) + ": not kept, as compute_labels was false");
        return state_;
    }
    template <class V>
    static void check_block(std::string_view where, MatrixView<const V> X, const SampleWeight& weight, Index rows_needed) {
        if (X.rows() < 1) throw ShapeError(std::string(where) + ": X has 0 rows, expected at least 1");
        if (X.cols() < 1) throw ShapeError(std::string(where) + ": X has 0 columns, expected at least 1");
        if (X.rows() > 0xFFFFFFFF) throw ShapeError(std::string(where) + ": a block holds at most 2^32 - 1 rows");
        if (X.rows() < rows_needed)
            throw ShapeError(std::string(where) + ": X has " + std::to_string(X.rows()) +
                             " rows, expected at least n_clusters = " + std::to_string(rows_needed) + " in the first block");
        weight.check(where, X.rows());
        detail::require_finite(where, X);
    }
    template <class V>
    void check_rows(std::string_view name, MatrixView<const V> X, Index out_rows) const {
        const std::string where = detail::method(class_name, name);
        detail::require_same(where, "number of features", X.cols(), require_fitted(name).centers.cols());
        detail::require_same(where, "number of rows of out", out_rows, X.rows());
        detail::require_finite(where, X);
    }

    [[nodiscard]] State state_without_labels() const {
        return {.centers = state_.centers,
                .counts = state_.counts,
                .n_steps = state_.n_steps,
                .n_iter = state_.n_iter,
                .batch_size = state_.batch_size,
                .since_reassignment = state_.since_reassignment,
                .generator = state_.generator};
    }
    [[nodiscard]] Index n_init() const {
        const MiniBatchKMeansParams& p = this->params();
        if (p.init.centers()) return 1;
        if (!p.n_init.is_automatic()) return p.n_init.number();
        return p.init.is_plus_plus() ? 1 : 3;
    }
    [[nodiscard]] Index init_size(Index batch_size, Index rows) const {
        Index size = this->params().init_size.value_or(3 * batch_size);
        if (size < this->params().n_clusters) size = 3 * this->params().n_clusters;
        return std::min(size, rows);
    }

    /// Initial centres and counts.
    template <class V>
    void start(std::string_view where, State& s, MatrixView<const V> X) const {
        const Index k = this->params().n_clusters;
        const KMeansInit& init = this->params().init;
        s.counts.assign(static_cast<std::size_t>(k), 0.0);
        const Index size = init_size(s.batch_size, X.rows());
        Batch candidates;
        if (size < X.rows()) candidates.draw(X, {}, size, s.generator);
        else candidates.rows = cast<T>(X);
        const MatrixView<const T> rows = candidates.view();
        if (init.centers() || init.function()) {
            const Matrix<double> given =
                init.centers() ? *init.centers() : (*init.function())(cast<double>(rows).view(), k, s.generator);
            require_shape(where, given, k, X.cols());
            detail::require_finite(where, given.view());
            s.centers = cast<T>(given.view());
            return;
        }
        const std::vector<Index> chosen =
            init.is_random() ? s.generator.permutation(rows.rows()) : kmeans::plus_plus(rows, k, s.generator);
        s.centers = Matrix<T>(k, X.cols());
        for (Index j = 0; j < k; ++j)
            std::ranges::copy(rows.row(chosen[static_cast<std::size_t>(j)]), s.centers.row(j).begin());
    }
    static void require_shape(std::string_view where, const Matrix<double>& centers, Index k, Index d) {
        detail::require_parameter(centers.rows() == k && centers.cols() == d, where,
                                  "init is " + std::to_string(centers.rows()) + " x " + std::to_string(centers.cols()) +
                                      ", expected " + std::to_string(k) + " x " + std::to_string(d));
    }
    template <class To, class V>
    [[nodiscard]] static Matrix<To> cast(MatrixView<const V> X) {
        Matrix<To> copy(X.rows(), X.cols());
        for (Index i = 0; i < X.rows(); ++i)
            std::ranges::transform(X.row(i), copy.row(i).begin(), [](V x) { return static_cast<To>(x); });
        return copy;
    }

    /// Moves the centres; returns the inertia before, if wanted.
    template <class V>
    double step(std::string_view where, State& s, MatrixView<const V> X, const SampleWeight& weight,
                bool with_inertia) const {
        s.since_reassignment += s.batch_size;
        const bool due = s.since_reassignment >= 10 * std::ssize(s.counts) ||
                         std::ranges::find(s.counts, 0.0) != s.counts.end();
        if (due) s.since_reassignment = 0;
        const kmeans::Sums sums = kmeans::sum_by_center(X, weight, s.centers, with_inertia);
        kmeans::update(s.centers, s.counts, sums);
        if (due) kmeans::reassign(s.centers, s.counts, this->params().reassignment_ratio, X, s.generator);
        ++s.n_steps;
        if (!std::ranges::all_of(s.centers.values(), [](T c) { return std::isfinite(c); }))
            throw DataError(std::string(where) + ": the centres overflowed; scale the features (StandardScaler)");
        return sums.inertia;
    }
    /// Labels of X and their inertia, then takes the state over.
    template <class V>
    void finish(std::string_view where, State& next, MatrixView<const V> X, const SampleWeight& weight) {
        if (this->params().compute_labels) {
            next.labels.resize(static_cast<std::size_t>(X.rows()));
            next.inertia = kmeans::inertia(X, weight, next.centers, std::span(next.labels));
            if (!std::isfinite(next.inertia))
                throw DataError(std::string(where) + ": the inertia overflowed; scale the features (StandardScaler)");
        }
        state_ = std::move(next);
    }
    template <class V>
    [[nodiscard]] static double mean_variance(std::string_view where, MatrixView<const V> X) {
        Moments total = moments::none(X.cols()), tile;
        std::vector<double> work;
        detail::for_each_tile({0, X.rows()}, detail::tile_rows(X.cols()), [&](RowRange rows) {
            moments::add_tile(where, total, X.rows(rows), {}, tile, work);
        });
        double sum = 0.0;
        for (const double deviation : total.deviation) sum += deviation / static_cast<double>(X.rows());
        return sum / static_cast<double>(X.cols());
    }

    State state_;
};
static_assert(Clusterer<MiniBatchKMeans<>> && Transformer<MiniBatchKMeans<>>);

}  // namespace v1
}  // namespace blockfit

#endif
