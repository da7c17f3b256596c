// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smear::imagej {

/// How the values of a stack at one place become one.
enum class Projection { average, maximum, minimum, sum, standard_deviation, median };

/// By the names of Z Project...: "Max Intensity", "Sum Slices", "Median", ...
std::optional<Projection> projection_named(std::string_view name);
const std::vector<std::string>& projection_names();

/// What ImageJ puts before the title: "MAX_".
std::string_view prefix_of(Projection projection);

/// The projection of planes of one size and grey type. Of that type again, but sum, standard
/// deviation (n - 1) and medians of 16 bits CV_32FC1. Averages are rounded half up; the median of an
/// even number of values is the mean of the two in the middle. As ImageJ 1.53t has it, averages of
/// 32-bit planes leave the last one out, and are NaN where there is no other.
cv::Mat project(std::vector<cv::Mat> planes, Projection projection);

}  // namespace smear::imagej
