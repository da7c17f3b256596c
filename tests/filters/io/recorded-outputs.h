// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "harness/stages.h"

namespace smear::test {

/// Outputs that keep what a stage saved: images as they read back, tables as they are.
class RecordedOutputs final : public Outputs {
 public:
  struct SavedImage {
    std::string name_template;
    codec::Header header;
    Image image;
    std::uintmax_t size = 0;
  };
  struct SavedRows {
    std::string run_file;
    Table rows;
  };

  void save(const Sample&, std::string_view name_template,
            const std::function<void(const std::filesystem::path&)>& write) override {
    std::string pattern = (std::filesystem::temp_directory_path() / "smear-io-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    // A runner's temporary names do not end in the format's extension either.
    const auto path = std::filesystem::path(pattern) / "unfinished.tmp";
    try {
      write(path);
    } catch (...) {
      std::filesystem::remove_all(pattern);
      throw;
    }
    images.push_back({std::string(name_template), codec::peek(path), codec::read_image(path),
                      std::filesystem::file_size(path)});
    std::filesystem::remove_all(pattern);
  }

  void append(const Sample&, std::string_view run_file, const Table& table) override {
    rows.push_back({std::string(run_file), table});
  }

  std::vector<SavedImage> images;
  std::vector<SavedRows> rows;
};

/// Runs a stage that saves.
inline RecordedOutputs run_saving(const std::string& name, const Options& options, Sample& sample) {
  RecordedOutputs outputs;
  make_stage(name, options)->process(sample, RunContext(1, 0, &outputs));
  return outputs;
}

inline Sample sample_with(const std::string& slot, SlotValue value) {
  Sample sample(SampleId{"image.png", 0});
  sample.set(slot, std::move(value));
  return sample;
}

}  // namespace smear::test
