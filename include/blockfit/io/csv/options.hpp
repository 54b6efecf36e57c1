#ifndef BLOCKFIT_IO_CSV_OPTIONS_HPP
#define BLOCKFIT_IO_CSV_OPTIONS_HPP

#include <string>
#include <string_view>
#include <vector>

#include <blockfit/core/error.hpp>

namespace blockfit {
inline namespace v1 {

/// How a CSV file is written, for CsvFile and from_csv.
struct CsvOptions {
    /// Columns that from_csv reads, in this order, as pandas' usecols; empty: all.
    std::vector<std::string> columns{};
    char delimiter = ',';
    /// Encloses fields that hold delimiters, newlines or, doubled, itself; 0: fields are never quoted.
    char quote = '"';
    /// The first row holds the names of the columns.
    bool header = true;
    /// Names in place of the header's, or for a file without; empty: those of the header, or "0", "1", ...
    std::vector<std::string> names{};
    /// What stands for a missing value, besides spaces around it: pandas' list. NaN as a real, an error as an integer.
    std::vector<std::string> missing{"",     "#N/A",   "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN", "-NaN",
                                     "-nan", "1.#IND", "1.#QNAN",  "<NA>", "N/A",     "NA",       "NULL",
                                     "NaN",  "None",   "n/a",      "nan",  "null"};
    /// From this character, if it is not quoted, to the end of the line nothing is read; 0: there are no comments.
    char comment = 0;
    /// Lines to skip at the start of the file.
    Index skip_rows = 0;
    char decimal = '.';
    /// Columns that hold categories: they are read as codes, the place in the sorted list of their texts.
    std::vector<std::string> categories{};
    /// Rows a block; 0: those of 16 MB.
    Index block_rows = 0;
};

namespace detail {

/// Sizes that never change a result; other ones are for tests.
struct CsvTuning {
    Index stretch = Index{1} << 17;
    Index range = Index{1} << 22;
    Index gzip_spacing = Index{1} << 20;
    Index window = Index{1} << 20;  ///< text of the rows that are read at once
    bool portable = false;          ///< without the instructions of newer processors
};

inline void check_csv_options(std::string_view where, const CsvOptions& options) {
    const auto require = [&](bool ok, std::string_view rule) { require_parameter(ok, where, rule); };
    const auto special = [](char c) { return c == '\n' || c == '\r' || c == 0; };
    require(!special(options.delimiter), "delimiter is a line end or 0, expected another character");
    require(options.quote != '\n' && options.quote != '\r', "quote is a line end, expected another character");
    require(options.comment != '\n' && options.comment != '\r', "comment is a line end, expected another character");
    require(!special(options.decimal), "decimal is a line end or 0, expected another character");
    require(options.quote == 0 || (options.quote != options.delimiter && options.quote != options.comment),
            "quote is also the delimiter or the comment, expected different characters");
    require(options.comment == 0 || options.comment != options.delimiter,
            "comment is also the delimiter, expected different characters");
    require(
        options.decimal != options.delimiter && options.decimal != options.quote && options.decimal != options.comment,
        "decimal is also the delimiter, the quote or the comment, expected different characters");
    require(std::string_view("0123456789+-eE \t").find(options.decimal) == std::string_view::npos,
            "decimal is a character of numbers, expected another one");
    require(std::string_view("0123456789+-").find(options.delimiter) == std::string_view::npos,
            "delimiter is a character of numbers, expected another one");
    require(options.quote != ' ' && options.quote != '\t' && options.comment != ' ' && options.comment != '\t',
            "quote or comment is a space, expected another character");
    require(options.skip_rows >= 0, "skip_rows is " + std::to_string(options.skip_rows) + ", expected at least 0");
    require(options.block_rows >= 0, "block_rows is " + std::to_string(options.block_rows) + ", expected at least 0");
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
