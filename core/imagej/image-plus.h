// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imagej/calibration.h"
#include "imagej/lut.h"
#include "imagej/roi.h"

namespace smear::imagej {

/// ImageJ's image types, and the matrices that hold them.
enum class ImageType {
  grey8,   ///< CV_8UC1, also where the colour table has colours
  grey16,  ///< CV_16UC1
  grey32,  ///< CV_32FC1
  rgb,     ///< CV_8UC3, red first
};

/// "8-bit", "16-bit", "32-bit", "RGB", as ImageJ says it.
std::string_view name_of(ImageType type);

/// The values that are shown as black and as white. They decide what conversions to 8-bit do.
struct DisplayRange {
  double min = 0.0;
  double max = 255.0;
  bool operator==(const DisplayRange&) const = default;
};

/// The values that count as object, both ends included, in pixel values.
struct Threshold {
  double lower = 0.0;
  double upper = 255.0;
  /// Whether the image shows it. Convert to Mask leaves one that it does not show, and most filters
  /// then remove it.
  bool visible = true;
  bool operator==(const Threshold&) const = default;
};

/// One plane of an image.
struct Slice {
  cv::Mat pixels;
  std::string label;
};

/// An image as ImageJ has it: pixels and all that its commands look at.
///
/// A value whose copies share their pixels; `writable` gives pixels of one's own.
class ImagePlus {
 public:
  int id = 0;  ///< negative, as ImageJ numbers images
  std::string title;
  ImageType type = ImageType::grey8;
  std::vector<Slice> stack;  ///< at least one, all of one size and type
  int channels = 1;
  int slices = 1;
  int frames = 1;
  bool hyperstack = false;
  /// "composite", "color" or "grayscale" of an image of several channels; else empty.
  std::string mode;
  int current = 0;  ///< index into `stack`; `show` changes it

  Lut lut = Lut::grey();
  std::vector<Lut> channel_luts;  ///< of composites; empty: red, green, blue, ...
  DisplayRange range;             ///< of RGB always 0..255; of composites of the current channel
  /// Of 8-bit images, what the colour table is stretched over in place of `range`, while that is
  /// still `found`: nothing where Grays or 8-bit set the table, fractions where a distance map was
  /// made.
  struct Stretch {
    DisplayRange found;
    DisplayRange over;
  };
  std::optional<Stretch> stretch;
  std::vector<DisplayRange> channel_ranges;  ///< of composites
  std::optional<Threshold> threshold;
  /// The value that the next Fill takes in place of the foreground colour, where Analyze Particles
  /// left one.
  std::optional<double> next_fill;
  std::optional<Roi> roi;
  std::vector<Roi> overlay;
  Calibration calibration;
  std::optional<Calibration> own_calibration;  ///< while `calibration` is that of all images
  std::map<std::string, std::string> properties;
  std::string info;  ///< the "Info" property

  std::string file_name;  ///< of the file that it was read from or saved as
  /// What a TIFF had that is not understood here, to write it back: description lines, in order,
  /// and metadata blocks by type.
  std::vector<std::string> unknown_description;
  /// All of its description, the two fractions of its resolution (pixels a unit), and its keys of
  /// `properties` in order: written again as they were where they still say what the image is.
  std::string stored_description;
  std::vector<std::uint32_t> stored_resolution;
  std::vector<std::string> property_order;
  std::vector<std::pair<std::uint32_t, std::vector<std::uint8_t>>> unknown_metadata;

  ImagePlus() = default;
  /// Of one plane whose matrix type decides; the display range is what ImageJ gives a new image:
  /// 0..255, or the data's minimum and maximum for 16 and 32 bits.
  ImagePlus(std::string title, cv::Mat pixels);

  [[nodiscard]] int width() const { return stack.front().pixels.cols; }
  [[nodiscard]] int height() const { return stack.front().pixels.rows; }
  [[nodiscard]] cv::Rect area() const { return {0, 0, width(), height()}; }
  [[nodiscard]] const cv::Mat& pixels() const {
    return stack[static_cast<std::size_t>(current)].pixels;
  }
  /// Pixels to write into: those of a plane (the current one by default), copied first where
  /// another image shares them.
  cv::Mat& writable() { return writable(current); }
  cv::Mat& writable(int plane);

  [[nodiscard]] bool is_composite() const { return !mode.empty(); }
  /// The channel of a plane, from 0: channels change first, then slices, then frames.
  [[nodiscard]] int channel_of(int plane) const { return plane % channels; }
  /// Makes a plane the current one, of composites with its channel's colour table and display
  /// range.
  void show(int plane);
  /// Composites: colour table and display range in which each channel is shown; in mode "grayscale"
  /// all tables are grey.
  [[nodiscard]] std::vector<Lut> luts_of_channels() const;
  [[nodiscard]] std::vector<DisplayRange> ranges_of_channels() const;

  /// 32-bit images keep it in 32 bits.
  void set_display_range(DisplayRange to);
  /// Grey images of 8, 16 and 32 bits: takes minimum and maximum of the data as the display range,
  /// 0..255 for 8 bits (ImageProcessor.resetMinAndMax).
  void reset_display_range();
};

}  // namespace smear::imagej
