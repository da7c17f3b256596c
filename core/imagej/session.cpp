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

ImagePlus& Session::open(ImagePlus image) {
  image.id = --last_id_;
  order_.push_back(image.id);
  return images_.emplace_back(std::move(image));
}

void Session::activate(int id) {
  std::erase(order_, id);
  order_.push_back(id);
}

void Session::close(int id) {
  std::erase(order_, id);
  const auto found = std::ranges::find(images_, id, &ImagePlus::id);
  if (found != images_.end()) images_.erase(found);
}

void Session::close_all() {
  images_.clear();
  order_.clear();
}

}  // namespace smear::imagej
