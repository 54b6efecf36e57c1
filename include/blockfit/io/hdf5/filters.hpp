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

/// Transposes 8 x 8 bytes, by halves.
inline void transpose(std::uint64_t (&v)[8]) noexcept {
    const auto swap_parts = [](std::uint64_t& a, std::uint64_t& b, int shift, std::uint64_t mask) {
        const std::uint64_t t = ((a >> shift) ^ b) & mask;
        b ^= t;
        a ^= t << shift;
    };
    for (std::size_t k = 0; k < 4; ++k) swap_parts(v[k], v[k + 4], 32, 0x00000000FFFFFFFFu);
    for (const std::size_t k : {0u, 1u, 4u, 5u}) swap_parts(v[k], v[k + 2], 16, 0x0000FFFF0000FFFFu);
    for (const std::size_t k : {0u, 2u, 4u, 6u}) swap_parts(v[k], v[k + 1], 8, 0x00FF00FF00FF00FFu);
}

/// Puts `Width` (1, 2, 4 or 8) planes of n bytes back together, as the first bytes of n elements. Returns how many
/// elements were done: all but the last few.
template <std::size_t Width>
std::size_t join_planes(const std::byte* planes, std::size_t n, std::byte* out, std::size_t element_bytes) noexcept {
    constexpr std::size_t groups = 8 / Width, step = 8 * groups;
    std::size_t i = 0;
    for (; i + step <= n; i += step) {
        std::uint64_t v[8];
        for (std::size_t g = 0; g < groups; ++g)
            for (std::size_t p = 0; p < Width; ++p) std::memcpy(&v[g * Width + p], planes + p * n + i + 8 * g, 8);
        transpose(v);
        if (Width == 8 && element_bytes == 8) {
            std::memcpy(out + 8 * i, v, sizeof v);
            continue;
        }
        for (std::size_t r = 0; r < 8; ++r)
            for (std::size_t g = 0; g < groups; ++g)
                std::memcpy(out + (i + 8 * g + r) * element_bytes, reinterpret_cast<const std::byte*>(&v[r]) + g * Width, Width);
    }
    return i;
}

/// Puts back together elements whose bytes were stored as planes: first all first bytes, then all second ones, ...
inline void unshuffle(std::span<const std::byte> in, std::byte* out, std::size_t element_bytes) noexcept {
    const std::size_t n = in.size() / element_bytes;
    for (std::size_t k = 0; k < element_bytes;) {
        const std::size_t left = element_bytes - k, width = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        const std::byte* const planes = in.data() + k * n;
        std::size_t i = width == 8   ? join_planes<8>(planes, n, out + k, element_bytes)
                        : width == 4 ? join_planes<4>(planes, n, out + k, element_bytes)
                        : width == 2 ? join_planes<2>(planes, n, out + k, element_bytes)
                                     : 0;
        for (; i < n; ++i)
            for (std::size_t p = 0; p < width; ++p) out[i * element_bytes + k + p] = planes[p * n + i];
        k += width;
    }
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

/// Undoes LZF, the quick compression that h5py brings along. A byte below 32 says how many bytes follow as they are, less
/// one; another has in its upper three bits (if all are set, with the byte behind added) how many bytes, less two, repeat
/// what stands as far back, less one, as its other bits and the next byte say. False unless `in` makes exactly `out_bytes`.
[[nodiscard]] inline bool expand_lzf(std::span<const std::byte> in, std::byte* out, std::size_t out_bytes) noexcept {
    const auto* at = reinterpret_cast<const unsigned char*>(in.data());
    const auto* const end = at + in.size();
    std::size_t made = 0;
    while (at != end) {
        const std::size_t control = *at++;
        std::size_t length = control >> 5;
        if (length == 0) {
            length = control + 1;
            const auto left = static_cast<std::size_t>(end - at);
            if (length > left || length > out_bytes - made) return false;
            if (std::min(left, out_bytes - made) >= 32) std::memcpy(out + made, at, 32);  // quick, and soon written over
            else std::memcpy(out + made, at, length);
            at += length;
        } else {
            if (length == 7) {
                if (at == end) return false;
                length += *at++;
            }
            if (at == end) return false;
            const std::size_t back = ((control & 31) << 8 | *at++) + 1;
            length += 2;
            if (back > made || length > out_bytes - made) return false;
            std::byte* const target = out + made;
            if (back >= 8 && length <= 16 && out_bytes - made >= 16) {
                for (std::size_t k = 0; k < 16; k += 8) std::memcpy(target + k, target + k - back, 8);
                made += length;
                continue;
            }
            // What is repeated may overlap what it makes: then the copied part doubles.
            std::size_t copied = std::min(back, length);
            std::memcpy(target, target - back, copied);
            for (std::size_t more; copied < length; copied += more) {
                more = std::min(copied, length - copied);
                std::memcpy(target + copied, target, more);
            }
        }
        made += length;
    }
    return made == out_bytes;
}

/// The filters that we undo ourselves, if a dataset's are these, in this order, one of deflate and lzf at most.
struct KnownFilters {
    bool shuffle = false;
    bool deflate = false;
    bool lzf = false;
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
    const bool compressed = applied(filters.deflate || filters.lzf);
    const bool shuffled = applied(filters.shuffle);
    if (compressed) {
        std::byte* const target = shuffled ? (buffers.inflated.resize(out_bytes), buffers.inflated.data()) : out;
        if (!(filters.lzf ? expand_lzf(bytes, target, out_bytes) : buffers.inflate(bytes, target, out_bytes)))
            return "its compressed data is damaged";
        bytes = std::span<const std::byte>(target, out_bytes);
    }
    if (bytes.size() != out_bytes) return "it has the wrong size";
    if (shuffled) unshuffle(bytes, out, element_bytes);
    else if (!compressed) std::memcpy(out, bytes.data(), out_bytes);
    return nullptr;
}

}  // namespace hdf5
}  // namespace v1
}  // namespace blockfit

#endif
