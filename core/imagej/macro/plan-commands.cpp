// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "imagej/macro/call-code.h"
#include "imagej/macro/interpreter.h"
#include "imagej/macro/jumps.h"
#include "imagej/macro/list-values.h"
#include "imagej/macro/planner.h"
#include "imagej/macro/syntax.h"

namespace smear::imagej {

using Piece = Abstract::Piece;

namespace {

constexpr std::string_view marks = "\x01\x02\x03\x04";

bool has_marks(const std::string& text) { return text.find_first_of(marks) != std::string::npos; }

bool marked_beside_outputs(const Command& command, const Values& values) {
  return std::ranges::any_of(command.keys, [&](const Key& key) {
    return !names_file(command, key, &values) &&
           (key.kind == Key::Kind::text || key.kind == Key::Kind::choice) &&
           has_marks(values.text(key.name));
  });
}

std::string first_text(const Command& command, const Values* values) {
  if (values == nullptr || command.keys.empty()) return "";
  const Key& key = command.keys.front();
  const bool text = key.kind == Key::Kind::text || key.kind == Key::Kind::choice;
  return text ? lower_case(values->text(key.name)) : "";
}

// Whether File.name is the saved file's name from then on.
bool names_saved_file(const std::string& format) {
  return format == "results" || format == "measurements" || format == "text" || format == "png" ||
         format == "selection" || format == "roi" || format == "text image";
}

bool is_table_format(const std::string& format) {
  return format == "results" || format == "measurements";
}

}  // namespace

bool keeps_title(const Command& command) {
  static const std::set<std::string, std::less<>> names = {"8-bit",
                                                           "16-bit",
                                                           "32-bit",
                                                           "Gaussian Blur...",
                                                           "Median...",
                                                           "Mean...",
                                                           "Minimum...",
                                                           "Maximum...",
                                                           "Variance...",
                                                           "Unsharp Mask...",
                                                           "Subtract Background...",
                                                           "Enhance Contrast...",
                                                           "Find Edges",
                                                           "Smooth",
                                                           "Sharpen",
                                                           "Invert",
                                                           "Despeckle",
                                                           "Remove Outliers...",
                                                           "Set Scale...",
                                                           "Set Measurements...",
                                                           "Options...",
                                                           "Convert to Mask",
                                                           "Make Binary",
                                                           "Fill Holes",
                                                           "Erode",
                                                           "Dilate",
                                                           "Open",
                                                           "Close-",
                                                           "Watershed",
                                                           "Skeletonize",
                                                           "Outline",
                                                           "Clear Results",
                                                           "Select All",
                                                           "Select None",
                                                           "Measure",
                                                           "Add...",
                                                           "Subtract...",
                                                           "Multiply...",
                                                           "Divide...",
                                                           "Crop",
                                                           "Properties...",
                                                           "setAutoThreshold",
                                                           "setThreshold",
                                                           "resetThreshold",
                                                           "setOption",
                                                           "setMinAndMax",
                                                           "resetMinAndMax",
                                                           "makeRectangle",
                                                           "makeOval",
                                                           "roiManager",
                                                           "setForegroundColor",
                                                           "setBackgroundColor"};
  return names.contains(command.name);
}

bool Planner::is_open_call(const Expression& e) const {
  return e.text == "open" && !e.arguments.empty();
}

void Planner::command(const Expression& e) {
  const Leftovers after = LeftoverWalk(walked()).behind(e, leftovers());
  carry_out(e);
  const bool cleared = state_.results_cleared;
  take(after);
  // Windows are known longer than the statement before.
  state_.results_cleared |= cleared;
}

void Planner::carry_out(const Expression& e) {
  if (e.text == "setBatchMode") {
    const Expression& mode = *e.arguments.at(0);
    state_.batch =
        mode.text != "false" && !(mode.kind == Expression::Kind::number && mode.number == 0.0);
    return note("batch mode is always on: no window is shown");
  }
  if (e.text == "run") return run_call(e);
  if (e.text == "Table.save" && e.arguments.size() == 1 && !state_.created.empty()) {
    const auto named = copy_of(e);
    named->arguments.push_back(std::make_unique<Expression>());
    named->arguments.back()->kind = Expression::Kind::string;
    named->arguments.back()->place = e.place;
    named->arguments.back()->text = state_.created;
    return function_call(*table_.find(e.text, Command::Form::function), *named);
  }
  function_call(*table_.find(e.text, Command::Form::function), e);
}

void Planner::run_call(const Expression& e) {
  std::vector<const Expression*> parts;
  for (const auto& one : e.arguments) parts.push_back(one.get());
  auto values = evaluate_all(parts, true);
  for (auto& one : values) one = numbered(settled(std::move(one)), e.place);
  for (const auto& one : values) usable(one, e.place);
  if (!values[0].known())
    fail(e.arguments[0]->place,
         "which command is run must be known before the images are worked on");
  const std::string name = placed(e.place, [&] { return text_of(values[0].value); });
  const Command* found = table_.find(name, Command::Form::run);
  if (found == nullptr)
    fail(e.arguments[0]->place, unknown_command(name), nearest_command(name, table_));
  const std::string call = "run(" + string_code(found->name);
  if (values.size() < 2) {
    Values parsed = placed(e.place, [&] { return parse_options(*found, ""); });
    return emit(*found, std::move(parsed), call + ");", e.place);
  }
  const Expression& options = *e.arguments[1];
  const std::string code = call + ", " + bare_code(code_of(values[1])) + ");";
  if (values[1].kind == Abstract::Kind::code) {
    placed(options.place, [&] { check_outline(*found, values[1].outline); });
    if (found->name == "Analyze Particles...") note_particles(values[1].outline, e.place);
    check_shared_state(*found, nullptr, e.place);
    emit_code(code, e.place);
    return effects_of(*found, nullptr, e.place);
  }
  const std::string text = values[1].known()
                               ? placed(e.place, [&] { return text_of(values[1].value); })
                               : marked_text(values[1].pieces);
  if (!values[1].known()) {
    // Names of options cannot come from the image's name.
    std::string outline;
    for (const auto& piece : values[1].pieces)
      outline += piece.kind == Piece::Kind::literal ? piece.text : std::string(1, hole_mark);
    placed(options.place, [&] { check_outline(*found, outline); });
  }
  Values parsed;
  try {
    parsed = parse_options(*found, text);
  } catch (const OptionStringError& wrong) {
    fail(values[1].known() ? place_within(options, wrong.offset) : options.place, wrong.what());
  } catch (const ConfigError& wrong) {
    fail(options.place, wrong.what());
  }
  if (found->name == "Analyze Particles...") note_particles(text, e.place);
  emit(*found, std::move(parsed), code, e.place);
}

void Planner::function_call(const Command& found, const Expression& e) {
  std::vector<const Expression*> parts;
  for (const auto& one : e.arguments) parts.push_back(one.get());
  auto arguments = evaluate_all(parts, true);
  for (auto& one : arguments) one = settled(std::move(one));
  if (is_open_call(e)) return open_call(arguments[0], e);
  if (found.name == "setResult" && arguments.size() > 1) {
    const bool loop =
        arguments[1].kind == Abstract::Kind::index && form_ == MacroPlan::Form::folder;
    state_.own_row_set |= loop;
    arguments[1] = loop ? own_row(std::move(arguments[1]), parts[1]->place)
                        : row_argument(std::move(arguments[1]), "Results", parts[1]->place);
  }
  for (std::size_t i = 0; i < arguments.size(); ++i)
    arguments[i] = numbered(std::move(arguments[i]), parts[i]->place);
  for (std::size_t i = 0; i < arguments.size(); ++i) usable(arguments[i], parts[i]->place);
  std::string code = e.text + "(";
  std::vector<Value> values;
  bool known = true;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    code += (i == 0 ? "" : ", ") + bare_code(code_of(arguments[i]));
    known &= arguments[i].kind != Abstract::Kind::code;
    if (known)
      values.push_back(arguments[i].known() ? arguments[i].value
                                            : Value(marked_text(arguments[i].pieces)));
  }
  code += ");";
  if (known) {
    Values parsed = placed(e.place, [&] { return values_of_arguments(found, values); });
    return emit(found, std::move(parsed), code, e.place);
  }
  // What is known of it tells what it is about: roiManager("Save", ...).
  Values partly = defaults_of(found);
  if (!arguments.empty() && arguments[0].known() && arguments[0].value.is_string() &&
      !found.keys.empty() && found.keys[0].kind != Key::Kind::number &&
      found.keys[0].kind != Key::Kind::flag)
    partly.set(found.keys[0].name, text_of(arguments[0].value));
  check_shared_state(found, &partly, e.place);
  emit_code(code, e.place);
  for (std::size_t i = 0; i < arguments.size() && i < found.keys.size(); ++i)
    if (names_file(found, found.keys[i], &partly))
      partly.set(found.keys[i].name, std::string("\x01"));
  effects_of(found, &partly, e.place);
}

bool Planner::is_input_path(const Abstract& path) const {
  if (path.kind != Abstract::Kind::text || path.pieces.back().kind != Piece::Kind::name)
    return false;
  auto pieces = path.pieces;
  std::erase_if(pieces, [&](const Piece& piece) {
    const auto role = state_.roles.find(piece.directory);
    return piece.kind == Piece::Kind::directory && role != state_.roles.end() &&
           role->second == 's';
  });
  if (pieces.size() != 2) return false;
  const Piece& folder = pieces[0];
  if (folder.kind == Piece::Kind::directory) {
    const auto role = state_.roles.find(folder.directory);
    return role != state_.roles.end() && role->second == 'i';
  }
  std::string listed = with_slashes(input_literal_);
  std::string opened = with_slashes(folder.text);
  const bool whole = opened.ends_with('/');
  for (std::string* one : {&listed, &opened})
    while (one->ends_with('/')) one->pop_back();
  return folder.kind == Piece::Kind::literal && !input_literal_.empty() && whole &&
         listed == opened;
}

// `setResult(column, i, value)`: each image has a row, which is the only one of its own table.
Abstract Planner::own_row(Abstract row, Place place) const {
  if (row.kind != Abstract::Kind::index || form_ != MacroPlan::Form::folder) return row;
  if (state_.results_cleared || (behind_ == nullptr && other_rows()))
    fail(place,
         "the position of the image is the number of a row in the Results table only where nothing "
         "else adds rows to it or clears it",
         "use nResults for a new row, nResults - 1 for the last one");
  return Value(0.0);
}

// Whether anything but setResult may add rows to the Results table.
bool Planner::other_rows() const {
  bool others = false;
  const auto visit = [&](const Expression& e) {
    if (e.kind != Expression::Kind::call) return;
    others |= e.text == "Overlay.measure";
    if (e.arguments.empty()) return;
    const auto& first = *e.arguments[0];
    const std::string what = first.kind == Expression::Kind::string ? lower_case(first.text) : "";
    others |=
        e.text == "run" && (what == "measure" || what == "measure overlay" || what == "summarize" ||
                            what == "analyze particles..." || what == "find maxima...");
    others |= e.text == "roiManager" && (what == "measure" || what.starts_with("multi"));
  };
  for_each(program_, visit);
  return others;
}

void Planner::open_call(const Abstract& path, const Expression& e) {
  if (form_ == MacroPlan::Form::folder) {
    const bool of_loop = phase_ == Phase::within && is_input_path(path);
    if (!of_loop) return open_other(path, e);
    if (state_.opened)
      fail(e.place, "the image is opened twice", "run(\"Duplicate...\", \"title=copy\")");
  } else {
    if (state_.opened) return open_other(path, e);
    const std::string text = path.known() && path.value.is_string() ? text_of(path.value)
                             : path.kind == Abstract::Kind::text    ? marked_text(path.pieces)
                                                                    : std::string();
    const auto slash = text.find_last_of("/\\");
    std::string name = slash == std::string::npos ? text : text.substr(slash + 1);
    if (has_marks(name)) name.clear();
    recorded_stem_ = std::filesystem::path(name).stem().string();
    if (path.kind == Abstract::Kind::text && path.pieces[0].kind == Piece::Kind::directory)
      state_.roles[path.pieces[0].directory] = 'i';
    note(fmt::format("line {}: {} stands for each image of the run", e.place.line,
                     name.empty() ? "the image that is opened" : "'" + name + "'"));
  }
  state_.opened = state_.title_known = true;
  state_.saved_file.reset();
  // Those that were opened before the loop stay open, and come behind the image here.
  if (state_.other_images > 0)
    emit(*table_.find("selectImage", Command::Form::function),
         values_of_arguments(*table_.find("selectImage", Command::Form::function), {Value(1.0)}),
         "selectImage(1);", e.place);
  state_.title_known = true;
}

// An image beside those that the run goes through: a flat field, a mask.
void Planner::open_other(const Abstract& path, const Expression& e) {
  usable(path, e.place);
  const bool pieces = path.kind == Abstract::Kind::text;
  const bool in_folder = pieces && path.pieces[0].kind == Piece::Kind::directory;
  const std::string text = path.known() && path.value.is_string() ? text_of(path.value)
                           : pieces                               ? marked_text(path.pieces)
                                                                  : std::string();
  if (in_folder)
    state_.opened_in.emplace_back(path.pieces[0].directory, e.place);
  else if (!std::filesystem::path(text).is_absolute())
    fail_to_find(e.place);
  if (std::error_code error; path.known() && !std::filesystem::is_regular_file(text, error))
    fail(e.place, fmt::format("there is no file '{}'", text));
  const Command& open = *table_.find("open", Command::Form::function);
  emit(open, values_of_arguments(open, {Value(text)}), "open(" + bare_code(code_of(path)) + ");",
       e.place);
  state_.other_file = e.place;
  if (state_.opened) state_.saved_file = e.place;
  note(fmt::format("line {}: this image is opened beside each image of the run", e.place.line));
}

void Planner::fail_to_find(Place place) const {
  fail(
      place, "this is none of the images that the run goes through, and where it lies is not known",
      form_ == MacroPlan::Form::folder
          ? "open(folder + list[i]); another image is named by its whole path, or lies beside those"
          : "name it by its whole path, or as getDirectory(\"image\") + name");
}

// A scale for all images holds for the next one from its beginning on.
void Planner::check_global_scale(const Command& found, const Values& values, Place place) const {
  if (found.name != "Set Scale..." || !values.flag("global") || form_ == MacroPlan::Form::recorded)
    return;
  static const std::set<std::string, std::less<>> scaled = {
      "Measure",      "Measure Overlay", "Analyze Particles...", "roiManager",   "saveAs",
      "save",         "Set Scale...",    "Enlarge...",           "Make Band...", "Gaussian Blur...",
      "Properties..."};
  for (const auto& stage : state_.stages)
    if (stage->command == nullptr || scaled.contains(stage->command->name))
      fail(place, "the images behind the first would have this scale before, too",
           "set it right behind open, or leave out 'global'");
}

void Planner::emit(const Command& found, Values values, const std::string& code, Place place) {
  if (choices_ != nullptr) throw Undone{};
  check_global_scale(found, values, place);
  if (is_about_other_images(found, &values, place)) return;
  if (saves_table_of_run(found, values, place)) {
    if (found.name == "saveAs" && !state_.saved_file) state_.saved_file = place;
    return;
  }
  check_shared_state(found, &values, place);
  check_same_file(found, values, place);
  Draft stage;
  stage.line = place.line;
  stage.column = place.column;
  // There is no stage that opens files: what a pipeline reads is its input.
  const bool as_code = found.name == "open" || marked_beside_outputs(found, values);
  effects_of(found, &values, place);
  if (as_code) {
    stage.code = code;
  } else {
    stage.command = &found;
    stage.values = std::move(values);
  }
  state_.stages.push_back(std::make_shared<Draft>(std::move(stage)));
}

void Planner::emit_code(std::string code, Place place, std::shared_ptr<const Statement> written) {
  if (choices_ != nullptr) throw Undone{};
  if (code.size() > 1'000'000) fail(place, "the code that is left for each image is too long");
  Draft stage;
  stage.code = std::move(code);
  stage.written = std::move(written);
  stage.line = place.line;
  stage.column = place.column;
  state_.stages.push_back(std::make_shared<Draft>(std::move(stage)));
}

// Before the image is open: images that the macro makes and closes again are left out, and what
// needs an image has none.
bool Planner::is_about_other_images(const Command& found, const Values* values, Place place) {
  if (state_.opened) return false;
  if (found.name == "newImage" || found.name == "open") {
    if (state_.other_images++ == 0) state_.first_of_other_images = state_.stages.size();
    return false;
  }
  const bool closes = found.name == "close" && found.form == Command::Form::function;
  const bool closes_all = found.name == "Close All" ||
                          (closes && values != nullptr && first_text(found, values) == "*");
  if (closes || closes_all) state_.closed_before_open = true;
  if (closes_all || (closes && state_.other_images > 0)) {
    if (state_.other_images > 0) {
      state_.other_images = closes_all ? 0 : state_.other_images - 1;
      if (state_.other_images == 0) drop_other_images(place);
    }
    return true;
  }
  if (found.needs_image && state_.other_images == 0)
    fail(place, fmt::format("{}: there are no images open", found.name),
         form_ == MacroPlan::Form::one_image ? "" : "open the image before");
  return false;
}

void Planner::drop_other_images(Place place) {
  static const std::set<std::string, std::less<>> lasting = {
      "Measure", "Analyze Particles...", "roiManager", "setResult", "Set Scale...", "saveAs"};
  auto& stages = state_.stages;
  for (std::size_t i = state_.first_of_other_images; i < stages.size();) {
    const Command* made = stages[i]->command;
    if (made != nullptr && lasting.contains(made->name))
      fail({stages[i]->line, stages[i]->column},
           fmt::format("{} on an image that is none of the run's", made->name));
    const bool idle =
        made == nullptr || made->needs_image || made->name == "newImage" || made->name == "open";
    if (idle)
      stages.erase(stages.begin() + static_cast<std::ptrdiff_t>(i));
    else
      ++i;
  }
  note(fmt::format(
      "line {}: an image that the macro makes and closes before the first has no effect",
      place.line));
}

// Whether any Analyze Particles of the macro fills the Summary table.
bool Planner::makes_summary() const { return program_.text.find("summarize") != std::string::npos; }

// Which table saveAs means.
std::string Planner::table_in_front(Place place) const {
  if (state_.front == "?")
    fail(place, "which table is in front here depends on the image, or on the one before",
         "write selectWindow(\"Results\") or selectWindow(\"Summary\") before");
  return state_.front.empty() ? "Results" : state_.front;
}

// A table that grows over the images and is saved after each under the same name: at the end the
// file holds all rows.
bool Planner::saves_table_of_run(const Command& found, const Values& values, Place place) {
  const std::string format = first_text(found, &values);
  const bool by_name = found.name == "Table.save";
  if (!by_name && (found.name != "saveAs" || (!is_table_format(format) && format != "text")))
    return false;
  if (form_ != MacroPlan::Form::folder) return false;
  const std::string table =
      by_name && values.given("title") ? values.text("title") : table_in_front(place);
  const std::string path = values.text("path");
  const bool of_image = path.find_first_of("\x02\x03") != std::string::npos;
  if (table == "Log")
    fail(place, "the Log has the lines of the images before, too",
         "save it behind the loop: the lines of all images become a file of the run");
  if (table == "Summary") {
    if (by_name && !state_.summary_cleared && of_image)
      fail(place, "the Summary table has the rows of the images before, too",
           "save it behind the loop, or by saveAs(\"Results\", path), which gives it the file's "
           "name");
    // Saving by saveAs renames it: the next image begins another.
    if (!by_name || state_.summary_cleared) return false;
  } else if (state_.run_tables.contains(table)) {
    if (of_image)
      fail(place, fmt::format("table '{}' has the rows of the images before, too", table),
           "save it behind the loop, or create it for each image");
  } else if (table != "Results" || state_.results_cleared || of_image) {
    return false;
  }
  if (table == "Results" && state_.results_cut)
    fail(place, "whether the Results table is cleared depends on the image",
         "clear it for each image, or for none");
  if (table == "Results") check_unsure_rows(place);
  const auto same = [&](const RunOutput& one) { return one.path == path; };
  if (std::ranges::none_of(state_.outputs, same))
    state_.outputs.push_back({.kind = RunOutput::Kind::results,
                              .path = path,
                              .summary = table == "Summary",
                              .table = state_.run_tables.contains(table) ? table : "",
                              .numbered = false,
                              .header = {},
                              .code = {},
                              .footer = {},
                              .line = place.line,
                              .column = place.column});
  state_.saves = true;
  return true;
}

// What is left from one image to the next in ImageJ.
void Planner::check_shared_state(const Command& found, const Values* values, Place place) {
  if (form_ != MacroPlan::Form::folder || phase_ != Phase::within) return;
  const std::string what = first_text(found, values);
  const bool table = found.name == "Table.save" ||
                     (found.name == "saveAs" && (is_table_format(what) || what == "text"));
  const std::string title =
      found.name == "Table.save" && values != nullptr && values->given("title")
          ? values->text("title")
          : state_.front;
  const bool of_results = table && (title.empty() || title == "Results");
  if (of_results || found.name == "setResult" || found.name == "updateResults" ||
      found.name == "Summarize")
    check_unsure_rows(place);
  if (of_results && !state_.results_cleared)
    fail(place, "the Results table has the rows of the images before, too",
         "clear it for each image: run(\"Clear Results\") or Analyze Particles with 'clear'; or "
         "save it "
         "behind the loop");
  if (found.name == "Analyze Particles..." && values != nullptr && !state_.results_cleared &&
      !values->flag("clear") && values->text("show") == "Count Masks")
    fail(place, "the numbers of Count Masks go on from the rows of the images before",
         "begin anew for each image: 'clear', or run(\"Clear Results\") before");
  static const std::set<std::string, std::less<>> uses = {
      "save",      "measure",   "multi measure",  "combine",       "and",
      "xor",       "select",    "delete",         "save selected", "list",
      "translate", "set color", "set fill color", "set line width"};
  const bool all_go = what == "delete" && state_.deselected;
  if (found.name == "roiManager" && (uses.contains(what) || what.starts_with("multi")) && !all_go &&
      !state_.manager_cleared)
    fail_for_manager(place);
}

void Planner::fail_for_manager(Place place) const {
  const bool asks_window =
      state_.batch && program_.text.find("isOpen(\"ROI Manager") != std::string::npos;
  fail(place, "the ROI Manager has the selections of the images before, too",
       std::string("empty it for each image: roiManager(\"reset\")") +
           (asks_window ? "; in batch mode it has no window, and isOpen is false" : ""));
}

// Colour and line width are, in ImageJ, those of the image before where they are set later on.
void Planner::check_drawing(const Expression& e) {
  const auto calls = [&](const std::string& call) {
    int count = 0;
    for (auto at = program_.text.find(call); at != std::string::npos;
         at = program_.text.find(call, at + 1))
      ++count;
    return count;
  };
  // Before the loop it holds for all images, if it is not set again.
  const auto holds = [&](const char* call) { return phase_ == Phase::within || calls(call) == 1; };
  state_.colour_set |= e.text == "setColor" && holds("setColor(");
  state_.width_set |= e.text == "setLineWidth" && holds("setLineWidth(");
  const bool lines = e.text == "drawLine" || e.text == "drawRect" || e.text == "drawOval";
  if (!lines && e.text != "fill" && e.text != "fillRect" && e.text != "fillOval") return;
  if (!state_.colour_set && calls("setColor(") > 0)
    fail(e.place, fmt::format("{}: the colour is that which was set for the image before", e.text),
         "set it for each image: setColor(...)");
  if (lines && !state_.width_set && calls("setLineWidth(") > 0)
    fail(e.place, fmt::format("{}: the line width is that of the image before", e.text),
         "set it for each image: setLineWidth(...)");
}

void Planner::check_results_use(const Expression& e) {
  if (form_ == MacroPlan::Form::folder) check_drawing(e);
  if (form_ != MacroPlan::Form::folder || phase_ != Phase::within) return;
  static const std::set<std::string, std::less<>> of_results = {
      "nResults",     "getResult",  "getResultString", "getResultLabel",
      "Table.update", "Table.sort", "IJ.deleteRows"};
  if (of_results.contains(e.text)) check_unsure_rows(e.place);
  if (e.text.starts_with("Table.") && e.text != "Table.title") static_cast<void>(table_of(e));
  static const std::set<std::string, std::less<>> whole = {"Table.getColumn", "Table.size",
                                                           "Table.deleteRows", "Table.headings"};
  if (whole.contains(e.text) && e.text != "Table.size" && gathers(table_of(e)))
    fail(e.place, fmt::format("{}: the table has the rows of the images before, too", e.text),
         "clear it for each image: run(\"Clear Results\") or Analyze Particles with 'clear'");
  static const std::set<std::string, std::less<>> lists = {
      "List.get", "List.getValue", list_text_function, "List.size", "List.getList"};
  if (e.text.starts_with("List.") && !lists.contains(e.text)) state_.list_set = true;
  if (lists.contains(e.text) && !state_.list_set)
    fail(e.place, fmt::format("{}: the list has what was set for the image before", e.text),
         "fill it for each image: List.setMeasurements or List.clear()");
  const bool written = !e.arguments.empty() && e.arguments[0]->kind == Expression::Kind::string;
  const std::string what = written ? lower_case(e.arguments[0]->text) : "";
  const bool empties = e.text == "roiManager" && (what == "reset" || what == "deselect" ||
                                                  (what == "delete" && state_.deselected));
  if ((e.text == "roiManager" || e.text.starts_with("RoiManager.")) && !empties &&
      !state_.manager_cleared)
    fail_for_manager(e.place);
}

// Analyze Particles, with '\x01' for what is not known of its options.
void Planner::note_particles(const std::string& options, Place place) {
  const auto has = [&](const std::string& flag) {
    return (" " + options + " ").find(" " + flag + " ") != std::string::npos;
  };
  if (has("display")) state_.results_open = true;
  if (has("clear"))
    state_.unsure_rows.reset();
  else if (!has("display") && form_ == MacroPlan::Form::folder && phase_ == Phase::within &&
           !state_.results_open && may_open_results())
    state_.unsure_rows = place;
}

// Whether anything in the macro opens the Results window, as far as its text tells.
bool Planner::may_open_results() const {
  bool opens = false;
  const auto visit = [&](const Expression& e) {
    if (e.kind != Expression::Kind::call) return;
    opens |= e.text == "setResult" || e.text == "updateResults" ||
             (e.text == "Table.update" && state_.run_tables.empty()) || e.text == "Overlay.measure";
    if ((e.text != "run" && e.text != "roiManager") || e.arguments.empty()) return;
    const std::string name = lower_case(code_of(*e.arguments[0]));
    if (name == "\"set measurements...\"") return;
    opens |= e.arguments[0]->kind != Expression::Kind::string ||
             name.find("measure") != std::string::npos || name == "\"summarize\"" ||
             name == "\"find maxima...\"";
    opens |= name == "\"analyze particles...\"" && e.arguments.size() > 1 &&
             code_of(*e.arguments[1]).find("display") != std::string::npos;
  };
  for_each(program_, visit);
  return opens;
}

// Whether anything may leave rows in a table that no window shows.
bool Planner::hides_rows() const {
  bool hides = program_.text.find("setResult") != std::string::npos &&
               program_.text.find("updateResults") == std::string::npos;
  const auto visit = [&](const Expression& e) {
    if (e.kind != Expression::Kind::call || e.text != "run" || e.arguments.size() < 2) return;
    const std::string name = lower_case(code_of(*e.arguments[0]));
    const std::string options = code_of(*e.arguments[1]);
    const auto has = [&](const char* word) { return options.find(word) != std::string::npos; };
    hides |= name == "\"analyze particles...\"" && !has("display");
    hides |= name == "\"find maxima...\"" && (has("List") || has("Count"));
  };
  for_each(program_, visit);
  return hides;
}

void Planner::check_unsure_rows(Place place) const {
  if (!state_.unsure_rows) return;
  fail(place,
       fmt::format("Analyze Particles in line {} leaves rows in the Results table for the first "
                   "image, and none once a Results window is open",
                   state_.unsure_rows->line),
       "write 'display clear' or 'clear' into its options, or run(\"Clear Results\") behind it");
}

void Planner::check_same_file(const Command& found, const Values& values, Place place) {
  if (form_ == MacroPlan::Form::recorded) return;
  for (const auto& key : found.keys) {
    if (!names_file(found, key, &values)) continue;
    const std::string path = values.text(key.name);
    if (!path.empty() && path.find_first_of("\x02\x03") == std::string::npos)
      fail(place,
           fmt::format("each image would replace the file '{}'",
                       path.substr(path.find_last_of("/\\\x04") + 1)),
           "put the image's name into its name: File.nameWithoutExtension");
  }
}

void Planner::effects_of(const Command& found, const Values* values, Place place) {
  if (!keeps_title(found)) state_.title_known = false;
  const auto flag = [&](std::string_view key) {
    return values != nullptr && values->all().contains(key) && values->given(key) &&
           values->flag(key);
  };
  const bool particles = found.name == "Analyze Particles...";
  const std::string what = first_text(found, values);
  if (found.name == "setOption" && values != nullptr && what == "expandablearrays")
    state_.expandable_arrays = values->flag("state");
  const std::string title =
      values != nullptr && (found.name == "selectWindow" || found.name == "close")
          ? values->text(found.keys[0].name)
          : "";
  const bool is_table = title == "Results" || title == "Summary" || title == "Log";
  if (found.name == "selectWindow" || found.name == "selectImage")
    state_.front = is_table ? title : "";
  if (found.name == "IJ.renameResults") state_.front = "?";
  if (found.name == "saveAs" && state_.front == "Summary" &&
      (is_table_format(what) || what == "text")) {
    state_.summary_cleared = true;
    state_.front = "(saved)";
  }
  if ((found.name == "close" && is_table) || (found.name == "Close" && state_.front != "")) {
    const std::string closed = found.name == "close" ? title : state_.front;
    if (closed == "Summary") state_.summary_cleared = true;
    if (closed == "Results") state_.results_cleared = true;
    if (closed == state_.front) state_.front = "";
  }
  if (particles && flag("summarize")) state_.front = "Summary";
  if (found.name == "saveAs" && names_saved_file(what) && !state_.saved_file)
    state_.saved_file = place;
  if (found.name == "roiManager") {
    if (what == "add" && !state_.shows_all && !state_.added) state_.added = place;
    if (what.starts_with("show all")) state_.shows_all = true;
    if (what == "show none") state_.shows_all = false;
  }
  if (particles && flag("add")) state_.shows_all = true;
  state_.adds_rois |= (particles && flag("add")) || (found.name == "roiManager" && what == "add");
  const bool measures_anew = found.name == "roiManager" && what.starts_with("multi");
  if (found.name == "Clear Results" || measures_anew || (particles && flag("clear")))
    state_.results_cleared = true;
  if (measures_anew) state_.measures = true;
  // Measure drops rows that no window shows.
  if (found.name == "Clear Results" || found.name == "Measure" ||
      (found.name == "roiManager" && what == "measure"))
    state_.unsure_rows.reset();
  if (found.name == "Measure") state_.results_open = true;
  if (found.name == "roiManager" && what == "reset") state_.manager_cleared = true;
  if (found.name == "Measure" || found.name == "Measure Overlay" ||
      (particles && flag("display")) || found.name == "setResult" ||
      (found.name == "roiManager" && what == "measure"))
    state_.measures = true;
  for (const auto& key : found.keys)
    if (names_file(found, key, values) && (values == nullptr || !values->text(key.name).empty()))
      state_.saves = true;
}

// ----- code

Abstract Planner::call_own_at_run(const Function& function, const std::vector<Abstract>& arguments,
                                  const Expression& e, bool statement) {
  Statement s;
  s.place = e.place;
  auto call = std::make_unique<Expression>();
  call->kind = Expression::Kind::call;
  call->place = e.place;
  call->text = function.name;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Abstract argument = numbered(arguments[i], e.arguments[i]->place);
    usable(argument, e.arguments[i]->place);
    // Code, not a variable's name.
    call->arguments.push_back(expression_of_code(code_of(argument)));
    call->arguments.back()->kind = Expression::Kind::call;
    call->arguments.back()->bare = true;
  }
  if (statement) {
    s.kind = Statement::Kind::call;
    s.value = std::move(call);
    emit_whole(s);
    return Value(0.0);
  }
  const std::string result = temporary("result");
  state_.names_in_session.erase(result);
  s.kind = Statement::Kind::assign;
  s.text = "=";
  s.target = expression_of_code(result);
  s.value = std::move(call);
  emit_whole(s);
  return *find(result);
}

// In batch mode the ROI Manager has no window.
bool Planner::asks_for_manager_window(const Expression& e) const {
  return state_.batch && e.kind == Expression::Kind::call && e.text == "isOpen" &&
         e.arguments[0]->kind == Expression::Kind::string && e.arguments[0]->text == manager_title;
}

// In code the file that the loop over the images is at is `Input.name`, its position `Input.index`
// and the length of the list `Input.count`.
void Planner::name_file(Expression& e, const std::set<std::string>& assigned) {
  const auto kind_of = [&](const Expression& one) {
    const Abstract* value = one.kind == Expression::Kind::name && !assigned.contains(one.text)
                                ? find(one.text)
                                : nullptr;
    return value == nullptr ? Abstract::Kind::known : value->kind;
  };
  const auto becomes = [&](const std::string& function) {
    e.kind = Expression::Kind::call;
    e.bare = true;
    e.text = function;
    e.arguments.clear();
  };
  if (const Abstract* array = find(e.text);
      array != nullptr && array->kind == Abstract::Kind::each &&
      (e.kind == Expression::Kind::name || e.kind == Expression::Kind::index)) {
    if (e.kind == Expression::Kind::name) usable(*array, e.place);
    static_cast<void>(own_element(*array, e));
    e.kind = Expression::Kind::name;
    e.arguments.clear();
    return;
  }
  if (e.kind == Expression::Kind::index) {
    const Abstract* list = find(e.text);
    if (list != nullptr && list->kind == Abstract::Kind::files &&
        kind_of(*e.arguments[0]) == Abstract::Kind::index)
      becomes("Input.name");
    else if (list != nullptr && list->kind == Abstract::Kind::parts &&
             e.arguments[0]->kind == Expression::Kind::number)
      becomes(code_of(index(e)));
  } else if (kind_of(e) == Abstract::Kind::index) {
    numbered(Abstract::of(Abstract::Kind::index), e.place);
    becomes("Input.index");
  } else if (const bool length = e.kind == Expression::Kind::method && e.text == "length";
             (length || (e.kind == Expression::Kind::call && e.text == "lengthOf")) &&
             e.arguments.size() == 1 && kind_of(*e.arguments[0]) == Abstract::Kind::files) {
    numbered(Abstract::of(Abstract::Kind::count), e.place);
    becomes("Input.count");
  }
  if (asks_for_manager_window(e)) {
    e.kind = Expression::Kind::number;
    e.number = 0.0;
    e.arguments.clear();
  }
  if (e.kind == Expression::Kind::call && e.text == "setResult" && e.arguments.size() > 1 &&
      kind_of(*e.arguments[1]) == Abstract::Kind::index) {
    const Abstract row = own_row(Abstract::of(Abstract::Kind::index), e.arguments[1]->place);
    if (row.known()) {
      e.arguments[1]->kind = Expression::Kind::number;
      e.arguments[1]->text.clear();
      // ImageJ adds no row but the next one.
      if (state_.own_row_set) own_rows_.insert(e.arguments[1].get());
    }
  }
  if (e.kind == Expression::Kind::call && e.text == "Table.set" && e.arguments.size() > 2 &&
      kind_of(*e.arguments[1]) == Abstract::Kind::index &&
      state_.run_tables.contains(table_of(e))) {
    own_row_of(table_of(e), *e.arguments[1]);
    e.arguments[1]->kind = Expression::Kind::number;
    e.arguments[1]->text.clear();
  }
  if (const auto title = title_left_out(e); !title.empty()) {
    e.bare = false;
    e.arguments.push_back(std::make_unique<Expression>());
    e.arguments.back()->kind = Expression::Kind::string;
    e.arguments.back()->text = title;
  }
  for (auto& one : e.arguments) name_file(*one, assigned);
}
void Planner::name_file(Statement& s, const std::set<std::string>& assigned) {
  if (s.target) name_file(*s.target, assigned);
  if (s.value) name_file(*s.value, assigned);
  for (auto* list : {&s.init, &s.step, &s.body})
    for (auto& one : *list) name_file(*one, assigned);
}

// A path whose parts are known while code is written; nothing for others.
std::optional<Abstract> Planner::known_path(const Expression& e) {
  bool plain = true;
  for_each(e, [&](const Expression& one) {
    const Abstract* value = one.kind == Expression::Kind::name ? find(one.text) : nullptr;
    const bool known = value != nullptr && (value->known() || value->kind == Abstract::Kind::text ||
                                            value->kind == Abstract::Kind::argument);
    const bool separator = one.kind == Expression::Kind::call && one.text == "File.separator";
    plain &= known || separator || one.kind == Expression::Kind::string ||
             one.kind == Expression::Kind::number ||
             (one.kind == Expression::Kind::binary && one.text == "+");
  });
  if (!plain) return std::nullopt;
  return settled(evaluate(e, false, true));
}

// `print(file, text)` to a file of the run that is open is File.append(text, path).
void Planner::as_appended(Expression& print) {
  if (!prints_to_file(print) || state_.open_file->path.empty()) return;
  print.text = "File.append";
  print.arguments.erase(print.arguments.begin());
  auto path = std::make_unique<Expression>();
  path->kind = Expression::Kind::string;
  path->text = state_.open_file->path;
  print.arguments.push_back(std::move(path));
}

// In code: File.append to a file of the whole run adds to what is gathered for it.
void Planner::gather_appended(Statement& s, std::string& preparation) {
  for (auto* list : {&s.init, &s.step, &s.body})
    for (auto& one : *list) gather_appended(*one, preparation);
  if (s.kind == Statement::Kind::call && s.value->text == "print") as_appended(*s.value);
  if (s.kind != Statement::Kind::call || s.value->text != "File.append") return;
  const auto path = known_path(*s.value->arguments[1]);
  if (!path || depends_on_image(*path)) return;
  const std::string file = path->known() ? text_of(path->value) : marked_text(path->pieces);
  const std::string name = lines_of_run(file, s.place, preparation);
  // name = name + (text) + "\n"
  const auto sum = [](ExpressionPtr left, ExpressionPtr right) {
    auto made = std::make_unique<Expression>();
    made->kind = Expression::Kind::binary;
    made->text = "+";
    made->arguments.push_back(std::move(left));
    made->arguments.push_back(std::move(right));
    return made;
  };
  auto text = std::move(s.value->arguments[0]);
  text->grouped = false;
  auto end = std::make_unique<Expression>();
  end->kind = Expression::Kind::string;
  end->text = "\n";
  s.kind = Statement::Kind::assign;
  s.text = std::string(1, '=');
  s.target = expression_of_code(name);
  s.value = sum(sum(expression_of_code(name), std::move(text)), std::move(end));
}

// The session's variable with what images add to a file of the run.
std::string Planner::lines_of_run(const std::string& file, Place place, std::string& preparation) {
  if (files_of_loops_.contains(file))
    fail(place, "the loop over the images has added to this file before",
         "add to another one here");
  auto& name = state_.appended[file];
  if (!name.empty()) return name;
  name = temporary("lines");
  preparation += name + " = \"\";\n";
  state_.frames[0].variables[name] = Abstract::of_code(name, false);
  state_.frames[0].session_names[name] = name;
  globals_.insert(name);
  state_.outputs.push_back({.kind = RunOutput::Kind::text,
                            .path = file,
                            .summary = false,
                            .table = {},
                            .numbered = false,
                            .header = state_.heads[file],
                            .code = name,
                            .footer = {},
                            .line = place.line,
                            .column = place.column});
  state_.saves = true;
  return name;
}

void Planner::emit_whole(const Statement& written) {
  if (phase_ == Phase::after)
    fail(written.place, "behind the loop over the images this is not known");
  if (!state_.created.empty() && may_show_table(written)) state_.created.clear();
  const std::shared_ptr<Statement> copy = copy_of(written);
  drop_idle(*copy);
  own_rows_.clear();
  name_file(*copy, assigned_in(*copy));
  std::string gathered;
  gather_appended(*copy, gathered);
  const Statement& s = *copy;
  check_at_run(s);
  std::string code = gathered + preparation_of(s);
  std::map<std::string, std::string> renamed;
  for (std::size_t i = 0; i < state_.frames.size(); ++i)
    for (const auto& [name, session] : state_.frames[i].session_names)
      if (state_.frames[i].variables.contains(name) || i + 1 == state_.frames.size())
        renamed[name] = session;
  code += code_of(*copy_of(s, renamed));
  for (const auto& name : functions_called(program_, s)) {
    const auto& function = program_.functions.at(name);
    code += "\n" + code_of(function);
  }
  emit_code(std::move(code), s.place, copy);
  after_effects_of(s);
}

// Assignments of what the code needs to know, and names for what it sets.
std::string Planner::preparation_of(const Statement& s) {
  std::map<std::string, Place> mentioned;
  const auto mention = [&](const Expression& e) {
    if (e.kind == Expression::Kind::name || e.kind == Expression::Kind::index)
      mentioned.emplace(e.text, e.place);
  };
  // Conditions that were replaced by code are no variables.
  for_each(s, [&](const Expression& e) {
    if (e.place.line != 0 || e.kind == Expression::Kind::index) mention(e);
  });
  const auto called = functions_called(program_, s);
  for (const auto& name : called) {
    const auto& function = program_.functions.at(name);
    std::set<std::string> own(function.parameters.begin(), function.parameters.end());
    for (const auto& one : assigned_in(*function.body))
      if (!globals_.contains(one)) own.insert(one);
    for_each(*function.body, [&](const Expression& e) {
      if ((e.kind == Expression::Kind::name || e.kind == Expression::Kind::index) &&
          !own.contains(e.text))
        mentioned.emplace(e.text, e.place);
    });
  }
  const auto assigned = assigned_in(s);
  std::string code;
  for (const auto& [name, place] : mentioned) {
    std::size_t frame = 0;
    const Abstract* found = find(name, &frame);
    if (found == nullptr) {
      if (!assigned.contains(name)) fail_without_value(name, place);
      session_name(name, frame_to_assign(name));
      continue;
    }
    if (found->kind == Abstract::Kind::each) {
      for (const auto& function : called)
        for_each(*program_.functions.at(function).body, [&, array = name](const Expression& e) {
          if (e.text == array && e.kind == Expression::Kind::index) usable(*found, e.place);
        });
      continue;
    }
    const std::string session = session_name(name, frame);
    const std::string var = !called.empty() && globals_.contains(name) ? "var " : "";
    if (found->kind == Abstract::Kind::carried && assigned.contains(name)) {
      if (sets_anew(s, name)) continue;
      gather_in(s, name, code);
      continue;
    }
    const Abstract value = numbered(*found, place);
    if (!value.row) usable(value, place);  // rows were looked at
    const bool number =
        found->kind == Abstract::Kind::index || found->kind == Abstract::Kind::count;
    if (!value.is_runtime() || number)
      code += var + session + " = " + code_of(value) + ";\n";
    else if (!var.empty())
      code += "var " + session + ";\n";
    else if (value.code != session)
      code += session + " = " + value.code + ";\n";
  }
  for (const auto& name : assigned)
    if (!mentioned.contains(name)) session_name(name, frame_to_assign(name));
  return code;
}

// Whether a variable of the images before is set before it is read.
bool Planner::sets_anew(const Statement& s, const std::string& name) const {
  bool in_functions = false;
  for (const auto& function : functions_called(program_, s))
    for_each(*program_.functions.at(function).body, [&](const Expression& e) {
      const bool variable = e.kind == Expression::Kind::name || e.kind == Expression::Kind::index;
      in_functions |= variable && e.text == name && globals_.contains(name);
    });
  return !in_functions && !use_of(s, name).reads_old;
}

// A text that grows within code: every use of it must be `s = s + ...`.
void Planner::gather_in(const Statement& s, const std::string& name, std::string& code) {
  std::size_t frame = 0;
  const Abstract& carried = *find(name, &frame);
  int uses = 0;
  int growing = 0;
  Place other = s.place;
  const auto visit = [&](const Expression& e) {
    if ((e.kind == Expression::Kind::name || e.kind == Expression::Kind::index) && e.text == name) {
      ++uses;
      other = e.place;
    }
  };
  const auto enter = [&](const Statement& one) {
    if (one.kind != Statement::Kind::assign || one.target->text != name) return;
    if (one.text == "+=") growing += 1;
    if (one.text != "=") return;
    const auto terms = terms_of(*one.value);
    if (terms.size() > 1 && terms[0].second->kind == Expression::Kind::name &&
        terms[0].second->text == name)
      growing += 2;
  };
  for_each_reached(program_, s, visit, enter);
  if (uses != growing || !carried.was_known || !carried.value.is_string()) usable(carried, other);
  const std::string session = session_name(name, frame);
  auto& gathering = state_.gatherings[session];
  const std::string var =
      globals_.contains(name) && !functions_called(program_, s).empty() ? "var " : "";
  if (!gathering.begun) {
    gathering.begun = true;
    gathering.header = text_of(carried.value);
    code += var + session + " = \"\";\n";
  } else if (!var.empty()) {
    code += "var " + session + ";\n";
  }
}

// Whether all that code calls can be checked now.
void Planner::check_at_run(const Statement& s) {
  of_others_.clear();
  LeftoverWalk walk(walked(), [&](const Expression& e, const Leftovers& at) {
    take(at);
    if (at.results == Kept::others) of_others_.insert(&e);
    check_call_at_run(e);
  });
  const Leftovers before = leftovers();
  const Leftovers behind = walk.behind(s, before);
  idle_conditions_ = walk.idle_conditions();
  idle_conditions_.insert(own_rows_.begin(), own_rows_.end());
  take(before);
  check_row_uses(s);
  take(behind);
}

// The text of an expression with '\x01' for what is not known.
std::string Planner::outline_at_run(const Expression& e) {
  std::string outline;
  for (const auto& [op, part] : terms_of(e)) {
    const Abstract* value = part->kind == Expression::Kind::name ? find(part->text) : nullptr;
    if (part->kind == Expression::Kind::string)
      outline += part->text;
    else if (part->kind == Expression::Kind::number)
      outline += text_of(Value(part->number));
    else if (value != nullptr && value->known() && !value->value.is_array())
      outline += text_of(value->value);
    else
      outline += hole_mark;
  }
  return outline;
}

void Planner::check_call_at_run(const Expression& e) {
  check_results_use(e);
  if (e.text == "File.name" || e.text == "File.nameWithoutExtension" || e.text == "File.directory")
    static_cast<void>(evaluate(e));
  static const std::set<std::string, std::less<>> before_only = {
      "getFileList", "getArgument", "File.exists", "File.isDirectory", "File.delete"};
  if (before_only.contains(e.text))
    fail(e.place,
         fmt::format("{} stands where it depends on the image whether it is called", e.text),
         "call it at the top of the macro, into a variable");
  if ((e.text == "getDirectory" || e.text == "getDir") &&
      outline_at_run(*e.arguments[0]) != "image")
    fail(e.place, "a folder is asked for where it depends on the image whether it is",
         "ask for it at the top of the macro");
  if (const Command* found = table_.find(e.text, Command::Form::function);
      found != nullptr && e.text != "open") {
    Values partly = defaults_of(*found);
    if (!e.arguments.empty() && e.arguments[0]->kind == Expression::Kind::string &&
        !found->keys.empty() &&
        (found->keys[0].kind == Key::Kind::text || found->keys[0].kind == Key::Kind::choice))
      partly.set(found->keys[0].name, e.arguments[0]->text);
    check_shared_state(*found, &partly, e.place);
  }
  if (e.text == "saveAs" && makes_summary() && e.arguments[0]->kind == Expression::Kind::string &&
      (is_table_format(lower_case(e.arguments[0]->text)) ||
       lower_case(e.arguments[0]->text) == "text") &&
      form_ == MacroPlan::Form::folder)
    fail(e.place, "which table is saved depends on the image, or on the one before",
         "save it where each image comes by");
  const bool path_first = e.text == "save" || e.text == "Table.save" || e.text == "File.open";
  if (path_first || e.text == "File.saveString" || e.text == "saveAs" || e.text == "File.append") {
    const auto path = known_path(*e.arguments[path_first ? 0 : 1]);
    if (path && !depends_on_image(*path) && form_ != MacroPlan::Form::recorded)
      fail(e.place, "each image would replace this file",
           "put the image's name into its name: File.nameWithoutExtension");
  }
  if (e.text != "run") return;
  const std::string name = outline_at_run(*e.arguments[0]);
  if (has_marks(name))
    fail(e.arguments[0]->place,
         "which command is run must be known before the images are worked on");
  const Command* found = table_.find(name, Command::Form::run);
  if (found == nullptr)
    fail(e.arguments[0]->place, unknown_command(name), nearest_command(name, table_));
  if (e.arguments.size() > 1)
    placed(e.arguments[1]->place, [&] { check_outline(*found, outline_at_run(*e.arguments[1])); });
  if (found->name == "Set Scale..." && form_ != MacroPlan::Form::recorded &&
      e.arguments.size() > 1 &&
      (outline_at_run(*e.arguments[1]) + " ").find(" global ") != std::string::npos)
    fail(e.place, "the scale of all images is set where it depends on the image whether it is",
         "set it right behind open, or leave out 'global'");
}

void Planner::after_effects_of(const Statement& s) {
  const bool effects = has_effects(s);
  if (opens(s)) state_.opened = true;
  if (effects) state_.title_known = false;
  const auto visit = [&](const Expression& e) {
    if (e.kind != Expression::Kind::call) return;
    const bool run = e.text == "run";
    const Command* found = run ? table_.find(outline_at_run(*e.arguments[0]), Command::Form::run)
                               : table_.find(e.text, Command::Form::function);
    const std::string first =
        e.arguments.empty() ? "" : lower_case(outline_at_run(*e.arguments[0]));
    if (found != nullptr && !(found->name == "roiManager" && first != "save"))
      for (const auto& key : found->keys) state_.saves |= names_file(*found, key, nullptr);
    if (e.text == "saveAs" && names_saved_file(first) && !state_.saved_file)
      state_.saved_file = e.place;
    state_.saves |= e.text == "File.saveString" || e.text == "File.append" || e.text == "saveAs" ||
                    (e.text == "roiManager" && first == "save");
    if (run && first == "analyze particles..." && e.arguments.size() > 1 &&
        outline_at_run(*e.arguments[1]).find("summarize") != std::string::npos)
      state_.front = "?";
    if (e.text == "selectWindow" || e.text == "selectImage" || e.text == "IJ.renameResults" ||
        (state_.front != "" && (e.text == "close" || first == "close")))
      state_.front = makes_summary() ? "?" : "";
    if (e.text == "roiManager" && first == "add" && !state_.shows_all && !state_.added)
      state_.added = e.place;
    state_.adds_rois |=
        (e.text == "roiManager" && first == "add") || (run && first == "analyze particles...");
    state_.measures |= (run && (first == "measure" || first == "analyze particles...")) ||
                       e.text == "setResult" || (e.text == "roiManager" && first == "measure");
  };
  for_each_reached(program_, s, visit);
  for (const auto& name : assigned_in(s)) {
    std::size_t frame = 0;
    const Abstract* value = find(name, &frame);
    if (value != nullptr && value->kind == Abstract::Kind::each) continue;
    // What is gathered stays as it is.
    if (value != nullptr && value->kind == Abstract::Kind::carried &&
        (state_.gatherings.contains(session_name(name, frame)) || !use_of(s, name).always_set))
      continue;
    set_in_session(name);
    if (const auto row = rows_of_code_.find(name); row != rows_of_code_.end()) {
      find(name)->row = true;
      find(name)->table = row->second;
    }
  }
}

}  // namespace smear::imagej
