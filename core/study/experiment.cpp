// SPDX-License-Identifier: Apache-2.0
#include "study/experiment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "study/outcome.h"

namespace smear::study {
namespace {

namespace fs = std::filesystem;
using config::Node;
using config::OptionReader;

constexpr std::string_view autoencoder_kind = "vae";
constexpr std::string_view classifier_kind = "classifier";
constexpr std::array sections{"data", "vae", "classifier"};
constexpr std::array lists{"cells", "grids", "claims"};
constexpr std::array reserved_grids{"control", "seeds", "reference", "fit"};

Options options_of(const Node& map) {
  Options options;
  for (const auto& [key, value] : map.entries)
    if (key.kind == Node::Kind::scalar) options.push_back({key.text, value, key.place});
  return options;
}

void set_all(Options& options, const Options& values) {
  for (const auto& value : values) set_option(options, value);
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// A part of an id: what file names and shells take as it is.
std::string slug(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '.' || c == '_' || c == '+' || c == '-';
    if (plain)
      result += c;
    else if (!result.empty() && result.back() != '-')
      result += '-';
  }
  while (result.ends_with('-')) result.pop_back();
  return result;
}

/// Whether conditions and models can be filed under the name: nothing that leads out of its folder.
bool can_be_filed(std::string_view name) {
  return !name.empty() && slug(name) == name && name != "." && name != "..";
}

/// Turns the YAML tree into a checked experiment, collecting everything that is wrong on the way.
class ExperimentReader {
 public:
  ExperimentReader(const std::string& text, const fs::path& file, Registry& registry,
                   const std::vector<Override>& overrides, const std::vector<std::string>& only)
      : file_(file),
        registry_(registry),
        overrides_(overrides),
        only_(only),
        problems_(file.string()),
        reader_(registry, problems_, file) {
    experiment_.file = file.string();
    experiment_.text = text;
  }

  Experiment read() {
    const Node root = config::parse_yaml(experiment_.text, experiment_.file);
    if (root.kind == Node::Kind::map) {
      for (const auto& given : overrides_)
        experiment_.changes.push_back(fmt::format("--set {}{}{}={}", given.stage,
                                                  given.stage.empty() ? "" : ".", given.option,
                                                  given.value));
      for (const auto& name : only_) experiment_.changes.push_back("--grid " + name);
      read_root(root);
    } else {
      problems_.error(root.place.line > 0 ? root.place : Place{1, 1},
                      fmt::format("an experiment is a map with 'vae', 'cells' and 'grids', got {}",
                                  root.description()));
    }
    problems_.raise(experiment_.text);
    return std::move(experiment_);
  }

 private:
  void read_root(const Node& root) {
    read_scalars(root);
    read_data(root);
    const auto before = problems_.count();
    read_models(root);
    read_cells(root);
    // Grids and claims rest on the models' options: what is wrong there would come up again.
    if (problems_.count() == before) read_grids(root);
    all_grids_known_ = problems_.count() == before;
    read_claims(root);
    collect_classes();
    experiment_.whole = only_.empty();
    if (!only_.empty())
      std::erase_if(experiment_.grids, [&](const Grid& grid) { return !has(only_, grid.name); });
  }

  // What the command line gives instead of the file's values of a section.
  void take_overrides(OptionReader::Owner& owner, std::string_view section) const {
    owner.set = section.empty() ? "--set " : fmt::format("--set {}.", section);
    owner.given = [this, section](const std::string& option) {
      std::optional<OptionReader::CommandLineValue> result;
      for (const auto& o : overrides_)
        if (o.stage == section && o.option == option) result = {o.said, o.value};
      return result;
    };
  }

  void reject_unknown_overrides(std::string_view section, const std::vector<std::string>& names) {
    for (const auto& o : overrides_)
      if (o.stage == section && !has(names, o.option))
        problems_.error({}, fmt::format("{}: there is no such setting", o.said),
                        did_you_mean(o.option, names));
  }

  // The options of a model with those of the command line in their places.
  Options options_with_overrides(const Node& map, std::string_view section) const {
    auto options = options_of(map);
    for (const auto& o : overrides_)
      if (o.stage == section) set_option(options, {o.option, config::parse_yaml(o.value, o.said)});
    return options;
  }

  void read_scalars(const Node& root) {
    auto seed = static_cast<std::int64_t>(experiment_.seed);
    std::vector<double> seeds{1};
    OptionSpec spec;
    spec.text("name", experiment_.name);
    spec.text("title", experiment_.title);
    spec.text("question", experiment_.question);
    spec.text("method", experiment_.method);
    spec.text("malignant", experiment_.malignant)
        .required()
        .help("the class that the autoencoder is trained on");
    spec.text("benign", experiment_.benign).required().help("the class whose images are its input");
    spec.integer("seed", seed).at_least(0);
    spec.integer("images", experiment_.images).at_least(5);
    spec.integer("reference_images", experiment_.reference_images).at_least(5);
    spec.integer("least_cells", experiment_.least_cells).at_least(6);
    spec.integer("bootstrap", experiment_.bootstrap).range(10, 100'000);
    spec.real("confidence", experiment_.confidence).range(0.5, 0.999);
    spec.reals("seeds", seeds).range(0, 1e9).length(1, 100);
    spec.reals("blur", experiment_.blur).range(0.1, 100).length(0, 20);
    OptionReader::Owner owner;
    owner.place = {1, 1};
    owner.other_keys = {"data", "vae", "classifier", "cells", "grids", "claims"};
    take_overrides(owner, "");
    reject_unknown_overrides("", reader_.read(spec, root, owner).names);
    experiment_.seed = static_cast<std::uint64_t>(seed);
    experiment_.seeds.clear();
    for (const double s : seeds) {
      const auto whole = static_cast<std::uint64_t>(s);
      if (static_cast<double>(whole) != s || std::ranges::count(experiment_.seeds, whole) > 0)
        problems_.error(place_of(root, "seeds"),
                        "seeds must be different whole numbers, such as [1, 2, 3]");
      else
        experiment_.seeds.push_back(whole);
    }
    if (experiment_.name.empty()) experiment_.name = file_.stem().string();
    if (experiment_.title.empty()) experiment_.title = experiment_.name;
    if (!experiment_.malignant.empty() && experiment_.malignant == experiment_.benign)
      problems_.error(place_of(root, "benign"), "malignant and benign must be different classes");
  }

  static Place place_of(const Node& map, std::string_view key) {
    const Node* node = map.find(key);
    return node == nullptr ? map.place : node->place;
  }

  // The value under a key if it is of this kind; a report and nullptr where it is not.
  const Node* value_of(const Node& map, const std::string& key, Node::Kind kind,
                       std::string_view expected, bool required) {
    const Node* node = map.find(key);
    if (node == nullptr || node->kind == Node::Kind::null) {
      if (required) problems_.error(map.place, fmt::format("'{}' is missing: {}", key, expected));
      return nullptr;
    }
    if (node->kind == kind) return node;
    problems_.error(node->place,
                    fmt::format("{} must be {}, got {}", key, expected, node->description()));
    return nullptr;
  }

  void read_data(const Node& root) {
    const Node none = map_of({}, root.place);
    const Node* node = value_of(root, "data", Node::Kind::map,
                                "a map such as {validation: 0.3, block: 20}", false);
    if (node == nullptr) node = &none;
    OptionSpec spec;
    experiment_.data.describe(spec);
    OptionReader::Owner owner;
    owner.where = "data: ";
    owner.place = node->place;
    take_overrides(owner, "data");
    reject_unknown_overrides("data", reader_.read(spec, *node, owner).names);
    if (!experiment_.data.classes.empty())
      problems_.error(place_of(*node, "classes"),
                      "data: the classes are those that 'malignant', 'benign' and the grids name");
    if (experiment_.data.validation <= 0.0 || experiment_.data.validation >= 1.0)
      problems_.error(place_of(*node, "validation"),
                      fmt::format("data: validation must be above 0 and below 1, so that images "
                                  "are held out, got {}",
                                  experiment_.data.validation));
  }

  // The options of a kind of model, set and checked; what is wrong is reported.
  OptionReader::Result check_options(std::string_view kind_name, const Node& options,
                                     const std::string& where, bool of_command_line = false) {
    const Registry::ModelKindEntry* entry = nullptr;
    try {
      entry = registry_.find_model_kind(kind_name);
    } catch (const PluginError& e) {
      problems_.refuse(options.place, fmt::format("model '{}': {}", kind_name, e.what()));
      return {};
    }
    if (entry == nullptr) {
      problems_.error(options.place, fmt::format("there is no kind of model '{}'", kind_name),
                      "its plugin was not found; others need --plugin-dir");
      return {};
    }
    const auto kind = entry->factory();
    OptionSpec spec;
    kind->describe(spec);
    OptionReader::Owner owner;
    owner.where = where;
    owner.place = options.place;
    owner.plugin = entry->plugin.name;
    owner.torch_version = entry->plugin.torch_version;
    torch_version_ = entry->plugin.torch_version;
    if (of_command_line) take_overrides(owner, kind_name);
    const auto before = problems_.count();
    auto result = reader_.read(spec, options, owner);
    if (of_command_line && result.all_known) reject_unknown_overrides(kind_name, result.names);
    if (problems_.count() == before) try {
        kind->check();
      } catch (const ConfigError& e) {
        problems_.error(options.place, where + e.what());
      }
    return result;
  }

  // Files are named from the experiment's folder, but are read from where conditions lie.
  static void resolve(const OptionInfo& option, const OptionValues& values, Options& options) {
    if (option.kind != OptionKind::file && option.kind != OptionKind::model) return;
    for (auto& given : options)
      if (const auto it = values.find(given.name); given.name == option.name && it != values.end())
        given.value = text(std::get<std::string>(it->second));
  }

  void read_models(const Node& root) {
    const Node none = map_of({}, root.place);
    const Node* classifier = value_of(root, std::string(classifier_kind), Node::Kind::map,
                                      "a map of the classifier's options", false);
    if (classifier == nullptr) classifier = &none;
    (void)check_options(classifier_kind, *classifier, "classifier: ", true);
    experiment_.classifier = options_with_overrides(*classifier, classifier_kind);
    const Node* autoencoder = value_of(root, std::string(autoencoder_kind), Node::Kind::map,
                                       "a map of the autoencoder's options", false);
    if (autoencoder == nullptr) autoencoder = &none;
    const auto before = problems_.count();
    const auto read = check_options(autoencoder_kind, *autoencoder, "vae: ", true);
    if (problems_.count() != before) return;
    experiment_.autoencoder = options_with_overrides(*autoencoder, autoencoder_kind);
    experiment_.image_size = std::get<std::int64_t>(read.values.at("image_size"));
    if (std::get<bool>(read.values.at("conditional")))
      problems_.error(place_of(*autoencoder, "conditional"),
                      "vae: the plain model sees one class only; a grid with decode_as has models "
                      "that are class-conditional");
    const auto& chosen = read.reparameterizations.front();
    experiment_.sampling.function = chosen.name;
    for (const auto& option : chosen.spec.options()) {
      plain_function_options_.push_back(option.name);
      resolve(option, read.values, experiment_.autoencoder);
      for (const auto& given : experiment_.autoencoder)
        if (given.name == option.name) experiment_.sampling.options.push_back(given);
    }
  }

  // The stages as a pipeline whose lines stand where the experiment has them, so that what is wrong
  // is reported at its place.
  void read_cells(const Node& root) {
    const Node* cells = value_of(root, "cells", Node::Kind::sequence,
                                 "a list of stages that find cells and measure them", true);
    if (cells == nullptr) return;
    experiment_.cells = *cells;
    int begin = 0;
    int end = 0;
    for (const auto& [key, value] : root.entries) {
      if (key.text == "cells" && begin == 0)
        begin = key.place.line;
      else if (begin > 0 && end == 0 && key.place.line > begin)
        end = key.place.line;
    }
    std::string pipeline;
    int line = 0;
    std::string_view rest = experiment_.text;
    while (!rest.empty()) {
      ++line;
      const auto length = std::min(rest.find('\n'), rest.size());
      auto text = std::string(rest.substr(0, length));
      rest.remove_prefix(std::min(rest.size(), length + 1));
      if (line == begin) text = "stages:" + text.substr(text.find(':') + 1);
      if (line >= begin && (end == 0 || line < end)) pipeline += text;
      pipeline += '\n';
    }
    try {
      const auto parsed = parse_pipeline(pipeline, file_, registry_, {}, SlotType::rgb8);
      const bool measured = std::ranges::any_of(parsed.stages, [](const PlannedStage& stage) {
        return std::ranges::any_of(stage.writes,
                                   [](const auto& port) { return port.slot == "objects"; });
      });
      if (!measured)
        problems_.error(cells->place, "cells: no stage writes the table 'objects'",
                        "measure-cells does");
      for (std::size_t i = 0; i < parsed.stages.size(); ++i)
        resolve_files(parsed.stages[i], experiment_.cells.items[i]);
    } catch (const ConfigErrors& e) {
      for (const auto& d : e.diagnostics()) problems_.error(d.place, "cells: " + d.message, d.hint);
    } catch (const PluginError& e) {
      problems_.refuse(cells->place, std::string("cells: ") + e.what());
    }
  }

  static void resolve_files(const PlannedStage& stage, Node& item) {
    if (item.kind != Node::Kind::map || item.entries.empty()) return;
    auto& map = item.entries.front().second;
    auto options = options_of(map);
    for (const auto* option : stage.options()) resolve(*option, stage.values, options);
    map = map_of(options, map.place);
  }

  void read_grids(const Node& root) {
    const Node* grids = value_of(root, "grids", Node::Kind::sequence, "a list of grids", true);
    if (grids == nullptr) return;
    for (const auto& node : grids->items) {
      if (node.kind != Node::Kind::map) {
        problems_.error(node.place,
                        fmt::format("a grid is a map with 'name' and what it varies, got {}",
                                    node.description()));
        continue;
      }
      read_grid(node);
    }
    for (const auto& name : only_) {
      std::vector<std::string> names;
      for (const auto& grid : experiment_.grids) names.push_back(grid.name);
      if (!has(names, name))
        problems_.error({}, fmt::format("--grid {}: there is no such grid", name),
                        fmt::format("there are {}", fmt::join(names, ", ")));
    }
  }

  struct GridNodes {
    std::string where;
    std::vector<std::string> train_on;
    bool anew = false;
    Sampling sampling;
    Options training;
  };

  void read_grid(const Node& node) {
    static const std::vector<std::string> ways{"vary", "vary_training", "settings", "decode_as"};
    Grid grid;
    GridNodes common;
    std::string function;
    bool anew = false;
    std::vector<std::string> decode_as;
    OptionSpec spec;
    spec.text("name", grid.name).required().help("what claims and files call it");
    spec.text("title", grid.title);
    spec.text("description", grid.description);
    spec.text("function", function);
    spec.choice("train", anew,
                {{false, "once", "every value samples from the plain model"},
                 {true, "anew", "a model is trained with each value"}});
    spec.texts("train_on", common.train_on);
    spec.texts("decode_as", decode_as);
    OptionReader::Owner owner;
    owner.where = "grid: ";
    owner.place = node.place;
    owner.other_keys = {"options", "training", "vary", "vary_training", "settings"};
    const auto before = problems_.count();
    (void)reader_.read(spec, node, owner);
    if (problems_.count() != before) return;
    common.where = fmt::format("grid '{}': ", grid.name);
    if (!can_be_filed(grid.name) ||
        std::ranges::find(reserved_grids, grid.name) != reserved_grids.end() ||
        std::ranges::any_of(experiment_.grids, [&](const Grid& g) { return g.name == grid.name; }))
      problems_.error(place_of(node, "name"),
                      fmt::format("{}a name is of letters, digits and dashes, none of {}, and no "
                                  "other grid has it",
                                  common.where, fmt::join(reserved_grids, ", ")));
    if (grid.title.empty()) grid.title = grid.name;
    common.anew = anew;
    if (common.train_on.empty()) common.train_on = {experiment_.malignant};
    common.sampling = sampling_of(function, value_of(node, "options", Node::Kind::map,
                                                     "a map of the function's options", false));
    if (const Node* training = value_of(node, "training", Node::Kind::map,
                                        "a map of the autoencoder's options", false))
      common.training = options_of(*training);
    const auto given =
        std::ranges::count_if(ways, [&](const auto& way) { return node.find(way) != nullptr; });
    if (given != 1) {
      problems_.error(node.place, fmt::format("{}needs one of {}: what it varies", common.where,
                                              fmt::join(ways, ", ")));
      return;
    }
    if (node.find("vary") != nullptr) vary(grid, common, node, "vary");
    if (node.find("vary_training") != nullptr) vary(grid, common, node, "vary_training");
    if (node.find("settings") != nullptr) list(grid, common, node);
    for (const auto& name : decode_as) {
      auto setting = setting_of(name, place_of(node, "decode_as"));
      setting.decode_as = name;
      add(grid, common, std::move(setting), common.sampling, {});
    }
    if (problems_.count() == before) experiment_.grids.push_back(std::move(grid));
  }

  // The plain model's function where none is named, with its options where it is the same one.
  [[nodiscard]] Sampling sampling_of(const std::string& function, const Node* options) const {
    Sampling sampling;
    sampling.function = function.empty() ? experiment_.sampling.function : function;
    if (sampling.function == experiment_.sampling.function)
      sampling.options = experiment_.sampling.options;
    if (options != nullptr) set_all(sampling.options, options_of(*options));
    return sampling;
  }

  static Setting setting_of(std::string label, Place place) {
    Setting setting;
    setting.label = std::move(label);
    setting.place = place;
    return setting;
  }

  // All combinations of the listed values.
  void vary(Grid& grid, const GridNodes& common, const Node& node, const std::string& key) {
    const Node* map = value_of(node, key, Node::Kind::map,
                               "a map of options to lists, such as {temperature: [1, 10]}", true);
    if (map == nullptr) return;
    std::vector<Options> combinations{{}};
    for (const auto& [name, values] : map->entries) {
      if (values.kind != Node::Kind::sequence || values.items.empty()) {
        problems_.error(values.place,
                        fmt::format("{}{}: {} must be a list of one value or more, got {}",
                                    common.where, key, name.text,
                                    values.kind == Node::Kind::sequence ? "an empty one"
                                                                        : values.description()));
        return;
      }
      constexpr std::size_t most = 1000;
      if (combinations.size() * values.items.size() > most) {
        problems_.error(values.place,
                        fmt::format("{}{}: more than {} combinations", common.where, key, most));
        return;
      }
      std::vector<Options> longer;
      for (const auto& combination : combinations)
        for (const auto& value : values.items) {
          longer.push_back(combination);
          longer.back().push_back({name.text, value, name.place});
        }
      combinations = std::move(longer);
    }
    if (map->entries.size() == 1) grid.axis = map->entries.front().first.text;
    for (const auto& combination : combinations) {
      std::vector<std::string> parts;
      for (const auto& option : combination)
        parts.push_back(combination.size() == 1
                            ? words(option.value)
                            : fmt::format("{} {}", option.name, words(option.value)));
      auto setting = setting_of(fmt::format("{}", fmt::join(parts, ", ")),
                                combination.empty() ? map->place : combination.front().value.place);
      auto sampling = common.sampling;
      if (key == "vary") set_all(sampling.options, combination);
      add(grid, common, std::move(setting), sampling,
          key == "vary_training" ? combination : Options{});
    }
  }

  // Settings that are written out one by one.
  void list(Grid& grid, const GridNodes& common, const Node& node) {
    const Node* items = value_of(node, "settings", Node::Kind::sequence,
                                 "a list of maps such as {function: laplace}", true);
    if (items == nullptr) return;
    for (const auto& item : items->items) {
      if (item.kind != Node::Kind::map) {
        problems_.error(item.place, fmt::format("{}a setting is a map such as {{function: "
                                                "laplace}}, got {}",
                                                common.where, item.description()));
        continue;
      }
      std::string label;
      std::string function;
      OptionSpec spec;
      spec.text("label", label);
      spec.text("function", function);
      OptionReader::Owner owner;
      owner.where = common.where;
      owner.place = item.place;
      owner.other_keys = {"options", "training"};
      const auto before = problems_.count();
      (void)reader_.read(spec, item, owner);
      const Node* options =
          value_of(item, "options", Node::Kind::map, "a map of the function's options", false);
      const Node* training =
          value_of(item, "training", Node::Kind::map, "a map of the autoencoder's options", false);
      if (problems_.count() != before) continue;
      if (label.empty()) label = function;
      if (label.empty()) {
        problems_.error(item.place, common.where + "a setting needs a label or a function");
        continue;
      }
      auto sampling = common.sampling;
      if (!function.empty() && function != sampling.function)
        sampling = sampling_of(function, nullptr);
      if (options != nullptr) set_all(sampling.options, options_of(*options));
      add(grid, common, setting_of(label, item.place), sampling,
          training == nullptr ? Options{} : options_of(*training));
    }
  }

  void add(Grid& grid, const GridNodes& common, Setting setting, const Sampling& sampling,
           const Options& training) {
    const auto where = fmt::format("{}{}: ", common.where, setting.label);
    setting.id = fmt::format("{}/{}", grid.name, slug(setting.label));
    setting.seed = experiment_.seeds.empty() ? 1 : experiment_.seeds.front();
    setting.sampling = sampling;
    setting.classes = common.train_on;
    if (!can_be_filed(slug(setting.label)) ||
        std::ranges::any_of(grid.settings, [&](const Setting& s) { return s.id == setting.id; }))
      problems_.error(setting.place,
                      where + "a setting needs a label of its own, with a letter or a digit");
    const auto before = problems_.count();
    check_sampling(setting.sampling, setting.place, where);
    setting.training = training_of(common, setting.sampling, training);
    if (problems_.count() == before) check_training(setting, where);
    set_dropout(setting, training);
    grid.settings.push_back(std::move(setting));
  }

  void check_sampling(Sampling& sampling, Place place, const std::string& where) {
    ReparameterizationChoice choice;
    OptionSpec spec;
    spec.reparameterization("function", choice);
    auto options = sampling.options;
    set_option(options, {"function", word(sampling.function, place)});
    OptionReader::Owner owner;
    owner.where = where;
    owner.place = place;
    owner.plugin = autoencoder_kind;
    owner.torch_version = torch_version_;
    const auto read = reader_.read(spec, map_of(options, place), owner);
    for (const auto& chosen : read.reparameterizations)
      for (const auto& option : chosen.spec.options())
        resolve(option, read.values, sampling.options);
  }

  [[nodiscard]] Options training_of(const GridNodes& common, const Sampling& sampling,
                                    const Options& training) const {
    auto options = experiment_.autoencoder;
    if (common.anew) {
      std::erase_if(options,
                    [&](const auto& option) { return has(plain_function_options_, option.name); });
      set_option(options, {"reparameterization", word(sampling.function)});
      set_all(options, sampling.options);
    }
    set_all(options, common.training);
    set_all(options, training);
    return options;
  }

  void check_training(const Setting& setting, const std::string& where) {
    const auto before = problems_.count();
    const auto read =
        check_options(autoencoder_kind, map_of(setting.training, setting.place), where);
    if (problems_.count() != before) return;
    if (std::get<std::int64_t>(read.values.at("image_size")) != experiment_.image_size)
      problems_.error(setting.place,
                      where + "image_size must be that of the plain model, or nothing compares");
    const bool conditional = std::get<bool>(read.values.at("conditional"));
    if (conditional == setting.decode_as.empty())
      problems_.error(setting.place,
                      where + (conditional ? "a class-conditional model needs decode_as"
                                           : "decode_as needs training: {conditional: true}"));
    else if (conditional)
      for (const auto& name : {setting.decode_as, experiment_.benign})
        if (!has(setting.classes, name))
          problems_.error(setting.place,
                          fmt::format("{}'{}' is not among the classes of train_on", where, name),
                          did_you_mean(name, setting.classes));
  }

  static void set_dropout(Setting& setting, const Options& training) {
    for (const auto& option : training)
      if (option.name == "encoder_dropout" || option.name == "decoder_dropout")
        if (const auto rate = std::strtod(option.value.text.c_str(), nullptr);
            !setting.dropout || rate > *setting.dropout)
          setting.dropout = rate;
  }

  void read_claims(const Node& root) {
    const Node* claims = value_of(root, "claims", Node::Kind::sequence, "a list of claims", false);
    if (claims == nullptr) return;
    for (const auto& node : claims->items) {
      if (node.kind != Node::Kind::map) {
        problems_.error(node.place, fmt::format("a claim is a map with 'name', 'text' and a rule, "
                                                "got {}",
                                                node.description()));
        continue;
      }
      read_claim(node);
    }
  }

  void read_claim(const Node& node) {
    Claim claim;
    OptionSpec spec;
    spec.text("name", claim.name).required().help("a short name");
    spec.text("text", claim.text).required().help("the claim in words");
    spec.text("source", claim.source);
    OptionReader::Owner owner;
    owner.where = "claim: ";
    owner.place = node.place;
    owner.other_keys = {"rules"};
    (void)reader_.read(spec, node, owner);
    if (std::ranges::any_of(experiment_.claims,
                            [&](const Claim& other) { return other.name == claim.name; }))
      problems_.error(place_of(node, "name"), fmt::format("claim '{}' is there twice", claim.name));
    const auto where = fmt::format("claim '{}': ", claim.name);
    const Node* rules = value_of(node, "rules", Node::Kind::sequence, "a list of rules", true);
    if (rules == nullptr) return;
    for (const auto& rule : rules->items) {
      if (rule.kind == Node::Kind::map)
        read_rule(claim, rule, where);
      else
        problems_.error(rule.place,
                        fmt::format("{}a rule is a map such as {{measure: circularity, of: "
                                    "temperature/1, is: above, than: temperature/10}}, got {}",
                                    where, rule.description()));
    }
    if (claim.rules.empty() && rules->items.empty())
      problems_.error(rules->place, where + "needs a rule, or nothing decides it");
    experiment_.claims.push_back(std::move(claim));
  }

  void read_rule(Claim& claim, const Node& node, const std::string& where) {
    Rule rule;
    double margin = 0.0;
    OptionSpec spec;
    spec.text("measure", rule.measure).required().help("what is compared");
    spec.text("of", rule.of).required().help("the condition that the claim is about");
    spec.choice("is", rule.is,
                {{Rule::Is::above, "above", "more than another"},
                 {Rule::Is::below, "below", "less than another"},
                 {Rule::Is::near, "near", "as much as another"},
                 {Rule::Is::highest, "highest", "more than all others"},
                 {Rule::Is::lowest, "lowest", "less than all others"}})
        .required()
        .help("above, below, near, highest or lowest");
    spec.text("than", rule.than);
    spec.text("than_measure", rule.than_measure);
    spec.real("margin", margin).at_least(0.0);
    OptionReader::Owner owner;
    owner.where = where;
    owner.place = node.place;
    owner.other_keys = {"among"};
    const auto before = problems_.count();
    (void)reader_.read(spec, node, owner);
    if (node.find("margin") != nullptr) rule.margin = margin;
    if (problems_.count() != before) return;
    check_measure(rule.measure, place_of(node, "measure"), where);
    if (rule.than_measure.empty())
      rule.than_measure = rule.measure;
    else
      check_measure(rule.than_measure, place_of(node, "than_measure"), where);
    check_condition(rule.of, place_of(node, "of"), where);
    const bool of_all = rule.is == Rule::Is::highest || rule.is == Rule::Is::lowest;
    if (of_all != rule.than.empty()) {
      problems_.error(node.place, where + (of_all ? "highest and lowest take 'among', not 'than'"
                                                  : "above, below and near need 'than'"));
      return;
    }
    if (of_all)
      read_among(rule, node, where);
    else
      check_condition(rule.than, place_of(node, "than"), where);
    claim.rules.push_back(std::move(rule));
  }

  // A grid's name stands for all of its conditions.
  void read_among(Rule& rule, const Node& node, const std::string& where) {
    const Node* among = node.find("among");
    if (among == nullptr) {
      problems_.error(node.place, where + "highest and lowest need 'among': a grid or conditions");
      return;
    }
    std::vector<Node> names{*among};
    if (among->kind == Node::Kind::sequence) names = among->items;
    for (const auto& name : names) {
      const auto grid = std::ranges::find(experiment_.grids, name.text, &Grid::name);
      if (grid != experiment_.grids.end())
        for (const auto& setting : grid->settings) rule.among.push_back(setting.id);
      else if (check_condition(name.text, name.place, where, true))
        rule.among.push_back(name.text);
      else
        return;
    }
    std::erase(rule.among, rule.of);
    if (rule.among.empty())
      problems_.error(among->place, where + "'among' names no other condition");
  }

  void check_measure(const std::string& name, Place place, const std::string& where) {
    if (find_measure(name) != nullptr) return;
    std::vector<std::string> names;
    for (const auto& measure : measures()) names.emplace_back(measure.name);
    const auto hint = did_you_mean(name, names);
    problems_.error(place, fmt::format("{}there is no measure '{}'", where, name),
                    hint.empty() ? fmt::format("there are {}", fmt::join(names, ", ")) : hint);
  }

  bool check_condition(const std::string& id, Place place, const std::string& where,
                       bool grids_too = false) {
    // Grids that are wrong are not there: what names them is not wrong for that.
    if (!all_grids_known_) return true;
    auto ids = condition_ids(experiment_);
    if (has(ids, id)) return true;
    if (grids_too)
      for (const auto& grid : experiment_.grids) ids.insert(ids.begin(), grid.name);
    const auto hint = did_you_mean(id, ids);
    problems_.error(place, fmt::format("{}there is no condition '{}'", where, id),
                    hint.empty() ? "a condition is GRID/VALUE, such as " + ids.back() : hint);
    return false;
  }

  void collect_classes() {
    auto& classes = experiment_.data.classes;
    classes = {experiment_.malignant, experiment_.benign};
    for (const auto& grid : experiment_.grids) {
      if (!only_.empty() && !has(only_, grid.name)) continue;
      for (const auto& setting : grid.settings)
        for (const auto& name : setting.classes)
          if (!has(classes, name)) classes.push_back(name);
    }
  }

  Experiment experiment_;
  fs::path file_;
  Registry& registry_;
  const std::vector<Override>& overrides_;
  const std::vector<std::string>& only_;
  Problems problems_;
  OptionReader reader_;
  std::string torch_version_;
  bool all_grids_known_ = false;
  std::vector<std::string> plain_function_options_;
};

}  // namespace

std::string_view name_of(Rule::Is is) {
  switch (is) {
    case Rule::Is::above: return "above";
    case Rule::Is::below: return "below";
    case Rule::Is::near: return "near";
    case Rule::Is::highest: return "highest";
    case Rule::Is::lowest: return "lowest";
  }
  return "";
}

std::string control::blurred(std::string_view what, double sigma) {
  return fmt::format("control/blurred-{}-{}", what, sigma);
}

std::string control::seed(std::uint64_t seed) { return fmt::format("seeds/{}", seed); }

std::vector<std::string> condition_ids(const Experiment& experiment) {
  std::vector<std::string> ids;
  for (const auto id :
       {control::real_malignant, control::real_benign, control::reconstructed_malignant,
        control::reconstructed_benign, control::prior})
    ids.emplace_back(id);
  for (const auto* what : {"malignant", "benign"})
    for (const double sigma : experiment.blur) ids.push_back(control::blurred(what, sigma));
  for (const auto seed : experiment.seeds) ids.push_back(control::seed(seed));
  for (const auto& grid : experiment.grids)
    for (const auto& setting : grid.settings) ids.push_back(setting.id);
  return ids;
}

std::vector<Setting> seed_settings(const Experiment& experiment) {
  std::vector<Setting> settings;
  for (const auto seed : experiment.seeds) {
    Setting setting;
    setting.id = control::seed(seed);
    setting.label = fmt::format("seed {}", seed);
    setting.sampling = experiment.sampling;
    setting.training = experiment.autoencoder;
    setting.classes = {experiment.malignant};
    setting.seed = seed;
    settings.push_back(std::move(setting));
  }
  return settings;
}

Override parse_experiment_override(const std::string& text) {
  const auto equals = text.find('=');
  const auto name = text.substr(0, equals);
  const auto dot = name.find('.');
  const auto section = dot == std::string::npos ? "" : name.substr(0, dot);
  const auto option = dot == std::string::npos ? name : name.substr(dot + 1);
  const auto among = [](const auto& names, const std::string& word) {
    return std::ranges::find(names, word) != names.end();
  };
  if (equals == std::string::npos || option.empty() || dot == 0 ||
      (section.empty() ? among(sections, option) : !among(sections, section)))
    throw ConfigError(
        fmt::format("--set takes NAME=VALUE or SECTION.OPTION=VALUE, such as "
                    "images=50 or vae.epochs=5 (sections are {}), got '{}'",
                    fmt::join(sections, ", "), text));
  if (section.empty() && among(lists, option))
    throw ConfigError(
        fmt::format("--set {}: cells, grids and claims are stated in the experiment "
                    "file alone",
                    option));
  return {section, option, text.substr(equals + 1), "--set " + name};
}

Experiment parse_experiment(const std::string& text, const fs::path& file, Registry& registry,
                            const std::vector<Override>& overrides,
                            const std::vector<std::string>& only) {
  return ExperimentReader(text, file, registry, overrides, only).read();
}

Experiment load_experiment(const fs::path& file, Registry& registry,
                           const std::vector<Override>& overrides,
                           const std::vector<std::string>& only) {
  return parse_experiment(config::read_text(file), file, registry, overrides, only);
}

}  // namespace smear::study
