// SPDX-License-Identifier: Apache-2.0
// Finding the input: globs, list files, links, and what is no input.
#include "run/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace smear::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class FindFiles : public ::testing::Test {
 protected:
  FindFiles() : root_(fs::temp_directory_path() / ("smear-source-" + std::to_string(getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~FindFiles() override { fs::remove_all(root_); }

  void touch(const std::string& name, const std::string& text = "") const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  [[nodiscard]] std::vector<std::string> found(const fs::path& out = "") const {
    return find_files(root_, out, {}).files;
  }
  fs::path root_;
};

TEST(Glob, MatchesNamesAndPaths) {
  EXPECT_TRUE(matches_glob("*.jpg", "a/b/c.JPG")) << "a pattern without / is for the name alone";
  EXPECT_TRUE(matches_glob("a/*.jpg", "a/b.jpg"));
  EXPECT_FALSE(matches_glob("a/*.jpg", "a/b/c.jpg"));
  EXPECT_TRUE(matches_glob("a/**/*.jpg", "a/b/c/d.jpg"));
  EXPECT_TRUE(matches_glob("a/**/*.jpg", "a/d.jpg"));
  EXPECT_TRUE(matches_glob("slide-[0-9].png", "slide-7.png"));
  EXPECT_FALSE(matches_glob("slide-[0-9].png", "slide-x.png"));
  EXPECT_TRUE(matches_glob("?.png", "x.png"));
}

TEST(Glob, IsNotSlowOnManyStars) {
  EXPECT_FALSE(matches_glob("*a*a*a*a*a*a*a*a*b", std::string(200, 'a')));
}

TEST(Shards, TakeEachFileOnce) {
  for (int i = 0; i < 500; ++i) {
    const auto path = "slides/" + std::to_string(i) + ".png";
    int taken = 0;
    for (int k = 1; k <= 7; ++k) taken += Shard{k, 7}.takes(path) ? 1 : 0;
    EXPECT_EQ(taken, 1) << path;
  }
  for (const char* bad : {"0/3", "4/3", "1", "1/", "/2", "a/b", "1/0", "-1/2"})
    EXPECT_THROW(Shard::parse(bad), ConfigError) << bad;
}

TEST_F(FindFiles, SortsByBytesAndLeavesOutHiddenFilesAndRuns) {
  touch("b.png");
  touch("a/z.JPG");
  touch("B.png");
  touch(".hidden.png");
  touch("notes.txt");
  touch("old-run/.smear/ledger.db");
  touch("old-run/overlays/x.png");
  touch("out/y.png");
  EXPECT_THAT(found(root_ / "out"), ElementsAre("B.png", "a/z.JPG", "b.png"));
}

TEST_F(FindFiles, NamesAFolderByItselfNotByALinkToIt) {
  touch("b/x.png");
  fs::create_directory_symlink(root_ / "b", root_ / "a");
  fs::create_directory_symlink(root_, root_ / "loop");
  EXPECT_THAT(found(), ElementsAre("b/x.png"));
}

TEST_F(FindFiles, ListsBrokenLinksAndFoldersThatMatch) {
  fs::create_directories(root_ / "folder.png");
  fs::create_symlink(root_ / "nowhere", root_ / "broken.png");
  EXPECT_THAT(found(), ElementsAre("broken.png", "folder.png"));
}

TEST_F(FindFiles, TakesAListOfPathsInItsOrder) {
  touch("images/b.png");
  touch("images/a.png");
  touch("list.txt", "# slides\nimages/b.png\n\nimages/a.png\r\nimages/b.png\n");
  const auto list = find_files(root_ / "list.txt", "", {});
  EXPECT_THAT(list.files, ElementsAre("images/b.png", "images/a.png"));
  EXPECT_EQ(fs::canonical(list.root), fs::canonical(root_));
}

TEST_F(FindFiles, TakesAListOfPathsOutsideItsFolder) {
  touch("images/a.png");
  touch("images/..b.png");
  touch("lists/here.png");
  touch("lists/list.txt",
        "here.png\n../images/a.png\n" + (root_ / "images/..b.png").string() + "\n");
  const auto list = find_files(root_ / "lists/list.txt", "", {});
  ASSERT_EQ(list.files.size(), 3U);
  EXPECT_EQ(list.files.front(), "here.png") << "a name does not depend on the other lines";
  for (const auto& file : list.files) {
    EXPECT_TRUE(fs::exists(list.path_of(file))) << file;
    EXPECT_EQ(file.find("../"), std::string::npos) << file;
  }
}

TEST_F(FindFiles, SaysWhatIsNotThere) {
  EXPECT_THROW(find_files(root_ / "nowhere", "", {}), ConfigError);
}

}  // namespace
}  // namespace smear::test
