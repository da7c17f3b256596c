// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

#include "imagej/image-plus.h"
#include "imagej/measurements.h"
#include "imagej/operations/statistics.h"
#include "imagej/results-table.h"

namespace smear::imagej {

/// The columns that measurements of areas fill with these settings.
std::vector<MeasurementColumn> columns_of(const MeasurementSettings& settings);

/// What is measured of an image.
struct MeasuredArea {
  const Roi* roi = nullptr;  ///< whose outline is measured; null: the whole image
  cv::Rect box;              ///< within the image
  cv::Mat mask;              ///< of the size of `box`; empty: all of it
  bool capped = true;        ///< whether Circ. is at most 1
};

/// The part of `roi` that lies in the image; of null, the image. Throws `SampleError` where there
/// is nothing of it, and for selections that are no area.
MeasuredArea area_of(const Roi* roi, const cv::Size& image);

/// Where and how measurements are made.
struct MeasuringPlane {
  const ImagePlus* image = nullptr;  ///< whose calibration and size count
  cv::Mat pixels;                    ///< in which values are measured: of the image or another
  std::optional<Threshold> threshold;
  bool weighted = false;  ///< greys of RGB
};

/// The plane that is measured: the image's current one, or that of `redirect`. Throws `SampleError`
/// where that has another size, and for pixel values with a function of their own.
MeasuringPlane measuring_plane(const ImagePlus& image, const ImagePlus* redirect, bool weighted);

Statistics statistics_of(const MeasuringPlane& plane, const MeasuredArea& area,
                         const MeasurementSettings& settings);

/// Fills the table's last row.
void add_measurements(const MeasuringPlane& plane, const MeasuredArea& area,
                      const Statistics& statistics, const MeasurementSettings& settings,
                      ResultsTable& table);

/// Of the values along a straight or segmented line one pixel wide. Throws `SampleError` for other
/// lines and for RGB images.
Statistics statistics_along(const MeasuringPlane& plane, const Roi& line,
                            const MeasurementSettings& settings);

/// A straight line one pixel wide, in the table's last row.
void add_line_measurements(const MeasuringPlane& plane, const Roi& line,
                           const MeasurementSettings& settings, ResultsTable& table);

/// One point, in the table's last row.
void add_point_measurements(const MeasuringPlane& plane, const cv::Point2d& point,
                            const MeasurementSettings& settings, ResultsTable& table);

}  // namespace smear::imagej
