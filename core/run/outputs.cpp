// SPDX-License-Identifier: Apache-2.0
#include "run/outputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "run/csv.h"
#include "run/display-path.h"
#include "run/name-template.h"

namespace smear {
namespace {

namespace fs = std::filesystem;

// What one name brings about fails the sample; what the disk brings about fails the run.
[[noreturn]] void fail(const fs::path& file, const std::error_code& error) {
  const auto message = fmt::format("cannot write {}: {}", display(file.string()), error.message());
  if (error == std::errc::filename_too_long || error == std::errc::not_a_directory ||
      error == std::errc::is_a_directory || error == std::errc::file_exists ||
      error == std::errc::directory_not_empty || error == std::errc::invalid_argument ||
      error == std::errc::illegal_byte_sequence)
    throw SampleError(message);
  throw RunError(message);
}

void make_folder_of(const fs::path& file) {
  if (!file.has_parent_path()) return;  // a bare name is in the current folder
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) fail(file, error);
}

// The folder is there but for the first file in it: looking first would cost more than the move.
void move_to(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error == std::errc::no_such_file_or_directory) {
    make_folder_of(to);
    fs::rename(from, to, error);
  }
  if (error) fail(to, error);
}

double number_in(const Column& column, std::size_t row) {
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&column.values))
    return static_cast<double>((*integers)[row]);
  if (const auto* reals = std::get_if<std::vector<double>>(&column.values)) return (*reals)[row];
  return std::numeric_limits<double>::quiet_NaN();
}

// What the report shows of a table of objects: how many of each class, how large and how round.
std::string summary_of(const Table& table) {
  if (!table.has("label")) return "";
  const auto find = [&](std::string_view name) {
    return std::ranges::find(table.columns(), name, &Column::name);
  };
  const auto none = table.columns().end();
  const auto classes = find("class");
  nlohmann::json counts = nlohmann::json::object();
  nlohmann::json values = nlohmann::json::object();
  for (std::size_t row = 0; row < table.rows(); ++row) {
    // A class is mostly a name, but a plugin may number its classes.
    const std::string name = classes == none ? "" : csv_cell(*classes, row);
    auto& count = counts[name.empty() ? "objects" : name];
    count = count.is_null() ? 1 : count.get<std::int64_t>() + 1;
    for (const char* measure : {"area_px", "circularity"})
      if (const auto column = find(measure); column != none)
        if (const double value = number_in(*column, row); std::isfinite(value))
          values[name][measure].push_back(static_cast<float>(value));
  }
  if (counts.empty() && classes == none) counts["objects"] = 0;
  return nlohmann::json{{"counts", std::move(counts)}, {"values", std::move(values)}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

SampleRecord::Rows rows_of(const Table& table, std::string_view run_file) {
  SampleRecord::Rows rows;
  rows.file = run_file;
  rows.header = csv_header(table);
  rows.csv = csv_rows(table);
  rows.summary = summary_of(table);
  return rows;
}

}  // namespace

namespace {

const SampleId of_run{"", -1};  // no sample is called so

}  // namespace

void ClaimedNames::reserve(const std::string& name) {
  const std::lock_guard lock(mutex_);
  owners_.emplace(name, of_run);
}

void ClaimedNames::claim(const std::string& name, const SampleId& id) {
  const std::lock_guard lock(mutex_);
  const auto [owner, first] = owners_.emplace(name, id);
  if (owner->second == of_run)
    throw SampleError(fmt::format(
        "'{}' is a file of the whole run; give each image a file of its own", display(name)));
  if (owner->second != id)
    throw SampleError(
        fmt::format("'{}' is written by image '{}' already; give each image a file of its "
                    "own",
                    display(name), display(to_string(owner->second))));
}

PendingOutputs::PendingOutputs(fs::path out, fs::path staging, ClaimedNames* names)
    : out_(std::move(out)), staging_(std::move(staging)), names_(names) {}

PendingOutputs::~PendingOutputs() {
  std::error_code ignored;  // what stays behind is removed when the next run begins
  for (const auto& [id, files] : files_)
    for (const auto& saved : files) fs::remove(saved.temporary, ignored);
}

void PendingOutputs::save(const Sample& sample, std::string_view name_template,
                          const std::function<void(const fs::path&)>& write) {
  Saved saved;
  saved.file.name = expand(name_template, sample.id());
  saved.file.stage = stage_;
  if (const auto problem = problem_with_output(saved.file.name))
    throw SampleError(fmt::format("the file '{}' {}", saved.file.name, *problem));
  {
    const std::lock_guard lock(mutex_);
    // Writers choose the format by the extension, so the temporary name keeps it.
    saved.temporary = staging_;
    saved.temporary +=
        fmt::format("-{}{}", count_++, fs::path(saved.file.name).extension().string());
    if (count_ == 1) make_folder_of(saved.temporary);
  }
  try {
    write(saved.temporary);
  } catch (...) {
    std::error_code ignored;
    fs::remove(saved.temporary, ignored);
    throw;
  }
  std::error_code error;
  saved.file.size = static_cast<std::int64_t>(fs::file_size(saved.temporary, error));
  if (error) fail(saved.file.name, error);
  const std::lock_guard lock(mutex_);
  files_[sample.id()].push_back(std::move(saved));
}

void PendingOutputs::append(const Sample& sample, std::string_view run_file, const Table& rows) {
  if (rows.has("image"))
    throw SampleError(
        fmt::format("a table for {} has a column 'image', which the run adds itself", run_file));
  auto text = rows_of(rows, run_file);
  const std::lock_guard lock(mutex_);
  rows_[sample.id()].push_back(std::move(text));
}

void PendingOutputs::append_piece(const Sample& sample, std::string_view run_file,
                                  std::string_view form, std::string head, std::string piece) {
  SampleRecord::Rows rows;
  rows.file = run_file;
  rows.form = form;
  rows.header = std::move(head);
  rows.csv = std::move(piece);
  const std::lock_guard lock(mutex_);
  rows_[sample.id()].push_back(std::move(rows));
}

// What a sample saves twice under one name is what it saved last.
void PendingOutputs::drop_replaced(std::vector<Saved>& files) {
  for (std::size_t i = 0; i < files.size();) {
    const auto again =
        std::find_if(files.begin() + static_cast<std::ptrdiff_t>(i) + 1, files.end(),
                     [&](const Saved& other) { return other.file.name == files[i].file.name; });
    if (again == files.end()) {
      ++i;
      continue;
    }
    std::error_code ignored;
    fs::remove(files[i].temporary, ignored);
    files.erase(files.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void PendingOutputs::publish(const SampleId& id, SampleRecord& record) {
  // Moving files would make OUT anew, without what had been in it.
  std::error_code error;
  if (!fs::exists(out_ / ".smear" / "lock", error))
    throw RunError(fmt::format("the output folder {} is not there any more", out_.string()));
  const std::lock_guard lock(mutex_);
  drop_replaced(files_[id]);
  if (names_ != nullptr)
    for (const auto& saved : files_[id]) names_->claim(saved.file.name, id);
  std::vector<fs::path> published;
  try {
    for (const auto& saved : files_[id]) {
      move_to(saved.temporary, out_ / saved.file.name);
      published.push_back(out_ / saved.file.name);
    }
  } catch (...) {
    // All of a sample's files or none.
    std::error_code ignored;
    for (const auto& file : published) fs::remove(file, ignored);
    throw;
  }
  for (auto& saved : files_[id]) record.files.push_back(std::move(saved.file));
  record.rows = std::move(rows_[id]);
  files_.erase(id);
  rows_.erase(id);
}

void PendingOutputs::discard(const SampleId& id) {
  const std::lock_guard lock(mutex_);
  for (const auto& saved : files_[id]) {
    std::error_code ignored;
    fs::remove(saved.temporary, ignored);
  }
  files_.erase(id);
  rows_.erase(id);
}

PendingOutputs::Mark PendingOutputs::mark(const SampleId& id) {
  const std::lock_guard lock(mutex_);
  return {files_[id].size(), rows_[id].size()};
}

void PendingOutputs::rewind(const SampleId& id, Mark mark) {
  const std::lock_guard lock(mutex_);
  auto& files = files_[id];
  for (auto saved = files.begin() + static_cast<std::ptrdiff_t>(mark.files); saved != files.end();
       ++saved) {
    std::error_code ignored;
    fs::remove(saved->temporary, ignored);
  }
  files.erase(files.begin() + static_cast<std::ptrdiff_t>(mark.files), files.end());
  auto& rows = rows_[id];
  rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(mark.rows), rows.end());
}

void write_whole(const fs::path& file, const std::function<void(const fs::path&)>& write) {
  fs::path temporary = file;
  temporary += ".part";
  try {
    make_folder_of(file);
    write(temporary);
    move_to(temporary, file);
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
}

void write_whole(const fs::path& file, std::string_view text) {
  write_whole(file, [&](const fs::path& temporary) {
    std::ofstream stream(temporary, std::ios::binary);
    stream.write(text.data(), static_cast<std::streamsize>(text.size()));
    stream.close();
    if (!stream)
      throw RunError(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
  });
}

}  // namespace smear
