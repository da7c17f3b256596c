// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <fmt/format.h>

#include <cmath>

#include "smear/errors.h"

namespace smear::classifier {

TrainingOptions::TrainingOptions() {
  epochs = 60;
  batch = 16;
  learning_rate = 4e-3;
  schedule = learning::Schedule::cosine;
  flip = true;
  rotate = true;
  brightness = 0.1;
  stain = 0.1;
  blur = 1.0;
}

void TrainingOptions::describe(OptionSpec& spec) {
  spec.integer("image_size", image_size)
      .range(2, 2048)
      .unit("px")
      .help("Edge of the square images that the model works on; others are scaled.");
  spec.reals("filters", filters).range(1, 4096).length(1, 8).help("Of the convolutions.");
  spec.real("slope", slope).range(0.0, 0.99).help("Of the leaky ReLU below 0.");
  describe_length(spec);
  describe_learning_rate(spec);
  spec.real("weight_decay", weight_decay)
      .range(0.0, 1e3)
      .help("A step shrinks weights by the learning rate times this (as in AdamW), biases not.");
  spec.real("dropout", dropout)
      .range(0.0, 0.95)
      .help("Share of what the last layer sees that is set to 0 in training.");
  spec.real("label_smoothing", label_smoothing)
      .range(0.0, 0.5)
      .help("Share of each label that is spread over all classes, against overconfidence.");
  spec.boolean("balance", balance)
      .help("Weigh the loss so that all classes count alike, however many images they have.");
  Augmentation::describe(spec);
  describe_blur(spec);
  spec.real("blank_corner", blank_corner)
      .range(0.0, 0.5)
      .help(
          "Share of width and height of the lower right corner that is painted over, in training "
          "and scoring: a scale bar that is burnt in there may tell the class.");
  describe_patience(spec);
  describe_keep(spec);
}

void TrainingOptions::check() const {
  for (const double count : filters)
    if (count != std::floor(count))
      throw ConfigError(fmt::format("filters must be whole numbers, got {}", count));
  architecture({"a", "b"}).check();
}

Architecture TrainingOptions::architecture(const std::vector<std::string>& classes) const {
  Architecture result;
  result.image_size = image_size;
  result.filters.assign(filters.begin(), filters.end());
  result.slope = slope;
  result.classes = classes;
  return result;
}

}  // namespace smear::classifier
