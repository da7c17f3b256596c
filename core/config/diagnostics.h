// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "smear/errors.h"

namespace smear {

/// A place in a config text; both count from 1, 0 is unknown. Columns count bytes.
struct Place {
  int line = 0;
  int column = 0;
};

/// One thing that is wrong with a config text.
struct Diagnostic {
  std::string file;
  Place place;
  std::string message;
  std::string hint;  ///< "did you mean 'sigma'?", or empty

  /// `file:line:column: error: message (hint)`.
  [[nodiscard]] std::string headline() const;
};

/// Everything that is wrong with a config text, in one go.
class ConfigErrors final : public ConfigError {
 public:
  /// `text` is the source that the places refer to; it is shown line by line with carets.
  ConfigErrors(std::vector<Diagnostic> diagnostics, std::string_view text);

  [[nodiscard]] const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

/// What is found wrong with a config while it is read, so that all of it is reported in one go.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void error(Place place, std::string message, std::string hint = "");
  /// Something of a plugin that cannot be used.
  void refuse(Place place, std::string message);
  /// How many there are so far, of both kinds.
  [[nodiscard]] std::size_t count() const { return errors_.size() + refusals_.size(); }
  /// Throws `ConfigErrors` with everything; `PluginError` where nothing but refusals is wrong, as
  /// the exit code is theirs then. Does nothing where nothing is wrong. `text` is the config's.
  void raise(std::string_view text) const;

 private:
  std::string file_;
  std::vector<Diagnostic> errors_;
  std::vector<Diagnostic> refusals_;
};

/// The candidate nearest to `name` if it is near enough to be a slip of the hand, else "".
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

/// "did you mean 'x'?" for the nearest candidate, or "" where none is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace smear
