// SPDX-License-Identifier: Apache-2.0
#include <opencv2/core.hpp>

#include "smear/stage.h"

namespace smear {
namespace {

enum class Interpolation { nearest, bilinear, bicubic, area };

constexpr std::int64_t most_pixels = std::int64_t{1} << 29;

/// The cubic convolution kernel of Keys with a = -1/2 (Catmull-Rom) at distance `d`.
double cubic(double d) {
  if (d >= 2.0) return 0.0;
  if (d >= 1.0) return ((-0.5 * d + 2.5) * d - 4.0) * d + 2.0;
  return (1.5 * d - 2.5) * d * d + 1.0;
}

/// Along one axis, output i is the sum of inputs first[i] + k, weighted by weights[i * taps + k].
struct Axis {
  int taps = 0;
  std::vector<int> first;
  std::vector<float> weights;
};

Axis make_axis(int in, int out, Interpolation interpolation) {
  const double step = static_cast<double>(in) / out;
  const bool area = interpolation == Interpolation::area;
  const bool bilinear = interpolation == Interpolation::bilinear;
  const int reach = area ? static_cast<int>(std::ceil(step)) + 1 : bilinear ? 2 : 4;
  Axis axis;
  axis.taps = std::min(reach, in);
  const auto taps = static_cast<std::size_t>(axis.taps);
  std::vector<double> weights(taps);
  for (int i = 0; i < out; ++i) {
    const double left = static_cast<double>(static_cast<std::int64_t>(i) * in) / out;
    const double right = static_cast<double>(static_cast<std::int64_t>(i + 1) * in) / out;
    const double centre = (i + 0.5) * step - 0.5;
    const int begin = static_cast<int>(std::floor(area ? left : centre)) - (reach == 4 && !area);
    const int first = std::clamp(begin, 0, in - axis.taps);
    std::ranges::fill(weights, 0.0);
    for (int position = begin; position < begin + reach; ++position) {
      const double distance = std::abs(position - centre);
      const double weight =
          area ? std::max(0.0, std::min(position + 1.0, right) - std::max<double>(position, left)) /
                     step
          : bilinear ? 1.0 - distance
                     : cubic(distance);
      weights[static_cast<std::size_t>(std::clamp(position, 0, in - 1) - first)] += weight;
    }
    axis.first.push_back(first);
    for (const double weight : weights) axis.weights.push_back(static_cast<float>(weight));
  }
  return axis;
}

/// The axis of a kernel that is stretched by the step, so that each input pixel counts. What lies
/// outside of the image has no weight.
Axis make_antialiased_axis(int in, int out, Interpolation interpolation) {
  const double step = static_cast<double>(in) / out;
  const bool bilinear = interpolation == Interpolation::bilinear;
  const double support = (bilinear ? 1.0 : 2.0) * step;
  Axis axis;
  axis.taps = std::min(static_cast<int>(std::ceil(2.0 * support)) + 1, in);
  for (int i = 0; i < out; ++i) {
    const double centre = (i + 0.5) * step - 0.5;
    const int first = std::clamp(static_cast<int>(std::ceil(centre - support)), 0, in - axis.taps);
    std::vector<double> weights;
    double sum = 0.0;
    for (int k = 0; k < axis.taps; ++k) {
      const double distance = std::abs(first + k - centre) / step;
      weights.push_back(bilinear ? std::max(0.0, 1.0 - distance) : cubic(distance));
      sum += weights.back();
    }
    axis.first.push_back(first);
    for (const double weight : weights) axis.weights.push_back(static_cast<float>(weight / sum));
  }
  return axis;
}

struct Resampling {
  Interpolation interpolation = Interpolation::bilinear;
  bool antialias = false;

  [[nodiscard]] Axis axis(int in, int out) const {
    const bool stretched = antialias && in > out && interpolation != Interpolation::area;
    return stretched ? make_antialiased_axis(in, out, interpolation)
                     : make_axis(in, out, interpolation);
  }
};

/// Columns first, a whole row at a time: that part runs over all of the input and vectorises well.
template <typename Value, int channels>
cv::Mat resampled(const cv::Mat& input, cv::Size size, const Resampling& resampling) {
  const Axis rows = resampling.axis(input.rows, size.height);
  const Axis columns = resampling.axis(input.cols, size.width);
  cv::Mat result(size, input.type());
  std::vector<float> line(static_cast<std::size_t>(input.cols) * channels);
  for (int y = 0; y < size.height; ++y) {
    std::ranges::fill(line, 0.0F);
    const float* weights =
        &rows.weights[static_cast<std::size_t>(y) * static_cast<std::size_t>(rows.taps)];
    for (int k = 0; k < rows.taps; ++k) {
      const auto* from = input.ptr<Value>(rows.first[static_cast<std::size_t>(y)] + k);
      for (std::size_t i = 0; i < line.size(); ++i)
        line[i] += weights[k] * static_cast<float>(from[i]);
    }
    auto* to = result.ptr<Value>(y);
    weights = columns.weights.data();
    for (int x = 0; x < size.width; ++x, weights += columns.taps) {
      const float* from =
          &line[static_cast<std::size_t>(columns.first[static_cast<std::size_t>(x)]) * channels];
      for (int c = 0; c < channels; ++c) {
        float sum = 0.0F;
        for (int k = 0; k < columns.taps; ++k) sum += weights[k] * from[k * channels + c];
        *to++ = cv::saturate_cast<Value>(sum);
      }
    }
  }
  return result;
}

template <typename Pixel>
cv::Mat nearest(const cv::Mat& input, cv::Size size) {
  const auto source_of = [](std::int64_t i, int in, int out) {
    return static_cast<int>((2 * i + 1) * in / (2 * std::int64_t{out}));
  };
  std::vector<int> columns;
  for (int x = 0; x < size.width; ++x) columns.push_back(source_of(x, input.cols, size.width));
  cv::Mat result(size, input.type());
  for (int y = 0; y < size.height; ++y) {
    const auto* from = input.ptr<Pixel>(source_of(y, input.rows, size.height));
    auto* to = result.ptr<Pixel>(y);
    for (const int column : columns) *to++ = from[column];
  }
  return result;
}

cv::Mat nearest(const Image& image, cv::Size size) {
  switch (image.type()) {
    case PixelType::grey8: return nearest<uchar>(image.pixels(), size);
    case PixelType::rgb8: return nearest<cv::Vec3b>(image.pixels(), size);
    case PixelType::grey16: return nearest<ushort>(image.pixels(), size);
    case PixelType::float32: return nearest<float>(image.pixels(), size);
    case PixelType::label32: return nearest<int>(image.pixels(), size);
  }
  return {};
}

cv::Mat interpolated(const Image& image, cv::Size size, const Resampling& resampling) {
  switch (image.type()) {
    case PixelType::grey8: return resampled<uchar, 1>(image.pixels(), size, resampling);
    case PixelType::rgb8: return resampled<uchar, 3>(image.pixels(), size, resampling);
    case PixelType::grey16: return resampled<ushort, 1>(image.pixels(), size, resampling);
    case PixelType::float32: return resampled<float, 1>(image.pixels(), size, resampling);
    case PixelType::label32: break;
  }
  throw SampleError(
      "resize: labels cannot be interpolated, a mean of two labels means nothing; "
      "use interpolation: nearest");
}

class Resize final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "resize",
      .summary = "Scales an image to a size in pixels or by a factor.",
      .category = Category::preprocessing,
      .details =
          "With `width` and `height` the result has that size, or with `keep_aspect` the largest "
          "size of the old aspect ratio that fits into it. With one of the two the other follows "
          "from the aspect ratio. `factor` multiplies both. Sizes are rounded to whole pixels "
          "(halves up) and are at least 1; the pixel size in micrometres is scaled by the ratio "
          "of old to new size, for each axis.\n\n"
          "Pixel centres are aligned: output pixel i lies at (i + 0.5) * old / new - 0.5 in the "
          "input, so that both images cover the same field of view, without a shift. Pixels "
          "outside the image repeat its edge.\n\n"
          "`nearest` takes the input pixel in which the centre lies (of two, the right or lower "
          "one). `bilinear` and `bicubic` weight the 2 x 2 or 4 x 4 nearest pixels, by the "
          "triangle or by the cubic convolution kernel of Keys with a = -1/2 (Catmull-Rom), as "
          "ImageJ does; they do so also when they shrink, so that strong shrinking aliases. With "
          "`antialias`, along an axis that shrinks, the kernel is instead stretched by the step "
          "old / new, cut off at the image's edge and scaled to a sum of 1, as Pillow and PyTorch "
          "(antialias=True) do. "
          "`area` averages over exactly the area that the output pixel covers, each input pixel "
          "weighted by its covered part: the choice for shrinking. Sums are formed in single "
          "precision; 8- and 16-bit results are rounded to the nearest (ties to even) and "
          "clipped to their range.\n\n"
          "Labels are scaled with `nearest` only. A mask stays a mask with `nearest` and becomes a "
          "grey image with the others. ImageJ's Size... without averaging differs by a shift of "
          "a quarter of the scale.",
      .example = R"(name: resize-256
stages:
  - resize: {width: 256, height: 256, interpolation: area}
  - save-image: {to: "small/{id}.png"}
)",
      .reference =
          "R. G. Keys, Cubic convolution interpolation for digital image processing, "
          "IEEE Transactions on Acoustics, Speech, and Signal Processing 29(6), 1981",
  };

  void describe(OptionSpec& spec) override {
    spec.integer("width", width_)
        .range(0, 100000)
        .unit("px")
        .help("New width; 0 where it follows from the height or the factor.");
    spec.integer("height", height_)
        .range(0, 100000)
        .unit("px")
        .help("New height; 0 where it follows from the width or the factor.");
    spec.real("factor", factor_)
        .range(0.0, 100.0)
        .help("Scales width and height by this, instead of a size; 0 for none.");
    spec.boolean("keep_aspect", keep_aspect_)
        .help("Fit into width x height without changing the aspect ratio.");
    spec.choice("interpolation", interpolation_,
                {{Interpolation::nearest, "nearest", "the nearest pixel; for labels and masks"},
                 {Interpolation::bilinear, "bilinear", "linear between 2 x 2 pixels"},
                 {Interpolation::bicubic, "bicubic", "Catmull-Rom over 4 x 4 pixels"},
                 {Interpolation::area, "area", "mean over the covered area; for shrinking"}})
        .help("How values between pixels are found.");
    spec.boolean("antialias", antialias_)
        .help("Shrinking by bilinear or bicubic averages over all pixels, as Pillow does.");
    spec.input("image", SlotType::every_image);
    spec.output_like("image", "image").greys_masks();
  }

  void check() const override {
    const bool sized = width_ > 0 || height_ > 0;
    if (sized && factor_ > 0.0)
      throw ConfigError("resize: give a factor or a width and height, not both");
    if (!sized && factor_ == 0.0)
      throw ConfigError("resize: give a width, a height, both, or a factor");
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    const cv::Size size = new_size(image);
    if (std::int64_t{size.width} * size.height > most_pixels)
      throw SampleError(
          fmt::format("resize: {} x {} pixels are more than the {} that it makes; "
                      "choose a smaller size or factor",
                      size.width, size.height, most_pixels));
    const bool to_nearest = interpolation_ == Interpolation::nearest;
    auto pixels =
        to_nearest ? nearest(image, size) : interpolated(image, size, {interpolation_, antialias_});
    sample.set("image", Image(std::move(pixels), new_pixel_size(image, size)));
  }

 private:
  [[nodiscard]] cv::Size new_size(const Image& image) const {
    double by_x = width_ / static_cast<double>(image.width());
    double by_y = height_ / static_cast<double>(image.height());
    if (factor_ > 0.0) by_x = by_y = factor_;
    if (by_x == 0.0) by_x = by_y;
    if (by_y == 0.0) by_y = by_x;
    if (keep_aspect_) by_x = by_y = std::min(by_x, by_y);
    const auto scaled = [](int length, double by) {
      return std::max(1, static_cast<int>(std::min(std::floor(length * by + 0.5), 2e9)));
    };
    return {scaled(image.width(), by_x), scaled(image.height(), by_y)};
  }

  static std::optional<PixelSize> new_pixel_size(const Image& image, cv::Size size) {
    auto pixel_size = image.pixel_size();
    if (!pixel_size) return pixel_size;
    pixel_size->x_um *= static_cast<double>(image.width()) / size.width;
    pixel_size->y_um *= static_cast<double>(image.height()) / size.height;
    return pixel_size;
  }

  int width_ = 0;
  int height_ = 0;
  double factor_ = 0.0;
  bool keep_aspect_ = false;
  Interpolation interpolation_ = Interpolation::bilinear;
  bool antialias_ = false;
};

}  // namespace

void register_resize(StageRegistrar& registrar) { registrar.add<Resize>(); }

}  // namespace smear
