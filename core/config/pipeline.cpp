// SPDX-License-Identifier: Apache-2.0
#include "config/pipeline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "config/version.h"
#include "config/yaml.h"
#include "run/name-template.h"

namespace smear {
namespace {

namespace fs = std::filesystem;
using config::Node;

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
    if (diagnostics_.empty() && refused_.empty()) link();
    if (!diagnostics_.empty()) {
      diagnostics_.insert(diagnostics_.end(), refused_.begin(), refused_.end());
      throw ConfigErrors(std::move(diagnostics_), pipeline_.text);
    }
    // Nothing else is wrong, so the exit code is that of a refused plugin.
    if (!refused_.empty())
      throw PluginError(ConfigErrors(std::move(refused_), pipeline_.text).what());
    return std::move(pipeline_);
  }

 private:
  void error(Place place, std::string message, std::string hint = "") {
    diagnostics_.push_back({pipeline_.file, place, std::move(message), std::move(hint)});
  }

  // Reports keys that are not text, that come twice, or that `known` does not hold.
  void check_keys(const Node& map, const std::vector<std::string>& known,
                  const std::string& where) {
    std::set<std::string> seen;
    for (const auto& [key, value] : map.entries) {
      if (key.kind != Node::Kind::scalar) {
        error(key.place, fmt::format("{}a key must be a name, got {}", where, key.description()));
      } else if (!seen.insert(key.text).second) {
        error(key.place, fmt::format("{}'{}' is given twice", where, key.text));
      } else if (std::ranges::find(known, key.text) == known.end()) {
        auto hint = key.text.find(':') != std::string::npos ? "a space belongs after the colon"
                                                            : did_you_mean(key.text, known);
        if (hint.empty()) hint = known.empty() ? "it has none" : "it knows " + names_of(known);
        error(key.place, fmt::format("{}unknown key '{}'", where, key.text), hint);
      }
    }
  }

  std::string text_of(const Node* node, const std::string& key) {
    if (node == nullptr) return {};
    if (node->kind == Node::Kind::scalar) return node->text;
    error(node->place, fmt::format("{} must be text, got {}", key, node->description()));
    return {};
  }

  void read_root(const Node& root) {
    check_keys(root, {"name", "description", "input", "stages"}, "");
    pipeline_.name = text_of(root.find("name"), "name");
    pipeline_.description = text_of(root.find("description"), "description");
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
    check_keys(node, {"include", "exclude", "pages", "max_pixels"}, "input: ");
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
      assign(option, *limit, "input: ");
    }
  }

  // Converts, checks and assigns; reports instead of throwing. The value taken, if it was.
  std::optional<OptionValue> assign(const OptionInfo& option, const Node& node,
                                    const std::string& where) {
    auto conversion = config::to_option_value(node, option);
    if (!conversion.value) {
      error(node.place, where + conversion.problem);
      return std::nullopt;
    }
    if (const auto problem = problem_with(option, *conversion.value)) {
      std::vector<std::string> names;
      for (const auto& choice : option.choices) names.push_back(choice.name);
      error(node.place, where + *problem, did_you_mean(node.text, names));
      return std::nullopt;
    }
    if (const auto problem = problem_with_path(option, *conversion.value)) {
      error(node.place, fmt::format("{}{} {}", where, option.name, *problem));
      return std::nullopt;
    }
    option.assign(*conversion.value);
    return conversion.value;
  }

  // Files are relative to the pipeline; `value` becomes the path that the stage opens.
  std::optional<std::string> problem_with_path(const OptionInfo& option, OptionValue& value) const {
    if (option.kind == OptionKind::output || option.kind == OptionKind::run_file) {
      const auto& text = std::get<std::string>(value);
      if (text.empty() && std::get<std::string>(option.default_value).empty()) return std::nullopt;
      if (option.kind == OptionKind::run_file && text.find('{') != std::string::npos)
        return fmt::format("is one file for the whole run and takes no placeholder, got '{}'",
                           text);
      return problem_with_template(text);
    }
    if (option.kind != OptionKind::file) return std::nullopt;
    auto& text = std::get<std::string>(value);
    if (text.empty()) return std::nullopt;
    const fs::path path = fs::path(pipeline_.file).parent_path() / text;
    std::error_code failure;
    if (!fs::is_regular_file(path, failure))
      return fmt::format("names a file that is not there: {}", path.string());
    text = fs::absolute(path, failure).lexically_normal().string();
    return std::nullopt;
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
      refused_.push_back(
          {pipeline_.file, name->place, fmt::format("stage '{}': {}", name->text, e.what()), ""});
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
    const std::string where = fmt::format("stage '{}': ", name.text);
    PlannedStage planned;
    planned.name = name.text;
    planned.place = name.place;
    planned.plugin = entry.plugin;
    planned.stage = entry.factory();
    OptionSpec spec;
    planned.stage->describe(spec);

    std::vector<std::string> known;
    for (const auto& option : spec.options()) known.push_back(option.name);
    const auto option_names = known;
    known.insert(known.end(), {"inputs", "outputs"});
    check_keys(map, known, where);

    const std::size_t errors_before = diagnostics_.size();
    for (const auto& option : spec.options()) {
      planned.values[option.name] = option.default_value;
      const Node* node = map.find(option.name);
      Node overridden;
      std::string said_where = where;
      if (const Override* given = override_for(name.text, option.name)) {
        overridden = config::parse_yaml(given->value, "--set");
        overridden.place = {};  // the value stands on the command line, not in the file
        node = &overridden;
        said_where = fmt::format("--set {}.{}: {}", given->stage, given->option, where);
      }
      if (node == nullptr) {
        if (option.required)
          error(name.place, fmt::format("{}needs '{}': {}", where, option.name, option.help));
        continue;
      }
      if (auto value = assign(option, *node, said_where)) planned.values[option.name] = *value;
    }
    reject_unknown_overrides(name, option_names);
    if (diagnostics_.size() == errors_before) check_stage(name, map, planned);
    pipeline_.stages.push_back(std::move(planned));
  }

  void check_stage(const Node& name, const Node& map, PlannedStage& planned) {
    const std::string where = fmt::format("stage '{}': ", name.text);
    try {
      planned.stage->check();
    } catch (const ConfigError& e) {
      error(name.place, where + e.what());
    }
    planned.stage->describe(planned.spec);  // anew: a slot may be named by an option
    for (const auto& [option, value] : planned.values)
      if (planned.spec.find(option) == nullptr ||
          planned.spec.options().size() != planned.values.size())
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
    check_keys(*node, known, where + key + ": ");
    for (const auto& [from, to] : node->entries) {
      if (to.kind == Node::Kind::scalar && !to.text.empty())
        wiring[from.text] = to.text;
      else
        error(to.place, fmt::format("{}{}: '{}' must be the name of a slot, got {}", where, key,
                                    from.text, to.description()));
    }
  }

  // The override meant for the stage being read, which is number counts_[stage] of its name.
  const Override* override_for(const std::string& stage, const std::string& option) {
    const Override* result = nullptr;
    for (std::size_t i = 0; i < overrides_.size(); ++i) {
      if (!is_for_current(overrides_[i], stage) || overrides_[i].option != option) continue;
      used_[i] = true;
      result = &overrides_[i];
    }
    return result;
  }

  bool is_for_current(const Override& o, const std::string& stage) {
    return o.stage == stage || o.stage == fmt::format("{}[{}]", stage, counts_[stage]);
  }

  void reject_unknown_overrides(const Node& name, const std::vector<std::string>& options) {
    for (std::size_t i = 0; i < overrides_.size(); ++i) {
      const auto& o = overrides_[i];
      if (!is_for_current(o, name.text) || std::ranges::find(options, o.option) != options.end())
        continue;
      used_[i] = true;
      error({},
            fmt::format("--set {}.{}: stage '{}' has no such option", o.stage, o.option, name.text),
            did_you_mean(o.option, options));
    }
  }

  void check_overrides() {
    std::vector<std::string> stages;
    for (const auto& [name, count] : counts_) stages.push_back(name);
    for (std::size_t i = 0; i < overrides_.size(); ++i) {
      const auto& o = overrides_[i];
      if (!used_[i])
        error({}, fmt::format("--set {}.{}: the pipeline has no such stage", o.stage, o.option),
              did_you_mean(o.stage, stages));
      else if (const auto it = counts_.find(o.stage); it != counts_.end() && it->second > 1)
        error({},
              fmt::format("--set {0}.{1}: the pipeline has {2} stages '{0}'", o.stage, o.option,
                          it->second),
              fmt::format("say which: {}[1].{}", o.stage, o.option));
    }
  }

  // Follows the slots through the stages: every stage finds what it reads.
  void link() {
    std::map<std::string, SlotType> slots{{"source", source_}, {"image", source_}};
    for (auto& stage : pipeline_.stages) link_stage(stage, slots);
    if (!diagnostics_.empty()) return;
    find_last_uses();
    check_output_files();
  }

  void link_stage(PlannedStage& stage, std::map<std::string, SlotType>& slots) {
    std::map<std::string, SlotType> met;  // by declared name
    for (const auto& input : stage.spec.inputs()) {
      const auto wired = stage.inputs.find(input.name);
      const std::string slot = wired == stage.inputs.end() ? input.name : wired->second;
      const auto it = slots.find(slot);
      if (it == slots.end()) {
        if (input.optional && wired == stage.inputs.end()) continue;
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
      std::set<std::string> touched{"source", "image"};
      for (const auto& port : stage->reads) touched.insert(port.slot);
      for (const auto& port : stage->writes) touched.insert(port.slot);
      for (const auto& slot : touched)
        if (!needed.contains(slot)) stage->last_use.push_back(slot);
      for (const auto& port : stage->writes) needed.erase(port.slot);
      for (const auto& port : stage->reads) needed.insert(port.slot);
    }
  }

  // Two stages must not write one file, nor one take for a folder what the other takes for a file.
  void check_output_files() {
    const SampleId any{"folder/image.png", 0};
    std::map<std::string, std::string> files;  // with their stages
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
        if (clash != files.end())
          error(stage.place, fmt::format("stage '{}': {} '{}' is written by stage '{}' already",
                                         stage.name, option.name, text, clash->second));
        files.emplace(file, stage.name);
      }
  }

  Pipeline pipeline_;
  Registry& registry_;
  const std::vector<Override>& overrides_;
  SlotType source_;
  std::vector<bool> used_;
  std::map<std::string, int> counts_;
  std::vector<Diagnostic> diagnostics_;
  std::vector<Diagnostic> refused_;  ///< stages of plugins that cannot be used
};

}  // namespace

std::size_t Pipeline::batch() const {
  std::size_t batch = 1;
  for (const auto& stage : stages) batch = std::max(batch, stage.stage->preferred_batch());
  return batch;
}

std::string Pipeline::fingerprint() const {
  nlohmann::json all;
  all["version"] = version();
  all["input"] = {input.pages, input.max_pixels};
  for (const auto& stage : stages) {
    nlohmann::json one{{"name", stage.name}, {"inputs", stage.inputs}, {"outputs", stage.outputs}};
    if (!stage.plugin.library.empty())
      one["plugin"] = content_hash(config::read_bytes(stage.plugin.library));
    for (const auto& [key, value] : stage.values) {
      const auto* option = stage.spec.find(key);
      const auto written = to_string(value);
      const bool is_file =
          option != nullptr && option->kind == OptionKind::file && !written.empty();
      one["options"][key] = is_file ? content_hash(config::read_bytes(written)) : written;
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
  return {text.substr(0, dot), text.substr(dot + 1, equals - dot - 1), text.substr(equals + 1)};
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
