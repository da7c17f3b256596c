// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace smear::imagej {

/// ImageJ's types of selections, with the numbers that its files give them.
enum class RoiType : std::uint8_t {
  polygon = 0,
  rectangle = 1,
  oval = 2,
  line = 3,
  freeline = 4,
  polyline = 5,
  none = 6,
  freehand = 7,
  traced = 8,
  angle = 9,
  point = 10,
  /// Not a number of the file's: several areas and holes, stored as a path (`shape`).
  composite = 255,
};

enum class RoiSubtype : std::uint8_t {
  none = 0,
  text = 1,
  arrow = 2,
  ellipse = 3,
  image = 4,
  rotated_rectangle = 5,
};

/// Which selections are one object in ImageJ: in the ROI Manager, on an overlay and as an image's
/// selection. What is done to one of them is done to all. It is no part of what a selection is, and
/// two that differ in it are equal.
struct SharedObject {
  int number = 0;  ///< the same for all of one object; 0: shared with none
  bool operator==(const SharedObject&) const { return true; }
};

/// A selection. Coordinates are of pixel corners: the pixel (x, y) is the square x..x+1, y..y+1.
struct Roi {
  RoiType type = RoiType::rectangle;
  RoiSubtype subtype = RoiSubtype::none;

  /// The bounding box in whole pixels.
  cv::Rect bounds;
  /// The exact one, of rectangles, ovals and lines that do not lie on whole pixels.
  std::optional<cv::Rect2d> exact_bounds;
  /// Of rectangles and ovals: whether ImageJ made it of whole numbers, so that its file has no
  /// others.
  bool integral = false;
  /// Of polygons, polylines, points and angles: the vertices, absolute. Of a line: its two ends.
  std::vector<cv::Point2d> points;
  /// Whether `points` have fractions, which decides how they are stored.
  bool subpixel = false;
  /// Of a composite: the path as ImageJ stores it, segments of type and absolute coordinates.
  std::vector<float> path;

  std::string name;
  std::uint32_t stroke_colour = 0;  ///< ARGB; 0 none of its own
  std::uint32_t fill_colour = 0;
  double stroke_width = 0.0;
  int position = 0;  ///< the slice it belongs to, from 1; 0 all
  int channel = 0;
  int slice = 0;
  int frame = 0;
  int group = 0;            ///< 0 none
  int corner_diameter = 0;  ///< of rectangles with rounded corners
  std::string properties;   ///< "key: value\n" lines

  /// What only files need to say again; see roi-file.h.
  int point_size = 1;                 ///< of points, 0 tiny .. 6 XXL
  std::vector<int> counters;          ///< of points: the counter of each in 8 bits, its slice above
  std::vector<cv::Point2d> axis;      ///< the two ends of an ellipse's or rotated rectangle's axis
  double axis_ratio = 0.0;            ///< an ellipse's short axis over its long one, or that width
  std::uint16_t options = 0;          ///< the file's flags, without that of fractions
  std::uint16_t style = 0;            ///< shape of points, or style and size of an arrow's head
  std::uint32_t label_colour = 0;     ///< ARGB
  int label_font_size = 0;            ///< points; 0 the default
  int opacity = 0;                    ///< of an image, 0..255
  std::vector<std::uint8_t> content;  ///< of texts and images: what the file has of them

  /// The file's own bytes, kept so that what is not understood here survives a round trip. Valid as
  /// long as the fields above are as they were read.
  std::vector<std::uint8_t> stored;

  SharedObject shared;

  bool operator==(const Roi&) const = default;

  [[nodiscard]] bool is_area() const;
  [[nodiscard]] bool is_line() const;

  /// Makes its lines `width` pixels wide, 0 for as wide as the screen draws them. Takes its fill
  /// away where it is above 1.
  void set_stroke_width(double width);

  /// A whole-pixel rectangle.
  static Roi rectangle(const cv::Rect& bounds);
  static Roi oval(const cv::Rect& bounds);
  /// `type` is polygon, freehand, traced, polyline, freeline, angle or point.
  static Roi polygon(RoiType type, std::vector<cv::Point2d> points);
  static Roi line(cv::Point2d from, cv::Point2d to);
  /// An area of several outlines, those of holes among them.
  static Roi composite(const std::vector<std::vector<cv::Point2d>>& outlines);
};

/// The same rectangle or oval, made of whole numbers.
inline Roi made_of_integers(Roi roi) {
  roi.integral = true;
  return roi;
}

/// Where an area's pixels are: a CV_8UC1 matrix of the size of `roi.bounds`, 255 inside, 0 outside,
/// exactly as ImageJ fills it; empty for a plain rectangle, whose pixels are all inside.
/// Throws `SampleError` for a selection that is no area.
cv::Mat mask_of(const Roi& roi);

/// The pixels of a point selection, as `mask_of` gives those of areas.
cv::Mat mask_of_points(const Roi& roi);

/// An area made of a mask: the selection whose pixels are those of `mask` (CV_8UC1, non-zero
/// inside), `origin` being the place of its first pixel. Masks with one outline give a traced
/// polygon, others a composite, as ImageJ's Create Selection does. Nothing where the mask is empty.
std::optional<Roi> roi_of_mask(const cv::Mat& mask, cv::Point origin = {0, 0});

/// The length of an area's outline or of a line, in units of the given pixel size, as ImageJ
/// measures this type of selection.
double length_of(const Roi& roi, double pixel_width = 1.0, double pixel_height = 1.0);

/// The polygons that a selection is made of: its points, or the parts of a composite. Throws
/// `SampleError` for composites with curved parts.
std::vector<std::vector<cv::Point2d>> polygons_of(const Roi& roi);

/// Moved by whole pixels.
Roi translated(Roi roi, cv::Point by);

}  // namespace smear::imagej
