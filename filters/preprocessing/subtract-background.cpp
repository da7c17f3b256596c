// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/subtract-background.h"

#include <opencv2/imgproc.hpp>

#include "smear/stage.h"

namespace smear {
namespace {

enum class Objects { dark, bright };
enum class Surface { ball, paraboloid };
enum class Colour { separate, brightness };

// ImageJ's arithmetic needs more than one block of its reduced image across and down; smaller
// images are continued by their edge.
cv::Mat grown(const cv::Mat& pixels, double radius) {
  const int block = radius <= 10.0 ? 1 : radius <= 30.0 ? 2 : radius <= 100.0 ? 4 : 8;
  cv::Mat result;
  cv::copyMakeBorder(pixels, result, 0, std::max(0, block + 1 - pixels.rows), 0,
                     std::max(0, block + 1 - pixels.cols), cv::BORDER_REPLICATE);
  return result;
}

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
          "The radius must be larger than that of the largest object. Results are those of "
          "ImageJ's Subtract Background..., to the bit, in images of more than one block across "
          "and "
          "down; smaller ones are continued by their edge here.\n\n"
          "`surface: paraboloid` slides a paraboloid of the ball's curvature instead, at full "
          "resolution: ImageJ's \"Sliding paraboloid\". Colour channels are treated one by one, or "
          "with `colour: brightness` by the background of their brightness, which keeps hue and "
          "saturation.",
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
    spec.choice<Surface>("surface", surface_,
                         {{Surface::ball, "ball", "a ball that rolls"},
                          {Surface::paraboloid, "paraboloid", "a paraboloid that slides"}})
        .help("What touches the landscape from below.");
    spec.choice<Colour>(
            "colour", colour_,
            {{Colour::separate, "separate", "each channel alone"},
             {Colour::brightness, "brightness", "by the brightness, as ImageJ does by default"}})
        .help("How RGB images are treated.");
    spec.boolean("create", create_).help("Give the background instead of taking it away.");
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image").greys_masks();
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    if (image.type() == PixelType::label32)
      throw SampleError("subtract-background takes grey and colour images, this one holds labels");
    cv::Mat result = grown(image.pixels(), radius_);
    imagej::subtract_background(result,
                                {.radius = radius_,
                                 .light = objects_ == Objects::dark,
                                 .paraboloid = surface_ == Surface::paraboloid,
                                 .smooth = smooth_},
                                create_, colour_ == Colour::separate);
    sample.set("image", image.with_pixels(result({0, 0, image.width(), image.height()}).clone()));
  }

 private:
  double radius_ = 50.0;
  Objects objects_ = Objects::dark;
  bool smooth_ = true;
  Surface surface_ = Surface::ball;
  Colour colour_ = Colour::separate;
  bool create_ = false;
};

}  // namespace

void register_subtract_background(StageRegistrar& registrar) {
  registrar.add<SubtractBackground>();
}

}  // namespace smear
