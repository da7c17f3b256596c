// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "smear/model-kind.h"

namespace smear {

/// The measures of a training, an entry an epoch, from the first on.
using TrainingHistory = std::vector<Measures>;

/// The measure of that name; nothing where the epoch has none.
std::optional<double> measure(const Measures& epoch, std::string_view name);

/// Every measure's name, in the order of first appearance.
std::vector<std::string> measure_names(const TrainingHistory& history);

/// The text of history.csv: a column a measure, a row an epoch; missing and NaN are empty.
std::string history_table(const TrainingHistory& history);

/// The index of the epoch with the lowest finite `validation_loss`, or `training_loss` where
/// nothing is validated; the first of equals. Nothing where there is none.
std::optional<std::size_t> best_epoch(const TrainingHistory& history);

}  // namespace smear
