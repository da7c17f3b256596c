// SPDX-License-Identifier: Apache-2.0
// Functions that make selections of lists of places.
#include <fmt/format.h>

#include <map>
#include <opencv2/core.hpp>

#include "imagej/letters.h"
#include "imagej/macro/functions.h"

namespace smear::imagej {
namespace {

RoiType type_of(const Value& value) {
  static const std::map<std::string, RoiType, std::less<>> names = {
      {"polygon", RoiType::polygon},   {"freehand", RoiType::freehand}, {"traced", RoiType::traced},
      {"polyline", RoiType::polyline}, {"freeline", RoiType::freeline}, {"angle", RoiType::angle},
      {"point", RoiType::point},       {"points", RoiType::point}};
  // As selectionType() numbers them.
  static const std::map<int, RoiType> numbers = {
      {2, RoiType::polygon},  {3, RoiType::freehand}, {4, RoiType::traced}, {6, RoiType::polyline},
      {7, RoiType::freeline}, {8, RoiType::angle},    {10, RoiType::point}};
  if (value.is_number()) {
    const auto found = numbers.find(java_int(number_of(value)));
    if (found != numbers.end()) return found->second;
  } else if (const auto found = names.find(lower_case(text_of(value))); found != names.end()) {
    return found->second;
  }
  throw ValueError(
      fmt::format("makeSelection: '{}' is no type of selection that is made here", text_of(value)),
      "polygon, freehand, traced, polyline, freeline, angle or points");
}

Value make_selection(BuiltinCall& call) {
  const RoiType type = type_of(call.arguments[0]);
  const auto& xs = *call.array(1);
  const auto& ys = *call.array(2);
  if (xs.size() != ys.size())
    throw ValueError(fmt::format("makeSelection: {} x and {} y", xs.size(), ys.size()),
                     "give as many of both");
  std::vector<cv::Point2d> points;
  for (std::size_t i = 0; i < xs.size(); ++i)
    points.emplace_back(number_of(value_of(xs[i])), number_of(value_of(ys[i])));
  const std::size_t least = type == RoiType::point      ? 1
                            : type == RoiType::polyline ? 2
                            : type == RoiType::freeline ? 2
                                                        : 3;
  if (points.size() < least || (type == RoiType::angle && points.size() != 3))
    throw ValueError(
        fmt::format("makeSelection: {} corners", points.size()),
        type == RoiType::angle ? "an angle has three" : fmt::format("at least {}", least));
  call.session.active().roi = Roi::polygon(type, std::move(points));
  return 0.0;
}

}  // namespace

void add_selection_makers(std::vector<Builtin>& all) {
  add_image_effect(all, "makeSelection", 3, 3, make_selection);
}

}  // namespace smear::imagej
