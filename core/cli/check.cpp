// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/program_options/value_semantic.hpp>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/overrides.h"
#include "cli/program.h"
#include "codec/codec.h"
#include "codec/npy.h"
#include "run/display-path.h"
#include "run/planned-files.h"
#include "run/runner.h"

namespace smear::cli {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

po::options_description options() {
  po::options_description all;
  add_overrides(all);
  add_macro_settings(all);
  all.add_options()("json", po::bool_switch(), "print the plan, or what is wrong, as JSON");
  return all;
}

std::string ports(const std::vector<PlannedStage::Port>& list) {
  std::vector<std::string> texts;
  for (const auto& port : list)
    texts.push_back(fmt::format("{} ({})", port.slot, name_of(port.types)));
  return texts.empty() ? "-" : fmt::format("{}", fmt::join(texts, ", "));
}

nlohmann::json ports_json(const std::vector<PlannedStage::Port>& list) {
  auto result = nlohmann::json::array();
  for (const auto& port : list)
    result.push_back({{"slot", port.slot}, {"types", name_of(port.types)}});
  return result;
}

void print_plan(const Pipeline& pipeline) {
  std::cout << pipeline.name << (pipeline.description.empty() ? "" : ": " + pipeline.description)
            << '\n';
  int number = 0;
  for (const auto& stage : pipeline.stages) {
    std::cout << fmt::format("{:>3}. {}\n       reads  {}\n       writes {}\n", ++number,
                             stage.name, ports(stage.reads), ports(stage.writes));
    std::vector<std::string> values;
    for (const auto* option : stage.options())
      values.push_back(
          fmt::format("{}: {}", option->name, to_string(stage.values.at(option->name))));
    if (!values.empty()) std::cout << fmt::format("       with   {}\n", fmt::join(values, ", "));
  }
}

void print_files(const std::vector<PlannedFile>& files) {
  if (!files.empty()) std::cout << "saves\n";
  for (const auto& file : files)
    std::cout << fmt::format("       {}  ({}, {})\n",
                             file.name.empty() ? "what code names" : file.name,
                             file.of_run ? "one of the run" : "of each image", file.stage->name);
}

nlohmann::json plan_json(const Pipeline& pipeline) {
  auto stages = nlohmann::json::array();
  for (const auto& stage : pipeline.stages) {
    nlohmann::json one{{"name", stage.name},
                       {"reads", ports_json(stage.reads)},
                       {"writes", ports_json(stage.writes)}};
    for (const auto& [name, value] : stage.values) one["options"][name] = to_string(value);
    stages.push_back(std::move(one));
  }
  auto files = nlohmann::json::array();
  for (const auto& file : planned_files(pipeline))
    if (!file.name.empty())
      files.push_back({{"name", file.name}, {"of_run", file.of_run}, {"stage", file.stage->name}});
  return {{"name", pipeline.name}, {"stages", std::move(stages)}, {"files", std::move(files)}};
}

SlotType type_of(const codec::Header& header) {
  if (header.channels >= 3) return SlotType::rgb8;
  if (header.bits >= 32) return SlotType::float32 | SlotType::label32;
  return header.bits == 16 ? SlotType::grey16 : SlotType::grey8;
}

// What the files of the input hold, as `check` counts it.
class InputSurvey {
 public:
  InputSurvey(const Pipeline& pipeline, const FileList& list, bool quiet)
      : pipeline_(pipeline), list_(list), quiet_(quiet) {
    for (std::size_t i = 0; i < std::min(most, list.files.size()); ++i) look_at(list.files[i]);
  }

  /// The types of the images.
  [[nodiscard]] const std::map<unsigned, SlotType>& types() const { return types_; }

  /// "3 rgb8, 1 unreadable".
  [[nodiscard]] std::string text() const {
    std::string text;
    for (const auto& [what, count] : counts_) text += fmt::format(", {} {}", count, what);
    if (unreadable_ > 0) text += fmt::format(", {} unreadable", unreadable_);
    if (list_.files.size() > most) text += fmt::format(" (types of the first {})", most);
    return text;
  }

 private:
  static constexpr std::size_t most = 200;

  void look_at(const std::string& file) try {
    ++counts_[pipeline_.input.tensor.empty() ? image(file) : tensors(file)];
  } catch (const std::exception& e) {
    ++unreadable_;
    if (!quiet_) std::cerr << fmt::format("warning: {}: {}\n", display(file), display(e.what()));
  }

  std::string image(const std::string& file) {
    const auto type = type_of(codec::peek(list_.path_of(file)));
    types_[static_cast<unsigned>(type)] = type;
    return name_of(type);
  }

  // "with mu (128) and logvar (128)".
  std::string tensors(const std::string& file) {
    const auto shape = [](const fs::path& path) {
      return codec::describe_shape(codec::peek_npy(path).shape);
    };
    auto text = fmt::format("with {} ({})", pipeline_.input.tensor, shape(list_.path_of(file)));
    for (const auto& [slot, path] : list_.files_beside(file)) try {
        text += fmt::format(" and {} ({})", slot, shape(path));
      } catch (const SampleError& e) {
        throw SampleError(fmt::format("'{}' ({}): {}", slot, path.string(), e.what()));
      }
    return text;
  }

  const Pipeline& pipeline_;
  const FileList& list_;
  bool quiet_;
  std::map<std::string, std::size_t> counts_;
  std::map<unsigned, SlotType> types_;
  std::size_t unreadable_ = 0;
};

// The pipeline as the first files of the input would meet it: a header tells what a file holds.
void check_input(const Pipeline& pipeline, const std::string& input,
                 const std::vector<Override>& overrides, const MacroSettings& settings,
                 Registry& registry, bool json) {
  const auto list = find_files(input, "", pipeline.input);
  const InputSurvey survey(pipeline, list, json);
  for (const auto& [key, type] : survey.types())
    (void)load_pipeline_or_macro(pipeline.file, registry, overrides, settings, nullptr, type);
  if (list.files.empty())
    throw ConfigError(
        fmt::format("no file under {} matches {}", input, fmt::join(pipeline.input.include, ", ")));
  check_collisions(pipeline, list);
  if (!json)
    std::cout << fmt::format("{} files in {}{}\n", list.files.size(), input, survey.text());
}

int check(const Invocation& invocation) {
  const bool json = invocation.options["json"].as<bool>();
  const auto overrides = overrides_of(invocation);
  Registry registry;
  fill_registry(registry, invocation);
  const auto settings = macro_settings_of(invocation);
  std::vector<std::string> notes;
  const auto pipeline = load_pipeline_or_macro(find_pipeline(invocation.positional[0]), registry,
                                               overrides, settings, &notes);
  open_stages(pipeline);
  if (json)
    std::cout << plan_json(pipeline).dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
              << '\n';
  else
    print_plan(pipeline);
  if (!json) print_files(planned_files(pipeline));
  if (!json)
    for (const auto& note : notes) std::cout << "note: " << note << '\n';
  if (invocation.positional.size() > 1)
    check_input(pipeline, invocation.positional[1], overrides, settings, registry, json);
  if (planned_files(pipeline).empty() && !json)
    std::cerr << "warning: no stage saves anything; add save-table, save-image or overlay\n";
  return exit_done;
}

}  // namespace

Command check_command() {
  return {.name = "check",
          .summary = "Checks a pipeline and prints what it would do",
          .arguments = "PIPELINE [INPUT] [options]",
          .details =
              "Everything that can be known before a run is checked: names, options, files, and "
              "whether\n"
              "each stage finds the slots it reads, in types that it takes. With INPUT, also "
              "whether the\n"
              "images there are of types that the pipeline takes. Exit code 2 where something is "
              "wrong.",
          .options = options,
          .positional_min = 1,
          .positional_max = 2,
          .run = check};
}

}  // namespace smear::cli
