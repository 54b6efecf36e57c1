#ifndef BLOCKFIT_IO_HDF5_SOURCES_HPP
#define BLOCKFIT_IO_HDF5_SOURCES_HPP

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hdf5.h>
#include <sys/stat.h>

#include <blockfit/array/block_source.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/hdf5/filter_list.hpp>
#include <blockfit/io/hdf5/handle.hpp>
#include <blockfit/io/hdf5/type.hpp>

/// Datasets whose values lie in other files: virtual ones, and those with external storage. libhdf5 reads what it does
/// not find there as the fill value or as zeros without a word, so everything is looked up when the dataset is opened.

namespace blockfit {
inline namespace v1 {
namespace hdf5 {

/// The other files that a dataset is read from, as they were when it was opened.
class SourceFiles {
public:
    /// False if there is no such file.
    [[nodiscard]] bool add(const std::string& path) {
        for (const File& file : files_)
            if (file.path == path) return true;
        File file{path, {}};
        if (::stat(path.c_str(), &file.status) != 0) return false;
        files_.push_back(std::move(file));
        return true;
    }
    [[nodiscard]] Index size_of(const std::string& path) const {
        for (const File& file : files_)
            if (file.path == path) return static_cast<Index>(file.status.st_size);
        return 0;
    }
    /// Throws IoError if one of them is gone, was replaced, or was written to.
    void require_unchanged(const Origin& origin) const {
        for (const File& file : files_) {
            struct stat now {};
            const struct stat& then = file.status;
            if (::stat(file.path.c_str(), &now) != 0 || now.st_dev != then.st_dev || now.st_ino != then.st_ino ||
                now.st_size != then.st_size || now.st_mtim.tv_sec != then.st_mtim.tv_sec ||
                now.st_mtim.tv_nsec != then.st_mtim.tv_nsec)
                throw IoError("from_hdf5: " + file.path +
                                  ", of which the dataset is made, was changed or removed after it was "
                                  "opened; open it again",
                              {.file = origin.file, .dataset = origin.dataset});
        }
    }

private:
    struct File {
        std::string path;
        struct stat status;
    };
    std::vector<File> files_;
};

namespace detail {

[[nodiscard]] inline std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == path.npos ? "" : path.substr(0, slash + 1);
}
[[nodiscard]] inline std::string in_folder(std::string folder, const std::string& name) {
    if (!folder.empty() && folder.back() != '/') folder += '/';
    return folder + name;
}
[[nodiscard]] inline std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}
/// "${ORIGIN}" at the start stands for the folder of the file.
[[nodiscard]] inline std::string expand_origin(const std::string& prefix, const std::string& path) {
    constexpr std::string_view origin = "${ORIGIN}";
    return prefix.starts_with(origin) ? folder_of(path) + prefix.substr(origin.size()) : prefix;
}

/// Where libhdf5 1.10 looks for the source `name` of a virtual dataset in `path`, in this order.
[[nodiscard]] inline std::vector<std::string> source_candidates(const std::string& path, std::string name) {
    std::vector<std::string> list;
    if (name.starts_with('/')) {
        list.push_back(name);
        name = name.substr(name.rfind('/') + 1);
    }
    const std::string prefix = environment("HDF5_VDS_PREFIX");
    for (std::size_t begin = 0; begin < prefix.size();) {
        const std::size_t end = std::min(prefix.find(':', begin), prefix.size());
        if (end > begin) list.push_back(in_folder(prefix.substr(begin, end - begin), name));
        begin = end + 1;
    }
    if (!prefix.empty() && prefix != ".") list.push_back(in_folder(expand_origin(prefix, path), name));
    list.push_back(in_folder(folder_of(path), name));
    list.push_back(name);
    char* const real = ::realpath(path.c_str(), nullptr);  // the file that a symbolic link leads to
    if (real != nullptr) list.push_back(in_folder(folder_of(real), name));
    std::free(real);
    return list;
}

/// Undoes the escapes in a source's name; nothing if it stands for many ("%b").
[[nodiscard]] inline std::optional<std::string> plain_name(const std::string& text) {
    std::string name;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && (i + 1 == text.size() || text[++i] != '%')) return {};
        name += text[i];
    }
    return name;
}

[[nodiscard]] inline bool is_unlimited(hid_t space) {
    if (H5Sget_select_type(space) != H5S_SEL_HYPERSLABS || H5Sis_regular_hyperslab(space) <= 0) return false;
    hsize_t start[H5S_MAX_RANK], stride[H5S_MAX_RANK], count[H5S_MAX_RANK], block[H5S_MAX_RANK];
    if (H5Sget_regular_hyperslab(space, start, stride, count, block) < 0) return false;
    for (int k = 0; k < H5Sget_simple_extent_ndims(space); ++k)
        if (count[k] == H5S_UNLIMITED || block[k] == H5S_UNLIMITED) return true;
    return false;
}

/// Looks up all that one dataset is made of.
class SourceCheck {
public:
    SourceCheck(const Origin& origin, SourceFiles& files) : origin_(origin), files_(files) {}

    /// `path` is the file that holds the dataset.
    void operator()(const std::string& path, hid_t file, hid_t dataset, int depth = 0) {
        if (depth > 32) throw error("the virtual dataset is made of itself");
        const Handle creation(H5Dget_create_plist(dataset), H5Pclose, "from_hdf5: the layout cannot be read", path,
                              origin_.dataset);
        switch (H5Pget_layout(creation)) {
            case H5D_VIRTUAL:
                return check_mappings(path, file, dataset, creation, depth);
            case H5D_CHUNKED:
                if (depth > 0) require_filters(list_filters(creation), {path, origin_.dataset});
                return;
            default:
                return check_external(path, dataset, creation);
        }
    }

private:
    [[nodiscard]] IoError error(const std::string& text) const {
        return IoError("from_hdf5: " + text, {.file = origin_.file, .dataset = origin_.dataset});
    }

    void check_external(const std::string& path, hid_t dataset, hid_t creation) {
        const int n = H5Pget_external_count(creation);
        if (n <= 0) return;
        const std::string setting = environment("HDF5_EXTFILE_PREFIX");
        const std::string prefix = setting == "." ? "" : expand_origin(setting, path);
        const Handle space(H5Dget_space(dataset), H5Sclose, "from_hdf5: the shape cannot be read", path);
        const Handle type(H5Dget_type(dataset), H5Tclose, "from_hdf5: the type cannot be read", path);
        auto left = blockfit::detail::checked_product(static_cast<Index>(H5Sget_simple_extent_npoints(space)),
                                                      static_cast<Index>(H5Tget_size(type)), "from_hdf5");
        for (int i = 0; i < n && left > 0; ++i) {
            char text[4096] = "";
            off_t offset = 0;
            hsize_t size = 0;
            require(H5Pget_external(creation, static_cast<unsigned>(i), sizeof text, text, &offset, &size),
                    "from_hdf5: the list of external files cannot be read", path, origin_.dataset);
            const std::string name = text[0] == '/' ? text : in_folder(prefix, text);
            if (!files_.add(name))
                throw error("the external file " + name + ", which holds the values, cannot be opened");
            const Index part = size < static_cast<hsize_t>(left) ? static_cast<Index>(size) : left;
            if (offset < 0 || part > files_.size_of(name) - offset)
                throw error("the external file " + name +
                            " is shorter than the values it is to hold: it was truncated");
            left -= part;
        }
        if (left > 0) throw error("the external files are to hold less than the dataset");
    }

    void check_mappings(const std::string& path, hid_t file, hid_t dataset, hid_t creation, int depth) {
        std::size_t n = 0;
        require(H5Pget_virtual_count(creation, &n), "from_hdf5: the virtual dataset cannot be read", path,
                origin_.dataset);
        const Handle type(H5Dget_type(dataset), H5Tclose, "from_hdf5: the type cannot be read", path, origin_.dataset);
        std::string opened_name;  // mappings of one file mostly follow each other
        Handle opened;
        std::string opened_path;
        for (std::size_t i = 0; i < n; ++i) {
            const Handle to(H5Pget_virtual_vspace(creation, i), H5Sclose,
                            "from_hdf5: the virtual dataset cannot be read", path);
            const Handle from(H5Pget_virtual_srcspace(creation, i), H5Sclose,
                              "from_hdf5: the virtual dataset cannot be read", path);
            const std::string raw_file = name_of(H5Pget_virtual_filename, creation, i);
            const std::string raw_name = name_of(H5Pget_virtual_dsetname, creation, i);
            const auto file_name = plain_name(raw_file), name = plain_name(raw_name);
            if (!file_name || !name || is_unlimited(to) || is_unlimited(from))
                throw UnsupportedError(
                    "from_hdf5: the virtual dataset maps " + raw_file + ":" + raw_name +
                        " without a fixed size, so missing parts would go unnoticed; make it a plain one with "
                        "h5repack -l CHUNK=..., or one with a mapping for each file",
                    {.file = origin_.file, .dataset = origin_.dataset});
            if (H5Sget_select_npoints(to) == 0) continue;
            if (*file_name == ".") {
                check_source(path, file, *name, type, to, from, depth);
                continue;
            }
            if (!(opened >= 0) || opened_name != *file_name) {
                open_source(path, *file_name, *name, opened, opened_path);
                opened_name = *file_name;
            }
            check_source(opened_path, opened, *name, type, to, from, depth);
        }
    }

    void check_source(const std::string& path, hid_t file, const std::string& name, hid_t type, hid_t to, hid_t from,
                      int depth) {
        const std::string title = "the source " + path + ":" + name + " of the virtual dataset ";
        const hid_t id =
            H5Oexists_by_name(file, name.c_str(), H5P_DEFAULT) > 0 ? H5Dopen2(file, name.c_str(), H5P_DEFAULT) : -1;
        if (id < 0) throw error(title + "is missing: the file has no such dataset");
        const Handle source(id, H5Dclose, "", "");
        const Handle space(H5Dget_space(source), H5Sclose, "from_hdf5: the shape cannot be read", path, name);
        const Handle source_type(H5Dget_type(source), H5Tclose, "from_hdf5: the type cannot be read", path, name);
        // Conversion by the library would round and clip without a word.
        const auto want = number_format(type), got = number_format(source_type);
        if (want && got ? !holds_all(want->type, got->type) : H5Tequal(type, source_type) <= 0)
            throw UnsupportedError("from_hdf5: " + title + "holds " + describe_type(source_type) +
                                       ", which is not exact in the virtual dataset's " + describe_type(type),
                                   {.file = origin_.file, .dataset = origin_.dataset});
        if (!covers(space, from, to)) throw error(title + "is smaller than the part that is mapped: it was truncated");
        const std::string key = path + '\0' + name;
        if (!in_progress_.insert(key).second) throw error(title + "is made of itself");
        if (done_.insert(key).second) (*this)(path, file, source, depth + 1);
        in_progress_.erase(key);
    }

    /// Does the source's extent hold the selection?
    [[nodiscard]] static bool covers(hid_t space, hid_t selection, hid_t to) {
        const int rank = H5Sget_simple_extent_ndims(space);
        if (H5Sget_select_type(selection) == H5S_SEL_ALL)
            return H5Sget_simple_extent_npoints(space) == H5Sget_select_npoints(to);
        hsize_t extent[H5S_MAX_RANK], first[H5S_MAX_RANK], last[H5S_MAX_RANK];
        if (rank < 1 || H5Sget_simple_extent_ndims(selection) != rank ||
            H5Sget_simple_extent_dims(space, extent, nullptr) < 0 || H5Sget_select_bounds(selection, first, last) < 0)
            return false;
        for (int k = 0; k < rank; ++k)
            if (last[k] >= extent[k]) return false;
        return true;
    }

    void open_source(const std::string& path, const std::string& name, const std::string& dataset, Handle& file,
                     std::string& found) {
        for (const std::string& candidate : source_candidates(path, name)) {
            const hid_t id = H5Fopen(candidate.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
            if (id < 0) continue;
            file = Handle(id, H5Fclose, "", "");
            found = candidate;
            if (files_.add(candidate) && !is_truncated(file, files_.size_of(candidate))) return;
            throw error("the source " + candidate + ":" + dataset + " of the virtual dataset was truncated");
        }
        throw error("the source " + name + ":" + dataset +
                    " of the virtual dataset is missing: there is no such HDF5 file in " +
                    (folder_of(path).empty() ? "the working directory" : folder_of(path)) + " or HDF5_VDS_PREFIX");
    }

    [[nodiscard]] static std::string name_of(ssize_t (*get)(hid_t, std::size_t, char*, std::size_t), hid_t creation,
                                             std::size_t i) {
        const ssize_t size = get(creation, i, nullptr, 0);
        std::string text(static_cast<std::size_t>(std::max<ssize_t>(size, 0)) + 1, '\0');
        (void)get(creation, i, text.data(), text.size());
        text.resize(text.size() - 1);
        return text;
    }

    const Origin& origin_;
    SourceFiles& files_;
    std::set<std::string> in_progress_;  // sources that lead to the one looked at
    std::set<std::string> done_;
};

}  // namespace detail

/// Throws IoError naming the first file or dataset that a virtual or external dataset lacks, or that is too short;
/// UnsupportedError for mappings without a fixed size.
inline void check_sources(hid_t file, hid_t dataset, const Origin& origin, SourceFiles& files) {
    detail::SourceCheck(origin, files)(origin.file, file, dataset);
}

}  // namespace hdf5
}  // namespace v1
}  // namespace blockfit

#endif
