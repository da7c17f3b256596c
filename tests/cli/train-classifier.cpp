// SPDX-License-Identifier: Apache-2.0
// `smear train-classifier` and `classifier.score` as their users know them: a tiny classifier is
// trained on discs of two sizes, shown, used in a pipeline, killed and resumed; wrong configs and
// models are refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr int edge = 32;

/// A BMP of 24 bits: a dark disc on a light ground.
std::string disc(double x, double y, double radius) {
  constexpr int bytes = 3 * edge * edge;
  std::string text(54, '\0');
  const auto put = [&](std::size_t at, int value) {
    for (std::size_t i = 0; i < 4; ++i) text[at + i] = static_cast<char>(value >> (8 * i));
  };
  text[0] = 'B';
  text[1] = 'M';
  put(2, 54 + bytes);
  put(10, 54);
  put(14, 40);
  put(18, edge);
  put(22, edge);
  put(26, 1 | 24 << 16);
  put(34, bytes);
  for (int row = 0; row < edge; ++row)
    for (int column = 0; column < edge; ++column) {
      const bool inside = (row - y) * (row - y) + (column - x) * (column - x) < radius * radius;
      text += inside ? std::string("\x78\x28\x5a") : std::string("\xe1\xdc\xe6");
    }
  return text;
}

/// Discs of two sizes, and a classifier trained on them: made once for all tests.
class World {
 public:
  World() {
    for (int i = 0; i < 40; ++i) {
      const double x = 10 + i % 11;
      const double y = 9 + i % 13;
      write_file(data / "large" / (std::to_string(100 + i) + ".bmp"), disc(x, y, 8));
      write_file(data / "small" / (std::to_string(100 + i) + ".bmp"), disc(y, x, 3));
    }
    write_file(config,
               "name: tiny\nmodel: classifier\nseed: 1\n"
               "data: {validation: 0.25, block: 2}\n"
               "options: {image_size: 32, filters: [8, 12], epochs: 15, batch: 8, learning_rate: "
               "0.005, blank_corner: 0}\n");
    training = smear(command("tiny"));
    listed =
        training.exit_code == 0 || smear({"plugins"}).out.find("classifier") != std::string::npos;
  }

  [[nodiscard]] std::vector<std::string> command(const std::string& name) const {
    return {"train-classifier",
            config.string(),
            "--data",
            data.string(),
            "-o",
            (folder_ / (name + ".safetensors")).string()};
  }

 private:
  TemporaryFolder folder_;

 public:
  fs::path data = folder_ / "data";
  fs::path config = folder_ / "tiny.yaml";
  fs::path model = folder_ / "tiny.safetensors";
  fs::path records = folder_ / "tiny.train";
  Outcome training;
  bool listed = false;
};

const World& world() {
  static const World made;
  return made;
}

class TrainClassifier : public testing::Test {
 protected:
  void SetUp() override {
    if (!world().listed) GTEST_SKIP() << "the program has no plugin classifier";
    ASSERT_EQ(world().training.exit_code, 0) << world().training.told();
  }

  static json evaluation_of(const fs::path& model) {
    const auto shown = smear({"model", "show", model.string(), "--json"});
    return json::parse(shown.out)["training"]["evaluation"];
  }

  TemporaryFolder folder_;
};

TEST_F(TrainClassifier, SaysHowWellHeldOutImagesAreRecognized) {
  EXPECT_THAT(world().training.out,
              AllOf(HasSubstr("held-out balanced accuracy "), HasSubstr("large 10 of 10"),
                    HasSubstr("blocks of 2 neighbouring files"),
                    HasSubstr("expected calibration error "), HasSubstr("report: ")));
  const auto shown = smear({"model", "show", world().model.string()});
  EXPECT_THAT(shown.out,
              AllOf(HasSubstr("a model of kind classifier"), HasSubstr("classes: large, small"),
                    HasSubstr("Held out of the training"), HasSubstr("Brier score"),
                    HasSubstr("truth below, predicted beside")));
  EXPECT_THAT(read_file(world().records / "report.html"),
              AllOf(HasSubstr("<h2>Held out</h2>"), HasSubstr("Reliability of the probability")));
}

TEST_F(TrainClassifier, LeavesTheProbabilitiesOfEveryHeldOutImage) {
  const auto table = parse_csv(read_file(world().records / "held-out.csv"));
  EXPECT_THAT(table.header,
              ElementsAre("image", "class", "probability_large", "probability_small"));
  EXPECT_EQ(table.rows.size(), 20U);
  int right = 0;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    right += (std::stod(table.column("probability_small")[i]) > 0.5) ==
                     (table.column("class")[i] == "small")
                 ? 1
                 : 0;
  EXPECT_DOUBLE_EQ(evaluation_of(world().model)["accuracy"].get<double>(), right / 20.0);
  const auto calibration = parse_csv(read_file(world().records / "calibration.csv"));
  EXPECT_EQ(calibration.rows.size(), 10U);
  int count = 0;
  for (const auto& text : calibration.column("count")) count += std::stoi(text);
  EXPECT_EQ(count, 20);
}

TEST_F(TrainClassifier, ScoresImagesAsInTheEvaluation) {
  write_file(folder_ / "score.yaml",
             "name: score\nstages:\n  - classifier.score: {model: " + world().model.string() +
                 "}\n  - save-table: {slot: classification, to: s.csv}\n");
  std::vector<std::string> tables;
  for (const char* jobs : {"-j1", "-j3"}) {
    const auto out = folder_ / jobs;
    const auto outcome = smear({"run", (folder_ / "score.yaml").string(), world().data.string(),
                                "-o", out.string(), jobs});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
    tables.push_back(read_file(out / "s.csv"));
  }
  EXPECT_EQ(tables[0], tables[1]);
  const auto scores = parse_csv(tables[0]);
  EXPECT_THAT(scores.header, ElementsAre("image", "class", "probability"));
  const auto held_out = parse_csv(read_file(world().records / "held-out.csv"));
  std::map<std::string, std::string> by_image;
  for (std::size_t i = 0; i < scores.rows.size(); ++i)
    by_image[scores.column("image")[i]] = scores.column("probability")[i];
  for (std::size_t i = 0; i < held_out.rows.size(); ++i) {
    const auto path = fs::path(held_out.column("image")[i]);
    const auto id = (path.parent_path().filename() / path.filename()).string();
    ASSERT_TRUE(by_image.contains(id)) << id;
    EXPECT_EQ(by_image[id], held_out.column("probability_small")[i]) << id;
  }
}

TEST_F(TrainClassifier, KilledAndResumedIsAsNeverKilled) {
  const auto model = folder_ / "killed.safetensors";
  auto words = world().command("killed");
  words.back() = model.string();
  Conditions conditions;
  conditions.act = send(SIGKILL);
  conditions.awaited = folder_ / "killed.train/last.safetensors";
  const auto killed = smear(words, conditions);
  if (killed.exit_code != 0) {
    EXPECT_EQ(killed.signal, SIGKILL) << killed.told();
    words.emplace_back("--resume");
    const auto resumed = smear(words);
    ASSERT_EQ(resumed.exit_code, 0) << resumed.told();
  }
  EXPECT_EQ(evaluation_of(model), evaluation_of(world().model));
  EXPECT_EQ(read_file(folder_ / "killed.train/held-out.csv"),
            read_file(world().records / "held-out.csv"));
}

TEST_F(TrainClassifier, TakesItsOwnConfigWhereNoneIsGiven) {
  auto words = world().command("default");
  words.erase(words.begin() + 1);
  words.insert(words.end(), {"--set", "data.classes=[small, large]", "--dry-run"});
  const auto outcome = smear(words);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.out, HasSubstr("trains a classifier"));
}

TEST_F(TrainClassifier, RefusesAnotherKindOfModel) {
  auto words = world().command("other");
  words[1] = "train-vae";
  const auto outcome = smear(words);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("trains a vae, not a classifier"), HasSubstr("smear train")));
}

TEST_F(TrainClassifier, RefusesOneClassAlone) {
  auto words = world().command("one");
  words.insert(words.end(), {"--set", "data.classes=[small]"});
  const auto outcome = smear(words);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("at least two classes apart, got 'small' only"));
}

TEST_F(TrainClassifier, ItsModelIsRefusedWhereItDoesNotFit) {
  const auto run = [&](const std::string& stage) {
    write_file(folder_ / "p.yaml", "name: p\nstages:\n  - " + stage + "\n");
    return smear({"run", (folder_ / "p.yaml").string(), world().data.string(), "-o",
                  (folder_ / "out").string()});
  };
  const auto vae = run("vae.encode: {model: " + world().model.string() + "}");
  EXPECT_EQ(vae.exit_code, 4);
  EXPECT_THAT(vae.err, HasSubstr("it is a model of kind 'classifier', expected 'vae'"));
  const auto name = run("classifier.score: {model: " + world().model.string() + ", class: medium}");
  EXPECT_EQ(name.exit_code, 2);
  EXPECT_THAT(name.err, HasSubstr("there is no class 'medium' in the model: it has large, small"));
  write_file(folder_ / "bad.safetensors", "no model");
  const auto bad = run("classifier.score: {model: bad.safetensors}");
  EXPECT_EQ(bad.exit_code, 4);
  EXPECT_THAT(bad.err, HasSubstr("is refused"));
}

}  // namespace
}  // namespace smear::test
