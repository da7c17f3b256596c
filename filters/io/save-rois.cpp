// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <opencv2/core.hpp>

#include "imagej/files/roi-set.h"
#include "imagej/roi.h"
#include "smear/stage.h"

namespace smear {
namespace {

class SaveRois final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "save-rois",
      .summary = "Saves the objects' outlines as a RoiSet.zip, which ImageJ's ROI Manager opens.",
      .category = Category::input_output,
      .details =
          "One selection an object, called by its number with at least four digits (0001, 0002, "
          "...), so that selections and the rows of a table belong together. An object with one "
          "outline is a traced selection, one with holes or of several parts a composite, as "
          "ImageJ's Create Selection makes them; pixels inside are exactly the object's. An image "
          "without objects gets no file, since a RoiSet holds at least one selection. `load-rois` "
          "reads them again.",
      .example = R"(name: cells-for-imagej
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - watershed
  - save-rois: {to: "rois/{stem}_RoiSet.zip"}
)",
      .reference = {},
  };

  void describe(OptionSpec& spec) override {
    spec.output("to", to_).help("Where each set goes inside the output folder; ends in .zip.");
    spec.input("labels", SlotType::label32).help("The objects.");
  }

  void check() const override {
    if (!to_.ends_with(".zip")) throw ConfigError("to must end in .zip, got '" + to_ + "'");
  }

  void process(Sample& sample, const RunContext& run) const override {
    const auto rois = selections_of(sample.image("labels").pixels());
    if (rois.empty()) return;
    run.outputs().save(
        sample, to_, [&](const std::filesystem::path& path) { imagej::save_roi_set(rois, path); });
  }

 private:
  static std::vector<imagej::Roi> selections_of(const cv::Mat& labels) {
    std::map<int, cv::Rect> boxes;  // by number
    for (int y = 0; y < labels.rows; ++y)
      for (int x = 0; x < labels.cols; ++x)
        if (const int label = labels.at<int>(y, x); label > 0) boxes[label] |= cv::Rect(x, y, 1, 1);
    std::vector<imagej::Roi> rois;
    for (const auto& [label, box] : boxes) {
      auto roi = imagej::roi_of_mask(labels(box) == label, box.tl());
      roi->name = fmt::format("{:04}", label);
      rois.push_back(*std::move(roi));
    }
    return rois;
  }

  std::string to_ = "rois/{id}_RoiSet.zip";
};

}  // namespace

void register_save_rois(StageRegistrar& registrar) { registrar.add<SaveRois>(); }

}  // namespace smear
