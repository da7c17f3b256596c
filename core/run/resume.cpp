// SPDX-License-Identifier: Apache-2.0
#include "run/resume.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <unordered_map>

namespace smear {
namespace {

namespace fs = std::filesystem;

/// What is known of a path from its samples.
struct Verdict {
  bool good = true;  ///< done, and from the file as it is now
  bool other_pipeline = false;
  bool in_input = false;
};

bool files_stand(const Workspace& workspace, const std::vector<SampleRecord::File>& files) {
  for (const auto& file : files) {
    std::error_code error;
    const auto size = fs::file_size(workspace.out() / file.name, error);
    if (error || static_cast<std::int64_t>(size) != file.size) return false;
  }
  return true;
}

FileStamp stamp_of(const fs::path& file) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) return {};
  return {info.st_size, std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

}  // namespace

FileStamp stamp_of(const FileList& list, const std::string& file) {
  auto stamp = stamp_of(list.path_of(file));
  for (const auto& [slot, path] : list.files_beside(file)) {
    const auto other = stamp_of(path);
    stamp.size += other.size;
    // Mixed, not the later one: either file may be replaced by one that is older than the other.
    stamp.time = static_cast<std::int64_t>(std::rotl(static_cast<std::uint64_t>(stamp.time), 17) ^
                                           static_cast<std::uint64_t>(other.time));
  }
  return stamp;
}

EarlierWork take_up(Workspace& workspace, const FileList& list, const std::string& fingerprint) {
  auto& ledger = workspace.ledger();
  std::unordered_map<std::string, std::int64_t> positions;
  for (std::size_t i = 0; i < list.files.size(); ++i)
    positions.emplace(list.files[i], static_cast<std::int64_t>(i));

  std::unordered_map<std::string, Verdict> verdicts;
  std::unordered_map<std::string, std::int64_t> moved;
  ledger.for_each([&](const SampleRecord& record) {
    auto& verdict = verdicts[record.id.path];
    verdict.good = verdict.good && record.done;
    verdict.other_pipeline = verdict.other_pipeline || record.fingerprint != fingerprint;
    const auto it = positions.find(record.id.path);
    if (it == positions.end()) return;
    verdict.in_input = true;
    if (it->second != record.position) moved[record.id.path] = it->second;
    verdict.good = verdict.good &&
                   FileStamp{record.file_size, record.file_time} == stamp_of(list, record.id.path);
  });
  ledger.set_positions(moved);

  EarlierWork work;
  std::int64_t other_pipeline = 0;
  std::int64_t gone = 0;
  for (const auto& [path, verdict] : verdicts) {
    const auto files = ledger.files_of(path);
    if (verdict.good && !verdict.other_pipeline &&
        (!verdict.in_input || files_stand(workspace, files))) {
      if (verdict.in_input)
        work.kept.insert(path);
      else
        ++gone;
      continue;
    }
    if (verdict.other_pipeline && verdict.good) ++other_pipeline;
    for (const auto& file : files) workspace.remove_output(file.name);
    ledger.forget(path);
  }
  if (other_pipeline > 0)
    work.notes.push_back(fmt::format(
        "{} files of the earlier run were made by another pipeline, other options or another seed; "
        "their results are removed, and made anew as far as this run goes",
        other_pipeline));
  if (gone > 0)
    work.notes.push_back(fmt::format(
        "{} files of the earlier run are not in the input any more; their results are kept", gone));
  return work;
}

}  // namespace smear
