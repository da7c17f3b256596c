// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "learning/threads.h"

/// Gradients of a batch that are the same to the bit for any number of threads: they are summed in
/// groups of images that do not depend on that number, in a fixed order.
namespace smear::learning {

/// One a parameter; undefined where it has none.
using Gradients = std::vector<torch::Tensor>;

/// Groups whose gradients are summed one after the other; enough for eight threads.
inline constexpr std::int64_t gradient_groups = 8;

/// Adds to `sums`, which may be empty.
void accumulate(Gradients& sums, const Gradients& gradients);

/// The sum over the groups, first to last.
Gradients summed(const std::vector<Gradients>& of_groups);

/// `body(group, first, last)` for each group of the images below `images`, in parallel; a group may
/// be empty.
template <typename Body>
void for_each_group(std::int64_t images, Body body) {
  for_each_in_parallel(gradient_groups, [&](std::int64_t group) {
    body(static_cast<std::size_t>(group), group * images / gradient_groups,
         (group + 1) * images / gradient_groups);
  });
}

}  // namespace smear::learning
