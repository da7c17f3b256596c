// SPDX-License-Identifier: Apache-2.0
// One bad image never stops a batch: it is quarantined with its reason, the others are all there,
// and what can be read is never read wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

using testing::HasSubstr;

class BadImages : public testing::Test {
 protected:
  void SetUp() override {
    write_file(pipeline_, small_pipeline());
    make_smears(input_, 3);
    good_ = read_file(input_ / "smear-0001.jpg");
  }

  Outcome run(const std::vector<std::string>& options = {}, Conditions conditions = {}) {
    std::vector<std::string> arguments{"run", pipeline_.string(), input_.string(), "-o",
                                       out_.string()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return smear(arguments, conditions);
  }

  /// The whole promise about one bad file, beside three good ones.
  void expect_quarantined(const std::string& name) {
    const Outcome outcome = run();
    EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
    const Csv samples = samples_of(out_);
    EXPECT_EQ(samples.rows.size(), 4U);
    for (const auto& row : samples.rows) {
      if (row.at("image") == name) continue;
      EXPECT_EQ(row.at("status"), "done") << row.at("image");
      EXPECT_TRUE(std::filesystem::exists(out_ / "overlays" / (row.at("image") + ".jpg")));
    }
    auto bad = samples.row("image", name);
    EXPECT_EQ(bad["status"], "quarantined");
    EXPECT_GT(bad["reason"].size(), 10U) << bad["reason"];
    EXPECT_FALSE(std::filesystem::exists(out_ / "overlays" / (name + ".jpg")));
    EXPECT_THAT(outcome.err, HasSubstr(name));
    EXPECT_THAT(read_file(out_ / "report.html"), HasSubstr(name));
  }

  TemporaryFolder folder_;
  std::filesystem::path pipeline_ = folder_ / "small.yaml";
  std::filesystem::path input_ = folder_ / "in";
  std::filesystem::path out_ = folder_ / "out";
  std::string good_;
};

TEST_F(BadImages, ZeroBytes) {
  write_file(input_ / "zero.jpg", "");
  expect_quarantined("zero.jpg");
}

TEST_F(BadImages, TruncatedJpeg) {
  write_file(input_ / "cut.jpg", good_.substr(0, good_.size() / 2));
  expect_quarantined("cut.jpg");
}

TEST_F(BadImages, JpegWithoutItsLastBytes) {
  write_file(input_ / "cut.jpg", good_.substr(0, good_.size() - 40));
  expect_quarantined("cut.jpg");
}

TEST_F(BadImages, JpegOfTwentyBytes) {
  write_file(input_ / "cut.jpg", good_.substr(0, 20));
  expect_quarantined("cut.jpg");
}

TEST_F(BadImages, TextNamedJpg) {
  write_file(input_ / "text.jpg", "Dear colleague,\nplease find the slide attached.\n");
  expect_quarantined("text.jpg");
}

TEST_F(BadImages, PngThatClaimsToBeHuge) {
  write_file(input_ / "huge.png", png_that_claims(100000, 100000));
  expect_quarantined("huge.png");
  EXPECT_THAT(samples_of(out_).row("image", "huge.png")["reason"], HasSubstr("100000"));
}

TEST_F(BadImages, PngThatClaimsTheLargestSizeThereIs) {
  write_file(input_ / "huge.png", png_that_claims(0x7fffffff, 0x7fffffff));
  expect_quarantined("huge.png");
}

TEST_F(BadImages, PngOfNoSize) {
  write_file(input_ / "none.png", png_that_claims(0, 10));
  expect_quarantined("none.png");
}

TEST_F(BadImages, PngWithoutItsPixels) {
  write_file(input_ / "hollow.png", png_that_claims(50, 50));
  expect_quarantined("hollow.png");
}

TEST_F(BadImages, DirectoryNamedLikeAnImage) {
  std::filesystem::create_directories(input_ / "folder.jpg");
  expect_quarantined("folder.jpg");
}

TEST_F(BadImages, ImagesInADirectoryNamedLikeAnImageAreRead) {
  write_file(input_ / "folder.jpg/inside.jpg", good_);
  run();
  EXPECT_EQ(samples_of(out_).row("image", "folder.jpg/inside.jpg")["status"], "done");
}

TEST_F(BadImages, BrokenSymlink) {
  std::filesystem::create_symlink("nowhere.jpg", input_ / "link.jpg");
  expect_quarantined("link.jpg");
}

TEST_F(BadImages, SymlinkToItself) {
  std::filesystem::create_symlink("link.jpg", input_ / "link.jpg");
  expect_quarantined("link.jpg");
}

TEST_F(BadImages, NamedPipeIsNotWaitedFor) {
  ASSERT_EQ(mkfifo((input_ / "pipe.jpg").c_str(), 0644), 0);
  expect_quarantined("pipe.jpg");
}

TEST_F(BadImages, UnreadablePermissions) {
  write_file(input_ / "locked.jpg", good_);
  ASSERT_EQ(chmod((input_ / "locked.jpg").c_str(), 0), 0);
  Conditions conditions;
  if (is_root()) {
    // Root reads everything: give up its rights, where the program can be reached without them.
    if (run_program({smear_path().string(), "version"}, {.as_nobody = true}).exit_code != 0) {
      GTEST_SKIP() << "runs as root, and user nobody cannot execute " << smear_path();
    }
    conditions.as_nobody = true;
    std::filesystem::create_directories(out_);
    ASSERT_EQ(chmod(out_.c_str(), 0777), 0);
  }
  const Outcome outcome = run({}, conditions);
  EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
  const Csv samples = samples_of(out_);
  ASSERT_EQ(samples.rows.size(), 4U);
  auto locked = samples.row("image", "locked.jpg");
  EXPECT_EQ(locked["status"], "quarantined");
  EXPECT_THAT(locked["reason"], testing::AnyOf(HasSubstr("ermission"), HasSubstr("not allowed")));
}

TEST_F(BadImages, UnreadableFolderIsTold) {
  write_file(input_ / "closed/smear.jpg", good_);
  ASSERT_EQ(chmod((input_ / "closed").c_str(), 0), 0);
  Conditions conditions;
  if (is_root()) {
    if (run_program({smear_path().string(), "version"}, {.as_nobody = true}).exit_code != 0) {
      GTEST_SKIP() << "runs as root, and user nobody cannot execute " << smear_path();
    }
    conditions.as_nobody = true;
    std::filesystem::create_directories(out_);
    ASSERT_EQ(chmod(out_.c_str(), 0777), 0);
  }
  const Outcome outcome = run({}, conditions);
  EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("closed"));
  const auto images = samples_of(out_).column("image");
  EXPECT_THAT(images,
              testing::IsSupersetOf({"smear-0001.jpg", "smear-0002.jpg", "smear-0003.jpg"}));
}

TEST_F(BadImages, AnyName) {
  const std::vector<std::string> names{
      "with space.jpg",
      " leading.jpg",
      "new\nline.jpg",
      "tab\there.jpg",
      "quote\"d.jpg",
      "apo'strophe.jpg",
      "comma, and.jpg",
      "Blutausstrich-\xc3\xa4.jpg",
      "\xe8\xa1\x80.jpg",
      "latin\xe4.jpg",
      "\xff\xfe.jpg",
      "per%cent%20.jpg",
      "{id}.jpg",
      "{stem}{}.jpg",
      "-o.jpg",
      "back\\slash.jpg",
      "<b>bold</b>.jpg",
      "a;b|c&d$(e).jpg",
      "*.jpg",
      "[x].jpg",
      "carriage\rreturn.jpg",
      "#hash.jpg",
      "UPPER.JPG.jpg",
      "=1+1.jpg",
  };
  for (const std::string& name : names) write_file(input_ / name, good_);
  const Outcome outcome = run();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  const Csv samples = samples_of(out_);
  EXPECT_EQ(samples.rows.size(), names.size() + 3);
  const auto images = samples.column("image");
  EXPECT_EQ(std::set<std::string>(images.begin(), images.end()).size(), images.size());
  EXPECT_TRUE(is_utf8(read_file(out_ / "samples.csv")));
  EXPECT_TRUE(is_utf8(read_file(out_ / "cells.csv")));
  EXPECT_TRUE(is_utf8(read_file(out_ / "report.html")));
  EXPECT_TRUE(is_utf8(read_file(out_ / "run.json")));

  const auto overlays = files_under(out_ / "overlays");
  EXPECT_EQ(overlays.size(), names.size() + 3);
  const std::string& expected = overlays.at("smear-0001.jpg.jpg");
  for (const std::string& name : names) {
    ASSERT_TRUE(overlays.contains(name + ".jpg")) << name;
    EXPECT_EQ(overlays.at(name + ".jpg"), expected) << name;
  }
  const auto cells = parse_csv(read_file(out_ / "cells.csv")).column("image");
  EXPECT_EQ(std::set<std::string>(cells.begin(), cells.end()).size(), images.size());

  const Outcome resumed = run({"--resume"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.told();
}

TEST_F(BadImages, NamesThatLookAlikeInATableStayApart) {
  // A byte that is no UTF-8, and a name that spells such a byte out.
  write_file(input_ / "a\xff.jpg", good_);
  write_file(input_ / "a\\xFF.jpg", good_);
  ASSERT_EQ(run().exit_code, 0);
  const auto images = samples_of(out_).column("image");
  EXPECT_EQ(std::set<std::string>(images.begin(), images.end()).size(), 5U)
      << testing::PrintToString(images);
}

TEST_F(BadImages, FilesOfOneNameAndTwoFormatsStayApart) {
  std::filesystem::remove_all(input_);
  write_file(input_ / "a.jpg", good_);
  write_file(input_ / "a.tif", grey_tiff(20, 20, {100}));
  run();
  EXPECT_EQ(samples_of(out_).rows.size(), 2U);
  EXPECT_EQ(files_under(out_ / "overlays").size(), 2U);
}

TEST_F(BadImages, BadNamesAndBadContentTogether) {
  write_file(input_ / "bad\n\xff\",'.jpg", "");
  const Outcome outcome = run();
  EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
  const Csv samples = samples_of(out_);
  EXPECT_EQ(samples.rows.size(), 4U);
  EXPECT_TRUE(is_utf8(read_file(out_ / "samples.csv")));
}

TEST_F(BadImages, TiffOfSeveralPagesIsRefusedOrReadByPage) {
  write_file(input_ / "pages.tif", grey_tiff(30, 20, {40, 200}));
  expect_quarantined("pages.tif");
  EXPECT_THAT(samples_of(out_).row("image", "pages.tif")["reason"], HasSubstr("page"));

  write_file(pipeline_,
             "input: {include: [\"*.tif\"], pages: each}\nstages:\n"
             "  - save-image: {to: \"images/{id}.png\"}\n");
  const Outcome outcome = run({"--overwrite"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(samples_of(out_).rows.size(), 2U);
  const auto images = files_under(out_ / "images");
  ASSERT_EQ(images.size(), 2U);
  EXPECT_NE(images.begin()->second, images.rbegin()->second) << "two pages, not one twice";
}

TEST_F(BadImages, TiffOfOnePageIsRead) {
  write_file(input_ / "page.tif", grey_tiff(30, 20, {40}));
  write_file(pipeline_,
             "input: {include: [\"*.tif\"]}\nstages:\n  - save-image: {to: \"images/{id}.tif\"}\n");
  const Outcome outcome = run();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(samples_of(out_).row("image", "page.tif")["width"], "30");
  EXPECT_EQ(samples_of(out_).row("image", "page.tif")["height"], "20");
}

TEST_F(BadImages, TiffWhoseDirectoriesGoRound) {
  std::string bytes = grey_tiff(30, 20, {40});
  const std::size_t next = 8 + 2 + 12 * 9;  // where the next directory is said to be: the first
  bytes.replace(next, 4, std::string("\x08\0\0\0", 4));
  write_file(input_ / "round.tif", bytes);
  const Outcome outcome = run();
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
  EXPECT_EQ(samples_of(out_).rows.size(), 4U);
}

TEST_F(BadImages, AllOfThemAtOnceStopNothing) {
  write_file(input_ / "zero.jpg", "");
  write_file(input_ / "cut.jpg", good_.substr(0, good_.size() / 3));
  write_file(input_ / "text.jpg", "text");
  write_file(input_ / "huge.png", png_that_claims(100000, 100000));
  write_file(input_ / "folder.jpg/inside.jpg", good_);
  std::filesystem::create_symlink("nowhere", input_ / "broken.jpg");
  const Outcome outcome = run({"--jobs", "2"});
  EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
  const Csv samples = samples_of(out_);
  int done = 0;
  int quarantined = 0;
  for (const auto& row : samples.rows) (row.at("status") == "done" ? done : quarantined)++;
  EXPECT_EQ(done, 4);
  EXPECT_EQ(quarantined, 6);
  EXPECT_EQ(files_under(out_ / "overlays").size(), 4U);
}

TEST_F(BadImages, ABatchOfNothingButBadImagesEnds) {
  std::filesystem::remove_all(input_);
  for (int i = 0; i < 5; ++i) write_file(input_ / (std::to_string(i) + ".jpg"), "");
  const Outcome outcome = run();
  EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
  EXPECT_EQ(samples_of(out_).rows.size(), 5U);
  EXPECT_TRUE(std::filesystem::exists(out_ / "report.html"));
}

TEST_F(BadImages, OddSizesAreDoneOrQuarantined) {
  write_file(input_ / "1x1.tif", grey_tiff(1, 1, {7}));
  write_file(input_ / "1x50.tif", grey_tiff(1, 50, {7}));
  write_file(input_ / "black.tif", grey_tiff(40, 40, {0}));
  write_file(input_ / "white.tif", grey_tiff(40, 40, {255}));
  const Outcome outcome = run();
  EXPECT_THAT(outcome.exit_code, testing::AnyOf(0, 3)) << outcome.told();
  EXPECT_EQ(samples_of(out_).rows.size(), 7U);
}

TEST_F(BadImages, AQuarantinedImageIsDoneOnceItIsMended) {
  write_file(input_ / "late.jpg", good_.substr(0, 500));
  ASSERT_EQ(run().exit_code, 3);
  write_file(input_ / "late.jpg", good_);
  const Outcome outcome = run({"--resume"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(samples_of(out_).row("image", "late.jpg")["status"], "done");
  EXPECT_TRUE(std::filesystem::exists(out_ / "overlays/late.jpg.jpg"));
}

}  // namespace
}  // namespace smear::test
