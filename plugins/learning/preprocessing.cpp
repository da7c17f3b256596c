// SPDX-License-Identifier: Apache-2.0
#include "learning/preprocessing.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "smear/errors.h"
#include "smear/resample.h"

namespace smear::learning {

namespace {

using Json = nlohmann::ordered_json;

Image with_blank_corner(const Image& image, int edge) {
  cv::Mat pixels = image.pixels().clone();
  pixels(cv::Rect(image.width() - edge, image.height() - edge, edge, edge))
      .setTo(cv::Scalar::all(128));
  return Image(std::move(pixels));
}

}  // namespace

std::string Preprocessing::to_json() const {
  Json json{{"size", size},
            {"channels", "rgb"},
            {"resampling", "pillow-bilinear"},
            {"aspect", "stretched"},
            {"divisor", 255}};
  if (blank_corner > 0.0) json["blank_corner"] = blank_corner;
  return json.dump();
}

Preprocessing Preprocessing::from_json(const std::string& text) {
  Preprocessing result;
  try {
    const auto json = Json::parse(text);
    json.at("size").get_to(result.size);
    result.blank_corner = json.value("blank_corner", 0.0);
    if (!(result.blank_corner >= 0.0 && result.blank_corner <= 0.5))
      throw PluginError(
          fmt::format("its blank_corner must be 0..0.5, got {}", result.blank_corner));
    const auto known = Json::parse(result.to_json());
    if (json != known)
      throw PluginError(fmt::format("its preprocessing is {}, this smear knows {} only",
                                    json.dump(), known.dump()));
  } catch (const Json::exception& error) {
    throw PluginError(fmt::format("its preprocessing is damaged: {}", error.what()));
  }
  return result;
}

Image fitted(const Image& image, const Preprocessing& preprocessing) {
  if (image.type() != PixelType::rgb8)
    throw SampleError(
        fmt::format("the model takes 8-bit RGB images, this one is {}", name_of(image.type())));
  const auto size = static_cast<int>(preprocessing.size);
  const bool fits = image.width() == size && image.height() == size;
  auto result = fits ? image : resample_as_pillow(image, size, size);
  const auto blank = static_cast<int>(std::ceil(preprocessing.blank_corner * size));
  return blank > 0 ? with_blank_corner(result, blank) : result;
}

torch::Tensor to_tensor(const Image& image) {
  const cv::Mat& pixels = image.pixels();
  auto tensor = at::empty({1, image.height(), image.width(), 3}, torch::kFloat32);
  auto* to = tensor.data_ptr<float>();
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* from = pixels.ptr<std::uint8_t>(y);
    for (int x = 0; x < 3 * pixels.cols; ++x) *to++ = static_cast<float>(from[x]) / 255.0F;
  }
  return tensor.permute({0, 3, 1, 2});
}

Image to_image(const torch::Tensor& tensor) {
  const auto floats =
      tensor.detach().cpu().squeeze(0).permute({1, 2, 0}).contiguous().to(torch::kFloat32);
  cv::Mat pixels(static_cast<int>(floats.size(0)), static_cast<int>(floats.size(1)), CV_8UC3);
  const auto* from = floats.data_ptr<float>();
  for (int y = 0; y < pixels.rows; ++y) {
    auto* to = pixels.ptr<std::uint8_t>(y);
    for (int x = 0; x < 3 * pixels.cols; ++x)
      to[x] = cv::saturate_cast<std::uint8_t>(std::lround(*from++ * 255.0F));
  }
  return Image(std::move(pixels));
}

Image montage(const std::vector<Image>& images, int columns) {
  const int count = static_cast<int>(images.size());
  columns = std::min(columns, count);
  const int rows = (count + columns - 1) / columns;
  const int width = images.front().width();
  const int height = images.front().height();
  cv::Mat sheet(rows * height, columns * width, CV_8UC3, cv::Scalar(255, 255, 255));
  for (int i = 0; i < count; ++i)
    images[static_cast<std::size_t>(i)].pixels().copyTo(
        sheet(cv::Rect(i % columns * width, i / columns * height, width, height)));
  return Image(std::move(sheet));
}

}  // namespace smear::learning
