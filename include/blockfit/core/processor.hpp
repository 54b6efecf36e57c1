#ifndef BLOCKFIT_CORE_PROCESSOR_HPP
#define BLOCKFIT_CORE_PROCESSOR_HPP

/// Which vector instructions the processor has, for functions that are compiled for several. Only for code whose result
/// does not depend on them: the wider ones bring fused multiply-adds that compilers may contract products and sums into.

#if defined(__x86_64__)
#define BLOCKFIT_DETAIL_VECTORS 1
#define BLOCKFIT_DETAIL_AVX2 __attribute__((target("avx2")))
#ifdef __clang__
#define BLOCKFIT_DETAIL_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw")))
#else
#define BLOCKFIT_DETAIL_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,prefer-vector-width=512")))
#endif
#endif

namespace blockfit {
inline namespace v1 {
namespace detail {

enum class Vectors { plain, avx2, avx512 };

[[nodiscard]] inline Vectors processor_vectors() noexcept {
#ifdef BLOCKFIT_DETAIL_VECTORS
    static const Vectors vectors = __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                                           __builtin_cpu_supports("avx512bw")
                                       ? Vectors::avx512
                                   : __builtin_cpu_supports("avx2") ? Vectors::avx2
                                                                    : Vectors::plain;
    return vectors;
#else
    return Vectors::plain;
#endif
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
