// SPDX-License-Identifier: Apache-2.0
#include "learning/checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "learning/model-file.h"
#include "safetensors/safetensors.h"
#include "smear/errors.h"

namespace smear::learning {
namespace {

using Json = nlohmann::ordered_json;
using torch::Tensor;

// What may differ between the two halves of a training: it changes how long it goes on, not what it
// computes up to there.
bool may_differ(const std::string& option, const std::map<std::string, std::string>& options) {
  const auto schedule = options.find("schedule");
  const bool cosine = schedule != options.end() && schedule->second == "cosine";
  return (option == "epochs" && !cosine) || option == "patience" || option == "picture_every" ||
         option == "keep";
}

Json measures_json(const Measures& measures) {
  Json json = Json::array();
  for (const auto& [name, value] : measures) json.push_back({name, value});
  return json;
}

Measures measures_from(const Json& json) {
  Measures measures;
  for (const auto& pair : json) {
    const auto& value = pair.at(1);  // what is not finite is null in JSON
    measures.emplace_back(pair.at(0).get<std::string>(),
                          value.is_null() ? std::nan("") : value.get<double>());
  }
  return measures;
}

std::string to_json(const Progress& progress) {
  Json history = Json::array();
  for (const auto& measures : progress.history) history.push_back(measures_json(measures));
  return Json{{"epoch", progress.epoch},         {"step", progress.step},
              {"images", progress.images},       {"sums", measures_json(progress.sums)},
              {"norm", progress.norm_sum},       {"seconds", progress.seconds},
              {"best_loss", progress.best_loss}, {"best_epoch", progress.best_epoch},
              {"history", std::move(history)}}
      .dump();
}

Progress progress_from(const std::string& text) {
  const auto json = Json::parse(text);
  Progress progress;
  json.at("epoch").get_to(progress.epoch);
  json.at("step").get_to(progress.step);
  json.at("images").get_to(progress.images);
  progress.sums = measures_from(json.at("sums"));
  json.at("norm").get_to(progress.norm_sum);
  json.at("seconds").get_to(progress.seconds);
  json.at("best_loss").get_to(progress.best_loss);
  json.at("best_epoch").get_to(progress.best_epoch);
  for (const auto& measures : json.at("history"))
    progress.history.push_back(measures_from(measures));
  return progress;
}

void check_options(const std::map<std::string, std::string>& before,
                   const std::map<std::string, std::string>& now) {
  std::vector<std::string> changed;
  for (const auto& [name, value] : now) {
    const auto it = before.find(name);
    const auto old = it == before.end() ? std::string("none") : it->second;
    if (old != value && !may_differ(name, now))
      changed.push_back(fmt::format("{} was {}, is {}", name, old, value));
  }
  for (const auto& [name, value] : before)
    if (!now.contains(name) && !may_differ(name, now))
      changed.push_back(fmt::format("{} was {}, is not given", name, value));
  if (!changed.empty())
    throw PluginError(fmt::format(
        "it is of a training with other options ({}); give those again, or begin anew with "
        "--overwrite",
        fmt::join(changed, "; ")));
}

/// An array of the file into a tensor of the same shape, in whatever layout.
void fill(safetensors::Reader& reader, const std::string& name, const Tensor& tensor) {
  const auto* entry = reader.find(name);
  if (entry == nullptr) throw PluginError(fmt::format("it lacks '{}'", name));
  if (entry->type != safetensors::Type::float32 || entry->shape != tensor.sizes().vec())
    throw PluginError(fmt::format("'{}' has the shape [{}], expected [{}]", name,
                                  fmt::join(entry->shape, ", "),
                                  fmt::join(tensor.sizes().vec(), ", ")));
  tensor.detach().copy_(read_tensor(reader, *entry));
}

}  // namespace

void save_checkpoint(const std::filesystem::path& file, const std::string& kind,
                     const Progress& progress, const std::vector<Parameter>& parameters,
                     const Adam& adam, const std::map<std::string, std::string>& options) {
  const torch::NoGradGuard no_gradients;
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto add = [&](std::string_view prefix, const Tensor& tensor) {
      tensors.emplace_back(fmt::format("{}.{}", prefix, parameters[i].name),
                           tensor.detach().cpu().contiguous());
    };
    add("parameter", parameters[i].value);
    add("mean", adam.means()[i]);
    add("variance", adam.variances()[i]);
  }
  std::vector<safetensors::Array> arrays;
  for (const auto& [name, tensor] : tensors) arrays.push_back(array_of(name, tensor));
  safetensors::write(file,
                     {{"smearkit.kind", kind},
                      {"progress", to_json(progress)},
                      {"adam_steps", std::to_string(adam.steps())},
                      {"options", Json(options).dump()}},
                     arrays);
}

Progress load_checkpoint(const std::filesystem::path& file, const std::string& kind,
                         const std::vector<Parameter>& parameters, Adam& adam,
                         const std::map<std::string, std::string>& options) {
  const torch::NoGradGuard no_gradients;
  try {
    safetensors::Reader reader(file);
    const auto& metadata = reader.metadata();
    const auto found = metadata.find("smearkit.kind");
    if (found == metadata.end() || found->second != kind)
      throw PluginError(fmt::format("it is no {}", kind));
    check_options(Json::parse(metadata.at("options")).get<std::map<std::string, std::string>>(),
                  options);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      fill(reader, "parameter." + parameters[i].name, parameters[i].value);
      fill(reader, "mean." + parameters[i].name, adam.means()[i]);
      fill(reader, "variance." + parameters[i].name, adam.variances()[i]);
    }
    adam.set_steps(std::stoll(metadata.at("adam_steps")));
    return progress_from(metadata.at("progress"));
  } catch (const PluginError& error) {
    throw PluginError(fmt::format("checkpoint {}: {}", file.string(), error.what()));
  } catch (const std::exception& error) {
    throw PluginError(fmt::format("checkpoint {} is damaged: {}", file.string(), error.what()));
  }
}

}  // namespace smear::learning
