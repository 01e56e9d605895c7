# What the Debian packages are made of: see src/deploy/packages.cmake.
include(${CMAKE_CURRENT_LIST_DIR}/release.cmake)
set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "")
set(MASKPIPE_BUILD_MANUAL ON CACHE BOOL "")
set(MASKPIPE_INSTALL_PYTHON ON CACHE BOOL "")
