// SPDX-License-Identifier: Apache-2.0
// Tests that plugins are found, kept closed until they are needed, loaded then, and that every kind
// of broken one is refused with its reason while the others work.
#include "registry/plugin-catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "filters/filters.h"
#include "plugins/plugin-folder.h"
#include "smear/errors.h"
#include "smear/plugin.h"

namespace smear::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

PluginStatus status_of(const std::vector<PluginStatus>& plugins, const std::string& name) {
  for (const auto& plugin : plugins)
    if (plugin.name == name || plugin.path.stem() == name) return plugin;
  throw std::runtime_error("no plugin " + name);
}

std::string plugin_error(Registry& registry, const std::string& stage) {
  try {
    (void)registry.find(stage);
  } catch (const PluginError& error) {
    return error.what();
  }
  return "";
}

struct Fault {
  const char* library;
  const char* reason;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.library; }

class BrokenPlugin : public ::testing::TestWithParam<Fault> {
 protected:
  const std::string name_ = GetParam().library;
  PluginFolder folder_;
};

TEST_P(BrokenPlugin, IsRefusedWithItsReasonAndTheOthersWork) {
  // Its manifest gives nothing away: the library itself is found out.
  const fs::path library = folder_.add_claiming(name_, {name_});
  folder_.add("good");
  Registry registry;
  PluginCatalog catalog({folder_.path()}, milliseconds(1500));
  catalog.announce(registry);

  const auto plugins = catalog.examine();
  ASSERT_EQ(plugins.size(), 2U);
  const auto broken = status_of(plugins, name_);
  EXPECT_EQ(broken.state, PluginState::refused);
  EXPECT_THAT(broken.reason, HasSubstr(GetParam().reason));
  EXPECT_EQ(status_of(plugins, "good").state, PluginState::available);
  EXPECT_NE(registry.make("good"), nullptr);
  EXPECT_FALSE(is_mapped(library));
}

TEST_P(BrokenPlugin, IsAnErrorOfThePipelineThatNamesItsStage) {
  folder_.add_claiming(name_, {name_});
  folder_.add("good");
  Registry registry;
  PluginCatalog catalog({folder_.path()}, milliseconds(1500));
  catalog.announce(registry);

  EXPECT_THAT(plugin_error(registry, name_),
              AllOf(HasSubstr("plugin '" + name_ + "'"), HasSubstr(folder_.path().string()),
                    HasSubstr("is refused: "), HasSubstr(GetParam().reason)));
  // Again, and without trying it again.
  EXPECT_THAT(plugin_error(registry, name_), HasSubstr(GetParam().reason));
  EXPECT_NE(registry.make("good"), nullptr);
  EXPECT_EQ(status_of(catalog.status(), name_).state, PluginState::refused);
}

TEST_P(BrokenPlugin, IsFoundOutWithoutAManifestToo) {
  folder_.add_library(name_);
  PluginCatalog catalog({folder_.path()}, milliseconds(1500));
  EXPECT_THAT(status_of(catalog.examine(), name_).reason, HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(
    Every, BrokenPlugin,
    ::testing::Values(
        Fault{"wrong-epoch", "built for API 3.3, this smear offers 2.0"},
        Fault{"newer-minor", "built for API 2.1, this smear offers 2.0"},
        Fault{"wrong-identity", "built with gcc 4, libstdc++ 4 old strings; this smear is built"},
        Fault{"wrong-size", "its descriptor has 32 bytes, this smear expects 64; rebuild it"},
        Fault{"no-version", "its descriptor has no version"},
        Fault{"capital-name", "'Capital Name' is no plugin name"},
        Fault{"undefined-symbol", "undefined symbol: a_function_that_is_nowhere(); rebuild it"},
        Fault{"no-entry", "it has no symbol smear_plugin_descriptor"},
        Fault{"throws", "failed while registering: the moon is full"},
        Fault{"throws-number", "it threw something that is no std::exception"},
        Fault{"crashes", "crashed while registering: segmentation fault"},
        Fault{"crashes-when-opened", "crashed while being opened: aborted"},
        Fault{"crashes-describing",
              "crashed while describing its options: floating point exception"},
        Fault{"exits", "ended the program while registering (exit code 0)"},
        Fault{"hangs", "did not finish registering within 1.5 s"},
        Fault{"same-stage-within", "stage 'same-stage-within' is registered twice"},
        Fault{"bad-stage-name", "'Bad Name' is no stage name"}),
    [](const auto& test) {
      std::string name = test.param.library;
      std::ranges::replace(name, '-', '_');
      return name;
    });

TEST(PluginCatalog, LooksIntoNoLibraryBeforeAStageOfItIsNamed) {
  PluginFolder folder;
  const auto good = folder.add("good");
  const auto other = folder.add("twice-a");
  Registry registry;
  register_filters(registry);
  PluginCatalog catalog({folder.path()});
  catalog.announce(registry);

  EXPECT_THAT(registry.names(), AllOf(Contains("good"), Contains("twice"), Contains("twice-a")));
  EXPECT_NE(registry.find("gaussian-blur"), nullptr);
  EXPECT_EQ(registry.find("no-such-stage"), nullptr);
  EXPECT_FALSE(is_mapped(good));
  EXPECT_EQ(status_of(catalog.status(), "good").state, PluginState::available);

  const auto* entry = registry.find("good");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->plugin.name, "good");
  EXPECT_EQ(entry->info.summary, "Does nothing.");
  EXPECT_TRUE(is_mapped(good));
  EXPECT_FALSE(is_mapped(other));
  EXPECT_EQ(status_of(catalog.status(), "good").state, PluginState::loaded);
  EXPECT_EQ(status_of(catalog.status(), "twice-a").state, PluginState::available);
  EXPECT_TRUE(registry.find("gaussian-blur")->plugin.name.empty());
}

TEST(PluginCatalog, ExaminesInAnotherProcess) {
  PluginFolder folder;
  const auto good = folder.add("good");
  PluginCatalog catalog({folder.path()});
  const auto plugin = status_of(catalog.examine(), "good");
  EXPECT_EQ(plugin.state, PluginState::available);
  EXPECT_EQ(plugin.version, "1.0");
  EXPECT_EQ(plugin.licence, "Apache-2.0");
  EXPECT_EQ(plugin.path, good);
  ASSERT_EQ(plugin.stages.size(), 1U);
  EXPECT_EQ(plugin.stages[0].category, "other");
  EXPECT_THAT(plugin.stages[0].options,
              ElementsAre(PluginOption{"strength", "real", "0.5", "px", "How much of nothing."}));
  EXPECT_FALSE(is_mapped(good));
}

TEST(PluginCatalog, KeepsReparameterizationsByName) {
  PluginFolder folder;
  folder.add("good");
  Registry registry;
  PluginCatalog catalog({folder.path()});
  catalog.announce(registry);
  EXPECT_THAT(registry.reparameterization_names(), ElementsAre("stub-noise"));
  EXPECT_EQ(registry.find("stub-noise"), nullptr) << "it is no stage";

  const auto* entry = registry.find_reparameterization("stub-noise");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->plugin.name, "good");
  OptionSpec spec;
  const auto made = entry->factory();
  made->describe(spec);
  ASSERT_EQ(spec.options().size(), 1U);
  EXPECT_EQ(spec.options()[0].name, "temperature");
  EXPECT_EQ(registry.find_reparameterization("no-such-noise"), nullptr);
  const auto items = status_of(catalog.status(), "good").reparameterizations;
  ASSERT_EQ(items.size(), 1U);
  EXPECT_THAT(items[0].options,
              ElementsAre(PluginOption{"temperature", "real", "1", "", "Factor of the noise."}));
}

TEST(PluginCatalog, StagesOutliveTheCatalog) {
  PluginFolder folder;
  folder.add("good");
  Registry registry;
  { PluginCatalog({folder.path()}).announce(registry); }
  EXPECT_NE(registry.make("good"), nullptr);
}

TEST(PluginCatalog, RefusesTheSecondOfTwoPluginsWithOneStage) {
  PluginFolder folder;
  folder.add("twice-a");
  folder.add("twice-b");
  Registry registry;
  PluginCatalog catalog({folder.path()});
  catalog.announce(registry);
  const auto plugins = catalog.examine();
  EXPECT_EQ(status_of(plugins, "twice-a").state, PluginState::available);
  EXPECT_EQ(status_of(plugins, "twice-b").state, PluginState::refused);
  EXPECT_EQ(status_of(plugins, "twice-b").reason,
            "stage 'twice' exists already (from plugin 'twice-a')");
  EXPECT_EQ(registry.find("twice")->plugin.name, "twice-a");
  EXPECT_THAT(plugin_error(registry, "twice-b"),
              AllOf(HasSubstr("plugin 'twice-b'"), HasSubstr("stage 'twice' exists already")));
}

TEST(PluginCatalog, RefusesAPluginThatTakesABuiltInStage) {
  PluginFolder folder;
  const auto library = folder.add("takes-built-in");
  folder.add("good");
  Registry registry;
  register_filters(registry);
  PluginCatalog catalog({folder.path()});
  catalog.announce(registry);
  EXPECT_EQ(status_of(catalog.examine(), "takes-built-in").reason,
            "stage 'gaussian-blur' exists already (built in)");
  EXPECT_TRUE(registry.find("gaussian-blur")->plugin.name.empty());
  EXPECT_NE(registry.find("good"), nullptr);
  EXPECT_FALSE(is_mapped(library));
}

TEST(PluginCatalog, ARefusedPluginTakesNoNameFromAGoodOne) {
  PluginFolder first;
  auto manifest = manifest_claiming("old", {"good"});
  manifest.api_epoch = 0;
  first.write("old.so", "");
  first.write("old.smear.json", to_json(manifest));
  PluginFolder second;
  second.add("good");
  Registry registry;
  PluginCatalog catalog({first.path(), second.path()});
  catalog.announce(registry);
  EXPECT_EQ(registry.find("good")->plugin.name, "good");
  EXPECT_EQ(status_of(catalog.status(), "old").state, PluginState::refused);
}

TEST(PluginCatalog, KnowsAMismatchFromTheManifestAlone) {
  PluginFolder folder;
  auto manifest = manifest_claiming("newer", {"from-the-future"});
  manifest.api_minor = SMEAR_API_MINOR + 2;
  folder.write("newer.so", "never opened");
  folder.write("newer.smear.json", to_json(manifest));
  manifest = manifest_claiming("foreign", {"from-abroad"});
  manifest.build_identity = "clang 3";
  folder.write("foreign.so", "never opened");
  folder.write("foreign.smear.json", to_json(manifest));
  Registry registry;
  PluginCatalog catalog({folder.path()});
  catalog.announce(registry);
  const auto plugins = catalog.status();
  EXPECT_THAT(status_of(plugins, "newer").reason,
              HasSubstr("built for API 2.2, this smear offers 2.0; rebuild it against this"));
  EXPECT_THAT(status_of(plugins, "foreign").reason, HasSubstr("built with clang 3; this smear"));
  EXPECT_THAT(plugin_error(registry, "from-the-future"), HasSubstr("built for API 2.2"));
}

TEST(PluginCatalog, RefusesWhatIsNoLibrary) {
  PluginFolder folder;
  folder.write("text.so",
               "This is no library, but a text of more than sixty-four characters, really.");
  folder.write("text.smear.json", to_json(manifest_claiming("text", {"written"})));
  folder.write("empty.so", "");
  folder.add("good");
  Registry registry;
  PluginCatalog catalog({folder.path()});
  catalog.announce(registry);
  const auto plugins = catalog.examine();
  EXPECT_EQ(status_of(plugins, "text").reason, "cannot be opened: invalid ELF header");
  EXPECT_EQ(status_of(plugins, "empty").reason, "cannot be opened: file too short");
  EXPECT_EQ(status_of(plugins, "good").state, PluginState::available);
}

TEST(PluginCatalog, RefusesAPluginWithoutManifestAndSaysHowToGetOne) {
  PluginFolder folder;
  folder.add_library("good");
  Registry registry;
  PluginCatalog catalog({folder.path()});
  catalog.announce(registry);
  const auto plugin = status_of(catalog.examine(), "good");
  EXPECT_EQ(plugin.state, PluginState::refused);
  EXPECT_THAT(plugin.reason,
              AllOf(HasSubstr("no manifest good.smear.json"), HasSubstr("smear_add_plugin()")));
  EXPECT_EQ(registry.find("good"), nullptr);
}

TEST(PluginCatalog, RefusesAManifestThatCannotBeRead) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "parse error"},
      {"{\"format\": 1", "parse error"},
      {"[]", "cannot be read"},
      {"{\"format\": 7}", "it has format 7, this smear reads 1"},
      {"{\"format\": 1, \"name\": 3}", "must be string"},
      {"{\"format\": 1, \"name\": \"good\"}", "'version' not found"},
  };
  for (const auto& [text, reason] : cases) {
    PluginFolder folder;
    folder.add_library("good");
    folder.write("good.smear.json", text);
    PluginCatalog catalog({folder.path()});
    const auto plugin = status_of(catalog.examine(), "good");
    EXPECT_EQ(plugin.state, PluginState::refused) << text;
    EXPECT_THAT(plugin.reason, AllOf(HasSubstr("manifest good.smear.json cannot be read"),
                                     HasSubstr(reason), HasSubstr("rebuild the plugin")));
  }
}

TEST(PluginCatalog, RefusesAManifestThatTheLibraryHasOutgrown) {
  PluginFolder folder;
  const auto library = folder.add_claiming("good", {"good", "gone"});
  const auto later = fs::last_write_time(folder.path() / "good.smear.json") + std::chrono::hours(1);
  fs::last_write_time(library, later);
  Registry registry;
  PluginCatalog catalog({folder.path()});
  catalog.announce(registry);
  const std::string reason =
      "its manifest lists stages gone, good, but the library registers good (it is older than the "
      "library); rebuild the plugin, so that its manifest is written anew";
  EXPECT_THAT(plugin_error(registry, "gone"), HasSubstr(reason));
  EXPECT_EQ(status_of(catalog.examine(), "good").reason, reason);
  EXPECT_FALSE(is_mapped(library));
}

TEST(PluginCatalog, TakesAnOlderManifestThatIsRight) {
  PluginFolder folder;
  const auto library = folder.add("good");
  fs::last_write_time(library, fs::last_write_time(library) + std::chrono::hours(1));
  Registry registry;
  PluginCatalog catalog({folder.path()});
  catalog.announce(registry);
  EXPECT_NE(registry.find("good"), nullptr);
}

TEST(PluginCatalog, RefusesAManifestOfAnotherPlugin) {
  PluginFolder folder;
  folder.add_library("good");
  folder.write("good.smear.json", to_json(manifest_claiming("better", {"good"})));
  PluginCatalog catalog({folder.path()});
  EXPECT_THAT(status_of(catalog.examine(), "better").reason,
              HasSubstr("its manifest is of better 1.0, but the library is good 1.0"));
}

TEST(PluginCatalog, TakesTheFirstOfTwoPluginsOfOneName) {
  PluginFolder first;
  PluginFolder second;
  const auto taken = first.add("good");
  second.add("good");
  Registry registry;
  PluginCatalog catalog({first.path(), second.path()});
  catalog.announce(registry);
  const auto plugins = catalog.examine();
  ASSERT_EQ(plugins.size(), 2U);
  EXPECT_EQ(plugins[0].state, PluginState::available);
  EXPECT_EQ(plugins[1].reason, "plugin 'good' is there already: " + taken.string());
  EXPECT_NE(registry.find("good"), nullptr);
  EXPECT_TRUE(is_mapped(taken));
}

TEST(PluginCatalog, MeetsADirectoryOnce) {
  PluginFolder folder;
  folder.add("good");
  fs::create_directory(folder.path() / "a-directory.so");
  fs::create_symlink(folder.path() / "good.so", folder.path() / "link.so");
  folder.write("notes.txt", "no plugin");
  const PluginCatalog catalog({folder.path(), folder.path() / ".", "/no/such/directory"});
  EXPECT_EQ(catalog.status().size(), 1U);
}

TEST(PluginCatalog, KeepsAPluginsOutputToItself) {
  PluginFolder folder;
  folder.add_claiming("chatters", {"chatters"});
  PluginCatalog catalog({folder.path()});
  ::testing::internal::CaptureStdout();
  const auto plugins = catalog.examine();
  std::fflush(stdout);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), IsEmpty());
  EXPECT_EQ(status_of(plugins, "chatters").state, PluginState::available);
}

}  // namespace
}  // namespace smear::test
