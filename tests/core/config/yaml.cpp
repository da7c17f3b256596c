// SPDX-License-Identifier: Apache-2.0
// YAML that is written from a tree is read as the same tree.
#include "config/yaml.h"

#include <gtest/gtest.h>

namespace smear::config {
namespace {

void expect_same(const Node& a, const Node& b) {
  ASSERT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.quoted, b.quoted);
  ASSERT_EQ(a.items.size(), b.items.size());
  for (std::size_t i = 0; i < a.items.size(); ++i) expect_same(a.items[i], b.items[i]);
  ASSERT_EQ(a.entries.size(), b.entries.size());
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    expect_same(a.entries[i].first, b.entries[i].first);
    expect_same(a.entries[i].second, b.entries[i].second);
  }
}

TEST(YamlText, IsReadAsWhatItWasWrittenFrom) {
  for (const char* text :
       {"{a: 1, b: [1, 2.50, 1e-3], c: {d: true, e: \"true\", f: 'it''s', g: \"\"}}",
        "stages:\n  - resize: {width: 64}\n  - background\n  - save-image: {to: \"x/{id}.png\"}\n",
        "a: ~\nb: \"line\\nbreak\"\nc: \"0.5\"\nd: plain text with spaces\n", "[]", "{}", "text"}) {
    SCOPED_TRACE(text);
    const auto node = parse_yaml(text, "a.yaml");
    expect_same(node, parse_yaml(to_yaml(node), "b.yaml"));
  }
}

}  // namespace
}  // namespace smear::config
