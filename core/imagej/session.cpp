// SPDX-License-Identifier: Apache-2.0
#include "imagej/session.h"

#include <algorithm>

namespace smear::imagej {

ImagePlus& Session::active() {
  if (images_.empty()) throw SampleError("there are no images open");
  return *by_id(order_.back());
}

const ImagePlus& Session::active() const { return const_cast<Session*>(this)->active(); }

ImagePlus* Session::by_title(std::string_view title, int* same) {
  ImagePlus* found = nullptr;
  int count = 0;
  for (auto& image : images_)
    if (image.title == title && ++count == 1) found = &image;
  if (same != nullptr) *same = count;
  return found;
}

ImagePlus* Session::by_id(int id) {
  const auto found = std::ranges::find(images_, id, &ImagePlus::id);
  return found == images_.end() ? nullptr : &*found;
}

ResultsTable* Session::table_of(std::string_view title) {
  if (title == "Results") return &results;
  if (title == "Summary") return summary.empty() ? nullptr : &summary;
  const auto found = std::ranges::find(tables, title, &TableWindow::title);
  return found == tables.end() ? nullptr : &found->table;
}

void Session::bring_to_front(std::string title) {
  front = std::move(title);
  front_unclear = false;
}

void Session::show_results() {
  if (!results_shown) bring_to_front("Results");
  results_shown = true;
  results_lines = results.rows();
}

void Session::clear_results() {
  results.clear();
  results_lines = 0;
  maxima_rows = 0;
  summarized = 0;
}

void Session::close_table(const std::string& title) {
  if (ResultsTable* table = table_of(title)) table->clear();
  std::erase_if(tables, [&](const TableWindow& one) { return one.title == title; });
  if (title == "Results") {
    results_shown = false;
    clear_results();
  }
  if (front == title) bring_to_front("");
}

void Session::rename_table(const std::string& title, const std::string& to) {
  if (title == to) return;
  ResultsTable moved = *table_of(title);
  const bool in_front = front == title;
  close_table(title);
  close_table(to);
  if (to == "Results") {
    const int precision = results.precision();
    results = std::move(moved);
    results.numbered = true;
    results.set_precision(precision);
    results_shown = true;
    results_lines = results.rows();
  } else if (to == "Summary") {
    summary = std::move(moved);
  } else {
    tables.push_back({to, std::move(moved)});
  }
  if (in_front) bring_to_front(to);
}

// The selection of the image that is about to be no longer active.
void Session::keep_selection() {
  if (has_image() && active().roi) previous_roi = active().roi;
}

int Session::object_of(Roi& roi) {
  if (roi.shared.number == 0) roi.shared.number = ++shared_objects;
  return roi.shared.number;
}

void Session::for_each_same(Roi& roi, const std::function<void(Roi&)>& change) {
  const int number = roi.shared.number;
  change(roi);
  if (number == 0) return;
  const auto visit = [&](Roi& other) {
    if (&other != &roi && other.shared.number == number) change(other);
  };
  for (auto& other : roi_manager.rois) visit(other);
  for (auto& image : images_) {
    if (image.roi) visit(*image.roi);
    for (auto& other : image.overlay) visit(other);
  }
}

void Session::take_global_scale(ImagePlus& image) const {
  if (!image.own_calibration) image.own_calibration = image.calibration;
  image.calibration = *global_scale_;
}

void Session::set_global_scale(std::optional<Calibration> scale) {
  global_scale_ = std::move(scale);
  for (auto& image : images_) {
    if (global_scale_)
      take_global_scale(image);
    else if (image.own_calibration)
      image.calibration = *std::exchange(image.own_calibration, std::nullopt);
  }
}

ImagePlus& Session::open(ImagePlus image) {
  keep_selection();
  // What a copied image has are copies.
  if (image.roi) image.roi->shared = {};
  for (auto& roi : image.overlay) roi.shared = {};
  if (global_scale_) take_global_scale(image);
  image.next_fill.reset();
  image.id = --last_id_;
  order_.push_back(image.id);
  return images_.emplace_back(std::move(image));
}

void Session::activate(int id) {
  if (has_image() && id != order_.back()) keep_selection();
  std::erase(order_, id);
  order_.push_back(id);
}

void Session::close(int id) {
  if (has_image() && id == order_.back()) keep_selection();
  std::erase(order_, id);
  const auto found = std::ranges::find(images_, id, &ImagePlus::id);
  if (found != images_.end()) images_.erase(found);
}

void Session::close_all() {
  keep_selection();
  images_.clear();
  order_.clear();
}

}  // namespace smear::imagej
