// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imagej/command.h"
#include "imagej/macro/ast.h"
#include "imagej/macro/functions.h"
#include "imagej/macro/macro-error.h"

namespace smear::imagej {

struct PlanOptions {
  std::map<std::string, std::string> parameters;  ///< values of `#@` parameters, by name
  /// What `getArgument()` gives. Without it, it stands for the folders of the run: the one that the
  /// macro lists is the input, others are the output.
  std::optional<std::string> argument;
  const CommandTable* table = nullptr;  ///< null: `CommandTable::instance()`
};

/// One step of what a macro does with an image.
struct MacroStage {
  const Command* command = nullptr;  ///< null: `code`
  /// Texts of keys that name outputs are templates inside OUT, of {dir}, {stem} and {name}.
  Values values;
  /// Macro code for `run_macro`: what depends on values that are only known while the image is
  /// worked on. It is complete: the values and functions that it needs are in it, but for variables
  /// that earlier code left in the session.
  std::string code;
  int line = 0;  ///< in the macro, from 1; 0 for what is done at its end without being written
  int column = 0;
  std::vector<Place> places;  ///< of `code`'s nodes in the macro, as of `places_of`
};

/// A file of the whole run: what a macro gathers over its images and saves behind its loop.
struct RunOutput {
  enum class Kind {
    results,  ///< the Results tables of all images, one after another
    text,     ///< `header`, what `code` gives for each image, `footer`
  };
  Kind kind = Kind::text;
  std::string path;       ///< inside OUT
  bool summary = false;   ///< of `results`: the Summary tables
  std::string table;      ///< of `results`: the tables of this title instead; empty: see `summary`
  bool numbered = false;  ///< of those: with row numbers, as under the title Results
  std::string header;
  std::string code;  ///< an expression for `macro_text_of`, behind the stages; empty: nothing
  std::string footer;
  int line = 0;
  int column = 0;
  /// How many of the stages come before it, where it stands among them; SIZE_MAX: all.
  std::size_t behind = static_cast<std::size_t>(-1);
};

/// A macro as what is done with each image.
struct MacroPlan {
  enum class Form {
    one_image,  ///< works on the active image, as Process > Batch > Macro runs macros
    recorded,   ///< opens one image by its path, which stands for each image
    folder,     ///< loops over the images of a folder
  };
  std::string name;  ///< of `macro "name" {}`, or empty
  Form form = Form::one_image;
  std::vector<MacroStage> stages;
  /// Globs of the file names that the macro takes, where they can be said so. They let through more
  /// than the macro does, which is what `condition` is for.
  std::vector<std::string> include;
  /// An expression of macro code on `Input.name`, or empty: which files the macro takes. See
  /// `takes`.
  std::string condition;
  bool subfolders = false;  ///< whether the macro goes into the folders within its folder
  std::vector<RunOutput> outputs;
  std::string log = "macro-log.txt";  ///< the file of the run that takes lines of `print`
  std::string log_head;               ///< its lines of before the images
  std::string log_foot;               ///< and of behind them
  /// What was assumed, and what was left out as it has no effect here: one sentence each.
  std::vector<std::string> notes;
};

/// Turns a macro into stages, executing all that is known beforehand. `file` names it in messages.
/// Throws `MacroError` with everything in it that cannot be done faithfully, with places.
MacroPlan plan_macro(std::string text, std::string file, const PlanOptions& options = {});

/// Whether code prints lines, itself or in functions that it defines. Throws `MacroError` for what
/// is no code.
bool prints(const std::string& code);

/// Whether code saves files of its own naming.
bool saves(const std::string& code);

/// An expression of macro code on `Input.name`: which files a macro takes.
class FileCondition {
 public:
  /// Throws `MacroError` for what is no expression.
  explicit FileCondition(const std::string& expression);
  /// Throws what the expression does with the name.
  [[nodiscard]] bool takes(const std::string& file_name) const;

 private:
  std::shared_ptr<const Program> program_;
};

/// Whether the macro works on the file of this name.
bool takes(const MacroPlan& plan, const std::string& file_name);

/// The text that an expression of macro code has for an image whose stages were run.
std::string macro_text_of(const std::string& code, Session& session, Host& host,
                          const MacroContext& context,
                          const CommandTable& table = CommandTable::instance());

/// How a macro goes through a folder: what `macro_of_stages` writes round the stages.
struct FolderLoop {
  std::vector<RunOutput> outputs;  ///< saved behind the loop
  std::string condition;           ///< which files, as of `FileCondition`; empty: each
  bool subfolders = false;         ///< whether it goes into the folders within its folder
  Preferences preferences;         ///< that each image begins with
  std::string log;  ///< file that takes what is printed, behind the loop; empty: none
  std::string log_head;  ///< lines that it begins with, each with its end
  std::string log_foot;  ///< likewise at its end
};

/// Stages back to macro code, a call a line. Throws `ConfigError` for a stage that is none of
/// ImageJ's (neither command nor code), and for names of files that a macro cannot make. With
/// `loop` the macro loops over a folder: its argument is "input|output", it opens and closes each
/// image, and sets what ImageJ keeps from image to image back to what stages begin with.
std::string macro_of_stages(const std::vector<MacroStage>& stages,
                            const std::optional<FolderLoop>& loop = FolderLoop());

}  // namespace smear::imagej
