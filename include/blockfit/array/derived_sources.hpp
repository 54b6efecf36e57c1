#ifndef BLOCKFIT_ARRAY_DERIVED_SOURCES_HPP
#define BLOCKFIT_ARRAY_DERIVED_SOURCES_HPP

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <blockfit/array/block_plan.hpp>
#include <blockfit/array/block_source.hpp>
#include <blockfit/array/convert.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/matrix_view.hpp>

/// The sources behind slices, columns, casts and maps.

namespace blockfit {
inline namespace v1 {
namespace detail {

template <class T>
using Source = std::shared_ptr<const BlockSource<T>>;

/// What all of them share: a parent whose origins are theirs.
template <class T, class From>
class DerivedSource : public BlockSource<T> {
public:
    DerivedSource(Source<From> parent, Index rows, Index cols) : BlockSource<T>(rows, cols), parent_(std::move(parent)) {}
    void origins(std::vector<Origin>& list) const override { parent_->origins(list); }
    /// The parent's rows are looked at through its view().
    [[nodiscard]] Index own_scratch_bytes(Index rows) const override {
        return parent_->scratch_bytes(rows) + rows * parent_->cols() * static_cast<Index>(sizeof(From));
    }

protected:
    [[nodiscard]] const BlockSource<From>& parent() const noexcept { return *parent_; }

private:
    Source<From> parent_;
};

template <class T>
class RowSlice final : public DerivedSource<T, T> {
public:
    RowSlice(Source<T> parent, RowRange range)
        : DerivedSource<T, T>(parent, range.size(), parent->cols()), begin_(range.begin) {}
    void read(RowRange r, MatrixView<T> out, Scratch& scratch) const override { this->parent().read(shift(r), out, scratch); }
    /// The parent keeps one copy of rows, which the array it is a slice of may need at the same time.
    MatrixView<const T> view(RowRange r, Scratch& scratch) const override {
        return in_memory() ? this->parent().view(shift(r), scratch) : BlockSource<T>::view(r, scratch);
    }
    bool in_memory() const noexcept override { return this->parent().in_memory(); }
    Index own_scratch_bytes(Index rows) const override {
        return this->parent().scratch_bytes(rows) + (in_memory() ? 0 : rows * this->cols() * static_cast<Index>(sizeof(T)));
    }
    std::string_view name() const noexcept override { return this->parent().name(); }

private:
    [[nodiscard]] RowRange shift(RowRange r) const noexcept { return {r.begin + begin_, r.end + begin_}; }
    Index begin_;
};

template <class T>
class ColumnSelection final : public DerivedSource<T, T> {
public:
    ColumnSelection(Source<T> parent, std::vector<Index> columns)
        : DerivedSource<T, T>(parent, parent->rows(), std::ssize(columns)), columns_(std::move(columns)) {}
    void read(RowRange r, MatrixView<T> out, Scratch& scratch) const override {
        const MatrixView<const T> in = this->parent().view(r, scratch);
        for (Index i = 0; i < in.rows(); ++i)
            std::ranges::transform(columns_, out.row(i).begin(), [row = in.row(i).data()](Index j) { return row[j]; });
    }
    std::string_view name() const noexcept override { return "cols"; }

private:
    std::vector<Index> columns_;
};

template <class T, class From>
class Cast final : public DerivedSource<T, From> {
public:
    explicit Cast(Source<From> parent) : DerivedSource<T, From>(parent, parent->rows(), parent->cols()) {}
    void read(RowRange r, MatrixView<T> out, Scratch& scratch) const override {
        convert_block("astype", this->parent().view(r, scratch), out);
    }
    std::string_view name() const noexcept override { return "astype"; }
};

/// f(MatrixView<const From> rows, MatrixView<T> out), on any number of rows at a time.
template <class T, class From, class F>
class RowMap final : public DerivedSource<T, From> {
public:
    RowMap(Source<From> parent, Index cols, std::string_view name, F f)
        : DerivedSource<T, From>(parent, parent->rows(), cols), name_(name), f_(std::move(f)) {}
    void read(RowRange r, MatrixView<T> out, Scratch& scratch) const override {
        f_(this->parent().view(r, scratch), out);
    }
    std::string_view name() const noexcept override { return name_; }

private:
    std::string_view name_;  // a literal
    F f_;
};

/// f(MatrixView<const From> block, MatrixView<T> out), on whole blocks of `plan`. Any other rows are cut from the result
/// of their block, which is kept until another block is asked for.
template <class T, class From, class F>
class BlockMap final : public DerivedSource<T, From> {
public:
    BlockMap(Source<From> parent, BlockPlan plan, Index cols, F f)
        : DerivedSource<T, From>(parent, parent->rows(), cols), plan_(std::move(plan)), f_(std::move(f)) {}
    void read(RowRange r, MatrixView<T> out, Scratch& scratch) const override {
        for (Index begin = r.begin; begin < r.end;) {
            const Index block = plan_.find(begin);
            const RowRange whole = plan_[block];
            const RowRange part{begin, std::min(r.end, whole.end)};
            const MatrixView<T> target = out.rows(part.begin - r.begin, part.end - r.begin);
            try {
                if (part == whole) f_(this->parent().view(whole, scratch), target);
                else copy_part(block, part, target, scratch);
            } catch (Error& error) {
                error.add_rows(whole.begin - r.begin);  // a row that was not asked for gets no number
                throw;
            }
            begin = part.end;
        }
    }
    Index own_scratch_bytes(Index) const override {
        const Index rows = plan_.largest();
        return this->parent().scratch_bytes(rows) +
               rows * (this->parent().cols() * static_cast<Index>(sizeof(From)) + this->cols() * static_cast<Index>(sizeof(T)));
    }
    std::string_view name() const noexcept override { return "map_blocks"; }

private:
    struct Result {
        Matrix<T> values;
        Index block = -1;
    };

    void copy_part(Index block, RowRange part, MatrixView<T> out, Scratch& scratch) const {
        const RowRange whole = plan_[block];
        Result& result = scratch.get<Result>(this);
        if (result.block != block) {
            result.block = -1;  // stays so if f throws
            result.values.resize(whole.size(), this->cols());
            f_(this->parent().view(whole, scratch), result.values.view());
            result.block = block;
        }
        for (Index i = 0; i < part.size(); ++i)
            std::ranges::copy(std::as_const(result.values).row(part.begin - whole.begin + i), out.row(i).begin());
    }

    BlockPlan plan_;
    F f_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
