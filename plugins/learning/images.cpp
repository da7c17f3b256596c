// SPDX-License-Identifier: Apache-2.0
#include "learning/images.h"

#include <fmt/format.h>

#include <mutex>

#include "learning/threads.h"
#include "smear/errors.h"

namespace smear::learning {
namespace {

using Part = TrainingData::Part;

}  // namespace

std::vector<std::string> trained_classes(const TrainingData& data) {
  std::vector<std::string> result;
  for (const auto& name : data.classes())
    for (const auto& item : data.items())
      if (item.class_name == name && item.part != Part::reference) {
        result.push_back(name);
        break;
      }
  return result;
}

Images::Images(const TrainingData& data, const Preprocessing& preprocessing,
               TrainingObserver& observer)
    : images_(data.items().size()) {
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < data.items().size(); ++i) {
    if (data.items()[i].part == Part::reference) continue;
    wanted.push_back(i);
    (data.items()[i].part == Part::training ? training_ : validation_).push_back(i);
  }
  if (training_.empty()) throw ConfigError("there is no image to train on");
  std::mutex mutex;
  std::int64_t done = 0;
  const auto all = static_cast<std::int64_t>(wanted.size());
  for_each_in_parallel(all, [&](std::int64_t i) {
    const auto item = wanted[static_cast<std::size_t>(i)];
    try {
      images_[item] = fitted(data.read(item), preprocessing);
    } catch (const SampleError& error) {
      throw ConfigError(fmt::format("{}: {}; convert it, or take it out of the folder",
                                    data.items()[item].path, error.what()));
    }
    const std::lock_guard lock(mutex);
    observer.reading(++done, all);
  });
}

}  // namespace smear::learning
