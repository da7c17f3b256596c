// SPDX-License-Identifier: Apache-2.0
// A training's images on the disk: which are found, under which class and name, and what becomes of
// bad ones, copies and overlapping folders.
#include "train/data-set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <set>

#include "codec/codec.h"

namespace smear {
namespace {

namespace fs = std::filesystem;
using Part = TrainingData::Part;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class DataSetTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "smear-data-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& name, int shade) const {
    fs::create_directories((root_ / name).parent_path());
    codec::write_png(root_ / name,
                     Image(cv::Mat(4, 5, CV_8UC3, cv::Scalar(shade % 256, shade / 256, 7))));
  }
  void write_many(const std::string& folder, int count, int first_shade) const {
    for (int i = 0; i < count; ++i)
      write(folder + "/" + std::to_string(100 + i) + ".png", first_shade + i);
  }
  [[nodiscard]] DataSet read(const std::vector<std::string>& folders,
                             const DataSettings& settings = {}, std::uint64_t seed = 1,
                             int threads = 2) const {
    std::vector<fs::path> paths;
    for (const auto& folder : folders) paths.push_back(root_ / folder);
    return DataSet(paths, settings, seed, threads, [](std::int64_t, std::int64_t) {});
  }

  fs::path root_;
};

std::map<std::string, Part> parts(const DataSet& data) {
  std::map<std::string, Part> result;
  for (const auto& item : data.items()) result[item.path] = item.part;
  return result;
}

TEST_F(DataSetTest, ClassIsTheFolderThatHoldsTheFile) {
  write("in/stages/benign/a.png", 1);
  write("in/pre-b/b.png", 2);
  write("in/c.png", 3);
  const auto data = read({"in"});
  EXPECT_THAT(data.classes(), ElementsAre("benign", "in", "pre-b"));
  ASSERT_EQ(data.items().size(), 3U);
  EXPECT_EQ(data.items()[0].path, (root_ / "in/stages/benign/a.png").string());
  EXPECT_EQ(data.items()[0].class_name, "benign");
}

TEST_F(DataSetTest, AFolderNamesItsClassHoweverItIsTyped) {
  write("in/benign/a.png", 1);
  const auto there = fs::current_path();
  for (const std::string typed : {"in/benign", "in/benign/", "in/./benign/../benign"})
    EXPECT_THAT(read({typed}).classes(), ElementsAre("benign")) << typed;
  fs::current_path(root_ / "in/benign");
  const DataSet here({"."}, {}, 1, 1, [](std::int64_t, std::int64_t) {});
  fs::current_path(there);
  EXPECT_THAT(here.classes(), ElementsAre("benign"));
  EXPECT_EQ(here.items()[0].path, "a.png");
  EXPECT_EQ(here.read(0).width(), 5);
}

TEST_F(DataSetTest, TheOrderAndOverlapOfFoldersDoNotMatter) {
  write_many("in/a", 12, 0);
  write_many("in/b", 9, 100);
  const auto one = read({"in"});
  const auto two = read({"in/a", "in/b"});
  const auto turned = read({"in/b", "in/a"});
  const auto overlapping = read({"in/b", "in", "in/a", "in"});
  EXPECT_EQ(parts(one).size(), 21U);
  for (const auto* other : {&two, &turned, &overlapping}) {
    EXPECT_EQ(parts(*other), parts(one));
    EXPECT_EQ(split_table(other->images()), split_table(one.images()));
  }
}

TEST_F(DataSetTest, DoesNotDependOnThreads) {
  write_many("in/a", 30, 0);
  EXPECT_EQ(split_table(read({"in"}, {}, 4, 1).images()),
            split_table(read({"in"}, {}, 4, 4).images()));
}

TEST_F(DataSetTest, ClassesOfTheConfigAreTrainedOnTheOthersAreReference) {
  write_many("in/a", 4, 0);
  write_many("in/b", 10, 50);
  write_many("in/c", 10, 100);
  DataSettings settings;
  settings.classes = {"c", "b"};
  const auto data = read({"in"}, settings);
  EXPECT_THAT(data.classes(), ElementsAre("c", "b", "a"));
  const auto counts = data.counts();
  ASSERT_EQ(counts.size(), 3U);
  EXPECT_EQ(counts[0].class_name, "c");
  EXPECT_EQ(counts[0].training, 7);
  EXPECT_EQ(counts[0].validation, 3);
  EXPECT_EQ(counts[2].class_name, "a");
  EXPECT_EQ(counts[2].reference, 4);
}

TEST_F(DataSetTest, AClassThatIsNotThereIsAnErrorWithAHint) {
  write_many("in/early-pre-b", 2, 0);
  DataSettings settings;
  settings.classes = {"early-preb"};
  try {
    (void)read({"in"}, settings);
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), HasSubstr("did you mean 'early-pre-b'?"));
  }
}

// The same pixels in files of different bytes and formats.
TEST_F(DataSetTest, CopiesAreKnownByTheirPixels) {
  write_many("in/a", 20, 0);
  const Image image = codec::read_image(root_ / "in/a/103.png");
  codec::write_tiff(root_ / "in/a/999.tif", image);
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    auto by_path = parts(read({"in"}, {}, seed));
    EXPECT_EQ(by_path.at((root_ / "in/a/999.tif").string()),
              by_path.at((root_ / "in/a/103.png").string()))
        << seed;
  }
  EXPECT_THAT(read({"in"}).notes(), ElementsAre(HasSubstr("1 of 21 images are exact copies")));
}

// A transposed image has the same bytes of a constant colour; it is another image.
TEST_F(DataSetTest, SizeAndTypeArePartOfThePixels) {
  fs::create_directories(root_ / "in/a");
  codec::write_png(root_ / "in/a/1.png", Image(cv::Mat(4, 6, CV_8UC1, cv::Scalar(9))));
  codec::write_png(root_ / "in/a/2.png", Image(cv::Mat(6, 4, CV_8UC1, cv::Scalar(9))));
  codec::write_png(root_ / "in/a/3.png", Image(cv::Mat(4, 2, CV_8UC3, cv::Scalar(9, 9, 9))));
  const auto data = read({"in"});
  std::set<std::string> hashes;
  for (const auto& image : data.images()) hashes.insert(image.pixels);
  EXPECT_EQ(hashes.size(), 3U);
}

TEST_F(DataSetTest, BlocksAreNeighboursByNameWithinAFolder) {
  write_many("in/x/a", 10, 0);
  write_many("in/y/a", 10, 100);
  DataSettings settings;
  settings.block = 4;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto data = read({"in"}, settings, seed);
    ASSERT_EQ(data.items().size(), 20U);
    std::map<std::size_t, std::vector<int>> groups;
    for (std::size_t i = 0; i < 20; ++i)
      groups[data.images()[i].group].push_back(static_cast<int>(i));
    std::vector<std::vector<int>> members;
    for (const auto& [number, images] : groups) members.push_back(images);
    EXPECT_THAT(members, ElementsAre(ElementsAre(0, 1, 2, 3), ElementsAre(4, 5, 6, 7),
                                     ElementsAre(8, 9), ElementsAre(10, 11, 12, 13),
                                     ElementsAre(14, 15, 16, 17), ElementsAre(18, 19)));
    for (const auto& [number, images] : groups)
      for (const int i : images)
        EXPECT_EQ(data.images()[static_cast<std::size_t>(i)].part,
                  data.images()[static_cast<std::size_t>(images.front())].part);
  }
}

TEST_F(DataSetTest, BadImagesAreLeftOutWithTheirReason) {
  write_many("in/a", 10, 0);
  std::ofstream(root_ / "in/a/bad.png") << "no image";
  std::ofstream(root_ / "in/a/empty.jpg");
  const auto data = read({"in"});
  EXPECT_EQ(data.items().size(), 10U);
  EXPECT_EQ(data.images().size(), 12U);
  EXPECT_EQ(data.counts()[0].left_out, 2);
  EXPECT_THAT(data.notes(), UnorderedElementsAre(HasSubstr("bad.png: "), HasSubstr("empty.jpg: ")));
  EXPECT_THAT(split_table(data.images()), HasSubstr("bad.png,a,left out"));
  for (std::size_t i = 0; i < data.items().size(); ++i) EXPECT_EQ(data.read(i).width(), 5);
}

TEST_F(DataSetTest, NothingLeftToTrainOnIsAnError) {
  fs::create_directories(root_ / "in/a");
  EXPECT_THROW((void)read({"in"}), ConfigError);
  EXPECT_THROW((void)read({"missing"}), ConfigError);
  write("in/b/1.png", 1);
  std::ofstream(root_ / "in/a/bad.png") << "no image";
  DataSettings settings;
  settings.classes = {"a"};
  try {
    (void)read({"in"}, settings);
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), HasSubstr("no image of a can be read"));
    EXPECT_THAT(e.what(), HasSubstr("bad.png"));
  }
}

TEST_F(DataSetTest, AFileIsNoFolder) {
  write("in/a/1.png", 1);
  EXPECT_THROW((void)read({"in/a/1.png"}), ConfigError);
}

TEST_F(DataSetTest, ReadsAsManyOfAClassAsAreWanted) {
  write_many("in/a", 20, 0);
  write_many("in/b", 3, 100);
  DataSettings settings;
  settings.max_images = 5;
  const auto data = read({"in"}, settings, 1);
  EXPECT_EQ(data.counts()[0].training + data.counts()[0].validation, 5);
  EXPECT_EQ(data.counts()[1].training + data.counts()[1].validation, 3);
  EXPECT_EQ(parts(read({"in"}, settings, 1)), parts(data));
  EXPECT_NE(parts(read({"in"}, settings, 2)), parts(data));
}

TEST_F(DataSetTest, TooFewToHoldAnyOutIsNoted) {
  write("in/a/1.png", 1);
  EXPECT_THAT(read({"in"}).notes(), ElementsAre(HasSubstr("nothing is validated")));
  DataSettings settings;
  settings.validation = 0.0;
  EXPECT_THAT(read({"in"}, settings).notes(), IsEmpty());
}

TEST_F(DataSetTest, TheSameImageInTwoClassesIsNoted) {
  write_many("in/a", 4, 0);
  write("in/b/copy.png", 2);
  EXPECT_THAT(read({"in"}).notes(), testing::Contains(HasSubstr("lies in two classes")));
}

TEST_F(DataSetTest, FoldersOfATrainingAreNoData) {
  write_many("in/a", 4, 0);
  write("in/model.train/pictures/epoch-0001-samples.png", 9);
  fs::create_directories(root_ / "in/model.train/.smear");
  EXPECT_THAT(read({"in"}).classes(), ElementsAre("a"));
}

TEST_F(DataSetTest, ReadingIsTold) {
  write_many("in/a", 25, 0);
  std::vector<std::int64_t> told;
  const DataSet data({root_ / "in"}, {}, 1, 3, [&](std::int64_t done, std::int64_t all) {
    EXPECT_EQ(all, 25);
    told.push_back(done);
  });
  ASSERT_EQ(told.size(), 25U);
  for (std::size_t i = 0; i < told.size(); ++i)
    EXPECT_EQ(told[i], static_cast<std::int64_t>(i) + 1);
}

}  // namespace
}  // namespace smear
