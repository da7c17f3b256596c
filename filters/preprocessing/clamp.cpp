// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <opencv2/core.hpp>

#include "smear/stage.h"

namespace smear {
namespace {

/// Moves the values into [lower, upper] without leaving the type's own range.
template <typename T>
void clamp_values(cv::Mat& values, double lower, double upper) {
  const auto least = cv::saturate_cast<T>(lower);
  const auto most = cv::saturate_cast<T>(upper);
  const int row_length = values.cols * values.channels();
  for (int y = 0; y < values.rows; ++y) {
    auto* row = values.ptr<T>(y);
    for (int x = 0; x < row_length; ++x) row[x] = std::min(std::max(row[x], least), most);
  }
}

class Clamp final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "clamp",
      .summary = "Moves values below a lower limit up to it, and values above an upper one down.",
      .category = Category::preprocessing,
      .details =
          "A value v becomes min(max(v, lower), upper); channels of an RGB image alike. The limits "
          "are grey values of the image as it is: 0..255 for 8 bit, 0..65535 for 16 bit, any for "
          "float, where a value that is no number stays one. In 8- and 16-bit images a limit that "
          "is no whole number is rounded to the nearest.\n\n"
          "Before a threshold from the histogram, this keeps a few very dark or bright objects "
          "from deciding where all the others are cut.",
      .example = R"(name: pale-cells-too
stages:
  - to-grey: {component: minimum}
  - clamp: {lower: 150, upper: 255}
  - auto-threshold: {method: otsu, objects: dark}
  - save-image: {inputs: {image: mask}, to: "masks/{id}.png"}
)",
      .reference = "",
  };

  void describe(OptionSpec& spec) override {
    spec.real("lower", lower_).required().unit("grey values").help("Smallest value afterwards.");
    spec.real("upper", upper_).required().unit("grey values").help("Largest value afterwards.");
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image");
  }

  void check() const override {
    if (lower_ > upper_)
      throw ConfigError(
          fmt::format("lower must not be above upper, got {} and {}", lower_, upper_));
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    cv::Mat values = image.pixels().clone();
    switch (image.type()) {
      case PixelType::grey8:
      case PixelType::rgb8: clamp_values<std::uint8_t>(values, lower_, upper_); break;
      case PixelType::grey16: clamp_values<std::uint16_t>(values, lower_, upper_); break;
      case PixelType::float32: clamp_values<float>(values, lower_, upper_); break;
      case PixelType::label32: throw SampleError("clamp: labels have no intensity");
    }
    sample.set("image", image.with_pixels(std::move(values)));
  }

 private:
  double lower_ = 0.0;
  double upper_ = 255.0;
};

}  // namespace

void register_clamp(StageRegistrar& registrar) { registrar.add<Clamp>(); }

}  // namespace smear
