// SPDX-License-Identifier: Apache-2.0
// A set of synthetic smears on disk: complete, the same bytes whatever the number of threads, a
// prefix of a larger set, and never written over what it was not told to replace.
#include "synth/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <opencv2/core.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "smear/errors.h"

namespace smear::synth {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Every file below a directory with its content, by relative path.
std::map<std::string, std::string> tree(const fs::path& root) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root))
    if (entry.is_regular_file())
      files[entry.path().lexically_relative(root).string()] = content(entry.path());
  return files;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Dataset : public testing::Test {
 protected:
  Dataset() {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    root_ =
        fs::temp_directory_path() / ("smear-synth-" + std::to_string(getpid()) + "-" + test.name());
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~Dataset() override { fs::remove_all(root_); }

  [[nodiscard]] DatasetOptions small(const std::string& name, int count) const {
    DatasetOptions options;
    options.directory = root_ / name;
    options.count = count;
    options.smear.width = 96;
    options.smear.height = 80;
    options.smear.seed = 5;
    options.smear.abnormal = 0.5;
    return options;
  }

  fs::path root_;
};

TEST_F(Dataset, WritesAnImageItsLabelsItsNucleiAndRowsForEach) {
  const DatasetOptions options = small("out", 3);
  write_dataset(options);
  std::vector<std::string> names;
  for (const auto& [name, bytes] : tree(options.directory)) names.push_back(name);
  EXPECT_THAT(names,
              testing::ElementsAre("images/smear-0001.jpg", "images/smear-0002.jpg",
                                   "images/smear-0003.jpg", "truth/cells.csv",
                                   "truth/labels/smear-0001.png", "truth/labels/smear-0002.png",
                                   "truth/labels/smear-0003.png", "truth/nuclei/smear-0001.png",
                                   "truth/nuclei/smear-0002.png", "truth/nuclei/smear-0003.png"));
}

TEST_F(Dataset, HasARowForEveryLabelOfTheLabelImages) {
  const DatasetOptions options = small("out", 4);
  const DatasetSummary summary = write_dataset(options);
  const std::vector<std::string> lines = lines_of(content(options.directory / "truth/cells.csv"));
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines[0],
            "image,label,class,subtype,x_px,y_px,box_x_px,box_y_px,box_width_px,box_height_px,"
            "area_visible_px,area_full_px,radius_px,nucleus_area_px,irregularity,abnormal,"
            "cut_by_border");
  std::size_t row = 1;
  for (int i = 1; i <= 4; ++i) {
    const std::string stem = "smear-000" + std::to_string(i);
    const Image labels = codec::read_image(options.directory / "truth/labels" / (stem + ".png"));
    ASSERT_EQ(labels.type(), PixelType::grey16);
    double highest = 0.0;
    cv::minMaxLoc(labels.pixels(), nullptr, &highest);
    for (int label = 1; label <= static_cast<int>(highest); ++label, ++row) {
      ASSERT_LT(row, lines.size());
      EXPECT_TRUE(lines[row].starts_with(stem + ".jpg," + std::to_string(label) + ","))
          << lines[row];
      std::vector<std::string> fields;
      std::istringstream stream(lines[row]);
      for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
      ASSERT_EQ(fields.size(), 17U);
      EXPECT_EQ(std::stoi(fields[10]), cv::countNonZero(labels.pixels() == label));
    }
  }
  EXPECT_EQ(row, lines.size());
  EXPECT_EQ(static_cast<std::size_t>(summary.red + summary.white + summary.platelets),
            lines.size() - 1);
}

TEST_F(Dataset, WritesTheSameBytesWhateverTheNumberOfThreads) {
  DatasetOptions one = small("one", 9);
  one.jobs = 1;
  DatasetOptions four = small("four", 9);
  four.jobs = 4;
  write_dataset(one);
  write_dataset(four);
  EXPECT_TRUE(tree(one.directory) == tree(four.directory));
}

TEST_F(Dataset, WritesTheFirstSmearsOfALargerSet) {
  write_dataset(small("few", 3));
  write_dataset(small("more", 7));
  const auto few = tree(root_ / "few");
  const auto more = tree(root_ / "more");
  for (const auto& [name, bytes] : few) {
    ASSERT_TRUE(more.contains(name)) << name;
    EXPECT_TRUE(more.at(name).starts_with(bytes)) << name;
  }
}

TEST_F(Dataset, ReportsEverySmearInOrder) {
  DatasetOptions options = small("out", 6);
  std::vector<int> told;
  options.progress = [&told](int done) { told.push_back(done); };
  write_dataset(options);
  EXPECT_THAT(told, testing::ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(Dataset, RefusesADirectoryThatIsNotEmptyAndLeavesItAlone) {
  const DatasetOptions options = small("out", 2);
  fs::create_directories(options.directory);
  std::ofstream(options.directory / "notes.txt") << "mine";
  EXPECT_THROW(write_dataset(options), ConfigError);
  EXPECT_EQ(tree(options.directory).size(), 1U);
  EXPECT_EQ(content(options.directory / "notes.txt"), "mine");
}

TEST_F(Dataset, TakesAnEmptyDirectory) {
  const DatasetOptions options = small("out", 1);
  fs::create_directories(options.directory);
  write_dataset(options);
  EXPECT_EQ(tree(options.directory).size(), 4U);
}

TEST_F(Dataset, ReplacesAnEarlierSetOnlyAndOnlyWhenTold) {
  DatasetOptions options = small("out", 5);
  write_dataset(options);
  for (const char* mine : {"notes.txt", "images/other.jpg", "images/smear-12.jpg"})
    std::ofstream(options.directory / mine) << "mine";
  std::ofstream(options.directory / "images/.smear-0009.jpg.part") << "left by a crash";
  options.count = 2;
  EXPECT_THROW(write_dataset(options), ConfigError);
  EXPECT_EQ(tree(options.directory).size(), 5U * 3U + 1U + 4U);
  options.overwrite = true;
  write_dataset(options);
  auto files = tree(options.directory);
  for (const char* mine : {"notes.txt", "images/other.jpg", "images/smear-12.jpg"}) {
    EXPECT_EQ(files[mine], "mine");
    files.erase(mine);
  }
  write_dataset(small("fresh", 2));
  EXPECT_TRUE(files == tree(root_ / "fresh"));
}

TEST_F(Dataset, RefusesAFileAndACountOutOfRange) {
  DatasetOptions options = small("out", 1);
  std::ofstream(options.directory) << "a file";
  EXPECT_THROW(write_dataset(options), ConfigError);
  EXPECT_EQ(content(options.directory), "a file");
  for (const int count : {-1, 0, 10'000'001}) {
    EXPECT_THROW(write_dataset(small("none", count)), ConfigError) << count;
    EXPECT_FALSE(fs::exists(root_ / "none"));
  }
}

TEST_F(Dataset, MakesNothingForSettingsOutOfRange) {
  DatasetOptions options = small("out", 1);
  options.smear.width = 10;
  EXPECT_THROW(write_dataset(options), ConfigError);
  EXPECT_FALSE(fs::exists(options.directory));
}

TEST_F(Dataset, SaysThatADirectoryCannotBeMade) {
  std::ofstream(root_ / "file") << "in the way";
  EXPECT_THROW(write_dataset(small("file/out", 1)), RunError);
}

}  // namespace
}  // namespace smear::synth
