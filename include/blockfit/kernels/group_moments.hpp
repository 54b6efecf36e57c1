#ifndef BLOCKFIT_KERNELS_GROUP_MOMENTS_HPP
#define BLOCKFIT_KERNELS_GROUP_MOMENTS_HPP

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include <blockfit/core/adapt.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/kernels/moments.hpp>
#include <blockfit/kernels/ordered.hpp>

namespace blockfit {
inline namespace v1 {

/// The moments of the rows of one group, for example of one class.
struct GroupMoments : Moments {
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        visitor("count", count);
        visitor("mean", mean);
        visitor("deviation", deviation);
    }
};

namespace moments {

/// sums += weight * x, for d columns.
template <class T>
void add_row(double* sums, const T* x, double weight, Index d) {
    const ordered::Pair w{weight, weight};
    Index j = 0;
    for (; j + 2 <= d; j += 2) ordered::store(sums + j, ordered::load(sums + j) + ordered::mul(ordered::load(x + j), w));
    if (j < d) sums[j] += ordered::mul(double(x[j]), weight);
}

/// The buffers of add_groups.
struct GroupWork {
    std::vector<Moments> tile;
    std::vector<double> rest;
};

/// Adds the rows of a tile to the moments of their groups: row i to sums[groups[i]]. Two passes while the tile is in
/// cache, as for the moments of all rows. Values must be finite; if a sum overflows, the moments are not finite after it.
template <class T>
void add_groups(std::span<GroupMoments> sums, MatrixView<const T> X, std::span<const std::size_t> groups,
                const SampleWeight& weight, GroupWork& work) {
    const Index d = X.cols();
    const auto width = static_cast<std::size_t>(d);
    work.tile.resize(sums.size());
    for (Moments& m : work.tile)
        for (std::vector<double>* const values : {&m.count, &m.mean, &m.deviation}) values->assign(width, 0.0);
    work.rest.assign(sums.size() * width, 0.0);

    for (Index i = 0; i < X.rows(); ++i) {
        Moments& m = work.tile[groups[static_cast<std::size_t>(i)]];
        m.count[0] += weight[i];
        add_row(m.mean.data(), X.row(i).data(), weight[i], d);
    }
    for (Moments& m : work.tile) {
        const double count = m.count[0];
        std::ranges::fill(m.count, count);
        if (count != 0)
            for (double& mean : m.mean) mean /= count;
    }
    for (Index i = 0; i < X.rows(); ++i) {
        const std::size_t group = groups[static_cast<std::size_t>(i)];
        Moments& m = work.tile[group];
        const T* const x = X.row(i).data();
        const double* const mean = m.mean.data();
        double* const second = m.deviation.data();
        double* const first = work.rest.data() + group * width;
        const double w = weight[i];
        const ordered::Pair ww{w, w};
        Index j = 0;
        for (; j + 2 <= d; j += 2) {
            const ordered::Pair r = ordered::load(x + j) - ordered::load(mean + j), wr = ordered::mul(r, ww);
            ordered::store(first + j, ordered::load(first + j) + wr);
            ordered::store(second + j, ordered::load(second + j) + ordered::mul(r, wr));
        }
        if (j < d) {
            const double r = double(x[j]) - mean[j], wr = ordered::mul(r, w);
            first[j] += wr;
            second[j] += ordered::mul(r, wr);
        }
    }
    for (std::size_t k = 0; k < sums.size(); ++k) {
        Moments& m = work.tile[k];
        // The rounding of the mean is taken back.
        for (std::size_t j = 0; j < width; ++j) {
            const double first = work.rest[k * width + j];
            if (m.count[j] != 0 && m.deviation[j] <= std::numeric_limits<double>::max())
                m.deviation[j] = std::max(0.0, m.deviation[j] - ordered::mul(first, first) / m.count[j]);
        }
        merge(sums[k], m);
    }
}

}  // namespace moments
}  // namespace v1
}  // namespace blockfit

#endif
