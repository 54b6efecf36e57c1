/// Any bytes as a LIBSVM file, plain or gzip: read, or refused with a blockfit::Error; and read to the same values
/// however many rows are read at a time.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include <blockfit/core/matrix.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/io/libsvm.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

void require(bool ok) {
    if (!ok) std::abort();
}

template <class T>
bf::Matrix<T> read_all(const bf::BlockSource<T>& source, Index rows_at_a_time, bf::Scratch& scratch) {
    bf::Matrix<T> all(source.rows(), source.cols());
    for (Index i = 0; i < source.rows(); i += rows_at_a_time)
        source.read({i, std::min(i + rows_at_a_time, source.rows())},
                    all.view().rows(i, std::min(i + rows_at_a_time, source.rows())), scratch);
    return all;
}

template <class T>
bool same(const bf::Matrix<T>& a, const bf::Matrix<T>& b) {
    return std::ranges::equal(a.values(), b.values(), [](T x, T y) { return x == y || (x != x && y != y); });
}

template <class T>
void check(const std::string& path, bf::LibsvmOptions options) {
    try {
        const auto data = bf::from_libsvm<T>(path, options);
        const Index rows = data.X.rows();
        if (rows == 0 || rows * data.X.cols() > 100'000) return;
        bf::Scratch scratch, other;
        const bf::Matrix<T> X = read_all(*data.X.source(), rows, scratch);
        const bf::Matrix<double> y = read_all(*data.y.source(), rows, scratch);
        require(same(X, read_all(*data.X.source(), 1, other)));
        require(same(y, read_all(*data.y.source(), 2, other)));
        // The last row first.
        bf::Matrix<T> last(1, data.X.cols());
        bf::Scratch third;
        data.X.source()->read({rows - 1, rows}, last.view(), third);
        require(
            std::ranges::equal(last.row(0), X.row(rows - 1), [](T a, T b) { return a == b || (a != a && b != b); }));
        options.features = data.X.cols();
        if (options.features > 0) {
            const auto again = bf::from_libsvm<T>(path, options);
            require(same(X, read_all(*again.X.source(), 3, scratch)));
        }
    } catch (const bf::Error&) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const int file = ::memfd_create("libsvm_fuzz", 0);
    static const std::string path = "/proc/self/fd/" + std::to_string(file);
    const bf::Settings settings({.threads = 1});
    require(::ftruncate(file, 0) == 0);
    require(::pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
    check<double>(path, {});
    check<std::int32_t>(path, {.index_base = 0});
    check<float>(path, {.features = 4});
    return 0;
}
