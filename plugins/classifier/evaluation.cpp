// SPDX-License-Identifier: Apache-2.0
#include "evaluation.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

namespace smear::classifier {
namespace {

std::optional<double> area_under_curve(const std::vector<Prediction>& predictions) {
  std::vector<std::pair<double, bool>> ranked;
  for (const auto& p : predictions) ranked.emplace_back(p.probabilities.back(), p.truth == 1);
  std::ranges::sort(ranked);
  const auto positive = std::ranges::count(ranked, true, &std::pair<double, bool>::second);
  const auto negative = std::ssize(ranked) - positive;
  if (positive == 0 || negative == 0) return std::nullopt;
  // Mann and Whitney's U: pairs that are in order, those of equal probability counted half.
  double pairs = 0.0;
  double below = 0.0;
  for (auto it = ranked.begin(); it != ranked.end();) {
    const auto next =
        std::find_if(it, ranked.end(), [&](const auto& r) { return r.first != it->first; });
    const auto of_class =
        static_cast<double>(std::count_if(it, next, [](const auto& r) { return r.second; }));
    const auto others = static_cast<double>(next - it) - of_class;
    pairs += of_class * (below + 0.5 * others);
    below += others;
    it = next;
  }
  return pairs / (static_cast<double>(positive) * static_cast<double>(negative));
}

std::vector<ReliabilityBin> reliability_of(const std::vector<Prediction>& predictions,
                                           std::size_t of_class) {
  std::vector<ReliabilityBin> bins(Evaluation::bins);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    bins[i].of_class = of_class;
    bins[i].bin = i;
  }
  for (const auto& p : predictions) {
    const double probability = p.probabilities[of_class];
    auto& bin = bins[std::min(Evaluation::bins - 1,
                              static_cast<std::size_t>(probability * Evaluation::bins))];
    ++bin.count;
    bin.mean_probability += probability;
    bin.observed_fraction += p.truth == of_class ? 1.0 : 0.0;
  }
  for (auto& bin : bins)
    if (bin.count > 0) {
      bin.mean_probability /= static_cast<double>(bin.count);
      bin.observed_fraction /= static_cast<double>(bin.count);
    }
  return bins;
}

double brier_of(const Prediction& p) {
  double sum = 0.0;
  for (std::size_t i = 0; i < p.probabilities.size(); ++i) {
    const double error = p.probabilities[i] - (p.truth == i ? 1.0 : 0.0);
    sum += error * error;
  }
  return 0.5 * sum;
}

double mean_recall(const std::vector<std::vector<std::int64_t>>& confusion) {
  double sum = 0.0;
  int classes = 0;
  for (std::size_t i = 0; i < confusion.size(); ++i) {
    const auto all = std::accumulate(confusion[i].begin(), confusion[i].end(), std::int64_t{0});
    if (all == 0) continue;
    sum += static_cast<double>(confusion[i][i]) / static_cast<double>(all);
    ++classes;
  }
  return classes > 0 ? sum / classes : 0.0;
}

}  // namespace

std::size_t Prediction::predicted() const {
  return static_cast<std::size_t>(std::ranges::max_element(probabilities) - probabilities.begin());
}

Evaluation evaluate(const std::vector<Prediction>& predictions, std::size_t classes) {
  Evaluation result;
  result.images = std::ssize(predictions);
  result.confusion.assign(classes, std::vector<std::int64_t>(classes, 0));
  if (predictions.empty()) return result;
  const auto all = static_cast<double>(predictions.size());
  std::int64_t right = 0;
  for (const auto& p : predictions) {
    ++result.confusion[p.truth][p.predicted()];
    right += p.predicted() == p.truth ? 1 : 0;
    result.brier += brier_of(p) / all;
  }
  result.accuracy = static_cast<double>(right) / all;
  result.balanced_accuracy = mean_recall(result.confusion);
  if (classes == 2) result.auc = area_under_curve(predictions);
  const std::size_t first = classes == 2 ? 1 : 0;
  for (auto i = first; i < classes; ++i)
    for (const auto& bin : reliability_of(predictions, i)) {
      result.expected_calibration_error += static_cast<double>(bin.count) *
                                           std::abs(bin.mean_probability - bin.observed_fraction) /
                                           (all * static_cast<double>(classes - first));
      result.reliability.push_back(bin);
    }
  return result;
}

std::string Evaluation::to_json() const {
  nlohmann::ordered_json json{{"images", images},
                              {"accuracy", accuracy},
                              {"balanced_accuracy", balanced_accuracy},
                              {"brier", brier},
                              {"expected_calibration_error", expected_calibration_error},
                              {"confusion", confusion},
                              {"reliability", nlohmann::ordered_json::array()}};
  if (auc) json["auc"] = *auc;
  for (const auto& bin : reliability)
    json["reliability"].push_back({{"class", bin.of_class},
                                   {"bin", bin.bin},
                                   {"count", bin.count},
                                   {"mean_probability", bin.mean_probability},
                                   {"observed_fraction", bin.observed_fraction}});
  return json.dump();
}

}  // namespace smear::classifier
