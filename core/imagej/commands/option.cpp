// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "imagej/commands/commands.h"
#include "imagej/commands/declaration.h"
#include "imagej/letters.h"

namespace smear::imagej {
namespace {

// Options are set whether there is an image or not.
Command option_command(std::string name, std::string stage, Command::Form form, std::string summary,
                       std::string details) {
  Command result =
      command(std::move(name), std::move(stage), form, std::move(summary), std::move(details));
  result.needs_image = false;
  return result;
}

// An option of setOption by the beginning of its name, in lower case, as ImageJ looks at it. One
// without members changes nothing that is computed here.
struct Option {
  std::string_view name;
  bool Preferences::*preference = nullptr;
  bool MeasurementSettings::*measurement = nullptr;
  bool Session::*session = nullptr;
};

constexpr std::array options{
    Option{"BlackBackground", &Preferences::black_background, nullptr},
    Option{"ScaleConversions", &Preferences::scale_conversions, nullptr},
    Option{"Display Label", nullptr, &MeasurementSettings::labels},
    Option{"Limit to Threshold", nullptr, &MeasurementSettings::limit_to_threshold},
    Option{"InvertY", nullptr, &MeasurementSettings::invert_y},
    Option{"Area", nullptr, &MeasurementSettings::area},
    Option{"Mean", nullptr, &MeasurementSettings::mean},
    Option{"Std", nullptr, &MeasurementSettings::standard_deviation},
    Option{"Stack Position", nullptr, &MeasurementSettings::stack_position},
    Option{"Changes"},
    Option{"ExpandableArrays", nullptr, nullptr, &Session::expandable_arrays},
    Option{"DebugMode"},
    Option{"QueueMacros"},
    Option{"DisablePopupMenu"},
    Option{"OpenUsingPlugins"},
    Option{"LoopStacks"},
    Option{"AutoContrast"},
};

const Option& option_of(const std::string& name) {
  const auto found = std::ranges::find_if(
      options, [&](const Option& option) { return same_letters(option.name, name); });
  if (found != options.end()) return *found;
  std::vector<std::string_view> names;
  for (const auto& option : options) names.push_back(option.name);
  throw ConfigError(fmt::format("setOption knows no option '{}' that is supported; there are {}",
                                name, fmt::join(names, ", ")));
}

void add_functions(CommandTable& table) {
  Command set = option_command(
      "setOption", "set-option", Command::Form::function, "Switches one of ImageJ's options.",
      "BlackBackground: what is shown white in binary images are objects. ScaleConversions: "
      "conversions to 8 and 16 bits scale from the display range. Display Label, Limit to "
      "Threshold, InvertY, Area, Mean, Std, "
      "Stack Position: as the flags of Set Measurements.... ExpandableArrays: an element behind "
      "the "
      "end of an array may be set, those between are NaN. Changes, DebugMode, "
      "QueueMacros, DisablePopupMenu, OpenUsingPlugins, LoopStacks, AutoContrast are accepted and "
      "change nothing. Others are refused.");
  set.keys = {Key::of_text("name", "", "the option; upper and lower case do not matter"),
              Key::flag("state", "on (true) or off")};
  // False says something here, as leaving out a flag of an option string does not.
  set.keys.back().optional = false;
  set.check = [](const Values& values) { static_cast<void>(option_of(values.text("name"))); };
  set.run = [](Session& session, const Values& values, Host&) {
    const Option& option = option_of(values.text("name"));
    const bool state = values.flag("state");
    if (option.preference != nullptr) session.preferences.*option.preference = state;
    if (option.measurement != nullptr) session.measurements.*option.measurement = state;
    if (option.session != nullptr) session.*option.session = state;
  };
  table.add(std::move(set));
  Command batch =
      option_command("setBatchMode", "set-batch-mode", Command::Form::function,
                     "Accepted, and changes nothing: there are no windows here.",
                     "true, false, show, hide, exit and exit and display are accepted.");
  batch.keys = {Key::of_text("mode", "true", "true, false, or one of ImageJ's words")};
  batch.run = [](Session&, const Values&, Host&) {};
  table.add(std::move(batch));
}

struct NamedColour {
  std::string_view name;
  std::uint32_t argb;
};

constexpr std::array colours{
    NamedColour{"red", 0xffff0000U},    NamedColour{"green", 0xff00ff00U},
    NamedColour{"blue", 0xff0000ffU},   NamedColour{"magenta", 0xffff00ffU},
    NamedColour{"cyan", 0xff00ffffU},   NamedColour{"yellow", 0xffffff00U},
    NamedColour{"orange", 0xffffc800U}, NamedColour{"black", 0xff000000U},
    NamedColour{"white", 0xffffffffU},  NamedColour{"gray", 0xff808080U},
};

std::vector<std::string> colour_names() {
  std::vector<std::string> names;
  for (const auto& colour : colours) names.emplace_back(colour.name);
  return names;
}

void add_input_output(CommandTable& table) {
  Command files = option_command("Input/Output...", "input-output", Command::Form::run,
                                 "Sets how tables and JPEG are saved.",
                                 "Flags left out are switched off. What concerns copying, dialogs "
                                 "and the names that dialogs suggest changes nothing here.");
  files.keys = {Key::of_number("jpeg", 85.0, "quality").range(1.0, 100.0).whole(),
                Key::of_text("gif", "-1", "changes nothing").may_be_absent(),
                Key::of_text("file", ".csv", "changes nothing").may_be_absent(),
                Key::flag("use_file", "changes nothing"),
                Key::flag("save", "TIFF in Intel byte order: refused"),
                Key::flag("copy_column", "changes nothing"),
                Key::flag("copy_row", "changes nothing"),
                Key::flag("save_column", "tables are saved with their headings"),
                Key::flag("save_row", "tables are saved with the numbers of their rows")};
  files.check = [](const Values& values) {
    if (values.flag("save"))
      throw ConfigError(
          "Input/Output...: 'save', TIFF in Intel byte order, is not written here; leave it out");
  };
  files.run = [](Session& session, const Values& values, Host&) {
    session.preferences.jpeg_quality = static_cast<int>(values.number("jpeg"));
    session.preferences.save_column_headers = values.flag("save_column");
    session.preferences.save_row_numbers = values.flag("save_row");
  };
  table.add(std::move(files));
}

void add_dialogs(CommandTable& table) {
  Command conversions = option_command("Conversions...", "conversions", Command::Form::run,
                                       "Sets how conversions of image types scale and weight.",
                                       "Flags left out are switched off.");
  conversions.keys = {
      Key::flag("scale", "8-bit and 16-bit scale from the display range"),
      Key::flag("weighted", "grey of RGB is 0.299 red + 0.587 green + 0.114 blue, not thirds")};
  conversions.run = [](Session& session, const Values& values, Host&) {
    session.preferences.scale_conversions = values.flag("scale");
    session.preferences.weighted_rgb = values.flag("weighted");
  };
  table.add(std::move(conversions));
  Command chosen = option_command("Colors...", "colors", Command::Form::run,
                                  "Sets the colours of Fill and Clear.",
                                  "The colour of selections changes nothing here.");
  chosen.keys = {Key::choice("foreground", "black", colour_names(), "colour of Fill"),
                 Key::choice("background", "white", colour_names(),
                             "colour of Clear, and of what enlarged images gain"),
                 Key::of_text("selection", "yellow", "changes nothing here").may_be_absent()};
  chosen.run = [](Session& session, const Values& values, Host&) {
    const auto find = [](const std::string& name) {
      return std::ranges::find(colours, name, &NamedColour::name)->argb;
    };
    session.foreground = find(values.text("foreground"));
    session.background = find(values.text("background"));
  };
  table.add(std::move(chosen));
}

}  // namespace

void add_option_commands(CommandTable& table) {
  add_functions(table);
  add_input_output(table);
  add_dialogs(table);
}

}  // namespace smear::imagej
