/// Any bytes as a CSV file: read, or refused with a blockfit::Error; and read to the same values in every way. The
/// first four bytes choose options.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/io/csv.hpp>

namespace bf = blockfit;
using bf::Index;

namespace {

void require(bool ok) {
    if (!ok) std::abort();
}

/// The rows up to the first that is refused, read a few at a time, and what was said of that one.
template <class T>
struct Reading {
    std::vector<T> values;
    Index rows = 0;
    std::string error;

    Reading(const bf::ChunkedMatrix<T>& X, Index rows_at_a_time) {
        bf::Matrix<T> part;
        bf::Scratch scratch;
        for (Index i = 0; i < X.rows(); i += rows_at_a_time) {
            const bf::RowRange range{i, std::min(i + rows_at_a_time, X.rows())};
            part.resize(range.size(), X.cols());
            try {
                X.source()->read(range, part.view(), scratch);
            } catch (const bf::Error& e) {
                error = e.what();
                return;
            }
            values.insert(values.end(), part.values().begin(), part.values().end());
            rows += range.size();
        }
    }
};

/// The file, or what was said of it.
std::optional<bf::CsvFile> open(const std::string& path, const bf::CsvOptions& options, bf::detail::CsvTuning tuning,
                                std::string& error) {
    try {
        return bf::CsvFile(path, options, tuning);
    } catch (const bf::Error& e) {
        error = e.what();
        return {};
    }
}

template <class T>
void check(const bf::CsvFile& file, const bf::CsvFile& other) {
    try {
        const Reading<T> all(file.matrix<T>(), 1), same(other.matrix<T>(), 1), some(other.matrix<T>(), 3);
        require(all.rows == same.rows && all.error == same.error);
        require(std::ranges::equal(all.values, same.values, [](T a, T b) { return a == b || (a != a && b != b); }));
        require(some.error == all.error && some.rows <= all.rows);
        if (!all.error.empty()) return;
        const Reading<T> last(file.matrix<T>({file.cols() - 1}), 2);
        require(last.rows == all.rows);
    } catch (const bf::Error&) {  // in the pass that finds the categories
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const int descriptor = ::memfd_create("csv_fuzz", 0);
    static const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
    if (size < 4) return 0;
    const auto bit = [&](int i) { return (data[i / 8] >> (i % 8) & 1) != 0; };
    bf::CsvOptions options;
    options.delimiter = bit(0) ? (bit(1) ? ';' : '\t') : ',';
    options.quote = bit(2) ? char(0) : '"';
    options.header = !bit(3);
    options.comment = bit(4) ? '#' : char(0);
    options.skip_rows = bit(5) ? 1 : 0;
    if (bit(6) && options.delimiter != ',') options.decimal = ',';
    if (bit(7)) options.missing = {"", "-1"};
    if (bit(8)) options.categories = {options.header ? "a" : "0"};
    const bf::detail::CsvTuning tuning{.stretch = 1 + data[2] % 100,
                                       .range = 1 + data[3] % 100,
                                       .gzip_spacing = 1 + data[2] % 50,
                                       .window = 1 + data[3],
                                       .portable = bit(9)};
    const bf::Settings settings({.threads = 1});
    require(::ftruncate(descriptor, 0) == 0);
    require(::pwrite(descriptor, data + 4, size - 4, 0) == static_cast<ssize_t>(size - 4));
    std::string error, other_error;
    const auto file = open(path, options, {}, error), other = open(path, options, tuning, other_error);
    require(error == other_error);
    if (!file) return 0;
    require(file->rows() == other->rows() && file->column_names() == other->column_names());
    check<double>(*file, *other);
    check<std::int32_t>(*file, *other);
    return 0;
}
