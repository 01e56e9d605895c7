# Debian packages by CPack:
#
#   cmake -S . -B .build/package -C .cmake/package.cmake
#   cmake --build .build/package && cd .build/package && cpack -G DEB
#
# libmaskpipe0 (the library), libmaskpipe-dev, maskpipe (the programs, manual
# page and completions) and python3-maskpipe.

set(packages libmaskpipe0 libmaskpipe-dev maskpipe python3-maskpipe)
set(components library development program python)

# --- Manual page and completions, from the program's own help ------------------
option(MASKPIPE_BUILD_MANUAL "Make the manual page and completions" OFF)
# It runs the program, which must run here.
if(MASKPIPE_BUILD_MANUAL AND NOT CMAKE_CROSSCOMPILING AND
   NOT MASKPIPE_SANITIZE)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set(manual ${PROJECT_BINARY_DIR}/manual)
  set(generate ${PROJECT_SOURCE_DIR}/src/deploy/manual/generate.py)
  add_custom_command(OUTPUT ${manual}/maskpipe.1.gz
    COMMAND ${Python3_EXECUTABLE} -B ${generate}
            $<TARGET_FILE:maskpipe_cli> ${manual}
    COMMAND gzip -9nf ${manual}/maskpipe.1
    DEPENDS maskpipe_cli ${generate} VERBATIM)
  add_custom_target(maskpipe_manual ALL DEPENDS ${manual}/maskpipe.1.gz)
  set(share ${CMAKE_INSTALL_DATADIR})
  install(FILES ${manual}/maskpipe.1.gz COMPONENT program
          DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${manual}/maskpipe.bash RENAME maskpipe COMPONENT program
          DESTINATION ${share}/bash-completion/completions)
  install(FILES ${manual}/_maskpipe COMPONENT program
          DESTINATION ${share}/zsh/vendor-completions)
  install(FILES ${manual}/maskpipe.fish COMPONENT program
          DESTINATION ${share}/fish/vendor_completions.d)
  foreach(example airflow astro docker fluent-bit kubernetes rsyslog systemd)
    install(DIRECTORY src/deploy/${example} COMPONENT program
            DESTINATION ${share}/doc/maskpipe/examples USE_SOURCE_PERMISSIONS)
  endforeach()
endif()

# --- Python ---------------------------------------------------------------------
option(MASKPIPE_INSTALL_PYTHON "Install the Python package" OFF)
if(MASKPIPE_INSTALL_PYTHON)
  install(DIRECTORY src/plugins/python/maskpipe COMPONENT python
          DESTINATION lib/python3/dist-packages
          PATTERN __pycache__ EXCLUDE)
endif()

# --- What Debian wants in each --------------------------------------------------
find_program(GZIP gzip)
if(GZIP)
  configure_file(src/deploy/debian/changelog changelog COPYONLY)
  execute_process(COMMAND ${GZIP} -9nkf ${PROJECT_BINARY_DIR}/changelog)
  foreach(package component IN ZIP_LISTS packages components)
    install(FILES src/deploy/debian/copyright ${PROJECT_BINARY_DIR}/changelog.gz
            DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package}
            COMPONENT ${component} EXCLUDE_FROM_ALL)
  endforeach()
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME maskpipe)
set(CPACK_PACKAGE_CONTACT
  "The maskpipe authors <maskpipe@users.noreply.github.com>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL ${components})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
foreach(package component IN ZIP_LISTS packages components)
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package})
endforeach()
set(same "libmaskpipe0 (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA
  ${PROJECT_BINARY_DIR}/triggers ${PROJECT_BINARY_DIR}/shlibs)
file(WRITE ${PROJECT_BINARY_DIR}/triggers "activate-noawait ldconfig\n")
file(WRITE ${PROJECT_BINARY_DIR}/shlibs
  "libmaskpipe 0 libmaskpipe0 (>= ${PROJECT_VERSION})\n")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
  "The library: masks records and streams in the process that writes a log.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "${same}, libre2-dev, libyaml-dev, libsodium-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
  "Headers for C and C++, the static library, CMake and pkg-config files.")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS
  "libsqlite3-0, libpq5, libmariadb3")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
  "The programs: a filter for pipes and containers, and rsyslog's helper.")
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS
  "python3, libmaskpipe0 (>= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_PYTHON_PACKAGE_RECOMMENDS maskpipe)
set(CPACK_COMPONENT_PYTHON_DESCRIPTION
  "For Python: masks logging, structlog and the task logs of Airflow.")
include(CPack)
