#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/core/random_state.hpp>
#include <blockfit/io/csv/quick_number.hpp>
#include <blockfit/io/text/number.hpp>
#include <blockfit/io/text/row_index.hpp>

#include "support/data.hpp"
#include "support/errors.hpp"
#include "support/files.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::detail::ParseResult;

namespace {

template <class T>
ParseResult parse(std::string text, T& value) {
    const auto size = static_cast<std::ptrdiff_t>(text.size());
    text.append(static_cast<std::size_t>(bf::detail::number_padding), '\0');
    return bf::detail::parse_number(text.data(), text.data() + size, '.', value);
}

/// As the C library reads it, which rounds correctly.
void require_as_strtod(const std::string& text) {
    INFO(text);
    const double want = std::strtod(text.c_str(), nullptr);
    double got = 7;
    const ParseResult result = parse(text, got);
    REQUIRE(result == (std::isinf(want) ? ParseResult::out_of_range : ParseResult::ok));
    if (result == ParseResult::ok) REQUIRE(test::same_bits(got, want));
    const float want_float = std::strtof(text.c_str(), nullptr);
    float got_float = 7;
    const ParseResult float_result = parse(text, got_float);
    REQUIRE(float_result == (std::isinf(want_float) ? ParseResult::out_of_range : ParseResult::ok));
    if (float_result == ParseResult::ok) REQUIRE(test::same_bits(got_float, want_float));
#if defined(__x86_64__)
    if (!bf::detail::has_fast_instructions()) return;
    const std::string padded = text + "," + std::string(64, '7');
    double quick = 7;
    if (bf::detail::QuickNumbers('.').read(padded.data(), padded.data() + text.size(), quick))
        REQUIRE(test::same_bits(quick, want));
#endif
}

std::string printed(const char* format, double value) {
    char text[512];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

}  // namespace

TEST_CASE("parse_number: reals are rounded as the C library rounds them", "[io]") {
    bf::RandomState random(11);
    const auto bits = [&] {
        return static_cast<std::uint64_t>(random.uniform() * 0x1p32) << 32 |
               static_cast<std::uint64_t>(random.uniform() * 0x1p32);
    };
    for (int i = 0; i < 20'000; ++i) {
        const double any = std::bit_cast<double>(bits());
        const double usual = (random.uniform() - 0.5) * std::pow(10.0, std::floor(random.uniform() * 12) - 4);
        if (std::isfinite(any))
            for (const char* format : {"%.17g", "%.16g", "%.6g", "%.19e", "%.30e"})
                require_as_strtod(printed(format, any));
        for (const char* format : {"%.17g", "%.6g", "%.3f", "%.18f", "%.15e", "%.0f"})
            require_as_strtod(printed(format, usual));
        require_as_strtod(std::to_string(bits() >> (i % 64)) + "e" + std::to_string(i % 700 - 350));
        // Midway between two doubles or two floats, and a little off.
        const std::string middle = printed("%.60f", std::ldexp(std::floor(usual) + 0.5, 0) + 0x1p53);
        require_as_strtod(middle);
        require_as_strtod(std::to_string((bits() >> 11 << 1) + 1));
        require_as_strtod(printed("%.60g", static_cast<double>(static_cast<float>(usual)) * (1 + 0x1p-24)));
    }
    for (const char* text : {"0",
                             "-0",
                             "0.0",
                             "-0.000",
                             "0e999999999999",
                             "1e-999999999999",
                             "9007199254740993",
                             "9007199254740992.5",
                             "4.9e-324",
                             "2.4703282292062327e-324",
                             "2.4703282292062328e-324",
                             "2.2250738585072011e-308",
                             "1.7976931348623157e308",
                             "1.7976931348623159e308",
                             "1e309",
                             "1e23",
                             "8.5e22",
                             "3.4028235677973366e38",
                             "1.1754943508222875e-38",
                             "7.0064923216240853e-46",
                             "7.0064923216240854e-46",
                             "18446744073709551616",
                             "00000000000000000000000000000000000001",
                             "0.00000000000000000000000000000000000001",
                             "100000000000000000000000000000000000000000",
                             "123456789012345678901234567890.123456789",
                             "1.00000017881393432617187499",
                             "1.000000178813934326171875",
                             "1.00000017881393432617187501"})
        require_as_strtod(text);
}

TEST_CASE("parse_number: words, integers, and what is no number", "[io]") {
    double real = 0;
    for (const char* text : {"inf", "INF", "Infinity", "+inf", "iNfInItY"}) {
        REQUIRE(parse(text, real) == ParseResult::ok);
        REQUIRE(real == test::infinity);
    }
    REQUIRE((parse("-inf", real) == ParseResult::ok && real == -test::infinity));
    REQUIRE((parse("NaN", real) == ParseResult::ok && std::isnan(real)));
    for (const char* text :
         {"", "+", "-", ".", "-.", "e1", ".e1", "1e", "1e+", "0x1", "infin", "nanx", "1 ", " 1", "--1", "1.2.3", "1-"})
        REQUIRE(parse(text, real) == ParseResult::not_a_number);

    const auto integer = [](const char* text) {
        std::int64_t value = 0;
        const ParseResult result = parse(text, value);
        return result == ParseResult::ok             ? std::to_string(value)
               : result == ParseResult::out_of_range ? "range"
               : result == ParseResult::not_whole    ? "not whole"
                                                     : "none";
    };
    REQUIRE(integer("9223372036854775807") == "9223372036854775807");
    REQUIRE(integer("-9223372036854775808") == "-9223372036854775808");
    REQUIRE(integer("9223372036854775808") == "range");
    REQUIRE(integer("99999999999999999999999") == "range");
    REQUIRE(integer("1e18") == "1000000000000000000");
    REQUIRE(integer("1e19") == "range");
    REQUIRE(integer("12345.6e1") == "123456");
    REQUIRE(integer("12345.6") == "not whole");
    REQUIRE(integer("3.00000000000000000000000000000") == "3");
    REQUIRE(integer("3.00000000000000000000000000001") == "not whole");
    REQUIRE(integer("0.000e-99") == "0");
    REQUIRE(integer("nan") == "not whole");
}

TEST_CASE("RowIndex: rows, places and lines, wherever the ranges cut", "[io]") {
    // What it must find, by a plain loop over the bytes.
    struct Plain {
        std::vector<Index> row_starts, lines;
        explicit Plain(const std::string& text, bool quotes) {
            Index line = 1, start = 0, start_line = 1;
            bool inside = false, content = false;
            for (std::size_t i = 0; i < text.size(); ++i) {
                const char c = text[i];
                if (quotes && c == '"') inside = !inside;
                if (c != '\n' && (inside || (c != ' ' && c != '\r' && c != '\t'))) content = true;
                if (c == '\n') ++line;
                if ((c == '\n' && !inside) || i + 1 == text.size()) {
                    if (content) {
                        row_starts.push_back(start);
                        lines.push_back(start_line);
                    }
                    start = static_cast<Index>(i) + 1;
                    start_line = line;
                    content = false;
                }
            }
        }
    };
    bf::RandomState random(5);
    const test::TemporaryFolder folder;
    const std::vector<std::string> pieces{"1",          ",",
                                          "\n",         "\r\n",
                                          "\"a\nb\"",   "\"\"",
                                          "\"x\"\"y\"", " ",
                                          "\t",         "long piece of text",
                                          "\n\n",       "\"" + std::string(70, '\n') + "\""};
    for (int k = 0; k < 300; ++k) {
        std::string text;
        const auto count = static_cast<int>(random.uniform() * 60);
        for (int i = 0; i < count; ++i) {
            const std::string& piece =
                pieces[static_cast<std::size_t>(random.uniform() * static_cast<double>(pieces.size()))];
            // A quote opens at the start of a field and ends it.
            const bool opens = piece[0] == '"', field = !text.empty() && text.back() != ',' && text.back() != '\n';
            if ((opens && field) || (field && text.back() == '"' && piece[0] != '\n' && piece[0] != '\r')) text += ',';
            text += piece;
        }
        const std::string path = folder.file("text");
        test::write_bytes(path, {text.begin(), text.end()});
        const Plain want(text, true);
        for (const Index range : {1, 2, 3, 16, 64, 100, 1000})
            for (const bool portable : {false, true}) {
                bf::detail::TextFile file("test", path);
                INFO("text " << k << " range " << range);
                const bf::Settings settings({.threads = 3});
                const bf::detail::RowIndex index(file, {.quote = '"', .delimiter = ','},
                                                 {.stretch = range, .range = range, .portable = portable});
                REQUIRE(index.rows() == std::ssize(want.row_starts));
                for (Index row = 0; row < index.rows(); ++row) {
                    const bf::detail::RowPlace place = index.find(row);
                    const auto at = static_cast<std::size_t>(place.row);
                    REQUIRE(place.row <= row);
                    REQUIRE(place.offset <= want.row_starts[at]);  // lines that are no rows may come first
                    REQUIRE(Plain(text.substr(static_cast<std::size_t>(place.offset)), true).row_starts.front() ==
                            want.row_starts[at] - place.offset);
                    REQUIRE(place.line <= want.lines[at]);
                }
            }
    }
}

TEST_CASE("RowIndex: comment lines, and few places for a long text", "[io]") {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("text");
    std::string text;
    Index rows = 0;
    for (int i = 0; i < 500; ++i) {
        const bool comment = i % 3 == 0;
        text += comment ? "  # none\n" : i % 7 == 0 ? " \n" : "row 1:2 # said\n";
        rows += !comment && i % 7 != 0;
    }
    test::write_bytes(path, {text.begin(), text.end()});
    for (const Index range : {1, 5, 64, 333, 100'000}) {
        bf::detail::TextFile file("test", path);
        const bf::detail::RowIndex index(file, {.comment = '#'}, {.stretch = range, .range = range});
        REQUIRE(index.rows() == rows);
    }
    bf::detail::TextFile file("test", path);
    const bf::detail::RowIndex index(file, {}, {.stretch = 1, .range = 64, .most_places = 10});
    REQUIRE(index.size() <= 20);
    REQUIRE(index.find(0).offset == 0);
}
