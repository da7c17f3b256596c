// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/option-reader.h"
#include "config/pipeline.h"
#include "registry/registry.h"
#include "smear/model-kind.h"

namespace smear {

/// What a training config says about its images (`data:`). A class is the name of a folder.
struct DataSettings {
  std::vector<std::string> classes;  ///< what is trained on, in this order; empty is every class
  double validation = 0.3;           ///< the share of each class that is held out, 0..1 without 1
  std::int64_t block = 1;            ///< so many neighbours by name stay on one side of the split
  std::int64_t max_images = 0;       ///< of each class; 0 is all
  InputSettings input;               ///< which files

  /// Binds the settings, as a stage's options are.
  void describe(OptionSpec& spec);
};

/// A checked training config, ready to train.
struct TrainingConfig {
  std::string name;  ///< the file's stem where it says none
  std::string description;
  std::string file;
  std::string text;
  std::string model;  ///< the kind of model
  Registry::Plugin plugin;
  std::unique_ptr<ModelKind> kind;  ///< its options set and checked
  OptionSpec spec;                  ///< bound to `kind`
  OptionValues values;  ///< every option's, defaults and those of reparameterizations too
  std::vector<ChosenReparameterization> reparameterizations;
  std::uint64_t seed = 1;
  DataSettings data;
};

/// Parses the `--set` of a training: `NAME=VALUE` for an option of the kind of model and for
/// `seed`, `data.NAME=VALUE` for the data. Throws `ConfigError`.
Override parse_training_override(const std::string& text);

/// Reads and checks a training config. Throws `ConfigErrors` with everything that is wrong,
/// `PluginError` where the plugin of the kind of model is refused, `ConfigError` where the file
/// cannot be read.
TrainingConfig load_training_config(const std::filesystem::path& file, Registry& registry,
                                    const std::vector<Override>& overrides = {});

/// The same for a text; `file` names it in messages and is where relative paths start.
TrainingConfig parse_training_config(const std::string& text, const std::filesystem::path& file,
                                     Registry& registry,
                                     const std::vector<Override>& overrides = {});

}  // namespace smear
