#ifndef BLOCKFIT_IO_HDF5_HPP
#define BLOCKFIT_IO_HDF5_HPP

#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/store.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/hdf5/reader.hpp>
#include <blockfit/io/hdf5/writer.hpp>

namespace blockfit {
inline namespace v1 {

/// A dataset of n x d numbers, read lazily as type T by any number of threads. Contiguous or chunked, with any filter
/// that the HDF5 library has; float32, float64, integers and enums, of either byte order. Reading throws DataError at a
/// value that T cannot hold; real numbers are rounded to a shorter real T.
///
/// Throws IoError if the file or dataset is missing (listing what is there) or damaged, ShapeError unless it has two
/// dimensions, UnsupportedError for other types, filters that are not installed, and virtual datasets.
template <class T>
[[nodiscard]] ChunkedMatrix<T> from_hdf5(const std::string& path, const std::string& dataset, BlockOptions options = {}) {
    const auto reader = std::make_shared<const hdf5::DatasetReader>(path, dataset);
    const hdf5::Layout& layout = reader->layout();
    if (layout.rank != 2)
        throw ShapeError("from_hdf5: the dataset has " + std::to_string(layout.rank) +
                             " dimension, expected 2; read it with from_hdf5_vector",
                         {.file = path, .dataset = dataset});
    const Index rows = detail::choose_block_rows(options.block_rows, layout.cols * layout.element_bytes, layout.chunk_rows);
    return {std::make_shared<hdf5::Hdf5Source<T>>(reader), BlockPlan(layout.rows, rows)};
}

/// A dataset of shape (n,) or (n, 1) as a vector; otherwise as from_hdf5.
template <class T>
[[nodiscard]] ChunkedVector<T> from_hdf5_vector(const std::string& path, const std::string& dataset,
                                                BlockOptions options = {}) {
    const auto reader = std::make_shared<const hdf5::DatasetReader>(path, dataset);
    const hdf5::Layout& layout = reader->layout();
    if (layout.cols != 1)
        throw ShapeError("from_hdf5_vector: the dataset is " + std::to_string(layout.rows) + " x " +
                             std::to_string(layout.cols) + ", expected one column; read it with from_hdf5",
                         {.file = path, .dataset = dataset});
    const Index rows = detail::choose_block_rows(options.block_rows, layout.element_bytes, layout.chunk_rows);
    return {std::make_shared<hdf5::Hdf5Source<T>>(reader), BlockPlan(layout.rows, rows)};
}

/// Writes lazy arrays of equally many rows to a new HDF5 file, computed in parallel in one pass; arrays that share a
/// parent read it once. The file appears under `path` when it is complete and on the disk; on any error there is none,
/// and a file that was there before is untouched.
///
/// Throws ParameterError if the output is also an input or two datasets have one name, ShapeError if the lengths differ,
/// IoError if writing fails, and what computing the arrays throws.
inline void to_hdf5(const std::string& path, const Hdf5WriteOptions& options, const std::vector<Dataset>& datasets) {
    detail::require_parameter(!datasets.empty(), "to_hdf5", "give at least one dataset");
    detail::require_parameter(options.chunk_rows >= 0, "to_hdf5", "chunk_rows must be at least 0");
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
        detail::store("to_hdf5", datasets, [&](std::size_t k, std::span<const std::byte> rows) { writers[k].write(rows); });
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
