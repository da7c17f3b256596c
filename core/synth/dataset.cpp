// SPDX-License-Identifier: Apache-2.0
#include "synth/dataset.h"

#include <fmt/format.h>
#include <tbb/global_control.h>
#include <tbb/parallel_pipeline.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "smear/errors.h"
#include "synth/smear-painter.h"
#include "synth/truth-table.h"

namespace smear::synth {
namespace {

namespace fs = std::filesystem;

constexpr int jpeg_quality = 92;
constexpr int largest_count = 10'000'000;

struct Folders {
  explicit Folders(const fs::path& root)
      : images(root / "images"),
        labels(root / "truth" / "labels"),
        nuclei(root / "truth" / "nuclei"),
        table(root / "truth" / "cells.csv") {}
  fs::path images;
  fs::path labels;
  fs::path nuclei;
  fs::path table;
};

std::string stem_of(int index) { return fmt::format("smear-{:04d}", index); }

// Hidden and without an image's extension, so that no run takes it for an image.
fs::path unfinished(const fs::path& path) {
  return path.parent_path() / fmt::format(".{}.part", path.filename().string());
}

template <typename Write>
void write_whole(const fs::path& path, Write write) {
  const fs::path temporary = unfinished(path);
  try {
    write(temporary);
    fs::rename(temporary, path);
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
}

// smear-NNNN.jpg, smear-NNNN.png, or such a file unfinished.
bool is_ours(std::string name) {
  if (name.starts_with(".") && name.ends_with(".part")) name = name.substr(1, name.size() - 6);
  if (!name.starts_with("smear-") || !(name.ends_with(".jpg") || name.ends_with(".png")))
    return false;
  const std::string number = name.substr(6, name.size() - 10);
  return number.size() >= 4 &&
         std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The table goes first: what is left if this is interrupted does not look like a whole set.
void remove_earlier_set(const Folders& folders) {
  fs::remove(folders.table);
  fs::remove(unfinished(folders.table));
  for (const fs::path& folder : {folders.images, folders.labels, folders.nuclei}) {
    if (!fs::is_directory(folder)) continue;
    std::vector<fs::path> earlier;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
      if (is_ours(entry.path().filename().string())) earlier.push_back(entry.path());
    for (const fs::path& path : earlier) fs::remove(path);
  }
}

void prepare(const DatasetOptions& options, const Folders& folders) {
  const fs::path& root = options.directory;
  if (fs::exists(root)) {
    if (!fs::is_directory(root))
      throw ConfigError(fmt::format("'{}' is a file: name a directory", root.string()));
    if (!options.overwrite && !fs::is_empty(root))
      throw ConfigError(fmt::format(
          "'{}' is not empty: name another directory, or give --overwrite to replace the synthetic "
          "smears in it",
          root.string()));
    remove_earlier_set(folders);
  }
  fs::create_directories(folders.images);
  fs::create_directories(folders.labels);
  fs::create_directories(folders.nuclei);
}

struct Written {
  std::string rows;
  DatasetSummary summary;
};

DatasetSummary summarise(const std::vector<CellTruth>& cells) {
  DatasetSummary summary;
  for (const CellTruth& cell : cells) {
    summary.red += cell.cell_class == CellClass::red ? 1 : 0;
    summary.white += cell.cell_class == CellClass::white ? 1 : 0;
    summary.platelets += cell.cell_class == CellClass::platelet ? 1 : 0;
    summary.abnormal += cell.abnormal ? 1 : 0;
  }
  return summary;
}

Written write_smear(const SmearSettings& settings, const Folders& folders, int index) {
  const std::string stem = stem_of(index);
  const SyntheticSmear smear = paint_smear(settings, static_cast<std::uint64_t>(index));
  write_whole(folders.labels / (stem + ".png"),
              [&](const fs::path& path) { codec::write_png(path, smear.labels); });
  write_whole(folders.nuclei / (stem + ".png"),
              [&](const fs::path& path) { codec::write_png(path, smear.nuclei); });
  write_whole(folders.images / (stem + ".jpg"),
              [&](const fs::path& path) { codec::write_jpeg(path, smear.image, jpeg_quality); });
  return {truth_rows(stem + ".jpg", smear.cells), summarise(smear.cells)};
}

void append(std::ofstream& table, std::string_view text, const fs::path& path) {
  table << text << std::flush;
  if (!table) throw RunError(fmt::format("cannot write '{}': is the disk full?", path.string()));
}

// Paints in parallel; the table's rows are appended in the order of the images.
DatasetSummary write_all(const DatasetOptions& options, const Folders& folders,
                         const fs::path& table_path) {
  std::ofstream table(table_path, std::ios::binary);
  append(table, truth_header(), table_path);
  DatasetSummary total;
  int next = 1;
  int done = 0;
  const auto number = [&](tbb::flow_control& control) {
    if (next > options.count) control.stop();
    return next++;
  };
  const auto write = [&](int index) { return write_smear(options.smear, folders, index); };
  const auto collect = [&](const Written& written) {
    append(table, written.rows, table_path);
    total.red += written.summary.red;
    total.white += written.summary.white;
    total.abnormal += written.summary.abnormal;
    total.platelets += written.summary.platelets;
    if (options.progress) options.progress(++done);
  };
  const std::size_t threads =
      tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
  tbb::parallel_pipeline(
      threads + 1, tbb::make_filter<void, int>(tbb::filter_mode::serial_in_order, number) &
                       tbb::make_filter<int, Written>(tbb::filter_mode::parallel, write) &
                       tbb::make_filter<Written, void>(tbb::filter_mode::serial_in_order, collect));
  return total;
}

}  // namespace

DatasetSummary write_dataset(const DatasetOptions& options) {
  if (options.count < 1 || options.count > largest_count)
    throw ConfigError(
        fmt::format("the number of smears must be 1..{}, got {}", largest_count, options.count));
  if (options.jobs < 0)
    throw ConfigError(fmt::format("the number of jobs must not be negative, got {}", options.jobs));
  static_cast<void>(checked(options.smear));
  std::optional<tbb::global_control> limit;
  if (options.jobs > 0)
    limit.emplace(tbb::global_control::max_allowed_parallelism,
                  static_cast<std::size_t>(options.jobs));
  const Folders folders(options.directory);
  DatasetSummary summary;
  try {
    prepare(options, folders);
    write_whole(folders.table,
                [&](const fs::path& path) { summary = write_all(options, folders, path); });
  } catch (const fs::filesystem_error& error) {
    throw RunError(
        fmt::format("cannot write '{}': {}", error.path1().string(), error.code().message()));
  }
  return summary;
}

}  // namespace smear::synth
