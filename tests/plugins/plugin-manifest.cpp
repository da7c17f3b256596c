// SPDX-License-Identifier: Apache-2.0
// Tests that a manifest survives being written and read, whatever its texts, and where it is looked
// for.
#include "registry/plugin-manifest.h"

#include <gtest/gtest.h>

#include "plugins/plugin-folder.h"
#include "smear/errors.h"

namespace smear::test {
namespace {

TEST(PluginManifest, SurvivesWritingAndReading) {
  PluginManifest written = manifest_claiming("first", {"a", "b"});
  written.torch_version = "1.13.1";
  written.stages[0].options = {{"sigma", "real", "1.5", "px", "With \"quotes\"\nand µ"}};
  written.reparameterizations = {{"noise", "Noise.", "", {{"t", "real", "", "", ""}}}};
  const PluginManifest read = manifest_from_json(to_json(written));
  EXPECT_EQ(read.name, "first");
  EXPECT_EQ(read.version, written.version);
  EXPECT_EQ(read.licence, written.licence);
  EXPECT_EQ(read.api_epoch, written.api_epoch);
  EXPECT_EQ(read.api_minor, written.api_minor);
  EXPECT_EQ(read.build_identity, written.build_identity);
  EXPECT_EQ(read.torch_version, "1.13.1");
  EXPECT_EQ(read.stages, written.stages);
  EXPECT_EQ(read.reparameterizations, written.reparameterizations);
  EXPECT_FALSE(difference(written, read));
}

TEST(PluginManifest, TextsThatAreNoUtf8StillGiveJson) {
  PluginManifest manifest = manifest_claiming("first", {"a"});
  manifest.stages[0].summary = "caf\xe9";
  EXPECT_EQ(manifest_from_json(to_json(manifest)).stages[0].summary, "caf\xef\xbf\xbd");
}

TEST(PluginManifest, IsBesideTheLibrary) {
  EXPECT_EQ(manifest_path("/p/hello.so"), "/p/hello.smear.json");
}

TEST(PluginManifest, ThatIsNotThereIsAnError) {
  EXPECT_THROW(read_manifest("/no/such/file.smear.json"), PluginError);
}

TEST(PluginManifest, OrderOfStagesIsNoDifference) {
  EXPECT_FALSE(difference(manifest_claiming("p", {"a", "b"}), manifest_claiming("p", {"b", "a"})));
  EXPECT_EQ(*difference(manifest_claiming("p", {}), manifest_claiming("p", {"a"})),
            "its manifest lists stages none, but the library registers a");
}

}  // namespace
}  // namespace smear::test
