// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <string_view>

#include "report/file-url.h"
#include "report/histogram.h"
#include "report/html.h"
#include "report/page.h"
#include "run/display-path.h"
#include "smear/errors.h"

namespace smear::report {
namespace {

using nlohmann::json;

/// The class names in use, in the order in which the page shows them.
std::vector<std::string> class_names(const Report& report) {
  std::set<std::string> names;
  for (const SampleRow& row : report.samples)
    for (const auto& [name, count] : row.counts) names.insert(name);
  return {names.begin(), names.end()};
}

std::int64_t count_of(const SampleRow& row, const std::string& name) {
  const auto found = row.counts.find(name);
  return found == row.counts.end() ? 0 : found->second;
}

/// Seconds to a tenth of a millisecond: more digits only make the page larger.
json rounded(double seconds) {
  if (!std::isfinite(seconds)) return nullptr;
  return std::round(seconds * 1e4) / 1e4;
}

/// JSON with every string made valid UTF-8: file names find their way into keys and values.
json readable(const json& value) {
  if (value.is_string()) return display_text(value.get_ref<const std::string&>());
  if (value.is_array()) {
    json result = json::array();
    for (const json& item : value) result.push_back(readable(item));
    return result;
  }
  if (value.is_object()) {
    json result = json::object();
    for (const auto& [key, item] : value.items()) result[display(key)] = readable(item);
    return result;
  }
  return value;
}

/// Samples by column, with what few of them have (a reason, warnings) apart: a fifth of the size of
/// one object a sample.
json sample_columns(const Report& report, const std::vector<std::string>& classes) {
  json ids = json::array();
  json seconds = json::array();
  json previews = json::array();
  json failures = json::object();
  json warnings = json::object();
  json counts = json::array();
  std::size_t index = 0;
  for (const SampleRow& row : report.samples) {
    const std::string key = std::to_string(index++);
    ids.push_back(display(row.id));
    seconds.push_back(rounded(row.seconds));
    previews.push_back(file_url(row.preview));
    if (!row.done) failures[key] = json::array({display(row.stage), display_text(row.reason)});
    for (const std::string& text : row.warnings) warnings[key].push_back(display_text(text));
  }
  for (const std::string& name : classes) {
    json column = json::array();
    for (const SampleRow& row : report.samples) column.push_back(count_of(row, name));
    counts.push_back(std::move(column));
  }
  return {{"ids", std::move(ids)},           {"seconds", std::move(seconds)},
          {"previews", std::move(previews)}, {"failures", std::move(failures)},
          {"warnings", std::move(warnings)}, {"counts", std::move(counts)}};
}

json to_json(const Histogram& h) {
  return {{"low", h.low},     {"width", h.width}, {"counts", h.counts},   {"below", h.below},
          {"above", h.above}, {"n", h.n},         {"missing", h.missing}, {"min", h.minimum},
          {"max", h.maximum}, {"mean", h.mean},   {"median", h.median}};
}

json series_histograms(const Report& report) {
  json result = json::array();
  for (const Series& series : report.series) {
    json entry = to_json(histogram(series.values, Grain::real));
    entry["measure"] = display(series.measure);
    entry["group"] = display(series.group);
    result.push_back(std::move(entry));
  }
  return result;
}

/// Objects a slide, class by class, over the slides that are done.
json count_histograms(const Report& report, const std::vector<std::string>& classes) {
  json result = json::array();
  for (const std::string& name : classes) {
    std::vector<float> values;
    for (const SampleRow& row : report.samples)
      if (row.done) values.push_back(static_cast<float>(count_of(row, name)));
    result.push_back(to_json(histogram(values, Grain::whole)));
  }
  return result;
}

json page_data(const Report& report, const std::vector<std::string>& classes) {
  json names = json::array();
  for (const std::string& name : classes) names.push_back(display(name));
  return {
      {"title", display(report.title)},        {"provenance", readable(report.provenance)},
      {"classes", std::move(names)},           {"samples", sample_columns(report, classes)},
      {"measures", series_histograms(report)}, {"per_slide", count_histograms(report, classes)}};
}

/// JSON that may stand in a script element: outside strings JSON has no `<`, so nothing in the data
/// can end the element or open a comment.
std::string script_text(const json& data) {
  const std::string text = data.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string result;
  result.reserve(text.size() + text.size() / 64);
  for (const char c : text) {
    if (c == '<')
      result += "\\u003c";
    else
      result += c;
  }
  return result;
}

/// The headline figures as table rows, for a browser that runs no script.
std::string headline_rows(const Report& report, const std::vector<std::string>& classes) {
  std::string rows;
  const auto add = [&rows](std::string_view label, const std::string& value) {
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", html_text(label), value);
  };
  const auto done = std::count_if(report.samples.begin(), report.samples.end(),
                                  [](const SampleRow& row) { return row.done; });
  add("Slides done", std::to_string(done));
  add("Quarantined", std::to_string(std::ssize(report.samples) - done));
  for (const std::string& name : classes) {
    std::int64_t total = 0;
    for (const SampleRow& row : report.samples)
      if (row.done) total += count_of(row, name);
    add(display(name), std::to_string(total));
  }
  const json& run = report.provenance;
  if (!run.is_object() || !run.contains("seconds") || !run["seconds"].is_number()) return rows;
  const double seconds = run["seconds"].get<double>();
  add("Duration", fmt::format("{:.1f} s", seconds));
  const json kept = run.value("kept_from_earlier_run", json(0));
  const double fresh =
      static_cast<double>(report.samples.size()) - (kept.is_number() ? kept.get<double>() : 0.0);
  if (seconds > 0.0)
    add("Images per second", fmt::format("{:.1f}", std::max(0.0, fresh) / seconds));
  return rows;
}

void write_whole(const std::string& text, const std::filesystem::path& file) {
  std::filesystem::path partial = file;
  partial += ".partial";
  std::ofstream out(partial, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(partial, file, error);
  if (out && !error) return;
  std::error_code ignored;
  std::filesystem::remove(partial, ignored);
  throw RunError(
      fmt::format("cannot write the report {}{}{}; check that the folder exists, may be written to "
                  "and has space left",
                  display(file.native()), error ? ": " : "", error ? error.message() : ""));
}

}  // namespace

void write(const Report& report, const std::filesystem::path& file) {
  const std::vector<std::string> classes = class_names(report);
  write_whole(
      fill(page_template(), {{"<!--report:title-->", html_text(display(report.title))},
                             {"<!--report:headline-->", headline_rows(report, classes)},
                             {"<!--report:data-->", script_text(page_data(report, classes))}}),
      file);
}

}  // namespace smear::report
