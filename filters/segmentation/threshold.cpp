// SPDX-License-Identifier: Apache-2.0
#include <opencv2/core.hpp>

#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

class Threshold final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "threshold",
      .summary = "Makes a mask of the pixels between two grey values.",
      .category = Category::segmentation,
      .details =
          "A pixel is in the mask (255) where lower <= value <= upper, both inclusive, and "
          "outside it (0) elsewhere. The limits are grey values of the image as it is: "
          "0..255 for 8 bit, 0..65535 for 16 bit, any for float. With `within`, pixels outside of "
          "that mask are outside of the result too.",
      .example = R"(name: fixed-threshold
stages:
  - to-grey
  - threshold: {lower: 0, upper: 150}
  - save-image: {inputs: {image: mask}, to: "masks/{id}.png"}
)",
      .reference = "",
  };

  void describe(OptionSpec& spec) override {
    spec.real("lower", lower_).required().unit("grey values").help("Smallest value in the mask.");
    spec.real("upper", upper_).required().unit("grey values").help("Largest value in the mask.");
    spec.input("image", SlotType::grey);
    spec.input("within", SlotType::mask).optional().help("Where to look; everywhere if empty.");
    spec.output("mask", SlotType::mask);
  }

  void check() const override {
    if (lower_ > upper_)
      throw ConfigError(
          fmt::format("lower must not be above upper, got {} and {}", lower_, upper_));
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    cv::Mat mask;
    switch (image.type()) {
      case PixelType::grey8: mask = within<std::uint8_t>(image.pixels()); break;
      case PixelType::grey16: mask = within<std::uint16_t>(image.pixels()); break;
      case PixelType::float32: mask = within<float>(image.pixels()); break;
      default:
        throw SampleError(fmt::format("threshold needs a grey image, got {}; use to-grey first",
                                      name_of(image.type())));
    }
    if (sample.has("within")) {
      const Image& area = sample.image("within");
      segmentation::check_mask("threshold: 'within'", area);
      segmentation::check_same_size(info.name, image, "image", area, "within");
      mask &= area.pixels() > 0;
    }
    sample.set("mask", image.with_pixels(std::move(mask)));
  }

 private:
  // In double, where every pixel and both limits are exact: cv::inRange rounds the limits.
  template <typename Pixel>
  cv::Mat within(const cv::Mat& pixels) const {
    cv::Mat mask(pixels.size(), CV_8UC1);
    for (int y = 0; y < pixels.rows; ++y) {
      const auto* in = pixels.ptr<Pixel>(y);
      auto* out = mask.ptr<std::uint8_t>(y);
      for (int x = 0; x < pixels.cols; ++x) {
        const auto value = static_cast<double>(in[x]);
        out[x] = value >= lower_ && value <= upper_ ? 255 : 0;
      }
    }
    return mask;
  }

  double lower_ = 0.0;
  double upper_ = 255.0;
};

}  // namespace

void register_threshold(StageRegistrar& registrar) { registrar.add<Threshold>(); }

}  // namespace smear
