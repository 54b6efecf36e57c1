#ifndef BLOCKFIT_IO_HDF5_WRITER_HPP
#define BLOCKFIT_IO_HDF5_WRITER_HPP

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hdf5.h>
#include <unistd.h>

#include <blockfit/array/store.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/exec/parallel_for.hpp>
#include <blockfit/io/atomic_file.hpp>
#include <blockfit/io/hdf5/compress.hpp>
#include <blockfit/io/hdf5/filters.hpp>
#include <blockfit/io/hdf5/handle.hpp>
#include <blockfit/io/hdf5/type.hpp>

namespace blockfit {
inline namespace v1 {

struct Hdf5WriteOptions {
    /// Replace an existing file; false: an existing file is an error.
    bool overwrite = true;
    /// Rows a stored chunk; 0: those of 1 MB, more if there would be over 10,000 chunks.
    Index chunk_rows = 0;
    /// Store a checksum with each chunk, so that damage is found when it is read.
    bool checksum = true;
    /// gzip level 1 (fast) to 9 (small), after a shuffle of bytes; 0: not compressed.
    int compression = 0;
};

namespace hdf5 {

/// A new HDF5 file that appears complete or not at all. In the 1.10 format, whose metadata are checksummed.
class FileWriter {
public:
    FileWriter(std::string_view where, const std::string& path, bool overwrite)
        : where_(where), target_(where, path, overwrite) {
        const Session session;
        const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, where, path);
        require(H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110), where, path);
        // A file that libhdf5 could not finish must not stay open in it.
        require(H5Pset_fclose_degree(access, H5F_CLOSE_STRONG), where, path);
        // The same data gives the same file, whenever it is written.
        const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose, where, path);
        require(H5Pset_obj_track_times(creation, false), where, path);
        errno = 0;
        const hid_t id = H5Fcreate(target_.temporary().c_str(), H5F_ACC_EXCL, creation, access);
        if (id < 0) throw target_.error("the file cannot be created");
        file_ = Handle(id, H5Fclose, where, path);
    }

    ~FileWriter() { abandon(); }
    FileWriter(const FileWriter&) = delete;
    FileWriter& operator=(const FileWriter&) = delete;

    /// Makes room on a full disk: unless libhdf5 can still write its metadata it never gets rid of the file, and says
    /// so when the program ends. To be called before the datasets of a failed write are closed. Nothing after commit().
    void abandon() noexcept {
        if (file_ < 0) return;
        const Session session;
        void* descriptor = nullptr;
        if (H5Fget_vfd_handle(file_, H5P_DEFAULT, &descriptor) >= 0)
            (void)!::ftruncate(*static_cast<int*>(descriptor), 0);
    }

    operator hid_t() const noexcept { return file_; }
    [[nodiscard]] const std::string& path() const noexcept { return target_.target(); }
    [[nodiscard]] const std::string& where() const noexcept { return where_; }
    /// Throws IoError if an HDF5 call failed.
    void check(herr_t status, std::string_view what, std::string_view dataset = {}) const {
        require(status, where_ + ": " + std::string(what), path(), dataset);
    }

    /// Closes the file and gives it its name.
    void commit() {
        {
            const Session session;
            // H5Fclose reports success on a full disk; flushing does not.
            check(H5Fflush(file_, H5F_SCOPE_LOCAL), "writing failed");
            if (!file_.close()) throw target_.error("closing failed");
        }
        target_.commit();
    }

private:
    std::string where_;
    blockfit::detail::AtomicFile target_;
    Handle file_;
};

/// The type of a dataset in a file; bool as h5py has it, an enum of FALSE and TRUE.
[[nodiscard]] inline Handle file_type(ElementType type, std::string_view where, const std::string& path) {
    if (type != ElementType::boolean) return {H5Tcopy(native_type(type)), H5Tclose, where, path};
    Handle flags(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose, where, path);
    for (const std::int8_t value : {std::int8_t{0}, std::int8_t{1}})
        require(H5Tenum_insert(flags, value == 0 ? "FALSE" : "TRUE", &value), where, path);
    return flags;
}

/// A chunked dataset of a new file, written from its first row to its last.
class DatasetWriter {
public:
    DatasetWriter(FileWriter& file, const Dataset& dataset, const Hdf5WriteOptions& options)
        : file_(file),
          name_(dataset.name),
          element_bytes_(dataset.element_bytes),
          row_bytes_(dataset.row_bytes()),
          rows_(dataset.plan.rows()),
          checksum_(options.checksum),
          compression_(options.compression) {
        constexpr Index most_chunks = 10'000, chunk_bytes = 1'000'000, most_bytes = 4'000'000'000;
        Index chunk = options.chunk_rows;
        if (chunk == 0) {
            // Whole tiles, so that none of a reader's begins in one chunk and ends in the next.
            const Index tile = blockfit::detail::tile_rows(dataset.cols);
            chunk = std::max(chunk_bytes / row_bytes_, (rows_ + most_chunks - 1) / most_chunks);
            chunk = std::max<Index>((chunk + tile / 2) / tile, 1) * tile;
            if (rows_ / chunk >= most_chunks) chunk += tile;
        }
        chunk_rows_ = std::clamp<Index>(std::min(chunk, rows_), 1, std::max<Index>(most_bytes / row_bytes_, 1));
        const Session session;
        const int rank = dataset.is_vector ? 1 : 2;
        const hsize_t dims[2] = {static_cast<hsize_t>(rows_), static_cast<hsize_t>(dataset.cols)};
        const hsize_t chunks[2] = {static_cast<hsize_t>(chunk_rows_), static_cast<hsize_t>(dataset.cols)};
        const std::string where = file.where() + ": the dataset cannot be created";
        const Handle space(H5Screate_simple(rank, dims, nullptr), H5Sclose, where, file.path(), name_);
        const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, where, file.path(), name_);
        const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose, where, file.path(), name_);
        require(H5Pset_create_intermediate_group(links, 1), where, file.path(), name_);
        require(H5Pset_chunk(creation, rank, chunks), where, file.path(), name_);
        require(H5Pset_obj_track_times(creation, false), where, file.path(), name_);
        // A chunk that was never written must not pass for data.
        require(H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER), where, file.path(), name_);
        if (compression_ > 0) {
            if (element_bytes_ > 1) require(H5Pset_shuffle(creation), where, file.path(), name_);
            require(H5Pset_deflate(creation, static_cast<unsigned>(compression_)), where, file.path(), name_);
        }
        if (checksum_) require(H5Pset_fletcher32(creation), where, file.path(), name_);
        const Handle type = file_type(dataset.type, where, file.path());
        dataset_ = Handle(H5Dcreate2(file, name_.c_str(), type, space, links, creation, H5P_DEFAULT), H5Dclose, where,
                          file.path(), name_);
        // Room for the checksum behind the rows.
        chunk_.resize(static_cast<std::size_t>(chunk_rows_ * row_bytes_) + 4);
    }

    /// Appends packed rows.
    void write(std::span<const std::byte> rows) {
        if (compression_ > 0) return write_compressed(rows);
        while (!rows.empty()) {
            rows = rows.subspan(collect(rows));
            if (complete()) write_chunk();
        }
    }
    [[nodiscard]] bool close() { return dataset_.close(); }

private:
    [[nodiscard]] std::size_t chunk_bytes() const noexcept { return chunk_.size() - 4; }
    [[nodiscard]] bool complete() const noexcept { return filled_ == chunk_rows_ || first_row_ + filled_ == rows_; }

    /// Takes rows into the chunk that is being filled and returns how many bytes they were.
    std::size_t collect(std::span<const std::byte> rows) {
        const Index part = std::min(std::ssize(rows) / row_bytes_, chunk_rows_ - filled_);
        const auto bytes = static_cast<std::size_t>(part * row_bytes_);
        std::memcpy(chunk_.data() + filled_ * row_bytes_, rows.data(), bytes);
        filled_ += part;
        const auto used = static_cast<std::size_t>(filled_ * row_bytes_);
        if (complete())
            std::memset(chunk_.data() + used, 0, chunk_bytes() - used);  // the last goes beyond the last row
        return bytes;
    }

    void write_chunk() {
        const std::size_t whole = chunk_bytes();
        if (checksum_) {
            const std::uint32_t sum = fletcher32({chunk_.data(), whole});
            for (std::size_t k = 0; k < 4; ++k) chunk_[whole + k] = static_cast<std::byte>(sum >> (8 * k));
        }
        const Session session;
        put({chunk_.data(), checksum_ ? whole + 4 : whole});
        filled_ = 0;
    }
    /// Gives the next chunk to the library, under the lock.
    void put(std::span<const std::byte> stored) {
        const hsize_t at[2] = {static_cast<hsize_t>(first_row_), 0};
        file_.check(H5Dwrite_chunk(dataset_, H5P_DEFAULT, 0, at, stored.size(), stored.data()), "writing failed",
                    name_);
        first_row_ = std::min(first_row_ + chunk_rows_, rows_);
    }

    /// Compresses the chunks that the rows complete side by side.
    void write_compressed(std::span<const std::byte> rows) {
        const std::size_t whole = chunk_bytes();
        constexpr std::size_t most_chunks = 64, most_bytes = 32'000'000;
        const std::size_t most = std::clamp<std::size_t>(most_bytes / whole, 1, most_chunks);
        while (!rows.empty()) {
            std::vector<std::span<const std::byte>> ready;
            if (filled_ > 0 || rows.size() < whole) {
                rows = rows.subspan(collect(rows));
                if (!complete()) return;
                ready.emplace_back(chunk_.data(), whole);
            }
            for (; rows.size() >= whole && ready.size() < most; rows = rows.subspan(whole))
                ready.push_back(rows.first(whole));
            if (encoders_.size() < ready.size()) encoders_.resize(ready.size());
            parallel_for(std::ssize(ready), [&](Index k) {
                auto& chunk = ready[static_cast<std::size_t>(k)];
                chunk = encoders_[static_cast<std::size_t>(k)](chunk, static_cast<std::size_t>(element_bytes_),
                                                               compression_, checksum_);
            });
            const Session session;
            for (const auto& stored : ready) put(stored);
            filled_ = 0;
        }
    }

    FileWriter& file_;
    std::string name_;
    Index element_bytes_;
    Index row_bytes_;
    Index rows_;
    bool checksum_;
    int compression_;
    Index chunk_rows_ = 1;
    Handle dataset_;
    std::vector<std::byte> chunk_;
    std::vector<Encoder> encoders_;
    Index filled_ = 0;
    Index first_row_ = 0;
};

}  // namespace hdf5
}  // namespace v1
}  // namespace blockfit

#endif
