// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>

#include "codec/byte-source.h"
#include "codec/codec.h"

/// One reader a format; codec.cpp picks it by the first bytes.
namespace smear::codec {

/// Pixels as stored, of one of `PixelType`'s types, still to be turned upright.
struct Decoded {
  cv::Mat pixels;
  std::optional<PixelSize> pixel_size;
  int orientation = 1;
};

/// Those who hold one image are not asked for another page.
Header peek_jpeg(ByteSource& source, int page);
Decoded read_jpeg(ByteSource& source, const ReadOptions& options);

Header peek_png(ByteSource& source, int page);
Decoded read_png(ByteSource& source, const ReadOptions& options);

Header peek_tiff(ByteSource& source, int page);
Decoded read_tiff(ByteSource& source, const ReadOptions& options);

Header peek_bmp(ByteSource& source, int page);
Decoded read_bmp(ByteSource& source, const ReadOptions& options);

}  // namespace smear::codec
