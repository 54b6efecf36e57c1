#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/wrappers/incremental.hpp>

#include "support/data.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using bf::Loss;
using bf::Matrix;
using bf::MatrixView;
using bf::SGDClassifier;

namespace {

/// Writes down what each partial_fit was given. Row r of the data holds r in all columns.
class Recorder {
public:
    static constexpr std::string_view class_name = "Recorder";
    struct Call {
        Index first_row = 0, rows = 0;
        std::vector<Label> classes;
        double weight = 0;  // of the first row, -1 for none
        bool consistent = false;
        bool operator==(const Call&) const = default;
    };
    std::vector<Call> calls;

    template <std::floating_point T>
    Recorder& partial_fit(MatrixView<const T> X, std::span<const Label> y, const bf::PartialFitOptions& options = {}) {
        Call call{static_cast<Index>(X(0, 0)), X.rows(), options.classes, options.sample_weight ? options.sample_weight[0] : -1, true};
        for (Index i = 0; i < X.rows(); ++i)
            for (Index j = 0; j < X.cols(); ++j)
                call.consistent &= X(i, j) == static_cast<T>(call.first_row + i) &&
                                   y[static_cast<std::size_t>(i)] == (call.first_row + i) % 3;
        calls.push_back(std::move(call));
        return *this;
    }
    [[nodiscard]] bool fitted() const noexcept { return !calls.empty(); }
    [[nodiscard]] Index n_features_in() const { return 2; }
    [[nodiscard]] Recorder unfitted() const { return {}; }
    bool operator==(const Recorder&) const = default;

    [[nodiscard]] std::vector<Index> first_rows() const {
        std::vector<Index> rows;
        for (const Call& call : calls) rows.push_back(call.first_row);
        return rows;
    }
};
static_assert(bf::SupervisedPartialFit<Recorder>);

/// n rows of what Recorder expects, counting the rows that are read.
struct Numbered {
    std::atomic<Index> X_reads{0}, y_reads{0};
    bf::ChunkedMatrix<double> X;
    bf::ChunkedVector<int> y;
    Numbered(Index n, Index block_rows, Index y_block_rows)
        : X(bf::from_function<double>(
              n, 2,
              [this](Index first, MatrixView<double> out) {
                  X_reads += out.rows();
                  for (Index i = 0; i < out.rows(); ++i) std::ranges::fill(out.row(i), static_cast<double>(first + i));
              },
              {.block_rows = block_rows})),
          y(bf::vector_from_function<int>(
              n,
              [this](Index first, MatrixView<int> out) {
                  y_reads += out.rows();
                  for (Index i = 0; i < out.rows(); ++i) out(i, 0) = static_cast<int>((first + i) % 3);
              },
              {.block_rows = y_block_rows})) {}
};

/// Slower than any reader; knows how far reading is ahead of it.
struct Slow {
    static constexpr std::string_view class_name = "Slow";
    const std::atomic<Index>* reads = nullptr;
    Index learnt = 0, most_ahead = 0;
    Slow& partial_fit(MatrixView<const double> X, std::span<const Label>, const bf::PartialFitOptions& = {}) {
        for (int i = 0; i < 500; ++i) std::this_thread::yield();
        most_ahead = std::max(most_ahead, *reads - learnt);
        learnt += X.rows();
        return *this;
    }
    [[nodiscard]] bool fitted() const noexcept { return learnt > 0; }
    [[nodiscard]] Index n_features_in() const { return 2; }
    [[nodiscard]] Slow unfitted() const { return {reads}; }
    bool operator==(const Slow&) const = default;
};

struct Data {
    Matrix<double> X;
    std::vector<Label> y;
    explicit Data(Index n, Index n_classes = 2, std::uint32_t seed = 1)
        : X(test::normal(n, 4, seed)), y(test::labels(X, n_classes)) {}
    [[nodiscard]] auto chunked(Index block_rows) const { return bf::from_array(X, {.block_rows = block_rows}); }
    [[nodiscard]] auto labels() const { return bf::from_vector(y); }
};

/// partial_fit by hand on rows [begin, end), a block at a time.
void train_blocks(SGDClassifier& clf, const Data& data, Index block_rows, Index begin, Index end,
                  const std::vector<Label>& classes, const std::vector<double>& weight = {}) {
    for (Index first = begin; first < end; first += block_rows) {
        const Index last = std::min(first + block_rows, end);
        const auto part = [=](const auto& v) {
            return std::span(v).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
        };
        clf.partial_fit(data.X.view().rows(first, last), part(data.y),
                        {.classes = classes,
                         .sample_weight = weight.empty() ? bf::SampleWeight() : bf::SampleWeight(part(weight))});
    }
}

SGDClassifier log_loss(std::uint32_t seed = 3) { return SGDClassifier({.loss = Loss::log_loss, .random_state = seed, .average = 5}); }

constexpr std::array thread_counts{1, 2, 3, 8};

}  // namespace

// --- what partial_fit is given -----------------------------------------------------------------------------------------

TEST_CASE("Incremental: each block once, in order, whole, with its labels", "[wrappers]") {
    for (const int threads : thread_counts)
        for (const Index block_rows : {1, 7, 50, 100, 1000}) {
            CAPTURE(threads, block_rows);
            const bf::Settings settings({.threads = threads});
            Numbered data(100, block_rows, 13);  // y is cut elsewhere
            bf::Incremental model(Recorder{}, {.classes = {0, 1, 2}});
            CHECK(&model.fit(data.X, data.y) == &model);
            std::vector<Recorder::Call> want;
            for (Index first = 0; first < 100; first += block_rows)
                want.push_back({first, std::min<Index>(block_rows, 100 - first), {0, 1, 2}, -1, true});
            CHECK(model.estimator().calls == want);
            CHECK(model.blocks_done() == std::ssize(want));
            CHECK(data.X_reads == 100);
            CHECK(data.y_reads == 100);
        }
}

TEST_CASE("Incremental: passes repeat the blocks, partial_fit makes one more", "[wrappers]") {
    for (const int threads : {1, 8}) {
        const bf::Settings settings({.threads = threads});
        Numbered data(30, 10, 30);
        bf::Incremental model(Recorder{}, {.classes = {0, 1, 2}, .passes = 3});
        model.fit(data.X, data.y);
        CHECK(model.estimator().first_rows() == std::vector<Index>{0, 10, 20, 0, 10, 20, 0, 10, 20});
        CHECK(model.blocks_done() == 9);
        model.partial_fit(data.X, data.y);
        CHECK(model.estimator().calls.size() == 12);
        CHECK(model.blocks_done() == 3);
        model.fit(data.X, data.y);  // forgets
        CHECK(model.estimator().calls.size() == 9);
    }
}

TEST_CASE("Incremental: shuffled blocks come in numpy's order, a new one each pass", "[wrappers]") {
    for (const int threads : {1, 8})
        for (const std::uint32_t seed : {0u, 7u}) {
            const bf::Settings settings({.threads = threads});
            Numbered data(95, 10, 8);
            bf::Incremental model(Recorder{}, {.classes = {0, 1, 2}, .passes = 2, .shuffle_blocks = true, .random_state = seed});
            model.fit(data.X, data.y);
            std::vector<Index> want;
            bf::RandomState generator(seed);
            for (int pass = 0; pass < 2; ++pass)
                for (const Index block : generator.permutation(10)) want.push_back(10 * block);
            CHECK(model.estimator().first_rows() == want);
            CHECK_FALSE(std::equal(want.begin(), want.begin() + 10, want.begin() + 10));
            // Rows keep their order, the short last block its length.
            for (const Recorder::Call& call : model.estimator().calls) {
                CHECK(call.consistent);
                CHECK(call.rows == (call.first_row == 90 ? 5 : 10));
            }
            // The same order at each call.
            model.partial_fit(data.X, data.y);
            want.resize(10);
            const std::vector<Index> visited = model.estimator().first_rows();
            CHECK(std::vector(visited.begin() + 20, visited.end()) == want);
        }
}

TEST_CASE("Incremental: classes are found in y when they are not given", "[wrappers]") {
    std::vector<int> y(2000, 5);
    for (std::size_t i = 0; i < y.size(); i += 100) y[i] = -static_cast<int>(i);
    const auto X = bf::random_normal(2000, 2, {.block_rows = 300});
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        bf::Incremental model{SGDClassifier()};
        model.fit(X, bf::from_vector(y, {.block_rows = 70}));
        REQUIRE(model.classes().size() == 21);
        CHECK(model.classes().front() == -1900);
        CHECK(model.classes().back() == 5);
        CHECK(std::ranges::is_sorted(model.classes()));
    }
    // partial_fit does not look: one block cannot show them all.
    bf::Incremental model{SGDClassifier()};
    CHECK_THROWS_AS(model.partial_fit(X, bf::from_vector(y)), bf::LabelError);
    CHECK_FALSE(model.fitted());
    CHECK(model.blocks_done() == 0);
}

TEST_CASE("Incremental: weights are read beside y", "[wrappers]") {
    const auto weight = bf::vector_from_function<double>(
        100, [](Index first, MatrixView<double> out) {
            for (Index i = 0; i < out.rows(); ++i) out(i, 0) = 0.5 + static_cast<double>(first + i);
        },
        {.block_rows = 17});
    for (const int threads : thread_counts) {
        const bf::Settings settings({.threads = threads});
        Numbered data(100, 10, 100);
        bf::Incremental model(Recorder{}, {.classes = {0, 1, 2}});
        model.fit(data.X, data.y, {.sample_weight = weight});
        for (const Recorder::Call& call : model.estimator().calls)
            CHECK(call.weight == 0.5 + static_cast<double>(call.first_row));
    }
}

TEST_CASE("Incremental: equals partial_fit by hand, to the bit, for any number of threads", "[wrappers]") {
    for (const Index n_classes : {2, 3})
        for (const Index block_rows : {1, 64, 300}) {
            const Data data(300, n_classes);
            const std::vector<double> w = test::weights(300, 4);
            SGDClassifier plain = log_loss(), weighted = log_loss();
            const std::vector<Label> classes = bf::detail::unique_labels(data.y);
            for (int pass = 0; pass < 2; ++pass) {
                train_blocks(plain, data, block_rows, 0, 300, classes);
                train_blocks(weighted, data, block_rows, 0, 300, classes, w);
            }
            for (const int threads : thread_counts) {
                CAPTURE(n_classes, block_rows, threads);
                const bf::Settings settings({.threads = threads});
                bf::Incremental model(log_loss(), {.passes = 2});
                CHECK(model.fit(data.chunked(block_rows), data.labels()).estimator() == plain);
                CHECK(model.fit(data.chunked(block_rows), data.labels(), {.sample_weight = bf::from_vector(w)}).estimator() == weighted);
            }
        }
}

TEST_CASE("Incremental: float and integer data, labels of any type", "[wrappers]") {
    const Data data(200);
    const Matrix<float> narrow = test::as<float>(data.X);
    const Matrix<short> whole = test::as<short>(data.X);
    std::vector<unsigned char> bytes(data.y.begin(), data.y.end());
    std::vector<float> reals(data.y.begin(), data.y.end());
    SGDClassifier by_hand = log_loss();
    for (Index first = 0; first < 200; first += 50)
        by_hand.partial_fit(narrow.view().rows(first, first + 50), std::span(data.y).subspan(static_cast<std::size_t>(first), 50),
                            {.classes = {0, 1}});
    bf::Incremental model(log_loss(), {.classes = {0, 1}});
    CHECK(model.fit(bf::from_array(narrow, {.block_rows = 50}), bf::from_vector(bytes)).estimator() == by_hand);
    CHECK(model.fit(bf::from_array(narrow, {.block_rows = 50}), bf::from_vector(reals)).estimator() == by_hand);
    const SGDClassifier from_integers = model.fit(bf::from_array(whole, {.block_rows = 50}), data.labels()).estimator();
    const Matrix<double> wide = test::to_double(whole);
    CHECK(model.fit(bf::from_array(wide, {.block_rows = 50}), data.labels()).estimator() == from_integers);
}

TEST_CASE("Incremental: data in memory is one block", "[wrappers]") {
    const Data data(120, 3);
    SGDClassifier by_hand = log_loss();
    by_hand.partial_fit(data.X, data.y, {.classes = {0, 1, 2}}).partial_fit(data.X, data.y);
    bf::Incremental model(log_loss(), {.passes = 2});
    model.fit(data.X, data.y);
    CHECK(model.estimator() == by_hand);
    CHECK(model.blocks_done() == 2);
    model.partial_fit(data.X, data.y);
    CHECK(model.estimator() == by_hand.partial_fit(data.X, data.y));
    CHECK(model.blocks_done() == 1);
    CHECK(model.predict(data.X) == by_hand.predict(data.X));
    CHECK(model.predict_proba(data.X) == by_hand.predict_proba(data.X));
    CHECK(model.decision_function(data.X) == by_hand.decision_function(data.X));
    CHECK(model.score(data.X, data.y) == by_hand.score(data.X, data.y));

    std::vector<Label> stranger = data.y;
    stranger[3] = 9;
    const auto before = model;
    CHECK_THROWS_AS(model.partial_fit(data.X, stranger), bf::LabelError);
    bf::Incremental limited(log_loss(), {.classes = {0, 1, 2}, .passes = 2});
    CHECK_THROWS_AS(limited.fit(data.X, stranger), bf::LabelError);
    CHECK(model == before);
    CHECK_FALSE(limited.fitted());
}

// --- after a failure ---------------------------------------------------------------------------------------------------

namespace {

/// Trains 10 blocks of 30 rows of which block 4 fails; checks that the blocks before it were learnt and no others, and
/// that the run can go on from there. spoil(X, y) makes the bad data. Returns the message.
std::string fail_at_block_4(const std::function<void(Matrix<double>&, std::vector<Label>&)>& spoil) {
    const Data good(300);
    Data bad = good;
    spoil(bad.X, bad.y);
    SGDClassifier first_four = log_loss(), straight = log_loss();
    train_blocks(first_four, good, 30, 0, 120, {0, 1});
    train_blocks(straight, good, 30, 0, 300, {0, 1});
    std::string message;
    for (const int threads : {1, 2, 8})
        for (int repeat = 0; repeat < 20; ++repeat) {
            CAPTURE(threads);
            const bf::Settings settings({.threads = threads});
            bf::Incremental model(log_loss(), {.classes = {0, 1}});
            try {
                model.fit(bad.chunked(30), bad.labels());
                FAIL("the bad block was not noticed");
            } catch (const bf::Error& error) {
                REQUIRE(error.block() == 4);
                REQUIRE((message.empty() || message == error.what()));
                message = error.what();
            }
            REQUIRE(model.blocks_done() == 4);
            REQUIRE(model.estimator() == first_four);
            // The rest, once it is mended.
            model.partial_fit(good.chunked(30).rows(120, 300), good.labels().rows(120, 300));
            REQUIRE(model.estimator() == straight);
            REQUIRE(model.blocks_done() == 6);
        }
    return message;
}

}  // namespace

TEST_CASE("Incremental: a bad value leaves the state after the blocks before it", "[wrappers]") {
    CHECK(fail_at_block_4([](Matrix<double>& X, std::vector<Label>&) {
              X(131, 2) = test::nan;
              X(299, 0) = test::infinity;  // a later block
          }) == "SGDClassifier::partial_fit: X holds NaN, expected finite values [block 4, row 131, column 2]");
}

TEST_CASE("Incremental: an unknown label is named with its block and row", "[wrappers]") {
    CHECK(fail_at_block_4([](Matrix<double>&, std::vector<Label>& y) {
              y[149] = 7;
              y[200] = 8;
          }) == "SGDClassifier::partial_fit: label 7 is not in classes {0, 1}; give all labels in `classes` on the first call "
                "[block 4, row 149]");
}

TEST_CASE("Incremental: weights that overflow leave the state after the block before", "[wrappers]") {
    CHECK_THAT(fail_at_block_4([](Matrix<double>& X, std::vector<Label>&) {
                   for (double& x : X.row(125)) x = 1e308;
                   for (double& x : X.row(126)) x = -1e308;
               }),
               Catch::Contains("the weights overflowed") && Catch::Contains("[block 4]"));
}

TEST_CASE("Incremental: labels that are no whole numbers", "[wrappers]") {
    const Data data(300);
    std::vector<double> y(data.y.begin(), data.y.end());
    y[140] = 0.5;
    for (const int threads : {1, 2, 8}) {
        const bf::Settings settings({.threads = threads});
        bf::Incremental model(log_loss(), {.classes = {0, 1}}), finding(log_loss());
        CHECK_THROWS_WITH(model.fit(data.chunked(30), bf::from_vector(y)),
                          Catch::Contains("unknown label type") && Catch::Contains("[block 4, row 140]"));
        CHECK(model.blocks_done() == 4);
        // Where classes are looked for first, y's own blocks are named, and nothing has been learnt.
        finding.fit(data.X, data.y);
        const auto before = finding;
        CHECK_THROWS_WITH(finding.fit(data.chunked(30), bf::from_vector(y, {.block_rows = 60})), Catch::Contains("[block 2, row 140]"));
        CHECK(finding == before);
    }
}

TEST_CASE("Incremental: bad weights name their row", "[wrappers]") {
    const Data data(300);
    std::vector<double> w(300, 1.0);
    w[149] = test::nan;
    SGDClassifier first_four = log_loss();
    train_blocks(first_four, data, 30, 0, 120, {0, 1}, w);
    for (const int threads : {1, 2, 8}) {
        const bf::Settings settings({.threads = threads});
        bf::Incremental model(log_loss(), {.classes = {0, 1}});
        CHECK_THROWS_WITH(model.fit(data.chunked(30), data.labels(), {.sample_weight = bf::from_vector(w)}),
                          Catch::Contains("sample_weight is not finite [block 4, row 149]"));
        CHECK(model.estimator() == first_four);
    }
}

TEST_CASE("Incremental: an exception from a function of the user's passes unchanged", "[wrappers]") {
    struct Mine : std::runtime_error {
        using std::runtime_error::runtime_error;
        int code = 17;
    };
    const Data data(300);
    SGDClassifier first_four = log_loss();
    train_blocks(first_four, data, 30, 0, 120, {0, 1});
    for (const int threads : {1, 2, 8}) {
        const bf::Settings settings({.threads = threads});
        const auto X = data.chunked(30).map_blocks([&](MatrixView<const double> in, MatrixView<double> out) {
            const Index first = in.row(0).data() - data.X.data();
            if (first >= 4 * 120) throw Mine("block " + std::to_string(first / 120));
            for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
        });
        for (int repeat = 0; repeat < 20; ++repeat) {
            bf::Incremental model(log_loss(), {.classes = {0, 1}});
            try {
                model.fit(X, data.labels());
                FAIL("not thrown");
            } catch (const Mine& mine) {
                REQUIRE(mine.what() == std::string("block 4"));
                REQUIRE(mine.code == 17);
            }
            REQUIRE(model.blocks_done() == 4);
            REQUIRE(model.estimator() == first_four);
        }
    }
}

TEST_CASE("Incremental: cancelled, it keeps the complete blocks", "[wrappers]") {
    const Data data(300);
    for (const int threads : thread_counts)
        for (int repeat = 0; repeat < 10; ++repeat) {
            CAPTURE(threads);
            const bf::CancelToken token;
            const bf::Settings settings({.threads = threads, .cancel = token});
            const auto X = data.chunked(30).map_blocks([&](MatrixView<const double> in, MatrixView<double> out) {
                if (in.row(0).data() == data.X.row(180).data()) token.cancel();
                for (Index i = 0; i < in.rows(); ++i) std::ranges::copy(in.row(i), out.row(i).begin());
            });
            bf::Incremental model(log_loss(), {.classes = {0, 1}});
            REQUIRE_THROWS_AS(model.fit(X, data.labels()), bf::Cancelled);
            const Index done = model.blocks_done();
            REQUIRE(done <= 7);
            SGDClassifier by_hand = log_loss();
            train_blocks(by_hand, data, 30, 0, 30 * done, {0, 1});
            REQUIRE(model.estimator() == by_hand);
            // And goes on.
            const bf::Settings again({.cancel = bf::CancelToken()});
            model.partial_fit(data.chunked(30).rows(30 * done, 300), data.labels().rows(30 * done, 300));
            train_blocks(by_hand, data, 30, 30 * done, 300, {0, 1});
            REQUIRE(model.estimator() == by_hand);
        }
}

TEST_CASE("Incremental: in a shuffled run the block is named by its own number", "[wrappers]") {
    Data data(100);
    data.X(57, 1) = test::nan;
    const std::vector<Index> order = bf::RandomState(9).permutation(10);
    const auto position = static_cast<Index>(std::ranges::find(order, 5) - order.begin());
    for (const int threads : {1, 2, 8}) {
        const bf::Settings settings({.threads = threads});
        bf::Incremental model(log_loss(), {.classes = {0, 1}, .shuffle_blocks = true, .random_state = 9});
        CHECK_THROWS_WITH(model.fit(data.chunked(10), data.labels()), Catch::Contains("[block 5, row 57, column 1]"));
        CHECK(model.blocks_done() == position);
    }
}

// --- before any work ---------------------------------------------------------------------------------------------------

TEST_CASE("Incremental: what cannot work is refused before anything is read, and changes nothing", "[wrappers]") {
    const Data fitted_on(100);
    const Index n = 90'000;  // 1.44 MB a block of X
    Numbered data(2 * n, n, n);
    bf::Incremental model(log_loss(), {.classes = {0, 1}});
    model.fit(fitted_on.X, fitted_on.y);
    const auto before = model;
    const auto refused = [&]<class E>(std::type_identity<E>, const std::string& text, auto call) {
        CAPTURE(text);
        CHECK_THROWS_AS(call(), E);
        CHECK_THROWS_WITH(call(), Catch::Contains(text));
        CHECK(model.estimator() == before.estimator());
        CHECK(data.X_reads == 0);
        CHECK(data.y_reads == 0);
    };
    using Shape = std::type_identity<bf::ShapeError>;
    const auto w = bf::vector_from_function<double>(n, [](Index, MatrixView<double>) {});
    refused(Shape{}, "Incremental::fit: length of y is 179999, expected 180000",
            [&] { model.fit(data.X, data.y.rows(0, 2 * n - 1)); });
    refused(Shape{}, "Incremental::partial_fit: length of y is 90000, expected 180000",
            [&] { model.partial_fit(data.X, data.y.rows(0, n)); });
    refused(Shape{}, "length of sample_weight is 90000, expected 180000",
            [&] { model.fit(data.X, data.y, {.sample_weight = w}); });
    refused(Shape{}, "X has 0 rows", [&] { model.fit(data.X.rows(0, 0), data.y.rows(0, 0)); });
    refused(Shape{}, "number of features is 2, expected 4", [&] { model.partial_fit(data.X, data.y); });
    {
        const bf::Settings settings({.memory_limit = 1'000'000});
        const auto fit = [&] { model.fit(data.X, data.y); };
        refused(std::type_identity<bf::MemoryLimitError>{},
                "Incremental::fit: a block of 90000 rows takes", fit);
        CHECK_THROWS_WITH(fit(), Catch::Contains("but memory_limit is 1.0 MB; raise Settings::memory_limit"));
        // Classes would have to be found first: not even that.
        bf::Incremental finding{log_loss()};
        CHECK_THROWS_AS(finding.fit(data.X, data.y), bf::MemoryLimitError);
        CHECK(data.y_reads == 0);
        refused(std::type_identity<bf::MemoryLimitError>{}, "Incremental::partial_fit: a block of 90000 rows takes",
                [&] { model.partial_fit(data.X.cols({0, 1, 0, 1}), data.y); });
    }
    for (const auto& [name, value] : std::vector<std::pair<const char*, const char*>>{
             {"passes", "0"},
             {"estimator__alpha", "-1"},
             {"estimator__early_stopping", "true"},
             {"estimator__class_weight", "balanced"}}) {
        model = before;
        model.set_param(name, value);
        const SGDClassifier kept = model.estimator();
        CAPTURE(name);
        CHECK_THROWS_AS(model.fit(data.X, data.y), bf::ParameterError);
        CHECK_THROWS_AS(model.fit(fitted_on.X, fitted_on.y), bf::ParameterError);
        CHECK(model.estimator() == kept);
        CHECK(data.X_reads == 0);
        CHECK(data.y_reads == 0);
    }
}

TEST_CASE("Incremental: the memory limit bounds what is read ahead of the learner", "[wrappers]") {
    for (const int threads : thread_counts)
        for (const Index fit : {1, 2, 4}) {
            CAPTURE(threads, fit);
            Numbered data(6'000, 100, 100);
            // 100 rows of X and y, and what the conversion of y needs.
            const bf::Settings settings({.threads = threads, .memory_limit = fit * 100 * (2 * 8 + 8 + 4) + 100});
            bf::Incremental model(Slow{&data.X_reads}, {.classes = {0, 1, 2}});
            model.fit(data.X, data.y);
            CHECK(model.estimator().learnt == 6'000);
            CHECK(model.estimator().most_ahead <= 100 * std::min<Index>(fit, threads + 1));
        }
}

// --- as a value --------------------------------------------------------------------------------------------------------

TEST_CASE("Incremental: lazy predictions keep the state they were made with", "[wrappers]") {
    const Data data(200, 3);
    const auto X = data.chunked(30);
    bf::Incremental model(log_loss());
    model.fit(X, data.labels());
    const auto predicted = model.predict(X);
    const auto proba = model.predict_proba(X);
    const std::vector<Label> want = model.predict(data.X);
    const Matrix<double> want_proba = model.predict_proba(data.X);
    const double score = model.score(X, data.labels());
    model.partial_fit(X, data.labels());
    CHECK_FALSE(model.predict_proba(data.X) == want_proba);
    CHECK(predicted.compute() == want);
    CHECK(proba.compute() == want_proba);
    Index right = 0;
    for (std::size_t i = 0; i < 200; ++i) right += want[i] == data.y[i];
    CHECK(score == Approx(static_cast<double>(right) / 200));
}

TEST_CASE("Incremental: parameters of its own and of the estimator's", "[wrappers]") {
    bf::Incremental model(SGDClassifier({.loss = Loss::log_loss}), {.classes = {0, 1}});
    CHECK(model.to_string() == "Incremental(SGDClassifier(loss=log_loss), classes={0, 1})");
    model.set_param("estimator__alpha", "0.5").set_param("passes", "4").set_param("classes", "{0, 1, 2}");
    CHECK(model.to_string() == "Incremental(SGDClassifier(loss=log_loss, alpha=0.5), classes={0, 1, 2}, passes=4)");
    CHECK(bf::Incremental(SGDClassifier()).to_string() == "Incremental(SGDClassifier())");
    CHECK_THROWS_WITH(model.set_param("alpha", "1"), Catch::Contains("Incremental has no parameter 'alpha'; it has classes, passes"));
    CHECK_THROWS_AS(model.set_param("estimator__passes", "1"), bf::ParameterError);
    CHECK_THROWS_AS(model.set_param("passes", "many"), bf::ParameterError);
    const auto fresh = model.unfitted();
    CHECK(fresh == model);
    const Data data(60, 3);
    model.fit(data.X, data.y);
    CHECK_FALSE(fresh == model);
    CHECK(model.unfitted() == fresh);
    CHECK(model.n_features_in() == 4);
    CHECK_THROWS_AS(fresh.classes(), bf::NotFittedError);
    CHECK_THROWS_AS(fresh.predict(data.X), bf::NotFittedError);
    CHECK_THROWS_AS(fresh.predict(data.chunked(10)), bf::NotFittedError);
}

TEST_CASE("Incremental: is deduced from what it is given, under both names", "[wrappers]") {
    STATIC_REQUIRE(std::is_same_v<decltype(bf::Incremental(SGDClassifier())), bf::Incremental<SGDClassifier>>);
    STATIC_REQUIRE(std::is_same_v<decltype(bf::Incremental(SGDClassifier(), {.passes = 2})), bf::Incremental<SGDClassifier>>);
    STATIC_REQUIRE(std::is_same_v<decltype(bf::IncrementalClassifier(SGDClassifier())), bf::IncrementalClassifier<SGDClassifier>>);
    const Data data(90);
    bf::IncrementalClassifier named(log_loss(), {.classes = {0, 1}});
    named.fit(data.chunked(20), data.labels());
    bf::Incremental plain(log_loss(), {.classes = {0, 1}});
    CHECK(named.estimator() == plain.fit(data.chunked(20), data.labels()).estimator());
    CHECK_FALSE(named.unfitted().fitted());
}
