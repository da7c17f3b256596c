// SPDX-License-Identifier: Apache-2.0
#include "study/clustered-features.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <stdexcept>

namespace smear::study {
namespace {

int columns_of(std::span<const Features> clusters) {
  int columns = 0;
  for (const Features& cluster : clusters) {
    if (cluster.empty()) continue;
    if (columns != 0 && cluster.cols != columns)
      throw std::invalid_argument("all cells need the same features");
    columns = cluster.cols;
    if (!cv::checkRange(cluster))
      throw std::invalid_argument(
          "a Frechet distance needs finite features: leave out cells that lack one");
  }
  return columns;
}

cv::Mat1d column_sums(const Features& rows) {
  cv::Mat1d sums;
  cv::reduce(rows, sums, 0, cv::REDUCE_SUM);
  return sums;
}

cv::Mat1d mean_of(std::span<const Features> clusters, int columns) {
  if (columns == 0) return {};
  cv::Mat1d sum(1, columns, 0.0);
  double rows = 0.0;
  for (const Features& cluster : clusters) {
    if (cluster.empty()) continue;
    sum += column_sums(cluster);
    rows += cluster.rows;
  }
  return cv::Mat1d(sum / std::max(rows, 1.0));
}

}  // namespace

ClusteredFeatures::ClusteredFeatures(std::span<const Features> clusters)
    : features_(columns_of(clusters)),
      centre_(mean_of(clusters, features_)),
      sums_(static_cast<int>(clusters.size()), 1 + features_ + features_ * features_, 0.0) {
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    if (clusters[i].empty()) continue;
    const cv::Mat1d centred(clusters[i] - cv::repeat(centre_, clusters[i].rows, 1));
    cv::Mat1d products;
    cv::mulTransposed(centred, products, true);
    cv::Mat1d sums = sums_.row(static_cast<int>(i));
    sums(0) = clusters[i].rows;
    column_sums(centred).copyTo(sums.colRange(1, 1 + features_));
    products.reshape(1, 1).copyTo(sums.colRange(1 + features_, sums.cols));
  }
}

Gaussian ClusteredFeatures::gaussian(std::span<const std::uint32_t> times) const {
  if (times.size() != static_cast<std::size_t>(sums_.rows))
    throw std::invalid_argument("a Gaussian of clusters needs one number a cluster");
  if (times.empty() || features_ == 0) return {};
  cv::Mat1d weights(1, sums_.rows);
  std::ranges::copy(times, weights.begin());
  const cv::Mat1d totals(weights * sums_);
  const double rows = totals(0);
  if (rows < 2.0) return {};
  const cv::Mat1d values = totals.colRange(1, 1 + features_);
  const cv::Mat1d products = totals.colRange(1 + features_, totals.cols).reshape(1, features_);
  const cv::Mat1d offset(values / rows);
  return {cv::Mat1d(centre_ + offset), cv::Mat1d((products - values.t() * offset) / (rows - 1.0))};
}

}  // namespace smear::study
