// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/yaml.h"

/// YAML values that are made here: the training configs and pipelines of a study.
namespace smear::study {

/// An option as the experiment file has it.
struct Option {
  std::string name;
  config::Node value;
  Place place{};  ///< of its name
};
using Options = std::vector<Option>;

/// Adds the option, in place of an earlier one of its name.
void set_option(Options& options, Option option);

/// A value as it may stand in a label: "0.5", "[4, 8]".
std::string words(const config::Node& value);

/// A scalar whose letters stand as they are: a name, a number.
config::Node word(std::string letters, Place place = {});

/// A scalar in quotes, which is text whatever it looks like.
config::Node text(std::string letters);

config::Node map_of(const Options& entries, Place place = {});

config::Node list_of(std::vector<config::Node> items);

/// A list of texts.
config::Node list_of(const std::vector<std::string>& items);

}  // namespace smear::study
