// SPDX-License-Identifier: Apache-2.0
#include "learning/loop-options.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace smear::learning {

void LoopOptions::describe_length(OptionSpec& spec) {
  spec.integer("epochs", epochs).range(1, 1000000).help("Passes over the training images.");
  spec.integer("batch", batch).range(1, 4096).help("Images a step.");
}

void LoopOptions::describe_learning_rate(OptionSpec& spec) {
  spec.real("learning_rate", learning_rate).above(0.0).range(0.0, 1.0).help("Of Adam.");
  spec.choice("schedule", schedule,
              {{Schedule::constant, "constant", "the same throughout"},
               {Schedule::cosine, "cosine", "falls along half a cosine to final_rate of it"},
               {Schedule::step, "step", "times step_factor every step_epochs epochs"}})
      .help("How the learning rate changes.");
  spec.real("warmup", warmup)
      .range(0.0, 1e6)
      .unit("epochs")
      .help("The learning rate rises linearly from 0 over so many epochs.");
  spec.real("final_rate", final_rate)
      .range(0.0, 1.0)
      .help("What the cosine schedule ends with, as a share of learning_rate.");
  spec.integer("step_epochs", step_epochs).range(1, 1000000).help("Of the step schedule.");
  spec.real("step_factor", step_factor).range(0.0, 1.0).help("Of the step schedule.");
  spec.real("gradient_clip", gradient_clip)
      .range(0.0, 1e12)
      .help("Gradients are scaled down to this norm where they are longer; 0 never.");
}

void LoopOptions::describe_patience(OptionSpec& spec) {
  spec.integer("patience", patience)
      .range(0, 1000000)
      .unit("epochs")
      .help("Stop early when the validation loss has not fallen for so many epochs; 0 never.");
}

void LoopOptions::describe_keep(OptionSpec& spec) {
  spec.choice("keep", keep,
              {{Keep::best, "best", "the epoch with the lowest validation loss"},
               {Keep::last, "last", "the last epoch"}})
      .help("Which weights become the model.");
}

double LoopOptions::learning_rate_at(double epoch) const {
  double rate = learning_rate;
  if (schedule == Schedule::step)
    rate *= std::pow(step_factor, std::floor(epoch / static_cast<double>(step_epochs)));
  if (schedule == Schedule::cosine) {
    const double done = std::min(1.0, epoch / static_cast<double>(epochs));
    rate *= final_rate + (1.0 - final_rate) * 0.5 * (1.0 + std::cos(std::numbers::pi * done));
  }
  return warmup > 0.0 ? rate * std::min(1.0, epoch / warmup) : rate;
}

}  // namespace smear::learning
