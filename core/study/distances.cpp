// SPDX-License-Identifier: Apache-2.0
#include "study/distances.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <stdexcept>
#include <vector>

#include "study/clustered-features.h"
#include "study/clustered-values.h"

namespace smear::study {
namespace {

constexpr std::uint32_t once = 1;

// The trace of the square root of a symmetric matrix without negative eigenvalues. Those that
// rounding made negative count as 0.
double trace_of_root(const cv::Mat1d& matrix) {
  cv::Mat1d values;
  cv::eigen(matrix, values);
  double sum = 0.0;
  for (const double value : values) sum += std::sqrt(std::max(value, 0.0));
  return sum;
}

cv::Mat1d root(const cv::Mat1d& matrix) {
  cv::Mat1d values;
  cv::Mat1d vectors;  // a row each
  cv::eigen(matrix, values, vectors);
  cv::Mat1d scaled = vectors.clone();
  for (int i = 0; i < values.rows; ++i) scaled.row(i) *= std::sqrt(std::max(values(i), 0.0));
  return cv::Mat1d(vectors.t() * scaled);
}

}  // namespace

double wasserstein_distance(std::span<const double> a, std::span<const double> b) {
  const std::vector<double> in_a(a.begin(), a.end());
  const std::vector<double> in_b(b.begin(), b.end());
  return ClusteredValues({&in_a, 1}, {&in_b, 1}).wasserstein_distance({&once, 1}, {&once, 1});
}

Gaussian gaussian_of(const Features& rows) {
  return ClusteredFeatures({&rows, 1}).gaussian({&once, 1});
}

double frechet_distance(const Gaussian& a, const Gaussian& b) {
  if (a.mean.empty() || b.mean.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (a.mean.cols != b.mean.cols)
    throw std::invalid_argument("a Frechet distance needs the same features of both sets");
  // S_a S_b is not symmetric, but has the eigenvalues of S_a^(1/2) S_b S_a^(1/2), which is.
  const cv::Mat1d root_a = root(a.covariance);
  const cv::Mat1d product(root_a * b.covariance * root_a);
  const double traces = cv::trace(a.covariance)[0] + cv::trace(b.covariance)[0];
  const double distance =
      cv::norm(a.mean, b.mean, cv::NORM_L2SQR) + traces - 2.0 * trace_of_root(product);
  return std::max(distance, 0.0);
}

double frechet_distance(const Features& a, const Features& b) {
  return frechet_distance(gaussian_of(a), gaussian_of(b));
}

Standardization::Standardization(const Features& reference) {
  if (reference.empty() || !cv::checkRange(reference))
    throw std::invalid_argument("a reference needs rows, and finite values in them");
  const int columns = reference.cols;
  mean_.create(1, columns);
  deviation_.create(1, columns);
  for (int i = 0; i < columns; ++i) {
    cv::Scalar mean;
    cv::Scalar deviation;
    cv::meanStdDev(reference.col(i), mean, deviation);
    mean_(i) = mean[0];
    // Rounding leaves a trace of deviation in a column of equal values.
    const bool varies = deviation[0] > 1e-12 * std::abs(mean[0]);
    deviation_(i) = varies ? deviation[0] : 1.0;
  }
}

Features Standardization::operator()(const Features& features) const {
  if (features.empty()) return features;
  if (features.cols != mean_.cols)
    throw std::invalid_argument("features to be standardized need the columns of the reference");
  return Features((features - cv::repeat(mean_, features.rows, 1)) /
                  cv::repeat(deviation_, features.rows, 1));
}

}  // namespace smear::study
