// SPDX-License-Identifier: Apache-2.0
#include "config/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>

namespace smear::config {
namespace {

Place place_of(const YAML::Mark& mark) {
  return mark.is_null() ? Place{} : Place{mark.line + 1, mark.column + 1};
}

// No config of ours nests deeper or holds more; what does is a bomb of aliases.
constexpr int deepest = 64;
constexpr int most_nodes = 100'000;

Node convert(const YAML::Node& from, int depth, int& nodes) {
  Node node;
  node.place = place_of(from.Mark());
  if (depth > deepest) throw YAML::Exception(from.Mark(), "nested more than 64 levels deep");
  if (++nodes > most_nodes) throw YAML::Exception(from.Mark(), "more than 100000 values");
  switch (from.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null: break;
    case YAML::NodeType::Scalar:
      node.kind = Node::Kind::scalar;
      node.text = from.Scalar();
      node.quoted = from.Tag() == "!";
      break;
    case YAML::NodeType::Sequence:
      node.kind = Node::Kind::sequence;
      for (const auto& item : from) node.items.push_back(convert(item, depth + 1, nodes));
      break;
    case YAML::NodeType::Map:
      node.kind = Node::Kind::map;
      for (const auto& entry : from)
        node.entries.emplace_back(convert(entry.first, depth + 1, nodes),
                                  convert(entry.second, depth + 1, nodes));
      break;
  }
  return node;
}

void emit(YAML::Emitter& emitter, const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: emitter << YAML::Null; break;
    case Node::Kind::scalar:
      if (node.quoted) emitter << YAML::DoubleQuoted;
      emitter << node.text;
      break;
    case Node::Kind::sequence:
      if (std::ranges::all_of(node.items,
                              [](const Node& n) { return n.kind == Node::Kind::scalar; }))
        emitter << YAML::Flow;
      emitter << YAML::BeginSeq;
      for (const auto& item : node.items) emit(emitter, item);
      emitter << YAML::EndSeq;
      break;
    case Node::Kind::map:
      emitter << YAML::BeginMap;
      for (const auto& [key, value] : node.entries) {
        emitter << YAML::Key;
        emit(emitter, key);
        emitter << YAML::Value;
        emit(emitter, value);
      }
      emitter << YAML::EndMap;
      break;
  }
}

template <typename Number>
std::optional<Number> number_from(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

Conversion wrong(const OptionInfo& option, std::string_view expected, const Node& node) {
  return {std::nullopt,
          fmt::format("{} must be {}, got {}", option.name, expected, node.description())};
}

Conversion to_boolean(const Node& node, const OptionInfo& option) {
  const bool plain = node.kind == Node::Kind::scalar && !node.quoted;
  if (plain && node.text == "true") return {true, ""};
  if (plain && node.text == "false") return {false, ""};
  return wrong(option, "true or false", node);
}

Conversion to_integer(const Node& node, const OptionInfo& option) {
  if (node.kind == Node::Kind::scalar && !node.quoted)
    if (const auto value = number_from<std::int64_t>(node.text)) return {*value, ""};
  return wrong(option, "a whole number", node);
}

Conversion to_real(const Node& node, const OptionInfo& option) {
  if (node.kind == Node::Kind::scalar && !node.quoted)
    if (const auto value = number_from<double>(node.text)) return {*value, ""};
  return wrong(option, "a number", node);
}

Conversion to_reals(const Node& node, const OptionInfo& option) {
  if (node.kind != Node::Kind::sequence) return wrong(option, "a list of numbers", node);
  std::vector<double> values;
  for (const auto& item : node.items) {
    auto number = to_real(item, option);
    if (!number.value) return wrong(option, "a list of numbers", item);
    values.push_back(std::get<double>(*number.value));
  }
  return {std::move(values), ""};
}

Conversion to_texts(const Node& node, const OptionInfo& option) {
  if (node.kind == Node::Kind::scalar) return {std::vector<std::string>{node.text}, ""};
  if (node.kind != Node::Kind::sequence) return wrong(option, "a list of names", node);
  std::vector<std::string> values;
  for (const auto& item : node.items) {
    if (item.kind != Node::Kind::scalar) return wrong(option, "a list of names", item);
    values.push_back(item.text);
  }
  return {std::move(values), ""};
}

Conversion to_text(const Node& node, const OptionInfo& option) {
  if (node.kind == Node::Kind::scalar) return {node.text, ""};
  return wrong(option, option.kind == OptionKind::choice ? "a name" : "text", node);
}

}  // namespace

std::string Node::description() const {
  switch (kind) {
    case Kind::null: return "nothing";
    case Kind::scalar:
      return quoted ? fmt::format("the text \"{}\"", text) : fmt::format("'{}'", text);
    case Kind::sequence: return "a list";
    case Kind::map: return "a map";
  }
  return "nothing";
}

const Node* Node::find(std::string_view key) const {
  for (const auto& [name, value] : entries)
    if (name.kind == Kind::scalar && name.text == key) return &value;
  return nullptr;
}

std::string to_yaml(const Node& node) {
  YAML::Emitter emitter;
  emit(emitter, node);
  return std::string(emitter.c_str(), emitter.size()) + "\n";
}

Node parse_yaml(std::string_view text, const std::string& file) {
  try {
    int nodes = 0;
    const auto documents = YAML::LoadAll(std::string(text));
    if (documents.size() > 1)
      throw YAML::Exception(documents[1].Mark(), "a second document; a file holds one");
    return documents.empty() ? Node{} : convert(documents.front(), 0, nodes);
  } catch (const YAML::Exception& e) {
    // The braces of {id} are the likeliest cause where a map does not end.
    const bool braces =
        e.msg.find("flow") != std::string::npos && text.find('{') != std::string_view::npos;
    std::string hint = braces ? "a value with braces, such as \"{id}.png\", needs quotes" : "";
    if (text.find('\t') != std::string_view::npos)
      hint = "YAML is indented with blanks, never with tabs";
    throw ConfigErrors({{file, place_of(e.mark), "not valid YAML: " + e.msg, std::move(hint)}},
                       text);
  }
}

std::string read_bytes(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    throw ConfigError(fmt::format("{} is a directory, expected a file", file.string()));
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    throw ConfigError(
        fmt::format("cannot read {}: {}", file.string(),
                    std::filesystem::exists(file, error) ? "permission denied" : "no such file"));
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

std::string read_text(const std::filesystem::path& file) {
  auto result = read_bytes(file);
  if (result.starts_with("\xFF\xFE") || result.starts_with("\xFE\xFF"))
    throw ConfigError(fmt::format("{} is a text in UTF-16: save it as UTF-8", file.string()));
  if (result.find('\0') != std::string::npos)
    throw ConfigError(fmt::format("{} is not a text file", file.string()));
  return result;
}

Conversion to_option_value(const Node& node, const OptionInfo& option) {
  switch (option.kind) {
    case OptionKind::boolean: return to_boolean(node, option);
    case OptionKind::integer: return to_integer(node, option);
    case OptionKind::real: return to_real(node, option);
    case OptionKind::reals: return to_reals(node, option);
    case OptionKind::texts: return to_texts(node, option);
    default: return to_text(node, option);
  }
}

}  // namespace smear::config
