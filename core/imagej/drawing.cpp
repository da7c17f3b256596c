// SPDX-License-Identifier: Apache-2.0
#include "imagej/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "imagej/operations/convert-type.h"

namespace smear::imagej {

cv::Scalar drawn_value(const Session& session, ImagePlus& image, std::string_view what) {
  const Session::Drawing& drawing = session.drawing;
  if (drawing.value) {
    const double value = *drawing.value;
    if (image.type == ImageType::rgb) {
      const auto rgb = static_cast<std::uint32_t>(std::min(value, 2147483647.0));
      return {static_cast<double>(rgb >> 16U & 0xffU), static_cast<double>(rgb >> 8U & 0xffU),
              static_cast<double>(rgb & 0xffU)};
    }
    const double most = image.type == ImageType::grey32   ? std::numeric_limits<double>::infinity()
                        : image.type == ImageType::grey16 ? 65535.0
                                                          : 255.0;
    if (value > most)
      throw SampleError(fmt::format("{}: the value {} of setColor is above {}", what, value, most));
    return cv::Scalar::all(image.type == ImageType::grey32 ? value : std::floor(value));
  }
  if (image.type == ImageType::grey16 || image.type == ImageType::grey32)
    throw SampleError(fmt::format(
        "{}: colours in 16-bit and 32-bit images are not supported; setColor(value) sets a grey "
        "value",
        what));
  return painted_value(image, drawing.colour.value_or(session.foreground));
}

cv::Scalar filled_value(const Session& session, ImagePlus& image) {
  const Session::Drawing& drawing = session.drawing;
  if (drawing.image == image.id && (drawing.value || drawing.colour))
    return drawn_value(session, image, "Fill");
  const auto left = std::exchange(image.next_fill, std::nullopt);
  if (left && (image.type == ImageType::grey8 || image.type == ImageType::grey16))
    return cv::Scalar::all(*left);
  return painted_value(image, session.foreground);
}

}  // namespace smear::imagej
