// SPDX-License-Identifier: Apache-2.0
// Runs with stages made to misbehave: what a stage does to one sample never reaches another.
#include "run/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "codec/codec.h"
#include "filters/filters.h"

namespace smear::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

/// Adds 10 to every pixel in batches of 4, in place of the slot, and throws at one image.
class Brighten final : public Stage {
 public:
  static constexpr StageInfo info{.name = "t.brighten",
                                  .summary = "",
                                  .category = Category::other,
                                  .details = "",
                                  .example = "",
                                  .reference = ""};
  void describe(OptionSpec& spec) override {
    spec.text("fails_at", fails_at_);
    spec.input("image", SlotType::grey8);
    spec.output_like("image", "image");
  }
  [[nodiscard]] std::size_t preferred_batch() const override { return 4; }
  void process(Sample& sample, const RunContext& run) const override {
    if (sample.id().path == fails_at_) throw SampleError("as it was told");
    sample.warn("brightened");
    Table row;
    row.add("n", std::vector<std::int64_t>{1});
    run.outputs().append(sample, "rows.csv", row);
    sample.set("image", sample.image("image").with_pixels(sample.image("image").pixels() + 10));
  }

 private:
  std::string fails_at_;
};

class ThrowsAnInteger final : public Stage {
 public:
  static constexpr StageInfo info{.name = "t.throws-integer",
                                  .summary = "",
                                  .category = Category::other,
                                  .details = "",
                                  .example = "",
                                  .reference = ""};
  void describe(OptionSpec& spec) override { spec.input("image", SlotType::grey8); }
  void process(Sample&, const RunContext&) const override { throw 42; }
};

class Lies final : public Stage {
 public:
  static constexpr StageInfo info{.name = "t.lies",
                                  .summary = "",
                                  .category = Category::other,
                                  .details = "",
                                  .example = "",
                                  .reference = ""};
  void describe(OptionSpec& spec) override { spec.output("mask", SlotType::mask); }
  void process(Sample&, const RunContext&) const override {}
};

class AppendsTwice final : public Stage {
 public:
  static constexpr StageInfo info{.name = "t.appends-twice",
                                  .summary = "",
                                  .category = Category::other,
                                  .details = "",
                                  .example = "",
                                  .reference = ""};
  void describe(OptionSpec& spec) override { spec.input("image", SlotType::grey8); }
  void process(Sample& sample, const RunContext& run) const override {
    Table first;
    first.add("a", std::vector<std::int64_t>{1, 2});
    first.add("class", std::vector<std::int64_t>{7, 8});
    first.add("label", std::vector<std::int64_t>{1, 2});
    Table second;
    second.add("b", std::vector<std::string>{"x,y"});
    second.add("a", std::vector<std::int64_t>{3});
    run.outputs().append(sample, "t.csv", first);
    run.outputs().append(sample, "t.csv", second);
  }
};

class Silent final : public RunObserver {
 public:
  void started(std::int64_t, std::int64_t, const std::vector<std::string>& notes) override {
    notes_ = notes;
  }
  void finished_file(const std::vector<SampleRecord>&) override {}
  void writing_results() override {}
  std::vector<std::string> notes_;
};

class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() : root_(fs::temp_directory_path() / ("smear-runner-" + std::to_string(getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_ / "in");
    register_filters(registry_);
    registry_.add<Brighten>();
    registry_.add<ThrowsAnInteger>();
    registry_.add<Lies>();
    registry_.add<AppendsTwice>();
    for (int i = 1; i <= 6; ++i)
      codec::write_png(root_ / "in" / (std::to_string(i) + ".png"),
                       Image(cv::Mat(8, 8, CV_8UC1, cv::Scalar(i))));
    options_.input = root_ / "in";
    options_.output = root_ / "out";
  }
  ~RunnerTest() override { fs::remove_all(root_); }

  RunSummary run(const std::string& stages) {
    const auto pipeline = parse_pipeline("stages:\n" + stages, root_ / "p.yaml", registry_);
    const std::atomic<bool> stop = false;
    return run_pipeline(pipeline, options_, plan_run(pipeline, options_), observer_, stop);
  }
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ostringstream all;
    all << std::ifstream(root_ / "out" / name).rdbuf();
    return all.str();
  }
  [[nodiscard]] int grey_of(const std::string& name) const {
    return codec::read_image(root_ / "out" / name).pixels().at<std::uint8_t>(0, 0);
  }

  fs::path root_;
  Registry registry_;
  RunOptions options_;
  Silent observer_;
};

TEST_F(RunnerTest, RepeatsAFailedBatchFromTheSamplesAsTheyWere) {
  options_.jobs = 1;
  const auto summary =
      run("  - t.brighten: {fails_at: 3.png}\n  - save-image: {to: \"{id}.png\"}\n");
  EXPECT_EQ(summary.done, 5);
  EXPECT_EQ(summary.quarantined, 1);
  for (const int i : {1, 2, 4, 5, 6}) EXPECT_EQ(grey_of(std::to_string(i) + ".png.png"), i + 10);
  EXPECT_EQ(text("rows.csv"), "image,n\n1.png,1\n2.png,1\n4.png,1\n5.png,1\n6.png,1\n");
  EXPECT_THAT(text("samples.csv"), HasSubstr("3.png,quarantined,t.brighten,as it was told"));
  EXPECT_THAT(text("samples.csv"), Not(HasSubstr("brightened; brightened")));
}

TEST_F(RunnerTest, QuarantinesWhateverAStageThrows) {
  const auto summary = run("  - t.throws-integer\n");
  EXPECT_EQ(summary.quarantined, 6);
  EXPECT_THAT(text("samples.csv"), HasSubstr("an exception of an unknown kind"));
}

TEST_F(RunnerTest, QuarantinesAStageThatDoesNotWriteWhatItDeclared) {
  const auto summary = run("  - t.lies\n  - save-image: {inputs: {image: mask}}\n");
  EXPECT_EQ(summary.quarantined, 6);
  EXPECT_THAT(text("samples.csv"), HasSubstr("but wrote nothing"));
}

TEST_F(RunnerTest, KeepsAllRowsOfATableUnderTheUnionOfTheirColumns) {
  options_.limit = 1;
  run("  - t.appends-twice\n");
  EXPECT_EQ(text("t.csv"),
            "image,a,class,label,b\n1.png,1,7,1,\n1.png,2,8,2,\n1.png,3,,,\"x,y\"\n");
}

TEST_F(RunnerTest, QuarantinesAnImageThatNeedsMoreThanTheMemoryLimit) {
  codec::write_png(root_ / "in" / "large.png", Image(cv::Mat::zeros(400, 400, CV_8UC1)));
  options_.ram = 1'000'000;
  const auto summary = run("  - save-image\n");
  EXPECT_EQ(summary.done, 6);
  EXPECT_THAT(text("samples.csv"), HasSubstr("need about 18.3 MiB, the limit is 1.0 MiB (--ram)"));
}

TEST_F(RunnerTest, ReplacesAnotherPipelinesResultsWholeEvenForALimitedRun) {
  run("  - save-image: {to: \"{id}.png\"}\n  - t.appends-twice\n");
  options_.resume = true;
  options_.limit = 2;
  run("  - t.brighten\n  - save-image: {to: \"b/{id}.png\"}\n");
  EXPECT_THAT(observer_.notes_,
              ::testing::ElementsAre(HasSubstr("6 files of the earlier run were made by another")));
  EXPECT_FALSE(fs::exists(root_ / "out" / "1.png.png"));
  EXPECT_FALSE(fs::exists(root_ / "out" / "t.csv"));
  EXPECT_EQ(grey_of("b/1.png.png"), 11);
  EXPECT_EQ(text("rows.csv"), "image,n\n1.png,1\n2.png,1\n");
}

TEST_F(RunnerTest, KeepsTheNamesThatAnotherSampleTakesOver) {
  fs::remove_all(root_ / "in");
  fs::create_directories(root_ / "in" / "1");
  fs::create_directories(root_ / "in" / "2");
  const Image image(cv::Mat(8, 8, CV_8UC1, cv::Scalar(9)));
  codec::write_png(root_ / "in" / "1" / "2.png", image);
  codec::write_png(root_ / "in" / "2" / "1.png", image);
  run("  - save-image: {to: \"{dir}/{stem}.png\"}\n");
  options_.resume = true;
  run("  - save-image: {to: \"{stem}/{dir}.png\"}\n");
  EXPECT_TRUE(fs::exists(root_ / "out" / "1" / "2.png"));
  EXPECT_TRUE(fs::exists(root_ / "out" / "2" / "1.png"));
}

TEST_F(RunnerTest, RefusesTwoStagesThatWriteOneFile) {
  EXPECT_THROW(run("  - save-image: {to: \"{id}.png\"}\n  - save-image: {to: \"{path}.png\"}\n"),
               ConfigError);
  EXPECT_THROW(run("  - save-image: {to: \"same.png\"}\n"), ConfigError);
  options_.output = "";
  EXPECT_THROW(run("  - save-image\n"), ConfigError);
}

}  // namespace
}  // namespace smear::test
