// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "learning/adam.h"
#include "learning/checkpoint.h"
#include "learning/gradients.h"
#include "learning/images.h"
#include "learning/loop-options.h"
#include "learning/parameter.h"
#include "smear/model-kind.h"

namespace smear::learning {

/// A step's place in a training.
struct Moment {
  std::int64_t epoch = 0;  ///< from 0
  std::int64_t step = 0;   ///< within it
  double epochs = 0.0;     ///< done, with their fraction
};

/// What a loop trains: the model and its loss.
class Learner {
 public:
  virtual ~Learner() = default;

  /// Everything that is trained.
  [[nodiscard]] virtual const std::vector<Parameter>& parameters() const = 0;
  /// "vae-checkpoint"
  [[nodiscard]] virtual std::string checkpoint_kind() const = 0;

  /// Means over the images, the first of them `loss`, which is minimized; and its gradients in the
  /// order of the parameters.
  struct Step {
    Measures losses;
    Gradients gradients;
  };
  virtual Step step(const std::vector<std::size_t>& items, const Moment& moment) = 0;
  /// Called after the parameters moved by a step at this learning rate.
  virtual void moved(double /*learning_rate*/) {}
  /// Means over the held-out images, the first of them `loss`.
  virtual Measures validate() = 0;
  /// Further columns of the history, after so many epochs.
  [[nodiscard]] virtual Measures settings(double /*epochs*/) const { return {}; }
  /// What a person may look at after an epoch.
  virtual void show(std::int64_t /*epoch*/) {}
  /// Writes the model as it is: the best so far.
  virtual void save_best(const std::filesystem::path& file, const Progress& progress) = 0;
  /// What helps where the training diverged: "Lower learning_rate".
  [[nodiscard]] virtual std::string remedy() const {
    return "Lower learning_rate, or set gradient_clip";
  }
};

/// A training from its first step, or from its last checkpoint, to its last: epochs in an order of
/// their own, Adam, history, checkpoints and stopping. Everything random comes from the seed of the
/// job and from what it is for, so that an interruption changes nothing.
class Loop {
 public:
  Loop(const LoopOptions& options, const TrainingJob& job, TrainingObserver& observer,
       const std::atomic<bool>& stop, const Images& images, Learner& learner);

  /// `interrupted` with a checkpoint, else with the last weights in place. Throws as
  /// `ModelKind::train` says.
  TrainingEnd run(const std::vector<std::string>& description);

  [[nodiscard]] const Progress& progress() const { return progress_; }
  [[nodiscard]] std::filesystem::path best_file() const { return job_.folder / "best.safetensors"; }
  /// Throws `PluginError` where the metadata `training` of the best file is not of the best epoch.
  void check_best(const std::string& training) const;
  /// What a model's metadata says of the training so far.
  [[nodiscard]] static std::string training_json(const Progress& progress,
                                                 const std::string& evaluation = {});

 private:
  [[nodiscard]] std::filesystem::path last_file() const { return job_.folder / "last.safetensors"; }
  [[nodiscard]] std::int64_t steps_per_epoch() const;
  void take_up();
  void save() const;
  [[nodiscard]] bool out_of_patience() const;
  [[nodiscard]] std::vector<std::size_t> order() const;
  [[nodiscard]] bool train_epoch();
  double train_step(const std::vector<std::size_t>& items, std::int64_t step, std::int64_t steps);
  [[noreturn]] void fail(std::int64_t step, const Learner::Step& result, double norm) const;
  void end_epoch(double rate);
  [[nodiscard]] Measures measures_of_epoch(const Measures& validation, double rate) const;
  void begin_next_epoch();

  const LoopOptions& options_;
  const TrainingJob& job_;
  TrainingObserver& observer_;
  const std::atomic<bool>& stop_;
  const Images& images_;
  Learner& learner_;
  Adam adam_;
  Progress progress_;
};

/// `train()` on as many threads as the job says.
TrainingEnd on_threads_of(const TrainingJob& job, const std::function<TrainingEnd()>& train);

}  // namespace smear::learning
