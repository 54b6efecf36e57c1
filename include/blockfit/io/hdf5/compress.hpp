#ifndef BLOCKFIT_IO_HDF5_COMPRESS_HPP
#define BLOCKFIT_IO_HDF5_COMPRESS_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include <blockfit/io/hdf5/filters.hpp>

/// Shuffle, deflate and checksum applied to chunks on our own threads.

namespace blockfit {
inline namespace v1 {
namespace hdf5 {

/// The reverse of join_planes.
template <std::size_t Width>
std::size_t split_planes(const std::byte* in, std::size_t element_bytes, std::byte* planes, std::size_t n) noexcept {
    constexpr std::size_t groups = 8 / Width, step = 8 * groups;
    std::size_t i = 0;
    for (; i + step <= n; i += step) {
        std::uint64_t v[8];
        for (std::size_t r = 0; r < 8; ++r)
            for (std::size_t g = 0; g < groups; ++g)
                std::memcpy(reinterpret_cast<std::byte*>(&v[r]) + g * Width, in + (i + 8 * g + r) * element_bytes,
                            Width);
        transpose(v);
        for (std::size_t g = 0; g < groups; ++g)
            for (std::size_t p = 0; p < Width; ++p) std::memcpy(planes + p * n + i + 8 * g, &v[g * Width + p], 8);
    }
    return i;
}

/// Stores the bytes of elements as planes, for elements of 2, 4 or 8 bytes; unshuffle undoes it.
inline void shuffle(std::span<const std::byte> in, std::byte* out, std::size_t element_bytes) noexcept {
    const std::size_t n = in.size() / element_bytes;
    std::size_t i = element_bytes == 8   ? split_planes<8>(in.data(), 8, out, n)
                    : element_bytes == 4 ? split_planes<4>(in.data(), 4, out, n)
                                         : split_planes<2>(in.data(), 2, out, n);
    for (; i < n; ++i)
        for (std::size_t k = 0; k < element_bytes; ++k) out[k * n + i] = in[i * element_bytes + k];
    std::memcpy(out + n * element_bytes, in.data() + n * element_bytes, in.size() - n * element_bytes);
}

/// Encodes one chunk at a time; not for two threads at once.
class Encoder {
public:
    /// Shuffled, compressed at `level` (1 to 9) and with a checksum if wanted; valid until the next call.
    [[nodiscard]] std::span<const std::byte> operator()(std::span<const std::byte> chunk, std::size_t element_bytes,
                                                        int level, bool checksum) {
        std::span<const std::byte> in = chunk;
        if (element_bytes > 1) {
            shuffled_.resize(chunk.size());
            shuffle(chunk, shuffled_.data(), element_bytes);
            in = shuffled_;
        }
        std::size_t size = deflate(in, level);
        if (checksum) {
            const std::uint32_t sum = fletcher32({out_.data(), size});
            for (std::size_t k = 0; k < 4; ++k) out_[size++] = static_cast<std::byte>(sum >> (8 * k));
        }
        return {out_.data(), size};
    }

private:
    /// Bytes written to out_, which has room for a checksum behind them.
    [[nodiscard]] std::size_t deflate(std::span<const std::byte> in, int level) {
#ifdef BLOCKFIT_HAS_LIBDEFLATE
        if (!state_) state_.reset(libdeflate_alloc_compressor(level));
        if (!state_) throw std::bad_alloc();
        const std::size_t most = libdeflate_zlib_compress_bound(state_.get(), in.size());
        out_.resize(most + 4);
        return libdeflate_zlib_compress(state_.get(), in.data(), in.size(), out_.data(), most);
#else
        uLongf size = compressBound(static_cast<uLong>(in.size()));
        out_.resize(size + 4);
        if (compress2(reinterpret_cast<Bytef*>(out_.data()), &size, reinterpret_cast<const Bytef*>(in.data()),
                      static_cast<uLong>(in.size()), level) != Z_OK)
            throw std::bad_alloc();  // the one way left to fail
        return size;
#endif
    }

#ifdef BLOCKFIT_HAS_LIBDEFLATE
    struct Free {
        void operator()(libdeflate_compressor* state) const { libdeflate_free_compressor(state); }
    };
    std::unique_ptr<libdeflate_compressor, Free> state_;
#endif
    std::vector<std::byte> shuffled_;
    std::vector<std::byte> out_;
};

}  // namespace hdf5
}  // namespace v1
}  // namespace blockfit

#endif
