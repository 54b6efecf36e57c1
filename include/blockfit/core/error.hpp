#ifndef BLOCKFIT_CORE_ERROR_HPP
#define BLOCKFIT_CORE_ERROR_HPP

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace blockfit {
inline namespace v1 {

/// Sizes and subscripts, signed.
using Index = std::ptrdiff_t;

enum class ErrorCode { parameter, shape, data, label, not_fitted, unsupported, io, model, memory_limit, cancelled };

/// Where an error was found. Empty or negative means unknown; `row` counts from the start of the array.
struct ErrorPlace {
    std::string file{};
    std::string dataset{};
    Index block = -1;
    Index row = -1;
    Index column = -1;
    bool whole_array = false;  ///< the row counts from the start of the array already
};

/// Base of all errors thrown by the library. what() is the message followed by the place in brackets.
class Error : public std::runtime_error {
public:
    Error(ErrorCode code, std::string message, ErrorPlace place)
        : std::runtime_error(message), code_(code), message_(std::move(message)), place_(std::move(place)) {
        compose();
    }

    [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }
    [[nodiscard]] ErrorCode code() const noexcept { return code_; }
    /// The message without the place.
    [[nodiscard]] const std::string& message() const noexcept { return message_; }
    [[nodiscard]] const std::string& file() const noexcept { return place_.file; }
    [[nodiscard]] const std::string& dataset() const noexcept { return place_.dataset; }
    [[nodiscard]] Index block() const noexcept { return place_.block; }
    [[nodiscard]] Index row() const noexcept { return place_.row; }
    [[nodiscard]] Index column() const noexcept { return place_.column; }

    /// Code that sees a part of a block counts rows from its first row; this makes them count from the block's.
    /// A row that was named together with its dataset, or as one of the whole array, stays.
    void add_rows(Index first_row) {
        if (place_.row >= 0 && place_.block < 0 && place_.dataset.empty() && !place_.whole_array)
            place_.row += first_row;
        compose();
    }
    /// Adds what the layer that knows the blocks can say. What is known already stays.
    void locate(Index block, Index first_row, std::string_view file, std::string_view dataset) {
        if (place_.block < 0) {
            add_rows(first_row);
            place_.block = block;
        }
        if (place_.file.empty() && place_.dataset.empty()) {
            place_.file = file;
            place_.dataset = dataset;
        }
        compose();
    }

private:
    void compose() {
        std::string where;
        const auto add = [&where](std::string_view name, std::string_view value) {
            where += where.empty() ? " [" : ", ";
            (where += name) += ' ';
            where += value;
        };
        if (!place_.file.empty()) add("file", place_.file);
        if (!place_.dataset.empty()) add("dataset", place_.dataset);
        if (place_.block >= 0) add("block", std::to_string(place_.block));
        if (place_.row >= 0) add("row", std::to_string(place_.row));
        if (place_.column >= 0) add("column", std::to_string(place_.column));
        text_ = message_ + (where.empty() ? where : where + "]");
    }

    ErrorCode code_;
    std::string message_;
    ErrorPlace place_;
    std::string text_;
};

namespace detail {
template <ErrorCode Code>
class ErrorOf : public Error {
public:
    explicit ErrorOf(std::string message, ErrorPlace place = {}) : Error(Code, std::move(message), std::move(place)) {}
};
}  // namespace detail

/// A parameter or option is out of its range, or two of them contradict each other.
class ParameterError : public detail::ErrorOf<ErrorCode::parameter> { using ErrorOf::ErrorOf; };
/// Sizes do not fit together.
class ShapeError : public detail::ErrorOf<ErrorCode::shape> { using ErrorOf::ErrorOf; };
/// A value is refused: NaN, infinity, or one the type asked for cannot hold; or training overflowed.
class DataError : public detail::ErrorOf<ErrorCode::data> { using ErrorOf::ErrorOf; };
/// A class label is not usable, or not in the list of classes.
class LabelError : public detail::ErrorOf<ErrorCode::label> { using ErrorOf::ErrorOf; };
/// A fitted attribute or a prediction was asked for before the first fit.
class NotFittedError : public detail::ErrorOf<ErrorCode::not_fitted> { using ErrorOf::ErrorOf; };
/// A well-formed request that this estimator, file type or build does not serve.
class UnsupportedError : public detail::ErrorOf<ErrorCode::unsupported> { using ErrorOf::ErrorOf; };
/// A file cannot be opened, read or written, or what is stored in it is damaged.
class IoError : public detail::ErrorOf<ErrorCode::io> { using ErrorOf::ErrorOf; };
/// A saved model is damaged, foreign, or newer than this library.
class ModelError : public detail::ErrorOf<ErrorCode::model> { using ErrorOf::ErrorOf; };
/// The blocks do not fit into Settings::memory_limit.
class MemoryLimitError : public detail::ErrorOf<ErrorCode::memory_limit> { using ErrorOf::ErrorOf; };
/// A CancelToken was triggered.
class Cancelled : public detail::ErrorOf<ErrorCode::cancelled> { using ErrorOf::ErrorOf; };

namespace detail {

/// "Class::method: what is GOT, expected WANT".
[[nodiscard]] inline std::string mismatch(std::string_view where, std::string_view what, Index got, Index want) {
    return std::string(where) + ": " + std::string(what) + " is " + std::to_string(got) + ", expected " +
           std::to_string(want);
}

inline void require_same(std::string_view where, std::string_view what, Index got, Index want) {
    if (got != want) throw ShapeError(mismatch(where, what, got, want));
}

inline void require_parameter(bool ok, std::string_view where, std::string_view rule) {
    if (!ok) throw ParameterError(std::string(where) + ": " + std::string(rule));
}

/// a * b for sizes that may come from a damaged file.
[[nodiscard]] inline Index checked_product(Index a, Index b, std::string_view where) {
    Index product = 0;
    if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product))
        throw ShapeError(std::string(where) + ": " + std::to_string(a) + " x " + std::to_string(b) +
                         " is too large for this machine");
    return product;
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
