// SPDX-License-Identifier: Apache-2.0
#include "config/pipeline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "config/version.h"
#include "config/yaml.h"
#include "imagej/macro/plan.h"
#include "imagej/session-state.h"
#include "run/name-template.h"

namespace smear {
namespace {

namespace fs = std::filesystem;
using config::Node;
using config::OptionReader;

std::string names_of(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Turns the YAML tree into a checked pipeline, collecting everything that is wrong on the way.
class PipelineReader {
 public:
  PipelineReader(const std::string& text, const fs::path& file, Registry& registry,
                 const std::vector<Override>& overrides, SlotType source)
      : registry_(registry),
        overrides_(overrides),
        source_(source),
        problems_(file.string()),
        reader_(registry, problems_, file),
        used_(overrides.size(), false) {
    pipeline_.file = file.string();
    pipeline_.text = text;
  }

  Pipeline read() {
    const Node root = config::parse_yaml(pipeline_.text, pipeline_.file);
    if (root.kind != Node::Kind::map) {
      error(
          root.place.line > 0 ? root.place : Place{1, 1},
          fmt::format("a pipeline is a map with 'name' and 'stages', got {}", root.description()));
    } else {
      read_root(root);
    }
    check_overrides();
    if (problems_.count() == 0) link();
    problems_.raise(pipeline_.text);
    return std::move(pipeline_);
  }

 private:
  void error(Place place, std::string message, std::string hint = "") {
    problems_.error(place, std::move(message), std::move(hint));
  }

  void read_root(const Node& root) {
    reader_.check_keys(root, {"name", "description", "input", "stages"}, "");
    pipeline_.name = reader_.text_of(root, "name");
    pipeline_.description = reader_.text_of(root, "description");
    if (pipeline_.name.empty()) pipeline_.name = fs::path(pipeline_.file).stem().string();
    if (const Node* input = root.find("input")) read_input(*input);
    const Node* stages = root.find("stages");
    if (stages == nullptr) {
      error(root.place, "a pipeline needs 'stages', a list of stages");
    } else if (stages->kind != Node::Kind::sequence || stages->items.empty()) {
      error(stages->place, fmt::format("stages must be a list with at least one stage, got {}",
                                       stages->items.empty() && stages->kind == Node::Kind::sequence
                                           ? "an empty list"
                                           : stages->description()));
    } else {
      for (const Node& item : stages->items) read_stage(item);
    }
  }

  void read_globs(const Node* node, const std::string& key, std::vector<std::string>& globs) {
    if (node == nullptr) return;
    const bool list = node->kind == Node::Kind::sequence;
    if (!list && node->kind != Node::Kind::scalar) {
      error(node->place,
            fmt::format("input: {} must be a list of patterns, got {}", key, node->description()));
      return;
    }
    globs.clear();
    if (!list) globs.push_back(node->text);
    for (const Node& item : node->items) {
      if (item.kind == Node::Kind::scalar && !item.text.empty())
        globs.push_back(item.text);
      else
        error(item.place, fmt::format("input: {} must hold patterns such as \"*.jpg\", got {}", key,
                                      item.description()));
    }
  }

  void read_input(const Node& node) {
    if (node.kind != Node::Kind::map) {
      if (node.kind != Node::Kind::null)
        error(node.place, fmt::format("input must be a map, got {}", node.description()));
      return;
    }
    reader_.check_keys(
        node, {"include", "exclude", "pages", "max_pixels", "imagej", "where", "tensor", "beside"},
        "input: ");
    read_tensors(node);
    read_imagej(node);
    read_condition(node);
    read_globs(node.find("include"), "include", pipeline_.input.include);
    read_globs(node.find("exclude"), "exclude", pipeline_.input.exclude);
    if (const Node* pages = node.find("pages")) {
      if (pages->kind == Node::Kind::scalar && (pages->text == "each" || pages->text == "refuse"))
        pipeline_.input.pages = pages->text == "each";
      else
        error(pages->place,
              fmt::format("input: pages must be 'refuse' or 'each', got {}", pages->description()));
    }
    if (const Node* limit = node.find("max_pixels")) {
      OptionInfo option;
      option.name = "max_pixels";
      option.kind = OptionKind::integer;
      option.minimum = 1;
      option.assign = [this](const OptionValue& v) {
        pipeline_.input.max_pixels = std::get<std::int64_t>(v);
      };
      reader_.assign(option, *limit, "input: ");
    }
  }

  void read_imagej(const Node& node) {
    const Node* given = node.find("imagej");
    if (given == nullptr) return;
    OptionInfo option;
    option.name = "imagej";
    option.kind = OptionKind::boolean;
    option.assign = [this](const OptionValue& v) { pipeline_.input.imagej = std::get<bool>(v); };
    reader_.assign(option, *given, "input: ");
    if (!pipeline_.input.imagej) return;
    for (const std::string key : {"tensor", "pages"})
      if (const Node* other = node.find(key))
        error(other->place,
              fmt::format("input: {} does not go with imagej, which opens a file as a whole", key));
  }

  // `where: 'endsWith(Input.name, ".jpg")'`.
  void read_condition(const Node& node) {
    const Node* given = node.find("where");
    if (given == nullptr) return;
    if (given->kind != Node::Kind::scalar || given->text.empty()) {
      error(given->place, fmt::format("input: where must be an expression on Input.name, got {}",
                                      given->description()));
      return;
    }
    try {
      const imagej::FileCondition files(given->text);
      pipeline_.input.condition = given->text;
      pipeline_.input.where = [files](const std::string& name) {
        try {
          return files.takes(name);
        } catch (const std::exception& e) {
          throw ConfigError(fmt::format("input: where: for file '{}': {}", name, e.what()));
        }
      };
    } catch (const std::exception& e) {
      error(given->place, fmt::format("input: where: {}", e.what()));
    }
  }

  // `tensor: z` and `beside: {logvar: "../logvar/{path}"}`.
  void read_tensors(const Node& node) {
    auto& input = pipeline_.input;
    const Node* beside = node.find("beside");
    const Node* tensor = node.find("tensor");
    if (tensor == nullptr) {
      if (beside != nullptr)
        error(beside->place,
              "input: beside names tensors beside that of 'tensor', which is missing",
              "add tensor: mu");
      return;
    }
    if (is_input_slot("tensor", *tensor)) input.tensor = tensor->text;
    input.include = {"*.npy"};
    for (const std::string key : {"pages", "max_pixels"})
      if (const Node* given = node.find(key))
        error(given->place, fmt::format("input: {} is for images, but the input is tensors", key));
    if (beside == nullptr) return;
    if (beside->kind != Node::Kind::map) {
      error(beside->place,
            fmt::format("input: beside must be a map such as {{logvar: \"../logvar/{{path}}\"}}, "
                        "got {}",
                        beside->description()));
      return;
    }
    for (const auto& [slot, file] : beside->entries) read_beside(slot, file);
  }

  void read_beside(const Node& slot, const Node& file) {
    if (!is_input_slot("beside", slot)) return;
    if (file.kind != Node::Kind::scalar) {
      error(
          file.place,
          fmt::format("input: beside: {} must be the files' name, such as \"../{}/{{path}}\", got "
                      "{}",
                      slot.text, slot.text, file.description()));
    } else if (const auto problem = problem_with_placeholders(file.text)) {
      error(file.place, fmt::format("input: beside: {} {}", slot.text, *problem));
    } else if (slot.text == pipeline_.input.tensor ||
               !pipeline_.input.beside.emplace(slot.text, file.text).second) {
      error(slot.place, fmt::format("input: slot '{}' is given twice", slot.text));
    }
  }

  bool is_input_slot(const std::string& key, const Node& slot) {
    if (slot.kind == Node::Kind::scalar && !slot.text.empty() && slot.text != "source") return true;
    error(slot.place,
          slot.kind == Node::Kind::scalar && slot.text == "source"
              ? fmt::format("input: {}: slot 'source' is for images", key)
              : fmt::format("input: {} must name a slot, got {}", key, slot.description()));
    return false;
  }

  void read_stage(const Node& item) {
    const Node* name = nullptr;
    const Node* options = nullptr;
    if (item.kind == Node::Kind::scalar) {
      name = &item;
    } else if (item.kind == Node::Kind::map && item.entries.size() == 1 &&
               item.entries.front().first.kind == Node::Kind::scalar) {
      name = &item.entries.front().first;
      options = &item.entries.front().second;
    } else if (item.kind == Node::Kind::map && item.entries.size() > 1) {
      error(item.entries[1].first.place,
            "one stage an entry: begin each with '- ', or put options in { }");
      return;
    } else {
      error(item.place, fmt::format("expected a stage's name, got {}", item.description()));
      return;
    }
    ++counts_[name->text];
    const Registry::Entry* entry = nullptr;
    try {
      entry = registry_.find(name->text);
    } catch (const PluginError& e) {
      problems_.refuse(name->place, fmt::format("stage '{}': {}", name->text, e.what()));
      return;
    }
    if (entry == nullptr) {
      error(name->place, fmt::format("there is no stage '{}'", name->text), hint_for(name->text));
      return;
    }
    if (options != nullptr && options->kind != Node::Kind::map &&
        options->kind != Node::Kind::null) {
      error(options->place,
            fmt::format("stage '{}': options must be a map such as {{key: value}}, got {}",
                        name->text, options->description()));
      return;
    }
    read_options(*name, options, *entry);
  }

  // What YAML makes of a slip of the hand looks like a strange name.
  std::string hint_for(const std::string& stage) const {
    if (stage.find(" - ") != std::string::npos)
      return "this line and the next were read as one: give each '- ' the same indentation";
    if (stage.find('{') != std::string::npos)
      return "options come after a colon: 'name: {option: value}'";
    auto hint = did_you_mean(stage, registry_.names());
    return hint.empty() ? "`smear stages` lists them; a plugin's need --plugin-dir" : hint;
  }

  void read_options(const Node& name, const Node* options, const Registry::Entry& entry) {
    static const Node none;
    const Node& map = options == nullptr ? none : *options;
    PlannedStage planned;
    planned.name = name.text;
    planned.place = name.place;
    planned.plugin = entry.plugin;
    planned.stage = entry.factory();
    OptionSpec spec;
    planned.stage->describe(spec);

    const auto before = problems_.count();
    auto read = reader_.read(
        spec, map,
        {.where = fmt::format("stage '{}': ", name.text),
         .place = name.place,
         .set = fmt::format("--set {}.", name.text),
         .plugin = entry.plugin.name,
         .torch_version = entry.plugin.torch_version,
         .other_keys = {"inputs", "outputs"},
         .given = [&](const std::string& option) { return given(name.text, option); }});
    if (read.all_known) reject_unknown_overrides(name, read.names);
    planned.values = std::move(read.values);
    planned.reparameterizations = std::move(read.reparameterizations);
    if (problems_.count() == before) check_stage(name, map, planned, spec.options().size());
    pipeline_.stages.push_back(std::move(planned));
  }

  void check_stage(const Node& name, const Node& map, PlannedStage& planned,
                   std::size_t declared_options) {
    const std::string where = fmt::format("stage '{}': ", name.text);
    try {
      planned.stage->check();
    } catch (const ConfigError& e) {
      error(name.place, where + e.what());
    }
    planned.stage->describe(planned.spec);  // anew: a slot may be named by an option
    for (const auto& option : planned.spec.options())
      if (!planned.values.contains(option.name) ||
          planned.spec.options().size() != declared_options)
        throw PluginError(fmt::format(
            "stage '{}' declares other options when its options have other values", name.text));
    read_wiring(map.find("inputs"), planned.spec.inputs(), where, "inputs", planned.inputs);
    read_wiring(map.find("outputs"), planned.spec.outputs(), where, "outputs", planned.outputs);
  }

  void read_wiring(const Node* node, const std::vector<SlotInfo>& slots, const std::string& where,
                   const std::string& key, Sample::Wiring& wiring) {
    if (node == nullptr) return;
    if (node->kind != Node::Kind::map) {
      error(node->place, fmt::format("{}{} must be a map from the stage's slots to others, got {}",
                                     where, key, node->description()));
      return;
    }
    std::vector<std::string> known;
    for (const auto& slot : slots) known.push_back(slot.name);
    reader_.check_keys(*node, known, where + key + ": ");
    for (const auto& [from, to] : node->entries) {
      if (to.kind == Node::Kind::scalar && !to.text.empty())
        wiring[from.text] = to.text;
      else
        error(to.place, fmt::format("{}{}: '{}' must be the name of a slot, got {}", where, key,
                                    from.text, to.description()));
    }
  }

  // What the command line says of the stage being read, which is number counts_[stage] of its
  // name.
  std::optional<OptionReader::CommandLineValue> given(const std::string& stage,
                                                      const std::string& option) {
    std::optional<OptionReader::CommandLineValue> result;
    for (std::size_t i = 0; i < overrides_.size(); ++i) {
      const auto& o = overrides_[i];
      if (!is_for_current(o, stage) || o.option != option) continue;
      used_[i] = true;
      result = {o.said, o.value};
    }
    return result;
  }

  bool is_for_current(const Override& o, const std::string& stage) {
    return o.stage.empty() || o.stage == stage ||
           o.stage == fmt::format("{}[{}]", stage, counts_[stage]);
  }

  void reject_unknown_overrides(const Node& name, const std::vector<std::string>& options) {
    for (std::size_t i = 0; i < overrides_.size(); ++i) {
      const auto& o = overrides_[i];
      if (o.stage.empty() || !is_for_current(o, name.text) ||
          std::ranges::find(options, o.option) != options.end())
        continue;
      used_[i] = true;
      error({}, fmt::format("{}: stage '{}' has no such option", o.said, name.text),
            did_you_mean(o.option, options));
    }
  }

  void check_overrides() {
    const bool all_read = problems_.count() == 0;  // else a stage is unknown that may have it
    std::vector<std::string> stages;
    for (const auto& [name, count] : counts_) stages.push_back(name);
    for (std::size_t i = 0; i < overrides_.size(); ++i) {
      const auto& o = overrides_[i];
      if (o.stage.empty()) {
        if (!used_[i] && all_read)
          error({},
                fmt::format("{}: no stage of the pipeline has an option '{}'", o.said, o.option));
      } else if (!used_[i])
        error({}, fmt::format("{}: the pipeline has no such stage", o.said),
              did_you_mean(o.stage, stages));
      else if (const auto it = counts_.find(o.stage); it != counts_.end() && it->second > 1)
        error({}, fmt::format("{}: the pipeline has {} stages '{}'", o.said, it->second, o.stage),
              fmt::format("say which: {}[1].{}", o.stage, o.option));
    }
  }

  // Follows the slots through the stages: every stage finds what it reads.
  void link() {
    auto slots = input_slots();
    for (auto& stage : pipeline_.stages) link_stage(stage, slots);
    if (problems_.count() > 0) return;
    find_last_uses();
    check_output_files();
  }

  // What a sample holds as it is read.
  [[nodiscard]] std::map<std::string, SlotType> input_slots() const {
    const auto& input = pipeline_.input;
    if (input.imagej) return {{std::string(imagej::session_slot), SlotType::state}};
    if (input.tensor.empty()) return {{"source", source_}, {"image", source_}};
    std::map<std::string, SlotType> slots{{input.tensor, SlotType::tensor}};
    for (const auto& [slot, file] : input.beside) slots.emplace(slot, SlotType::tensor);
    return slots;
  }

  void link_stage(PlannedStage& stage, std::map<std::string, SlotType>& slots) {
    std::map<std::string, SlotType> met;  // by declared name
    for (const auto& input : stage.spec.inputs()) {
      const auto wired = stage.inputs.find(input.name);
      const std::string slot = wired == stage.inputs.end() ? input.name : wired->second;
      const auto it = slots.find(slot);
      if (it == slots.end()) {
        if (input.optional && wired == stage.inputs.end()) continue;
        if (!pipeline_.input.tensor.empty() && (slot == "image" || slot == "source")) {
          error(stage.place,
                fmt::format("stage '{}': reads slot '{}', but the input is tensors (input: tensor: "
                            "{}) and no stage before it writes an image",
                            stage.name, slot, pipeline_.input.tensor));
          continue;
        }
        if (slot == imagej::session_slot || (pipeline_.input.imagej && slot == "image")) {
          error(stage.place, missing_slot_of_imagej(stage.name, slot));
          continue;
        }
        std::vector<std::string> there;
        for (const auto& [name, type] : slots) there.push_back(name);
        const auto near = did_you_mean(slot, there);
        error(stage.place,
              fmt::format("stage '{}': reads slot '{}' ({}), which no stage before it writes",
                          stage.name, slot, name_of(input.types)),
              near.empty() ? writers_of(input) : near);
        continue;
      }
      // A mask is an 8-bit image, so what takes grey8 takes it too.
      const SlotType accepted = (input.types & SlotType::grey8) != SlotType::none
                                    ? input.types | SlotType::mask
                                    : input.types;
      const SlotType possible = it->second & accepted;
      if (possible == SlotType::none) {
        error(stage.place, fmt::format("stage '{}': slot '{}' holds {}, but must be {}", stage.name,
                                       slot, name_of(it->second), name_of(input.types)));
        continue;
      }
      met[input.name] = possible;
      stage.reads.push_back({slot, input.name, accepted, input.optional});
    }
    for (const auto& output : stage.spec.outputs()) {
      const auto wired = stage.outputs.find(output.name);
      const std::string slot = wired == stage.outputs.end() ? output.name : wired->second;
      if (slot == "source") {
        error(stage.place,
              fmt::format("stage '{}': slot 'source' is the image as read and is not written",
                          stage.name));
        continue;
      }
      const auto like = met.find(output.same_as);
      SlotType type = output.same_as.empty() || like == met.end() ? output.types : like->second;
      if (output.greys_masks && (type & SlotType::mask) != SlotType::none)
        type = without(type, SlotType::mask) | SlotType::grey8;
      slots[slot] = type;
      stage.writes.push_back({slot, output.name, type, false});
    }
  }

  [[nodiscard]] std::string missing_slot_of_imagej(const std::string& stage,
                                                   const std::string& slot) const {
    if (slot == "image")
      return fmt::format(
          "stage '{}': reads slot 'image', but the input is ImageJ's state (input: imagej: true); "
          "put imagej.to-slots before it",
          stage);
    return fmt::format(
        "stage '{}': works on ImageJ's state, which is not there; begin with input: {{imagej: "
        "true}}, "
        "or put imagej.from-slots before it",
        stage);
  }

  // Stages that write a slot of this name, for the hint.
  std::string writers_of(const SlotInfo& input) {
    std::vector<std::string> writers;
    for (const auto& name : registry_.names()) {
      // A plugin is not opened for a hint.
      if (registry_.owner_of_stage(name) != "built in") continue;
      OptionSpec spec;
      const auto stage = registry_.make(name);
      stage->describe(spec);
      const auto writes = [&](const SlotInfo& o) {
        return o.name == input.name && o.same_as.empty();
      };
      if (std::ranges::any_of(spec.outputs(), writes)) writers.push_back(name);
    }
    return writers.empty() ? "" : fmt::format("written by {}", names_of(writers));
  }

  void find_last_uses() {
    std::set<std::string> needed;
    for (auto stage = pipeline_.stages.rbegin(); stage != pipeline_.stages.rend(); ++stage) {
      std::set<std::string> touched;
      for (const auto& [slot, type] : input_slots()) touched.insert(slot);
      for (const auto& port : stage->reads) touched.insert(port.slot);
      for (const auto& port : stage->writes) touched.insert(port.slot);
      for (const auto& slot : touched)
        if (!needed.contains(slot)) stage->last_use.push_back(slot);
      for (const auto& port : stage->writes) needed.erase(port.slot);
      for (const auto& port : stage->reads) needed.insert(port.slot);
    }
  }

  // Two stages must not write one file, nor one take for a folder what the other takes for a file.
  // Those of one kind may add to the same file of the run.
  void check_output_files() {
    const SampleId any{"folder/image.png", 0};
    std::map<std::string, std::pair<std::string, OptionKind>> files;  // with their stages
    for (const auto& stage : pipeline_.stages)
      for (const auto& option : stage.spec.options()) {
        if (option.kind != OptionKind::output && option.kind != OptionKind::run_file) continue;
        const auto text = to_string(stage.values.at(option.name));
        if (text.empty()) continue;
        const auto file = expand(text, any);
        const auto clash = std::ranges::find_if(files, [&](const auto& other) {
          return file == other.first || file.starts_with(other.first + "/") ||
                 other.first.starts_with(file + "/");
        });
        const bool together =
            clash != files.end() && clash->first == file && clash->second.second == option.kind &&
            (option.kind == OptionKind::run_file ? clash->second.first == stage.name
                                                 : replaces_file(stage.name, clash->second.first));
        if (clash != files.end() && !together)
          error(stage.place, fmt::format("stage '{}': {} '{}' is written by stage '{}' already",
                                         stage.name, option.name, text, clash->second.first));
        files.emplace(file, std::pair(stage.name, option.kind));
      }
  }

  Pipeline pipeline_;
  Registry& registry_;
  const std::vector<Override>& overrides_;
  SlotType source_;
  Problems problems_;
  OptionReader reader_;
  std::vector<bool> used_;
  std::map<std::string, int> counts_;
};

}  // namespace

std::size_t Pipeline::batch() const {
  std::size_t batch = 1;
  for (const auto& stage : stages) batch = std::max(batch, stage.stage->preferred_batch());
  return batch;
}

std::vector<const OptionInfo*> PlannedStage::options() const {
  std::vector<const OptionInfo*> result;
  for (const auto& option : spec.options()) {
    result.push_back(&option);
    for (const auto& chosen : reparameterizations)
      if (chosen.option == option.name)
        for (const auto& own : chosen.spec.options()) result.push_back(&own);
  }
  return result;
}

std::string Pipeline::fingerprint() const {
  nlohmann::json all;
  all["version"] = version();
  all["input"] = {input.pages, input.max_pixels};
  if (input.imagej) all["imagej"] = true;
  if (!input.tensor.empty()) all["tensors"] = {{input.tensor, input.beside}};
  for (const auto& stage : stages) {
    nlohmann::json one{{"name", stage.name}, {"inputs", stage.inputs}, {"outputs", stage.outputs}};
    if (!stage.plugin.library.empty())
      one["plugin"] = content_hash(config::read_bytes(stage.plugin.library));
    for (const auto& chosen : stage.reparameterizations)
      if (!chosen.plugin.library.empty())
        one["reparameterizations"][chosen.option] =
            content_hash(config::read_bytes(chosen.plugin.library));
    for (const auto* option : stage.options()) {
      const auto written = to_string(stage.values.at(option->name));
      const bool is_file =
          (option->kind == OptionKind::file || option->kind == OptionKind::model) &&
          !written.empty();
      one["options"][option->name] = is_file ? content_hash(config::read_bytes(written)) : written;
    }
    all["stages"].push_back(std::move(one));
  }
  return content_hash(all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void open_stages(const Pipeline& pipeline) {
  std::vector<Diagnostic> problems;
  for (const auto& stage : pipeline.stages) try {
      stage.stage->open();
    } catch (const PluginError&) {
      throw;
    } catch (const std::exception& e) {
      problems.push_back(
          {pipeline.file, stage.place, fmt::format("stage '{}': {}", stage.name, e.what()), ""});
    }
  if (!problems.empty()) throw ConfigErrors(std::move(problems), pipeline.text);
}

Override Override::parse(const std::string& text) {
  const auto equals = text.find('=');
  const auto dot = text.rfind('.', equals);
  if (equals == std::string::npos || dot == std::string::npos || dot == 0 || dot + 1 == equals)
    throw ConfigError(fmt::format(
        "--set takes STAGE.OPTION=VALUE, such as gaussian-blur.sigma=2, got '{}'", text));
  return {text.substr(0, dot), text.substr(dot + 1, equals - dot - 1), text.substr(equals + 1),
          "--set " + text.substr(0, equals)};
}

Pipeline parse_pipeline(const std::string& text, const fs::path& file, Registry& registry,
                        const std::vector<Override>& overrides, SlotType source) {
  return PipelineReader(text, file, registry, overrides, source).read();
}

Pipeline load_pipeline(const fs::path& file, Registry& registry,
                       const std::vector<Override>& overrides, SlotType source) {
  return parse_pipeline(config::read_text(file), file, registry, overrides, source);
}

}  // namespace smear
