// SPDX-License-Identifier: Apache-2.0
#include "run/tables.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <vector>

#include "run/csv.h"
#include "run/display-path.h"
#include "run/outputs.h"
#include "smear/errors.h"

namespace smear {
namespace {

std::vector<std::string_view> fields_of(const std::string& header) {
  std::string_view rest = header;
  return take_csv_record(rest);
}

// Where each of `columns` stands in a record under `header`.
std::vector<std::size_t> places(const std::vector<std::string_view>& columns,
                                const std::string& header) {
  const auto fields = fields_of(header);
  std::vector<std::size_t> result;
  for (const auto column : columns)
    result.push_back(static_cast<std::size_t>(std::ranges::find(fields, column) - fields.begin()));
  return result;
}

void close(std::ofstream& stream, const std::filesystem::path& file) {
  stream.close();
  if (!stream)
    throw RunError(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
}

}  // namespace

void write_table(const Ledger& ledger, const std::string& table,
                 const std::filesystem::path& file) {
  const auto headers = ledger.headers(table);
  std::vector<std::string_view> columns;
  for (const auto& header : headers)
    for (const auto field : fields_of(header))
      if (std::ranges::find(columns, field) == columns.end()) columns.push_back(field);
  const auto header = fmt::format("{}", fmt::join(columns, ","));
  write_whole(file, [&](const std::filesystem::path& temporary) {
    std::ofstream stream(temporary, std::ios::binary);
    stream << "image" << (columns.empty() ? "" : ",") << header << '\n';
    ledger.for_each_rows(
        table, [&](const SampleId& id, const std::string& own, const std::string& csv) {
          const auto image = csv_field(display(to_string(id)));
          const auto order = places(columns, own);
          std::string_view rest = csv;
          while (!rest.empty()) {
            const auto whole = rest;
            const auto fields = take_csv_record(rest);
            stream << image;
            if (own == header) {
              stream << ',' << whole.substr(0, whole.size() - rest.size());
              continue;
            }
            for (const auto at : order)
              stream << ',' << (at < fields.size() ? fields[at] : std::string_view());
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

void write_counts(const Ledger& ledger, const std::filesystem::path& file) {
  using Counts = std::map<std::string, std::int64_t>;
  const auto counts_of = [](const SampleRecord& record) {
    for (const auto& rows : record.rows)
      if (!rows.summary.empty()) return nlohmann::json::parse(rows.summary)["counts"].get<Counts>();
    return Counts{};
  };
  std::set<std::string> classes;
  ledger.for_each_in_order(Ledger::Detail::all, [&](const SampleRecord& record) {
    for (const auto& [name, count] : counts_of(record)) classes.insert(name);
  });
  if (classes.empty()) {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);  // of an earlier pipeline that counted something
    return;
  }
  write_whole(file, [&](const std::filesystem::path& temporary) {
    std::ofstream stream(temporary, std::ios::binary);
    stream << "image";
    for (const auto& name : classes) stream << ',' << csv_field(name);
    stream << '\n';
    ledger.for_each_in_order(Ledger::Detail::all, [&](const SampleRecord& record) {
      if (!record.done) return;
      auto counts = counts_of(record);
      stream << csv_field(display(to_string(record.id)));
      for (const auto& name : classes) stream << ',' << counts[name];
      stream << '\n';
    });
    close(stream, file);
  });
}

}  // namespace smear
