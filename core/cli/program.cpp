// SPDX-License-Identifier: Apache-2.0
#include "cli/program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "config/diagnostics.h"
#include "config/macro.h"
#include "registry/plugin-directories.h"
#include "run/display-path.h"

namespace smear::cli {
namespace {

namespace po = boost::program_options;

std::string overview() {
  std::string text =
      "smear: pipelines for blood-smear images\n\n"
      "  smear run count-cells SLIDES -o OUT\n\nCommands:\n";
  for (const auto& command : commands())
    if (!command.summary.empty())
      text += fmt::format("  {:<18}{}\n", command.name, command.summary);
  text += "\n`smear COMMAND --help` tells more, `smear help STAGE` tells about a stage.\n";
  return text;
}

const Command* find_command(std::string_view name) {
  const auto it = std::ranges::find(commands(), name, &Command::name);
  return it == commands().end() ? nullptr : &*it;
}

Invocation parse(const Command& command, const std::vector<std::string>& words) {
  const auto visible = all_options(command);
  po::options_description hidden;
  hidden.add_options()("positional", po::value<std::vector<std::string>>());
  po::options_description everything;
  everything.add(visible).add(hidden);
  po::positional_options_description positional;
  positional.add("positional", -1);
  using Style = po::command_line_style::style_t;
  const int style = po::command_line_style::unix_style & ~Style::allow_guessing;
  Invocation invocation;
  po::store(
      po::command_line_parser(words).options(everything).positional(positional).style(style).run(),
      invocation.options);
  po::notify(invocation.options);
  if (invocation.options.contains("positional"))
    invocation.positional = invocation.options["positional"].as<std::vector<std::string>>();
  return invocation;
}

void check_positional(const Command& command, const Invocation& invocation) {
  const auto given = invocation.positional.size();
  if (given >= command.positional_min && given <= command.positional_max) return;
  throw ConfigError(
      fmt::format("{}\nusage: smear {} {}",
                  given < command.positional_min ? "an argument is missing" : "too many arguments",
                  command.name, command.arguments));
}

// Every line of a message for a program that reads stderr.
void print_error(std::string_view kind, const std::exception& e, bool as_json) {
  if (!as_json) {
    // Diagnostics bring their own "file:line:column: error:".
    const bool positioned = dynamic_cast<const ConfigErrors*>(&e) != nullptr;
    std::cerr << (positioned ? "" : "smear: error: ") << display_text(e.what()) << '\n';
    return;
  }
  const auto line = [&](nlohmann::json json) {
    std::cerr << json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  };
  if (const auto* errors = dynamic_cast<const ConfigErrors*>(&e)) {
    for (const auto& d : errors->diagnostics())
      line({{"event", "error"},
            {"kind", kind},
            {"file", d.file},
            {"line", d.place.line},
            {"column", d.place.column},
            {"message", d.message},
            {"hint", d.hint}});
    return;
  }
  line({{"event", "error"}, {"kind", kind}, {"message", e.what()}});
}

int run_command(const Command& command, const std::vector<std::string>& words) {
  const bool as_json = std::ranges::find(words, "--json") != words.end();
  try {
    // Help is given before anything is missed.
    if (std::ranges::any_of(words, [](const auto& w) { return w == "--help" || w == "-h"; })) {
      std::cout << help_of(command);
      return exit_done;
    }
    const auto invocation = parse(command, words);
    check_positional(command, invocation);
    const int code = command.run(invocation);
    std::cout.flush();
    std::fflush(stdout);
    if (!std::cout || std::ferror(stdout) != 0)
      throw RunError("cannot write to the standard output");
    return code;
  } catch (const PluginError& e) {
    print_error("refused", e, as_json);
    return exit_refused;
  } catch (const ConfigError& e) {
    print_error("config", e, as_json);
    return exit_config_error;
  } catch (const po::error& e) {
    print_error("usage",
                ConfigError(fmt::format("{}; see `smear {} --help`", e.what(), command.name)),
                as_json);
    return exit_config_error;
  } catch (const std::exception& e) {
    print_error("run", e, as_json);
    return exit_run_failed;
  }
}

bool has_line(const std::filesystem::path& file, std::string_view beginning) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with(beginning)) return true;
  return false;
}

// The file as it is, or the one of that name that comes along. Those of one kind are known by a key
// that begins a line.
std::filesystem::path find_config(const std::string& name, std::string_view what,
                                  std::string_view key) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::is_regular_file(name, error)) return name;
  if (fs::is_directory(name, error))
    throw ConfigError(
        fmt::format("{} is a folder, expected a {}; it comes before the input", name, what));
  const auto shipped = prefix() / "share" / "smearkit" / "pipelines";
  std::vector<std::string> there;
  for (fs::directory_iterator it(shipped, error); !error && it != fs::directory_iterator();
       it.increment(error))
    if (it->path().extension() == ".yaml" && has_line(it->path(), key))
      there.push_back(it->path().stem().string());
  std::ranges::sort(there);
  const bool bare_macro = is_macro(name) && !fs::path(name).has_parent_path();
  if (bare_macro && what == "pipeline" && fs::is_regular_file(shipped / name, error))
    return shipped / name;
  // Only a bare name: a path that is wrong must not run another pipeline than the one meant.
  if (std::ranges::find(there, name) != there.end()) return shipped / (name + ".yaml");
  throw ConfigError(fmt::format(
      "there is no {} file {}; {}", what, display(name),
      there.empty() ? "none comes along"
                    : fmt::format("those that come along are {}", fmt::join(there, ", "))));
}

}  // namespace

po::options_description all_options(const Command& command) {
  auto options = command.options();
  options.add_options()("plugin-dir", po::value<std::vector<std::string>>()->value_name("DIR"),
                        "also look for plugins in DIR (again for more)")("help,h",
                                                                         "print this and stop");
  return options;
}

std::string help_of(const Command& command) {
  std::ostringstream text;
  text << "smear " << command.name << ' ' << command.arguments << "\n\n"
       << command.summary << "\n\n";
  if (!command.details.empty()) text << command.details << "\n\n";
  text << "Options:\n" << all_options(command);
  return text.str();
}

int run_program(const std::vector<std::string>& words, const std::string&) {
  if (words.empty()) {
    std::cerr << overview();
    return exit_config_error;
  }
  if (words.front() == "--help" || words.front() == "-h" ||
      (words.front() == "help" && words.size() == 1)) {
    std::cout << overview();
    return exit_done;
  }
  auto name = words.front();
  if (name == "--version") name = "version";
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  if (const Command* command = find_command(name)) return run_command(*command, rest);
  std::vector<std::string> names;
  for (const auto& command : commands()) names.emplace_back(command.name);
  const auto hint = did_you_mean(name, names);
  std::cerr << fmt::format("smear: error: there is no command '{}'; {}\n", display(name),
                           hint.empty() ? "`smear --help` lists them" : hint);
  return exit_config_error;
}

std::filesystem::path prefix() { return program_directory().parent_path(); }

std::filesystem::path find_pipeline(const std::string& name) {
  auto file = find_config(name, "pipeline", "stages:");
  if (has_line(file, "grids:") && !has_line(file, "stages:"))
    throw ConfigError(
        fmt::format("{} is an experiment, not a pipeline; `smear sweep {} --data DIR -o OUT "
                    "--dry-run` checks it",
                    display(file.string()), display(name)));
  return file;
}

std::filesystem::path find_training_config(const std::string& name) {
  return find_config(name, "training config", "model:");
}

std::filesystem::path find_experiment(const std::string& name) {
  return find_config(name, "experiment", "grids:");
}

}  // namespace smear::cli
