// SPDX-License-Identifier: Apache-2.0
#include <itkSmoothingRecursiveGaussianImageFilter.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "imagej/commands/filter-runner.h"
#include "imagej/operations/gaussian-blur.h"
#include "itk-bridge.h"
#include "smear/stage.h"

namespace smear {
namespace {

using FloatImage = itk_bridge::ItkImage<float>;

// Up to here a sampled kernel is faster than the recursive filter, and is the Gaussian itself, not
// an approximation of it.
constexpr double largest_sampled_sigma = 8.0;

cv::Mat sampled(const cv::Mat& values, double sigma) {
  const int size = 2 * static_cast<int>(std::ceil(4.0 * sigma)) + 1;
  cv::Mat result;
  cv::GaussianBlur(values, result, cv::Size(size, size), sigma, sigma, cv::BORDER_REPLICATE);
  return result;
}

cv::Mat recursive(const cv::Mat& values, double sigma) {
  using Filter = itk::SmoothingRecursiveGaussianImageFilter<FloatImage, FloatImage>;
  std::vector<cv::Mat> channels;
  cv::split(values, channels);
  for (auto& channel : channels) {
    auto filter = Filter::New();
    filter->SetInput(itk_bridge::view<float>(channel));
    filter->SetSigma(sigma);
    filter->InPlaceOff();
    channel = itk_bridge::run(*filter, CV_32FC1);
  }
  cv::Mat result;
  cv::merge(channels, result);
  return result;
}

enum class Kernel { gaussian, imagej };

// As ImageJ's command of the same name, whose kernel ends earlier and in a parabola.
cv::Mat as_imagej(const cv::Mat& pixels, double sigma) {
  cv::Mat result = pixels.clone();
  const cv::Rect all(0, 0, pixels.cols, pixels.rows);
  for (int channel = 0; channel < pixels.channels(); ++channel) {
    cv::Mat values = imagej::channel_as_float(pixels, channel);
    imagej::gaussian_blur(values, all, sigma, sigma, imagej::gaussian_accuracy(pixels.depth()));
    imagej::write_back(values, all, channel, result);
  }
  return result;
}

class GaussianBlur final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "gaussian-blur",
      .summary = "Smooths with a Gaussian.",
      .category = Category::preprocessing,
      .details =
          "Each channel is filtered alone. Up to sigma 8 the kernel is the sampled Gaussian out "
          "to 4 sigma, normalized to sum 1; above it ITK's recursive approximation "
          "(SmoothingRecursiveGaussianImageFilter) is used, whose cost does not depend on "
          "sigma, which needs at least 4 x 4 pixels, and whose response to an impulse is within "
          "0.001 / sigma^2 (0.6 % of its peak) of the Gaussian. Pixels outside the image repeat "
          "its "
          "edge. Arithmetic is in 32-bit float; 8- and 16-bit results are rounded.\n\n"
          "`kernel: imagej` gives what ImageJ's Gaussian Blur... gives, to the bit: its kernel "
          "ends "
          "where the bell curve has fallen to 0.2 % (8-bit and RGB images) or 0.02 % of its peak, "
          "with a parabola as its last part, and above sigma 8.5 it works on a shrunk image.",
      .example = R"(name: smooth
stages:
  - gaussian-blur: {sigma: 2}
  - save-image: {to: "smooth/{id}.png"}
)",
      .reference =
          "R. Deriche, Recursively implementing the Gaussian and its derivatives, "
          "INRIA RR-1893, 1993",
  };

  void describe(OptionSpec& spec) override {
    spec.real("sigma", sigma_)
        .range(0.0, 1000.0)
        .unit("px")
        .help("Standard deviation of the Gaussian; 0 leaves the image as it is.");
    spec.choice<Kernel>("kernel", kernel_,
                        {{Kernel::gaussian, "gaussian", "the Gaussian itself, as said above"},
                         {Kernel::imagej, "imagej", "ImageJ's, as its Gaussian Blur..."}})
        .help("Which approximation is computed.");
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image").greys_masks();
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    if (sigma_ == 0.0) {
      sample.set("image", image);
      return;
    }
    if (kernel_ == Kernel::imagej) {
      sample.set("image", image.with_pixels(as_imagej(image.pixels(), sigma_)));
      return;
    }
    const bool small_kernel = sigma_ <= largest_sampled_sigma;
    if (!small_kernel && (image.width() < 4 || image.height() < 4))
      throw SampleError(fmt::format(
          "gaussian-blur with sigma above {} needs at least 4 x 4 pixels, this has {} x {}",
          largest_sampled_sigma, image.width(), image.height()));
    cv::Mat values;
    image.pixels().convertTo(values, CV_32F);
    cv::Mat result;
    (small_kernel ? sampled(values, sigma_) : recursive(values, sigma_))
        .convertTo(result, image.pixels().depth());
    sample.set("image", image.with_pixels(std::move(result)));
  }

 private:
  double sigma_ = 2.0;
  Kernel kernel_ = Kernel::gaussian;
};

}  // namespace

void register_gaussian_blur(StageRegistrar& registrar) { registrar.add<GaussianBlur>(); }

}  // namespace smear
