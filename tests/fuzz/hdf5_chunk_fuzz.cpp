/// Any bytes as a stored chunk, with any filters: decoded, or refused. The first five bytes say how: filters, those
/// skipped, the size of an element less one, and that of the chunk less one (two bytes).

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include <blockfit/io/hdf5/filters.hpp>

namespace hdf5 = blockfit::hdf5;

namespace {

/// By the definition, a word at a time.
std::uint32_t plain_fletcher32(std::span<const std::byte> bytes) {
    std::uint64_t first = 0, second = 0;
    bool any = false;
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        const auto high = std::to_integer<std::uint64_t>(bytes[i]);
        const auto low = i + 1 < bytes.size() ? std::to_integer<std::uint64_t>(bytes[i + 1]) : 0;
        any = any || high + low != 0;
        first = (first + high * 256 + low) % 65535;
        second = (second + first) % 65535;
    }
    const auto finish = [any](std::uint64_t sum) { return static_cast<std::uint32_t>(sum == 0 && any ? 65535 : sum); };
    return finish(second) << 16 | finish(first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 5) return 0;
    hdf5::KnownFilters filters;
    filters.shuffle = (data[0] & 1) != 0;
    filters.deflate = (data[0] & 2) != 0;
    filters.checksum = (data[0] & 4) != 0;
    filters.lzf = (data[0] & 8) != 0 && !filters.deflate;
    filters.count = filters.shuffle + filters.deflate + filters.lzf + filters.checksum;
    const unsigned skipped = data[1];
    const std::size_t element_bytes = data[2] % 16 + 1u;
    const std::size_t chunk_bytes = data[3] + 256u * data[4] + 1u;
    static hdf5::DecodeBuffers buffers;  // kept from chunk to chunk, as a reader's
    const auto* const stored = reinterpret_cast<const std::byte*>(data) + 5;
    buffers.stored.assign(stored, stored + (size - 5));
    // Of exactly this size, so that the address sanitizer sees a byte too many.
    std::vector<std::byte> chunk(chunk_bytes);
    (void)hdf5::decode(filters, skipped, element_bytes, buffers, chunk.data(), chunk.size());
    if (hdf5::fletcher32(buffers.stored) != plain_fletcher32(buffers.stored)) std::abort();
    return 0;
}
