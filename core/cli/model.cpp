// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/program_options/value_semantic.hpp>
#include <iostream>

#include "cli/program.h"
#include "codec/codec.h"
#include "run/display-path.h"
#include "run/outputs.h"
#include "train/evaluation.h"
#include "train/model-file.h"

namespace smear::cli {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;
using Json = ModelFile::Json;

po::options_description options() {
  po::options_description all;
  auto add = all.add_options();
  add("json", po::bool_switch(), "show: one JSON document, for programs");
  add("pictures", po::value<std::string>()->value_name("FILE.png"),
      "show: write what the model makes of some images, inputs above outputs");
  add("torchscript", po::value<std::string>()->value_name("FILE.pt"),
      "export: write the model as TorchScript, for torch.jit.load in Python");
  add("overwrite", po::bool_switch(), "replace the picture or the export that is there");
  return all;
}

/// Where to write, unless a file is there that the user has not given up.
fs::path output_file(const Invocation& invocation, const char* option) {
  const fs::path file = invocation.options[option].as<std::string>();
  std::error_code error;
  if (fs::is_directory(file, error))
    throw ConfigError(fmt::format("--{}: {} is a folder", option, display(file.string())));
  if (fs::exists(file, error) && !invocation.options["overwrite"].as<bool>())
    throw ConfigError(
        fmt::format("{} is there already; --overwrite replaces it", display(file.string())));
  return file;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// "  key    value", further lines of the value under its first.
void print_pairs(std::string_view title, const Json& object) {
  if (object.empty()) return;
  std::cout << '\n' << title << '\n';
  std::size_t width = 0;
  for (const auto& [key, value] : object.items()) width = std::max(width, display(key).size());
  const std::string indent(width + 4, ' ');
  for (const auto& [key, value] : object.items()) {
    auto text = display_text(text_of(value));
    while (text.ends_with('\n')) text.pop_back();
    std::string lines;
    for (const char c : text) lines += c == '\n' ? "\n" + indent : std::string(1, c);
    std::cout << fmt::format("  {:<{}}  {}\n", display(key), width, lines);
  }
}

std::string shape_text(const safetensors::Entry& tensor) {
  return tensor.shape.empty() ? "one number" : fmt::format("{}", fmt::join(tensor.shape, " x "));
}

void print_tensors(const ModelFile& model) {
  std::size_t names = 0;
  std::size_t shapes = 0;
  for (const auto& tensor : model.tensors) {
    names = std::max(names, display(tensor.name).size());
    shapes = std::max(shapes, shape_text(tensor).size());
  }
  std::cout << "\nTensors\n";
  for (const auto& tensor : model.tensors)
    std::cout << fmt::format("  {:<{}}  {:<3}  {:<{}}  {:>12} bytes\n", display(tensor.name), names,
                             name_of(tensor.type), shape_text(tensor), shapes,
                             tensor.end - tensor.begin);
}

void print_evaluation(const ModelFile& model) {
  const auto evaluation = evaluation_in(model);
  if (!evaluation) return;
  std::cout << "\nHeld out of the training\n";
  for (const auto& line : evaluation_lines(*evaluation)) std::cout << "  " << line << '\n';
}

void print_model(const fs::path& file, const ModelFile& model) {
  std::cout << fmt::format("{}: a model of kind {}, {} parameters, {:.1f} MB\n",
                           display(file.string()), display(model.kind), model.parameters,
                           static_cast<double>(model.bytes) / 1e6);
  if (!model.classes.empty()) {
    std::vector<std::string> names;
    for (const auto& name : model.classes) names.push_back(display(text_of(name)));
    std::cout << fmt::format("classes: {}\n", fmt::join(names, ", "));
  }
  print_pairs("Architecture", model.architecture);
  print_pairs("Preprocessing", model.preprocessing);
  auto training = model.training;
  training.erase("evaluation");
  print_pairs("Training", training);
  print_evaluation(model);
  print_pairs("Options", model.options);
  print_pairs("Provenance", model.provenance);
  print_tensors(model);
}

Json model_json(const ModelFile& model) {
  auto tensors = Json::array();
  for (const auto& tensor : model.tensors)
    tensors.push_back({{"name", tensor.name},
                       {"dtype", name_of(tensor.type)},
                       {"shape", tensor.shape},
                       {"bytes", tensor.end - tensor.begin}});
  return {{"kind", model.kind},
          {"bytes", model.bytes},
          {"parameters", model.parameters},
          {"classes", model.classes},
          {"architecture", model.architecture},
          {"preprocessing", model.preprocessing},
          {"training", model.training},
          {"options", model.options},
          {"provenance", model.provenance},
          {"tensors", std::move(tensors)}};
}

void write_picture(const fs::path& file, const ModelFile& model) {
  if (!model.reconstructions) throw ConfigError("the model's file holds no picture");
  write_whole(file, [&](const fs::path& temporary) {
    codec::write_png(temporary, *model.reconstructions);
  });
}

int show(const Invocation& invocation, const fs::path& file) {
  if (invocation.options.contains("torchscript"))
    throw ConfigError("--torchscript goes with `smear model export`");
  const bool picture = invocation.options.contains("pictures");
  const auto to = picture ? output_file(invocation, "pictures") : fs::path();
  const auto model = read_model_file(file);
  if (picture) write_picture(to, model);
  if (invocation.options["json"].as<bool>())
    std::cout << model_json(model).dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  else
    print_model(file, model);
  return exit_done;
}

int export_model(const Invocation& invocation, const fs::path& file) {
  if (!invocation.options.contains("torchscript"))
    throw ConfigError("export takes --torchscript FILE.pt, the file to write");
  if (invocation.options.contains("pictures"))
    throw ConfigError("--pictures goes with `smear model show`");
  const auto to = output_file(invocation, "torchscript");
  const auto kind = read_model_file(file).kind;
  Registry registry;
  fill_registry(registry, invocation);
  const auto* entry = registry.find_model_kind(kind);
  if (entry == nullptr)
    throw PluginError(
        fmt::format("the model {} is of kind '{}', which no plugin that was found "
                    "brings; `smear plugins` lists them",
                    display(file.string()), display(kind)));
  write_whole(to, [&](const fs::path& temporary) {
    entry->factory()->export_torchscript(file, temporary);
  });
  if (invocation.options["json"].as<bool>())
    std::cout << Json{{"event", "finished"}, {"torchscript", to.string()}}.dump(
                     -1, ' ', false, Json::error_handler_t::replace)
              << '\n';
  else
    std::cout << "written: " << display(to.string()) << '\n';
  return exit_done;
}

int model(const Invocation& invocation) {
  const auto& action = invocation.positional[0];
  const fs::path file = invocation.positional[1];
  if (action == "show") return show(invocation, file);
  if (action == "export") return export_model(invocation, file);
  throw ConfigError(fmt::format("model takes 'show' or 'export', got '{}'", display(action)));
}

}  // namespace

Command model_command() {
  return {.name = "model",
          .summary = "Shows what is in a model's file, or exports it",
          .arguments = "show|export MODEL [options]",
          .details =
              "`show` prints architecture, preprocessing, training, options, provenance and "
              "tensors; it\n"
              "needs no plugin. A file that is damaged or no model of Smearkit is refused with the "
              "reason\n"
              "(exit code 4).\n\n"
              "  smear model show early.safetensors\n"
              "  smear model show early.safetensors --pictures early.png\n"
              "  smear model export early.safetensors --torchscript early.pt",
          .options = options,
          .positional_min = 2,
          .positional_max = 2,
          .run = model};
}

}  // namespace smear::cli
