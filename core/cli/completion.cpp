// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/program_options/cmdline.hpp>
#include <iostream>

#include "cli/program.h"

namespace smear::cli {
namespace {

boost::program_options::options_description no_options() { return {}; }

// The words are filled in from the commands' own declarations; stages are asked of the program
// when needed, so that those of plugins are there.
constexpr auto script = R"bash(# bash completion for smear: source <(smear completion bash)
_smear() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
  local command="${{COMP_WORDS[1]}}" options=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{commands} --help" -- "$word"))
    return
  fi
  case "$command" in
{cases}
  esac
  if [ "$command" = help ] && [ "$COMP_CWORD" -eq 2 ]; then
    options="$("${{COMP_WORDS[0]}}" stages 2>/dev/null | sed -n 's/^  \([a-z][^ ]*\) .*/\1/p') {commands}"
    COMPREPLY=($(compgen -W "$options" -- "$word"))
    return
  fi
  if [ "$command" = model ] && [ "$COMP_CWORD" -eq 2 ]; then
    COMPREPLY=($(compgen -W "show export" -- "$word"))
    return
  fi
  case "$previous" in
    --data|--plugin-dir|--directory|--pages) COMPREPLY=($(compgen -d -- "$word")); return ;;
    -o|--output)
      if [ "$command" = train ]; then COMPREPLY=($(compgen -f -- "$word")); else COMPREPLY=($(compgen -d -- "$word")); fi
      return ;;
    --kind) COMPREPLY=($(compgen -W "stage reparameterization" -- "$word")); return ;;
  esac
  if [[ "$word" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}}
complete -o filenames -F _smear smear
)bash";

int completion(const Invocation& invocation) {
  if (invocation.positional.front() != "bash")
    throw ConfigError(
        fmt::format("there is completion for bash, not for '{}'", invocation.positional.front()));
  std::vector<std::string> names;
  std::string cases;
  for (const auto& command : commands()) {
    names.emplace_back(command.name);
    std::vector<std::string> words;
    const auto options = all_options(command);
    for (const auto& option : options.options())
      words.push_back(
          option->canonical_display_name(boost::program_options::command_line_style::allow_long));
    cases += fmt::format("    {}) options=\"{}\" ;;\n", command.name, fmt::join(words, " "));
  }
  std::cout << fmt::format(script, fmt::arg("commands", fmt::format("{}", fmt::join(names, " "))),
                           fmt::arg("cases", cases));
  return exit_done;
}

}  // namespace

Command completion_command() {
  return {.name = "completion",
          .summary = "Prints a shell's completion script",
          .arguments = "bash",
          .details = "  source <(smear completion bash)",
          .options = no_options,
          .positional_min = 1,
          .positional_max = 1,
          .run = completion};
}

}  // namespace smear::cli
