// SPDX-License-Identifier: Apache-2.0
#include "run/eval-export.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <vector>

#include "codec/codec.h"
#include "run/csv.h"
#include "run/display-path.h"
#include "run/ledger.h"
#include "run/outputs.h"
#include "run/workspace.h"

namespace smear {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view header = "image,label,x,y,x0,y0,x1,y1,area,class";

/// The columns of the run's table that are read, in the order of `Place`.
constexpr std::array<std::string_view, 9> needed{"label",         "class",         "area_px",
                                                 "centroid_x_px", "centroid_y_px", "bbox_x",
                                                 "bbox_y",        "bbox_width",    "bbox_height"};
enum Place { label, cell_class, area, x, y, left, top, width, height };

using Fields = std::vector<std::string_view>;

std::string shown(const fs::path& path) { return display(path.string()); }

Fields fields_of(std::string_view record) { return take_csv_record(record); }

std::string unquoted(std::string_view field) {
  if (!field.starts_with('"')) return std::string(field);
  std::string text;
  for (std::size_t i = 1; i + 1 < field.size(); ++i) {
    text += field[i];
    if (field[i] == '"') ++i;
  }
  return text;
}

std::vector<std::string_view> missing_columns(const std::vector<std::string>& headers) {
  Fields there;
  for (const auto& one : headers)
    for (const auto field : fields_of(one)) there.push_back(field);
  std::vector<std::string_view> missing;
  for (const auto column : needed)
    if (std::ranges::find(there, column) == there.end()) missing.push_back(column);
  return missing;
}

void check_complete(const Ledger& ledger, const fs::path& run) {
  const auto facts = ledger.meta("run");
  if (facts.empty())
    throw ConfigError(
        fmt::format("the run in {} has not ended: continue it with --resume", shown(run)));
  const auto end = json::parse(facts, nullptr, false).value("end", "");
  if (end != "complete")
    throw ConfigError(fmt::format("the run in {} is not complete ({}): continue it with --resume",
                                  shown(run), end));
}

// The table to read: the one named, or the only one with the columns.
std::string find_table(const Ledger& ledger, const EvalExport& request) {
  const auto tables = ledger.tables();
  if (tables.empty())
    throw ConfigError(fmt::format("the run in {} wrote no table; its pipeline needs `save-table`",
                                  shown(request.run)));
  std::vector<std::string> fit;
  std::vector<std::string> others;
  for (const auto& table : tables) {
    if (request.table && table != *request.table) continue;
    const auto missing = missing_columns(ledger.headers(table));
    if (missing.empty())
      fit.push_back(table);
    else
      others.push_back(
          fmt::format("{} has no column {}", display(table), fmt::join(missing, ", ")));
  }
  if (fit.size() == 1) return fit.front();
  if (fit.size() > 1)
    throw ConfigError(fmt::format("several tables of the run hold cells; name one by --table: {}",
                                  fmt::join(fit, ", ")));
  if (others.empty())
    throw ConfigError(fmt::format("the run has no table {}; it wrote {}", display(*request.table),
                                  fmt::join(tables, ", ")));
  throw ConfigError(
      fmt::format("{}; `measure` and `classify-objects` give them", fmt::join(others, "; ")));
}

/// Turns the records of the run's table into those of objects.csv.
class ObjectWriter {
 public:
  ObjectWriter(std::ostream& stream, const EvalExport& request, EvalSummary& summary)
      : stream_(stream), request_(request), summary_(summary) {
    stream_ << header << '\n';
  }

  void write(const std::string& image, const SampleRecord::Rows& rows) {
    const auto columns = fields_of(rows.header);
    std::array<std::size_t, needed.size()> places{};
    for (std::size_t i = 0; i < needed.size(); ++i)
      places[i] = static_cast<std::size_t>(std::ranges::find(columns, needed[i]) - columns.begin());
    std::string_view rest = rows.csv;
    while (!rest.empty()) {
      const auto all = take_csv_record(rest);
      Fields fields;
      for (const auto place : places)
        fields.push_back(place < all.size() ? all[place] : std::string_view());
      write_object(image, fields);
    }
  }

  /// Labels need only differ within an image.
  void begin_image() { labels_.clear(); }

 private:
  void write_object(const std::string& image, const Fields& fields) {
    const auto name = class_of(fields[cell_class]);
    if (name.empty()) return;
    if (!labels_.insert(std::string(fields[label])).second)
      throw ConfigError(
          fmt::format("two cells of {} have the label {}; measure and save all cells of an image "
                      "as one table",
                      image, fields[label]));
    const auto number = [&](Place place) {
      double value = 0.0;
      const auto text = fields[place];
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc{} || end != text.data() + text.size())
        throw ConfigError(fmt::format("cell {} of {} has no number as {}, but '{}'", fields[label],
                                      image, needed[place], display(text)));
      return value;
    };
    stream_ << csv_field(image) << ',' << csv_number(number(label));
    for (const double value :
         {number(x), number(y), number(left), number(top), number(left) + number(width),
          number(top) + number(height), number(area)})
      stream_ << ',' << csv_number(value);
    stream_ << ',' << csv_field(name) << '\n';
    ++summary_.objects[name];
  }

  std::string class_of(std::string_view field) const {
    auto name = unquoted(field);
    const auto other = request_.classes.find(name);
    return other == request_.classes.end() ? name : other->second;
  }

  std::ostream& stream_;
  const EvalExport& request_;
  EvalSummary& summary_;
  std::set<std::string> labels_;
};

bool lies_in(std::string_view file, std::string_view folder) {
  return file.size() > folder.size() && file.starts_with(folder) && file[folder.size()] == '/';
}

/// The sample's file below a folder of the run, or nothing.
std::optional<std::string> file_in(const SampleRecord& record, const std::string& folder) {
  std::optional<std::string> found;
  for (const auto& file : record.files) {
    if (!lies_in(file.name, folder)) continue;
    if (found)
      throw ConfigError(fmt::format(
          "{} has several files below {}: {}, {}; masks need a folder "
          "of their own",
          display(to_string(record.id)), display(folder), display(*found), display(file.name)));
    found = file.name;
  }
  return found;
}

enum class Kind { mask, labels };

// As PNG of one channel, whatever it was saved as.
void write_image_of(Kind kind, const fs::path& from, const fs::path& to) {
  const auto file = codec::peek(from);
  const bool fits =
      file.channels == 1 && (file.bits == 8 || (kind == Kind::labels && file.bits == 16));
  if (file.format == "PNG" && fits) {
    std::error_code error;
    fs::copy_file(from, to, error);
    if (error)
      throw RunError(
          fmt::format("cannot copy {} to {}: {}", shown(from), shown(to), error.message()));
    return;
  }
  const auto image = codec::read_image(from);
  const auto type = image.type();
  if (type != PixelType::grey8 &&
      (kind == Kind::mask || (type != PixelType::grey16 && type != PixelType::label32)))
    throw ConfigError(fmt::format("{} is {}, expected {}; name another folder, or give --no-masks",
                                  shown(from), name_of(type),
                                  kind == Kind::mask ? "grey8" : "labels, grey8 or grey16"));
  codec::write_png(to, image);
}

/// Copies the masks and labels of samples.
class MaskWriter {
 public:
  MaskWriter(const EvalExport& request, fs::path to) : request_(request), to_(std::move(to)) {}

  /// Whether the sample had a mask.
  bool write(const SampleRecord& record, const std::string& stem) {
    for (const auto& file : record.files) folders_.insert(file.name.substr(0, file.name.find('/')));
    if (!request_.masks) return false;
    const auto mask = file_in(record, request_.masks->name);
    const auto cells = request_.cells ? file_in(record, request_.cells->name) : std::nullopt;
    if (cells) any_cells_ = true;
    if (!mask) return false;
    any_masks_ = true;
    copy(Kind::mask, *mask, stem + ".png");
    if (cells) copy(Kind::labels, *cells, stem + "_cells.png");
    return true;
  }

  /// A folder that was named and holds nothing is a mistake.
  void check() const {
    if (request_.masks && request_.masks->named && !any_masks_) fail(request_.masks->name);
    if (request_.cells && request_.cells->named && !any_cells_) fail(request_.cells->name);
  }

 private:
  void copy(Kind kind, const std::string& file, const std::string& name) {
    if (!names_.insert(name).second)
      throw ConfigError(fmt::format("two images would write masks/{}; rename one", display(name)));
    fs::create_directories(to_);
    try {
      write_image_of(kind, request_.run / file, to_ / name);
    } catch (const SampleError& e) {
      throw RunError(fmt::format("{}: {}", shown(request_.run / file), e.what()));
    }
  }

  [[noreturn]] void fail(const std::string& name) const {
    std::vector<std::string> there;
    for (const auto& folder : folders_) there.push_back(display(folder));
    throw ConfigError(fmt::format("the run saved nothing below {}; {}", display(name),
                                  there.empty()
                                      ? "it saved no images at all"
                                      : fmt::format("it has {}", fmt::join(there, ", "))));
  }

  const EvalExport& request_;
  fs::path to_;
  std::set<std::string> folders_;
  std::set<std::string> names_;
  bool any_masks_ = false;
  bool any_cells_ = false;
};

/// The folder to write: files are made in a folder within it, and moved when all are whole.
class Target {
 public:
  explicit Target(fs::path folder, bool overwrite) : folder_(std::move(folder)) {
    check(overwrite);
    std::error_code error;
    made_ = fs::create_directories(folder_, error);
    if (!error) fs::remove_all(staging(), error);  // what a killed export left
    if (!error) fs::create_directory(staging(), error);
    if (error)
      throw RunError(fmt::format("cannot create {}: {}", shown(staging()), error.message()));
  }

  ~Target() {
    std::error_code ignored;
    fs::remove_all(staging(), ignored);
    if (made_) fs::remove(folder_, ignored);  // where nothing was put in place
  }

  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  [[nodiscard]] fs::path staging() const { return folder_ / ".export-eval.part"; }

  // The table goes first and comes last: where it is, the export is whole.
  void publish() {
    try {
      fs::remove(folder_ / "objects.csv");
      fs::remove_all(folder_ / "masks");
      if (fs::exists(staging() / "masks")) fs::rename(staging() / "masks", folder_ / "masks");
      fs::rename(staging() / "objects.csv", folder_ / "objects.csv");
    } catch (const fs::filesystem_error& e) {
      throw RunError(fmt::format("cannot write {}: {}", shown(folder_), e.code().message()));
    }
  }

 private:
  void check(bool overwrite) const {
    std::error_code error;
    if (folder_.empty()) throw ConfigError("DIR is an empty name");
    if (!fs::exists(folder_, error)) return;
    if (!fs::is_directory(folder_, error))
      throw ConfigError(fmt::format("{} is a file: name a folder", shown(folder_)));
    if (holds_run(folder_))
      throw ConfigError(fmt::format("{} holds a run: name another folder", shown(folder_)));
    const bool empty = std::ranges::all_of(fs::directory_iterator(folder_), [&](const auto& entry) {
      return entry.path().filename() == staging().filename();
    });
    if (empty) return;
    const bool ours = holds_export();
    if (ours && overwrite) return;
    throw ConfigError(fmt::format("{} is not empty{}", shown(folder_),
                                  ours ? ": --overwrite replaces the export in it" : ""));
  }

  [[nodiscard]] bool holds_export() const {
    std::ifstream stream(folder_ / "objects.csv", std::ios::binary);
    std::string first;
    return std::getline(stream, first) && first == header;
  }

  fs::path folder_;
  bool made_ = false;
};

/// The stem by which the image is known to what reads the export.
class Stems {
 public:
  std::string add(const SampleId& id) {
    const auto name = to_string(id);
    auto stem = fs::path(id.path).stem().string();
    const auto [earlier, is_new] = names_.emplace(stem, name);
    if (!is_new)
      throw ConfigError(
          fmt::format("{} and {} are both called {}: an export knows images by that name alone; "
                      "run and export them apart",
                      display(earlier->second), display(name), display(stem)));
    return stem;
  }

 private:
  std::map<std::string, std::string> names_;
};

}  // namespace

EvalSummary export_for_evaluation(const EvalExport& request) {
  std::error_code error;
  if (!fs::is_directory(request.run, error))
    throw ConfigError(fmt::format("there is no folder {}", shown(request.run)));
  if (!holds_run(request.run))
    throw ConfigError(
        fmt::format("{} holds no run; name the OUT of `smear run`", shown(request.run)));
  const Ledger ledger(ledger_of(request.run), Ledger::Mode::read_only);
  check_complete(ledger, request.run);
  const auto table = find_table(ledger, request);

  EvalSummary summary;
  Target target(request.to, request.overwrite);
  std::ofstream stream(target.staging() / "objects.csv", std::ios::binary);
  ObjectWriter objects(stream, request, summary);
  MaskWriter masks(request, target.staging() / "masks");
  Stems stems;
  ledger.for_each_in_order(Ledger::Detail::all, [&](const SampleRecord& record) {
    const auto stem = stems.add(record.id);
    ++(record.done ? summary.images : summary.quarantined);
    objects.begin_image();
    for (const auto& rows : record.rows)
      if (rows.file == table) objects.write(display(to_string(record.id)), rows);
    if (masks.write(record, stem)) ++summary.masks;
  });
  masks.check();
  stream.close();
  if (!stream)
    throw RunError(fmt::format("cannot write {}: {}", shown(request.to), std::strerror(errno)));
  target.publish();
  return summary;
}

}  // namespace smear
