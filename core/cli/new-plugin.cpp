// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "cli/command.h"
#include "cli/templates.h"
#include "smear/errors.h"

namespace smear::cli {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

po::options_description options() {
  po::options_description result;
  result.add_options()("kind", po::value<std::string>()->default_value("stage")->value_name("KIND"),
                       "stage or reparameterization")(
      "directory", po::value<std::string>()->value_name("D"),
      "where to write the project; a folder NAME here unless given");
  return result;
}

/// CMake keeps these for targets of its own.
constexpr std::array<std::string_view, 6> reserved{"all",     "clean",   "help",
                                                   "install", "package", "test"};

bool is_plugin_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (std::ranges::find(reserved, name) != reserved.end()) return false;
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' && name.back() != '-' &&
         name.find("--") == std::string::npos && std::ranges::all_of(name, allowed);
}

/// "hello-world" as a class: HelloWorld.
std::string class_name(const std::string& name) {
  std::string result;
  bool upper = true;
  for (const char c : name) {
    if (c != '-') result += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = c == '-';
  }
  return result;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

void write_file(const fs::path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary);
  stream << text << std::flush;
  if (!stream) throw RunError(fmt::format("cannot write {}", file.string()));
}

void write_project(const std::string& kind, const std::string& name, const fs::path& directory) {
  for (const auto& entry : templates()) {
    const std::string prefix = kind + "/";
    if (!entry.path.starts_with(prefix)) continue;
    std::string file(entry.path.substr(prefix.size()));
    if (file == "gitignore") file = ".gitignore";
    std::string text = replaced(std::string(entry.text), "@name@", name);
    write_file(directory / replaced(file, "NAME", name),
               replaced(text, "ClassName", class_name(name)));
  }
}

fs::path empty_directory(const fs::path& directory) {
  std::error_code error;
  if (fs::exists(directory, error) && (!fs::is_directory(directory) || !fs::is_empty(directory)))
    throw ConfigError(
        fmt::format("{} exists already and is not an empty directory; give another "
                    "one with --directory",
                    directory.string()));
  fs::create_directories(directory, error);
  if (error)
    throw ConfigError(fmt::format("cannot make {}: {}", directory.string(), error.message()));
  return directory;
}

/// As a shell takes it for one word.
std::string quoted(const std::string& text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, plain)) return text;
  return fmt::format("'{}'", replaced(text, "'", R"('\'')"));
}

int run(const Invocation& invocation) {
  const std::string& name = invocation.positional.at(0);
  const auto& kind = invocation.options["kind"].as<std::string>();
  if (!is_plugin_name(name))
    throw ConfigError(
        fmt::format("'{}' is no plugin name: use lower-case letters, digits and "
                    "single dashes, a letter first, such as 'nuclear-contrast'",
                    name));
  if (kind != "stage" && kind != "reparameterization")
    throw ConfigError(fmt::format("--kind is stage or reparameterization, not '{}'", kind));
  const bool given = invocation.options.count("directory") > 0;
  const fs::path directory =
      empty_directory(given ? invocation.options["directory"].as<std::string>() : name);
  write_project(kind, name, directory);
  const std::string folder = quoted(directory.string());
  const std::string build = quoted((directory / "build").string());
  fmt::print(
      "A {} plugin '{}' is in {}. Next:\n\n"
      "  cmake -S {} -B {} -DCMAKE_BUILD_TYPE=Release && cmake --build {} && ctest --test-dir {}\n"
      "  smear plugins --plugin-dir {}\n\n",
      kind, name, directory.string(), folder, build, build, build,
      quoted((directory / "build/plugins").string()));
  return 0;
}

}  // namespace

Command new_plugin_command() {
  return {
      .name = "new-plugin",
      .summary = "Writes the project of a new plugin",
      .arguments = "NAME [--kind stage|reparameterization] [--directory D]",
      .details =
          "Writes a complete project that builds against this Smearkit: CMakeLists.txt, one\n"
          "stage (or reparameterization) that works, its test, and a README.",
      .options = options,
      .positional_min = 1,
      .positional_max = 1,
      .run = run,
  };
}

}  // namespace smear::cli
