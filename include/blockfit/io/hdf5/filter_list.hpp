#ifndef BLOCKFIT_IO_HDF5_FILTER_LIST_HPP
#define BLOCKFIT_IO_HDF5_FILTER_LIST_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <hdf5.h>

#include <blockfit/array/block_source.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/io/hdf5/handle.hpp>

/// Which filters a dataset has, and whether they are there to be undone.

namespace blockfit {
inline namespace v1 {
namespace hdf5 {

struct FilterName {
    H5Z_filter_t id;
    std::string_view name;
    std::string_view package;  ///< Debian's, for the plug-in; empty: there is none
};

/// The filters that one meets, by the numbers they are registered under.
[[nodiscard]] inline const FilterName* find_filter(H5Z_filter_t id) noexcept {
    static constexpr FilterName known[] = {
        {1, "gzip", ""},
        {2, "shuffle", ""},
        {3, "fletcher32", ""},
        {4, "szip", ""},
        {5, "nbit", ""},
        {6, "scaleoffset", ""},
        {307, "bzip2", "hdf5-filter-plugin"},
        // Debian 12's is not linked with the library it needs.
        {32000, "LZF", "hdf5-plugin-lzf (to be used with LD_PRELOAD=liblzf.so.1)"},
        {32001, "Blosc", "hdf5-filter-plugin-blosc-serial"},
        {32004, "LZ4", "hdf5-filter-plugin"},
        {32008, "bitshuffle", ""},
        {32013, "ZFP", "hdf5-filter-plugin-zfp-serial"},
        {32015, "Zstandard", ""},
        {32026, "Blosc2", ""},
    };
    for (const FilterName& filter : known)
        if (filter.id == id) return &filter;
    return nullptr;
}

constexpr H5Z_filter_t lzf_filter = 32000;

struct Filter {
    H5Z_filter_t id = 0;
    std::string name;
};

/// The filters of a dataset in the order in which they were applied.
[[nodiscard]] inline std::vector<Filter> list_filters(hid_t creation) {
    std::vector<Filter> list;
    const int n = H5Pget_nfilters(creation);
    for (int i = 0; i < n; ++i) {
        unsigned flags = 0;
        std::size_t n_values = 0;
        char name[128] = "";
        const H5Z_filter_t id =
            H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &n_values, nullptr, sizeof name, name, nullptr);
        const FilterName* const known = find_filter(id);
        list.push_back({id, known != nullptr ? std::string(known->name)
                            : name[0] != 0   ? std::string(name)
                                             : "unknown"});
    }
    return list;
}

/// The folders where libhdf5 looks for plug-ins.
[[nodiscard]] inline std::string plugin_path() {
    std::string text;
    unsigned n = 0;
    if (H5PLsize(&n) < 0) return text;
    for (unsigned i = 0; i < n; ++i) {
        char folder[1024] = "";
        if (H5PLget(i, folder, sizeof folder) > 0) text += (text.empty() ? "" : ":") + std::string(folder);
    }
    return text;
}

/// Throws UnsupportedError with what to install if a filter cannot be undone.
inline void require_filters(const std::vector<Filter>& filters, const Origin& origin) {
    for (const Filter& filter : filters) {
        if (H5Zfilter_avail(filter.id) > 0) continue;
        const FilterName* const known = find_filter(filter.id);
        std::string text =
            "from_hdf5: filter " + std::to_string(filter.id) + " (" + filter.name + ") is not installed; ";
        if (filter.id < 256) text += "use an HDF5 library that was built with it";
        else if (known != nullptr && !known->package.empty())
            text += "install Debian's package " + std::string(known->package) + " or another HDF5 plug-in for it";
        else text += "install an HDF5 plug-in for it";
        if (filter.id >= 256) text += " in one of the folders of HDF5_PLUGIN_PATH (searched: " + plugin_path() + ")";
        throw UnsupportedError(text + ", or rewrite the file where it can be read: h5repack -f GZIP=4",
                               {.file = origin.file, .dataset = origin.dataset});
    }
}

}  // namespace hdf5
}  // namespace v1
}  // namespace blockfit

#endif
