// SPDX-License-Identifier: Apache-2.0
// Any text is read as a macro and turned into stages, or refused. What was read reads the same when
// it is written again, and the code of stages can be read.
#include <cstdlib>
#include <string>

#include "core/imagej/macro/commands.h"
#include "fuzz/fuzz.h"
#include "imagej/macro/parser.h"
#include "imagej/macro/plan.h"

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
  static const CommandTable table = test::macro_commands();
  const std::string text(reinterpret_cast<const char*>(input.data()), input.size());
  const std::string once = written(*parse_macro(text, "fuzz.ijm"));
  if (written(*parse_macro(once, "again.ijm")) != once) std::abort();
  PlanOptions options;
  options.table = &table;
  const auto plan = plan_macro(text, "fuzz.ijm", options);
  for (const auto& stage : plan.stages)
    if (stage.command == nullptr) {
      try {
        parse_macro(stage.code, "stage");
      } catch (const smear::Error&) {
        std::abort();
      }
    }
  takes(plan, "a.jpg");
  macro_of_stages(plan.stages);
}
