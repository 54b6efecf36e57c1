#ifndef BLOCKFIT_TESTS_CONTRACT_CHUNKED_HPP
#define BLOCKFIT_TESTS_CONTRACT_CHUNKED_HPP

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <blockfit/exec/settings.hpp>
#include <contract/cases.hpp>

/// What the tests of chunked data share.

namespace contract {

inline constexpr int thread_counts[] = {1, 2, 3, 8};

/// fit takes chunked data.
using Fittable = Select<[]<class Case>() { return Case::chunks != Chunks::none && Case::chunks != Chunks::partial_fit; }>;
/// partial_fit does.
using PartlyFittable = Select<[]<class Case>() { return Case::chunks != Chunks::none; }>;
/// In one parallel pass.
using OnePass = Select<[]<class Case>() { return Case::chunks == Chunks::one_pass; }>;
using Incrementals = Select<[]<class Case>() { return Case::chunks == Chunks::block_by_block; }>;
/// What Incremental is put around here.
using Plain = Select<[]<class Case>() { return is_plain<Case>; }>;

/// Chunked data that must not be read.
inline bf::ChunkedMatrix<double> unreadable(Index rows, Index cols) {
    return bf::from_function<double>(rows, cols, [](Index, MatrixView<double>) { throw std::logic_error("read"); });
}
/// Blocks of 1, 2, ..., 9, 1, 2, ... rows, each longer by as many rows as the case needs.
template <class Case>
bf::BlockPlan uneven_plan(Index rows) {
    std::vector<Index> ends;
    const Index least = std::max(Case::first_rows, Case::block_rows);
    for (Index end = least, size = 0; end + least <= rows; end += least + (size = (size + 1) % 9)) ends.push_back(end);
    if (ends.empty() || ends.back() < rows) {
        if (!ends.empty() && rows - ends.back() < least) ends.pop_back();
        ends.push_back(rows);
    }
    return bf::BlockPlan(ends);
}
/// Blocks of block_rows rows, at least what the case needs.
template <class Case>
bf::BlockPlan even_plan(Index rows, Index block_rows) {
    return bf::BlockPlan(rows, std::max({block_rows, Case::first_rows, Case::block_rows}));
}
/// The blocks of X one by one, in memory.
template <class Case, class E, class Y>
void train_by_hand(E& e, const Matrix<double>& X, const Y& y, const bf::BlockPlan& plan) {
    for (Index block = 0; block < plan.size(); ++block)
        partial_fit<Case>(e, X.view().rows(plan[block]), part(y, plan[block]));
}
/// X as chunks of which every third takes long to read, so that later ones are ready before it.
inline bf::ChunkedMatrix<double> with_slow_blocks(const Matrix<double>& X, Index block_rows) {
    const auto read = [&X, block_rows](Index first, MatrixView<double> out) {
        volatile double sink = 0.0;
        if (first / block_rows % 3 == 0)
            for (int i = 0; i < 1'000'000; ++i) sink = sink + 1.0;
        for (Index i = 0; i < out.rows(); ++i) std::ranges::copy(X.row(first + i), out.row(i).begin());
    };
    return bf::from_function<double>(X.rows(), X.cols(), read, {.block_rows = block_rows});
}

}  // namespace contract

#endif
