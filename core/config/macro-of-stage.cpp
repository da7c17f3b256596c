// SPDX-License-Identifier: Apache-2.0
#include "config/macro-of-stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

namespace smear {
namespace {

using imagej::Command;
using imagej::CommandTable;
using imagej::MacroStage;

Counterpart refused(std::string why) { return {{}, std::move(why)}; }

Counterpart code(std::string text) {
  MacroStage stage;
  stage.code = std::move(text);
  return {{std::move(stage)}, ""};
}

// A call with an option string, as far as ImageJ takes these values.
Counterpart run(std::string_view name, const std::string& options = "") {
  const auto* command = CommandTable::instance().find(name, Command::Form::run);
  MacroStage stage;
  stage.command = command;
  try {
    stage.values = parse_options(*command, options);
    if (command->check) command->check(stage.values);
  } catch (const ConfigError& e) {
    return refused(e.what());
  }
  return {{std::move(stage)}, ""};
}

/// The options of a stage by name.
class Options {
 public:
  explicit Options(const PlannedStage& stage) : stage_(stage), values_(stage.values) {}
  /// Whether the image that it reads may be of 32 bits.
  [[nodiscard]] bool takes_floats() const {
    return (stage_.reads.front().types & SlotType::float32) != SlotType::none;
  }
  [[nodiscard]] double real(const char* name) const { return std::get<double>(values_.at(name)); }
  [[nodiscard]] std::int64_t integer(const char* name) const {
    return std::get<std::int64_t>(values_.at(name));
  }
  [[nodiscard]] bool flag(const char* name) const { return std::get<bool>(values_.at(name)); }
  [[nodiscard]] const std::string& text(const char* name) const {
    return std::get<std::string>(values_.at(name));
  }
  /// " name" where it is on, for an option string.
  [[nodiscard]] std::string word(bool on, const char* name) const {
    return on ? std::string(" ") + name : "";
  }

 private:
  const PlannedStage& stage_;
  const OptionValues& values_;
};

// ----- filters

Counterpart gaussian_blur(const Options& options) {
  if (options.real("sigma") == 0.0) return {};
  if (options.text("kernel") != "imagej")
    return refused("kernel: imagej would compute what ImageJ has");
  return run("Gaussian Blur...", fmt::format("sigma={}", options.real("sigma")));
}

Counterpart rank_filter(const Options& options) {
  auto name = options.text("statistic");
  name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return run(name + "...", fmt::format("radius={}", options.real("radius")));
}

// The square of 3 x 3 is ImageJ's circle of radius 1; larger ones are no circles.
Counterpart median(const Options& options) {
  if (options.integer("radius") == 0) return {};
  if (options.integer("radius") == 1) return run("Median...", "radius=1");
  return refused(
      "rank-filter: {statistic: median} is ImageJ's Median..., whose neighbourhood is "
      "round");
}

Counterpart unsharp_mask(const Options& options) {
  return run("Unsharp Mask...",
             fmt::format("radius={} mask={}", options.real("sigma"), options.real("weight")));
}

Counterpart subtract_background(const Options& options) {
  return run("Subtract Background...",
             fmt::format("rolling={}", options.real("radius")) +
                 options.word(options.text("objects") == "dark", "light") +
                 options.word(options.text("colour") == "separate", "separate") +
                 options.word(options.flag("create"), "create") +
                 options.word(options.text("surface") == "paraboloid", "sliding") +
                 options.word(!options.flag("smooth"), "disable"));
}

// ----- types

// Deeper grey images stay what they are; ImageJ's 8-bit would convert them.
Counterpart to_grey(const Options& options) {
  const auto& component = options.text("component");
  if (component == "unweighted") return code("if (bitDepth() == 24) run(\"8-bit\");");
  if (component == "weighted")
    return code(
        "if (bitDepth() == 24) {\n"
        "run(\"Conversions...\", \"scale weighted\");\n"
        "run(\"8-bit\");\n"
        "run(\"Conversions...\", \"scale\");\n"
        "}");
  if (component == "red" || component == "green" || component == "blue")
    return code(
        fmt::format("if (bitDepth() == 24) {{\n"
                    "titleOfColours = getTitle();\n"
                    "run(\"Split Channels\");\n"
                    "selectWindow(titleOfColours + \" ({})\");\n"
                    "}}",
                    component));
  return refused(
      "component: unweighted or weighted, red, green and blue are what ImageJ makes of colours in "
      "one image");
}

// ImageJ turns float images round in their display range.
Counterpart invert(const Options&) {
  return code(
      "if (bitDepth() == 32) {\n"
      "getStatistics(areaOfImage, meanOfImage, minOfImage, maxOfImage);\n"
      "setMinAndMax(minOfImage, maxOfImage);\n"
      "}\n"
      "run(\"Invert\");");
}

// ----- masks

Counterpart threshold(const Options& options) {
  const double lower = options.real("lower");
  const double upper = options.real("upper");
  const auto single = [](double value) { return static_cast<double>(static_cast<float>(value)); };
  if (single(lower) != lower || single(upper) != upper)
    return refused("ImageJ compares in single precision: give limits that it holds exactly");
  const bool whole = std::floor(lower) == lower && std::floor(upper) == upper;
  const auto limits = fmt::format("setThreshold({}, {});", lower, upper);
  std::string text;
  if (lower > 255.0 || upper < 0.0)
    text += "if (bitDepth() == 8) exit(\"no value of an 8-bit image lies between the limits\");\n";
  if (lower > 65535.0 || upper < 0.0)
    text += "if (bitDepth() == 16) exit(\"no value of a 16-bit image lies between the limits\");\n";
  if (whole) {
    text += limits;
  } else if (std::ceil(lower) > std::floor(upper)) {
    text += "if (bitDepth() != 32) exit(\"no whole number lies between the limits\");\n" + limits;
  } else {
    text += fmt::format("if (bitDepth() == 32) {}\nelse setThreshold({}, {});", limits,
                        std::ceil(lower), std::floor(upper));
  }
  return code(text + "\nrun(\"Convert to Mask\");");
}

Counterpart auto_threshold(const Options& options) {
  if (options.text("definition") != "imagej")
    return refused("definition: imagej would compute what ImageJ has");
  static const std::map<std::string, const char*, std::less<>> names = {
      {"otsu", "Otsu"},
      {"li", "Li"},
      {"triangle", "Triangle"},
      {"huang", "Huang"},
      {"yen", "Yen"},
      {"isodata", "IsoData"},
      {"maximum-entropy", "MaxEntropy"},
      {"renyi-entropy", "RenyiEntropy"},
      {"moments", "Moments"},
      {"default", "Default"},
      {"intermodes", "Intermodes"},
      {"ij-isodata", "IJ_IsoData"},
      {"mean", "Mean"},
      {"min-error", "MinError"},
      {"minimum", "Minimum"},
      {"percentile", "Percentile"},
      {"shanbhag", "Shanbhag"}};
  return code(fmt::format("setAutoThreshold(\"{}{}\");\nrun(\"Convert to Mask\");",
                          names.at(options.text("method")),
                          options.text("objects") == "bright" ? " dark" : ""));
}

// ----- geometry

Counterpart resize(const Options& options) {
  if (options.text("alignment") != "imagej")
    return refused("alignment: imagej would compute what ImageJ has");
  if (options.integer("width") == 0 || options.integer("height") == 0 ||
      options.flag("keep_aspect"))
    return refused("ImageJ's Size... takes a width and a height, without keep_aspect");
  const auto& how = options.text("interpolation");
  return run("Size...", fmt::format("width={} height={} depth=1", options.integer("width"),
                                    options.integer("height")) +
                            options.word(options.flag("antialias"), "average") +
                            fmt::format(" interpolation={}", how == "nearest"    ? "None"
                                                             : how == "bilinear" ? "Bilinear"
                                                                                 : "Bicubic"));
}

Counterpart crop(const Options& options) {
  const auto width = options.integer("width");
  const auto height = options.integer("height");
  const auto from = [&](const char* name, const char* side, std::int64_t length) {
    return options.flag("centred") ? fmt::format("Math.floor(({}() - {}) / 2)", side, length)
                                   : std::to_string(options.integer(name));
  };
  return code(
      fmt::format("makeRectangle({}, {}, {}, {});\n"
                  "if (getWidth() < {} || getHeight() < {}) "
                  "exit(\"the rectangle to crop is not inside the image\");\n"
                  "run(\"Crop\");",
                  from("x", "getWidth", width), from("y", "getHeight", height), width, height,
                  options.integer("x") + width, options.integer("y") + height));
}

// How many rounds of ImageJ's 3 x 3 neighbourhood the element is; 0 where it is another shape.
int rounds_of(const Options& options) {
  const double radius = options.real("radius");
  const int reach = static_cast<int>(std::floor(radius));
  const bool square = options.text("shape") == "box" || radius * radius >= 2.0 * reach * reach;
  return square && reach <= 100 ? reach : 0;
}

Counterpart morphology(const Options& options, const char* name) {
  if (options.real("radius") < 1.0) return {};
  const int rounds = rounds_of(options);
  if (rounds == 0)
    return refused(
        "with shape: box ImageJ has it, whose neighbourhood is 3 x 3 pixels, again and "
        "again");
  return run("Options...",
             fmt::format("iterations={} count=1 black pad edm=Overwrite do={}", rounds, name));
}

Counterpart fill_holes(const Options& options) {
  if (options.integer("connectivity") != 4 || options.integer("max_area") != 0)
    return refused("with connectivity: 4 and max_area: 0 ImageJ has it");
  return run("Fill Holes");
}

// ImageJ 1.53t outlines the background where the background is black.
Counterpart outline(const Options&) {
  return code(
      "setOption(\"BlackBackground\", false);\n"
      "run(\"Invert LUT\");\n"
      "run(\"Outline\");\n"
      "run(\"Invert LUT\");\n"
      "setOption(\"BlackBackground\", true);");
}

Counterpart distance_map(const Options& options) {
  if (options.text("method") != "imagej")
    return refused("method: imagej would compute what ImageJ has");
  return code(
      "run(\"Options...\", \"iterations=1 count=1 black edm=32-bit\");\n"
      "run(\"Distance Map\");\n"
      "run(\"Options...\", \"iterations=1 count=1 black edm=Overwrite\");");
}

Counterpart find_maxima(const Options& options) {
  const auto& result = options.text("result");
  const auto* output = result == "points"  ? "Single Points"
                       : result == "areas" ? "Maxima Within Tolerance"
                                           : "Segmented Particles";
  return run("Find Maxima...", fmt::format("prominence={}", options.real("prominence")) +
                                   options.word(options.flag("strict"), "strict") +
                                   options.word(options.flag("exclude_edges"), "exclude") +
                                   fmt::format(" output=[{}]", output));
}

// ----- labels: ImageJ's are 16-bit images of numbers

constexpr const char* count_masks =
    "run(\"Analyze Particles...\", \"size=0-Infinity pixel show=[Count Masks] clear\");";

Counterpart label(const Options& options) {
  if (options.integer("connectivity") != 8) return refused("with connectivity: 8 ImageJ has it");
  return code(count_masks);
}

Counterpart watershed(const Options& options) {
  if (options.text("method") != "imagej" || options.integer("connectivity") != 8)
    return refused("method: imagej, with connectivity: 8, would compute what ImageJ has");
  return code(std::string("run(\"Watershed\");\n") + count_masks);
}

// ----- files

Counterpart save_image(const Options& options) {
  const auto& to = options.text("to");
  const bool png = to.ends_with(".png");
  if (!png && !to.ends_with(".tif"))
    return refused("ImageJ writes other bytes into a JPEG: save .png or .tif");
  MacroStage stage;
  stage.command = CommandTable::instance().find("saveAs", Command::Form::function);
  stage.values = defaults_of(*stage.command);
  stage.values.set("format", std::string(png ? "PNG" : "Tiff"));
  stage.values.set("path", to);
  Counterpart result;
  // ImageJ would convert it to 8 bits without a word.
  if (png && options.takes_floats())
    result = code("if (bitDepth() == 32) exit(\"a PNG holds no 32-bit image; save it as .tif\");");
  result.stages.push_back(std::move(stage));
  return result;
}

using Maker = std::function<Counterpart(const Options&)>;

const std::map<std::string, Maker, std::less<>>& makers() {
  const auto named = [](const char* name) { return [name](const Options&) { return run(name); }; };
  const auto morph = [](const char* name) {
    return [name](const Options& options) { return morphology(options, name); };
  };
  static const std::map<std::string, Maker, std::less<>> all = {
      {"gaussian-blur", gaussian_blur},
      {"rank-filter", rank_filter},
      {"median", median},
      {"unsharp-mask", unsharp_mask},
      {"subtract-background", subtract_background},
      {"find-edges", named("Find Edges")},
      {"smooth", named("Smooth")},
      {"sharpen", named("Sharpen")},
      {"to-grey", to_grey},
      {"invert", invert},
      {"threshold", threshold},
      {"erode", morph("Erode")},
      {"dilate", morph("Dilate")},
      {"open", morph("Open")},
      {"close", morph("Close")},
      {"fill-holes", fill_holes},
      {"skeletonize", named("Skeletonize")},
      {"outline", outline},
      {"distance-map", distance_map},
      {"auto-threshold", auto_threshold},
      {"resize", resize},
      {"crop", crop},
      {"find-maxima", find_maxima},
      {"label", label},
      {"watershed", watershed},
      {"save-image", save_image},
  };
  return all;
}

// What to take instead of stages that compute something else than ImageJ does.
std::string instead_of(std::string_view stage) {
  static const std::map<std::string, const char*, std::less<>> hints = {
      {"local-threshold", "imagej.set-auto-threshold has one threshold an image"},
      {"multi-otsu", "imagej.set-auto-threshold has one threshold an image"},
      {"clamp", "imagej.min and imagej.max are ImageJ's"},
      {"normalize", "imagej.enhance-contrast is ImageJ's"},
      {"rescale-intensity", "imagej.enhance-contrast is ImageJ's"},
      {"measure",
       "its table has other columns than ImageJ's: imagej.analyze-particles measures there"},
      {"save-table", "imagej.append-results saves ImageJ's table"},
      {"save-labels", "save-image of slot labels is the same in ImageJ"},
      {"imagej.from-slots",
       "the pixel size becomes micrometres here, while ImageJ keeps the file's own unit: begin "
       "with input: {imagej: true}"},
  };
  const auto found = hints.find(stage);
  return found != hints.end() ? found->second
                              : "leave it out, or run the pipeline from ImageJ's menu by "
                                "Smearkit's plugin";
}

}  // namespace

Counterpart counterpart_of(const PlannedStage& stage) {
  const auto maker = makers().find(stage.name);
  if (maker == makers().end()) return refused(instead_of(stage.name));
  if (!stage.plugin.name.empty()) return refused("it comes from a plugin");
  return maker->second(Options(stage));
}

std::string plain_state_code() {
  return "run(\"Select None\");\n"
         "resetThreshold();\n"
         "if (is(\"Inverting LUT\")) run(\"Invert LUT\");\n"
         "run(\"Options...\", \"iterations=1 count=1 black edm=Overwrite\");\n"
         "run(\"Conversions...\", \"scale\");";
}

const imagej::Command* command_of_stage(std::string_view stage) {
  constexpr std::string_view prefix = "imagej.";
  return stage.starts_with(prefix)
             ? imagej::CommandTable::instance().find_stage(stage.substr(prefix.size()))
             : nullptr;
}

imagej::Values command_values(const Command& command, const PlannedStage& stage) {
  imagej::Values values;
  for (const auto& key : command.keys) {
    const auto& value = stage.values.at(key.option_name());
    using Kind = imagej::Key::Kind;
    if (key.kind == Kind::flag)
      values.set_option(key, std::get<bool>(value));
    else if (key.kind == Kind::number)
      values.set_option(key, std::get<double>(value));
    else
      values.set_option(key, std::get<std::string>(value));
  }
  return values;
}

}  // namespace smear
