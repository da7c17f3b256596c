// SPDX-License-Identifier: Apache-2.0
#include "run/outputs.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

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
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) fail(file, error);
}

void move_to(const fs::path& from, const fs::path& to) {
  make_folder_of(to);
  std::error_code error;
  fs::rename(from, to, error);
  if (error) fail(to, error);
}

nlohmann::json json_of(const Table& table) {
  nlohmann::json columns = nlohmann::json::array();
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t i = 0; i < table.rows(); ++i) rows.push_back(nlohmann::json::array());
  for (const auto& column : table.columns()) {
    columns.push_back(column.name);
    const auto append = [&rows](const auto& values) {
      for (std::size_t i = 0; i < values.size(); ++i) rows[i].push_back(values[i]);
    };
    std::visit(append, column.values);  // NaN becomes null: a missing value
  }
  return {{"columns", std::move(columns)}, {"rows", std::move(rows)}};
}

}  // namespace

PendingOutputs::PendingOutputs(fs::path out, fs::path staging)
    : out_(std::move(out)), staging_(std::move(staging)) {}

PendingOutputs::~PendingOutputs() {
  std::error_code ignored;  // what stays behind is removed when the next run begins
  fs::remove_all(staging_, ignored);
}

void PendingOutputs::save(const Sample& sample, std::string_view name_template,
                          const std::function<void(const fs::path&)>& write) {
  Saved saved;
  saved.file.name = expand(name_template, sample.id());
  saved.file.stage = stage_;
  if (const auto problem = problem_with_output(saved.file.name)) throw SampleError(*problem);
  {
    const std::lock_guard lock(mutex_);
    // Writers choose the format by the extension, so the temporary name keeps it.
    saved.temporary =
        staging_ / fmt::format("{}{}", count_++, fs::path(saved.file.name).extension().string());
  }
  make_folder_of(saved.temporary);
  write(saved.temporary);
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
  auto json = json_of(rows).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const std::lock_guard lock(mutex_);
  rows_[sample.id()].push_back({std::string(run_file), std::move(json)});
}

void PendingOutputs::publish(const SampleId& id, SampleRecord& record) {
  const std::lock_guard lock(mutex_);
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
