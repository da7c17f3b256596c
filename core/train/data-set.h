// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "config/training.h"
#include "smear/model-kind.h"
#include "train/split.h"

namespace smear {

/// How many images of a class there are, by what becomes of them.
struct ClassCounts {
  std::string class_name;
  std::int64_t training = 0;
  std::int64_t validation = 0;
  std::int64_t reference = 0;
  std::int64_t left_out = 0;
};

/// The images of some folders, split into what is trained on and what is held out. An image's class
/// is the name of the folder that it lies in. No pixels are kept.
class DataSet final : public TrainingData {
 public:
  /// Finds the images and decodes each once, on `threads` threads (0: one a processor), to know its
  /// hash and whether it can be read; `reading` is told how many of how many are done, by one
  /// thread at a time. What cannot be read is left out. Neither the order of `folders` nor how they
  /// overlap matters. Throws `ConfigError` where nothing is left to train on, or a class of the
  /// settings is not there.
  DataSet(const std::vector<std::filesystem::path>& folders, const DataSettings& settings,
          std::uint64_t seed, int threads,
          const std::function<void(std::int64_t done, std::int64_t all)>& reading);

  [[nodiscard]] const std::vector<Item>& items() const override { return items_; }
  [[nodiscard]] const std::vector<std::string>& classes() const override { return classes_; }
  [[nodiscard]] Image read(std::size_t i) const override;

  /// Every image that was found, those that are left out too; by class, folder and name.
  [[nodiscard]] const std::vector<DataImage>& images() const { return images_; }
  /// In the order of `classes()`.
  [[nodiscard]] std::vector<ClassCounts> counts() const;
  /// What a person should know: what is left out, copies, a part that is empty.
  [[nodiscard]] std::vector<std::string> notes() const;

 private:
  void read_all(int threads, const std::function<void(std::int64_t, std::int64_t)>& reading);
  void set_classes(const DataSettings& settings);
  void set_items();

  std::vector<DataImage> images_;
  std::vector<std::string> classes_;
  std::vector<std::string> trained_;
  std::vector<Item> items_;
  std::vector<std::size_t> image_of_;  ///< index into `images_`, by item
  std::int64_t max_pixels_;
  bool holds_out_;
};

}  // namespace smear
