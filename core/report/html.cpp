// SPDX-License-Identifier: Apache-2.0
#include "report/html.h"

#include <fmt/format.h>

#include "smear/errors.h"

namespace smear::report {

std::string html_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += c;
    }
  }
  return result;
}

std::string fill(std::string_view page,
                 const std::vector<std::pair<std::string_view, std::string>>& parts) {
  std::string result;
  for (const auto& [marker, text] : parts) {
    const std::size_t at = page.find(marker);
    if (at == std::string_view::npos) throw RunError(fmt::format("the report has no {}", marker));
    result.append(page.substr(0, at)).append(text);
    page.remove_prefix(at + marker.size());
  }
  return result.append(page);
}

}  // namespace smear::report
