# SPDX-License-Identifier: Apache-2.0
# smear_add_plugin(NAME SOURCES... [TORCH])
#
# A plugin of Smearkit: builds NAME.so from the sources and writes NAME.smear.json beside it, which
# says what is in the plugin. Both go to `plugins/` of the build tree (in Smearkit's own tree, to
# where the program looks for them), and where the project is installed, to Smearkit's plugin
# directory under the prefix. TORCH is for a plugin that uses smear/reparameterization.h; it defines
# the target Smearkit::torch, for the plugin's tests.
include_guard()
include(GNUInstallDirs)

if(NOT DEFINED SMEAR_PLUGIN_OUTPUT_DIRECTORY)
  set(SMEAR_PLUGIN_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/plugins")
endif()

# Smearkit::torch: LibTorch, or a clear error.
function(smear_find_torch name)
  if(TARGET Smearkit::torch)
    return()
  endif()
  find_package(Torch QUIET)
  if(NOT Torch_FOUND)
    message(FATAL_ERROR
      "Plugin ${name} needs LibTorch, which was not found. Install it:\n"
      "  sudo apt-get install libtorch-dev\n"
      "or unpack LibTorch from pytorch.org (the C++11 ABI one) and configure with\n"
      "  -DCMAKE_PREFIX_PATH=/path/to/libtorch")
  endif()
  if("${TORCH_CXX_FLAGS}" MATCHES "_GLIBCXX_USE_CXX11_ABI=0")
    message(FATAL_ERROR
      "Plugin ${name}: the LibTorch found in ${Torch_DIR} is built for the old C++ ABI, "
      "which Smearkit's is not. Take the one that pytorch.org calls \"cxx11 ABI\".")
  endif()
  add_library(Smearkit::torch INTERFACE IMPORTED)
  target_include_directories(Smearkit::torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  target_link_libraries(Smearkit::torch INTERFACE ${TORCH_LIBRARIES})
endfunction()

function(smear_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TORCH" "" "SOURCES")
  set(sources ${arg_UNPARSED_ARGUMENTS} ${arg_SOURCES})
  if(NOT name MATCHES "^[a-z][a-z0-9-]*$")
    message(FATAL_ERROR "smear_add_plugin: '${name}' is no plugin name: use lower-case letters, "
                        "digits and dashes, a letter first")
  endif()
  if(NOT sources)
    message(FATAL_ERROR "smear_add_plugin(${name}): give the plugin's source files")
  endif()

  add_library(${name} MODULE ${sources})
  target_link_libraries(${name} PRIVATE Smearkit::sdk)
  if(arg_TORCH)
    smear_find_torch(${name})
    target_link_libraries(${name} PRIVATE Smearkit::torch)
  endif()
  set_target_properties(${name} PROPERTIES
    PREFIX ""
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY "${SMEAR_PLUGIN_OUTPUT_DIRECTORY}"
    INSTALL_RPATH "$ORIGIN/../.."
    INSTALL_RPATH_USE_LINK_PATH ON)
  # A missing symbol is an error of the link, not a refusal when the plugin is loaded. Sanitizers
  # leave symbols open on purpose.
  if(NOT "${SMEAR_SANITIZE} ${CMAKE_CXX_FLAGS} ${CMAKE_MODULE_LINKER_FLAGS}" MATCHES "sanitize|address|thread")
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND Smearkit::manifest "$<TARGET_FILE:${name}>"
    COMMENT "Writing the manifest of plugin ${name}" VERBATIM)
  install(TARGETS ${name} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/smearkit/plugins")
  install(FILES "${SMEAR_PLUGIN_OUTPUT_DIRECTORY}/${name}.smear.json"
          DESTINATION "${CMAKE_INSTALL_LIBDIR}/smearkit/plugins")
endfunction()
