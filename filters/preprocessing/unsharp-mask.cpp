// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/unsharp-mask.h"

#include "imagej/commands/filter-runner.h"
#include "smear/stage.h"

namespace smear {
namespace {

class UnsharpMask final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "unsharp-mask",
      .summary = "Sharpens by taking a blurred copy away.",
      .category = Category::preprocessing,
      .details =
          "(image - weight * blurred) / (1 - weight), where the copy is blurred by a Gaussian of "
          "standard deviation `sigma`: what ImageJ's Unsharp Mask... computes, to the bit, with "
          "its "
          "kernel (which ends where the curve has fallen to 1 %). Arithmetic is in 32-bit float; "
          "8- "
          "and 16-bit results are rounded and cut to the range of the type. The channels of an RGB "
          "image are filtered each alone.",
      .example = R"(name: sharpen
stages:
  - unsharp-mask: {sigma: 1, weight: 0.6}
  - save-image: {to: "sharp/{id}.png"}
)",
      .reference = "ImageJ User Guide, Process > Filters, https://imagej.net/ij/docs/guide",
  };

  void describe(OptionSpec& spec) override {
    spec.real("sigma", sigma_)
        .range(0.0, 1000.0)
        .unit("px")
        .help("Standard deviation of the Gaussian: the size of what is made clearer.");
    spec.real("weight", weight_).range(0.0, 0.99).help("How strongly; ImageJ's \"Mask Weight\".");
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image").greys_masks();
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    cv::Mat result = image.pixels().clone();
    const cv::Rect all(0, 0, result.cols, result.rows);
    for (int channel = 0; channel < result.channels(); ++channel) {
      cv::Mat values = imagej::channel_as_float(image.pixels(), channel);
      imagej::unsharp_mask(values, all, sigma_, static_cast<float>(weight_));
      imagej::write_back(values, all, channel, result);
    }
    sample.set("image", image.with_pixels(std::move(result)));
  }

 private:
  double sigma_ = 1.0;
  double weight_ = 0.6;
};

}  // namespace

void register_unsharp_mask(StageRegistrar& registrar) { registrar.add<UnsharpMask>(); }

}  // namespace smear
