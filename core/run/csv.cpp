// SPDX-License-Identifier: Apache-2.0
#include "run/csv.h"

#include <fmt/format.h>

#include <cmath>

namespace smear {

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string csv_number(double value) {
  return std::isnan(value) ? "" : fmt::format("{:.9g}", value);
}

std::vector<std::string_view> take_csv_record(std::string_view& text) {
  std::vector<std::string_view> fields;
  std::size_t begin = 0;
  std::size_t at = 0;
  bool quoted = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (quoted || (text[at] != ',' && text[at] != '\n')) continue;
    fields.push_back(text.substr(begin, at - begin));
    begin = at + 1;
    if (text[at] == '\n') break;
  }
  if (at == text.size()) fields.push_back(text.substr(begin));
  text.remove_prefix(std::min(text.size(), at + 1));
  return fields;
}

}  // namespace smear
