// SPDX-License-Identifier: Apache-2.0
// The variational autoencoder as its users know it: a tiny model is trained by the program, then
// run in pipelines, resumed, patched, shown and exported. What is random or parallel never shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

using Words = std::vector<std::string>;

// What the tiny model has; its config is in World.
constexpr unsigned edge = 32;
constexpr std::size_t latent = 8;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// An .npy file of version 1.0, `<f4`, C order.
struct Array {
  std::vector<std::size_t> shape;
  std::vector<float> values;

  [[nodiscard]] std::vector<float> row(std::size_t index) const {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(index * shape.back());
    return {begin, begin + static_cast<std::ptrdiff_t>(shape.back())};
  }
};

std::vector<float> floats_of(const std::string& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

Array read_npy(const fs::path& file) {
  const std::string bytes = read_file(file);
  const std::size_t start =
      10 + static_cast<unsigned char>(bytes.at(8)) + 256U * static_cast<unsigned char>(bytes.at(9));
  const std::string header = bytes.substr(10, start - 10);
  if (header.find("'<f4'") == std::string::npos) throw std::runtime_error("no <f4: " + header);
  Array array{{}, floats_of(bytes.substr(start))};
  const auto from = header.find('(');
  const char* at = header.c_str() + from;
  const char* const end = header.c_str() + header.find(')', from);
  while (at < end) {
    char* next = nullptr;
    const auto size = std::strtoul(at, &next, 10);
    if (next == at) {
      ++at;
      continue;
    }
    array.shape.push_back(size);
    at = next;
  }
  return array;
}

std::pair<unsigned, unsigned> png_size(const fs::path& file) {
  const std::string bytes = read_file(file);
  const auto number = [&](std::size_t at) {
    unsigned value = 0;
    for (std::size_t i = at; i < at + 4; ++i)
      value = 256 * value + static_cast<unsigned char>(bytes.at(i));
    return value;
  };
  return {number(16), number(20)};
}

/// A safetensors file: an 8-byte length, a header of JSON, the tensors' bytes.
struct Safetensors {
  json header;
  std::string data;

  explicit Safetensors(const fs::path& file) {
    const std::string bytes = read_file(file);
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    header = json::parse(bytes.substr(8, length));
    data = bytes.substr(8 + length);
  }

  [[nodiscard]] std::string bytes() const {
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const std::uint64_t length = text.size();
    std::string start(8, '\0');
    std::memcpy(start.data(), &length, sizeof length);
    return start + text + data;
  }

  [[nodiscard]] std::pair<std::size_t, std::size_t> place(const std::string& name) const {
    const auto& offsets = header.at(name).at("data_offsets");
    const std::size_t begin = offsets.at(0);
    const std::size_t end = offsets.at(1);
    return {begin, end - begin};
  }
  [[nodiscard]] std::vector<float> values(const std::string& name) const {
    const auto [begin, size] = place(name);
    return floats_of(data.substr(begin, size));
  }
  void fill(const std::string& name, float value) {
    const auto [begin, size] = place(name);
    for (std::size_t at = begin; at < begin + size; at += sizeof value)
      std::memcpy(data.data() + at, &value, sizeof value);
  }

  /// Type, shape and bytes of every tensor, by name; nothing of the metadata.
  [[nodiscard]] std::map<std::string, std::string> tensors() const {
    std::map<std::string, std::string> all;
    for (const auto& [name, value] : header.items()) {
      if (name == "__metadata__") continue;
      const auto [begin, size] = place(name);
      all[name] = value.at("dtype").dump() + value.at("shape").dump() + data.substr(begin, size);
    }
    return all;
  }

  /// Replaces one key of the JSON object that is the text of the metadata `part`.
  void patch(const std::string& part, const std::string& key, const json& value) {
    auto& text = header.at("__metadata__").at(part);
    json object = json::parse(text.get<std::string>());
    object[key] = value;
    text = object.dump();
  }
};

/// Images of four classes, their names unlike, and a model trained on one of the classes: made once
/// for all tests.
class World {
 public:
  World() {
    make_smears(folder_ / "made", 52, 48, 5);
    int index = 0;
    for (const auto& [name, bytes] : files_under(folder_ / "made")) {
      const int i = index++;
      const std::string label = i < 24   ? "early-pre-b"
                                : i < 34 ? "benign"
                                : i < 43 ? "pre-b"
                                         : "pro-b";
      write_file(data / label / name, bytes);
    }
    write_file(config,
               "name: tiny\nmodel: vae\nseed: 1\n"
               "data: {classes: [early-pre-b], validation: 0.25}\n"
               "options: {image_size: 32, filters: [4, 8, 16], latent: 8, epochs: 5, batch: 8}\n");
    training = smear({"train", config.string(), "--data", data.string(), "-o", model.string()});
    listed =
        training.exit_code == 0 || smear({"plugins"}).out.find("vae.encode") < std::string::npos;
  }

 private:
  TemporaryFolder folder_;

 public:
  fs::path data = folder_ / "data";
  fs::path config = folder_ / "tiny.yaml";
  fs::path model = folder_ / "tiny.safetensors";
  fs::path records = folder_ / "tiny.train";
  Outcome training;
  bool listed = false;  ///< whether the program has the plugin, be it one that works or not
};

const World& world() {
  static const World made;
  return made;
}

class Vae : public testing::Test {
 protected:
  void SetUp() override {
    if (!world().listed) GTEST_SKIP() << "the program has no plugin vae";
    ASSERT_EQ(world().training.exit_code, 0) << world().training.told();
  }

  /// Runs a pipeline of these stages, in which MODEL stands for the model's file.
  Outcome run(const std::string& stages, const fs::path& input, const std::string& out,
              const Words& more = {}, const Conditions& conditions = {}) const {
    const std::string text = stages.starts_with("input:") ? stages : "stages:\n" + stages;
    write_file(folder_ / "p.yaml", replaced(text, "MODEL", world().model.string()));
    Words words{"run", (folder_ / "p.yaml").string(), input.string(), "-o",
                (folder_ / out).string()};
    words.insert(words.end(), more.begin(), more.end());
    return smear(words, conditions);
  }

  /// Trains as the world's model is trained, to MODEL `name`.safetensors in the test's folder.
  Outcome train(const std::string& name, const Words& more = {},
                const Conditions& conditions = {}) const {
    Words words{"train", world().config.string(), "--data", world().data.string(),
                "-o",    model(name).string()};
    words.insert(words.end(), more.begin(), more.end());
    return smear(words, conditions);
  }
  [[nodiscard]] fs::path model(const std::string& name) const {
    return folder_ / (name + ".safetensors");
  }

  TemporaryFolder folder_;
};

const std::string all_stages =
    "  - vae.encode: {model: MODEL}\n"
    "  - save-tensor: {slot: mu, to: \"mu/{id}.npy\"}\n"
    "  - save-tensor: {slot: logvar, to: \"logvar/{id}.npy\"}\n"
    "  - reparameterize: {function: standard}\n"
    "  - save-tensor: {to: \"z/{id}.npy\"}\n"
    "  - vae.decode: {model: MODEL}\n"
    "  - save-image: {to: \"decoded/{id}.png\"}\n";

const Words four_benign{"--include", "benign/**", "--limit", "4"};

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

double closed_form_kl(const Array& mu, const Array& logvar) {
  double sum = 0;
  for (std::size_t i = 0; i < mu.values.size(); ++i) {
    const double m = mu.values[i];
    const double l = logvar.values[i];
    sum -= 0.5 * (1 + l - m * m - std::exp(l));
  }
  return sum;
}

// The three stages, and the one that does all three, give the same image; scores agree with what
// can be computed from the latents.
TEST_F(Vae, TheThreeStagesAreReconstructAndScoreMeasuresIt) {
  const Outcome outcome =
      run(all_stages +
              "  - vae.reconstruct: {model: MODEL, inputs: {image: source}, outputs: {image: r}}\n"
              "  - save-image: {inputs: {image: r}, to: \"reconstructed/{id}.png\"}\n"
              "  - vae.score: {model: MODEL, inputs: {image: source}}\n"
              "  - save-table: {slot: score, to: scores.csv}\n",
          world().data, "out", with(four_benign, {"--set", "reparameterize.function=mean"}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  const auto decoded = files_under(folder_ / "out/decoded");
  ASSERT_EQ(decoded.size(), 4U);
  EXPECT_EQ(difference(decoded, files_under(folder_ / "out/reconstructed")), "");
  EXPECT_EQ(files_under(folder_ / "out/z"), files_under(folder_ / "out/mu"));
  std::set<std::string> distinct;
  const auto scores = parse_csv(read_file(folder_ / "out/scores.csv"));
  EXPECT_THAT(scores.header, ElementsAre("image", "reconstruction_error", "kl", "negative_elbo",
                                         "mse", "psnr_db", "ssim"));
  for (const auto& [name, bytes] : decoded) {
    SCOPED_TRACE(name);
    distinct.insert(bytes);
    EXPECT_EQ(png_size(folder_ / "out/decoded" / name), std::pair(edge, edge));
    const std::string image = name.substr(0, name.size() - 4);
    const Array mu = read_npy(folder_ / "out/mu" / (image + ".npy"));
    const Array logvar = read_npy(folder_ / "out/logvar" / (image + ".npy"));
    ASSERT_THAT(mu.shape, ElementsAre(latent));
    ASSERT_THAT(logvar.shape, ElementsAre(latent));
    auto score = scores.row("image", image);
    ASSERT_FALSE(score.empty());
    const double error = std::stod(score["reconstruction_error"]);
    const double kl = std::stod(score["kl"]);
    const double mse = std::stod(score["mse"]);
    EXPECT_NEAR(kl, closed_form_kl(mu, logvar), 1e-4 * (1 + kl));
    EXPECT_NEAR(error, mse * 3 * edge * edge, 1e-4 * error);
    EXPECT_NEAR(std::stod(score["negative_elbo"]), error + kl, 1e-4 * error);
    EXPECT_NEAR(std::stod(score["psnr_db"]), -10 * std::log10(mse), 1e-3);
    EXPECT_LE(std::abs(std::stod(score["ssim"])), 1);
  }
  EXPECT_EQ(distinct.size(), 4U) << "reconstructions of different images are the same";
}

// standard is temperature-bias at 1 and 0, mean that at 0, to the bit, images included; the seed
// decides what is drawn, and nothing about what is not drawn.
TEST_F(Vae, NoiseIsThatOfTheSeedTheTemperatureAndTheBias) {
  const auto draw = [&](const std::string& out, const Words& options) {
    Words words = four_benign;
    for (const auto& option : options)
      words = with(words, option.starts_with("--") || option.find('=') == std::string::npos
                              ? Words{option}
                              : Words{"--set", "reparameterize." + option});
    const Outcome outcome = run(all_stages, world().data, out, words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
    return lasting_output(folder_ / out);
  };
  const auto standard = draw("standard", {});
  const auto seed_2 = draw("seed-2", {"--seed", "2"});
  EXPECT_EQ(
      difference(standard, draw("plain", {"function=temperature-bias", "temperature=1", "bias=0"})),
      "");
  const auto mean = draw("mean", {"function=mean"});
  EXPECT_EQ(
      difference(mean, draw("cold", {"--seed", "2", "function=temperature-bias", "temperature=0"})),
      "");
  const auto hot = draw("hot", {"function=temperature-bias", "temperature=10", "bias=1"});
  for (const auto& [name, bytes] : files_under(folder_ / "standard/mu")) {
    SCOPED_TRACE(name);
    EXPECT_NE(standard.at("z/" + name), seed_2.at("z/" + name));
    EXPECT_NE(standard.at("z/" + name), mean.at("z/" + name));
    EXPECT_EQ(standard.at("mu/" + name), seed_2.at("mu/" + name));
    EXPECT_NE(standard.at("decoded/" + replaced(name, ".npy", ".png")),
              hot.at("decoded/" + replaced(name, ".npy", ".png")));
    const Array mu = read_npy(folder_ / "standard/mu" / name);
    const Array z = read_npy(folder_ / "standard/z" / name);
    std::vector<float> expected;
    for (std::size_t i = 0; i < latent; ++i)
      expected.push_back(mu.values[i] + 10 * (z.values[i] - mu.values[i]) + 1);
    EXPECT_THAT(read_npy(folder_ / "hot/z" / name).values, Pointwise(FloatNear(1e-4F), expected));
  }
}

// Of the posterior, the closed form whatever is drawn; draws from the prior know nothing of the
// image, and are at no distance.
TEST_F(Vae, TellsTheDivergenceOfWhatItDraws) {
  const auto draw = [&](const std::string& out, const std::string& options) {
    const Outcome outcome =
        run("  - vae.encode: {model: MODEL}\n"
            "  - save-tensor: {slot: mu, to: \"mu/{id}.npy\"}\n"
            "  - save-tensor: {slot: logvar, to: \"logvar/{id}.npy\"}\n"
            "  - reparameterize: {" +
                options +
                "}\n"
                "  - save-tensor: {to: \"z/{id}.npy\"}\n"
                "  - save-table: {slot: divergence, to: divergence.csv}\n",
            world().data, out, four_benign);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
    const auto rows = parse_csv(read_file(folder_ / out / "divergence.csv")).rows;
    EXPECT_EQ(rows.size(), 4U);
    return rows;
  };
  for (const std::string options : {"draws: 1", "draws: 5", "function: mean"})
    for (const auto& row : draw("posterior-" + options.substr(options.size() - 1), options)) {
      const auto folder = folder_ / ("posterior-" + options.substr(options.size() - 1));
      const auto name = row.at("image") + ".npy";
      const double expected =
          closed_form_kl(read_npy(folder / "mu" / name), read_npy(folder / "logvar" / name));
      EXPECT_GT(expected, 0.0);
      EXPECT_NEAR(std::stod(row.at("kl")), expected, 1e-4 * expected);
    }
  for (const auto& row : draw("prior", "from: prior, draws: 500")) {
    EXPECT_EQ(std::stod(row.at("kl")), 0.0);
    const Array z = read_npy(folder_ / "prior/z" / (row.at("image") + ".npy"));
    EXPECT_THAT(z.shape, ElementsAre(500U, latent));
    double sum = 0.0;
    double squares = 0.0;
    for (const float value : z.values) {
      sum += static_cast<double>(value);
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
    // Five standard deviations of the mean and the variance of 4000 normal numbers.
    const auto n = static_cast<double>(z.values.size());
    EXPECT_NEAR(sum / n, 0.0, 5.0 / std::sqrt(n));
    EXPECT_NEAR(squares / n, 1.0, 5.0 * std::sqrt(2.0 / n));
  }
  draw("hot-prior", "from: prior, draws: 500, function: temperature-bias, temperature: 10");
  EXPECT_EQ(files_under(folder_ / "prior/z"), files_under(folder_ / "hot-prior/z"));
}

TEST_F(Vae, DrawsFromThePriorOfTheFunction) {
  const Outcome outcome =
      run("  - vae.encode: {model: MODEL}\n"
          "  - reparameterize: {function: spherical, from: prior}\n"
          "  - save-tensor: {to: \"z/{id}.npy\"}\n",
          world().data, "out", four_benign);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  std::set<std::string> distinct;
  for (const auto& [name, bytes] : files_under(folder_ / "out/z")) {
    distinct.insert(bytes);
    double squares = 0.0;
    for (const float value : read_npy(folder_ / "out/z" / name).values)
      squares += static_cast<double>(value) * static_cast<double>(value);
    EXPECT_NEAR(squares, 1.0, 1e-5) << name;
  }
  EXPECT_EQ(distinct.size(), 4U);
}

TEST_F(Vae, TemperatureAndBiasOfEachDimensionComeFromFiles) {
  write_file(folder_ / "t.txt", "0\n0\n0\n0\n1\n1\n1\n1\n");
  write_file(folder_ / "b.npy", npy_of({0, 1, 2, 3, 4, 5, 6, 7}));
  const std::string stages =
      "  - vae.encode: {model: MODEL}\n"
      "  - save-tensor: {slot: mu, to: \"mu/{id}.npy\"}\n"
      "  - reparameterize: {function: temperature-bias, temperature_file: t.txt,\n"
      "      bias_file: b.npy}\n"
      "  - save-tensor: {to: \"z/{id}.npy\"}\n";
  const Outcome outcome = run(stages, world().data, "out", four_benign);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  for (const auto& [name, bytes] : files_under(folder_ / "out/z")) {
    const Array mu = read_npy(folder_ / "out/mu" / name);
    const Array z = read_npy(folder_ / "out/z" / name);
    for (std::size_t i = 0; i < latent; ++i) {
      const bool as_is = std::abs(z.values[i] - static_cast<float>(i) - mu.values[i]) < 1e-5;
      EXPECT_EQ(as_is, i < 4) << name << ", dimension " << i;
    }
  }
}

// The same bytes whatever is beside a sample in its batch, in its shard, or before a kill.
TEST_F(Vae, ResultsDependOnNeitherBatchNorJobsNorShardNorAKill) {
  const std::string stages = all_stages +
                             "  - vae.score: {model: MODEL, inputs: {image: source}}\n"
                             "  - save-table: {slot: score, to: scores.csv}\n";
  const Outcome outcome = run(stages, world().data, "all", {"-j", "2"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  const auto all = lasting_output(folder_ / "all");
  ASSERT_EQ(all.size(), 52U * 4 + 2);

  const std::string name = files_under(world().data / "pre-b").begin()->first;
  ASSERT_EQ(run(stages, world().data, "alone", {"--include", name}).exit_code, 0);
  const auto alone = lasting_output(folder_ / "alone");
  ASSERT_EQ(alone.size(), 4U + 2);
  EXPECT_EQ(parse_csv(alone.at("scores.csv")).rows.at(0),
            parse_csv(all.at("scores.csv")).row("image", "pre-b/" + name));
  for (const auto& [file, bytes] : alone) {
    if (!file.ends_with(".csv")) {
      EXPECT_EQ(bytes, all.at(file)) << file;
    }
  }

  ASSERT_EQ(run(stages, world().data, "part1", {"--shard", "1/2"}).exit_code, 0);
  ASSERT_EQ(run(stages, world().data, "part2", {"--shard", "2/2"}).exit_code, 0);
  const Outcome merged = smear({"merge", (folder_ / "part1").string(), (folder_ / "part2").string(),
                                "-o", (folder_ / "merged").string()});
  ASSERT_EQ(merged.exit_code, 0) << merged.told();
  EXPECT_EQ(difference(all, lasting_output(folder_ / "merged")), "");

  const Outcome killed = run(stages, world().data, "killed", {"-j", "1"},
                             {.act = send(SIGKILL), .awaited = folder_ / "killed/z/benign"});
  EXPECT_EQ(killed.signal, SIGKILL) << killed.told();
  const Outcome resumed = run(stages, world().data, "killed", {"-j", "1", "--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.told();
  EXPECT_EQ(difference(all, lasting_output(folder_ / "killed")), "");
}

// What one run saved is the input of the next: posteriors to draw from, and latents to decode. A
// latent of another size is quarantined.
TEST_F(Vae, SavedLatentsAreTheInputOfAPipeline) {
  ASSERT_EQ(run(all_stages, world().data, "out",
                with(four_benign, {"--set", "reparameterize.function=mean"}))
                .exit_code,
            0);
  const auto images = files_under(folder_ / "out/decoded");
  const std::string decode =
      "  - vae.decode: {model: MODEL}\n  - save-image: {to: \"decoded/{dir}/{stem}.png\"}\n";
  write_file(folder_ / "out/z/long.npy", npy_of(std::vector<float>(latent + 1, 0.0F)));
  const Outcome from_z = run("input: {tensor: z}\nstages:\n" + decode, folder_ / "out/z", "from-z");
  ASSERT_EQ(from_z.exit_code, 3) << from_z.told();
  EXPECT_EQ(difference(images, files_under(folder_ / "from-z/decoded")), "");
  auto quarantined = samples_of(folder_ / "from-z").row("image", "long.npy");
  EXPECT_EQ(quarantined["stage"], "vae.decode");
  EXPECT_THAT(quarantined["reason"],
              AllOf(HasSubstr("9 dimensions"), HasSubstr("the model has 8")));

  const Outcome from_both =
      run("input: {tensor: mu, beside: {logvar: \"../logvar/{path}\"}}\nstages:\n"
          "  - reparameterize: {function: temperature-bias, temperature: 0}\n" +
              decode,
          folder_ / "out/mu", "from-both");
  ASSERT_EQ(from_both.exit_code, 0) << from_both.told();
  EXPECT_EQ(difference(images, files_under(folder_ / "from-both/decoded")), "");
}

std::vector<float> between(const std::vector<float>& a, const std::vector<float>& b, float t) {
  std::vector<float> result;
  for (std::size_t i = 0; i < a.size(); ++i) result.push_back((1 - t) * a[i] + t * b[i]);
  return result;
}

double length(const std::vector<float>& vector) {
  double sum = 0;
  for (const float value : vector) sum += double{value} * double{value};
  return std::sqrt(sum);
}

TEST_F(Vae, InterpolateAndArithmeticGoWhereTheirFormulasSay) {
  const std::vector<float> target{1, -1, 2, -2, 3, -3, 4, -4};
  write_file(folder_ / "target.npy", npy_of(target));
  const Outcome outcome = run(
      "  - vae.encode: {model: MODEL}\n"
      "  - save-tensor: {slot: mu, to: \"mu/{id}.npy\"}\n"
      "  - latent.interpolate: {model: MODEL, to_class: benign, steps: 5, outputs: {z: line}}\n"
      "  - save-tensor: {slot: line, to: \"line/{id}.npy\"}\n"
      "  - vae.decode: {model: MODEL, columns: 5, inputs: {z: line}}\n"
      "  - save-image: {to: \"line/{id}.png\"}\n"
      "  - latent.interpolate: {model: MODEL, from_class: benign, to_class: pro-b, steps: 3,\n"
      "      path: spherical, outputs: {z: arc}}\n"
      "  - save-tensor: {slot: arc, to: \"arc/{id}.npy\"}\n"
      "  - latent.arithmetic: {model: MODEL, from_class: benign, to_class: early-pre-b, scale: 2}\n"
      "  - save-tensor: {to: \"shifted/{id}.npy\"}\n"
      "  - latent.interpolate: {to_tensor: target.npy, steps: 2}\n"
      "  - save-tensor: {to: \"towards/{id}.npy\"}\n",
      world().data, "out", {"--include", "benign/**"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  const Safetensors model(world().model);
  const auto benign = model.values("class_mean.benign");
  const auto early = model.values("class_mean.early-pre-b");
  const auto pro = model.values("class_mean.pro-b");
  const auto near = [](const std::vector<float>& expected) {
    return Pointwise(FloatNear(1e-5F), expected);
  };
  std::vector<float> mean(latent, 0.0F);
  const auto files = files_under(folder_ / "out/mu");
  ASSERT_EQ(files.size(), 10U);
  for (const auto& [name, bytes] : files) {
    SCOPED_TRACE(name);
    const auto mu = read_npy(folder_ / "out/mu" / name).values;
    for (std::size_t i = 0; i < latent; ++i) mean[i] += mu[i] / 10.0F;
    const Array line = read_npy(folder_ / "out/line" / name);
    ASSERT_THAT(line.shape, ElementsAre(5U, latent));
    for (std::size_t i = 0; i < 5; ++i)
      EXPECT_THAT(line.row(i), near(between(mu, benign, static_cast<float>(i) / 4))) << i;
    EXPECT_EQ(png_size(folder_ / "out/line" / replaced(name, ".npy", ".png")),
              std::pair(5 * edge, edge));
    const Array arc = read_npy(folder_ / "out/arc" / name);
    ASSERT_THAT(arc.shape, ElementsAre(3U, latent));
    EXPECT_THAT(arc.row(0), near(benign));
    EXPECT_THAT(arc.row(2), near(pro));
    // Halfway on a great circle is (a + b) / (2 cos(w / 2)), w the angle between them.
    double product = 0;
    for (std::size_t i = 0; i < latent; ++i) product += double{benign[i]} * double{pro[i]};
    const double angle = std::acos(std::min(1.0, product / length(benign) / length(pro)));
    auto middle = between(benign, pro, 0.5F);
    for (float& value : middle) value /= static_cast<float>(std::cos(angle / 2));
    EXPECT_THAT(arc.row(1), near(middle));
    EXPECT_THAT(read_npy(folder_ / "out/towards" / name).row(0), near(mu));
    EXPECT_THAT(read_npy(folder_ / "out/towards" / name).row(1), near(target));
    std::vector<float> shifted;
    for (std::size_t i = 0; i < latent; ++i) shifted.push_back(mu[i] + 2 * (early[i] - benign[i]));
    EXPECT_THAT(read_npy(folder_ / "out/shifted" / name).values, near(shifted));
  }
  EXPECT_THAT(benign, near(mean)) << "the class's mean in the model is not that of its images";
}

// Mistakes of a pipeline are shown before anything is written, with what to do.
TEST_F(Vae, MistakesOfAPipelineAreShownWithAWayOut) {
  const auto expect_refused = [&](const std::string& stages, const auto& message,
                                  const Words& more = {}) {
    const Outcome outcome = run(stages, world().data, "out", more);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
    EXPECT_THAT(outcome.err, message);
    EXPECT_FALSE(fs::exists(folder_ / "out")) << stages;
  };
  const std::string encode = "  - vae.encode: {model: MODEL}\n";
  expect_refused(
      encode +
          "  - reparameterize: {function: standart}\n"
          "  - reparameterize: {function: standard, temperature: 3}\n"
          "  - reparameterize: {function: temperature-bias, temperature: -1}\n"
          "  - reparameterize: {draws: 0}\n"
          "  - vae.score: {model: MODEL, function: temperature-bias, tmperature: 1}\n"
          "  - vae.reconstruct\n",
      AllOf(HasSubstr("p.yaml:3:32: error: "), HasSubstr("'standart'"),
            HasSubstr("did you mean 'standard'?"), HasSubstr("p.yaml:4:42: error: "),
            HasSubstr("'temperature'"), HasSubstr("p.yaml:5:"), HasSubstr("got -1"),
            HasSubstr("p.yaml:6:"), HasSubstr("draws"), HasSubstr("p.yaml:7:"),
            HasSubstr("did you mean 'temperature'?"), HasSubstr("p.yaml:8:"), HasSubstr("model")));
  expect_refused(encode +
                     "  - latent.interpolate: {model: MODEL, to_class: begnin}\n"
                     "  - vae.decode: {model: MODEL}\n",
                 AllOf(HasSubstr("vae.encode"), HasSubstr("vae.decode"), HasSubstr("'cuda'"),
                       HasSubstr("CUDA"), HasSubstr("begnin"), HasSubstr("pro-b")),
                 {"--device", "cuda"});
}

TEST_F(Vae, AModelThatIsNotThereIsLookedForInBothPlaces) {
  write_file(folder_ / "elsewhere/p.yaml",
             "stages:\n  - vae.reconstruct: {model: no.safetensors}\n");
  const Outcome outcome = smear({"run", "elsewhere/p.yaml", world().data.string(), "-o", "out"},
                                {.folder = folder_.path()});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("elsewhere/p.yaml:2:"),
                    HasSubstr((folder_ / "elsewhere/no.safetensors").string()),
                    HasSubstr((folder_ / "no.safetensors").string()), HasSubstr("smear train")));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

// However a model's file is broken, or made up, it is refused with the reason, without a crash and
// without the memory it claims to need, before anything is written.
TEST_F(Vae, BadModelFilesAreRefusedBeforeAnythingIsWritten) {
  const Safetensors good(world().model);
  const std::string bytes = read_file(world().model);
  const auto patched = [&](const std::string& key, const json& value) {
    Safetensors model = good;
    model.patch("architecture", key, value);
    return model.bytes();
  };
  Safetensors no_json = good;
  no_json.header["__metadata__"]["architecture"] = "{\"image_size\": ";
  Safetensors no_number = good;
  no_number.fill("encoder.1.bias", std::numeric_limits<float>::quiet_NaN());
  Safetensors missing = good;
  missing.header["decoder.0.byes"] = missing.header["decoder.0.bias"];
  missing.header.erase("decoder.0.bias");
  const std::vector<std::pair<std::string, std::string>> files{
      {bytes.substr(0, bytes.size() - 1), "truncated"},
      {no_json.bytes(), "architecture"},
      {no_number.bytes(), "encoder.1.bias"},
      {missing.bytes(), "decoder.0.b"},
      {patched("latent", latent + 1), "encoder.mu.weight"},
      {patched("image_size", 1'000'000'000), "image_size"},
  };
  const auto bad = folder_ / "bad.safetensors";
  for (std::size_t i = 0; i < files.size(); ++i) {
    SCOPED_TRACE(i);
    write_file(bad, files[i].first);
    const Outcome outcome =
        run("  - vae.reconstruct: {model: \"" + bad.string() + "\"}\n  - save-image\n",
            world().data, "out");
    EXPECT_EQ(outcome.exit_code, 4) << outcome.told();
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(bad.string()), HasSubstr(files[i].second)));
    EXPECT_FALSE(fs::exists(folder_ / "out"));
  }
}

TEST_F(Vae, ImagesOfAnySizeAreTakenGreyOnesQuarantinedAndDrawsShownTogether) {
  write_file(folder_ / "in/grey.tif", grey_tiff(40, 40, {90}));
  make_smears(folder_ / "in/large", 1, 200);
  make_smears(folder_ / "in/same", 1, edge);
  const std::string stages =
      replaced(replaced(all_stages, "function: standard", "function: standard, draws: 5"),
               "vae.decode: {", "vae.decode: {columns: 3, ");
  const Outcome outcome = run(stages, folder_ / "in", "out");
  EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
  const auto samples = samples_of(folder_ / "out");
  EXPECT_EQ(samples.row("image", "grey.tif")["stage"], "vae.encode");
  EXPECT_THAT(samples.row("image", "grey.tif")["reason"],
              AllOf(HasSubstr("grey8"), HasSubstr("rgb8")));
  for (const std::string name : {"large/smear-0001.jpg", "same/smear-0001.jpg"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(samples.row("image", name)["status"], "done");
    EXPECT_EQ(png_size(folder_ / "out/decoded" / (name + ".png")), std::pair(3 * edge, 2 * edge));
    const Array z = read_npy(folder_ / "out/z" / (name + ".npy"));
    ASSERT_THAT(z.shape, ElementsAre(5U, latent));
    std::set<std::vector<float>> rows;
    for (std::size_t i = 0; i < 5; ++i) rows.insert(z.row(i));
    EXPECT_EQ(rows.size(), 5U);
  }
}

class VaeTraining : public Vae {
 protected:
  /// Columns of history.csv that no clock decides.
  static std::vector<std::map<std::string, std::string>> losses(const fs::path& records) {
    auto rows = parse_csv(read_file(records / "history.csv")).rows;
    for (auto& row : rows) {
      row.erase("seconds");
      row.erase("images_per_second");
    }
    return rows;
  }
  [[nodiscard]] fs::path records(const std::string& name) const {
    return folder_ / (name + ".train");
  }
  void expect_same_training(const std::string& expected, const std::string& found) const {
    EXPECT_TRUE(Safetensors(model(expected)).tensors() == Safetensors(model(found)).tensors())
        << found << " has other tensors than " << expected;
    EXPECT_EQ(losses(records(expected)), losses(records(found)));
  }
};

TEST_F(VaeTraining, LeavesAModelThatWasTrained) {
  EXPECT_THAT(world().training.err,
              AllOf(HasSubstr("18 images to train on, 6 held out"), HasSubstr("epoch 5")));
  const auto history = parse_csv(read_file(world().records / "history.csv"));
  EXPECT_THAT(history.column("epoch"), ElementsAre("1", "2", "3", "4", "5"));
  for (const std::string part : {"training_", "validation_"}) {
    EXPECT_LT(std::stod(history.rows.back().at(part + "loss")),
              std::stod(history.rows.front().at(part + "loss")));
    for (const auto& row : history.rows)
      EXPECT_NEAR(std::stod(row.at(part + "loss")),
                  std::stod(row.at(part + "reconstruction")) + std::stod(row.at(part + "kl")),
                  1e-4 * std::stod(row.at(part + "loss")));
  }
  EXPECT_TRUE(fs::exists(world().records / "best.safetensors"));
  EXPECT_TRUE(fs::exists(world().records / "last.safetensors"));
  const auto pictures = files_under(world().records / "pictures");
  const auto page = read_file(world().records / "report.html");
  ASSERT_FALSE(pictures.empty());
  for (const auto& [name, bytes] : pictures) EXPECT_THAT(page, HasSubstr("pictures/" + name));
}

TEST_F(VaeTraining, SplitsByTheRatioWithCopiesOnOneSide) {
  const auto data = folder_ / "copies";
  int count = 0;
  for (const auto& [name, bytes] : files_under(world().data / "early-pre-b")) {
    for (const std::string copy : {"", "copy of "})
      if (copy.empty() || ++count % 2 == 0) write_file(data / "early-pre-b" / (copy + name), bytes);
  }
  const Outcome outcome =
      smear({"train", world().config.string(), "--data", data.string(), "-o",
             model("copies").string(), "--epochs", "1", "--set", "data.validation=0.3"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  const auto split = parse_csv(read_file(records("copies") / "split.csv"));
  ASSERT_EQ(split.rows.size(), 36U);
  std::map<std::string, std::set<std::string>> parts;  // by pixels
  int validation = 0;
  int copies = 0;
  for (const auto& row : split.rows) {
    parts[row.at("pixels")].insert(row.at("part"));
    EXPECT_THAT(row.at("part"), testing::AnyOf("training", "validation"));
    validation += row.at("part") == "validation" ? 1 : 0;
    copies += row.at("duplicate_of").empty() ? 0 : 1;
  }
  EXPECT_EQ(copies, 12);
  EXPECT_EQ(parts.size(), 24U);
  for (const auto& [pixels, sides] : parts) EXPECT_EQ(sides.size(), 1U) << pixels;
  EXPECT_NEAR(validation, 0.3 * 36, 1.5);  // one group, of two images, more or less
}

// With all that is random or that changes with the epoch: stopped, killed and resumed, on one
// thread or two, the same weights to the bit.
TEST_F(VaeTraining, ResumedAndOnAnyThreadsEqualsTheUndisturbed) {
  Words all{"--epochs", "50"};
  for (const std::string option :
       {"flip=true", "rotate=true", "brightness=0.1", "stain=0.1", "encoder_dropout=0.1",
        "decoder_dropout=0.1", "schedule=cosine", "warmup=2", "kl_warmup=5", "free_bits=0.01",
        "gradient_clip=100", "loss=l1", "keep=last"})
    all = with(all, {"--set", option});
  const auto one_thread = with(all, {"--threads", "1"});
  const auto two_threads = with(all, {"--threads", "2"});
  ASSERT_EQ(train("one", one_thread).exit_code, 0);
  ASSERT_EQ(losses(records("one")).size(), 50U);

  const auto stopped = train("stopped", one_thread,
                             {.act = send(SIGINT), .awaited = records("stopped") / "history.csv"});
  ASSERT_EQ(stopped.exit_code, 130) << stopped.told();
  EXPECT_THAT(stopped.out + stopped.err, HasSubstr("--resume"));
  EXPECT_FALSE(fs::exists(model("stopped")));
  const auto went_on = train("stopped", with(one_thread, {"--resume"}));
  ASSERT_EQ(went_on.exit_code, 0) << went_on.told();
  expect_same_training("one", "stopped");

  const auto killed = train("killed", two_threads,
                            {.act = send(SIGKILL), .awaited = records("killed") / "history.csv"});
  ASSERT_EQ(killed.signal, SIGKILL) << killed.told();
  const auto at_last = train("killed", with(two_threads, {"--resume"}));
  ASSERT_EQ(at_last.exit_code, 0) << at_last.told();
  expect_same_training("one", "killed");
}

// Without noise, validation losses are what vae.score says of the images held out.
TEST_F(VaeTraining, ValidationLossesAreTheScoresOfTheImagesHeldOut) {
  const Words kinds{"mse", "ms-ssim-mix"};
  std::string stages;
  for (const auto& loss : kinds) {
    const auto outcome = train(loss, {"--epochs", "2", "--set", "reparameterization=mean", "--set",
                                      "keep=last", "--set", "loss=" + loss});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
    stages += "  - vae.score: {model: \"" + model(loss).string() + "\"}\n" +
              "  - save-table: {slot: score, to: " + loss + ".csv}\n";
  }
  std::string held_out;  // the same for all, by the seed
  for (const auto& row : parse_csv(read_file(records("mse") / "split.csv")).rows)
    if (row.at("part") == "validation") held_out += row.at("image") + "\n";
  write_file(folder_ / "held-out.txt", held_out);
  const auto scored = run(stages, folder_ / "held-out.txt", "out");
  ASSERT_EQ(scored.exit_code, 0) << scored.told();
  for (const auto& loss : kinds) {
    const auto scores = parse_csv(read_file(folder_ / "out" / (loss + ".csv")));
    ASSERT_EQ(scores.rows.size(), 6U);
    const auto last = losses(records(loss)).back();
    for (const auto& [measure, column] :
         {std::pair{"validation_reconstruction", "reconstruction_error"},
          std::pair{"validation_kl", "kl"}, std::pair{"validation_loss", "negative_elbo"}}) {
      double mean = 0;
      for (const auto& cell : scores.column(column)) mean += std::stod(cell) / 6;
      EXPECT_NEAR(std::stod(last.at(measure)), mean, 1e-4 * (1 + std::abs(mean)))
          << measure << " with " << loss;
    }
  }
}

TEST_F(VaeTraining, StopsEarlyWhereNothingImproves) {
  const auto outcome =
      train("m", {"--epochs", "50", "--set", "learning_rate=1e-30", "--set", "patience=2"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.out, HasSubstr("stopped early after 3 of 50 epochs"));
  EXPECT_EQ(losses(records("m")).size(), 3U);
}

TEST_F(VaeTraining, LeavesAModelAloneThatIsThere) {
  const auto before = files_under(world().model.parent_path());
  const auto again = smear({"train", world().config.string(), "--data", world().data.string(), "-o",
                            world().model.string(), "--seed", "2"});
  EXPECT_EQ(again.exit_code, 2) << again.told();
  EXPECT_THAT(again.err, AllOf(HasSubstr("--resume"), HasSubstr("--overwrite")));
  EXPECT_EQ(difference(before, files_under(world().model.parent_path())), "");
}

TEST_F(VaeTraining, DivergenceEndsItWithTheStepAndTheLargestGradient) {
  // Steps of one image: it diverges within the first epoch.
  const auto outcome =
      train("m", {"--epochs", "40", "--set", "learning_rate=1", "--set", "batch=1"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.told();
  EXPECT_THAT(outcome.err, AllOf(testing::ContainsRegex("epoch [0-9]+, step [0-9]+"),
                                 testing::ContainsRegex("largest gradient is .* in (en|de)coder"),
                                 HasSubstr("learning_rate")));
  EXPECT_FALSE(fs::exists(model("m")));
  EXPECT_THAT(read_file(records("m") / "report.html"), HasSubstr("diverged"));
}

TEST_F(VaeTraining, TellsWhatIsWrongBeforeItBegins) {
  for (const auto& [options, message] : std::vector<std::pair<Words, std::string>>{
           {{"--device", "cuda"}, "CUDA"},
           {{"--set", "reparameterization=standart"}, "did you mean 'standard'"}}) {
    const auto outcome = train("m", options);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
    EXPECT_THAT(outcome.err, HasSubstr(message));
    EXPECT_FALSE(fs::exists(records("m")));
  }
}

const std::vector<std::string> stages_of_disease{"benign", "early-pre-b", "pre-b", "pro-b"};

TEST_F(VaeTraining, AConditionalModelDecodesOneImageAsEachClass) {
  const auto outcome =
      train("m", {"--epochs", "10", "--set", "conditional=true", "--set", "learning_rate=0.01",
                  "--set", "data.classes=[benign, early-pre-b, pre-b, pro-b]"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  const std::string file = "model: \"" + model("m").string() + "\"";
  std::string stages = "  - vae.encode: {" + file +
                       ", class: benign}\n"
                       "  - reparameterize: {function: mean}\n";
  for (const auto& name : stages_of_disease)
    stages += "  - vae.decode: {" + file + ", class: " + name +
              "}\n"
              "  - save-image: {to: \"" +
              name + "/{id}.png\"}\n";
  stages += "  - vae.reconstruct: {" + file +
            ", class: benign, as_class: pro-b,\n"
            "      inputs: {image: source}}\n"
            "  - save-image: {to: \"whole/{id}.png\"}\n"
            "  - vae.encode: {" +
            file +
            ", class: pro-b, inputs: {image: source}, "
            "outputs: {mu: other}}\n"
            "  - save-tensor: {slot: other, to: \"other/{id}.npy\"}\n"
            "  - save-tensor: {slot: mu, to: \"mu/{id}.npy\"}\n";
  const auto ran = run(stages, world().data, "out", four_benign);
  ASSERT_EQ(ran.exit_code, 0) << ran.told();
  for (const auto& [name, bytes] : files_under(folder_ / "out/benign")) {
    std::set<std::string> images;
    for (const auto& label : stages_of_disease)
      images.insert(read_file(folder_ / "out" / label / name));
    EXPECT_EQ(images.size(), 4U) << name;
  }
  EXPECT_EQ(files_under(folder_ / "out/whole"), files_under(folder_ / "out/pro-b"));
  EXPECT_NE(files_under(folder_ / "out/mu"), files_under(folder_ / "out/other"));

  const auto unnamed =
      run("  - vae.reconstruct: {" + file + "}\n  - save-image\n", world().data, "none");
  EXPECT_EQ(unnamed.exit_code, 2) << unnamed.told();
  EXPECT_THAT(unnamed.err, HasSubstr("one of benign, early-pre-b, pre-b, pro-b"));
}

class VaeReparameterizations : public VaeTraining {
 protected:
  /// An image and two draws of each function, from the model that was trained with it.
  [[nodiscard]] std::string stages(const Words& functions) const {
    std::string text;
    for (const auto& function : functions) {
      const std::string file = "model: \"" + model(function).string() + "\"";
      const std::string to = "/{id}.";
      text += "  - vae.reconstruct: {function: " + function + ", " + file +
              ", inputs: {image: source}}\n" +                               //
              "  - save-image: {to: \"" + function + to + "png\"}\n" +       //
              "  - vae.encode: {" + file + ", inputs: {image: source}}\n" +  //
              "  - reparameterize: {function: " + function + ", draws: 2, " + file + "}\n" +
              "  - save-tensor: {to: \"" + function + to + "npy\"}\n";
    }
    return text;
  }
  void train_each(const Words& functions) const {
    for (const auto& function : functions) {
      const auto outcome =
          train(function, {"--epochs", "1", "--set", "reparameterization=" + function});
      ASSERT_EQ(outcome.exit_code, 0) << function << "\n" << outcome.told();
    }
  }
  [[nodiscard]] fs::path result(const std::string& out, const std::string& function,
                                const std::string& ending) const {
    return folder_ / out / function / "pre-b" / (image_ + ending);
  }

  const std::string image_ = std::next(files_under(world().data / "pre-b").begin())->first;
};

// Two of them have parameters of their own: these are trained, and what is drawn later is drawn
// with them.
TEST_F(VaeReparameterizations, EachTrainsAndDrawsTheSameAloneAsInABatch) {
  const Words trained{"planar-flow", "variational-dropout"};
  const Words functions =
      with(trained, {"annealed", "antithetic", "laplace", "logistic", "spherical", "student-t",
                     "temperature-bias", "truncated", "uniform"});
  ASSERT_NO_FATAL_FAILURE(train_each(functions));
  const auto all = run(stages(functions), world().data, "all", {"--include", "pre-b/**"});
  ASSERT_EQ(all.exit_code, 0) << all.told();
  const auto alone = run(stages(functions), world().data, "alone", {"--include", image_});
  ASSERT_EQ(alone.exit_code, 0) << alone.told();
  for (const auto& function : functions) {
    SCOPED_TRACE(function);
    for (const std::string ending : {".npy", ".png"})
      EXPECT_EQ(read_file(result("alone", function, ending)),
                read_file(result("all", function, ending)));
    const Array z = read_npy(result("all", function, ".npy"));
    ASSERT_THAT(z.shape, ElementsAre(2U, latent));
    EXPECT_NE(z.row(0), z.row(1));
  }
  EXPECT_NEAR(length(read_npy(result("all", "spherical", ".npy")).row(0)), 1, 1e-5);

  const auto plain = Safetensors(world().model).tensors();
  for (const auto& function : trained) {
    Safetensors file(model(function));
    int own = 0;
    for (const auto& [name, bytes] : file.tensors()) {
      if (plain.contains(name)) continue;
      ++own;
      file.fill(name, -0.5F);
    }
    EXPECT_GT(own, 0) << function;
    write_file(model(function), file.bytes());
  }
  const auto patched = run(stages(trained), world().data, "patched", {"--include", image_});
  ASSERT_EQ(patched.exit_code, 0) << patched.told();
  for (const auto& function : trained)
    EXPECT_NE(read_file(result("patched", function, ".npy")),
              read_file(result("all", function, ".npy")))
        << function;
}

TEST_F(VaeReparameterizations, TrainedParametersAreNoneOfAnotherFunctionsModel) {
  const auto outcome =
      run("  - vae.encode: {model: MODEL}\n"
          "  - reparameterize: {function: planar-flow}\n"
          "  - reparameterize: {function: variational-dropout, model: MODEL}\n",
          world().data, "out");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("p.yaml:3:"), HasSubstr("planar-flow"), HasSubstr("p.yaml:4:"),
                    HasSubstr("variational-dropout"), HasSubstr("standard")));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

class VaeModel : public Vae {};

TEST_F(VaeModel, ShowTellsItsKindArchitectureTrainingAndTensors) {
  const auto picture = folder_ / "pictures.png";
  const auto text =
      smear({"model", "show", world().model.string(), "--pictures", picture.string()});
  ASSERT_EQ(text.exit_code, 0) << text.told();
  for (const char* part :
       {"a model of kind vae", "parameters", "Architecture", "[4,8,16]", "Preprocessing",
        "pillow-bilinear", "Training", "best_epoch", "Options", "learning_rate", "Provenance",
        "18 training, 6 validation", "encoder.0.weight", "F32  4 x 3 x 3 x 3"})
    EXPECT_THAT(text.out, HasSubstr(part));
  const auto [width, height] = png_size(picture);
  EXPECT_EQ(height, 2 * edge);  // inputs above outputs
  EXPECT_EQ(width % edge, 0U);

  const auto shown = json::parse(smear({"model", "show", world().model.string(), "--json"}).out);
  EXPECT_EQ(shown["kind"], "vae");
  EXPECT_EQ(shown["architecture"]["latent"], latent);
  EXPECT_EQ(shown["architecture"]["filters"], (json{4, 8, 16}));
  EXPECT_EQ(shown["training"]["epochs"], 5);
  EXPECT_EQ(shown["bytes"], fs::file_size(world().model));
}

// What Python makes of the exported model is what the program makes of the original.
TEST_F(VaeModel, TorchScriptReconstructsAsTheProgramDoes) {
  const auto python = [&](const std::string& program) {
    return run_program({"/usr/bin/python3", "-c", program}, {.folder = folder_.path()});
  };
  if (python("import torch, numpy, PIL.Image").exit_code != 0)
    GTEST_SKIP() << "no python3 with torch, numpy and PIL here";
  const auto exported = smear({"model", "export", world().model.string(), "--torchscript", "m.pt"},
                              {.folder = folder_.path()});
  ASSERT_EQ(exported.exit_code, 0) << exported.told();
  // Of the model's size, and stored without loss, so that nothing has to be scaled.
  make_smears(folder_ / "in", 3, edge);
  const auto ran =
      run("  - save-image: {to: \"prepared/{stem}.png\"}\n"
          "  - vae.reconstruct: {model: MODEL}\n"
          "  - save-image: {to: \"reconstructed/{stem}.png\"}\n",
          folder_ / "in", "out");
  ASSERT_EQ(ran.exit_code, 0) << ran.told();
  const auto compared = python(
      "import glob, numpy, torch\n"
      "from PIL import Image\n"
      "model = torch.jit.load('m.pt')\n"
      "files = sorted(glob.glob('out/prepared/*.png'))\n"
      "assert len(files) == 3\n"
      "read = lambda f: numpy.asarray(Image.open(f).convert('RGB')).astype('f4') / 255\n"
      "x = torch.from_numpy(numpy.stack([read(f) for f in files])).permute(0, 3, 1, 2)\n"
      "y = model(x.contiguous())\n"
      "y = y[0] if isinstance(y, tuple) else y\n"
      "y = y.permute(0, 2, 3, 1).detach().numpy()\n"
      "for i, f in enumerate(files):\n"
      "  expected = read(f.replace('prepared', 'reconstructed'))\n"
      "  worst = abs(y[i] - expected).max()\n"
      "  assert worst <= 0.51 / 255, (f, worst)\n");
  EXPECT_EQ(compared.exit_code, 0) << compared.told();
}

// The examples of the reference pages, each with the model that they name.
TEST_F(Vae, TheExamplesOfItsStagesRun) {
  const auto stages = json::parse(smear({"stages", "--json"}).out);
  fs::copy_file(world().model, folder_ / "model.safetensors");
  int count = 0;
  for (const auto& stage : stages) {
    if (stage.value("plugin", "") != "vae") continue;
    const std::string name = stage["name"];
    write_file(folder_ / (name + ".yaml"), stage["example"]);
    const Outcome outcome = smear(with({"run", (folder_ / (name + ".yaml")).string(),
                                        world().data.string(), "-o", (folder_ / name).string()},
                                       four_benign));
    EXPECT_EQ(outcome.exit_code, 0) << name << ": " << outcome.told();
    ++count;
  }
  EXPECT_EQ(count, 7);
}

// From preprocessing to the segmentation of what was generated, with the model in the current
// folder, as the README has it.
TEST_F(Vae, MalignantPreviewGeneratesAndSegmentsEachInput) {
  fs::copy_file(world().model, folder_ / "malignant.safetensors");
  const Outcome outcome =
      smear(with({"run", "malignant-preview", world().data.string(), "-o", "preview"}, four_benign),
            {.folder = folder_.path()});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(files_under(folder_ / "preview/generated").size(), 4U);
  EXPECT_EQ(files_under(folder_ / "preview/overlays").size(), 4U);
  EXPECT_TRUE(fs::exists(folder_ / "preview/cells.csv"));
}

// Grey images cannot be trained on, and say which they are; those of a class that is only compared
// with cost no training.
TEST_F(VaeTraining, GreyImagesAreNamed) {
  const auto grey = grey_tiff(48, 48, {120});
  for (const auto& [label, files] : std::map<std::string, int>{{"mal", 6}, {"benign", 2}}) {
    int index = 0;
    for (const auto& [name, bytes] : files_under(world().data / "early-pre-b"))
      if (index++ < files) write_file(folder_ / "data" / label / name, bytes);
  }
  write_file(folder_ / "data/benign/grey.tif", grey);
  const Words words{"train", world().config.string(), "--data",   (folder_ / "data").string(),
                    "--set", "data.classes=[mal]",    "--epochs", "1",
                    "-o"};
  const Outcome reference = smear(with(words, {model("reference").string()}));
  EXPECT_EQ(reference.exit_code, 0) << reference.told();
  EXPECT_THAT(reference.told(), HasSubstr("grey.tif is left out of its class's mean"));
  write_file(folder_ / "data/mal/grey.tif", grey);
  const Outcome trained = smear(with(words, {model("trained").string()}));
  EXPECT_EQ(trained.exit_code, 2) << trained.told();
  EXPECT_THAT(trained.told(), HasSubstr("grey.tif: the model takes 8-bit RGB images"));
}

}  // namespace
}  // namespace smear::test
