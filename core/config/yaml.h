// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostics.h"
#include "smear/options.h"

namespace smear::config {

/// A YAML value that keeps its place. Unlike yaml-cpp's node it counts places from 1, knows
/// whether a scalar was quoted, and keeps every entry of a map, duplicates too, in their order.
struct Node {
  enum class Kind { null, scalar, sequence, map };

  Kind kind = Kind::null;
  Place place;
  std::string text;     ///< of a scalar
  bool quoted = false;  ///< a quoted scalar is text, whatever it looks like
  std::vector<Node> items;
  std::vector<std::pair<Node, Node>> entries;

  /// "a list", "a map", "nothing", "'text'": what it is, for messages.
  [[nodiscard]] std::string description() const;
  /// The first entry with this key, or nullptr.
  [[nodiscard]] const Node* find(std::string_view key) const;
};

/// Parses one YAML document. Throws `ConfigErrors` for a syntax error.
Node parse_yaml(std::string_view text, const std::string& file);

/// The value as YAML text that `parse_yaml` reads as the same value: scalars keep their letters,
/// quoted ones stay text. Lists of scalars stand on one line.
std::string to_yaml(const Node& node);

/// The whole of a text file. Throws `ConfigError` where it cannot be read, or is not text.
std::string read_text(const std::filesystem::path& file);

/// The bytes of a file, whatever it holds. Throws `ConfigError` where it cannot be read.
std::string read_bytes(const std::filesystem::path& file);

/// The node's value as this option takes it, or what was expected and what is there.
/// `true` and `false` are the only booleans; a quoted scalar is never a number.
struct Conversion {
  std::optional<OptionValue> value;
  std::string problem;
};
Conversion to_option_value(const Node& node, const OptionInfo& option);

}  // namespace smear::config
