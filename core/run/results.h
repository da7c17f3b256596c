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

/// Writes what stands at the end of a run: the tables, samples.csv, run.json and report.html.
void write_results(Workspace& workspace, const RunFacts& facts);

/// Writes them anew from the ledger alone; for `smear report` and `smear merge`.
void rewrite_results(Ledger& ledger, const std::filesystem::path& out);

/// Joins the runs of shards into one: copies what they saved, enters their samples in a new ledger
/// and writes the results. Throws `ConfigError` where a folder holds no run, where they are runs of
/// different pipelines or seeds, or where two hold the same sample.
void merge_runs(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& out,
                bool overwrite);

}  // namespace smear
