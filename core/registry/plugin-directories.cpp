// SPDX-License-Identifier: Apache-2.0
#include "registry/plugin-directories.h"

#include <fmt/format.h>
#include <sys/auxv.h>

#include <cstdlib>
#include <ranges>

#include "smear/errors.h"

namespace smear {

namespace fs = std::filesystem;

fs::path program_directory() {
  std::error_code error;
  fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) {
    // Without /proc, as in a bare chroot: the name that the program was started by.
    const auto* name = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
    program = fs::weakly_canonical(name == nullptr ? "" : name);
  }
  return program.parent_path();
}

fs::path beside_program(const fs::path& from_bin) {
  return (program_directory() / from_bin).lexically_normal();
}

std::vector<fs::path> plugin_directories(const std::vector<std::string>& given) {
  std::vector<fs::path> result;
  for (const auto& directory : given) {
    if (directory.empty() || !fs::is_directory(directory))
      throw ConfigError(fmt::format("--plugin-dir {}: there is no such directory", directory));
    result.push_back(fs::absolute(directory).lexically_normal());
  }
  const char* variable = std::getenv("SMEAR_PLUGIN_PATH");
  const std::string path = variable == nullptr ? "" : variable;
  for (const auto part : std::views::split(path, ':')) {
    const fs::path directory(std::string(part.begin(), part.end()));
    if (directory.empty()) continue;
    if (directory.is_relative())
      throw ConfigError(
          fmt::format("SMEAR_PLUGIN_PATH has the relative directory '{}': give "
                      "absolute ones",
                      directory.string()));
    result.push_back(directory.lexically_normal());
  }
  result.push_back(beside_program(SMEAR_PLUGINS_FROM_BIN));
  return result;
}

}  // namespace smear
