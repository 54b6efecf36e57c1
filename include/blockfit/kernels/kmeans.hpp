#ifndef BLOCKFIT_KERNELS_KMEANS_HPP
#define BLOCKFIT_KERNELS_KMEANS_HPP

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <type_traits>
#include <vector>

#include <Eigen/Core>

#include <blockfit/core/adapt.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/kernels/ordered.hpp>
#include <blockfit/kernels/row_groups.hpp>

/// K-means on one block: X is n x d, centres are k x d. Sums are held in double.

namespace blockfit {
inline namespace v1 {
namespace kmeans {

/// |x - y|^2
template <class A, class B>
[[nodiscard]] double squared_distance(const A* x, const B* y, Index d) noexcept {
    return ordered::sum_lanes(d, [x, y](Index i, auto width) {
        if constexpr (std::is_same_v<decltype(width), ordered::PairOf>) {
            const ordered::Pair r = ordered::load(x + i) - ordered::load(y + i);
            return ordered::mul(r, r);
        } else {
            const double r = double(x[i]) - double(y[i]);
            return ordered::Pair{ordered::mul(r, r), 0.0};
        }
    });
}
/// |x|^2
template <class A>
[[nodiscard]] double squared_norm(const A* x, Index d) noexcept {
    return ordered::sum_lanes(d, [x](Index i, auto width) {
        if constexpr (std::is_same_v<decltype(width), ordered::PairOf>) {
            return ordered::mul(ordered::load(x + i), ordered::load(x + i));
        } else {
            return ordered::Pair{ordered::mul(double(x[i]), double(x[i])), 0.0};
        }
    });
}

/// Calls f(RowRange rows, const RowMajor<T>& group, std::span<const Label> labels) for each group of rows: the rows as T,
/// and the nearest centre of each, argmin |C|^2 - 2 x.C, the first of equals.
template <class T, class V, class F>
void for_each_labelled_group(MatrixView<const V> X, const Matrix<T>& centers, F f) {
    const Index k = centers.rows();
    std::vector<T> norms(static_cast<std::size_t>(k));
    for (Index j = 0; j < k; ++j)
        norms[static_cast<std::size_t>(j)] = static_cast<T>(squared_norm(centers.row(j).data(), centers.cols()));
    std::vector<Label> labels(static_cast<std::size_t>(group_rows));
    RowMajor<T> group, products(group_rows, k);
    for_each_row_group(X, group, [&](RowRange rows, const RowMajor<T>& x) {
        multiply_transposed(x, eigen_map(centers), products);
        for (Index i = 0; i < rows.size(); ++i) {
            const T* const product = products.data() + i * k;
            T least = norms[0] - 2 * product[0];
            Label best = 0;
            for (Index j = 1; j < k; ++j)
                if (const T value = norms[static_cast<std::size_t>(j)] - 2 * product[j]; value < least) {
                    least = value;
                    best = j;
                }
            labels[static_cast<std::size_t>(i)] = best;
        }
        f(rows, x, std::span<const Label>(labels).first(static_cast<std::size_t>(rows.size())));
    });
}

/// The nearest centre of each row into `out`, n labels.
template <class T, class V>
void predict(MatrixView<const V> X, const Matrix<T>& centers, std::span<Label> out) {
    for_each_labelled_group(X, centers, [&](RowRange rows, const RowMajor<T>&, std::span<const Label> labels) {
        std::ranges::copy(labels, out.begin() + rows.begin);
    });
}

/// The weighted sum of squared distances of a group's rows to their centres.
template <class T>
[[nodiscard]] double group_inertia(RowRange rows, const RowMajor<T>& group, std::span<const Label> labels,
                                   const Matrix<T>& centers, const SampleWeight& weight) {
    const Index d = centers.cols();
    double sum = 0.0;
    for (Index i = 0; i < rows.size(); ++i) {
        const T* const center = centers.data() + labels[static_cast<std::size_t>(i)] * d;
        sum += ordered::mul(weight[rows.begin + i], squared_distance(group.data() + i * d, center, d));
    }
    return sum;
}

/// The weighted sum of squared distances to the nearest centre; the labels into `out`, unless that is empty.
template <class T, class V>
[[nodiscard]] double inertia(MatrixView<const V> X, const SampleWeight& weight, const Matrix<T>& centers,
                             std::span<Label> out = {}) {
    double sum = 0.0;
    for_each_labelled_group(X, centers, [&](RowRange rows, const RowMajor<T>& group, std::span<const Label> labels) {
        sum += group_inertia(rows, group, labels, centers, weight);
        if (!out.empty()) std::ranges::copy(labels, out.begin() + rows.begin);
    });
    return sum;
}

/// What the rows of a block contribute to the centres next to them.
struct Sums {
    Matrix<double> sum;          ///< k x d, of w x
    std::vector<double> weight;  ///< k, of w
    double inertia = 0.0;
};
/// The inertia is computed only if wanted.
template <class T, class V>
[[nodiscard]] Sums sum_by_center(MatrixView<const V> X, const SampleWeight& weight, const Matrix<T>& centers,
                                 bool with_inertia) {
    const Index d = centers.cols();
    Sums sums{Matrix<double>(centers.rows(), d), std::vector<double>(static_cast<std::size_t>(centers.rows()))};
    for_each_labelled_group(X, centers, [&](RowRange rows, const RowMajor<T>& group, std::span<const Label> labels) {
        if (with_inertia) sums.inertia += group_inertia(rows, group, labels, centers, weight);
        for (Index i = 0; i < rows.size(); ++i) {
            const Label label = labels[static_cast<std::size_t>(i)];
            const double w = weight[rows.begin + i];
            const T* const x = group.data() + i * d;
            double* const sum = sums.sum.data() + label * d;
            const ordered::Pair pair{w, w};
            Index j = 0;
            for (; j + 2 <= d; j += 2)
                ordered::store(sum + j, ordered::load(sum + j) + ordered::mul(pair, ordered::load(x + j)));
            if (j < d) sum[j] += ordered::mul(w, double(x[j]));
            sums.weight[static_cast<std::size_t>(label)] += w;
        }
    });
    return sums;
}

/// C <- (c C + sum w x) / (c + sum w) and c <- c + sum w (Sculley 2010), for centres that got weight.
template <class T>
void update(Matrix<T>& centers, std::vector<double>& counts, const Sums& sums) {
    for (Index j = 0; j < centers.rows(); ++j) {
        const auto at = static_cast<std::size_t>(j);
        if (!(sums.weight[at] > 0)) continue;
        const double count = counts[at] + sums.weight[at];
        for (Index m = 0; m < centers.cols(); ++m)
            centers(j, m) = static_cast<T>((ordered::mul(counts[at], double(centers(j, m))) + sums.sum(j, m)) / count);
        counts[at] = count;
    }
}

/// Centres, ascending, whose count is below `ratio` of the largest: at most half as many as there are rows, then those of
/// the smallest counts, the first of equals.
[[nodiscard]] inline std::vector<Index> low_centers(const std::vector<double>& counts, double ratio, Index rows) {
    const double bound = ratio * std::ranges::max(counts);
    std::vector<Index> low;
    for (std::size_t j = 0; j < counts.size(); ++j)
        if (counts[j] < bound) low.push_back(static_cast<Index>(j));
    if (2 * std::ssize(low) > rows) {
        std::ranges::stable_sort(low, {}, [&](Index j) { return counts[static_cast<std::size_t>(j)]; });
        low.resize(static_cast<std::size_t>(rows / 2));
        std::ranges::sort(low);
    }
    return low;
}

/// Moves the low centres to random rows of the block and gives them the smallest count of the others.
template <class T, class V>
void reassign(Matrix<T>& centers, std::vector<double>& counts, double ratio, MatrixView<const V> X, RandomState& generator) {
    const std::vector<Index> low = low_centers(counts, ratio, X.rows());
    if (low.empty()) return;
    const std::vector<Index> rows = generator.permutation(X.rows());
    double least = std::ranges::max(counts);
    for (std::size_t j = 0; j < counts.size(); ++j)
        if (!std::ranges::binary_search(low, static_cast<Index>(j))) least = std::min(least, counts[j]);
    for (std::size_t i = 0; i < low.size(); ++i) {
        std::ranges::transform(X.row(rows[i]), centers.row(low[i]).begin(), [](V x) { return static_cast<T>(x); });
        counts[static_cast<std::size_t>(low[i])] = least;
    }
}

/// The greedy k-means++ (Arthur & Vassilvitskii 2007): k rows of X, each the best of 2 + floor(log k) that were drawn with
/// probabilities proportional to the squared distance from the rows chosen before.
template <class T>
[[nodiscard]] std::vector<Index> plus_plus(MatrixView<const T> X, Index k, RandomState& generator) {
    const Index n = X.rows(), d = X.cols();
    const auto size = static_cast<std::size_t>(n);
    const auto trials = 2 + static_cast<std::size_t>(ordered::log(static_cast<double>(k)));
    std::vector<Index> chosen{static_cast<Index>(generator.randint(0, n))};
    std::vector<double> nearest(size), running(size), best(size), trial(size), thresholds(trials);
    for (Index i = 0; i < n; ++i)
        nearest[static_cast<std::size_t>(i)] = squared_distance(X.row(i).data(), X.row(chosen[0]).data(), d);
    while (std::ssize(chosen) < k) {
        std::partial_sum(nearest.begin(), nearest.end(), running.begin());
        for (double& r : thresholds) r = generator.uniform() * running.back();
        double least = 0.0;
        Index winner = -1;
        for (const double r : thresholds) {
            const Index candidate = std::min<Index>(std::ranges::lower_bound(running, r) - running.begin(), n - 1);
            double sum = 0.0;
            for (Index i = 0; i < n; ++i) {
                const auto at = static_cast<std::size_t>(i);
                trial[at] = std::min(nearest[at], squared_distance(X.row(i).data(), X.row(candidate).data(), d));
                sum += trial[at];
            }
            if (winner >= 0 && !(sum < least)) continue;
            winner = candidate;
            least = sum;
            best.swap(trial);
        }
        chosen.push_back(winner);
        nearest.swap(best);
    }
    return chosen;
}

/// Distances to the centres, sqrt(max(0, |x|^2 - 2 x.C + |C|^2)), in double whatever the types. out: n x k.
template <class T, class V>
void distances(MatrixView<const V> X, const Matrix<T>& centers, MatrixView<V> out) {
    const Index k = centers.rows(), d = centers.cols();
    const RowMajor<double> c = eigen_map(centers).template cast<double>();
    std::vector<double> norms(static_cast<std::size_t>(k));
    for (Index j = 0; j < k; ++j) norms[static_cast<std::size_t>(j)] = squared_norm(c.data() + j * d, d);
    RowMajor<double> group, products(group_rows, k);
    for_each_row_group(X, group, [&](RowRange rows, const RowMajor<double>& x) {
        multiply_transposed(x, eigen_map(c), products);
        for (Index i = 0; i < rows.size(); ++i) {
            const double norm = squared_norm(x.data() + i * d, d);
            for (Index j = 0; j < k; ++j) {
                const double square = norm - 2 * products(i, j) + norms[static_cast<std::size_t>(j)];
                out(rows.begin + i, j) = static_cast<V>(std::sqrt(std::max(0.0, square)));
            }
        }
    });
}

}  // namespace kmeans
}  // namespace v1
}  // namespace blockfit

#endif
