// SPDX-License-Identifier: Apache-2.0
#include "dense.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cstring>

// One version for each generation of processors; the dynamic linker takes the best that runs.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SMEAR_FOR_EACH_PROCESSOR \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), flatten))
#else
#define SMEAR_FOR_EACH_PROCESSOR
#endif
#define SMEAR_INLINE __attribute__((always_inline)) inline

namespace smear::vae::dense {
namespace {

constexpr std::int64_t lanes = 16;
using Vector = float __attribute__((vector_size(lanes * sizeof(float)), aligned(4)));

// Tiles of 4 x 4 vectors keep 16 sums in registers while 8 vectors are loaded.
constexpr std::int64_t tile = 4;
// Columns at a time: a block of 32 rows stays in the second-level cache.
constexpr std::int64_t block = 2048;

// Vectors go by reference: by value they would be part of an ABI that depends on the processor.
SMEAR_INLINE void load(const float* from, Vector& v) { std::memcpy(&v, from, sizeof v); }
SMEAR_INLINE void store(float* to, const Vector& v) { std::memcpy(to, &v, sizeof v); }

SMEAR_INLINE float sum(const Vector& v) {
  float halves[lanes];
  std::memcpy(halves, &v, sizeof v);
  for (std::int64_t width = lanes / 2; width > 0; width /= 2)
    for (std::int64_t i = 0; i < width; ++i) halves[i] += halves[i + width];
  return halves[0];
}

/// few[r][u] += ... for `R` rows and `U` units over `count` features. Every element has one running
/// sum a lane, whatever the tile, so that its value does not depend on the tile it falls in.
template <int R, int U>
SMEAR_INLINE void reduce_tile(std::int64_t count, std::int64_t stride, const float* many,
                              const float* weights, float* few, std::int64_t units) {
  Vector sums[R][U] = {};
  for (std::int64_t f = 0; f < count; f += lanes) {
    Vector w[U];
    for (int u = 0; u < U; ++u) load(weights + u * stride + f, w[u]);
    for (int r = 0; r < R; ++r) {
      Vector x;
      load(many + r * stride + f, x);
      for (int u = 0; u < U; ++u) sums[r][u] += x * w[u];
    }
  }
  for (int r = 0; r < R; ++r)
    for (int u = 0; u < U; ++u) few[r * units + u] += sum(sums[r][u]);
}

template <int U>
SMEAR_INLINE void reduce_units(const Sizes& s, std::int64_t count, const float* many,
                               const float* weights, float* few) {
  std::int64_t r = 0;
  for (; r + tile <= s.rows; r += tile)
    reduce_tile<tile, U>(count, s.features, many + r * s.features, weights, few + r * s.units,
                         s.units);
  for (; r < s.rows; ++r)
    reduce_tile<1, U>(count, s.features, many + r * s.features, weights, few + r * s.units,
                      s.units);
}

SMEAR_FOR_EACH_PROCESSOR
void reduce_range(const Sizes& s, const float* many, const float* weights, float* few,
                  std::int64_t first, std::int64_t last) {
  for (std::int64_t f = 0; f < s.features; f += block) {
    const auto count = std::min(block, s.features - f);
    std::int64_t u = first;
    for (; u + tile <= last; u += tile)
      reduce_units<tile>(s, count, many + f, weights + u * s.features + f, few + u);
    for (; u < last; ++u)
      reduce_units<1>(s, count, many + f, weights + u * s.features + f, few + u);
  }
}

/// to[i][f ...] = sum over k of factors[i * row_step + k * step] from[k][f ...], for `R` results
/// and `V` vectors of features.
template <int R, int V>
SMEAR_INLINE void combine_tile(std::int64_t count, const float* factors, std::int64_t row_step,
                               std::int64_t step, const float* from, float* to,
                               std::int64_t stride) {
  Vector sums[R][V] = {};
  for (std::int64_t k = 0; k < count; ++k) {
    Vector x[V];
    for (int v = 0; v < V; ++v) load(from + k * stride + v * lanes, x[v]);
    for (int r = 0; r < R; ++r) {
      const float factor = factors[r * row_step + k * step];
      for (int v = 0; v < V; ++v) sums[r][v] += factor * x[v];
    }
  }
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < V; ++v) store(to + r * stride + v * lanes, sums[r][v]);
}

template <int V>
SMEAR_INLINE void combine_rows(std::int64_t results, std::int64_t count, const float* factors,
                               std::int64_t row_step, std::int64_t step, const float* from,
                               float* to, std::int64_t stride) {
  std::int64_t r = 0;
  for (; r + tile <= results; r += tile)
    combine_tile<tile, V>(count, factors + r * row_step, row_step, step, from, to + r * stride,
                          stride);
  for (; r < results; ++r)
    combine_tile<1, V>(count, factors + r * row_step, row_step, step, from, to + r * stride,
                       stride);
}

SMEAR_FOR_EACH_PROCESSOR
void combine_range(std::int64_t results, std::int64_t count, const float* factors,
                   std::int64_t row_step, std::int64_t step, const float* from, float* to,
                   std::int64_t stride, std::int64_t first, std::int64_t last) {
  constexpr auto wide = tile * lanes;
  std::int64_t f = first;
  for (; f + wide <= last; f += wide)
    combine_rows<tile>(results, count, factors, row_step, step, from + f, to + f, stride);
  for (; f < last; f += lanes)
    combine_rows<1>(results, count, factors, row_step, step, from + f, to + f, stride);
}

// Splitting the features (in whole vectors) or the units never splits a sum.
template <typename Body>
void in_parallel(std::int64_t count, std::int64_t grain, Body body) {
  const auto pieces = (count + grain - 1) / grain;
  tbb::parallel_for(std::int64_t{0}, pieces, [&](std::int64_t piece) {
    body(piece * grain, std::min(count, (piece + 1) * grain));
  });
}

}  // namespace

void reduce(const Sizes& sizes, const float* many, const float* weights, float* few) {
  std::fill_n(few, sizes.rows * sizes.units, 0.0F);
  in_parallel(sizes.units, 32, [&](std::int64_t first, std::int64_t last) {
    reduce_range(sizes, many, weights, few, first, last);
  });
}

void expand(const Sizes& sizes, const float* few, const float* weights, float* many) {
  in_parallel(sizes.features, block, [&](std::int64_t first, std::int64_t last) {
    combine_range(sizes.rows, sizes.units, few, sizes.units, 1, weights, many, sizes.features,
                  first, last);
  });
}

void correlate(const Sizes& sizes, const float* few, const float* many, float* weights) {
  in_parallel(sizes.features, block, [&](std::int64_t first, std::int64_t last) {
    combine_range(sizes.units, sizes.rows, few, 1, sizes.units, many, weights, sizes.features,
                  first, last);
  });
}

}  // namespace smear::vae::dense
