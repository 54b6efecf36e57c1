#include <blockfit/array/elementwise.hpp>

#include "operations.hpp"

namespace bf = blockfit;

#define WITHIN(ulp, numpy, ...) test::check_operation(numpy, {test::values_of(__VA_ARGS__)}, ulp, true)

TEST_CASE("elementwise: arithmetic has NumPy's values and types", "[array]") {
    const test::Inputs inputs;
    const auto& [X, Z, N, S, F, I, U, B, y, v, m, r] = inputs;
    OPERATION(R"(X + Z)", X + Z);
    OPERATION(R"(X - Z)", X - Z);
    OPERATION(R"(X * Z)", X * Z);
    OPERATION(R"(X / Z)", X / Z);
    OPERATION(R"(-X)", -X);
    OPERATION(R"(X + 1.5)", X + 1.5);
    OPERATION(R"(2 - X)", 2 - X);
    OPERATION(R"(X * 3)", X * 3);
    OPERATION(R"(1 / X)", 1 / X);
    OPERATION(R"(X - r)", X - r);
    OPERATION(R"(r / X)", r / X);
    OPERATION(R"(X * v[:, None])", X * v);
    OPERATION(R"(v[:, None] - X)", v - X);
    OPERATION(R"((X - r) / v[:, None] + Z * 2)", (X - r) / v + Z * 2);
    OPERATION(R"(v * 2 + v)", v * 2 + v);
    OPERATION(R"(F * 0.1)", F * 0.1);
    OPERATION(R"(F + X)", F + X);
    OPERATION(R"(I + 1)", I + 1);
    OPERATION(R"(I * 0.5)", I * 0.5);
    OPERATION(R"(I / 4)", I / 4);
    OPERATION(R"(I * F)", I * F);
    OPERATION(R"(I - U)", I - U);
    OPERATION(R"(-U)", -U);
    OPERATION(R"(U + U)", U + U);
    OPERATION(R"(U * I)", U * I);
    OPERATION(R"(y - v)", y - v);
    OPERATION(R"(B * X)", B * X);
}

TEST_CASE("elementwise: comparisons and logic have NumPy's values", "[array]") {
    const test::Inputs inputs;
    const auto& [X, Z, N, S, F, I, U, B, y, v, m, r] = inputs;
    OPERATION(R"(X > 0)", X > 0);
    OPERATION(R"(X >= Z)", X >= Z);
    OPERATION(R"(N < 1)", N < 1);
    OPERATION(R"(0 <= S)", 0 <= S);
    OPERATION(R"(X == 0)", X == 0);
    OPERATION(R"(N != N)", N != N);
    OPERATION(R"(I == U)", I == U);
    OPERATION(R"(U > 300)", U > 300);
    OPERATION(R"(U > -1)", U > -1);
    OPERATION(R"(I < 2.5)", I < 2.5);
    OPERATION(R"(F > 0.1)", F > 0.1);
    OPERATION(R"(X > r)", X > r);
    OPERATION(R"(X > v[:, None])", X > v);
    OPERATION(R"((X > 0) & (Z > 0))", (X > 0) & (Z > 0));
    OPERATION(R"((X > 0) | B)", (X > 0) | B);
    OPERATION(R"((X > 0) ^ B)", (X > 0) ^ B);
    OPERATION(R"(~B)", ~B);
    OPERATION(R"(~(y == 2) & m)", ~(y == 2) & m);
    OPERATION(R"(da.isnan(S))", isnan(S));
    OPERATION(R"(da.isinf(S))", isinf(S));
    OPERATION(R"(da.isfinite(S))", isfinite(S));
    OPERATION(R"(da.isfinite(I))", isfinite(I));
}

TEST_CASE("elementwise: functions have NumPy's values", "[array]") {
    const test::Inputs inputs;
    const auto& [X, Z, N, S, F, I, U, B, y, v, m, r] = inputs;
    // NumPy has its own vector versions of some, within four units in the last place.
    WITHIN(4, R"(da.exp(Z))", exp(Z));
    WITHIN(4, R"(da.exp(S))", exp(S));
    WITHIN(4, R"(da.expm1(Z))", expm1(Z));
    WITHIN(4, R"(da.log(S))", log(S));
    WITHIN(4, R"(da.log(I))", log(I));
    WITHIN(4, R"(da.log1p(da.abs(X)))", log1p(abs(X)));
    WITHIN(4, R"(da.log2(da.abs(Z)))", log2(abs(Z)));
    WITHIN(4, R"(da.log10(da.abs(Z)))", log10(abs(Z)));
    WITHIN(4, R"(da.sin(Z))", sin(Z));
    WITHIN(4, R"(da.cos(Z))", cos(Z));
    WITHIN(4, R"(da.tanh(Z))", tanh(Z));
    WITHIN(4, R"(da.exp(F))", exp(F));
    WITHIN(4, R"(da.abs(Z) ** 1.5)", pow(abs(Z), 1.5));
    WITHIN(4, R"(da.power(da.abs(X), Z))", pow(abs(X), Z));
    OPERATION(R"(da.sqrt(S))", sqrt(S));
    OPERATION(R"(da.sqrt(I))", sqrt(I));
    OPERATION(R"(da.square(X))", square(X));
    OPERATION(R"(da.square(U))", square(U));
    OPERATION(R"(abs(S))", abs(S));
    OPERATION(R"(abs(I))", abs(I));
    OPERATION(R"(da.sign(S))", sign(S));
    OPERATION(R"(da.sign(I))", sign(I));
    OPERATION(R"(da.floor(X))", floor(X));
    OPERATION(R"(da.ceil(X))", ceil(X));
    OPERATION(R"(da.round(X))", round(X));
    OPERATION(R"(da.clip(S, -1, 2))", clip(S, -1, 2));
    OPERATION(R"(da.clip(X, r - 1, r))", clip(X, std::vector{0.5, -3.0, -0.75}, r));
    OPERATION(R"(da.clip(I, -3, 3))", clip(I, -3, 3));
    OPERATION(R"(da.maximum(S, Z))", maximum(S, Z));
    OPERATION(R"(da.minimum(S, 0.5))", minimum(S, 0.5));
    OPERATION(R"(da.maximum(I, 2))", maximum(I, 2));
    OPERATION(R"(da.where(X > 0, X, 0))", where(X > 0, X, 0));
    OPERATION(R"(da.where(da.isnan(N), r, N))", where(isnan(N), r, N));
    OPERATION(R"(da.where(B, I, F))", where(B, I, F));
    OPERATION(R"(da.where(m, v, y))", where(m, v, y));
    OPERATION(R"(X.astype('f4'))", X.astype<float>());
    OPERATION(R"(B.astype('i8'))", B.astype<std::int64_t>());
    OPERATION(R"(I.astype('f8') / 2)", I.astype<double>() / 2);
    OPERATION(R"(X.map_blocks(lambda x: 2 * x + 1))", map_elements([](double x) { return 2 * x + 1; }, X));
}

TEST_CASE("elementwise: types are promoted as NumPy's", "[array]") {
    // numpy.promote_types in the order b1 i1 i2 i4 i8 u1 u2 u4 u8 f4 f8.
    using Types = std::tuple<bool, std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint16_t,
                             std::uint32_t, std::uint64_t, float, double>;
    constexpr const char* table[] = {
        "b1 i1 i2 i4 i8 u1 u2 u4 u8 f4 f8", "i1 i1 i2 i4 i8 i2 i4 i8 f8 f4 f8", "i2 i2 i2 i4 i8 i2 i4 i8 f8 f4 f8",
        "i4 i4 i4 i4 i8 i4 i4 i8 f8 f8 f8", "i8 i8 i8 i8 i8 i8 i8 i8 f8 f8 f8", "u1 i2 i2 i4 i8 u1 u2 u4 u8 f4 f8",
        "u2 i4 i4 i4 i8 u2 u2 u4 u8 f4 f8", "u4 i8 i8 i8 i8 u4 u4 u4 u8 f8 f8", "u8 f8 f8 f8 f8 u8 u8 u8 u8 f8 f8",
        "f4 f4 f4 f8 f8 f4 f4 f8 f8 f4 f8", "f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8"};
    const auto code = []<class T>(T) {
        return std::string(std::is_same_v<T, bool> ? "b" : std::is_floating_point_v<T> ? "f" : std::is_signed_v<T> ? "i" : "u") +
               std::to_string(sizeof(T));
    };
    const auto row = [&]<class A, std::size_t... K>(A, std::index_sequence<K...>) {
        std::string text;
        ((text += (text.empty() ? "" : " ") + code(bf::detail::Promoted<A, std::tuple_element_t<K, Types>>{})), ...);
        return text;
    };
    [&]<std::size_t... K>(std::index_sequence<K...> all) {
        const std::string rows[] = {row(std::tuple_element_t<K, Types>{}, all)...};
        for (std::size_t k = 0; k < 11; ++k) CHECK(rows[k] == table[k]);
    }(std::make_index_sequence<11>());
}
