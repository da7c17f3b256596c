// SPDX-License-Identifier: Apache-2.0
#include "report/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "study/quantile.h"

namespace smear::report {
namespace {

using study::quantile;

constexpr double min_bins = 5.0;
constexpr double max_bins = 40.0;
constexpr std::size_t enough_for_tails = 200;

struct Range {
  double low;
  double high;
};

Range shown_range(const std::vector<float>& sorted) {
  Range range{sorted.front(), sorted.back()};
  if (sorted.size() < enough_for_tails) return range;
  const double low = quantile(sorted, 0.01);
  const double high = quantile(sorted, 0.99);
  const double reach = 0.5 * (high - low);
  if (low == high) return range;
  if (range.low < low - reach) range.low = low;
  if (range.high > high + reach) range.high = high;
  return range;
}

/// The nearest width, by ratio, of those that make readable edges.
double rounded(double width, Grain grain) {
  if (grain == Grain::whole && width < 10.0) return std::max(1.0, std::round(width));
  const double power = std::pow(10.0, std::floor(std::log10(width)));
  double best = power;
  for (const double step : {2.0, 2.5, 5.0, 10.0}) {
    const double candidate = step * power;
    if (candidate / width < width / best) best = candidate;
  }
  return best;
}

double bin_width(const std::vector<float>& sorted, Range range, Grain grain) {
  const double span = range.high - range.low;
  if (span <= 0.0) return rounded(range.low == 0.0 ? 1.0 : std::abs(range.low) / 10.0, grain);
  const double iqr = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  const double wanted = 2.0 * iqr / std::cbrt(static_cast<double>(sorted.size()));
  return rounded(std::clamp(wanted, span / max_bins, span / min_bins), grain);
}

std::size_t bin_count(const Histogram& h, double high, Grain grain) {
  const double bins = (high - h.low) / h.width;
  return static_cast<std::size_t>(grain == Grain::whole ? std::floor(bins) + 1.0
                                                        : std::max(1.0, std::ceil(bins)));
}

void count(Histogram& h, const std::vector<float>& sorted, Grain grain) {
  const auto edge = [&h](std::size_t i) { return h.low + static_cast<double>(i) * h.width; };
  const double end = edge(h.counts.size());
  // The values come in order, so one walk along the edges counts them all, exactly by the edges.
  std::size_t bin = 0;
  for (const float value : sorted) {
    if (value < h.low) {
      ++h.below;
    } else if (value > end || (value == end && grain == Grain::whole)) {
      ++h.above;
    } else {
      while (bin + 1 < h.counts.size() && value >= edge(bin + 1)) ++bin;
      ++h.counts[bin];
    }
  }
}

}  // namespace

Histogram histogram(std::span<const float> values, Grain grain) {
  std::vector<float> sorted;
  sorted.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted),
               [](float v) { return std::isfinite(v); });
  std::sort(sorted.begin(), sorted.end());

  Histogram h;
  h.n = static_cast<std::int64_t>(sorted.size());
  h.missing = static_cast<std::int64_t>(values.size() - sorted.size());
  if (sorted.empty()) return h;
  h.minimum = sorted.front();
  h.maximum = sorted.back();
  h.mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / static_cast<double>(sorted.size());
  h.median = quantile(sorted, 0.5);

  const Range range = shown_range(sorted);
  h.width = bin_width(sorted, range, grain);
  h.low = std::floor(range.low / h.width) * h.width;
  h.counts.resize(bin_count(h, range.high, grain));
  count(h, sorted, grain);
  return h;
}

}  // namespace smear::report
