// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/imgproc.hpp>

#include "segmentation/connected-components.h"
#include "segmentation/structuring-element.h"

/// Masks (CV_8UC1, 255 inside) as the cell segmentations handle them. Radii are those of disks, in
/// pixels; the image's edge takes no part in minima and maxima.
namespace smear::segmentation {

inline cv::Mat opened(const cv::Mat& mask, double radius) {
  if (radius < 1.0) return mask.clone();
  cv::Mat result;
  if (radius < 4.0) {
    cv::morphologyEx(mask, result, cv::MORPH_OPEN, disk(radius));
    return result;
  }
  // By distances, which a large disk would take long for.
  if (cv::countNonZero(mask == 0) == 0) return mask.clone();
  cv::Mat distance;
  cv::distanceTransform(mask, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  const cv::Mat eroded = distance > radius;
  if (cv::countNonZero(eroded) == 0) return eroded;
  cv::distanceTransform(eroded == 0, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  return distance <= radius;
}

inline cv::Mat closed(const cv::Mat& mask, double radius) {
  if (radius < 1.0) return mask.clone();
  cv::Mat result;
  cv::morphologyEx(mask, result, cv::MORPH_CLOSE, disk(radius));
  return result;
}

/// By the distance to the mask, which a large disk would take long for.
inline cv::Mat dilated(const cv::Mat& mask, double radius) {
  if (cv::countNonZero(mask) == 0) return mask.clone();
  cv::Mat distance;
  cv::distanceTransform(mask == 0, distance, cv::DIST_L2, cv::DIST_MASK_5);
  return distance <= radius;
}

/// Fills the holes of at most `max_area` pixels, components of the background that do not reach the
/// image's edge. `connectivity` is the background's.
inline cv::Mat filled(const cv::Mat& mask, double max_area, int connectivity = 4) {
  const cv::Mat background = mask == 0;
  cv::Mat labels;
  cv::Mat statistics;
  cv::Mat centroids;
  const int count = cv::connectedComponentsWithStats(background, labels, statistics, centroids,
                                                     connectivity, CV_32S);
  std::vector<std::uint8_t> becomes(static_cast<std::size_t>(count), 255);  // 0 is the mask itself
  for (int i = 1; i < count; ++i) {
    const auto* s = statistics.ptr<int>(i);
    const bool open = s[cv::CC_STAT_LEFT] == 0 || s[cv::CC_STAT_TOP] == 0 ||
                      s[cv::CC_STAT_LEFT] + s[cv::CC_STAT_WIDTH] == mask.cols ||
                      s[cv::CC_STAT_TOP] + s[cv::CC_STAT_HEIGHT] == mask.rows;
    if (open || s[cv::CC_STAT_AREA] > max_area) becomes[static_cast<std::size_t>(i)] = 0;
  }
  cv::Mat result(mask.size(), CV_8UC1);
  for (int y = 0; y < mask.rows; ++y) {
    const auto* label = labels.ptr<int>(y);
    auto* out = result.ptr<std::uint8_t>(y);
    for (int x = 0; x < mask.cols; ++x) out[x] = becomes[static_cast<std::size_t>(label[x])];
  }
  return result;
}

/// The components of at least `min_area` pixels (8-connected).
inline cv::Mat without_small(const cv::Mat& mask, double min_area) {
  return select_objects(
      mask, 8, [&](const Region& region) { return static_cast<double>(region.area) >= min_area; });
}

/// The component (4-connected) of `mask` that has most of `seed`; `seed` itself where they do not
/// meet.
inline cv::Mat component_of(const cv::Mat& mask, const cv::Mat& seed) {
  cv::Mat labels;
  const int count = cv::connectedComponents(mask, labels, 4, CV_32S);
  std::vector<int> met(static_cast<std::size_t>(count), 0);
  for (int y = 0; y < mask.rows; ++y) {
    const auto* label = labels.ptr<int>(y);
    const auto* inside = seed.ptr<std::uint8_t>(y);
    for (int x = 0; x < mask.cols; ++x)
      if (inside[x] != 0 && label[x] != 0) ++met[static_cast<std::size_t>(label[x])];
  }
  const auto most = std::ranges::max_element(met);
  if (*most == 0) return seed.clone();
  return labels == static_cast<int>(most - met.begin());
}

/// The components (4-connected) of `mask` that meet `seeds`.
inline cv::Mat components_with(const cv::Mat& mask, const cv::Mat& seeds) {
  cv::Mat labels;
  const int count = cv::connectedComponents(mask, labels, 4, CV_32S);
  std::vector<std::uint8_t> met(static_cast<std::size_t>(count), 0);
  cv::Mat result = cv::Mat::zeros(mask.size(), CV_8UC1);
  for (int y = 0; y < mask.rows; ++y) {
    const auto* label = labels.ptr<int>(y);
    const auto* seed = seeds.ptr<std::uint8_t>(y);
    for (int x = 0; x < mask.cols; ++x)
      if (seed[x] != 0 && label[x] != 0) met[static_cast<std::size_t>(label[x])] = 255;
  }
  for (int y = 0; y < mask.rows; ++y) {
    const auto* label = labels.ptr<int>(y);
    auto* out = result.ptr<std::uint8_t>(y);
    for (int x = 0; x < mask.cols; ++x) out[x] = met[static_cast<std::size_t>(label[x])];
  }
  return result;
}

/// The pixels of the convex hull of the mask's pixel centres.
inline cv::Mat hull_of(const cv::Mat& mask) {
  cv::Mat result = cv::Mat::zeros(mask.size(), CV_8UC1);
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(mask, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
  std::vector<cv::Point> points;
  for (const auto& contour : contours) points.insert(points.end(), contour.begin(), contour.end());
  if (points.empty()) return result;
  std::vector<cv::Point> corners;
  cv::convexHull(points, corners);
  cv::fillConvexPoly(result, corners, cv::Scalar(255));
  return result;
}

/// Area over that of its convex hull, 1 for an empty mask.
inline double solidity_of(const cv::Mat& mask) {
  const int area = cv::countNonZero(mask);
  return area == 0 ? 1.0 : static_cast<double>(area) / cv::countNonZero(hull_of(mask) | mask);
}

/// A rectangle with a margin, as far as the image goes.
inline cv::Rect grown(const cv::Rect& box, double margin, cv::Size image) {
  const int m = cvCeil(margin);
  return cv::Rect(box.x - m, box.y - m, box.width + 2 * m, box.height + 2 * m) &
         cv::Rect({0, 0}, image);
}

/// A size times `zoom`, at least 1 x 1.
inline cv::Size zoomed(cv::Size size, double zoom) {
  return {std::max(1, cvRound(size.width * zoom)), std::max(1, cvRound(size.height * zoom))};
}

/// An image or mask in `size`. By area where that takes several pixels together; it costs three
/// times as much as interpolation does.
inline cv::Mat in_size(const cv::Mat& image, cv::Size size) {
  cv::Mat result;
  if (size == image.size()) return image;
  cv::resize(image, result, size, 0, 0,
             2 * size.width < image.cols ? cv::INTER_AREA : cv::INTER_LINEAR);
  return result;
}

/// Leaves of each label 1..count its largest component (8-connected).
inline void drop_splinters(cv::Mat& labels, int count) {
  int label = 0;
  for (const Region& region : regions(labels, count)) {
    if (region.area > 0) {
      cv::Mat place = labels(region.box());
      const cv::Mat mask = place == label;
      cv::Mat pieces;
      cv::Mat statistics;
      cv::Mat centroids;
      const int n = cv::connectedComponentsWithStats(mask, pieces, statistics, centroids, 8);
      int largest = 1;
      for (int i = 2; i < n; ++i)
        if (statistics.at<int>(i, cv::CC_STAT_AREA) > statistics.at<int>(largest, cv::CC_STAT_AREA))
          largest = i;
      if (n > 2) place.setTo(0, mask & (pieces != largest));
    }
    ++label;
  }
}

/// Labels in another size, `factor` times as large. A median takes the stairs off their outlines:
/// where two labels or a label and the background meet, it is the one that most pixels around have.
/// Where three meet it may be any of them, and the splinters that leaves are dropped.
inline cv::Mat labels_in_size(const cv::Mat& labels, cv::Size size, double factor) {
  constexpr int most = 65535;  // labels that a median can take
  const int count = largest_label(labels);
  cv::Mat result;
  cv::resize(labels, result, size, 0, 0, cv::INTER_NEAREST);
  if (factor <= 1.0 || count > most) return result;
  cv::Mat narrow;
  result.convertTo(narrow, CV_16U);
  for (double width = 1.0; width < factor; width *= 2.0) cv::medianBlur(narrow, narrow, 5);
  narrow.convertTo(result, CV_32S);
  drop_splinters(result, count);
  return result;
}

/// The values of `image` (CV_32FC1) where `mask` is.
inline std::vector<float> values_in(const cv::Mat& image, const cv::Mat& mask) {
  std::vector<float> values;
  values.reserve(image.total());
  for (int y = 0; y < image.rows; ++y) {
    const auto* value = image.ptr<float>(y);
    const auto* inside = mask.ptr<std::uint8_t>(y);
    for (int x = 0; x < image.cols; ++x)
      if (inside[x] != 0) values.push_back(value[x]);
  }
  return values;
}

/// The value below which `share` of the values lie; 0 where there are none.
inline float quantile(std::vector<float> values, double share) {
  if (values.empty()) return 0.0F;
  const auto rank =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), rank, values.end());
  return *rank;
}

}  // namespace smear::segmentation
