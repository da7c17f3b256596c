// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/Parallel.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <torch/types.h>

#include <cstdint>

/// LibTorch's convolutions gain nothing from a second thread, so work is spread over images and
/// each operation runs on the thread that calls it.
namespace smear::learning {

/// Once in a process, before any tensor work: one thread an operation, and large blocks stay with
/// the allocator instead of going back to the system, which would hand them out zeroed, page by
/// page, at each step.
void prepare_process();

/// `body(i)` for each i below `count`, on the threads of the calling oneTBB arena, each in the
/// gradient mode of the caller.
template <typename Body>
void for_each_in_parallel(std::int64_t count, Body body) {
  const bool gradients = at::GradMode::is_enabled();
  tbb::parallel_for(std::int64_t{0}, count, [&](std::int64_t i) {
    at::init_num_threads();  // of this thread: OpenMP's setting is a thread's own
    const at::AutoGradMode mode(gradients);
    body(i);
  });
}

}  // namespace smear::learning
