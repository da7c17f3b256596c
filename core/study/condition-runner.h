// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/pipeline.h"
#include "study/condition.h"
#include "study/input-images.h"

namespace smear::study {

/// An image that could not be measured, and why.
struct FailedImage {
  std::string name;
  std::string reason;
};

/// What stands of a condition when it was run.
struct ConditionResult {
  std::vector<FailedImage> failed;
};

/// Runs conditions, each into a folder of its own that appears only when whole.
class ConditionRunner {
 public:
  /// Results go to `folder/ID`, what is under way to `working/ID`. `input` is a folder that stands
  /// as long as the images do.
  ConditionRunner(Registry& registry, std::filesystem::path folder, std::filesystem::path working,
                  std::filesystem::path input, std::uint64_t seed, int jobs)
      : registry_(registry),
        folder_(std::move(folder)),
        working_(std::move(working)),
        input_(std::move(input)),
        seed_(seed),
        jobs_(jobs) {}

  /// Runs the pipeline of this text over the images, or takes what stands there of the same
  /// pipeline, models, plugins and images. An image that fails is told and left out. Nothing where
  /// `stop` ended it. `done` is told how many images are.
  std::optional<ConditionResult> run(const std::string& id, const std::string& pipeline,
                                     const std::vector<InputImage>& images,
                                     const std::function<void(std::int64_t)>& done,
                                     const std::atomic<bool>& stop);

  /// Removes conditions other than these.
  void prune(const std::vector<std::string>& ids) const;

  [[nodiscard]] std::filesystem::path folder(const std::string& id) const { return folder_ / id; }

 private:
  [[nodiscard]] std::string key_of(const Pipeline& pipeline,
                                   const std::vector<InputImage>& images) const;
  [[nodiscard]] std::optional<ConditionResult> standing(const std::string& id,
                                                        const std::string& key) const;
  ConditionResult publish(const std::string& id, const std::string& key,
                          const std::string& pipeline) const;

  Registry& registry_;
  std::filesystem::path folder_;
  std::filesystem::path working_;
  std::filesystem::path input_;
  std::uint64_t seed_;
  int jobs_;
};

}  // namespace smear::study
