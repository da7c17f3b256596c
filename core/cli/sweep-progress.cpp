// SPDX-License-Identifier: Apache-2.0
#include "cli/sweep-progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "run/display-path.h"

namespace smear::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// Knows how long a phase will take, and when something is to be shown again.
class Following : public study::SweepObserver {
 public:
  explicit Following(Clock::duration pause) : pause_(pause) {}

  void progress(std::string_view phase, double part, const std::string& words) final {
    const auto now = Clock::now();
    const bool begins = phase != phase_;
    if (begins) {
      phase_ = phase;
      start_ = now;
      first_part_ = part;
    }
    if (!begins && part < 1.0 && now - shown_ < pause_) return;
    shown_ = now;
    show(part, words, left(part, now));
  }
  void note(const std::string& message) override {
    std::cerr << "note: " << display_text(message) << '\n';
  }

 protected:
  virtual void show(double part, const std::string& words, std::optional<double> left) = 0;

  // "training: 3 of 18 models trained; temperature-10: epoch 5 of 24, 12:40 left"
  [[nodiscard]] std::string line(const std::string& words, std::optional<double> left) const {
    auto text = fmt::format("{}: {}", phase_, words);
    if (left) text += fmt::format(", {} left", clock_time(*left));
    return text;
  }
  [[nodiscard]] const std::string& phase() const { return phase_; }

 private:
  // What stood already took no time, so it does not count.
  [[nodiscard]] std::optional<double> left(double part, Clock::time_point now) const {
    constexpr double enough = 0.01;
    if (part - first_part_ < enough || part >= 1.0) return std::nullopt;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    return seconds * (1.0 - part) / (part - first_part_);
  }

  Clock::duration pause_;
  std::string phase_;
  Clock::time_point start_;
  Clock::time_point shown_;
  double first_part_ = 0.0;
};

class Terminal final : public Following {
 public:
  Terminal() : Following(std::chrono::milliseconds(100)) {}
  ~Terminal() override { clear(); }
  void note(const std::string& message) override {
    clear();
    Following::note(message);
  }

 private:
  void show(double part, const std::string& words, std::optional<double> left) override {
    draw_progress_line(part, line(words, left));
    on_screen_ = true;
  }
  void clear() {
    if (on_screen_) std::cerr << "\r\033[K" << std::flush;
    on_screen_ = false;
  }

  bool on_screen_ = false;
};

class Plain final : public Following {
 public:
  Plain() : Following(std::chrono::seconds(10)) {}

 private:
  void show(double part, const std::string& words, std::optional<double> left) override {
    std::cerr << fmt::format("{:3.0f} % {}\n", 100.0 * part, line(words, left));
  }
};

class Json final : public Following {
 public:
  Json() : Following(std::chrono::seconds(1)) {}
  void note(const std::string& message) override {
    print({{"event", "note"}, {"message", message}});
  }

 private:
  void show(double part, const std::string& words, std::optional<double> left) override {
    nlohmann::json event{
        {"event", "progress"}, {"phase", phase()}, {"part", part}, {"words", words}};
    if (left) event["seconds_left"] = *left;
    print(event);
  }
  static void print(const nlohmann::json& event) {
    std::cerr << event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  }
};

class Quiet final : public Following {
 public:
  Quiet() : Following(std::chrono::hours(1)) {}

 private:
  void show(double, const std::string&, std::optional<double>) override {}
};

}  // namespace

std::unique_ptr<study::SweepObserver> make_sweep_progress(ProgressStyle style) {
  if (style == ProgressStyle::json) return std::make_unique<Json>();
  if (style == ProgressStyle::quiet) return std::make_unique<Quiet>();
  if (isatty(STDERR_FILENO) != 0) return std::make_unique<Terminal>();
  return std::make_unique<Plain>();
}

}  // namespace smear::cli
