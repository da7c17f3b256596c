// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace smear {

/// The folder of the running program's own file, symbolic links resolved.
std::filesystem::path program_directory();

/// A place of the installed prefix, or of the build tree, which is laid out alike: `from_bin` is
/// its path relative to the program's folder, such as "../share/smearkit/pipelines".
std::filesystem::path beside_program(const std::filesystem::path& from_bin);

/// Where plugins are looked for, first to last: `given` (--plugin-dir), the colon-separated
/// SMEAR_PLUGIN_PATH, the plugin folder beside the program. Never the current directory, unless it
/// is given. Throws `ConfigError` for a given folder that is not there, and for a relative one in
/// SMEAR_PLUGIN_PATH, which would mean another folder wherever the program is started.
std::vector<std::filesystem::path> plugin_directories(const std::vector<std::string>& given);

}  // namespace smear
