// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

namespace smear {

/// A number of bytes that work in flight shares. Taking waits until there is enough.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::int64_t bytes) : limit_(bytes), free_(bytes) {}

  [[nodiscard]] std::int64_t limit() const { return limit_; }

  /// A part of the budget, given back when it goes.
  class Share {
   public:
    Share(MemoryBudget& budget, std::int64_t bytes);
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    MemoryBudget& budget_;
    std::int64_t bytes_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::int64_t limit_;
  std::int64_t free_;
};

/// What a sample of this many pixels needs at its peak: the decoded image, the current one, and the
/// float and label planes that a stage holds beside them.
std::int64_t estimated_bytes(std::int64_t pixels);

/// Three quarters of what the machine, or the control group that the program runs in, offers.
std::int64_t default_memory_limit();

/// "4G", "512M", "1.5GiB" or a number of bytes. Throws `ConfigError`.
std::int64_t parse_bytes(const std::string& text);

}  // namespace smear
