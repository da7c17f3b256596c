// SPDX-License-Identifier: Apache-2.0
#include "train/provenance.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>

#include "config/libraries.h"
#include "config/version.h"
#include "config/yaml.h"
#include "run/display-path.h"
#include "run/origin.h"
#include "train/split.h"

namespace smear {
namespace {

namespace fs = std::filesystem;

void add_plugin(std::map<std::string, std::string>& provenance, const Registry::Plugin& plugin) {
  if (plugin.name.empty()) return;
  provenance["plugin " + plugin.name] = fmt::format(
      "{}, SHA-256 {}", plugin.version, content_hash(config::read_bytes(plugin.library)));
  if (!plugin.torch_version.empty()) provenance["LibTorch"] = plugin.torch_version;
}

std::string libraries() {
  std::vector<std::string> texts;
  for (const auto& [name, version] : library_versions())
    texts.push_back(fmt::format("{} {}", name, version));
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

std::string counts_text(const std::vector<ClassCounts>& counts) {
  std::vector<std::string> lines;
  for (const auto& c : counts) {
    std::vector<std::string> parts;
    const auto add = [&](std::int64_t number, std::string_view what) {
      if (number > 0) parts.push_back(fmt::format("{} {}", number, what));
    };
    add(c.training, "training");
    add(c.validation, "validation");
    add(c.reference, "reference");
    add(c.left_out, "left out");
    lines.push_back(fmt::format("{}: {}", display(c.class_name), fmt::join(parts, ", ")));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

std::map<std::string, std::string> training_provenance(const TrainingConfig& config,
                                                       const DataSet& data,
                                                       const std::vector<fs::path>& folders) {
  std::vector<std::string> places;
  for (const auto& folder : folders)
    places.push_back(display(fs::absolute(folder).lexically_normal().string()));
  std::vector<std::string> words;
  for (const auto& word : command_words()) words.push_back(shell_word(display(word)));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::map<std::string, std::string> provenance{
      {"smear_version", std::string(version())},
      {"config", config.name},
      {"config_file", display(config.file)},
      {"config_sha256", content_hash(config.text)},
      {"config_text", config.text},
      {"model", config.model},
      {"data", fmt::format("{}", fmt::join(places, "\n"))},
      {"images", counts_text(data.counts())},
      {"split_sha256", split_hash(data.images())},
      {"seed", std::to_string(config.seed)},
      {"command", fmt::format("{}", fmt::join(words, " "))},
      {"host", host_name()},
      {"started", utc_time(std::chrono::duration<double>(now).count())},
      {"libraries", libraries()},
  };
  add_plugin(provenance, config.plugin);
  for (const auto& chosen : config.reparameterizations) add_plugin(provenance, chosen.plugin);
  return provenance;
}

}  // namespace smear
