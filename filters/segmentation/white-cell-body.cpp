// SPDX-License-Identifier: Apache-2.0
#include "segmentation/white-cell-body.h"

#include <limits>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "segmentation/mask-operations.h"
#include "segmentation/otsu.h"

namespace smear::segmentation {
namespace {

// Lengths below are for a nucleus of this equivalent radius in pixels, and scale with it.
constexpr double model_radius = 22.0;

/// Green over blue, negative: high in nuclei, whose dye absorbs green and lets blue pass.
cv::Mat green_over_blue(const cv::Mat& rgb) {
  cv::Mat result(rgb.size(), CV_32FC1);
  for (int y = 0; y < rgb.rows; ++y)
    for (int x = 0; x < rgb.cols; ++x) {
      const auto& p = rgb.at<cv::Vec3b>(y, x);
      result.at<float>(y, x) =
          -(static_cast<float>(p[1]) + 1.0F) / (static_cast<float>(p[2]) + 1.0F);
    }
  return result;
}

cv::Mat green_of(const cv::Mat& rgb) {
  cv::Mat green;
  cv::extractChannel(rgb, green, 1);
  green.convertTo(green, CV_32F);
  return green;
}

/// Otsu's thresholds in the range of the values, outliers left out.
std::vector<double> thresholds_of(const std::vector<float>& values, int classes) {
  const auto low = static_cast<double>(quantile(values, 0.001));
  const auto high = static_cast<double>(quantile(values, 0.999));
  if (!(high > low)) return std::vector<double>(static_cast<std::size_t>(classes - 1), high);
  return otsu_thresholds(values, low, high, classes);
}

std::vector<float> all_values(const cv::Mat& image) {
  return values_in(image, cv::Mat(image.size(), CV_8UC1, cv::Scalar(255)));
}

template <typename Visit>
void for_each(const cv::Mat& mask, const Visit& visit) {
  for (int y = 0; y < mask.rows; ++y) {
    const auto* inside = mask.ptr<std::uint8_t>(y);
    for (int x = 0; x < mask.cols; ++x)
      if (inside[x] != 0) visit(x, y);
  }
}

}  // namespace

// ITK's GaussianMembershipFunction gives the density itself, which underflows a few deviations out.
ColourClass::ColourClass(const std::vector<ColourFeatures>& pixels) {
  constexpr double regularisation = 4.0;
  const double share = 1.0 / static_cast<double>(pixels.size());
  for (const auto& pixel : pixels) mean_ += pixel * share;
  auto covariance = cv::Matx<double, 5, 5>::eye() * regularisation;
  for (const auto& pixel : pixels) {
    const ColourFeatures d = pixel - mean_;
    covariance += d * d.t() * share;
  }
  inverse_ = covariance.inv(cv::DECOMP_CHOLESKY);
  log_determinant_ = std::log(cv::determinant(covariance));
}

double ColourClass::squared_distance(const ColourFeatures& pixel) const {
  const ColourFeatures d = pixel - mean_;
  return d.dot(inverse_ * d);
}

double ColourClass::log_likelihood(const ColourFeatures& pixel) const {
  return -0.5 * (squared_distance(pixel) + log_determinant_);
}

double ColourMixture::squared_distance(const ColourFeatures& pixel) const {
  double least = std::numeric_limits<double>::infinity();
  for (const auto& c : classes_) least = std::min(least, c.squared_distance(pixel));
  return least;
}

double ColourMixture::log_likelihood(const ColourFeatures& pixel) const {
  double greatest = -std::numeric_limits<double>::infinity();
  for (const auto& c : classes_) greatest = std::max(greatest, c.log_likelihood(pixel));
  return greatest;
}

std::vector<ColourFeatures> colour_features(const cv::Mat& rgb) {
  static const auto logarithm = [] {
    std::array<double, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i)
      table[i] = 60.0 * std::log(static_cast<double>(i) + 1.0);
    return table;
  }();
  cv::Mat lab;
  cv::cvtColor(rgb, lab, cv::COLOR_RGB2Lab);
  std::vector<ColourFeatures> features;
  features.reserve(rgb.total());
  for (int y = 0; y < rgb.rows; ++y)
    for (int x = 0; x < rgb.cols; ++x) {
      const auto& p = rgb.at<cv::Vec3b>(y, x);
      const auto& q = lab.at<cv::Vec3b>(y, x);
      features.emplace_back(static_cast<double>(q[0]), static_cast<double>(q[1]),
                            static_cast<double>(q[2]), logarithm[p[2]] - logarithm[p[0]],
                            logarithm[p[1]] - logarithm[p[2]]);
    }
  return features;
}

WhiteCellBody::WhiteCellBody(const cv::Mat& rgb, const cv::Mat& nucleus, const cv::Mat& core,
                             double radius, const std::optional<cv::Vec3b>& background)
    : nucleus_(nucleus), radius_(radius), background_(background), scale_(radius / model_radius) {
  cv::GaussianBlur(rgb, rgb_, {0, 0}, 0.7 * std::max(1.0, scale_ / 2.0));
  cv::distanceTransform(core == 0, distance_, cv::DIST_L2, cv::DIST_MASK_5);
  features_ = colour_features(rgb_);
  ratio_ = green_over_blue(rgb_);
  ratio_threshold_ = thresholds_of(all_values(ratio_), 3).back();
}

cv::Mat WhiteCellBody::cell(const std::optional<ColourMixture>& red_cells, bool isolated) const {
  const cv::Mat foreground = stained(isolated);
  cv::Mat cell = components_with(foreground, nucleus_);
  if (!isolated || !is_plain(cell)) {
    if (const auto chosen = classified(foreground, red_cells)) cell = *chosen;
    cell &= distance_ < 2.5 * radius_;
    cell = components_with(opened(cell, 3.0 * scale_) | nucleus_, nucleus_);
  }
  cell = filled(closed(cell, 2.0 * scale_), max_hole());
  return components_with(opened(cell, 3.0 * scale_) | nucleus_, nucleus_);
}

/// Larger ones are gaps that touching cells enclose.
double WhiteCellBody::max_hole() const { return 0.5 * std::numbers::pi * radius_ * radius_; }

/// What differs from the background by more than a part of what the cytoplasm next to the
/// nucleus does.
cv::Mat WhiteCellBody::stained(bool isolated) const {
  constexpr double chroma_weight = 1.5;
  constexpr double share = 0.38;
  constexpr double least_share = 0.14;  // of how much the nucleus differs
  constexpr double about_equal = 20.0;  // light varies by less, cytoplasm differs by more
  const cv::Mat green = green_of(rgb_);
  const cv::Mat near_nucleus = dilated(nucleus_, 2.0 * scale_);
  const double dark = thresholds_of(all_values(green), 3).back();
  cv::Mat empty = (green > dark) & ~near_nucleus;
  if (cv::countNonZero(empty) < 50) empty = green > quantile(all_values(green), 0.7);
  std::array<cv::Mat, 3> lab;
  for (int c = 0; c < 3; ++c) {
    lab[static_cast<std::size_t>(c)].create(rgb_.size(), CV_32FC1);
    for (int y = 0; y < rgb_.rows; ++y)
      for (int x = 0; x < rgb_.cols; ++x)
        lab[static_cast<std::size_t>(c)].at<float>(y, x) =
            static_cast<float>(features_[index(x, y)](c));
  }
  const auto difference_from = [&](const ColourFeatures& colour) {
    cv::Mat difference = cv::Mat::zeros(rgb_.size(), CV_32FC1);
    for (std::size_t c = 0; c < 3; ++c) {
      const cv::Mat from = lab[c] - colour(static_cast<int>(c));
      difference += from.mul(from) * (c == 0 ? 1.0 : chroma_weight * chroma_weight);
    }
    cv::sqrt(difference, difference);
    return difference;
  };
  ColourFeatures colour;
  if (background_) {
    // What is bright around the cell may be pale cytoplasm as well.
    colour = colour_features(cv::Mat(1, 1, CV_8UC3, cv::Scalar(*background_))).front();
    empty &= difference_from(colour) < about_equal;
  }
  if (cv::countNonZero(empty) >= 50)
    for (std::size_t c = 0; c < 3; ++c)
      colour(static_cast<int>(c)) = static_cast<double>(quantile(values_in(lab[c], empty), 0.5));
  const cv::Mat difference = difference_from(colour);
  const auto noise = static_cast<double>(quantile(values_in(difference, empty), 0.5));
  const cv::Mat ring = (distance_ < 0.5 * radius_) & ~near_nucleus;
  std::vector<float> around = values_in(difference, ring);
  std::vector<float> cytoplasm;
  for (const float value : around)
    if (static_cast<double>(value) > 2.5 * noise) cytoplasm.push_back(value);
  if (cytoplasm.size() <= 20) cytoplasm = std::move(around);
  const auto level = static_cast<double>(quantile(cytoplasm, 0.5));
  double threshold = std::max(2.0 * noise, noise + share * (level - noise));
  // Between cells that crowd, the blurred light differs a little from the empty slide.
  if (!isolated)
    threshold =
        std::max(threshold,
                 least_share * static_cast<double>(quantile(values_in(difference, nucleus_), 0.5)));
  cv::Mat result = (difference > threshold) | nucleus_;
  result = opened(result, 2.0 * scale_) | nucleus_;
  return filled(result, max_hole());
}

/// Whether the component is one convex cell that nothing touches.
bool WhiteCellBody::is_plain(const cv::Mat& cell) const {
  constexpr double convex = 0.88;
  constexpr double farthest = 4.0;
  if (solidity_of(cell) < convex) return false;
  double reach = 0.0;
  cv::minMaxLoc(distance_, nullptr, &reach, nullptr, nullptr, cell);
  if (reach > farthest * radius_) return false;
  return cv::countNonZero(cell.row(0)) == 0 && cv::countNonZero(cell.row(cell.rows - 1)) == 0 &&
         cv::countNonZero(cell.col(0)) == 0 && cv::countNonZero(cell.col(cell.cols - 1)) == 0;
}

/// The stained pixels that are rather cytoplasm than red cells by colour and by distance from the
/// nucleus. Nothing where there is too little of either to tell them apart.
std::optional<cv::Mat> WhiteCellBody::classified(
    const cv::Mat& stained, const std::optional<ColourMixture>& red_cells) const {
  constexpr double unlike = 5.0;  // squared Mahalanobis distance from red cells
  constexpr double clip = 5.0;
  constexpr double middle = 1.1;  // nucleus radii at which distance speaks for neither
  constexpr int rounds = 3;
  constexpr double prior = 1.5;  // how much a nucleus radius of distance weighs
  const cv::Mat beside_nucleus = ~dilated(nucleus_, scale_);
  cv::Mat cytoplasm = stained & (distance_ < 0.5 * radius_) & beside_nucleus;
  cv::Mat others = stained & (distance_ > radius_);
  std::optional<ColourMixture> unwanted = red_cells;
  if (!unwanted && cv::countNonZero(others) > 0.02 * static_cast<double>(stained.total()))
    unwanted = ColourMixture({ColourClass(features_in(others))});
  if (!unwanted) return std::nullopt;
  {
    cv::Mat different = cytoplasm.clone();
    for_each(cytoplasm, [&](int x, int y) {
      if (unwanted->squared_distance(features_[index(x, y)]) <= unlike)
        different.at<std::uint8_t>(y, x) = 0;
    });
    cytoplasm = cv::countNonZero(different) > 20 ? different
                                                 : dilated(nucleus_, 3.0 * scale_) & beside_nucleus;
  }
  if (cv::countNonZero(cytoplasm) <= 20) return std::nullopt;
  cv::Mat weight;
  cv::Mat(stained / 255).convertTo(weight, CV_32F);
  cv::GaussianBlur(weight, weight, {0, 0}, std::max(0.5, scale_));
  cv::Mat chosen;
  for (int round = 0; round < rounds; ++round) {
    const ColourClass inside(features_in(cytoplasm));
    const ColourMixture outside =
        red_cells ? *red_cells : ColourMixture({ColourClass(features_in(others))});
    cv::Mat score = cv::Mat::zeros(stained.size(), CV_32FC1);
    for_each(stained, [&](int x, int y) {
      const auto& pixel = features_[index(x, y)];
      const double ratio = inside.log_likelihood(pixel) - outside.log_likelihood(pixel);
      const double far = static_cast<double>(distance_.at<float>(y, x)) / radius_;
      score.at<float>(y, x) =
          static_cast<float>(std::clamp(ratio, -clip, clip) + prior * (middle - far));
    });
    score.setTo(clip, nucleus_);
    cv::GaussianBlur(score, score, {0, 0}, std::max(0.5, scale_));
    score /= cv::max(weight, 1e-3);
    chosen = (score > 0.0) & stained;
    const cv::Mat next = chosen & ~nucleus_ & (distance_ < 2.5 * radius_);
    const cv::Mat rest = stained & ~chosen;
    if (cv::countNonZero(next) > 30) cytoplasm = next;
    if (cv::countNonZero(rest) > 30) others = rest;
  }
  return chosen | nucleus_;
}

/// Otsu's threshold anew, between nucleus and cytoplasm of this cell alone.
cv::Mat WhiteCellBody::nucleus_in(const cv::Mat& cell, const cv::Rect& frame) const {
  constexpr double own_share = 0.7;
  const cv::Mat given = nucleus_(frame) & cell;
  const double cell_area = cv::countNonZero(cell);
  if (cell_area <= 1.1 * cv::countNonZero(given)) return given;
  const cv::Mat ratio = ratio_(frame);
  const double in_cell = thresholds_of(values_in(ratio, cell), 2).back();
  cv::Mat nucleus = (ratio > own_share * in_cell + (1.0 - own_share) * ratio_threshold_) & cell;
  nucleus = opened(nucleus, 1.0);
  nucleus = without_small(nucleus, 0.03 * cell_area);
  nucleus = filled(nucleus, 0.01 * cell_area);
  return cv::countNonZero(nucleus) > 0.3 * cv::countNonZero(given) ? nucleus : given;
}

std::size_t WhiteCellBody::index(int x, int y) const {
  return static_cast<std::size_t>(y) * static_cast<std::size_t>(rgb_.cols) +
         static_cast<std::size_t>(x);
}

std::vector<ColourFeatures> WhiteCellBody::features_in(const cv::Mat& mask) const {
  std::vector<ColourFeatures> pixels;
  for_each(mask, [&](int x, int y) { pixels.push_back(features_[index(x, y)]); });
  return pixels;
}

}  // namespace smear::segmentation
