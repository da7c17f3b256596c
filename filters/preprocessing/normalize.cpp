// SPDX-License-Identifier: Apache-2.0
#include <itkNormalizeImageFilter.h>
#include <itkRescaleIntensityImageFilter.h>

#include <opencv2/core.hpp>

#include "itk-bridge.h"
#include "smear/stage.h"

namespace smear {
namespace {

enum class Method { z_score, min_max };

using FloatImage = itk_bridge::ItkImage<float>;

cv::Mat standardized(const cv::Mat& values) {
  auto filter = itk::NormalizeImageFilter<FloatImage, FloatImage>::New();
  filter->SetInput(itk_bridge::view<float>(values));
  return itk_bridge::run(*filter, CV_32FC1);
}

cv::Mat scaled_to_unit_range(const cv::Mat& values) {
  auto filter = itk::RescaleIntensityImageFilter<FloatImage, FloatImage>::New();
  filter->SetInput(itk_bridge::view<float>(values));
  filter->SetOutputMinimum(0.0F);
  filter->SetOutputMaximum(1.0F);
  filter->InPlaceOff();
  return itk_bridge::run(*filter, CV_32FC1);
}

class Normalize final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "normalize",
      .summary = "Gives a grey image zero mean and unit variance, or the range 0 to 1.",
      .category = Category::preprocessing,
      .details =
          "The result is a 32-bit float image. `z-score` subtracts the mean of the image "
          "and divides by its standard deviation, the square root of the unbiased "
          "variance (sum of squares over n - 1). `min-max` maps the smallest value to 0 "
          "and the largest to 1, linearly. A constant image has neither variance nor "
          "range and is refused. RGB images must become grey first, with `to-grey`, since "
          "no slot holds float RGB. To stretch 8-bit images to the full 8-bit range, see "
          "`rescale-intensity`.",
      .example = R"(name: normalized-green
stages:
  - to-grey: {component: green}
  - normalize: {method: z-score}
  - save-image: {to: "normalized/{id}.tif"}
)",
      .reference = "ITK, NormalizeImageFilter and RescaleIntensityImageFilter",
  };

  void describe(OptionSpec& spec) override {
    spec.choice("method", method_,
                {{Method::z_score, "z-score", "(v - mean) / standard deviation"},
                 {Method::min_max, "min-max", "(v - min) / (max - min)"}})
        .help("What the image is normalized to.");
    spec.input("image", SlotType::grey).help("A grey image; use to-grey before for RGB.");
    spec.output("image", SlotType::float32);
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    if (image.type() == PixelType::rgb8)
      throw SampleError("normalize needs a grey image and this is RGB; put to-grey before it");
    if (image.type() == PixelType::label32)
      throw SampleError("normalize needs a grey image and these are labels");
    cv::Mat values;
    image.pixels().convertTo(values, CV_32F);
    double minimum = 0.0;
    double maximum = 0.0;
    cv::minMaxLoc(values, &minimum, &maximum);
    if (minimum == maximum)
      throw SampleError(fmt::format(
          "normalize: every pixel is {}, and a constant image cannot be normalized", minimum));
    sample.set("image",
               image.with_pixels(method_ == Method::z_score ? standardized(values)
                                                            : scaled_to_unit_range(values)));
  }

 private:
  Method method_ = Method::z_score;
};

}  // namespace

void register_normalize(StageRegistrar& registrar) { registrar.add<Normalize>(); }

}  // namespace smear
