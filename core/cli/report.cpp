// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iostream>

#include "cli/program.h"
#include "run/results.h"

namespace smear::cli {
namespace {

boost::program_options::options_description no_options() { return {}; }

int report(const Invocation& invocation) {
  const std::filesystem::path out = invocation.positional.front();
  if (!holds_run(out)) throw ConfigError(fmt::format("{} holds no run", out.string()));
  Workspace workspace(out, Workspace::Open::resume);
  if (workspace.ledger().meta("run").empty())
    throw ConfigError(
        fmt::format("the run in {} has not ended: continue it with --resume", out.string()));
  rewrite_results(workspace.ledger(), out);
  std::cout << "report: " << (out / "report.html").string() << '\n';
  return exit_done;
}

}  // namespace

Command report_command() {
  return {.name = "report",
          .summary = "Writes a run's tables and report.html anew",
          .arguments = "OUT",
          .details = "From the run's own ledger; nothing is computed again.",
          .options = no_options,
          .positional_min = 1,
          .positional_max = 1,
          .run = report};
}

}  // namespace smear::cli
