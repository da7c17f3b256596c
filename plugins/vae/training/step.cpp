// SPDX-License-Identifier: Apache-2.0
#include "training/step.h"

#include <algorithm>

#include "learning/gradients.h"
#include "learning/seeds.h"
#include "reconstruction-loss.h"

namespace smear::vae {
namespace {

using learning::accumulate;
using learning::Gradients;
using learning::seed_of;
using learning::seeded_generator;
using learning::summed;
using torch::Tensor;

// What randomness is for, as steps of `seed_of`.
enum Purpose : std::uint64_t { for_noise, for_encoder, for_decoder };

/// `body(group, image)` for each image, the groups in parallel.
template <typename Body>
void for_each_image(std::int64_t images, Body body) {
  learning::for_each_group(images, [&](std::size_t group, std::int64_t first, std::int64_t last) {
    for (auto i = first; i < last; ++i) body(group, i);
  });
}

Tensor class_of(const Batch& batch, std::int64_t i) {
  return batch.classes.defined() ? batch.classes.narrow(0, i, 1) : Tensor();
}

}  // namespace

/// From the feature rows to the decoder's feature maps.
struct Step::Middle {
  Tensor map;  // {rows, features}
  Tensor kl;   // {rows, terms}
};

Step::Step(const Network& network, const Reparameterization& reparameterization,
           const TrainingOptions& options)
    : network_(network),
      reparameterization_(reparameterization),
      options_(options),
      parameters_(network.parameters()) {
  for (const auto& parameter : reparameterization.parameters())
    parameters_.push_back({"reparameterization." + parameter.name, parameter.value});
}

Dropout Step::dropout(double rate, const Batch& batch, std::uint64_t part,
                      std::int64_t image) const {
  if (rate == 0.0) return {};
  return {rate, seeded_generator(network_.device(),
                                 seed_of(batch.seed, {part, static_cast<std::uint64_t>(image)}))};
}

Step::Middle Step::middle(const Tensor& rows, const Batch& batch) const {
  const auto posterior = network_.posterior(rows);
  const auto draws = options_.draws;
  const auto each = [&](const Tensor& tensor) {
    return draws == 1 || !tensor.defined() ? tensor : tensor.repeat_interleave(draws, 0);
  };
  const auto drawn = reparameterization_.draw(
      each(posterior.mu), each(posterior.logvar),
      seeded_generator(network_.device(), seed_of(batch.seed, {for_noise})), batch.epoch);
  return {network_.feature_map(drawn.z, each(batch.classes)), drawn.kl};
}

// Free bits (Kingma et al. 2016, appendix C): a term below its share costs as if it had it.
Tensor Step::weighted_kl(const Tensor& terms) const {
  if (options_.free_bits == 0.0) return terms.sum() / static_cast<double>(terms.size(0));
  return terms.mean(0).clamp_min(options_.free_bits).sum();
}

Step::Result Step::run(const Batch& batch) const {
  const auto images = static_cast<std::int64_t>(batch.images.size());
  const auto draws = options_.draws;
  const auto features = network_.architecture().features();
  const auto float_options = batch.images.front().options();

  // Up: one graph an image.
  std::vector<Tensor> encoded(batch.images.size());
  auto rows = at::empty({images, features}, float_options);
  for_each_image(images, [&](std::size_t, std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    encoded[at] = network_.features(batch.images[at], class_of(batch, i), options_.precision,
                                    dropout(options_.encoder_dropout, batch, for_encoder, i));
    rows[i].copy_(encoded[at].detach().squeeze(0));
  });

  // Across: one graph for the batch.
  rows.requires_grad_(true);
  const auto middle = this->middle(rows, batch);
  const auto kl = weighted_kl(middle.kl);
  const auto kernels = network_.last_kernels();
  const auto kernels_leaf = kernels.detach().requires_grad_(true);

  // Down and back: each image's reconstruction error, as far as its feature map.
  auto decoder = network_.decoder_parameters();
  const auto last_weight = network_.architecture().filters.size() - 1;
  decoder[last_weight] = kernels_leaf;
  const auto maps = middle.map.detach();
  auto map_gradients = at::empty_like(maps);
  std::vector<Gradients> of_groups(learning::gradient_groups);
  std::vector<double> errors(batch.images.size(), 0.0);
  const double share = 1.0 / static_cast<double>(images * draws);
  for_each_image(images, [&](std::size_t group, std::int64_t i) {
    for (auto row = i * draws; row < (i + 1) * draws; ++row) {
      const auto map = maps.narrow(0, row, 1).detach().requires_grad_(true);
      const auto logits =
          network_.logits(map, kernels_leaf, options_.precision,
                          dropout(options_.decoder_dropout, batch, for_decoder, row));
      const auto error =
          reconstruction_loss(options_.loss, logits, batch.images[static_cast<std::size_t>(i)])
              .sum();
      errors[static_cast<std::size_t>(i)] += error.item<double>();
      auto inputs = decoder;
      inputs.push_back(map);
      auto gradients = torch::autograd::grad({error * share}, inputs);
      map_gradients[row].copy_(gradients.back().squeeze(0));
      gradients.pop_back();
      accumulate(of_groups[group], gradients);
    }
  });
  auto decoder_gradients = summed(of_groups);

  // Back across.
  std::vector<Tensor> across = network_.dense_parameters();
  const auto dense_count = across.size();
  across.push_back(network_.decoder_parameters()[last_weight]);
  for (auto i = network_.parameters().size(); i < parameters_.size(); ++i)
    across.push_back(parameters_[i].value);
  across.push_back(rows);
  Gradients across_gradients;
  {
    std::vector<Tensor> outputs{middle.map, kernels};
    Gradients output_gradients{map_gradients, decoder_gradients[last_weight]};
    if (kl.requires_grad()) {
      outputs.push_back(kl * batch.kl_weight);
      output_gradients.push_back(at::ones_like(kl));
    }
    across_gradients = torch::autograd::grad(outputs, across, output_gradients, c10::nullopt, false,
                                             /*allow_unused=*/true);
  }
  decoder_gradients[last_weight] = across_gradients[dense_count];

  // And down the encoder.
  const auto encoder = network_.encoder_parameters();
  const auto row_gradients = across_gradients.back();
  of_groups.assign(learning::gradient_groups, {});
  if (row_gradients.defined())
    for_each_image(images, [&](std::size_t group, std::int64_t i) {
      accumulate(of_groups[group], torch::autograd::grad({encoded[static_cast<std::size_t>(i)]},
                                                         encoder, {row_gradients.narrow(0, i, 1)}));
      encoded[static_cast<std::size_t>(i)].reset();
    });
  const auto encoder_gradients = summed(of_groups);

  // Each back to its place.
  Result result;
  result.gradients.resize(parameters_.size());
  const auto put = [&](const std::vector<Tensor>& values, const Gradients& gradients,
                       std::size_t first, std::size_t count) {
    for (std::size_t i = 0; i < count && first + i < gradients.size(); ++i)
      for (std::size_t k = 0; k < parameters_.size(); ++k)
        if (parameters_[k].value.is_same(values[i])) result.gradients[k] = gradients[first + i];
  };
  put(encoder, encoder_gradients, 0, encoder.size());
  put(across, across_gradients, 0, dense_count);
  put(network_.decoder_parameters(), decoder_gradients, 0, decoder_gradients.size());
  for (auto i = network_.parameters().size(); i < parameters_.size(); ++i)
    result.gradients[i] = across_gradients[dense_count + 1 + i - network_.parameters().size()];

  double error = 0.0;
  for (const double one : errors) error += one;
  result.losses.reconstruction = error * share;
  result.losses.kl = middle.kl.sum(torch::kFloat64).item<double>() * share;
  result.losses.total = result.losses.reconstruction + batch.kl_weight * kl.item<double>();
  return result;
}

Losses Step::evaluate(const Batch& batch) const {
  const torch::NoGradGuard no_gradients;
  const auto images = static_cast<std::int64_t>(batch.images.size());
  auto rows =
      at::empty({images, network_.architecture().features()}, batch.images.front().options());
  for_each_image(images, [&](std::size_t, std::int64_t i) {
    rows[i].copy_(network_
                      .features(batch.images[static_cast<std::size_t>(i)], class_of(batch, i),
                                options_.precision)
                      .squeeze(0));
  });
  const auto middle = this->middle(rows, batch);
  const auto kernels = network_.last_kernels();
  const auto draws = options_.draws;
  std::vector<double> errors(batch.images.size(), 0.0);
  for_each_image(images, [&](std::size_t, std::int64_t i) {
    for (auto row = i * draws; row < (i + 1) * draws; ++row)
      errors[static_cast<std::size_t>(i)] +=
          reconstruction_loss(
              options_.loss,
              network_.logits(middle.map.narrow(0, row, 1), kernels, options_.precision),
              batch.images[static_cast<std::size_t>(i)])
              .sum()
              .item<double>();
  });
  Losses losses;
  const double share = 1.0 / static_cast<double>(images * draws);
  for (const double one : errors) losses.reconstruction += one * share;
  losses.kl = middle.kl.sum(torch::kFloat64).item<double>() * share;
  losses.total = losses.reconstruction + options_.kl_weight * weighted_kl(middle.kl).item<double>();
  return losses;
}

}  // namespace smear::vae
