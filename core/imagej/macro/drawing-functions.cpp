// SPDX-License-Identifier: Apache-2.0
// Functions that set pixels: one by one, by their values, and along lines and ovals.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>

#include "imagej/colour-names.h"
#include "imagej/drawing.h"
#include "imagej/macro/functions.h"
#include "imagej/macro/pixel-values.h"
#include "imagej/operations/convert-type.h"
#include "imagej/operations/draw-line.h"
#include "imagej/operations/polygon-fill.h"

namespace smear::imagej {
namespace {

using When = Builtin::When;

ImagePlus& image_of(BuiltinCall& call) { return call.session.active(); }

Value set_pixel(BuiltinCall& call) {
  const int x = java_int(call.number(0));
  const int y = java_int(call.number(1));
  ImagePlus& image = image_of(call);
  if (image.area().contains(cv::Point(x, y))) put_pixel(image, x, y, call.number(2));
  return 0.0;
}

double compared_value(const ImagePlus& image, int x, int y) {
  if (image.type != ImageType::rgb) return grey_value_at(image, x, y);
  const auto& p = image.pixels().at<cv::Vec3b>(y, x);
  return (p[0] * 256.0 + p[1]) * 256.0 + p[2];
}

Value change_values(BuiltinCall& call) {
  ImagePlus& image = image_of(call);
  const double low = call.number(0);
  const double high = call.number(1);
  const bool empty = std::isnan(low) && std::isnan(high);
  for_selected(image, [&](int x, int y) {
    const double value = compared_value(image, x, y);
    if (empty ? std::isnan(value) : value >= low && value <= high)
      put_pixel(image, x, y, call.number(2));
  });
  return 0.0;
}

// ----- the drawing colour

std::uint32_t colour_of_text(const std::string& text) {
  const auto colour = colour_named(text);
  if (!colour || *colour >> 24U != 0xffU)
    throw ValueError(fmt::format("'{}' is no colour", text),
                     "colours are red, green, blue, white, black and the like, or #RRGGBB");
  return *colour;
}

Value set_color(BuiltinCall& call) {
  Session::Drawing& drawing = call.session.drawing;
  drawing.forgotten = false;
  drawing.value.reset();
  drawing.colour.reset();
  drawing.image = call.session.has_image() ? call.session.active().id : 0;
  if (call.count() == 2) throw ValueError("setColor takes 1 or 3 arguments, got 2");
  if (call.count() == 1 && call.arguments[0].is_number()) {
    if (!(call.number(0) >= 0.0)) throw ValueError("a pixel's value is 0 or above");
    drawing.value = call.number(0);
  } else if (call.count() == 1) {
    drawing.colour = colour_of_text(call.text(0));
  } else {
    std::uint32_t argb = 0xff;
    for (std::size_t i = 0; i < 3; ++i) {
      const auto part = java_int(call.number(i));
      if (part < 0 || part > 255) throw ValueError("a colour's parts are 0..255");
      argb = (argb << 8U) | static_cast<std::uint32_t>(part);
    }
    drawing.colour = argb;
  }
  return 0.0;
}

Value set_line_width(BuiltinCall& call) {
  const auto width = java_int(call.number(0));
  if (width < 1 || width > 1000) throw ValueError("a line is 1..1000 pixels wide");
  call.session.drawing.width = width;
  return 0.0;
}

Value paint(BuiltinCall& call, const cv::Mat& mask) {
  ImagePlus& image = image_of(call);
  const cv::Scalar value = drawn_value(call.session, image, call.name);
  image.writable().setTo(value, mask);
  return 0.0;
}

cv::Mat empty_mask(BuiltinCall& call) {
  return cv::Mat::zeros(image_of(call).height(), image_of(call).width(), CV_8UC1);
}

cv::Rect box_of(BuiltinCall& call) {
  std::array<int, 4> box{};
  for (std::size_t i = 0; i < 4; ++i) {
    box.at(i) = java_int(call.number(i));
    if (std::abs(box.at(i)) > 1'000'000) throw ValueError("this is too far from the image");
  }
  return {box[0], box[1], box[2], box[3]};
}

cv::Mat filled(BuiltinCall& call, const cv::Rect& box, const cv::Mat& shape) {
  cv::Mat mask = empty_mask(call);
  const cv::Rect within = box & cv::Rect({}, mask.size());
  if (within.empty()) return mask;
  if (shape.empty())
    mask(within).setTo(255);
  else
    shape(within - box.tl()).copyTo(mask(within));
  return mask;
}

Value fill_rect(BuiltinCall& call) { return paint(call, filled(call, box_of(call), {})); }

Value fill_oval(BuiltinCall& call) {
  const cv::Rect box = box_of(call);
  if (box.width <= 0 || box.height <= 0) return 0.0;
  return paint(call, filled(call, box, imagej::fill_oval(box.size())));
}

Value fill_selected(BuiltinCall& call) {
  const ImagePlus& image = image_of(call);
  if (image.roi && !image.roi->is_area())
    throw ValueError("fill() of lines and points is not supported", "run(\"Fill\", \"slice\")");
  cv::Mat mask = empty_mask(call);
  for_selected(image_of(call), [&](int x, int y) { mask.at<std::uint8_t>(y, x) = 255; });
  return paint(call, mask);
}

Value draw_line(BuiltinCall& call) {
  std::array<int, 4> ends{};
  for (std::size_t i = 0; i < 4; ++i) {
    const double at = call.number(i);
    if (!(std::abs(at) <= 1e6)) throw ValueError("this is too far from the image");
    ends.at(i) = static_cast<int>(std::floor(at + 0.5));
  }
  cv::Mat mask = empty_mask(call);
  add_line({ends[0], ends[1]}, {ends[2], ends[3]}, LinePen(call.session.drawing.width), mask);
  return paint(call, mask);
}

Value draw_rect(BuiltinCall& call) {
  const cv::Rect box = box_of(call);
  if (box.width < 1 || box.height < 1) return 0.0;
  const int width = call.session.drawing.width;
  // Thicker lines run along the right and lower edges, thin ones within them.
  const cv::Point from = box.tl();
  const cv::Point to = width == 1 ? box.br() - cv::Point(1, 1) : box.br();
  cv::Mat mask = empty_mask(call);
  const LinePen pen(width);
  add_line(from, {to.x, from.y}, pen, mask);
  add_line({to.x, from.y}, to, pen, mask);
  add_line(to, {from.x, to.y}, pen, mask);
  add_line({from.x, to.y}, from, pen, mask);
  return paint(call, mask);
}

Value draw_oval(BuiltinCall& call) {
  const cv::Rect box = box_of(call);
  if (box.width < 1 || box.height < 1) return 0.0;
  cv::Mat mask = empty_mask(call);
  const LinePen pen(call.session.drawing.width);
  for (const auto& outline : polygons_of(*roi_of_mask(imagej::fill_oval(box.size()), box.tl())))
    for (std::size_t i = 0; i < outline.size(); ++i)
      add_line(outline[i], outline[i + 1 == outline.size() ? 0 : i + 1], pen, mask);
  return paint(call, mask);
}

}  // namespace

void for_selected(const ImagePlus& image, const std::function<void(int x, int y)>& visit) {
  const bool area = image.roi && image.roi->is_area();
  const cv::Rect box = area ? image.roi->bounds & image.area() : image.area();
  const cv::Mat mask = area ? mask_of(*image.roi) : cv::Mat();
  for (int y = box.y; y < box.br().y; ++y)
    for (int x = box.x; x < box.br().x; ++x)
      if (mask.empty() ||
          mask.at<std::uint8_t>(y - image.roi->bounds.y, x - image.roi->bounds.x) != 0)
        visit(x, y);
}

double grey_value_at(const ImagePlus& image, int x, int y) {
  switch (image.type) {
    case ImageType::grey16: return image.pixels().at<std::uint16_t>(y, x);
    case ImageType::grey32: return image.pixels().at<float>(y, x);
    case ImageType::rgb: {
      const auto& p = image.pixels().at<cv::Vec3b>(y, x);
      return (p[0] + p[1] + p[2] + 1) / 3;
    }
    default: return image.pixels().at<std::uint8_t>(y, x);
  }
}

void put_pixel(ImagePlus& image, int x, int y, double value) {
  switch (image.type) {
    case ImageType::grey16:
      image.writable().at<std::uint16_t>(y, x) =
          static_cast<std::uint16_t>(std::clamp(java_int(value), 0, 65535));
      break;
    case ImageType::grey32: image.writable().at<float>(y, x) = static_cast<float>(value); break;
    case ImageType::rgb: {
      const auto colour = static_cast<std::uint32_t>(java_int(value));
      image.writable().at<cv::Vec3b>(y, x) =
          cv::Vec3b(static_cast<std::uint8_t>(colour >> 16U),
                    static_cast<std::uint8_t>(colour >> 8U), static_cast<std::uint8_t>(colour));
      break;
    }
    default:
      image.writable().at<std::uint8_t>(y, x) =
          static_cast<std::uint8_t>(std::clamp(java_int(value), 0, 255));
  }
}

void add_drawing_functions(std::vector<Builtin>& all) {
  const auto effect = [&](const char* name, int least, int most, Value (*run)(BuiltinCall&)) {
    add_image_effect(all, name, least, most, run);
  };
  effect("setPixel", 3, 3, set_pixel);
  effect("putPixel", 3, 3, set_pixel);
  effect("changeValues", 3, 3, change_values);
  effect("setColor", 1, 3, set_color);
  effect("setLineWidth", 1, 1, set_line_width);
  effect("fill", 0, 0, fill_selected);
  effect("fillRect", 4, 4, fill_rect);
  effect("fillOval", 4, 4, fill_oval);
  effect("drawLine", 4, 4, draw_line);
  effect("drawRect", 4, 4, draw_rect);
  effect("drawOval", 4, 4, draw_oval);
}

}  // namespace smear::imagej
