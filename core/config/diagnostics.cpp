// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace smear {
namespace {

std::string_view line_of(std::string_view text, int line) {
  std::size_t begin = 0;
  for (int i = 1; i < line; ++i) {
    const auto end = text.find('\n', begin);
    if (end == std::string_view::npos) return {};
    begin = end + 1;
  }
  auto result = text.substr(begin, text.find('\n', begin) - begin);
  if (result.ends_with('\r')) result.remove_suffix(1);
  return result;
}

// The caret goes under its column; tabs before it stay tabs, so that it lines up in any terminal.
std::string with_caret(std::string_view line, int column) {
  std::string padding;
  for (int i = 0; i + 1 < column; ++i) {
    const auto at = static_cast<std::size_t>(i);
    padding += at < line.size() && line[at] == '\t' ? '\t' : ' ';
  }
  return fmt::format("    {}\n    {}^", line, padding);
}

std::string rendered(const std::vector<Diagnostic>& diagnostics, std::string_view text) {
  std::string result;
  for (const auto& diagnostic : diagnostics) {
    if (!result.empty()) result += '\n';
    result += diagnostic.headline();
    if (diagnostic.place.line > 0) {
      const auto line = line_of(text, diagnostic.place.line);
      if (!line.empty()) result += fmt::format("\n{}", with_caret(line, diagnostic.place.column));
    }
  }
  return result;
}

// Levenshtein's distance where swapping two neighbours counts once.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  std::iota(d[0].begin(), d[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

}  // namespace

std::string Diagnostic::headline() const {
  // What has no place is said of the whole file, or stands on the command line.
  std::string where = message.starts_with("--") ? "" : file;
  if (place.line > 0) where += fmt::format(":{}:{}", place.line, place.column);
  if (!where.empty()) where += ": ";
  return fmt::format("{}error: {}{}", where, message, hint.empty() ? "" : " (" + hint + ")");
}

ConfigErrors::ConfigErrors(std::vector<Diagnostic> diagnostics, std::string_view text)
    : ConfigError(rendered(diagnostics, text)), diagnostics_(std::move(diagnostics)) {}

void Problems::error(Place place, std::string message, std::string hint) {
  errors_.push_back({file_, place, std::move(message), std::move(hint)});
}

void Problems::refuse(Place place, std::string message) {
  refusals_.push_back({file_, place, std::move(message), ""});
}

void Problems::raise(std::string_view text) const {
  if (!errors_.empty()) {
    auto all = errors_;
    all.insert(all.end(), refusals_.begin(), refusals_.end());
    throw ConfigErrors(std::move(all), text);
  }
  if (!refusals_.empty()) throw PluginError(ConfigErrors(refusals_, text).what());
}

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const auto d = distance(name, candidate);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  if (best.empty() && name.size() >= 3)
    for (const auto& candidate : candidates)
      if (candidate.find(name) != std::string::npos || name.find(candidate) != std::string::npos)
        return candidate;
  return best;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const auto best = nearest(name, candidates);
  return best.empty() ? "" : fmt::format("did you mean '{}'?", best);
}

}  // namespace smear
