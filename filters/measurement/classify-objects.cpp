// SPDX-License-Identifier: Apache-2.0
#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

/// How many pixels of each label lie on the mask, and how many it has.
struct Overlap {
  std::int64_t area = 0;
  std::int64_t on_mask = 0;
};

std::vector<Overlap> overlaps(const cv::Mat& labels, const cv::Mat& mask) {
  std::vector<Overlap> result(static_cast<std::size_t>(segmentation::largest_label(labels)) + 1);
  for (int y = 0; y < labels.rows; ++y) {
    const auto* label = labels.ptr<int>(y);
    const auto* inside = mask.ptr<std::uint8_t>(y);
    for (int x = 0; x < labels.cols; ++x) {
      Overlap& object = result[static_cast<std::size_t>(label[x])];
      ++object.area;
      if (inside[x] > 0) ++object.on_mask;
    }
  }
  return result;
}

/// The table without what this stage adds, so that it can add it anew.
Table unclassified(const Table& table) {
  constexpr std::array<std::string_view, 3> added{"overlap_px", "overlap_fraction", "class"};
  Table result;
  for (const Column& column : table.columns())
    if (std::ranges::find(added, column.name) == added.end())
      std::visit([&](const auto& values) { result.add(column.name, values); }, column.values);
  return result;
}

class ClassifyObjects final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "classify-objects",
      .summary = "Names each object by whether it lies on a mask.",
      .category = Category::measurement,
      .details =
          "Adds to the table `overlap_px`, the number of the object's pixels on the mask, "
          "`overlap_fraction`, that number divided by the object's area, and `class`: the "
          "text of option `inside` where overlap_fraction >= min_overlap, or where "
          "overlap_px >= min_overlap_area if that is above 0, and that of `outside` "
          "elsewhere. An object without a pixel on the mask is always outside. Every label "
          "of the table must be in the label image. So white cells, which hold a nucleus, "
          "are told from red ones.\n\n"
          "Where the table has these columns already they are replaced, the overlaps by those "
          "with this mask. With `keep`, an object outside the mask keeps the class that it had "
          "before, so that several of these stages, each with its mask, give three or more "
          "classes; where the table has no classes yet, `keep` changes nothing.",
      .example = R"(name: red-and-white-cells
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - watershed
  - measure: {min_area: 30}
  - threshold: {lower: 0, upper: 100, outputs: {mask: nuclei}}
  - classify-objects: {inside: white, outside: red, min_overlap: 0.1, inputs: {mask: nuclei}}
  - save-table: {slot: objects, to: cells.csv}
)",
      .reference = "",
  };

  void describe(OptionSpec& spec) override {
    spec.text("inside", inside_).help("Class of the objects that lie on the mask.");
    spec.text("outside", outside_).help("Class of the others.");
    spec.real("min_overlap", min_overlap_)
        .range(0.0, 1.0)
        .help("Fraction of the object on the mask that makes it an inside one.");
    spec.integer("min_overlap_area", min_overlap_area_)
        .at_least(0)
        .unit("px")
        .help("Area on the mask that makes it one whatever the fraction; 0 for no such rule.");
    spec.boolean("keep", keep_).help("Objects outside the mask keep a class from before.");
    spec.input("labels", SlotType::label32);
    spec.input("objects", SlotType::table);
    spec.input("mask", SlotType::mask);
    spec.output("objects", SlotType::table);
  }

  void process(Sample& sample, const RunContext&) const override {
    const Image& labels = sample.image("labels");
    const Image& mask = sample.image("mask");
    if (labels.type() != PixelType::label32)
      throw SampleError(
          fmt::format("classify-objects needs labels, got {}", name_of(labels.type())));
    segmentation::check_mask(info.name, mask);
    segmentation::check_same_size(info.name, labels, "labels", mask, "mask");

    const Table& before = sample.table("objects");
    const bool keeps = keep_ && before.has("class");
    const auto all = overlaps(labels.pixels(), mask.pixels());
    std::vector<std::int64_t> pixels;
    std::vector<double> fractions;
    std::vector<std::string> classes;
    for (const std::int64_t label : before.integers("label")) {
      const Overlap object = found(all, label);
      pixels.push_back(object.on_mask);
      fractions.push_back(static_cast<double>(object.on_mask) / static_cast<double>(object.area));
      const bool inside = is_inside(pixels.back(), fractions.back());
      const std::string& otherwise = keeps ? before.texts("class")[classes.size()] : outside_;
      classes.push_back(inside ? inside_ : otherwise);
    }
    Table table = unclassified(before);
    table.add("overlap_px", std::move(pixels));
    table.add("overlap_fraction", std::move(fractions));
    table.add("class", std::move(classes));
    sample.set("objects", std::move(table));
  }

 private:
  static Overlap found(const std::vector<Overlap>& all, std::int64_t label) {
    if (label < 1 || static_cast<std::size_t>(label) >= all.size() ||
        all[static_cast<std::size_t>(label)].area == 0)
      throw SampleError(fmt::format(
          "classify-objects: the table's label {} is not in the label image; measure it first",
          label));
    return all[static_cast<std::size_t>(label)];
  }

  [[nodiscard]] bool is_inside(std::int64_t pixels, double fraction) const {
    if (pixels == 0) return false;
    return fraction >= min_overlap_ || (min_overlap_area_ > 0 && pixels >= min_overlap_area_);
  }

  std::string inside_ = "inside";
  std::string outside_ = "outside";
  double min_overlap_ = 0.5;
  std::int64_t min_overlap_area_ = 0;
  bool keep_ = false;
};

}  // namespace

void register_classify_objects(StageRegistrar& registrar) { registrar.add<ClassifyObjects>(); }

}  // namespace smear
