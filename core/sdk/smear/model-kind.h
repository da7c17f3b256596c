// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "smear/configurable.h"
#include "smear/export.h"
#include "smear/image.h"
#include "smear/table.h"

namespace smear {

/// What a kind of model is called and what its reference page says.
struct ModelKindInfo {
  std::string_view name;       ///< lower-case with dashes: "vae"
  std::string_view summary;    ///< one sentence
  std::string_view details;    ///< what is trained and how, in Markdown
  std::string_view example;    ///< a whole training config in YAML
  std::string_view reference;  ///< the paper that defines it, where there is one
};

/// The images that a model is trained with, split already. Implemented by the program.
class SMEAR_SDK_API TrainingData {
 public:
  virtual ~TrainingData();

  enum class Part {
    training,    ///< seen by the optimizer
    validation,  ///< held out: of the same classes
    reference,   ///< of classes that the model is not trained on, for comparison
  };
  struct Item {
    std::string path;        ///< as the user knows it, '/'-separated
    std::string class_name;  ///< the folder that it lies in
    Part part = Part::training;
  };

  /// In a fixed order, which depends on the files alone.
  [[nodiscard]] virtual const std::vector<Item>& items() const = 0;
  /// The classes, in the order of the config, else by name.
  [[nodiscard]] virtual const std::vector<std::string>& classes() const = 0;
  /// The image of item `i`, decoded. Throws `SampleError`. May be called from several threads.
  [[nodiscard]] virtual Image read(std::size_t i) const = 0;
};

/// Named numbers, in the order in which they are shown: a column of history.csv each.
using Measures = std::vector<std::pair<std::string, double>>;

/// Told of a training's course; calls come from one thread at a time.
class SMEAR_SDK_API TrainingObserver {
 public:
  virtual ~TrainingObserver();

  /// The reading of the images goes on: `done` of `all`.
  virtual void reading(std::int64_t done, std::int64_t all) = 0;
  /// `first_epoch` counts from 0; larger than 0 where an earlier training goes on, whose epochs
  /// `history` holds. `description` is what is trained, a line a fact.
  virtual void started(std::int64_t first_epoch, std::int64_t epochs, std::int64_t steps_per_epoch,
                       std::int64_t images_per_epoch, const std::vector<Measures>& history,
                       const std::vector<std::string>& description) = 0;
  /// After each step, which counts from 0 within the epoch; `measures` are of the step alone.
  virtual void step(std::int64_t epoch, std::int64_t step, const Measures& measures) = 0;
  /// After each epoch. The first measure is always `epoch`, counted from 1.
  virtual void epoch(const Measures& measures) = 0;
  /// What the model makes, for people to look at: `kind` is "reconstructions" (inputs above
  /// outputs) or "samples".
  virtual void picture(std::int64_t epoch, std::string_view kind, const Image& image) = 0;
  /// A table of results, kept beside the report as `NAME.csv`.
  virtual void table(std::string_view name, const Table& rows);
  /// Something that a person should know.
  virtual void note(std::string_view message) = 0;
};

/// What a training is asked to do.
struct TrainingJob {
  const TrainingData* data = nullptr;
  /// Where the finished model goes. Written whole or not at all.
  std::filesystem::path model;
  /// A folder for the training's own files (checkpoints), beside the model.
  std::filesystem::path folder;
  /// Go on from the last checkpoint in `folder`, where there is one.
  bool resume = false;
  std::uint64_t seed = 1;
  std::string device = "cpu";
  int threads = 0;  ///< 0 is one for each processor
  /// All options by name, as in YAML: kept in the model, and compared on resuming.
  std::map<std::string, std::string> options;
  /// Kept in the model as they are: version, config's hash, data, host, time.
  std::map<std::string, std::string> provenance;
};

enum class TrainingEnd {
  complete,
  early_stopped,  ///< the validation loss did not fall any more
  interrupted,    ///< by the user; a checkpoint stands
};

/// A kind of model that a plugin brings: how it is trained, and what else can be made of its file.
/// Its options are those of the training.
class SMEAR_SDK_API ModelKind : public Configurable {
 public:
  ~ModelKind() override;

  /// Trains a model and writes it to `job.model`. `stop`, once set, ends the training after the
  /// step at work, with a checkpoint from which `resume` goes on exactly.
  /// Throws `ConfigError` (options that do not go with the data), `PluginError` (a checkpoint that
  /// is damaged or of other options), `RunError` (the disk, a loss that is not finite).
  virtual TrainingEnd train(const TrainingJob& job, TrainingObserver& observer,
                            const std::atomic<bool>& stop) = 0;

  /// Writes the model as TorchScript, which Python's `torch.jit.load` reads, to `to`.
  /// Throws `PluginError` for a model that is refused, `ConfigError` where the kind has no such
  /// form.
  virtual void export_torchscript(const std::filesystem::path& model,
                                  const std::filesystem::path& to) const;
};

}  // namespace smear
