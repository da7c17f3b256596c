// SPDX-License-Identifier: Apache-2.0
#include <opencv2/imgproc.hpp>

#include "smear/stage.h"

namespace smear {
namespace {

cv::Mat luma(const cv::Mat& image) {
  cv::Mat values;
  image.convertTo(values, CV_32F);
  if (values.channels() == 1) return values;
  cv::Mat result;
  cv::cvtColor(values, result, cv::COLOR_RGB2GRAY);
  return result;
}

class Sharpness final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "sharpness",
      .summary = "Measures how sharp an image is, by the variance of its Laplacian.",
      .category = Category::measurement,
      .details =
          "Writes one row an image, to be saved by `save-table`: `laplacian_variance`, the "
          "variance "
          "(divided by the number of pixels) of the Laplacian of the grey image, that is the sum "
          "of a pixel's four neighbours minus four times the pixel. Grey is 0.299 R + 0.587 G + "
          "0.114 B, not rounded; intensities are 0..255, so that the unit is their square. Outside "
          "the image its pixels are mirrored at the edge, which is not repeated. An image without "
          "structure has 0; blur lowers it, noise raises it, so that only images of the same "
          "subject, size and noise compare.",
      .example = R"(name: sharpness
stages:
  - sharpness
  - save-table: {slot: sharpness, to: sharpness.csv}
)",
      .reference =
          "J. L. Pech-Pacheco, G. Cristobal, J. Chamorro-Martinez, J. Fernandez-Valdivia, Diatom "
          "autofocusing in brightfield microscopy: a comparative study, ICPR 2000",
  };

  void describe(OptionSpec& spec) override {
    spec.input("image", SlotType::grey8 | SlotType::rgb8);
    spec.output("sharpness", SlotType::table).help("One row.");
  }

  void process(Sample& sample, const RunContext&) const override {
    cv::Mat laplacian;
    cv::Laplacian(luma(sample.image("image").pixels()), laplacian, CV_32F);
    cv::Scalar mean;
    cv::Scalar deviation;
    cv::meanStdDev(laplacian, mean, deviation);
    Table table;
    table.add("laplacian_variance", std::vector<double>{deviation[0] * deviation[0]});
    sample.set("sharpness", std::move(table));
  }
};

}  // namespace

void register_sharpness(StageRegistrar& registrar) { registrar.add<Sharpness>(); }

}  // namespace smear
