# SPDX-License-Identifier: Apache-2.0
# Language level, build type, ccache, sanitizers and where things are put in the build tree.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

# The build tree has the layout of an installed prefix, so that the program finds its parts by the
# same relative paths in both.
include(GNUInstallDirs)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/${CMAKE_INSTALL_LIBDIR}")
set(SMEAR_PLUGIN_OUTPUT_DIRECTORY "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/smearkit/plugins")
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")

# Fused multiply-adds would make results depend on the machine that compiled them.
add_compile_options(-ffp-contract=off)

find_program(SMEAR_CCACHE ccache)
if(SMEAR_CCACHE)
  set(launcher "${CMAKE_CURRENT_LIST_DIR}/ccache-launcher.sh")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${launcher}")
  set(CMAKE_C_COMPILER_LAUNCHER "${launcher}")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
endif()

if(SMEAR_SANITIZE)
  add_compile_options(-fsanitize=${SMEAR_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SMEAR_SANITIZE})
endif()
