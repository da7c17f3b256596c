// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/program_options/value_semantic.hpp>
#include <iostream>

#include "cli/program.h"
#include "run/display-path.h"
#include "run/eval-export.h"

namespace smear::cli {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

constexpr auto default_masks = "masks";
constexpr auto default_cells = "white-cells";

po::options_description options() {
  po::options_description all;
  auto add = all.add_options();
  add("output,o", po::value<std::string>()->required()->value_name("DIR"), "folder to write");
  add("table", po::value<std::string>()->value_name("FILE"),
      "the run's table of cells (default: the only one with the columns that are needed)");
  add("class", po::value<std::vector<std::string>>()->value_name("NAME=CLASS"),
      "write cells of class NAME as CLASS; nothing behind the = leaves them out (again for more)");
  add("masks", po::value<std::string>()->default_value(default_masks)->value_name("FOLDER"),
      "the run's folder of masks of cytoplasm and nuclei");
  add("cells", po::value<std::string>()->default_value(default_cells)->value_name("FOLDER"),
      "the run's folder of labels of whole cells, written beside the masks");
  add("no-masks", po::bool_switch(), "write the table only");
  add("overwrite", po::bool_switch(), "replace the export that DIR holds: objects.csv and masks/");
  return all;
}

// "white=WBC" and so on, beside the names that the pipelines of Smearkit give.
std::map<std::string, std::string> classes_in(const Invocation& invocation) {
  std::map<std::string, std::string> classes{
      {"red-cell", "RBC"}, {"white-cell", "WBC"}, {"platelet", "PLT"}};
  if (!invocation.options.contains("class")) return classes;
  for (const auto& text : invocation.options["class"].as<std::vector<std::string>>()) {
    const auto sign = text.rfind('=');
    if (sign == std::string::npos || sign == 0)
      throw ConfigError(fmt::format("--class must be NAME=CLASS, such as lymphocyte=WBC, got '{}'",
                                    display(text)));
    classes[text.substr(0, sign)] = text.substr(sign + 1);
  }
  return classes;
}

// Folders of the run as its ledger has them: relative to OUT, without '/' at the end.
EvalExport::Folder folder_in(const Invocation& invocation, const char* option) {
  const auto& given = invocation.options[option];
  auto name = fs::path(given.as<std::string>()).lexically_normal().string();
  while (name.ends_with('/')) name.pop_back();
  if (name.empty() || name == "." || name.starts_with("/") || name.starts_with(".."))
    throw ConfigError(fmt::format("--{} must name a folder of the run, such as {}, got '{}'",
                                  option, default_masks, display(given.as<std::string>())));
  return {.name = std::move(name), .named = !given.defaulted()};
}

EvalExport request_of(const Invocation& invocation) {
  const auto& given = invocation.options;
  EvalExport request;
  request.run = invocation.positional.front();
  request.to = given["output"].as<std::string>();
  request.overwrite = given["overwrite"].as<bool>();
  if (given.contains("table")) request.table = given["table"].as<std::string>();
  request.classes = classes_in(invocation);
  const auto masks = folder_in(invocation, "masks");
  const auto cells = folder_in(invocation, "cells");
  if (given["no-masks"].as<bool>()) {
    if (masks.named || cells.named)
      throw ConfigError("--no-masks writes no masks; leave --masks and --cells out");
    return request;
  }
  request.masks = masks;
  request.cells = cells;
  return request;
}

void print_summary(const EvalSummary& summary, const EvalExport& request) {
  std::vector<std::string> counts;
  for (const auto& [name, count] : summary.objects)
    counts.push_back(fmt::format("{} {}", count, display(name)));
  std::cout << fmt::format("{} images: {}; {} masks\n", summary.images,
                           counts.empty() ? "no cells" : fmt::format("{}", fmt::join(counts, ", ")),
                           summary.masks);
  if (summary.quarantined > 0)
    std::cout << fmt::format(
        "{} of {} images were quarantined and count as empty; what failed and why: {}\n",
        summary.quarantined, summary.images + summary.quarantined,
        display((request.run / "samples.csv").string()));
  std::cout << "written: " << display((request.to / "objects.csv").string()) << '\n';
}

int export_eval(const Invocation& invocation) {
  const auto request = request_of(invocation);
  const auto summary = export_for_evaluation(request);
  print_summary(summary, request);
  return summary.quarantined > 0 ? exit_quarantined : exit_done;
}

}  // namespace

Command export_eval_command() {
  return {
      .name = "export-eval",
      .summary = "Writes what a run found for a comparison with a truth",
      .arguments = "OUT -o DIR [options]",
      .details =
          "OUT is a run that is complete. Programs that score a segmentation against annotated "
          "images\n"
          "read\n\n"
          "  DIR/objects.csv             image,label,x,y,x0,y0,x1,y1,area,class: one row a cell,\n"
          "                              with its centroid (0 is the centre of the first pixel) "
          "and\n"
          "                              its half-open box, in pixels\n"
          "  DIR/masks/STEM.png          8-bit mask: background, cytoplasm, nucleus\n"
          "  DIR/masks/STEM_cells.png    labels of whole cells\n\n"
          "where STEM is the image's file name without extension, which must be its own. The "
          "table\n"
          "needs the columns of `measure` and `class`. The classes red-cell, white-cell and "
          "platelet\n"
          "become RBC, WBC and PLT; others keep their name. An image that was quarantined has no\n"
          "rows (exit code 3).\n\n"
          "  smear export-eval out -o scored\n"
          "  smear export-eval out -o scored --class lymphocyte=WBC --class artefact=",
      .options = options,
      .positional_min = 1,
      .positional_max = 1,
      .run = export_eval};
}

}  // namespace smear::cli
