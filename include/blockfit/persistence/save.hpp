#ifndef BLOCKFIT_PERSISTENCE_SAVE_HPP
#define BLOCKFIT_PERSISTENCE_SAVE_HPP

#include <algorithm>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <blockfit/core/concepts.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/params.hpp>
#include <blockfit/io/hdf5/group.hpp>
#include <blockfit/io/hdf5/handle.hpp>
#include <blockfit/io/hdf5/reader.hpp>
#include <blockfit/io/hdf5/writer.hpp>

/// Saving and loading. A model is an HDF5 file:
///     /            attributes format = "blockfit model", version of the format
///     /model       attributes class, schema_version; groups:
///         params   each parameter as text
///         state    what predicts and goes on with partial_fit, bit for bit
///         steps    of a pipeline or a wrapper: attribute names, and a group like /model for each

namespace blockfit {
inline namespace v1 {

struct SaveOptions {
    /// Replace an existing file; false: an existing file is an error.
    bool overwrite = true;
};

namespace persistence {

using hdf5::GroupReader;
using hdf5::GroupWriter;

inline constexpr Index format_version = 1;
inline constexpr std::string_view format_name = "blockfit model";

/// The groups of an estimator, the same for writing and reading.
template <class E>
void write(const GroupWriter& group, E& e) {
    group("class", std::string(E::class_name));
    group("schema_version", Index{E::schema_version});
    if constexpr (requires { e.params(); }) {
        const GroupWriter params = group.group("params");
        detail::for_each_param(e.params(), [&](std::string_view name, const auto& value) { params(name, detail::to_text(value)); });
    }
    if constexpr (hdf5::Compound<E>) e.visit_state(group.group("state"));
    if constexpr (requires { e.for_each_step([](std::string_view, auto&) {}); }) {
        const GroupWriter steps = group.group("steps");
        std::string names;
        e.for_each_step([&](std::string_view name, auto& step) {
            (names += names.empty() ? "" : ", ") += name;
            write(steps.group(std::string(name)), step);
        });
        steps("names", names);
    }
}

template <class E>
void read(const GroupReader& group, E& e) {
    std::string class_name;
    Index schema = 0;
    group("class", class_name);
    group("schema_version", schema);
    if (class_name != E::class_name)
        throw ModelError("load: the file holds a " + class_name + ", a " + std::string(E::class_name) + " was asked for");
    if (schema < 1) throw group.damaged("schema_version is " + std::to_string(schema));
    if (schema > E::schema_version)
        throw ModelError("load: this " + class_name + " was saved by a newer blockfit (schema " + std::to_string(schema) +
                         ", this version reads up to " + std::to_string(E::schema_version) + "); update blockfit");
    if constexpr (requires { e.params(); }) {
        const GroupReader params = group.group("params");
        std::size_t known = 0;
        detail::for_each_param(e.params(), [&](std::string_view name, const auto&) {
            std::string text;
            params(name, text);
            try {
                e.set_param(name, text);
            } catch (const ParameterError& error) {
                throw group.damaged(error.message());
            }
            ++known;
        });
        if (params.names().size() != known) throw group.damaged("there are parameters that " + class_name + " does not have");
    }
    if constexpr (hdf5::Compound<E>) {
        e.visit_state(group.group("state"));
        e.finish_load();
    }
    if constexpr (requires { e.for_each_step([](std::string_view, auto&) {}); }) {
        const GroupReader steps = group.group("steps");
        std::string names, wanted;
        steps("names", names);
        e.for_each_step([&](std::string_view name, auto&) { (wanted += wanted.empty() ? "" : ", ") += name; });
        if (names != wanted)
            throw ModelError("load: the file has the steps " + names + ", a " + class_name + " of " + wanted + " was asked for");
        e.for_each_step([&](std::string_view name, auto& step) { read(steps.group(std::string(name)), step); });
    }
}

}  // namespace persistence

/// Saves an estimator or a pipeline with its parameters and its whole state. The file appears complete or not at all;
/// one that was there before is replaced only when the new one is on the disk. Throws IoError.
template <Estimator E>
void save(const std::string& path, const E& estimator, const SaveOptions& options = {}) {
    hdf5::FileWriter file("save", path, options.overwrite);
    {
        const hdf5::Session session;
        {
            const persistence::GroupWriter root(file, "model", path);
            E copy = estimator;  // visiting the state needs one that may be changed
            persistence::write(root, copy);
        }
        const persistence::GroupWriter info(file, "info", path);
        info("format", std::string(persistence::format_name));
        info("format_version", persistence::format_version);
    }
    file.commit();
}

/// The estimator or pipeline in a file: it predicts and goes on with partial_fit with the same bits as the one saved.
/// Throws IoError if the file is not there, ModelError with the reason if it is damaged, no model, of another class, or
/// from a newer version.
template <Estimator E>
[[nodiscard]] E load(const std::string& path) {
    struct stat status {};
    const hdf5::Session session;
    if (::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && !hdf5::is_hdf5(path))
        throw ModelError("load: this is not a model, or its start is damaged", {.file = path});
    E estimator;
    try {
        const hdf5::Handle file = hdf5::detail::open_file(path, "load");
        if (!hdf5::has_link(file, "info") || !hdf5::has_link(file, "model"))
            throw ModelError("load: this HDF5 file is not a blockfit model", {.file = path});
        std::string format;
        Index version = 0;
        const persistence::GroupReader info(file, "info", path, status.st_size);
        info("format", format);
        info("format_version", version);
        if (format != persistence::format_name)
            throw ModelError("load: this HDF5 file is not a blockfit model", {.file = path});
        if (version > persistence::format_version)
            throw ModelError("load: the file has format " + std::to_string(version) + ", this version reads up to " +
                                 std::to_string(persistence::format_version) + "; update blockfit",
                             {.file = path});
        persistence::read(persistence::GroupReader(file, "model", path, status.st_size), estimator);
    } catch (ModelError& error) {
        error.locate(-1, 0, path, "");
        throw;
    } catch (const IoError& error) {
        if (::access(path.c_str(), R_OK) != 0 || S_ISDIR(status.st_mode)) throw;
        constexpr std::string_view prefix = "load: ";
        const std::string reason = error.message().substr(error.message().starts_with(prefix) ? prefix.size() : 0);
        throw ModelError("load: the model is damaged: " + reason, {.file = path});
    }
    return estimator;
}

}  // namespace v1
}  // namespace blockfit

#endif
