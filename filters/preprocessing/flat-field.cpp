// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <opencv2/core.hpp>
#include <optional>
#include <utility>

#include "smear/stage.h"

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

/// The mean of the 3 x 3 neighbourhood (cut at the edge): less noise, hardly any mixing with cells.
template <typename T>
Node node_at(const cv::Mat& pixels, int x, int y) {
  const int channels = pixels.channels();
  Node node{.x = to_unit(x, pixels.cols), .y = to_unit(y, pixels.rows)};
  node.sector =
      y * sectors_per_side / pixels.rows * sectors_per_side + x * sectors_per_side / pixels.cols;
  int count = 0;
  for (int v = std::max(y - 1, 0); v <= std::min(y + 1, pixels.rows - 1); ++v)
    for (int u = std::max(x - 1, 0); u <= std::min(x + 1, pixels.cols - 1); ++u, ++count)
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
  std::vector<Node> nodes;
  for (int y = (pixels.rows - 1) % step / 2; y < pixels.rows; y += step)
    for (int x = (pixels.cols - 1) % step / 2; x < pixels.cols; x += step) {
      Node node = node_at<T>(pixels, x, y);
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

/// What counts as no difference between levels of a float image.
double float_resolution(const std::vector<Node>& nodes) {
  double largest = 0.0;
  for (const Node& node : nodes) largest = std::max(largest, std::abs(node.brightness));
  return 1e-6 * largest;
}

struct Background {
  std::vector<double> weights;  ///< of the nodes: 1 is background
  int order = 0;
};

/// Which nodes are background, by brightness. First the upper envelope: least squares in which what
/// lies above weighs nine times what lies below; then trimming around the mode of what is near it.
Background background_of(const std::vector<Node>& nodes, int present, int order,
                         double resolution) {
  std::vector<double> brightness;
  for (const Node& node : nodes) brightness.push_back(node.brightness);
  std::vector<double> weights(nodes.size(), 1.0);
  std::vector<double> residual;
  for (int i = 0; i < 8; ++i) {
    residual = residuals(nodes, brightness, fitted(nodes, brightness, weights, order));
    for (std::size_t n = 0; n < nodes.size(); ++n) weights[n] = residual[n] >= 0.0 ? 0.9 : 0.1;
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

/// Mean and maximum of the surface over the nodes, which cover the image evenly.
struct Extent {
  double mean = 0.0;
  double highest = 0.0;
};

Extent extent_of(const Monomials& surface, const std::vector<Node>& nodes) {
  Extent extent{.highest = -std::numeric_limits<double>::infinity()};
  for (const Node& node : nodes) {
    const double value = value_at(surface, node.x, node.y);
    extent.mean += value / static_cast<double>(nodes.size());
    extent.highest = std::max(extent.highest, value);
  }
  return extent;
}

struct Correction {
  Monomials surface{};
  double floor = 0.0;   ///< the surface counts as at least this
  double target = 0.0;  ///< what the surface becomes
};

template <typename T>
T stored(float value) {
  if constexpr (std::is_integral_v<T>) {
    constexpr auto top = static_cast<float>(std::numeric_limits<T>::max());
    return static_cast<T>(static_cast<int>(std::clamp(value + 0.5F, 0.0F, top)));
  } else {
    return value;
  }
}

/// Writes the factors of one row of one channel to every `channels`-th place of `factors`.
void fill_factors(const Correction& correction, double y, int width, int channels, float* factors) {
  const auto p = along_row(correction.surface, y);
  const std::array<float, 4> f{static_cast<float>(p[0]), static_cast<float>(p[1]),
                               static_cast<float>(p[2]), static_cast<float>(p[3])};
  const auto floor = static_cast<float>(correction.floor);
  const auto target = static_cast<float>(correction.target);
  const float step = width > 1 ? 2.0F / static_cast<float>(width - 1) : 0.0F;
  const float origin = width > 1 ? -1.0F : 0.0F;
  for (int i = 0; i < width; ++i) {
    const float x = origin + step * static_cast<float>(i);
    const float value = f[0] + x * (f[1] + x * (f[2] + x * f[3]));
    factors[i * channels] = target / std::max(value, floor);
  }
}

template <typename T>
cv::Mat corrected(const cv::Mat& pixels, const std::vector<Correction>& corrections) {
  cv::Mat result(pixels.size(), pixels.type());
  const int channels = pixels.channels();
  const int values = pixels.cols * channels;
  std::vector<float> factors(static_cast<std::size_t>(values));
  for (int y = 0; y < pixels.rows; ++y) {
    for (int c = 0; c < channels; ++c)
      fill_factors(corrections[static_cast<std::size_t>(c)], to_unit(y, pixels.rows), pixels.cols,
                   channels, factors.data() + c);
    const T* in = pixels.ptr<T>(y);
    T* out = result.ptr<T>(y);
    const float* factor = factors.data();
    for (int i = 0; i < values; ++i) out[i] = stored<T>(static_cast<float>(in[i]) * factor[i]);
  }
  return result;
}

// No ITK: its bias correction (N4) takes seconds an image, where this takes a millisecond or two.
class FlatField final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "flat-field",
      .summary = "Evens out the illumination, estimated from the image's own bright background.",
      .category = Category::preprocessing,
      .details =
          "Models the illumination of each channel as a polynomial of the pixel coordinates "
          "(second order by default), fits it to the bright background, and returns "
          "`image * white / polynomial`, rounded half up and clipped for integer images. `white` "
          "is a level of 8 bits: in a "
          "16-bit image it stands for 257 times that (255 for 65535), and above 255 it is refused "
          "there. Float images have no such scale, so there `white` is the value itself.\n\n"
          "The image is sampled on a grid of 24 to 48 nodes along its longer side (every pixel "
          "of a smaller one); a node is "
          "the mean of 3 x 3 pixels; nodes below half the 98th percentile of brightness are left "
          "out. Background nodes are chosen by brightness, the mean of the "
          "channels: (1) an upper envelope is fitted by asymmetric least squares (weights 0.9 "
          "above, 0.1 below, 8 iterations); (2) of the nodes above it, those within 2.5 standard "
          "deviations of the residuals' half-sample mode are kept, and the polynomial is fitted to "
          "them again, until the choice stays the same (at most 8 times; the standard deviation "
          "is the median deviation above the mode times 1.4826). Each channel is then fitted to "
          "these nodes by least squares, with one more trimming at 2.5 robust standard "
          "deviations.\n\n"
          "The order falls to 1 where the background nodes lie in fewer than two thirds of the "
          "image's 3 x 3 sectors, and to 0, which changes no shading, below one half. A fitted "
          "level below a quarter of its channel's maximum counts as that quarter, so no pixel is "
          "amplified more than about fourfold. An image whose background level is not positive "
          "(a black one) passes unchanged, with a warning.",
      .example = R"(name: even-illumination
stages:
  - flat-field: {white: 240}
  - save-image: {to: "even/{id}.png"}
)",
      .reference =
          "T. Robertson, J.D. Cryer, An iterative procedure for estimating the mode, "
          "J. Am. Stat. Assoc. 69, 1974 (the mode); W.K. Newey, J.L. Powell, Asymmetric "
          "least squares estimation and testing, Econometrica 55, 1987 (the envelope)",
  };

  void describe(OptionSpec& spec) override {
    spec.real("white", white_)
        .range(0.0, 65535.0)
        .unit("8-bit grey levels")
        .help(
            "What the background becomes in every channel, of a 16-bit image times 257; 0 keeps "
            "each channel's mean background level, and so its colour.");
    spec.integer("order", order_)
        .range(1, 3)
        .help("Order of the polynomial: 1 a slope, 2 also a vignette, 3 an oblique vignette.");
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image").greys_masks();
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    switch (image.type()) {
      case PixelType::grey8:
      case PixelType::rgb8: return correct<std::uint8_t>(sample, image);
      case PixelType::grey16:
        if (white_ > 255.0)
          throw SampleError(fmt::format(
              "flat-field: white is an 8-bit level, which 16-bit images scale by 257; give at most "
              "255 instead of {}",
              white_));
        return correct<std::uint16_t>(sample, image);
      case PixelType::float32: return correct<float>(sample, image);
      case PixelType::label32: break;
    }
    throw SampleError("flat-field corrects grey and colour images, this one holds labels");
  }

 private:
  template <typename T>
  void correct(Sample& sample, const Image& image) const {
    const std::vector<Node> nodes = nodes_of<T>(image.pixels());
    const auto corrections =
        corrections_of(nodes, image, std::is_integral_v<T> ? 0.5 : float_resolution(nodes));
    if (!corrections) {
      sample.set("image", image);
      sample.warn(
          fmt::format("{} found no bright background and left the image as it is", info.name));
      return;
    }
    sample.set("image", image.with_pixels(corrected<T>(image.pixels(), *corrections)));
  }

  [[nodiscard]] std::optional<std::vector<Correction>> corrections_of(
      const std::vector<Node>& nodes, const Image& image, double resolution) const {
    if (nodes.empty()) return std::nullopt;
    const int present = sectors_of(nodes, std::vector<double>(nodes.size(), 1.0));
    const std::vector<Node> bright = bright_enough(nodes);
    if (bright.empty()) return std::nullopt;
    const Background background = background_of(bright, present, order_, resolution);
    std::vector<Correction> result;
    for (std::size_t c = 0; c < static_cast<std::size_t>(image.channels()); ++c) {
      Correction correction{.surface = channel_surface(bright, background, c, resolution)};
      const Extent extent = extent_of(correction.surface, nodes);
      correction.floor = extent.highest / 4;
      const double scale = image.type() == PixelType::grey16 ? 257.0 : 1.0;
      correction.target = white_ > 0.0 ? white_ * scale : extent.mean;
      if (!(extent.highest > 0.0 && correction.target > 0.0)) return std::nullopt;
      result.push_back(correction);
    }
    return result;
  }

  double white_ = 0.0;
  int order_ = 2;
};

}  // namespace

void register_flat_field(StageRegistrar& registrar) { registrar.add<FlatField>(); }

}  // namespace smear
