// SPDX-License-Identifier: Apache-2.0
#include "synth/cell-maker.h"

#include <algorithm>

#include "synth/portable-math.h"

namespace smear::synth {
namespace {

Cell make_cell(CellClass cell_class, Subtype subtype, const OutlineShape& shape, Random& random) {
  Cell cell;
  cell.cell_class = cell_class;
  cell.subtype = subtype;
  cell.radius = shape.radius;
  cell.outline = Outline(shape, random);
  cell.irregularity = shape.irregularity;
  cell.stain = static_cast<float>(1.0 + 0.08 * random.normal());
  cell.texture_seed = random.bits();
  return cell;
}

Granules granules(double count, double radius) {
  return {static_cast<int>(count), static_cast<float>(radius)};
}

Point offset(double distance, Random& random) {
  const double turns = random.uniform();
  return {static_cast<float>(distance * cosine_of_turns(turns)),
          static_cast<float>(distance * sine_of_turns(turns))};
}

// Two, now and then three, in eosinophils; most often three or four in neutrophils.
int draw_lobes(bool eosinophil, Random& random) {
  const double draw = random.uniform();
  if (eosinophil) return draw < 0.8 ? 2 : 3;
  return draw < 0.15 ? 2 : (draw < 0.55 ? 3 : (draw < 0.87 ? 4 : 5));
}

}  // namespace

CellMaker::CellMaker(double red_radius, double irregularity, Random& random)
    : red_radius_(red_radius),
      irregularity_(irregularity),
      pallor_(random.uniform(0.68, 1.0)),
      crenated_share_(random.chance(0.25) ? random.uniform(0.05, 0.3) : 0.0) {}

Cell CellMaker::red(Random& random) const {
  OutlineShape shape;
  shape.radius = red_radius_ * std::max(0.7, 1.0 + 0.07 * random.normal());
  const bool elliptic = random.chance(0.04);
  shape.elongation = elliptic ? random.uniform(1.35, 1.8) : random.uniform(1.0, 1.16);
  shape.irregularity = random.uniform(0.006, 0.03);
  if (random.chance(crenated_share_)) shape.crenation = random.uniform(0.02, 0.05);
  const bool spherocyte = !elliptic && random.chance(0.07);
  if (spherocyte) shape.radius *= 0.86;
  const Subtype subtype = elliptic     ? Subtype::elliptocyte
                          : spherocyte ? Subtype::spherocyte
                                       : Subtype::discocyte;
  Cell cell = make_cell(CellClass::red, subtype, shape, random);
  const double pallor = spherocyte ? 0.0 : pallor_ * random.uniform(0.8, 1.08);
  cell.pallor = static_cast<float>(std::min(pallor, 0.95));
  cell.pallor_width = static_cast<float>(random.uniform(0.85, 1.2));
  cell.pallor_offset = offset(0.12 * random.uniform(), random);
  return cell;
}

double CellMaker::white_irregularity(double low, double high, Random& random) const {
  return irregularity_ * random.uniform(low, high);
}

Cell CellMaker::white(double abnormal, Random& random) const {
  if (random.chance(abnormal)) return blast(random);
  const double kind = random.uniform();
  if (kind < 0.50) return granulocyte(Subtype::neutrophil, random);
  if (kind < 0.80) return lymphocyte(random);
  if (kind < 0.90) return monocyte(random);
  return granulocyte(Subtype::eosinophil, random);
}

Cell CellMaker::granulocyte(Subtype subtype, Random& random) const {
  const bool eosinophil = subtype == Subtype::eosinophil;
  OutlineShape shape;
  shape.radius = red_radius_ * random.uniform(1.6, 1.9);
  shape.elongation = random.uniform(1.0, 1.12);
  shape.irregularity = white_irregularity(0.01, 0.035, random);
  Cell cell = make_cell(CellClass::white, subtype, shape, random);
  const int lobes = draw_lobes(eosinophil, random);
  cell.nucleus = Nucleus::lobed(lobes, cell.radius, random);
  const double packing = eosinophil ? random.uniform(110.0, 150.0) : random.uniform(120.0, 200.0);
  cell.granules = granules(packing, cell.radius * (eosinophil ? 0.075 : 0.04));
  return cell;
}

Cell CellMaker::lymphocyte(Random& random) const {
  OutlineShape shape;
  shape.radius = red_radius_ * random.uniform(1.05, 1.4);
  shape.elongation = random.uniform(1.0, 1.12);
  shape.irregularity = white_irregularity(0.01, 0.035, random);
  Cell cell = make_cell(CellClass::white, Subtype::lymphocyte, shape, random);
  OutlineShape nucleus{.radius = cell.radius * random.uniform(0.8, 0.88),
                       .elongation = random.uniform(1.0, 1.1),
                       .irregularity = white_irregularity(0.01, 0.03, random)};
  const Point shift = offset(cell.radius * random.uniform(0.02, 0.11), random);
  cell.nucleus = Nucleus::single(nucleus, shift, random);
  cell.irregularity = nucleus.irregularity;
  return cell;
}

Cell CellMaker::monocyte(Random& random) const {
  OutlineShape shape;
  shape.radius = red_radius_ * random.uniform(1.8, 2.2);
  shape.elongation = random.uniform(1.0, 1.18);
  shape.irregularity = white_irregularity(0.025, 0.06, random);
  Cell cell = make_cell(CellClass::white, Subtype::monocyte, shape, random);
  cell.nucleus = Nucleus::kidney(cell.radius, random);
  cell.granules = granules(random.uniform(40.0, 80.0), cell.radius * 0.03);
  return cell;
}

Cell CellMaker::blast(Random& random) const {
  OutlineShape shape;
  shape.radius = red_radius_ * random.uniform(1.5, 2.1);
  shape.elongation = random.uniform(1.0, 1.3);
  shape.irregularity = white_irregularity(0.03, 0.08, random);
  Cell cell = make_cell(CellClass::white, Subtype::blast, shape, random);
  OutlineShape nucleus{.radius = cell.radius * random.uniform(0.79, 0.88),
                       .elongation = random.uniform(1.0, 1.2),
                       .irregularity = white_irregularity(0.05, 0.14, random)};
  const Point shift = offset(cell.radius * random.uniform(0.0, 0.08), random);
  cell.nucleus = Nucleus::single(nucleus, shift, random);
  cell.irregularity = nucleus.irregularity;
  return cell;
}

Cell CellMaker::platelet(Random& random) const {
  OutlineShape shape;
  shape.radius = red_radius_ * random.uniform(0.22, 0.42);
  shape.elongation = random.uniform(1.0, 1.6);
  shape.irregularity = random.uniform(0.04, 0.1);
  Cell cell = make_cell(CellClass::platelet, Subtype::platelet, shape, random);
  cell.granules = granules(random.uniform(8.0, 18.0), cell.radius * 0.2);
  return cell;
}

}  // namespace smear::synth
