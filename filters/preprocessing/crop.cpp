// SPDX-License-Identifier: Apache-2.0
#include "smear/stage.h"

namespace smear {
namespace {

class Crop final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "crop",
      .summary = "Cuts a rectangle out of an image.",
      .category = Category::preprocessing,
      .details =
          "The result is columns x to x + width - 1 and rows y to y + height - 1, counted "
          "from 0 at the top left, unchanged; the pixel size stays. With `centred` the "
          "rectangle lies in the middle of the image; where the rest is odd, the left or "
          "upper margin is the smaller. A rectangle that does not lie inside the image is "
          "refused, never filled up.",
      .example = R"(name: crop-centre
stages:
  - crop: {width: 128, height: 128, centred: true}
  - save-image: {to: "centre/{id}.png"}
)",
      .reference = "",
  };

  void describe(OptionSpec& spec) override {
    spec.integer("x", x_).range(0, 1000000).unit("px").help("Left column of the rectangle.");
    spec.integer("y", y_).range(0, 1000000).unit("px").help("Top row of the rectangle.");
    spec.integer("width", width_)
        .range(1, 1000000)
        .unit("px")
        .required()
        .help("Width of the rectangle.");
    spec.integer("height", height_)
        .range(1, 1000000)
        .unit("px")
        .required()
        .help("Height of the rectangle.");
    spec.boolean("centred", centred_).help("Cut from the middle; without x and y.");
    spec.input("image", SlotType::every_image);
    spec.output_like("image", "image");
  }

  void check() const override {
    if (centred_ && (x_ != 0 || y_ != 0))
      throw ConfigError("crop: centred says where the rectangle is; leave out x and y");
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    const int x = centred_ ? (image.width() - width_) / 2 : x_;
    const int y = centred_ ? (image.height() - height_) / 2 : y_;
    if (width_ > image.width() || height_ > image.height() || x > image.width() - width_ ||
        y > image.height() - height_)
      throw SampleError(
          fmt::format("crop: {} x {} pixels at ({}, {}) are not inside the image of "
                      "{} x {} pixels; choose a smaller rectangle",
                      width_, height_, x, y, image.width(), image.height()));
    // A copy, since a view would keep the whole image in memory and not be continuous.
    sample.set("image", image.with_pixels(image.pixels()(cv::Rect(x, y, width_, height_)).clone()));
  }

 private:
  int x_ = 0;
  int y_ = 0;
  int width_ = 1;
  int height_ = 1;
  bool centred_ = false;
};

}  // namespace

void register_crop(StageRegistrar& registrar) { registrar.add<Crop>(); }

}  // namespace smear
