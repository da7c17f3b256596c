// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "imagej/image-plus.h"

/// The private tags 50838 and 50839 of ImageJ's TIFFs: "Info", slice labels, channels' display
/// ranges and colour tables, selection, overlay and properties.
namespace smear::imagej {

/// Takes over the blocks of `data`, whose sizes are `counts` (the first that of its header).
/// Unknown blocks go to `unknown_metadata`. Throws `SampleError` where sizes and data do not agree.
void apply_metadata(std::span<const std::uint32_t> counts, std::span<const std::byte> data,
                    bool big_endian, ImagePlus& image);

struct Metadata {
  std::vector<std::uint32_t> counts;  ///< empty where an image has none
  std::vector<std::byte> data;
};

/// What ImageJ writes, big-endian.
Metadata metadata_of(const ImagePlus& image);

}  // namespace smear::imagej
