// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "imagej/macro/functions.h"
#include "imagej/macro/origin.h"
#include "imagej/session.h"
#include "smear/stage.h"

namespace smear {

/// A stage that works on ImageJ's state: takes it from slot `imagej`, changes it and puts it back.
/// Where it was made of a macro, what goes wrong is said with the macro's name, line and column.
class SessionStage : public Stage, public imagej::MadeOfMacro {
 public:
  void comes_from(imagej::MacroOrigin origin) final { origin_ = std::move(origin); }
  void process(Sample& sample, const RunContext& run) const final;

 protected:
  /// Declares the slot; part of every `describe`.
  static void use_session(OptionSpec& spec);

  /// Changes the session. Throws `SampleError` where this image cannot be handled.
  virtual void work(imagej::Session& session, Sample& sample, const RunContext& run) const = 0;

  /// Of the macro that the pipeline was made of, if it was.
  [[nodiscard]] const imagej::MacroOrigin& origin() const { return origin_; }

 private:
  imagej::MacroOrigin origin_;
};

/// What a run offers to commands: files inside OUT, and lines for its log.
///
/// Commands name files as a macro does. `place` gives the name that a template has for this sample;
/// names under `output_root` are the macro's own.
class RunHost final : public imagej::Host {
 public:
  /// What `Output.directory` and `Input.directory` begin with in a macro: no real folders, so that
  /// a macro's results do not depend on where it runs.
  static constexpr std::string_view output_root = "/OUT/";
  static constexpr std::string_view input_root = "/IN/";

  /// `log` is the file of the run for lines of `print`; empty: printing is an error. `around` is
  /// what it begins and ends with, a 0x1e between.
  RunHost(const Sample& sample, const RunContext& run, const imagej::Session& session,
          std::string log = "", std::string around = "\x1e")
      : sample_(sample),
        run_(run),
        input_folder_(session.input_folder),
        log_(std::move(log)),
        around_(std::move(around)) {}

  /// The sample's name for a template of a file inside OUT; `save` takes it back.
  std::string place(const std::string& name_template);

  void save(const std::string& path,
            const std::function<void(const std::filesystem::path&)>& write) override;
  std::filesystem::path locate(const std::string& path) override;
  void print(const std::string& line) override;

 private:
  const Sample& sample_;
  const RunContext& run_;
  std::filesystem::path input_folder_;
  std::string log_;
  std::string around_;
  std::map<std::string, std::string> templates_;
};

/// What a macro is told of the sample's file.
imagej::MacroContext macro_context(const Sample& sample);

}  // namespace smear
