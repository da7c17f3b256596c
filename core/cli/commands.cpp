// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

namespace smear::cli {

Command run_command();
Command train_command();
Command train_classifier_command();
Command sweep_command();
Command model_command();
Command check_command();
Command convert_command();
Command stages_command();
Command help_command();
Command plugins_command();
Command schema_command();
Command completion_command();
Command synth_command();
Command merge_command();
Command report_command();
Command export_eval_command();
Command new_plugin_command();
Command version_command();

const std::vector<Command>& commands() {
  static const std::vector<Command> all{
      run_command(),        check_command(),   convert_command(),          stages_command(),
      help_command(),       train_command(),   train_classifier_command(), sweep_command(),
      model_command(),      plugins_command(), schema_command(),           synth_command(),
      merge_command(),      report_command(),  export_eval_command(),      new_plugin_command(),
      completion_command(), version_command(),
  };
  return all;
}

}  // namespace smear::cli
