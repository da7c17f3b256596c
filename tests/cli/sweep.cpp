// SPDX-License-Identifier: Apache-2.0
// `smear sweep` as its users know it: tiny studies of painted discs and stars are run, read,
// stopped in every way and resumed; claims are decided by rules whose outcome is certain; wrong
// experiment files are refused with the place of what is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;
using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;
using testing::StartsWith;

using Files = std::map<std::string, std::string>;
using Row = std::map<std::string, std::string>;

// ---------------------------------------------------------------------------------- the images

constexpr int edge = 32;
constexpr int images_of_class = 40;

/// Whether a pixel belongs to the cell in the `i`th image of a class: small discs are benign, large
/// stars malignant.
bool in_cell(const std::string& kind, int i, int row, int column) {
  const double y = row - (14 + i % 5);
  const double x = column - (14 + i * 7 % 5);
  const double radius = i % 3 * 0.5;
  if (kind == "benign") return std::hypot(x, y) < 3.5 + radius;
  return std::hypot(x, y) < (8 + radius) * (1 + 0.25 * std::cos(5 * std::atan2(y, x) + i));
}

int pixels_of_cell(const std::string& kind, int i) {
  int count = 0;
  for (int row = 0; row < edge; ++row)
    for (int column = 0; column < edge; ++column) count += in_cell(kind, i, row, column) ? 1 : 0;
  return count;
}

/// A BMP of 24 bits. The ground differs from image to image, so that none is a copy of another.
std::string painted(const std::string& kind, int i) {
  constexpr int bytes = 3 * edge * edge;
  std::string text(54, '\0');
  const auto put = [&](std::size_t at, int value) {
    for (std::size_t k = 0; k < 4; ++k) text[at + k] = static_cast<char>(value >> (8 * k));
  };
  text[0] = 'B';
  text[1] = 'M';
  put(2, 54 + bytes);
  put(10, 54);
  put(14, 40);
  put(18, edge);
  put(22, -edge);  // the first row is the upper one
  put(26, 1 | 24 << 16);
  put(34, bytes);
  const std::string ground{'\xe1', '\xdc', static_cast<char>(0xe6 - i)};
  for (int row = 0; row < edge; ++row)
    for (int column = 0; column < edge; ++column)
      text += in_cell(kind, i, row, column) ? std::string("\x78\x28\x5a") : ground;
  return text;
}

/// benign/100.bmp to benign/139.bmp, and as many malignant ones.
void paint(const fs::path& data) {
  for (const std::string kind : {"benign", "malignant"})
    for (int i = 0; i < images_of_class; ++i)
      write_file(data / kind / (std::to_string(100 + i) + ".bmp"), painted(kind, i));
}

// ------------------------------------------------------------------------- the experiment files

/// All but grids and claims. The classifier learns what it is to learn within a second.
std::string settings(const std::string& seeds, const std::string& blur) {
  return "name: tiny\n"
         "title: A tiny study\n"
         "question: Do discs turn into stars?\n"
         "method: An autoencoder of stars is given discs.\n"
         "malignant: malignant\n"
         "benign: benign\n"
         "seed: 1\n"
         "data: {validation: 0.3, block: 2}\n"
         "images: 6\n"
         "reference_images: 10\n"
         "least_cells: 6\n"
         "bootstrap: 30\n"
         "seeds: " +
         seeds + "\nblur: " + blur +
         "\n"
         "classifier:\n"
         "  {image_size: 32, filters: [8, 12], epochs: 12, batch: 4, learning_rate: 0.03,\n"
         "   blank_corner: 0, dropout: 0, blur: 0, stain: 0, brightness: 0}\n"
         "vae:\n"
         "  {image_size: 32, filters: [8, 12], latent: 4, epochs: 6, batch: 4, learning_rate: "
         "0.01,\n"
         "   kl_weight: 0.01, reparameterization: temperature-bias}\n"
         "cells:\n"
         "  - to-grey\n"
         "  - auto-threshold: {objects: dark}\n"
         "  - fill-holes\n"
         "  - watershed\n"
         "  - measure-cells: {inputs: {white-cells: labels}}\n";
}

struct StatedClaim {
  std::string name;
  std::string rules;  ///< with commas between
  std::string verdict;
};

/// Claims that have to come out like this, whatever the autoencoder learns.
const std::vector<StatedClaim>& stated_claims() {
  // Blurring takes thousands off the sharpness of stars.
  static const std::string blurred = "{measure: sharpness, of: control/blurred-malignant-2, ";
  static const std::string stars = "than: control/real-malignant, ";
  static const std::string below = blurred + "is: below, " + stars + "margin: 0}";
  static const std::string above = blurred + "is: above, " + stars + "margin: 0}";
  static const std::string open = blurred + "is: above, " + stars + "margin: 1000000}";
  static const std::string both =
      "is: $, among: [control/real-malignant, control/blurred-malignant-2], margin: 0}";
  const auto among = [](std::string of, const std::string& is) {
    return "{measure: sharpness, of: control/" + std::move(of) + ", " +
           std::string(both).replace(both.find('$'), 1, is);
  };
  const auto real = [](const std::string& measure, const std::string& is) {
    return "{measure: " + measure + ", of: control/real-malignant, is: " + is +
           ", than: control/real-benign, margin: 0}";
  };
  static const std::vector<StatedClaim> claims{
      {"below-held", below, "held"},
      {"above-not-held", above, "not held"},
      {"above-undecided", open, "undecided"},
      {"below-undecided", blurred + "is: below, " + stars + "margin: 1000000}", "undecided"},
      {"near-held", blurred + "is: near, " + stars + "margin: 1000000}", "held"},
      {"near-not-held", blurred + "is: near, " + stars + "margin: 1}", "not held"},
      {"seeds-margin", blurred + "is: below, than: control/real-malignant}", "held"},
      {"highest-held", among("real-malignant", "highest"), "held"},
      {"highest-not-held", among("blurred-malignant-2", "highest"), "not held"},
      {"lowest-held", among("blurred-malignant-2", "lowest"), "held"},
      {"lowest-not-held", among("real-malignant", "lowest"), "not held"},
      {"all-rules-held", below + ", " + real("area", "above"), "held"},
      {"one-rule-not-held", below + ", " + above, "not held"},
      {"one-rule-undecided", below + ", " + open, "undecided"},
      {"not-held-beats-undecided", open + ", " + above, "not held"},
      {"no-noise",
       "{measure: diversity, of: functions/mean, is: near, than: control/reconstructed-benign, "
       "margin: 0}",
       "held"},
      {"hot-is-diverse", "{measure: diversity, of: once/10, is: highest, among: once, margin: 0}",
       "held"},
      {"cold-is-not", "{measure: diversity, of: once/0.1, is: highest, among: once, margin: 0}",
       "not held"},
      {"own-kind",
       "{measure: frechet_benign, of: control/real-benign, is: below, than_measure: "
       "frechet_malignant, than: control/real-benign, margin: 0}",
       "held"},
      {"stars-are-ragged", real("boundary_roughness", "above"), "held"},
      {"stars-are-not-round", real("circularity", "below"), "held"},
      {"stars-are-malignant", real("malignancy", "above"), "held"},
      {"no-value",
       "{measure: mse, of: control/real-benign, is: above, than: control/reconstructed-benign, "
       "margin: 0}",
       "undecided"},
      {"no-value-undecided",
       "{measure: mse, of: control/real-benign, is: highest, among: [control/real-benign, "
       "control/reconstructed-benign], margin: 0}",
       "undecided"},
  };
  return claims;
}

std::string text_of(const StatedClaim& claim) { return "Claim <" + claim.name + "> & no other."; }

std::string full_experiment() {
  std::string text = settings("[1, 2]", "[2]") +
                     "grids:\n"
                     "  - name: temperature\n"
                     "    title: Temperature, trained anew\n"
                     "    description: As in the study.\n"
                     "    train: anew\n"
                     "    vary: {temperature: [0.1, 1, 10]}\n"
                     "  - name: once\n"
                     "    title: Temperature, one model\n"
                     "    vary: {temperature: [0.1, 1, 10]}\n"
                     "  - name: functions\n"
                     "    settings:\n"
                     "      - {function: mean}\n"
                     "  - name: dropout\n"
                     "    settings:\n"
                     "      - {label: \"0\", training: {encoder_dropout: 0, decoder_dropout: 0}}\n"
                     "      - label: \"0.5\"\n"
                     "        training: {encoder_dropout: 0.5, decoder_dropout: 0.5}\n"
                     "  - name: stages\n"
                     "    train_on: [benign, malignant]\n"
                     "    training: {conditional: true}\n"
                     "    decode_as: [benign, malignant]\n"
                     "claims:\n";
  for (const StatedClaim& claim : stated_claims())
    text += "  - name: " + claim.name + "\n    text: \"" + text_of(claim) + "\"\n    rules: [" +
            claim.rules + "]\n";
  return text;
}

/// The ids of the conditions of `full_experiment`.
const std::vector<std::string>& full_conditions() {
  static const std::vector<std::string> ids{"control/real-malignant",
                                            "control/real-benign",
                                            "control/reconstructed-malignant",
                                            "control/reconstructed-benign",
                                            "control/prior",
                                            "control/blurred-malignant-2",
                                            "control/blurred-benign-2",
                                            "seeds/1",
                                            "seeds/2",
                                            "temperature/0.1",
                                            "temperature/1",
                                            "temperature/10",
                                            "once/0.1",
                                            "once/1",
                                            "once/10",
                                            "functions/mean",
                                            "dropout/0",
                                            "dropout/0.5",
                                            "stages/benign",
                                            "stages/malignant"};
  return ids;
}

std::string small_experiment() {
  return settings("[1]", "[]") +
         "grids:\n"
         "  - name: temperature\n"
         "    train: anew\n"
         "    vary: {temperature: [1, 10]}\n"
         "  - name: functions\n"
         "    settings:\n"
         "      - {function: mean}\n"
         "claims:\n"
         "  - name: no-noise\n"
         "    text: The mean is drawn without noise.\n"
         "    rules:\n"
         "      - {measure: diversity, of: functions/mean, is: near, than: "
         "control/reconstructed-benign, margin: 0}\n"
         "  - name: hot\n"
         "    text: Ten is hotter than one.\n"
         "    rules:\n"
         "      - {measure: kl, of: temperature/10, is: near, than: temperature/1, margin: "
         "1000000}\n";
}

// ---------------------------------------------------------------------------------- the outcome

Outcome sweep(const fs::path& experiment, const fs::path& data, const fs::path& out,
              const std::vector<std::string>& options = {}, Conditions conditions = {}) {
  std::vector<std::string> words{"sweep", experiment.string(), "--data", data.string(),
                                 "-o",    out.string()};
  words.insert(words.end(), options.begin(), options.end());
  conditions.timeout = seconds(250);
  return smear(words, conditions);
}

/// What two sweeps of the same must have in common, byte for byte.
Files lasting(const fs::path& out) {
  Files files = files_under(out);
  std::erase_if(files, [](const auto& file) {
    return file.first == "sweep.json" || file.first.starts_with(".smear/");
  });
  return files;
}

std::set<std::string> models_in(const fs::path& out) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(out / "models"))
    if (entry.path().extension() == ".safetensors") names.insert(entry.path().stem().string());
  return names;
}

class Measures {
 public:
  explicit Measures(const fs::path& out) : table_(parse_csv(read_file(out / "measures.csv"))) {}

  [[nodiscard]] const Csv& table() const { return table_; }
  [[nodiscard]] std::set<std::string> conditions() const {
    const auto ids = table_.column("condition");
    return {ids.begin(), ids.end()};
  }
  /// An empty row where the condition has no value.
  [[nodiscard]] Row row(const std::string& condition, const std::string& measure) const {
    for (const Row& row : table_.rows)
      if (row.at("condition") == condition && row.at("measure") == measure) return row;
    return {};
  }
  [[nodiscard]] bool has(const std::string& condition, const std::string& measure) const {
    return !row(condition, measure).empty();
  }
  /// NaN where the condition has no value.
  [[nodiscard]] double value(const std::string& condition, const std::string& measure) const {
    const Row found = row(condition, measure);
    return found.empty() ? std::nan("") : std::stod(found.at("estimate"));
  }
  /// All that measures.csv says of a condition, but its name.
  [[nodiscard]] std::vector<Row> all(const std::string& condition) const {
    std::vector<Row> rows;
    for (Row row : table_.rows)
      if (row["condition"] == condition) {
        for (const char* name : {"condition", "grid", "value"}) row.erase(name);
        rows.push_back(row);
      }
    return rows;
  }

 private:
  Csv table_;
};

/// The numbers in the names of the images that a condition generated or took.
std::vector<int> images_of(const fs::path& out, const std::string& condition,
                           const std::string& kind) {
  std::vector<int> numbers;
  for (const auto& [name, bytes] : files_under(out / "conditions" / condition / "generated" / kind))
    numbers.push_back(std::stoi(name));
  return numbers;
}

std::string without_tags(const std::string& page) {
  static const std::regex tags("<[^>]*>");
  return std::regex_replace(page, tags, " ");
}

/// The table rows of a page.
std::vector<std::string> rows_of(const std::string& page) {
  std::vector<std::string> rows;
  for (auto at = page.find("<tr"); at != std::string::npos; at = page.find("<tr", at + 1))
    rows.push_back(page.substr(at, page.find("</tr>", at) - at));
  return rows;
}

double number_after(const std::string& text, const std::string& words) {
  const auto at = text.find(words);
  return at == std::string::npos ? std::nan("") : std::stod(text.substr(at + words.size()));
}

/// Asked only where a sweep failed, since it takes its time.
bool has_learning() {
  const auto plugins = smear({"plugins"}).out;
  return plugins.find("classifier") != std::string::npos &&
         plugins.find("vae") != std::string::npos;
}

// --------------------------------------------------------------------------- what a study tells

/// Data and a sweep of them that nothing disturbs, made once for all tests.
class World {
 public:
  explicit World(const std::string& text, const std::vector<std::string>& options = {},
                 const Files& damage = {}) {
    paint(data);
    for (const auto& [name, bytes] : damage) write_file(data / name, bytes);
    write_file(experiment, text);
    run = sweep(experiment, data, out, options);
    learns = run.exit_code == 0 || has_learning();
  }

 private:
  TemporaryFolder folder_;

 public:
  fs::path data = folder_ / "data";
  fs::path experiment = folder_ / "tiny.yaml";
  fs::path out = folder_ / "out";
  Outcome run;
  bool learns = false;
};

/// A study with everything in it.
const World& world() {
  static const World made(full_experiment());
  return made;
}

/// A short one.
const World& small() {
  static const World made(small_experiment());
  return made;
}

/// One grid of it, where two of the images are broken.
const World& damaged() {
  static const World made(small_experiment(), {"--grid", "functions"},
                          {{"benign/107.bmp", painted("benign", 7).substr(0, 300)},
                           {"malignant/112.bmp", "no picture"}});
  return made;
}

const fs::path& out() { return world().out; }

Csv table(const std::string& name) { return parse_csv(read_file(out() / name)); }

void expect_all_files() {
  for (const char* name : {"report.html", "measures.csv", "claims.csv", "split.csv", "sweep.json"})
    EXPECT_TRUE(fs::is_regular_file(out() / name)) << name;
  EXPECT_EQ(read_file(out() / "experiment.yaml"), full_experiment());
  for (const char* grid :
       {"control", "seeds", "temperature", "once", "functions", "dropout", "stages"}) {
    const auto sheet = out() / "sheets" / (std::string(grid) + ".png");
    ASSERT_TRUE(fs::exists(sheet)) << sheet;
    EXPECT_THAT(read_file(sheet), StartsWith("\x89PNG\r\n")) << sheet;
  }
  const auto files = files_under(out());
  for (const auto& [name, bytes] : files) {
    EXPECT_THAT(name, Not(HasSubstr(".part"))) << "left behind";
    EXPECT_FALSE(bytes.empty() && name != ".smear/lock") << name;
  }
  EXPECT_THAT(world().run.out, HasSubstr("report: " + (out() / "report.html").string()));
  EXPECT_EQ(json::parse(read_file(out() / "sweep.json")).value("host", "").empty(), false);
}

void expect_links_to_files() {
  const auto page = read_file(out() / "report.html");
  EXPECT_TRUE(is_utf8(page));
  static const std::regex links("(?:href|src)=\"([^\"#]+)");
  int sheets = 0;
  for (std::sregex_iterator link(page.begin(), page.end(), links), end; link != end; ++link) {
    const std::string target = (*link)[1];
    if (target.starts_with("data:")) continue;
    EXPECT_TRUE(fs::exists(out() / target)) << target;
    if (target.starts_with("sheets/")) ++sheets;
  }
  EXPECT_GE(sheets, 7);
}

void expect_words_of_the_experiment() {
  const auto page = without_tags(read_file(out() / "report.html"));
  EXPECT_THAT(page, AllOf(HasSubstr("A tiny study"), HasSubstr("Do discs turn into stars?"),
                          HasSubstr("An autoencoder of stars is given discs."),
                          HasSubstr("Temperature, trained anew"), HasSubstr("As in the study."),
                          HasSubstr("28 training, 12 validation"), HasSubstr("95 %")));
}

void expect_every_claim_answered() {
  const auto claims = table("claims.csv");
  ASSERT_EQ(claims.rows.size(), stated_claims().size());
  const auto rows = rows_of(read_file(out() / "report.html"));
  for (const StatedClaim& claim : stated_claims()) {
    SCOPED_TRACE(claim.name);
    auto row = claims.row("claim", claim.name);
    ASSERT_FALSE(row.empty());
    EXPECT_THAT(row["verdict"], AnyOf("held", "not held", "undecided"));
    EXPECT_EQ(row["text"], text_of(claim));
    EXPECT_EQ(row["source"], "");
    EXPECT_FALSE(row["rule"].empty());
    EXPECT_FALSE(row["numbers"].empty());
    const auto escaped = "Claim &lt;" + claim.name + "&gt; &amp; no other.";
    const auto shown = std::ranges::find_if(
        rows, [&](const auto& text) { return text.find(escaped) != std::string::npos; });
    ASSERT_NE(shown, rows.end()) << "not in the report";
    const auto words = without_tags(*shown);
    EXPECT_THAT(words, HasSubstr(" " + row["verdict"] + " "));
    EXPECT_THAT(words, HasSubstr(row["rule"].substr(0, row["rule"].find_first_of("&<>\"'"))));
    EXPECT_THAT(world().run.out, HasSubstr(claim.name));
  }
}

void expect_stated_verdicts() {
  const auto claims = table("claims.csv");
  for (const StatedClaim& claim : stated_claims())
    EXPECT_EQ(claims.row("claim", claim.name)["verdict"], claim.verdict)
        << claim.name << ": " << claim.rules << "\n"
        << claims.row("claim", claim.name)["numbers"];
}

void expect_margin_from_seeds() {
  const Measures measures(out());
  const double spread =
      std::abs(measures.value("seeds/1", "sharpness") - measures.value("seeds/2", "sharpness"));
  ASSERT_GT(spread, 0);
  auto row = table("claims.csv").row("claim", "seeds-margin");
  EXPECT_NEAR(number_after(row["numbers"], "margin "), spread, 0.01 * spread) << row["numbers"];
  EXPECT_THAT(row["rule"], HasSubstr("seeds"));
  EXPECT_NEAR(number_after(table("claims.csv").row("claim", "near-held")["numbers"], "margin "),
              1e6, 1);
}

void expect_difference_of_measures() {
  const Measures measures(out());
  const double difference = measures.value("control/blurred-malignant-2", "sharpness") -
                            measures.value("control/real-malignant", "sharpness");
  const auto numbers = table("claims.csv").row("claim", "below-held")["numbers"];
  EXPECT_NEAR(number_after(numbers, "difference "), difference, 0.01 * std::abs(difference))
      << numbers;
}

void expect_true_reason() {
  const auto numbers = table("claims.csv").row("claim", "no-value")["numbers"];
  EXPECT_THAT(numbers, HasSubstr("has no mse"));
  // Six cells were found in six images, as many as are asked for: nothing was reconstructed.
  EXPECT_THAT(numbers, Not(HasSubstr("too few cells")));
}

void expect_every_condition() {
  const Measures measures(out());
  EXPECT_THAT(measures.table().header, ElementsAre("condition", "grid", "value", "measure", "unit",
                                                   "estimate", "low", "high", "images", "cells"));
  const auto& ids = full_conditions();
  EXPECT_EQ(measures.conditions(), std::set<std::string>(ids.begin(), ids.end()));
  std::set<std::pair<std::string, std::string>> seen;
  for (const Row& row : measures.table().rows) {
    EXPECT_TRUE(seen.emplace(row.at("condition"), row.at("measure")).second);
    EXPECT_EQ(row.at("images"), "6") << row.at("condition");
  }
  for (const auto& id : ids) {
    SCOPED_TRACE(id);
    for (const char* measure : {"malignancy", "sharpness", "cells_per_image"})
      EXPECT_TRUE(measures.has(id, measure)) << measure;
    const bool generated = !id.starts_with("control/");
    for (const char* measure : {"mse", "ssim", "kl", "diversity"})
      EXPECT_TRUE(measures.has(id, measure) || !generated) << measure;
  }
  const std::string of_cells[] = {"area", "circularity", "solidity", "boundary_roughness"};
  for (const char* id : {"control/real-malignant", "control/real-benign"}) {
    for (const auto& shape : of_cells) {
      EXPECT_TRUE(measures.has(id, shape)) << id << " " << shape;
      EXPECT_TRUE(measures.has(id, "wasserstein_malignant." + shape)) << id << " " << shape;
      EXPECT_TRUE(measures.has(id, "wasserstein_benign." + shape)) << id << " " << shape;
    }
    EXPECT_TRUE(measures.has(id, "frechet_malignant") && measures.has(id, "frechet_benign")) << id;
  }
}

void expect_errors_of_generated_images_only() {
  const Measures measures(out());
  for (const char* id : {"control/real-malignant", "control/real-benign"})
    for (const char* measure : {"mse", "ssim", "kl", "diversity"})
      EXPECT_FALSE(measures.has(id, measure)) << id << " " << measure;
  for (const char* measure : {"mse", "ssim", "kl"})
    EXPECT_FALSE(measures.has("control/prior", measure)) << "of no input: " << measure;
  EXPECT_GT(measures.value("control/reconstructed-benign", "mse"), 0);
  EXPECT_GT(measures.value("control/blurred-benign-2", "mse"), 0);
}

void expect_estimates_in_intervals() {
  const std::set<std::string> means{
      "malignancy",         "sharpness", "mse",  "ssim",           "kl", "diversity", "circularity",
      "boundary_roughness", "solidity",  "area", "cells_per_image"};
  const Measures measures(out());
  int wide = 0;
  for (const Row& row : measures.table().rows) {
    SCOPED_TRACE(row.at("condition") + " " + row.at("measure"));
    const double low = std::stod(row.at("low"));
    const double high = std::stod(row.at("high"));
    EXPECT_LE(low, high);
    if (!means.contains(row.at("measure"))) continue;
    EXPECT_LE(low, std::stod(row.at("estimate")));
    EXPECT_GE(high, std::stod(row.at("estimate")));
    wide += low < high ? 1 : 0;
  }
  EXPECT_GT(wide, 50) << "no images were drawn anew";
}

void expect_painted_shapes() {
  const Measures measures(out());
  for (const std::string kind : {"benign", "malignant"}) {
    SCOPED_TRACE(kind);
    const auto images = images_of(out(), "control/real-" + kind, kind);
    ASSERT_EQ(images.size(), 6U);
    double pixels = 0;
    for (const int image : images) pixels += pixels_of_cell(kind, image - 100);
    EXPECT_NEAR(measures.value("control/real-" + kind, "area"), pixels / 6, 1e-6);
    EXPECT_EQ(measures.value("control/real-" + kind, "cells_per_image"), 1);
    EXPECT_EQ(measures.row("control/real-" + kind, "area")["cells"], "6");
  }
  EXPECT_LT(measures.value("control/real-malignant", "solidity"),
            measures.value("control/real-benign", "solidity"));
  for (const std::string shape : {"area", "circularity", "solidity", "boundary_roughness"}) {
    SCOPED_TRACE(shape);
    EXPECT_LT(measures.value("control/real-malignant", "wasserstein_malignant." + shape),
              measures.value("control/real-benign", "wasserstein_malignant." + shape));
    EXPECT_LT(measures.value("control/real-benign", "wasserstein_benign." + shape),
              measures.value("control/real-malignant", "wasserstein_benign." + shape));
  }
  EXPECT_LT(measures.value("control/real-malignant", "frechet_malignant"),
            measures.value("control/blurred-malignant-2", "frechet_malignant"));
  EXPECT_LT(measures.value("control/blurred-malignant-2", "frechet_malignant"),
            measures.value("control/real-benign", "frechet_malignant"));
}

void expect_diversity_from_noise() {
  const Measures measures(out());
  EXPECT_EQ(measures.value("functions/mean", "diversity"), 0);
  EXPECT_EQ(measures.value("control/reconstructed-benign", "diversity"), 0);
  EXPECT_GT(measures.value("once/0.1", "diversity"), 0);
  EXPECT_GT(measures.value("once/1", "diversity"), measures.value("once/0.1", "diversity"));
  EXPECT_GT(measures.value("once/10", "diversity"), measures.value("once/1", "diversity"));
}

void expect_held_out_images() {
  const auto split = table("split.csv");
  EXPECT_EQ(split.rows.size(), 2U * images_of_class);
  std::map<std::string, std::string> part;
  std::map<std::string, std::set<std::string>> parts_of_group;
  for (const Row& row : split.rows) {
    part[row.at("image")] = row.at("part");
    parts_of_group[row.at("class") + row.at("group")].insert(row.at("part"));
  }
  EXPECT_EQ(parts_of_group.size(), images_of_class) << "blocks of two neighbours";
  for (const auto& [group, parts] : parts_of_group) EXPECT_EQ(parts.size(), 1U) << group;
  const auto split_part = [&](const std::string& kind, int image) {
    return part[kind + "/" + std::to_string(image) + ".bmp"];
  };
  auto ids = full_conditions();
  const auto benign = images_of(out(), "control/real-benign", "benign");
  for (const auto& id : ids) {
    SCOPED_TRACE(id);
    const bool malignant = id.starts_with("control/") && id.find("malignant") != std::string::npos;
    const std::string kind = malignant ? "malignant" : "benign";
    const auto images = images_of(out(), id, kind);
    EXPECT_EQ(images.size(), 6U);
    for (const int image : images) EXPECT_EQ(split_part(kind, image), "validation") << image;
    if (!malignant) {
      EXPECT_EQ(images, benign) << "the same inputs for every value";
    }
  }
  for (const std::string kind : {"benign", "malignant"}) {
    const auto images = images_of(out(), "reference/" + kind, kind);
    EXPECT_EQ(images.size(), 10U);
    for (const int image : images) EXPECT_EQ(split_part(kind, image), "training") << image;
  }
}

void expect_accuracy_told() {
  const auto shown =
      smear({"model", "show", (out() / "models/classifier.safetensors").string(), "--json"});
  ASSERT_EQ(shown.exit_code, 0) << shown.told();
  const auto evaluation = json::parse(shown.out)["training"]["evaluation"];
  const auto accuracy = evaluation["balanced_accuracy"].get<double>();
  EXPECT_EQ(evaluation["images"], 24);
  EXPECT_GT(accuracy, 0.9) << "stars and discs are easily told apart";
  EXPECT_NEAR(number_after(world().run.out, "held-out balanced accuracy "), accuracy, 1e-4)
      << world().run.out;
  const auto page = read_file(out() / "report.html");
  EXPECT_NEAR(number_after(page, "<li>balanced accuracy "), accuracy, 1e-4);
  EXPECT_THAT(without_tags(page),
              AllOf(HasSubstr("24 images held out"), HasSubstr("calibration error"),
                    HasSubstr("Blocks of 2 neighbouring files")));
  const Measures measures(out());
  EXPECT_GT(measures.value("control/real-malignant", "malignancy"), 0.5);
  EXPECT_LT(measures.value("control/real-benign", "malignancy"), 0.5);
}

void expect_equal_trainings_once() {
  const auto names = models_in(out());
  // The plain model is seed 1, temperature 1, dropout 0, and all of `once` and `functions`.
  EXPECT_THAT(names, IsSupersetOf({"classifier", "seeds-1", "seeds-2", "temperature-0.1",
                                   "temperature-10", "dropout-0.5"}));
  EXPECT_EQ(names.size(), 7U) << "and one for both classes of `stages`: "
                              << testing::PrintToString(names);
  const Measures measures(out());
  for (const char* same : {"temperature/1", "once/1", "dropout/0"})
    EXPECT_EQ(measures.all(same), measures.all("seeds/1")) << same;
  EXPECT_NE(measures.all("seeds/2"), measures.all("seeds/1"));
  EXPECT_NE(measures.value("temperature/10", "sharpness"), measures.value("once/10", "sharpness"))
      << "trained anew, and not";
  EXPECT_EQ(measures.value("once/10", "kl"), measures.value("once/0.1", "kl"))
      << "one encoder, whose KL is that of the posterior";
}

void expect_trained_as_said() {
  const auto shown = [&](const std::string& name) {
    const auto model = out() / "models" / (name + ".safetensors");
    return json::parse(smear({"model", "show", model.string(), "--json"}).out);
  };
  const auto plain = shown("seeds-1");
  EXPECT_THAT(plain["provenance"]["config_text"].get<std::string>(),
              HasSubstr("classes: [\"malignant\"]"));
  EXPECT_EQ(plain["options"]["reparameterization"], "temperature-bias");
  EXPECT_EQ(plain["options"]["temperature"], "1");
  EXPECT_EQ(shown("temperature-10")["options"]["temperature"], "10");
  const auto dropout = shown("dropout-0.5")["options"];
  EXPECT_EQ(dropout["encoder_dropout"], "0.5");
  EXPECT_EQ(dropout["decoder_dropout"], "0.5");
  std::string conditional;
  for (const auto& name : models_in(out()))
    if (name.starts_with("stages")) conditional = name;
  ASSERT_FALSE(conditional.empty());
  EXPECT_EQ(shown(conditional)["classes"], (json{"benign", "malignant"}));
}

void expect_decoded_as_each_class() {
  const auto files = [&](const std::string& id) {
    return files_under(out() / "conditions" / id / "generated");
  };
  const auto benign = files("stages/benign");
  const auto malignant = files("stages/malignant");
  ASSERT_EQ(benign.size(), 6U);
  ASSERT_EQ(malignant.size(), 6U);
  for (const auto& [name, bytes] : benign) {
    ASSERT_TRUE(malignant.contains(name)) << "the same inputs: " << name;
    EXPECT_NE(bytes, malignant.at(name)) << name;
  }
  const Measures measures(out());
  EXPECT_EQ(measures.value("stages/benign", "kl"), measures.value("stages/malignant", "kl"))
      << "both are encoded as benign";
  EXPECT_GT(measures.value("stages/malignant", "malignancy"),
            measures.value("stages/benign", "malignancy"));
}

/// The first number in each cell of a table row.
std::vector<double> numbers_of(const std::string& row) {
  static const std::regex minus("\xe2\x88\x92");
  std::vector<double> numbers;
  for (auto at = row.find("<td"); at != std::string::npos; at = row.find("<td", at + 1)) {
    const auto cell = row.substr(at, row.find("</td>", at) - at);
    std::istringstream words(std::regex_replace(without_tags(cell), minus, "-"));
    double number = 0;
    if (words >> number) numbers.push_back(number);
  }
  return numbers;
}

void expect_gap_by_dropout() {
  const auto page = read_file(out() / "report.html");
  const auto at = page.find("<h2>Dropout");
  ASSERT_NE(at, std::string::npos);
  std::map<double, std::vector<double>> by_rate;
  for (const auto& row : rows_of(page.substr(at, page.find("<h2", at + 4) - at))) {
    const auto numbers = numbers_of(row);
    if (!numbers.empty()) by_rate[numbers[0]] = numbers;
  }
  for (const double rate : {0.0, 0.5}) {
    SCOPED_TRACE(rate);
    const auto& numbers = by_rate[rate];
    ASSERT_GE(numbers.size(), 4U) << "rate, training error, held-out error, gap";
    EXPECT_GT(numbers[1], 0);
    EXPECT_NEAR(numbers[3], numbers[2] - numbers[1], 2e-4);
  }
}

// Few tests of many parts, since each that runs alone makes the study anew.
class Study : public testing::Test {
 protected:
  void SetUp() override {
    if (!world().learns) GTEST_SKIP() << "the program has no autoencoder or no classifier";
    ASSERT_EQ(world().run.exit_code, 0) << world().run.told();
  }
};

TEST_F(Study, WritesWhatAReaderNeeds) {
  expect_all_files();
  expect_links_to_files();
  expect_words_of_the_experiment();
}

TEST_F(Study, AnswersEveryClaimByItsRule) {
  expect_every_claim_answered();
  expect_stated_verdicts();
  expect_margin_from_seeds();
  expect_difference_of_measures();
}

TEST_F(Study, SaysTheTrueReasonWhereAMeasureHasNoValue) { expect_true_reason(); }

TEST_F(Study, MeasuresEveryConditionAndControl) {
  expect_every_condition();
  expect_errors_of_generated_images_only();
  expect_estimates_in_intervals();
  expect_painted_shapes();
  expect_diversity_from_noise();
}

TEST_F(Study, JudgesByHeldOutImagesAlone) {
  expect_held_out_images();
  expect_accuracy_told();
}

TEST_F(Study, TrainsWhatDiffersOnceAndAsItSays) {
  expect_equal_trainings_once();
  expect_trained_as_said();
  expect_decoded_as_each_class();
  expect_gap_by_dropout();
}

// -------------------------------------------------------- stopping, resuming, and what is refused

class Sweep : public testing::Test {
 protected:
  void SetUp() override {
    if (!small().learns) GTEST_SKIP() << "the program has no autoencoder or no classifier";
    ASSERT_EQ(small().run.exit_code, 0) << small().run.told();
    write_file(experiment_, small_experiment());
  }

  [[nodiscard]] Outcome run(const std::vector<std::string>& options = {},
                            const Conditions& conditions = {}) const {
    return sweep(experiment_, data_, out_, options, conditions);
  }
  /// What a sweep with these options leaves that nothing disturbs.
  [[nodiscard]] Files fresh(const std::vector<std::string>& options) const {
    const auto out = folder_ / "fresh";
    const auto outcome = sweep(experiment_, data_, out, options);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
    return lasting(out);
  }
  static Files undisturbed() { return lasting(small().out); }
  /// Puts a sweep that is done into `out_`.
  void begin_with_a_done_sweep() const { fs::copy(small().out, out_, fs::copy_options::recursive); }
  /// For tests that change the data.
  void paint_data() {
    data_ = folder_ / "data";
    paint(data_);
  }
  /// No file of the result is ever half written, models least of all.
  void expect_only_whole_files(const Files& expected) const {
    for (const auto& [name, bytes] : lasting(out_)) {
      const auto whole = expected.find(name);
      if (whole != expected.end()) {
        EXPECT_EQ(bytes, whole->second) << name;
      }
    }
  }

  TemporaryFolder folder_;
  fs::path data_ = small().data;
  fs::path experiment_ = folder_ / "tiny.yaml";
  fs::path out_ = folder_ / "out";
};

TEST_F(Sweep, GivesTheSameBytesInEveryRun) {
  const auto outcome = run({"--jobs", "1", "--quiet"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(undisturbed(), Contains(testing::Key("report.html")));
  EXPECT_EQ(difference(undisturbed(), lasting(out_)), "");
}

TEST_F(Sweep, KilledAgainAndAgainAndResumedIsAsNeverKilled) {
  const auto expected = undisturbed();
  for (const char* awaited : {".smear/trainings/classifier/last.safetensors",
                              ".smear/trainings/temperature-10/last.safetensors",
                              ".smear/runs/temperature/10", "sheets/control.png"}) {
    SCOPED_TRACE(awaited);
    if (fs::exists(out_ / awaited)) continue;  // the kill before came late
    const std::vector<std::string> options =
        fs::exists(out_) ? std::vector<std::string>{"--resume"} : std::vector<std::string>{};
    const auto outcome = run(options, {.act = send(SIGKILL), .awaited = out_ / awaited});
    EXPECT_TRUE(outcome.acted) << outcome.told();
    if (outcome.signal != SIGKILL) {
      EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
    }
    expect_only_whole_files(expected);
  }
  ASSERT_TRUE(fs::exists(out_ / "models/seeds-1.safetensors"));
  ASSERT_TRUE(fs::exists(out_ / "conditions/control/prior/cells.csv"));
  const auto model_time = fs::last_write_time(out_ / "models/seeds-1.safetensors");
  const auto done_time = fs::last_write_time(out_ / "conditions/control/prior/cells.csv");
  const auto resumed = run({"--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.told();
  EXPECT_EQ(difference(expected, lasting(out_)), "");
  EXPECT_EQ(fs::last_write_time(out_ / "models/seeds-1.safetensors"), model_time)
      << "was trained again";
  EXPECT_EQ(fs::last_write_time(out_ / "conditions/control/prior/cells.csv"), done_time)
      << "was measured again";
}

TEST_F(Sweep, AfterAKilledOverwrite) {
  begin_with_a_done_sweep();
  const auto killed = run({"--overwrite", "--set", "images=5"},
                          {.act = send(SIGKILL), .awaited = out_ / ".smear/trainings"});
  EXPECT_EQ(killed.signal, SIGKILL) << killed.told();
  const auto resumed = run({"--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.told();
  EXPECT_EQ(difference(undisturbed(), lasting(out_)), "");
}

TEST_F(Sweep, AfterCtrlCAndATermination) {
  const auto expected = undisturbed();
  const auto interrupted =
      run({}, {.act = send(SIGINT), .awaited = out_ / ".smear/trainings/seeds-1/last.safetensors"});
  EXPECT_EQ(interrupted.exit_code, 130) << interrupted.told();
  EXPECT_THAT(interrupted.out + interrupted.err, HasSubstr("--resume"));
  EXPECT_FALSE(fs::exists(out_ / "report.html"));
  expect_only_whole_files(expected);
  // It needs the model whose training was stopped.
  const auto condition = out_ / "conditions/control/prior";
  ASSERT_FALSE(fs::exists(condition));
  const auto terminated = run({"--resume"}, {.act = send(SIGTERM), .awaited = condition});
  EXPECT_EQ(terminated.exit_code, 143) << terminated.told();
  EXPECT_THAT(terminated.out + terminated.err, HasSubstr("--resume"));
  EXPECT_FALSE(fs::exists(out_ / "report.html"));
  const auto resumed = run({"--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.told();
  EXPECT_EQ(difference(expected, lasting(out_)), "");
}

TEST_F(Sweep, AnEarlierSweepIsLeftAloneUnlessToldOtherwise) {
  begin_with_a_done_sweep();
  const auto before = files_under(out_);
  const auto refused = run();
  EXPECT_EQ(refused.exit_code, 2) << refused.told();
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr(out_.string()), HasSubstr("--resume"), HasSubstr("--overwrite")));
  EXPECT_EQ(difference(before, files_under(out_)), "");
  const auto both = run({"--resume", "--overwrite"});
  EXPECT_EQ(both.exit_code, 2) << both.told();
  EXPECT_EQ(difference(before, files_under(out_)), "");

  const auto model = out_ / "models/seeds-1.safetensors";
  const auto time = fs::last_write_time(model);
  const auto resumed = run({"--resume"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.told();
  EXPECT_THAT(resumed.out, HasSubstr("no-noise"));
  EXPECT_EQ(fs::last_write_time(model), time);
  EXPECT_EQ(difference(undisturbed(), lasting(out_)), "");

  write_file(out_ / "models/old.safetensors", "of another sweep");
  const auto replaced = run({"--overwrite"});
  ASSERT_EQ(replaced.exit_code, 0) << replaced.told();
  EXPECT_NE(fs::last_write_time(model), time);
  EXPECT_EQ(difference(undisturbed(), lasting(out_)), "");
}

TEST_F(Sweep, AFolderThatHoldsNoSweepIsLeftAlone) {
  write_file(out_ / "models/mine.txt", "mine");
  for (const auto& options :
       std::vector<std::vector<std::string>>{{}, {"--overwrite"}, {"--resume"}}) {
    const auto refused = run(options);
    EXPECT_EQ(refused.exit_code, 2) << refused.told();
    EXPECT_THAT(refused.err, AllOf(HasSubstr(out_.string()), HasSubstr("not empty")));
    EXPECT_EQ(files_under(out_), (Files{{"models/mine.txt", "mine"}}));
  }
}

TEST_F(Sweep, ResumingWithAnotherExperimentRedoesWhatDiffers) {
  begin_with_a_done_sweep();
  const auto model = out_ / "models/seeds-1.safetensors";
  const auto time = fs::last_write_time(model);
  const auto fewer = run({"--resume", "--set", "images=5"});
  ASSERT_EQ(fewer.exit_code, 0) << fewer.told();
  EXPECT_EQ(Measures(out_).row("temperature/10", "mse")["images"], "5");
  EXPECT_EQ(fs::last_write_time(model), time) << "no training depends on it";
  EXPECT_EQ(difference(fresh({"--set", "images=5"}), lasting(out_)), "");
}

TEST_F(Sweep, ResumingThrowsNoModelAway) {
  begin_with_a_done_sweep();
  const auto refused = run({"--resume", "--set", "vae.epochs=3"});
  EXPECT_EQ(refused.exit_code, 2) << refused.told();
  EXPECT_THAT(refused.err, AllOf(HasSubstr("seeds-1"), HasSubstr("trained with other settings"),
                                 HasSubstr("--overwrite")));
  EXPECT_EQ(difference(undisturbed(), lasting(out_)), "");
}

TEST_F(Sweep, RunsOneGridAlone) {
  const auto expected = fresh({"--grid", "functions"});
  const auto alone = folder_ / "fresh";
  EXPECT_EQ(models_in(alone), (std::set<std::string>{"classifier", "seeds-1"}));
  const auto conditions = Measures(alone).conditions();
  EXPECT_THAT(conditions, Contains("functions/mean"));
  EXPECT_THAT(conditions, Contains("control/prior"));
  EXPECT_THAT(conditions, Each(Not(StartsWith("temperature/"))));
  const auto claims = parse_csv(read_file(alone / "claims.csv"));
  EXPECT_EQ(claims.row("claim", "no-noise")["verdict"], "held");
  EXPECT_EQ(claims.row("claim", "hot")["verdict"], "undecided");
  EXPECT_THAT(claims.row("claim", "hot")["numbers"], HasSubstr("was not run"));

  begin_with_a_done_sweep();
  const auto unknown = run({"--grid", "temprature", "--overwrite"});
  EXPECT_EQ(unknown.exit_code, 2) << unknown.told();
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("temprature"), HasSubstr("temperature, functions")));
  EXPECT_EQ(difference(undisturbed(), lasting(out_)), "") << "nothing was overwritten";

  const auto resumed = run({"--resume", "--grid", "functions"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.told();
  // Whether what is there of other grids stays for later is the program's choice.
  const auto found = lasting(out_);
  for (const auto& [name, bytes] : expected) {
    ASSERT_TRUE(found.contains(name)) << name;
    EXPECT_EQ(found.at(name), bytes) << name;
  }
}

TEST_F(Sweep, ResumingWithAnExperimentOfFewerGridsLeavesNothingStale) {
  begin_with_a_done_sweep();
  const auto text = small_experiment();
  const auto first = text.find("  - name: temperature");
  const auto claims = text.find("claims:");
  write_file(experiment_,
             text.substr(0, first) + text.substr(text.find("  - name: functions"),
                                                 claims - text.find("  - name: functions")));
  const auto resumed = run({"--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.told();
  EXPECT_EQ(difference(fresh({}), lasting(out_)), "");
}

TEST_F(Sweep, ResumingSeesThatImagesChanged) {
  paint_data();
  ASSERT_EQ(run({"--resume", "--grid", "functions"}).exit_code, 0) << "begins where nothing is";
  for (int i = 0; i < images_of_class; ++i)
    write_file(data_ / "malignant" / (std::to_string(100 + i) + ".bmp"),
               painted("malignant", images_of_class - 1 - i));
  const auto refused = run({"--resume", "--grid", "functions"});
  EXPECT_EQ(refused.exit_code, 2) << refused.told();
  EXPECT_THAT(refused.err, HasSubstr("other settings, data or plugins"));
  const auto outcome = run({"--overwrite", "--grid", "functions"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(difference(fresh({"--grid", "functions"}), lasting(out_)), "");
}

TEST_F(Sweep, ResumingMakesWhatWasDeletedAgain) {
  begin_with_a_done_sweep();
  for (const char* name : {"report.html", "sheets/temperature.png", "claims.csv", "sweep.json",
                           "models/temperature-10.safetensors"})
    ASSERT_TRUE(fs::remove(out_ / name)) << name;
  ASSERT_GT(fs::remove_all(out_ / "conditions/functions"), 0U);
  const auto outcome = run({"--resume"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(difference(undisturbed(), lasting(out_)), "");
  EXPECT_TRUE(fs::exists(out_ / "sweep.json"));
}

TEST_F(Sweep, TwoAtOnceInOneFolderAreRefused) {
  const auto expected = undisturbed();
  Outcome second;
  const auto first = run({}, {.act = [&](pid_t) { second = run({"--resume"}); },
                              .awaited = out_ / ".smear/trainings"});
  ASSERT_TRUE(first.acted);
  // The second may have come when the first had done everything.
  if (second.exit_code != 0) {
    EXPECT_THAT(second.exit_code, AnyOf(1, 2)) << second.told();
    EXPECT_THAT(second.err, HasSubstr(out_.string()));
  }
  EXPECT_EQ(first.exit_code, 0) << first.told();
  EXPECT_EQ(difference(expected, lasting(out_)), "");
}

TEST_F(Sweep, DryRunCountsAndWritesNothing) {
  const auto before = files_under(folder_.path());
  const auto outcome = run({"--dry-run"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  // Classifier, plain model and temperature 10; 5 controls, 1 seed, 2 temperatures, 1 function,
  // and the references of both classes.
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("3 models"), HasSubstr("11 conditions"),
                                 HasSubstr(std::to_string(9 * 6 + 2 * 10) + " images"),
                                 HasSubstr("benign: 28 training, 12 validation")));
  EXPECT_EQ(difference(before, files_under(folder_.path())), "");
  EXPECT_FALSE(fs::exists(out_));
  const auto plan = run({"--dry-run", "--json", "--grid", "functions"});
  EXPECT_EQ(plan.exit_code, 0) << plan.told();
  const auto line = json::parse(plan.out);
  EXPECT_EQ(line["models"], (json{"classifier", "seeds-1"}));
  EXPECT_EQ(line["images"], 7 * 6 + 2 * 10);
  EXPECT_FALSE(fs::exists(out_));
}

TEST_F(Sweep, GridsVaryCombinationsAndTrainings) {
  write_file(experiment_, settings("[1]", "[]") + R"(grids:
  - name: tails
    function: student-t
    train: anew
    vary: {degrees_of_freedom: [3, 5], kl: [sampled, posterior]}
  - name: latents
    vary_training: {latent: [4, 8]}
)");
  const auto plan = run({"--dry-run", "--json"});
  ASSERT_EQ(plan.exit_code, 0) << plan.told();
  const auto line = json::parse(plan.out);
  std::map<std::string, int> conditions;
  for (const std::string id : line["conditions"]) ++conditions[id.substr(0, id.find('/'))];
  EXPECT_EQ(conditions["tails"], 4) << line.dump();
  EXPECT_EQ(conditions["latents"], 2) << line.dump();
  // The plain model's latent has 4 dimensions: beside it and the classifier, 4 + 1 are trained.
  EXPECT_EQ(line["models"].size(), 7U) << line.dump();
}

TEST_F(Sweep, TellsJsonLines) {
  const auto outcome = run({"--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  std::set<std::string> phases;
  std::istringstream messages(outcome.err);
  for (std::string line; std::getline(messages, line);) {
    const auto message = json::parse(line);
    EXPECT_TRUE(message.contains("event")) << line;
    if (message["event"] == "progress") phases.insert(message["phase"].get<std::string>());
  }
  EXPECT_THAT(phases,
              IsSupersetOf({"reading images", "training", "measuring", "writing the report"}));
  json summary;
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) summary = json::parse(line);
  EXPECT_EQ(summary["exit_code"], 0);
  for (const char* what : {"failed_images", "failed_conditions", "failed_models"})
    EXPECT_EQ(summary[what], 0) << what;
  EXPECT_EQ(summary["report"], (out_ / "report.html").string());
  EXPECT_EQ(summary["claims"], (json{{"no-noise", "held"}, {"hot", "held"}}));

  const Measures measures(out_);
  std::string closest;
  for (const char* id : {"temperature/1", "temperature/10", "functions/mean"}) {
    const double distance = measures.value(id, "frechet_malignant");
    if (std::isnan(distance)) continue;
    if (closest.empty() || distance < measures.value(closest, "frechet_malignant")) closest = id;
  }
  EXPECT_EQ(summary.value("closest", ""), closest);
}

TEST_F(Sweep, GoesOnWithoutDamagedImages) {
  const Outcome& outcome = damaged().run;
  const auto& out = damaged().out;
  ASSERT_THAT(outcome.exit_code, AnyOf(0, 3)) << outcome.told();
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("benign/107.bmp"), HasSubstr("malignant/112.bmp"),
                                 HasSubstr("left out")));
  const auto split = parse_csv(read_file(out / "split.csv"));
  EXPECT_EQ(split.rows.size(), 2U * images_of_class);
  for (const char* image : {"benign/107.bmp", "malignant/112.bmp"}) {
    auto row = split.row("image", image);
    EXPECT_EQ(row["part"], "left out") << image;
    EXPECT_FALSE(row["reason"].empty()) << image;
  }
  EXPECT_THAT(split.row("image", "benign/107.bmp")["reason"], HasSubstr("truncated"));
  EXPECT_EQ(split.row("image", "benign/106.bmp")["reason"], "");
  EXPECT_THAT(read_file(out / "report.html"),
              AllOf(HasSubstr("benign/107.bmp"), HasSubstr("malignant/112.bmp")));
  EXPECT_EQ(Measures(out).row("functions/mean", "mse")["images"], "6");
  for (const auto& [name, bytes] : files_under(out / "conditions"))
    EXPECT_THAT(name, Not(AnyOf(HasSubstr("benign/107"), HasSubstr("malignant/112"))));
}

TEST_F(Sweep, OnlySweepJsonSaysWhere) {
  // Notes tell of the damaged images.
  fs::copy(damaged().data, folder_ / "moved", fs::copy_options::recursive);
  const auto moved =
      sweep("tiny.yaml", "moved", "elsewhere", {"--grid", "functions"}, {.folder = folder_.path()});
  ASSERT_THAT(moved.exit_code, AnyOf(0, 3)) << moved.told();
  EXPECT_EQ(difference(lasting(damaged().out), lasting(folder_ / "elsewhere")), "");
}

TEST_F(Sweep, IsNamedWhereAPipelineIsWanted) {
  for (const std::string command : {"check", "run"}) {
    std::vector<std::string> words{command, experiment_.string(), data_.string()};
    if (command == "run") words.insert(words.end(), {"-o", out_.string()});
    const auto refused = smear(words);
    EXPECT_EQ(refused.exit_code, 2) << refused.told();
    EXPECT_THAT(refused.err, AllOf(HasSubstr("is an experiment"), HasSubstr("smear sweep")));
  }
}

TEST_F(Sweep, TakesSettingsFromTheCommandLine) {
  const auto outcome = run({"--grid", "functions", "--set", "images=5", "--set", "vae.epochs=2",
                            "--set", "seeds=[7]", "--set", "data.validation=0.5"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_EQ(models_in(out_), (std::set<std::string>{"classifier", "seeds-7"}));
  EXPECT_EQ(parse_csv(read_file(out_ / "models/seeds-7.csv")).rows.size(), 2U);
  EXPECT_EQ(Measures(out_).row("functions/mean", "kl")["images"], "5");
  EXPECT_EQ(std::ranges::count(parse_csv(read_file(out_ / "split.csv")).column("part"), "training"),
            images_of_class);
  EXPECT_THAT(json::parse(read_file(out_ / "sweep.json"))["changes"].dump(),
              AllOf(HasSubstr("images=5"), HasSubstr("vae.epochs=2")));
}

// ---------------------------------------------------------------------------- wrong experiments

/// What is wrong with an experiment, and what the message has to say.
struct Mistake {
  std::string what;  ///< the text is wrong where this begins
  std::vector<std::string> words;
};

class WrongSweep : public testing::Test {
 protected:
  void SetUp() override {
    static const bool learns = [this] {
      write_file(experiment_, small_experiment());
      return run({"--dry-run"}).exit_code == 0 || has_learning();
    }();
    if (!learns) GTEST_SKIP() << "the program has no autoencoder or no classifier";
  }

  static const fs::path& data() {
    static const TemporaryFolder folder;
    static const fs::path painted_data = [] {
      paint(folder / "data");
      return folder / "data";
    }();
    return painted_data;
  }
  [[nodiscard]] Outcome run(const std::vector<std::string>& options = {}) const {
    return sweep(experiment_, data(), out_, options);
  }
  /// Runs an experiment that must be refused, and returns the messages.
  [[nodiscard]] std::string refused(const std::string& text,
                                    const std::vector<std::string>& options = {}) const {
    write_file(experiment_, text);
    const auto outcome = run(options);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
    EXPECT_FALSE(fs::exists(out_ / "report.html"));
    fs::remove_all(out_);
    return outcome.err;
  }
  /// "tiny.yaml:3:", the line of the first `what` of the text.
  [[nodiscard]] std::string line_of(const std::string& text, const std::string& what) const {
    const auto place = text.find(what);
    EXPECT_NE(place, std::string::npos) << what;
    const auto line = 1 + std::ranges::count(text.substr(0, place), '\n');
    return experiment_.string() + ":" + std::to_string(line) + ":";
  }
  /// "tiny.yaml:3:9: error: ", its place.
  [[nodiscard]] std::string at(const std::string& text, const std::string& what) const {
    const auto place = text.find(what);
    if (place == std::string::npos) return line_of(text, what);
    const auto column = place == 0 ? 1 : place - text.rfind('\n', place - 1);
    return line_of(text, what) + std::to_string(column) + ": error: ";
  }
  void expect_told(const std::string& told, const std::string& text,
                   const std::vector<Mistake>& mistakes) const {
    for (const Mistake& mistake : mistakes) {
      const auto place = at(text, mistake.what);
      const auto found = told.find(place);
      if (found == std::string::npos) {
        ADD_FAILURE() << "no message of " << mistake.what << " at " << place << " but\n" << told;
        continue;
      }
      const auto message = told.substr(found, told.find('\n', found) - found);
      for (const auto& words : mistake.words) EXPECT_THAT(message, HasSubstr(words));
    }
  }
  static std::string with(std::string text, const std::string& what, const std::string& instead) {
    const auto place = text.find(what);
    EXPECT_NE(place, std::string::npos) << what;
    return place == std::string::npos ? text : text.replace(place, what.size(), instead);
  }

  TemporaryFolder folder_;
  fs::path experiment_ = folder_ / "tiny.yaml";
  fs::path out_ = folder_ / "out";
};

TEST_F(WrongSweep, SettingsAreToldWithTheirPlaceAndAHint) {
  auto text = small_experiment();
  text = with(text, "images: 6", "imges: 6");
  text = with(text, "validation: 0.3", "validaton: 0.3");
  text = with(text, "epochs: 12", "epochs: -12");
  text = with(text, "latent: 4", "lattent: 4");
  text = with(text, "fill-holes", "fil-holes");
  text = with(text, "blur: []", "blur: 2");
  text = with(text, "benign: benign", "benign: malignant");
  expect_told(refused(text), text,
              {
                  {"imges", {"'imges'", "'images'"}},
                  {"validaton", {"'validaton'", "'validation'"}},
                  {"-12", {"classifier", "epochs must be 1..1000000", "-12"}},
                  {"lattent", {"vae", "'lattent'", "'latent'"}},
                  {"fil-holes", {"cells", "'fil-holes'", "'fill-holes'"}},
                  {"2\nclassifier", {"blur", "a list"}},
                  {"malignant\nseed", {"malignant and benign must be different"}},
              });
}

TEST_F(WrongSweep, GridsAreToldWithTheirPlaceAndAHint) {
  const auto text = settings("[1]", "[2]") + R"(grids:
  - name: one
    vary: {temperature: [0.5, -1]}
  - name: three
    vary: {bias: 4}
  - name: four
    settings:
      - {function: laplce}
  - name: six
    train: anw
    vary: {temperature: [2]}
  - name: seven
    decode_as: [benign]
  - name: right
    vary: {temperature: [6]}
  - name: right
    vary: {temperature: [5]}
  - name: eight
    train_on: [benign, malignant]
    training: {conditional: true}
    decode_as: [benign, malignat]
  - name: eleven
    vary: {temperature: [1, 5, 5]}
  - name: nine
    vary: {temperature: [7]}
    vry: {temperature: [8]}
)";
  expect_told(refused(text), text,
              {
                  {"-1]}", {"grid 'one'", "temperature must be 0..1000000", "-1"}},
                  {"4}\n  - name: four", {"grid 'three'", "bias", "a list"}},
                  {"{function: laplce", {"grid 'four'", "'laplce'", "'laplace'"}},
                  {"anw", {"train must be", "once", "anew"}},
                  {"[benign]", {"grid 'seven'", "decode_as", "conditional: true"}},
                  {"right\n    vary: {temperature: [5]", {"grid 'right'", "no other grid has it"}},
                  {"[benign, malignat", {"grid 'eight'", "'malignat'", "'malignant'"}},
                  {"5]}\n  - name: nine", {"grid 'eleven'", "5: ", "of its own"}},
                  {"vry", {"'vry'", "'vary'"}},
              });
}

TEST_F(WrongSweep, UnknownOptionsAreToldWhereTheyStand) {
  const auto text = settings("[1]", "[2]") + R"(grids:
  - name: one
    vary: {temprature: [3]}
  - name: two
    settings:
      - {function: student-t, options: {degrees_of_fredom: 3}}
  - name: three
    vary: {temperature: [9]}
    training: {encoder_droput: 0.5}
)";
  expect_told(
      refused(text), text,
      {
          {"temprature", {"grid 'one'", "'temprature'", "'temperature'"}},
          {"degrees_of_fredom", {"grid 'two'", "'degrees_of_fredom'", "'degrees_of_freedom'"}},
          {"encoder_droput", {"grid 'three'", "'encoder_droput'", "'encoder_dropout'"}},
      });
}

TEST_F(WrongSweep, ClaimsAreToldWithTheirPlaceAndAHint) {
  const auto grids = small_experiment();
  const auto text = grids.substr(0, grids.find("claims:")) + R"(claims:
  - name: of
    text: An unknown condition.
    rules: [{measure: mse, of: temperature/100, is: below, than: temperature/1}]
  - name: than
    text: An unknown control.
    rules: [{measure: kl, of: temperature/1, is: below, than: control/real-benig}]
  - name: measure
    text: An unknown measure.
    rules: [{measure: sharpnes, of: temperature/1, is: below, than: control/prior}]
  - name: is
    text: An unknown word.
    rules: [{measure: ssim, of: temperature/1, is: belw, than: control/prior}]
  - name: is
    text: A name that was there.
    rules: [{measure: ssim, of: temperature/1, is: below, than: control/prior}]
  - name: among
    text: An unknown grid.
    rules: [{measure: area, of: temperature/1, is: highest, among: temperatur}]
  - name: nothing
    text: Compared with nothing.
    rules: [{measure: area, of: temperature/10, is: above}]
  - name: none
    text: No rule.
    rules: [ ]
)";
  expect_told(refused(text), text,
              {
                  {"temperature/100", {"claim 'of'", "'temperature/100'", "'temperature/10'"}},
                  {"control/real-benig}",
                   {"claim 'than'", "'control/real-benig'", "'control/real-benign'"}},
                  {"sharpnes,", {"claim 'measure'", "'sharpnes'", "'sharpness'"}},
                  {"belw", {"claim 'is'", "'belw'", "'below'", "highest"}},
                  {"is\n    text: A name", {"claim 'is'", "twice"}},
                  {"temperatur}", {"claim 'among'", "'temperatur'", "'temperature'"}},
                  {"{measure: area, of: temperature/10,", {"claim 'nothing'", "than"}},
                  {"[ ]", {"claim 'none'", "rule"}},
              });
}

TEST_F(WrongSweep, NoMistakeIsToldTwice) {
  const auto told = refused(with(small_experiment(), "measure: diversity", "measure: diversty"));
  EXPECT_THAT(told, HasSubstr("'diversity'"));
  EXPECT_EQ(told.find("error: "), told.rfind("error: ")) << told;
}

TEST_F(WrongSweep, WhatEveryExperimentNeeds) {
  const auto bare = refused("name: x\n");
  for (const char* key : {"'malignant'", "'benign'", "'cells'"})
    EXPECT_THAT(bare, AllOf(StartsWith(experiment_.string() + ":1:1: error: "), HasSubstr(key)));
  const auto text = small_experiment();
  EXPECT_THAT(refused(text.substr(0, text.find("grids:"))),
              AllOf(StartsWith(experiment_.string() + ":1:1: error: "), HasSubstr("'grids'")));
}

TEST_F(WrongSweep, CellsThatMeasureNothing) {
  const std::string measuring = "  - measure-cells: {inputs: {white-cells: labels}}\n";
  EXPECT_THAT(refused(with(small_experiment(), measuring, "")),
              AllOf(StartsWith(experiment_.string() + ":"), HasSubstr("cells: "),
                    HasSubstr("'objects'"), HasSubstr("measure-cells")));
  const auto text = with(small_experiment(), "white-cells: labels", "white-cells: lables");
  EXPECT_THAT(refused(text),
              AllOf(StartsWith(line_of(text, "measure-cells")), HasSubstr("'lables'")));
}

TEST_F(WrongSweep, TextsThatAreNoMap) {
  EXPECT_THAT(refused("- temperature\n- bias\n"),
              AllOf(StartsWith(experiment_.string() + ":1:1: error: "), HasSubstr("map")));
  EXPECT_THAT(refused("temperature\n"),
              AllOf(StartsWith(experiment_.string() + ":1:1: error: "), HasSubstr("map")));
  EXPECT_THAT(refused(""), AllOf(StartsWith(experiment_.string()), HasSubstr("error: ")));
  EXPECT_THAT(refused("grids: [1\nname: x\n"),
              AllOf(StartsWith(experiment_.string() + ":2:"), HasSubstr("not valid YAML")));
}

TEST_F(WrongSweep, AListWithoutValuesIsNotCalledNoList) {
  const auto text = with(small_experiment(), "[1, 10]", "[]");
  const auto told = refused(text);
  EXPECT_THAT(told, HasSubstr(line_of(text, "vary: {temperature: []}")));
  EXPECT_THAT(told, Not(HasSubstr("must be a list of values, got a list")));
}

TEST_F(WrongSweep, ClassesThatTheDataDoNotHave) {
  const auto text = with(small_experiment(), "malignant: malignant", "malignant: malignnt");
  EXPECT_THAT(refused(text), AllOf(HasSubstr("'malignnt'"), HasSubstr("did you mean 'malignant'"),
                                   HasSubstr("benign, malignant")));
}

TEST_F(WrongSweep, TooFewImagesHeldOut) {
  for (const std::string kind : {"benign", "malignant"})
    for (int i = 0; i < 3; ++i)
      write_file(folder_ / "few" / kind / (std::to_string(100 + i) + ".bmp"), painted(kind, i));
  write_file(experiment_, small_experiment());
  const auto outcome = sweep(experiment_, folder_ / "few", out_, {"--dry-run"});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("lignant"), HasSubstr("data.validation"), HasSubstr("data.block")));
}

TEST_F(WrongSweep, SettingsOfTheCommandLine) {
  EXPECT_THAT(refused(small_experiment(), {"--set", "imges=3", "--set", "vae.epchs=3", "--set",
                                           "classifier.epochs=some"}),
              AllOf(HasSubstr("imges"), HasSubstr("did you mean 'images'"), HasSubstr("epchs"),
                    HasSubstr("did you mean 'epochs'"),
                    HasSubstr("epochs must be a whole number, got 'some'")));
  EXPECT_THAT(refused(small_experiment(), {"--set", "images"}), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(refused(small_experiment(), {"--jobs", "some"}), HasSubstr("jobs"));
}

TEST_F(WrongSweep, FilesAndFoldersThatAreNotThere) {
  write_file(experiment_, small_experiment());
  const auto told = [&](const std::vector<std::string>& words) {
    auto command = words;
    command.insert(command.begin(), "sweep");
    const auto outcome = smear(command);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.told();
    fs::remove_all(out_);
    return outcome.err;
  };
  const auto file = experiment_.string();
  const auto out = out_.string();
  const auto nowhere = (folder_ / "nowhere").string();
  fs::create_directories(folder_ / "empty");
  EXPECT_THAT(told({file, "-o", out}), HasSubstr("--data"));
  EXPECT_THAT(told({file, "--data", data().string()}), HasSubstr("--output"));
  EXPECT_THAT(told({file, "--data", nowhere, "-o", out}), HasSubstr(nowhere));
  EXPECT_THAT(told({nowhere + ".yaml", "--data", data().string(), "-o", out}),
              HasSubstr("nowhere.yaml"));
  EXPECT_THAT(told({file, "--data", (folder_ / "empty").string(), "-o", out}),
              HasSubstr((folder_ / "empty").string()));
}

TEST_F(WrongSweep, LeavesNothingThatIsInTheWayOfTheCorrectedOne) {
  write_file(experiment_, with(small_experiment(), "malignant: malignant", "malignant: malignnt"));
  ASSERT_EQ(run().exit_code, 2);
  EXPECT_FALSE(fs::exists(out_)) << "it made nothing";
  write_file(experiment_, small_experiment());
  const auto corrected = run({"--grid", "functions"});
  EXPECT_EQ(corrected.exit_code, 0) << corrected.told();
}

}  // namespace
}  // namespace smear::test
