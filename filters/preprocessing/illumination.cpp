// SPDX-License-Identifier: Apache-2.0
#include "preprocessing/illumination.h"

#include <limits>
#include <opencv2/core.hpp>
#include <utility>

#include "segmentation/otsu.h"
#include "smear/errors.h"

namespace smear {
namespace {

// A few thousand points determine ten coefficients far better than the model fits any lamp.
constexpr int nodes_per_side = 48;
constexpr int sectors_per_side = 3;
constexpr int max_terms = 10;
using Monomials = std::array<double, max_terms>;

/// A sample of the image: where (-1..1 in each direction) and the level of each channel.
struct Node {
  double x = 0.0;
  double y = 0.0;
  int sector = 0;
  std::array<double, 3> level{};
  double brightness = 0.0;
};

double to_unit(int i, int n) { return n > 1 ? 2.0 * i / (n - 1) - 1.0 : 0.0; }

constexpr int terms_of(int order) { return (order + 1) * (order + 2) / 2; }

/// 1, x, y, x^2, xy, y^2, ...: by degree, so that a lower order uses the first ones.
Monomials monomials(double x, double y) {
  return {1.0, x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y};
}

double value_at(const Monomials& coefficients, double x, double y) {
  const Monomials basis = monomials(x, y);
  double sum = 0.0;
  for (std::size_t i = 0; i < basis.size(); ++i) sum += coefficients[i] * basis[i];
  return sum;
}

/// The mean of the neighbourhood up to `reach` pixels away (cut at the edge): less noise, hardly
/// any mixing with cells.
template <typename T>
Node node_at(const cv::Mat& pixels, int x, int y, int reach) {
  const int channels = pixels.channels();
  Node node{.x = to_unit(x, pixels.cols), .y = to_unit(y, pixels.rows)};
  node.sector =
      y * sectors_per_side / pixels.rows * sectors_per_side + x * sectors_per_side / pixels.cols;
  int count = 0;
  for (int v = std::max(y - reach, 0); v <= std::min(y + reach, pixels.rows - 1); ++v)
    for (int u = std::max(x - reach, 0); u <= std::min(x + reach, pixels.cols - 1); ++u, ++count)
      for (int c = 0; c < channels; ++c)
        node.level[static_cast<std::size_t>(c)] +=
            static_cast<double>(pixels.ptr<T>(v)[u * channels + c]);
  for (auto& level : node.level) level /= count;
  node.brightness = (node.level[0] + node.level[1] + node.level[2]) / channels;
  return node;
}

template <typename T>
std::vector<Node> nodes_of(const cv::Mat& pixels) {
  const int longest = std::max(pixels.cols, pixels.rows);
  const int step = (longest + nodes_per_side - 1) / nodes_per_side;
  const int reach =
      longest < 150 ? 0 : 1;  // the gaps between the cells of a small image are narrow
  std::vector<Node> nodes;
  for (int y = (pixels.rows - 1) % step / 2; y < pixels.rows; y += step)
    for (int x = (pixels.cols - 1) % step / 2; x < pixels.cols; x += step) {
      Node node = node_at<T>(pixels, x, y, reach);
      if (std::isfinite(node.brightness)) nodes.push_back(node);
    }
  return nodes;
}

/// The weighted least-squares polynomial through `values` at the nodes.
Monomials fitted(const std::vector<Node>& nodes, const std::vector<double>& values,
                 const std::vector<double>& weights, int order) {
  const auto terms = static_cast<std::size_t>(terms_of(order));
  std::array<Monomials, max_terms> normal{};
  Monomials right{};
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    if (weights[n] == 0.0) continue;
    const Monomials basis = monomials(nodes[n].x, nodes[n].y);
    for (std::size_t i = 0; i < terms; ++i) {
      const double weighted = weights[n] * basis[i];
      right[i] += weighted * values[n];
      for (std::size_t j = 0; j < terms; ++j) normal[i][j] += weighted * basis[j];
    }
  }
  // An image one pixel wide leaves terms undetermined: the decomposition sets those to 0.
  const auto size = static_cast<int>(terms);
  const cv::Mat matrix(size, size, CV_64F, normal.data(), sizeof(Monomials));
  Monomials coefficients{};
  cv::Mat solution(size, 1, CV_64F, coefficients.data());
  cv::solve(matrix, cv::Mat(size, 1, CV_64F, right.data()), solution, cv::DECOMP_SVD);
  return coefficients;
}

std::vector<double> residuals(const std::vector<Node>& nodes, const std::vector<double>& values,
                              const Monomials& surface) {
  std::vector<double> result(nodes.size());
  for (std::size_t n = 0; n < nodes.size(); ++n)
    result[n] = values[n] - value_at(surface, nodes[n].x, nodes[n].y);
  return result;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The half-sample mode of Robertson and Cryer: again and again the shortest half, until two are
/// left. Other than a mean or median it does not see the cells that share the sample.
double mode(std::vector<double> values) {
  std::ranges::sort(values);
  std::size_t first = 0;
  std::size_t count = values.size();
  while (count > 2) {
    const std::size_t half = (count + 1) / 2;
    std::size_t best = first;
    for (std::size_t i = first; i + half <= first + count; ++i)
      if (values[i + half - 1] - values[i] < values[best + half - 1] - values[best]) best = i;
    first = best;
    count = half;
  }
  return (values[first] + values[first + count - 1]) / 2;
}

/// Weights 0 and 1: the nodes whose residual lies around the residuals' mode among the nodes that
/// `weights` has, as far as noise carries. The noise is taken from above the mode: there are
/// hardly any cells there.
std::vector<double> around_mode(const std::vector<double>& residual,
                                const std::vector<double>& weights, double resolution) {
  std::vector<double> kept;
  for (std::size_t n = 0; n < residual.size(); ++n)
    if (weights[n] > 0.0) kept.push_back(residual[n]);
  const double centre = mode(kept);
  std::vector<double> above;
  for (const double r : kept)
    if (r >= centre) above.push_back(r - centre);
  const double sigma = above.empty() ? 0.0 : 1.4826 * median(above);
  const double reach = std::max(2.5 * sigma, resolution);
  std::vector<double> result(residual.size());
  for (std::size_t n = 0; n < residual.size(); ++n)
    result[n] = std::abs(residual[n] - centre) <= reach ? 1.0 : 0.0;
  return std::ranges::count(result, 1.0) > 0 ? result : weights;
}

int sectors_of(const std::vector<Node>& nodes, const std::vector<double>& weights) {
  std::array<bool, sectors_per_side * sectors_per_side> met{};
  for (std::size_t n = 0; n < nodes.size(); ++n)
    if (weights[n] > 0.0) met[static_cast<std::size_t>(nodes[n].sector)] = true;
  return static_cast<int>(std::ranges::count(met, true));
}

/// The highest order up to `order` that background in `covered` of `present` sectors carries: a
/// parabola that hangs on one corner would go anywhere elsewhere.
int supported_order(int covered, int present, int order) {
  if (3 * covered >= 2 * present) return order;
  return 2 * covered >= present ? std::min(order, 1) : 0;
}

/// The nodes that may be background: no lamp leaves one place half as bright as another, so what
/// is darker than half of the brightest is a cell.
std::vector<Node> bright_enough(std::vector<Node> nodes) {
  std::vector<double> brightness;
  for (const Node& node : nodes) brightness.push_back(node.brightness);
  const auto top = brightness.begin() + static_cast<std::ptrdiff_t>(brightness.size() * 98 / 100);
  std::nth_element(brightness.begin(), top, brightness.end());
  std::erase_if(nodes, [half = *top / 2](const Node& node) { return node.brightness < half; });
  return nodes;
}

/// What counts as no difference between levels of an integer image: half a level, or in one of 16
/// bits what half a level is in one of 8.
double level_resolution(const std::vector<Node>& nodes) {
  double highest = 0.0;
  for (const Node& node : nodes) highest = std::max(highest, node.brightness);
  return std::max(0.5, highest / 510.0);
}

/// What counts as no difference between levels of a float image.
double float_resolution(const std::vector<Node>& nodes) {
  double largest = 0.0;
  for (const Node& node : nodes) largest = std::max(largest, std::abs(node.brightness));
  return 1e-6 * largest;
}

/// Weights 1 for the nodes above Otsu's threshold and 0 for the others: in a crowd of cells a
/// surface could bend from the background down to them, so they take no part at first.
std::vector<double> brighter_class(const std::vector<double>& brightness) {
  const auto [least, greatest] = std::ranges::minmax(brightness);
  std::vector<double> weights(brightness.size(), 1.0);
  if (!(greatest > least)) return weights;
  const std::vector<float> values(brightness.begin(), brightness.end());
  const double threshold = segmentation::otsu_thresholds(values, least, greatest, 2).front();
  for (std::size_t n = 0; n < brightness.size(); ++n)
    if (brightness[n] < threshold) weights[n] = 0.0;
  return weights;
}

struct Background {
  std::vector<double> weights;  ///< of the nodes: 1 is background
  int order = 0;
};

/// Which nodes are background, by brightness, looked for among those that `start` has. First the
/// upper envelope: least squares in which what lies above weighs nine times what lies below; then
/// trimming around the mode of what is near it.
Background background_among(const std::vector<Node>& nodes, const std::vector<double>& brightness,
                            const std::vector<double>& start, int present, int order,
                            double resolution, std::vector<double>& residual) {
  std::vector<double> weights = start;
  for (int i = 0; i < 8; ++i) {
    residual = residuals(nodes, brightness, fitted(nodes, brightness, weights, order));
    for (std::size_t n = 0; n < nodes.size(); ++n)
      weights[n] = start[n] * (residual[n] >= 0.0 ? 0.9 : 0.1);
  }
  for (std::size_t n = 0; n < nodes.size(); ++n)
    weights[n] = residual[n] >= -resolution ? 1.0 : 0.0;
  int supported = order;
  for (int i = 0; i < 8; ++i) {
    const std::vector<double> next = around_mode(residual, weights, resolution);
    if (i > 0 && next == weights) break;
    weights = next;
    supported = supported_order(sectors_of(nodes, weights), present, order);
    residual = residuals(nodes, brightness, fitted(nodes, brightness, weights, supported));
  }
  return {std::move(weights), supported};
}

/// The background of all nodes. Nothing but specks is brighter than it: where much is, the surface
/// lies on pale cells, and is looked for again among what is above.
Background background_of(const std::vector<Node>& nodes, int present, int order,
                         double resolution) {
  constexpr double specks = 0.12;  // share of the nodes
  constexpr double pale = 0.03;    // how much the palest cells absorb
  constexpr int attempts = 4;
  std::vector<double> brightness;
  for (const Node& node : nodes) brightness.push_back(node.brightness);
  std::vector<double> start = brighter_class(brightness);
  std::vector<double> residual;
  Background background;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    background = background_among(nodes, brightness, start, present, order, resolution, residual);
    double reach = resolution;
    for (std::size_t n = 0; n < nodes.size(); ++n)
      if (background.weights[n] > 0.0)
        reach = std::max({reach, residual[n], pale * std::abs(brightness[n])});
    double above = 0.0;
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      start[n] = residual[n] > reach ? 1.0 : 0.0;
      above += start[n];
    }
    if (above <= specks * static_cast<double>(nodes.size())) break;
  }
  return background;
}

/// The surface of one channel over the background nodes, trimmed once more in that channel.
Monomials channel_surface(const std::vector<Node>& nodes, const Background& background,
                          std::size_t channel, double resolution) {
  std::vector<double> values;
  for (const Node& node : nodes) values.push_back(node.level[channel]);
  const Monomials first = fitted(nodes, values, background.weights, background.order);
  const std::vector<double> residual = residuals(nodes, values, first);
  std::vector<double> sizes;
  for (std::size_t n = 0; n < nodes.size(); ++n)
    if (background.weights[n] > 0.0) sizes.push_back(std::abs(residual[n]));
  const double reach = std::max(2.5 * 1.4826 * median(std::move(sizes)), resolution);
  std::vector<double> weights = background.weights;
  for (std::size_t n = 0; n < nodes.size(); ++n)
    if (std::abs(residual[n]) > reach) weights[n] = 0.0;
  return fitted(nodes, values, weights, background.order);
}

/// `surface` along a row, as a polynomial in x alone.
std::array<double, 4> along_row(const Monomials& s, double y) {
  return {s[0] + y * (s[2] + y * (s[5] + y * s[9])), s[1] + y * (s[4] + y * s[8]), s[3] + y * s[7],
          s[6]};
}

std::vector<Node> nodes_of(const Image& image) {
  switch (image.type()) {
    case PixelType::grey8:
    case PixelType::rgb8: return nodes_of<std::uint8_t>(image.pixels());
    case PixelType::grey16: return nodes_of<std::uint16_t>(image.pixels());
    case PixelType::float32: return nodes_of<float>(image.pixels());
    case PixelType::label32: break;
  }
  throw SampleError("illumination is a matter of grey and colour images, this one holds labels");
}

}  // namespace

std::optional<Illumination> Illumination::fitted(const Image& image, int order) {
  const std::vector<Node> nodes = nodes_of(image);
  if (nodes.empty()) return std::nullopt;
  const double resolution =
      image.type() == PixelType::float32 ? float_resolution(nodes) : level_resolution(nodes);
  const int present = sectors_of(nodes, std::vector<double>(nodes.size(), 1.0));
  const std::vector<Node> bright = bright_enough(nodes);
  if (bright.empty()) return std::nullopt;
  const Background background = background_of(bright, present, order, resolution);
  Illumination result;
  result.width_ = image.width();
  result.height_ = image.height();
  for (std::size_t c = 0; c < static_cast<std::size_t>(image.channels()); ++c) {
    Surface surface{.coefficients = channel_surface(bright, background, c, resolution),
                    .highest = -std::numeric_limits<double>::infinity()};
    // The nodes cover the image evenly.
    for (const Node& node : nodes) {
      const double value = value_at(surface.coefficients, node.x, node.y);
      surface.mean += value / static_cast<double>(nodes.size());
      surface.highest = std::max(surface.highest, value);
    }
    if (!(surface.highest > 0.0 && surface.mean > 0.0)) return std::nullopt;
    result.surfaces_.push_back(surface);
  }
  return result;
}

void Illumination::write_row(int channel, int y, int stride, float* levels) const {
  const Surface& surface = at(channel);
  const auto p = along_row(surface.coefficients, to_unit(y, height_));
  const std::array<float, 4> f{static_cast<float>(p[0]), static_cast<float>(p[1]),
                               static_cast<float>(p[2]), static_cast<float>(p[3])};
  const auto floor = static_cast<float>(surface.highest / 4);
  const float step = width_ > 1 ? 2.0F / static_cast<float>(width_ - 1) : 0.0F;
  const float origin = width_ > 1 ? -1.0F : 0.0F;
  for (int i = 0; i < width_; ++i) {
    const float x = origin + step * static_cast<float>(i);
    const float value = f[0] + x * (f[1] + x * (f[2] + x * f[3]));
    levels[i * stride] = std::max(value, floor);
  }
}

}  // namespace smear
