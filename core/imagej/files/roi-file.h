// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "imagej/roi.h"

/// ImageJ's .roi files: one selection each, also inside of RoiSet.zip and of TIFFs.
namespace smear::imagej {

/// Reads a selection of any type. Texts and images are kept as they are stored (`Roi::content`).
/// `name` is what it is called, whatever the file says; empty: what the file says.
/// Throws `SampleError` for what is no such file or a damaged one.
Roi decode_roi(std::span<const std::byte> bytes, std::string name = "");

/// The bytes that ImageJ 1.53t writes; those of a selection that was read, as they were, as long as
/// no field of it has changed.
/// Throws `SampleError` for one that the format cannot hold.
std::vector<std::byte> encode_roi(const Roi& roi);

/// A .roi file, whose selection is called as the file is. Throws `SampleError`.
Roi load_roi(const std::filesystem::path& path);

/// Throws `RunError` where the disk does not take the file, and as `encode_roi`.
void save_roi(const Roi& roi, const std::filesystem::path& path);

/// A whole file's bytes, at most `most` of them. Throws `SampleError` for more and for what cannot
/// be read.
std::vector<std::byte> file_bytes(const std::filesystem::path& path, std::uint64_t most);

}  // namespace smear::imagej
