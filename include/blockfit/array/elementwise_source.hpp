#ifndef BLOCKFIT_ARRAY_ELEMENTWISE_SOURCE_HPP
#define BLOCKFIT_ARRAY_ELEMENTWISE_SOURCE_HPP

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockfit/array/block_source.hpp>
#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/core/adapt.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/processor.hpp>

/// What is behind arithmetic on arrays: a function of the elements of its operands. Operands are arrays, columns (a value
/// a row), rows (a value a column) and scalars.

namespace blockfit {
inline namespace v1 {
namespace detail {

inline constexpr Index strip_elements = 2048;

/// The same value at every place.
template <class T>
struct Constant {
    T value;
    [[nodiscard]] T operator[](Index) const noexcept { return value; }
};

template <class T>
struct ScalarOperand {
    using value_type = T;
    static constexpr bool is_array = false;
    static constexpr bool flat = true;  // may elements be counted through all rows of a strip?
    struct State {};
    T value;

    void load(RowRange, RowRange, Scratch&, State&) const {}
    [[nodiscard]] bool contiguous(const State&) const noexcept { return true; }
    [[nodiscard]] Constant<T> row(const State&, Index) const noexcept { return {value}; }
    [[nodiscard]] Index scratch_bytes(Index) const noexcept { return 0; }
    void origins(std::vector<Origin>&) const {}
};

/// A value for each column.
template <class T>
struct RowOperand {
    using value_type = T;
    static constexpr bool is_array = false;
    static constexpr bool flat = false;
    struct State {};
    std::vector<T> values;

    void load(RowRange, RowRange, Scratch&, State&) const {}
    [[nodiscard]] bool contiguous(const State&) const noexcept { return true; }
    [[nodiscard]] const T* row(const State&, Index) const noexcept { return values.data(); }
    [[nodiscard]] Index scratch_bytes(Index) const noexcept { return 0; }
    void origins(std::vector<Origin>&) const {}
};

/// An array of as many rows as the result and as many columns, or, if Column, one.
template <class T, bool Column>
struct ArrayOperand {
    using value_type = T;
    static constexpr bool is_array = true;
    static constexpr bool flat = !Column;
    struct State {
        Matrix<T> copy;
        MatrixView<const T> rows;
    };
    Source<T> source;

    /// Makes rows `strip` readable. A copy, unless they lie in memory: reading another operand may change what a view of
    /// this one shows.
    void load(RowRange tile, RowRange strip, Scratch& scratch, State& state) const {
        if (source->in_memory()) {
            state.rows = source->view(strip, scratch);
            return;
        }
        state.copy.resize(strip.size(), source->cols());
        load_into(tile, strip, state.copy.view(), scratch);
        state.rows = std::as_const(state.copy).view();
    }
    void load_into(RowRange tile, RowRange strip, MatrixView<T> out, Scratch& scratch) const {
        if (source->in_strips()) return source->read_strip(tile, strip, out, scratch);
        const MatrixView<const T> in = source->view(tile, scratch).rows(strip.begin - tile.begin, strip.end - tile.begin);
        for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
    }
    /// As load() for the last operand: nothing is read after it.
    void load_last(RowRange tile, RowRange strip, Scratch& scratch, State& state) const {
        if (source->in_memory() || source->in_strips()) return load(tile, strip, scratch, state);
        state.rows = source->view(tile, scratch).rows(strip.begin - tile.begin, strip.end - tile.begin);
    }
    [[nodiscard]] bool contiguous(const State& state) const noexcept { return state.rows.contiguous(); }
    [[nodiscard]] auto row(const State& state, Index i) const noexcept {
        if constexpr (Column) return Constant<T>{state.rows(i, 0)};
        else return state.rows.row(i).data();
    }
    [[nodiscard]] Index scratch_bytes(Index rows) const {
        const Index viewed = source->in_memory() || source->in_strips() ? 0 : rows * source->cols();
        const Index strip = std::max(strip_elements, source->cols());
        return source->scratch_bytes(rows) + (viewed + strip) * static_cast<Index>(sizeof(T));
    }
    void origins(std::vector<Origin>& list) const { source->origins(list); }

};

/// out[i] = f(values[i]...). `out` may be the first operand, never a part of one.
template <class F, class U, class... Values>
[[gnu::always_inline]] inline void plain_loop(const F& f, U* out, Index n, Values... values) {
#ifdef __clang__
#pragma clang loop vectorize(assume_safety)
    for (Index i = 0; i < n; ++i) out[i] = f(values[i]...);
#else
    // Sixteen at a time, which GCC turns into vector instructions even at -O2.
    const Index whole = n / 16 * 16;
#pragma GCC ivdep
    for (Index i = 0; i < whole; i += 16) {
#pragma GCC ivdep
        for (Index k = 0; k < 16; ++k) out[i + k] = f(values[i + k]...);
    }
    for (Index i = whole; i < n; ++i) out[i] = f(values[i]...);
#endif
}

#ifdef BLOCKFIT_DETAIL_VECTORS
template <class F, class U, class... Values>
BLOCKFIT_DETAIL_AVX2 void avx2_loop(const F& f, U* out, Index n, Values... values) {
    plain_loop(f, out, n, values...);
}
template <class F, class U, class... Values>
BLOCKFIT_DETAIL_AVX512 void avx512_loop(const F& f, U* out, Index n, Values... values) {
    plain_loop(f, out, n, values...);
}
#endif

/// Cheap functions, and only they, are worth the processor's widest vectors. One of more than one operation must not have
/// them: see processor.hpp.
template <class F>
inline constexpr bool is_single_operation = false;

/// A function of one operation without rounding in between.
template <class F>
struct SingleOperation {
    F f;
    template <class... T>
    [[gnu::always_inline]] auto operator()(T... x) const {
        return f(x...);
    }
};
template <class F>
SingleOperation(F) -> SingleOperation<F>;
template <class F>
inline constexpr bool is_single_operation<SingleOperation<F>> = true;

/// f of the elements of all operands at the same place.
template <class U, class F, class... Operands>
class Elementwise final : public BlockSource<U> {
    static constexpr std::size_t n_operands = sizeof...(Operands);
    using Tuple = std::tuple<Operands...>;
    using States = std::tuple<typename Operands::State...>;
    static constexpr std::size_t last_array = [] {
        constexpr bool arrays[] = {Operands::is_array...};
        std::size_t last = 0;
        for (std::size_t k = 0; k < n_operands; ++k)
            if (arrays[k]) last = k;
        return last;
    }();

public:
    Elementwise(Index rows, Index cols, std::string_view name, F f, Operands... operands)
        : BlockSource<U>(rows, cols), name_(name), f_(std::move(f)), operands_(std::move(operands)...) {}

    void read(RowRange range, MatrixView<U> out, Scratch& scratch) const override {
        const Index rows = std::max<Index>(strip_elements / std::max<Index>(this->cols(), 1), 1);
        for (Index begin = range.begin; begin < range.end; begin += rows) {
            const RowRange strip{begin, std::min(begin + rows, range.end)};
            // Operands are viewed a tile at a time, so errors count rows from its start.
            read_strip(range, strip, out.rows(strip.begin - range.begin, strip.end - range.begin), scratch);
        }
    }
    bool in_strips() const noexcept override { return true; }
    void read_strip(RowRange tile, RowRange strip, MatrixView<U> out, Scratch& scratch) const override {
        States& states = scratch.get<States>(this);
        load(tile, strip, out, scratch, states, std::make_index_sequence<n_operands>());
        apply(out, states, std::make_index_sequence<n_operands>());
    }
    Index own_scratch_bytes(Index rows) const override {
        return std::apply([rows](const auto&... operand) { return (operand.scratch_bytes(rows) + ...); }, operands_);
    }
    void origins(std::vector<Origin>& list) const override {
        std::apply([&list](const auto&... operand) { (operand.origins(list), ...); }, operands_);
    }
    std::string_view name() const noexcept override { return name_; }

private:
    template <std::size_t... K>
    void load(RowRange tile, RowRange strip, MatrixView<U> out, Scratch& scratch, States& states,
              std::index_sequence<K...>) const {
        (load_one<K>(tile, strip, out, scratch, std::get<K>(states)), ...);
    }
    template <std::size_t K>
    void load_one(RowRange tile, RowRange strip, MatrixView<U> out, Scratch& scratch, auto& state) const {
        using Operand = std::tuple_element_t<K, Tuple>;
        const Operand& operand = std::get<K>(operands_);
        if constexpr (Operand::is_array) {
            if constexpr (K == 0 && std::is_same_v<typename Operand::value_type, U> && Operand::flat)
                // In place: a chain of operations uses one strip.
                if (operand.source->in_strips()) {
                    operand.source->read_strip(tile, strip, out, scratch);
                    state.rows = out;
                    return;
                }
            if constexpr (K == last_array) return operand.load_last(tile, strip, scratch, state);
        }
        operand.load(tile, strip, scratch, state);
    }
    template <std::size_t... K>
    void apply(MatrixView<U> out, const States& states, std::index_sequence<K...>) const {
        if ((Operands::flat && ...) && out.contiguous() && (std::get<K>(operands_).contiguous(std::get<K>(states)) && ...)) {
            if (out.rows() > 0)
                apply_to(out.data(), out.rows() * out.cols(), std::get<K>(operands_).row(std::get<K>(states), 0)...);
        } else {
            for (Index i = 0; i < out.rows(); ++i)
                apply_to(out.row(i).data(), out.cols(), std::get<K>(operands_).row(std::get<K>(states), i)...);
        }
    }
    template <class... Values>
    void apply_to(U* out, Index n, Values... values) const {
#ifdef BLOCKFIT_DETAIL_VECTORS
        if constexpr (is_single_operation<F>) {
            switch (processor_vectors()) {
                case Vectors::avx512: return avx512_loop(f_, out, n, values...);
                case Vectors::avx2: return avx2_loop(f_, out, n, values...);
                case Vectors::plain: break;
            }
        }
#endif
        plain_loop(f_, out, n, values...);
    }

    std::string_view name_;  // a literal
    F f_;
    Tuple operands_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
