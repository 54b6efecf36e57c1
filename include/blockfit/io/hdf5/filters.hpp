#ifndef BLOCKFIT_IO_HDF5_FILTERS_HPP
#define BLOCKFIT_IO_HDF5_FILTERS_HPP

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

/// HDF5's checksum: Fletcher's of big-endian 16-bit words, modulo 65535, with the 0 of a sum that is not empty written
/// as 65535.
[[nodiscard]] inline std::uint32_t fletcher32(std::span<const std::byte> bytes) noexcept {
    constexpr std::size_t words_per_run = 256;
    std::uint64_t first = 0, second = 0;
    const auto word = [&](std::size_t i) -> std::uint32_t {
        return std::to_integer<std::uint32_t>(bytes[2 * i]) << 8 | std::to_integer<std::uint32_t>(bytes[2 * i + 1]);
    };
    const std::size_t words = bytes.size() / 2;
    std::size_t i = 0;
    for (; i + words_per_run <= words; i += words_per_run) {
        // Within a run the second sum is the first one before it times the length, plus each word as often as it counts.
        std::uint32_t sum = 0, weighted = 0;
        for (std::size_t k = 0; k < words_per_run; ++k) {
            const std::uint32_t w = word(i + k);
            sum += w;
            weighted += w * static_cast<std::uint32_t>(words_per_run - k);
        }
        second = (second + first * words_per_run + weighted) % 65535;
        first = (first + sum) % 65535;
        if (first == 0 && sum != 0) first = 65535;
        if (second == 0 && (first != 0 || weighted != 0)) second = 65535;
    }
    const auto fold = [](std::uint64_t sum) { return sum == 0 ? 0 : (sum - 1) % 65535 + 1; };
    for (; i < words; ++i) {
        first = fold(first + word(i));
        second = fold(second + first);
    }
    if (bytes.size() % 2 != 0) {
        first = fold(first + (std::to_integer<std::uint32_t>(bytes.back()) << 8));
        second = fold(second + first);
    }
    return static_cast<std::uint32_t>(second << 16 | first);
}

/// Puts back together elements whose bytes were stored as planes: first all first bytes, then all second ones, ...
inline void unshuffle(std::span<const std::byte> in, std::byte* out, std::size_t element_bytes) noexcept {
    const std::size_t n = in.size() / element_bytes;
    std::size_t i = 0;
    if (element_bytes == 8 && std::endian::native == std::endian::little) {
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
