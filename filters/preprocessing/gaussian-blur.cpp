// SPDX-License-Identifier: Apache-2.0
#include <itkSmoothingRecursiveGaussianImageFilter.h>

#include <opencv2/core.hpp>

#include "itk-bridge.h"
#include "smear/stage.h"

namespace smear {
namespace {

using FloatImage = itk_bridge::ItkImage<float>;

cv::Mat blurred(const cv::Mat& channel, double sigma) {
  using Filter = itk::SmoothingRecursiveGaussianImageFilter<FloatImage, FloatImage>;
  cv::Mat values;
  channel.convertTo(values, CV_32F);
  auto filter = Filter::New();
  filter->SetInput(itk_bridge::view<float>(values));
  filter->SetSigma(sigma);
  filter->InPlaceOff();
  cv::Mat result;
  itk_bridge::run(*filter, CV_32FC1).convertTo(result, channel.depth());
  return result;
}

class GaussianBlur final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "gaussian-blur",
      .summary = "Smooths with a Gaussian.",
      .category = Category::preprocessing,
      .details = "Each channel is filtered alone, with ITK's recursive approximation of a Gaussian "
                 "(SmoothingRecursiveGaussianImageFilter), whose cost does not depend on sigma. "
                 "Pixels outside the image repeat its edge. 8- and 16-bit results are rounded.",
      .example = R"(name: smooth
stages:
  - gaussian-blur: {sigma: 2}
  - save-image: {to: "smooth/{id}.png"}
)",
      .reference = "R. Deriche, Recursively implementing the Gaussian and its derivatives, "
                   "INRIA RR-1893, 1993",
  };

  void describe(OptionSpec& spec) override {
    spec.real("sigma", sigma_).range(0.0, 1000.0).unit("px").help(
        "Standard deviation of the Gaussian; 0 leaves the image as it is.");
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image").greys_masks();
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    if (sigma_ == 0.0 || image.width() < 4 || image.height() < 4) {
      if (sigma_ > 0.0)
        throw SampleError(fmt::format("gaussian-blur needs at least 4 x 4 pixels, this has {} x {}",
                                      image.width(), image.height()));
      sample.set("image", image);
      return;
    }
    std::vector<cv::Mat> channels;
    cv::split(image.pixels(), channels);
    for (auto& channel : channels) channel = blurred(channel, sigma_);
    cv::Mat result;
    cv::merge(channels, result);
    sample.set("image", image.with_pixels(std::move(result)));
  }

 private:
  double sigma_ = 2.0;
};

}  // namespace

void register_gaussian_blur(StageRegistrar& registrar) { registrar.add<GaussianBlur>(); }

}  // namespace smear
