// SPDX-License-Identifier: Apache-2.0
#include "layers.h"

#include <torch/autograd.h>

#include <array>

#include "dense.h"

namespace smear::vae {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::array<std::int64_t, 2> two{2, 2};
constexpr std::array<std::int64_t, 2> one{1, 1};
constexpr std::array<std::int64_t, 2> none{0, 0};

/// The gradients of the 3x3, stride 2, padding 1 convolution of `input`.
std::tuple<Tensor, Tensor, Tensor> convolution_gradients(const Tensor& gradient,
                                                         const Tensor& input, const Tensor& weight,
                                                         std::array<bool, 3> wanted) {
  return at::convolution_backward(gradient, input, weight, c10::nullopt, two, one, one, false, none,
                                  1, wanted);
}

Tensor as(const Tensor& tensor, Precision precision) {
  return precision == Precision::bfloat16 ? tensor.to(torch::kBFloat16) : tensor;
}

/// A transposed convolution is the gradient of a convolution by its input, which oneDNN has and
/// runs at full speed; LibTorch 1.13 multiplies matrices for it instead, at half to a tenth.
class TransposedConvolution : public torch::autograd::Function<TransposedConvolution> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& input, const Tensor& weight,
                        const Tensor& bias, Precision precision) {
    context->save_for_backward({input, weight});
    context->saved_data["bfloat16"] = precision == Precision::bfloat16;
    const auto image =
        at::empty({input.size(0), weight.size(1), 2 * input.size(2), 2 * input.size(3)},
                  as(input, precision).options(),
                  torch::MemoryFormat::ChannelsLast);  // only its shape is of use
    auto output = std::get<0>(convolution_gradients(as(input, precision), image,
                                                    as(weight, precision), {true, false, false}));
    return output.to(torch::kFloat32).add_(bias.view({1, -1, 1, 1}));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto precision =
        context->saved_data["bfloat16"].toBool() ? Precision::bfloat16 : Precision::float32;
    const auto saved = context->get_saved_variables();
    const auto input = as(saved[0], precision);
    const auto weight = as(saved[1], precision);
    const auto exact = gradients[0].contiguous(torch::MemoryFormat::ChannelsLast);
    const auto gradient = as(exact, precision);
    variable_list result(4);
    if (context->needs_input_grad(0))
      result[0] = at::conv2d(gradient, weight, {}, two, one).to(torch::kFloat32);
    if (context->needs_input_grad(1))
      result[1] = std::get<1>(convolution_gradients(input, gradient, weight, {false, true, false}))
                      .to(torch::kFloat32);
    if (context->needs_input_grad(2)) result[2] = exact.sum({0, 2, 3});
    return result;
  }
};

/// Between the phases {n, 4 out, rows + 1, columns + 1}, of which the first row and column are of
/// no use, and the image {n, out, 2 rows, 2 columns}, both channels-last: `body(phase, pixel)` for
/// each number of the image. LibTorch's pixel_shuffle takes longer than the convolution.
template <typename Body>
void for_each_phase(float* phases, float* image, const Tensor& of_image, Body body) {
  const auto out = of_image.size(1);
  const auto rows = of_image.size(2) / 2;
  const auto columns = of_image.size(3) / 2;
  for (std::int64_t n = 0; n < of_image.size(0); ++n)
    for (std::int64_t y = 0; y < 2 * rows; ++y) {
      auto* phase =
          phases + ((n * (rows + 1) + y / 2 + 1) * (columns + 1) + 1) * 4 * out + y % 2 * 2;
      auto* pixel = image + (n * 2 * rows + y) * 2 * columns * out;
      for (std::int64_t x = 0; x < columns; ++x, phase += 4 * out, pixel += 2 * out)
        for (std::int64_t c = 0; c < out; ++c) {
          body(phase[4 * c], pixel[c]);
          body(phase[4 * c + 1], pixel[out + c]);
        }
    }
}

/// All phases of a transposed convolution as one ordinary convolution, then put in their places.
class PhaseConvolution : public torch::autograd::Function<PhaseConvolution> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& input, const Tensor& kernels,
                        const Tensor& bias) {
    context->save_for_backward({input, kernels});
    // Padding by 1 on all sides gives a row and a column too many, at the top and the left.
    auto phases = at::conv2d(input, kernels, bias.repeat_interleave(4), 1, one)
                      .contiguous(torch::MemoryFormat::ChannelsLast);
    auto image = at::empty({input.size(0), bias.size(0), 2 * input.size(2), 2 * input.size(3)},
                           input.options(), torch::MemoryFormat::ChannelsLast);
    for_each_phase(phases.data_ptr<float>(), image.data_ptr<float>(), image,
                   [](float phase, float& pixel) { pixel = phase; });
    return image;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& input = saved[0];
    const auto& kernels = saved[1];
    auto image = gradients[0].contiguous(torch::MemoryFormat::ChannelsLast);
    auto phases = at::empty({input.size(0), kernels.size(0), input.size(2) + 1, input.size(3) + 1},
                            input.options(), torch::MemoryFormat::ChannelsLast)
                      .zero_();
    for_each_phase(phases.data_ptr<float>(), image.data_ptr<float>(), image,
                   [](float& phase, float pixel) { phase = pixel; });
    auto [to_input, to_kernels, to_bias] = at::convolution_backward(
        phases, input, kernels, kernels.size(0), one, one, one, false, none, 1,
        {context->needs_input_grad(0), context->needs_input_grad(1), context->needs_input_grad(2)});
    if (to_bias.defined()) to_bias = to_bias.view({-1, 4}).sum(1);
    return {to_input, to_kernels, to_bias};
  }
};

dense::Sizes sizes_of(const Tensor& rows, const Tensor& weight) {
  return {rows.size(0), weight.size(0), weight.size(1)};
}

bool has_kernels(const Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.scalar_type() == torch::kFloat32;
}

class ReduceFeatures : public torch::autograd::Function<ReduceFeatures> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& many_in, const Tensor& weight) {
    const auto many = many_in.contiguous();
    context->save_for_backward({many, weight});
    auto few = at::empty({many.size(0), weight.size(0)}, many.options());
    dense::reduce(sizes_of(many, weight), many.data_ptr<float>(), weight.data_ptr<float>(),
                  few.data_ptr<float>());
    return few;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& many = saved[0];
    const auto& weight = saved[1];
    const auto few = gradients[0].contiguous();
    variable_list result(2);
    if (context->needs_input_grad(0)) {
      result[0] = at::empty_like(many);
      dense::expand(sizes_of(many, weight), few.data_ptr<float>(), weight.data_ptr<float>(),
                    result[0].data_ptr<float>());
    }
    if (context->needs_input_grad(1)) {
      result[1] = at::empty_like(weight);
      dense::correlate(sizes_of(many, weight), few.data_ptr<float>(), many.data_ptr<float>(),
                       result[1].data_ptr<float>());
    }
    return result;
  }
};

class ExpandFeatures : public torch::autograd::Function<ExpandFeatures> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& few_in, const Tensor& weight) {
    const auto few = few_in.contiguous();
    context->save_for_backward({few, weight});
    auto many = at::empty({few.size(0), weight.size(1)}, few.options());
    dense::expand(sizes_of(few, weight), few.data_ptr<float>(), weight.data_ptr<float>(),
                  many.data_ptr<float>());
    return many;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& few = saved[0];
    const auto& weight = saved[1];
    const auto many = gradients[0].contiguous();
    variable_list result(2);
    if (context->needs_input_grad(0)) {
      result[0] = at::empty_like(few);
      dense::reduce(sizes_of(few, weight), many.data_ptr<float>(), weight.data_ptr<float>(),
                    result[0].data_ptr<float>());
    }
    if (context->needs_input_grad(1)) {
      result[1] = at::empty_like(weight);
      dense::correlate(sizes_of(few, weight), few.data_ptr<float>(), many.data_ptr<float>(),
                       result[1].data_ptr<float>());
    }
    return result;
  }
};

/// Where the tap of phase `p` (output 2 m + p) at input m + t lies in a kernel of 3, or -1: output
/// o takes input i by tap k where o = 2 i - 1 + k.
constexpr int tap(int phase, int offset) {
  const int k = phase + 1 - 2 * offset;
  return k >= 0 && k < 3 ? k : -1;
}

}  // namespace

Tensor convolve(const Tensor& input, const Tensor& weight, const Tensor& bias,
                Precision precision) {
  if (precision == Precision::float32) return at::conv2d(input, weight, bias, two, one);
  return at::conv2d(as(input, precision), as(weight, precision), {}, two, one)
      .to(torch::kFloat32)
      .add_(bias.view({1, -1, 1, 1}));
}

Tensor convolve_transposed(const Tensor& input, const Tensor& weight, const Tensor& bias,
                           Precision precision) {
  if (!input.device().is_cpu())
    return at::conv_transpose2d(as(input, precision), as(weight, precision), {}, two, one, one)
        .to(torch::kFloat32)
        .add_(bias.view({1, -1, 1, 1}));
  return TransposedConvolution::apply(input, weight, bias, precision);
}

Tensor phase_kernels(const Tensor& weight) {
  const auto zero = at::zeros({weight.size(0), weight.size(1)}, weight.options());
  std::vector<Tensor> phases;
  for (int row = 0; row < 2; ++row)
    for (int column = 0; column < 2; ++column) {
      std::vector<Tensor> taps;
      for (int dy = 0; dy < 2; ++dy)
        for (int dx = 0; dx < 2; ++dx) {
          const int y = tap(row, dy);
          const int x = tap(column, dx);
          taps.push_back(y < 0 || x < 0 ? zero : weight.select(3, x).select(2, y));
        }
      phases.push_back(at::stack(taps, 2));  // {in, out, 4}
    }
  return at::stack(phases, 2)  // {in, out, phase, tap}
      .permute({1, 2, 0, 3})
      .reshape({4 * weight.size(1), weight.size(0), 2, 2})
      .contiguous(torch::MemoryFormat::ChannelsLast);
}

Tensor convolve_phases(const Tensor& input, const Tensor& kernels, const Tensor& bias) {
  return PhaseConvolution::apply(input, kernels, bias);
}

Tensor reduce_features(const Tensor& many, const Tensor& weight) {
  return has_kernels(many) ? ReduceFeatures::apply(many, weight) : at::matmul(many, weight.t());
}

Tensor expand_features(const Tensor& few, const Tensor& weight) {
  return has_kernels(few) ? ExpandFeatures::apply(few, weight) : at::matmul(few, weight);
}

}  // namespace smear::vae
