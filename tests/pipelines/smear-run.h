// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "harness/stages.h"
#include "run/runner.h"
#include "synth/dataset.h"

/// Runs whole pipelines over synthetic smears, as `smear run` does.
namespace smear::test {

using Row = std::map<std::string, std::string>;

/// The rows of a CSV file without quotes, by column name.
inline std::vector<Row> read_csv(const std::filesystem::path& path) {
  const auto cells_of = [](const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    return cells;
  };
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const auto names = cells_of(line);
  std::vector<Row> rows;
  while (std::getline(file, line)) {
    const auto cells = cells_of(line);
    Row row;
    for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = i < cells.size() ? cells[i] : "";
    rows.push_back(std::move(row));
  }
  return rows;
}

inline double number(const Row& row, const std::string& column) {
  return std::stod(row.at(column));
}

/// A directory of its own for a test, which is gone afterwards.
class Workplace {
 public:
  explicit Workplace(const std::string& name)
      : root_(std::filesystem::temp_directory_path() /
              ("smear-pipelines-" + std::to_string(getpid()) + "-" + name)) {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  ~Workplace() { std::filesystem::remove_all(root_); }

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return root_ / name;
  }

  /// Writes synthetic smears; their images are in `smears`/images, the truth in `smears`/truth.
  void write_smears(int count, const synth::SmearSettings& settings) const {
    synth::DatasetOptions options;
    options.directory = root_ / "smears";
    options.count = count;
    options.smear = settings;
    synth::write_dataset(options);
  }

  /// Runs a pipeline over the smears into `out`, and reports every sample that fails.
  RunSummary run(const Pipeline& pipeline, const std::string& out) const {
    return run(pipeline, out, root_ / "smears" / "images");
  }

  /// The same over other images.
  RunSummary run(const Pipeline& pipeline, const std::string& out,
                 const std::filesystem::path& images) const {
    RunOptions options;
    options.input = images;
    options.output = root_ / out;
    const std::atomic<bool> stop = false;
    Observer observer;
    return run_pipeline(pipeline, options, plan_run(pipeline, options), observer, stop);
  }

 private:
  class Observer : public RunObserver {
   public:
    void started(std::int64_t, std::int64_t, const std::vector<std::string>&) override {}
    void finished_file(const std::vector<SampleRecord>& samples) override {
      for (const SampleRecord& sample : samples)
        EXPECT_TRUE(sample.done) << sample.id.path << ": " << sample.stage << ": " << sample.reason;
    }
    void writing_results() override {}
  };

  std::filesystem::path root_;
};

}  // namespace smear::test
