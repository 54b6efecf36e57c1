#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <dlfcn.h>
#include <execinfo.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <blockfit/array/creation.hpp>
#include <blockfit/io/hdf5.hpp>

#include "support/files.hpp"

/// Damaged files, each opened and read in a process of its own. BLOCKFIT_MUTANTS is the number of them per kind of
/// file.

namespace bf = blockfit;
using bf::Index;

#ifndef __SANITIZE_THREAD__  // which does not follow a fork

#if defined(__SANITIZE_ADDRESS__)
#define BLOCKFIT_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BLOCKFIT_TEST_SANITIZED 1
#endif
#endif

#ifdef __SANITIZE_ADDRESS__
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#endif

namespace {

/// What became of a mutant. A child ends with one of these, or is killed.
enum Outcome {
    same_values = 40,
    typed_error,
    wrong_values,
    other_exception,
    crash_in_library,
    crash_in_our_code,
    n_outcomes
};

int mutant_count() {
    const char* const text = std::getenv("BLOCKFIT_MUTANTS");
    return text != nullptr ? std::max(std::atoi(text), 1) : 100;
}

/// Whose code is it that crashed or ran for ever? Ours is in the program itself; what the C library or a sanitizer did
/// was asked for by the next frame outside of them.
void blame(int) {
    std::array<void*, 64> frames;
    const int n = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    Dl_info program{}, info{};
    ::dladdr(reinterpret_cast<void*>(&blame), &program);
    bool here = false, called = false;  // at the frames that lead here, and past them
    for (int i = 0; i < n; ++i) {
        if (::dladdr(frames[static_cast<std::size_t>(i)], &info) == 0) continue;
        const bool ours = info.dli_fbase == program.dli_fbase;
        if (called && ours) break;
        called = here && !ours;
        here = here || ours;
        if (called && info.dli_fname != nullptr && std::strstr(info.dli_fname, "libhdf5") != nullptr)
            ::_exit(crash_in_library);
    }
    ::_exit(crash_in_our_code);
}

/// Runs `read` in a child: does it see the right values?
int outcome(const std::function<bool()>& read) {
    const pid_t child = ::fork();
    if (child == 0) {
        for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU, SIGALRM})
            std::signal(signal, blame);
        const rlimit no_core{0, 0}, seconds{3, 4};
        ::setrlimit(RLIMIT_CORE, &no_core);
        ::setrlimit(RLIMIT_CPU, &seconds);
        ::alarm(30);
#ifdef __SANITIZE_ADDRESS__
        __sanitizer_set_death_callback([] { blame(0); });
        if (std::getenv("BLOCKFIT_MUTANTS") == nullptr) ::close(STDERR_FILENO);  // what it says of libhdf5
#endif
#ifndef BLOCKFIT_TEST_SANITIZED
        const rlimit bytes{rlim_t{4} << 30, rlim_t{4} << 30};
        ::setrlimit(RLIMIT_AS, &bytes);
#endif
        int code = other_exception;
        try {
            code = read() ? same_values : wrong_values;
        } catch (const bf::Error&) {
            code = typed_error;
        } catch (...) {
        }
        ::_exit(code);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) return crash_in_our_code;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : crash_in_our_code;
    return code >= same_values && code < n_outcomes ? code : crash_in_our_code;
}

std::vector<char> mutated(std::vector<char> bytes, std::mt19937& random) {
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
    const auto damage = [&](std::size_t first, std::size_t size) {
        for (std::size_t left = 1 + below(8); left > 0; --left)
            bytes[first + below(size)] = static_cast<char>(below(256));
    };
    switch (below(7)) {
        case 0:
        case 1:
            bytes[below(bytes.size())] ^= static_cast<char>(1 << below(8));
            break;
        case 2:
            damage(0, bytes.size());
            break;
        case 3:
            damage(0, std::min<std::size_t>(bytes.size(), 2000));
            break;
        case 4:
            bytes.resize(below(bytes.size()));
            break;
        case 5: {  // a sector lost
            const std::size_t first = below(bytes.size());
            std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(first),
                        std::min<std::size_t>(bytes.size() - first, 512), '\0');
            break;
        }
        default: {  // one written in the wrong place
            const std::size_t size = std::min<std::size_t>(bytes.size() / 4, 1 + below(600));
            std::memmove(bytes.data() + below(bytes.size() - size), bytes.data() + below(bytes.size() - size), size);
        }
    }
    return bytes;
}

double value(Index i, Index j) { return static_cast<double>((7 * i + 3 * j) % 120); }

/// All rows without oneTBB, whose threads a child does not have.
template <class Array>
bool holds_pattern(const Array& array, Index rows, Index cols) {
    if (array.rows() != rows || array.source()->cols() != cols) return false;
    bf::Scratch scratch;
    bf::Matrix<typename Array::value_type> block;
    for (Index b = 0; b < array.n_blocks(); ++b) {
        const bf::RowRange range = array.plan()[b];
        block.resize(range.size(), cols);
        array.source()->read(range, block.view(), scratch);
        for (Index i = 0; i < range.size(); ++i)
            for (Index j = 0; j < cols; ++j)
                if (static_cast<double>(block(i, j)) != value(range.begin + i, j)) return false;
    }
    return true;
}

bool reads_pattern(const std::string& path) {
    return holds_pattern(bf::from_hdf5<double>(path, "X", {.block_rows = 77}), 300, 4) &&
           holds_pattern(bf::from_hdf5_vector<Index>(path, "y", {.block_rows = 77}), 300, 1);
}

struct Counts {
    std::array<int, n_outcomes - same_values> of{};
    int& operator[](int outcome) { return of[static_cast<std::size_t>(outcome - same_values)]; }
    [[nodiscard]] std::string text() const {
        std::string list;
        const char* const names[] = {"same values",     "typed error",          "wrong values",
                                     "other exception", "crash in the library", "crash in our code"};
        for (std::size_t k = 0; k < of.size(); ++k)
            list += std::string(k == 0 ? "" : ", ") + names[k] + " " + std::to_string(of[k]);
        return list;
    }
};

}  // namespace

TEST_CASE("from_hdf5: no mutant of a file that to_hdf5 wrote crashes or gives a wrong value", "[io][errors]") {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("x.h5");
    const auto X = bf::from_function<double>(300, 4, [](Index first, bf::MatrixView<double> out) {
        for (Index i = 0; i < out.rows(); ++i)
            for (Index j = 0; j < 4; ++j) out(i, j) = value(first + i, j);
    });
    const std::array<bf::Hdf5WriteOptions, 3> kinds{
        {{.chunk_rows = 50}, {.chunk_rows = 50, .compression = 4}, {.checksum = false, .compression = 1}}};
    std::mt19937 random(1);
    for (const bf::Hdf5WriteOptions& options : kinds) {
        bf::to_hdf5(path, options, bf::dataset("X", X), bf::dataset("y", X.col(0).astype<std::int32_t>()));
        const std::vector<char> good = test::read_bytes(path);
        REQUIRE(outcome([&] { return reads_pattern(path); }) == same_values);
        Counts counts;
        for (int k = 0; k < mutant_count(); ++k) {
            test::write_bytes(path, mutated(good, random));
            const int got = outcome([&] { return reads_pattern(path); });
            ++counts[got];
            INFO("mutant " << k << " of compression " << options.compression << ", checksum " << options.checksum);
            if (got != same_values && got != typed_error)
                test::write_bytes("mutant.h5", test::read_bytes(path));  // to look at
            REQUIRE(std::string(got == wrong_values ? "wrong values" : got >= other_exception ? "crash" : "") == "");
        }
        INFO(counts.text());
        REQUIRE(counts[typed_error] > mutant_count() / 4);  // the mutants are no trifles
        if (std::getenv("BLOCKFIT_MUTANTS") != nullptr)
            WARN("compression " << options.compression << ": " << counts.text());
    }
}

// The metadata of such a file have no checksums: a mutant may claim another shape, type or place of a chunk, which
// nobody can notice, and libhdf5 itself may crash on it. What holds is that our code does not, and that damaged bytes
// of a chunk with a checksum are found.
TEST_CASE("from_hdf5: mutants of a file in HDF5's default format", "[io][errors]") {
    const test::TemporaryFolder folder;
    REQUIRE(test::python(BLOCKFIT_TEST_SOURCE_DIR "/io/make_layouts.py " + folder.file("") + " default"));
    const std::string path = folder.file("default.h5");
    const std::vector<char> good = test::read_bytes(path);
    const auto read = [&] {
        const bool right = reads_pattern(path);
        (void)bf::hdf5_datasets(path);
        (void)bf::hdf5_strings(path, "names");
        (void)bf::hdf5_attribute<std::vector<std::string>>(path, "X", "columns");
        (void)bf::hdf5_attribute<std::vector<double>>(path, "X", "scale");
        (void)holds_pattern(bf::from_hdf5<double>(path, "contiguous"), 20, 3);
        (void)holds_pattern(bf::from_hdf5_fields<double>(path, "table"), 20, 2);
        return right;
    };
    REQUIRE(outcome(read) == same_values);
    std::mt19937 random(2);
    Counts counts;
    for (int k = 0; k < mutant_count(); ++k) {
        test::write_bytes(path, mutated(good, random));
        const int got = outcome(read);
        ++counts[got];
        INFO("mutant " << k);
        if (got == crash_in_our_code) test::write_bytes("mutant.h5", test::read_bytes(path));  // to look at
        REQUIRE(got != crash_in_our_code);
    }
    if (std::getenv("BLOCKFIT_MUTANTS") != nullptr) WARN(counts.text());

    // Damage within the chunks alone. Fletcher's sums find any two bits, three can cancel each other.
    struct Chunk {
        haddr_t address = 0;
        hsize_t size = 0;
    };
    std::vector<Chunk> chunks;
    test::write_bytes(path, good);
    {
        const bf::hdf5::Session session;
        const bf::hdf5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, "test", path);
        for (const char* const name : {"X", "y"}) {
            const bf::hdf5::Handle dataset(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose, "test", path);
            const bf::hdf5::Handle space(H5Dget_space(dataset), H5Sclose, "test", path);
            hsize_t n = 0;
            REQUIRE(H5Dget_num_chunks(dataset, space, &n) >= 0);
            for (hsize_t i = 0; i < n; ++i) {
                Chunk chunk;
                hsize_t at[2];
                unsigned mask = 0;
                REQUIRE(H5Dget_chunk_info(dataset, space, i, at, &mask, &chunk.address, &chunk.size) >= 0);
                chunks.push_back(chunk);
            }
        }
    }
    REQUIRE(chunks.size() == 6 + 5);
    for (int k = 0; k < mutant_count(); ++k) {
        const Chunk chunk = chunks[random() % chunks.size()];
        std::vector<char> bytes = good;
        for (int n = 1 + static_cast<int>(random() % 2); n > 0; --n)
            bytes[chunk.address + random() % chunk.size] ^= static_cast<char>(1 << (random() % 8));
        test::write_bytes(path, bytes);
        INFO("mutant " << k << " of a chunk");
        REQUIRE(outcome([&] { return reads_pattern(path); }) == (bytes == good ? same_values : typed_error));
    }
}

#endif
