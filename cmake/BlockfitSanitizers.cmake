# blockfit_sanitizers: linked PRIVATE by our own programs, never by the library target.
set(BLOCKFIT_SANITIZE "" CACHE STRING "Sanitizers of blockfit's own programs")
set_property(CACHE BLOCKFIT_SANITIZE PROPERTY STRINGS "" "address;undefined" "thread")

add_library(blockfit_sanitizers INTERFACE)
if(BLOCKFIT_SANITIZE)
    list(JOIN BLOCKFIT_SANITIZE "," sanitizers)
    target_compile_options(blockfit_sanitizers INTERFACE
        -fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(blockfit_sanitizers INTERFACE -fsanitize=${sanitizers})
endif()
