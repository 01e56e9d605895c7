# An overlay port that lies in maskpipe's own tree:
#   vcpkg install maskpipe --overlay-ports=src/deploy/vcpkg
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.."
  ABSOLUTE)
vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS -DMASKPIPE_BUILD_TESTS=OFF -DMASKPIPE_INSTALL=ON)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME maskpipe CONFIG_PATH lib/cmake/maskpipe)
vcpkg_fixup_pkgconfig()
vcpkg_copy_tools(TOOL_NAMES maskpipe AUTO_CLEAN)
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include")
vcpkg_install_copyright(
  FILE_LIST "${SOURCE_PATH}/src/deploy/debian/copyright")
