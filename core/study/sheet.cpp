// SPDX-License-Identifier: Apache-2.0
#include "study/sheet.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <utility>

#include "study/label-lines.h"

namespace smear::study {
namespace {

constexpr int font = cv::FONT_HERSHEY_SIMPLEX;
const cv::Scalar white(255, 255, 255);
const cv::Scalar grey(224, 224, 224);
const cv::Scalar ink(35, 26, 46);

struct Layout {
  int cell;
  int gap;
  int line;        ///< height of a line of a heading
  double letters;  ///< the font's scale
  int heading = 0;
  int columns = 0;
  int rows = 0;

  explicit Layout(int size)
      : cell(size),
        gap(std::max(2, size / 24)),
        line(std::clamp(size / 7, 12, 28)),
        letters(line / 36.0) {}

  [[nodiscard]] int x(int column) const { return gap + column * (cell + gap); }
  [[nodiscard]] int y(int row) const { return gap + heading + row * (cell + gap); }
  [[nodiscard]] cv::Size size() const { return {x(columns), y(rows)}; }
};

/// OpenCV's fonts know ASCII alone, and write each byte of anything else as a question mark.
std::string ascii(std::string_view utf8) {
  static constexpr std::pair<std::string_view, std::string_view> substitutes[] = {
      {"–", "-"}, {"—", "-"}, {"−", "-"}, {"×", "x"},     {"·", "-"},
      {"µ", "u"}, {"μ", "u"}, {"²", "2"}, {"σ", "sigma"}, {"…", "..."}};
  std::string result;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto* substitute = std::ranges::find_if(
        substitutes, [&](const auto& pair) { return utf8.substr(i).starts_with(pair.first); });
    if (substitute != std::end(substitutes)) {
      result += substitute->second;
      i += substitute->first.size();
      continue;
    }
    const auto byte = static_cast<unsigned char>(utf8[i++]);
    if (byte >= 0x20 && byte < 0x7F)
      result += utf8[i - 1];
    else if (byte < 0x20)
      result += ' ';
    else if ((byte & 0xC0U) != 0x80U)
      result += '?';
  }
  return result;
}

std::vector<std::string> heading_lines(const std::string& heading, const Layout& layout) {
  const auto fits = [&](std::string_view line) {
    int below = 0;
    return cv::getTextSize(std::string(line), font, layout.letters, 1, &below).width <= layout.cell;
  };
  return label_lines(ascii(heading), 2, fits, "..");
}

void draw_heading(cv::Mat& sheet, const std::vector<std::string>& lines, int x,
                  const Layout& layout) {
  // The last line stands right above the pictures.
  int bottom = layout.gap + layout.heading - layout.line / 2 -
               layout.line * (static_cast<int>(lines.size()) - 1);
  for (const auto& line : lines) {
    cv::putText(sheet, line, {x, bottom}, font, layout.letters, ink, 1, cv::LINE_AA);
    bottom += layout.line;
  }
}

void draw_picture(cv::Mat& sheet, const Image& picture, cv::Point corner, int cell) {
  cv::Mat square = sheet(cv::Rect(corner, cv::Size(cell, cell)));
  square.setTo(grey);
  if (picture.empty()) return;
  const double scale = static_cast<double>(cell) / std::max(picture.width(), picture.height());
  const auto edge = [&](int length) {
    return std::clamp(static_cast<int>(std::lround(length * scale)), 1, cell);
  };
  const cv::Size size(edge(picture.width()), edge(picture.height()));
  // Areas' means where it becomes smaller: a cubic looks at too few pixels then.
  cv::Mat scaled;
  cv::resize(picture.pixels(), scaled, size, 0, 0, scale > 1.0 ? cv::INTER_CUBIC : cv::INTER_AREA);
  scaled.copyTo(square(cv::Rect({(cell - size.width) / 2, (cell - size.height) / 2}, size)));
}

void check(const std::vector<SheetColumn>& columns, int cell) {
  if (columns.empty()) throw std::invalid_argument("a contact sheet has a column at least");
  if (cell < 16 || cell > 1024)
    throw std::invalid_argument("a contact sheet's squares have 16 to 1024 pixels");
  for (const auto& column : columns)
    for (const auto& picture : column.pictures)
      if (!picture.empty() && picture.type() != PixelType::rgb8)
        throw std::invalid_argument("a contact sheet is made of rgb8 images");
}

}  // namespace

Image contact_sheet(const std::vector<SheetColumn>& columns, int cell) {
  check(columns, cell);
  Layout layout(cell);
  std::vector<std::vector<std::string>> headings;
  std::size_t lines = 0;
  layout.columns = static_cast<int>(columns.size());
  for (const auto& column : columns) {
    headings.push_back(heading_lines(column.heading, layout));
    lines = std::max(lines, headings.back().size());
    layout.rows = std::max(layout.rows, static_cast<int>(column.pictures.size()));
  }
  layout.heading = static_cast<int>(lines) * layout.line + (lines > 0 ? layout.line / 4 : 0);

  cv::Mat sheet(layout.size(), CV_8UC3, white);
  for (int i = 0; i < layout.columns; ++i) {
    const auto& pictures = columns[static_cast<std::size_t>(i)].pictures;
    draw_heading(sheet, headings[static_cast<std::size_t>(i)], layout.x(i), layout);
    for (int j = 0; j < static_cast<int>(pictures.size()); ++j)
      draw_picture(sheet, pictures[static_cast<std::size_t>(j)], {layout.x(i), layout.y(j)}, cell);
  }
  return Image(std::move(sheet));
}

}  // namespace smear::study
