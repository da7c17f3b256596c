// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>

#include "smear/configurable.h"
#include "smear/errors.h"
#include "smear/export.h"
#include "smear/options.h"
#include "smear/sample.h"

namespace smear {

enum class Category { input_output, preprocessing, segmentation, measurement, model, imagej, other };
SMEAR_SDK_API std::string_view name_of(Category category);

/// What a stage is called and what its reference page says.
struct StageInfo {
  std::string_view name;     ///< lower-case with dashes, the field's own word
  std::string_view summary;  ///< one sentence
  Category category = Category::other;
  /// The longer text of the reference page: what it computes, exactly. Paragraphs of Markdown.
  std::string_view details;
  /// A whole runnable pipeline in YAML that shows the stage at work.
  std::string_view example;
  /// The paper or documentation that defines the operation, where there is one.
  std::string_view reference;
};

/// Where a stage's files go. Implemented by the runner; files appear under their final name only
/// when they are whole, and are recorded so that a resumed run knows them.
class SMEAR_SDK_API Outputs {
 public:
  virtual ~Outputs();

  /// Calls `write` with a temporary path and moves what it wrote to the place that `name_template`
  /// means for this sample: `{id}` is the sample's path with its extension (and `#part`),
  /// `{path}` the same without part, `{dir}`, `{name}` (with extension) and `{stem}` its pieces.
  /// Throws `RunError` where the disk does not take it.
  virtual void save(const Sample& sample, std::string_view name_template,
                    const std::function<void(const std::filesystem::path&)>& write) = 0;

  /// Adds rows to a table of the whole run; the runner writes it at the end, rows in input order,
  /// with a first column `image`.
  virtual void append(const Sample& sample, std::string_view run_file, const Table& rows) = 0;

  /// Adds to a file of the whole run that is no such table: `form` says what makes the file of the
  /// pieces at the end, in input order. "text" joins them behind `head`, which all of them give
  /// alike, and of which
  /// the part behind an ASCII record separator ends the file; other forms are the program's own. By default throws `RunError`.
  virtual void append_piece(const Sample& sample, std::string_view run_file, std::string_view form,
                            std::string head, std::string piece);
};

/// What a stage may know of the run while it works on a sample.
class SMEAR_SDK_API RunContext {
 public:
  RunContext(std::uint64_t seed, std::size_t stage_position, Outputs* outputs)
      : seed_(seed), stage_position_(stage_position), outputs_(outputs) {}

  /// A generator that depends on the run's seed, the sample, the stage's position and `draw`, and
  /// on nothing else: the same input gives the same numbers on any thread, batch or shard.
  [[nodiscard]] std::mt19937_64 generator(const SampleId& sample, std::uint64_t draw = 0) const;

  [[nodiscard]] Outputs& outputs() const { return *outputs_; }

 private:
  std::uint64_t seed_;
  std::size_t stage_position_;
  Outputs* outputs_;
};

/// One step of a pipeline. Its options are plain members bound in `describe`. While a run works,
/// a stage is const and shared between threads.
class SMEAR_SDK_API Stage : public Configurable {
 public:
  ~Stage() override;

  /// Loads what is needed once for the run, such as a model or a reference image. Called before
  /// any sample, never concurrently. Throws `ConfigError` or `PluginError`.
  virtual void open() {}

  /// How many samples at a time suit the stage; 1 unless batches pay.
  [[nodiscard]] virtual std::size_t preferred_batch() const { return 1; }

  /// Reads and writes the sample's slots. Throws `SampleError` where it cannot.
  virtual void process(Sample& sample, const RunContext& run) const = 0;

  /// The same for several samples; by default one after another. A throw fails the batch, which
  /// the runner then repeats one by one to single out the culprit, so write nothing before all of
  /// it is known to work.
  virtual void process_batch(std::span<Sample*> samples, const RunContext& run) const;
};

/// Makes a stage with its defaults.
using StageFactory = std::function<std::unique_ptr<Stage>()>;

/// Where built-in filters and plugins put their stages.
class SMEAR_SDK_API StageRegistrar {
 public:
  virtual ~StageRegistrar();
  /// Throws `PluginError` for a name that is taken already, or that is not lower-case with dashes.
  virtual void add(const StageInfo& info, StageFactory factory) = 0;

  /// `T` is a `Stage` with a `static constexpr StageInfo info`.
  template <typename T>
  void add() {
    add(T::info, [] { return std::make_unique<T>(); });
  }
};

}  // namespace smear
