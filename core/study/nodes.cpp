// SPDX-License-Identifier: Apache-2.0
#include "study/nodes.h"

#include <algorithm>

namespace smear::study {

using config::Node;

void set_option(Options& options, Option option) {
  const auto it = std::ranges::find(options, option.name, &Option::name);
  if (it != options.end())
    *it = std::move(option);
  else
    options.push_back(std::move(option));
}

std::string words(const Node& value) {
  auto text = value.kind == Node::Kind::scalar ? value.text : config::to_yaml(value);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

Node word(std::string letters, Place place) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.place = place;
  node.text = std::move(letters);
  return node;
}

Node text(std::string letters) {
  auto node = word(std::move(letters));
  node.quoted = true;
  return node;
}

Node map_of(const Options& entries, Place place) {
  Node map;
  map.kind = Node::Kind::map;
  map.place = place;
  for (const auto& entry : entries)
    map.entries.emplace_back(word(entry.name, entry.place), entry.value);
  return map;
}

Node list_of(std::vector<Node> items) {
  Node list;
  list.kind = Node::Kind::sequence;
  list.items = std::move(items);
  return list;
}

Node list_of(const std::vector<std::string>& items) {
  std::vector<Node> texts;
  for (const auto& item : items) texts.push_back(text(item));
  return list_of(std::move(texts));
}

}  // namespace smear::study
