// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config/pipeline.h"
#include "run/run-file.h"
#include "run/source.h"

namespace smear {

/// A file that a pipeline will write into OUT, beside the run's own report.
struct PlannedFile {
  std::string name;     ///< a template of each sample's file, or a file of the run;
                        ///< empty: files whose names the stage's code makes
  bool of_run = false;  ///< one file of the whole run
  const PlannedStage* stage = nullptr;
};

/// What the stages will write, in their order. A name that several write stands once, with the
/// first.
std::vector<PlannedFile> planned_files(const Pipeline& pipeline);

/// Two samples, or two stages, must not write the same file: `{stem}` and its like can make them.
/// Throws `ConfigError`.
void check_collisions(const Pipeline& pipeline, const FileList& list);

/// What the files of a run are where no sample came through, by their names; `provenance` is
/// run.json's. Files that are not in it are tables without rows.
std::map<std::string, EmptyRunFile> empty_run_files(const nlohmann::json& provenance);

}  // namespace smear
