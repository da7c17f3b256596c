// SPDX-License-Identifier: Apache-2.0
#include "study/results.h"

#include <fmt/format.h>

#include "codec/codec.h"
#include "run/csv.h"
#include "run/name-template.h"
#include "run/outputs.h"
#include "study/sheet.h"

namespace smear::study {

namespace fs = std::filesystem;

std::string measures_table(const StudyOutcome& outcome) {
  std::string text = "condition,grid,value,measure,unit,estimate,low,high,images,cells\n";
  for (const auto& grid : outcome.grids)
    for (const auto& condition : grid.conditions)
      for (const auto& measure : measures())
        if (const auto it = condition.measures.find(measure.name); it != condition.measures.end())
          text +=
              fmt::format("{},{},{},{},{},{},{},{},{},{}\n", csv_field(condition.id),
                          csv_field(grid.name), csv_field(condition.label), measure.name,
                          measure.unit, csv_number(it->second.estimate), csv_number(it->second.low),
                          csv_number(it->second.high), condition.images, condition.cells);
  return text;
}

std::string claims_table(const StudyOutcome& outcome) {
  std::string text = "claim,source,verdict,text,rule,numbers\n";
  for (const auto& claim : outcome.claims)
    text += fmt::format("{},{},{},{},{},{}\n", csv_field(claim.name), csv_field(claim.source),
                        name_of(claim.verdict), csv_field(claim.text), csv_field(claim.rule),
                        csv_field(claim.explanation));
  return text;
}

void write_sheet(const std::vector<SheetSource>& columns, int cell, const fs::path& file) {
  std::vector<SheetColumn> sheet;
  for (const auto& source : columns) {
    SheetColumn column{source.heading, {}};
    for (const auto& image : source.images) {
      const auto path = source.folder / expand("generated/{id}.png", {image, 0});
      std::error_code error;
      column.pictures.push_back(fs::exists(path, error) ? codec::read_image(path) : Image());
    }
    sheet.push_back(std::move(column));
  }
  fs::create_directories(file.parent_path());
  const auto picture = contact_sheet(sheet, cell);
  write_whole(file, [&](const fs::path& temporary) { codec::write_png(temporary, picture); });
}

}  // namespace smear::study
