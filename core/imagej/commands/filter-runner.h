// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <opencv2/core/mat.hpp>

#include "imagej/command.h"
#include "imagej/session.h"

namespace smear::imagej {

/// What a filter does with an image beside its pixels (ImageJ's PlugInFilter flags).
struct FilterTraits {
  /// Restores what lies outside a selection that is no rectangle (SUPPORTS_MASKING). Without it the
  /// whole bounding box stays changed.
  bool masked = true;
  /// Works on the whole image whatever is selected.
  bool whole_image = false;
  /// Leaves the invisible threshold that Convert to Mask made (KEEP_THRESHOLD).
  bool keeps_threshold = false;
  /// Works on every plane rather than on the current one.
  bool all_planes = false;
};

/// Calls `filter(pixels, region)` on the active image's current plane, or on all: `pixels` is the
/// whole plane, to be changed within `region`, the bounding box of the area selected, or all.
void run_filter(Session& session, const FilterTraits& traits,
                const std::function<void(cv::Mat& pixels, const cv::Rect& region)>& filter);

/// The same for filters that compute in 32-bit float (CONVERT_TYPES): each channel of `pixels`
/// comes as floats and is written back as ImageJ does, +0.5, cut to the type's range and truncated.
void run_float_filter(Session& session, const FilterTraits& traits,
                      const std::function<void(cv::Mat& values, const cv::Rect& region)>& filter);

/// For a filter without a dialog, once its keys and `run` are there: adds the key `slice` and
/// refuses a stack where neither `slice` nor `stack` is given, since ImageJ then asks which is
/// meant.
void ask_about_stack(Command& command);

/// One channel of a plane as floats, and back. `channel` counts red, green, blue; 0 of others.
cv::Mat channel_as_float(const cv::Mat& pixels, int channel);
void write_back(const cv::Mat& values, const cv::Rect& region, int channel, cv::Mat& pixels);

}  // namespace smear::imagej
