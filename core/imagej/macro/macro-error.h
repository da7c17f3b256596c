// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/diagnostics.h"
#include "smear/errors.h"

namespace smear::imagej {

/// What is wrong with a macro, and where: as many of its problems as could be found in one go, in
/// the order of their places.
class MacroError : public ConfigError {
 public:
  explicit MacroError(std::vector<Diagnostic> diagnostics);
  MacroError(std::string file, Place place, std::string message, std::string hint = "");

  [[nodiscard]] const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }
  // Of the first problem.
  [[nodiscard]] int line() const { return diagnostics_.front().place.line; }
  [[nodiscard]] int column() const { return diagnostics_.front().place.column; }
  [[nodiscard]] const std::string& message() const { return diagnostics_.front().message; }
  [[nodiscard]] const std::string& hint() const { return diagnostics_.front().hint; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace smear::imagej
