// SPDX-License-Identifier: Apache-2.0
#include "precision.h"

#include "smear/errors.h"

namespace smear::vae {

void describe_precision(OptionSpec& spec, Precision& member) {
  spec.choice("precision", member,
              {{Precision::float32, "float32", "single precision throughout"},
               {Precision::bfloat16, "bfloat16",
                "convolutions multiply bfloat16 numbers: faster where the processor has "
                "AVX512-BF16, and exact to two or three digits only"}})
      .help("Numbers that convolutions multiply.");
}

void check_precision(Precision precision, bool on_cpu) {
  if (precision == Precision::float32 || !on_cpu) return;
#if defined(__x86_64__)
  // What oneDNN asks for.
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq"))
    return;
#endif
  throw ConfigError(
      "precision bfloat16 needs a processor with AVX-512, which this one has not; use float32");
}

}  // namespace smear::vae
