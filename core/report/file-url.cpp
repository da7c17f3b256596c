// SPDX-License-Identifier: Apache-2.0
#include "report/file-url.h"

namespace smear::report {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~' || c == '/';
}

}  // namespace

std::string file_url(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  // An absolute path with two slashes in front would otherwise name a host.
  std::string url = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    if (is_plain(c)) {
      url += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    url += {'%', digits[byte >> 4U], digits[byte & 15U]};
  }
  return url;
}

}  // namespace smear::report
