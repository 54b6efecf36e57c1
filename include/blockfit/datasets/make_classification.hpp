#ifndef BLOCKFIT_DATASETS_MAKE_CLASSIFICATION_HPP
#define BLOCKFIT_DATASETS_MAKE_CLASSIFICATION_HPP

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/core/labels.hpp>
#include <blockfit/datasets/random_rows.hpp>

namespace blockfit {
inline namespace v1 {

/// As the parameters of scikit-learn's make_classification.
struct MakeClassificationOptions {
    Index n_features = 20;
    /// Features that tell the classes apart. 2^n_informative must be at least n_classes * n_clusters_per_class.
    Index n_informative = 2;
    /// Random linear combinations of the informative features.
    Index n_redundant = 2;
    /// Copies of informative or redundant features. All that is left of n_features is noise.
    Index n_repeated = 0;
    Index n_classes = 2;
    Index n_clusters_per_class = 2;
    /// The probability of each class, of which the last may be left out. Empty: all equal.
    std::vector<double> weights{};
    /// The share of rows whose label is drawn anew, from all classes.
    double flip_y = 0.01;
    /// Half the distance of the centres of clusters along an axis.
    double class_sep = 1.0;
    /// Centres lie on the vertices of a hypercube; false: of a random box, each moved towards the middle.
    bool hypercube = true;
    /// Added to all features, or to each; without a value: drawn for each from [-class_sep, class_sep).
    std::optional<PerFeature> shift = 0.0;
    /// All features, or each, are then multiplied by it; without a value: drawn for each from [1, 100).
    std::optional<PerFeature> scale = 1.0;
    /// Put the columns into a random order; otherwise informative features come first, then redundant, repeated, noise.
    bool shuffle = true;
    std::uint32_t random_state = 0;
    Index block_rows = 0;
};

/// auto [X, y] = make_classification(...)
template <class T>
struct ClassificationData {
    ChunkedMatrix<T> X;
    ChunkedVector<Label> y;
};

namespace detail {

/// What all rows of make_classification have in common.
class ClassificationModel {
public:
    explicit ClassificationModel(MakeClassificationOptions options) : o_(std::move(options)) {
        check();
        RandomState generator(o_.random_state);
        const Index clusters = o_.n_classes * o_.n_clusters_per_class;
        draw_centers(clusters, generator);
        const Index d = o_.n_informative;
        mix_ = uniform_matrix(checked_product(clusters, d, where), d, -1, 1, generator);
        combine_ = uniform_matrix(d, o_.n_redundant, -1, 1, generator);
        for (Index k = 0; k < o_.n_repeated; ++k)
            repeat_.push_back(
                static_cast<Index>(static_cast<double>(d + o_.n_redundant - 1) * generator.uniform() + 0.5));
        const auto drawn = [&](double low, double high) {
            return uniform_matrix(1, o_.n_features, low, high, generator).values();
        };
        shift_ = o_.shift ? numbers_for(*o_.shift, o_.n_features, where, "shift") : drawn(-o_.class_sep, o_.class_sep);
        scale_ = o_.scale ? numbers_for(*o_.scale, o_.n_features, where, "scale") : drawn(1, 100);
        column_ = column_order(o_.n_features, o_.shuffle, generator);
        n_noise_ = o_.n_features - d - o_.n_redundant - o_.n_repeated;
        choices_ = RowDraws(o_.random_state, 0, 4);
        normals_ = RowDraws(o_.random_state, 1, d + n_noise_);
    }

    [[nodiscard]] Index n_features() const noexcept { return o_.n_features; }

    [[nodiscard]] Label label(Index row) const noexcept {
        if (choices_.uniform(row, 2) < o_.flip_y) return choices_.below(o_.n_classes, row, 3);
        return class_of(row);
    }
    template <class T>
    void fill(Index first_row, MatrixView<T> out) const {
        const Index d = o_.n_informative;
        const Index known = d + o_.n_redundant;
        std::vector<double> features(static_cast<std::size_t>(o_.n_features));
        double* const x = features.data();
        for (Index i = 0; i < out.rows(); ++i) {
            const Index row = first_row + i;
            // The clusters of a class are n_classes apart, as in scikit-learn.
            const Index cluster = class_of(row) + o_.n_classes * choices_.below(o_.n_clusters_per_class, row, 1);
            std::ranges::copy(centers_.row(cluster), x);
            add_product(row, mix_.view().rows(cluster * d, (cluster + 1) * d), x);
            std::fill(x + d, x + known, 0.0);
            for (Index k = 0; k < d; ++k)
                for (Index j = 0; j < o_.n_redundant; ++j) x[d + j] += x[k] * combine_(k, j);
            for (Index k = 0; k < o_.n_repeated; ++k) x[known + k] = x[repeat_[static_cast<std::size_t>(k)]];
            for (Index k = 0; k < n_noise_; ++k) x[known + o_.n_repeated + k] = normals_.normal(row, d + k);
            T* const to = out.row(i).data();
            for (std::size_t j = 0; j < features.size(); ++j)
                to[column_[j]] = static_cast<T>((x[j] + shift_[j]) * scale_[j]);
        }
    }

    static constexpr std::string_view where = "make_classification";

private:
    /// x += z A with the normal values z of the row.
    void add_product(Index row, MatrixView<const double> A, double* x) const {
        for (Index k = 0; k < A.rows(); ++k) {
            const double z = normals_.normal(row, k);
            const double* const a = A.row(k).data();
            for (Index j = 0; j < A.cols(); ++j) x[j] += z * a[j];
        }
    }
    [[nodiscard]] Index class_of(Index row) const noexcept {
        if (up_to_.empty()) return choices_.below(o_.n_classes, row, 0);
        return std::ranges::upper_bound(up_to_, choices_.uniform(row, 0)) - up_to_.begin();
    }

    void check() {
        require_at_least(1, o_.n_features, where, "n_features");
        require_at_least(1, o_.n_informative, where, "n_informative");
        require_at_least(0, o_.n_redundant, where, "n_redundant");
        require_at_least(0, o_.n_repeated, where, "n_repeated");
        require_at_least(1, o_.n_classes, where, "n_classes");
        require_at_least(1, o_.n_clusters_per_class, where, "n_clusters_per_class");
        const Index left = o_.n_features - std::min(o_.n_informative, o_.n_features);
        require_parameter(
            o_.n_informative <= o_.n_features && o_.n_redundant <= left && o_.n_repeated <= left - o_.n_redundant,
            where,
            "n_features is " + std::to_string(o_.n_features) +
                ", expected at least n_informative + n_redundant + n_repeated");
        const Index clusters = checked_product(o_.n_classes, o_.n_clusters_per_class, where);
        require_parameter(o_.n_informative >= 62 || clusters <= Index{1} << o_.n_informative, where,
                          "n_classes * n_clusters_per_class is " + std::to_string(clusters) +
                              ", expected at most 2^n_informative; raise n_informative");
        require_parameter(o_.flip_y >= 0 && o_.flip_y <= 1, where,
                          "flip_y is " + std::to_string(o_.flip_y) + ", expected a share from 0 to 1");
        require_finite(o_.class_sep, where, "class_sep");
        if (!o_.weights.empty()) check_weights();
    }
    void check_weights() {
        require_parameter(
            std::ssize(o_.weights) == o_.n_classes || std::ssize(o_.weights) == o_.n_classes - 1, where,
            "weights has " + std::to_string(o_.weights.size()) + " numbers, expected n_classes or one less");
        double sum = 0;
        for (const double weight : o_.weights) {
            require_parameter(weight >= 0 && weight <= 1, where,
                              "a weight is " + std::to_string(weight) + ", expected a probability");
            sum += weight;
            up_to_.push_back(sum);
        }
        const bool all = std::ssize(o_.weights) == o_.n_classes;
        require_parameter(
            sum <= 1 + 1e-9 && (!all || sum >= 1 - 1e-9), where,
            "the weights sum to " + std::to_string(sum) + (all ? ", expected 1" : ", expected at most 1"));
        // Rounding must not make room for a class behind the last one that has a weight.
        if (all) up_to_.pop_back();
        for (auto last = up_to_.rbegin(); last != up_to_.rend() && *last >= 1 - 1e-9; ++last) *last = 1;
    }

    /// Different vertices of {-class_sep, class_sep}^d.
    void draw_centers(Index clusters, RandomState& generator) {
        const Index d = o_.n_informative;
        centers_ = Matrix<double>(clusters, d);
        std::set<std::vector<bool>> vertices;
        // Where most vertices are taken, all are listed: drawing would take long.
        std::vector<Index> listed;
        if (d < 62 && clusters > (Index{1} << d) / 4) listed = generator.permutation(Index{1} << d);
        for (Index k = 0; k < clusters; ++k) {
            std::vector<bool> vertex(static_cast<std::size_t>(d));
            if (!listed.empty()) {
                for (std::size_t j = 0; j < vertex.size(); ++j)
                    vertex[j] = (listed[static_cast<std::size_t>(k)] >> j & 1) != 0;
            } else {
                do {
                    for (std::size_t j = 0; j < vertex.size(); ++j) vertex[j] = (generator.next() & 1) != 0;
                } while (!vertices.insert(vertex).second);
            }
            for (std::size_t j = 0; j < vertex.size(); ++j)
                centers_(k, static_cast<Index>(j)) = vertex[j] ? o_.class_sep : -o_.class_sep;
        }
        if (o_.hypercube) return;
        const Matrix<double> towards_middle = uniform_matrix(clusters, 1, 0, 1, generator);
        const Matrix<double> edges = uniform_matrix(1, d, 0, 1, generator);
        for (Index k = 0; k < clusters; ++k)
            for (Index j = 0; j < d; ++j) centers_(k, j) *= towards_middle(k, 0) * edges(0, j);
    }

    MakeClassificationOptions o_;
    std::vector<double> up_to_;  // upper ends of the classes in (0, 1), but for the last
    Matrix<double> centers_;     // clusters x d
    Matrix<double> mix_;         // for each cluster, d x d
    Matrix<double> combine_;     // d x n_redundant
    std::vector<Index> repeat_;
    std::vector<double> shift_, scale_;
    std::vector<Index> column_;
    Index n_noise_ = 0;
    RowDraws choices_, normals_;
};

}  // namespace detail

/// A random problem of classification as scikit-learn's make_classification (after Guyon 2003): normal clusters around
/// vertices of a hypercube, each stretched its own way, n_clusters_per_class for each class, beside redundant features
/// and noise. Rows are made when they are read: a row depends on the options and its number, not on n_samples or the
/// blocks. The numbers differ from scikit-learn's, and the class and cluster of a row are drawn, where scikit-learn
/// makes the clusters' sizes exact. Throws ParameterError.
template <std::floating_point T = double>
[[nodiscard]] ClassificationData<T> make_classification(Index n_samples, MakeClassificationOptions options = {}) {
    using detail::ClassificationModel;
    detail::require_at_least(1, n_samples, ClassificationModel::where, "n_samples");
    const Index block_rows = options.block_rows;
    const auto model = std::make_shared<const ClassificationModel>(std::move(options));
    auto X = detail::generated_matrix<T>(ClassificationModel::where, n_samples, model->n_features(), block_rows,
                                         [model](Index first, MatrixView<T> out) { model->fill(first, out); });
    auto y = detail::generated_vector<Label>(ClassificationModel::where, X.plan(),
                                             [model](Index first, MatrixView<Label> out) {
                                                 for (Index i = 0; i < out.rows(); ++i)
                                                     out(i, 0) = model->label(first + i);
                                             });
    return {std::move(X), std::move(y)};
}

}  // namespace v1
}  // namespace blockfit

#endif
