// SPDX-License-Identifier: Apache-2.0
// Any bytes are a TIFF that is read, and whose image is written so that it can be read again, or
// are refused.
#include <cstdlib>

#include "fuzz/fuzz.h"
#include "imagej/files/tiff.h"
#include "smear/errors.h"

void fuzz_one(std::span<const std::byte> input) {
  smear::codec::ReadOptions options;
  options.max_pixels = 1 << 20;
  const auto image = smear::imagej::read_tiff(input, options);
  try {
    const auto again = smear::imagej::read_tiff(smear::imagej::tiff_bytes(image), options);
    if (again.stack.size() != image.stack.size() || again.area() != image.area()) std::abort();
  } catch (const smear::Error&) {
    std::abort();
  }
}
