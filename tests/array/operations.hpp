#ifndef BLOCKFIT_TESTS_ARRAY_OPERATIONS_HPP
#define BLOCKFIT_TESTS_ARRAY_OPERATIONS_HPP

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>

/// Operations on arrays beside NumPy's values for them: OPERATION(R"(numpy)", blockfit), one line each.

namespace test {

namespace bf = blockfit;
using bf::Index;

/// Any result, its values as doubles.
struct Values {
    std::string dtype;
    std::vector<Index> shape;
    std::vector<double> values;
};

template <class T>
Values values_of(const bf::ChunkedMatrix<T>& X) {
    const bf::Matrix<T> all = X.compute();
    return {std::string(X.dtype()), {X.rows(), X.cols()}, {all.values().begin(), all.values().end()}};
}
template <class T>
Values values_of(const bf::ChunkedVector<T>& y) {
    const auto all = y.compute();
    return {std::string(y.dtype()), {y.size()}, {all.begin(), all.end()}};
}
template <class T>
Values values_of(const bf::Matrix<T>& X) {
    return {std::string(bf::dtype_name<T>()), {X.rows(), X.cols()}, {X.values().begin(), X.values().end()}};
}
template <class T>
Values values_of(const std::vector<T>& y) {
    return {std::string(bf::dtype_name<T>()), {std::ssize(y)}, {y.begin(), y.end()}};
}
template <class T>
    requires std::is_arithmetic_v<T>
Values values_of(T value) {
    return {std::string(bf::dtype_name<T>()), {}, {static_cast<double>(value)}};
}
template <class R>
    requires requires(const R& reduction) { reduction.compute(); }
Values values_of(const R& reduction) {
    return values_of(reduction.compute());
}

template <class... R>
std::vector<Values> values_of_all(const R&... results) {
    return {values_of(results)...};
}

/// The reference file.
class Operations {
public:
    static const Operations& get() {
        static const Operations operations;
        return operations;
    }
    template <class T>
    bf::Matrix<T> matrix(const std::string& name) const {
        const Values v = read(json_["inputs"][name]);
        bf::Matrix<T> X(v.shape[0], v.shape[1]);
        for (std::size_t i = 0; i < v.values.size(); ++i) X.values()[i] = static_cast<T>(v.values[i]);
        return X;
    }
    template <class T>
    std::vector<T> vector(const std::string& name) const {
        const Values v = read(json_["inputs"][name]);
        return {v.values.begin(), v.values.end()};
    }
    /// What NumPy computed: one value, or those of a tuple.
    std::vector<Values> expected(const std::string& operation) const {
        if (!json_["operations"].contains(operation)) return {};
        std::vector<Values> all;
        for (const auto& value : json_["operations"][operation]) all.push_back(read(value));
        return all;
    }

private:
    Operations() {
        std::ifstream(BLOCKFIT_TEST_SOURCE_DIR "/reference/arrays/operations.json") >> json_;
    }
    static Values read(const nlohmann::json& value) {
        Values v{value["dtype"], value["shape"], {}};
        for (const std::string text : value["values"]) v.values.push_back(std::strtod(text.c_str(), nullptr));
        return v;
    }
    nlohmann::json json_;
};

/// The arrays of the reference in blocks of `block_rows`.
struct Inputs {
    explicit Inputs(Index block_rows = 5)
        : X(matrix<double>("X", block_rows)), Z(matrix<double>("Z", block_rows + 2)), N(matrix<double>("N", block_rows)),
          S(matrix<double>("S", block_rows)), F(matrix<float>("F", block_rows)), I(matrix<std::int32_t>("I", block_rows)),
          U(matrix<std::uint8_t>("U", block_rows)), B(matrix<double>("B", block_rows).astype<bool>().persist()),
          y(bf::from_vector(labels_, {.block_rows = block_rows})), v(bf::from_vector(reals_, {.block_rows = 4})),
          m(bf::from_vector(marks_, {.block_rows = block_rows}).astype<bool>()) {}

    bf::ChunkedMatrix<double> X, Z, N, S;
    bf::ChunkedMatrix<float> F;
    bf::ChunkedMatrix<std::int32_t> I;
    bf::ChunkedMatrix<std::uint8_t> U;
    bf::ChunkedMatrix<bool> B;
    bf::ChunkedVector<std::int64_t> y;
    bf::ChunkedVector<double> v;
    bf::ChunkedVector<bool> m;
    std::vector<double> r = Operations::get().vector<double>("r");

private:
    template <class T>
    static bf::ChunkedMatrix<T> matrix(const std::string& name, Index block_rows) {
        return bf::from_array(Operations::get().matrix<T>(name), {.block_rows = block_rows});
    }
    static inline const std::vector<std::int64_t> labels_ = Operations::get().vector<std::int64_t>("y");
    static inline const std::vector<double> reals_ = Operations::get().vector<double>("v");
    static inline const std::vector<std::uint8_t> marks_ = Operations::get().vector<std::uint8_t>("m");
};

/// Equal to NumPy's, NaN and the sign of zero included, to `ulp` units in the last place. The type is compared where both
/// are arrays: sums have types of their own.
inline void check_operation(const std::string& numpy, const std::vector<Values>& got, double ulp, bool same_type) {
    INFO(numpy);
    const std::vector<Values> all = Operations::get().expected(numpy);
    REQUIRE(all.size() == got.size());  // otherwise run make_operations_reference.py
    for (std::size_t k = 0; k < all.size(); ++k) {
        const Values& want = all[k];
        if (same_type) CHECK(got[k].dtype == want.dtype);
        CHECK(got[k].shape == want.shape);
        REQUIRE(got[k].values.size() == want.values.size());
        for (std::size_t i = 0; i < want.values.size(); ++i) {
            const double a = got[k].values[i], b = want.values[i];
            INFO("element " << i << ": " << a << ", NumPy " << b);
            const double unit = want.dtype == "float32" ? 0x1p-23 : 0x1p-52;
            const bool same = std::isnan(b) ? std::isnan(a)
                              : ulp == 0 || std::isinf(b)
                                  ? a == b && std::signbit(a) == std::signbit(b)
                                  : std::abs(a - b) <= ulp * unit * std::abs(b) + std::numeric_limits<double>::denorm_min();
            CHECK(same);
        }
    }
}

}  // namespace test

/// Compares NumPy's value of the text with blockfit's of the expression; of a tuple with those of several.
#define OPERATION(numpy, ...) test::check_operation(numpy, test::values_of_all(__VA_ARGS__), 0, true)

#endif
