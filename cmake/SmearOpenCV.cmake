# SPDX-License-Identifier: Apache-2.0
# Smearkit::opencv: OpenCV's core and imgproc.
#
# Debian's packages of these two modules carry no CMake configuration: that comes with the package
# of all modules, which would pull in Qt and VTK. So where there is none, the files are looked for.
if(NOT TARGET Smearkit::opencv)
  find_package(OpenCV QUIET COMPONENTS core imgproc)
  add_library(Smearkit::opencv INTERFACE IMPORTED)
  if(OpenCV_FOUND)
    target_include_directories(Smearkit::opencv SYSTEM INTERFACE ${OpenCV_INCLUDE_DIRS})
    target_link_libraries(Smearkit::opencv INTERFACE opencv_core opencv_imgproc)
  else()
    find_path(SMEAR_OPENCV_INCLUDE_DIR opencv2/imgproc.hpp PATH_SUFFIXES opencv4 REQUIRED)
    find_library(SMEAR_OPENCV_CORE opencv_core REQUIRED)
    find_library(SMEAR_OPENCV_IMGPROC opencv_imgproc REQUIRED)
    mark_as_advanced(SMEAR_OPENCV_INCLUDE_DIR SMEAR_OPENCV_CORE SMEAR_OPENCV_IMGPROC)
    target_include_directories(Smearkit::opencv SYSTEM INTERFACE "${SMEAR_OPENCV_INCLUDE_DIR}")
    target_link_libraries(Smearkit::opencv INTERFACE "${SMEAR_OPENCV_IMGPROC}" "${SMEAR_OPENCV_CORE}")
  endif()
endif()
