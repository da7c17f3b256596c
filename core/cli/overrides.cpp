// SPDX-License-Identifier: Apache-2.0
#include "cli/overrides.h"

#include <boost/program_options/value_semantic.hpp>
#include <string>

namespace smear::cli {

namespace po = boost::program_options;

void add_overrides(po::options_description& options) {
  options.add_options()("set",
                        po::value<std::vector<std::string>>()->value_name("STAGE.OPTION=VALUE"),
                        "another value for a stage's option (again for more)")(
      "device", po::value<std::string>()->value_name("DEVICE"),
      "where every stage with an option 'device' computes, such as cpu or cuda")(
      "precision", po::value<std::string>()->value_name("PRECISION"),
      "of every stage with an option 'precision': float32 or bfloat16");
}

namespace {

// Of a macro, `--set NAME=VALUE` is a parameter; a stage's option has a dot before the '='.
bool is_parameter(const std::string& text, const Invocation& invocation) {
  return is_macro(invocation.positional.front()) &&
         text.substr(0, text.find('=')).find('.') == std::string::npos;
}

}  // namespace

void add_macro_settings(po::options_description& options) {
  options.add_options()("imagej-pref",
                        po::value<std::vector<std::string>>()->value_name("KEY=VALUE"),
                        "of a macro: what ImageJ would take from its user's preferences (again for "
                        "more)")(
      "imagej-version", po::value<std::string>()->default_value("1.53t")->value_name("VERSION"),
      "of a macro: the ImageJ whose results are wanted, 1.53t or 1.54");
}

MacroSettings macro_settings_of(const Invocation& invocation) {
  MacroSettings settings;
  const auto& options = invocation.options;
  if (options.contains("imagej-pref"))
    settings.preferences = options["imagej-pref"].as<std::vector<std::string>>();
  settings.version = options["imagej-version"].as<std::string>();
  if (settings.version != "1.53t" && settings.version != "1.54")
    throw ConfigError("--imagej-version is 1.53t or 1.54, got '" + settings.version + "'");
  if (options.contains("set"))
    for (const auto& text : options["set"].as<std::vector<std::string>>())
      if (is_parameter(text, invocation)) settings.parameters.push_back(text);
  return settings;
}

std::vector<Override> overrides_of(const Invocation& invocation) {
  std::vector<Override> overrides;
  for (const std::string name : {"device", "precision"})
    if (invocation.options.contains(name))
      overrides.push_back({"", name, invocation.options[name].as<std::string>(), "--" + name});
  if (invocation.options.contains("set"))
    for (const auto& text : invocation.options["set"].as<std::vector<std::string>>())
      if (!is_parameter(text, invocation)) overrides.push_back(Override::parse(text));
  return overrides;
}

}  // namespace smear::cli
