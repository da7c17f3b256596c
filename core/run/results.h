// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "run/runner.h"
#include "run/workspace.h"

namespace smear {

/// What `run.json` says of a run beside what its ledger knows.
struct RunFacts {
  const Pipeline& pipeline;
  const RunOptions& options;
  int jobs;
  std::uint64_t seed;
  double started;  ///< seconds since 1970
  const RunSummary& summary;
};

/// Notes in the ledger that a run is on its way, and removes what only its end makes true: the
/// tables of an earlier pipeline and the word that the run has ended.
void begin_run(Workspace& workspace, const Pipeline& pipeline, std::uint64_t seed);

/// Writes what stands at the end of a run: the tables, samples.csv, run.json and report.html.
void write_results(Workspace& workspace, const RunFacts& facts);

/// Writes them anew from the ledger alone; for `smear report` and `smear merge`.
void rewrite_results(Ledger& ledger, const std::filesystem::path& out);

/// Reads a run's seed as its ledger has it. Throws `RunError`.
std::uint64_t parse_seed(const std::string& text);

/// Joins the runs of shards into one: copies what they saved, enters their samples in a new ledger
/// and writes the results. Whether any sample is quarantined. Throws `ConfigError` where a folder
/// holds no run or one that has not ended, where they are runs of different pipelines or seeds,
/// where two hold the same sample, or where a shard is missing.
bool merge_runs(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& out,
                bool overwrite);

}  // namespace smear
