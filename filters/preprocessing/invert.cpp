// SPDX-License-Identifier: Apache-2.0
#include <opencv2/core.hpp>

#include "smear/stage.h"

namespace smear {
namespace {

cv::Mat inverted_floats(const cv::Mat& values) {
  double minimum = 0.0;
  double maximum = 0.0;
  cv::minMaxLoc(values, &minimum, &maximum);
  cv::Mat result(values.size(), values.type());
  for (int y = 0; y < values.rows; ++y) {
    const auto* from = values.ptr<float>(y);
    auto* to = result.ptr<float>(y);
    // In double precision, since in single precision small values vanish beside a large maximum.
    for (int x = 0; x < values.cols; ++x)
      to[x] = static_cast<float>(maximum - (static_cast<double>(from[x]) - minimum));
  }
  return result;
}

class Invert final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "invert",
      .summary = "Turns bright into dark and dark into bright.",
      .category = Category::preprocessing,
      .details =
          "8-bit grey and RGB values and masks become 255 - v, 16-bit values 65535 - v. "
          "32-bit values become max - (v - min), with the smallest and the largest value "
          "of the image, so that its range stays. ImageJ does the same, except that it "
          "takes the display range of a 32-bit image for its range.",
      .example = R"(name: negative
stages:
  - invert
  - save-image: {to: "negative/{id}.png"}
)",
      .reference = "",
  };

  void describe(OptionSpec& spec) override {
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image");
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    cv::Mat result;
    switch (image.type()) {
      case PixelType::grey8:
      case PixelType::rgb8:
      case PixelType::grey16: cv::bitwise_not(image.pixels(), result); break;
      case PixelType::float32: result = inverted_floats(image.pixels()); break;
      case PixelType::label32:
        throw SampleError("invert: labels have no brightness; invert the mask instead");
    }
    sample.set("image", image.with_pixels(std::move(result)));
  }
};

}  // namespace

void register_invert(StageRegistrar& registrar) { registrar.add<Invert>(); }

}  // namespace smear
