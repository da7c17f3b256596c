// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <opencv2/core.hpp>

#include "smear/stage.h"

namespace smear {
namespace {

/// The part of a ball's upper half that rolls under the image, in reduced pixels.
struct Ball {
  int shrink = 1;      ///< the image is reduced by this factor before the ball rolls
  int half_width = 0;  ///< the patch reaches from -half_width to half_width
  cv::Mat height;      ///< float, 2 half_width + 1 squared
};

/// ImageJ's reduction factors and trimming: the larger the ball, the flatter its middle, and the
/// less its steep rim matters.
Ball make_ball(double radius) {
  const int shrink = radius <= 10 ? 1 : radius <= 30 ? 2 : radius <= 100 ? 4 : 8;
  const int trim_percent = radius <= 30 ? 24 : radius <= 100 ? 32 : 40;
  const double small = std::max(1.0, radius / shrink);
  const int trim = static_cast<int>(trim_percent * small) / 100;
  Ball ball{.shrink = shrink,
            .half_width = static_cast<int>(std::floor(small - trim + 0.5)),
            .height = {}};
  const int width = 2 * ball.half_width + 1;
  ball.height = cv::Mat(width, width, CV_32FC1);
  for (int y = 0; y < width; ++y)
    for (int x = 0; x < width; ++x) {
      const double dx = x - ball.half_width;
      const double dy = y - ball.half_width;
      const double square = small * small - dx * dx - dy * dy;
      ball.height.at<float>(y, x) = square > 0.0 ? static_cast<float>(std::sqrt(square)) : 0.0F;
    }
  return ball;
}

/// Mean of three neighbours along rows, then along columns; ends repeat themselves.
cv::Mat smoothed(const cv::Mat& image) {
  constexpr float third = 0.33333333F;
  cv::Mat rows(image.size(), CV_32FC1);
  cv::Mat result(image.size(), CV_32FC1);
  const int right = image.cols - 1;
  const int bottom = image.rows - 1;
  for (int y = 0; y <= bottom; ++y) {
    const auto* in = image.ptr<float>(y);
    auto* out = rows.ptr<float>(y);
    for (int x = 0; x <= right; ++x)
      out[x] = (in[std::max(x - 1, 0)] + in[x] + in[std::min(x + 1, right)]) * third;
  }
  for (int y = 0; y <= bottom; ++y) {
    const auto* above = rows.ptr<float>(std::max(y - 1, 0));
    const auto* here = rows.ptr<float>(y);
    const auto* below = rows.ptr<float>(std::min(y + 1, bottom));
    auto* out = result.ptr<float>(y);
    for (int x = 0; x <= right; ++x) out[x] = (above[x] + here[x] + below[x]) * third;
  }
  return result;
}

/// The minimum of every block of `factor` x `factor` pixels; the last ones may be cut.
cv::Mat shrunken(const cv::Mat& image, int factor) {
  if (factor == 1) return image;
  cv::Mat result((image.rows + factor - 1) / factor, (image.cols + factor - 1) / factor, CV_32FC1,
                 cv::Scalar(std::numeric_limits<float>::max()));
  for (int y = 0; y < image.rows; ++y) {
    const auto* in = image.ptr<float>(y);
    auto* out = result.ptr<float>(y / factor);
    for (int x = 0; x < image.cols; ++x) out[x / factor] = std::min(out[x / factor], in[x]);
  }
  return result;
}

/// How high the ball comes under the image at every centre, those outside included from which it
/// still reaches in: the innermost loop runs over a whole row, so that the compiler vectorises it.
cv::Mat lowest_centres(const cv::Mat& image, const Ball& ball) {
  const int h = ball.half_width;
  cv::Mat centres(image.rows + 2 * h, image.cols + 2 * h, CV_32FC1,
                  cv::Scalar(std::numeric_limits<float>::max()));
  for (int y = 0; y < image.rows; ++y)
    for (int v = 0; v <= 2 * h; ++v)
      for (int u = 0; u <= 2 * h; ++u) {
        const auto* in = image.ptr<float>(y);
        auto* out = centres.ptr<float>(y + v) + u;
        const float height = ball.height.at<float>(v, u);
        for (int x = 0; x < image.cols; ++x) out[x] = std::min(out[x], in[x] - height);
      }
  return centres;
}

/// The highest that any of these balls reaches over each pixel.
cv::Mat rolled(const cv::Mat& image, const Ball& ball) {
  const int h = ball.half_width;
  const cv::Mat centres = lowest_centres(image, ball);
  cv::Mat result(image.size(), CV_32FC1, cv::Scalar(std::numeric_limits<float>::lowest()));
  for (int y = 0; y < image.rows; ++y)
    for (int v = 0; v <= 2 * h; ++v)
      for (int u = 0; u <= 2 * h; ++u) {
        const auto* in = centres.ptr<float>(y + v) + u;
        auto* out = result.ptr<float>(y);
        const float height = ball.height.at<float>(v, u);
        for (int x = 0; x < image.cols; ++x) out[x] = std::max(out[x], in[x] + height);
      }
  return result;
}

/// Which two reduced pixels a full pixel lies between, and the weight of the first.
struct Link {
  int first = 0;
  int second = 0;
  float weight = 1.0F;
};

std::vector<Link> links(int full, int reduced, int factor) {
  std::vector<Link> result(static_cast<std::size_t>(full));
  if (reduced == 1) return result;
  for (int i = 0; i < full; ++i) {
    const int first = std::min(std::max(i - factor / 2, 0) / factor, reduced - 2);
    const float place = (static_cast<float>(i) + 0.5F) / static_cast<float>(factor);
    result[static_cast<std::size_t>(i)] = {first, first + 1,
                                           1.0F - (place - (static_cast<float>(first) + 0.5F))};
  }
  return result;
}

/// Bilinear, between the centres of the blocks, and linearly beyond them at the border.
cv::Mat enlarged(const cv::Mat& reduced, cv::Size size, int factor) {
  if (factor == 1) return reduced;
  const auto across = links(size.width, reduced.cols, factor);
  const auto down = links(size.height, reduced.rows, factor);
  cv::Mat wide(reduced.rows, size.width, CV_32FC1);
  for (int y = 0; y < reduced.rows; ++y) {
    const auto* in = reduced.ptr<float>(y);
    auto* out = wide.ptr<float>(y);
    for (const Link& link : across)
      *out++ = in[link.first] * link.weight + in[link.second] * (1.0F - link.weight);
  }
  cv::Mat result(size, CV_32FC1);
  for (int y = 0; y < size.height; ++y) {
    const Link link = down[static_cast<std::size_t>(y)];
    const auto* first = wide.ptr<float>(link.first);
    const auto* second = wide.ptr<float>(link.second);
    auto* out = result.ptr<float>(y);
    for (int x = 0; x < size.width; ++x)
      out[x] = first[x] * link.weight + second[x] * (1.0F - link.weight);
  }
  return result;
}

/// `channel` - `background` + `offset` in the channel's type; integers are clipped and truncated.
template <typename T>
void subtract(cv::Mat& channel, const cv::Mat& background, float offset) {
  constexpr auto top = static_cast<float>(std::numeric_limits<T>::max());
  for (int y = 0; y < channel.rows; ++y) {
    auto* values = channel.ptr<T>(y);
    const auto* level = background.ptr<float>(y);
    for (int x = 0; x < channel.cols; ++x) {
      const float value = static_cast<float>(values[x]) - level[x] + offset;
      if constexpr (std::is_integral_v<T>)
        values[x] = static_cast<T>(static_cast<int>(std::clamp(value, 0.0F, top)));
      else
        values[x] = value;
    }
  }
}

enum class Objects { dark, bright };

// No ITK: its opening with a ball of this size takes seconds at full resolution, and the results
// are wanted as ImageJ's users know them.
class SubtractBackground final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "subtract-background",
      .summary = "Subtracts a smooth background found by a rolling ball.",
      .category = Category::preprocessing,
      .details =
          "The grey values are a landscape, one grey level as high as a pixel is wide; a ball of "
          "the given radius rolls along its underside (for dark objects: of the inverted image), "
          "and what its surface reaches is the background. This is a grey-level opening with a "
          "ball, computed on a reduced image as ImageJ's Subtract Background does:\n\n"
          "1. Unless `smooth` is off, each pixel becomes the mean of 3 x 3 (edges repeated).\n"
          "2. The image is reduced by the minimum over blocks of 1, 2, 4 or 8 pixels for a radius "
          "up to 10, 30, 100 or more, and the radius with it (at least 1).\n"
          "3. The ball is trimmed to the middle square that leaves off 24 % (radius up to 30), "
          "32 % (up to 100) or 40 % of the radius on each side. Balls whose centre is outside the "
          "image count as far as they reach into it.\n"
          "4. The background is enlarged bilinearly.\n\n"
          "The result is `image - background` for bright objects, and `image - background + 255` "
          "(65535 in 16-bit images) for dark ones, so that the background becomes black or white; "
          "it is rounded half up and clipped. In float images the background becomes 0 in both "
          "cases, and since heights are grey levels their values should span far more than 1. "
          "Colour channels are treated one by one (ImageJ's option \"separate colors\"). The "
          "radius must be larger than that of the largest object.",
      .example = R"(name: level
stages:
  - subtract-background: {radius: 60, objects: dark}
  - save-image: {to: "level/{id}.png"}
)",
      .reference = "S.R. Sternberg, Biomedical image processing, IEEE Computer 16(1), 1983",
  };

  void describe(OptionSpec& spec) override {
    spec.real("radius", radius_)
        .range(0.5, 1000.0)
        .unit("px")
        .help("Radius of the ball; larger than the largest object.");
    spec.choice<Objects>("objects", objects_,
                         {{Objects::dark, "dark", "objects on a lighter background"},
                          {Objects::bright, "bright", "objects on a darker background"}})
        .help("Whether the objects are darker or brighter than the background.");
    spec.boolean("smooth", smooth_)
        .help(
            "Whether to find the background in a slightly smoothed image, which noise does not "
            "pull down; the image itself is not smoothed.");
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image").greys_masks();
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    if (image.type() == PixelType::label32)
      throw SampleError("subtract-background takes grey and colour images, this one holds labels");
    const Ball ball = make_ball(radius_);
    std::vector<cv::Mat> channels;
    cv::split(image.pixels(), channels);
    for (auto& channel : channels) level(channel, ball);
    cv::Mat result;
    cv::merge(channels, result);
    sample.set("image", image.with_pixels(std::move(result)));
  }

 private:
  void level(cv::Mat& channel, const Ball& ball) const {
    const double sign = objects_ == Objects::dark ? -1.0 : 1.0;
    cv::Mat values;
    channel.convertTo(values, CV_32F, sign);
    if (smooth_) values = smoothed(values);
    cv::Mat background =
        enlarged(rolled(shrunken(values, ball.shrink), ball), channel.size(), ball.shrink);
    background.convertTo(background, CV_32F, sign);
    const bool dark = objects_ == Objects::dark;
    switch (channel.depth()) {
      case CV_8U: return subtract<std::uint8_t>(channel, background, dark ? 255.5F : 0.5F);
      case CV_16U: return subtract<std::uint16_t>(channel, background, dark ? 65535.5F : 0.5F);
      default: return subtract<float>(channel, background, 0.0F);
    }
  }

  double radius_ = 50.0;
  Objects objects_ = Objects::dark;
  bool smooth_ = true;
};

}  // namespace

void register_subtract_background(StageRegistrar& registrar) {
  registrar.add<SubtractBackground>();
}

}  // namespace smear
