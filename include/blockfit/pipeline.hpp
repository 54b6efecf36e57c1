#ifndef BLOCKFIT_PIPELINE_HPP
#define BLOCKFIT_PIPELINE_HPP

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/creation.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/array/training_set.hpp>
#include <blockfit/core/concepts.hpp>
#include <blockfit/core/fixed_string.hpp>
#include <blockfit/estimator.hpp>
#include <blockfit/estimator/forwarding.hpp>
#include <blockfit/estimator/targets.hpp>
#include <blockfit/pipeline/steps.hpp>

namespace blockfit {
inline namespace v1 {

/// Transformers and, last, any estimator, as one estimator. The steps are part of the type, so misuse does not compile.
/// As scikit-learn's Pipeline, and beyond it: partial_fit, and chunked data.
///
/// `fit` makes one pass over the data for each step, each step fitted on the whole output of those before it. Chunked
/// data is never stored between them: the later passes transform again what they read. `partial_fit` makes one pass:
/// each step is updated with a block and then transforms it, so early blocks see immature statistics.
template <class... S>
class Pipeline : public detail::PredictionsOf<Pipeline<S...>, detail::LastStep<S...>>,
                 public detail::TransformsOf<Pipeline<S...>, detail::LastStep<S...>> {
    static constexpr std::size_t n_steps = sizeof...(S);
    /// A number out of range is refused by a static_assert in get, so it must not fail here.
    template <std::size_t I>
    using Step = typename detail::StepTraits<std::tuple_element_t<(I < n_steps ? I : 0), std::tuple<S...>>>::type;
    static constexpr std::size_t last = n_steps - 1;
    using Last = detail::LastStep<S...>;
    static constexpr bool supervised = SupervisedPartialFit<Last>;
    static constexpr auto names_ = detail::step_names<S...>();

    static_assert(
        []<std::size_t... I>(std::index_sequence<I...>) {
            return ((Transformer<Step<I>> && UnsupervisedPartialFit<Step<I>>) && ...);
        }(std::make_index_sequence<last>{}),
        "Pipeline: every step but the last must be a transformer, with partial_fit(X) and transform(X)");
    static_assert(Estimator<Last>, "Pipeline: the last step must be an estimator");
    static_assert(detail::good_step_names<S...>(), "Pipeline: step names must be unique, not empty, and without '__'");

public:
    static constexpr std::string_view class_name = "Pipeline";
    static constexpr int schema_version = 1;

    Pipeline() = default;
    explicit Pipeline(S... steps) : steps_(std::move(steps)...) {}

    /// Step I: scikit-learn's pipe[I].
    template <std::size_t I>
    [[nodiscard]] const Step<I>& get() const noexcept {
        static_assert(I < n_steps, "Pipeline::get<I>: there is no step of that number");
        constexpr std::size_t i = I < n_steps ? I : 0;
        return detail::StepTraits<std::tuple_element_t<i, std::tuple<S...>>>::get(std::get<i>(steps_));
    }
    template <std::size_t I>
    [[nodiscard]] Step<I>& get() noexcept {
        return const_cast<Step<I>&>(std::as_const(*this).template get<I>());
    }
    /// The step of that name: pipe.get<"standardscaler">().
    template <FixedString Name>
    [[nodiscard]] const auto& get() const noexcept {
        constexpr std::size_t i = index_of(Name.view());
        static_assert(i < n_steps, "Pipeline::get<name>: there is no step of that name");
        return get<(i < n_steps ? i : 0)>();
    }
    template <FixedString Name>
    [[nodiscard]] auto& get() noexcept {
        constexpr std::size_t i = index_of(Name.view());
        static_assert(i < n_steps, "Pipeline::get<name>: there is no step of that name");
        return get<(i < n_steps ? i : 0)>();
    }
    [[nodiscard]] static constexpr Index size() noexcept { return static_cast<Index>(n_steps); }
    /// The names of the steps, in order.
    [[nodiscard]] static std::vector<std::string> names() {
        std::vector<std::string> list;
        for (const detail::StepName& name : names_) list.emplace_back(name.view());
        return list;
    }

    // --- fit -------------------------------------------------------------------------------------------------------

    /// Fits each transformer on the output of the one before, the last step on the final output, y and `options`, which
    /// are those of the last step. In memory: on any error the pipeline is as before.
    template <MatrixLike M, detail::TargetsFor<Last> Y>
    Pipeline& fit(const M& X, const Y& y, const typename detail::OptionsOf<Last>::type& options = {}) {
        return with_real(X, "fit", [&](Pipeline& next, auto view) {
            next.template fit_from<0>(view, [&](auto out) { next.template get<last>().fit(out, y, options); });
        });
    }
    template <MatrixLike M>
    Pipeline& fit(const M& X) requires(!supervised) {
        return with_real(X, "fit", [&](Pipeline& next, auto view) {
            next.template fit_from<0>(view, [&](auto out) { next.template get<last>().fit(out); });
        });
    }
    /// Chunked data: a pass a step. If the last step stops at a bad block, the steps before it are fitted and the last
    /// one is as after its last complete block.
    template <class T, detail::TargetsFor<Last> Y>
    Pipeline& fit(const ChunkedMatrix<T>& X, const Y& y, const ChunkedFitOptions& options = {}) {
        check_steps(X);
        if constexpr (requires { get<last>().check_chunked_fit(X, y, options); })
            get<last>().check_chunked_fit(X, y, options);
        fit_chunked_from<0>(X, [&](const auto& out) { get<last>().fit(out, y, options); });
        return *this;
    }
    template <class T>
    Pipeline& fit(const ChunkedMatrix<T>& X) requires(!supervised) {
        check_steps(X);
        if constexpr (requires { get<last>().check_chunked_fit(X); }) get<last>().check_chunked_fit(X);
        fit_chunked_from<0>(X, [&](const auto& out) { get<last>().fit(out); });
        return *this;
    }

    /// One block: each step is updated with it, then transforms it for the next. On any error as before.
    template <MatrixLike M, detail::TargetsFor<Last> Y>
    Pipeline& partial_fit(const M& X, const Y& y, const PartialFitOptions& options = {}) {
        return with_real(X, "partial_fit", [&](Pipeline& next, auto view) {
            next.template partial_fit_from<0>(
                view, [&](auto out) { next.template get<last>().partial_fit(out, y, options); });
        });
    }
    template <MatrixLike M>
    Pipeline& partial_fit(const M& X) requires(!supervised) {
        return with_real(X, "partial_fit", [&](Pipeline& next, auto view) {
            next.template partial_fit_from<0>(view, [&](auto out) { next.template get<last>().partial_fit(out); });
        });
    }
    /// All blocks in order, in one pass. If one is bad, the pipeline is as after the last complete one.
    template <class T, detail::TargetsFor<Last> Y>
    Pipeline& partial_fit(const ChunkedMatrix<T>& X, const Y& y, const ChunkedFitOptions& options = {}) {
        return partial_fit_blocks(detail::as_real(X), detail::chunked_targets<Last>(y), options);
    }
    template <class T>
    Pipeline& partial_fit(const ChunkedMatrix<T>& X) requires(!supervised) {
        return partial_fit_blocks(detail::as_real(X), detail::NoTargets{}, {});
    }
    /// Complete blocks of the last chunked partial_fit.
    [[nodiscard]] Index blocks_done() const noexcept { return blocks_done_; }

    // --- as one estimator ------------------------------------------------------------------------------------------

    [[nodiscard]] bool fitted() const noexcept {
        return [&]<std::size_t... I>(std::index_sequence<I...>) { return (get<I>().fitted() && ...); }
        (std::make_index_sequence<n_steps>{});
    }
    [[nodiscard]] Index n_features_in() const { return get<0>().n_features_in(); }
    [[nodiscard]] Pipeline unfitted() const {
        Pipeline copy = *this;
        copy.for_each_step([](std::string_view, auto& each) { each = each.unfitted(); });
        return copy;
    }
    /// set_param("sgdclassifier__alpha", "0.001"): a parameter of a step.
    Pipeline& set_param(std::string_view name, std::string_view value) {
        const auto cut = name.find("__");
        bool found = false;
        for_each_step([&](std::string_view each, auto& estimator) {
            if (cut == name.npos || each != name.substr(0, cut)) return;
            estimator.set_param(name.substr(cut + 2), value);
            found = true;
        });
        if (!found) {
            std::string list;
            for (const std::string& each : names()) list += (list.empty() ? "" : ", ") + each;
            throw ParameterError("Pipeline has no parameter '" + std::string(name) +
                                 "', expected STEP__NAME with a step of " + list);
        }
        return *this;
    }
    /// "Pipeline(standardscaler=StandardScaler(), sgdclassifier=SGDClassifier(alpha=0.001))"
    [[nodiscard]] std::string to_string() const {
        std::string text = "Pipeline(";
        const_cast<Pipeline&>(*this).for_each_step([&](std::string_view name, const auto& each) {
            text += (text.back() == '(' ? "" : ", ") + std::string(name) + "=" + each.to_string();
        });
        return text + ")";
    }
    friend bool operator==(const Pipeline& a, const Pipeline& b) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return ((a.template get<I>() == b.template get<I>()) && ...);
        }
        (std::make_index_sequence<n_steps>{});
    }
    /// Calls f(name, estimator) for each step; for saving.
    template <class F>
    void for_each_step(F f) {
        [&]<std::size_t... I>(std::index_sequence<I...>) { (f(names_[I].view(), get<I>()), ...); }
        (std::make_index_sequence<n_steps>{});
    }

    /// The protocol of the forwarding mixins: f(rows, z) for each tile z of X after all steps but the last.
    [[nodiscard]] const Last& final_estimator() const noexcept { return get<last>(); }
    template <class T, class F>
    void forward(MatrixView<const T> X, F f) const {
        std::array<Matrix<T>, n_steps> buffers;
        detail::for_each_tile({0, X.rows()}, detail::tile_rows(X.cols()),
                              [&](RowRange rows) { f(rows, transformed<0>(X.rows(rows), buffers)); });
    }
    /// inverse_transform, backwards through all steps.
    template <class T>
    void backward(MatrixView<const T> X, MatrixView<T> out) const {
        detail::require_same("Pipeline::inverse_transform", "number of rows of out", out.rows(), X.rows());
        detail::require_same("Pipeline::inverse_transform", "number of columns of out", out.cols(), n_features_in());
        Matrix<T> current(X);
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            const auto back = [&](const auto& step) {
                Matrix<T> before(X.rows(), step.n_features_in());
                step.inverse_transform(std::as_const(current).view(), before.view());
                current = std::move(before);
            };
            (back(get<last - I>()), ...);
        }
        (std::make_index_sequence<n_steps>{});
        for (Index i = 0; i < X.rows(); ++i) std::ranges::copy(current.row(i), out.row(i).begin());
    }

private:
    /// n_steps if there is no such step.
    [[nodiscard]] static constexpr std::size_t index_of(std::string_view name) {
        std::size_t i = 0;
        while (i < n_steps && names_[i].view() != name) ++i;
        return i;
    }

    /// What the steps but the last can refuse before any work.
    template <class T>
    void check_steps(const ChunkedMatrix<T>& X) const {
        const auto check = [&](const auto& step) {
            if constexpr (requires { step.check_chunked_fit(X); }) step.check_chunked_fit(X);
        };
        [&]<std::size_t... I>(std::index_sequence<I...>) { (check(get<I>()), ...); }
        (std::make_index_sequence<last>{});
    }
    template <class T, class Targets>
    Pipeline& partial_fit_blocks(ChunkedMatrix<T> X, Targets y, const ChunkedFitOptions& options) {
        const detail::TrainingSet<T, Targets> set("Pipeline::partial_fit", std::move(X), std::move(y),
                                                  options.sample_weight);
        if (get<0>().fitted())
            detail::require_same("Pipeline::partial_fit", "number of features", set.X().cols(), n_features_in());
        using Block = typename detail::TrainingSet<T, Targets>::Block;
        blocks_done_ = 0;
        detail::stream_blocks<Block>(
            set.pass("Pipeline::partial_fit"),
            [&](Block& block, Index, RowRange rows) { set.read(block, rows, [](MatrixView<const T>) {}); },
            [&](Block& block, Index, RowRange) {
                if constexpr (supervised)
                    partial_fit(block.X, block.y.view(),
                                {.classes = options.classes, .sample_weight = block.sample_weight()});
                else partial_fit(block.X);
                ++blocks_done_;
            });
        return *this;
    }

    /// Calls f(copy of this, view of X) and keeps the copy if nothing is thrown.
    template <class M, class F>
    Pipeline& with_real(const M& X, std::string_view name, F f) {
        Pipeline next = *this;
        detail::with_real_view(detail::method(class_name, name), X, [&](auto view) { f(next, view); });
        return *this = std::move(next);
    }
    template <std::size_t I, class T, class F>
    void fit_from(MatrixView<const T> X, F f) {
        if constexpr (I == last) {
            f(X);
        } else {
            get<I>().fit(X);
            const Matrix<T> Z = get<I>().transform(X);
            fit_from<I + 1>(Z.view(), f);
        }
    }
    template <std::size_t I, class T, class F>
    void partial_fit_from(MatrixView<const T> X, F f) {
        if constexpr (I == last) {
            f(X);
        } else {
            get<I>().partial_fit(X);
            const Matrix<T> Z = get<I>().transform(X);
            partial_fit_from<I + 1>(Z.view(), f);
        }
    }
    template <std::size_t I, class T, class F>
    void fit_chunked_from(const ChunkedMatrix<T>& X, F f) {
        if constexpr (I == last) {
            f(X);
        } else {
            get<I>().fit(X);
            fit_chunked_from<I + 1>(get<I>().transform(X), f);
        }
    }

    template <std::size_t I, class T>
    [[nodiscard]] MatrixView<const T> transformed(MatrixView<const T> X,
                                                  std::array<Matrix<T>, n_steps>& buffers) const {
        if constexpr (I == last) {
            return X;
        } else {
            buffers[I].resize(X.rows(), get<I>().n_features_out());
            get<I>().transform(X, buffers[I].view());
            return transformed<I + 1>(std::as_const(buffers[I]).view(), buffers);
        }
    }

    std::tuple<S...> steps_;
    Index blocks_done_ = 0;
};

/// A pipeline of the steps; those not named by step<"name">(...) get scikit-learn's names.
template <class... S>
[[nodiscard]] Pipeline<S...> make_pipeline(S... steps) {
    static_assert(sizeof...(S) > 0, "make_pipeline: give at least one step");
    return Pipeline<S...>(std::move(steps)...);
}

}  // namespace v1
}  // namespace blockfit

#endif
