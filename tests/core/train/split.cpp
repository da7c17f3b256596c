// SPDX-License-Identifier: Apache-2.0
// The split of a training's images: its ratio in each class, what stays together, what it depends
// on, and how a changed one is told.
#include "train/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace smear {
namespace {

using Part = TrainingData::Part;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// `count` images of a class, each a block and of pixels of its own.
void add_images(std::vector<DataImage>& images, const std::string& class_name, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    DataImage image;
    image.path = "data/" + class_name + "/" + std::to_string(1000 + i) + ".png";
    image.class_name = class_name;
    image.block = images.size();
    image.pixels = class_name + "-" + std::to_string(i);
    images.push_back(std::move(image));
  }
}

std::int64_t count(const std::vector<DataImage>& images, const std::string& class_name, Part part) {
  return std::ranges::count_if(images, [&](const DataImage& image) {
    return image.usable() && image.class_name == class_name && image.part == part;
  });
}

std::map<std::string, Part> parts(const std::vector<DataImage>& images) {
  std::map<std::string, Part> result;
  for (const auto& image : images) result[image.path] = image.part;
  return result;
}

TEST(Split, HoldsTheRatioInEveryClass) {
  std::vector<DataImage> images;
  add_images(images, "large", 100);
  add_images(images, "small", 10);
  add_images(images, "other", 20);
  split_images(images, {"large", "small"}, 0.3, 1);
  EXPECT_EQ(count(images, "large", Part::validation), 30);
  EXPECT_EQ(count(images, "large", Part::training), 70);
  EXPECT_EQ(count(images, "small", Part::validation), 3);
  EXPECT_EQ(count(images, "small", Part::training), 7);
  EXPECT_EQ(count(images, "other", Part::reference), 20);
}

TEST(Split, WithoutValidationTrainsOnAll) {
  std::vector<DataImage> images;
  add_images(images, "a", 7);
  split_images(images, {"a"}, 0.0, 1);
  EXPECT_EQ(count(images, "a", Part::training), 7);
}

TEST(Split, LeavesSomethingToTrainOn) {
  std::vector<DataImage> images;
  add_images(images, "a", 1);
  split_images(images, {"a"}, 0.99, 1);
  EXPECT_EQ(count(images, "a", Part::training), 1);
  images.clear();
  add_images(images, "a", 3);
  split_images(images, {"a"}, 0.99, 1);
  EXPECT_EQ(count(images, "a", Part::training), 1);
  EXPECT_EQ(count(images, "a", Part::validation), 2);
}

// Copies that lie far apart, in two classes, and in chains: every seed keeps them together.
TEST(Split, KeepsDuplicatesOnOneSide) {
  std::vector<DataImage> images;
  add_images(images, "a", 20);
  add_images(images, "b", 20);
  images[17].pixels = images[2].pixels;
  images[19].pixels = images[2].pixels;
  images[35].pixels = images[7].pixels;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    split_images(images, {"a", "b"}, 0.4, seed);
    EXPECT_EQ(images[17].part, images[2].part) << seed;
    EXPECT_EQ(images[19].part, images[2].part) << seed;
    EXPECT_EQ(images[35].part, images[7].part) << seed;
  }
  EXPECT_EQ(images[2].duplicate_of, "");
  EXPECT_EQ(images[17].duplicate_of, images[2].path);
  EXPECT_EQ(images[19].duplicate_of, images[2].path);
  EXPECT_EQ(images[35].duplicate_of, images[7].path);
  EXPECT_EQ(images[35].group, images[7].group);
}

TEST(Split, KeepsBlocksTogetherAndTheRatioAsNearlyAsTheyAllow) {
  std::vector<DataImage> images;
  add_images(images, "a", 100);
  for (std::size_t i = 0; i < images.size(); ++i) images[i].block = i / 8;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    split_images(images, {"a"}, 0.3, seed);
    for (std::size_t i = 1; i < images.size(); ++i) {
      if (i / 8 == (i - 1) / 8) {
        EXPECT_EQ(images[i].part, images[i - 1].part) << seed << ", " << i;
        EXPECT_EQ(images[i].group, images[i - 1].group);
      }
    }
    EXPECT_NEAR(static_cast<double>(count(images, "a", Part::validation)), 30.0, 4.0) << seed;
  }
}

// A copy in another block ties the two blocks together.
TEST(Split, BlocksWithCopiesOfEachOtherAreOneGroup) {
  std::vector<DataImage> images;
  add_images(images, "a", 12);
  for (std::size_t i = 0; i < images.size(); ++i) images[i].block = i / 3;
  images[10].pixels = images[1].pixels;
  split_images(images, {"a"}, 0.5, 3);
  std::set<std::size_t> groups;
  for (const std::size_t i : {0, 1, 2, 9, 10, 11}) groups.insert(images[i].group);
  EXPECT_EQ(groups.size(), 1U);
}

TEST(Split, IsTheSameForTheSameSeedAndAnotherForAnother) {
  std::vector<DataImage> images;
  add_images(images, "a", 60);
  split_images(images, {"a"}, 0.3, 5);
  const auto first = parts(images);
  const auto hash = split_hash(images);
  split_images(images, {"a"}, 0.3, 5);
  EXPECT_EQ(parts(images), first);
  EXPECT_EQ(split_hash(images), hash);
  split_images(images, {"a"}, 0.3, 6);
  EXPECT_NE(parts(images), first);
  EXPECT_NE(split_hash(images), hash);
}

TEST(Split, DoesNotDependOnTheOrderOfTheImages) {
  std::vector<DataImage> images;
  add_images(images, "a", 40);
  split_images(images, {"a"}, 0.3, 5);
  const auto first = parts(images);
  std::mt19937 random(1);
  std::ranges::shuffle(images, random);
  split_images(images, {"a"}, 0.3, 5);
  EXPECT_EQ(parts(images), first);
}

// Results stay comparable when a few images come.
TEST(Split, ANewImageMovesFewOthers) {
  std::vector<DataImage> images;
  add_images(images, "a", 200);
  split_images(images, {"a"}, 0.3, 5);
  const auto before = parts(images);
  add_images(images, "a", 201);
  images.erase(images.begin() + 200, images.end() - 1);
  images.back().path = "data/a/new.png";
  split_images(images, {"a"}, 0.3, 5);
  int moved = 0;
  for (const auto& [path, part] : parts(images))
    moved += before.contains(path) && before.at(path) != part ? 1 : 0;
  EXPECT_LE(moved, 2);
}

TEST(Split, LeavesOutWhatCannotBeRead) {
  std::vector<DataImage> images;
  add_images(images, "a", 11);
  images[4].pixels.clear();
  images[4].reason = "it is empty, \"really\"";
  split_images(images, {"a"}, 0.3, 5);
  EXPECT_EQ(count(images, "a", Part::training) + count(images, "a", Part::validation), 10);
  EXPECT_EQ(part_of(images[4]), "left out");
  EXPECT_THAT(split_table(images),
              HasSubstr("data/a/1004.png,a,left out,,,,\"it is empty, \"\"really\"\"\"\n"));
}

TEST(Split, TableHasARowAnImage) {
  std::vector<DataImage> images;
  add_images(images, "a", 2);
  images[1].pixels = images[0].pixels;
  add_images(images, "b", 1);
  split_images(images, {"a"}, 0.0, 5);
  EXPECT_EQ(split_table(images),
            "image,class,part,group,duplicate_of,pixels,reason\n"
            "data/a/1000.png,a,training,1,,a-0,\n"
            "data/a/1001.png,a,training,1,data/a/1000.png,a-0,\n"
            "data/b/1000.png,b,reference,,,b-0,\n");
}

TEST(Split, DifferencesAreToldByKind) {
  std::vector<DataImage> images;
  add_images(images, "a", 12);
  split_images(images, {"a"}, 0.3, 5);
  const auto table = split_table(images);
  EXPECT_THAT(split_differences(table, images), IsEmpty());

  auto moved_folder = images;
  for (auto& image : moved_folder) image.path = "/elsewhere" + image.path.substr(4);
  EXPECT_THAT(split_differences(table, moved_folder), IsEmpty());
  EXPECT_EQ(split_hash(moved_folder), split_hash(images));

  auto fewer = images;
  fewer.erase(fewer.begin());
  EXPECT_THAT(split_differences(table, fewer), ElementsAre("1 image is gone (a/1000.png)"));
  EXPECT_THAT(split_differences(split_table(fewer), images),
              ElementsAre("1 image is new (a/1000.png)"));

  auto repainted = images;
  repainted[3].pixels = "other";
  EXPECT_THAT(split_differences(table, repainted), ElementsAre("1 image has changed (a/1003.png)"));

  auto drawn_anew = images;
  split_images(drawn_anew, {"a"}, 0.7, 5);
  EXPECT_THAT(split_differences(table, drawn_anew),
              ElementsAre(HasSubstr("fall into other parts (a/1002.png")));
}

TEST(Split, ManyDifferencesAreToldInOneLine) {
  std::vector<DataImage> images;
  add_images(images, "a", 30);
  split_images(images, {"a"}, 0.3, 5);
  EXPECT_THAT(split_differences("image,class,part,group,duplicate_of,pixels,reason\n", images),
              ElementsAre("30 images are new (a/1000.png, a/1001.png, a/1002.png, a/1003.png, "
                          "a/1004.png and 25 more)"));
}

}  // namespace
}  // namespace smear
