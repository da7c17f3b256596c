// SPDX-License-Identifier: Apache-2.0
#include "synth/smear-painter.h"

#include <algorithm>

#include "synth/camera.h"
#include "synth/cell-painter.h"
#include "synth/palette.h"
#include "synth/random.h"
#include "synth/scene.h"

namespace smear::synth {
namespace {

// Large images are painted in bands of rows, which bounds the memory for the floating-point layers.
constexpr int band_rows = 256;

cv::Mat paint(const std::vector<Cell>& cells, const Palette& palette, const Camera& camera,
              cv::Size size) {
  cv::Mat image(size, CV_8UC3);
  const int margin = camera.margin();
  for (int top = 0; top < size.height; top += band_rows) {
    const int rows = std::min(band_rows, size.height - top);
    AbsorbanceLayer layer;
    layer.density = cv::Mat::zeros(rows + 2 * margin, size.width + 2 * margin, CV_32FC3);
    layer.left = -margin;
    layer.top = top - margin;
    for (const Cell& cell : cells) paint_cell(cell, palette, layer);
    camera.expose(layer, top, rows, image);
  }
  return image;
}

}  // namespace

SyntheticSmear paint_smear(const SmearSettings& settings, std::uint64_t index) {
  const SmearSettings given = checked(settings);
  const cv::Size size(given.width, given.height);
  // Separate generators, so that a change of one part of the picture leaves the others alone.
  const std::uint64_t seed = mix_seeds(given.seed, index);
  Random arranging(mix_seeds(seed, 1));
  Random staining(mix_seeds(seed, 2));
  Random exposing(mix_seeds(seed, 3));

  std::vector<Cell> cells = arrange_cells(given, arranging);
  GroundTruth truth = rasterise(cells, size);
  const Palette palette = Palette::draw(staining);
  const Camera camera(size, given.red_radius, palette, exposing);
  const double pixel_um = 3.75 / given.red_radius;
  const PixelSize pixel_size{pixel_um, pixel_um};

  SyntheticSmear smear;
  smear.image = Image(paint(cells, palette, camera, size), pixel_size);
  smear.labels = Image(truth.labels, pixel_size);
  smear.nuclei = Image(truth.nuclei, pixel_size);
  smear.cells = std::move(truth.cells);
  return smear;
}

}  // namespace smear::synth
