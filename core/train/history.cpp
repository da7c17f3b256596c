// SPDX-License-Identifier: Apache-2.0
#include "train/history.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "run/csv.h"

namespace smear {

std::optional<double> measure(const Measures& epoch, std::string_view name) {
  const auto it = std::ranges::find(epoch, name, &Measures::value_type::first);
  if (it == epoch.end()) return std::nullopt;
  return it->second;
}

std::vector<std::string> measure_names(const TrainingHistory& history) {
  std::vector<std::string> names;
  for (const auto& epoch : history)
    for (const auto& [name, value] : epoch)
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  return names;
}

std::string history_table(const TrainingHistory& history) {
  const auto names = measure_names(history);
  std::vector<std::string> fields;
  for (const auto& name : names) fields.push_back(csv_field(name));
  std::string text = fmt::format("{}\n", fmt::join(fields, ","));
  for (const auto& epoch : history) {
    fields.clear();
    for (const auto& name : names) {
      const auto value = measure(epoch, name);
      fields.push_back(value ? csv_number(*value) : "");
    }
    text += fmt::format("{}\n", fmt::join(fields, ","));
  }
  return text;
}

std::optional<std::size_t> best_epoch(const TrainingHistory& history) {
  for (const std::string_view name : {"validation_loss", "training_loss"}) {
    std::optional<std::size_t> best;
    double lowest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < history.size(); ++i) {
      const double value =
          measure(history[i], name).value_or(std::numeric_limits<double>::quiet_NaN());
      if (!(value < lowest)) continue;
      lowest = value;
      best = i;
    }
    if (best) return best;
  }
  return std::nullopt;
}

}  // namespace smear
