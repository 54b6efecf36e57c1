#ifndef BLOCKFIT_IO_NPY_HPP
#define BLOCKFIT_IO_NPY_HPP

#include <cerrno>
#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/store.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/atomic_file.hpp>
#include <blockfit/io/input_file.hpp>
#include <blockfit/io/npy/header.hpp>
#include <blockfit/io/raw_source.hpp>

namespace blockfit {
inline namespace v1 {

struct NpyOptions {
    /// Rows a block; 0: those of 16 MB. Fixes what each partial_fit sees.
    Index block_rows = 0;
    /// Map the file into memory: rows whose type is asked for, in C order and this machine's byte order, are then
    /// looked at where they are, without a copy. Only for files that nobody shortens: a program that reads mapped
    /// memory behind the end of its file is ended by the system with SIGBUS.
    bool memory_map = false;
};

struct NpyWriteOptions {
    /// Replace an existing file; false: an existing file is an error.
    bool overwrite = true;
};

namespace detail {

/// Opens an NPY file. `vector`: it is to have one column.
[[nodiscard]] inline std::shared_ptr<const RawReader> open_npy(std::string_view where, const std::string& path,
                                                               bool vector, Index memory_bytes, bool memory_map) {
    auto file = std::make_unique<const InputFile>(where, path);
    const NpyHeader header = read_npy_header(*file);
    const auto rank = header.shape.size();
    const auto shape_error = [&](const std::string& expected) {
        std::string shape;
        for (std::size_t i = 0; i < std::min<std::size_t>(rank, 4); ++i)
            shape += (i == 0 ? "" : ", ") + std::to_string(header.shape[i]);
        if (rank > 4) shape += ", ...";
        return ShapeError(std::string(where) + ": the array has shape (" + shape + (rank == 1 ? ",)" : ")") +
                              ", expected " + expected,
                          {.file = path});
    };
    if (vector && rank != 1 && !(rank == 2 && header.shape[1] == 1))
        throw shape_error(rank == 2 ? "one column; read it with from_npy" : "(n,) or (n, 1); reshape it in numpy");
    if (!vector && rank != 2)
        throw shape_error(rank == 1 ? "two dimensions; read it with from_npy_vector"
                                    : "two dimensions; reshape it in numpy");
    return std::make_shared<const RawReader>(std::move(file),
                                             RawLayout{.rows = header.shape[0],
                                                       .cols = rank == 2 ? header.shape[1] : 1,
                                                       .offset = header.data_offset,
                                                       .type = header.type,
                                                       .swap_bytes = header.swap_bytes,
                                                       .column_major = header.fortran_order},
                                             memory_bytes, memory_map);
}

inline void write_npy(const std::string& path, const Dataset& array, const NpyWriteOptions& options) {
    for (const Origin& origin : array.origins)
        if (same_file(origin.file, path))
            throw ParameterError("to_npy: the output is also an input; write to another file", {.file = path});
    AtomicOutput file("to_npy", path, options.overwrite);
    const std::string header = make_npy_header(array.type, array.plan.rows(), array.is_vector ? -1 : array.cols);
    file.write(header);
    store("to_npy", {array}, [&](std::size_t, std::span<const std::byte> rows) {
        file.write({reinterpret_cast<const char*>(rows.data()), rows.size()});
    });
    file.commit();
}

}  // namespace detail

/// A two-dimensional array that numpy.save wrote, read lazily as type T by any number of threads: bool, integers,
/// float16, float32 and float64 of either byte order, in C or Fortran order, format versions 1 to 3. Reading throws
/// DataError at a value that T cannot hold; real numbers are rounded to a shorter real T. Bytes behind the array are
/// ignored, as numpy does.
///
/// Throws IoError if this is not an NPY file, is damaged, or is shorter than its header says; ShapeError unless the
/// array has two dimensions; UnsupportedError for other types.
template <class T>
[[nodiscard]] ChunkedMatrix<T> from_npy(const std::string& path, NpyOptions options = {}) {
    auto reader = detail::open_npy("from_npy", path, false, sizeof(T), options.memory_map);
    BlockPlan plan = detail::plan_rows("from_npy", reader->layout().rows, reader->row_bytes(), options.block_rows);
    return {std::make_shared<detail::RawSource<T>>(std::move(reader), "from_npy"), std::move(plan)};
}

/// An array of shape (n,) or (n, 1) as a vector; otherwise as from_npy.
template <class T>
[[nodiscard]] ChunkedVector<T> from_npy_vector(const std::string& path, NpyOptions options = {}) {
    auto reader = detail::open_npy("from_npy_vector", path, true, sizeof(T), options.memory_map);
    BlockPlan plan =
        detail::plan_rows("from_npy_vector", reader->layout().rows, reader->row_bytes(), options.block_rows);
    return {std::make_shared<detail::RawSource<T>>(std::move(reader), "from_npy_vector"), std::move(plan)};
}

/// Writes a lazy array to a new NPY file, computed in parallel in one pass: in C order, for numpy.load. The file
/// appears under `path` when it is complete and on the disk; on any error there is none, and a file that was there
/// before is untouched.
///
/// Throws ParameterError if the output is also an input, IoError if writing fails, and what computing the array throws.
template <class T>
void to_npy(const std::string& path, const ChunkedMatrix<T>& array, NpyWriteOptions options = {}) {
    static_assert(sizeof(T) <= 8, "to_npy: write long double as .astype<double>()");
    detail::write_npy(path, dataset("array", array), options);
}
/// The same for a vector, which gets shape (n,).
template <class T>
void to_npy(const std::string& path, const ChunkedVector<T>& array, NpyWriteOptions options = {}) {
    static_assert(sizeof(T) <= 8, "to_npy: write long double as .astype<double>()");
    detail::write_npy(path, dataset("array", array), options);
}

}  // namespace v1
}  // namespace blockfit

#endif
