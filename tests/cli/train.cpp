// SPDX-License-Identifier: Apache-2.0
// `smear train` and `smear model` with a kind of model that only counts: what is written, resuming
// after every way to end, refusals, messages and exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<json> json_lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
  return lines;
}

class Train : public testing::Test {
 protected:
  void SetUp() override {
    write_file(config_, "model: counting\ndata: {classes: [a]}\n");
    for (int i = 0; i < 12; ++i)
      write_file(data_ / "a" / (std::to_string(100 + i) + ".tif"), grey_tiff(6, 5, {10 + i}));
    for (int i = 0; i < 4; ++i)
      write_file(data_ / "b" / (std::to_string(100 + i) + ".tif"), grey_tiff(6, 5, {50 + i}));
  }

  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& options,
                                                 const std::string& model = "m") const {
    std::vector<std::string> words{"train",        config_.string(),
                                   "--data",       data_.string(),
                                   "-o",           (folder_ / (model + ".safetensors")).string(),
                                   "--plugin-dir", SMEAR_COUNTING_MODEL};
    words.insert(words.end(), options.begin(), options.end());
    return words;
  }
  [[nodiscard]] Outcome train(const std::vector<std::string>& options = {},
                              const Conditions& conditions = {}) const {
    return smear(command(options), conditions);
  }

  /// The weight that the model's training ended with.
  static std::string weight_in(const fs::path& model) {
    const auto outcome = smear({"model", "show", model.string(), "--json"});
    if (outcome.exit_code != 0) return outcome.told();
    return json::parse(outcome.out)["training"]["weight"];
  }

  /// What a training of these options gives that nothing disturbs: model and history.csv.
  [[nodiscard]] std::pair<std::string, std::string> undisturbed(
      const std::vector<std::string>& options) const {
    const auto outcome = smear(command(options, "undisturbed"));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
    return {weight_in(folder_ / "undisturbed.safetensors"),
            read_file(folder_ / "undisturbed.train/history.csv")};
  }
  void expect_as_undisturbed(const std::vector<std::string>& options) const {
    const auto [weight, history] = undisturbed(options);
    EXPECT_EQ(weight_in(model_), weight);
    EXPECT_EQ(read_file(training_ / "history.csv"), history);
  }

  TemporaryFolder folder_;
  fs::path config_ = folder_ / "config.yaml";
  fs::path data_ = folder_ / "in";
  fs::path model_ = folder_ / "m.safetensors";
  fs::path training_ = folder_ / "m.train";
};

TEST_F(Train, WritesModelHistorySplitPicturesAndReport) {
  const auto outcome = train();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("complete after 3 of 3 epochs"),
                                 HasSubstr("best epoch: 3"), HasSubstr("model: " + model_.string()),
                                 HasSubstr("report: " + (training_ / "report.html").string()),
                                 HasSubstr("next: smear model show " + model_.string())));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("counts, with 8 images"), HasSubstr("epoch 3")));

  const auto history = parse_csv(read_file(training_ / "history.csv"));
  EXPECT_THAT(history.header, ElementsAre("epoch", "training_loss", "validation_loss"));
  EXPECT_THAT(history.column("epoch"), ElementsAre("1", "2", "3"));

  const auto split = parse_csv(read_file(training_ / "split.csv"));
  ASSERT_EQ(split.rows.size(), 16U);
  auto parts = split.column("part");
  EXPECT_EQ(std::ranges::count(parts, "training"), 8);
  EXPECT_EQ(std::ranges::count(parts, "validation"), 4);
  EXPECT_EQ(std::ranges::count(parts, "reference"), 4);

  EXPECT_TRUE(fs::exists(training_ / "pictures/epoch-0003-reconstructions.png"));
  const auto page = read_file(training_ / "report.html");
  EXPECT_THAT(page,
              AllOf(HasSubstr("<svg"), HasSubstr("Training, complete"),
                    HasSubstr("pictures/epoch-0001-reconstructions.png"), HasSubstr("<td>b</td>")));
}

TEST_F(Train, ProvenanceIsInTheModel) {
  ASSERT_EQ(train({"--seed", "7"}).exit_code, 0);
  const auto shown = json::parse(smear({"model", "show", model_.string(), "--json"}).out);
  const auto& provenance = shown["provenance"];
  for (const char* key : {"smear_version", "config_sha256", "split_sha256", "host", "started",
                          "libraries", "plugin counting-model"})
    EXPECT_FALSE(provenance.value(key, "").empty()) << key;
  EXPECT_EQ(provenance["config_text"], "model: counting\ndata: {classes: [a]}\n");
  EXPECT_EQ(provenance["seed"], "7");
  EXPECT_EQ(provenance["data"], data_.string());
  EXPECT_EQ(provenance["images"], "a: 8 training, 4 validation\nb: 4 reference");
  EXPECT_THAT(provenance["command"].get<std::string>(), HasSubstr("--seed 7"));
  EXPECT_EQ(shown["options"]["steps"], "4");
  EXPECT_EQ(json::parse(read_file(training_ / "provenance.json")), provenance);
}

TEST_F(Train, FoldersMayFollowEachOther) {
  auto words = command({}, "two");
  words[3] = (data_ / "b").string();
  words.insert(words.begin() + 4, (data_ / "a").string());
  const auto outcome = smear(words);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  ASSERT_EQ(train().exit_code, 0);
  EXPECT_EQ(read_file(folder_ / "two.train/split.csv"), read_file(training_ / "split.csv"));
  EXPECT_EQ(weight_in(folder_ / "two.safetensors"), weight_in(model_));
}

TEST_F(Train, OptionsOfTheCommandLine) {
  ASSERT_EQ(train({"--epochs", "5", "--set", "steps=2", "--set", "data.validation=0.5"}).exit_code,
            0);
  EXPECT_EQ(parse_csv(read_file(training_ / "history.csv")).rows.size(), 5U);
  const auto parts = parse_csv(read_file(training_ / "split.csv")).column("part");
  EXPECT_EQ(std::ranges::count(parts, "validation"), 6);
}

TEST_F(Train, DryRunWritesNothing) {
  const auto outcome = train({"--dry-run"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.out, HasSubstr("a: 8 training, 4 validation\nb: 4 reference"));
  EXPECT_FALSE(fs::exists(model_));
  EXPECT_FALSE(fs::exists(training_));
}

TEST_F(Train, WhatIsThereIsRefusedUnlessAskedFor) {
  ASSERT_EQ(train().exit_code, 0);
  const auto model = read_file(model_);
  const auto history = read_file(training_ / "history.csv");
  const auto again = train({"--seed", "2"});
  EXPECT_EQ(again.exit_code, 2) << again.told();
  EXPECT_THAT(again.err, AllOf(HasSubstr("--resume"), HasSubstr("--overwrite")));
  EXPECT_EQ(read_file(model_), model);
  EXPECT_EQ(read_file(training_ / "history.csv"), history);
  EXPECT_EQ(train({"--seed", "2", "--resume", "--overwrite"}).exit_code, 2);

  write_file(training_ / "stale", "");
  ASSERT_EQ(train({"--seed", "2", "--overwrite"}).exit_code, 0);
  EXPECT_NE(read_file(model_), model);
  EXPECT_FALSE(fs::exists(training_ / "stale"));
}

TEST_F(Train, CtrlCStopsWithACheckpointAndSaysHowToGoOn) {
  const std::vector<std::string> options{"--epochs", "4", "--set", "delay=30"};
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
    fs::remove_all(training_);
    fs::remove(model_);
    const auto stopped = train(
        options,
        {.act = send(signal), .delay = milliseconds(100), .awaited = training_ / "history.csv"});
    ASSERT_EQ(stopped.exit_code, code) << stopped.told();
    EXPECT_THAT(stopped.out, AllOf(HasSubstr("interrupted after "),
                                   HasSubstr("the same command with --resume goes on")));
    EXPECT_FALSE(fs::exists(model_));
    EXPECT_THAT(read_file(training_ / "report.html"), HasSubstr("Training, interrupted"));
    auto resumed_options = options;
    resumed_options.emplace_back("--resume");
    const auto resumed = train(resumed_options);
    ASSERT_EQ(resumed.exit_code, 0) << resumed.told();
    fs::remove_all(folder_ / "undisturbed.train");
    fs::remove(folder_ / "undisturbed.safetensors");
    expect_as_undisturbed({"--epochs", "4"});
  }
}

TEST_F(Train, ASecondSignalEndsAtOnce) {
  const auto outcome = train({"--set", "delay=20000"}, {.timeout = std::chrono::seconds(15),
                                                        .act =
                                                            [](pid_t pid) {
                                                              kill(pid, SIGINT);
                                                              usleep(200'000);
                                                              kill(pid, SIGTERM);
                                                            },
                                                        .delay = milliseconds(500),
                                                        .awaited = training_ / "report.html"});
  EXPECT_TRUE(outcome.acted);
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_EQ(outcome.signal, SIGTERM) << outcome.told();
}

TEST_F(Train, KilledAtRandomInstantsAndResumedEqualsTheUndisturbed) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> delay(1, 400);
  const std::vector<std::string> options{"--epochs", "8", "--set", "delay=8"};
  int kills = 0;
  for (int round = 0; round < 5; ++round) {
    fs::remove_all(training_);
    fs::remove(model_);
    auto words = options;
    words.emplace_back("--resume");
    for (int attempt = 0; attempt < 3; ++attempt)
      kills += train(words, {.act = send(SIGKILL), .delay = milliseconds(delay(random))}).signal ==
               SIGKILL;
    const auto last = train(words);
    ASSERT_EQ(last.exit_code, 0) << last.told();
    if (round == 0) {
      expect_as_undisturbed({"--epochs", "8"});
    } else {
      EXPECT_EQ(weight_in(model_), weight_in(folder_ / "undisturbed.safetensors"));
      EXPECT_EQ(read_file(training_ / "history.csv"),
                read_file(folder_ / "undisturbed.train/history.csv"));
    }
    EXPECT_EQ(files_under(training_ / "pictures").size(), 8U);
  }
  EXPECT_GT(kills, 0);
}

TEST_F(Train, MoreEpochsGoOnFromTheEnd) {
  ASSERT_EQ(train({"--epochs", "2"}).exit_code, 0);
  const auto outcome = train({"--epochs", "5", "--resume"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr("goes on after epoch 2"));
  expect_as_undisturbed({"--epochs", "5"});
}

TEST_F(Train, ResumeKeepsWhenItBegan) {
  ASSERT_EQ(train({"--epochs", "2"}).exit_code, 0);
  const auto began = json::parse(read_file(training_ / "provenance.json"))["started"];
  ASSERT_EQ(train({"--epochs", "3", "--resume"}).exit_code, 0);
  const auto later = json::parse(read_file(training_ / "provenance.json"));
  EXPECT_EQ(later["started"], began);
  EXPECT_TRUE(later.contains("resumed"));
}

TEST_F(Train, ResumeWithOtherDataIsRefusedAndSaysWhatChanged) {
  ASSERT_EQ(train({"--epochs", "2"}).exit_code, 0);
  const auto split = read_file(training_ / "split.csv");
  write_file(data_ / "a/200.tif", grey_tiff(6, 5, {200}));
  fs::remove(data_ / "b/101.tif");
  const auto outcome = train({"--epochs", "3", "--resume"});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("1 image is gone (b/101.tif)"),
                                 HasSubstr("1 image is new (a/200.tif)")));
  EXPECT_EQ(read_file(training_ / "split.csv"), split);

  fs::remove(data_ / "a/200.tif");
  write_file(data_ / "b/101.tif", grey_tiff(6, 5, {51}));
  const auto seed = train({"--epochs", "3", "--resume", "--seed", "2"});
  EXPECT_EQ(seed.exit_code, 2) << seed.told();
  EXPECT_THAT(seed.err, HasSubstr("began with seed 1, not 2"));
  EXPECT_EQ(train({"--epochs", "3", "--resume"}).exit_code, 0);
}

TEST_F(Train, DataMayHaveMovedBeforeItGoesOn) {
  ASSERT_EQ(train({"--epochs", "2"}).exit_code, 0);
  fs::rename(data_, folder_ / "moved");
  data_ = folder_ / "moved";
  const auto outcome = train({"--epochs", "3", "--resume"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
}

TEST_F(Train, ACheckpointThatDoesNotFitIsRefused) {
  ASSERT_EQ(train({"--epochs", "2"}).exit_code, 0);
  const auto other = train({"--epochs", "3", "--resume", "--set", "steps=9"});
  EXPECT_EQ(other.exit_code, 4) << other.told();
  EXPECT_THAT(other.err, HasSubstr("other options"));
  write_file(training_ / "last.checkpoint", "damaged");
  const auto damaged = train({"--epochs", "3", "--resume"});
  EXPECT_EQ(damaged.exit_code, 4) << damaged.told();
  EXPECT_THAT(damaged.err, HasSubstr("is damaged"));
}

TEST_F(Train, AFailureIsInTheReportAndTheEpochsBeforeStay) {
  const auto outcome = train({"--epochs", "5", "--set", "fail_after=2"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr("the loss is not finite in step 7"));
  EXPECT_THAT(read_file(training_ / "report.html"),
              AllOf(HasSubstr("Failed"), HasSubstr("the loss is not finite in step 7")));
  EXPECT_EQ(parse_csv(read_file(training_ / "history.csv")).rows.size(), 2U);
  EXPECT_FALSE(fs::exists(model_));
}

TEST_F(Train, ATrainingThatDoesNotBeginLeavesNothing) {
  const auto outcome = train({"--set", "reject_data=true"});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr("these images are too small"));
  EXPECT_FALSE(fs::exists(training_));
  EXPECT_EQ(train().exit_code, 0);
}

TEST_F(Train, AKindThatWritesNoModelIsToBlame) {
  const auto outcome = train({"--set", "write_model=false"});
  EXPECT_EQ(outcome.exit_code, 4) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr("wrote no"));
}

TEST_F(Train, EarlyStoppingIsSaid) {
  const auto outcome = train({"--epochs", "9", "--set", "stop_after=2"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.out, HasSubstr("stopped early after 2 of 9 epochs"));
  EXPECT_TRUE(fs::exists(model_));
}

TEST_F(Train, LossesThatAreNotNumbers) {
  const auto outcome = train({"--json", "--set", "nan_after=1"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  const auto history = parse_csv(read_file(training_ / "history.csv"));
  EXPECT_THAT(history.column("training_loss"), ElementsAre(Not(""), "", ""));
  for (const auto& event : json_lines(outcome.err))
    if (event["event"] == "epoch" && event["measures"]["epoch"] == 3) {
      EXPECT_TRUE(event["measures"]["training_loss"].is_null());
    }
  EXPECT_THAT(read_file(training_ / "report.html"), HasSubstr("not a number"));
}

TEST_F(Train, JsonEventsTellTheCourse) {
  const auto outcome = train({"--json", "--epochs", "2"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  std::map<std::string, int> events;
  for (const auto& event : json_lines(outcome.err)) ++events[event["event"]];
  EXPECT_GE(events["reading"], 1);
  EXPECT_EQ(events["started"], 1);
  EXPECT_EQ(events["step"], 8);
  EXPECT_EQ(events["epoch"], 2);
  EXPECT_EQ(events["picture"], 2);
  const auto summary = json_lines(outcome.out);
  ASSERT_EQ(summary.size(), 1U);
  EXPECT_EQ(summary[0]["event"], "finished");
  EXPECT_EQ(summary[0]["end"], "complete");
  EXPECT_EQ(summary[0]["epochs"], 2);
  EXPECT_EQ(summary[0]["best_epoch"], 2);
  EXPECT_EQ(summary[0]["model"], model_.string());
}

TEST_F(Train, ShowsLiveProgressOnATerminal) {
  const auto outcome = train({"--epochs", "3", "--set", "delay=60"}, {.terminal = true});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\r"), HasSubstr("epoch 2 of 3, step"),
                                 HasSubstr("loss "), HasSubstr("images/s")));
}

TEST_F(Train, QuietSaysNothing) {
  const auto outcome = train({"--quiet"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST_F(Train, BadImagesAreSaidAndLeftOut) {
  write_file(data_ / "a/bad.tif", "no image");
  const auto outcome = train();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("left out: "), HasSubstr("bad.tif: ")));
  EXPECT_EQ(parse_csv(read_file(training_ / "split.csv"))
                .row("image", (data_ / "a/bad.tif").string())
                .at("part"),
            "left out");
}

TEST_F(Train, TwoInOneFolderAreRefused) {
  Outcome second;
  const auto first = train(
      {"--set", "delay=100"},
      {.act = [&](pid_t) { second = train({"--resume"}); }, .awaited = training_ / "report.html"});
  ASSERT_TRUE(first.acted);
  EXPECT_EQ(first.exit_code, 0) << first.told();
  EXPECT_EQ(second.exit_code, 2) << second.told();
  EXPECT_THAT(second.err, HasSubstr("another smear trains in"));
}

TEST_F(Train, AFullDiskIsARunError) {
  const auto outcome = train({}, {.file_size_limit = 2000});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.told();
  EXPECT_THAT(outcome.err, HasSubstr("cannot write"));
  EXPECT_FALSE(fs::exists(model_));
}

TEST_F(Train, TellsWhatIsWrongWithItsArguments) {
  const std::vector<std::vector<std::string>> wrong{{"--threads", "-1"},
                                                    {"--epochs", "none"},
                                                    {"--epochs", "0"},
                                                    {"--seed", "-1"},
                                                    {"--set", "x"},
                                                    {"--set", "unknown=1"},
                                                    {"--set", "data.validation=1"}};
  for (const auto& options : wrong) {
    const auto outcome = train(options);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
    EXPECT_FALSE(fs::exists(training_)) << outcome.told();
  }
  auto words = command({});
  words[3] = (folder_ / "missing").string();
  EXPECT_EQ(smear(words).exit_code, 2);
  words = command({});
  words[1] = "no-such-config";
  EXPECT_THAT(smear(words).err, HasSubstr("there is no training config file no-such-config"));
  words = command({});
  words[5] = (folder_ / "m.pt").string();
  EXPECT_THAT(smear(words).err, HasSubstr("ends in .safetensors"));
}

TEST_F(Train, AFolderOfATrainingIsNoData) {
  ASSERT_EQ(smear(command({}, "in/m")).exit_code, 0);
  const auto outcome = train();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(parse_csv(read_file(training_ / "split.csv")).rows.size(), 16U);
}

class Model : public Train {
 protected:
  void SetUp() override {
    Train::SetUp();
    ASSERT_EQ(train().exit_code, 0);
  }
  [[nodiscard]] static Outcome show(const fs::path& file,
                                    const std::vector<std::string>& options = {}) {
    std::vector<std::string> words{"model", "show", file.string()};
    words.insert(words.end(), options.begin(), options.end());
    return smear(words);
  }
};

TEST_F(Model, ShowPrintsAllOfIt) {
  const auto outcome = show(model_);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  for (const char* part :
       {"a model of kind counting, 6 parameters", "classes: a", "Architecture", "size", "Training",
        "Options", "steps", "Provenance", "config_sha256", "layer.weight", "F32  2 x 3", "24 bytes",
        "preview.reconstructions", "4 x 6 x 3"})
    EXPECT_THAT(outcome.out, HasSubstr(part));
}

TEST_F(Model, ShowAsJson) {
  const auto shown = json::parse(show(model_, {"--json"}).out);
  EXPECT_EQ(shown["kind"], "counting");
  EXPECT_EQ(shown["parameters"], 6);
  EXPECT_EQ(shown["bytes"], fs::file_size(model_));
  EXPECT_EQ(shown["architecture"]["size"], 6);
  ASSERT_EQ(shown["tensors"].size(), 2U);
  EXPECT_EQ(shown["tensors"][0],
            (json{{"name", "layer.weight"}, {"dtype", "F32"}, {"shape", {2, 3}}, {"bytes", 24}}));
}

TEST_F(Model, ShowWritesThePicture) {
  const auto picture = folder_ / "picture.png";
  ASSERT_EQ(show(model_, {"--pictures", picture.string()}).exit_code, 0);
  EXPECT_TRUE(read_file(picture).starts_with("\x89PNG"));
  const auto again = show(model_, {"--pictures", picture.string()});
  EXPECT_EQ(again.exit_code, 2) << again.told();
  EXPECT_EQ(show(model_, {"--pictures", picture.string(), "--overwrite"}).exit_code, 0);
}

// Every file that is no whole model is refused with a reason, however it is broken.
TEST_F(Model, BadFilesAreRefused) {
  const auto bytes = read_file(model_);
  const auto bad = folder_ / "bad.safetensors";
  std::string claims_much = bytes;
  claims_much.replace(0, 8, "\xff\xff\xff\xff\xff\xff\xff\x7f");
  std::string other_format = bytes;
  const std::string mark = "\"smearkit.format\":\"1\"";
  const auto at = other_format.find(mark);
  ASSERT_NE(at, std::string::npos);
  other_format.replace(at, mark.size(), "\"smearkit.format\":\"9\"");
  std::string no_model = bytes;
  no_model.replace(at, mark.size(), "\"smearkit.fxrmat\":\"1\"");
  std::string no_object = bytes;
  no_object.replace(no_object.find("{\\\"size"), 1, "[");
  const std::vector<std::pair<std::string, std::string>> files{
      {"", "refused"},
      {"text, and more text", "refused"},
      {bytes.substr(0, bytes.size() - 1), "truncated"},
      {bytes + "x", "tensors end"},
      {claims_much, "refused"},
      {other_format, "format 9"},
      {no_model, "no model of Smearkit"},
      {no_object, "'architecture' in its metadata is no JSON object"},
  };
  for (const auto& [content, reason] : files) {
    write_file(bad, content);
    const auto outcome = show(bad);
    EXPECT_EQ(outcome.exit_code, 4) << outcome.told();
    EXPECT_THAT(outcome.err, HasSubstr(bad.string()));
    EXPECT_THAT(outcome.err, HasSubstr(reason));
  }
  EXPECT_EQ(show(folder_ / "missing.safetensors").exit_code, 2);
  EXPECT_EQ(show(folder_.path()).exit_code, 2);
}

TEST_F(Model, ExportAsksItsKind) {
  const auto to = folder_ / "m.pt";
  const std::vector<std::string> words{
      "model",     "export",       model_.string(),     "--torchscript",
      to.string(), "--plugin-dir", SMEAR_COUNTING_MODEL};
  const auto outcome = smear(words);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(read_file(to), "counting, exported from m.safetensors\n");
  EXPECT_EQ(smear(words).exit_code, 2);
  auto over = words;
  over.emplace_back("--overwrite");
  EXPECT_EQ(smear(over).exit_code, 0);

  const auto alone =
      smear({"model", "export", model_.string(), "--torchscript", (folder_ / "x.pt").string()});
  EXPECT_EQ(alone.exit_code, 4) << alone.told();
  EXPECT_THAT(alone.err, HasSubstr("of kind 'counting', which no plugin"));
  EXPECT_EQ(smear({"model", "export", model_.string()}).exit_code, 2);
  EXPECT_EQ(smear({"model", "delete", model_.string()}).exit_code, 2);
}

}  // namespace
}  // namespace smear::test
