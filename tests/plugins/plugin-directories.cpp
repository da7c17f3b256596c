// SPDX-License-Identifier: Apache-2.0
// Tests where plugins are looked for, and that it is never the current directory.
#include "registry/plugin-directories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "plugins/plugin-folder.h"
#include "smear/errors.h"

namespace smear::test {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::Not;

class PluginDirectories : public ::testing::Test {
 protected:
  void SetUp() override { ::unsetenv("SMEAR_PLUGIN_PATH"); }
  void TearDown() override { ::unsetenv("SMEAR_PLUGIN_PATH"); }
};

TEST_F(PluginDirectories, AreTheGivenThenTheVariablesThenTheInstalls) {
  const PluginFolder given;
  ::setenv("SMEAR_PLUGIN_PATH", ":/opt/a::/opt/b/:", 1);
  const auto found = plugin_directories({given.path().string()});
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0], given.path());
  EXPECT_EQ(found[1], "/opt/a");
  EXPECT_EQ(found[2], "/opt/b/");
  EXPECT_EQ(found[3].parent_path().filename(), "smearkit");
  EXPECT_TRUE(found[3].is_absolute());
}

TEST_F(PluginDirectories, HaveNotTheCurrentOne) {
  for (const char* path : {"", ":", "::"}) {
    ::setenv("SMEAR_PLUGIN_PATH", path, 1);
    const auto found = plugin_directories({});
    EXPECT_EQ(found.size(), 1U) << path;
    EXPECT_THAT(found, Not(Contains(fs::current_path())));
  }
  ::setenv("SMEAR_PLUGIN_PATH", "/opt/a:.", 1);
  EXPECT_THROW(plugin_directories({}), ConfigError);
  ::setenv("SMEAR_PLUGIN_PATH", "plugins", 1);
  EXPECT_THROW(plugin_directories({}), ConfigError);
}

TEST_F(PluginDirectories, MustExistWhereTheyAreGiven) {
  EXPECT_THROW(plugin_directories({"/no/such/directory"}), ConfigError);
  EXPECT_THROW(plugin_directories({""}), ConfigError);
  EXPECT_EQ(plugin_directories({"."})[0].lexically_normal(),
            (fs::current_path() / "").lexically_normal());
}

}  // namespace
}  // namespace smear::test
