// SPDX-License-Identifier: Apache-2.0
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "smear/stage.h"

namespace smear {
namespace {

constexpr int bins = 256;
constexpr float top = bins - 1;

/// What a tile's clipped histogram makes of the levels 0..255.
using Mapping = std::array<float, bins>;

Mapping mapping_of(const cv::Mat& tile, double clip_limit) {
  std::array<double, bins> counts{};
  for (int y = 0; y < tile.rows; ++y) {
    const auto* row = tile.ptr<float>(y);
    for (int x = 0; x < tile.cols; ++x) ++counts[static_cast<std::size_t>(row[x] + 0.5F)];
  }
  const auto area = static_cast<double>(tile.total());
  const double limit = clip_limit * area / bins;
  double excess = 0.0;
  for (double& count : counts) {
    excess += std::max(0.0, count - limit);
    count = std::min(count, limit);
  }
  Mapping mapping{};
  double below = 0.0;
  for (std::size_t level = 0; level < bins; ++level) {
    below += counts[level] + excess / bins;
    mapping[level] = static_cast<float>(std::min(1.0, below / area) * top);
  }
  return mapping;
}

/// Where the tiles of one axis begin; one more at the end.
std::vector<int> edges_of(int length, int tiles) {
  std::vector<int> edges;
  for (int i = 0; i <= tiles; ++i)
    edges.push_back(static_cast<int>(std::int64_t{length} * i / tiles));
  return edges;
}

/// The two tiles whose centres enclose a pixel, along one axis, and the weight of the second.
struct Between {
  std::size_t first = 0;
  std::size_t second = 0;
  float weight = 0.0F;
};

std::vector<Between> neighbours_of(const std::vector<int>& edges) {
  const std::size_t tiles = edges.size() - 1;
  const auto centre = [&](std::size_t i) { return (edges[i] + edges[i + 1] - 1) / 2.0; };
  std::vector<Between> result;
  std::size_t next = 0;  // the first tile whose centre is not before the pixel
  for (int x = 0; x < edges.back(); ++x) {
    while (next < tiles && centre(next) < x) ++next;
    if (next == 0 || next == tiles) {
      const std::size_t only = next == 0 ? 0 : tiles - 1;
      result.push_back({only, only, 0.0F});
    } else {
      const double weight = (x - centre(next - 1)) / (centre(next) - centre(next - 1));
      result.push_back({next - 1, next, static_cast<float>(weight)});
    }
  }
  return result;
}

/// Without the guarantees of std::lerp for infinite values, which cost time.
float mixed(float a, float b, float weight_of_b) { return a + weight_of_b * (b - a); }

float mapped(const Mapping& mapping, float level) {
  const auto below = static_cast<std::size_t>(level);
  const float fraction = level - static_cast<float>(below);
  if (fraction == 0.0F) return mapping[below];
  return mixed(mapping[below], mapping[below + 1], fraction);
}

/// `levels` are floats of 0..255, and so is the result.
cv::Mat equalized(const cv::Mat& levels, int tiles, double clip_limit) {
  const auto rows = edges_of(levels.rows, tiles);
  const auto columns = edges_of(levels.cols, tiles);
  const auto count = static_cast<std::size_t>(tiles);
  std::vector<Mapping> mappings;
  for (std::size_t j = 0; j < count; ++j)
    for (std::size_t i = 0; i < count; ++i)
      mappings.push_back(
          mapping_of(levels(cv::Range(rows[j], rows[j + 1]), cv::Range(columns[i], columns[i + 1])),
                     clip_limit));
  const auto across = neighbours_of(columns);
  const auto down = neighbours_of(rows);
  cv::Mat result(levels.size(), CV_32FC1);
  for (int y = 0; y < levels.rows; ++y) {
    const Between& v = down[static_cast<std::size_t>(y)];
    const Mapping* upper = &mappings[v.first * count];
    const Mapping* lower = &mappings[v.second * count];
    const auto* from = levels.ptr<float>(y);
    auto* to = result.ptr<float>(y);
    for (int x = 0; x < levels.cols; ++x) {
      const Between& h = across[static_cast<std::size_t>(x)];
      const float above =
          mixed(mapped(upper[h.first], from[x]), mapped(upper[h.second], from[x]), h.weight);
      const float below =
          mixed(mapped(lower[h.first], from[x]), mapped(lower[h.second], from[x]), h.weight);
      to[x] = mixed(above, below, v.weight);
    }
  }
  return result;
}

class Clahe final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "clahe",
      .summary = "Evens out local contrast (contrast-limited adaptive histogram equalization).",
      .category = Category::preprocessing,
      .details =
          "The image is divided into `tiles` x `tiles` tiles, as equal as whole pixels allow. In "
          "each, the histogram of 256 bins is clipped at `clip_limit` times its mean bin, what "
          "was cut off is spread evenly over all bins (once, so that bins can exceed the limit "
          "again), and its cumulative sum maps level v to 255 times the share of the pixels of at "
          "most v. A pixel gets the bilinear mean of what the mappings of the four nearest tile "
          "centres make of it; beyond the outermost centres, of two or one.\n\n"
          "8-bit grey images are handled as they are, 16- and 32-bit ones as levels 0 to 255 "
          "between their smallest and largest value, which bound the result too; between bins the "
          "mapping is "
          "linear, so that they keep their depth. Of RGB images the lightness of CIE L*a*b* "
          "(sRGB, D65) is equalized, and a* and b* stay, but for colours outside sRGB, which are "
          "clipped. 8- and 16-bit results are rounded.\n\n"
          "An image with a side of fewer pixels than `tiles`, and a constant 16- or 32-bit "
          "image, are refused. OpenCV's CLAHE, which clips to whole counts, is "
          "brighter in small tiles; its tile centres lie half a pixel further right and down.",
      .example = R"(name: local-contrast
stages:
  - clahe: {clip_limit: 2, tiles: 8}
  - save-image: {to: "contrast/{id}.png"}
)",
      .reference =
          "K. Zuiderveld, Contrast limited adaptive histogram equalization, in: Graphics "
          "Gems IV, Academic Press, 1994",
  };

  void describe(OptionSpec& spec) override {
    spec.real("clip_limit", clip_limit_)
        .range(1.0, 256.0)
        .help(
            "Largest bin of a histogram, in multiples of the mean bin: 1 hardly changes the "
            "contrast, 256 does not limit the gain.");
    spec.integer("tiles", tiles_).range(1, 256).help("Tiles along each side.");
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image").greys_masks();
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    if (std::min(image.width(), image.height()) < tiles_)
      throw SampleError(
          fmt::format("clahe: {} x {} pixels cannot be divided into {} x {} tiles; use fewer",
                      image.width(), image.height(), tiles_, tiles_));
    sample.set("image", image.with_pixels(result_of(image)));
  }

 private:
  [[nodiscard]] cv::Mat result_of(const Image& image) const {
    switch (image.type()) {
      case PixelType::grey8: return between(image.pixels(), 0.0, 255.0);
      case PixelType::rgb8: return colour(image.pixels());
      case PixelType::grey16:
      case PixelType::float32: break;
      case PixelType::label32:
        throw SampleError("clahe: labels have no contrast; give it an image");
    }
    double minimum = 0.0;
    double maximum = 0.0;
    cv::minMaxLoc(image.pixels(), &minimum, &maximum);
    if (minimum == maximum)
      throw SampleError(
          fmt::format("clahe: every pixel is {}, there is no contrast to equalize", minimum));
    return between(image.pixels(), minimum, maximum);
  }

  [[nodiscard]] cv::Mat between(const cv::Mat& values, double minimum, double maximum) const {
    cv::Mat levels;
    values.convertTo(levels, CV_64F, top / (maximum - minimum),
                     -minimum * top / (maximum - minimum));
    levels.convertTo(levels, CV_32F);
    cv::Mat result = equalized(cv::min(cv::max(levels, 0.0), top), tiles_, clip_limit_);
    result.convertTo(result, CV_64F);
    result.convertTo(result, values.depth(), (maximum - minimum) / top, minimum);
    return result;
  }

  /// In floats, since 8-bit L*a*b* alone changes colours by up to 27 levels.
  [[nodiscard]] cv::Mat colour(const cv::Mat& rgb) const {
    cv::Mat lab;
    rgb.convertTo(lab, CV_32F, 1.0 / 255.0);
    cv::cvtColor(lab, lab, cv::COLOR_RGB2Lab);
    cv::Mat lightness;
    cv::extractChannel(lab, lightness, 0);
    lightness = cv::min(cv::max(lightness * (top / 100.0), 0.0), top);
    lightness = equalized(lightness, tiles_, clip_limit_) * (100.0 / top);
    cv::insertChannel(lightness, lab, 0);
    cv::Mat result;
    cv::cvtColor(lab, result, cv::COLOR_Lab2RGB);
    result.convertTo(result, CV_8U, 255.0);
    return result;
  }

  double clip_limit_ = 2.0;
  int tiles_ = 8;
};

}  // namespace

void register_clahe(StageRegistrar& registrar) { registrar.add<Clahe>(); }

}  // namespace smear
