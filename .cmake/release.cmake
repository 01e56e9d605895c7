# What users build: cmake -S . -B .build/release -C .cmake/release.cmake
set(CMAKE_BUILD_TYPE Release CACHE STRING "")
set(MASKPIPE_BUILD_TESTS OFF CACHE BOOL "")
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE} CACHE STRING "")
endif()
