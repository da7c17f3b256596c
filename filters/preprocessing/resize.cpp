// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/resize.h"
#include "smear/resample.h"
#include "smear/stage.h"

namespace smear {
namespace {

constexpr std::int64_t most_pixels = std::int64_t{1} << 29;

class Resize final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "resize",
      .summary = "Scales an image to a size in pixels or by a factor.",
      .category = Category::preprocessing,
      .details =
          "With `width` and `height` the result has that size, or with `keep_aspect` the largest "
          "size of the old aspect ratio that fits into it. With one of the two the other follows "
          "from the aspect ratio. `factor` multiplies both. Sizes are rounded to whole pixels "
          "(halves up) and are at least 1; the pixel size in micrometres is scaled by the ratio "
          "of old to new size, for each axis.\n\n"
          "Pixel centres are aligned: output pixel i lies at (i + 0.5) * old / new - 0.5 in the "
          "input, so that both images cover the same field of view, without a shift. Pixels "
          "outside the image repeat its edge.\n\n"
          "`nearest` takes the input pixel in which the centre lies (of two, the right or lower "
          "one). `bilinear` and `bicubic` weight the 2 x 2 or 4 x 4 nearest pixels, by the "
          "triangle or by the cubic convolution kernel of Keys with a = -1/2 (Catmull-Rom), as "
          "ImageJ does; they do so also when they shrink, so that strong shrinking aliases. With "
          "`antialias`, along an axis that shrinks, the kernel is instead stretched by the step "
          "old / new, cut off at the image's edge and scaled to a sum of 1, as Pillow and PyTorch "
          "(antialias=True) do. "
          "`area` averages over exactly the area that the output pixel covers, each input pixel "
          "weighted by its covered part: the choice for shrinking. Sums are formed in single "
          "precision; 8- and 16-bit results are rounded to the nearest (ties to even) and "
          "clipped to their range.\n\n"
          "Labels are scaled with `nearest` only. A mask stays a mask with `nearest` and becomes a "
          "grey image with the others.\n\n"
          "`alignment: imagej` computes what ImageJ's Size... does, to the bit, with `antialias` "
          "what it does with Average: bilinear and bicubic results are then shifted by a quarter "
          "of the scale against centred ones, and halves are rounded up. There is no `area` in "
          "ImageJ, and no 32-bit labels.",
      .example = R"(name: resize-256
stages:
  - resize: {width: 256, height: 256, interpolation: area}
  - save-image: {to: "small/{id}.png"}
)",
      .reference =
          "R. G. Keys, Cubic convolution interpolation for digital image processing, "
          "IEEE Transactions on Acoustics, Speech, and Signal Processing 29(6), 1981",
  };

  void describe(OptionSpec& spec) override {
    spec.integer("width", width_)
        .range(0, 100000)
        .unit("px")
        .help("New width; 0 where it follows from the height or the factor.");
    spec.integer("height", height_)
        .range(0, 100000)
        .unit("px")
        .help("New height; 0 where it follows from the width or the factor.");
    spec.real("factor", factor_)
        .range(0.0, 100.0)
        .help("Scales width and height by this, instead of a size; 0 for none.");
    spec.boolean("keep_aspect", keep_aspect_)
        .help("Fit into width x height without changing the aspect ratio.");
    spec.choice("interpolation", interpolation_,
                {{Interpolation::nearest, "nearest", "the nearest pixel; for labels and masks"},
                 {Interpolation::bilinear, "bilinear", "linear between 2 x 2 pixels"},
                 {Interpolation::bicubic, "bicubic", "Catmull-Rom over 4 x 4 pixels"},
                 {Interpolation::area, "area", "mean over the covered area; for shrinking"}})
        .help("How values between pixels are found.");
    spec.boolean("antialias", antialias_)
        .help("Shrinking by bilinear or bicubic averages over all pixels, as Pillow does.");
    spec.choice<Alignment>(
            "alignment", alignment_,
            {{Alignment::centres, "centres", "both images cover the same field of view"},
             {Alignment::imagej, "imagej", "as ImageJ's Size..."}})
        .help("Where output pixels lie in the input.");
    spec.input("image", SlotType::every_image);
    spec.output_like("image", "image").greys_masks();
  }

  void check() const override {
    const bool sized = width_ > 0 || height_ > 0;
    if (sized && factor_ > 0.0)
      throw ConfigError("resize: give a factor or a width and height, not both");
    if (!sized && factor_ == 0.0)
      throw ConfigError("resize: give a width, a height, both, or a factor");
    if (alignment_ == Alignment::imagej && interpolation_ == Interpolation::area)
      throw ConfigError(
          "resize: ImageJ has no interpolation: area; antialias with nearest takes such means");
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    const cv::Size size = new_size(image);
    if (std::int64_t{size.width} * size.height > most_pixels)
      throw SampleError(
          fmt::format("resize: {} x {} pixels are more than the {} that it makes; "
                      "choose a smaller size or factor",
                      size.width, size.height, most_pixels));
    if (image.type() == PixelType::label32 && interpolation_ != Interpolation::nearest)
      throw SampleError(
          "resize: labels cannot be interpolated, a mean of two labels means nothing; "
          "use interpolation: nearest");
    if (alignment_ == Alignment::imagej) {
      sample.set("image", as_imagej(image, size));
      return;
    }
    sample.set("image", resample(image, size.width, size.height, interpolation_, antialias_));
  }

 private:
  enum class Alignment { centres, imagej };

  [[nodiscard]] Image as_imagej(const Image& image, cv::Size size) const {
    if (image.type() == PixelType::label32)
      throw SampleError(
          "resize: ImageJ has no images of 32-bit numbers; use alignment: centres for labels");
    const auto how = interpolation_ == Interpolation::bilinear  ? imagej::Interpolation::bilinear
                     : interpolation_ == Interpolation::bicubic ? imagej::Interpolation::bicubic
                                                                : imagej::Interpolation::none;
    auto pixel_size = image.pixel_size();
    if (pixel_size) {
      pixel_size->x_um *= image.width() / static_cast<double>(size.width);
      pixel_size->y_um *= image.height() / static_cast<double>(size.height);
    }
    return Image(imagej::resize(image.pixels(), {{}, image.pixels().size()}, size, how, antialias_),
                 pixel_size);
  }

  [[nodiscard]] cv::Size new_size(const Image& image) const {
    double by_x = width_ / static_cast<double>(image.width());
    double by_y = height_ / static_cast<double>(image.height());
    if (factor_ > 0.0) by_x = by_y = factor_;
    if (by_x == 0.0) by_x = by_y;
    if (by_y == 0.0) by_y = by_x;
    if (keep_aspect_) by_x = by_y = std::min(by_x, by_y);
    const auto scaled = [](int length, double by) {
      return std::max(1, static_cast<int>(std::min(std::floor(length * by + 0.5), 2e9)));
    };
    return {scaled(image.width(), by_x), scaled(image.height(), by_y)};
  }

  int width_ = 0;
  int height_ = 0;
  double factor_ = 0.0;
  bool keep_aspect_ = false;
  Interpolation interpolation_ = Interpolation::bilinear;
  bool antialias_ = false;
  Alignment alignment_ = Alignment::centres;
};

}  // namespace

void register_resize(StageRegistrar& registrar) { registrar.add<Resize>(); }

}  // namespace smear
