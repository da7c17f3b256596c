// SPDX-License-Identifier: Apache-2.0
// `smear synth` paints the same smears for the same seed, and tells exactly what is in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

using testing::HasSubstr;

class Synth : public testing::Test {
 protected:
  std::map<std::string, std::string> paint(const std::string& name,
                                           const std::vector<std::string>& options) {
    std::vector<std::string> arguments{"synth", (folder_ / name).string()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Outcome outcome = smear(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
    return files_under(folder_ / name);
  }

  Csv cells(const std::string& name) {
    return parse_csv(read_file(folder_ / name / "truth/cells.csv"));
  }

  TemporaryFolder folder_;
};

TEST_F(Synth, IsDeterministic) {
  const auto once = paint("a", {"--count", "4", "--size", "120x90", "--seed", "7"});
  EXPECT_EQ(once.size(), 4U * 3U + 1U);
  EXPECT_EQ(difference(once, paint("b", {"--count", "4", "--size", "120x90", "--seed", "7",
                                         "--jobs", "1"})),
            "");
  const auto other = paint("c", {"--count", "4", "--size", "120x90", "--seed", "8"});
  EXPECT_NE(once.at("images/smear-0001.jpg"), other.at("images/smear-0001.jpg"));
  EXPECT_NE(once.at("images/smear-0001.jpg"), once.at("images/smear-0002.jpg"));
}

TEST_F(Synth, PaintsTheFirstOfManyAsTheFirstOfFew) {
  const auto few = paint("few", {"--count", "2", "--size", "96x96"});
  const auto many = paint("many", {"--count", "5", "--size", "96x96"});
  for (const auto& [name, bytes] : few) {
    if (name != "truth/cells.csv") {
      EXPECT_EQ(many.at(name), bytes) << name;
    }
  }
  EXPECT_TRUE(many.at("truth/cells.csv").starts_with(few.at("truth/cells.csv")));
}

TEST_F(Synth, PaintsTheSizeThatIsAskedFor) {
  paint("s", {"--count", "2", "--size", "150x70"});
  write_file(folder_ / "p.yaml", "stages:\n  - save-image\n");
  const auto out = folder_ / "out";
  ASSERT_EQ(smear({"run", (folder_ / "p.yaml").string(), (folder_ / "s/images").string(), "-o",
                   out.string()})
                .exit_code,
            0);
  for (const auto& row : samples_of(out).rows) {
    EXPECT_EQ(row.at("width"), "150");
    EXPECT_EQ(row.at("height"), "70");
  }
}

TEST_F(Synth, TellsEveryKindOfCell) {
  paint("s", {"--count", "10"});
  const auto classes = cells("s").column("class");
  EXPECT_GT(std::ranges::count(classes, "red"), 100);
  EXPECT_GE(std::ranges::count(classes, "white"), 5);
  EXPECT_GE(std::ranges::count(classes, "platelet"), 5);
}

TEST_F(Synth, MakesTheFractionAbnormalThatIsAskedFor) {
  paint("none", {"--count", "20", "--size", "160x160"});
  for (const auto& row : cells("none").rows) EXPECT_EQ(row.at("abnormal"), "0");
  paint("all", {"--count", "20", "--size", "160x160", "--abnormal", "1"});
  for (const auto& row : cells("all").rows) {
    EXPECT_EQ(row.at("abnormal"), row.at("class") == "white" ? "1" : "0");
  }
  paint("half", {"--count", "60", "--size", "160x160", "--abnormal", "0.5"});
  int white = 0;
  int abnormal = 0;
  for (const auto& row : cells("half").rows) {
    white += row.at("class") == "white" ? 1 : 0;
    abnormal += row.at("abnormal") == "1" ? 1 : 0;
  }
  EXPECT_GT(abnormal, white / 5);
  EXPECT_LT(abnormal, white * 4 / 5);
}

TEST_F(Synth, MakesWhiteCellsAsIrregularAsIsAskedFor) {
  paint("plain", {"--count", "3"});
  paint("same", {"--count", "3", "--irregularity", "1"});
  EXPECT_EQ(files_under(folder_ / "same"), files_under(folder_ / "plain"));
  paint("smooth", {"--count", "3", "--irregularity", "0"});
  int white = 0;
  for (const auto& row : cells("smooth").rows) {
    if (row.at("class") == "white") ++white;
    EXPECT_EQ(std::stod(row.at("irregularity")) == 0.0, row.at("class") == "white");
  }
  EXPECT_GT(white, 0);
}

TEST_F(Synth, TruthIsExact) {
  paint("s", {"--count", "4", "--size", "200x160", "--abnormal", "0.3"});
  const Outcome outcome = run_program({"/usr/bin/python3", "-W", "ignore", "-c",
                                       R"(import sys
try:
    import numpy, skimage.io
except ImportError:
    sys.exit(99)
import csv, collections, os
root = sys.argv[1]
rows = collections.defaultdict(dict)
for row in csv.DictReader(open(root + '/truth/cells.csv')):
    rows[row['image']][int(row['label'])] = row
names = sorted(os.listdir(root + '/images'))
assert len(names) == 4 and set(rows) == set(names), (names, set(rows))
for name in names:
    stem = name.rsplit('.', 1)[0]
    labels = skimage.io.imread(root + '/truth/labels/' + stem + '.png')
    nuclei = skimage.io.imread(root + '/truth/nuclei/' + stem + '.png')
    image = skimage.io.imread(root + '/images/' + name)
    assert labels.shape == (160, 200) == nuclei.shape and image.shape == (160, 200, 3)
    assert labels.dtype == numpy.uint16, labels.dtype
    assert set(numpy.unique(nuclei)) <= {0, 255}
    found = set(numpy.unique(labels)) - {0}
    assert found <= set(rows[name]), (name, found - set(rows[name]))
    for label, row in rows[name].items():
        mask = labels == label
        assert mask.sum() == int(row['area_visible_px']), (name, label, mask.sum(), row)
        assert int(row['area_visible_px']) <= int(row['area_full_px']), row
        if not mask.any():
            continue
        ys, xs = numpy.nonzero(mask)
        x, y = int(row['box_x_px']), int(row['box_y_px'])
        assert xs.min() >= x and ys.min() >= y, row
        assert xs.max() < x + int(row['box_width_px']), row
        assert ys.max() < y + int(row['box_height_px']), row
        if row['class'] != 'white':
            assert not nuclei[mask].any(), row
    background = image[labels == 0].mean()
    cells = image[labels > 0].mean()
    assert background > cells, (background, cells)
    white = numpy.isin(labels, [l for l, r in rows[name].items() if r['class'] == 'white'])
    assert not nuclei[~white].any()
    if nuclei.any():
        assert image[nuclei > 0].mean() < cells
)",
                                       (folder_ / "s").string()});
  if (outcome.exit_code == 99 || outcome.exit_code == 127) {
    GTEST_SKIP() << "no python3 with skimage here";
  }
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
}

TEST_F(Synth, RefusesWhatItCannotPaint) {
  const std::string out = (folder_ / "s").string();
  const std::vector<std::vector<std::string>> wrong{{"--size", "0x0"},
                                                    {"--size", "96"},
                                                    {"--size", "axb"},
                                                    {"--size", "96x96x96"},
                                                    {"--size", "-96x96"},
                                                    {"--size", "999999x999999"},
                                                    {"--count", "0"},
                                                    {"--count", "-1"},
                                                    {"--count", "many"},
                                                    {"--abnormal", "2"},
                                                    {"--abnormal", "-0.1"},
                                                    {"--abnormal", "nan"},
                                                    {"--irregularity", "-1"},
                                                    {"--irregularity", "5.1"},
                                                    {"--irregularity", "nan"},
                                                    {"--seed", "x"},
                                                    {"--bogus"}};
  for (const auto& options : wrong) {
    std::vector<std::string> arguments{"synth", out};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Outcome outcome = smear(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << testing::PrintToString(options) << outcome.told();
    EXPECT_FALSE(outcome.err.empty());
    EXPECT_FALSE(std::filesystem::exists(out)) << testing::PrintToString(options);
  }
  EXPECT_EQ(smear({"synth"}).exit_code, 2);
}

TEST_F(Synth, ReplacesNothingUnasked) {
  write_file(folder_ / "s/thesis.txt", "years of work");
  EXPECT_NE(smear({"synth", (folder_ / "s").string(), "--count", "1"}).exit_code, 0);
  smear({"synth", (folder_ / "s").string(), "--count", "1", "--overwrite"});
  EXPECT_EQ(read_file(folder_ / "s/thesis.txt"), "years of work");
}

TEST_F(Synth, TellsWhereItCannotWrite) {
  const Outcome outcome = smear({"synth", "/proc/smear/s", "--count", "1"});
  EXPECT_THAT(outcome.exit_code, testing::AnyOf(1, 2)) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr("/proc/smear"));
}

}  // namespace
}  // namespace smear::test
