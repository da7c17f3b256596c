// SPDX-License-Identifier: Apache-2.0
// Reads what a run wrote, and makes what runs are tried on.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace smear::test {

/// A CSV file (RFC 4180): its header, and its rows by column.
struct Csv {
  std::vector<std::string> header;
  std::vector<std::map<std::string, std::string>> rows;

  /// The cells of one column, from the top.
  std::vector<std::string> column(const std::string& name) const;
  /// The only row whose `column` is `value`; an empty row if there is none or several.
  std::map<std::string, std::string> row(const std::string& column, const std::string& value) const;
};

/// Throws where a row has another number of fields than the header.
Csv parse_csv(const std::string& text);
Csv samples_of(const std::filesystem::path& out);

/// Every file under `folder`, by its relative path.
std::map<std::string, std::string> files_under(const std::filesystem::path& folder);

/// What two runs of the same must have in common, byte for byte: all but the ledger, run.json,
/// report.html and the times in samples.csv.
std::map<std::string, std::string> lasting_output(const std::filesystem::path& out);

/// Says how two outputs differ, for people; empty where they are equal.
std::string difference(const std::map<std::string, std::string>& expected,
                       const std::map<std::string, std::string>& found);

/// A short pipeline that counts cells: `cells.csv`, and an overlay for each image.
std::string small_pipeline();

/// Puts `count` synthetic smears, smear-0001.jpg and so on, into `folder`.
void make_smears(const std::filesystem::path& folder, int count, int edge = 96, int seed = 1);

/// A file that claims to be a PNG of this size, with a valid header and hardly any data.
std::string png_that_claims(unsigned width, unsigned height);

/// An uncompressed 8-bit grey TIFF, one page for each of `levels`, all of one size and level.
std::string grey_tiff(unsigned width, unsigned height, const std::vector<int>& levels);

/// A .npy file of one dimension, `<f4`.
std::string npy_of(const std::vector<float>& values);

/// Whether `text` is well-formed UTF-8.
bool is_utf8(const std::string& text);

}  // namespace smear::test
