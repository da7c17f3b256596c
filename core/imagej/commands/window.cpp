// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <opencv2/core.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "imagej/commands/commands.h"
#include "imagej/commands/declaration.h"

namespace smear::imagej {
namespace {

bool is_table(Session& session, const std::string& title) {
  return session.table_of(title) != nullptr;
}

bool is_other_window(std::string_view title) { return title == "Log" || title == "ROI Manager"; }

ImagePlus& image_of_title(Session& session, const std::string& title, std::string_view name) {
  int same = 0;
  ImagePlus* image = session.by_title(title, &same);
  if (image == nullptr) throw SampleError(fmt::format("{}: there is no image '{}'", name, title));
  if (same > 1)
    throw SampleError(fmt::format(
        "{}: {} images are called '{}'; give them different names by rename", name, same, title));
  return *image;
}

void select_window(Session& session, const Values& values) {
  const std::string& title = values.text("title");
  if (title == "Summary" && !is_table(session, title))
    throw SampleError(
        "selectWindow: there is no Summary table; Analyze Particles with 'summarize' makes one");
  if (is_table(session, title) || is_other_window(title)) return session.bring_to_front(title);
  session.activate(image_of_title(session, title, "selectWindow").id);
  session.bring_to_front("");
}

std::optional<int> whole_number(const std::string& text) {
  double number = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number != std::floor(number) ||
      std::abs(number) > 1e9)
    return std::nullopt;
  return static_cast<int>(number);
}

void select_image(Session& session, const Values& values) {
  const std::string& image = values.text("image");
  session.bring_to_front("");
  const auto number = whole_number(image);
  if (!number) {
    session.activate(image_of_title(session, image, "selectImage").id);
    return;
  }
  const int count = static_cast<int>(session.images().size());
  if (*number >= 1 && *number <= count) {
    session.activate(session.images()[static_cast<std::size_t>(*number - 1)].id);
  } else if (*number < 0 && session.by_id(*number) != nullptr) {
    session.activate(*number);
  } else {
    throw SampleError(fmt::format("selectImage: there is no image {}; {} are open", image, count));
  }
}

// `*` stands for any text, `?` for any character.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

void close_matching(Session& session, const std::string& pattern) {
  if (is_other_window(pattern)) return;
  std::vector<std::string> tables;
  for (const char* title : {"Results", "Summary"})
    if (pattern == title) tables.emplace_back(title);
  for (const auto& table : session.tables)
    if (pattern == table.title) tables.push_back(table.title);
  for (const auto& title : tables) session.close_table(title);
  if (!tables.empty()) return;
  const bool others = pattern == "\\Others";
  const int active = session.has_image() ? session.active().id : 0;
  std::vector<int> ids;
  for (const auto& image : session.images())
    if (others ? image.id != active : matches(pattern, image.title)) ids.push_back(image.id);
  for (const int id : ids) session.close(id);
}

void close_images(Session& session, const Values& values) {
  if (values.given("pattern"))
    close_matching(session, values.text("pattern"));
  else
    session.close(session.active().id);
}

void close_front(Session& session) {
  if (session.front_unclear)
    throw SampleError(
        fmt::format("Close: whether the image or the table '{}' is in front depends on the user's "
                    "windows; write selectWindow(title) before",
                    session.front));
  if (session.front == "Log") return session.bring_to_front("");
  if (session.front == "ROI Manager") {
    session.roi_manager = {};
    return session.bring_to_front("");
  }
  if (session.table_of(session.front) != nullptr)
    return session.close_table(std::string(session.front));
  session.close(session.active().id);
}

void rename_results(Session& session, const Values& values) {
  const bool both = values.given("to");
  const std::string from = both ? values.text("title") : "Results";
  const std::string& to = both ? values.text("to") : values.text("title");
  const ResultsTable* table = session.table_of(from);
  if (table == nullptr || table->empty())
    throw SampleError(fmt::format("IJ.renameResults: there is no table '{}' with rows", from));
  session.rename_table(from, to);
  if (!both) session.bring_to_front(to);
}

Command rename_results_command() {
  Command results = command(
      "IJ.renameResults", "rename-results", function_form, "Gives a table another title.",
      "With one argument the Results table gets that title; with two the first is the old title. "
      "The table that becomes Results is the one that nResults, getResult and saveAs then mean: "
      "IJ.renameResults(\"Summary\", \"Results\") also numbers its rows.");
  results.keys = {Key::of_text("title", "", "the table's title, or the new one of Results"),
                  Key::of_text("to", "", "the new title").may_be_absent()};
  results.needs_image = false;
  results.run = [](Session& session, const Values& values, Host&) {
    rename_results(session, values);
  };
  return results;
}

void add_selectors(CommandTable& table) {
  Command window = command(
      "selectWindow", "select-window", function_form, "Makes the image of a title the active one.",
      "Or puts the Results or Summary table, a table under another title, or the Log in front: "
      "that is what saveAs(\"Results\", path), saveAs(\"Text\", path) and run(\"Close\") then "
      "mean. "
      "Titles that several images have are refused.");
  window.keys = {Key::of_text("title", "", "title of the image, upper and lower case as it is")};
  window.needs_image = false;
  window.run = [](Session& session, const Values& values, Host&) {
    select_window(session, values);
  };
  table.add(std::move(window));
  Command image =
      command("selectImage", "select-image", function_form, "Makes an image the active one.",
              "By its negative id, its place among the open images, or its title.");
  image.keys = {Key::of_text("image", "", "id, number from 1 in the order of opening, or title")};
  image.run = [](Session& session, const Values& values, Host&) { select_image(session, values); };
  table.add(std::move(image));
  Command name = command("rename", "rename", function_form, "Gives the active image another title.",
                         "File names are not changed.");
  name.keys = {Key::of_text("title", "", "the new title")};
  name.run = [](Session& session, const Values& values, Host&) {
    session.active().title = values.text("title");
  };
  table.add(std::move(name));
  table.add(rename_results_command());
}

void add_closers(CommandTable& table) {
  Command some = command(
      "close", "close", function_form, "Closes the active image, or those whose title matches.",
      "In the pattern * stands for any text and ? for one character. \\\\Others closes all but the "
      "active image, * all. Closing nothing is no error. Changes are lost.");
  some.keys = {Key::of_text("pattern", "", "title, pattern or \\\\Others; absent: the active image")
                   .may_be_absent()};
  some.needs_image = false;
  some.run = [](Session& session, const Values& values, Host&) { close_images(session, values); };
  table.add(std::move(some));
  Command one = command(
      "Close", "close-image", run_form,
      "Closes the window in front: the active image, a table, or the ROI Manager with its list.",
      "A table is in front behind selectWindow(\"Results\") or the like. Changes "
      "are lost, and so are the table's rows.");
  one.needs_image = false;
  one.run = [](Session& session, const Values&, Host&) { close_front(session); };
  table.add(std::move(one));
  Command all = command("Close All", "close-all", run_form, "Closes all images.",
                        "Results and ROI Manager stay. Changes are lost.");
  all.needs_image = false;
  all.run = [](Session& session, const Values&, Host&) { session.close_all(); };
  table.add(std::move(all));
}

struct NewType {
  int matrix;
  std::string_view fill;
};

NewType new_type(const std::string& text) {
  const auto blank = text.find(' ');
  const std::string depth = text.substr(0, blank);
  const std::string_view fill = blank == std::string::npos
                                    ? std::string_view("white")
                                    : std::string_view(text).substr(blank + 1);
  NewType result{-1, {}};
  if (depth == "8-bit") result.matrix = CV_8UC1;
  if (depth == "16-bit") result.matrix = CV_16UC1;
  if (depth == "32-bit") result.matrix = CV_32FC1;
  if (depth == "RGB") result.matrix = CV_8UC3;
  for (const std::string_view known : {"black", "white", "ramp"})
    if (fill == known) result.fill = known;
  if (result.matrix < 0 || result.fill.empty())
    throw ConfigError(fmt::format(
        "the type of a new image is 8-bit, 16-bit, 32-bit or RGB with black, white or ramp, as in "
        "\"8-bit black\", got '{}'",
        text));
  return result;
}

void fill_with_ramp(cv::Mat& pixels) {
  const int channels = pixels.channels();
  for (int x = 0; x < pixels.cols; ++x) {
    const double part = x / static_cast<double>(pixels.cols);
    if (pixels.depth() == CV_32F)
      pixels.ptr<float>(0)[x] = static_cast<float>(part);
    else if (pixels.depth() == CV_16U)
      pixels.ptr<std::uint16_t>(0)[x] = static_cast<std::uint16_t>(x * 65536.0 / pixels.cols + 0.5);
    else
      for (int c = 0; c < channels; ++c)
        pixels.ptr<std::uint8_t>(0)[x * channels + c] =
            static_cast<std::uint8_t>(x * 256.0 / pixels.cols);
  }
  for (int y = 1; y < pixels.rows; ++y) pixels.row(0).copyTo(pixels.row(y));
}

void new_image(Session& session, const Values& values) {
  const auto [matrix, fill] = new_type(values.text("type"));
  cv::Mat pixels = cv::Mat::zeros(static_cast<int>(values.number("height")),
                                  static_cast<int>(values.number("width")), matrix);
  const double white = pixels.depth() == CV_8U ? 255.0 : pixels.depth() == CV_16U ? 65535.0 : 1.0;
  // Bytes are white at 255, wider types are 0 with an inverted colour table.
  const bool inverted = fill == "white" && pixels.depth() != CV_8U;
  if (fill == "white" && !inverted) pixels.setTo(cv::Scalar::all(white));
  if (fill == "ramp") fill_with_ramp(pixels);
  ImagePlus image(values.text("title"), pixels);
  image.range = {0.0, white};
  if (inverted) image.lut.invert();
  const int depth = static_cast<int>(values.number("depth"));
  for (int plane = 1; plane < depth; ++plane) image.stack.push_back({pixels, ""});
  image.slices = depth;
  session.open(std::move(image));
}

void add_new_image(CommandTable& table) {
  Command image = command(
      "newImage", "new-image", function_form, "Opens a new image.",
      "Black is 0; white 255, or 0 with an inverted colour table for 16 and 32 bits; ramp goes "
      "from "
      "0 at the left towards 255, 65535 or 1. The display range is 0..255, 0..65535 or 0..1.");
  image.keys = {
      Key::of_text("title", "Untitled", "its title"),
      Key::of_text("type", "8-bit white", "8-bit, 16-bit, 32-bit or RGB, and black, white or ramp"),
      Key::of_number("width", 512.0, "width; a fraction is cut off", "pixels").range(1.0, 100000.0),
      Key::of_number("height", 512.0, "height; a fraction is cut off", "pixels")
          .range(1.0, 100000.0),
      Key::of_number("depth", 1.0, "number of slices").range(1.0, 10000.0).whole()};
  image.needs_image = false;
  image.check = [](const Values& values) {
    static_cast<void>(new_type(values.text("type")));
    for (const auto* key : {"width", "height", "depth"})
      if (!(values.number(key) >= 1.0))
        throw ConfigError(fmt::format("newImage: {} must be at least 1", key));
  };
  image.run = [](Session& session, const Values& values, Host&) { new_image(session, values); };
  table.add(std::move(image));
}

void set_slice(Session& session, int number) {
  ImagePlus& image = session.active();
  const int count = static_cast<int>(image.stack.size());
  if (number < 1 || number > count)
    throw SampleError(
        fmt::format("slice {} is outside '{}', which has 1..{}", number, image.title, count));
  if (number - 1 != image.current) image.show(number - 1);
}

void add_slices(CommandTable& table) {
  Command set =
      command("setSlice", "set-slice", function_form,
              "Shows a slice of a stack: the one that commands work on.", "Counted from 1.");
  set.keys = {Key::of_number("number", 1.0, "the slice, from 1").range(1.0, 1000000.0).whole()};
  set.run = [](Session& session, const Values& values, Host&) {
    set_slice(session, static_cast<int>(values.number("number")));
  };
  table.add(std::move(set));
  const auto step = [&](const char* name, const char* stage, const char* summary, int by) {
    Command move = command(name, stage, run_form, summary, "At the end nothing changes.");
    move.run = [by](Session& session, const Values&, Host&) {
      const ImagePlus& image = session.active();
      const int last = static_cast<int>(image.stack.size());
      set_slice(session, std::clamp(image.current + 1 + by, 1, last));
    };
    table.add(std::move(move));
  };
  step("Next Slice [>]", "next-slice", "Shows the next slice of a stack.", 1);
  step("Previous Slice [<]", "previous-slice", "Shows the slice of a stack before this one.", -1);
}

}  // namespace

void add_window_commands(CommandTable& table) {
  add_selectors(table);
  add_closers(table);
  add_new_image(table);
  add_slices(table);
}

}  // namespace smear::imagej
