# The same for aarch64, built on Debian for amd64 with arm64's libraries beside;
# qemu-user runs what is built.
include(${CMAKE_CURRENT_LIST_DIR}/strict.cmake)
set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
set(CMAKE_SYSTEM_NAME Linux CACHE STRING "")
set(CMAKE_SYSTEM_PROCESSOR aarch64 CACHE STRING "")
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc CACHE STRING "")
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++ CACHE STRING "")
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu CACHE STRING "")
set(CMAKE_CROSSCOMPILING_EMULATOR /usr/bin/qemu-aarch64-static CACHE STRING "")
set(ENV{PKG_CONFIG_LIBDIR}
    /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
set(MASKPIPE_BUILD_TESTS ON CACHE BOOL "" FORCE)
set(MASKPIPE_BUILD_FETCH OFF CACHE BOOL "")
