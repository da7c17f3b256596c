// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/diagnostics.h"
#include "config/yaml.h"
#include "registry/registry.h"
#include "smear/configurable.h"

namespace smear {

/// Values by the options' names.
using OptionValues = std::map<std::string, OptionValue>;

/// What an option of kind `reparameterization` names, its own options set and checked.
struct ChosenReparameterization {
  std::string option;  ///< the option that names it
  std::string name;
  Registry::Plugin plugin;
  std::shared_ptr<Configurable> object;  ///< shared with the stage or kind of model that uses it
  OptionSpec spec;                       ///< bound to `object`
};

namespace config {

/// Reads the options of what a config sets up (a stage, a kind of model) from a YAML map into the
/// members that an `OptionSpec` binds. What is wrong is reported with its place, all of it.
class OptionReader {
 public:
  /// Relative paths start at the folder of `file`.
  OptionReader(Registry& registry, Problems& problems, std::filesystem::path file)
      : registry_(registry), problems_(problems), file_(std::move(file)) {}

  /// A value from the command line, which takes the place of the file's.
  struct CommandLineValue {
    std::string said;   ///< how it was given: "--set gaussian-blur.sigma"
    std::string value;  ///< YAML
  };

  /// Whose options are read.
  struct Owner {
    std::string where;          ///< what messages begin with: "stage 'gaussian-blur': "
    Place place;                ///< where it is named
    std::string set;            ///< how the command line names its options: "--set gaussian-blur."
    std::string plugin;         ///< empty where it is built in
    std::string torch_version;  ///< of its plugin
    std::vector<std::string> other_keys;  ///< of the map, which are no options
    /// The command line's value for this option, if there is one.
    std::function<std::optional<CommandLineValue>(const std::string&)> given;
  };

  struct Result {
    OptionValues values;  ///< every option's, defaults and those of reparameterizations too
    std::vector<ChosenReparameterization> reparameterizations;
    std::vector<std::string> names;  ///< of all options
    /// False where a reparameterization could not be made: others may have been meant for it.
    bool all_known = true;
  };

  /// Reads all options. Whether they go together (`check`) is for the caller to see, where this has
  /// reported nothing; reparameterizations are checked and installed.
  Result read(const OptionSpec& spec, const Node& map, const Owner& owner);

  /// Converts, checks and assigns one value. The value taken, or nothing where it was reported.
  std::optional<OptionValue> assign(const OptionInfo& option, const Node& node,
                                    const std::string& where);

  /// Reports keys that are not text, that come twice, or that `known` does not hold.
  void check_keys(const Node& map, const std::vector<std::string>& known, const std::string& where);

  /// The text of a key's value, "" where it is absent or was reported.
  std::string text_of(const Node& map, const std::string& key);

 private:
  struct Source;

  std::optional<Source> source_of(const OptionInfo& option, const Node& map, const Owner& owner,
                                  const std::string& where) const;
  void read_one(const OptionInfo& option, const Node& map, const Owner& owner,
                const std::string& where, Result& result);
  void choose(const OptionInfo& option, const Node& map, const Owner& owner, Result& result);
  bool fits(const ChosenReparameterization& chosen, const Owner& owner, const Result& result);
  void read_reparameterization(const OptionSpec& spec, const ChosenReparameterization& chosen,
                               const Node& map, const Owner& owner, Result& result);
  std::optional<OptionValue> assign(const OptionInfo& option, const Source& source,
                                    const std::string& set);
  std::optional<std::string> problem_with_path(const OptionInfo& option, OptionValue& value,
                                               const Source& source, const std::string& set) const;
  std::optional<std::string> find_file(std::string& text) const;
  std::optional<std::string> find_model(const OptionInfo& option, std::string& text,
                                        const Source& source, const std::string& set) const;
  void check_repeated_keys(const Node& map, const std::string& where);

  Registry& registry_;
  Problems& problems_;
  std::filesystem::path file_;
};

}  // namespace config
}  // namespace smear
