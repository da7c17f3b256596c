// SPDX-License-Identifier: Apache-2.0
// `smear export-eval` writes what a run found as the programs read it that compare it with a truth,
// and refuses what would be compared wrongly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::Not;

/// Cells of two classes, dark areas as masks, and the labels of all cells.
std::string two_classes(const std::string& extension = ".png") {
  return R"(stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - fill-holes
  - watershed
  - measure: {min_area: 30}
  - threshold: {lower: 0, upper: 110, outputs: {mask: nuclei}}
  - classify-objects: {inside: white-cell, outside: red-cell, min_overlap: 0.1, inputs: {mask: nuclei}}
  - save-image: {inputs: {image: nuclei}, to: "masks/{stem})" +
         extension + R"("}
  - save-labels: {to: "white-cells/{stem})" +
         extension + R"("}
  - save-table: {slot: objects, to: cells.csv}
)";
}

class ExportEval : public testing::Test {
 protected:
  void run(const std::string& pipeline, int expected = 0,
           const std::vector<std::string>& options = {}) {
    if (!fs::exists(input_)) make_smears(input_, 3, 128);
    write_file(folder_ / "p.yaml", pipeline);
    std::vector<std::string> words{
        "run", (folder_ / "p.yaml").string(), input_.string(), "-o", out_.string(), "--overwrite"};
    words.insert(words.end(), options.begin(), options.end());
    const Outcome outcome = smear(words);
    ASSERT_EQ(outcome.exit_code, expected) << outcome.told();
  }

  Outcome export_run(const std::vector<std::string>& options = {}) {
    std::vector<std::string> words{"export-eval", out_.string(), "-o", to_.string()};
    words.insert(words.end(), options.begin(), options.end());
    return smear(words);
  }

  /// Expects a refusal that says `words` and leaves nothing behind.
  void expect_refused(const std::string& words, const std::vector<std::string>& options = {}) {
    const Outcome outcome = export_run(options);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
    EXPECT_THAT(outcome.err, HasSubstr(words));
    EXPECT_FALSE(fs::exists(to_)) << "something is left behind";
  }

  Csv objects() { return parse_csv(read_file(to_ / "objects.csv")); }

  TemporaryFolder folder_;
  fs::path input_ = folder_ / "in";
  fs::path out_ = folder_ / "out";
  fs::path to_ = folder_ / "scored";
};

TEST_F(ExportEval, WritesTheTableOfCells) {
  run(two_classes());
  const Outcome outcome = export_run();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("3 images"), HasSubstr(" RBC"), HasSubstr("3 masks")));
  const Csv found = objects();
  EXPECT_THAT(found.header,
              ElementsAre("image", "label", "x", "y", "x0", "y0", "x1", "y1", "area", "class"));
  const Csv cells = parse_csv(read_file(out_ / "cells.csv"));
  ASSERT_EQ(found.rows.size(), cells.rows.size());
  ASSERT_GT(found.rows.size(), 10U);
  EXPECT_THAT(cells.column("class"), AllOf(Contains("white-cell"), Contains("red-cell")));
  for (std::size_t i = 0; i < cells.rows.size(); ++i) {
    const auto& cell = cells.rows[i];
    const auto& object = found.rows[i];
    const auto sum = [&](const char* from, const char* length) {
      return std::to_string(std::stoi(cell.at(from)) + std::stoi(cell.at(length)));
    };
    EXPECT_EQ(object.at("image"), cell.at("image"));
    EXPECT_EQ(object.at("label"), cell.at("label"));
    EXPECT_EQ(object.at("x"), cell.at("centroid_x_px"));
    EXPECT_EQ(object.at("y"), cell.at("centroid_y_px"));
    EXPECT_EQ(object.at("x0"), cell.at("bbox_x"));
    EXPECT_EQ(object.at("y0"), cell.at("bbox_y"));
    EXPECT_EQ(object.at("x1"), sum("bbox_x", "bbox_width"));
    EXPECT_EQ(object.at("y1"), sum("bbox_y", "bbox_height"));
    EXPECT_EQ(object.at("area"), cell.at("area_px"));
    EXPECT_EQ(object.at("class"), cell.at("class") == "white-cell" ? "WBC" : "RBC");
  }
}

TEST_F(ExportEval, CopiesMasksAndLabels) {
  run(two_classes());
  ASSERT_EQ(export_run().exit_code, 0);
  const auto files = files_under(to_);
  EXPECT_EQ(files.size(), 1U + 2U * 3U);
  for (const std::string stem : {"smear-0001", "smear-0002", "smear-0003"}) {
    EXPECT_EQ(files.at("masks/" + stem + ".png"), read_file(out_ / "masks" / (stem + ".png")));
    EXPECT_EQ(files.at("masks/" + stem + "_cells.png"),
              read_file(out_ / "white-cells" / (stem + ".png")));
  }
}

TEST_F(ExportEval, MakesPngOfOtherFormats) {
  run(two_classes(".png"));
  ASSERT_EQ(export_run().exit_code, 0);
  const auto png = files_under(to_);
  run(two_classes(".tif"));
  ASSERT_EQ(export_run({"--overwrite"}).exit_code, 0);
  EXPECT_EQ(difference(png, files_under(to_)), "");
}

TEST_F(ExportEval, NamesClassesAsAsked) {
  run(two_classes());
  ASSERT_EQ(export_run({"--class", "red-cell=erythrocyte", "--class", "white-cell="}).exit_code, 0);
  const auto classes = objects().column("class");
  EXPECT_THAT(classes, testing::Each("erythrocyte"));
  const auto all = parse_csv(read_file(out_ / "cells.csv")).column("class");
  EXPECT_EQ(std::ssize(classes), std::ranges::count(all, "red-cell"));

  std::string others = two_classes();
  others.replace(others.find("red-cell"), 8, "\"odd, one\"");
  run(others);
  ASSERT_EQ(export_run({"--overwrite"}).exit_code, 0);
  EXPECT_THAT(objects().column("class"), Contains("odd, one")) << "other classes keep their name";
  ASSERT_EQ(export_run({"--overwrite", "--class", "odd, one=RBC"}).exit_code, 0);
  EXPECT_THAT(objects().column("class"), AllOf(Contains("RBC"), Not(Contains("odd, one"))));

  const Outcome wrong = export_run({"--overwrite", "--class", "RBC"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("NAME=CLASS"));
}

TEST_F(ExportEval, RefusesWhatIsNoRun) {
  expect_refused("there is no folder");
  fs::create_directories(out_);
  expect_refused("holds no run");
}

TEST_F(ExportEval, RefusesARunThatIsNotComplete) {
  make_smears(input_, 3);
  for (const char* name : {"a.jpg", "b.jpg", "z.jpg"}) write_file(input_ / name, "no image");
  run(two_classes(), 1, {"--max-failures", "0", "--jobs", "1"});
  expect_refused("continue it with --resume");
}

TEST_F(ExportEval, SaysThatImagesWereQuarantined) {
  make_smears(input_, 2);
  write_file(input_ / "bad.jpg", "no image");
  run(two_classes(), 3);
  const Outcome outcome = export_run();
  EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
  EXPECT_THAT(outcome.out, HasSubstr("1 of 3 images were quarantined"));
  EXPECT_THAT(objects().column("image"), Not(Contains("bad.jpg")));
}

TEST_F(ExportEval, RefusesTwoImagesOfOneName) {
  make_smears(input_ / "a", 1);
  make_smears(input_ / "b", 1);
  std::string pipeline = two_classes();
  for (auto at = pipeline.find("{stem}"); at != std::string::npos; at = pipeline.find("{stem}"))
    pipeline.replace(at, 6, "{id}");
  run(pipeline);
  expect_refused("a/smear-0001.jpg and b/smear-0001.jpg are both called smear-0001");
}

TEST_F(ExportEval, FindsTheTable) {
  run(small_pipeline());
  expect_refused("cells.csv has no column class");

  run(two_classes() + "  - save-table: {slot: objects, to: more/again.csv}\n");
  expect_refused("name one by --table: cells.csv, more/again.csv");
  expect_refused("the run has no table other.csv; it wrote cells.csv, more/again.csv",
                 {"--table", "other.csv"});
  EXPECT_EQ(export_run({"--table", "more/again.csv"}).exit_code, 0);

  run("stages:\n  - save-image\n");
  fs::remove_all(to_);
  expect_refused("needs `save-table`");
}

TEST_F(ExportEval, FindsTheMasks) {
  run(two_classes() + "  - overlay: {inputs: {image: source}}\n");
  expect_refused("saved nothing below nuclei; it has masks, overlays, white-cells",
                 {"--masks", "nuclei"});
  expect_refused("saved nothing below cells", {"--cells", "cells"});
  expect_refused("is rgb8, expected grey8", {"--masks", "overlays"});
  expect_refused("must name a folder of the run", {"--masks", "../masks"});
  expect_refused("--no-masks", {"--masks", "masks", "--no-masks"});

  ASSERT_EQ(export_run({"--masks", "./white-cells/", "--cells", "masks"}).exit_code, 2)
      << "16 bits are no mask";
  ASSERT_EQ(export_run({"--no-masks"}).exit_code, 0);
  EXPECT_THAT(files_under(to_), ElementsAre(Key("objects.csv")));
}

TEST_F(ExportEval, NeedsNoMasks) {
  run(R"(stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - label
  - measure
  - classify-objects: {inside: red-cell, min_overlap: 0}
  - save-table: {slot: objects, to: cells.csv}
)");
  ASSERT_EQ(export_run().exit_code, 0);
  EXPECT_THAT(files_under(to_), ElementsAre(Key("objects.csv")));
}

TEST_F(ExportEval, ReplacesOnlyAnEarlierExport) {
  run(two_classes());
  fs::create_directories(to_);
  ASSERT_EQ(export_run().exit_code, 0) << "an empty folder will do";
  const auto first = files_under(to_);
  const Outcome again = export_run();
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("--overwrite replaces the export in it"));
  EXPECT_EQ(difference(first, files_under(to_)), "");

  write_file(to_ / "masks/of-an-earlier-image.png", "");
  write_file(to_ / "score.json", "{}");
  ASSERT_EQ(export_run({"--overwrite"}).exit_code, 0);
  auto expected = first;
  expected["score.json"] = "{}";
  EXPECT_EQ(difference(expected, files_under(to_)), "");
}

TEST_F(ExportEval, ReplacesNothingElse) {
  run(two_classes());
  write_file(to_ / "masks/thesis.png", "years of work");
  EXPECT_EQ(export_run({"--overwrite"}).exit_code, 2);
  write_file(to_ / "objects.csv", "image,what\n");
  EXPECT_EQ(export_run({"--overwrite"}).exit_code, 2) << "a table that is not ours";
  EXPECT_EQ(read_file(to_ / "masks/thesis.png"), "years of work");

  const auto before = files_under(out_);
  const Outcome into_itself =
      smear({"export-eval", out_.string(), "-o", out_.string(), "--overwrite"});
  EXPECT_EQ(into_itself.exit_code, 2);
  EXPECT_THAT(into_itself.err, HasSubstr("holds a run"));
  EXPECT_EQ(difference(before, files_under(out_)), "");

  const Outcome onto_a_file =
      smear({"export-eval", out_.string(), "-o", (folder_ / "p.yaml").string(), "--overwrite"});
  EXPECT_EQ(onto_a_file.exit_code, 2) << onto_a_file.told();
}

TEST_F(ExportEval, KeepsTheEarlierExportWhenItFails) {
  run(two_classes());
  ASSERT_EQ(export_run().exit_code, 0);
  const auto first = files_under(to_);
  fs::remove(out_ / "masks/smear-0003.png");
  const Outcome outcome = export_run({"--overwrite"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr("masks/smear-0003.png"));
  EXPECT_EQ(difference(first, files_under(to_)), "");
}

}  // namespace
}  // namespace smear::test
