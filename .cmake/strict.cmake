# What users build, with warnings as errors: more inlining brings more of them.
include(${CMAKE_CURRENT_LIST_DIR}/release.cmake)
set(MASKPIPE_WARNINGS "-Wall -Wextra -Wpedantic -Wconversion -Werror"
    CACHE STRING "")
set(CMAKE_C_FLAGS "${MASKPIPE_WARNINGS}" CACHE STRING "")
set(CMAKE_CXX_FLAGS "${MASKPIPE_WARNINGS}" CACHE STRING "")
