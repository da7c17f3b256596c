// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "imagej/command.h"

namespace smear::imagej {

inline constexpr auto run_form = Command::Form::run;
inline constexpr auto function_form = Command::Form::function;

/// A command with its names and texts; its keys and what it does are still to be set.
inline Command command(std::string name, std::string stage, Command::Form form, std::string summary,
                       std::string details) {
  Command result;
  result.name = std::move(name);
  result.stage = std::move(stage);
  result.form = form;
  result.summary = std::move(summary);
  result.details = std::move(details);
  return result;
}

/// The same for `run("...")`.
inline Command command(std::string name, std::string stage, std::string summary,
                       std::string details) {
  return command(std::move(name), std::move(stage), run_form, std::move(summary),
                 std::move(details));
}

}  // namespace smear::imagej
