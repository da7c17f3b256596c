// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "learning/adam.h"
#include "learning/parameter.h"
#include "smear/model-kind.h"

namespace smear::learning {

/// Where a training stands, apart from its weights: what the next step needs to be the one that it
/// would have been without an interruption. Randomness needs nothing, as every draw's seed comes
/// from the training's seed and from what it is for.
struct Progress {
  std::int64_t epoch = 0;   ///< at work, from 0
  std::int64_t step = 0;    ///< next within it
  std::int64_t images = 0;  ///< seen in it
  Measures sums;            ///< of the losses over those
  double norm_sum = 0.0;    ///< of the gradients' norms over the steps
  double seconds = 0.0;     ///< spent on it
  double best_loss = 0.0;   ///< on validation, of `best_epoch`
  std::int64_t best_epoch = -1;
  std::vector<Measures> history;
};

/// Writes a checkpoint of that kind ("vae-checkpoint") whole or not at all. Throws `RunError`.
void save_checkpoint(const std::filesystem::path& file, const std::string& kind,
                     const Progress& progress, const std::vector<Parameter>& parameters,
                     const Adam& adam, const std::map<std::string, std::string>& options);

/// Takes up where a checkpoint left off: fills parameters and Adam's state. Throws `PluginError`
/// for a file that is damaged, of another kind, or of other options (named) than these.
Progress load_checkpoint(const std::filesystem::path& file, const std::string& kind,
                         const std::vector<Parameter>& parameters, Adam& adam,
                         const std::map<std::string, std::string>& options);

}  // namespace smear::learning
