// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "imagej/roi.h"

/// ImageJ's RoiSet.zip: the selections of the ROI Manager, one .roi entry each, in list order.
namespace smear::imagej {

/// The selections of a .zip, in its order and called as its entries are, or the one of a .roi;
/// which of them a file is, its first bytes say. Entries that are no .roi are passed over. Throws
/// `SampleError` for a damaged file, for one with no selection, and for more than 1,000,000.
std::vector<Roi> load_rois(const std::filesystem::path& path);

/// The same from a file's bytes; `name` is that of the selection if it is a .roi.
std::vector<Roi> decode_rois(std::span<const std::byte> bytes, const std::string& name = "");

/// A .zip that the ROI Manager opens. An entry is called as its selection; of several of one name
/// all but the last get "-1", "-2", ... behind it, as ImageJ does. Equal selections give equal
/// bytes: all entries are dated 1 January 1980. A path that ends in .roi takes one selection.
/// Throws `SampleError` for no selections or several in a .roi, `RunError` where the disk does not
/// take the file.
void save_roi_set(const std::vector<Roi>& rois, const std::filesystem::path& path);

/// The selections as the ROI Manager's "Show All" puts them onto an image, with white labels or
/// without: what Show All and Analyze Particles' `add` leave as the image's overlay.
std::vector<Roi> show_all_overlay(std::vector<Roi> rois, bool labels = true);

}  // namespace smear::imagej
