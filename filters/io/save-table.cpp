// SPDX-License-Identifier: Apache-2.0
#include "smear/stage.h"

namespace smear {
namespace {

class SaveTable final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "save-table",
      .summary = "Collects a table of every image into one CSV file of the run.",
      .category = Category::input_output,
      .details =
          "The rows of each sample's table go into one file, samples in input order whatever the "
          "order in which they were finished. A first column `image` says which sample a row "
          "belongs to. A missing value is an empty field. A sample whose table has no rows adds "
          "none.",
      .example = R"(name: count-cells
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - watershed
  - measure
  - save-table: {slot: objects, to: cells.csv}
)",
      .reference = "RFC 4180, Common format and MIME type for comma-separated values, 2005",
  };

  void describe(OptionSpec& spec) override {
    spec.slot("slot", slot_).help("The table to save.");
    spec.run_file("to", to_).help("The file inside the output folder; ends in .csv.");
    // The slot that is read follows the option, so that the pipeline's plan shows it.
    spec.input(slot_, SlotType::table).help("The table to save.");
  }

  void check() const override {
    if (slot_.empty()) throw ConfigError("slot must name a table, such as objects");
    if (std::filesystem::path(to_).extension() != ".csv")
      throw ConfigError("to must end in .csv, got '" + to_ + "'");
  }

  void process(Sample& sample, const RunContext& run) const override {
    run.outputs().append(sample, to_, sample.table(slot_));
  }

 private:
  std::string slot_ = "objects";
  std::string to_ = "cells.csv";
};

}  // namespace

void register_save_table(StageRegistrar& registrar) { registrar.add<SaveTable>(); }

}  // namespace smear
