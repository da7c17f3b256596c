// SPDX-License-Identifier: Apache-2.0
#include "run/memory-budget.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <vector>

#include "smear/errors.h"

namespace smear {

namespace {

// The limits of the control groups, version 2 and 1, that this process is in.
std::vector<std::string> limit_files() {
  std::vector<std::string> files{"/sys/fs/cgroup/memory.max",
                                 "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::"))
      files.push_back("/sys/fs/cgroup" + line.substr(3) + "/memory.max");
    else if (const auto at = line.find(":memory:"); at != std::string::npos)
      files.push_back("/sys/fs/cgroup/memory" + line.substr(at + 8) + "/memory.limit_in_bytes");
  }
  return files;
}

}  // namespace

MemoryBudget::Share::Share(MemoryBudget& budget, std::int64_t bytes)
    : budget_(budget), bytes_(std::min(bytes, budget.limit_)) {
  std::unique_lock lock(budget_.mutex_);
  budget_.given_back_.wait(lock, [this] { return budget_.free_ >= bytes_; });
  budget_.free_ -= bytes_;
}

MemoryBudget::Share::~Share() {
  {
    const std::lock_guard lock(budget_.mutex_);
    budget_.free_ += bytes_;
  }
  budget_.given_back_.notify_all();
}

// smear-fields.yaml takes up to 112 bytes a pixel at its peak (docs/architecture.md says how it was
// measured).
std::int64_t estimated_bytes(std::int64_t pixels) { return pixels * 120; }

std::int64_t default_memory_limit() {
  auto bytes = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
  // A batch system gives a job less than the machine has.
  for (const auto& file : limit_files()) {
    std::int64_t limit = 0;
    if (std::ifstream(file) >> limit && limit > 0) bytes = std::min(bytes, limit);
  }
  return bytes / 4 * 3;
}

std::int64_t parse_bytes(const std::string& text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string unit(end, text.data() + text.size());
  for (char& c : unit) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (unit.ends_with("ib"))
    unit.erase(unit.size() - 2);
  else if (unit.ends_with('b'))
    unit.pop_back();
  const std::string units = " kmgt";
  const auto power = unit.empty() ? 0 : units.find(unit);
  if (error != std::errc{} || unit.size() > 1 || power == std::string::npos || !(value > 0.0) ||
      value > 1e15)
    throw ConfigError(
        fmt::format("a size of memory is a number with K, M, G or T, such as 4G, got '{}'", text));
  for (std::size_t i = 0; i < power; ++i) value *= 1024.0;
  return static_cast<std::int64_t>(std::min(value, 1e18));
}

}  // namespace smear
