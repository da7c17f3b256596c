# SPDX-License-Identifier: Apache-2.0
# Everything comes from Debian 12; README.md names the packages.
find_package(Threads REQUIRED)
find_package(ITK REQUIRED COMPONENTS
  ITKCommon ITKImageFilterBase ITKImageIntensity ITKImageStatistics ITKImageGrid ITKSmoothing
  ITKAnisotropicSmoothing ITKThresholding ITKStatistics ITKBinaryMathematicalMorphology
  ITKMathematicalMorphology ITKLabelMap ITKDistanceMap ITKWatersheds ITKConnectedComponents
  ITKIOBMP)
find_package(Boost REQUIRED COMPONENTS program_options filesystem)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(TBB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(TIFF REQUIRED)
find_package(ZLIB REQUIRED)
find_path(EXIF_INCLUDE_DIR libexif/exif-data.h REQUIRED)
find_library(EXIF_LIBRARY exif REQUIRED)
# Debian's libzip-config.cmake wants programs that are other packages.
find_path(ZIP_INCLUDE_DIR zip.h REQUIRED)
find_library(ZIP_LIBRARY zip REQUIRED)
include(SmearOpenCV)

# ITK's headers do not pass the warnings that ours do.
add_library(smear_itk INTERFACE)
target_include_directories(smear_itk SYSTEM INTERFACE ${ITK_INCLUDE_DIRS})
target_link_libraries(smear_itk INTERFACE ${ITK_LIBRARIES})
