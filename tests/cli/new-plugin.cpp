// SPDX-License-Identifier: Apache-2.0
// `smear new-plugin` writes a whole project of either kind, and only where nothing is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

using testing::HasSubstr;

/// Lines that are neither empty nor a comment.
int lines_of_code(const std::string& source) {
  int count = 0;
  std::istringstream lines(source);
  for (std::string line; std::getline(lines, line);) {
    const auto start = line.find_first_not_of(" ");
    if (start != std::string::npos && line.compare(start, 2, "//") != 0) ++count;
  }
  return count;
}

class NewPlugin : public testing::TestWithParam<const char*> {
 protected:
  TemporaryFolder folder_;
};

TEST_P(NewPlugin, WritesAWholeProject) {
  const auto project = folder_ / "with space/project";
  const Outcome outcome =
      smear({"new-plugin", "my-thing", "--kind", GetParam(), "--directory", project.string()});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  const std::string cmake = read_file(project / "CMakeLists.txt");
  EXPECT_THAT(cmake, HasSubstr("find_package(Smearkit"));
  EXPECT_THAT(cmake, HasSubstr("smear_add_plugin("));
  EXPECT_THAT(cmake, HasSubstr("add_test("));
  bool source = false;
  bool test = false;
  for (const auto& [name, bytes] : files_under(project)) {
    EXPECT_FALSE(bytes.empty()) << name;
    EXPECT_THAT(bytes, testing::Not(HasSubstr("@"))) << name << " holds a place not filled in";
    if (!name.ends_with(".cpp")) continue;
    (name.find("test") != std::string::npos ? test : source) = true;
    if (name.find("test") == std::string::npos) {
      EXPECT_LE(lines_of_code(bytes), 40) << "a first plugin fits in 40 lines";
    }
  }
  EXPECT_TRUE(source);
  EXPECT_TRUE(test);
}

INSTANTIATE_TEST_SUITE_P(Kinds, NewPlugin, testing::Values("stage", "reparameterization"));

TEST_F(NewPlugin, GoesIntoAFolderOfItsNameUnlessToldWhere) {
  ASSERT_EQ(smear({"new-plugin", "my-thing"}, {.folder = folder_.path()}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "my-thing/CMakeLists.txt"));
}

TEST_F(NewPlugin, ReplacesNothing) {
  write_file(folder_ / "my-thing/CMakeLists.txt", "mine");
  const Outcome outcome = smear({"new-plugin", "my-thing"}, {.folder = folder_.path()});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_EQ(read_file(folder_ / "my-thing/CMakeLists.txt"), "mine");
}

TEST_F(NewPlugin, RefusesNamesThatAreNone) {
  for (const char* name : {"", "My Thing", "../up", "a/b", "1st", "x;y", "-x", "\xc3\xa4"}) {
    const Outcome outcome =
        smear({"new-plugin", "--directory", (folder_ / "p").string(), "--", name});
    EXPECT_EQ(outcome.exit_code, 2) << name << outcome.told();
    EXPECT_FALSE(std::filesystem::exists(folder_ / "p")) << name;
  }
  EXPECT_EQ(smear({"new-plugin"}).exit_code, 2);
  EXPECT_EQ(smear({"new-plugin", "x", "--kind", "filter"}, {.folder = folder_.path()}).exit_code,
            2);
}

}  // namespace
}  // namespace smear::test
