// SPDX-License-Identifier: Apache-2.0
#include "config/training.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/yaml.h"

namespace smear {
namespace {

namespace fs = std::filesystem;
using config::Node;
using config::OptionReader;

constexpr std::string_view data_prefix = "data";

/// Turns the YAML tree into a checked training config, collecting everything that is wrong on the
/// way.
class TrainingReader {
 public:
  TrainingReader(const std::string& text, const fs::path& file, Registry& registry,
                 const std::vector<Override>& overrides)
      : registry_(registry),
        overrides_(overrides),
        problems_(file.string()),
        reader_(registry, problems_, file) {
    config_.file = file.string();
    config_.text = text;
  }

  TrainingConfig read() {
    const Node root = config::parse_yaml(config_.text, config_.file);
    if (root.kind == Node::Kind::map)
      read_root(root);
    else
      problems_.error(root.place.line > 0 ? root.place : Place{1, 1},
                      fmt::format("a training config is a map with 'model' and 'options', got {}",
                                  root.description()));
    problems_.raise(config_.text);
    return std::move(config_);
  }

 private:
  void read_root(const Node& root) {
    std::int64_t seed = 1;
    OptionSpec spec;
    spec.text("name", config_.name);
    spec.text("description", config_.description);
    spec.integer("seed", seed).at_least(0);
    auto whose = owner("", root.place, "");
    whose.other_keys = {"model", "data", "options"};
    whose.given = [this](const std::string& option) {
      return option == "seed" ? given("", option) : std::nullopt;
    };
    (void)reader_.read(spec, root, whose);
    config_.seed = static_cast<std::uint64_t>(seed);
    if (config_.name.empty()) config_.name = fs::path(config_.file).stem().string();
    if (const Node* data = map_of(root, "data")) read_data(*data);
    read_kind(root);
  }

  // The map under a key; an empty one where the key is absent, nullptr where it is no map.
  const Node* map_of(const Node& root, const std::string& key) {
    static const Node none;
    const Node* node = root.find(key);
    if (node == nullptr || node->kind == Node::Kind::null) return &none;
    if (node->kind == Node::Kind::map) return node;
    problems_.error(node->place, fmt::format("{} must be a map such as {{key: value}}, got {}", key,
                                             node->description()));
    return nullptr;
  }

  // The command line's value of an option of `section`: "data", or "" for the model's.
  std::optional<OptionReader::CommandLineValue> given(std::string_view section,
                                                      const std::string& option) const {
    std::optional<OptionReader::CommandLineValue> result;
    for (const auto& o : overrides_)
      if (o.stage == section && o.option == option) result = {o.said, o.value};
    return result;
  }

  void reject_unknown_overrides(std::string_view section, const std::string& whose,
                                std::vector<std::string> names) {
    for (const auto& o : overrides_)
      if (o.stage == section && std::ranges::find(names, o.option) == names.end())
        problems_.error({}, fmt::format("{}: {} no such option", o.said, whose),
                        did_you_mean(o.option, names));
  }

  [[nodiscard]] OptionReader::Owner owner(std::string where, Place place,
                                          std::string_view section) const {
    return {.where = std::move(where),
            .place = place,
            .set = section.empty() ? "--set " : fmt::format("--set {}.", section),
            .plugin = {},
            .torch_version = {},
            .other_keys = {},
            .given = [this, section](const std::string& o) { return given(section, o); }};
  }

  void read_data(const Node& map) {
    OptionSpec spec;
    config_.data.describe(spec);
    const auto read = reader_.read(spec, map, owner("data: ", map.place, data_prefix));
    reject_unknown_overrides(data_prefix, "the data has", read.names);
    if (config_.data.validation >= 1.0) {
      const Node* node = map.find("validation");
      const auto said = given(data_prefix, "validation");
      problems_.error(said || node == nullptr ? Place{} : node->place,
                      fmt::format("{}data: validation must be below 1, or nothing is left to "
                                  "train on, got {}",
                                  said ? said->said + ": " : "", config_.data.validation));
    }
  }

  void read_kind(const Node& root) {
    const Node* model = root.find("model");
    const auto kinds = registry_.model_kind_names();
    const auto there_are =
        kinds.empty() ? std::string("no plugin that was found brings any; others need --plugin-dir")
                      : fmt::format("there are {}", fmt::join(kinds, ", "));
    if (model == nullptr) {
      problems_.error(root.place, "a training config needs 'model', a kind of model", there_are);
      return;
    }
    config_.model = reader_.text_of(root, "model");
    if (model->kind != Node::Kind::scalar) return;
    const Registry::ModelKindEntry* entry = nullptr;
    try {
      entry = registry_.find_model_kind(config_.model);
    } catch (const PluginError& e) {
      problems_.refuse(model->place, fmt::format("model '{}': {}", config_.model, e.what()));
      return;
    }
    if (entry == nullptr) {
      const auto near = did_you_mean(config_.model, kinds);
      problems_.error(model->place, fmt::format("there is no kind of model '{}'", config_.model),
                      near.empty() ? there_are : near + " " + there_are);
      return;
    }
    if (const Node* options = map_of(root, "options")) read_options(*model, *options, *entry);
  }

  void read_options(const Node& model, const Node& options, const Registry::ModelKindEntry& entry) {
    config_.plugin = entry.plugin;
    config_.kind = entry.factory();
    config_.kind->describe(config_.spec);
    const auto where = fmt::format("model '{}': ", config_.model);
    auto whose = owner(where, model.place, "");
    whose.plugin = entry.plugin.name;
    whose.torch_version = entry.plugin.torch_version;
    const auto before = problems_.count();
    auto read = reader_.read(config_.spec, options, whose);
    if (read.all_known) {
      read.names.emplace_back("seed");
      reject_unknown_overrides("", fmt::format("a '{}' has", config_.model), read.names);
    }
    config_.values = std::move(read.values);
    config_.reparameterizations = std::move(read.reparameterizations);
    if (problems_.count() == before) try {
        config_.kind->check();
      } catch (const ConfigError& e) {
        problems_.error(model.place, where + e.what());
      }
  }

  TrainingConfig config_;
  Registry& registry_;
  const std::vector<Override>& overrides_;
  Problems problems_;
  OptionReader reader_;
};

}  // namespace

void DataSettings::describe(OptionSpec& spec) {
  spec.texts("classes", classes).help("Folders of the input to train on; without it, all of them.");
  spec.texts("include", input.include)
      .length(1, 1000)
      .help("Patterns of the files to read, such as \"*.jpg\".");
  spec.real("validation", validation)
      .range(0.0, 1.0)
      .help("Fraction of the images that is held out, below 1.");
  spec.integer("block", block)
      .at_least(1)
      .help("So many neighbouring files are together in training or held out together.");
  spec.integer("max_images", max_images)
      .at_least(0)
      .help("No more images than these of a class; 0 is all.");
}

Override parse_training_override(const std::string& text) {
  const auto equals = text.find('=');
  const auto name = text.substr(0, equals);
  const auto dot = name.find('.');
  const auto section = dot == std::string::npos ? "" : name.substr(0, dot);
  const auto option = dot == std::string::npos ? name : name.substr(dot + 1);
  if (equals == std::string::npos || option.empty() || (dot == 0) ||
      (!section.empty() && section != data_prefix))
    throw ConfigError(
        fmt::format("--set takes NAME=VALUE, such as epochs=5, or data.NAME=VALUE, such as "
                    "data.validation=0.2, got '{}'",
                    text));
  return {section, option, text.substr(equals + 1), "--set " + name};
}

TrainingConfig parse_training_config(const std::string& text, const fs::path& file,
                                     Registry& registry, const std::vector<Override>& overrides) {
  return TrainingReader(text, file, registry, overrides).read();
}

TrainingConfig load_training_config(const fs::path& file, Registry& registry,
                                    const std::vector<Override>& overrides) {
  return parse_training_config(config::read_text(file), file, registry, overrides);
}

}  // namespace smear
