// SPDX-License-Identifier: Apache-2.0
#include "cli/training-progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "run/display-path.h"
#include "train/history.h"
#include "train/pace.h"

namespace smear::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::string words(const std::string& name) {
  std::string text = name;
  for (char& c : text)
    if (c == '_') c = ' ';
  return text;
}

/// Keeps what is to be shown, and leaves the showing to its children.
class Following : public TrainingObserver {
 public:
  void reading(std::int64_t, std::int64_t) override {}
  void started(std::int64_t first_epoch, std::int64_t epochs, std::int64_t steps_per_epoch,
               std::int64_t images_per_epoch, const std::vector<Measures>& history,
               const std::vector<std::string>&) override {
    epochs_ = epochs;
    steps_ = steps_per_epoch;
    pace_.started(first_epoch, epochs, steps_per_epoch, images_per_epoch);
    if (!history.empty()) keep_validation(history.back());
  }
  void step(std::int64_t epoch, std::int64_t step, const Measures& measures) override {
    pace_.step(epoch, step);
    epoch_ = epoch;
    step_ = step;
    measures_ = measures;
  }
  void epoch(const Measures& measures) override {
    pace_.epoch();
    keep_validation(measures);
  }
  void picture(std::int64_t, std::string_view, const Image&) override {}
  void note(std::string_view message) override {
    std::cerr << "note: " << display_text(message) << '\n';
  }

 protected:
  // "epoch 3 of 300, step 12 of 17, loss 812.4, validation loss 830.1, 45.2 images/s, 1:20 left"
  [[nodiscard]] std::string line() const {
    constexpr std::size_t most = 3;
    auto text =
        fmt::format("epoch {} of {}, step {} of {}", epoch_ + 1, epochs_, step_ + 1, steps_);
    for (std::size_t i = 0; i < std::min(most, measures_.size()); ++i)
      text += fmt::format(", {} {:.5g}", words(measures_[i].first), measures_[i].second);
    if (validation_) text += fmt::format(", validation loss {:.5g}", *validation_);
    text += fmt::format(", {:.1f} images/s", pace_.images_per_second());
    if (const auto left = pace_.seconds_left()) text += ", " + clock_time(*left) + " left";
    return text;
  }

  Pace pace_;

 private:
  void keep_validation(const Measures& measures) {
    if (const auto value = measure(measures, "validation_loss")) validation_ = value;
  }

  std::int64_t epochs_ = 0;
  std::int64_t steps_ = 0;
  std::int64_t epoch_ = 0;
  std::int64_t step_ = 0;
  Measures measures_;
  std::optional<double> validation_;
};

class Terminal final : public Following {
 public:
  void reading(std::int64_t done, std::int64_t all) override {
    if (is_time(done == all)) draw(part(done, all), fmt::format("{} of {} images read", done, all));
  }
  void step(std::int64_t epoch, std::int64_t step, const Measures& measures) override {
    Following::step(epoch, step, measures);
    if (is_time(false)) draw(pace_.part_done(), line());
  }
  void epoch(const Measures& measures) override {
    Following::epoch(measures);
    draw(pace_.part_done(), line());
  }
  void note(std::string_view message) override {
    clear();
    Following::note(message);
  }
  ~Terminal() override { clear(); }

 private:
  static double part(std::int64_t done, std::int64_t all) {
    return all <= 0 ? 0.0 : static_cast<double>(done) / static_cast<double>(all);
  }
  bool is_time(bool last) {
    const auto now = Clock::now();
    if (!last && now - drawn_ < std::chrono::milliseconds(100)) return false;
    drawn_ = now;
    return true;
  }
  void draw(double part, const std::string& text) {
    draw_progress_line(part, text);
    on_screen_ = true;
  }
  void clear() {
    if (on_screen_) std::cerr << "\r\033[K" << std::flush;
    on_screen_ = false;
  }

  Clock::time_point drawn_;
  bool on_screen_ = false;
};

class Plain final : public Following {
 public:
  void reading(std::int64_t done, std::int64_t all) override {
    if (is_time()) std::cerr << fmt::format("{} of {} images read\n", done, all);
  }
  void started(std::int64_t first_epoch, std::int64_t epochs, std::int64_t steps_per_epoch,
               std::int64_t images_per_epoch, const std::vector<Measures>& history,
               const std::vector<std::string>& description) override {
    Following::started(first_epoch, epochs, steps_per_epoch, images_per_epoch, history,
                       description);
    for (const auto& fact : description) std::cerr << display_text(fact) << '\n';
    std::cerr << fmt::format(
        "{} epochs of {} steps, {} images each{}\n", epochs, steps_per_epoch, images_per_epoch,
        first_epoch > 0 ? fmt::format("; goes on after epoch {}", first_epoch) : "");
    said_ = Clock::now();
  }
  void step(std::int64_t epoch, std::int64_t step, const Measures& measures) override {
    Following::step(epoch, step, measures);
    if (is_time()) std::cerr << line() << '\n';
  }
  void epoch(const Measures& measures) override {
    Following::epoch(measures);
    std::string text;
    for (const auto& [name, value] : measures)
      text += fmt::format("{}{} {:.6g}", text.empty() ? "" : ", ", words(name), value);
    std::cerr << text << '\n';
    said_ = Clock::now();
  }

 private:
  bool is_time() {
    const auto now = Clock::now();
    if (now - said_ < std::chrono::seconds(10)) return false;
    said_ = now;
    return true;
  }

  Clock::time_point said_ = Clock::now();
};

nlohmann::json to_json(const Measures& measures) {
  auto result = nlohmann::json::object();
  for (const auto& [name, value] : measures)
    if (std::isfinite(value))
      result[name] = value;
    else
      result[name] = nullptr;
  return result;
}

class Json final : public Following {
 public:
  void reading(std::int64_t done, std::int64_t all) override {
    const auto now = Clock::now();
    if (done < all && now - said_ < std::chrono::seconds(1)) return;
    said_ = now;
    print({{"event", "reading"}, {"done", done}, {"images", all}});
  }
  void started(std::int64_t first_epoch, std::int64_t epochs, std::int64_t steps_per_epoch,
               std::int64_t images_per_epoch, const std::vector<Measures>& history,
               const std::vector<std::string>& description) override {
    Following::started(first_epoch, epochs, steps_per_epoch, images_per_epoch, history,
                       description);
    print({{"event", "started"},
           {"epochs_done", first_epoch},
           {"epochs", epochs},
           {"steps_per_epoch", steps_per_epoch},
           {"images_per_epoch", images_per_epoch},
           {"description", description}});
  }
  void step(std::int64_t epoch, std::int64_t step, const Measures& measures) override {
    Following::step(epoch, step, measures);
    print(with_pace({{"event", "step"},
                     {"epoch", epoch + 1},
                     {"step", step + 1},
                     {"measures", to_json(measures)}}));
  }
  void epoch(const Measures& measures) override {
    Following::epoch(measures);
    print(with_pace({{"event", "epoch"}, {"measures", to_json(measures)}}));
  }
  void picture(std::int64_t epoch, std::string_view kind, const Image&) override {
    print({{"event", "picture"}, {"epoch", epoch + 1}, {"kind", kind}});
  }
  void note(std::string_view message) override { print({{"event", "note"}, {"message", message}}); }

 private:
  [[nodiscard]] nlohmann::json with_pace(nlohmann::json event) const {
    event["images_per_second"] = pace_.images_per_second();
    if (const auto left = pace_.seconds_left()) event["seconds_left"] = *left;
    return event;
  }
  static void print(const nlohmann::json& event) {
    std::cerr << event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  }

  Clock::time_point said_;
};

class Quiet final : public Following {};

}  // namespace

std::unique_ptr<TrainingObserver> make_training_progress(ProgressStyle style) {
  if (style == ProgressStyle::json) return std::make_unique<Json>();
  if (style == ProgressStyle::quiet) return std::make_unique<Quiet>();
  if (isatty(STDERR_FILENO) != 0) return std::make_unique<Terminal>();
  return std::make_unique<Plain>();
}

}  // namespace smear::cli
