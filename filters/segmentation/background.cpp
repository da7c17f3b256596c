// SPDX-License-Identifier: Apache-2.0
#include <opencv2/core.hpp>

#include "preprocessing/illumination.h"
#include "smear/stage.h"

namespace smear {
namespace {

class Background final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "background",
      .summary = "Estimates the image of the empty slide: the light that no cell absorbed.",
      .category = Category::segmentation,
      .details =
          "Fits a polynomial of the pixel coordinates to the bright background of each channel, "
          "robustly, as `flat-field` does and describes, and writes its values, rounded, to slot "
          "`background`. Where `flat-field` divides by this surface, `optical-density` compares "
          "with it.\n\n"
          "An image without a bright background, such as a black one, gets a white one (255) and a "
          "warning.",
      .example = R"(name: empty-slide
stages:
  - background
  - save-image: {inputs: {image: background}, to: "background/{id}.png"}
)",
      .reference = "",
  };

  void describe(OptionSpec& spec) override {
    spec.integer("order", order_)
        .range(1, 3)
        .help("Order of the polynomial: 1 a slope, 2 also a vignette, 3 an oblique vignette.");
    spec.input("image", SlotType::grey8 | SlotType::rgb8);
    spec.output_like("background", "image").greys_masks();
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    if (image.pixels().depth() != CV_8U)
      throw SampleError("background needs an 8-bit image, grey or RGB");
    const int channels = image.channels();
    cv::Mat surface(image.pixels().size(), image.pixels().type(), cv::Scalar::all(255));
    const auto light = Illumination::fitted(image, order_);
    if (light) {
      cv::Mat row(1, image.width(), CV_32FC(channels));
      for (int y = 0; y < image.height(); ++y) {
        for (int c = 0; c < channels; ++c) light->write_row(c, y, channels, row.ptr<float>() + c);
        row.convertTo(surface.row(y), CV_8U);
      }
    } else {
      sample.warn(fmt::format("{} found no bright background and takes white for it", info.name));
    }
    sample.set("background", image.with_pixels(std::move(surface)));
  }

 private:
  int order_ = 2;
};

}  // namespace

void register_background(StageRegistrar& registrar) { registrar.add<Background>(); }

}  // namespace smear
