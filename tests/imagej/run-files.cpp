// SPDX-License-Identifier: Apache-2.0
// Saves files again, or makes some, for files.py to compare with ImageJ's:
//   run-files again IN OUT [IN OUT]...   by extension: .tif and other images as TIFF, .roi, .zip
//   run-files make FOLDER                TIFFs and sets of selections that ImageJ is to read
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <string>

#include "imagej/files/opener.h"
#include "imagej/files/roi-file.h"
#include "imagej/files/roi-set.h"
#include "imagej/files/tiff.h"
#include "smear/errors.h"

namespace {

using namespace smear;
using namespace smear::imagej;
namespace fs = std::filesystem;

void again(const fs::path& from, const fs::path& to) {
  // Not load_roi, which calls the selection as the file is.
  if (from.extension() == ".roi")
    save_roi(decode_roi(file_bytes(from, 1 << 24)), to);
  else if (from.extension() == ".zip")
    save_roi_set(load_rois(from), to);
  else
    write_tiff(open_image(from), to);
}

Roi square(const std::string& name, int x) {
  Roi roi;
  roi.type = RoiType::traced;
  roi.bounds = {x, 2, 4, 3};
  roi.points = {{x + 4.0, 2.0}, {x + 4.0, 5.0}, {x + 0.0, 5.0}, {x + 0.0, 2.0}};
  roi.name = name;
  return roi;
}

void make(const fs::path& folder) {
  cv::Mat mask(20, 30, CV_8UC1, cv::Scalar(0));
  mask(cv::Rect(3, 2, 4, 3)).setTo(255);
  ImagePlus image("mask", mask);
  image.calibration.pixel_width = 0.25;
  image.calibration.pixel_height = 0.5;
  image.calibration.unit = "\xC2\xB5m";
  image.overlay = show_all_overlay({square("0001-0003", 3), square("0002-0003", 13)});
  image.roi = square("cell", 8);
  image.info = "info text";
  image.properties["key"] = "value";
  image.range = {5, 250};
  write_tiff(image, folder / "mask.tif");
  image.lut.invert();
  write_tiff(image, folder / "inverted.tif");
  image.lut = Lut::grey();
  image.stack.push_back({255 - mask, "second"});
  image.slices = 2;
  image.calibration.pixel_depth = 2;
  write_tiff(image, folder / "stack.tif");
  save_roi_set(image.overlay, folder / "set.zip");
}

}  // namespace

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "";
  int failures = 0;
  if (what == "make" && count == 3) make(arguments[2]);
  for (int i = 2; what == "again" && i + 1 < count; i += 2) try {
      again(arguments[i], arguments[i + 1]);
    } catch (const Error& error) {
      std::printf("%s: %s\n", arguments[i], error.what());
      ++failures;
    }
  return failures == 0 ? 0 : 1;
}
