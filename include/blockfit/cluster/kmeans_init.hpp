#ifndef BLOCKFIT_CLUSTER_KMEANS_INIT_HPP
#define BLOCKFIT_CLUSTER_KMEANS_INIT_HPP

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/core/random_state.hpp>

namespace blockfit {
inline namespace v1 {

/// Where k-means starts: "k-means++", "random" (rows of the data), the centres themselves as a k x d matrix, or a function
/// that makes them from candidate rows, k and the generator.
///
/// As text: k-means++, random, [[0.5, 1], [2, 3]]. A function is printed as `function`, which does not read back: a
/// model that has one cannot be saved.
class KMeansInit {
public:
    using Function = std::function<Matrix<double>(MatrixView<const double>, Index, RandomState&)>;

    KMeansInit() : KMeansInit("k-means++") {}
    /// Throws ParameterError for another name.
    KMeansInit(std::string_view name) : random_(name == "random") {
        if (name != "k-means++" && name != "random") detail::bad_value(name, expected);
    }
    KMeansInit(const char* name) : KMeansInit(std::string_view(name)) {}
    KMeansInit(const std::string& name) : KMeansInit(std::string_view(name)) {}
    KMeansInit(Matrix<double> centers) : centers_(std::make_shared<const Matrix<double>>(std::move(centers))) {}
    template <std::invocable<MatrixView<const double>, Index, RandomState&> F>
    KMeansInit(F function) : function_(std::make_shared<const Function>(std::move(function))) {}

    [[nodiscard]] bool is_plus_plus() const noexcept { return !random_ && !centers_ && !function_; }
    [[nodiscard]] bool is_random() const noexcept { return random_; }
    /// The given centres, or nullptr.
    [[nodiscard]] const Matrix<double>* centers() const noexcept { return centers_.get(); }
    /// The given function, or nullptr.
    [[nodiscard]] const Function* function() const noexcept { return function_.get(); }
    /// A function is equal to copies of itself only. NaN equals itself, so that a bad value is found by the check of fit.
    friend bool operator==(const KMeansInit& a, const KMeansInit& b) {
        return a.function() == b.function() && a.to_text() == b.to_text();
    }

    [[nodiscard]] std::string to_text() const {
        if (function_) return "function";
        if (!centers_) return random_ ? "random" : "k-means++";
        std::string text = "[";
        for (Index i = 0; i < centers()->rows(); ++i) {
            text += i > 0 ? ", [" : "[";
            for (Index j = 0; j < centers()->cols(); ++j)
                text += (j > 0 ? ", " : "") + detail::number_to_text((*centers())(i, j));
            text += "]";
        }
        return text + "]";
    }
    [[nodiscard]] static KMeansInit from_text(std::string_view text) {
        if (text == "function")
            throw ParameterError("got 'function', which cannot be set from text; give the function itself, or centres");
        if (!text.starts_with("[[")) return KMeansInit(text);
        if (!text.ends_with("]]")) detail::bad_value(text, expected);
        std::vector<double> values, row;
        Index rows = 0;
        for (std::string_view rest = text.substr(1, text.size() - 2);;) {
            const auto end = rest.find(']');
            if (end == rest.npos) detail::bad_value(text, expected);
            detail::from_text(rest.substr(0, end + 1), row);
            values.insert(values.end(), row.begin(), row.end());
            ++rows;
            if (static_cast<std::size_t>(rows) * row.size() != values.size()) detail::bad_value(text, "rows of one length");
            rest.remove_prefix(end + 1);
            if (rest.empty()) break;
            if (!rest.starts_with(',')) detail::bad_value(text, expected);
            rest.remove_prefix(1);
            if (rest.starts_with(' ')) rest.remove_prefix(1);
        }
        return Matrix<double>(rows, std::ssize(row), std::move(values));
    }

private:
    static constexpr std::string_view expected = "k-means++, random, or centres as [[0.5, 1], [2, 3]]";
    bool random_ = false;
    std::shared_ptr<const Matrix<double>> centers_;
    std::shared_ptr<const Function> function_;
};

/// How many initialisations k-means compares: a number, or automatic: 1 for k-means++, 3 for random and for a function.
struct Auto {};
inline constexpr Auto automatic{};

class NInit {
public:
    NInit(Auto) {}
    NInit(Index number) : number_(number), automatic_(false) {}

    [[nodiscard]] bool is_automatic() const noexcept { return automatic_; }
    [[nodiscard]] Index number() const noexcept { return number_; }
    friend bool operator==(const NInit&, const NInit&) = default;

    [[nodiscard]] std::string to_text() const { return automatic_ ? "auto" : detail::to_text(number_); }
    [[nodiscard]] static NInit from_text(std::string_view text) {
        if (text == "auto") return automatic;
        return detail::number_from_text<Index>(text, "a number or auto");
    }

private:
    Index number_ = 0;
    bool automatic_ = true;
};

}  // namespace v1
}  // namespace blockfit

#endif
