// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "imagej/command.h"

namespace smear::imagej::test {

/// Commands with the names and keys of ImageJ's that note in the session's log that they were run.
inline CommandTable macro_commands() {
  CommandTable table;
  const auto add = [&](std::string name, Command::Form form, std::vector<Key> keys,
                       bool needs_image = true) {
    Command command;
    command.name = name;
    command.stage = name;
    command.form = form;
    command.keys = std::move(keys);
    command.needs_image = needs_image;
    command.run = [name](Session& session, const Values& values, Host&) {
      std::string line = name;
      for (const auto& [key, value] : values.all())
        if (values.given(key) && std::holds_alternative<std::string>(value))
          line += " " + std::get<std::string>(value);
      session.log.push_back(line);
    };
    table.add(std::move(command));
  };
  const auto run = Command::Form::run;
  const auto function = Command::Form::function;
  for (const char* plain : {"8-bit", "Invert", "Convert to Mask", "Fill Holes", "Erode", "Dilate",
                            "Watershed", "Measure", "Find Edges", "Select None"})
    add(plain, run, {});
  add("Close All", run, {}, false);
  add("Close", run, {}, false);
  add("Clear Results", run, {}, false);
  add("Conversions...", run, {Key::flag("scale", ""), Key::flag("weighted", "")}, false);
  add("Gaussian Blur...", run,
      {Key::of_number("sigma", 2, "").range(0, 1000).was("radius", 0.4), Key::flag("scaled", "")});
  add("Median...", run, {Key::of_number("radius", 2, "")});
  add("Subtract Background...", run,
      {Key::of_number("rolling", 50, "").may_be_absent(), Key::flag("light", ""),
       Key::flag("create", "")});
  add("Set Measurements...", run,
      {Key::flag("area", ""), Key::flag("mean", ""), Key::flag("standard", ""),
       Key::flag("min", ""), Key::flag("perimeter", ""), Key::flag("centroid", ""),
       Key::flag("bounding", ""), Key::flag("shape", ""), Key::flag("feret's", ""),
       Key::flag("integrated", ""), Key::flag("limit", ""), Key::flag("display", ""),
       Key::of_text("redirect", "None", "").may_be_absent(),
       Key::of_number("decimal", 3, "").may_be_absent()},
      false);
  add("Analyze Particles...", run,
      {Key::of_text("size", "0-Infinity", "").may_be_absent(),
       Key::of_text("circularity", "0.00-1.00", "").may_be_absent(),
       Key::choice("show", "Nothing", {"Nothing", "Masks", "Outlines"}, "").may_be_absent(),
       Key::flag("display", ""), Key::flag("exclude", ""), Key::flag("clear", ""),
       Key::flag("add", ""), Key::flag("summarize", "")});
  add("Duplicate...", run, {Key::of_text("title", "", "")});
  add("Size...", run,
      {Key::of_number("width", 0, ""), Key::of_number("height", 0, ""), Key::flag("average", ""),
       Key::choice("interpolation", "None", {"None", "Bilinear", "Bicubic"}, "")});
  add("Tiff...", run, {Key::of_text("save", "", "").names_output()});
  add("setAutoThreshold", function, {Key::of_text("method", "", "").may_be_absent()});
  add("setThreshold", function, {Key::of_number("lower", 0, ""), Key::of_number("upper", 0, "")});
  add("setOption", function, {Key::of_text("option", "", ""), Key::flag("value", "")}, false);
  add("setBatchMode", function, {Key::of_text("mode", "", "")}, false);
  add("newImage", function,
      {Key::of_text("title", "", ""), Key::of_text("type", "", ""), Key::of_number("width", 1, ""),
       Key::of_number("height", 1, ""), Key::of_number("depth", 1, "")},
      false);
  add("open", function, {Key::of_text("path", "", "")}, false);
  add("close", function, {Key::of_text("pattern", "", "").may_be_absent()}, false);
  add("rename", function, {Key::of_text("title", "", "")});
  add("selectWindow", function, {Key::of_text("title", "", "")}, false);
  add("selectImage", function, {Key::of_text("image", "", "")}, false);
  add("saveAs", function,
      {Key::choice("format", "Tiff", {"Tiff", "PNG", "Jpeg", "Results", "Text"}, ""),
       Key::of_text("path", "", "").names_output()},
      false);
  add("Table.save", function,
      {Key::of_text("path", "", "").names_output(), Key::of_text("title", "", "").may_be_absent()},
      false);
  add("IJ.renameResults", function,
      {Key::of_text("title", "", ""), Key::of_text("to", "", "").may_be_absent()}, false);
  add("setResult", function,
      {Key::of_text("column", "", ""), Key::of_number("row", 0, ""), Key::of_text("value", "", "")},
      false);
  add("roiManager", function,
      {Key::choice("command", "Add",
                   {"Add", "Reset", "Save", "Deselect", "Measure", "Show All", "Select", "Delete"},
                   ""),
       Key::of_text("argument", "", "").may_be_absent()},
      false);
  return table;
}

}  // namespace smear::imagej::test
