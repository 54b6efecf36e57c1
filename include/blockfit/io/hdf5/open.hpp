#ifndef BLOCKFIT_IO_HDF5_OPEN_HPP
#define BLOCKFIT_IO_HDF5_OPEN_HPP

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <hdf5.h>
#include <sys/stat.h>
#include <unistd.h>

#include <blockfit/array/block_source.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/hdf5/handle.hpp>

/// Opening files and datasets, with messages that say what is there.

namespace blockfit {
inline namespace v1 {
namespace hdf5 {

namespace detail {

/// The datasets of a file, at most `most` of them, for the message when one is not found.
[[nodiscard]] inline std::string list_datasets(hid_t file, int most = 20) {
    struct List {
        std::string text;
        int left;
    } list{{}, most};
    const auto add = [](hid_t, const char* name, const H5O_info_t* info, void* out) -> herr_t {
        if (info->type != H5O_TYPE_DATASET) return 0;
        auto& l = *static_cast<List*>(out);
        if (l.left-- == 0) {
            l.text += ", ...";
            return 1;
        }
        l.text += (l.text.empty() ? "" : ", ") + std::string(name);
        return 0;
    };
    H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_NATIVE, add, &list, H5O_INFO_BASIC);
    return list.text.empty() ? "no datasets" : list.text;
}

/// Opens a file to read. Throws IoError with the reason.
[[nodiscard]] inline Handle open_file(const std::string& path, std::string_view where) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        throw IoError(std::string(where) + ": the file cannot be opened: " + std::strerror(errno), {.file = path});
    if (S_ISDIR(status.st_mode)) throw IoError(std::string(where) + ": this is a directory", {.file = path});
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        throw IoError(std::string(where) + ": the file cannot be opened: " + std::strerror(errno), {.file = path});
    ::close(descriptor);
    if (!is_hdf5(path))
        throw IoError(std::string(where) + ": this is not an HDF5 file, or its start is damaged", {.file = path});
    return {H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose,
            std::string(where) + ": the file cannot be opened, it may be truncated or open for writing elsewhere",
            path};
}

/// Opens a dataset. Throws IoError listing those of the file if it is not there.
[[nodiscard]] inline Handle open_dataset(hid_t file, std::string_view where, const Origin& origin) {
    const std::string prefix = std::string(where) + ": ";
    const char* const name = origin.dataset.c_str();
    if (origin.dataset.empty() || H5Oexists_by_name(file, name, H5P_DEFAULT) <= 0)
        throw IoError(prefix + "there is no such dataset; the file has " + list_datasets(file),
                      {.file = origin.file, .dataset = origin.dataset});
    H5O_info_t info;
    if (H5Oget_info_by_name2(file, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) >= 0 && info.type != H5O_TYPE_DATASET)
        throw IoError(prefix + "this is not a dataset; the file has " + list_datasets(file),
                      {.file = origin.file, .dataset = origin.dataset});
    // Without the library's cache of chunks: we keep what we need, and it takes a chunk that was never written for one
    // that was, once it is in there.
    const Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose, where, origin.file, origin.dataset);
    require(H5Pset_chunk_cache(access, 0, 0, H5D_CHUNK_CACHE_W0_DEFAULT), where, origin.file, origin.dataset);
    return {H5Dopen2(file, name, access), H5Dclose, prefix + "the dataset cannot be opened, it may be damaged",
            origin.file, origin.dataset};
}

}  // namespace detail

}  // namespace hdf5
}  // namespace v1
}  // namespace blockfit

#endif
