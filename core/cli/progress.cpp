// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "run/display-path.h"

namespace smear::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// Counts, and leaves the showing to its children.
class Counting : public RunObserver {
 public:
  void started(std::int64_t files, std::int64_t kept,
               const std::vector<std::string>& notes) override {
    files_ = files;
    kept_ = kept;
    start_ = Clock::now();
    for (const auto& note : notes) show_note(note);
  }
  void finished_file(const std::vector<SampleRecord>& samples) override {
    ++finished_;
    for (const auto& sample : samples)
      if (!sample.done) {
        ++failures_;
        show_failure(sample);
      }
  }
  void writing_results() override {}

 protected:
  virtual void show_note(const std::string& note) { std::cerr << "note: " << note << '\n'; }
  virtual void show_failure(const SampleRecord& sample) {
    std::cerr << fmt::format("quarantined: {}: {}: {}\n", display(to_string(sample.id)),
                             sample.stage, display(sample.reason));
  }
  [[nodiscard]] double elapsed() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }
  [[nodiscard]] double rate() const {
    return elapsed() > 0.0 ? static_cast<double>(finished_) / elapsed() : 0.0;
  }
  [[nodiscard]] std::string line() const {
    const auto left = static_cast<double>(std::max<std::int64_t>(0, files_ - kept_ - finished_));
    const std::string left_text = rate() > 0.0 ? clock_time(left / rate()) + " left" : "";
    return fmt::format("{} of {} files, {:.1f}/s, {}, {} failed", kept_ + finished_, files_, rate(),
                       left_text, failures_);
  }

  std::int64_t files_ = 0;
  std::int64_t kept_ = 0;
  std::int64_t finished_ = 0;
  std::int64_t failures_ = 0;
  Clock::time_point start_;
};

class Terminal final : public Counting {
 public:
  void finished_file(const std::vector<SampleRecord>& samples) override {
    Counting::finished_file(samples);
    const auto now = Clock::now();
    if (now - drawn_ < std::chrono::milliseconds(100) && kept_ + finished_ < files_) return;
    drawn_ = now;
    draw();
  }
  void writing_results() override {
    std::cerr << "\r\033[Kwriting tables and report\r" << std::flush;
  }
  ~Terminal() override {
    if (files_ > 0) std::cerr << "\r\033[K" << std::flush;
  }

 private:
  void show_failure(const SampleRecord& sample) override {
    std::cerr << "\r\033[K";
    Counting::show_failure(sample);
  }
  void draw() const {
    // Folders that cannot be read count as failures, not as files.
    draw_progress_line(files_ == 0 ? 1.0
                                   : std::min(1.0, static_cast<double>(kept_ + finished_) /
                                                       static_cast<double>(files_)),
                       line());
  }
  Clock::time_point drawn_;
};

class Plain final : public Counting {
 public:
  void started(std::int64_t files, std::int64_t kept,
               const std::vector<std::string>& notes) override {
    Counting::started(files, kept, notes);
    std::cerr << fmt::format("{} files{}\n", files,
                             kept > 0 ? fmt::format(", {} done by the earlier run", kept) : "");
    said_ = Clock::now();
  }
  void finished_file(const std::vector<SampleRecord>& samples) override {
    Counting::finished_file(samples);
    const auto now = Clock::now();
    if (now - said_ < std::chrono::seconds(10)) return;
    said_ = now;
    std::cerr << line() << '\n';
  }

 private:
  Clock::time_point said_;
};

class Json final : public Counting {
 public:
  void started(std::int64_t files, std::int64_t kept,
               const std::vector<std::string>& notes) override {
    Counting::started(files, kept, notes);
    print({{"event", "started"}, {"files", files}, {"kept", kept}});
  }
  void finished_file(const std::vector<SampleRecord>& samples) override {
    ++finished_;
    for (const auto& s : samples) {
      if (!s.done) ++failures_;
      print({{"event", "sample"},
             {"image", display(to_string(s.id))},
             {"status", s.done ? "done" : "quarantined"},
             {"stage", s.stage},
             {"reason", display(s.reason)},
             {"seconds", s.seconds},
             {"finished", kept_ + finished_},
             {"files", files_},
             {"failures", failures_}});
    }
  }
  void writing_results() override { print({{"event", "writing_results"}}); }

 private:
  void show_note(const std::string& note) override {
    print({{"event", "note"}, {"message", note}});
  }
  static void print(const nlohmann::json& event) {
    std::cerr << event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  }
};

class Quiet final : public Counting {
 private:
  void show_note(const std::string&) override {}
};

}  // namespace

std::unique_ptr<RunObserver> make_progress(ProgressStyle style) {
  if (style == ProgressStyle::json) return std::make_unique<Json>();
  if (style == ProgressStyle::quiet) return std::make_unique<Quiet>();
  if (isatty(STDERR_FILENO) != 0) return std::make_unique<Terminal>();
  return std::make_unique<Plain>();
}

void draw_progress_line(double part, const std::string& words) {
  constexpr int width = 24;
  const auto full = static_cast<std::size_t>(std::lround(part * width));
  auto text = fmt::format("[{}{}] {:3.0f} %  {}", std::string(full, '#'),
                          std::string(width - full, '.'), part * 100.0, words);
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 && text.size() >= size.ws_col)
    text.resize(size.ws_col - 1U);
  std::cerr << "\r\033[K" << text << std::flush;
}

std::string clock_time(double seconds) {
  const auto total = static_cast<std::int64_t>(std::lround(std::min(seconds, 3.6e7)));
  if (total >= 3600)
    return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
  return fmt::format("{}:{:02}", total / 60, total % 60);
}

}  // namespace smear::cli
