// SPDX-License-Identifier: Apache-2.0
#include <opencv2/core.hpp>

#include "segmentation/cell-scale.h"
#include "smear/stage.h"

namespace smear {
namespace {

/// log10 of the 256 levels; black counts as half a level.
const std::array<float, 256>& logarithms() {
  static const auto table = [] {
    std::array<float, 256> result{};
    for (std::size_t level = 0; level < 256; ++level)
      result[level] = static_cast<float>(std::log10(std::max(static_cast<double>(level), 0.5)));
    return result;
  }();
  return table;
}

class OpticalDensity final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "optical-density",
      .summary = "Turns intensities into optical densities, which add up as stains do.",
      .category = Category::segmentation,
      .details =
          "In each channel `OD = log10(B / max(I, 0.5))`, with I the image's level and B that of "
          "the empty slide at the same place (slot `background`, from the stage of that name; "
          "`white` where there is none): the law of Beer and Lambert. The empty slide has 0 but "
          "for noise, which gives negative values too; red cells in green light have about 0.1 to "
          "0.3, nuclei 0.3 to 1. Nothing is clipped. A grey image counts as one of three equal "
          "channels.",
      .example = R"(name: density-of-green
stages:
  - background
  - optical-density
  - save-image: {inputs: {image: density-green}, to: "density/{id}.tif"}
)",
      .reference = "",
  };

  void describe(OptionSpec& spec) override {
    spec.real("white", white_)
        .range(1.0, 255.0)
        .unit("grey levels")
        .help("Level of the empty slide where slot `background` is empty.");
    spec.input("image", SlotType::grey8 | SlotType::rgb8);
    spec.input("background", SlotType::grey8 | SlotType::rgb8)
        .optional()
        .help("The image of the empty slide, of the same size.");
    spec.output("density-red", SlotType::float32).help("Optical density of the red channel.");
    spec.output("density-green", SlotType::float32).help("Of the green channel.");
    spec.output("density-blue", SlotType::float32).help("Of the blue channel.");
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image image = segmentation::as_rgb(info.name, sample.image("image"), "image");
    const cv::Mat background = segmentation::optional_rgb(info.name, sample, "background");
    std::array<cv::Mat, 3> densities;
    for (auto& density : densities) density.create(image.pixels().size(), CV_32FC1);
    const auto& logarithm = logarithms();
    const auto white = static_cast<float>(std::log10(white_));
    for (int y = 0; y < image.height(); ++y) {
      const auto* level = image.pixels().ptr<std::uint8_t>(y);
      const auto* empty = background.empty() ? nullptr : background.ptr<std::uint8_t>(y);
      for (std::size_t c = 0; c < 3; ++c) {
        auto* density = densities[c].ptr<float>(y);
        for (int x = 0; x < image.width(); ++x) {
          const std::size_t i = 3 * static_cast<std::size_t>(x) + c;
          density[x] = (empty == nullptr ? white : logarithm[empty[i]]) - logarithm[level[i]];
        }
      }
    }
    sample.set("density-red", image.with_pixels(densities[0]));
    sample.set("density-green", image.with_pixels(densities[1]));
    sample.set("density-blue", image.with_pixels(densities[2]));
  }

 private:
  double white_ = 255.0;
};

}  // namespace

void register_optical_density(StageRegistrar& registrar) { registrar.add<OpticalDensity>(); }

}  // namespace smear
