// SPDX-License-Identifier: Apache-2.0
#include <opencv2/imgproc.hpp>

#include "imagej/operations/distance-map.h"
#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

class DistanceMap final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "distance-map",
      .summary = "Gives each pixel of a mask its distance from the background.",
      .category = Category::segmentation,
      .details =
          "The Euclidean distance between the centre of the pixel and that of the nearest "
          "background pixel, in "
          "pixels, as 32-bit float; 0 in the background. The edge of the image is no background. "
          "`method: "
          "exact` is the exact distance; `imagej` is ImageJ's map (Process > Binary > Distance Map "
          "with EDM "
          "output 32-bit), to the bit, which differs at rare pixels 13 or more from the "
          "background.",
      .example = R"(name: distance-map
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - fill-holes
  - distance-map
  - save-image: {inputs: {image: distance}, to: "distance-map/{id}.tif"}
)",
      .reference = "ImageJ User Guide, Process > Binary, https://imagej.net/ij/docs/guide",
  };

  void describe(OptionSpec& spec) override {
    spec.choice<Method>("method", method_,
                        {{Method::exact, "exact", "the exact distance"},
                         {Method::imagej, "imagej", "ImageJ's"}})
        .help("Which map is computed.");
    spec.input("mask", SlotType::mask);
    spec.output("distance", SlotType::float32);
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& mask = sample.image("mask");
    segmentation::check_mask(info.name, mask);
    sample.set("distance",
               mask.with_pixels(method_ == Method::imagej ? imagej::distance_map(mask.pixels(), 0)
                                                          : exact(mask.pixels())));
  }

 private:
  enum class Method { exact, imagej };

  static cv::Mat exact(const cv::Mat& mask) {
    if (cv::countNonZero(mask) == static_cast<int>(mask.total()))
      throw SampleError("distance-map needs some background, this mask is all object");
    cv::Mat distance;
    cv::distanceTransform(mask, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
    return distance;
  }

  Method method_ = Method::exact;
};

}  // namespace

void register_distance_map(StageRegistrar& registrar) { registrar.add<DistanceMap>(); }

}  // namespace smear
