// SPDX-License-Identifier: Apache-2.0
#include "run/tables.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "run/display-path.h"
#include "run/outputs.h"
#include "smear/errors.h"

namespace smear {
namespace {

using nlohmann::json;

std::string cell(const json& value) {
  if (value.is_null()) return "";
  if (value.is_number_float()) return fmt::format("{:.9g}", value.get<double>());
  if (value.is_number()) return value.dump();
  return csv_field(value.get<std::string>());
}

std::vector<std::string> columns_of(const Ledger& ledger, const std::string& table) {
  std::vector<std::string> columns;
  ledger.for_each_row(table, [&](const SampleId&, const std::string& text) {
    for (const auto& name : json::parse(text)["columns"])
      if (std::ranges::find(columns, name.get<std::string>()) == columns.end())
        columns.push_back(name.get<std::string>());
  });
  return columns;
}

void close(std::ofstream& stream, const std::filesystem::path& file) {
  stream.close();
  if (!stream)
    throw RunError(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
}

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

void write_table(const Ledger& ledger, const std::string& table,
                 const std::filesystem::path& file) {
  const auto columns = columns_of(ledger, table);
  write_whole(file, [&](const std::filesystem::path& temporary) {
    std::ofstream stream(temporary, std::ios::binary);
    stream << "image";
    for (const auto& column : columns) stream << ',' << csv_field(column);
    stream << '\n';
    ledger.for_each_row(table, [&](const SampleId& id, const std::string& text) {
      const auto fragment = json::parse(text);
      std::vector<std::size_t> source(columns.size(), std::string::npos);
      for (std::size_t i = 0; i < fragment["columns"].size(); ++i) {
        const auto it = std::ranges::find(columns, fragment["columns"][i].get<std::string>());
        source[static_cast<std::size_t>(it - columns.begin())] = i;
      }
      const auto image = csv_field(display(to_string(id)));
      for (const auto& row : fragment["rows"]) {
        stream << image;
        for (const auto at : source)
          stream << ',' << (at == std::string::npos ? "" : cell(row[at]));
        stream << '\n';
      }
    });
    close(stream, file);
  });
}

void write_samples(const Ledger& ledger, const std::filesystem::path& file) {
  write_whole(file, [&](const std::filesystem::path& temporary) {
    std::ofstream stream(temporary, std::ios::binary);
    stream << "image,status,stage,reason,warnings,width,height,seconds,started\n";
    ledger.for_each_in_order(Ledger::Detail::sample, [&](const SampleRecord& r) {
      stream << csv_field(display(to_string(r.id))) << ',' << (r.done ? "done" : "quarantined")
             << ',' << csv_field(r.stage) << ',' << csv_field(display_text(r.reason)) << ','
             << csv_field(display_text(fmt::format("{}", fmt::join(r.warnings, "; ")))) << ',';
      if (r.width > 0)
        stream << r.width << ',' << r.height;
      else
        stream << ',';
      stream << fmt::format(",{:.4f},{:%FT%TZ}\n", r.seconds,
                            fmt::gmtime(static_cast<std::time_t>(r.started)));
    });
    close(stream, file);
  });
}

}  // namespace smear
