// SPDX-License-Identifier: Apache-2.0
// The folder of a training: what is refused, what is emptied, and that one process holds it.
#include "train/training-folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "smear/errors.h"

namespace smear {
namespace {

namespace fs = std::filesystem;
using Open = TrainingFolder::Open;
using testing::HasSubstr;

class TrainingFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "smear-training-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    model_ = root_ / "m.v1.safetensors";
    folder_ = root_ / "m.v1.train";
  }
  void TearDown() override { fs::remove_all(root_); }

  static void write(const fs::path& file) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "text";
  }
  std::string refusal(Open open) const {
    try {
      TrainingFolder::check(model_, open);
    } catch (const ConfigError& e) {
      return e.what();
    }
    return "";
  }
  void train() const {
    const TrainingFolder folder(model_, Open::create);
    write(folder.split());
    write(folder.path() / "last.checkpoint");
  }

  fs::path root_;
  fs::path model_;
  fs::path folder_;
};

TEST_F(TrainingFolderTest, LiesBesideTheModel) {
  EXPECT_EQ(TrainingFolder::of(model_), folder_);
  EXPECT_EQ(TrainingFolder::of("m.safetensors"), "m.train");
}

TEST_F(TrainingFolderTest, NothingIsLostWithoutBeingAskedFor) {
  for (const auto open : {Open::create, Open::resume, Open::overwrite})
    EXPECT_EQ(refusal(open), "");
  train();
  EXPECT_THAT(refusal(Open::create), HasSubstr("--resume"));
  EXPECT_EQ(refusal(Open::resume), "");
  EXPECT_EQ(refusal(Open::overwrite), "");
  write(model_);
  EXPECT_THAT(refusal(Open::create), HasSubstr("--resume"));
  EXPECT_EQ(refusal(Open::resume), "");
  fs::remove_all(folder_);
  EXPECT_THAT(refusal(Open::create), HasSubstr("--overwrite"));
  EXPECT_THAT(refusal(Open::resume), HasSubstr("no training"));
  EXPECT_EQ(refusal(Open::overwrite), "");
}

TEST_F(TrainingFolderTest, ResumeKeepsAndOverwriteEmpties) {
  train();
  write(model_);
  { const TrainingFolder folder(model_, Open::resume); }
  EXPECT_TRUE(fs::exists(folder_ / "last.checkpoint"));
  { const TrainingFolder folder(model_, Open::overwrite); }
  EXPECT_FALSE(fs::exists(folder_ / "last.checkpoint"));
  EXPECT_FALSE(fs::exists(folder_ / "split.csv"));
  EXPECT_TRUE(fs::exists(model_)) << "stands until the new one is whole";
}

TEST_F(TrainingFolderTest, WhatNoTrainingMadeIsLeftAlone) {
  write(folder_ / "precious.txt");
  for (const auto open : {Open::create, Open::resume, Open::overwrite})
    EXPECT_THAT(refusal(open), HasSubstr("was not made by a training"));
  fs::remove_all(folder_);
  write(folder_ / ".smear/ledger.db");
  EXPECT_THAT(refusal(Open::overwrite), HasSubstr("was not made by a training")) << "a run";
  fs::remove_all(folder_);
  write(folder_);
  EXPECT_THAT(refusal(Open::overwrite), HasSubstr("was not made by a training"));
  EXPECT_THROW(TrainingFolder(model_, Open::overwrite), ConfigError);
}

TEST_F(TrainingFolderTest, OtherNamesThanAModelsAreRefused) {
  EXPECT_THROW(TrainingFolder::check(root_ / "m.pt", Open::create), ConfigError);
  EXPECT_THROW(TrainingFolder::check(root_ / "m", Open::create), ConfigError);
  fs::create_directories(model_);
  EXPECT_THAT(refusal(Open::overwrite), HasSubstr("is a folder"));
}

TEST_F(TrainingFolderTest, IsHeldByOne) {
  const TrainingFolder first(model_, Open::create);
  try {
    const TrainingFolder second(model_, Open::resume);
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), HasSubstr("another smear trains in"));
  }
}

}  // namespace
}  // namespace smear
