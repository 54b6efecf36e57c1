#include <catch2/catch.hpp>

#include <array>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <blockfit/core/params.hpp>

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using Catch::Matchers::Contains;

namespace sample {
enum class Kind { first, second };
constexpr std::array<std::string_view, 2> enum_names(Kind) { return {"first", "second"}; }
struct Params {
    double alpha = 0.5;
    Kind kind = Kind::first;
    bool on = true;
    Index count = 3;
    std::uint32_t seed = 0;
    std::optional<double> tol = 1e-3;
    bf::ClassWeight class_weight{};
    std::vector<Label> classes{};
    static constexpr auto fields() {
        using P = Params;
        return std::tuple{bf::Field{"alpha", &P::alpha}, bf::Field{"kind", &P::kind},
                          bf::Field{"on", &P::on},       bf::Field{"count", &P::count},
                          bf::Field{"seed", &P::seed},   bf::Field{"tol", &P::tol},
                          bf::Field{"class_weight", &P::class_weight}, bf::Field{"classes", &P::classes}};
    }
};
}  // namespace sample

namespace {

template <class V>
V back(const V& value) {
    V read{};
    bf::detail::from_text(bf::detail::to_text(value), read);
    return read;
}
std::string described(const sample::Params& p) { return bf::detail::describe("Sample", p); }

}  // namespace

TEST_CASE("params: every text reads back to the same value", "[core]") {
    std::mt19937_64 bits(1);
    for (int i = 0; i < 10'000; ++i) {
        const double value = std::bit_cast<double>(bits());
        if (value == value) REQUIRE(back(value) == value);
    }
    for (const double value : {0.1, 1e-4, 1.0 / 3.0, -0.0, std::numeric_limits<double>::infinity(), 5e-324})
        REQUIRE(std::bit_cast<std::uint64_t>(back(value)) == std::bit_cast<std::uint64_t>(value));
    REQUIRE(back(true));
    REQUIRE(back(std::numeric_limits<Index>::min()) == std::numeric_limits<Index>::min());
    REQUIRE(back(std::uint32_t{4'294'967'295u}) == 4'294'967'295u);
    REQUIRE(back(sample::Kind::second) == sample::Kind::second);
    REQUIRE(back(std::optional<double>(2.5)) == 2.5);
    REQUIRE(back(std::optional<double>()) == std::nullopt);
    REQUIRE(back(bf::ClassWeight(bf::balanced)).is_balanced());
    REQUIRE(back(bf::ClassWeight{{-1, 0.1}, {7, 3.0}}) == bf::ClassWeight{{-1, 0.1}, {7, 3.0}});
    REQUIRE(back(bf::ClassWeight()) == bf::ClassWeight());
    REQUIRE(back(std::vector<Label>{-5, 0, 9}) == std::vector<Label>{-5, 0, 9});
    REQUIRE(back(std::vector<Label>{}).empty());
}

TEST_CASE("params: setting by name, and what is refused", "[core]") {
    sample::Params p;
    const auto set = [&](std::string_view name, std::string_view text) { bf::detail::set_param(p, "Sample", name, text); };
    set("alpha", "1e-3");
    set("kind", "second");
    set("on", "false");
    set("count", "true");  // like scikit-learn's average
    set("tol", "None");
    set("class_weight", "{0: 0.5, 2: 2}");
    REQUIRE(p.alpha == 1e-3);
    REQUIRE(p.kind == sample::Kind::second);
    REQUIRE_FALSE(p.on);
    REQUIRE(p.count == 1);
    REQUIRE_FALSE(p.tol);
    REQUIRE(p.class_weight.weights()[1].second == 2.0);
    const sample::Params before = p;
    for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{{"alpha", "abc"},
                                                                                     {"alpha", "1x"},
                                                                                     {"alpha", ""},
                                                                                     {"kind", "third"},
                                                                                     {"on", "1"},
                                                                                     {"count", "1.5"},
                                                                                     {"seed", "-1"},
                                                                                     {"seed", "4294967296"},
                                                                                     {"tol", "none"},
                                                                                     {"class_weight", "{0 0.5}"},
                                                                                     {"class_weight", "auto"},
                                                                                     {"classes", "{a}"}}) {
        INFO(name << " = " << text);
        REQUIRE_THROWS_AS(set(name, text), bf::ParameterError);
        REQUIRE(described(p) == described(before));
    }
    REQUIRE_THROWS_WITH(set("kind", "third"), Contains("parameter kind") && Contains("third") && Contains("one of first, second"));
    REQUIRE_THROWS_WITH(set("beta", "1"), Contains("Sample has no parameter 'beta'") && Contains("alpha, kind, on"));
}

TEST_CASE("params: printing shows what differs from the defaults", "[core]") {
    REQUIRE(described({}) == "Sample()");
    REQUIRE(described({.alpha = 0.001, .on = false, .tol = std::nullopt}) == "Sample(alpha=0.001, on=false, tol=None)");
    REQUIRE(described({.class_weight = {{1, 2.5}}, .classes = {0, 1}}) == "Sample(class_weight={1: 2.5}, classes={0, 1})");
}
