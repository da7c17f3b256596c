// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <opencv2/core.hpp>

#include "imagej/files/roi-set.h"
#include "imagej/roi.h"
#include "run/name-template.h"
#include "smear/stage.h"

namespace smear {
namespace {

class LoadRois final : public Stage {
 public:
  enum class Missing { fail, empty };

  static constexpr StageInfo info{
      .name = "load-rois",
      .summary = "Reads each image's selections of a RoiSet.zip as objects to be measured.",
      .category = Category::input_output,
      .details =
          "The file is `from` inside `folder`: a RoiSet.zip of ImageJ's ROI Manager, or a .roi. "
          "The "
          "n-th selection becomes object n, with the pixels that ImageJ fills; where selections "
          "overlap, the later one has them. What lies beyond the image is cut off; a selection "
          "without a pixel in it leaves its number unused and is warned of. Lines and points have "
          "no pixels and fail the image.\n\n"
          "The size of `image` is that of the result. What `folder` holds is no part of what "
          "--resume compares: after changing a set, run anew.",
      .example = R"(name: measure-drawn-cells
stages:
  - load-rois: {folder: ., from: "drawn/{stem}_RoiSet.zip", missing: empty}
  - measure
  - save-table: {to: drawn-cells.csv}
)",
      .reference = {},
  };

  void describe(OptionSpec& spec) override {
    spec.text("folder", folder_)
        .required()
        .help("Folder with the sets; relative to the current folder. May be that of the images.");
    spec.text("from", from_)
        .help(
            "The file of each image, with the placeholders of output files: {id}, {dir}, {stem}, "
            "...");
    spec.choice<Missing>("missing", missing_,
                         {{Missing::fail, "fail", "the image fails"},
                          {Missing::empty, "empty", "the image has no objects"}})
        .help("What an image without a file means.");
    spec.input("image", SlotType::every_image);
    spec.output("labels", SlotType::label32);
  }

  void check() const override {
    if (const auto problem = problem_with_placeholders(from_))
      throw ConfigError(fmt::format("from {}", *problem));
    if (!from_.ends_with(".zip") && !from_.ends_with(".roi"))
      throw ConfigError("from must end in .zip or .roi, got '" + from_ + "'");
    std::error_code error;
    if (!std::filesystem::is_directory(folder_, error))
      throw ConfigError(
          fmt::format("there is no folder '{}'; it is looked for in the current one", folder_));
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& image = sample.image("image");
    cv::Mat labels = cv::Mat::zeros(image.pixels().size(), CV_32SC1);
    const auto file = std::filesystem::path(folder_) / expand(from_, sample.id());
    std::error_code error;
    if (std::filesystem::exists(file, error)) {
      paint(sample, file, labels);
    } else if (missing_ == Missing::fail) {
      throw SampleError(fmt::format(
          "there is no {}; with missing: empty such an image has no objects", file.string()));
    }
    sample.set("labels", image.with_pixels(std::move(labels)));
  }

 private:
  static void paint(Sample& sample, const std::filesystem::path& file, cv::Mat& labels) {
    const cv::Rect all({}, labels.size());
    int number = 0;
    for (const auto& roi : imagej::load_rois(file)) {
      ++number;
      if (!roi.is_area())
        throw SampleError(fmt::format(
            "selection {} ('{}') of {} is a line or points, which have no pixels to measure",
            number, roi.name, file.string()));
      const cv::Rect within = roi.bounds & all;
      const cv::Mat mask = imagej::mask_of(roi);
      const bool has_pixels =
          !within.empty() && (mask.empty() || cv::countNonZero(mask(within - roi.bounds.tl())) > 0);
      if (!has_pixels) {
        sample.warn(fmt::format("{}: selection {} ('{}') has no pixel in the image", info.name,
                                number, roi.name));
      } else if (mask.empty()) {
        labels(within).setTo(number);
      } else {
        labels(within).setTo(number, mask(within - roi.bounds.tl()));
      }
    }
  }

  std::string folder_;
  std::string from_ = "{id}_RoiSet.zip";
  Missing missing_ = Missing::fail;
};

}  // namespace

void register_load_rois(StageRegistrar& registrar) { registrar.add<LoadRois>(); }

}  // namespace smear
