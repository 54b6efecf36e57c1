#ifndef BLOCKFIT_IO_BINARY_HPP
#define BLOCKFIT_IO_BINARY_HPP

#include <bit>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/input_file.hpp>
#include <blockfit/io/raw_source.hpp>

namespace blockfit {
inline namespace v1 {

struct BinaryOptions {
    /// Elements a row.
    Index cols = 0;
    /// Bytes before the first element.
    Index offset = 0;
    /// Type of the stored elements; unset: the type asked for.
    std::optional<ElementType> type{};
    /// Their byte order.
    bool big_endian = false;
    /// Rows a block; 0: those of 16 MB. Fixes what each partial_fit sees.
    Index block_rows = 0;
    /// As NpyOptions::memory_map, with the same danger.
    bool memory_map = false;
};

namespace detail {

[[nodiscard]] inline std::shared_ptr<const RawReader> open_binary(std::string_view where, const std::string& path,
                                                                  Index cols, const BinaryOptions& options,
                                                                  ElementType type, Index memory_bytes) {
    require_parameter(cols >= 1, where,
                      "cols is " + std::to_string(cols) + ", expected the number of elements in a row");
    require_parameter(options.offset >= 0, where,
                      "offset is " + std::to_string(options.offset) + ", expected at least 0");
    auto file = std::make_unique<const InputFile>(where, path);
    const Index row_bytes = checked_product(cols, element_bytes(type), where);
    const Index bytes = file->size() - options.offset;
    if (bytes < 0)
        throw ShapeError(std::string(where) + ": offset is " + std::to_string(options.offset) +
                             ", but the file has only " + std::to_string(file->size()) + " bytes",
                         {.file = path});
    if (bytes % row_bytes != 0)
        throw ShapeError(std::string(where) + ": the file has " + std::to_string(bytes) +
                             " bytes behind the offset, expected a "
                             "multiple of the " +
                             std::to_string(row_bytes) + " of a row of " + std::to_string(cols) +
                             " elements; check cols, type and offset",
                         {.file = path});
    return std::make_shared<const RawReader>(
        std::move(file),
        RawLayout{
            .rows = bytes / row_bytes,
            .cols = cols,
            .offset = options.offset,
            .type = type,
            .swap_bytes = options.big_endian != (std::endian::native == std::endian::big) && element_bytes(type) > 1},
        memory_bytes, options.memory_map);
}

}  // namespace detail

/// A file of nothing but numbers, row after row, as numpy's tofile() or fwrite() leave it; read lazily as type T.
/// Reading throws DataError at a value that T cannot hold.
///
/// Throws ParameterError unless options.cols is given, ShapeError if the file does not hold a whole number of rows,
/// IoError if it cannot be opened.
template <class T>
[[nodiscard]] ChunkedMatrix<T> from_binary(const std::string& path, const BinaryOptions& options) {
    auto reader = detail::open_binary("from_binary", path, options.cols, options,
                                      options.type.value_or(detail::element_type<T>()), sizeof(T));
    BlockPlan plan = detail::plan_rows("from_binary", reader->layout().rows, reader->row_bytes(), options.block_rows);
    return {std::make_shared<detail::RawSource<T>>(std::move(reader), "from_binary"), std::move(plan)};
}

/// The same as a vector. options.cols is 1 or left out.
template <class T>
[[nodiscard]] ChunkedVector<T> from_binary_vector(const std::string& path, const BinaryOptions& options = {}) {
    detail::require_parameter(options.cols == 0 || options.cols == 1, "from_binary_vector",
                              "cols is " + std::to_string(options.cols) + ", expected 1; use from_binary");
    auto reader = detail::open_binary("from_binary_vector", path, 1, options,
                                      options.type.value_or(detail::element_type<T>()), sizeof(T));
    BlockPlan plan =
        detail::plan_rows("from_binary_vector", reader->layout().rows, reader->row_bytes(), options.block_rows);
    return {std::make_shared<detail::RawSource<T>>(std::move(reader), "from_binary_vector"), std::move(plan)};
}

}  // namespace v1
}  // namespace blockfit

#endif
