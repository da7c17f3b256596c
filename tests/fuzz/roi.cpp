// SPDX-License-Identifier: Apache-2.0
// Any bytes are a selection that keeps its bytes, and whose fields can be written and read again,
// or are refused.
#include <cstdlib>
#include <cstring>

#include "fuzz/fuzz.h"
#include "imagej/files/roi-file.h"

void fuzz_one(std::span<const std::byte> input) {
  auto roi = smear::imagej::decode_roi(input);
  const auto kept = smear::imagej::encode_roi(roi);
  if (kept.size() != input.size() || std::memcmp(kept.data(), input.data(), kept.size()) != 0)
    std::abort();
  roi.stored.clear();
  smear::imagej::decode_roi(smear::imagej::encode_roi(roi));
}
