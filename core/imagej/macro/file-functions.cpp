// SPDX-License-Identifier: Apache-2.0
// Names of files, files written, and text printed.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "imagej/macro/functions.h"

namespace smear::imagej {
namespace {

using When = Builtin::When;

std::string without_end(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}
std::string name_in(const std::string& path) {
  const std::string whole = without_end(path);
  const auto slash = whole.rfind('/');
  return slash == std::string::npos ? whole : whole.substr(slash + 1);
}
std::string without_extension(const std::string& name) {
  const auto dot = name.rfind('.');
  return dot == std::string::npos ? name : name.substr(0, dot);
}
std::string parent_of(const std::string& path) {
  const std::string whole = without_end(path);
  const auto slash = whole.rfind('/');
  return slash == std::string::npos ? "" : whole.substr(0, slash);
}

void write_text(const std::string& text, const std::filesystem::path& to, bool append) {
  std::ofstream out(to, append ? std::ios::binary | std::ios::app : std::ios::binary);
  out << text;
  out.close();
  if (!out) throw RunError(fmt::format("cannot write {}", to.string()));
}

Value save_string(BuiltinCall& call) {
  const std::string text = call.text(0);
  call.host.save(call.text(1),
                 [&](const std::filesystem::path& to) { write_text(text, to, false); });
  return 0.0;
}

// Appending within one image: what was written so far is kept in the session.
Value append(BuiltinCall& call) {
  auto& so_far = call.session.variables["File.append " + call.text(1)];
  if (!std::holds_alternative<std::string>(so_far.value)) so_far.value = std::string();
  auto& text = std::get<std::string>(so_far.value);
  text += call.text(0) + "\n";
  call.host.save(call.text(1),
                 [&](const std::filesystem::path& to) { write_text(text, to, false); });
  return 0.0;
}

// The file that is open: its path, and what was printed to it. No macro can name these variables.
constexpr const char* open_path = "(File.open)";
constexpr const char* open_text = "(File.open text)";

bool is_open_file(const BuiltinCall& call) {
  return call.count() > 0 && call.arguments[0].is_string() && call.text(0) == open_file_text &&
         call.session.variables.contains(open_path);
}

Value open_for_printing(BuiltinCall& call) {
  if (call.session.variables.contains(open_path))
    throw ValueError("a file is open already", "ImageJ has one file open at a time: File.close");
  call.session.variables[open_path].value = call.text(0);
  call.session.variables[open_text].value = std::string();
  return open_file_text;
}

Value close_printed(BuiltinCall& call) {
  if (!is_open_file(call)) throw ValueError("File.close: this is no open file");
  const auto text = std::get<std::string>(call.session.variables[open_text].value);
  const auto path = std::get<std::string>(call.session.variables[open_path].value);
  call.session.variables.erase(open_path);
  call.session.variables.erase(open_text);
  call.host.save(path, [&](const std::filesystem::path& to) { write_text(text, to, false); });
  return 0.0;
}

Value print(BuiltinCall& call) {
  if (call.count() > 1 && is_open_file(call)) {
    if (call.count() > 2)
      throw ValueError("ImageJ prints one text to a file", "join them: print(file, a + \" \" + b)");
    auto& text = std::get<std::string>(call.session.variables[open_text].value);
    if (text.size() > 100'000'000) throw ValueError("a file of more than 100 million characters");
    text += call.text(1) + "\n";
    return 0.0;
  }
  std::string line;
  for (std::size_t i = 0; i < call.count(); ++i) line += (i == 0 ? "" : " ") + call.text(i);
  if (line == "\\Clear") {
    call.session.log.clear();
    return 0.0;
  }
  if (line.starts_with('\\'))
    throw ValueError(fmt::format("print(\"{}\") would change lines of the log", line),
                     "print lines one after another");
  call.session.log.push_back(line);
  call.host.print(line);
  return 0.0;
}

// The names in the image's folder as getFileList gives them: hidden ones are none of them. Java
// compares texts by their UTF-16 units.
Value position(BuiltinCall& call) {
  const auto folder =
      call.host.locate(call.context.input_directory + call.context.name).parent_path();
  const auto own = utf16_of(call.context.name);
  double before = 0.0;
  double all = 0.0;
  std::error_code error;
  for (std::filesystem::directory_iterator i(folder, error), end; !error && i != end;
       i.increment(error)) {
    const auto name = i->path().filename().string();
    if (name.starts_with('.') || name == "Thumbs.db") continue;
    all += 1.0;
    before += utf16_of(name) < own ? 1.0 : 0.0;
  }
  if (error) throw ValueError(fmt::format("cannot list {}: {}", folder.string(), error.message()));
  return call.name == "Input.index" ? before : all;
}

Value get_directory(BuiltinCall& call) {
  const std::string which = call.text(0);
  if (which == "image") return call.context.input_directory;
  throw ValueError(fmt::format("getDirectory(\"{}\") asks the user", which),
                   "only getDirectory(\"image\") is known while an image is worked on");
}

Value requires_version(BuiltinCall& call) {
  const std::string wanted = call.text(0);
  const auto& preferences = call.session.preferences;
  const std::string have =
      fmt::format("{}.{}{}", preferences.version_hundredths / 100,
                  preferences.version_hundredths % 100, preferences.version_letter);
  if (have < wanted)
    throw ValueError(
        fmt::format("the macro wants ImageJ {}, commands are those of {}", wanted, have));
  return 0.0;
}

}  // namespace

void add_file_functions(std::vector<Builtin>& all) {
  const auto add = [&](const char* name, int least, int most, When when,
                       Value (*run)(BuiltinCall&)) {
    Builtin& one = add_builtin(all, name, least, most, run);
    one.when = when;
  };
  const auto nothing = [](BuiltinCall&) { return Value(0.0); };

  add("Input.name", 0, 0, When::file, [](BuiltinCall& c) { return Value(c.context.name); });
  add("Input.stem", 0, 0, When::file, [](BuiltinCall& c) { return Value(c.context.stem); });
  add("Input.index", 0, 0, When::file, position);
  add("Input.count", 0, 0, When::file, position);
  add("Input.directory", 0, 0, When::file,
      [](BuiltinCall& c) { return Value(c.context.input_directory); });
  add("Output.directory", 0, 0, When::file,
      [](BuiltinCall& c) { return Value(c.context.output_directory); });
  // Of the file opened last: a macro opens one.
  add("File.name", 0, 0, When::file, [](BuiltinCall& c) { return Value(c.context.name); });
  add("File.nameWithoutExtension", 0, 0, When::file,
      [](BuiltinCall& c) { return Value(without_extension(c.context.name)); });
  add("File.directory", 0, 0, When::file,
      [](BuiltinCall& c) { return Value(c.context.input_directory); });
  add("getDirectory", 1, 1, When::file, get_directory);
  add("getDir", 1, 1, When::file, get_directory);
  add("getArgument", 0, 0, When::file, [](BuiltinCall&) { return Value(""); });
  add("getFileList", 1, 1, When::file, [](BuiltinCall&) -> Value {
    throw ValueError("getFileList cannot be used while an image is worked on",
                     "list one folder of images, before the loop over them");
  });
  const auto no_look = [](BuiltinCall&) -> Value {
    throw ValueError("files cannot be looked for while an image is worked on");
  };
  add("File.exists", 1, 1, When::file, no_look);
  add("File.isDirectory", 1, 1, When::file, no_look);

  add("File.separator", 0, 0, When::pure, [](BuiltinCall&) { return Value("/"); });
  add("File.getName", 1, 1, When::pure, [](BuiltinCall& c) { return Value(name_in(c.text(0))); });
  add("File.getNameWithoutExtension", 1, 1, When::pure,
      [](BuiltinCall& c) { return Value(without_extension(name_in(c.text(0)))); });
  add("File.getParent", 1, 1, When::pure,
      [](BuiltinCall& c) { return Value(parent_of(c.text(0))); });
  add("File.getDirectory", 1, 1, When::pure,
      [](BuiltinCall& c) { return Value(parent_of(c.text(0)) + "/"); });
  add("getVersion", 0, 0, When::state, [](BuiltinCall& c) {
    const auto& p = c.session.preferences;
    return Value(fmt::format("{}.{}{}", p.version_hundredths / 100, p.version_hundredths % 100,
                             p.version_letter));
  });

  add("print", 1, -1, When::effect, print);
  add("IJ.log", 1, 1, When::effect, print);
  add("File.saveString", 2, 2, When::effect, save_string);
  add("File.append", 2, 2, When::effect, append);
  add("File.open", 1, 1, When::file, open_for_printing);
  add("File.close", 1, 1, When::effect, close_printed);
  add("File.delete", 1, 1, When::file, [](BuiltinCall&) -> Value {
    throw ValueError("files are not deleted while an image is worked on");
  });
  add("requires", 1, 1, When::effect, requires_version);
  // Commands; the interpreter and the planner look them up themselves.
  add("run", 1, 2, When::effect, nothing);
  add("exit", 0, 1, When::effect, [](BuiltinCall& c) -> Value {
    throw ValueError(c.count() == 0 ? "the macro ends here (exit)"
                                    : fmt::format("the macro ends here: {}", c.text(0)));
  });

  add("updateDisplay", 0, 0, When::nothing, nothing);
  add("showProgress", 1, 2, When::nothing, nothing);
  add("showStatus", 1, 2, When::nothing, nothing);
  add("wait", 1, 1, When::nothing, nothing);
  add("setLocation", 2, 4, When::nothing, nothing);
  add("File.makeDirectory", 1, 1, When::nothing, nothing);
  add("beep", 0, 0, When::nothing, nothing);
  add("String.copyResults", 0, 0, When::nothing, nothing);
  add("setupUndo", 0, 0, When::nothing, nothing);
}

}  // namespace smear::imagej
