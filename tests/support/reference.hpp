#ifndef BLOCKFIT_TESTS_SUPPORT_REFERENCE_HPP
#define BLOCKFIT_TESTS_SUPPORT_REFERENCE_HPP

#include <cmath>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix.hpp>

/// Reading and comparing the reference cases; the format is in tests/reference/README.md.

namespace reference {

using Json = nlohmann::json;
using blockfit::Index;
using blockfit::Label;

inline Json load(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error(path + ": cannot be opened");
    Json document = Json::parse(file);
    if (document.at("format") != 1) throw std::runtime_error(path + ": format is not 1");
    return document;
}

/// A number; non-finite ones are stored as text.
inline double number(const Json& value) {
    if (!value.is_string()) return value.get<double>();
    const auto text = value.get<std::string>();
    if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (text == "inf") return std::numeric_limits<double>::infinity();
    if (text == "-inf") return -std::numeric_limits<double>::infinity();
    throw std::runtime_error("not a number: " + text);
}
/// An array as flat doubles.
inline std::vector<double> numbers(const Json& array) {
    std::vector<double> values;
    for (const Json& value : array.at("data")) values.push_back(number(value));
    return values;
}
template <class T>
blockfit::Matrix<T> matrix(const Json& array) {
    std::vector<T> values;
    for (const double value : numbers(array)) values.push_back(static_cast<T>(value));
    return {array.at("shape").at(0).get<Index>(), array.at("shape").at(1).get<Index>(), std::move(values)};
}
inline std::vector<Label> labels(const Json& array) { return array.at("data").get<std::vector<Label>>(); }
inline bool given(const Json& object, const char* key) { return object.contains(key) && !object.at(key).is_null(); }

/// A parameter in the textual form of core/params.hpp.
inline std::string parameter_text(const Json& value) {
    if (value.is_null()) return "None";
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_object()) return value.dump();
    if (value.contains("shape")) {  // a matrix, row by row
        const auto m = matrix<double>(value);
        Json rows = Json::array();
        for (Index i = 0; i < m.rows(); ++i) rows.push_back(std::vector<double>(m.row(i).begin(), m.row(i).end()));
        return rows.dump();
    }
    std::string text = "{";
    for (const auto& [label, weight] : value.items()) text += (text.size() > 1 ? ", " : "") + label + ": " + weight.dump();
    return text + "}";
}

/// The worst of the differences that exceed atol + rtol |want|; 0 if none does. A single number stands for a whole row of
/// equal ones.
struct Tolerance {
    double rtol = 0.0;
    double atol = 0.0;
    [[nodiscard]] double excess(const std::vector<double>& got, const std::vector<double>& want) const {
        if (got.size() != want.size() && want.size() != 1) return std::numeric_limits<double>::infinity();
        double worst = 0.0;
        for (std::size_t i = 0; i < got.size(); ++i) {
            const double w = want[want.size() == 1 ? 0 : i];
            if (got[i] == w || (std::isnan(got[i]) && std::isnan(w))) continue;
            const double difference = std::abs(got[i] - w);
            if (!(difference <= atol + rtol * std::abs(w)))
                worst = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(worst, difference);
        }
        return worst;
    }
};

}  // namespace reference

#endif
