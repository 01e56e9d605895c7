# Tests under -fsanitize=thread.
include(${CMAKE_CURRENT_LIST_DIR}/dev.cmake)
set(MASKPIPE_BUILD_BENCH OFF CACHE BOOL "" FORCE)
set(MASKPIPE_SANITIZE "-fsanitize=thread -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1" CACHE STRING "")
set(CMAKE_C_FLAGS "${MASKPIPE_WARNINGS} ${MASKPIPE_SANITIZE}" CACHE STRING "" FORCE)
set(CMAKE_CXX_FLAGS "${MASKPIPE_WARNINGS} ${MASKPIPE_SANITIZE}" CACHE STRING "" FORCE)
