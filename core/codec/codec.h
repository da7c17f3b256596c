// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "smear/errors.h"
#include "smear/image.h"

/// Image files: JPEG, PNG, TIFF and BMP in, JPEG, PNG and TIFF out.
///
/// A format is recognised by a file's first bytes, never by its name. Reading either gives the
/// image that the file means or throws a `SampleError` that says why not: transparency, CMYK,
/// 16-bit colour, missing data and damaged files are refused. Every function may be called from any
/// thread, and none writes to stderr.
namespace smear::codec {

/// What a file says of itself before any pixel is decoded.
struct Header {
  int width = 0;       ///< of the page, in pixels, before an orientation tag is applied
  int height = 0;      ///< as `width`
  int channels = 0;    ///< 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA or CMYK; a palette is 1 or 3
  int bits = 0;        ///< per sample as stored: 1, 2, 4, 8, 16, 32 or 64
  int pages = 1;       ///< how many images the file holds; more than one in TIFF only
  std::string format;  ///< "JPEG", "PNG", "TIFF" or "BMP"
};

/// Reads the header only; costs no memory for pixels however large the image claims to be.
/// `page` is as in `ReadOptions`, but 0 means the first of several. Throws `SampleError` for what
/// is no such file.
Header peek(const std::filesystem::path& path, int page = 0);

struct ReadOptions {
  /// Larger images are refused from their header, before memory is taken (`input: max_pixels`).
  std::int64_t max_pixels = 268'435'456;
  /// Which page of a TIFF, from 1; 0 where the file must hold one page only.
  int page = 0;
};

/// The image as grey8, rgb8, grey16, float32 or label32, upright, with its pixel size if known.
///
/// - 1-, 2- and 4-bit grey is expanded to 0..255. A palette becomes rgb8, or grey8 where all its
///   colours are grey. A JPEG or PNG stored as RGB stays rgb8 even where it shows only greys.
/// - An alpha channel is dropped where it is opaque everywhere.
/// - Orientation is applied (EXIF in JPEG and PNG, the Orientation tag in TIFF); a pixel size turns
///   with it.
/// - The pixel size comes from TIFF resolution (inch, centimetre, or ImageJ's `unit=micron`), PNG
///   pHYs and BMP (metre), and JFIF density (inch, centimetre); where a JPEG or PNG has none there,
///   from its EXIF resolution (inch, centimetre). Cameras and programs fill these
///   fields with screen and print defaults (72, 96, 300 dpi), hence only sizes below 10 um are
///   taken as a calibration (1200 dpi is 21 um), except ImageJ's, which a person set.
///
/// Throws `SampleError` with an actionable reason.
Image read_image(const std::filesystem::path& path, const ReadOptions& options = {});

/// The same from a file's bytes in memory.
Image read_image(std::span<const std::byte> bytes, const ReadOptions& options = {});

/// The writers give the same bytes for the same image. They throw `RunError` where the disk does
/// not take the file and `SampleError` where the format cannot hold the image.
///
/// PNG: grey8, rgb8, grey16, and label32 as 16 bits up to 65535 objects.
void write_png(const std::filesystem::path& path, const Image& image);

/// JPEG: grey8 and rgb8; `quality` is 1..100. Chroma is halved below quality 90 and whole from it.
void write_jpeg(const std::filesystem::path& path, const Image& image, int quality = 90);

enum class TiffCompression { none, deflate };

/// TIFF: every pixel type; label32 as 32-bit unsigned.
void write_tiff(const std::filesystem::path& path, const Image& image,
                TiffCompression compression = TiffCompression::deflate);

enum class WriteFormat { png, jpeg, tiff };

/// What a file name's extension asks for: .png, .jpg, .jpeg, .tif, .tiff in any case; else nothing.
std::optional<WriteFormat> write_format(const std::filesystem::path& name);

/// In the given format, whatever the path is called: a stage that writes to a temporary path takes
/// the format from the final name.
void write_image(const std::filesystem::path& path, const Image& image, WriteFormat format,
                 int jpeg_quality = 90);

/// In the format of the path's extension. Throws `ConfigError` where it has another.
void write_image(const std::filesystem::path& path, const Image& image);

}  // namespace smear::codec
