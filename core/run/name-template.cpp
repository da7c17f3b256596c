// SPDX-License-Identifier: Apache-2.0
#include "run/name-template.h"

#include <fmt/format.h>

#include <filesystem>

namespace smear {
namespace {

std::optional<std::string> value_of(std::string_view placeholder, const SampleId& id) {
  const auto slash = id.path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : id.path.substr(0, slash);
  const std::string name = slash == std::string::npos ? id.path : id.path.substr(slash + 1);
  if (placeholder == "id") return to_string(id);
  if (placeholder == "path") return id.path;
  if (placeholder == "dir") return directory;
  if (placeholder == "name") return name;
  if (placeholder == "stem") return std::filesystem::path(name).stem().string();
  if (placeholder == "part") return std::to_string(id.part);
  return std::nullopt;
}

// Calls `text` for each literal piece and `placeholder` for each {name}; false for a lone brace.
template <typename Text, typename Placeholder>
bool walk(std::string_view name_template, Text text, Placeholder placeholder) {
  while (!name_template.empty()) {
    const auto open = name_template.find('{');
    text(name_template.substr(0, open));
    if (open == std::string_view::npos) return true;
    const auto close = name_template.find('}', open);
    if (close == std::string_view::npos) return false;
    placeholder(name_template.substr(open + 1, close - open - 1));
    name_template.remove_prefix(close + 1);
  }
  return true;
}

}  // namespace

std::optional<std::string> problem_with_placeholders(std::string_view name_template) {
  std::string unknown;
  const SampleId any{"a/b.png", 0};
  const bool closed = walk(
      name_template, [](std::string_view) {},
      [&](std::string_view name) {
        if (!value_of(name, any)) unknown = name;
      });
  if (name_template.empty()) return "must not be empty";
  if (!closed) return fmt::format("has a '{{' without '}}': '{}'", name_template);
  if (!unknown.empty())
    return fmt::format(
        "knows {{id}}, {{path}}, {{dir}}, {{name}}, {{stem}} and {{part}}, got '{{{}}}'", unknown);
  return std::nullopt;
}

std::optional<std::string> problem_with_template(std::string_view name_template) {
  if (auto problem = problem_with_placeholders(name_template)) return problem;
  return problem_with_output(name_template);
}

std::optional<std::string> problem_with_output(std::string_view name) {
  const std::filesystem::path path{std::string(name)};
  if (path.is_absolute()) return fmt::format("must be relative to OUT, got '{}'", name);
  if (!path.has_filename()) return fmt::format("must name a file, got '{}'", name);
  const auto normal = path.lexically_normal();
  for (const auto& part : path)
    if (part == "..") return fmt::format("must stay inside OUT, got '{}'", name);
  const auto first = normal.begin()->string();
  // A file of this name stands in place of the run's; a folder cannot.
  if (first == "counts.csv" && std::next(normal.begin()) != normal.end())
    return fmt::format("must not be in 'counts.csv', which the run writes into OUT itself");
  for (const std::string_view reserved : {"run.json", "samples.csv", "report.html", ".smear"})
    if (first == reserved)
      return fmt::format(
          "must not be in or at '{}', which the run writes into OUT itself: take another name, as "
          "'results-{}', or a folder within OUT",
          reserved, reserved);
  return std::nullopt;
}

std::string expand(std::string_view name_template, const SampleId& id) {
  std::string result;
  walk(
      name_template, [&](std::string_view text) { result += text; },
      [&](std::string_view name) { result += value_of(name, id).value_or(""); });
  return std::filesystem::path(result).lexically_normal().string();
}

bool replaces_file(std::string_view stage, std::string_view earlier) {
  constexpr std::string_view commands = "imagej.";
  return stage.starts_with(commands) && earlier.starts_with(commands);
}

bool always_unique(std::string_view name_template) {
  return name_template.find("{id}") != std::string_view::npos;
}

}  // namespace smear
