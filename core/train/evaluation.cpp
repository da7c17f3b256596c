// SPDX-License-Identifier: Apache-2.0
#include "train/evaluation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "run/display-path.h"
#include "smear/errors.h"

namespace smear {
namespace {

using Json = ModelFile::Json;

std::string name_of(const HeldOutEvaluation& evaluation, std::size_t i) {
  return display(evaluation.classes[i]);
}

HeldOutEvaluation::Bin bin_of(const Json& json, const std::vector<std::string>& classes) {
  HeldOutEvaluation::Bin bin;
  bin.class_name = classes.at(json.at("class").get<std::size_t>());
  json.at("bin").get_to(bin.bin);
  json.at("count").get_to(bin.count);
  json.at("mean_probability").get_to(bin.mean_probability);
  json.at("observed_fraction").get_to(bin.observed_fraction);
  return bin;
}

HeldOutEvaluation evaluation_of(const Json& json, const Json& classes) {
  HeldOutEvaluation result;
  classes.get_to(result.classes);
  json.at("images").get_to(result.images);
  json.at("accuracy").get_to(result.accuracy);
  json.at("balanced_accuracy").get_to(result.balanced_accuracy);
  if (json.contains("auc")) result.auc = json.at("auc").get<double>();
  json.at("brier").get_to(result.brier);
  json.at("expected_calibration_error").get_to(result.expected_calibration_error);
  json.at("confusion").get_to(result.confusion);
  const auto count = result.classes.size();
  if (result.confusion.size() != count ||
      !std::ranges::all_of(result.confusion, [&](const auto& row) { return row.size() == count; }))
    throw PluginError("its confusion matrix is not of its classes");
  for (const auto& bin : json.at("reliability"))
    result.reliability.push_back(bin_of(bin, result.classes));
  return result;
}

std::vector<std::string> confusion_lines(const HeldOutEvaluation& evaluation) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < evaluation.classes.size(); ++i)
    width = std::max(width, name_of(evaluation, i).size());
  std::vector<std::string> lines{"truth below, predicted beside:"};
  std::string header = fmt::format("  {:<{}}", "", width);
  for (std::size_t i = 0; i < evaluation.classes.size(); ++i)
    header += fmt::format("  {:>{}}", name_of(evaluation, i), width);
  lines.push_back(header);
  for (std::size_t i = 0; i < evaluation.confusion.size(); ++i) {
    std::string line = fmt::format("  {:<{}}", name_of(evaluation, i), width);
    for (const auto count : evaluation.confusion[i]) line += fmt::format("  {:>{}}", count, width);
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

std::optional<HeldOutEvaluation> evaluation_in(const ModelFile& model) {
  const auto it = model.training.find("evaluation");
  if (it == model.training.end()) return std::nullopt;
  try {
    return evaluation_of(*it, model.classes);
  } catch (const std::exception& error) {
    throw PluginError(
        fmt::format("the model is refused: its evaluation is damaged: {}", error.what()));
  }
}

std::string recognized_text(const HeldOutEvaluation& evaluation) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < evaluation.classes.size(); ++i) {
    const auto& row = evaluation.confusion[i];
    parts.push_back(fmt::format("{} {} of {}", name_of(evaluation, i), row[i],
                                std::accumulate(row.begin(), row.end(), std::int64_t{0})));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<std::string> evaluation_lines(const HeldOutEvaluation& evaluation) {
  const auto& e = evaluation;
  std::vector<std::string> lines{fmt::format("images                      {}", e.images),
                                 fmt::format("accuracy                    {:.4f}", e.accuracy),
                                 fmt::format("balanced accuracy           {:.4f} ({})",
                                             e.balanced_accuracy, recognized_text(e))};
  if (e.auc) lines.push_back(fmt::format("area under the ROC curve    {:.4f}", *e.auc));
  lines.push_back(fmt::format("Brier score                 {:.4f}", e.brier));
  lines.push_back(fmt::format("expected calibration error  {:.4f}", e.expected_calibration_error));
  for (auto& line : confusion_lines(e)) lines.push_back(std::move(line));
  lines.emplace_back("class, probability given: images, mean probability, share of the class");
  for (const auto& bin : e.reliability)
    if (bin.count > 0)
      lines.push_back(fmt::format("  {}, {:.1f} to {:.1f}: {}, {:.3f}, {:.3f}",
                                  display(bin.class_name), 0.1 * static_cast<double>(bin.bin),
                                  0.1 * static_cast<double>(bin.bin + 1), bin.count,
                                  bin.mean_probability, bin.observed_fraction));
  return lines;
}

}  // namespace smear
