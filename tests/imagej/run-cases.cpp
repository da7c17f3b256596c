// SPDX-License-Identifier: Apache-2.0
// Runs macro snippets on images and writes what comes out in a form that parity.py compares with
// ImageJ's. Reads jobs from stdin, one JSON object a line: {"image": FILE, "macro": TEXT, "out":
// PREFIX}.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "imagej/files/opener.h"
#include "imagej/macro/interpreter.h"
#include "imagej/macro/parser.h"

namespace {

using namespace smear;
using namespace smear::imagej;

class Folder final : public Host {
 public:
  void save(const std::string& path,
            const std::function<void(const std::filesystem::path&)>& write) override {
    write(path);
  }
  std::filesystem::path locate(const std::string& path) override { return path; }
  void print(const std::string&) override {}
};

nlohmann::json json_of(const Roi& roi) {
  auto points = nlohmann::json::array();
  for (const auto& p : roi.points) points.push_back({p.x, p.y});
  return {{"name", roi.name},
          {"type", static_cast<int>(roi.type)},
          {"bounds", {roi.bounds.x, roi.bounds.y, roi.bounds.width, roi.bounds.height}},
          {"points", points}};
}

nlohmann::json json_of(const ImagePlus& image, std::ofstream& raw) {
  for (const auto& slice : image.stack) {
    const cv::Mat whole = slice.pixels.isContinuous() ? slice.pixels : slice.pixels.clone();
    raw.write(reinterpret_cast<const char*>(whole.data),
              static_cast<std::streamsize>(whole.total() * whole.elemSize()));
  }
  nlohmann::json result{{"title", image.title},         {"type", name_of(image.type)},
                        {"width", image.width()},       {"height", image.height()},
                        {"planes", image.stack.size()}, {"inverted", image.lut.is_inverted()},
                        {"min", image.range.min},       {"max", image.range.max}};
  if (image.threshold) result["threshold"] = {image.threshold->lower, image.threshold->upper};
  if (image.roi) result["roi"] = json_of(*image.roi);
  return result;
}

void run(const nlohmann::json& job) {
  Folder host;
  Session session;
  const std::filesystem::path file = job["image"].get<std::string>();
  session.open(open_image(file));
  // As parity.py sets them in ImageJ.
  session.foreground = 0xff000000;
  session.background = 0xffffffff;
  const std::string out = job["out"];
  nlohmann::json result;
  try {
    const MacroContext context{file.filename().string(), file.stem().string(),
                               file.parent_path().string() + "/", ""};
    run_macro(*parse_macro(job["macro"].get<std::string>(), "case"), session, host, context);
    std::ofstream raw(out + ".raw", std::ios::binary);
    if (session.has_image()) result["image"] = json_of(session.active(), raw);
    result["images"] = session.images().size();
    if (!session.results.empty())
      result["results"] = session.results.to_text(',', session.preferences);
    auto rois = nlohmann::json::array();
    for (const auto& roi : session.roi_manager.rois) rois.push_back(json_of(roi));
    result["rois"] = std::move(rois);
  } catch (const std::exception& e) {
    result = {{"error", e.what()}};
  }
  std::ofstream(out + ".json") << result.dump(-1, ' ', false,
                                              nlohmann::json::error_handler_t::replace);
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);)
    if (!line.empty()) run(nlohmann::json::parse(line));
}
