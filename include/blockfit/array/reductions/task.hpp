#ifndef BLOCKFIT_ARRAY_REDUCTIONS_TASK_HPP
#define BLOCKFIT_ARRAY_REDUCTIONS_TASK_HPP

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/block_source.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/text.hpp>
#include <blockfit/exec/settings.hpp>

namespace blockfit {
inline namespace v1 {

/// What a reduction goes along, as in numpy: sum(X, axis<0>) has one result a column, sum(X, axis<1>) one a row.
template <int A>
requires(A == 0 || A == 1) inline constexpr std::integral_constant<int, A> axis{};

using Axis0 = std::integral_constant<int, 0>;
using Axis1 = std::integral_constant<int, 1>;

namespace detail {

/// What a reduction knows of some rows: of those of a block so far, or of all blocks so far.
struct Partial {
    virtual ~Partial() = default;
};

/// A reduction of any array to any result, as the pass over the blocks sees it. Immutable, used by several threads.
class ReductionTask {
public:
    ReductionTask(std::string_view name, BlockPlan plan, Index cols, std::vector<Origin> origins)
        : name_(name), plan_(std::move(plan)), cols_(cols), origins_(std::move(origins)) {}
    virtual ~ReductionTask() = default;
    ReductionTask(const ReductionTask&) = delete;
    ReductionTask& operator=(const ReductionTask&) = delete;

    [[nodiscard]] std::string_view name() const noexcept { return name_; }  // a literal
    [[nodiscard]] const BlockPlan& plan() const noexcept { return plan_; }
    [[nodiscard]] Index cols() const noexcept { return cols_; }
    [[nodiscard]] Origin origin() const { return origins_.empty() ? Origin{} : origins_.front(); }

    /// What must be known before this can run, found in a pass of its own; nullptr: nothing.
    [[nodiscard]] virtual const ReductionTask* before() const noexcept { return nullptr; }
    /// What is known of no rows. `before`: the total of the task of that name.
    [[nodiscard]] virtual std::unique_ptr<Partial> make(const Partial* before) const = 0;
    /// Adds rows of a block, which come in order; `last`: it has no more.
    virtual void add(Partial& partial, RowRange rows, bool last, Scratch& scratch) const = 0;
    /// Adds the next block to the total; `block` is not used any more.
    virtual void merge(Partial& total, Partial& block) const = 0;
    /// Bytes that what is known of so many rows, or of all, may take; the result that the caller asked for not counted.
    [[nodiscard]] virtual Index partial_bytes(Index rows) const = 0;
    [[nodiscard]] virtual Index total_bytes() const = 0;
    /// Bytes to look at `rows` rows, and the array whose rows they are.
    [[nodiscard]] virtual Index view_bytes(Index rows) const = 0;
    [[nodiscard]] virtual const void* array() const noexcept = 0;

private:
    std::string_view name_;
    BlockPlan plan_;
    Index cols_;
    std::vector<Origin> origins_;
};

template <class R>
class ReductionTaskOf : public ReductionTask {
public:
    using ReductionTask::ReductionTask;
    [[nodiscard]] virtual R finish(const Partial& total) const = 0;
};

/// Rows that a pass looks at together: half a megabyte of doubles, at least 16. A power of two; never less than
/// tile_rows, by which results are cut.
[[nodiscard]] constexpr Index rows_read_together(Index cols) noexcept {
    Index rows = 65536;
    while (rows > 16 && rows * cols > 65536) rows /= 2;
    return rows;
}

/// Calls f, and gives an error its place: rows count from `first_row`.
template <class F>
auto located_in(const ReductionTask& task, Index block, Index first_row, F f) {
    try {
        return f();
    } catch (Error& error) {
        const Origin origin = task.origin();
        error.locate(block, first_row, origin.file, origin.dataset);
        throw;
    }
}

/// void, but only for who knows T: what it is a template argument of is not instantiated before T is known.
template <class T>
using VoidFor = std::conditional_t<sizeof(T*) != 0, void, T>;

/// One pass over arrays with one block plan. Templates, though nothing depends on Dummy, so that only a program that
/// computes a reduction pays for compiling the stream, and once.
template <class Dummy>
void run_pass(const std::vector<const ReductionTask*>& tasks, const std::vector<const Partial*>& before,
              std::vector<std::unique_ptr<Partial>>& totals) {
    const BlockPlan plan = tasks.front()->plan();
    BlockPass pass{.name = tasks.size() == 1 ? tasks.front()->name() : "compute", .plan = plan};
    Index together = rows_read_together(1);
    for (const ReductionTask* task : tasks) together = std::min(together, rows_read_together(task->cols()));
    Index kept = 0;
    const ScratchCount count;
    std::vector<const void*> arrays;
    for (const ReductionTask* task : tasks) {
        pass.bytes_per_block += task->partial_bytes(plan.largest());
        kept += task->total_bytes();
        if (std::ranges::find(arrays, task->array()) != arrays.end()) continue;
        arrays.push_back(task->array());
        pass.bytes_per_block += task->view_bytes(together);
        pass.fixed_bytes += task->view_bytes(together);
    }
    SettingsParams settings = Settings::current();
    if (settings.memory_limit > 0 && kept >= settings.memory_limit)
        throw MemoryLimitError(
            std::string(pass.name) + ": the result takes up to " + bytes_to_text(kept) + ", but memory_limit is " +
            bytes_to_text(settings.memory_limit) +
            "; raise Settings::memory_limit, or ask for fewer columns or values or a larger rank_error");
    if (settings.memory_limit > 0) settings.memory_limit -= kept;
    const Settings inner(settings);

    struct Slot {
        Scratch scratch;
        std::vector<std::unique_ptr<Partial>> partials;
    };
    for (std::size_t k = 0; k < tasks.size(); ++k)
        located_in(*tasks[k], -1, 0, [&] { totals.push_back(tasks[k]->make(before[k])); });
    stream_blocks<Slot>(
        pass,
        [&](Slot& slot, Index block, RowRange rows) {
            slot.partials.clear();
            for (std::size_t k = 0; k < tasks.size(); ++k) slot.partials.push_back(tasks[k]->make(before[k]));
            for (Index begin = rows.begin; begin < rows.end; begin += together) {
                const RowRange tile{begin, std::min(begin + together, rows.end)};
                for (std::size_t k = 0; k < tasks.size(); ++k)
                    located_in(*tasks[k], block, begin,
                               [&] { tasks[k]->add(*slot.partials[k], tile, tile.end == rows.end, slot.scratch); });
            }
        },
        [&](Slot& slot, Index block, RowRange rows) {
            for (std::size_t k = 0; k < tasks.size(); ++k)
                located_in(*tasks[k], block, rows.begin, [&] { tasks[k]->merge(*totals[k], *slot.partials[k]); });
        });
}

/// The totals of some tasks, in one pass for those whose blocks agree.
template <class Dummy>
std::vector<std::unique_ptr<Partial>> run_tasks(const std::vector<const ReductionTask*>& tasks,
                                                const std::vector<const Partial*>& before) {
    std::vector<std::unique_ptr<Partial>> totals(tasks.size());
    std::vector<bool> done(tasks.size(), false);
    for (std::size_t first = 0; first < tasks.size(); ++first) {
        if (done[first]) continue;
        std::vector<std::size_t> group;
        std::vector<const ReductionTask*> group_tasks;
        std::vector<const Partial*> group_before;
        for (std::size_t k = first; k < tasks.size(); ++k)
            if (!done[k] && tasks[k]->plan() == tasks[first]->plan()) {
                done[k] = true;
                group.push_back(k);
                group_tasks.push_back(tasks[k]);
                group_before.push_back(before[k]);
            }
        std::vector<std::unique_ptr<Partial>> results;
        run_pass<Dummy>(group_tasks, group_before, results);
        for (std::size_t k = 0; k < group.size(); ++k) totals[group[k]] = std::move(results[k]);
    }
    return totals;
}

/// The same for tasks that may need another one first: these run together with the tasks that need none.
template <class Dummy>
std::vector<std::unique_ptr<Partial>> run_reductions(const std::vector<const ReductionTask*>& tasks) {
    std::vector<const ReductionTask*> first_tasks;
    for (const ReductionTask* task : tasks) first_tasks.push_back(task->before() ? task->before() : task);
    std::vector<std::unique_ptr<Partial>> totals =
        run_tasks<Dummy>(first_tasks, std::vector<const Partial*>(tasks.size(), nullptr));
    std::vector<const ReductionTask*> second_tasks;
    std::vector<const Partial*> before;
    for (std::size_t k = 0; k < tasks.size(); ++k)
        if (tasks[k]->before()) {
            second_tasks.push_back(tasks[k]);
            before.push_back(totals[k].get());
        }
    if (second_tasks.empty()) return totals;
    std::vector<std::unique_ptr<Partial>> second = run_tasks<Dummy>(second_tasks, before);
    for (std::size_t k = 0, s = 0; k < tasks.size(); ++k)
        if (tasks[k]->before()) totals[k] = std::move(second[s++]);
    return totals;
}

}  // namespace detail

/// A lazy result of type R: nothing is read before compute(). Cheap to copy, and immutable; computing it again reads
/// the array again.
template <class R>
class Reduction {
public:
    using value_type = R;
    explicit Reduction(std::shared_ptr<const detail::ReductionTaskOf<R>> task) : task_(std::move(task)) {}

    /// Reads the array, in parallel, and returns the result: the same bits for any number of threads.
    [[nodiscard]] R compute() const {
        return finish(*detail::run_reductions<detail::VoidFor<R>>({task_.get()}).front());
    }

    /// For `compute`.
    [[nodiscard]] const detail::ReductionTask* task() const noexcept { return task_.get(); }
    [[nodiscard]] R finish(const detail::Partial& total) const {
        return detail::located_in(*task_, -1, 0, [&] { return task_->finish(total); });
    }

private:
    std::shared_ptr<const detail::ReductionTaskOf<R>> task_;
};

/// Several reductions at once, as a tuple of their results: auto [mean, most] = compute(X.mean(axis<0>), y.max()).
/// Arrays whose blocks agree are read in one pass, and what several of them are made from is read once.
template <class First, class... Rest>
[[nodiscard]] std::tuple<First, Rest...> compute(const Reduction<First>& first, const Reduction<Rest>&... rest) {
    std::vector<const detail::ReductionTask*> tasks;
    std::vector<std::size_t> place;  // in `tasks`, where a reduction asked for twice is once
    for (const detail::ReductionTask* task : {first.task(), rest.task()...}) {
        const auto found = std::ranges::find(tasks, task);
        place.push_back(static_cast<std::size_t>(found - tasks.begin()));
        if (found == tasks.end()) tasks.push_back(task);
    }
    const std::vector<std::unique_ptr<detail::Partial>> totals = detail::run_reductions<detail::VoidFor<First>>(tasks);
    std::size_t k = 0;
    const auto next = [&]() -> const detail::Partial& { return *totals[place[k++]]; };
    return std::tuple<First, Rest...>{first.finish(next()), rest.finish(next())...};
}

}  // namespace v1
}  // namespace blockfit

#endif
