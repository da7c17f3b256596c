// SPDX-License-Identifier: Apache-2.0
#include "train/training-folder.h"

#include <fmt/format.h>

#include "run/display-path.h"
#include "run/workspace.h"
#include "smear/errors.h"

namespace smear {
namespace {

namespace fs = std::filesystem;

// As in the folder of a run: it also keeps the folder from being taken for input.
fs::path own_folder(const fs::path& folder) { return folder / ".smear"; }

std::string shown(const fs::path& path) { return display(path.string()); }

// Nothing else than what a training wrote is ever emptied or added to: not a run's folder either.
bool is_foreign(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return false;
  if (!fs::is_directory(folder, error)) return true;
  return holds_run(folder) ||
         (!fs::exists(own_folder(folder), error) && !fs::is_empty(folder, error));
}

bool holds_training(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "split.csv", error);
}

void empty(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::error_code error;
    if (entry.path() != own_folder(folder)) fs::remove_all(entry.path(), error);
    if (error)
      throw RunError(fmt::format("cannot remove {}: {}", shown(entry.path()), error.message()));
  }
}

}  // namespace

fs::path TrainingFolder::of(const fs::path& model) {
  auto folder = model;
  return folder.replace_extension(".train");
}

void TrainingFolder::check(const fs::path& model, Open open) {
  std::error_code error;
  const auto folder = of(model);
  if (model.extension() != ".safetensors")
    throw ConfigError(
        fmt::format("-o takes the model's file, which ends in .safetensors, got {}", shown(model)));
  if (fs::is_directory(model, error))
    throw ConfigError(fmt::format("{} is a folder, expected the model's file", shown(model)));
  if (is_foreign(folder))
    throw ConfigError(fmt::format(
        "{} is there and was not made by a training; move it away, or give the model another name",
        shown(folder)));
  const bool model_there = fs::exists(model, error);
  const bool training_there = holds_training(folder);
  if (open == Open::create && training_there)
    throw ConfigError(fmt::format(
        "{} holds a training already; go on with it by --resume, or begin anew by --overwrite",
        shown(folder)));
  if (open == Open::create && model_there)
    throw ConfigError(fmt::format("{} is there already; --overwrite replaces it", shown(model)));
  if (open == Open::resume && model_there && !training_there)
    throw ConfigError(
        fmt::format("there is no training in {} to go on with; --overwrite trains the model anew",
                    shown(folder)));
}

TrainingFolder::TrainingFolder(const fs::path& model, Open open) : path_(of(model)) {
  check(model, open);
  std::error_code error;
  fs::create_directories(own_folder(path_), error);
  if (error)
    throw RunError(fmt::format("cannot create {}: {}", shown(own_folder(path_)), error.message()));
  lock_.emplace(own_folder(path_) / "lock",
                fmt::format("another smear trains in {}; wait for it, or give this model another "
                            "name",
                            shown(path_)));
  check(model, open);  // what another process did until it gave the lock back
  if (open == Open::overwrite) empty(path_);
}

void TrainingFolder::discard() const {
  std::error_code ignored;
  for (const auto& file : {split(), history(), report(), provenance()}) fs::remove(file, ignored);
  for (auto it = fs::directory_iterator(path_, ignored); it != fs::directory_iterator(); ++it)
    if (it->path() != own_folder(path_)) return;
  fs::remove_all(path_, ignored);
}

}  // namespace smear
