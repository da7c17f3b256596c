// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/auto-threshold.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "imagej/operations/gaussian-blur.h"
#include "smear/errors.h"

namespace smear::imagej {
namespace {

constexpr std::size_t levels = 256;
// Java's Double.MIN_VALUE: the start of two searches for a maximum.
constexpr double smallest = std::numeric_limits<double>::denorm_min();
constexpr double epsilon = std::numeric_limits<double>::epsilon();

using Curve = std::array<double, levels>;

constexpr std::array<std::string_view, 17> names{
    "Default",    "Huang",        "Intermodes", "IsoData",  "IJ_IsoData", "Li",
    "MaxEntropy", "Mean",         "MinError",   "Minimum",  "Moments",    "Otsu",
    "Percentile", "RenyiEntropy", "Shanbhag",   "Triangle", "Yen"};

// Java's (int) of a double.
int truncated(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 2147483647.0) return std::numeric_limits<int>::max();
  if (value <= -2147483648.0) return std::numeric_limits<int>::min();
  return static_cast<int>(value);
}

double sum_of(const Histogram& h) { return std::accumulate(h.begin(), h.end(), 0.0); }

int first_filled(const Histogram& h) {
  const auto at = std::ranges::find_if(h, [](int n) { return n != 0; });
  return at == h.end() ? 0 : static_cast<int>(at - h.begin());
}

int last_filled(const Histogram& h) {
  for (int i = 255; i >= 0; --i)
    if (h[static_cast<std::size_t>(i)] != 0) return i;
  return 255;
}

// The histogram as probabilities, and how much of it lies up to and above each level.
struct Distribution {
  Curve share;
  Curve below;
  Curve above;
  std::size_t first = 0;  // the first and the last level that leaves something on its side
  std::size_t last = levels - 1;

  explicit Distribution(const Histogram& h) {
    const double total = sum_of(h);
    double running = 0.0;
    for (std::size_t i = 0; i < levels; ++i) {
      share[i] = h[i] / total;
      running = i == 0 ? share[0] : running + share[i];
      below[i] = running;
      above[i] = 1.0 - running;
    }
    for (std::size_t i = 0; i < levels; ++i)
      if (std::abs(below[i]) >= epsilon) {
        first = i;
        break;
      }
    for (std::size_t i = levels; i-- > first;)
      if (std::abs(above[i]) >= epsilon) {
        last = i;
        break;
      }
  }
};

int ij_iso_data(Histogram h) {
  h.front() = 0;
  h.back() = 0;
  int low = 0;
  while (low < 255 && h[static_cast<std::size_t>(low)] == 0) ++low;
  int high = 255;
  while (high > 0 && h[static_cast<std::size_t>(high)] == 0) --high;
  if (low >= high) return 128;
  int split = low;
  double result = 0.0;
  do {
    double low_sum = 0.0, low_count = 0.0, high_sum = 0.0, high_count = 0.0;
    for (int i = low; i <= split; ++i) {
      low_sum += static_cast<double>(i) * h[static_cast<std::size_t>(i)];
      low_count += h[static_cast<std::size_t>(i)];
    }
    for (int i = split + 1; i <= high; ++i) {
      high_sum += static_cast<double>(i) * h[static_cast<std::size_t>(i)];
      high_count += h[static_cast<std::size_t>(i)];
    }
    result = (low_sum / low_count + high_sum / high_count) / 2.0;
    ++split;
  } while (split + 1 <= result && split < high - 1);
  return static_cast<int>(std::floor(result + 0.5));
}

// The first of the highest levels cut down where it towers above the second highest.
Histogram with_mode_cut(Histogram h) {
  const auto mode = static_cast<std::size_t>(std::ranges::max_element(h) - h.begin());
  int second = 0;
  for (std::size_t i = 0; i < levels; ++i)
    if (i != mode) second = std::max(second, h[i]);
  if (second != 0 && static_cast<std::int64_t>(h[mode]) > 2 * static_cast<std::int64_t>(second))
    h[mode] = truncated(second * 1.5);
  return h;
}

double fuzziness(double distance, double scale) {
  const double membership = 1.0 / (1.0 + scale * distance);
  if (membership < 1e-06 || membership > 0.999999) return 0.0;
  return -membership * std::log(membership) - (1.0 - membership) * std::log(1.0 - membership);
}

int huang(const Histogram& h) {
  const int first = first_filled(h);
  const int last = last_filled(h);
  const double scale = 1.0 / static_cast<double>(last - first);
  Curve mean_below{};
  Curve mean_above{};
  double sum = 0.0, count = 0.0;
  for (auto i = static_cast<std::size_t>(first); i < levels; ++i) {
    sum += static_cast<double>(i) * h[i];
    count += h[i];
    mean_below[i] = sum / count;
  }
  sum = count = 0.0;
  for (auto i = static_cast<std::size_t>(last); i > 0; --i) {
    sum += static_cast<double>(i) * h[i];
    count += h[i];
    mean_above[i - 1] = sum / count;
  }
  int best = -1;
  double least = std::numeric_limits<double>::max();
  for (std::size_t t = 0; t < levels; ++t) {
    double entropy = 0.0;
    for (std::size_t i = 0; i < levels; ++i) {
      if (h[i] == 0) continue;
      const double mean = i <= t ? mean_below[t] : mean_above[t];
      entropy += h[i] * fuzziness(std::abs(static_cast<double>(i) - mean), scale);
    }
    if (entropy < least) {
      least = entropy;
      best = static_cast<int>(t);
    }
  }
  return best;
}

bool has_two_modes(std::span<const double> h) {
  int modes = 0;
  for (std::size_t i = 1; i + 1 < h.size(); ++i)
    if (h[i - 1] < h[i] && h[i + 1] < h[i] && ++modes > 2) return false;
  return modes == 2;
}

void smooth(std::vector<double>& h) {
  double previous = 0.0, current = 0.0, next = h[0];
  for (std::size_t i = 0; i + 1 < h.size(); ++i) {
    previous = current;
    current = next;
    next = h[i + 1];
    h[i] = (previous + current + next) / 3.0;
  }
  h.back() = (current + next) / 3.0;
}

// Smoothed until it has two modes; empty where it never has.
std::vector<double> bimodal(std::span<const int> h) {
  std::vector<double> result(h.begin(), h.end());
  for (int round = 0; !has_two_modes(result); ++round) {
    if (round >= 10000) return {};
    smooth(result);
  }
  return result;
}

int intermodes(const Histogram& histogram) {
  // Smoothed without the empty levels at both ends.
  const int first = first_filled(histogram);
  const auto filled =
      std::span(histogram).subspan(static_cast<std::size_t>(first),
                                   static_cast<std::size_t>(last_filled(histogram) - first + 1));
  const auto h = bimodal(filled);
  if (h.empty()) return -1;
  int sum = 0;
  for (std::size_t i = 1; i + 1 < h.size(); ++i)
    if (h[i - 1] < h[i] && h[i + 1] < h[i]) sum += static_cast<int>(i);
  return sum / 2 + first;
}

int minimum(const Histogram& histogram) {
  const auto h = bimodal(histogram);
  for (std::size_t i = 1; i + 1 < h.size(); ++i)
    if (h[i - 1] > h[i] && h[i + 1] >= h[i]) return static_cast<int>(i);
  return -1;
}

int iso_data(const Histogram& h) {
  std::size_t split = 0;
  for (std::size_t i = 1; i < levels; ++i)
    if (h[i] > 0) {
      split = i + 1;
      break;
    }
  for (;; ++split) {
    if (split > 254) return -1;
    // ImageJ adds these up in ints that overflow.
    std::uint32_t low_sum = 0, high_sum = 0;
    int low_count = 0, high_count = 0;
    for (std::size_t i = 0; i < split; ++i) {
      low_count += h[i];
      low_sum += static_cast<std::uint32_t>(h[i]) * static_cast<std::uint32_t>(i);
    }
    for (std::size_t i = split + 1; i < levels; ++i) {
      high_count += h[i];
      high_sum += static_cast<std::uint32_t>(h[i]) * static_cast<std::uint32_t>(i);
    }
    if (low_count <= 0 || high_count <= 0) continue;
    const int low = static_cast<int>(low_sum) / low_count;
    const int high = static_cast<int>(high_sum) / high_count;
    if (static_cast<int>(split) == static_cast<int>(std::floor((low + high) / 2.0 + 0.5)))
      return static_cast<int>(split);
  }
}

double mean_between(const Histogram& h, int from, int to) {
  double sum = 0.0, count = 0.0;
  for (int i = std::max(from, 0); i <= std::min(to, 255); ++i) {
    sum += static_cast<double>(i) * h[static_cast<std::size_t>(i)];
    count += h[static_cast<std::size_t>(i)];
  }
  return count == 0.0 ? 0.0 : sum / count;
}

int li(const Histogram& h) {
  double next = mean_between(h, 0, 255);
  double before = 0.0;
  int threshold = 0;
  do {
    before = next;
    threshold = truncated(before + 0.5);
    const double back = mean_between(h, 0, threshold);
    const double object = mean_between(h, threshold + 1, 255);
    const double value = (back - object) / (std::log(back) - std::log(object));
    next = value < -epsilon ? truncated(value - 0.5) : truncated(value + 0.5);
  } while (std::abs(next - before) > 0.5);
  return threshold;
}

// Calls `criterion(t, i)` of both sides and sums; the entropies of MaxEntropy and its kin.
template <typename Term>
double sum_over(const Histogram& h, std::size_t from, std::size_t to, Term term) {
  double sum = 0.0;
  for (std::size_t i = from; i <= to && i < levels; ++i)
    if (h[i] != 0) sum += term(i);
  return sum;
}

int max_entropy(const Histogram& h, const Distribution& d, int none, double most) {
  int best = none;
  for (std::size_t t = d.first; t <= d.last; ++t) {
    const double back = sum_over(h, 0, t, [&](std::size_t i) {
      const double p = d.share[i] / d.below[t];
      return -(p * std::log(p));
    });
    const double object = sum_over(h, t + 1, levels - 1, [&](std::size_t i) {
      const double p = d.share[i] / d.above[t];
      return -(p * std::log(p));
    });
    if (most < back + object) {
      most = back + object;
      best = static_cast<int>(t);
    }
  }
  return best;
}

int mean(const Histogram& h) {
  double sum = 0.0;
  for (std::size_t i = 0; i < levels; ++i) sum += static_cast<double>(i) * h[i];
  return truncated(std::floor(sum / sum_of(h)));
}

[[noreturn]] void refuse_min_error() {
  throw SampleError(
      "the threshold method MinError finds no threshold for this image (ImageJ would stop or run "
      "on "
      "for ever); choose another method");
}

// Count, sum and sum of squares of the levels up to `last`.
struct Moments {
  double count = 0.0;
  double sum = 0.0;
  double squares = 0.0;

  Moments(const Histogram& h, int last) {
    if (last > 255) refuse_min_error();
    for (int i = 0; i <= last; ++i) {
      const double n = h[static_cast<std::size_t>(i)];
      count += n;
      sum += i * n;
      squares += static_cast<double>(i * i) * n;
    }
  }
};

int min_error(const Histogram& h) {
  const Moments all(h, 255);
  int threshold = mean(h);
  int before = -2;
  for (int round = 0; threshold != before; ++round) {
    if (round > 10000) refuse_min_error();
    const Moments low(h, threshold);
    const double mu = low.sum / low.count;
    const double nu = (all.sum - low.sum) / (all.count - low.count);
    const double p = low.count / all.count;
    const double q = (all.count - low.count) / all.count;
    const double sigma2 = low.squares / low.count - mu * mu;
    const double tau2 = (all.squares - low.squares) / (all.count - low.count) - nu * nu;
    const double w0 = 1.0 / sigma2 - 1.0 / tau2;
    const double w1 = mu / sigma2 - nu / tau2;
    const double w2 =
        (mu * mu) / sigma2 - (nu * nu) / tau2 + std::log10((sigma2 * (q * q)) / (tau2 * (p * p)));
    const double root = w1 * w1 - w0 * w2;
    if (root < 0.0) return threshold;
    before = threshold;
    const double next = (w1 + std::sqrt(root)) / w0;
    threshold = std::isnan(next) ? before : truncated(std::floor(next));
  }
  return threshold;
}

int moments(const Histogram& h) {
  const double total = sum_of(h);
  Curve share;
  double m1 = 0.0, m2 = 0.0, m3 = 0.0;
  for (std::size_t i = 0; i < levels; ++i) {
    const auto level = static_cast<double>(i);
    share[i] = h[i] / total;
    m1 += level * share[i];
    m2 += level * level * share[i];
    m3 += level * level * level * share[i];
  }
  const double cd = m2 - m1 * m1;
  const double c0 = (-m2 * m2 + m1 * m3) / cd;
  const double c1 = (-m3 + m2 * m1) / cd;
  const double z0 = 0.5 * (-c1 - std::sqrt(c1 * c1 - 4.0 * c0));
  const double z1 = 0.5 * (-c1 + std::sqrt(c1 * c1 - 4.0 * c0));
  const double p0 = (z1 - m1) / (z1 - z0);
  double sum = 0.0;
  for (std::size_t i = 0; i < levels; ++i) {
    sum += share[i];
    if (sum > p0) return static_cast<int>(i);
  }
  return -1;
}

int otsu(const Histogram& h) {
  double all_sum = 0.0;
  int all = 0;
  for (std::size_t i = 0; i < levels; ++i) {
    all_sum += static_cast<double>(i) * h[i];
    all += h[i];
  }
  double low_sum = 0.0, most = 0.0;
  int low = h[0];
  int best = 0;
  for (std::size_t t = 1; t + 1 < levels; ++t) {
    low_sum += static_cast<double>(t) * h[t];
    low += h[t];
    const double product = static_cast<double>(low) * (all - low);
    double variance = 0.0;
    if (product != 0.0) {
      const double numerator = (static_cast<double>(low) / all) * all_sum - low_sum;
      variance = (numerator * numerator) / product;
    }
    if (variance >= most) {
      most = variance;
      best = static_cast<int>(t);
    }
  }
  return best;
}

int percentile(const Histogram& h) {
  const double total = sum_of(h);
  double sum = 0.0, least = 1.0;
  int best = -1;
  for (std::size_t i = 0; i < levels; ++i) {
    sum += h[i];
    const double off = std::abs(sum / total - 0.5);
    if (off < least) {
      least = off;
      best = static_cast<int>(i);
    }
  }
  return best;
}

// The threshold of Renyi's entropy of one order; `term` is what each share adds up to.
template <typename Term>
int renyi_of_order(const Histogram& h, const Distribution& d, double order, Term term) {
  const double factor = 1.0 / (1.0 - order);
  double most = 0.0;
  int best = 0;
  for (std::size_t t = d.first; t <= d.last; ++t) {
    const double back =
        sum_over(h, 0, t, [&](std::size_t i) { return term(d.share[i], d.below[t]); });
    const double object =
        sum_over(h, t + 1, levels - 1, [&](std::size_t i) { return term(d.share[i], d.above[t]); });
    const double entropy = back * object > 0.0 ? factor * std::log(back * object) : 0.0;
    if (entropy > most) {
      most = entropy;
      best = static_cast<int>(t);
    }
  }
  return best;
}

int renyi_entropy(const Histogram& h) {
  const Distribution d(h);
  std::array<int, 3> t{
      renyi_of_order(h, d, 0.5, [](double share, double part) { return std::sqrt(share / part); }),
      max_entropy(h, d, 0, 0.0), renyi_of_order(h, d, 2.0, [](double share, double part) {
        return (share * share) / (part * part);
      })};
  std::ranges::sort(t);
  std::array<int, 3> beta{1, 2, 1};
  const bool low_close = t[1] - t[0] <= 5;
  const bool high_close = t[2] - t[1] <= 5;
  if (low_close && !high_close) beta = {0, 1, 3};
  if (!low_close && high_close) beta = {3, 1, 0};
  const double below = d.below[static_cast<std::size_t>(t[0])];
  const double above = d.above[static_cast<std::size_t>(t[2])];
  const double omega = d.below[static_cast<std::size_t>(t[2])] - below;
  return truncated(t[0] * (below + 0.25 * omega * beta[0]) + 0.25 * t[1] * omega * beta[1] +
                   t[2] * (above + 0.25 * omega * beta[2]));
}

int shanbhag(const Histogram& h) {
  const Distribution d(h);
  double least = std::numeric_limits<double>::max();
  int best = -1;
  for (std::size_t t = d.first; t <= d.last; ++t) {
    double term = 0.5 / d.below[t];
    const double back = term * sum_over(h, 1, t, [&](std::size_t i) {
                          return -(d.share[i] * std::log(1.0 - term * d.below[i - 1]));
                        });
    term = 0.5 / d.above[t];
    const double object = term * sum_over(h, t + 1, levels - 1, [&](std::size_t i) {
                            return -(d.share[i] * std::log(1.0 - term * d.above[i]));
                          });
    const double off = std::abs(back - object);
    if (off < least) {
      least = off;
      best = static_cast<int>(t);
    }
  }
  return best;
}

int triangle(Histogram h) {
  int low = first_filled(h);
  if (low > 0) --low;
  int high = 0;
  for (int i = 255; i > 0; --i)
    if (h[static_cast<std::size_t>(i)] > 0) {
      high = i;
      break;
    }
  if (high < 255) ++high;
  int peak = static_cast<int>(std::ranges::max_element(h) - h.begin());
  const bool flipped = peak - low < high - peak;
  if (flipped) {
    std::ranges::reverse(h);
    low = 255 - high;
    peak = 255 - peak;
  }
  if (low == peak) return low;
  const auto count = [&](int i) { return static_cast<double>(h[static_cast<std::size_t>(i)]); };
  double nx = count(peak);
  double ny = low - peak;
  const double length = std::sqrt(nx * nx + ny * ny);
  nx /= length;
  ny /= length;
  const double offset = nx * low + ny * count(low);
  int split = low;
  double furthest = 0.0;
  for (int i = low + 1; i <= peak; ++i) {
    const double away = nx * i + ny * count(i) - offset;
    if (away > furthest) {
      split = i;
      furthest = away;
    }
  }
  --split;
  return flipped ? 255 - split : split;
}

int yen(const Histogram& h) {
  const Distribution d(h);
  Curve below_squares{};
  Curve above_squares{};
  below_squares[0] = d.share[0] * d.share[0];
  for (std::size_t i = 1; i < levels; ++i)
    below_squares[i] = below_squares[i - 1] + d.share[i] * d.share[i];
  for (std::size_t i = levels - 1; i-- > 0;)
    above_squares[i] = above_squares[i + 1] + d.share[i + 1] * d.share[i + 1];
  const auto log_or_0 = [](double v) { return v > 0.0 ? std::log(v) : 0.0; };
  double most = smallest;
  int best = -1;
  for (std::size_t t = 0; t < levels; ++t) {
    const double criterion = -1.0 * log_or_0(below_squares[t] * above_squares[t]) +
                             2.0 * log_or_0(d.below[t] * (1.0 - d.below[t]));
    if (criterion > most) {
      most = criterion;
      best = static_cast<int>(t);
    }
  }
  return best;
}

template <typename T, typename Limit>
void mark_within(const cv::Mat& pixels, Limit lower, Limit upper, cv::Mat& result) {
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* from = pixels.ptr<T>(y);
    auto* to = result.ptr<std::uint8_t>(y);
    for (int x = 0; x < pixels.cols; ++x)
      to[x] = from[x] >= lower && from[x] <= upper ? std::uint8_t{255} : std::uint8_t{0};
  }
}

}  // namespace

std::span<const std::string_view> threshold_method_names() { return names; }

std::optional<ThresholdMethod> threshold_method_named(std::string_view name) {
  const auto at = std::ranges::find(names, name);
  if (at == names.end()) return std::nullopt;
  return static_cast<ThresholdMethod>(at - names.begin());
}

Histogram histogram_of(const cv::Mat& pixels, const cv::Mat& mask) {
  // Four tables, since equal neighbours would wait for each other's count.
  std::array<Histogram, 4> parts{};
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* row = pixels.ptr<std::uint8_t>(y);
    const auto* inside = mask.empty() ? nullptr : mask.ptr<std::uint8_t>(y);
    int x = 0;
    if (inside == nullptr)
      for (; x + 4 <= pixels.cols; x += 4) {
        ++parts[0][row[x]];
        ++parts[1][row[x + 1]];
        ++parts[2][row[x + 2]];
        ++parts[3][row[x + 3]];
      }
    for (; x < pixels.cols; ++x)
      if (inside == nullptr || inside[x] != 0) ++parts[0][row[x]];
  }
  for (std::size_t i = 0; i < levels; ++i) parts[0][i] += parts[1][i] + parts[2][i] + parts[3][i];
  return parts[0];
}

int auto_threshold(ThresholdMethod method, const Histogram& h) {
  switch (method) {
    case ThresholdMethod::standard: return ij_iso_data(with_mode_cut(h));
    case ThresholdMethod::huang: return huang(h);
    case ThresholdMethod::intermodes: return intermodes(h);
    case ThresholdMethod::iso_data: return iso_data(h);
    case ThresholdMethod::ij_iso_data: return ij_iso_data(h);
    case ThresholdMethod::li: return li(h);
    case ThresholdMethod::max_entropy: return max_entropy(h, Distribution(h), -1, smallest);
    case ThresholdMethod::mean: return mean(h);
    case ThresholdMethod::min_error: return min_error(h);
    case ThresholdMethod::minimum: return minimum(h);
    case ThresholdMethod::moments: return moments(h);
    case ThresholdMethod::otsu: return otsu(h);
    case ThresholdMethod::percentile: return percentile(h);
    case ThresholdMethod::renyi_entropy: return renyi_entropy(h);
    case ThresholdMethod::shanbhag: return shanbhag(h);
    case ThresholdMethod::triangle: return triangle(h);
    case ThresholdMethod::yen: return yen(h);
  }
  return -1;
}

Limits auto_limits(ThresholdMethod method, const Histogram& histogram, bool dark, bool inverted) {
  const int t = std::max(auto_threshold(method, histogram), 0);
  if (dark == inverted) return {0.0, static_cast<double>(t)};
  return {std::min(t + 1, 255) * 1.0, 255.0};
}

Limits legacy_limits(const Histogram& h, bool inverted) {
  const int t = ij_iso_data(with_mode_cut(h));
  cv::Mat curve(1, static_cast<int>(levels), CV_32FC1);
  for (std::size_t i = 0; i < levels; ++i)
    curve.at<float>(static_cast<int>(i)) = static_cast<float>(h[i]);
  gaussian_blur(curve, cv::Rect(0, 0, curve.cols, 1), 2.0, 0.0, 0.01);
  float sum = 0.0F, highest = 0.0F;
  int mode = 0;
  for (int i = 0; i < curve.cols; ++i) {
    const float count = curve.at<float>(i);
    sum += count;
    if (count > highest) {
      highest = count;
      mode = i;
    }
  }
  bool bright_side = inverted;
  if (highest / (sum / 256.0) > 1.5) bright_side = last_filled(h) - mode > mode - first_filled(h);
  return bright_side ? Limits{static_cast<double>(t), 255.0} : Limits{0.0, static_cast<double>(t)};
}

Limits limits_in_values(const Limits& found, ImageType type, const DisplayRange& range) {
  const bool whole = type == ImageType::grey16;
  const auto value = [&](double level) {
    const double v = range.min + (level / 255.0) * (range.max - range.min);
    return whole ? std::floor(v + 0.5) : v;
  };
  Limits result;
  result.lower = found.lower > 0.0 ? value(found.lower) : whole ? 0.0 : -1e30;
  result.upper = found.upper < 255.0 ? value(found.upper) : whole ? 65535.0 : 1e30;
  return result;
}

cv::Mat within_limits(const cv::Mat& pixels, const Limits& limits) {
  cv::Mat result(pixels.size(), CV_8UC1);
  switch (pixels.depth()) {
    case CV_8U: {
      std::array<std::uint8_t, levels> table{};
      for (std::size_t i = 0; i < levels; ++i)
        table[i] = static_cast<double>(i) >= limits.lower && static_cast<double>(i) <= limits.upper
                       ? std::uint8_t{255}
                       : std::uint8_t{0};
      for (int y = 0; y < pixels.rows; ++y) {
        const auto* from = pixels.ptr<std::uint8_t>(y);
        auto* to = result.ptr<std::uint8_t>(y);
        for (int x = 0; x < pixels.cols; ++x) to[x] = table[from[x]];
      }
      break;
    }
    case CV_16U:
      mark_within<std::uint16_t>(pixels, static_cast<float>(limits.lower),
                                 static_cast<float>(limits.upper), result);
      break;
    default:
      mark_within<float>(pixels, static_cast<float>(limits.lower), static_cast<float>(limits.upper),
                         result);
  }
  return result;
}

}  // namespace smear::imagej
