// SPDX-License-Identifier: Apache-2.0
#include <opencv2/imgproc.hpp>

#include "smear/stage.h"

namespace smear {
namespace {

enum class Component {
  weighted,
  unweighted,
  red,
  green,
  blue,
  hue,
  saturation,
  value,
  minimum,
  lightness,
  lab_a,
  lab_b
};

/// Single precision and truncation, as Java's Color.RGBtoHSB and ImageJ's HSB Stack have it.
uchar hue_of(int red, int green, int blue) {
  const int largest = std::max({red, green, blue});
  const auto range = static_cast<float>(largest - std::min({red, green, blue}));
  if (range == 0.0F) return 0;
  const float from_red = static_cast<float>(largest - red) / range;
  const float from_green = static_cast<float>(largest - green) / range;
  const float from_blue = static_cast<float>(largest - blue) / range;
  float hue = red == largest     ? from_blue - from_green
              : green == largest ? 2.0F + from_red - from_blue
                                 : 4.0F + from_green - from_red;
  hue /= 6.0F;
  if (hue < 0.0F) hue += 1.0F;
  return static_cast<uchar>(hue * 255.0);
}

uchar saturation_of(int red, int green, int blue) {
  const int largest = std::max({red, green, blue});
  if (largest == 0) return 0;
  const int range = largest - std::min({red, green, blue});
  return static_cast<uchar>(static_cast<float>(range) / static_cast<float>(largest) * 255.0);
}

template <typename Function>
cv::Mat each_pixel(const cv::Mat& rgb, Function function) {
  cv::Mat result(rgb.size(), CV_8UC1);
  for (int y = 0; y < rgb.rows; ++y) {
    const auto* from = rgb.ptr<cv::Vec3b>(y);
    auto* to = result.ptr<uchar>(y);
    for (int x = 0; x < rgb.cols; ++x) to[x] = function(from[x][0], from[x][1], from[x][2]);
  }
  return result;
}

cv::Mat channel(const cv::Mat& pixels, int index) {
  cv::Mat result;
  cv::extractChannel(pixels, result, index);
  return result;
}

/// The share of linear light in each of sRGB's 256 levels.
std::array<double, 256> linear_light() {
  std::array<double, 256> result{};
  for (std::size_t level = 0; level < result.size(); ++level) {
    const double v = static_cast<double>(level) / 255.0;
    result[level] = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  }
  return result;
}

/// The compression of L*a*b*.
double compressed(double t) {
  constexpr double delta = 6.0 / 29.0;
  return t > delta * delta * delta ? std::cbrt(t) : t / (3.0 * delta * delta) + 4.0 / 29.0;
}

/// Not by OpenCV, whose 8-bit L*a*b* is up to 2.5 levels off and whose float one is no faster.
cv::Mat lab(const cv::Mat& rgb, Component component) {
  static const std::array<double, 256> linear = linear_light();
  const auto light = [](int level) { return linear[static_cast<std::size_t>(level)]; };
  const auto x = [&](int r, int g, int b) {
    return compressed((0.4124 * light(r) + 0.3576 * light(g) + 0.1805 * light(b)) / 0.9505);
  };
  const auto y = [&](int r, int g, int b) {
    return compressed(0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b));
  };
  const auto z = [&](int r, int g, int b) {
    return compressed((0.0193 * light(r) + 0.1192 * light(g) + 0.9505 * light(b)) / 1.0890);
  };
  const auto rounded = [](double v) { return cv::saturate_cast<uchar>(v); };
  if (component == Component::lightness)
    return each_pixel(rgb,
                      [&](int r, int g, int b) { return rounded((116 * y(r, g, b) - 16) * 2.55); });
  if (component == Component::lab_a)
    return each_pixel(
        rgb, [&](int r, int g, int b) { return rounded(500 * (x(r, g, b) - y(r, g, b)) + 128); });
  return each_pixel(
      rgb, [&](int r, int g, int b) { return rounded(200 * (y(r, g, b) - z(r, g, b)) + 128); });
}

cv::Mat component_of(const cv::Mat& rgb, Component component) {
  switch (component) {
    case Component::weighted:
      return each_pixel(rgb, [](int r, int g, int b) {
        return static_cast<uchar>(r * 0.299 + g * 0.587 + b * 0.114 + 0.5);
      });
    case Component::unweighted:
      return each_pixel(
          rgb, [](int r, int g, int b) { return static_cast<uchar>((r + g + b + 1) / 3); });
    case Component::red: return channel(rgb, 0);
    case Component::green: return channel(rgb, 1);
    case Component::blue: return channel(rgb, 2);
    case Component::hue: return each_pixel(rgb, hue_of);
    case Component::saturation: return each_pixel(rgb, saturation_of);
    case Component::value:
      return each_pixel(rgb, [](int r, int g, int b) {
        return static_cast<uchar>(std::max({r, g, b}));
      });
    case Component::minimum:
      return each_pixel(rgb, [](int r, int g, int b) {
        return static_cast<uchar>(std::min({r, g, b}));
      });
    case Component::lightness:
    case Component::lab_a:
    case Component::lab_b: return lab(rgb, component);
  }
  return {};
}

/// Whether a pixel of three equal channels v has the component v.
bool keeps_grey(Component component) {
  switch (component) {
    case Component::weighted:
    case Component::unweighted:
    case Component::red:
    case Component::green:
    case Component::blue:
    case Component::value:
    case Component::minimum: return true;
    case Component::hue:
    case Component::saturation:
    case Component::lightness:
    case Component::lab_a:
    case Component::lab_b: break;
  }
  return false;
}

class ToGrey final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "to-grey",
      .summary = "Makes a grey image of an RGB image, or of one component of its colour.",
      .category = Category::preprocessing,
      .details =
          "The result is an 8-bit image.\n\n"
          "- `weighted`: 0.299 R + 0.587 G + 0.114 B, the luma of Rec. 601, in double precision, "
          "halves rounded up. ImageJ's 8-bit with weighted RGB conversions.\n"
          "- `unweighted`: (R + G + B) / 3, rounded. ImageJ's 8-bit as it is set by default.\n"
          "- `red`, `green`, `blue`: the channel. ImageJ's Split Channels.\n"
          "- `hue`, `saturation`, `value`: of HSV, also called HSB. `value` is the largest "
          "channel, `saturation` 255 (max - min) / max (0 for black), `hue` the angle with 255 "
          "for 360 degrees and red at 0 (0 for grey), both in single precision and truncated, "
          "not rounded. ImageJ's HSB Stack.\n"
          "- `minimum`: the smallest channel, which is dark wherever there is a stain of any "
          "colour.\n"
          "- `lightness`, `lab-a`, `lab-b`: of CIE L*a*b* (sRGB, white point D65), as "
          "L* 255 / 100, a* + 128 and b* + 128, in double precision, rounded to the nearest.\n\n"
          "An 8-bit grey image counts as RGB of three equal channels: it stays as it is, except "
          "that `hue` and `saturation` are 0, `lab-a` and `lab-b` 128, and `lightness` is "
          "computed. 16- and 32-bit grey images pass through unchanged; those last five "
          "components refuse them.",
      .example = R"(name: green-channel
stages:
  - to-grey: {component: green}
  - save-image: {to: "green/{id}.png"}
)",
      .reference = "ITU-R BT.601; IEC 61966-2-1 (sRGB); ISO/CIE 11664-4 (L*a*b*)",
  };

  void describe(OptionSpec& spec) override {
    spec.choice("component", component_,
                {{Component::weighted, "weighted", "0.299 R + 0.587 G + 0.114 B"},
                 {Component::unweighted, "unweighted", "(R + G + B) / 3"},
                 {Component::red, "red", "the red channel"},
                 {Component::green, "green", "the green channel"},
                 {Component::blue, "blue", "the blue channel"},
                 {Component::hue, "hue", "HSV hue, 255 for 360 degrees"},
                 {Component::saturation, "saturation", "HSV saturation, 255 for 1"},
                 {Component::value, "value", "HSV value, the largest channel"},
                 {Component::minimum, "minimum", "the smallest channel"},
                 {Component::lightness, "lightness", "CIE L*, 255 for 100"},
                 {Component::lab_a, "lab-a", "CIE a* + 128, green to red"},
                 {Component::lab_b, "lab-b", "CIE b* + 128, blue to yellow"}})
        .help("What the grey value is.");
    // Deeper grey images have no colour, so only what leaves grey as it is takes them.
    spec.input("image",
               keeps_grey(component_) ? SlotType::any_image : SlotType::rgb8 | SlotType::grey8);
    spec.output("image", SlotType::grey8 | SlotType::grey16 | SlotType::float32)
        .help("grey8, except that 16- and 32-bit grey images stay what they are.");
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    if (image.type() == PixelType::rgb8) {
      sample.set("image", image.with_pixels(component_of(image.pixels(), component_)));
    } else if (image.type() == PixelType::label32) {
      throw SampleError("to-grey: labels are not a colour image; give it an image");
    } else if (keeps_grey(component_)) {
      sample.set("image", image);
    } else if (image.type() == PixelType::grey8) {
      cv::Mat rgb;
      cv::cvtColor(image.pixels(), rgb, cv::COLOR_GRAY2RGB);
      sample.set("image", image.with_pixels(component_of(rgb, component_)));
    } else {
      throw SampleError(
          fmt::format("to-grey: this component is not defined for a {} image; "
                      "convert the image to 8-bit RGB, or use a pipeline for grey images",
                      name_of(image.type())));
    }
  }

 private:
  Component component_ = Component::weighted;
};

}  // namespace

void register_to_grey(StageRegistrar& registrar) { registrar.add<ToGrey>(); }

}  // namespace smear
