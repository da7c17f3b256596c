// SPDX-License-Identifier: Apache-2.0
#include "learning/threads.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <limits>
#include <mutex>

namespace smear::learning {

void prepare_process() {
  static std::once_flag once;
  std::call_once(once, [] {
    at::set_num_threads(1);
#if defined(__GLIBC__)
    // One arena on the heap: others, and blocks mapped one by one, are given back when free.
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
    mallopt(M_TOP_PAD, 64 << 20);
#endif
  });
}

}  // namespace smear::learning
