// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/macro-error.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace smear::imagej {
namespace {

std::string text_of(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const auto& one : diagnostics) text += (text.empty() ? "" : "\n") + one.headline();
  return text;
}

std::vector<Diagnostic> sorted(std::vector<Diagnostic> diagnostics) {
  std::ranges::stable_sort(diagnostics, [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  return diagnostics;
}

}  // namespace

MacroError::MacroError(std::vector<Diagnostic> diagnostics)
    : ConfigError(text_of(sorted(diagnostics))), diagnostics_(sorted(std::move(diagnostics))) {}

MacroError::MacroError(std::string file, Place place, std::string message, std::string hint)
    : MacroError({{std::move(file), place, std::move(message), std::move(hint)}}) {}

}  // namespace smear::imagej
