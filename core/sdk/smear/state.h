// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smear/export.h"

namespace smear {

/// What a family of stages hands on among itself and no other stage looks into, such as everything
/// that ImageJ keeps beside an image's pixels. A family derives a class of its own from it.
class SMEAR_SDK_API State {
 public:
  State() = default;
  State(const State&) = default;
  State& operator=(const State&) = default;
  virtual ~State();
};

}  // namespace smear
