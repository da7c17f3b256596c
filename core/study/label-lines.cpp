// SPDX-License-Identifier: Apache-2.0
#include "study/label-lines.h"

namespace smear::study {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::string_view without_spaces_in_front(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

std::string_view without_spaces_behind(std::string_view text) {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

/// The end of the character that begins at `at`.
std::size_t next(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && continues(text[at])) ++at;
  return at;
}

using Fits = std::function<bool(std::string_view)>;

/// The bytes of the longest beginning that fits; whole words where `words` and the first fits.
std::size_t beginning(std::string_view text, const Fits& fits, bool words) {
  std::size_t letters = 0;
  std::size_t spaced = 0;
  for (std::size_t end = 0; end < text.size();) {
    end = next(text, end);
    if (letters > 0 && !fits(text.substr(0, end))) break;
    letters = end;
    if (end == text.size() || text[end] == ' ') spaced = end;
  }
  return words && spaced > 0 ? spaced : letters;
}

}  // namespace

std::size_t characters(std::string_view utf8) {
  std::size_t count = 0;
  for (const char c : utf8)
    if (!continues(c)) ++count;
  return count;
}

std::vector<std::string> label_lines(std::string_view label, std::size_t most, const Fits& fits,
                                     std::string_view ending) {
  std::vector<std::string> lines;
  auto rest = without_spaces_in_front(without_spaces_behind(label));
  while (!rest.empty() && lines.size() < most) {
    const bool last = lines.size() + 1 == most;
    if (fits(rest)) {
      lines.emplace_back(rest);
      break;
    }
    if (last) {
      const auto with_ending = [&](std::string_view part) {
        return fits(std::string(part) + std::string(ending));
      };
      const auto part = rest.substr(0, beginning(rest, with_ending, false));
      lines.push_back(std::string(without_spaces_behind(part)) + std::string(ending));
      break;
    }
    const std::size_t size = beginning(rest, fits, true);
    lines.emplace_back(without_spaces_behind(rest.substr(0, size)));
    rest = without_spaces_in_front(rest.substr(size));
  }
  return lines;
}

}  // namespace smear::study
