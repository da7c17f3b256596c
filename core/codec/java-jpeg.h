// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "smear/image.h"

namespace smear::codec {

/// Writes the bytes that Java's ImageIO writes, as ImageJ saves its JPEGs: grey8 or rgb8, chroma
/// halved, JFIF 1.02, and quantization tables scaled in single precision, which rounds some of their
/// entries otherwise than `write_jpeg`. `quality` is 1..100. Errors as of the other writers.
void write_java_jpeg(const std::filesystem::path& path, const Image& image, int quality);

}  // namespace smear::codec
