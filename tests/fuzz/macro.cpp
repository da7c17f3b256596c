// SPDX-License-Identifier: Apache-2.0
// Any text is read as a macro or refused, and what was read reads the same when it is written again.
#include <cstdlib>
#include <string>

#include "fuzz/fuzz.h"
#include "imagej/macro/ast.h"
#include "imagej/macro/parser.h"

namespace {

using namespace smear::imagej;

std::string written(const Program& program) {
  std::string code;
  for (const auto& one : program.statements) code += code_of(*one) + "\n";
  for (const auto& [name, function] : program.functions) code += code_of(function);
  return code;
}

}  // namespace

void fuzz_one(std::span<const std::byte> input) {
  const std::string text(reinterpret_cast<const char*>(input.data()), input.size());
  const std::string once = written(*parse_macro(text, "fuzz.ijm"));
  if (written(*parse_macro(once, "again.ijm")) != once) std::abort();
}
