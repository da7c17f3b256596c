// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "smear/model-kind.h"

namespace smear {

/// One image of a training, as split.csv has it.
struct DataImage {
  std::string path;  ///< as the user knows it, '/'-separated
  std::string class_name;
  std::filesystem::path file;  ///< where it is read from
  std::size_t block = 0;       ///< images of one block stay on one side of the split
  std::string pixels;          ///< SHA-256 of the decoded pixels, their type and the image's size
  std::string reason;          ///< why it cannot be read and is left out; else empty

  TrainingData::Part part = TrainingData::Part::reference;
  std::size_t group = 0;     ///< from 1: what had to stay together; 0 for what is not trained on
  std::string duplicate_of;  ///< the first image with the same pixels; empty for that one itself

  [[nodiscard]] bool usable() const { return reason.empty(); }
};

/// Decides for every usable image of `trained` classes on which side it stands; those of other
/// classes are reference. Images of one block, and images of the same pixels, stay together;
/// `validation` (0..1) is the share of each class that is held out, as nearly as whole groups
/// allow, and at least one group of a class is trained on. The order of the groups in the draw
/// depends on their pixels and the seed alone, so that a new image moves few of the others.
void split_images(std::vector<DataImage>& images, const std::vector<std::string>& trained,
                  double validation, std::uint64_t seed);

/// "training", "validation", "reference", or "left out" for an image that is not usable.
std::string_view part_of(const DataImage& image);

/// The text of split.csv: image, class, part, group, duplicate_of, pixels, reason.
std::string split_table(const std::vector<DataImage>& images);

/// SHA-256 of classes, file names, pixels and parts: the same wherever the data lies.
std::string split_hash(const std::vector<DataImage>& images);

/// What differs between the images and an earlier split.csv ("2 images are new (a.jpg, b.jpg)"), a
/// line a fact; empty where nothing does. Folders above the class may have moved.
std::vector<std::string> split_differences(std::string_view earlier_table,
                                           const std::vector<DataImage>& images);

}  // namespace smear
