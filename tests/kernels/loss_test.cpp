#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include <blockfit/kernels/loss.hpp>

namespace bf = blockfit;
using bf::Loss;

namespace {

constexpr double epsilon = 0.1;
constexpr std::array all_losses{Loss::hinge,         Loss::perceptron,    Loss::squared_hinge,
                                Loss::log_loss,      Loss::modified_huber, Loss::squared_error,
                                Loss::huber,         Loss::epsilon_insensitive,
                                Loss::squared_epsilon_insensitive};

double value(Loss loss, double p, double y) {
    return bf::loss::dispatch(loss, epsilon, [=](auto l) { return l.value(p, y); });
}
double slope(Loss loss, double p, double y) {
    return bf::loss::dispatch(loss, epsilon, [=](auto l) { return l.slope(p, y); });
}

/// Is there a corner within `reach` of p?
bool near_kink(Loss loss, double p, double y, double reach) {
    const auto near = [reach](double a, double b) { return std::abs(a - b) < reach; };
    switch (loss) {
        case Loss::hinge: return near(p * y, 1);
        case Loss::perceptron: return near(p * y, 0);
        case Loss::epsilon_insensitive: return near(std::abs(p - y), epsilon);
        default: return false;  // the others have a continuous slope
    }
}

}  // namespace

TEST_CASE("loss: the slope is the derivative of the value", "[kernels]") {
    constexpr double h = 1e-6;
    for (const Loss loss : all_losses)
        for (const double y : {-1.0, 1.0, 0.3})
            for (double p = -25; p < 25; p += 0.0137) {
                if (near_kink(loss, p, y, 2 * h)) continue;
                CAPTURE(bf::enum_names(loss)[static_cast<std::size_t>(loss)], p, y);
                const double numeric = (value(loss, p + h, y) - value(loss, p - h, y)) / (2 * h);
                REQUIRE(slope(loss, p, y) == Approx(numeric).epsilon(1e-6).margin(1e-5));
            }
}

TEST_CASE("loss: values are at least 0 and continuous", "[kernels]") {
    for (const Loss loss : all_losses)
        for (const double y : {-1.0, 1.0})
            for (double p = -25; p < 25; p += 0.0137) {
                REQUIRE(value(loss, p, y) >= 0);
                REQUIRE(std::abs(value(loss, p + 1e-9, y) - value(loss, p, y)) <= 1e-7);
            }
}

TEST_CASE("loss: the closed sides at the cut-offs", "[kernels]") {
    // {loss, margin p*y, slope * y, value}, at the cut-off itself
    struct Row {
        Loss loss;
        double margin, slope, value;
    };
    constexpr std::array rows{
        Row{Loss::hinge, 1.0, -1.0, 0.0},          // still learns at the margin
        Row{Loss::perceptron, 0.0, -1.0, 0.0},     // learns from the very first row
        Row{Loss::squared_hinge, 1.0, 0.0, 0.0},
        Row{Loss::modified_huber, 1.0, 0.0, 0.0},
        Row{Loss::modified_huber, -1.0, -4.0, 4.0},
    };
    for (const Row& row : rows)
        for (const double y : {-1.0, 1.0}) {
            CAPTURE(bf::enum_names(row.loss)[static_cast<std::size_t>(row.loss)], row.margin, y);
            CHECK(slope(row.loss, row.margin * y, y) * y == row.slope);
            CHECK(value(row.loss, row.margin * y, y) == row.value);
        }
    // One step beyond, on the far side.
    CHECK(slope(Loss::hinge, std::nextafter(1.0, 2.0), 1) == 0);
    CHECK(slope(Loss::perceptron, std::nextafter(0.0, 1.0), 1) == 0);
    CHECK(slope(Loss::squared_hinge, std::nextafter(1.0, 0.0), 1) < 0);

    // |p - y| exactly epsilon: the difference of the doubles, not of the decimals.
    bf::loss::dispatch(Loss::huber, 0.5, [](auto l) {
        CHECK(l.slope(1.5, 1.0) == 0.5);
        CHECK(l.slope(0.5, 1.0) == -0.5);
        CHECK(l.slope(4.0, 1.0) == 0.5);
        CHECK(l.slope(-4.0, 1.0) == -0.5);
        CHECK(l.value(1.5, 1.0) == 0.125);
        CHECK(l.value(3.0, 1.0) == 0.875);
    });
    bf::loss::dispatch(Loss::epsilon_insensitive, 0.5, [](auto l) {
        CHECK(l.slope(1.5, 1.0) == 0.0);
        CHECK(l.slope(0.5, 1.0) == 0.0);
        CHECK(l.slope(std::nextafter(1.5, 2.0), 1.0) == 1.0);
        CHECK(l.slope(0.25, 1.0) == -1.0);
        CHECK(l.value(1.5, 1.0) == 0.0);
        CHECK(l.value(0.25, 1.0) == 0.25);
    });
    bf::loss::dispatch(Loss::squared_epsilon_insensitive, 0.5, [](auto l) {
        CHECK(l.slope(1.5, 1.0) == 0.0);
        CHECK(l.slope(2.5, 1.0) == 2.0);
        CHECK(l.slope(-0.5, 1.0) == -2.0);
        CHECK(l.value(2.5, 1.0) == 1.0);
    });
}

TEST_CASE("loss: log_loss neither overflows nor loses its tail", "[kernels]") {
    for (const double y : {-1.0, 1.0}) {
        CHECK(value(Loss::log_loss, 1e4 * y, y) == 0.0);
        CHECK(value(Loss::log_loss, -1e4 * y, y) == 1e4);
        CHECK(slope(Loss::log_loss, -1e4 * y, y) == -y);
        CHECK(slope(Loss::log_loss, 0, y) == -0.5 * y);
        CHECK(value(Loss::log_loss, 30 * y, y) == Approx(std::exp(-30.0)).epsilon(1e-14));
        CHECK(slope(Loss::log_loss, 30 * y, y) * y == Approx(-std::exp(-30.0)).epsilon(1e-14));
        // The cut-offs themselves belong to the middle.
        CHECK(value(Loss::log_loss, 18 * y, y) == std::log(1 + std::exp(-18.0)));
        CHECK(slope(Loss::log_loss, -18 * y, y) * y == Approx(-1 / (std::exp(-18.0) + 1)).epsilon(1e-15));
    }
}

TEST_CASE("loss: names are scikit-learn's, in the order of the enum", "[kernels]") {
    const auto names = bf::enum_names(Loss{});
    CHECK(names[static_cast<std::size_t>(Loss::hinge)] == "hinge");
    CHECK(names[static_cast<std::size_t>(Loss::perceptron)] == "perceptron");
    CHECK(names[static_cast<std::size_t>(Loss::squared_hinge)] == "squared_hinge");
    CHECK(names[static_cast<std::size_t>(Loss::log_loss)] == "log_loss");
    CHECK(names[static_cast<std::size_t>(Loss::modified_huber)] == "modified_huber");
    CHECK(names[static_cast<std::size_t>(Loss::squared_error)] == "squared_error");
    CHECK(names[static_cast<std::size_t>(Loss::huber)] == "huber");
    CHECK(names[static_cast<std::size_t>(Loss::epsilon_insensitive)] == "epsilon_insensitive");
    CHECK(names[static_cast<std::size_t>(Loss::squared_epsilon_insensitive)] == "squared_epsilon_insensitive");
}
