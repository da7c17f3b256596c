// SPDX-License-Identifier: Apache-2.0
// smear-manifest: writes the manifest of a plugin. smear_add_plugin() runs it after the build.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>

#include "registry/plugin-manifest.h"
#include "registry/plugin-probe.h"

int main(int count, char** arguments) try {
  namespace fs = std::filesystem;
  if (count != 2) {
    fmt::print(stderr, "usage: smear-manifest LIBRARY.so\n");
    return 2;
  }
  const fs::path library = arguments[1];
  const fs::path file = smear::manifest_path(library);
  // The manifest of an earlier build says nothing about this one.
  fs::remove(file);
  const auto result = smear::probe_plugin(library, std::chrono::seconds(60));
  if (!result.manifest) {
    fmt::print(stderr, "smear-manifest: {}: {}\n", library.string(), result.reason);
    return 4;
  }
  std::ofstream stream(file, std::ios::binary);
  stream << smear::to_json(*result.manifest) << std::flush;
  if (!stream) {
    fmt::print(stderr, "smear-manifest: cannot write {}\n", file.string());
    return 1;
  }
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "smear-manifest: {}\n", error.what());
  return 1;
}
