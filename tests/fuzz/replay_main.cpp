/// Gives every file of the folders named to a fuzz target: replay_NAME FOLDER... Fails if there are none.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
    std::size_t count = 0;
    for (int i = 1; i < argc; ++i) {
        std::error_code error;
        std::vector<std::filesystem::path> paths;
        for (const auto& entry : std::filesystem::directory_iterator(argv[i], error)) paths.push_back(entry.path());
        std::ranges::sort(paths);
        for (const std::filesystem::path& path : paths) {
            std::ifstream file(path, std::ios::binary);
            const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
            std::printf("%s: %zu bytes\n", path.c_str(), bytes.size());
            std::fflush(stdout);  // names the file if it crashes
            // A copy of exactly this size, so that the address sanitizer sees a byte too many.
            const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
            (void)LLVMFuzzerTestOneInput(data.data(), data.size());
            ++count;
        }
    }
    std::printf("%zu files\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
