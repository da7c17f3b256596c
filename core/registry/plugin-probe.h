// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "registry/plugin-manifest.h"

namespace smear {

/// What came of trying a plugin: its contents, or the reason to refuse it.
struct ProbeResult {
  std::optional<PluginManifest> manifest;
  std::string reason;
};

/// Opens and registers a plugin in a child process, so that one that crashes, exits or hangs while
/// it does so is known to, and does not take the program down. For a program that has not started
/// any threads yet.
ProbeResult probe_plugin(const std::filesystem::path& library, std::chrono::milliseconds patience);

}  // namespace smear
