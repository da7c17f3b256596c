// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smear/options.h"

namespace smear::vae {

/// What convolutions multiply. Weights, activations, sums and all else are float32 in either case.
enum class Precision {
  float32,
  bfloat16,  ///< 8 bits of mantissa: about twice as fast where the processor has it, not as exact
};

/// Binds the option `precision`.
void describe_precision(OptionSpec& spec, Precision& member);

/// Throws `ConfigError` where the processor (device "cpu") cannot.
void check_precision(Precision precision, bool on_cpu);

}  // namespace smear::vae
