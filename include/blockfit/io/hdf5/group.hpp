#ifndef BLOCKFIT_IO_HDF5_GROUP_HPP
#define BLOCKFIT_IO_HDF5_GROUP_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <hdf5.h>

#include <blockfit/core/error.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/io/hdf5/handle.hpp>

/// Groups of typed values, of which model files are made. Small values are attributes, arrays are datasets with a checksum, and anything with
/// visit_state is a group. Metadata has checksums of its own in the 1.10 format, so every damaged byte that matters is
/// found.

namespace blockfit {
inline namespace v1 {
namespace hdf5 {

template <class V>
concept Compound = requires(V& value) { value.visit_state([](std::string_view, auto&) {}); };

[[nodiscard]] inline Handle string_type(std::size_t size, std::string_view where, const std::string& path) {
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose, where, path);
    require(H5Tset_size(type, size == 0 ? 1 : size), where, path);
    require(H5Tset_strpad(type, H5T_STR_NULLPAD), where, path);
    return type;
}

/// What arrays are stored of, as it is in memory.
template <class V>
concept Stored = std::same_as<V, double> || std::same_as<V, float> || std::same_as<V, Label>;
template <Stored V>
[[nodiscard]] hid_t stored_type() {
    if constexpr (std::same_as<V, double>) return H5T_NATIVE_DOUBLE;
    else if constexpr (std::same_as<V, float>) return H5T_NATIVE_FLOAT;
    else return H5T_NATIVE_INT64;
}

/// Writes into one group.
class GroupWriter {
public:
    GroupWriter(hid_t parent, const std::string& name, const std::string& path)
        : path_(path), group_(H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose, where, path, name) {}

    [[nodiscard]] GroupWriter group(const std::string& name) const { return {group_, name, path_}; }

    void operator()(std::string_view name, const std::string& text) const {
        const Handle type = string_type(text.size(), where, path_);
        attribute(name, type, text.data());
    }
    void operator()(std::string_view name, double value) const { attribute(name, H5T_NATIVE_DOUBLE, &value); }
    void operator()(std::string_view name, Index value) const { attribute(name, H5T_NATIVE_INT64, &value); }
    template <Stored V>
    void operator()(std::string_view name, const std::vector<V>& values) const {
        dataset(name, stored_type<V>(), {static_cast<hsize_t>(values.size()), 1}, 1, values.data());
    }
    template <Stored V>
    void operator()(std::string_view name, const Matrix<V>& m) const {
        dataset(name, stored_type<V>(), {static_cast<hsize_t>(m.rows()), static_cast<hsize_t>(m.cols())}, 2, m.data());
    }
    /// A list of anything else is a group with an entry for each.
    template <class V>
        requires(!Stored<V>)
    void operator()(std::string_view name, std::vector<V>& values) const {
        const GroupWriter list = group(std::string(name));
        list("size", std::ssize(values));
        for (std::size_t i = 0; i < values.size(); ++i) {
            if constexpr (Compound<V>) values[i].visit_state(list.group(std::to_string(i)));
            else list(std::to_string(i), values[i]);
        }
    }

private:
    static constexpr std::string_view where = "save";
    struct Shape {
        hsize_t rows, cols;
    };

    void attribute(std::string_view name, hid_t type, const void* value) const {
        const Handle space(H5Screate(H5S_SCALAR), H5Sclose, where, path_);
        const Handle attribute(H5Acreate2(group_, std::string(name).c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
                               where, path_, name);
        require(H5Awrite(attribute, type, value), where, path_, name);
    }
    void dataset(std::string_view name, hid_t type, Shape shape, int rank, const void* values) const {
        const hsize_t dims[2] = {shape.rows, shape.cols};
        const hsize_t chunk[2] = {shape.rows == 0 ? 1 : shape.rows, shape.cols == 0 ? 1 : shape.cols};
        const hsize_t most[2] = {H5S_UNLIMITED, H5S_UNLIMITED};  // a chunk may be larger than an empty dataset
        const Handle space(H5Screate_simple(rank, dims, most), H5Sclose, where, path_, name);
        const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, where, path_, name);
        require(H5Pset_chunk(creation, rank, chunk), where, path_, name);
        require(H5Pset_fletcher32(creation), where, path_, name);
        const Handle data(H5Dcreate2(group_, std::string(name).c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT),
                          H5Dclose, where, path_, name);
        if (shape.rows * shape.cols > 0)
            require(H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), where, path_, name);
    }

    const std::string& path_;
    Handle group_;
};

/// Reads from one group. Throws ModelError for whatever is missing or not as it was written.
class GroupReader {
public:
    GroupReader(hid_t parent, const std::string& name, const std::string& path, Index file_bytes)
        : path_(path), name_(name), file_bytes_(file_bytes) {
        if (H5Lexists(parent, name.c_str(), H5P_DEFAULT) <= 0) throw damaged("group '" + name + "' is missing");
        const hid_t id = H5Gopen2(parent, name.c_str(), H5P_DEFAULT);
        if (id < 0) throw damaged("group '" + name + "' cannot be read: " + last_error());
        group_ = Handle(id, H5Gclose, "load", path);
    }

    [[nodiscard]] GroupReader group(const std::string& name) const { return {group_, name, path_, file_bytes_}; }
    [[nodiscard]] bool has(const std::string& name) const { return H5Aexists(group_, name.c_str()) > 0; }
    /// The names of all attributes.
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> list;
        const auto add = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
            static_cast<std::vector<std::string>*>(out)->emplace_back(name);
            return 0;
        };
        if (H5Aiterate2(group_, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &list) < 0) throw damaged("the attributes cannot be read");
        return list;
    }

    void operator()(std::string_view name, std::string& text) const {
        const Handle attribute = open(name);
        const Handle stored(H5Aget_type(attribute), H5Tclose, "load", path_, name);
        const std::size_t size = H5Tget_size(stored);
        if (H5Tget_class(stored) != H5T_STRING || H5Tis_variable_str(stored) != 0 || size == 0 ||
            static_cast<Index>(size) > file_bytes_)
            throw damaged("attribute '" + std::string(name) + "' is not text");
        text.assign(size, '\0');
        read(attribute, string_type(size, "load", path_), text.data(), name);
        if (const auto end = text.find('\0'); end != text.npos) text.resize(end);
    }
    void operator()(std::string_view name, double& value) const { scalar(name, H5T_NATIVE_DOUBLE, H5T_FLOAT, &value); }
    void operator()(std::string_view name, Index& value) const { scalar(name, H5T_NATIVE_INT64, H5T_INTEGER, &value); }
    template <Stored V>
    void operator()(std::string_view name, std::vector<V>& values) const {
        dataset<V>(name, 1, [&](Index rows, Index) {
            values.resize(static_cast<std::size_t>(rows));
            return values.data();
        });
    }
    template <Stored V>
    void operator()(std::string_view name, Matrix<V>& m) const {
        dataset<V>(name, 2, [&](Index rows, Index cols) {
            m.resize(rows, cols);
            return m.data();
        });
    }
    template <class V>
        requires(!Stored<V>)
    void operator()(std::string_view name, std::vector<V>& values) const {
        const GroupReader list = group(std::string(name));
        Index size = 0;
        list("size", size);
        if (size < 0 || size > file_bytes_) throw damaged("the size of '" + std::string(name) + "' is out of range");
        values.clear();
        for (Index i = 0; i < size; ++i) {
            V value;
            if constexpr (Compound<V>) value.visit_state(list.group(std::to_string(i)));
            else list(std::to_string(i), value);
            values.push_back(std::move(value));
        }
    }

    [[nodiscard]] ModelError damaged(const std::string& what) const {
        return ModelError("load: the model is damaged: " + what, {.file = path_, .dataset = name_});
    }

private:
    [[nodiscard]] Handle open(std::string_view name) const {
        const hid_t id = H5Aopen(group_, std::string(name).c_str(), H5P_DEFAULT);
        if (id < 0) throw damaged("attribute '" + std::string(name) + "' is missing");
        return {id, H5Aclose, "load", path_, name};
    }
    void read(hid_t attribute, hid_t type, void* value, std::string_view name) const {
        const Handle space(H5Aget_space(attribute), H5Sclose, "load", path_, name);
        if (H5Sget_simple_extent_npoints(space) != 1) throw damaged("attribute '" + std::string(name) + "' is not one value");
        if (H5Aread(attribute, type, value) < 0) throw damaged("attribute '" + std::string(name) + "' cannot be read");
    }
    void scalar(std::string_view name, hid_t type, H5T_class_t type_class, void* value) const {
        const Handle attribute = open(name);
        const Handle stored(H5Aget_type(attribute), H5Tclose, "load", path_, name);
        if (H5Tget_class(stored) != type_class || H5Tget_size(stored) != 8)
            throw damaged("attribute '" + std::string(name) + "' has the wrong type");
        read(attribute, type, value, name);
    }
    template <Stored V, class Resize>
    void dataset(std::string_view name, int rank, Resize resize) const {
        const std::string text(name);
        const hid_t id = H5Dopen2(group_, text.c_str(), H5P_DEFAULT);
        if (id < 0) throw damaged("dataset '" + text + "' is missing");
        const Handle data(id, H5Dclose, "load", path_, name);
        const Handle stored(H5Dget_type(data), H5Tclose, "load", path_, name);
        const Handle space(H5Dget_space(data), H5Sclose, "load", path_, name);
        hsize_t dims[2] = {0, 1};
        if (H5Tget_class(stored) != (std::floating_point<V> ? H5T_FLOAT : H5T_INTEGER) || H5Tget_size(stored) != sizeof(V) ||
            H5Sget_simple_extent_ndims(space) != rank)
            throw damaged("dataset '" + text + "' has the wrong type");
        H5Sget_simple_extent_dims(space, dims, nullptr);
        // What claims to be larger than the file is damaged, and is not allocated.
        const auto most = static_cast<hsize_t>(file_bytes_) / sizeof(V);
        if (dims[0] > most || dims[1] > most || dims[0] * dims[1] > most)
            throw damaged("dataset '" + text + "' is larger than the file");
        void* const values = resize(static_cast<Index>(dims[0]), static_cast<Index>(dims[1]));
        if (dims[0] * dims[1] > 0 && H5Dread(data, stored_type<V>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
            throw damaged("dataset '" + text + "' cannot be read: " + last_error());
    }

    const std::string& path_;
    std::string name_;
    Index file_bytes_;
    Handle group_;
};

}  // namespace hdf5
}  // namespace v1
}  // namespace blockfit

#endif
