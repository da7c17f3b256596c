// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "study/condition.h"
#include "study/experiment.h"
#include "train/data-set.h"

namespace smear::study {

/// An image that conditions take as input.
struct InputImage {
  std::string name;            ///< "benign/WBC-7.jpg": what tables and folders call it
  std::filesystem::path file;  ///< where it is
  std::string pixels;          ///< hash of its pixels
};

/// The images of a set, spread evenly over all that the split has, at most as many as the
/// experiment takes. They depend on the data alone, not on where it lies.
std::vector<InputImage> images_of(InputSet set, const Experiment& experiment, const DataSet& data);

}  // namespace smear::study
