#ifndef BLOCKFIT_ARRAY_ELEMENTWISE_HPP
#define BLOCKFIT_ARRAY_ELEMENTWISE_HPP

#include <cmath>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/convert.hpp>
#include <blockfit/array/elementwise_source.hpp>
#include <blockfit/core/error.hpp>

/// Arithmetic, comparisons and functions of chunked arrays, element by element, as numpy's: lazy, and a chain of them is
/// one pass over memory.
///
/// An operand is an array of the same shape, a number, a ChunkedVector beside a ChunkedMatrix (a column: one value for
/// each row), or a vector in memory (a row: one value for each column; copied). Throws ShapeError if sizes do not fit.
///
/// Element types are numpy's: of two arrays the smallest type that holds both, of an array and a number the array's,
/// unless it holds integers and the number has a fraction, which gives double. Integers wrap around. `/` of integers
/// gives double. Comparisons give bool, and `& | ^ ~` are for bool.

namespace blockfit {
inline namespace v1 {
namespace detail {

/// numpy.promote_types.
template <class A, class B>
constexpr auto promote() {
    if constexpr (std::same_as<A, B>) {
        return A{};
    } else if constexpr (std::same_as<A, bool> || std::same_as<B, bool>) {
        return std::conditional_t<std::same_as<A, bool>, B, A>{};
    } else if constexpr (std::floating_point<A> && std::floating_point<B>) {
        return std::conditional_t<(sizeof(A) > sizeof(B)), A, B>{};
    } else if constexpr (std::floating_point<A> || std::floating_point<B>) {
        using Real = std::conditional_t<std::floating_point<A>, A, B>;
        using Integer = std::conditional_t<std::floating_point<A>, B, A>;
        return std::conditional_t<sizeof(Integer) <= 2, Real, double>{};
    } else if constexpr (std::is_signed_v<A> == std::is_signed_v<B>) {
        return std::conditional_t<(sizeof(A) > sizeof(B)), A, B>{};
    } else {
        using Signed = std::conditional_t<std::is_signed_v<A>, A, B>;
        using Unsigned = std::conditional_t<std::is_signed_v<A>, B, A>;
        if constexpr (sizeof(Signed) > sizeof(Unsigned)) return Signed{};
        else if constexpr (sizeof(Unsigned) == 1) return std::int16_t{};
        else if constexpr (sizeof(Unsigned) == 2) return std::int32_t{};
        else if constexpr (sizeof(Unsigned) == 4) return std::int64_t{};
        else return double{};
    }
}
template <class A, class B>
using Promoted = decltype(promote<A, B>());

template <class A>
concept Chunked = is_chunked_matrix<std::remove_cvref_t<A>> || is_chunked_vector<std::remove_cvref_t<A>>;
template <class A>
concept Scalar = std::is_arithmetic_v<std::remove_cvref_t<A>>;
template <class A>
concept RowInMemory = VectorLike<A> && !Chunked<A> && !Scalar<A>;

template <class A>
struct ValueOf;
template <Chunked A>
struct ValueOf<A> {
    using type = typename A::value_type;
};
template <Scalar A>
struct ValueOf<A> {
    using type = A;
};
template <RowInMemory A>
struct ValueOf<A> {
    using type = VectorValue<A>;
};
/// The element type of an operand.
template <class A>
using Value = typename ValueOf<std::remove_cvref_t<A>>::type;

/// May these stand together, with at least one chunked array and no row beside vectors only?
template <class... A>
concept ElementwiseOperands =
    ((Chunked<A> || Scalar<A> || RowInMemory<A>) && ...) && (Chunked<A> || ...) &&
    (is_chunked_matrix<std::remove_cvref_t<A>> || ... || !(RowInMemory<A> || ...));

/// The type of A op B, where a number takes on the type of the array if that can hold such numbers.
template <class A, class B>
constexpr auto common() {
    using X = Value<A>;
    using Y = Value<B>;
    if constexpr (Scalar<A> == Scalar<B>) return promote<X, Y>();
    else if constexpr (Scalar<B>) {
        if constexpr (std::integral<X> && std::floating_point<Y>) return double{};
        else if constexpr (std::same_as<X, bool>) return Y{};
        else return X{};
    } else {
        return common<B, A>();
    }
}
template <class A, class B>
using Common = decltype(common<A, B>());

/// The array whose rows and blocks the result has: the first matrix, or else the first vector.
template <bool Matrix, class A, class... More>
[[nodiscard]] const auto& leader(const A& a, const More&... more) {
    if constexpr (Matrix ? is_chunked_matrix<A> : Chunked<A>) return a;
    else return leader<Matrix>(more...);
}

/// A number as an element of type T. Throws ParameterError if T cannot hold it.
template <class T, class S>
[[nodiscard]] T scalar_as(std::string_view name, S scalar) {
    T value{};
    if constexpr (std::floating_point<T>) value = static_cast<T>(scalar);
    else if (!convert_value(scalar, value))
        throw ParameterError(std::string(name) + ": " + std::to_string(scalar) + " cannot be held as " +
                             std::string(dtype_name<T>()) + "; convert the array with astype first");
    return value;
}

/// `a` as an operand; a number as type T, anything else as it is.
template <class T, class Leader, class A>
[[nodiscard]] auto make_operand(std::string_view name, const Leader& lead, const A& a) {
    if constexpr (Scalar<A>) {
        return ScalarOperand<T>{scalar_as<T>(name, a)};
    } else if constexpr (Chunked<A>) {
        require_same(name, "number of rows of an operand", a.rows(), lead.rows());
        constexpr bool column = is_chunked_matrix<Leader> && is_chunked_vector<A>;
        if constexpr (!column) require_same(name, "number of columns of an operand", a.source()->cols(), lead.source()->cols());
        return ArrayOperand<Value<A>, column>{a.source()};
    } else {
        const auto values = as_span(a);
        require_same(name, "length of a row operand", std::ssize(values), lead.source()->cols());
        return RowOperand<Value<A>>{{values.begin(), values.end()}};
    }
}

/// The lazy array of f(elements) of type U; numbers among the operands are converted to S first, to their own type if S
/// is void.
template <class U, class S, class F, class... A>
[[nodiscard]] auto elementwise(std::string_view name, F f, const A&... operands) {
    constexpr bool matrix = (is_chunked_matrix<A> || ...);
    const auto& lead = leader<matrix>(operands...);
    using Result = std::conditional_t<matrix, ChunkedMatrix<U>, ChunkedVector<U>>;
    const auto make = [&]<class... Operand>(Operand... operand) {
        return std::make_shared<Elementwise<U, F, Operand...>>(lead.rows(), lead.source()->cols(), name, std::move(f),
                                                               std::move(operand)...);
    };
    return Result(make(make_operand<std::conditional_t<std::is_void_v<S>, Value<A>, S>>(name, lead, operands)...), lead.plan());
}

/// Integer arithmetic that wraps around: in an unsigned type at least as wide as int.
template <class T>
using Wrapping = std::make_unsigned_t<decltype(T{} + T{})>;

template <class F, class A, class B>
[[nodiscard]] auto arithmetic(std::string_view name, F f, const A& a, const B& b) {
    using T = Common<A, B>;
    static_assert(!std::same_as<T, bool>, "blockfit: arithmetic on bool arrays; convert them with astype<int>() first");
    const auto at = [f](auto x, auto y) {
        if constexpr (std::floating_point<T>) return static_cast<T>(f(static_cast<T>(x), static_cast<T>(y)));
        else return static_cast<T>(f(static_cast<Wrapping<T>>(static_cast<T>(x)), static_cast<Wrapping<T>>(static_cast<T>(y))));
    };
    return elementwise<T, T>(name, SingleOperation{at}, a, b);
}
template <class F, class A, class B>
[[nodiscard]] auto comparison(std::string_view name, F f, const A& a, const B& b) {
    using T = Promoted<Value<A>, Value<B>>;
    if constexpr (std::integral<Value<A>> && std::integral<Value<B>> && std::floating_point<T>) {
        // int64 beside uint64: no type of 64 bits holds both.
        const auto exact = [f](auto x, auto y) { return f(static_cast<Int128>(x), static_cast<Int128>(y)); };
        return elementwise<bool, void>(name, exact, a, b);
    } else {
        // A number takes on the type of real elements, as it does in arithmetic: x == 0.1 must hold for a float x = 0.1f.
        using S = std::conditional_t<std::floating_point<Common<A, B>>, Common<A, B>, T>;
        const auto at = [f](auto x, auto y) { return f(static_cast<S>(x), static_cast<S>(y)); };
        return elementwise<bool, S>(name, SingleOperation{at}, a, b);
    }
}
template <class F, class A, class B>
[[nodiscard]] auto logical(std::string_view name, F f, const A& a, const B& b) {
    static_assert(std::same_as<Value<A>, bool> && std::same_as<Value<B>, bool>,
                  "blockfit: & | ^ ~ are for arrays of bool; compare first, as in X > 0");
    return elementwise<bool, bool>(name, f, a, b);
}
/// A function that works on real numbers.
template <class F, class A>
[[nodiscard]] auto real_function(std::string_view name, F f, const A& a) {
    using T = RealOf<Value<A>>;
    return elementwise<T, T>(name, [f](auto x) { return static_cast<T>(f(static_cast<T>(x))); }, a);
}

}  // namespace detail

template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto operator+(A&& a, B&& b) {
    return detail::arithmetic("add", [](auto x, auto y) { return x + y; }, a, b);
}
template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto operator-(A&& a, B&& b) {
    return detail::arithmetic("subtract", [](auto x, auto y) { return x - y; }, a, b);
}
template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto operator*(A&& a, B&& b) {
    return detail::arithmetic("multiply", [](auto x, auto y) { return x * y; }, a, b);
}
/// Of integers in double; division by zero gives an infinity or NaN.
template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto operator/(A&& a, B&& b) {
    using T = detail::RealOf<detail::Common<A, B>>;
    return detail::elementwise<T, T>(
        "divide", detail::SingleOperation{[](auto x, auto y) { return static_cast<T>(x) / static_cast<T>(y); }}, a, b);
}
template <detail::Chunked A>
[[nodiscard]] auto operator-(const A& a) {
    using T = typename A::value_type;
    return detail::arithmetic("negative", [](auto x, auto zero) { return std::floating_point<T> ? -x : zero - x; }, a, T{0});
}

template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto operator==(A&& a, B&& b) {
    return detail::comparison("equal", [](auto x, auto y) { return x == y; }, a, b);
}
template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto operator!=(A&& a, B&& b) {
    return detail::comparison("not_equal", [](auto x, auto y) { return x != y; }, a, b);
}
template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto operator<(A&& a, B&& b) {
    return detail::comparison("less", [](auto x, auto y) { return x < y; }, a, b);
}
template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto operator<=(A&& a, B&& b) {
    return detail::comparison("less_equal", [](auto x, auto y) { return x <= y; }, a, b);
}
template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto operator>(A&& a, B&& b) {
    return detail::comparison("greater", [](auto x, auto y) { return x > y; }, a, b);
}
template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto operator>=(A&& a, B&& b) {
    return detail::comparison("greater_equal", [](auto x, auto y) { return x >= y; }, a, b);
}

template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto operator&(A&& a, B&& b) {
    return detail::logical("logical_and", [](bool x, bool y) { return x && y; }, a, b);
}
template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto operator|(A&& a, B&& b) {
    return detail::logical("logical_or", [](bool x, bool y) { return x || y; }, a, b);
}
template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto operator^(A&& a, B&& b) {
    return detail::logical("logical_xor", [](bool x, bool y) { return x != y; }, a, b);
}
template <detail::Chunked A>
[[nodiscard]] auto operator~(const A& a) {
    return detail::logical("logical_not", [](bool x, bool y) { return x != y; }, a, true);
}

// Functions of real numbers: float stays float, integers give double. By the C library, so that the last bit may differ
// between machines.
template <detail::Chunked A>
[[nodiscard]] auto exp(const A& a) { return detail::real_function("exp", [](auto x) { return std::exp(x); }, a); }
template <detail::Chunked A>
[[nodiscard]] auto expm1(const A& a) { return detail::real_function("expm1", [](auto x) { return std::expm1(x); }, a); }
template <detail::Chunked A>
[[nodiscard]] auto log(const A& a) { return detail::real_function("log", [](auto x) { return std::log(x); }, a); }
template <detail::Chunked A>
[[nodiscard]] auto log1p(const A& a) { return detail::real_function("log1p", [](auto x) { return std::log1p(x); }, a); }
template <detail::Chunked A>
[[nodiscard]] auto log2(const A& a) { return detail::real_function("log2", [](auto x) { return std::log2(x); }, a); }
template <detail::Chunked A>
[[nodiscard]] auto log10(const A& a) { return detail::real_function("log10", [](auto x) { return std::log10(x); }, a); }
template <detail::Chunked A>
[[nodiscard]] auto sqrt(const A& a) { return detail::real_function("sqrt", [](auto x) { return std::sqrt(x); }, a); }
template <detail::Chunked A>
[[nodiscard]] auto sin(const A& a) { return detail::real_function("sin", [](auto x) { return std::sin(x); }, a); }
template <detail::Chunked A>
[[nodiscard]] auto cos(const A& a) { return detail::real_function("cos", [](auto x) { return std::cos(x); }, a); }
template <detail::Chunked A>
[[nodiscard]] auto tanh(const A& a) { return detail::real_function("tanh", [](auto x) { return std::tanh(x); }, a); }
template <detail::Chunked A>
[[nodiscard]] auto floor(const A& a) { return detail::real_function("floor", [](auto x) { return std::floor(x); }, a); }
template <detail::Chunked A>
[[nodiscard]] auto ceil(const A& a) { return detail::real_function("ceil", [](auto x) { return std::ceil(x); }, a); }
/// To the nearest integer, halves to the even one, as numpy's round.
template <detail::Chunked A>
[[nodiscard]] auto round(const A& a) { return detail::real_function("round", [](auto x) { return std::nearbyint(x); }, a); }

/// Of the same type; the smallest integer stays what it is.
template <detail::Chunked A>
[[nodiscard]] auto abs(const A& a) {
    using T = typename A::value_type;
    return detail::elementwise<T, T>(
        "abs",
        detail::SingleOperation{[](T x) -> T {
            if constexpr (std::floating_point<T>) return std::abs(x);
            else if constexpr (std::is_unsigned_v<T>) return x;
            else return x < 0 ? static_cast<T>(detail::Wrapping<T>{0} - static_cast<detail::Wrapping<T>>(x)) : x;
        }},
        a);
}
/// x * x
template <detail::Chunked A>
[[nodiscard]] auto square(const A& a) {
    using T = typename A::value_type;
    return detail::arithmetic("square", [](auto x, auto) { return x * x; }, a, T{0});
}
/// -1, 0 or 1, of the same type; NaN of NaN.
template <detail::Chunked A>
[[nodiscard]] auto sign(const A& a) {
    using T = typename A::value_type;
    return detail::elementwise<T, T>("sign", [](T x) { return x > T{0} ? T{1} : x < T{0} ? static_cast<T>(-1) : x == x ? T{0} : x; }, a);
}
/// a to the power b, in double or float.
template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto pow(const A& a, const B& b) {
    using T = detail::RealOf<detail::Common<A, B>>;
    return detail::elementwise<T, T>(
        "power", [](auto x, auto y) { return static_cast<T>(std::pow(static_cast<T>(x), static_cast<T>(y))); }, a, b);
}

/// The larger element of both; NaN if either is, as numpy's.
template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto maximum(const A& a, const B& b) {
    using T = detail::Common<A, B>;
    return detail::elementwise<T, T>(
        "maximum",
        detail::SingleOperation{[](auto p, auto q) {
            const T x = static_cast<T>(p), y = static_cast<T>(q);
            return x >= y || x != x ? x : y;
        }},
        a, b);
}
/// The smaller element of both; NaN if either is, as numpy's.
template <class A, class B>
    requires detail::ElementwiseOperands<A, B>
[[nodiscard]] auto minimum(const A& a, const B& b) {
    using T = detail::Common<A, B>;
    return detail::elementwise<T, T>(
        "minimum",
        detail::SingleOperation{[](auto p, auto q) {
            const T x = static_cast<T>(p), y = static_cast<T>(q);
            return x <= y || x != x ? x : y;
        }},
        a, b);
}
/// The element, but at least `low` and at most `high`; NaN if it or a bound is.
template <detail::Chunked A, class Low, class High>
    requires detail::ElementwiseOperands<A, Low, High>
[[nodiscard]] auto clip(const A& a, const Low& low, const High& high) {
    using T = detail::Promoted<detail::Common<A, Low>, detail::Common<A, High>>;
    return detail::elementwise<T, T>(
        "clip",
        detail::SingleOperation{[](auto p, auto q, auto r) {
            const T x = static_cast<T>(p), least = static_cast<T>(q), most = static_cast<T>(r);
            const T y = x < least || least != least ? least : x;
            return x != x ? x : most < y || most != most ? most : y;
        }},
        a, low, high);
}
/// The element of `a` where `condition` holds, else that of `b`.
template <class Condition, class A, class B>
    requires detail::ElementwiseOperands<Condition, A, B>
[[nodiscard]] auto where(const Condition& condition, const A& a, const B& b) {
    static_assert(std::same_as<detail::Value<Condition>, bool>, "where: the condition must be an array of bool, such as X > 0");
    using T = detail::Common<A, B>;
    return detail::elementwise<T, T>(
        "where",
        detail::SingleOperation{[](bool yes, auto x, auto y) { return yes ? static_cast<T>(x) : static_cast<T>(y); }}, condition,
        a, b);
}

template <detail::Chunked A>
[[nodiscard]] auto isnan(const A& a) {
    return detail::elementwise<bool, void>("isnan", [](auto x) { return x != x; }, a);
}
template <detail::Chunked A>
[[nodiscard]] auto isfinite(const A& a) {
    return detail::elementwise<bool, void>("isfinite", [](auto x) { return x - x == decltype(x - x)(0); }, a);
}
template <detail::Chunked A>
[[nodiscard]] auto isinf(const A& a) {
    return detail::elementwise<bool, void>("isinf", [](auto x) { return x == x && x - x != decltype(x - x)(0); }, a);
}

/// f(elements of the operands at one place), for any f without side effects: map_elements([](double x) { ... }, X). The
/// result's type is that of f. f is called again whenever the array is read, on any thread.
template <class F, class... A>
    requires detail::ElementwiseOperands<A...> && std::is_invocable_v<const F&, detail::Value<A>...>
[[nodiscard]] auto map_elements(F f, const A&... operands) {
    using U = std::remove_cvref_t<std::invoke_result_t<const F&, detail::Value<A>...>>;
    return detail::elementwise<U, void>("map_elements", std::move(f), operands...);
}

}  // namespace v1
}  // namespace blockfit

#endif
