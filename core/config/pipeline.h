// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/diagnostics.h"
#include "config/option-reader.h"
#include "registry/registry.h"
#include "smear/stage.h"

namespace smear {

/// What a pipeline says about the files it reads (`input:`).
struct InputSettings {
  std::vector<std::string> include{"*.jpg", "*.jpeg", "*.png", "*.tif", "*.tiff", "*.bmp"};
  std::vector<std::string> exclude;
  bool pages = false;                     ///< read each page of a file as a sample of its own
  std::int64_t max_pixels = 268'435'456;  ///< a larger image is refused before it is decoded

  /// Whether each file is opened as ImageJ opens it, with all that it keeps beside the pixels, into
  /// slot `imagej`; there is then no slot `image`.
  bool imagej = false;
  /// An expression of ImageJ's macro language on `Input.name`, the file's name: which files to take
  /// (`where`); and what tells it. Empty: all that the patterns let through.
  std::string condition;
  std::function<bool(const std::string& file_name)> where;

  /// The slot that takes each file's tensor; empty where the files are images.
  std::string tensor;
  /// Further slots with tensors, and where their files are: templates such as "../logvar/{path}",
  /// relative to the input folder.
  std::map<std::string, std::string> beside;
};

/// One stage of a pipeline, checked and wired.
struct PlannedStage {
  std::string name;
  Place place;
  Registry::Plugin plugin;  ///< where it comes from; empty for a built-in stage
  std::unique_ptr<Stage> stage;
  OptionSpec spec;      ///< with the pipeline's values assigned
  OptionValues values;  ///< every option's, defaults and those of reparameterizations too
  std::vector<ChosenReparameterization> reparameterizations;
  Sample::Wiring inputs;  ///< declared name to slot, where they differ
  Sample::Wiring outputs;

  struct Port {
    std::string slot;      ///< the slot in the sample
    std::string declared;  ///< the stage's own name for it
    SlotType types;        ///< an input: what it accepts and may meet; an output: what it may be
    bool optional = false;
  };
  std::vector<Port> reads;
  std::vector<Port> writes;
  std::vector<std::string> last_use;  ///< slots that no later stage reads

  /// The stage's options, each reparameterization's behind the one that names it.
  [[nodiscard]] std::vector<const OptionInfo*> options() const;
};

/// A checked pipeline, ready to run.
struct Pipeline {
  std::string name;
  std::string description;
  std::string file;
  std::string text;
  InputSettings input;
  std::vector<PlannedStage> stages;

  /// How many samples its stages like to work on together.
  [[nodiscard]] std::size_t batch() const;
  /// Hash of everything that decides what a sample's outputs are: stages, options, wiring, input
  /// settings and the content of plugins and of the files that options name; not names or comments.
  [[nodiscard]] std::string fingerprint() const;
};

/// An option's value from the command line.
struct Override {
  /// A stage's name, with `[2]` behind it for the second of that name; empty for every stage that
  /// has the option, of which there must be one.
  std::string stage;
  std::string option;
  std::string value;  ///< YAML
  std::string said;   ///< how it was given, for messages: "--set gaussian-blur.sigma"

  /// Parses `STAGE.OPTION=VALUE`. Throws `ConfigError`.
  static Override parse(const std::string& text);
};

/// The types that an image file can have.
inline constexpr SlotType readable_types =
    SlotType::grey8 | SlotType::rgb8 | SlotType::grey16 | SlotType::float32 | SlotType::label32;

/// Reads and checks a pipeline, for images of `source` type. Throws `ConfigErrors` with everything
/// that is wrong, `PluginError` where a stage's plugin is refused, `ConfigError` where the file
/// cannot be read.
Pipeline load_pipeline(const std::filesystem::path& file, Registry& registry,
                       const std::vector<Override>& overrides = {},
                       SlotType source = readable_types);

/// The same for a text; `file` names it in messages and is where relative paths start.
Pipeline parse_pipeline(const std::string& text, const std::filesystem::path& file,
                        Registry& registry, const std::vector<Override>& overrides = {},
                        SlotType source = readable_types);

/// Lets every stage load what it needs. Throws `ConfigErrors` at the place of a stage that cannot.
void open_stages(const Pipeline& pipeline);

/// SHA-256 in hexadecimal, as `sha256sum` prints it.
std::string content_hash(std::string_view bytes);

}  // namespace smear
