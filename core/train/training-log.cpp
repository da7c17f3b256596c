// SPDX-License-Identifier: Apache-2.0
#include "train/training-log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "codec/codec.h"
#include "run/csv.h"
#include "run/outputs.h"

namespace smear {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "epoch-";

// "epoch-0012-samples.png"
std::string picture_name(const TrainingReport::Picture& picture) {
  return fmt::format("{}{:04}-{}.png", prefix, picture.epoch, picture.kind);
}

std::optional<TrainingReport::Picture> picture_of(const std::string& name) {
  const std::string_view text = name;
  if (!text.starts_with(prefix) || !text.ends_with(".png")) return std::nullopt;
  TrainingReport::Picture picture;
  const auto [end, error] =
      std::from_chars(text.data() + prefix.size(), text.data() + text.size(), picture.epoch);
  if (error != std::errc{} || *end != '-') return std::nullopt;
  const auto begin = static_cast<std::size_t>(end - text.data()) + 1;
  picture.kind = text.substr(begin, text.size() - begin - 4);
  picture.file = "pictures/" + name;
  return picture;
}

}  // namespace

TrainingLog::TrainingLog(const TrainingFolder& folder, TrainingReport report,
                         TrainingObserver& shown)
    : folder_(folder), report_(std::move(report)), shown_(shown) {}

void TrainingLog::reading(std::int64_t done, std::int64_t all) { shown_.reading(done, all); }

void TrainingLog::started(std::int64_t first_epoch, std::int64_t epochs,
                          std::int64_t steps_per_epoch, std::int64_t images_per_epoch,
                          const std::vector<Measures>& history,
                          const std::vector<std::string>& description) {
  started_ = true;
  pace_.started(first_epoch, epochs, steps_per_epoch, images_per_epoch);
  report_.epochs = epochs;
  report_.history = history;
  report_.description = description;
  report_.state = "under way";
  find_pictures(first_epoch);
  std::error_code error;
  if (!history.empty())
    write_whole(folder_.history(), history_table(history));
  else
    fs::remove(folder_.history(), error);
  write_report();
  shown_.started(first_epoch, epochs, steps_per_epoch, images_per_epoch, history, description);
}

void TrainingLog::step(std::int64_t epoch, std::int64_t step, const Measures& measures) {
  pace_.step(epoch, step);
  shown_.step(epoch, step, measures);
}

void TrainingLog::epoch(const Measures& measures) {
  pace_.epoch();
  report_.history.push_back(measures);
  write_whole(folder_.history(), history_table(report_.history));
  write_report();
  shown_.epoch(measures);
}

void TrainingLog::picture(std::int64_t epoch, std::string_view kind, const Image& image) {
  TrainingReport::Picture picture{epoch + 1, std::string(kind), ""};
  const auto name = picture_name(picture);
  picture.file = "pictures/" + name;
  write_whole(folder_.pictures() / name,
              [&](const fs::path& temporary) { codec::write_png(temporary, image); });
  std::erase_if(report_.pictures, [&](const auto& p) { return p.file == picture.file; });
  report_.pictures.push_back(std::move(picture));
  write_report();
  shown_.picture(epoch, kind, image);
}

void TrainingLog::table(std::string_view name, const Table& rows) {
  write_whole(folder_.path() / fmt::format("{}.csv", name),
              csv_header(rows) + "\n" + csv_rows(rows));
  shown_.table(name, rows);
}

void TrainingLog::note(std::string_view message) {
  report_.notes.emplace_back(message);
  shown_.note(message);
}

void TrainingLog::evaluated(HeldOutEvaluation evaluation) {
  report_.evaluation = std::move(evaluation);
}

void TrainingLog::finish(std::string state, std::string trouble) {
  report_.state = std::move(state);
  report_.trouble = std::move(trouble);
  write_report();
}

void TrainingLog::find_pictures(std::int64_t epochs_done) {
  report_.pictures.clear();
  std::error_code error;
  for (fs::directory_iterator it(folder_.pictures(), error);
       !error && it != fs::directory_iterator(); it.increment(error)) {
    auto picture = picture_of(it->path().filename().string());
    std::error_code ignored;
    if (picture && picture->epoch <= epochs_done)
      report_.pictures.push_back(*std::move(picture));
    else if (picture || it->path().extension() == ".part")
      fs::remove(it->path(), ignored);
  }
  std::ranges::sort(report_.pictures, {}, &TrainingReport::Picture::file);
}

void TrainingLog::write_report() {
  report_.images_per_second = pace_.images_per_second();
  report_.seconds = started_ ? pace_.seconds() : 0.0;
  write_training_report(report_, folder_.report());
}

}  // namespace smear
