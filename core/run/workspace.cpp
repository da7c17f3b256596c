// SPDX-License-Identifier: Apache-2.0
#include "run/workspace.h"

#include <fmt/format.h>

#include "smear/errors.h"

namespace smear {

namespace fs = std::filesystem;

fs::path ledger_of(const fs::path& out) { return out / ".smear" / "ledger.db"; }

bool holds_run(const fs::path& out) {
  std::error_code error;
  return fs::exists(ledger_of(out), error);
}

Workspace::Workspace(fs::path out, Open open) : out_(std::move(out)) {
  const auto own = out_ / ".smear";
  std::error_code error;
  fs::create_directories(own, error);
  if (error) throw RunError(fmt::format("cannot create {}: {}", own.string(), error.message()));
  lock_.emplace(own / "lock",
                fmt::format("another smear is at work in {}; wait for it, or give each shard an "
                            "OUT of its own",
                            out_.string()));
  if (open == Open::overwrite && holds_run(out_)) remove_earlier_run();
  fs::remove_all(own / "tmp", error);  // what a killed run left
  ledger_ = std::make_unique<Ledger>(ledger_of(out_), Ledger::Mode::create);
}

Workspace::~Workspace() {
  std::error_code ignored;
  fs::remove_all(out_ / ".smear" / "tmp", ignored);
  ledger_.reset();
}

fs::path Workspace::staging(std::uint64_t number) const {
  return out_ / ".smear" / "tmp" / std::to_string(number);
}

void Workspace::remove_output(const std::string& name) const {
  std::error_code error;
  const fs::path file = out_ / name;
  fs::remove(file, error);
  for (auto folder = file.parent_path(); folder != out_ && fs::is_empty(folder, error) && !error;
       folder = folder.parent_path())
    fs::remove(folder, error);
}

void Workspace::remove_earlier_run() {
  try {
    const Ledger earlier(ledger_of(out_), Ledger::Mode::open);
    earlier.for_each_in_order(Ledger::Detail::all, [this](const SampleRecord& record) {
      for (const auto& file : record.files) remove_output(file.name);
    });
    for (const auto& table : earlier.tables()) remove_output(table);
  } catch (const RunError& e) {
    throw RunError(fmt::format("{}; what the earlier run wrote is not known: remove {} yourself",
                               e.what(), out_.string()));
  }
  for (const char* name : {"run.json", "samples.csv", "counts.csv", "report.html"})
    remove_output(name);
  std::error_code error;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    fs::path file = ledger_of(out_);
    file += suffix;
    fs::remove(file, error);
    if (error) throw RunError(fmt::format("cannot remove {}: {}", file.string(), error.message()));
  }
}

}  // namespace smear
