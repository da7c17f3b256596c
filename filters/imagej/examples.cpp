// SPDX-License-Identifier: Apache-2.0
#include "imagej/examples.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace smear {
namespace {

using imagej::Command;
using imagej::ImageType;

struct Example {
  std::string_view stage;
  std::string_view before;   ///< stages, separated by ';'
  std::string_view options;  ///< in braces, or empty
  std::string_view after;    ///< stages instead of the one that saves the image
};

constexpr std::string_view binary = "8-bit;make-binary";
constexpr std::string_view rectangle = "make-rectangle: {x: 20, y: 10, width: 60, height: 50}";
constexpr std::string_view polygon = "make-polygon: {points: \"10,10,80,15,60,70,20,60\"}";
constexpr std::string_view results = "append-results: {to: Results.csv}";

// Commands that need more than their defaults on an RGB image.
constexpr std::array examples{
    Example{"set-min-and-max", "8-bit", "{min: 40, max: 220}", ""},
    Example{"add", "", "{value: 25}", ""},
    Example{"subtract", "", "{value: 25}", ""},
    Example{"multiply", "", "{value: 1.25}", ""},
    Example{"divide", "", "{value: 2}", ""},
    Example{"min", "8-bit", "{value: 60}", ""},
    Example{"max", "8-bit", "{value: 200}", ""},
    Example{"set", rectangle, "{value: 255}", ""},
    Example{"gamma", "", "{value: 0.5}", ""},
    Example{"and", "8-bit", "{value: \"11110000\"}", ""},
    Example{"or", "8-bit", "{value: \"00001111\"}", ""},
    Example{"xor", "8-bit", "{value: \"11110000\"}", ""},
    Example{"image-calculator",
            "8-bit;rename: {title: original};duplicate: {title: smooth};gaussian-blur: {sigma: 10}",
            "{operation: Subtract create, image1: smooth, image2: original}", ""},
    Example{"image-calculator-dialog",
            "8-bit;rename: {title: original};duplicate: {title: smooth};gaussian-blur: {sigma: 10}",
            "{image1: smooth, operation: Subtract, image2: original, create: true}", ""},
    Example{"size", "", "{width: 80, height: 70, average: true, interpolation: Bilinear}", ""},
    Example{
        "scale", "",
        "{x: \"0.5\", y: \"0.5\", width: 80, height: 70, interpolation: Bilinear, average: true, "
        "create: true, title: half}",
        ""},
    Example{"duplicate", "", "{title: copy}", ""},
    Example{"crop", rectangle, "", ""},
    Example{"rotate", "", "{angle: 30, interpolation: Bilinear}", ""},
    Example{"translate", "", "{x: 10, y: -5, interpolation: None}", ""},
    Example{"canvas-size", "", "{width: 200, height: 200, position: Center}", ""},
    Example{"make-rectangle", "", "{x: 20, y: 10, width: 60, height: 50}", ""},
    Example{"make-oval", "", "{x: 20, y: 10, width: 60, height: 50}", ""},
    Example{"make-line", "", "{x1: 5, y1: 5, x2: 60, y2: 40}", ""},
    Example{"do-wand", "8-bit;gaussian-blur: {sigma: 2}", "{x: 40, y: 50, tolerance: 20}", ""},
    Example{"make-point", "", "{x: 30, y: 40}", ""},
    Example{"make-polygon", "", "{points: \"10,10,80,15,60,70\"}", ""},
    Example{"set-foreground-color", "", "{red: 255, green: 255, blue: 0}",
            "make-rectangle: {x: 20, y: 10, width: 60, height: 50};fill;save-as: "
            "{format: Tiff, path: \"{id}.tif\"}"},
    Example{"set-background-color", "", "{red: 0, green: 0, blue: 0}",
            "make-rectangle: {x: 20, y: 10, width: 60, height: 50};clear;save-as: "
            "{format: Tiff, path: \"{id}.tif\"}"},
    Example{"select-none", rectangle, "", ""},
    Example{"make-inverse", rectangle, "", ""},
    Example{"create-selection", binary, "", ""},
    Example{"create-mask", rectangle, "", ""},
    Example{"to-bounding-box", "make-oval: {x: 20, y: 10, width: 60, height: 50}", "", ""},
    Example{"enlarge", rectangle, "{enlarge: 5}", ""},
    Example{"fill", rectangle, "", ""},
    Example{"clear", rectangle, "", ""},
    Example{"clear-outside", rectangle, "", ""},
    Example{"add-to-manager", rectangle, "",
            "roi-manager: {command: Save, argument: \"{id}.zip\"}"},
    Example{"select-window", "rename: {title: smear};duplicate: {title: copy}", "{title: smear}",
            ""},
    Example{"select-image", "rename: {title: smear};duplicate: {title: copy}", "{image: smear}",
            ""},
    Example{"rename", "", "{title: smear}", ""},
    Example{"close", "duplicate: {title: copy}", "", ""},
    Example{"close-image", "duplicate: {title: copy}", "", ""},
    Example{"close-all", "8-bit;measure", "", results},
    Example{"new-image", "", "{title: ramp, type: 8-bit ramp, width: 64, height: 64, depth: 1}",
            ""},
    Example{"set-slice", "hsb-stack", "{number: 2}", ""},
    Example{"next-slice", "hsb-stack", "", ""},
    Example{"previous-slice", "hsb-stack", "", ""},
    Example{"remove-outliers", "", "{radius: 2, threshold: 50, which: Bright}", ""},
    Example{"enhance-contrast", "8-bit", "{saturated: 0.35, normalize: true}", ""},
    Example{"subtract-background", "8-bit", "{rolling: 50, light: true}", ""},
    Example{"set-auto-threshold", "8-bit", "{method: Otsu}",
            "convert-to-mask;save-as: "
            "{format: Tiff, path: \"{id}.tif\"}"},
    Example{"set-threshold", "8-bit", "{lower: 0, upper: 150}",
            "convert-to-mask;save-as: "
            "{format: Tiff, path: \"{id}.tif\"}"},
    Example{"reset-threshold", "8-bit;set-auto-threshold: {method: Otsu}", "", ""},
    Example{"convert-to-mask", "8-bit;set-auto-threshold: {method: Otsu}", "", ""},
    Example{"make-binary", "8-bit", "", ""},
    Example{"erode", binary, "", ""},
    Example{"dilate", binary, "", ""},
    Example{"open-objects", binary, "", ""},
    Example{"close-objects", binary, "", ""},
    Example{"fill-holes", binary, "", ""},
    Example{"outline", binary, "", ""},
    Example{"skeletonize", binary, "", ""},
    Example{"binary-options", binary, "{iterations: 2, count: 3, black: true, do: Open}", ""},
    Example{"distance-map", binary, "", ""},
    Example{"ultimate-points", binary, "", ""},
    Example{"voronoi", binary, "", ""},
    Example{"watershed", binary, "", ""},
    Example{"find-maxima", "8-bit", "{prominence: 20, light: true, output: Single Points}", ""},
    Example{"set-measurements", "",
            "{area: true, mean: true, perimeter: true, shape: true, display: true}",
            "8-bit;measure;append-results: {to: Results.csv}"},
    Example{"measure", "8-bit", "", results},
    Example{"clear-results", "8-bit;measure", "", ""},
    Example{"summarize", "8-bit;measure;measure", "",
            "save-as: {format: Results, path: \"{stem}.csv\"}"},
    Example{"set-scale", "", "{distance: 10, known: 1, unit: micron}", ""},
    Example{"properties", "", "{unit: micron, pixel_width: 0.1, pixel_height: 0.1, voxel_depth: 1}",
            ""},
    Example{"set-result", "8-bit;measure", "{column: Dilution, row: 0, value: \"2\"}", results},
    Example{"update-results", "8-bit;measure", "", results},
    Example{"analyze-particles", binary,
            "{size: 30-Infinity, display: true, exclude: true, clear: true, add: true}", results},
    Example{"roi-manager", "make-rectangle: {x: 20, y: 10, width: 60, height: 50}",
            "{command: Add}", "roi-manager: {command: Save, argument: \"{id}.zip\"}"},
    Example{"save-as", "", "{format: Tiff, path: \"{id}.tif\"}", "select-none"},
    Example{"save", "", "{path: \"{id}.tif\"}", "select-none"},
    Example{"table-save", "8-bit;measure", "{path: \"{stem}.csv\"}", "select-none"},
    Example{"rename-results", "8-bit;make-binary;analyze-particles: {summarize: true}",
            "{title: Summary, to: Results}", "table-save: {path: \"{stem}.csv\"}"},
    Example{"save-tiff", "", "{save: \"{id}.tif\"}", "select-none"},
    Example{"save-png", "", "{save: \"{stem}-copy.png\"}", "select-none"},
    Example{"save-jpeg", "", "{save: \"{stem}-copy.jpg\"}", "select-none"},
    Example{"save-results", "8-bit;measure", "{save: \"{stem}.csv\"}", "select-none"},
    Example{"save-selection", "make-oval: {x: 20, y: 10, width: 60, height: 50}",
            "{save: \"{stem}.roi\"}", "select-none"},
    Example{"save-text-image", "8-bit", "{save: \"{stem}.txt\"}", "select-none"},
    Example{"set-option", "8-bit", "{name: BlackBackground, state: true}",
            "make-binary;save-as: "
            "{format: Tiff, path: \"{id}.tif\"}"},
    Example{"nan-background", "32-bit;set-threshold: {lower: 100, upper: 200}", "", ""},
    Example{"set-batch-mode", "", "{mode: \"true\"}", ""},
    Example{"conversions", "", "{scale: true, weighted: true}",
            "8-bit;save-as: "
            "{format: Tiff, path: \"{id}.tif\"}"},
    Example{"colors", "", "{foreground: yellow, background: black}",
            "make-rectangle: {x: 20, y: 10, width: 60, height: 50};fill;save-as: "
            "{format: Tiff, path: \"{id}.tif\"}"},
    Example{"convolve", "", "{text1: \"-1 -1 -1\\n-1 24 -1\\n-1 -1 -1\", normalize: true}", ""},
    Example{"add-selection", rectangle, "", ""},
    Example{"convex-hull", "8-bit;make-binary;create-selection", "", ""},
    Example{"fit-circle", polygon, "", ""},
    Example{"fit-ellipse", polygon, "", ""},
    Example{"draw", rectangle, "", ""},
    Example{"make-band", rectangle, "{band: 5}", ""},
    Example{"restore-selection",
            "make-rectangle: {x: 20, y: 10, width: 60, height: 50};select-none", "", ""},
    Example{"rotate-selection", rectangle, "{angle: 30}", ""},
    Example{"scale-selection", rectangle, "{x: 0.5, y: 0.5, centered: true}", ""},
    Example{"translate-selection", rectangle, "{x: 10, y: -5}", ""},
    Example{"specify", "", "{width: 60, height: 50, x: 20, y: 10}", ""},
    Example{"to-roi-manager", "make-rectangle: {x: 20, y: 10, width: 60, height: 50};add-selection",
            "", "roi-manager: {command: Save, argument: \"{id}.zip\"}"},
    Example{"from-roi-manager",
            "make-rectangle: {x: 20, y: 10, width: 60, height: 50};roi-manager: {command: Add}", "",
            ""},
    Example{"measure-overlay",
            "make-rectangle: {x: 20, y: 10, width: 60, height: 50};add-selection", "",
            "save-as: {format: Results, path: \"{id}.csv\"}"},
    Example{"delete-slice", "hsb-stack", "", ""},
    Example{"reverse", "hsb-stack", "", ""},
    Example{"make-substack", "hsb-stack", "{slices: \"2-3\"}", ""},
    Example{"stack-to-images", "hsb-stack", "", ""},
    Example{"images-to-stack", "hsb-stack;stack-to-images", "{name: slices}", ""},
    Example{"z-project", "hsb-stack", "{projection: Max Intensity}", ""},
    Example{"bin", "", "{x: 2, y: 2, bin: Average}", ""},
    Example{"pixel-macro", "8-bit", "{code: \"v=255-v\"}", ""},
    Example{"top-hat", "8-bit", "{radius: 10, light: true}", ""},
    Example{"apply-lut", "8-bit;set-min-and-max: {min: 40, max: 220}", "", ""},
    Example{"reduce", "hsb-stack", "{reduction: 2}", ""},
    Example{"flip-z", "hsb-stack", "", ""},
    Example{"make-montage", "hsb-stack", "{columns: 3, rows: 1, scale: 1}", ""},
    Example{"combine", "rename: {title: smear};duplicate: {title: copy}",
            "{stack1: smear, stack2: copy}", ""},
    Example{"concatenate", "rename: {title: smear};duplicate: {title: copy}",
            "{title: both, image1: smear, image2: copy}", ""},
    Example{"merge-channels",
            "8-bit;rename: {title: smear};duplicate: {title: smooth};gaussian-blur: {sigma: 3}",
            "{c1: smear, c2: smooth}", ""},
};

std::string lines_of(std::string_view stages) {
  std::string lines;
  while (!stages.empty()) {
    const auto end = std::min(stages.find(';'), stages.size());
    lines += "  - imagej." + std::string(stages.substr(0, end)) + "\n";
    stages.remove_prefix(std::min(end + 1, stages.size()));
  }
  return lines;
}

// What makes an RGB image one that the command takes.
std::string_view conversion_for(const Command& command) {
  const auto takes = [&](ImageType type) { return std::ranges::count(command.types, type) > 0; };
  if (command.types.empty() || takes(ImageType::rgb)) return "";
  return takes(ImageType::grey8) ? "8-bit" : "32-bit";
}

}  // namespace

std::string example_of(const Command& command) {
  const auto found = std::ranges::find(examples, command.stage, &Example::stage);
  const Example plain{command.stage, conversion_for(command), "", ""};
  const Example& example = found == examples.end() ? plain : *found;
  std::string text = "name: " + command.stage + "\ninput: {imagej: true}\nstages:\n";
  text += lines_of(example.before);
  text += "  - imagej." + command.stage;
  if (!example.options.empty()) text += ": " + std::string(example.options);
  text += "\n";
  return text + lines_of(example.after.empty() ? "save-as: {format: Tiff, path: \"{id}.tif\"}"
                                               : example.after);
}

}  // namespace smear
