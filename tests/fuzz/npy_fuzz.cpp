/// Any bytes as an NPY file: read, or refused with a blockfit::Error; and read to the same values in every way.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/io/npy.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

void require(bool ok) {
    if (!ok) std::abort();
}

template <class Array>
auto read_all(const Array& array, Index rows_at_a_time) {
    const auto& source = *array.source();
    bf::Matrix<typename Array::value_type> all(source.rows(), source.cols());
    bf::Scratch scratch;
    for (Index i = 0; i < source.rows(); i += rows_at_a_time) {
        const bf::RowRange rows{i, std::min(i + rows_at_a_time, source.rows())};
        const auto seen = source.view(rows, scratch);
        for (Index r = 0; r < rows.size(); ++r) std::ranges::copy(seen.row(r), all.row(i + r).begin());
    }
    return all;
}

template <class T>
void check(const std::string& path) {
    try {
        const auto X = bf::from_npy<T>(path);
        if (X.cols() == 0) return;  // rows without end, for nothing in the file
        bf::Matrix<T> whole(X.rows(), X.cols());
        bf::Scratch scratch;
        bf::detail::read_by_tile(*X.source(), {0, X.rows()}, whole.view(), scratch);
        const auto same = [&](const bf::Matrix<T>& other) {
            return std::ranges::equal(whole.values(), other.values(),
                                      [](T a, T b) { return a == b || (a != a && b != b); });
        };
        require(same(read_all(X, 3)));
        require(same(read_all(bf::from_npy<T>(path, {.memory_map = true}), 5)));
    } catch (const bf::Error&) {
    }
    try {
        const auto y = bf::from_npy_vector<T>(path, {.block_rows = 10});
        (void)read_all(y, 100);
    } catch (const bf::Error&) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const int file = ::memfd_create("npy_fuzz", 0);
    static const std::string path = "/proc/self/fd/" + std::to_string(file);
    require(::ftruncate(file, 0) == 0);
    require(::pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
    check<double>(path);
    check<std::int16_t>(path);
    check<bool>(path);
    return 0;
}
