#ifndef BLOCKFIT_DATASETS_MAKE_BLOBS_HPP
#define BLOCKFIT_DATASETS_MAKE_BLOBS_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/core/labels.hpp>
#include <blockfit/datasets/random_rows.hpp>

namespace blockfit {
inline namespace v1 {

/// How many centres to draw, or the centres, a row each.
class BlobCenters {
public:
    template <std::integral I>
    requires(!std::same_as<I, bool>) BlobCenters(I count) : count_(static_cast<Index>(count)) {}
    BlobCenters(Matrix<double> positions) : count_(positions.rows()), positions_(std::move(positions)), given_(true) {}

    [[nodiscard]] Index count() const noexcept { return count_; }
    [[nodiscard]] bool given() const noexcept { return given_; }
    [[nodiscard]] const Matrix<double>& positions() const noexcept { return positions_; }

private:
    Index count_;
    Matrix<double> positions_;
    bool given_ = false;
};

/// As the parameters of scikit-learn's make_blobs.
struct MakeBlobsOptions {
    /// Not used if centers are given: they have so many columns.
    Index n_features = 2;
    BlobCenters centers = 3;
    /// Standard deviation of all blobs, or of each.
    PerFeature cluster_std = 1.0;
    /// Where centres are drawn from, in each coordinate.
    std::pair<double, double> center_box = {-10.0, 10.0};
    std::uint32_t random_state = 0;
    Index block_rows = 0;
};

/// auto [X, y, centers] = make_blobs(...)
template <class T>
struct BlobsData {
    ChunkedMatrix<T> X;
    ChunkedVector<Label> y;
    Matrix<double> centers;
};

namespace detail {

/// What all rows of make_blobs have in common.
class BlobsModel {
public:
    explicit BlobsModel(const MakeBlobsOptions& options) {
        const auto [low, high] = options.center_box;
        require_at_least(1, options.centers.count(), where, "the number of centers");
        require_finite(low, where, "center_box");
        require_finite(high - low, where, "center_box");
        require_parameter(
            low <= high, where,
            "center_box is (" + std::to_string(low) + ", " + std::to_string(high) + "), expected (low, high)");
        if (options.centers.given()) {
            centers_ = options.centers.positions();
            require_at_least(1, centers_.cols(), where, "the number of columns of centers");
            for (const double value : centers_.values()) require_finite(value, where, "a coordinate of centers");
        } else {
            require_at_least(1, options.n_features, where, "n_features");
            RandomState generator(options.random_state);
            centers_ = uniform_matrix(options.centers.count(), options.n_features, low, high, generator);
        }
        std_ = numbers_for(options.cluster_std, centers_.rows(), where, "cluster_std");
        for (const double value : std_)
            require_parameter(value >= 0, where, "cluster_std is " + std::to_string(value) + ", expected at least 0");
        choices_ = RowDraws(options.random_state, 0, 1);
        normals_ = RowDraws(options.random_state, 1, centers_.cols());
    }

    [[nodiscard]] const Matrix<double>& centers() const noexcept { return centers_; }
    [[nodiscard]] Label label(Index row) const noexcept { return choices_.below(centers_.rows(), row, 0); }
    template <class T>
    void fill(Index first_row, MatrixView<T> out) const {
        for (Index i = 0; i < out.rows(); ++i) {
            const Index row = first_row + i;
            const Index k = label(row);
            const double* const center = centers_.row(k).data();
            const double deviation = std_[static_cast<std::size_t>(k)];
            T* const to = out.row(i).data();
            for (Index j = 0; j < out.cols(); ++j)
                to[j] = static_cast<T>(center[j] + deviation * normals_.normal(row, j));
        }
    }

    static constexpr std::string_view where = "make_blobs";

private:
    Matrix<double> centers_;
    std::vector<double> std_;
    RowDraws choices_, normals_;
};

}  // namespace detail

/// Round normal blobs as scikit-learn's make_blobs; y is the number of the blob. Rows are made when they are read: a
/// row depends on the options and its number, not on n_samples or the blocks. The numbers differ from scikit-learn's,
/// and the blob of a row is drawn, where scikit-learn makes the blobs equally large. Throws ParameterError.
template <std::floating_point T = double>
[[nodiscard]] BlobsData<T> make_blobs(Index n_samples, const MakeBlobsOptions& options = {}) {
    using detail::BlobsModel;
    detail::require_at_least(1, n_samples, BlobsModel::where, "n_samples");
    const auto model = std::make_shared<const BlobsModel>(options);
    auto X = detail::generated_matrix<T>(BlobsModel::where, n_samples, model->centers().cols(), options.block_rows,
                                         [model](Index first, MatrixView<T> out) { model->fill(first, out); });
    auto y = detail::generated_vector<Label>(BlobsModel::where, X.plan(), [model](Index first, MatrixView<Label> out) {
        for (Index i = 0; i < out.rows(); ++i) out(i, 0) = model->label(first + i);
    });
    return {std::move(X), std::move(y), model->centers()};
}

}  // namespace v1
}  // namespace blockfit

#endif
