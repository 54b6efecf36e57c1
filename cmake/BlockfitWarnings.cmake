# blockfit_warnings: linked PRIVATE by our own programs, never by the library target.
add_library(blockfit_warnings INTERFACE)
target_compile_options(blockfit_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
# GCC documents that instrumented code causes false warnings, most of them this one; plain builds stay strict.
if(BLOCKFIT_SANITIZE)
    target_compile_options(blockfit_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
else()
    target_compile_options(blockfit_warnings INTERFACE -Werror)
endif()
