// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <opencv2/core.hpp>
#include <optional>

#include "preprocessing/illumination.h"
#include "smear/stage.h"

namespace smear {
namespace {

template <typename T>
T stored(float value) {
  if constexpr (std::is_integral_v<T>) {
    constexpr auto top = static_cast<float>(std::numeric_limits<T>::max());
    return static_cast<T>(static_cast<int>(std::clamp(value + 0.5F, 0.0F, top)));
  } else {
    return value;
  }
}

template <typename T>
cv::Mat corrected(const cv::Mat& pixels, const Illumination& light,
                  const std::vector<float>& targets) {
  cv::Mat result(pixels.size(), pixels.type());
  const int channels = pixels.channels();
  const int values = pixels.cols * channels;
  std::vector<float> levels(static_cast<std::size_t>(values));
  for (int y = 0; y < pixels.rows; ++y) {
    for (int c = 0; c < channels; ++c) {
      light.write_row(c, y, channels, levels.data() + c);
      const float target = targets[static_cast<std::size_t>(c)];
      for (int i = c; i < values; i += channels) {
        float& level = levels[static_cast<std::size_t>(i)];
        level = target / level;
      }
    }
    const T* in = pixels.ptr<T>(y);
    T* out = result.ptr<T>(y);
    const float* factor = levels.data();
    for (int i = 0; i < values; ++i) out[i] = stored<T>(static_cast<float>(in[i]) * factor[i]);
  }
  return result;
}

// No ITK: its bias correction (N4) takes seconds an image, where this takes a millisecond or two.
class FlatField final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "flat-field",
      .summary = "Evens out the illumination, estimated from the image's own bright background.",
      .category = Category::preprocessing,
      .details =
          "Models the illumination of each channel as a polynomial of the pixel coordinates "
          "(second order by default), fits it to the bright background, and returns "
          "`image * white / polynomial`, rounded half up and clipped for integer images. `white` "
          "is a level of 8 bits: in a "
          "16-bit image it stands for 257 times that (255 for 65535), and above 255 it is refused "
          "there. Float images have no such scale, so there `white` is the value itself.\n\n"
          "The image is sampled on a grid of 24 to 48 nodes along its longer side (every pixel "
          "of a smaller one); a node is "
          "the mean of 3 x 3 pixels; nodes below half the 98th percentile of brightness are left "
          "out. Background nodes are chosen by brightness, the mean of the "
          "channels: (1) an upper envelope is fitted by asymmetric least squares (weights 0.9 "
          "above, 0.1 below, 8 iterations); (2) of the nodes above it, those within 2.5 standard "
          "deviations of the residuals' half-sample mode are kept, and the polynomial is fitted to "
          "them again, until the choice stays the same (at most 8 times; the standard deviation "
          "is the median deviation above the mode times 1.4826). Each channel is then fitted to "
          "these nodes by least squares, with one more trimming at 2.5 robust standard "
          "deviations.\n\n"
          "The order falls to 1 where the background nodes lie in fewer than two thirds of the "
          "image's 3 x 3 sectors, and to 0, which changes no shading, below one half. A fitted "
          "level below a quarter of its channel's maximum counts as that quarter, so no pixel is "
          "amplified more than about fourfold. An image whose background level is not positive "
          "(a black one) passes unchanged, with a warning.",
      .example = R"(name: even-illumination
stages:
  - flat-field: {white: 240}
  - save-image: {to: "even/{id}.png"}
)",
      .reference =
          "T. Robertson, J.D. Cryer, An iterative procedure for estimating the mode, "
          "J. Am. Stat. Assoc. 69, 1974 (the mode); W.K. Newey, J.L. Powell, Asymmetric "
          "least squares estimation and testing, Econometrica 55, 1987 (the envelope)",
  };

  void describe(OptionSpec& spec) override {
    spec.real("white", white_)
        .range(0.0, 65535.0)
        .unit("8-bit grey levels")
        .help(
            "What the background becomes in every channel, of a 16-bit image times 257; 0 keeps "
            "each channel's mean background level, and so its colour.");
    spec.integer("order", order_)
        .range(1, 3)
        .help("Order of the polynomial: 1 a slope, 2 also a vignette, 3 an oblique vignette.");
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image").greys_masks();
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    switch (image.type()) {
      case PixelType::grey8:
      case PixelType::rgb8: return correct<std::uint8_t>(sample, image);
      case PixelType::grey16:
        if (white_ > 255.0)
          throw SampleError(fmt::format(
              "flat-field: white is an 8-bit level, which 16-bit images scale by 257; give at most "
              "255 instead of {}",
              white_));
        return correct<std::uint16_t>(sample, image);
      case PixelType::float32: return correct<float>(sample, image);
      case PixelType::label32: break;
    }
    throw SampleError("flat-field corrects grey and colour images, this one holds labels");
  }

 private:
  template <typename T>
  void correct(Sample& sample, const Image& image) const {
    const std::optional<Illumination> light = Illumination::fitted(image, order_);
    if (!light) {
      sample.set("image", image);
      sample.warn(
          fmt::format("{} found no bright background and left the image as it is", info.name));
      return;
    }
    const double scale = image.type() == PixelType::grey16 ? 257.0 : 1.0;
    std::vector<float> targets;
    for (int c = 0; c < image.channels(); ++c)
      targets.push_back(static_cast<float>(white_ > 0.0 ? white_ * scale : light->mean(c)));
    sample.set("image", image.with_pixels(corrected<T>(image.pixels(), *light, targets)));
  }

  double white_ = 0.0;
  int order_ = 2;
};

}  // namespace

void register_flat_field(StageRegistrar& registrar) { registrar.add<FlatField>(); }

}  // namespace smear
