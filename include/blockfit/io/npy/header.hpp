#ifndef BLOCKFIT_IO_NPY_HEADER_HPP
#define BLOCKFIT_IO_NPY_HEADER_HPP

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <blockfit/array/element_type.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/text.hpp>
#include <blockfit/io/input_file.hpp>

/// The header of NPY files, as numpy's documentation of numpy.lib.format gives it: "\x93NUMPY", the version in two
/// bytes, the length of the rest of the header (two bytes, little endian, or four from version 2 on), and a Python
/// dictionary.

namespace blockfit {
inline namespace v1 {
namespace detail {

struct NpyHeader {
    ElementType type{};
    bool swap_bytes = false;  ///< the elements are in the byte order that this machine has not
    bool fortran_order = false;
    std::vector<Index> shape;
    Index data_offset = 0;
};

/// Reads the dictionary: a small part of Python's literals, strictly. `file` is for messages.
class NpyDictionary {
public:
    NpyDictionary(const InputFile& file, std::string_view text) : file_(file), text_(text) {}

    /// Sets all of `header` but the offset.
    void read(NpyHeader& header) {
        std::optional<std::string_view> descr;
        std::optional<bool> fortran_order;
        bool shape = false;
        expect('{', "a dictionary");
        while (!accept('}')) {
            const std::size_t start = at_;
            const std::string_view key = string("a key in quotes");
            const bool again =
                (key == "descr" && descr) || (key == "fortran_order" && fortran_order) || (key == "shape" && shape);
            if (again) throw damaged("key '" + printable(key) + "' is there twice", start);
            expect(':', "':'");
            if (key == "descr") {
                skip_space();
                if (peek() == '[' || peek() == '(')
                    throw unsupported(
                        "the elements are records of several fields; save each field as an array of its own");
                descr = string("a string in quotes");
            } else if (key == "fortran_order") {
                fortran_order = boolean();
            } else if (key == "shape") {
                header.shape = tuple();
                shape = true;
            } else {
                throw damaged("key '" + printable(key) + "' is not known, expected descr, fortran_order or shape",
                              start);
            }
            if (accept(',')) continue;
            expect('}', "',' or '}'");
            break;
        }
        skip_space();
        if (at_ < text_.size()) throw damaged("there is more behind the dictionary", at_);
        for (const auto& [known, key] :
             {std::pair{descr.has_value(), "descr"}, std::pair{fortran_order.has_value(), "fortran_order"},
              std::pair{shape, "shape"}})
            if (!known) throw damaged("key '" + std::string(key) + "' is missing", 0);
        header.fortran_order = *fortran_order;
        read_type(*descr, header);
    }

private:
    /// "<f8": byte order, kind, bytes.
    void read_type(std::string_view descr, NpyHeader& header) const {
        std::string name(1, '\'');
        (name += printable(descr)) += '\'';
        std::string_view kind = descr;
        char order = '=';
        if (!kind.empty() && std::string_view("<>=|").find(kind.front()) != kind.npos) {
            order = kind.front();
            kind.remove_prefix(1);
        }
        constexpr std::string_view names[] = {"i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "b1"};
        const auto* const found = std::ranges::find(names, kind);
        if (found == std::end(names))
            throw unsupported("elements of type " + name + " cannot be read: " + std::string(remedy(kind)));
        header.type = static_cast<ElementType>(found - names);
        const bool little = std::endian::native == std::endian::little;
        header.swap_bytes = order == (little ? '>' : '<') && element_bytes(header.type) > 1;
    }
    static_assert(static_cast<int>(ElementType::uint64) == 7 && static_cast<int>(ElementType::float16) == 8 &&
                  static_cast<int>(ElementType::boolean) == 11);

    [[nodiscard]] static std::string_view remedy(std::string_view kind) {
        switch (kind.empty() ? ' ' : kind.front()) {
            case 'c': return "they are complex; save .real and .imag as two arrays";
            case 'f':
            case 'g': return "they are real numbers of this machine alone; save .astype('f8')";
            case 'S':
            case 'a':
            case 'U':
                return "they are strings; save numbers that stand for them, as numpy.unique(..., return_inverse=True) "
                       "gives";
            case 'O': return "they are Python objects, stored as a pickle, which is never loaded; save .astype('f8')";
            case 'M':
            case 'm': return "they are times; save .astype('i8')";
            case 'V': return "they are bytes of unknown meaning; save numbers";
            default: return "expected b1, i1, i2, i4, i8, u1, u2, u4, u8, f2, f4 or f8";
        }
    }

    [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_space() noexcept {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
    }
    [[nodiscard]] bool accept(char c) noexcept {
        skip_space();
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    void expect(char c, std::string_view what) {
        if (!accept(c)) throw damaged("expected " + std::string(what), at_);
    }
    [[nodiscard]] bool accept_word(std::string_view word) noexcept {
        if (text_.substr(at_, word.size()) != word) return false;
        at_ += word.size();
        return true;
    }

    /// 'text' or "text", without escapes.
    [[nodiscard]] std::string_view string(std::string_view what) {
        skip_space();
        const char quote = peek();
        if (quote != '\'' && quote != '"') throw damaged("expected " + std::string(what), at_);
        const std::size_t end = text_.find(quote, at_ + 1);
        const std::string_view text = text_.substr(at_ + 1, end == text_.npos ? end : end - at_ - 1);
        if (end == text_.npos || text.find_first_of("\\\n") != text.npos) throw damaged("a string does not end", at_);
        at_ = end + 1;
        return text;
    }
    [[nodiscard]] bool boolean() {
        skip_space();
        if (accept_word("True")) return true;
        if (accept_word("False")) return false;
        throw damaged("expected True or False", at_);
    }
    /// (3, 2), (3,) or (). Python 2 wrote 3L for some numbers.
    [[nodiscard]] std::vector<Index> tuple() {
        std::vector<Index> numbers;
        expect('(', "a tuple of numbers such as (3, 2) or (3,)");
        while (!accept(')')) {
            const std::size_t start = at_;
            if (peek() == '-') throw damaged("a number of the shape is negative", start);
            const char* const begin = text_.data() + start;
            Index number = 0;
            const auto [end, status] = std::from_chars(begin, text_.data() + text_.size(), number);
            if (status == std::errc::result_out_of_range)
                throw ShapeError(file_.where() + ": a number of the shape is too large for this machine: " +
                                     printable(std::string_view(begin, static_cast<std::size_t>(end - begin))),
                                 {.file = file_.path()});
            if (status != std::errc() || (*begin == '0' && end - begin > 1)) throw damaged("expected a number", start);
            at_ += static_cast<std::size_t>(end - begin);
            (void)accept_word("L");
            numbers.push_back(number);
            if (accept(',')) continue;
            // (3) is a number in Python.
            if (numbers.size() == 1) throw damaged("expected ',' behind the only number of the shape", at_);
            expect(')', "',' or ')'");
            break;
        }
        return numbers;
    }

    [[nodiscard]] IoError damaged(const std::string& what, std::size_t at) const {
        return file_.error("the header is damaged: " + what + ", at \"" + printable(text_.substr(at)) + "\"");
    }
    [[nodiscard]] UnsupportedError unsupported(const std::string& what) const {
        return UnsupportedError(file_.where() + ": " + what, {.file = file_.path()});
    }

    const InputFile& file_;
    std::string_view text_;
    std::size_t at_ = 0;
};

/// Throws IoError if this is not an NPY file or its header is damaged, UnsupportedError for versions after 3 and for
/// elements that are no real numbers.
[[nodiscard]] inline NpyHeader read_npy_header(const InputFile& file) {
    std::byte start[12] = {};
    const Index length = std::min<Index>(file.size(), 12);
    file.read(0, start, length);
    const std::string_view bytes(reinterpret_cast<const char*>(start), static_cast<std::size_t>(length));
    if (!bytes.starts_with("\x93NUMPY")) {
        if (bytes.starts_with("PK"))
            throw file.error(
                "this is a zip archive, perhaps of numpy.savez; unpack it and read one of the .npy files in it");
        if (bytes.starts_with("\x89HDF")) throw file.error("this is an HDF5 file; read it with from_hdf5");
        throw file.error(bytes.empty() ? "the file is empty"
                                       : "this is not an NPY file: it does not begin with \\x93NUMPY");
    }
    const auto byte = [&](std::size_t i) { return std::to_integer<Index>(start[i]); };
    const Index version = byte(6);
    if (length >= 8 && (version < 1 || version > 3 || byte(7) != 0))
        throw UnsupportedError(file.where() + ": the file is of NPY version " + std::to_string(version) + "." +
                                   std::to_string(byte(7)) + ", expected 1.0, 2.0 or 3.0",
                               {.file = file.path()});
    const Index begin = version == 1 ? 10 : 12;
    if (length < begin) throw file.error("the file ends within its header");
    const Index size = byte(8) + byte(9) * 256 + (version == 1 ? 0 : byte(10) * 65'536 + byte(11) * 16'777'216);
    constexpr Index most = 1'048'576;  // that of plain numbers takes less than 200
    if (size > file.size() - begin)
        throw file.error("the header is damaged: it takes " + std::to_string(size) + " bytes, but the file has only " +
                         std::to_string(file.size() - begin) + " more");
    if (size > most)
        throw file.error("the header takes " + std::to_string(size) + " bytes, expected at most " +
                         std::to_string(most));
    std::string text(static_cast<std::size_t>(size), '\0');
    file.read(begin, reinterpret_cast<std::byte*>(text.data()), size);
    NpyHeader header;
    header.data_offset = begin + size;
    NpyDictionary(file, text).read(header);
    return header;
}

/// The header of version 1 for elements of this machine in C order, as numpy writes it: filled up with spaces so that
/// the elements begin at a multiple of 64. cols < 0: one dimension.
[[nodiscard]] inline std::string make_npy_header(ElementType type, Index rows, Index cols) {
    constexpr std::string_view kinds = "iiiiuuuufffb";
    const Index bytes = element_bytes(type);
    const char order = bytes == 1 ? '|' : std::endian::native == std::endian::little ? '<' : '>';
    std::string text = "{'descr': '";
    (text += order) += kinds[static_cast<std::size_t>(type)];
    text += std::to_string(bytes) + "', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ",";
    if (cols >= 0) text += " " + std::to_string(cols);
    text += "), }";
    while ((10 + text.size() + 1) % 64 != 0) text += ' ';
    text += '\n';
    std::string header("\x93NUMPY\x01\x00", 8);
    header += static_cast<char>(text.size() % 256);
    header += static_cast<char>(text.size() / 256);
    return header + text;
}

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
