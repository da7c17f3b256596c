// SPDX-License-Identifier: Apache-2.0
#include "study/input-images.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace smear::study {

std::vector<InputImage> images_of(InputSet set, const Experiment& experiment, const DataSet& data) {
  const bool malignant = set == InputSet::malignant || set == InputSet::malignant_training;
  const bool training = set == InputSet::malignant_training || set == InputSet::benign_training;
  const auto& class_name = malignant ? experiment.malignant : experiment.benign;
  const auto part = training ? TrainingData::Part::training : TrainingData::Part::validation;
  std::vector<const DataImage*> found;
  for (const auto& image : data.images())
    if (image.usable() && image.part == part && image.class_name == class_name &&
        image.duplicate_of.empty())
      found.push_back(&image);
  std::ranges::sort(found, {}, [](const DataImage* image) {
    return std::tuple(image->file.filename().string(), image->pixels);
  });
  const auto most =
      static_cast<std::size_t>(training ? experiment.reference_images : experiment.images);
  const auto count = std::min(most, found.size());
  std::vector<InputImage> images;
  std::set<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& image = *found[i * found.size() / count];
    auto name = fmt::format("{}/{}", image.class_name, image.file.filename().string());
    // Files of one name may lie in several folders of the class's name.
    for (int n = 2; !names.insert(name).second; ++n)
      name = fmt::format("{}/{}/{}", image.class_name, n, image.file.filename().string());
    images.push_back({name, image.file, image.pixels});
  }
  return images;
}

}  // namespace smear::study
