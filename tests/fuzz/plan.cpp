// SPDX-License-Identifier: Apache-2.0
// Any text is turned into stages or refused; the code of stages can be read, and they can be
// written as a macro.
#include "imagej/macro/plan.h"

#include <cstdlib>
#include <string>

#include "core/imagej/macro/commands.h"
#include "fuzz/fuzz.h"
#include "imagej/macro/parser.h"

using namespace smear::imagej;

void fuzz_one(std::span<const std::byte> input) {
  static const CommandTable table = test::macro_commands();
  const std::string text(reinterpret_cast<const char*>(input.data()), input.size());
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
  FolderLoop loop;
  loop.outputs = plan.outputs;
  loop.condition = plan.condition;
  loop.subfolders = plan.subfolders;
  const auto macro = macro_of_stages(plan.stages, loop);
  try {
    parse_macro(macro, "again.ijm");
  } catch (const smear::Error&) {
    std::abort();
  }
}
