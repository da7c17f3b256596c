// SPDX-License-Identifier: Apache-2.0
// The memory budget: shares wait for one another, and sizes are read as people write them.
#include "run/memory-budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "smear/errors.h"

namespace smear::test {
namespace {

TEST(MemoryBudget, NeverGivesOutMoreThanItHas) {
  MemoryBudget budget(100);
  std::atomic<int> used = 0;
  std::atomic<int> most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 200; ++k) {
        const MemoryBudget::Share share(budget, 40);
        const int now = used += 40;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        used -= 40;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_LE(most, 100);
  EXPECT_GT(most, 0);
}

TEST(MemoryBudget, GivesItselfWholeToWhatWantsMore) {
  MemoryBudget budget(10);
  const MemoryBudget::Share share(budget, 1000);  // would wait for ever otherwise
  SUCCEED();
}

TEST(MemorySizes, AreReadWithTheirUnits) {
  EXPECT_EQ(parse_bytes("4096"), 4096);
  EXPECT_EQ(parse_bytes("2k"), 2048);
  EXPECT_EQ(parse_bytes("1.5M"), 1'572'864);
  EXPECT_EQ(parse_bytes("1GiB"), 1'073'741'824);
  EXPECT_EQ(parse_bytes("1GB"), 1'073'741'824);
  for (const char* bad : {"", "x", "-1G", "0", "4Q", "1e99G"})
    EXPECT_THROW(parse_bytes(bad), ConfigError) << bad;
}

}  // namespace
}  // namespace smear::test
