# Finds libdeflate: blockfit::libdeflate, Libdeflate_FOUND, Libdeflate_VERSION.
# Debian 12's package has no CMake files of its own.

find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
    pkg_search_module(PC_LIBDEFLATE QUIET libdeflate)
endif()
find_path(Libdeflate_INCLUDE_DIR libdeflate.h HINTS ${PC_LIBDEFLATE_INCLUDE_DIRS})
find_library(Libdeflate_LIBRARY NAMES deflate HINTS ${PC_LIBDEFLATE_LIBRARY_DIRS})
mark_as_advanced(Libdeflate_INCLUDE_DIR Libdeflate_LIBRARY)

if(Libdeflate_INCLUDE_DIR)
    file(STRINGS "${Libdeflate_INCLUDE_DIR}/libdeflate.h" lines REGEX "^#define LIBDEFLATE_VERSION_STRING")
    string(REGEX REPLACE ".*\"([0-9.]+)\".*" "\\1" Libdeflate_VERSION "${lines}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libdeflate
    REQUIRED_VARS Libdeflate_LIBRARY Libdeflate_INCLUDE_DIR
    VERSION_VAR Libdeflate_VERSION)

if(Libdeflate_FOUND AND NOT TARGET blockfit::libdeflate)
    add_library(blockfit::libdeflate UNKNOWN IMPORTED)
    set_target_properties(blockfit::libdeflate PROPERTIES
        IMPORTED_LOCATION "${Libdeflate_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${Libdeflate_INCLUDE_DIR}")
endif()
