// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/training.h"
#include "train/data-set.h"

namespace smear {

/// Where a model comes from, as it is kept in its file: version, config, data, split, plugins,
/// libraries, host, command and time. Nothing of it has a part in the training.
std::map<std::string, std::string> training_provenance(
    const TrainingConfig& config, const DataSet& data,
    const std::vector<std::filesystem::path>& folders);

/// How many images of each class there are and what for: "benign: 404 reference", a line a class.
std::string counts_text(const std::vector<ClassCounts>& counts);

}  // namespace smear
