# What developers and CI build: all tests and benchmarks, warnings are errors.
include(${CMAKE_CURRENT_LIST_DIR}/release.cmake)
set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
set(MASKPIPE_BUILD_TESTS ON CACHE BOOL "" FORCE)
set(MASKPIPE_BUILD_BENCH ON CACHE BOOL "")
set(MASKPIPE_WARNINGS "-Wall -Wextra -Wpedantic -Wconversion -Werror"
    CACHE STRING "")
set(CMAKE_C_FLAGS "${MASKPIPE_WARNINGS}" CACHE STRING "")
set(CMAKE_CXX_FLAGS "${MASKPIPE_WARNINGS}" CACHE STRING "")
# The tests make the Debian packages of this build.
set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "")
set(MASKPIPE_BUILD_MANUAL ON CACHE BOOL "")
set(MASKPIPE_INSTALL_PYTHON ON CACHE BOOL "")
