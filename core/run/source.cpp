// SPDX-License-Identifier: Apache-2.0
#include "run/source.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>
#include <unordered_set>
#include <utility>

#include "config/yaml.h"
#include "run/name-template.h"

namespace smear {
namespace {

namespace fs = std::filesystem;

bool glob(const std::string& pattern, const std::string& text, int flags) {
  return fnmatch(pattern.c_str(), text.c_str(), flags | FNM_CASEFOLD | FNM_NOESCAPE) == 0;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

bool wanted(const InputSettings& settings, const std::string& path) {
  const auto hit = [&](const std::string& pattern) { return matches_glob(pattern, path); };
  return std::ranges::any_of(settings.include, hit) &&
         std::ranges::none_of(settings.exclude, hit) &&
         (!settings.where || settings.where(fs::path(path).filename().string()));
}

/// Walks a directory tree. std::filesystem's recursive iterator stops at the first folder that it
/// cannot enter and follows no loop check; a lab's disk has both.
class Scan {
 public:
  Scan(const fs::path& root, const fs::path& output, const InputSettings& settings, FileList& list)
      : root_(root), settings_(settings), list_(list) {
    std::error_code error;
    output_ = fs::weakly_canonical(output, error);
  }

  void run() {
    visit("");
    // A link into the input itself must not take a folder's name from it, so links come last.
    while (!links_.empty()) {
      const auto batch = std::exchange(links_, {});
      for (const auto& link : batch) visit(link);
    }
    std::ranges::sort(list_.files);
  }

 private:
  void visit(const std::string& folder) {
    const fs::path path = folder.empty() ? root_ : root_ / folder;
    if (!enter(path, folder)) return;
    std::error_code error;
    fs::directory_iterator it(path, error);
    if (error) {
      list_.unreadable.emplace_back(folder.empty() ? "." : folder,
                                    fmt::format("cannot list the folder: {}", error.message()));
      return;
    }
    std::vector<std::string> folders;
    std::vector<std::string> links;  // after real folders, so that names do not depend on the order
    while (it != fs::directory_iterator()) {
      const std::string name = it->path().filename().string();
      std::error_code ignored;
      if (!name.starts_with('.')) {
        const std::string relative = folder.empty() ? name : folder + "/" + name;
        if (wanted(settings_, relative)) list_.files.push_back(relative);
        if (it->is_directory(ignored))
          (it->is_symlink(ignored) ? links : folders).push_back(relative);
      }
      it.increment(error);
      if (error) {
        list_.unreadable.emplace_back(
            folder.empty() ? "." : folder,
            fmt::format("cannot list the whole folder: {}", error.message()));
        break;
      }
    }
    std::ranges::sort(folders);
    std::ranges::sort(links);
    for (const auto& child : folders) visit(child);
    links_.insert(links_.end(), links.begin(), links.end());
  }

  // False for a folder that holds a run, and for one that a link leads back to.
  bool enter(const fs::path& path, const std::string& folder) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return true;  // listing it says why
    if (!visited_.emplace(info.st_dev, info.st_ino).second) return false;
    std::error_code error;
    if (folder.empty()) return true;
    if (fs::weakly_canonical(path, error) == output_) return drop_match(folder);
    if (fs::exists(path / ".smear", error)) return drop_match(folder);
    return true;
  }

  // A run's folder is no input even where its name matches.
  bool drop_match(const std::string& folder) {
    std::erase(list_.files, folder);
    return false;
  }

  fs::path root_;
  fs::path output_;
  const InputSettings& settings_;
  FileList& list_;
  std::vector<std::string> links_;
  std::set<std::pair<dev_t, ino_t>> visited_;
};

FileList from_list_file(const fs::path& file, const InputSettings& settings) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw ConfigError(fmt::format("cannot read the list {}", file.string()));
  FileList list;
  list.root = fs::absolute(file).parent_path();
  std::unordered_set<std::string> seen;
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.find('\0') != std::string::npos)
      throw ConfigError(fmt::format(
          "{} is neither an image that Smearkit reads nor a list of paths", file.string()));
    if (line.empty() || line.starts_with('#')) continue;
    const auto path = (list.root / line).lexically_normal();
    auto name = path.lexically_relative(list.root);
    const bool outside = *name.begin() == "..";
    if (outside) name = path.relative_path();
    const auto excluded = [&](const std::string& pattern) {
      return matches_glob(pattern, name.string());
    };
    if (std::ranges::any_of(settings.exclude, excluded) || !seen.insert(name.string()).second)
      continue;
    if (outside) list.outside.emplace(name.string(), path);
    list.files.push_back(name.string());
  }
  return list;
}

bool is_list_file(const fs::path& file) {
  const auto name = file.filename().string();
  return glob("*.txt", name, 0) || glob("*.lst", name, 0) || glob("*.list", name, 0);
}

}  // namespace

fs::path FileList::path_of(const std::string& file) const {
  const auto it = outside.find(file);
  return it == outside.end() ? root / file : it->second;
}

std::map<std::string, fs::path> FileList::files_beside(const std::string& file) const {
  std::map<std::string, fs::path> result;
  for (const auto& [slot, name] : beside)
    result[slot] = (root / expand(name, SampleId{file, 0})).lexically_normal();
  return result;
}

bool matches_glob(std::string_view pattern, std::string_view path) {
  if (pattern.find('/') == std::string_view::npos) {
    const auto slash = path.rfind('/');
    if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  }
  const std::string text(path);
  const std::string globs(pattern);
  if (globs.find("**") == std::string::npos) return glob(globs, text, FNM_PATHNAME);
  // Without FNM_PATHNAME a star crosses folders; "**/" also stands for no folder at all.
  return glob(replaced(globs, "**", "*"), text, 0) || glob(replaced(globs, "**/", ""), text, 0);
}

Shard Shard::parse(const std::string& text) {
  Shard shard;
  const auto slash = text.find('/');
  const auto number = [&](std::string_view part, int& value) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    return error == std::errc{} && end == part.data() + part.size() && !part.empty();
  };
  const std::string_view view = text;
  if (slash == std::string::npos || !number(view.substr(0, slash), shard.index) ||
      !number(view.substr(slash + 1), shard.count) || shard.count < 1 || shard.index < 1 ||
      shard.index > shard.count)
    throw ConfigError(
        fmt::format("--shard takes I/N with I from 1 to N, such as 2/3, got '{}'", text));
  return shard;
}

bool Shard::takes(const std::string& path) const {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a: the same on every machine
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  hash ^= hash >> 32U;
  return hash % static_cast<std::uint64_t>(count) == static_cast<std::uint64_t>(index - 1);
}

FileList find_files(const fs::path& input, const fs::path& output, const InputSettings& settings) {
  std::error_code error;
  const auto status = fs::status(input, error);
  if (!fs::exists(status))
    throw ConfigError(fmt::format("the input {} is not there", input.string()));
  FileList list;
  if (fs::is_directory(status)) {
    list.root = input;
    Scan(input, output, settings, list).run();
  } else if (is_list_file(input)) {
    list = from_list_file(input, settings);
  } else {
    list.root = fs::absolute(input, error).parent_path();
    list.files.push_back(input.filename().string());
  }
  list.beside = settings.beside;
  return list;
}

}  // namespace smear
