// SPDX-License-Identifier: Apache-2.0
// Tests what `smear new-plugin` writes and refuses; that it builds is tested against an installed
// prefix, see CMakeLists.txt.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/program_options/parsers.hpp>
#include <fstream>
#include <iterator>

#include "cli/command.h"
#include "plugins/plugin-folder.h"
#include "smear/errors.h"

namespace smear::cli {
Command new_plugin_command();
}

namespace smear::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

/// What the command prints.
std::string new_plugin(const std::string& name, const std::vector<std::string>& arguments) {
  const auto command = cli::new_plugin_command();
  cli::Invocation invocation;
  namespace po = boost::program_options;
  po::store(po::command_line_parser(arguments).options(command.options()).run(),
            invocation.options);
  invocation.positional = {name};
  ::testing::internal::CaptureStdout();
  try {
    EXPECT_EQ(command.run(invocation), 0);
  } catch (...) {
    ::testing::internal::GetCapturedStdout();
    throw;
  }
  return ::testing::internal::GetCapturedStdout();
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> files_in(const fs::path& directory) {
  std::vector<std::string> result;
  for (const auto& entry : fs::directory_iterator(directory))
    result.push_back(entry.path().filename().string());
  return result;
}

TEST(NewPlugin, WritesAWholeProject) {
  const PluginFolder folder;
  const fs::path directory = folder.path() / "deep" / "my plugin";
  const auto printed = new_plugin("nuclear-contrast", {"--directory", directory.string()});
  EXPECT_THAT(files_in(directory),
              UnorderedElementsAre("CMakeLists.txt", "README.md", ".gitignore",
                                   "nuclear-contrast.cpp", "test-nuclear-contrast.cpp"));
  for (const auto& file : files_in(directory)) {
    const auto text = text_of(directory / file);
    EXPECT_THAT(text, Not(HasSubstr("@name@"))) << file;
    EXPECT_THAT(text, Not(HasSubstr("ClassName"))) << file;
    EXPECT_THAT(text, Not(HasSubstr("torch"))) << file;
  }
  EXPECT_THAT(text_of(directory / "nuclear-contrast.cpp"),
              HasSubstr("class NuclearContrast final"));
  EXPECT_THAT(printed, HasSubstr("cmake -S '" + directory.string() + "'"));
  EXPECT_THAT(printed, HasSubstr("smear plugins --plugin-dir '"));
}

TEST(NewPlugin, WritesAReparameterization) {
  const PluginFolder folder;
  new_plugin("wide-noise", {"--kind", "reparameterization", "--directory", folder.path().string()});
  EXPECT_THAT(text_of(folder.path() / "wide-noise.cpp"),
              HasSubstr("class WideNoise final : public smear::Reparameterization"));
  EXPECT_THAT(text_of(folder.path() / "CMakeLists.txt"), HasSubstr("wide-noise.cpp TORCH)"));
}

TEST(NewPlugin, LeavesADirectoryAloneThatIsNotEmpty) {
  const PluginFolder folder;
  folder.write("README.md", "mine");
  EXPECT_THROW(new_plugin("a-plugin", {"--directory", folder.path().string()}), ConfigError);
  EXPECT_THROW(new_plugin("a-plugin", {"--directory", (folder.path() / "README.md").string()}),
               ConfigError);
  EXPECT_THAT(files_in(folder.path()), UnorderedElementsAre("README.md"));
  EXPECT_EQ(text_of(folder.path() / "README.md"), "mine");
}

TEST(NewPlugin, RefusesNamesThatWouldNotBuild) {
  const PluginFolder folder;
  for (const char* name : {"", "Upper", "under_score", "9lives", "-x", "x-", "a--b", "a b", "../up",
                           "a.b", "test", "all"})
    EXPECT_THROW(new_plugin(name, {"--directory", (folder.path() / "new").string()}), ConfigError)
        << name;
  EXPECT_FALSE(fs::exists(folder.path() / "new"));
}

TEST(NewPlugin, RefusesAnotherKind) {
  const PluginFolder folder;
  EXPECT_THROW(new_plugin("a-plugin", {"--kind", "filter", "--directory", folder.path().string()}),
               ConfigError);
}

}  // namespace
}  // namespace smear::test
