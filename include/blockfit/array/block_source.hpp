#ifndef BLOCKFIT_ARRAY_BLOCK_SOURCE_HPP
#define BLOCKFIT_ARRAY_BLOCK_SOURCE_HPP

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>

namespace blockfit {
inline namespace v1 {

/// Working memory of one reader, kept from block to block so that nothing is allocated after the first ones. Each
/// source finds its own part again by its address; not for two threads at once.
class Scratch {
public:
    /// The State that belongs to `owner`, default-constructed at first.
    template <class State>
    [[nodiscard]] State& get(const void* owner) {
        for (const auto& part : parts_)
            if (part->owner == owner && part->type == &type_of<State>) return static_cast<Part<State>&>(*part).state;
        auto part = std::make_unique<Part<State>>();
        part->owner = owner;
        part->type = &type_of<State>;
        State& state = part->state;
        parts_.push_back(std::move(part));
        return state;
    }

private:
    template <class State>
    static constexpr char type_of = 0;  // its address stands for the type
    struct AnyPart {
        virtual ~AnyPart() = default;
        const void* owner = nullptr;
        const void* type = nullptr;
    };
    template <class State>
    struct Part : AnyPart {
        State state{};
    };
    std::vector<std::unique_ptr<AnyPart>> parts_;
};

/// A file and dataset that an array reads, for messages and to refuse an output that is an input.
struct Origin {
    std::string file;
    std::string dataset;
};

namespace detail {

/// The sources whose part of one scratch has been counted, while it lives. Nested ones count for scratches of their own.
class ScratchCount {
public:
    ScratchCount() : outer_(std::exchange(current(), this)) {}
    ~ScratchCount() { current() = outer_; }
    ScratchCount(const ScratchCount&) = delete;
    ScratchCount& operator=(const ScratchCount&) = delete;

    [[nodiscard]] static ScratchCount*& current() noexcept {
        thread_local ScratchCount* count = nullptr;
        return count;
    }
    /// Was `source` not counted for as many rows yet?
    [[nodiscard]] bool is_new(const void* source, Index rows) {
        for (const auto& [known, most] : counted_)
            if (known == source && most >= rows) return false;
        counted_.emplace_back(source, rows);
        return true;
    }

private:
    ScratchCount* outer_;
    std::vector<std::pair<const void*, Index>> counted_;
};

}  // namespace detail

/// Rows that can be read in any order, by any thread. What a ChunkedMatrix or, with one column, a ChunkedVector holds;
/// derived arrays are sources that read their parent's rows and change them.
template <class T>
class BlockSource {
public:
    BlockSource(Index rows, Index cols) : rows_(rows), cols_(cols) {}
    virtual ~BlockSource() = default;
    BlockSource(const BlockSource&) = delete;
    BlockSource& operator=(const BlockSource&) = delete;

    [[nodiscard]] Index rows() const noexcept { return rows_; }
    [[nodiscard]] Index cols() const noexcept { return cols_; }

    /// Writes rows `range` to `out`, range.size() x cols(). Called by several threads at once, each with its scratch.
    virtual void read(RowRange range, MatrixView<T> out, Scratch& scratch) const = 0;

    /// Rows `range` to look at: the source's own memory, or a copy in `scratch` that stays until `scratch` is asked for
    /// other rows of this source. Asking again for the same rows does not read again, so arrays that share a parent
    /// read it once. The values of a single column lie side by side.
    [[nodiscard]] virtual MatrixView<const T> view(RowRange range, Scratch& scratch) const {
        struct Copy {
            Matrix<T> values;
            RowRange range{-1, -1};
        };
        Copy& copy = scratch.get<Copy>(this);
        if (copy.range != range) {
            copy.range = {-1, -1};  // stays so if read throws
            copy.values.resize(range.size(), cols_);
            read(range, copy.values.view(), scratch);
            copy.range = range;
        }
        return copy.values.view();
    }

    /// Does view() show memory that stays, whatever else is read?
    [[nodiscard]] virtual bool in_memory() const noexcept { return false; }

    /// An array made element by element works in strips of a tile that fit a core's first cache, so that a chain of
    /// operations goes through memory once. Is this one? Then read_strip() writes rows `strip`, a part of `tile`.
    [[nodiscard]] virtual bool in_strips() const noexcept { return false; }
    virtual void read_strip(RowRange tile, RowRange strip, MatrixView<T> out, Scratch& scratch) const {
        (void)tile;
        read(strip, out, scratch);
    }

    /// Bytes that a reader of `rows` rows at a time needs in its scratch, `out` not counted. Within a ScratchCount each
    /// source counts once, as it has one state in a scratch.
    [[nodiscard]] Index scratch_bytes(Index rows) const {
        if (detail::ScratchCount::current() == nullptr) {
            const detail::ScratchCount count;
            return own_scratch_bytes(rows);
        }
        return detail::ScratchCount::current()->is_new(this, rows) ? own_scratch_bytes(rows) : 0;
    }
    /// Appends what this array reads from files.
    virtual void origins(std::vector<Origin>& list) const = 0;
    /// What made it, for printing: "from_hdf5".
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

protected:
    /// What scratch_bytes() is to count for this source and, by their scratch_bytes(), for its parents.
    [[nodiscard]] virtual Index own_scratch_bytes(Index rows) const = 0;

private:
    Index rows_;
    Index cols_;
};

}  // namespace v1
}  // namespace blockfit

#endif
