// SPDX-License-Identifier: Apache-2.0
#include "config/option-words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <vector>

namespace smear {
namespace {

// An int's own limits say nothing to a user.
bool says_something(double bound) {
  return bound != std::numeric_limits<int>::min() && bound != std::numeric_limits<int>::max();
}

std::string range_of(const OptionInfo& option) {
  const bool low = option.minimum && says_something(*option.minimum);
  const bool high = option.maximum && says_something(*option.maximum);
  std::string text;
  if (low && high && !option.minimum_excluded)
    text = fmt::format("{}..{}", *option.minimum, *option.maximum);
  else if (low && high)
    text = fmt::format("above {}, at most {}", *option.minimum, *option.maximum);
  else if (low)
    text = fmt::format("{} {}", option.minimum_excluded ? "above" : "at least", *option.minimum);
  else if (high)
    text = fmt::format("at most {}", *option.maximum);
  if (!option.unit.empty()) text += (text.empty() ? "in " : " ") + option.unit;
  return text;
}

}  // namespace

std::string_view describe_kind(OptionKind kind) {
  switch (kind) {
    case OptionKind::boolean: return "true or false";
    case OptionKind::integer: return "whole number";
    case OptionKind::real: return "number";
    case OptionKind::text: return "text";
    case OptionKind::choice: return "one of";
    case OptionKind::reals: return "list of numbers";
    case OptionKind::texts: return "list of names";
    case OptionKind::file: return "file, relative to the pipeline";
    case OptionKind::output: return "file in OUT, one an image";
    case OptionKind::run_file: return "file in OUT, one a run";
    case OptionKind::slot: return "slot";
    case OptionKind::model: return "model file, relative to the config or to the current folder";
    case OptionKind::reparameterization: return "reparameterization, its options beside this one";
  }
  return "";
}

std::string describe_values(const OptionInfo& option) {
  if (option.kind == OptionKind::choice) {
    std::vector<std::string> names;
    for (const auto& choice : option.choices) names.push_back(choice.name);
    return fmt::format("one of {}", fmt::join(names, ", "));
  }
  const auto range = range_of(option);
  return range.empty() ? std::string(describe_kind(option.kind))
                       : fmt::format("{}, {}", describe_kind(option.kind), range);
}

std::string describe_default(const OptionInfo& option) {
  if (option.required) return "none, must be given";
  const auto text = to_string(option.default_value);
  return text.empty() ? "none" : text;
}

nlohmann::json default_json(const OptionInfo& option) {
  return std::visit([](const auto& value) { return nlohmann::json(value); }, option.default_value);
}

}  // namespace smear
