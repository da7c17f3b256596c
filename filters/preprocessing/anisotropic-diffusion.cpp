// SPDX-License-Identifier: Apache-2.0
// ITK loops over dimensions in a way that lets GCC 12 see a third one in a 2-D image.
#pragma GCC diagnostic ignored "-Warray-bounds"

#include <itkCurvatureAnisotropicDiffusionImageFilter.h>
#include <itkGradientAnisotropicDiffusionImageFilter.h>
#include <itkVectorCurvatureAnisotropicDiffusionImageFilter.h>
#include <itkVectorGradientAnisotropicDiffusionImageFilter.h>

#include <opencv2/core.hpp>

#include "itk-bridge.h"
#include "smear/stage.h"

namespace smear {
namespace {

enum class Method { curvature, gradient };

struct Diffusion {
  int iterations = 5;
  double conductance = 3.0;
  double time_step = 0.125;
};

template <typename Filter>
cv::Mat diffused(const cv::Mat& values, const Diffusion& diffusion) {
  using Pixel = typename Filter::InputImageType::PixelType;
  auto filter = Filter::New();
  filter->SetInput(itk_bridge::view<Pixel>(values));
  filter->SetNumberOfIterations(static_cast<itk::IdentifierType>(diffusion.iterations));
  filter->SetConductanceParameter(diffusion.conductance);
  filter->SetTimeStep(diffusion.time_step);
  filter->InPlaceOff();
  return itk_bridge::run(*filter, values.type());
}

cv::Mat diffused(const cv::Mat& values, Method method, const Diffusion& diffusion) {
  using Grey = itk_bridge::ItkImage<float>;
  using Colour = itk_bridge::ItkImage<itk::Vector<float, 3>>;
  const bool curvature = method == Method::curvature;
  if (values.channels() == 1)
    return curvature ? diffused<itk::CurvatureAnisotropicDiffusionImageFilter<Grey, Grey>>(
                           values, diffusion)
                     : diffused<itk::GradientAnisotropicDiffusionImageFilter<Grey, Grey>>(
                           values, diffusion);
  return curvature ? diffused<itk::VectorCurvatureAnisotropicDiffusionImageFilter<Colour, Colour>>(
                         values, diffusion)
                   : diffused<itk::VectorGradientAnisotropicDiffusionImageFilter<Colour, Colour>>(
                         values, diffusion);
}

class AnisotropicDiffusion final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "anisotropic-diffusion",
      .summary = "Smooths within regions and keeps their edges.",
      .category = Category::preprocessing,
      .details =
          "`gradient` solves the equation of Perona and Malik, dv/dt = div(c grad v) with "
          "c = exp(-(|grad v| / K)^2 / 2), and `curvature` the modified curvature diffusion "
          "equation, dv/dt = |grad v| div(c grad v / |grad v|), which keeps edges better, by "
          "`iterations` explicit steps of `time_step`, with ITK "
          "(GradientAnisotropicDiffusionImageFilter, CurvatureAnisotropicDiffusionImageFilter). "
          "K is `conductance` times the root mean square gradient of the image, found anew for "
          "each step: it does not depend on the contrast of the image. Outside the image its "
          "edge is repeated, so that nothing flows over it.\n\n"
          "Steps up to 0.125 are stable in two dimensions. An RGB image is smoothed as an image "
          "of vectors: an edge in any channel stops the flow in all. 8- and 16-bit results are "
          "rounded and clipped.",
      .example = R"(name: smooth-regions
stages:
  - anisotropic-diffusion: {iterations: 5, conductance: 2}
  - save-image: {to: "smooth/{id}.png"}
)",
      .reference =
          "P. Perona and J. Malik, Scale-space and edge detection using anisotropic "
          "diffusion, IEEE Transactions on Pattern Analysis and Machine Intelligence "
          "12(7), 1990; R. T. Whitaker and X. Xue, Variable-conductance, level-set "
          "curvature for image denoising, ICIP 2001",
  };

  void describe(OptionSpec& spec) override {
    spec.choice("method", method_,
                {{Method::curvature, "curvature", "modified curvature diffusion"},
                 {Method::gradient, "gradient", "Perona-Malik diffusion"}})
        .help("The diffusion equation.");
    spec.integer("iterations", diffusion_.iterations)
        .range(0, 10000)
        .help("How many steps; 0 leaves the image as it is.");
    spec.real("conductance", diffusion_.conductance)
        .range(0.0, 1000.0)
        .above(0.0)
        .help(
            "Which gradients stop the flow, in multiples of the mean one: smaller keeps more "
            "edges.");
    spec.real("time_step", diffusion_.time_step)
        .range(0.0, 0.125)
        .above(0.0)
        .help("Length of a step; more than 0.125 would be unstable.");
    spec.input("image", SlotType::any_image);
    spec.output_like("image", "image").greys_masks();
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    if (image.type() == PixelType::label32)
      throw SampleError("anisotropic-diffusion: labels cannot be smoothed; give it an image");
    if (diffusion_.iterations == 0) {
      sample.set("image", image);
      return;
    }
    if (image.width() < 3 || image.height() < 3)
      throw SampleError(
          fmt::format("anisotropic-diffusion needs at least 3 x 3 pixels, this has {} x {}",
                      image.width(), image.height()));
    cv::Mat values;
    image.pixels().convertTo(values, CV_32F);
    cv::Mat result;
    diffused(values, method_, diffusion_).convertTo(result, image.pixels().depth());
    sample.set("image", image.with_pixels(std::move(result)));
  }

 private:
  Method method_ = Method::curvature;
  Diffusion diffusion_;
};

}  // namespace

void register_anisotropic_diffusion(StageRegistrar& registrar) {
  registrar.add<AnisotropicDiffusion>();
}

}  // namespace smear
