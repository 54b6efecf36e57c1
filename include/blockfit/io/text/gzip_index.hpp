#ifndef BLOCKFIT_IO_TEXT_GZIP_INDEX_HPP
#define BLOCKFIT_IO_TEXT_GZIP_INDEX_HPP

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <zlib.h>

#include <blockfit/core/error.hpp>
#include <blockfit/io/input_file.hpp>

namespace blockfit {
inline namespace v1 {
namespace detail {

/// Where inflating can begin: after `text` bytes of text, at byte `packed` of the file, of whose predecessor the last
/// `bits` bits belong to it, with the `window` of text before. At the start of a gzip member there is no window.
struct GzipPoint {
    Index text = 0;
    Index packed = 0;
    int bits = 0;
    bool member = true;
    std::vector<unsigned char> window{};
};

/// Inflates a gzip file of one or more members from a point on. Kept by a reader, so that going on costs nothing.
class GzipStream {
public:
    static constexpr Index buffer_bytes = Index{1} << 16;
    static constexpr Index window_bytes = Index{1} << 15;

    GzipStream() = default;
    ~GzipStream() { close(); }
    GzipStream(const GzipStream&) = delete;
    GzipStream& operator=(const GzipStream&) = delete;

    [[nodiscard]] bool is_open() const noexcept { return open_; }
    [[nodiscard]] bool at_end() const noexcept { return end_; }
    /// Text bytes before the next one.
    [[nodiscard]] Index text() const noexcept { return text_; }

    void open(const InputFile& file, const GzipPoint& point) {
        close();
        buffer_.resize(static_cast<std::size_t>(buffer_bytes));
        z_ = {};
        if (inflateInit2(&z_, point.member ? gzip : raw) != Z_OK) throw file.error("zlib cannot be started");
        open_ = true;
        end_ = false;
        raw_ = !point.member;
        text_ = point.text;
        packed_ = point.packed;
        if (point.bits != 0) {
            std::byte before{};
            file.read(point.packed - 1, &before, 1);
            inflatePrime(&z_, point.bits, std::to_integer<int>(before) >> (8 - point.bits));
        }
        if (!point.window.empty())
            inflateSetDictionary(&z_, point.window.data(), static_cast<unsigned>(point.window.size()));
    }

    /// Inflates up to `count` bytes. Returns how many; fewer only at the end of the file or, if `stop_at_blocks`, at a
    /// place where a point can be made. Throws IoError if the data is damaged or incomplete.
    Index read(const InputFile& file, char* out, Index count, bool stop_at_blocks = false) {
        Index done = 0;
        while (done < count && !end_) {
            if (z_.avail_in == 0 && !fill(file))
                throw file.error("the gzip data ends too early: the file was truncated");
            const Index room = std::min<Index>(count - done, Index{1} << 30);
            z_.next_out = reinterpret_cast<Bytef*>(out + done);
            z_.avail_out = static_cast<uInt>(room);
            const int code = inflate(&z_, stop_at_blocks ? Z_BLOCK : Z_NO_FLUSH);
            fresh_member_ = false;
            const Index got = room - static_cast<Index>(z_.avail_out);
            done += got;
            text_ += got;
            if (code == Z_STREAM_END) {
                next_member(file);
                if (stop_at_blocks) break;
            } else if (code == Z_MEM_ERROR) {
                throw file.error("not enough memory to inflate");
            } else if (code != Z_OK && code != Z_BUF_ERROR) {
                throw file.error("the gzip data is damaged before byte " + std::to_string(packed_));
            } else if (stop_at_blocks && can_resume()) {
                break;
            }
        }
        return done;
    }

    /// Between two blocks, or at the start of a member.
    [[nodiscard]] bool can_resume() const noexcept {
        return !end_ && (fresh_member_ || ((z_.data_type & 128) != 0 && (z_.data_type & 64) == 0));
    }
    [[nodiscard]] GzipPoint point() {
        GzipPoint point{.text = text_, .packed = packed_ - static_cast<Index>(z_.avail_in), .member = fresh_member_};
        if (fresh_member_) return point;
        point.bits = z_.data_type & 7;
        point.window.resize(static_cast<std::size_t>(window_bytes));
        uInt size = 0;
        inflateGetDictionary(&z_, point.window.data(), &size);
        point.window.resize(size);
        return point;
    }

private:
    static constexpr int gzip = 15 + 16, raw = -15;

    void close() noexcept {
        if (open_) inflateEnd(&z_);
        open_ = false;
        fresh_member_ = false;
    }
    /// The next packed bytes. False at the end of the file.
    [[nodiscard]] bool fill(const InputFile& file) {
        const Index count = std::min(buffer_bytes, file.size() - packed_);
        if (count <= 0) return false;
        file.read(packed_, reinterpret_cast<std::byte*>(buffer_.data()), count);
        packed_ += count;
        z_.next_in = buffer_.data();
        z_.avail_in = static_cast<uInt>(count);
        return true;
    }
    /// After a member: the next one, or the end. Zeros after the last member are padding.
    void next_member(const InputFile& file) {
        if (raw_)  // zlib has not seen the checksum
            for (int i = 0; i < 8; ++i) {
                if (z_.avail_in == 0 && !fill(file))
                    throw file.error("the gzip data ends too early: the file was truncated");
                ++z_.next_in;
                --z_.avail_in;
            }
        fresh_member_ = false;
        for (;;) {
            if (z_.avail_in == 0 && !fill(file)) {
                end_ = true;
                return;
            }
            if (*z_.next_in != 0) break;
            ++z_.next_in;
            --z_.avail_in;
        }
        raw_ = false;
        fresh_member_ = true;
        if (inflateReset2(&z_, gzip) != Z_OK) throw file.error("zlib cannot be started");
    }

    z_stream z_{};
    std::vector<unsigned char> buffer_;
    Index text_ = 0;
    Index packed_ = 0;  // of the file, read to the buffer
    bool open_ = false, end_ = false, raw_ = false, fresh_member_ = false;
};

/// The points of a gzip file, about evenly spread over its text and never more than a few megabytes.
class GzipIndex {
public:
    static constexpr std::size_t most_points = 256;

    explicit GzipIndex(Index spacing) : spacing_(spacing) { points_.emplace_back(); }

    /// One pass over the file, serial, as inflating is: gives all its text to f(bytes, count), in order.
    void scan(const InputFile& file, const std::function<void(const char*, Index)>& f) {
        points_.assign(1, GzipPoint{});
        GzipStream stream;
        stream.open(file, points_.front());
        std::vector<char> text(static_cast<std::size_t>(GzipStream::buffer_bytes));
        while (!stream.at_end()) {
            const Index count = stream.read(file, text.data(), std::ssize(text), true);
            f(text.data(), count);
            if (!stream.can_resume() || stream.text() - points_.back().text < spacing_) continue;
            points_.push_back(stream.point());
            if (points_.size() <= most_points) continue;
            for (std::size_t i = 1; 2 * i < points_.size(); ++i) points_[i] = std::move(points_[2 * i]);
            points_.resize((points_.size() + 1) / 2);
            spacing_ *= 2;
        }
        text_bytes_ = stream.text();
    }
    [[nodiscard]] Index text_bytes() const noexcept { return text_bytes_; }
    [[nodiscard]] std::size_t size() const noexcept { return points_.size(); }

    /// Text bytes [offset, offset + count), fewer at the end. Goes on with `stream` if that is nearer than a point.
    Index read(const InputFile& file, Index offset, char* out, Index count, GzipStream& stream) const {
        const auto after = std::ranges::upper_bound(points_, offset, {}, &GzipPoint::text);
        const GzipPoint& point = *(after - 1);
        if (!stream.is_open() || stream.text() > offset || stream.text() < point.text) stream.open(file, point);
        try {
            std::vector<char> skipped(
                static_cast<std::size_t>(std::min(offset - stream.text(), GzipStream::buffer_bytes)));
            while (stream.text() < offset)
                if (stream.read(file, skipped.data(), std::min(std::ssize(skipped), offset - stream.text())) == 0)
                    return 0;
            return stream.read(file, out, count);
        } catch (...) {
            stream.open(file, points_.front());  // zlib's state is of no use any more
            throw;
        }
    }

private:
    Index spacing_;
    Index text_bytes_ = 0;
    std::vector<GzipPoint> points_;
};

}  // namespace detail
}  // namespace v1
}  // namespace blockfit

#endif
