#ifndef BLOCKFIT_IO_CSV_WRITER_HPP
#define BLOCKFIT_IO_CSV_WRITER_HPP

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <blockfit/array/store.hpp>
#include <blockfit/array/stream_blocks.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/atomic_file.hpp>

namespace blockfit {
inline namespace v1 {

struct CsvWriteOptions {
    char delimiter = ',';
    char quote = '"';
    /// Write a first row with the names of the columns.
    bool header = true;
    /// Names of all columns, in place of those of the datasets.
    std::vector<std::string> names{};
    /// What is written for NaN.
    std::string missing{};
    /// Of a path that ends with .gz: 1 (fast) to 9 (small).
    int compression = 6;
    /// Replace an existing file; otherwise it is an error.
    bool overwrite = true;
};

namespace detail {

/// Appends `text` to `out` as a gzip member of its own: members are made in parallel, and any reader joins them.
inline void append_gzip_member(std::string_view text, int level, std::string& out) {
    z_stream z{};
    if (deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw IoError("to_csv: zlib cannot be started");
    const std::size_t before = out.size();
    out.resize(before + deflateBound(&z, static_cast<uLong>(text.size())));
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    z.avail_in = static_cast<uInt>(text.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    z.avail_out = static_cast<uInt>(out.size() - before);
    const int code = deflate(&z, Z_FINISH);
    out.resize(before + static_cast<std::size_t>(z.total_out));
    deflateEnd(&z);
    if (code != Z_STREAM_END) throw IoError("to_csv: compressing failed");
}

/// Most characters that one number takes.
inline constexpr Index longest_number = 25;

/// One element as text. Reals: the shortest text that reads back to the same bits.
template <class T>
[[nodiscard]] char* write_number(const std::byte* from, char* out, std::string_view missing) {
    T value;
    std::memcpy(&value, from, sizeof value);
    if constexpr (std::floating_point<T>)
        if (std::isnan(value)) return std::ranges::copy(missing, out).out;
    return std::to_chars(out, out + longest_number, value).ptr;
}
[[nodiscard]] inline char* write_bool(const std::byte* from, char* out, std::string_view) {
    return std::ranges::copy(std::string_view(*from == std::byte{0} ? "False" : "True"), out).out;
}

class CsvFormat {
public:
    CsvFormat(const CsvWriteOptions& options, const std::vector<Dataset>& datasets)
        : delimiter_(options.delimiter), quote_(options.quote), missing_(quoted(options.missing)) {
        Index cols = 0;
        for (const Dataset& d : datasets) {
            writers_.push_back(writer(d.type));
            cols += d.cols;
        }
        // A line that holds nothing would be no row.
        if (cols == 1 && missing_.empty()) missing_ = {quote_, quote_};
        most_ = cols * (std::max(longest_number, std::ssize(missing_)) + 1);
    }

    /// Most characters of a row.
    [[nodiscard]] Index longest_row() const noexcept { return most_; }
    [[nodiscard]] std::string header(const std::vector<std::string>& names) const {
        std::string line;
        for (const std::string& name : names) {
            line += name.empty() ? std::string{quote_, quote_} : quoted(name);
            line += delimiter_;
        }
        line.back() = '\n';
        return line;
    }
    /// Appends rows, given as packed elements of each dataset.
    void append(const std::vector<Dataset>& datasets, const std::vector<std::vector<std::byte>>& packed, Index rows,
                std::string& text) const {
        const std::size_t before = text.size();
        text.resize(before + static_cast<std::size_t>(rows * most_));
        char* out = text.data() + before;
        for (Index i = 0; i < rows; ++i) {
            for (std::size_t k = 0; k < datasets.size(); ++k) {
                const Dataset& d = datasets[k];
                const std::byte* from = packed[k].data() + i * d.row_bytes();
                for (Index j = 0; j < d.cols; ++j, from += d.element_bytes) {
                    out = writers_[k](from, out, missing_);
                    *out++ = delimiter_;
                }
            }
            out[-1] = '\n';
        }
        text.resize(static_cast<std::size_t>(out - text.data()));
    }

private:
    using Writer = char* (*)(const std::byte*, char*, std::string_view);
    [[nodiscard]] static Writer writer(ElementType type) {
        switch (type) {
            case ElementType::int8:
                return write_number<std::int8_t>;
            case ElementType::int16:
                return write_number<std::int16_t>;
            case ElementType::int32:
                return write_number<std::int32_t>;
            case ElementType::int64:
                return write_number<std::int64_t>;
            case ElementType::uint8:
                return write_number<std::uint8_t>;
            case ElementType::uint16:
                return write_number<std::uint16_t>;
            case ElementType::uint32:
                return write_number<std::uint32_t>;
            case ElementType::uint64:
                return write_number<std::uint64_t>;
            case ElementType::float32:
                return write_number<float>;
            case ElementType::float64:
                return write_number<double>;
            case ElementType::boolean:
                return write_bool;
            default:
                throw UnsupportedError("to_csv: float16 is not written");
        }
    }
    /// In quotes if it must be.
    [[nodiscard]] std::string quoted(const std::string& text) const {
        const auto outer_space = [](char c) { return c == ' ' || c == '\t'; };
        if (text.find_first_of(std::string{delimiter_, quote_, '\n', '\r'}) == text.npos &&
            (text.empty() || (!outer_space(text.front()) && !outer_space(text.back()))))
            return text;
        std::string result(1, quote_);
        for (const char c : text) {
            if (c == quote_) result += quote_;
            result += c;
        }
        return result + quote_;
    }

    char delimiter_, quote_;
    std::string missing_;
    std::vector<Writer> writers_;
    Index most_ = 0;
};

/// Checks everything that can be refused before any work. Returns the names of the columns.
[[nodiscard]] inline std::vector<std::string> csv_output_names(const std::string& path, const CsvWriteOptions& options,
                                                               const std::vector<Dataset>& datasets) {
    const auto require = [](bool ok, const std::string& rule) { require_parameter(ok, "to_csv", rule); };
    const auto number_or_word = [](char c) {
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '.' || c == '+' || c == '-';
    };
    for (const char c : {options.delimiter, options.quote})
        require(c != '\n' && c != '\r' && c != 0 && !number_or_word(c),
                "delimiter or quote is a line end, 0, a letter, or a character of numbers; expected another one");
    require(options.delimiter != options.quote, "delimiter and quote are the same character, expected different ones");
    require(options.quote != ' ' && options.quote != '\t', "quote is a space, expected another character");
    require(options.compression >= 1 && options.compression <= 9,
            "compression is " + std::to_string(options.compression) + ", expected 1 to 9");
    require(!datasets.empty(), "give at least one dataset");
    std::vector<std::string> names;
    for (const Dataset& d : datasets) {
        require(d.cols > 0, "dataset '" + d.name + "' has no columns");
        require_same("to_csv", "number of rows of dataset '" + d.name + "'", d.plan.rows(),
                     datasets.front().plan.rows());
        for (const Origin& origin : d.origins)
            if (same_file(origin.file, path))
                throw ParameterError("to_csv: the output is also an input; write to another file", {.file = path});
        if (d.is_vector) names.push_back(d.name);
        else
            for (Index j = 0; j < d.cols; ++j) names.push_back(d.name + "_" + std::to_string(j));
    }
    if (!options.names.empty()) {
        require(options.names.size() == names.size(),
                std::to_string(options.names.size()) + " names are given, expected " + std::to_string(names.size()));
        names = options.names;
    }
    std::vector<std::string> sorted = names;
    std::ranges::sort(sorted);
    const auto twice = std::ranges::adjacent_find(sorted);
    require(!options.header || twice == sorted.end(),
            "two columns are named '" + (twice == sorted.end() ? "" : *twice) + "'");
    return names;
}

}  // namespace detail

/// Writes lazy arrays of equally many rows as columns of a CSV file, computed and formatted in parallel in one pass;
/// arrays that share a parent read it once. A vector is a column of its name, a matrix columns name_0, name_1, ...
/// Reals are the shortest text that reads back to the same bits, bool True and False, as pandas writes them. If the
/// path ends with .gz the file is gzip, of many members.
///
/// The file appears under `path` when it is complete and on the disk; on any error there is none, and a file that was
/// there before is untouched. Throws ParameterError if the output is also an input or two columns have one name,
/// ShapeError if the lengths differ, IoError if writing fails, and what computing the arrays throws.
inline void to_csv(const std::string& path, const CsvWriteOptions& options, const std::vector<Dataset>& datasets) {
    const std::vector<std::string> names = detail::csv_output_names(path, options, datasets);
    const bool gzip = path.ends_with(".gz");
    const detail::CsvFormat format(options, datasets);
    detail::AtomicOutput file("to_csv", path, options.overwrite);
    std::string start = options.header ? format.header(names) : "";
    if (gzip) {
        const std::string text = std::exchange(start, {});
        detail::append_gzip_member(text, options.compression, start);
    }
    file.write(start);

    constexpr std::size_t member = std::size_t{1} << 20;  // text of a gzip member, at least
    struct Part {
        std::vector<std::vector<std::byte>> packed;
        std::string text, compressed;
    };
    const BlockPlan& plan = datasets.front().plan;
    detail::BlockPass pass{.name = "to_csv", .plan = plan};
    Index tile = detail::tile_rows(1);
    for (const Dataset& d : datasets) tile = std::min(tile, detail::tile_rows(d.cols));
    for (const Dataset& d : datasets) {
        pass.fixed_bytes += d.scratch_bytes + tile * d.row_bytes();
        pass.origins.insert(pass.origins.end(), d.origins.begin(), d.origins.end());
    }
    pass.fixed_bytes += tile * format.longest_row();
    pass.bytes_per_block = pass.fixed_bytes + detail::checked_product(plan.largest(), format.longest_row(), "to_csv");
    const int owner = 0;
    detail::stream_blocks<Scratch>(
        pass,
        [&](Scratch& scratch, Index, RowRange block) {
            Part& part = scratch.get<Part>(&owner);
            part.text.clear();
            part.compressed.clear();
            part.packed.resize(datasets.size());
            detail::for_each_tile(block, tile, [&](RowRange rows) {
                for (std::size_t k = 0; k < datasets.size(); ++k) {
                    part.packed[k].resize(static_cast<std::size_t>(rows.size() * datasets[k].row_bytes()));
                    datasets[k].read(rows, part.packed[k].data(), scratch);
                }
                format.append(datasets, part.packed, rows.size(), part.text);
                if (gzip && (part.text.size() >= member || rows.end == block.end)) {
                    detail::append_gzip_member(part.text, options.compression, part.compressed);
                    part.text.clear();
                }
            });
        },
        [&](Scratch& scratch, Index, RowRange) {
            const Part& part = scratch.get<Part>(&owner);
            file.write(gzip ? part.compressed : part.text);
        });
    file.commit();
}
/// to_csv("out.csv", dataset("label", pipe.predict(X)), dataset("proba", pipe.predict_proba(X)))
template <std::same_as<Dataset>... D>
void to_csv(const std::string& path, const D&... datasets) {
    to_csv(path, CsvWriteOptions{}, std::vector<Dataset>{datasets...});
}
template <std::same_as<Dataset>... D>
void to_csv(const std::string& path, const CsvWriteOptions& options, const D&... datasets) {
    to_csv(path, options, std::vector<Dataset>{datasets...});
}

}  // namespace v1
}  // namespace blockfit

#endif
