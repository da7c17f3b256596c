// SPDX-License-Identifier: Apache-2.0
#include "learning/gradients.h"

namespace smear::learning {

void accumulate(Gradients& sums, const Gradients& gradients) {
  if (sums.empty()) {
    sums = gradients;
    return;
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (!gradients[i].defined()) continue;
    if (sums[i].defined())
      sums[i].add_(gradients[i]);
    else
      sums[i] = gradients[i];
  }
}

Gradients summed(const std::vector<Gradients>& of_groups) {
  Gradients sums;
  for (const auto& gradients : of_groups)
    if (!gradients.empty()) accumulate(sums, gradients);
  return sums;
}

}  // namespace smear::learning
