#ifndef BLOCKFIT_KERNELS_MOMENTS_HPP
#define BLOCKFIT_KERNELS_MOMENTS_HPP

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/core/adapt.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/kernels/ordered.hpp>

namespace blockfit {
inline namespace v1 {

/// Count, mean and sum of squared deviations of each column, over the values that are not NaN.
struct Moments {
    std::vector<double> count;  ///< sum of weights
    std::vector<double> mean;
    std::vector<double> deviation;
    friend bool operator==(const Moments&, const Moments&) = default;
};

namespace moments {
namespace detail {

/// Plain sums of a tile, two passes while it is in cache: first the mean, then the deviations from it, with the
/// rounding of the mean taken back. Four rows in flight, joined in a fixed order. False if a value is NaN or infinite,
/// or a sum overflowed.
template <class T>
[[nodiscard]] bool plain(MatrixView<const T> X, double* mean, double* deviation, std::vector<double>& work) {
    const Index n = X.rows();
    const Index d = X.cols();
    const auto width = static_cast<std::size_t>(d);
    work.assign(8 * width, 0.0);
    double* const s = work.data();
    // Adds f(x) of row i to sum number i mod 4, pairs of columns at a time.
    const auto add_rows = [&](auto f) {
        for (Index i = 0; i < n; ++i) {
            const T* const x = X.row(i).data();
            double* const lane = s + (i & 3) * d;
            Index j = 0;
            for (; j + 2 <= d; j += 2) f(ordered::load(x + j), lane + j, lane + 4 * d + j, j);
            if (j < d) f(double(x[j]), lane + j, lane + 4 * d + j, j);
        }
    };
    const auto accumulate = [](auto value, double* sum) {
        if constexpr (std::is_same_v<decltype(value), double>) *sum += value;
        else ordered::store(sum, ordered::load(sum) + value);
    };
    const auto joined = [&](const double* sums, Index j) {
        return (sums[j] + sums[2 * d + j]) + (sums[d + j] + sums[3 * d + j]);
    };

    add_rows([&](auto x, double* sum, double*, Index) { accumulate(x, sum); });
    bool ok = true;
    for (Index j = 0; j < d; ++j) {
        mean[j] = joined(s, j) / static_cast<double>(n);
        ok &= std::isfinite(mean[j]);
    }
    if (!ok) return false;
    std::ranges::fill(work, 0.0);
    add_rows([&](auto x, double* sum, double* square, Index j) {
        auto r = x;
        if constexpr (std::is_same_v<decltype(x), double>) r -= mean[j];
        else r -= ordered::load(mean + j);
        accumulate(r, sum);
        accumulate(ordered::mul(r, r), square);
    });
    for (Index j = 0; j < d; ++j) {
        const double r = joined(s, j);
        deviation[j] = joined(s + 4 * d, j) - ordered::mul(r, r) / static_cast<double>(n);
        ok &= std::isfinite(deviation[j]);
        deviation[j] = std::max(0.0, deviation[j]);
    }
    return ok;
}

/// Any tile: weights, NaN left out, values whose sum overflows. Throws DataError at an infinite value.
template <class T>
void careful(std::string_view where, MatrixView<const T> X, const SampleWeight& weight, Moments& out) {
    const Index n = X.rows();
    for (Index i = 0; i < n; ++i)  // row by row, so that the first bad row is named, however rows are cut into tiles
        for (Index j = 0; j < X.cols(); ++j)
            if (std::isinf(X(i, j)))
                throw DataError(std::string(where) + ": X holds infinity, expected finite values or NaN",
                                {.row = i, .column = j});
    for (Index j = 0; j < X.cols(); ++j) {
        double count = 0, sum = 0;
        for (Index i = 0; i < n; ++i) {
            const double x = double(X(i, j));
            if (std::isnan(x)) continue;
            count += weight[i];
            sum += ordered::mul(weight[i], x);
        }
        double mean = sum / count;
        if (!std::isfinite(sum)) {  // the sum is beyond the range, the mean is not
            mean = 0;
            for (Index i = 0; i < n; ++i)
                if (const double x = double(X(i, j)); !std::isnan(x)) mean += ordered::mul(weight[i] / count, x);
        }
        double first = 0, second = 0;
        for (Index i = 0; i < n; ++i) {
            const double x = double(X(i, j));
            if (std::isnan(x)) continue;
            const double r = x - mean;
            first += ordered::mul(weight[i], r);
            second += ordered::mul(weight[i], ordered::mul(r, r));
        }
        const auto at = static_cast<std::size_t>(j);
        out.count[at] = count;
        // Without a value, or with weights that sum to nothing, the column is left out of the tile.
        out.mean[at] = count == 0 ? 0.0 : mean;
        out.deviation[at] = count == 0            ? 0.0
                            : std::isinf(second) ? second  // and `first` may be infinite too
                                                 : second - ordered::mul(first, first) / count;
    }
}

}  // namespace detail

/// a = a joined with b (Chan, Golub, LeVeque 1979). Columns that b has no value of stay as they are.
inline void merge(Moments& a, const Moments& b) {
    for (std::size_t j = 0; j < a.count.size(); ++j) {
        if (b.count[j] == 0) continue;
        if (a.count[j] == 0) {
            a.count[j] = b.count[j];
            a.mean[j] = b.mean[j];
            a.deviation[j] = b.deviation[j];
            continue;
        }
        const double n = a.count[j] + b.count[j];
        const double delta = b.mean[j] - a.mean[j];
        const double share = b.count[j] / n;
        a.deviation[j] += b.deviation[j] + ordered::mul(ordered::mul(delta, delta), a.count[j] * share);
        if (std::isfinite(delta)) a.mean[j] += ordered::mul(delta, share);
        else a.mean[j] = ordered::mul(a.mean[j], a.count[j] / n) + ordered::mul(b.mean[j], share);
        a.count[j] = n;
    }
}

/// The moments of no rows.
[[nodiscard]] inline Moments none(Index cols) {
    const auto d = static_cast<std::size_t>(cols);
    return {std::vector<double>(d), std::vector<double>(d), std::vector<double>(d)};
}

/// Adds a tile to the moments of the rows before it in the block. `tile` and `work` are buffers to be reused. NaN is
/// left out; throws DataError naming the row and column of an infinite value, before `sum` changes.
template <class T>
void add_tile(std::string_view where, Moments& sum, MatrixView<const T> X, const SampleWeight& weight, Moments& tile,
              std::vector<double>& work) {
    tile.count.assign(sum.count.size(), static_cast<double>(X.rows()));
    tile.mean.resize(sum.count.size());
    tile.deviation.resize(sum.count.size());
    if (weight || !detail::plain(X, tile.mean.data(), tile.deviation.data(), work))
        detail::careful(where, X, weight, tile);
    merge(sum, tile);
}

/// Moments over a sequence of blocks, joined along the dyadic tree of the block numbers: a node covers blocks
/// [k 2^j, (k+1) 2^j). The state is the stack of complete nodes, at most one a level, so that pushing blocks one by
/// one, or the results of many threads in order, gives the same bits.
class Tree {
public:
    struct Node {
        Index level = 0;
        Moments moments;
        friend bool operator==(const Node&, const Node&) = default;
        template <class Visitor>
        void visit_state(Visitor&& visitor) {
            visitor("level", level);
            visitor("count", moments.count);
            visitor("mean", moments.mean);
            visitor("deviation", moments.deviation);
        }
    };

    void push(Moments leaf) {
        Node node{0, std::move(leaf)};
        while (!nodes_.empty() && nodes_.back().level == node.level) {
            merge(nodes_.back().moments, node.moments);
            node.moments = std::move(nodes_.back().moments);
            ++node.level;
            nodes_.pop_back();
        }
        nodes_.push_back(std::move(node));
    }
    /// All blocks so far: the nodes joined from the last to the first.
    [[nodiscard]] Moments total() const {
        Moments sum = nodes_.back().moments;
        for (auto node = nodes_.rbegin() + 1; node != nodes_.rend(); ++node) {
            Moments left = node->moments;
            merge(left, sum);
            sum = std::move(left);
        }
        return sum;
    }
    [[nodiscard]] bool empty() const noexcept { return nodes_.empty(); }
    [[nodiscard]] Index cols() const noexcept { return std::ssize(nodes_.back().moments.count); }
    /// From the largest to the smallest; for saving.
    [[nodiscard]] std::vector<Node>& nodes() noexcept { return nodes_; }
    [[nodiscard]] const std::vector<Node>& nodes() const noexcept { return nodes_; }
    friend bool operator==(const Tree&, const Tree&) = default;

private:
    std::vector<Node> nodes_;
};

}  // namespace moments
}  // namespace v1
}  // namespace blockfit

#endif
