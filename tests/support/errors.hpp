#ifndef BLOCKFIT_TESTS_SUPPORT_ERRORS_HPP
#define BLOCKFIT_TESTS_SUPPORT_ERRORS_HPP

#include <string>

#include <blockfit/core/error.hpp>

namespace test {

/// What the blockfit::Error that f() throws says.
template <class F>
std::string message(F f) {
    try {
        f();
    } catch (const blockfit::Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

}  // namespace test

#endif
