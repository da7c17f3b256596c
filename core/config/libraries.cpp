// SPDX-License-Identifier: Apache-2.0
#include "config/libraries.h"

#include <fmt/format.h>
#include <itkVersion.h>
#include <jpeglib.h>
#include <png.h>
#include <sqlite3.h>
#include <tbb/version.h>
#include <tiffvers.h>

#include <boost/version.hpp>
#include <opencv2/core/version.hpp>

namespace smear {

std::map<std::string, std::string> library_versions() {
  return {
      {"Boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
                            BOOST_VERSION % 100)},
      {"ITK", itk::Version::GetITKVersion()},
      {"OpenCV", CV_VERSION},
      {"SQLite", sqlite3_libversion()},
      {"compiler", __VERSION__},
      {"libjpeg-turbo", fmt::format("{}", LIBJPEG_TURBO_VERSION_NUMBER)},
      {"libpng", PNG_LIBPNG_VER_STRING},
      {"libtiff", fmt::format("{}", TIFFLIB_VERSION)},
      {"oneTBB", TBB_runtime_version()},
  };
}

}  // namespace smear
