# Finds the serial HDF5 C library: blockfit::hdf5, BlockfitHDF5_FOUND, BlockfitHDF5_VERSION.
# Set BlockfitHDF5_ROOT to prefer one installation.
#
# Not CMake's FindHDF5: that one stops a project that has only CXX enabled. Named apart from it, so that a consumer may
# use both.

find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
    pkg_search_module(PC_BLOCKFIT_HDF5 QUIET hdf5-serial hdf5)
endif()
find_path(BlockfitHDF5_INCLUDE_DIR hdf5.h
    HINTS ${PC_BLOCKFIT_HDF5_INCLUDE_DIRS} PATH_SUFFIXES hdf5/serial)
find_library(BlockfitHDF5_LIBRARY NAMES hdf5 hdf5_serial
    HINTS ${PC_BLOCKFIT_HDF5_LIBRARY_DIRS} PATH_SUFFIXES hdf5/serial)
mark_as_advanced(BlockfitHDF5_INCLUDE_DIR BlockfitHDF5_LIBRARY)

if(BlockfitHDF5_INCLUDE_DIR)
    file(STRINGS "${BlockfitHDF5_INCLUDE_DIR}/H5public.h" lines REGEX "^#define H5_VERS_(MAJOR|MINOR|RELEASE)[ \t]")
    string(REGEX REPLACE "[^;]*H5_VERS_[A-Z]+[ \t]+([0-9]+)[^;]*" "\\1" lines "${lines}")
    string(REPLACE ";" "." BlockfitHDF5_VERSION "${lines}")

    # The headers of an MPI build include mpi.h.
    file(STRINGS "${BlockfitHDF5_INCLUDE_DIR}/H5pubconf.h" parallel REGEX "^#define H5_HAVE_PARALLEL 1")
    if(parallel)
        set(reason "${BlockfitHDF5_INCLUDE_DIR} belongs to an MPI build; set BlockfitHDF5_ROOT to a serial one")
        unset(BlockfitHDF5_INCLUDE_DIR CACHE)
    endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(BlockfitHDF5
    REQUIRED_VARS BlockfitHDF5_LIBRARY BlockfitHDF5_INCLUDE_DIR
    VERSION_VAR BlockfitHDF5_VERSION
    REASON_FAILURE_MESSAGE "${reason}")
unset(reason)

if(BlockfitHDF5_FOUND AND NOT TARGET blockfit::hdf5)
    add_library(blockfit::hdf5 UNKNOWN IMPORTED)
    set_target_properties(blockfit::hdf5 PROPERTIES
        IMPORTED_LOCATION "${BlockfitHDF5_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${BlockfitHDF5_INCLUDE_DIR}")
endif()
