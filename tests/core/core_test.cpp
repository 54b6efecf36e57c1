#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <blockfit/core/adapt.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/labels.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/random_state.hpp>

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using Catch::Matchers::Contains;

TEST_CASE("Error: the message, then what is known of the place", "[core]") {
    bf::DataError error("SGDClassifier::fit: X holds NaN", {.row = 7, .column = 2});
    REQUIRE(error.what() == std::string("SGDClassifier::fit: X holds NaN [row 7, column 2]"));
    REQUIRE(error.code() == bf::ErrorCode::data);
    error.add_rows(100);  // a tile of a block
    REQUIRE(error.row() == 107);
    error.locate(3, 5'000, "data.h5", "X");
    REQUIRE(error.what() == std::string("SGDClassifier::fit: X holds NaN [file data.h5, dataset X, block 3, row 5107, column 2]"));
    error.add_rows(1);  // rows count from the start of the array now
    error.locate(9, 9'000, "other.h5", "Y");
    REQUIRE(error.block() == 3);
    REQUIRE(error.row() == 5'107);
    REQUIRE(error.dataset() == "X");
    bf::IoError of_file("short", {.file = "data.h5", .dataset = "X", .row = 12});
    of_file.locate(2, 100, "wrapped", "Z");
    REQUIRE(of_file.row() == 12);  // counted from the start of its dataset already
    REQUIRE(of_file.block() == 2);
    const bf::Error& base = of_file;
    REQUIRE(base.message() == "short");
}

TEST_CASE("MatrixView: rows, columns, strides", "[core]") {
    std::array<int, 12> values{};
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int>(i);
    const bf::MatrixView<int> view(values.data(), 3, 3, 4);
    REQUIRE(view(2, 1) == 9);
    REQUIRE(view.row(1)[2] == 6);
    REQUIRE(view.rows(1, 3)(0, 0) == 4);
    REQUIRE(view.cols(1, 3)(2, 1) == 10);
    REQUIRE_FALSE(view.contiguous());
    REQUIRE(view.rows(0, 1).contiguous());
    REQUIRE(bf::MatrixView<int>(values.data(), 3, 4).contiguous());
    const bf::MatrixView<const int> readable = view;
    REQUIRE(readable(2, 2) == 10);
    view(0, 0) = 42;
    REQUIRE(values[0] == 42);
    REQUIRE(bf::Matrix<int>(readable) == bf::Matrix<int>{{42, 1, 2}, {4, 5, 6}, {8, 9, 10}});
}

TEST_CASE("Matrix: shapes are checked", "[core]") {
    const bf::Matrix<double> m{{1, 2}, {3, 4}, {5, 6}};
    REQUIRE(m.rows() == 3);
    REQUIRE(m.cols() == 2);
    REQUIRE(m(2, 1) == 6);
    REQUIRE(bf::Matrix<double>(3, 2, {1, 2, 3, 4, 5, 6}) == m);
    REQUIRE_FALSE(bf::Matrix<double>(2, 3, {1, 2, 3, 4, 5, 6}) == m);
    REQUIRE_THROWS_AS(bf::Matrix<double>(2, 2, {1, 2, 3}), bf::ShapeError);
    REQUIRE_THROWS_AS((bf::Matrix<double>{{1, 2}, {3}}), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::Matrix<double>(-1, 2), bf::ShapeError);
    REQUIRE_THROWS_AS(bf::Matrix<double>(Index{1} << 40, Index{1} << 40), bf::ShapeError);
    double sum = 0;
    for (const double value : bf::Matrix<double>{{1, 2}, {3, 4}}.values()) sum += value;  // of a temporary
    REQUIRE(sum == 10);
}

TEST_CASE("RandomState: numpy's stream", "[core]") {
    bf::RandomState generator(0);
    REQUIRE(generator.next() == 2357136044u);
    REQUIRE(bf::RandomState(0).uniform() == 0.5488135039273248);
    REQUIRE(bf::RandomState(7).randint(5, 6) == 5);
    bf::RandomState unmoved(3), fresh(3);
    (void)unmoved.randint(4, 5);  // one choice: nothing is drawn
    REQUIRE(unmoved.next() == fresh.next());
    bf::RandomState wide(1);
    for (int i = 0; i < 1'000; ++i) {
        const auto value = wide.randint(-3, 4);
        REQUIRE((value >= -3 && value <= 3));
    }
    std::vector<std::uint32_t> order{0, 1, 2, 3, 4, 5, 6};
    bf::shuffle_sgd_epoch(std::span(order), 0);
    std::vector<std::uint32_t> one{0, 1, 2, 3, 4, 5, 6};
    bf::shuffle_sgd_epoch(std::span(one), 1);
    REQUIRE(order == one);  // the seed 0 is replaced by 1
}

TEST_CASE("labels: integers, bool, enums, and reals that are whole", "[core]") {
    enum class Colour : unsigned char { red = 3, blue = 200 };
    REQUIRE(bf::to_label(true) == 1);
    REQUIRE(bf::to_label('a') == 97);
    REQUIRE(bf::to_label(Colour::blue) == 200);
    REQUIRE(bf::to_label(-2.0f) == -2);
    REQUIRE(bf::to_label(std::uint64_t{1} << 62) == Label{1} << 62);
    REQUIRE_THROWS_AS(bf::to_label(std::numeric_limits<std::uint64_t>::max()), bf::LabelError);
    for (const double bad : {0.5, 1e19, -1e19, std::nan(""), HUGE_VAL})
        REQUIRE_THROWS_AS(bf::to_label(bad, 12), bf::LabelError);
    REQUIRE_THROWS_WITH(bf::to_label(0.5, 12), Contains("row 12"));

    const std::vector<Label> y{5, -1, 5, 7, -1};
    const std::vector<Label> classes{-1, 5, 7};
    REQUIRE(bf::detail::unique_labels(y) == classes);
    REQUIRE(bf::detail::find_class(classes, 5) == 1);
    REQUIRE(bf::detail::find_class(classes, 6) == -1);
    const std::vector<Label> two{-1, 5};
    REQUIRE(bf::detail::find_class(two, -1) == 0);
    REQUIRE(bf::detail::find_class(two, 7) == -1);
    bf::detail::require_known_labels("here", classes, y);
    REQUIRE_THROWS_WITH(bf::detail::require_known_labels("here", two, y),
                        Contains("label 7 is not in classes {-1, 5}") && Contains("row 3"));
}

TEST_CASE("SampleWeight and LabelSpan borrow what they can", "[core]") {
    const std::vector<double> weights{1, 2, 3};
    const bf::SampleWeight none, same(0.5), each(weights);
    REQUIRE_FALSE(static_cast<bool>(none));
    REQUIRE(none[2] == 1.0);
    REQUIRE(same[2] == 0.5);
    REQUIRE(each.rows(1, 3)[1] == 3.0);
    each.check("here", 3);
    REQUIRE_THROWS_AS(each.check("here", 2), bf::ShapeError);
    same.check("here", 99);
    const std::vector<double> bad{1, std::nan("")};
    REQUIRE_THROWS_WITH(bf::SampleWeight(bad).check("here", 2), Contains("row 1"));
    REQUIRE_THROWS_AS(bf::SampleWeight(HUGE_VAL).check("here", 2), bf::DataError);

    const std::vector<Label> y{1, 2};
    REQUIRE(bf::LabelSpan(y).get().data() == y.data());
    const std::array<bool, 2> flags{true, false};
    const bf::LabelSpan converted(flags);
    REQUIRE(converted.get()[0] == 1);
    REQUIRE_THROWS_AS(bf::LabelSpan(std::vector<float>{1.0f, 1.5f}), bf::LabelError);
}
