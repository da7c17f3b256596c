// SPDX-License-Identifier: Apache-2.0
// temperature-bias: at (1, 0) it is standard bit for bit; else N(mu + bias, (temperature sigma)^2),
// one number for all dimensions or one each from a file; both KLs; bad files are refused.
#include <algorithm>
#include <fstream>

#include "plugins/reparam/reparam-harness.h"

namespace smear::test {
namespace {

namespace fs = std::filesystem;

/// A file that is gone after the test.
class Written {
 public:
  Written(const std::string& name, const std::string& bytes)
      : path_(fs::temp_directory_path() / (std::to_string(::getpid()) + "-smear-" + name)) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;
  ~Written() { fs::remove(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

template <typename Number>
std::string bytes_of(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

/// As numpy.save writes it, version 1.0.
std::string npy(const std::string& descr, const std::string& shape, const std::string& data) {
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(std::max<std::size_t>(header.size(), 117), ' ');
  header += '\n';
  const auto byte = [](std::size_t value) { return static_cast<char>(value % 256); };
  return std::string("\x93NUMPY\x01\x00", 8) + byte(header.size()) + byte(header.size() / 256) +
         header + data;
}

void expect_same_bits(const torch::Tensor& a, const torch::Tensor& b) {
  const auto type = a.scalar_type() == torch::kFloat64 ? torch::kInt64 : torch::kInt32;
  EXPECT_TRUE(a.view(type).equal(b.view(type)));
}

/// Where the noise has no effect and -0.0 would be lost by adding 0.0: sigma is 0.
torch::Tensor negative_zeros(torch::ScalarType type) { return torch::full({8, 4}, -0.0, type); }

TEST(TemperatureBias, IsStandardBitForBitAtOneAndZero) {
  const Written zeros("zeros.txt", "0\n0\n-0.0\n0\n");
  const Written ones("ones.txt", "1 1 1 1");
  const auto standard = load("standard");
  for (const auto& options : {ReparameterizationOptions{},
                              {{"temperature_file", ones.path()}, {"bias_file", zeros.path()}}}) {
    const auto changed = load("temperature-bias", options);
    for (const auto type : {torch::kFloat32, torch::kFloat64}) {
      const auto mu = torch::cat({between(-2.0, 2.0, {500, 4}, type), negative_zeros(type)});
      const auto logvar =
          torch::cat({between(-9.0, 9.0, {500, 4}, type), torch::full({8, 4}, -4000.0, type)});
      const auto a = mu.clone().requires_grad_();
      const auto b = logvar.clone().requires_grad_();
      const auto c = mu.clone().requires_grad_();
      const auto d = logvar.clone().requires_grad_();
      const auto expected = standard->draw(a, b, seeded(5), 3);
      const auto got = changed->draw(c, d, seeded(5), 3);
      expect_same_bits(got.z, expected.z);
      expect_same_bits(got.kl, expected.kl);
      EXPECT_TRUE(torch::signbit(expected.z).slice(0, 500).any().item<bool>()) << "no -0.0 met";
      (expected.z.square().sum() + expected.kl.sum()).backward();
      (got.z.square().sum() + got.kl.sum()).backward();
      expect_same_bits(c.grad(), a.grad());
      expect_same_bits(d.grad(), b.grad());
    }
  }
}

TEST(TemperatureBias, DrawsFromTheScaledAndShiftedGaussian) {
  for (const double temperature : {0.001, 1.0, 10.0, 1000.0}) {
    const auto changed = load("temperature-bias", {{"temperature", temperature}, {"bias", 1.5}}, 1);
    const double sigma = 0.5 * temperature;
    const auto z = drawn(*changed, -0.5, 0.5, 200000, torch::kFloat64);
    expect_moments(z, {1.0, sigma * sigma, 3.0});
    for (const double deviations : {1.0, 2.0, 3.0})
      expect_tail(z, 1.0 + deviations * sigma, 0.5 * std::erfc(deviations / std::numbers::sqrt2));
  }
}

TEST(TemperatureBias, HasNoNoiseAtTemperatureZero) {
  const auto changed = load("temperature-bias", {{"temperature", 0.0}, {"bias", 2.0}});
  const auto mu = between(-1.0, 1.0, {5, 4}, torch::kFloat32).requires_grad_();
  const auto logvar = torch::zeros({5, 4}).requires_grad_();
  const auto z = changed->sample(mu, logvar, seeded(1), std::nullopt);
  EXPECT_TRUE(z.equal(mu + 2.0));
  z.sum().backward();
  EXPECT_TRUE(mu.grad().equal(torch::ones({5, 4})));
  EXPECT_TRUE(logvar.grad().equal(torch::zeros({5, 4})));
}

TEST(TemperatureBias, TakesANumberForEachDimensionFromAFile) {
  const std::vector<double> biases{10.0, -20.0, 0.125, 0.0};
  const std::vector<float> temperatures{0.0F, 1.0F, 2.0F, 0.5F};
  const Written text("bias.txt", "1e1\n-20.0\n+0.125\n\n0");
  const Written doubles("bias.npy", npy("<f8", "(4,)", bytes_of(biases)));
  const Written floats("temperature.npy", npy("<f4", "(4,)", bytes_of(temperatures)));
  const auto mu = between(-1.0, 1.0, {6, 4});
  const auto logvar = between(-1.0, 1.0, {6, 4});
  const auto noise = load("standard")->sample(mu, logvar, seeded(1), std::nullopt) - mu;
  const auto expected =
      mu + torch::tensor(std::vector<double>{0.0, 1.0, 2.0, 0.5}, torch::kFloat64) * noise +
      torch::tensor(biases, torch::kFloat64);
  for (const auto& bias : {text.path(), doubles.path()}) {
    const auto changed =
        load("temperature-bias", {{"temperature_file", floats.path()}, {"bias_file", bias}});
    const auto z = changed->sample(mu, logvar, seeded(1), std::nullopt);
    EXPECT_TRUE(z.allclose(expected, 1e-12, 1e-12)) << bias;
  }
}

TEST(TemperatureBias, KeepsThePosteriorsDivergenceUnlessAskedForTheSampledOne) {
  const auto gauss = [](double eps) {
    return std::exp(-0.5 * eps * eps) / std::sqrt(2 * std::numbers::pi);
  };
  const ReparameterizationOptions options{{"temperature", 3.0}, {"bias", -0.7}};
  auto sampled_options = options;
  sampled_options["kl"] = std::string("sampled");
  const auto posterior = load("temperature-bias", options, 1);
  const auto sampled = load("temperature-bias", sampled_options, 1);
  for (const double mu : {-1.0, 0.0, 2.0})
    for (const double sigma : {0.1, 1.0, 1.7}) {
      EXPECT_NEAR(kl_of(*posterior, mu, sigma), divergence(gauss, -12, 12, mu, sigma), 1e-9);
      EXPECT_NEAR(kl_of(*sampled, mu, sigma), divergence(gauss, -12, 12, mu - 0.7, 3 * sigma),
                  1e-9);
    }
}

TEST(TemperatureBias, HasTheGradientsOfItsFormula) {
  for (const char* kl : {"posterior", "sampled"})
    expect_gradients(
        *load("temperature-bias", {{"temperature", 2.5}, {"bias", 0.3}, {"kl", std::string(kl)}}));
  expect_contract(*load("temperature-bias", {{"temperature", 2.5}}));
}

TEST(TemperatureBias, RefusesFilesThatDoNotFitTheModel) {
  const auto refused = [](const std::string& bytes, const std::string& message) {
    const Written file("bad", bytes);
    expect_refusal("temperature-bias", {{"bias_file", file.path()}}, message);
  };
  const std::vector<double> five(5, 1.0);
  const std::vector<double> four(4, 1.0);
  refused("1 2 3", "holds 3 numbers, but the model has 4 latent dimensions");
  refused("1 2 3 4 5 6", "holds 6 numbers, but the model has 4 latent dimensions");
  refused("", "holds 0 numbers");
  refused(npy("<f8", "(5,)", bytes_of(five)), "holds 5 numbers, but the model has 4");
  refused("1 2 three 4", "number 3 is 'three'");
  refused("1,2,3,4", "number 1 is '1,2,3,4'");
  refused("1 2 nan 4", "number 3 is not finite");
  refused("1 2 \x1b[31m 4", "number 3 is '?[31m'");
  refused("1 2 1e999 4", "number 3 is '1e999'");
  refused(npy("<f8", "(4,)", bytes_of(std::vector<double>{1, 2, 3, INFINITY})),
          "number 4 is not finite");
  refused(npy("<f8", "(2, 2)", bytes_of(four)), "must hold one dimension of float32 or float64");
  refused(npy(">f8", "(4,)", bytes_of(four)), "must hold one dimension of float32 or float64");
  refused(npy("<i8", "(4,)", bytes_of(four)), "must hold one dimension of float32 or float64");
  refused(npy("<f8", "(4,)", bytes_of(five)), "bytes follow its 4 numbers");
  refused(npy("<f8", "(4,)", bytes_of(four)).substr(0, 150), "ends too early");
  refused("\x93NUMPY", "ends too early");
  refused(npy("<f8", "(" + std::string(60000, ' ') + "4,)", bytes_of(four)),
          "its header is too long");
  refused(std::string("\x93NUMPY\x02\x00\xff\xff\xff\x7f", 12), "its header is too long");
  expect_refusal("temperature-bias", {{"temperature_file", std::string("/no/such/file.npy")}},
                 "/no/such/file.npy is no file that can be read");
  expect_refusal("temperature-bias", {{"bias_file", std::string("/")}},
                 "/ is no file that can be read");
}

TEST(TemperatureBias, RefusesOptionsThatMakeNoSense) {
  const Written ones("ones", "1 1 1 1");
  const Written below("below", "1 1 -0.5 1");
  const Written zero("zero", "1 1 0 1");
  const std::string sampled = "sampled";
  expect_refusal("temperature-bias", {{"temperature", -1.0}}, "temperature must be 0..1000000");
  expect_refusal("temperature-bias", {{"bias", 1e9}}, "bias must be");
  expect_refusal("temperature-bias", {{"kl", std::string("none")}}, "kl must be one of");
  expect_refusal("temperature-bias", {{"temperature", 2.0}, {"temperature_file", ones.path()}},
                 "give temperature or temperature_file, not both");
  expect_refusal("temperature-bias", {{"bias", 2.0}, {"bias_file", ones.path()}},
                 "give bias or bias_file, not both");
  expect_refusal("temperature-bias", {{"temperature_file", below.path()}},
                 "temperatures must be at least 0, got -0.5");
  expect_refusal("temperature-bias", {{"temperature", 0.0}, {"kl", sampled}}, "is infinite");
  expect_refusal("temperature-bias", {{"temperature_file", zero.path()}, {"kl", sampled}},
                 "is infinite");
}

}  // namespace
}  // namespace smear::test
