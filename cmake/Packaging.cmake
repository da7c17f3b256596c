# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where, the CMake package `Smearkit`, and the Debian package
# (`cpack -G DEB`). All places are relative to one another, so the prefix can be moved.
include(CMakePackageConfigHelpers)

set(SMEAR_INSTALL_PLUGINS "${CMAKE_INSTALL_LIBDIR}/smearkit/plugins")
set(SMEAR_INSTALL_CMAKE "${CMAKE_INSTALL_LIBDIR}/cmake/Smearkit")
set(SMEAR_INSTALL_DOC "${CMAKE_INSTALL_DATADIR}/doc/smearkit")
set(SMEAR_INSTALL_SHARE "${CMAKE_INSTALL_DATADIR}/smearkit")

install(TARGETS smear_sdk EXPORT SmearkitTargets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(TARGETS smear_manifest EXPORT SmearkitTargets
        RUNTIME DESTINATION "${CMAKE_INSTALL_LIBDIR}/smearkit")
if(TARGET smear)
  install(TARGETS smear EXPORT SmearkitTargets RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY core/sdk/smear DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(DIRECTORY DESTINATION "${SMEAR_INSTALL_PLUGINS}")

configure_package_config_file(cmake/SmearkitConfig.cmake.in SmearkitConfig.cmake
  INSTALL_DESTINATION "${SMEAR_INSTALL_CMAKE}" PATH_VARS SMEAR_INSTALL_PLUGINS)
write_basic_package_version_file(SmearkitConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(EXPORT SmearkitTargets NAMESPACE Smearkit:: DESTINATION "${SMEAR_INSTALL_CMAKE}")
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/SmearkitConfig.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/SmearkitConfigVersion.cmake"
  cmake/SmearPlugin.cmake cmake/SmearOpenCV.cmake
  DESTINATION "${SMEAR_INSTALL_CMAKE}")

# The pipelines stand at the same place relative to the program in the build tree.
if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/pipelines")
  install(DIRECTORY pipelines DESTINATION "${SMEAR_INSTALL_SHARE}")
  file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/${SMEAR_INSTALL_SHARE}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}/pipelines"
       "${CMAKE_BINARY_DIR}/${SMEAR_INSTALL_SHARE}/pipelines" SYMBOLIC)
endif()
if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/docs")
  install(DIRECTORY docs/ DESTINATION "${SMEAR_INSTALL_DOC}")
endif()
foreach(file IN ITEMS README.md CHANGELOG.md LICENSE)
  if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
    install(FILES "${file}" DESTINATION "${SMEAR_INSTALL_DOC}")
  endif()
endforeach()
install(DIRECTORY plugins/example/ DESTINATION "${SMEAR_INSTALL_DOC}/examples/hello-world"
        PATTERN build EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME smearkit)
set(CPACK_PACKAGE_VENDOR "The Smearkit authors")
set(CPACK_PACKAGE_CONTACT "The Smearkit authors <smearkit@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Of the package itself, so not to be looked for in another one.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}")
# Trainings take five times as long with the reference BLAS.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libopenblas0-pthread")
# What building a plugin needs.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake, g++, libopencv-core-dev, libopencv-imgproc-dev, libtorch-dev")
include(CPack)
