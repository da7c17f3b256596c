// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/training.h"
#include "study/experiment.h"
#include "train/data-set.h"
#include "train/history.h"

/// The models of a study: which there are, and how they are trained beside each other.
namespace smear::study {

/// A model that a study needs.
struct PlannedTraining {
  std::string name;   ///< "seeds-1", "temperature-10": of its files
  std::string label;  ///< what it is trained with, in words
  TrainingConfig config;
  std::optional<double> dropout;  ///< the rate, where a grid varies it
  /// Hash of everything that decides what the model is: options, classes, seed, split, plugins.
  std::string key;
};

/// The config of a setting's model as text, as `smear train` takes it. `name` is the model's.
std::string training_text(const Experiment& experiment, const std::string& kind,
                          const std::string& name, const Options& options,
                          const std::vector<std::string>& classes, std::uint64_t seed);

/// The models of an experiment, each once, however many conditions sample from it.
class TrainingPlan {
 public:
  /// The classifier and the plain models of all seeds.
  TrainingPlan(const Experiment& experiment, Registry& registry, const DataSet& data);

  /// The name of the setting's model. Throws `ConfigErrors`, `PluginError`.
  std::string add(const Setting& setting);

  [[nodiscard]] std::vector<PlannedTraining>& trainings() { return trainings_; }
  [[nodiscard]] const std::vector<PlannedTraining>& trainings() const { return trainings_; }
  /// Of the first seed.
  [[nodiscard]] const std::string& plain() const { return plain_; }
  [[nodiscard]] const std::string& classifier() const { return trainings_.front().name; }

 private:
  std::string add(const std::string& kind, const std::string& name, const Options& options,
                  const std::vector<std::string>& classes, std::uint64_t seed,
                  std::optional<double> dropout);

  const Experiment& experiment_;
  Registry& registry_;
  const DataSet& data_;
  std::vector<PlannedTraining> trainings_;
  std::string plain_;
};

/// What became of a training.
struct TrainedModel {
  TrainingHistory history;
  std::string reason;  ///< why there is no model; else empty
};

/// Where a study keeps its models.
class ModelStore {
 public:
  /// `folder` holds the finished ones, `working` what is needed only until then.
  ModelStore(std::filesystem::path folder, std::filesystem::path working)
      : folder_(std::move(folder)), working_(std::move(working)) {}

  [[nodiscard]] std::filesystem::path model(const std::string& name) const {
    return folder_ / (name + ".safetensors");
  }
  [[nodiscard]] std::filesystem::path history(const std::string& name) const {
    return folder_ / (name + ".csv");
  }
  [[nodiscard]] std::filesystem::path config(const std::string& name) const {
    return folder_ / (name + ".yaml");
  }
  [[nodiscard]] std::filesystem::path work(const std::string& name) const {
    return working_ / name;
  }
  /// Whether the model stands there as the plan wants it.
  [[nodiscard]] bool has(const PlannedTraining& training) const;
  /// Removes the models that the plan has not.
  void prune(const std::vector<PlannedTraining>& trainings) const;

 private:
  std::filesystem::path folder_;
  std::filesystem::path working_;
};

/// How far the trainings are: what part (0..1) of all epochs, and what is at work.
using TrainingProgress = std::function<void(double part, const std::string& words)>;

/// Trains what the store has not, `jobs` models at a time, each on one thread: two trainings beside
/// each other take less time than two one after the other, since a small network leaves threads
/// waiting. A model whose training fails is told with its reason, and the others go on. Nothing is
/// returned where `stop` was set: what was trained so far goes on from its checkpoints next time.
std::optional<std::vector<TrainedModel>> train_all(std::vector<PlannedTraining>& trainings,
                                                   const DataSet& data, const ModelStore& store,
                                                   int jobs, const TrainingProgress& progress,
                                                   const std::atomic<bool>& stop);

}  // namespace smear::study
