// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {

/// A stage that changes slot `mask`, by one function of the mask alone and without options.
class MaskStage : public Stage {
 public:
  explicit MaskStage(std::string_view name) : name_(name) {}

  void describe(OptionSpec& spec) final {
    spec.input("mask", SlotType::mask);
    spec.output("mask", SlotType::mask);
  }

  void process(Sample& sample, const RunContext&) const final {
    const Image& mask = sample.image("mask");
    segmentation::check_mask(name_, mask);
    cv::Mat result = mask.pixels().clone();
    change(result);
    sample.set("mask", mask.with_pixels(std::move(result)));
  }

 protected:
  /// Changes a CV_8UC1 matrix of 0 and 255 in place.
  virtual void change(cv::Mat& mask) const = 0;

 private:
  std::string_view name_;
};

}  // namespace smear
