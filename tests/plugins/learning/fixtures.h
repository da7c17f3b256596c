// SPDX-License-Identifier: Apache-2.0
// Images, observers and folders for the tests of training.
#pragma once

#include <gtest/gtest.h>
#include <smear/model-kind.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <opencv2/core.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace smear::learning::test {

/// Discs of random place and colour on a light ground, of two classes by their size.
class Discs final : public TrainingData {
 public:
  explicit Discs(int training, int validation, int reference = 0, int edge = 32) : edge_(edge) {
    const auto add = [&](int count, Part part) {
      for (int i = 0; i < count; ++i)
        items_.push_back({"disc-" + std::to_string(items_.size()),
                          part == Part::reference ? "benign"
                          : i % 2 == 0            ? "large"
                                                  : "small",
                          part});
    };
    add(training, Part::training);
    add(validation, Part::validation);
    add(reference, Part::reference);
  }

  const std::vector<Item>& items() const override { return items_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  Image read(std::size_t i) const override {
    const auto random = [state = static_cast<unsigned>(i * 7919 + 1)]() mutable {
      state = state * 1664525U + 1013904223U;
      return static_cast<double>(state >> 8U) / 16777216.0;
    };
    cv::Mat pixels(edge_, edge_, CV_8UC3, cv::Scalar(230, 220, 225));
    auto place = random;
    const double x = (0.3 + 0.4 * place()) * edge_;
    const double y = (0.3 + 0.4 * place()) * edge_;
    const double radius = (items_[i].class_name == "small" ? 0.1 : 0.25) * edge_;
    for (int row = 0; row < edge_; ++row)
      for (int column = 0; column < edge_; ++column)
        if ((row - y) * (row - y) + (column - x) * (column - x) < radius * radius)
          pixels.at<cv::Vec3b>(row, column) = {90, 40, 120};
    return Image(pixels);
  }

 private:
  int edge_;
  std::vector<Item> items_;
  std::vector<std::string> classes_{"large", "small", "benign"};
};

/// Keeps what it is told, and sets `stop` after so many steps.
class Watcher final : public TrainingObserver {
 public:
  explicit Watcher(std::int64_t stop_after = -1) : stop_after_(stop_after) {}

  void reading(std::int64_t /*done*/, std::int64_t /*all*/) override {}
  void started(std::int64_t first_epoch, std::int64_t /*epochs*/, std::int64_t /*steps*/,
               std::int64_t /*images*/, const std::vector<Measures>& history,
               const std::vector<std::string>& /*description*/) override {
    first = first_epoch;
    epochs = history;
  }
  void step(std::int64_t /*epoch*/, std::int64_t /*step*/, const Measures& measures) override {
    losses.push_back(measures.front().second);
    if (static_cast<std::int64_t>(losses.size()) == stop_after_) stop = true;
  }
  void epoch(const Measures& measures) override { epochs.push_back(measures); }
  void picture(std::int64_t /*epoch*/, std::string_view kind, const Image& image) override {
    pictures.emplace_back(kind, image);
  }
  void table(std::string_view name, const Table& rows) override {
    tables.insert_or_assign(std::string(name), rows);
  }
  void note(std::string_view message) override { notes.emplace_back(message); }

  [[nodiscard]] double last(std::string_view name) const {
    for (const auto& [key, value] : epochs.back())
      if (key == name) return value;
    throw std::out_of_range(std::string(name));
  }

  std::atomic<bool> stop = false;
  std::int64_t first = -1;
  std::vector<double> losses;
  std::vector<Measures> epochs;
  std::vector<std::pair<std::string, Image>> pictures;
  std::map<std::string, Table> tables;
  std::vector<std::string> notes;

 private:
  std::int64_t stop_after_;
};

/// A folder of the test's own that goes away with it.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::path(testing::TempDir()) /
              ("learning-" + std::to_string(::getpid()) + "-" +
               testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// What a training of the model `name` in the folder is asked to do.
inline TrainingJob job_in(const Folder& folder, const std::string& name, const TrainingData& data,
                          bool resume, int threads) {
  TrainingJob job;
  job.data = &data;
  job.model = folder / (name + ".safetensors");
  job.folder = folder / (name + ".train");
  std::filesystem::create_directories(job.folder);
  job.resume = resume;
  job.threads = threads;
  return job;
}

/// Whether two models of one kind have the same parameters, to the bit.
template <typename Model>
bool same_weights(const Model& a, const Model& b) {
  for (std::size_t i = 0; i < a.network.parameters().size(); ++i)
    if (!a.network.parameters()[i].value.equal(b.network.parameters()[i].value)) return false;
  return true;
}

}  // namespace smear::learning::test
