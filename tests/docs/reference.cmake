# SPDX-License-Identifier: Apache-2.0
# cmake -DPROGRAM=smear -DPAGES=docs/reference -DFRESH=folder -DALL=ON -P reference.cmake
#
# Fails where the pages in PAGES are not what the program writes: a page that is missing, differs, or
# belongs to nothing. Without ALL, some plugins of the tree are not built: then only the pages that
# the program writes are compared, and not the index.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE "${FRESH}")
execute_process(COMMAND "${PROGRAM}" help --pages "${FRESH}" RESULT_VARIABLE code ERROR_VARIABLE error)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "smear help --pages ended with ${code}: ${error}")
endif()

file(GLOB_RECURSE fresh RELATIVE "${FRESH}" "${FRESH}/*")
file(GLOB_RECURSE committed RELATIVE "${PAGES}" "${PAGES}/*")
if(NOT fresh)
  message(FATAL_ERROR "smear help --pages wrote nothing to ${FRESH}")
endif()
if(NOT ALL)
  list(REMOVE_ITEM fresh README.md)
  set(expected "")
else()
  set(expected ${committed})
endif()
set(pages ${fresh} ${expected})
list(REMOVE_DUPLICATES pages)
set(wrong "")
foreach(page IN LISTS pages)
  if(NOT page IN_LIST committed)
    list(APPEND wrong "${page} is missing")
  elseif(NOT page IN_LIST fresh)
    list(APPEND wrong "${page} belongs to nothing")
  else()
    file(SHA256 "${PAGES}/${page}" here)
    file(SHA256 "${FRESH}/${page}" there)
    if(NOT here STREQUAL there)
      list(APPEND wrong "${page} differs")
    endif()
  endif()
endforeach()
if(wrong)
  list(JOIN wrong "\n  " wrong)
  message(FATAL_ERROR "the reference pages are not those of this program:\n  ${wrong}\n"
    "Make them anew and commit them:\n"
    "  rm -r ${PAGES} && ${PROGRAM} help --pages ${PAGES}")
endif()
