#ifndef BLOCKFIT_IO_HDF5_HPP
#define BLOCKFIT_IO_HDF5_HPP

#include <concepts>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/store.hpp>
#include <blockfit/array/structure.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/hdf5/metadata.hpp>
#include <blockfit/io/hdf5/reader.hpp>
#include <blockfit/io/hdf5/table.hpp>
#include <blockfit/io/hdf5/writer.hpp>

namespace blockfit {
inline namespace v1 {

/// A dataset of n x d numbers, read lazily as type T by any number of threads. Contiguous, chunked in any shape,
/// compact, external or virtual, with any filter that the HDF5 library has; float16, float32, float64, integers, bool
/// and other enums, of either byte order. Reading throws DataError at a value that T cannot hold; real numbers are
/// rounded to a shorter real T. Parts that were never written, or that a virtual dataset maps to nothing, hold the fill
/// value.
///
/// Throws IoError if the file or dataset is missing (listing what is there), damaged, or made of other files that are
/// not there or too short; ShapeError unless it has two dimensions; UnsupportedError for other types, and filters that
/// are not installed. Reading throws IoError if the file was changed after this call.
template <class T>
[[nodiscard]] ChunkedMatrix<T> from_hdf5(const std::string& path, const std::string& dataset,
                                         BlockOptions options = {}) {
    const auto reader = std::make_shared<const hdf5::DatasetReader>(path, dataset);
    const hdf5::Layout& layout = reader->layout();
    if (layout.rank != 2)
        throw ShapeError("from_hdf5: the dataset has " + std::to_string(layout.rank) +
                             " dimension, expected 2; read it with from_hdf5_vector",
                         {.file = path, .dataset = dataset});
    const Index rows =
        detail::choose_block_rows(options.block_rows, layout.cols * layout.element_bytes, layout.chunk_rows);
    return {std::make_shared<hdf5::Hdf5Source<T>>(reader), reader->plan(rows)};
}

/// A dataset of shape (n,) or (n, 1) as a vector; otherwise as from_hdf5.
template <class T>
[[nodiscard]] ChunkedVector<T> from_hdf5_vector(const std::string& path, const std::string& dataset,
                                                BlockOptions options = {}) {
    const auto reader = std::make_shared<const hdf5::DatasetReader>(path, dataset);
    const hdf5::Layout& layout = reader->layout();
    hdf5::require_one_column("from_hdf5_vector", *reader);
    const Index rows = detail::choose_block_rows(options.block_rows, layout.element_bytes, layout.chunk_rows);
    return {std::make_shared<hdf5::Hdf5Source<T>>(reader), reader->plan(rows)};
}

/// The rows of a dataset in several files, one file after the other. Without block_rows a block ends where a file does;
/// with it the rows are cut as if they were of one file. All files stay open. Otherwise as from_hdf5; throws ShapeError
/// naming the file if the numbers of columns differ, ParameterError if there are no files.
template <class T>
[[nodiscard]] ChunkedMatrix<T> from_hdf5(const std::vector<std::string>& paths, const std::string& dataset,
                                         BlockOptions options = {}) {
    detail::require_parameter(!paths.empty(), "from_hdf5", "give at least one file");
    std::vector<ChunkedMatrix<T>> parts;
    for (const std::string& path : paths) {
        parts.push_back(from_hdf5<T>(path, dataset, options));
        if (parts.back().cols() != parts.front().cols())
            throw ShapeError(
                detail::mismatch("from_hdf5", "number of columns", parts.back().cols(), parts.front().cols()) +
                    " as in " + paths.front(),
                {.file = path, .dataset = dataset});
    }
    const auto all = concatenate(parts);
    return options.block_rows > 0 ? all.rechunk(options.block_rows) : all;
}
template <class T>
[[nodiscard]] ChunkedVector<T> from_hdf5_vector(const std::vector<std::string>& paths, const std::string& dataset,
                                                BlockOptions options = {}) {
    detail::require_parameter(!paths.empty(), "from_hdf5_vector", "give at least one file");
    std::vector<ChunkedVector<T>> parts;
    for (const std::string& path : paths) parts.push_back(from_hdf5_vector<T>(path, dataset, options));
    const auto all = concatenate(parts);
    return options.block_rows > 0 ? all.rechunk(options.block_rows) : all;
}
/// For files listed in braces, of which a list of two could otherwise be taken for one string.
template <class T>
[[nodiscard]] ChunkedMatrix<T> from_hdf5(std::initializer_list<std::string> paths, const std::string& dataset,
                                         BlockOptions options = {}) {
    return from_hdf5<T>(std::vector<std::string>(paths), dataset, options);
}
template <class T>
[[nodiscard]] ChunkedVector<T> from_hdf5_vector(std::initializer_list<std::string> paths, const std::string& dataset,
                                                BlockOptions options = {}) {
    return from_hdf5_vector<T>(std::vector<std::string>(paths), dataset, options);
}

/// Datasets of shape (n,) or (n, 1) as the columns of a matrix, in the order given; otherwise as from_hdf5. The blocks
/// are chosen from the bytes of a row and the chunks of the first dataset. Throws ShapeError naming the dataset if it
/// has another length or several columns, ParameterError if none is given.
template <class T>
[[nodiscard]] ChunkedMatrix<T> from_hdf5_columns(const std::string& path, const std::vector<std::string>& datasets,
                                                 BlockOptions options = {}) {
    hdf5::Table table = hdf5::open_columns(path, datasets);
    const BlockPlan plan = table.plan(options);
    return {std::make_shared<hdf5::Hdf5TableSource<T>>(std::move(table), "from_hdf5_columns"), plan};
}

/// Fields of a dataset of compound type, as PyTables, pandas and numpy's structured arrays write them, as the columns
/// of a matrix, in the order given; {} takes all that are numbers. Otherwise as from_hdf5. The blocks are chosen from
/// the bytes of these fields and the chunks. Throws IoError listing the fields if one is not there, UnsupportedError if
/// it is no number, ParameterError if it is given twice.
template <class T>
[[nodiscard]] ChunkedMatrix<T> from_hdf5_fields(const std::string& path, const std::string& dataset,
                                                const std::vector<std::string>& fields = {},
                                                BlockOptions options = {}) {
    hdf5::Table table = hdf5::open_fields(path, dataset, fields);
    const BlockPlan plan = table.plan(options);
    return {std::make_shared<hdf5::Hdf5TableSource<T>>(std::move(table), "from_hdf5_fields"), plan};
}
/// One field as a vector.
template <class T>
[[nodiscard]] ChunkedVector<T> from_hdf5_field_vector(const std::string& path, const std::string& dataset,
                                                      const std::string& field, BlockOptions options = {}) {
    hdf5::Table table = hdf5::open_fields(path, dataset, {field});
    const BlockPlan plan = table.plan(options);
    return {std::make_shared<hdf5::Hdf5TableSource<T>>(std::move(table), "from_hdf5_field_vector"), plan};
}

/// Writes lazy arrays of equally many rows to a new HDF5 file, computed in parallel in one pass; arrays that share a
/// parent read it once. The file appears under `path` when it is complete and on the disk; on any error there is none,
/// and a file that was there before is untouched.
///
/// Throws ParameterError if the output is also an input or two datasets have one name, ShapeError if the lengths
/// differ, IoError if writing fails, and what computing the arrays throws.
inline void to_hdf5(const std::string& path, const Hdf5WriteOptions& options, const std::vector<Dataset>& datasets) {
    detail::require_parameter(!datasets.empty(), "to_hdf5", "give at least one dataset");
    detail::require_parameter(options.chunk_rows >= 0, "to_hdf5",
                              "chunk_rows is " + std::to_string(options.chunk_rows) + ", expected at least 0");
    detail::require_parameter(
        options.compression >= 0 && options.compression <= 9, "to_hdf5",
        "compression is " + std::to_string(options.compression) + ", expected a gzip level from 1 to 9, or 0 for none");
    for (const Dataset& d : datasets) {
        detail::require_parameter(!d.name.empty(), "to_hdf5", "a dataset has no name");
        detail::require_parameter(d.cols > 0, "to_hdf5", "dataset '" + d.name + "' has no columns");
        for (const Dataset& other : datasets)
            detail::require_parameter(&d == &other || d.name != other.name, "to_hdf5",
                                      "two datasets are named '" + d.name + "'");
        detail::require_same("to_hdf5", "number of rows of dataset '" + d.name + "'", d.plan.rows(),
                             datasets.front().plan.rows());
        for (const Origin& origin : d.origins)
            if (detail::same_file(origin.file, path))
                throw ParameterError("to_hdf5: the output is also an input; write to another file", {.file = path});
    }
    hdf5::FileWriter file("to_hdf5", path, options.overwrite);
    std::vector<hdf5::DatasetWriter> writers;
    writers.reserve(datasets.size());
    try {
        for (const Dataset& d : datasets) writers.emplace_back(file, d, options);
        detail::store("to_hdf5", datasets,
                      [&](std::size_t k, std::span<const std::byte> rows) { writers[k].write(rows); });
        for (hdf5::DatasetWriter& writer : writers)
            if (!writer.close()) throw IoError("to_hdf5: a dataset cannot be closed", {.file = path});
    } catch (...) {
        file.abandon();
        throw;
    }
    file.commit();
}
/// to_hdf5("out.h5", dataset("label", pipe.predict(X)), dataset("proba", pipe.predict_proba(X)))
template <std::same_as<Dataset>... D>
void to_hdf5(const std::string& path, const D&... datasets) {
    to_hdf5(path, Hdf5WriteOptions{}, std::vector<Dataset>{datasets...});
}
template <std::same_as<Dataset>... D>
void to_hdf5(const std::string& path, const Hdf5WriteOptions& options, const D&... datasets) {
    to_hdf5(path, options, std::vector<Dataset>{datasets...});
}

}  // namespace v1
}  // namespace blockfit

#endif
