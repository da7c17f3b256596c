// SPDX-License-Identifier: Apache-2.0
#include "imagej/commands/filter-runner.h"

#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <utility>

namespace smear::imagej {
namespace {

// What lies outside the selection's mask, put back from `before`.
void restore_outside(const cv::Mat& before, const cv::Rect& box, const Roi& roi, cv::Mat& pixels) {
  const cv::Mat mask = mask_of(roi);
  if (mask.empty()) return;
  const cv::Rect in_mask(box.x - roi.bounds.x, box.y - roi.bounds.y, box.width, box.height);
  before(box).copyTo(pixels(box), mask(in_mask) == 0);
}

}  // namespace

void run_filter(Session& session, const FilterTraits& traits,
                const std::function<void(cv::Mat& pixels, const cv::Rect& region)>& filter) {
  ImagePlus& image = session.active();
  const bool within = image.roi && image.roi->is_area() && !traits.whole_image;
  const cv::Rect region = within ? image.roi->bounds & image.area() : image.area();
  if (region.empty()) throw SampleError("the selection lies outside the image");
  const int first = traits.all_planes ? 0 : image.current;
  const int last = traits.all_planes ? static_cast<int>(image.stack.size()) - 1 : image.current;
  for (int plane = first; plane <= last; ++plane) {
    cv::Mat before;
    const bool masked = within && traits.masked && image.roi->type != RoiType::rectangle;
    cv::Mat& pixels = image.writable(plane);
    if (masked) before = pixels.clone();
    filter(pixels, region);
    if (masked) restore_outside(before, region, *image.roi, pixels);
  }
  if (!traits.keeps_threshold && image.threshold && !image.threshold->visible)
    image.threshold.reset();
}

void run_float_filter(Session& session, const FilterTraits& traits,
                      const std::function<void(cv::Mat& values, const cv::Rect& region)>& filter) {
  run_filter(session, traits, [&](cv::Mat& pixels, const cv::Rect& region) {
    for (int channel = 0; channel < pixels.channels(); ++channel) {
      cv::Mat values = channel_as_float(pixels, channel);
      filter(values, region);
      // All of it: Gaussian blur changes some pixels beyond the region.
      write_back(values, cv::Rect({}, values.size()), channel, pixels);
    }
  });
}

void ask_about_stack(Command& command) {
  command.keys.insert(command.keys.begin(),
                      Key::flag("slice", "of a stack, its current slice only"));
  command.run = [name = command.name, run = std::move(command.run)](
                    Session& session, const Values& values, Host& host) {
    const ImagePlus& image = session.active();
    if (image.stack.size() > 1 && !values.flag("stack") && !values.flag("slice"))
      throw SampleError(
          fmt::format("{}: '{}' is a stack; say 'slice' for its current slice or 'stack' for all",
                      name, image.title));
    run(session, values, host);
  };
}

cv::Mat channel_as_float(const cv::Mat& pixels, int channel) {
  cv::Mat one = pixels;
  if (pixels.channels() > 1) cv::extractChannel(pixels, one, channel);
  cv::Mat values;
  if (one.depth() == CV_32F) return one.clone();
  one.convertTo(values, CV_32F);
  return values;
}

namespace {

template <typename T>
void write_whole_numbers(const cv::Mat& values, const cv::Rect& region, int channel, int channels,
                         float most, cv::Mat& pixels) {
  for (int y = region.y; y < region.y + region.height; ++y) {
    const auto* from = values.ptr<float>(y);
    auto* to = pixels.ptr<T>(y);
    for (int x = region.x; x < region.x + region.width; ++x) {
      float value = from[x] + 0.5F;
      // Written so that NaN, as in Java, becomes 0.
      if (!(value >= 0.0F)) value = 0.0F;
      if (value > most) value = most;
      to[x * channels + channel] = static_cast<T>(value);
    }
  }
}

}  // namespace

void write_back(const cv::Mat& values, const cv::Rect& region, int channel, cv::Mat& pixels) {
  switch (pixels.depth()) {
    case CV_8U:
      write_whole_numbers<std::uint8_t>(values, region, channel, pixels.channels(), 255.0F, pixels);
      break;
    case CV_16U:
      write_whole_numbers<std::uint16_t>(values, region, channel, 1, 65535.0F, pixels);
      break;
    default: values(region).copyTo(pixels(region));
  }
}

}  // namespace smear::imagej
