#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include <blockfit/exec/settings.hpp>

namespace bf = blockfit;
using namespace bf::literals;

TEST_CASE("Settings: inner scopes win, and what they leave out comes from outside", "[exec]") {
    CHECK(bf::Settings::current().threads == 0);
    CHECK(bf::Settings::current().memory_limit == 0);
    CHECK_FALSE(bf::Settings::current().cancel);
    {
        const bf::CancelToken token;
        const bf::Settings outer({.threads = 3, .memory_limit = 2_MiB, .cancel = token});
        {
            const bf::Settings inner({.threads = 2});
            CHECK(bf::Settings::current().threads == 2);
            CHECK(bf::Settings::current().memory_limit == 2 * 1024 * 1024);
            REQUIRE(bf::Settings::current().cancel);
            token.cancel();
            CHECK(bf::Settings::current().cancel->cancelled());
            const bf::CancelToken other;
            const bf::Settings innermost({.memory_limit = 1_KiB, .cancel = other});
            CHECK(bf::Settings::current().threads == 2);
            CHECK(bf::Settings::current().memory_limit == 1024);
            CHECK_FALSE(bf::Settings::current().cancel->cancelled());
        }
        CHECK(bf::Settings::current().threads == 3);
        CHECK(bf::Settings::current().memory_limit == 2_MiB);
        CHECK(bf::Settings::current().cancel->cancelled());
    }
    CHECK(bf::Settings::current().threads == 0);
    CHECK(bf::Settings::current().memory_limit == 0);
    CHECK_FALSE(bf::Settings::current().cancel);
}

TEST_CASE("Settings: hold for their own thread only", "[exec]") {
    const bf::Settings settings({.threads = 5, .memory_limit = 1_GiB});
    int threads = -1;
    bf::Index limit = -1;
    std::thread([&] {
        threads = bf::Settings::current().threads;
        limit = bf::Settings::current().memory_limit;
    }).join();
    CHECK(threads == 0);
    CHECK(limit == 0);
}

TEST_CASE("Settings: negative numbers are refused and change nothing", "[exec]") {
    const bf::Settings outer({.threads = 4, .memory_limit = 100});
    CHECK_THROWS_AS(bf::Settings({.threads = -1}), bf::ParameterError);
    CHECK_THROWS_WITH(bf::Settings({.threads = -1}), "Settings: threads is -1, expected at least 0");
    CHECK_THROWS_AS(bf::Settings({.threads = 2, .memory_limit = -1}), bf::ParameterError);
    CHECK_THROWS_WITH(bf::Settings({.memory_limit = -1}), "Settings: memory_limit is -1, expected at least 0");
    CHECK(bf::Settings::current().threads == 4);
    CHECK(bf::Settings::current().memory_limit == 100);
}

TEST_CASE("Settings: are put back when a scope is left by an exception", "[exec]") {
    try {
        const bf::Settings settings({.threads = 7});
        throw 1;
    } catch (int) {
    }
    CHECK(bf::Settings::current().threads == 0);
}

TEST_CASE("CancelToken: copies share one flag", "[exec]") {
    const bf::CancelToken token;
    const bf::CancelToken copy = token;
    const bf::CancelToken other;
    CHECK_FALSE(token.cancelled());
    std::thread([&] { copy.cancel(); }).join();
    CHECK(token.cancelled());
    CHECK_FALSE(other.cancelled());
}

TEST_CASE("literals: bytes", "[exec]") {
    STATIC_REQUIRE(1_KiB == 1024);
    STATIC_REQUIRE(3_MiB == 3 * 1024 * 1024);
    STATIC_REQUIRE(2_GiB == bf::Index{2} * 1024 * 1024 * 1024);
}
