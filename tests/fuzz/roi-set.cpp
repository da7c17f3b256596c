// SPDX-License-Identifier: Apache-2.0
// Any bytes are a set of selections or are refused.
#include "imagej/files/roi-set.h"
#include "fuzz/fuzz.h"

void fuzz_one(std::span<const std::byte> input) { smear::imagej::decode_rois(input, "name"); }
