// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imagej/macro/values.h"
#include "imagej/session.h"

namespace smear::imagej {

/// The image that a macro works on, as the special functions `Input.name`, `Input.stem`,
/// `Input.directory` and `Output.directory` give it (`Input.index` and `Input.count` are its
/// position in the list of its folder, and that list's length). Directories end with '/'; that of
/// outputs is the one within OUT that the image's own folder is within IN ({dir} of templates).
struct MacroContext {
  std::string name;  ///< the file's name, with its extension
  std::string stem;  ///< without
  std::string input_directory;
  std::string output_directory;
};

/// A call of one of the language's own functions.
struct BuiltinCall {
  std::string_view name;
  std::vector<Value>& arguments;  ///< those that the function assigns to are written here
  Session& session;
  Host& host;
  const MacroContext& context;

  [[nodiscard]] std::size_t count() const { return arguments.size(); }
  [[nodiscard]] double number(std::size_t i) const { return number_of(arguments[i]); }
  [[nodiscard]] std::string text(std::size_t i) const { return text_of(arguments[i]); }
  [[nodiscard]] const ArrayRef& array(std::size_t i) const { return array_of(arguments[i]); }
};

/// One of the language's own functions: those that give a value, and those without effect on
/// images. Commands such as `setAutoThreshold` are none of them: they are in `CommandTable`.
struct Builtin {
  enum class When {
    pure,     ///< of its arguments alone: known when a macro is turned into stages
    state,    ///< of the session: known only while an image is worked on
    file,     ///< of the image's file: becomes a placeholder, or one of the Input functions
    effect,   ///< writes to the host, or changes an argument
    nothing,  ///< no effect on what a macro computes: left out
    refused,  ///< `why` says what to do instead
  };

  std::string name;
  int least = 0;  ///< number of arguments
  int most = 0;   ///< -1: any number
  When when = When::pure;
  std::function<Value(BuiltinCall&)> run;
  unsigned outs = 0;           ///< bit i: argument i is a variable that it assigns to
  bool outs_are_read = false;  ///< whether it reads those variables, too
  bool changes_first = false;  ///< changes its first argument, an array
  bool values_only =
      false;  ///< arguments are values to keep, not texts: a number + a string is refused
  bool changes_image = false;  ///< of effects: it works on the active image
  std::string why;
};

/// Null where there is none of that name.
const Builtin* find_builtin(std::string_view name);
/// Whether `File`, `Array`, ... is the first half of functions' names.
bool is_namespace(std::string_view name);
/// The value of a key in an image's Info: what follows "key: ", "key = " or "key=" on its line.
/// Empty where there is none.
std::string info_value(const std::string& info, const std::string& key);

/// For suggestions.
const std::vector<std::string>& builtin_names();

/// `s.contains("x")`: the function of the language that does the same with the string or array as
/// its first argument; null where there is none.
const Builtin* find_method(std::string_view name);

/// Why a command of `run` is not here, where more can be said than that it is unknown: it belongs
/// to Fiji or a plugin, opens a window, or draws random numbers. Empty otherwise.
std::string why_no_command(std::string_view name);

/// Whether ImageJ 1.53t itself has a command of that name in its menus, in any case.
bool is_menu_command(std::string_view name);

/// The names of all functions of ImageJ 1.53t's language.
std::span<const std::string_view> language_functions();

/// Appends a function that takes `least` to `most` arguments, for its group to say more about it.
Builtin& add_builtin(std::vector<Builtin>& all, const char* name, int least, int most,
                     Value (*run)(BuiltinCall&));

/// The same for one that changes the active image, with arguments that are values to keep.
void add_image_effect(std::vector<Builtin>& all, const char* name, int least, int most,
                      Value (*run)(BuiltinCall&));

/// The text that stands for the file of `File.open` in print(file, line): what ImageJ gives too.
inline constexpr const char* open_file_text = "~0~";

// One file a group.
void add_text_functions(std::vector<Builtin>& all);
void add_number_functions(std::vector<Builtin>& all);
void add_array_functions(std::vector<Builtin>& all);
void add_state_functions(std::vector<Builtin>& all);
void add_table_functions(std::vector<Builtin>& all);
void add_drawing_functions(std::vector<Builtin>& all);
void add_image_functions(std::vector<Builtin>& all);
void add_selection_functions(std::vector<Builtin>& all);
void add_selection_makers(std::vector<Builtin>& all);
void add_file_functions(std::vector<Builtin>& all);
void add_refused_functions(std::vector<Builtin>& all);

}  // namespace smear::imagej
