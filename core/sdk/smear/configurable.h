// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smear/export.h"
#include "smear/options.h"

namespace smear {

/// What a user sets up by options: a stage, or a reparameterization.
class SMEAR_SDK_API Configurable {
 public:
  Configurable() = default;
  Configurable(const Configurable&) = delete;
  Configurable& operator=(const Configurable&) = delete;
  virtual ~Configurable();

  /// Binds the options to members (and, for a stage, names its slots).
  virtual void describe(OptionSpec& spec) = 0;

  /// Checks what single options cannot say (`lower` <= `upper`). Throws `ConfigError`.
  virtual void check() const {}
};

}  // namespace smear
