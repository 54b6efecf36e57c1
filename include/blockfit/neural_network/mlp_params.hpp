#ifndef BLOCKFIT_NEURAL_NETWORK_MLP_PARAMS_HPP
#define BLOCKFIT_NEURAL_NETWORK_MLP_PARAMS_HPP

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <blockfit/core/error.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/kernels/mlp.hpp>

namespace blockfit {
inline namespace v1 {

/// Units of the hidden layers, from the input on: {100}, {64, 32}, or {} for none.
class HiddenLayerSizes {
public:
    HiddenLayerSizes() = default;
    HiddenLayerSizes(std::initializer_list<Index> sizes) : sizes_(sizes) {}
    explicit HiddenLayerSizes(std::vector<Index> sizes) : sizes_(std::move(sizes)) {}
    [[nodiscard]] const std::vector<Index>& sizes() const noexcept { return sizes_; }
    friend bool operator==(const HiddenLayerSizes&, const HiddenLayerSizes&) = default;

    /// "[64, 32]"; one number alone is read, too.
    [[nodiscard]] std::string to_text() const {
        std::string text = "[";
        for (const Index size : sizes_) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
        return text + "]";
    }
    [[nodiscard]] static HiddenLayerSizes from_text(std::string_view text) {
        constexpr std::string_view expected = "layer sizes as [64, 32]";
        std::vector<Index> sizes;
        if (!text.starts_with('[')) return HiddenLayerSizes({detail::number_from_text<Index>(text, expected)});
        if (!text.ends_with(']')) detail::bad_value(text, expected);
        for (std::string_view rest = text.substr(1, text.size() - 2); !rest.empty();) {
            const auto comma = rest.find(',');
            sizes.push_back(detail::number_from_text<Index>(rest.substr(0, comma), expected));
            rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
            if (rest.starts_with(' ')) rest.remove_prefix(1);
            if (comma != std::string_view::npos && rest.empty()) detail::bad_value(text, expected);
        }
        return HiddenLayerSizes(std::move(sizes));
    }

private:
    std::vector<Index> sizes_;
};

/// Rows of a mini-batch: a number >= 1, or by default "auto", min(200, rows of the block).
class BatchSize {
public:
    BatchSize() = default;
    BatchSize(Index rows) : rows_(rows), given_(true) {}
    [[nodiscard]] bool is_auto() const noexcept { return !given_; }
    /// For a block of n rows.
    [[nodiscard]] Index of(Index n) const noexcept { return std::min(given_ ? rows_ : 200, n); }
    [[nodiscard]] Index rows() const noexcept { return rows_; }
    friend bool operator==(const BatchSize&, const BatchSize&) = default;

    [[nodiscard]] std::string to_text() const { return given_ ? std::to_string(rows_) : "auto"; }
    [[nodiscard]] static BatchSize from_text(std::string_view text) {
        if (text == "auto") return {};
        return detail::number_from_text<Index>(text, "auto or a number of rows");
    }

private:
    Index rows_ = 0;
    bool given_ = false;
};

/// scikit-learn's parameters, order and defaults, but random_state = 0 instead of None.
struct MLPParams {
    HiddenLayerSizes hidden_layer_sizes{100};
    Activation activation = Activation::relu;
    /// adam or sgd; lbfgs is refused, as it has no incremental training.
    Solver solver = Solver::adam;
    /// Strength of the L2 penalty, >= 0. Each step feels alpha / rows of its mini-batch.
    double alpha = 1e-4;
    BatchSize batch_size{};
    /// Of sgd: constant, invscaling or adaptive.
    LearningRate learning_rate = LearningRate::constant;
    /// First step size, > 0.
    double learning_rate_init = 1e-3;
    /// Of invscaling, >= 0.
    double power_t = 0.5;
    /// Passes at most, >= 1. `fit` only, as is early stopping.
    Index max_iter = 200;
    bool shuffle = true;
    std::uint32_t random_state = 0;
    /// Training is stale when n_iter_no_change passes gain less than this, >= 0: `fit` stops, or sgd's adaptive step
    /// shrinks, which it does in partial_fit too.
    double tol = 1e-4;
    /// `fit` starts from the present weights.
    bool warm_start = false;
    /// Of sgd, in [0, 1].
    double momentum = 0.9;
    bool nesterovs_momentum = true;
    /// Hold out validation_fraction of the rows, stop when their score no longer gains tol, and keep the best weights.
    bool early_stopping = false;
    /// In [0, 1).
    double validation_fraction = 0.1;
    /// Of adam, in [0, 1).
    double beta_1 = 0.9;
    double beta_2 = 0.999;
    /// Of adam, > 0.
    double epsilon = 1e-8;
    /// >= 1.
    Index n_iter_no_change = 10;

    static constexpr auto fields() {
        using P = MLPParams;
        return std::tuple{Field{"hidden_layer_sizes", &P::hidden_layer_sizes},
                          Field{"activation", &P::activation},
                          Field{"solver", &P::solver},
                          Field{"alpha", &P::alpha},
                          Field{"batch_size", &P::batch_size},
                          Field{"learning_rate", &P::learning_rate},
                          Field{"learning_rate_init", &P::learning_rate_init},
                          Field{"power_t", &P::power_t},
                          Field{"max_iter", &P::max_iter},
                          Field{"shuffle", &P::shuffle},
                          Field{"random_state", &P::random_state},
                          Field{"tol", &P::tol},
                          Field{"warm_start", &P::warm_start},
                          Field{"momentum", &P::momentum},
                          Field{"nesterovs_momentum", &P::nesterovs_momentum},
                          Field{"early_stopping", &P::early_stopping},
                          Field{"validation_fraction", &P::validation_fraction},
                          Field{"beta_1", &P::beta_1},
                          Field{"beta_2", &P::beta_2},
                          Field{"epsilon", &P::epsilon},
                          Field{"n_iter_no_change", &P::n_iter_no_change}};
    }
};
using MLPClassifierParams = MLPParams;
using MLPRegressorParams = MLPParams;

}  // namespace v1
}  // namespace blockfit

#endif
