// SPDX-License-Identifier: Apache-2.0
// Loads reparameterizations and checks what all of them must hold.
#include "plugins/reparam/reparam-harness.h"

#include "registry/plugin-catalog.h"
#include "registry/registry.h"

namespace smear::test {
namespace {

/// One thread: the same sums on every machine, and a registry that may fork to try a plugin.
class OneThread : public ::testing::Environment {
 public:
  void SetUp() override { torch::set_num_threads(1); }
};
const auto* const one_thread = ::testing::AddGlobalTestEnvironment(new OneThread);

struct Plugins {
  Registry registry;
  PluginCatalog catalog{{SMEAR_TREE_PLUGINS}};
  Plugins() { catalog.announce(registry); }
};

void configure(Configurable& configurable, const ReparameterizationOptions& options) {
  OptionSpec spec;
  configurable.describe(spec);
  for (const auto& [key, value] : options) {
    const OptionInfo* option = spec.find(key);
    if (option == nullptr) throw std::logic_error("there is no option " + key);
    if (auto problem = problem_with(*option, value)) throw ConfigError(*problem);
    option->assign(value);
  }
  configurable.check();
}

/// A function of all that can have a gradient.
using Value = std::function<torch::Tensor(const torch::Tensor& mu, const torch::Tensor& logvar)>;

/// A number that depends on every element of `tensor` in another way.
torch::Tensor weighted(const torch::Tensor& tensor) {
  return (tensor * between(0.5, 2.0, tensor.sizes())).sum();
}

void expect_gradient(const Value& value, const torch::Tensor& mu, const torch::Tensor& logvar,
                     std::vector<torch::Tensor> inputs, const char* what) {
  const auto gradients = torch::autograd::grad({value(mu, logvar)}, inputs, {}, c10::nullopt,
                                               /*create_graph=*/false, /*allow_unused=*/true);
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    double* const numbers = inputs[i].data_ptr<double>();
    for (std::int64_t j = 0; j < inputs[i].numel(); ++j) {
      constexpr double step = 1e-5;
      const double before = numbers[j];
      numbers[j] = before + step;
      const double above = value(mu, logvar).item<double>();
      numbers[j] = before - step;
      const double below = value(mu, logvar).item<double>();
      numbers[j] = before;
      const double expected = (above - below) / (2 * step);
      const double gradient =
          gradients[i].defined() ? gradients[i].flatten()[j].item<double>() : 0.0;
      EXPECT_NEAR(gradient, expected, 1e-7 + 1e-6 * std::abs(expected))
          << what << ", input " << i << ", element " << j;
    }
  }
}

}  // namespace

std::unique_ptr<Reparameterization> load(const std::string& name,
                                         const ReparameterizationOptions& options,
                                         std::int64_t latent) {
  static Plugins plugins;
  const auto* entry = plugins.registry.find_reparameterization(name);
  if (entry == nullptr) throw std::logic_error("there is no reparameterization " + name);
  auto made = entry->factory();
  auto* const typed = dynamic_cast<Reparameterization*>(made.get());
  if (typed == nullptr) throw std::logic_error(name + " is no Reparameterization");
  configure(*typed, options);
  typed->prepare(latent, torch::kCPU);
  made.release();
  return std::unique_ptr<Reparameterization>(typed);
}

void expect_refusal(const std::string& name, const ReparameterizationOptions& options,
                    const std::string& message, std::int64_t latent) {
  try {
    load(name, options, latent);
    ADD_FAILURE() << name << " was to be refused: " << message;
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr(message));
  }
}

torch::Generator seeded(std::uint64_t seed) { return at::detail::createCPUGenerator(seed); }

torch::Tensor between(double low, double high, torch::IntArrayRef sizes, torch::ScalarType type) {
  return low + (high - low) * torch::rand(sizes, seeded(7), type);
}

torch::Tensor drawn(const Reparameterization& reparameterization, double mu, double sigma,
                    std::int64_t count, torch::ScalarType type, std::uint64_t seed) {
  const auto full = [&](double value) { return torch::full({count, 1}, value, type); };
  return reparameterization.sample(full(mu), full(2 * std::log(sigma)), seeded(seed), std::nullopt)
      .flatten()
      .to(torch::kFloat64);
}

void expect_moments(const torch::Tensor& samples, const Moments& expected) {
  const auto n = static_cast<double>(samples.numel());
  const double variance = (samples - expected.mean).square().mean().item<double>();
  EXPECT_NEAR(samples.mean().item<double>(), expected.mean, 5 * std::sqrt(expected.variance / n));
  EXPECT_NEAR(variance, expected.variance,
              5 * expected.variance * std::sqrt((expected.kurtosis - 1) / n));
}

void expect_tail(const torch::Tensor& samples, double threshold, double probability) {
  const auto n = static_cast<double>(samples.numel());
  EXPECT_NEAR((samples > threshold).sum().item<double>() / n, probability,
              5 * std::sqrt(probability * (1 - probability) / n))
      << "above " << threshold;
}

double integral(const std::function<double(double)>& f, double from, double to, int steps) {
  const double width = (to - from) / steps;
  double sum = f(from) + f(to);
  for (int i = 1; i < steps; ++i) sum += (i % 2 == 1 ? 4 : 2) * f(from + i * width);
  return sum * width / 3;
}

double divergence(const std::function<double(double)>& density, double from, double to, double mu,
                  double sigma) {
  const auto integrand = [&](double eps) {
    const double p = density(eps);
    const double z = mu + sigma * eps;
    const double log_prior = -0.5 * z * z - 0.5 * std::log(2 * std::numbers::pi);
    return p > 0 ? p * (std::log(p) - std::log(sigma) - log_prior) : 0.0;
  };
  // In halves, for densities with a kink at 0.
  return integral(integrand, from, 0.0) + integral(integrand, 0.0, to);
}

double kl_of(const Reparameterization& reparameterization, double mu, double sigma) {
  const auto full = [](double value) { return torch::full({1, 1}, value, torch::kFloat64); };
  return reparameterization.kl(full(mu), full(2 * std::log(sigma))).item<double>();
}

void expect_gradients(Reparameterization& reparameterization, std::int64_t latent) {
  const auto mu = between(-1.0, 1.5, {3, latent}).requires_grad_();
  const auto logvar = between(-1.2, 0.4, {3, latent}).requires_grad_();
  std::vector<torch::Tensor> inputs{mu, logvar};
  for (const auto& parameter : reparameterization.parameters()) {
    parameter.value.set_data(parameter.value.to(torch::kFloat64));
    inputs.push_back(parameter.value);
  }
  const auto draw = [&](const torch::Tensor& m, const torch::Tensor& l) {
    return reparameterization.draw(m, l, seeded(3), std::nullopt);
  };
  const auto gradient = [&](const char* what, const Value& value) {
    expect_gradient(value, mu, logvar, inputs, what);
  };
  gradient("sample", [&](const auto& m, const auto& l) {
    return weighted(reparameterization.sample(m, l, seeded(3), std::nullopt));
  });
  gradient("draw, z", [&](const auto& m, const auto& l) { return weighted(draw(m, l).z); });
  gradient("draw, kl", [&](const auto& m, const auto& l) { return weighted(draw(m, l).kl); });
  gradient("kl",
           [&](const auto& m, const auto& l) { return weighted(reparameterization.kl(m, l)); });
}

void expect_contract(const Reparameterization& reparameterization, std::int64_t latent) {
  const auto generator = torch::globalContext().defaultGenerator(torch::kCPU);
  const auto state = generator.get_state();
  for (const auto type : {torch::kFloat32, torch::kFloat64})
    for (const std::int64_t rows : {1, 2, 7}) {
      const auto mu = between(-1.0, 1.0, {rows, latent}, type);
      // Rows that are one in memory, as the draws of one image are.
      const auto logvar = between(-1.0, 1.0, {1, latent}, type).expand({rows, latent});
      const auto draw = [&](std::uint64_t seed) {
        return reparameterization.draw(mu, logvar, seeded(seed), std::nullopt);
      };
      const auto first = draw(1);
      EXPECT_EQ(first.z.sizes(), mu.sizes());
      EXPECT_EQ(first.z.scalar_type(), type);
      EXPECT_EQ(first.kl.scalar_type(), type);
      EXPECT_EQ(first.kl.dim(), 2);
      EXPECT_EQ(first.kl.size(0), rows);
      EXPECT_EQ(first.kl.sizes(), reparameterization.kl(mu, logvar).sizes());
      EXPECT_TRUE(first.z.isfinite().all().item<bool>());
      EXPECT_TRUE(first.kl.isfinite().all().item<bool>());
      const auto again = draw(1);
      EXPECT_TRUE(first.z.equal(again.z));
      EXPECT_TRUE(first.kl.equal(again.kl));
      EXPECT_TRUE(first.z.equal(reparameterization.sample(mu, logvar, seeded(1), std::nullopt)));
    }
  EXPECT_TRUE(state.equal(generator.get_state())) << "random numbers of another generator";
}

}  // namespace smear::test
