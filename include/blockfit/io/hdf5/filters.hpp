#ifndef BLOCKFIT_IO_HDF5_FILTERS_HPP
#define BLOCKFIT_IO_HDF5_FILTERS_HPP

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#ifdef BLOCKFIT_HAS_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

#include <blockfit/core/error.hpp>

/// The filters of HDF5 chunks, undone on our own threads: libhdf5 would do it under the lock, and its checksum takes
/// seven times as long.

namespace blockfit {
inline namespace v1 {
namespace hdf5 {

static_assert(std::endian::native == std::endian::little, "blockfit's HDF5 chunks are decoded on little-endian machines only");

/// HDF5's checksum: Fletcher's of big-endian 16-bit words w_0 ... w_(n-1): the sums of w_i and of (n - i) w_i, both modulo
/// 65535, with the 0 of a sum that is not empty written as 65535.
[[nodiscard]] inline std::uint32_t fletcher32(std::span<const std::byte> bytes) noexcept {
    // Swapping the bytes of a word multiplies it by 256 modulo 65535, so the sums run over words as they lie in memory.
    // Four lanes hold the even and the odd words of 16 bytes. Word i = 8 t + k of a run of T steps counts n - i =
    // 8 (T - t) - k times: that is 8 times the running sum of its lane, less k times the word.
    using Lanes = std::uint32_t __attribute__((vector_size(16)));
    constexpr std::size_t most_steps = 256;  // T (T + 1) / 2 * 65535 fits 32 bits
    std::uint64_t first = 0, second = 0;     // modulo 65535
    bool any = false;
    const std::byte* at = bytes.data();
    std::size_t words = bytes.size() / 2;
    while (words >= 8) {
        const std::size_t steps = std::min(words / 8, most_steps);
        Lanes even{}, odd{}, even_running{}, odd_running{};
        for (std::size_t t = 0; t < steps; ++t, at += 16) {
            Lanes x;
            std::memcpy(&x, at, sizeof x);
            even += x & 0xFFFFu;
            odd += x >> 16;
            even_running += even;
            odd_running += odd;
        }
        std::uint64_t sum = 0, running = 0, offset = 0;
        for (std::size_t lane = 0; lane < 4; ++lane) {
            sum += std::uint64_t{even[lane]} + odd[lane];
            running += std::uint64_t{even_running[lane]} + odd_running[lane];
            offset += 2 * lane * even[lane] + (2 * lane + 1) * odd[lane];
        }
        second = (second + first * (8 * steps) + 8 * running - offset) % 65535;
        first = (first + sum) % 65535;
        any = any || sum != 0;
        words -= 8 * steps;
    }
    const auto add = [&](std::uint64_t word) {
        first = (first + word) % 65535;
        second = (second + first) % 65535;
        any = any || word != 0;
    };
    for (; words > 0; --words, at += 2) add(std::to_integer<std::uint64_t>(at[0]) | std::to_integer<std::uint64_t>(at[1]) << 8);
    if (bytes.size() % 2 != 0) add(std::to_integer<std::uint64_t>(*at));
    const auto finish = [any](std::uint64_t sum) {
        sum = sum * 256 % 65535;
        return static_cast<std::uint32_t>(sum == 0 && any ? 65535 : sum);
    };
    return finish(second) << 16 | finish(first);
}

/// Puts back together elements whose bytes were stored as planes: first all first bytes, then all second ones, ...
inline void unshuffle(std::span<const std::byte> in, std::byte* out, std::size_t element_bytes) noexcept {
    const std::size_t n = in.size() / element_bytes;
    std::size_t i = 0;
    if (element_bytes == 8) {
        // Eight elements at a time: an 8 x 8 transposition of bytes by halves.
        const auto swap_parts = [](std::uint64_t& a, std::uint64_t& b, int shift, std::uint64_t mask) {
            const std::uint64_t t = ((a >> shift) ^ b) & mask;
            b ^= t;
            a ^= t << shift;
        };
        for (; i + 8 <= n; i += 8) {
            std::uint64_t v[8];
            for (std::size_t k = 0; k < 8; ++k) std::memcpy(&v[k], in.data() + k * n + i, 8);
            for (std::size_t k = 0; k < 4; ++k) swap_parts(v[k], v[k + 4], 32, 0x00000000FFFFFFFFu);
            for (const std::size_t k : {0u, 1u, 4u, 5u}) swap_parts(v[k], v[k + 2], 16, 0x0000FFFF0000FFFFu);
            for (const std::size_t k : {0u, 2u, 4u, 6u}) swap_parts(v[k], v[k + 1], 8, 0x00FF00FF00FF00FFu);
            std::memcpy(out + i * 8, v, sizeof v);
        }
    }
    for (; i < n; ++i)
        for (std::size_t k = 0; k < element_bytes; ++k) out[i * element_bytes + k] = in[k * n + i];
    std::memcpy(out + n * element_bytes, in.data() + n * element_bytes, in.size() - n * element_bytes);
}

/// Undoes zlib compression.
class Inflater {
public:
    /// False unless `in` is a whole zlib stream of exactly `out_bytes`.
    [[nodiscard]] bool operator()(std::span<const std::byte> in, std::byte* out, std::size_t out_bytes) {
#ifdef BLOCKFIT_HAS_LIBDEFLATE
        if (!state_) state_.reset(libdeflate_alloc_decompressor());
        if (!state_) throw std::bad_alloc();
        return libdeflate_zlib_decompress(state_.get(), in.data(), in.size(), out, out_bytes, nullptr) == LIBDEFLATE_SUCCESS;
#else
        auto size = static_cast<uLongf>(out_bytes);
        return uncompress(reinterpret_cast<Bytef*>(out), &size, reinterpret_cast<const Bytef*>(in.data()),
                          static_cast<uLong>(in.size())) == Z_OK &&
               size == out_bytes;
#endif
    }

private:
#ifdef BLOCKFIT_HAS_LIBDEFLATE
    struct Free {
        void operator()(libdeflate_decompressor* state) const { libdeflate_free_decompressor(state); }
    };
    std::unique_ptr<libdeflate_decompressor, Free> state_;
#endif
};

/// The filters that we undo ourselves, if a dataset's are these, in this order.
struct KnownFilters {
    bool shuffle = false;
    bool deflate = false;
    bool checksum = false;
    int count = 0;
};

/// Buffers of one reader.
struct DecodeBuffers {
    std::vector<std::byte> stored;
    std::vector<std::byte> inflated;
    Inflater inflate;
};

/// Decodes the stored bytes of a chunk to `out`. `skipped` has a bit for each filter that was not applied to this
/// chunk, the first filter lowest. Returns nullptr, or what is wrong.
[[nodiscard]] inline const char* decode(const KnownFilters& filters, unsigned skipped, std::size_t element_bytes,
                                        DecodeBuffers& buffers, std::byte* out, std::size_t out_bytes) {
    std::span<const std::byte> bytes = buffers.stored;
    int filter = filters.count;
    const auto applied = [&](bool present) { return present && (skipped >> --filter & 1u) == 0; };
    if (applied(filters.checksum)) {
        if (bytes.size() < 4) return "it is shorter than its checksum";
        std::uint32_t want = 0;
        for (std::size_t k = 0; k < 4; ++k)
            want |= std::to_integer<std::uint32_t>(bytes[bytes.size() - 4 + k]) << (8 * k);
        bytes = bytes.first(bytes.size() - 4);
        const std::uint32_t got = fletcher32(bytes);
        // Files written by HDF5 before 1.6.3 on little-endian machines hold the bytes of each sum swapped.
        const std::uint32_t swapped = (got & 0x00FF00FFu) << 8 | (got >> 8 & 0x00FF00FFu);
        if (want != got && want != swapped) return "its checksum does not match";
    }
    const bool inflate = applied(filters.deflate);
    const bool shuffled = applied(filters.shuffle);
    if (inflate) {
        std::byte* const target = shuffled ? (buffers.inflated.resize(out_bytes), buffers.inflated.data()) : out;
        if (!buffers.inflate(bytes, target, out_bytes)) return "its compressed data is damaged";
        bytes = std::span<const std::byte>(target, out_bytes);
    }
    if (bytes.size() != out_bytes) return "it has the wrong size";
    if (shuffled) unshuffle(bytes, out, element_bytes);
    else if (!inflate) std::memcpy(out, bytes.data(), out_bytes);
    return nullptr;
}

}  // namespace hdf5
}  // namespace v1
}  // namespace blockfit

#endif
