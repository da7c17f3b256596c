// SPDX-License-Identifier: Apache-2.0
// A run that was stopped, by whatever, and resumed equals one that was never disturbed, byte for
// byte; and what changed since is done again, and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <set>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class Resume : public testing::Test {
 protected:
  void SetUp() override { write_file(pipeline_, small_pipeline()); }

  std::vector<std::string> command(const std::filesystem::path& out,
                                   const std::vector<std::string>& options = {}) const {
    std::vector<std::string> arguments{"run", pipeline_.string(), input_.string(), "-o",
                                       out.string()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return arguments;
  }

  Outcome run(const std::vector<std::string>& options = {}, const Conditions& conditions = {}) {
    return smear(command(out_, options), conditions);
  }

  /// About 100 images, four of them bad, some in folders.
  void make_many() {
    make_smears(input_, 60, 128, 1);
    make_smears(input_ / "slide 2", 36, 96, 2);
    const std::string good = read_file(input_ / "smear-0001.jpg");
    write_file(input_ / "smear-0010b.jpg", "");
    write_file(input_ / "smear-0020b.jpg", good.substr(0, 900));
    write_file(input_ / "slide 2/text.jpg", "text");
    write_file(input_ / "slide 2/huge.png", png_that_claims(100000, 100000));
  }

  /// What a run that nothing disturbs writes, and how long it takes.
  std::map<std::string, std::string> undisturbed(double* seconds = nullptr) {
    const std::filesystem::path out = folder_ / "undisturbed";
    const Outcome outcome = smear(command(out));
    EXPECT_THAT(outcome.exit_code, testing::AnyOf(0, 3)) << outcome.told();
    if (seconds != nullptr) *seconds = outcome.seconds;
    return lasting_output(out);
  }

  /// No file with a final name is ever half written.
  void expect_only_whole_files(const std::map<std::string, std::string>& expected) {
    const std::filesystem::path overlays = out_ / "overlays";
    for (const auto& [name, bytes] : files_under(overlays)) {
      const auto whole = expected.find("overlays/" + name);
      if (whole != expected.end()) {
        EXPECT_EQ(bytes, whole->second) << name;
      }
    }
  }

  TemporaryFolder folder_;
  std::filesystem::path pipeline_ = folder_ / "small.yaml";
  std::filesystem::path input_ = folder_ / "in";
  std::filesystem::path out_ = folder_ / "out";
};

TEST_F(Resume, AfterKillsAtRandomInstants) {
  make_many();
  double seconds = 0;
  const auto expected = undisturbed(&seconds);
  ASSERT_EQ(expected.size(), 96U + 3U);
  const auto seed = std::random_device()();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::uniform_int_distribution<int> delay(1, std::max(50, static_cast<int>(1100 * seconds)));
  int kills = 0;
  for (int round = 0; round < 6; ++round) {
    std::filesystem::remove_all(out_);
    for (int attempt = 0; attempt < 2; ++attempt) {
      const milliseconds instant(delay(random));
      SCOPED_TRACE("round " + std::to_string(round) + ", killed after " +
                   std::to_string(instant.count()) + " ms");
      const std::vector<std::string> options = std::filesystem::exists(out_)
                                                   ? std::vector<std::string>{"--resume"}
                                                   : std::vector<std::string>{};
      const Outcome outcome = run(options, {.act = send(SIGKILL), .delay = instant});
      if (outcome.signal == SIGKILL) {
        ++kills;
      } else {
        EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
      }
      expect_only_whole_files(expected);
    }
    const Outcome resumed = run({"--resume"});
    ASSERT_EQ(resumed.exit_code, 3) << resumed.told();
    ASSERT_EQ(difference(expected, lasting_output(out_)), "") << "round " << round;
  }
  EXPECT_GT(kills, 0) << "every run ended before it was killed";
}

TEST_F(Resume, AfterAKillJustWhenAFileAppears) {
  make_smears(input_, 12, 96);
  const auto expected = undisturbed();
  for (const char* name : {".smear", ".smear/ledger.db", ".smear/ledger.db-wal", "overlays",
                           "overlays/smear-0001.jpg.jpg", "overlays/smear-0012.jpg.jpg",
                           "cells.csv", "samples.csv", "report.html", "run.json"}) {
    SCOPED_TRACE(name);
    std::filesystem::remove_all(out_);
    run({}, {.act = send(SIGKILL), .awaited = out_ / name});
    expect_only_whole_files(expected);
    const Outcome resumed = run({"--resume"});
    ASSERT_EQ(resumed.exit_code, 0) << resumed.told();
    ASSERT_EQ(difference(expected, lasting_output(out_)), "");
  }
}

TEST_F(Resume, AfterAKilledOverwrite) {
  make_smears(input_, 20, 96);
  const auto expected = undisturbed();
  ASSERT_EQ(run({"--set", "gaussian-blur.sigma=3"}).exit_code, 0);
  run({"--overwrite"}, {.act = send(SIGKILL), .delay = milliseconds(60)});
  const Outcome resumed = run({"--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.told();
  EXPECT_EQ(difference(expected, lasting_output(out_)), "");
}

TEST_F(Resume, DoesOnlyWhatIsMissing) {
  make_smears(input_, 6, 96);
  ASSERT_EQ(run({"--limit", "3"}).exit_code, 0);
  const auto first = out_ / "overlays/smear-0001.jpg.jpg";
  const auto written = std::filesystem::last_write_time(first);
  ASSERT_EQ(run({"--resume"}).exit_code, 0);
  EXPECT_EQ(std::filesystem::last_write_time(first), written);
  EXPECT_EQ(difference(undisturbed(), lasting_output(out_)), "");
}

TEST_F(Resume, MakesADeletedOutputAgain) {
  make_smears(input_, 4, 96);
  ASSERT_EQ(run().exit_code, 0);
  std::filesystem::remove(out_ / "overlays/smear-0002.jpg.jpg");
  std::filesystem::remove(out_ / "cells.csv");
  std::filesystem::remove(out_ / "samples.csv");
  ASSERT_EQ(run({"--resume"}).exit_code, 0);
  EXPECT_EQ(difference(undisturbed(), lasting_output(out_)), "");
}

TEST_F(Resume, MakesACutOutputAgain) {
  make_smears(input_, 4, 96);
  ASSERT_EQ(run().exit_code, 0);
  const auto overlay = out_ / "overlays/smear-0002.jpg.jpg";
  std::filesystem::resize_file(overlay, 100);
  ASSERT_EQ(run({"--resume"}).exit_code, 0);
  EXPECT_EQ(difference(undisturbed(), lasting_output(out_)), "");
}

TEST_F(Resume, RedoesJustTheFileThatChanged) {
  make_smears(input_, 5, 96);
  ASSERT_EQ(run().exit_code, 0);
  std::map<std::string, std::filesystem::file_time_type> before;
  for (const auto& entry : std::filesystem::directory_iterator(out_ / "overlays")) {
    before[entry.path().filename().string()] = entry.last_write_time();
  }
  make_smears(folder_ / "other", 1, 96, 77);
  write_file(input_ / "smear-0003.jpg", read_file(folder_ / "other/smear-0001.jpg"));
  ASSERT_EQ(run({"--resume"}).exit_code, 0);
  for (const auto& [name, time] : before) {
    const bool same = std::filesystem::last_write_time(out_ / "overlays" / name) == time;
    EXPECT_EQ(same, name != "smear-0003.jpg.jpg") << name;
  }
  EXPECT_EQ(difference(undisturbed(), lasting_output(out_)), "");
}

TEST_F(Resume, SeesAChangeThatKeepsTheSize) {
  const auto file = input_ / "a.tif";
  write_file(file, grey_tiff(20, 20, {40}));
  write_file(pipeline_,
             "input: {include: [\"*.tif\"]}\nstages:\n  - save-image: {to: \"{id}.tif\"}\n");
  ASSERT_EQ(run().exit_code, 0);
  write_file(file, grey_tiff(20, 20, {90}));
  ASSERT_EQ(run({"--resume"}).exit_code, 0);
  EXPECT_EQ(difference(undisturbed(), lasting_output(out_)), "");
}

TEST_F(Resume, TellsTheSameOfAGoneFileEverywhere) {
  make_smears(input_, 4, 96);
  ASSERT_EQ(run().exit_code, 0);
  std::filesystem::remove(input_ / "smear-0002.jpg");
  const Outcome outcome = run({"--resume"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  // Keeping what was made of it is right only where samples.csv still tells of it.
  const bool listed = !samples_of(out_).row("image", "smear-0002.jpg").empty();
  const auto cells = parse_csv(read_file(out_ / "cells.csv")).column("image");
  EXPECT_EQ(std::ranges::count(cells, "smear-0002.jpg") > 0, listed);
  EXPECT_EQ(std::filesystem::exists(out_ / "overlays/smear-0002.jpg.jpg"), listed);
}

TEST_F(Resume, TakesInNewFiles) {
  make_smears(input_, 4, 96);
  std::filesystem::rename(input_ / "smear-0002.jpg", folder_ / "later.jpg");
  ASSERT_EQ(run().exit_code, 0);
  std::filesystem::rename(folder_ / "later.jpg", input_ / "smear-0002.jpg");
  ASSERT_EQ(run({"--resume"}).exit_code, 0);
  EXPECT_EQ(difference(undisturbed(), lasting_output(out_)), "");
}

TEST_F(Resume, RedoesEverythingForAnotherPipeline) {
  make_smears(input_, 4, 96);
  ASSERT_EQ(run().exit_code, 0);
  std::string text = small_pipeline();
  text.replace(text.find("sigma: 1.5"), 10, "sigma: 3.5");
  text.replace(text.find("cells.csv"), 9, "objects.csv");
  text.replace(text.find("{inputs: {image: source}}"), 25, "{to: \"pictures/{id}.png\"}");
  write_file(pipeline_, text);
  const Outcome outcome = run({"--resume"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(difference(undisturbed(), lasting_output(out_)), "") << "nothing stale is left";
  EXPECT_FALSE(std::filesystem::exists(out_ / "overlays"));
}

TEST_F(Resume, RedoesEverythingForAnotherOptionOrSeed) {
  make_smears(input_, 3, 96);
  ASSERT_EQ(run({"--set", "gaussian-blur.sigma=4"}).exit_code, 0);
  ASSERT_EQ(run({"--resume"}).exit_code, 0);
  EXPECT_EQ(difference(undisturbed(), lasting_output(out_)), "");
  const Outcome outcome = run({"--resume", "--seed", "2"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
}

TEST_F(Resume, KeepsEverythingWhereOnlyCommentsOfThePipelineChanged) {
  make_smears(input_, 3, 96);
  ASSERT_EQ(run().exit_code, 0);
  const auto overlay = out_ / "overlays/smear-0001.jpg.jpg";
  const auto time = std::filesystem::last_write_time(overlay);
  write_file(pipeline_, "# a remark\n" + small_pipeline());
  ASSERT_EQ(run({"--resume"}).exit_code, 0);
  EXPECT_EQ(std::filesystem::last_write_time(overlay), time);
}

TEST_F(Resume, StartsWhereThereIsNothingYet) {
  make_smears(input_, 2, 96);
  const Outcome outcome = run({"--resume"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(samples_of(out_).rows.size(), 2U);
}

TEST_F(Resume, AfterCtrlC) {
  make_many();
  double seconds = 0;
  const auto expected = undisturbed(&seconds);
  const Outcome stopped = run({}, {.act = send(SIGINT),
                                   .delay = milliseconds(static_cast<int>(300 * seconds)),
                                   .awaited = out_ / "overlays"});
  ASSERT_TRUE(stopped.acted);
  EXPECT_FALSE(stopped.timed_out);
  EXPECT_NE(stopped.exit_code, 0) << stopped.told();
  EXPECT_THAT(stopped.err + stopped.out, HasSubstr("--resume"));
  EXPECT_LT(stopped.seconds, seconds + 5) << "ends soon";
  expect_only_whole_files(expected);
  const Outcome resumed = run({"--resume"});
  EXPECT_EQ(resumed.exit_code, 3) << resumed.told();
  EXPECT_EQ(difference(expected, lasting_output(out_)), "");
}

TEST_F(Resume, AfterATermination) {
  make_many();
  const auto expected = undisturbed();
  const Outcome stopped = run({}, {.act = send(SIGTERM), .awaited = out_ / "overlays"});
  ASSERT_TRUE(stopped.acted);
  EXPECT_NE(stopped.exit_code, 0);
  EXPECT_EQ(run({"--resume"}).exit_code, 3);
  EXPECT_EQ(difference(expected, lasting_output(out_)), "");
}

TEST_F(Resume, TwoRunsAtOnceInOneOutAreRefused) {
  make_many();
  const auto expected = undisturbed();
  Outcome second;
  const Outcome first =
      run({}, {.act = [&](pid_t) { second = run({"--resume"}); }, .awaited = out_ / "overlays"});
  ASSERT_TRUE(first.acted);
  EXPECT_THAT(second.exit_code, testing::AnyOf(1, 2)) << second.told();
  EXPECT_FALSE(second.err.empty());
  EXPECT_EQ(first.exit_code, 3) << first.told();
  EXPECT_EQ(difference(expected, lasting_output(out_)), "");
}

TEST_F(Resume, AfterTheInputVanished) {
  make_many();
  const auto expected = undisturbed();
  const auto away = folder_ / "away";
  const Outcome outcome = run(
      {"--jobs", "1"},
      {.act = [&](pid_t) { std::filesystem::rename(input_, away); }, .awaited = out_ / "overlays"});
  ASSERT_TRUE(outcome.acted);
  EXPECT_EQ(outcome.exit_code, 1) << "the run failed, not a hundred images: " << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr(input_.string()));

  const Outcome still_away = run({"--resume"});
  EXPECT_THAT(still_away.exit_code, testing::AnyOf(1, 2)) << still_away.told();
  EXPECT_THAT(still_away.err, HasSubstr(input_.string()));

  std::filesystem::rename(away, input_);
  const Outcome resumed = run({"--resume"});
  EXPECT_EQ(resumed.exit_code, 3) << resumed.told();
  EXPECT_EQ(difference(expected, lasting_output(out_)), "");
}

TEST_F(Resume, AfterOneFileVanished) {
  make_many();
  const auto away = folder_ / "away.jpg";
  const auto last = input_ / "smear-0060.jpg";
  const Outcome outcome = run(
      {"--jobs", "1"},
      {.act = [&](pid_t) { std::filesystem::rename(last, away); }, .awaited = out_ / "overlays"});
  ASSERT_TRUE(outcome.acted);
  EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
  auto row = samples_of(out_).row("image", "smear-0060.jpg");
  EXPECT_EQ(row["status"], "quarantined");
  EXPECT_FALSE(row["reason"].empty());
  std::filesystem::rename(away, last);
  EXPECT_EQ(run({"--resume"}).exit_code, 3);
  EXPECT_EQ(difference(undisturbed(), lasting_output(out_)), "");
}

/// A disk of its own, as long as the test lasts.
class SmallDisk {
 public:
  SmallDisk(std::filesystem::path place, const char* size) : place_(std::move(place)) {
    std::filesystem::create_directories(place_);
    // In a name space of this process, so that nobody else sees the disk.
    mounted_ = is_root() && unshare(CLONE_NEWNS) == 0 &&
               mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               mount("smear-test", place_.c_str(), "tmpfs", 0, size) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(place_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  bool resize(const char* size) {
    return mount("smear-test", place_.c_str(), "tmpfs", MS_REMOUNT, size) == 0;
  }

 private:
  std::filesystem::path place_;
  bool mounted_ = false;
};

TEST_F(Resume, AfterAFullDisk) {
  make_many();
  const auto expected = undisturbed();
  for (const char* size : {"size=40k", "size=200k", "size=400k", "size=700k"}) {
    SCOPED_TRACE(size);
    SmallDisk disk(folder_ / "disk", size);
    if (!disk.mounted()) GTEST_SKIP() << "no right to mount a small disk here";
    out_ = folder_ / "disk/out";
    const Outcome full = run();
    EXPECT_EQ(full.signal, 0) << full.told();
    EXPECT_EQ(full.exit_code, 1) << full.told();
    EXPECT_THAT(full.err, testing::ContainsRegex("[Nn]o space|full"));
    expect_only_whole_files(expected);

    ASSERT_TRUE(disk.resize("size=100m"));
    const Outcome resumed = run({"--resume"});
    ASSERT_EQ(resumed.exit_code, 3) << resumed.told();
    EXPECT_EQ(difference(expected, lasting_output(out_)), "");
  }
}

TEST_F(Resume, AfterAFileCouldNotGrow) {
  make_smears(input_, 6, 96);
  const auto expected = undisturbed();
  for (const long limit : {2000L, 30000L, 60000L}) {
    SCOPED_TRACE(limit);
    std::filesystem::remove_all(out_);
    const Outcome limited = run({}, {.file_size_limit = limit});
    EXPECT_EQ(limited.signal, 0) << limited.told();
    EXPECT_FALSE(limited.timed_out);
    EXPECT_EQ(limited.exit_code, 1) << limited.told();
    EXPECT_FALSE(limited.err.empty());
    expect_only_whole_files(expected);
    const Outcome resumed = run({"--resume"});
    ASSERT_EQ(resumed.exit_code, 0) << resumed.told();
    EXPECT_EQ(difference(expected, lasting_output(out_)), "");
  }
}

TEST_F(Resume, AfterOutCouldNotBeWritten) {
  make_smears(input_, 3, 96);
  Conditions conditions;
  if (is_root()) {
    if (run_program({smear_path().string(), "version"}, {.as_nobody = true}).exit_code != 0) {
      GTEST_SKIP() << "runs as root, and user nobody cannot execute " << smear_path();
    }
    conditions.as_nobody = true;
  }
  std::filesystem::create_directories(out_);
  ASSERT_EQ(chmod(out_.c_str(), 0555), 0);
  const Outcome refused = run({}, conditions);
  EXPECT_THAT(refused.exit_code, testing::AnyOf(1, 2)) << refused.told();
  EXPECT_THAT(refused.err, HasSubstr(out_.string()));
  EXPECT_THAT(refused.err, HasSubstr("ermission"));

  ASSERT_EQ(chmod(out_.c_str(), 0777), 0);
  const Outcome resumed = run({"--resume"}, conditions);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.told();
  EXPECT_EQ(difference(undisturbed(), lasting_output(out_)), "");
}

TEST_F(Resume, OutThatVanishedDuringTheRunIsNotCalledDone) {
  make_many();
  const Outcome outcome =
      run({"--jobs", "1"}, {.act = [&](pid_t) { std::filesystem::rename(out_, folder_ / "away"); },
                            .awaited = out_ / "overlays"});
  ASSERT_TRUE(outcome.acted);
  EXPECT_EQ(outcome.signal, 0) << outcome.told();
  EXPECT_FALSE(outcome.err.empty());
  if (outcome.exit_code == 0 || outcome.exit_code == 3) {
    EXPECT_EQ(files_under(out_ / "overlays").size(), 96U) << outcome.told();
  }
}

TEST_F(Resume, OfABrokenLedgerSaysSo) {
  make_smears(input_, 3, 96);
  ASSERT_EQ(run().exit_code, 0);
  write_file(out_ / ".smear/ledger.db", "no database");
  const Outcome outcome = run({"--resume"});
  EXPECT_EQ(outcome.signal, 0);
  EXPECT_THAT(outcome.exit_code, testing::AnyOf(1, 2)) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr("ledger"));
}

}  // namespace
}  // namespace smear::test
