// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core.hpp>
#include <optional>
#include <vector>

/// The outline of one white cell, found from its nucleus outwards.
namespace smear::segmentation {

/// What cytoplasm and red cells are told apart by: CIE L*a*b* (in OpenCV's 8-bit scale) and the
/// logarithms of blue over red and of green over blue, times 60 so that a step is about as large.
using ColourFeatures = cv::Matx<double, 5, 1>;

/// A class of pixels as a normal distribution of their features.
class ColourClass {
 public:
  /// Estimated from at least one pixel; the variances get 4 added, so that few pixels do.
  explicit ColourClass(const std::vector<ColourFeatures>& pixels);

  [[nodiscard]] double squared_distance(const ColourFeatures& pixel) const;  ///< Mahalanobis'
  [[nodiscard]] double log_likelihood(const ColourFeatures& pixel) const;    ///< but for a constant

 private:
  ColourFeatures mean_;
  cv::Matx<double, 5, 5> inverse_;
  double log_determinant_ = 0.0;
};

/// Several classes that count as one; a pixel belongs to the likeliest.
class ColourMixture {
 public:
  explicit ColourMixture(std::vector<ColourClass> classes) : classes_(std::move(classes)) {}

  /// Mahalanobis', to the nearest class.
  [[nodiscard]] double squared_distance(const ColourFeatures& pixel) const;
  /// But for a constant.
  [[nodiscard]] double log_likelihood(const ColourFeatures& pixel) const;

 private:
  std::vector<ColourClass> classes_;
};

/// The features of every pixel of an RGB image, row by row.
std::vector<ColourFeatures> colour_features(const cv::Mat& rgb);

/// Finds the body of one white cell, or of several that touch.
class WhiteCellBody {
 public:
  /// `nucleus` is the mask of the nuclei in the RGB image `rgb`, `core` what surely belongs to the
  /// cells, such as the nucleus's hull, and `radius` the equivalent radius of one nucleus in
  /// pixels.
  /// `background` is the empty slide's colour there, where it is known; else it is that of the
  /// brightest of three classes of pixels.
  WhiteCellBody(const cv::Mat& rgb, const cv::Mat& nucleus, const cv::Mat& core, double radius,
                const std::optional<cv::Vec3b>& background);

  /// The mask of the whole cell, nucleus included. `red_cells` is how the red cells of the whole
  /// image look, if there are any. `isolated` is whether the cell may be taken as found where its
  /// outline against the background is plain, as in a picture of one cell; else neighbours are
  /// always reckoned with.
  [[nodiscard]] cv::Mat cell(const std::optional<ColourMixture>& red_cells, bool isolated) const;

  /// The nucleus within `cell`, a mask of the part `frame` of the image, by Otsu's threshold
  /// between nucleus and cytoplasm of it alone.
  [[nodiscard]] cv::Mat nucleus_in(const cv::Mat& cell, const cv::Rect& frame) const;

 private:
  [[nodiscard]] double max_hole() const;
  [[nodiscard]] cv::Mat stained(bool isolated) const;
  [[nodiscard]] bool is_plain(const cv::Mat& cell) const;
  [[nodiscard]] std::optional<cv::Mat> classified(
      const cv::Mat& stained, const std::optional<ColourMixture>& red_cells) const;
  [[nodiscard]] std::size_t index(int x, int y) const;
  [[nodiscard]] std::vector<ColourFeatures> features_in(const cv::Mat& mask) const;

  cv::Mat nucleus_;
  double radius_;
  std::optional<cv::Vec3b> background_;
  double scale_;  ///< of the nucleus, in units of the one that lengths are given for
  cv::Mat rgb_;
  cv::Mat distance_;              ///< from the core
  cv::Mat ratio_;                 ///< green over blue, negative, so that nuclei are high
  double ratio_threshold_ = 0.0;  ///< the upper one of Otsu's two in the whole image
  std::vector<ColourFeatures> features_;
};

}  // namespace smear::segmentation
