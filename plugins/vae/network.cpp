// SPDX-License-Identifier: Apache-2.0
#include "network.h"

#include <fmt/format.h>

#include <cmath>

#include "layers.h"
#include "learning/threads.h"

namespace smear::vae {
namespace {

using learning::draw_normal;
using learning::for_each_in_parallel;
using torch::Tensor;
constexpr auto channels_last = torch::MemoryFormat::ChannelsLast;

/// {..., channels, rows, columns} flattened, to {..., rows, columns, channels} flattened.
Tensor channels_to_last(const Tensor& flat, const Architecture& a) {
  const auto edge = a.feature_edge();
  return flat.view({-1, a.filters.back(), edge, edge}).permute({0, 2, 3, 1}).reshape_as(flat);
}

Tensor channels_to_first(const Tensor& flat, const Architecture& a) {
  const auto edge = a.feature_edge();
  return flat.view({-1, edge, edge, a.filters.back()}).permute({0, 3, 1, 2}).reshape_as(flat);
}

}  // namespace

Network::Network(Architecture architecture, const torch::Device& device)
    : architecture_(std::move(architecture)), device_(device) {
  const auto& a = architecture_;
  const auto classes = static_cast<std::int64_t>(a.classes.size());
  std::int64_t in = Architecture::channels;
  for (std::size_t i = 0; i < a.filters.size(); ++i) {
    encoder_weights_.push_back(add(fmt::format("encoder.{}.weight", i), {a.filters[i], in, 3, 3}));
    encoder_biases_.push_back(add(fmt::format("encoder.{}.bias", i), {a.filters[i]}));
    in = a.filters[i];
  }
  if (a.conditional()) encoder_condition_ = add("encoder.condition", {classes, a.filters.front()});
  posterior_weight_ = add("encoder.posterior.weight", {2 * a.latent, a.features()});
  posterior_bias_ = add("encoder.posterior.bias", {2 * a.latent});
  dense_weight_ = add("decoder.dense.weight", {a.latent, a.features()});
  dense_bias_ = add("decoder.dense.bias", {a.features()});
  if (a.conditional()) decoder_condition_ = add("decoder.condition", {classes, a.features()});
  for (std::size_t i = 0; i < a.filters.size(); ++i) {
    const auto from = a.filters[a.filters.size() - 1 - i];
    const auto to =
        i + 1 < a.filters.size() ? a.filters[a.filters.size() - 2 - i] : Architecture::channels;
    decoder_weights_.push_back(add(fmt::format("decoder.{}.weight", i), {from, to, 3, 3}));
    decoder_biases_.push_back(add(fmt::format("decoder.{}.bias", i), {to}));
  }
}

Tensor& Network::add(std::string name, std::vector<std::int64_t> shape) {
  return parameters_.emplace_back(learning::zero_parameter(std::move(name), shape, device_)).value;
}

void Network::initialize(torch::Generator generator) {
  const torch::NoGradGuard no_gradients;
  const auto& a = architecture_;
  const double gain = 2.0 / (1.0 + a.slope * a.slope);
  const auto taps = 9.0;
  for (const auto& weight : encoder_weights_)
    draw_normal(weight, std::sqrt(gain / (taps * static_cast<double>(weight.size(1)))), generator);
  draw_normal(posterior_weight_, std::sqrt(1.0 / static_cast<double>(a.features())), generator);
  draw_normal(dense_weight_, std::sqrt(gain / static_cast<double>(a.latent)), generator);
  // A stride of 2 spreads the nine taps over four outputs.
  for (const auto& weight : decoder_weights_)
    draw_normal(weight, std::sqrt(gain * 4.0 / (taps * static_cast<double>(weight.size(0)))),
                generator);
  for (const auto& condition : {encoder_condition_, decoder_condition_})
    if (condition.defined()) draw_normal(condition, 0.1, generator);
}

std::vector<Tensor> Network::encoder_parameters() const {
  auto result = encoder_weights_;
  result.insert(result.end(), encoder_biases_.begin(), encoder_biases_.end());
  if (encoder_condition_.defined()) result.push_back(encoder_condition_);
  return result;
}

std::vector<Tensor> Network::dense_parameters() const {
  std::vector<Tensor> result{posterior_weight_, posterior_bias_, dense_weight_, dense_bias_};
  if (decoder_condition_.defined()) result.push_back(decoder_condition_);
  return result;
}

std::vector<Tensor> Network::decoder_parameters() const {
  auto result = decoder_weights_;
  result.insert(result.end(), decoder_biases_.begin(), decoder_biases_.end());
  return result;
}

std::vector<std::pair<std::string, Tensor>> Network::file_weights() const {
  const torch::NoGradGuard no_gradients;
  const auto& a = architecture_;
  std::vector<std::pair<std::string, Tensor>> result;
  const auto add = [&](std::string name, const Tensor& value) {
    result.emplace_back(std::move(name), value.detach().cpu().contiguous());
  };
  for (std::size_t i = 0; i < encoder_weights_.size(); ++i) {
    add(fmt::format("encoder.{}.weight", i), encoder_weights_[i]);
    add(fmt::format("encoder.{}.bias", i), encoder_biases_[i]);
  }
  if (encoder_condition_.defined()) add("encoder.condition.weight", encoder_condition_);
  for (int head = 0; head < 2; ++head) {
    const std::string name = head == 0 ? "encoder.mu" : "encoder.logvar";
    const auto first = head * a.latent;
    add(name + ".weight", channels_to_first(posterior_weight_.narrow(0, first, a.latent), a));
    add(name + ".bias", posterior_bias_.narrow(0, first, a.latent));
  }
  add("decoder.dense.weight", channels_to_first(dense_weight_, a).t());
  add("decoder.dense.bias", channels_to_first(dense_bias_.unsqueeze(0), a).squeeze(0));
  if (decoder_condition_.defined())
    add("decoder.condition.weight", channels_to_first(decoder_condition_, a));
  for (std::size_t i = 0; i < decoder_weights_.size(); ++i) {
    add(fmt::format("decoder.{}.weight", i), decoder_weights_[i]);
    add(fmt::format("decoder.{}.bias", i), decoder_biases_[i]);
  }
  return result;
}

void Network::set_file_weight(const std::string& name, const Tensor& from) {
  const torch::NoGradGuard no_gradients;
  const auto& a = architecture_;
  const auto head = [&](const Tensor& whole, const std::string& kind) {
    return whole.narrow(0, kind == "mu" ? 0 : a.latent, a.latent);
  };
  if (name == "encoder.mu.weight" || name == "encoder.logvar.weight")
    head(posterior_weight_, name == "encoder.mu.weight" ? "mu" : "logvar")
        .copy_(channels_to_last(from, a));
  else if (name == "encoder.mu.bias" || name == "encoder.logvar.bias")
    head(posterior_bias_, name == "encoder.mu.bias" ? "mu" : "logvar").copy_(from);
  else if (name == "decoder.dense.weight")
    dense_weight_.copy_(channels_to_last(from.t().contiguous(), a));
  else if (name == "decoder.dense.bias")
    dense_bias_.copy_(channels_to_last(from.unsqueeze(0), a).squeeze(0));
  else if (name == "decoder.condition.weight")
    decoder_condition_.copy_(channels_to_last(from, a));
  else if (name == "encoder.condition.weight")
    encoder_condition_.copy_(from);
  else
    value(name).copy_(from);
}

Tensor Network::value(const std::string& name) const {
  for (const auto& parameter : parameters_)
    if (parameter.name == name) return parameter.value;
  throw std::logic_error("the network has no weight " + name);
}

Tensor Network::features(const Tensor& images, const Tensor& classes, Precision precision,
                         const Dropout& dropout) const {
  Tensor x = images;
  for (std::size_t i = 0; i < encoder_weights_.size(); ++i) {
    x = convolve(x, encoder_weights_[i], encoder_biases_[i], precision);
    if (i == 0 && classes.defined())
      x = x + encoder_condition_.index_select(0, classes).view({-1, x.size(1), 1, 1});
    at::leaky_relu_(x, architecture_.slope);
    x = dropped(x, dropout);
  }
  return x.permute({0, 2, 3, 1}).reshape({x.size(0), -1});
}

Posterior Network::posterior(const Tensor& features) const {
  const auto both = reduce_features(features, posterior_weight_) + posterior_bias_;
  return {both.narrow(1, 0, architecture_.latent),
          both.narrow(1, architecture_.latent, architecture_.latent)};
}

Tensor Network::feature_map(const Tensor& z, const Tensor& classes) const {
  auto map = expand_features(z, dense_weight_);
  map = map.add_(dense_bias_);
  if (classes.defined()) map = map + decoder_condition_.index_select(0, classes);
  return at::leaky_relu_(map, architecture_.slope);
}

Tensor Network::last_kernels() const {
  return device_.is_cpu() ? phase_kernels(decoder_weights_.back()) : decoder_weights_.back();
}

Tensor Network::logits(const Tensor& feature_map, const Tensor& kernels, Precision precision,
                       const Dropout& dropout) const {
  const auto& a = architecture_;
  const auto edge = a.feature_edge();
  Tensor x = feature_map.view({-1, edge, edge, a.filters.back()}).permute({0, 3, 1, 2});
  const auto last = decoder_weights_.size() - 1;
  for (std::size_t i = 0; i < last; ++i) {
    x = convolve_transposed(x, decoder_weights_[i], decoder_biases_[i], precision);
    at::leaky_relu_(x, a.slope);
    x = dropped(x, dropout);
  }
  return device_.is_cpu() ? convolve_phases(x, kernels, decoder_biases_[last])
                          : convolve_transposed(x, kernels, decoder_biases_[last], precision);
}

Posterior Network::encode(const std::vector<Tensor>& images, const Tensor& classes,
                          Precision precision) const {
  const torch::NoGradGuard no_gradients;
  const auto count = static_cast<std::int64_t>(images.size());
  auto rows = at::empty({count, architecture_.features()}, images.front().options());
  const auto one_class = [&](std::int64_t i) {
    return classes.defined() ? classes.narrow(0, i, 1) : Tensor();
  };
  for_each_in_parallel(count, [&](std::int64_t i) {
    rows[i].copy_(
        features(images[static_cast<std::size_t>(i)], one_class(i), precision).squeeze(0));
  });
  return posterior(rows);
}

std::vector<Tensor> Network::decode(const Tensor& z, const Tensor& classes,
                                    Precision precision) const {
  const torch::NoGradGuard no_gradients;
  const auto maps = feature_map(z, classes);
  const auto kernels = last_kernels();
  std::vector<Tensor> images(static_cast<std::size_t>(z.size(0)));
  for_each_in_parallel(z.size(0), [&](std::int64_t i) {
    images[static_cast<std::size_t>(i)] =
        at::sigmoid(logits(maps.narrow(0, i, 1), kernels, precision));
  });
  return images;
}

}  // namespace smear::vae
