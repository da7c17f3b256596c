// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "codec/codec.h"
#include "imagej/image-plus.h"

/// ImageJ's TIFF files: pixels, and all else that an `ImagePlus` is.
namespace smear::imagej {

/// Reads a TIFF as ImageJ 1.53t does, of either byte order:
///
/// - 1-bit (as 0 and 255), 8- and 16-bit, signed 16-bit (plus 32768, with the calibration that
/// takes
///   it off again), 32-bit float and integer (as float), 8-bit palettes, and 8-bit RGB, whose alpha
///   channel is dropped; white-is-zero pixels stay and get an inverted colour table;
/// - stacks, in one piece (`images=` of ImageJ's description) or as several pages of one size;
/// - strips uncompressed, or compressed with LZW, PackBits or deflate;
/// - ImageJ's description and metadata: calibration, display range, dimensions, labels, "Info",
///   properties, selection, overlay, channels' colours and ranges. What is not understood there is
///   kept and written again.
///
/// `options.page` takes one plane of a stack. The image has no title.
/// Throws `SampleError` with a reason for every other TIFF and for damaged ones.
ImagePlus read_tiff(std::span<const std::byte> bytes, const codec::ReadOptions& options = {});

/// The same from a file, whose name becomes the image's title.
ImagePlus read_tiff(const std::filesystem::path& path, const codec::ReadOptions& options = {});

/// The bytes that ImageJ's saveAs("Tiff") writes for this image: big-endian, uncompressed, each
/// plane one strip, a stack's planes in one piece with the pages of all but the first behind them.
/// An image that was read and not changed since gives the bytes it was read from, if ImageJ wrote
/// them. `version` is ImageJ's, for the description's first line.
/// Throws `SampleError` for more than 4 GiB, which the format cannot hold.
std::vector<std::byte> tiff_bytes(const ImagePlus& image, std::string_view version = "1.53t");

/// Throws `RunError` where the disk does not take the file, and as `tiff_bytes`.
void write_tiff(const ImagePlus& image, const std::filesystem::path& path,
                std::string_view version = "1.53t");

}  // namespace smear::imagej
