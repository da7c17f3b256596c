// SPDX-License-Identifier: Apache-2.0
// ImageJ macros as pipelines, as a user meets them: `smear run`, `check` and `convert` of macros.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "harness/program.h"

namespace smear::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Macro : public testing::Test {
 protected:
  void SetUp() override {
    const Outcome made =
        smear({"synth", (folder_ / "s").string(), "--count", "3", "--size", "160x140"});
    ASSERT_EQ(made.exit_code, 0) << made.told();
  }

  std::string macro(const std::string& text, const std::string& name = "m.ijm") {
    write_file(folder_ / name, text);
    return (folder_ / name).string();
  }
  Outcome run(const std::string& file, const std::string& out,
              const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"run", file, (folder_ / "s/images").string(), "-o",
                                       (folder_ / out).string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return smear(arguments);
  }
  std::set<std::string> files(const std::string& out) const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / out))
      if (entry.path().filename() != ".smear") names.insert(entry.path().filename().string());
    for (const char* always : {"run.json", "samples.csv", "report.html"}) names.erase(always);
    return names;
  }

  TemporaryFolder folder_;
};

constexpr const char* count = R"(setOption("BlackBackground", true);
run("Set Measurements...", "area mean perimeter shape display redirect=None decimal=3");
run("8-bit");
run("Gaussian Blur...", "sigma=2");
setAutoThreshold("Otsu");
run("Convert to Mask");
run("Analyze Particles...", "size=20-Infinity show=Nothing display clear add");
)";

TEST_F(Macro, OnTheActiveImageSavesImageAndResultsOfEach) {
  const Outcome outcome = run(macro(count), "out");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.out, HasSubstr("3 done, 0 quarantined"));
  EXPECT_EQ(files("out"),
            (std::set<std::string>{"smear-0001.csv", "smear-0001.tif", "smear-0001_RoiSet.zip",
                                   "smear-0002.csv", "smear-0002.tif", "smear-0002_RoiSet.zip",
                                   "smear-0003.csv", "smear-0003.tif", "smear-0003_RoiSet.zip"}));
  const auto results = read_file(folder_ / "out/smear-0001.csv");
  EXPECT_THAT(results, StartsWith(" ,Label,Area,Mean,Perim.,Circ.,AR,Round,Solidity\n"
                                  "1,smear-0001.jpg,"));
  // The mask of a black background holds objects of 255, which is what is measured.
  EXPECT_THAT(results, HasSubstr(",255,"));
}

TEST_F(Macro, OfAFolderTakesWhatItListsAndGathersOverImages) {
  const auto file = macro(R"(dirs = split(getArgument(), "|");
list = getFileList(dirs[0] + "/");
var lines = "image,objects\n";
for (i = 0; i < list.length; i++) {
  if (endsWith(list[i], "1.jpg") || endsWith(list[i], "3.jpg")) {
    open(dirs[0] + "/" + list[i]);
    run("8-bit");
    run("Measure");
    lines = lines + list[i] + "," + d2s(getValue("Mean"), 1) + "\n";
    close();
  }
}
File.saveString(lines, dirs[1] + "/lines.csv");
saveAs("Results", dirs[1] + "/all.csv");
)");
  const Outcome outcome = run(file, "out");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(files("out"), (std::set<std::string>{"lines.csv", "all.csv"}));
  EXPECT_THAT(
      read_file(folder_ / "out/lines.csv"),
      testing::MatchesRegex("image,objects\nsmear-0001.jpg,[0-9.]+\nsmear-0003.jpg,[0-9.]+\n"));
  EXPECT_THAT(read_file(folder_ / "out/all.csv"),
              testing::MatchesRegex(" ,Area,Mean,Min,Max\n1,22400,[0-9.,]+\n2,22400,[0-9.,]+\n"));
}

TEST_F(Macro, GivesTheSameWhateverTheThreadsAndWhenResumed) {
  const auto file = macro(count);
  ASSERT_EQ(run(file, "one", {"-j1"}).exit_code, 0);
  ASSERT_EQ(run(file, "two", {"-j3", "--limit", "1"}).exit_code, 0);
  const Outcome resumed = run(file, "two", {"-j3", "--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.told();
  EXPECT_THAT(resumed.out, HasSubstr("1 kept"));
  ASSERT_EQ(files("one"), files("two"));
  for (const auto& name : files("one"))
    EXPECT_EQ(read_file(folder_ / "one" / name), read_file(folder_ / "two" / name)) << name;
}

TEST_F(Macro, ConvertedToAPipelineGivesTheSame) {
  const auto file = macro(count);
  const auto yaml = (folder_ / "m.yaml").string();
  ASSERT_EQ(smear({"convert", file, "-o", yaml}).exit_code, 0);
  EXPECT_THAT(read_file(yaml), HasSubstr("- imagej.gaussian-blur: {sigma: 2}"));
  ASSERT_EQ(run(file, "a").exit_code, 0);
  ASSERT_EQ(run(yaml, "b").exit_code, 0);
  ASSERT_EQ(files("a"), files("b"));
  for (const auto& name : files("a"))
    EXPECT_EQ(read_file(folder_ / "a" / name), read_file(folder_ / "b" / name)) << name;
  // Nothing that is there is replaced unasked.
  EXPECT_EQ(smear({"convert", file, "-o", yaml}).exit_code, 2);
  // And back.
  const Outcome back = smear({"convert", yaml});
  EXPECT_EQ(back.exit_code, 0) << back.told();
  EXPECT_THAT(back.out, HasSubstr("run(\"Gaussian Blur...\", \"sigma=2\");"));
}

TEST_F(Macro, TakesPreferencesAndParameters) {
  const auto file = macro(R"(#@ Double (value = 2) sigma
run("8-bit");
run("Gaussian Blur...", "sigma=" + sigma);
setAutoThreshold("Otsu");
run("Convert to Mask");
)");
  const Outcome plain = smear({"convert", file});
  EXPECT_THAT(plain.out, HasSubstr("sigma: 2}"));
  EXPECT_THAT(plain.err, HasSubstr("blackBackground=true"));
  const Outcome changed =
      smear({"convert", file, "--set", "sigma=3", "--imagej-pref", "blackBackground=false"});
  EXPECT_THAT(changed.out, HasSubstr("sigma: 3}"));
  EXPECT_THAT(changed.out, HasSubstr("imagej.preferences"));
  const Outcome wrong = smear({"check", file, "--imagej-pref", "blackground=false"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err,
              HasSubstr("there is no preference 'blackground'; there are blackBackground"));
}

// A PNG without what says how large its pixels are, which ImageJ keeps in another unit.
std::string without_resolution(std::string file) {
  const auto at = file.find("pHYs");
  if (file.starts_with("\x89PNG") && at != std::string::npos) file.erase(at - 4, 4 + 4 + 9 + 4);
  return file;
}

// What another way of the same gives: every file of theirs, byte for byte.
void expect_same_files(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto names = [](const std::filesystem::path& out) {
    std::set<std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(out))
      if (entry.is_regular_file())
        all.insert(std::filesystem::relative(entry.path(), out).string());
    std::erase_if(all, [](const std::string& name) {
      return name.starts_with(".smear") || name == "run.json" || name == "samples.csv" ||
             name == "report.html" || name == "counts.csv";
    });
    return all;
  };
  ASSERT_EQ(names(a), names(b));
  EXPECT_FALSE(names(a).empty());
  for (const auto& name : names(a))
    EXPECT_TRUE(without_resolution(read_file(a / name)) == without_resolution(read_file(b / name)))
        << name;
}

TEST_F(Macro, IsMadeOfStagesThatImageJHasTheSame) {
  const auto yaml = macro(R"(name: native
stages:
  - gaussian-blur: {sigma: 2, kernel: imagej}
  - to-grey: {component: unweighted}
  - subtract-background: {radius: 30, objects: dark}
  - save-image: {to: "level/{id}.png"}
  - threshold: {lower: 0, upper: 200.5}
  - erode: {radius: 2, shape: box}
  - outline
  - fill-holes
  - save-image: {inputs: {image: mask}, to: "masks/{id}.png"}
  - watershed: {method: imagej}
  - save-image: {inputs: {image: labels}, to: "{dir}/{stem}_labels.png"}
)",
                          "native.yaml");
  std::filesystem::create_directories(folder_ / "s/images/inner/most");
  std::filesystem::rename(folder_ / "s/images/smear-0002.jpg",
                          folder_ / "s/images/inner/most/smear-0002.jpg");
  const auto made = (folder_ / "native.ijm").string();
  ASSERT_EQ(smear({"convert", yaml, "-o", made}).exit_code, 0);
  EXPECT_THAT(read_file(made), HasSubstr("saveAs(\"PNG\", outFolder + \"masks/\" + imageFolder"));
  ASSERT_EQ(run(yaml, "a").exit_code, 0);
  const Outcome outcome = run(made, "b");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  expect_same_files(folder_ / "a", folder_ / "b");
}

TEST_F(Macro, IsMadeOfThresholdsSizesAndMaximaOfImageJs) {
  const auto yaml = macro(R"(name: native
stages:
  - to-grey: {component: unweighted}
  - crop: {x: 5, y: 6, width: 90, height: 80}
  - resize: {width: 60, height: 70, interpolation: bicubic, antialias: true, alignment: imagej}
  - save-image: {to: "small/{id}.png"}
  - auto-threshold: {method: triangle, objects: bright, definition: imagej}
  - save-image: {inputs: {image: mask}, to: "masks/{id}.png"}
)",
                          "sizes.yaml");
  const auto made = (folder_ / "sizes.ijm").string();
  ASSERT_EQ(smear({"convert", yaml, "-o", made}).exit_code, 0);
  ASSERT_EQ(run(yaml, "a").exit_code, 0);
  const Outcome outcome = run(made, "b");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  expect_same_files(folder_ / "a", folder_ / "b");
  // At its default the prominence has to be said all the same.
  const auto maxima = macro(
      "name: m\nstages:\n  - to-grey: {component: unweighted}\n  - find-maxima\n"
      "  - save-image: {inputs: {image: mask}, to: \"{id}.png\"}\n",
      "maxima.yaml");
  EXPECT_THAT(smear({"convert", maxima}).out, HasSubstr("prominence=10"));
}

TEST_F(Macro, IsNotMadeOfStagesThatComputeSomethingElse) {
  const auto refused = [&](const std::string& stages, const char* place, const char* message) {
    const auto file = macro("name: p\nstages:\n" + stages, "p.yaml");
    const Outcome outcome = smear({"convert", file});
    EXPECT_EQ(outcome.exit_code, 2) << stages;
    EXPECT_THAT(outcome.err, StartsWith(file + ":" + place + ": error: stage ")) << stages;
    EXPECT_THAT(outcome.err, HasSubstr(message)) << stages;
  };
  refused("  - gaussian-blur: {sigma: 2}\n", "3:5", "kernel: imagej would compute what ImageJ has");
  refused("  - median: {radius: 2}\n", "3:5", "rank-filter: {statistic: median}");
  refused("  - to-grey\n  - auto-threshold: {method: otsu}\n", "4:5",
          "definition: imagej would compute");
  refused("  - to-grey\n  - threshold: {lower: 0, upper: 9}\n  - erode: {radius: 3}\n", "5:5",
          "shape: box");
  refused("  - to-grey\n  - invert: {inputs: {image: source}}\n", "4:5", "is slot 'image'");
  refused("  - imagej.from-slots\n  - imagej.8-bit\n", "3:5", "micrometres");
  refused("  - save-image: {to: \"{id}.jpg\"}\n", "3:5", "JPEG");
}

TEST_F(Macro, GathersTheSameAfterItWasAPipelineAndAMacroAgain) {
  const auto yaml = macro(R"(name: gather
input: {imagej: true, exclude: ["*/**", "*-0002.*"]}
stages:
  - imagej.preferences: {set: ["blackBackground=false", "padEdges=true", "binaryIterations=2"]}
  - imagej.append-text: {to: t.txt, head: "[", text: "1 + 2", foot: "]"}
  - imagej.append-text: {to: u.txt, text: "bitDepth > 8"}
  - imagej.8-bit
  - imagej.append-text: {to: b.txt, text: "bitDepth"}
  - imagej.make-binary
  - imagej.erode
  - imagej.clear-results
  - imagej.measure
  - imagej.append-results: {to: all.csv}
  - imagej.invert
)",
                          "gather.yaml");
  const auto made = (folder_ / "gather.ijm").string();
  ASSERT_EQ(smear({"convert", yaml, "-o", made}).exit_code, 0);
  ASSERT_EQ(run(yaml, "a").exit_code, 0);
  EXPECT_EQ(read_file(folder_ / "a/t.txt"), "[33]");
  EXPECT_EQ(read_file(folder_ / "a/b.txt"), "88");
  const Outcome outcome = run(made, "b");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  expect_same_files(folder_ / "a", folder_ / "b");
  // The table grows in a macro: what looks at it for each image would see others' rows.
  const auto reads = macro(
      "name: p\ninput: {imagej: true}\nstages:\n  - imagej.measure\n  - imagej.append-results\n"
      "  - imagej.measure\n",
      "p.yaml");
  EXPECT_THAT(smear({"convert", reads}).err,
              HasSubstr("p.yaml:6:5: error: stage 'imagej.measure'"));
}

TEST_F(Macro, MadeOfAPipelineSelectsTheTableThatItSaves) {
  const auto yaml = macro(R"(name: tables
input: {imagej: true}
stages:
  - imagej.8-bit
  - imagej.make-binary
  - imagej.analyze-particles: {size: 20-Infinity, display: true, summarize: true}
  - imagej.append-results: {to: counts/summary.csv, table: Summary, numbered: true}
  - imagej.append-results: {to: all.csv}
)",
                          "tables.yaml");
  const auto made = (folder_ / "tables.ijm").string();
  const Outcome outcome = smear({"convert", yaml, "-o", made});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(read_file(made),
              HasSubstr("selectWindow(\"Results\");\n"
                        "saveAs(\"Results\", outFolder + \"all.csv\");\n"
                        "IJ.renameResults(\"Summary\", \"Results\");\n"
                        "saveAs(\"Results\", outFolder + \"counts/summary.csv\");\n"));
  EXPECT_EQ(smear({"check", made}).exit_code, 0) << smear({"check", made}).told();
  ASSERT_EQ(run(yaml, "a").exit_code, 0);
  ASSERT_EQ(run(made, "b").exit_code, 0);
  expect_same_files(folder_ / "a", folder_ / "b");
}

TEST_F(Macro, IsNotMadeWhereTheTableHasRowsOfOtherImages) {
  const auto file = macro(
      "name: p\ninput: {imagej: true}\nstages:\n  - imagej.8-bit\n  - imagej.make-binary\n"
      "  - imagej.analyze-particles: {size: 20-Infinity, summarize: true}\n"
      "  - imagej.table-save: {path: \"{stem}.csv\", title: Summary}\n",
      "p.yaml");
  const Outcome outcome = smear({"convert", file});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, StartsWith(file + ":7:5: error: the macro would not do the same: "));
  EXPECT_THAT(outcome.err, HasSubstr("rows of the images before"));
}

TEST_F(Macro, MadeOfAPipelineTakesTheSameFiles) {
  const auto expect_guard = [&](const std::string& input, const std::string& line) {
    const auto file = macro("name: p\ninput: {imagej: true, " + input +
                                "}\nstages:\n  - imagej.8-bit\n"
                                "  - imagej.save-as: {format: Tiff, path: \"{id}.tif\"}\n",
                            "p.yaml");
    const auto made = (folder_ / "p.ijm").string();
    const Outcome outcome = smear({"convert", file, "-o", made, "--overwrite"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
    EXPECT_THAT(read_file(made), HasSubstr("    " + line + "\n")) << input;
    EXPECT_EQ(smear({"check", made}).exit_code, 0) << smear({"check", made}).told();
  };
  expect_guard(R"(include: ["*.TIF"])",
               R"(if (!(endsWith(toLowerCase(imageName), ".tif"))) return;)");
  expect_guard(R"(include: [], exclude: ["*_mask.tif"])",
               R"(if (!(!(matches(toLowerCase(imageName), ".*_mask\\.tif")))) return;)");
}

TEST_F(Macro, MadeOfAPipelineSetsWhatImageJKeepsFromImageToImage) {
  const auto file = macro(R"(name: p
input: {imagej: true}
stages:
  - imagej.8-bit
  - imagej.make-rectangle: {x: 5, y: 5, width: 20, height: 20}
  - imagej.draw
  - imagej.roi-manager: {command: Add}
  - imagej.roi-manager: {command: Measure}
  - imagej.save-as: {format: Results, path: "{id}.csv"}
)",
                          "p.yaml");
  const Outcome outcome = smear({"convert", file});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.out, HasSubstr("    run(\"Set Measurements...\", "));
  EXPECT_THAT(outcome.out, HasSubstr("    setForegroundColor(255, 255, 255);\n"));
  EXPECT_THAT(outcome.out, HasSubstr("    run(\"Line Width...\", \"line=1\");\n"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("Show None")));
  const auto shows = macro(R"(name: p
input: {imagej: true}
stages:
  - imagej.8-bit
  - imagej.make-rectangle: {x: 5, y: 5, width: 20, height: 20}
  - imagej.roi-manager: {command: Add}
  - imagej.roi-manager: {command: Show All}
  - imagej.save-as: {format: Tiff, path: "{id}.tif"}
)",
                           "shows.yaml");
  const Outcome made = smear({"convert", shows});
  ASSERT_EQ(made.exit_code, 0) << made.told();
  EXPECT_THAT(made.out, HasSubstr("imageName);\n    imageStem = File.nameWithoutExtension;\n"
                                  "    roiManager(\"Show None\");\n"));
  EXPECT_THAT(made.out, HasSubstr("    roiManager(\"Show None\"); run(\"Close All\");\n"));
}

TEST_F(Macro, MadeOfAPipelineSavesItsLog) {
  const auto yaml = macro(R"(name: p
input: {imagej: true}
stages:
  - imagej.8-bit
  - imagej.macro: {code: 'print(Input.name);', log: logs/names.txt}
)",
                          "p.yaml");
  const auto made = (folder_ / "p.ijm").string();
  const Outcome outcome = smear({"convert", yaml, "-o", made});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(read_file(made), HasSubstr("selectWindow(\"Log\");\n"
                                         "saveAs(\"Text\", outFolder + \"logs/names.txt\");\n"));
  EXPECT_THAT(smear({"check", made}).out, HasSubstr("logs/names.txt  (one of the run"));
  ASSERT_EQ(run(yaml, "a").exit_code, 0);
  ASSERT_EQ(run(made, "b").exit_code, 0);
  expect_same_files(folder_ / "a", folder_ / "b");
  const auto two = macro(
      "name: p\ninput: {imagej: true}\nstages:\n"
      "  - imagej.macro: {code: 'print(1);', log: a.txt}\n"
      "  - imagej.macro: {code: 'print(2);', log: b.txt}\n",
      "two.yaml");
  EXPECT_THAT(smear({"convert", two}).err, StartsWith(two + ":5:5: error: stage 'imagej.macro'"));
}

TEST_F(Macro, GatheredFilesOfNoImageAreImageJs) {
  const auto file = macro(R"(dirs = split(getArgument(), "|");
list = getFileList(dirs[0] + "/");
var lines = "image,objects\n";
for (i = 0; i < list.length; i++) {
  open(dirs[0] + "/" + list[i]);
  run("Watershed");
  run("Measure");
  print(list[i]);
  lines = lines + list[i] + "\n";
  close();
}
File.saveString(lines, dirs[1] + "/lines.csv");
saveAs("Results", dirs[1] + "/all.csv");
)");
  EXPECT_EQ(run(file, "out").exit_code, 3);
  EXPECT_EQ(files("out"), (std::set<std::string>{"lines.csv"}));
  EXPECT_EQ(read_file(folder_ / "out/lines.csv"), "image,objects\n");
}

TEST_F(Macro, RefusesTheSecondImageOfOneNameResumedOrNot) {
  // The name depends on the image, so that it is not known before.
  const auto file = macro("run(\"8-bit\");\nsaveAs(\"Tiff\", getWidth + \".tif\");\n");
  const auto reason = [&](const char* out) {
    EXPECT_EQ(files(out), std::set<std::string>{"160.tif"});
    return read_file(folder_ / out / "samples.csv");
  };
  EXPECT_EQ(run(file, "a", {"-j1"}).exit_code, 3);
  const auto undisturbed = reason("a");
  EXPECT_EQ(run(file, "b", {"-j1", "--limit", "1"}).exit_code, 0);
  const auto first = read_file(folder_ / "b/160.tif");
  EXPECT_EQ(run(file, "b", {"-j1", "--resume"}).exit_code, 3);
  EXPECT_THAT(reason("b"), HasSubstr("'160.tif' is written by image 'smear-0001.jpg' already"));
  EXPECT_THAT(undisturbed, HasSubstr("'160.tif' is written by image 'smear-0001.jpg' already"));
  EXPECT_EQ(read_file(folder_ / "b/160.tif"), first);
  EXPECT_EQ(read_file(folder_ / "a/160.tif"), first);
  // Shards cannot know of each other.
  run(file, "c", {"-j1", "--shard", "1/2"});
  run(file, "d", {"-j1", "--shard", "2/2"});
  const Outcome merged = smear({"merge", (folder_ / "c").string(), (folder_ / "d").string(), "-o",
                                (folder_ / "e").string()});
  EXPECT_EQ(merged.exit_code, 2);
  EXPECT_THAT(merged.err, HasSubstr("'160.tif' is written by image"));
}

TEST_F(Macro, KeepsItsLogAsAFileOfTheRun) {
  const auto file = macro("run(\"8-bit\");\nprint(getTitle + \" done\");\n");
  ASSERT_EQ(run(file, "a", {"-j1"}).exit_code, 0);
  const auto log = read_file(folder_ / "a/macro-log.txt");
  EXPECT_EQ(log, "smear-0001.jpg done\nsmear-0002.jpg done\nsmear-0003.jpg done\n");
  const Outcome check = smear({"check", file});
  EXPECT_THAT(check.out, HasSubstr("macro-log.txt  (one of the run, imagej.macro)"));
  EXPECT_THAT(check.out, HasSubstr("{dir}/{stem}.tif  (of each image, imagej.save-as)"));
  ASSERT_EQ(run(file, "b", {"-j3", "--limit", "2"}).exit_code, 0);
  ASSERT_EQ(run(file, "b", {"--resume"}).exit_code, 0);
  EXPECT_EQ(read_file(folder_ / "b/macro-log.txt"), log);
  ASSERT_EQ(run(file, "c", {"--shard", "1/2"}).exit_code, 0);
  ASSERT_EQ(run(file, "d", {"--shard", "2/2"}).exit_code, 0);
  ASSERT_EQ(smear({"merge", (folder_ / "c").string(), (folder_ / "d").string(), "-o",
                   (folder_ / "e").string()})
                .exit_code,
            0);
  EXPECT_EQ(read_file(folder_ / "e/macro-log.txt"), log);
  const auto silent = macro(
      "name: p\ninput: {imagej: true}\nstages:\n  - imagej.macro: {code: 'print(1);'}\n", "p.yaml");
  EXPECT_THAT(smear({"check", silent}).err, HasSubstr("log: macro-log.txt"));
}

TEST_F(Macro, PrintsAndSavesMoreThanOnce) {
  const auto file = macro(
      "print(\"first\");\nrun(\"8-bit\");\nprint(getTitle);\n"
      "saveAs(\"Tiff\", \"out/\" + getTitle);\nsaveAs(\"PNG\", \"out/\" + getTitle);\n");
  const Outcome outcome = run(file, "twice", {"-j2"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(read_file(folder_ / "twice/macro-log.txt"),
            "first\nsmear-0001.jpg\nfirst\nsmear-0002.jpg\nfirst\nsmear-0003.jpg\n");
}

// A merge that is refused leaves what it was to replace.
TEST_F(Macro, KeepsTheRunThatARefusedMergeWasToReplace) {
  const auto file = macro("run(\"8-bit\");\nsaveAs(\"Tiff\", \"out/all.tif\");\n");
  const auto good = macro("run(\"8-bit\");\n", "good.ijm");
  for (const char* part : {"1", "2"}) {
    ASSERT_EQ(run(good, std::string("g") + part, {"--shard", std::string(part) + "/2"}).exit_code,
              0);
    run(file, std::string("s") + part, {"--shard", std::string(part) + "/2"});
  }
  const auto merge = [&](const std::string& name) {
    return smear({"merge", (folder_ / (name + "1")).string(), (folder_ / (name + "2")).string(),
                  "-o", (folder_ / "m").string(), "--overwrite"});
  };
  ASSERT_EQ(merge("g").exit_code, 0);
  const auto samples = read_file(folder_ / "m/samples.csv");
  EXPECT_NE(merge("s").exit_code, 0);
  EXPECT_EQ(read_file(folder_ / "m/samples.csv"), samples);
}

TEST_F(Macro, FollowsTheVersionWhereItIsKnown) {
  const auto sliding =
      macro("run(\"8-bit\");\nrun(\"Subtract Background...\", \"rolling=50 sliding\");\n");
  EXPECT_EQ(smear({"check", sliding}).exit_code, 0);
  const Outcome refused = smear({"check", sliding, "--imagej-version", "1.54"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, StartsWith(sliding + ":2:1: error: Subtract Background..."));
  const auto method = macro("run(\"8-bit\");\nsetAutoThreshold(\"Intermodes dark\");\n");
  EXPECT_THAT(smear({"check", method, "--imagej-version", "1.54"}).err,
              HasSubstr(":2:1: error: the threshold method Intermodes is only known"));

  // 1.54f dropped scientific numbers below 0.001.
  const auto small =
      macro("run(\"32-bit\");\nrun(\"Multiply...\", \"value=0.0000001\");\nrun(\"Measure\");\n");
  ASSERT_EQ(run(small, "old").exit_code, 0);
  ASSERT_EQ(run(small, "new", {"--imagej-version", "1.54"}).exit_code, 0);
  EXPECT_THAT(read_file(folder_ / "old/smear-0001.csv"), HasSubstr("E-"));
  EXPECT_THAT(read_file(folder_ / "new/smear-0001.csv"), Not(HasSubstr("E-")));
  EXPECT_THAT(read_file(folder_ / "new/smear-0001.csv"), HasSubstr(",0.000,"));
  EXPECT_THAT(read_file(folder_ / "new/run.json"), HasSubstr("1.54"));
  // Another version is another pipeline: nothing of the earlier run is kept.
  EXPECT_THAT(run(small, "old", {"--imagej-version", "1.54", "--resume"}).out,
              Not(HasSubstr("3 kept")));
  expect_same_files(folder_ / "old", folder_ / "new");
  // Of one or two levels 1.54 finds thresholds by a shortcut.
  const auto levels =
      macro("run(\"8-bit\");\nrun(\"Make Binary\");\nsetAutoThreshold(\"Otsu\");\n");
  EXPECT_EQ(run(levels, "l").exit_code, 0);
  EXPECT_EQ(run(levels, "m", {"--imagej-version", "1.54"}).exit_code, 3);
  EXPECT_THAT(read_file(folder_ / "m/samples.csv"), HasSubstr("one or two levels"));
}

struct Refused {
  const char* name;
  const char* text;
  const char* place;    ///< of the first error
  const char* message;  ///< part of it
};
class RefusedMacro : public Macro, public testing::WithParamInterface<Refused> {};

TEST_P(RefusedMacro, BeforeTheRunWithItsPlace) {
  const auto file = macro(GetParam().text);
  const Outcome outcome = run(file, "out");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, StartsWith(file + ":" + GetParam().place + ": error: "));
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().message));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

INSTANTIATE_TEST_SUITE_P(
    Every, RefusedMacro,
    testing::Values(
        Refused{"unknown_command", "run(\"8-bit\");\nrun(\"Gausian Blur...\", \"sigma=2\");\n",
                "2:5", "did you mean 'Gaussian Blur...'"},
        Refused{"missing_option", "run(\"Median...\");\n", "1:1", "Median... needs 'radius=...'"},
        Refused{"misspelt_option", "run(\"Median...\", \"raduis=2\");\n", "1:19",
                "did you mean 'radius'"},
        Refused{"dialog", "n = getNumber(\"sigma\", 2);\n", "1:5", "--set"},
        Refused{"waits", "run(\"8-bit\");\nwaitForUser(\"look\");\n", "2:1", "nobody is there"},
        Refused{"plugin_of_fiji", "run(\"Colour Deconvolution\", \"vectors=[H&E]\");\n", "1:5",
                "Fiji"},
        Refused{"undefined_variable", "run(\"Median...\", \"radius=\" + r);\n", "1:30", "r"},
        Refused{"bracket", "for (i = 0; i < 3; i++) {\n  run(\"Invert\");\n", "1:25",
                "is not closed"},
        Refused{"random", "x = random;\nrun(\"Add...\", \"value=\" + x);\n", "1:5", "random"},
        Refused{
            "reserved_name",
            "d = getDirectory(\"In\"); o = getDirectory(\"Out\"); list = getFileList(d);\n"
            "for (i = 0; i < list.length; i++) { open(d + list[i]); run(\"Measure\"); close(); }\n"
            "saveAs(\"Results\", o + \"samples.csv\");\n",
            "3:1", "take another name"},
        Refused{"set_behind_its_use",
                "d = getDirectory(\"In\"); o = getDirectory(\"Out\"); list = getFileList(d);\n"
                "for (i = 0; i < list.length; i++) { open(d + list[i]); run(\"Measure\");\n"
                "run(\"Set Measurements...\", \"mean redirect=None decimal=3\"); close(); }\n"
                "saveAs(\"Results\", o + \"all.csv\");",
                "3:1", "set it for each image before it is used"},
        Refused{"format",
                "d = getDirectory(\"In\"); o = getDirectory(\"Out\"); list = getFileList(d);\n"
                "for (i = 0; i < list.length; i++) { open(d + list[i]);\n"
                "saveAs(\"Viff\", o + list[i]); close(); }",
                "3:8", "Tiff, PNG, Jpeg"},
        Refused{"not_a_number", "run(\"Gaussian Blur...\", \"sigma=two\");\n", "1:32", "number"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(Macro, SaysTheMacrosPlaceOfWhatFailsWithAnImage) {
  const Outcome command = run(macro("run(\"8-bit\");\n\n  run(\"HSB Stack\");\n"), "command");
  EXPECT_THAT(command.told(), HasSubstr("imagej.hsb-stack: m.ijm:3:3: error: HSB Stack takes RGB"));
  const Outcome code = run(macro("run(\"8-bit\");\nif (getWidth() > 1) {\n  // nothing yet\n"
                                 "  x = getResult(\"Mean\", 4);\n}\n",
                                 "c.ijm"),
                           "code");
  EXPECT_THAT(code.told(), HasSubstr("c.ijm:4:7: error: row 4 is not in the Results table"));
}

TEST_F(Macro, NumbersImagesAsTheyAreInTheirFolder) {
  const Outcome outcome = run(
      macro("run(\"8-bit\");\nsaveAs(\"PNG\", getDirectory(\"image\") + \"im_\" + IJ.pad(i, 3));"),
      "numbered");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(files("numbered"), testing::ElementsAre("im_000.png", "im_001.png", "im_002.png"));
}

TEST_F(Macro, FailsTheImageThatACommandDoesNotTake) {
  const Outcome outcome = run(macro("run(\"Watershed\");\n"), "out");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(read_file(folder_ / "out/samples.csv"), HasSubstr("imagej.watershed"));
  EXPECT_THAT(read_file(folder_ / "out/samples.csv"), HasSubstr("8-bit"));
  EXPECT_EQ(files("out"), std::set<std::string>{});
}

}  // namespace
}  // namespace smear::test
