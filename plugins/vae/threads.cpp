// SPDX-License-Identifier: Apache-2.0
#include "threads.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <mutex>

namespace smear::vae {

void prepare_process() {
  static std::once_flag once;
  std::call_once(once, [] {
    at::set_num_threads(1);
#if defined(__GLIBC__)
    constexpr int largest_block = 1 << 30;
    mallopt(M_MMAP_THRESHOLD, largest_block);
    mallopt(M_TRIM_THRESHOLD, largest_block);
#endif
  });
}

}  // namespace smear::vae
