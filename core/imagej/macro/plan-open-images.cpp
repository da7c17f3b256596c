// SPDX-License-Identifier: Apache-2.0
// Images that the work on one image leaves open: in ImageJ they are there for the next one, too,
// and the oldest of a title is the one that the title means.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "imagej/macro/functions.h"
#include "imagej/macro/interpreter.h"
#include "imagej/macro/parser.h"
#include "imagej/macro/planner.h"
#include "imagej/macro/syntax.h"

namespace smear::imagej {

namespace {

bool of_image(const std::string& title) {
  return title.find_first_of("\x01\x02\x03\x04") != std::string::npos;
}

bool is_table(const std::string& title) {
  return title == "Results" || title == "Summary" || title == "Log" || title == manager_title;
}

// What an image is called once it is saved there.
std::string name_of_file(const std::string& path) {
  const auto slash = path.find_last_of("/\\\x04");
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace

// The images that are open as stages are carried out for one image and for the next. It gives up
// where it does not know.
class OpenImages {
 public:
  /// An image that is asked for by its title, and is another one than that of this round.
  struct Mistaken {
    std::string title;
    Place place;
  };
  /// Thrown where it is not known what is open.
  struct Unknown {};

  void begin() {
    ++round_;
    add(std::string(1, name_mark));
  }
  [[nodiscard]] const std::optional<Mistaken>& mistaken() const { return mistaken_; }

  void add(const std::string& title) {
    open_.push_back({title, round_});
    active_ = open_.size() - 1;
  }
  void rename(const std::string& title) {
    if (!active_) throw Unknown{};
    open_[*active_].title = title;
  }
  void forget_active() { active_.reset(); }
  [[nodiscard]] std::string active_title() const {
    if (!active_) throw Unknown{};
    return open_[*active_].title;
  }

  void select(const std::string& title, Place place) { active_ = asked(title, place); }
  std::size_t asked(const std::string& title, Place place) {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < open_.size() && !found; ++i)
      if (same(open_[i], title)) found = i;
    if (!found) throw Unknown{};
    if (open_[*found].round != round_ && !mistaken_) mistaken_ = {title, place};
    return *found;
  }

  void close_active() {
    if (!active_) throw Unknown{};
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(*active_));
    settle();
  }
  void close_all() {
    open_.clear();
    active_.reset();
  }
  void close_others() {
    if (!active_) throw Unknown{};
    open_ = {open_[*active_]};
    active_ = 0;
  }
  void close(const std::string& title) {
    if (std::erase_if(open_, [&](const Open& one) { return same(one, title); }) == 0)
      throw Unknown{};
    settle();
  }

 private:
  struct Open {
    std::string title;
    int round = 0;
  };
  // Titles with the image's name are those of this round.
  [[nodiscard]] bool same(const Open& one, const std::string& title) const {
    return one.title == title && title.find(hole_mark) == std::string::npos &&
           (!of_image(title) || one.round == round_);
  }
  // Which image is active behind one that was closed is not known, unless there is only one.
  void settle() {
    active_.reset();
    if (open_.size() == 1) active_ = 0;
  }

  std::vector<Open> open_;
  std::optional<std::size_t> active_;
  int round_ = 0;
  std::optional<Mistaken> mistaken_;
};

namespace {

void calculate(const Values& values, Place place, OpenImages& images) {
  const std::string first = values.text("image1");
  images.asked(first, place);
  images.asked(values.text("image2"), place);
  const std::string operation = lower_case(values.text("operation"));
  const bool makes_new = operation.find("create") != std::string::npos ||
                         operation.find("32-bit") != std::string::npos;
  if (makes_new)
    images.add("Result of " + first);
  else
    images.forget_active();
}

void close_by(const std::string& pattern, OpenImages& images) {
  if (pattern.empty()) return images.close_active();
  if (pattern == "*") return images.close_all();
  if (pattern == "\\Others") return images.close_others();
  if (is_table(pattern)) return;
  if (pattern.find_first_of("*?\\") != std::string::npos) throw OpenImages::Unknown{};
  images.close(pattern);
}

void save(const std::string& format, const std::string& path, OpenImages& images) {
  static const std::set<std::string, std::less<>> none = {"results", "measurements", "selection",
                                                          "roi"};
  static const std::set<std::string, std::less<>> kept = {"tiff", "tif", "png", "jpeg",
                                                          "jpg",  "bmp", "gif", "zip"};
  if (none.contains(format)) return;
  if (!kept.contains(format)) throw OpenImages::Unknown{};
  images.rename(name_of_file(path));
}

}  // namespace

// What a command that is carried out changes.
void Planner::follow(const MacroStage& stage, OpenImages& images) const {
  const Command& command = *stage.command;
  const Values& values = stage.values;
  const Place place{stage.line, stage.column};
  const std::string& name = command.name;
  const auto text = [&](std::size_t key) {
    return key < command.keys.size() ? values.text(command.keys[key].name) : std::string();
  };
  if (name == "imageCalculator") return calculate(values, place, images);
  if (name == "Close All") return images.close_all();
  if (name == "close") return close_by(text(0), images);
  if (name == "saveAs") return save(lower_case(text(0)), text(1), images);
  if (name == "rename") return images.rename(text(0));
  if (name == "newImage") return images.add(text(0));
  if (name == "selectImage") return images.forget_active();
  if (name == "selectWindow") {
    if (is_table(text(0))) throw OpenImages::Unknown{};
    return images.select(text(0), place);
  }
  if (name == "Duplicate...") {
    if (text(0).empty()) throw OpenImages::Unknown{};
    return images.add(text(0));
  }
  if (name == "Analyze Particles...") {
    if (values.text("show") != "Nothing") throw OpenImages::Unknown{};
    return;
  }
  if (!keeps_title(command) && name != "setResult" && name != "updateResults" &&
      name != "Table.save")
    throw OpenImages::Unknown{};
}

namespace {

// The text of an argument in code, with marks for the image's name and for what is not known.
std::string marked_argument(const Expression& e) {
  std::string text;
  for (const auto& [op, term] : terms_of(e)) {
    if (term->kind == Expression::Kind::string)
      text += term->text;
    else if (term->kind == Expression::Kind::call && term->text == "Input.name")
      text += name_mark;
    else if (term->kind == Expression::Kind::call && term->text == "Input.stem")
      text += stem_mark;
    else
      text += hole_mark;
  }
  return text;
}

}  // namespace

// A call with the image's name in it, as a stage with marks in its values.
std::optional<MacroStage> Planner::marked_stage(const Program& code, const MacroStage& of) const {
  if (code.statements.size() != 1 || code.statements[0]->kind != Statement::Kind::call)
    return std::nullopt;
  const Expression& call = *code.statements[0]->value;
  static const std::set<std::string, std::less<>> functions = {"selectWindow", "imageCalculator",
                                                               "rename", "saveAs", "close"};
  std::vector<Value> arguments;
  for (const auto& one : call.arguments) arguments.emplace_back(marked_argument(*one));
  MacroStage stage;
  stage.line = of.line;
  stage.column = of.column;
  if (functions.contains(call.text)) {
    stage.command = table_.find(call.text, Command::Form::function);
    if (stage.command == nullptr) return std::nullopt;
    stage.values = values_of_arguments(*stage.command, arguments);
    return stage;
  }
  if (call.text != "run" || arguments.size() != 2 || text_of(arguments[0]) != "Duplicate...")
    return std::nullopt;
  stage.command = table_.find("Duplicate...", Command::Form::run);
  stage.values = parse_options(*stage.command, text_of(arguments[1]));
  return stage;
}

// Code that opens, closes and selects no image.
void Planner::follow_code(const MacroStage& stage, OpenImages& images) const {
  static const std::set<std::string, std::less<>> effects = {
      "print", "IJ.log", "File.append", "File.saveString", "setResult", "updateResults"};
  const auto program = parse_macro(finished_code(stage.code), "code");
  if (const auto marked = marked_stage(*program, stage)) return follow(*marked, images);
  bool selects = false;
  const auto visit = [&](const Expression& e) {
    if (e.kind != Expression::Kind::call) return;
    const bool named = !e.arguments.empty() && e.arguments[0]->kind == Expression::Kind::string;
    const std::string first = named ? e.arguments[0]->text : "";
    const Builtin* function = find_builtin(e.text);
    const bool run = e.text == "run";
    const Command* command =
        table_.find(run ? first : e.text, run ? Command::Form::run : Command::Form::function);
    selects |= e.text == "selectImage";
    const bool asks = function != nullptr && function->when != Builtin::When::effect &&
                      function->when != Builtin::When::refused;
    const bool harmless = e.text == "selectImage" || asks || effects.contains(e.text) ||
                          e.text.starts_with("Table.") || e.text.starts_with("List.") ||
                          (e.text == "saveAs" && lower_case(first) == "results") ||
                          (command != nullptr && keeps_title(*command));
    if (!harmless) throw OpenImages::Unknown{};
  };
  for (const auto& one : program->statements) for_each(*one, visit);
  for (const auto& [name, function] : program->functions) for_each(*function.body, visit);
  if (selects) images.forget_active();
}

// Whether what the macro opens or closes may depend on what is open, or was closed before the image
// was opened, which leaves nothing among the stages.
bool Planner::asks_what_is_open(const Statement& body) const {
  bool asks = false;
  const auto about = [&](const Expression& e) {
    asks |= e.kind == Expression::Kind::call &&
            (e.text == "nImages" || e.text == "isOpen" || e.text == "getList");
  };
  const auto enter = [&](const Statement& s) {
    if (s.value && s.kind != Statement::Kind::assign && s.kind != Statement::Kind::call)
      for_each(*s.value, about);
  };
  for_each_reached(program_, body, {}, enter);
  return asks;
}

// `first`: the first stage of the loop over the images.
void Planner::check_left_open(const Statement& body, std::size_t first) const {
  if (state_.other_images > 0 || state_.closed_before_open || asks_what_is_open(body)) return;
  OpenImages images;
  try {
    for (int round = 0; round < 2; ++round) {
      images.begin();
      for (std::size_t i = first; i < state_.stages.size(); ++i) {
        const Draft& stage = *state_.stages[i];
        if (stage.command != nullptr)
          follow(stage, images);
        else
          follow_code(stage, images);
        if (images.mistaken()) break;
      }
    }
  } catch (const OpenImages::Unknown&) {
  } catch (const std::runtime_error&) {
  }
  if (const auto& mistaken = images.mistaken())
    fail(
        mistaken->place,
        fmt::format("'{}' is left open: for the images behind the first, ImageJ takes that of the "
                    "image before here",
                    mistaken->title),
        fmt::format("write close(\"{}\") at the end of the loop over the images", mistaken->title));
}

}  // namespace smear::imagej
