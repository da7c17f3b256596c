// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <opencv2/imgproc.hpp>

#include "codec/codec.h"
#include "smear/stage.h"

namespace smear {
namespace {

// The palette of Okabe and Ito, which people with any kind of colour vision tell apart; its black
// is left out, and what stands out best on a stained smear comes first.
constexpr std::array<std::array<std::uint8_t, 3>, 7> kPalette{{
    {0x00, 0x9E, 0x73},
    {0xD5, 0x5E, 0x00},
    {0x00, 0x72, 0xB2},
    {0xE6, 0x9F, 0x00},
    {0xCC, 0x79, 0xA7},
    {0x56, 0xB4, 0xE9},
    {0xF0, 0xE4, 0x42},
}};
enum class Colour { green, vermilion, blue, orange, purple, sky_blue, yellow };

// Tables by label are arrays; no labelling of an image in memory numbers further.
constexpr int kMaxLabel = 1 << 24;

cv::Vec3b rgb_of(std::size_t index) {
  const auto& c = kPalette[index % kPalette.size()];
  return {c[0], c[1], c[2]};
}

/// A new rgb8 matrix of what a person should see.
cv::Mat shown(const Image& image) {
  cv::Mat grey = image.pixels();
  if (image.type() == PixelType::rgb8) return grey.clone();
  if (image.type() != PixelType::grey8) {
    double lowest = 0.0;
    double highest = 0.0;
    cv::minMaxLoc(grey, &lowest, &highest);
    const double scale = highest > lowest ? 255.0 / (highest - lowest) : 0.0;
    image.pixels().convertTo(grey, CV_8U, scale, -lowest * scale);
  }
  cv::Mat result;
  cv::cvtColor(grey, result, cv::COLOR_GRAY2RGB);
  return result;
}

/// Pixels of an object beside a pixel that is not of it, as 255. The image's edge is no boundary.
cv::Mat inner_boundary(const cv::Mat& labels) {
  cv::Mat result = cv::Mat::zeros(labels.size(), CV_8UC1);
  for (int y = 0; y < labels.rows; ++y) {
    const int* row = labels.ptr<int>(y);
    const int* above = labels.ptr<int>(std::max(y - 1, 0));
    const int* below = labels.ptr<int>(std::min(y + 1, labels.rows - 1));
    std::uint8_t* out = result.ptr(y);
    const int last = labels.cols - 1;
    for (int x = 0; x <= last; ++x) {
      const int own = row[x];
      const bool differs = own != row[std::max(x - 1, 0)] || own != row[std::min(x + 1, last)] ||
                           own != above[x] || own != below[x];
      out[x] = own > 0 && differs ? 255 : 0;
    }
  }
  return result;
}

/// The outermost `thickness` layers of every object, as 255.
cv::Mat outlines(const cv::Mat& labels, int thickness) {
  cv::Mat result = inner_boundary(labels);
  if (thickness == 1) return result;
  cv::Mat rest = labels.clone();
  cv::Mat layer = result;
  for (int i = 1; i < thickness; ++i) {
    rest.setTo(0, layer);
    layer = inner_boundary(rest);
    result |= layer;
  }
  return result;
}

int highest_label(const cv::Mat& labels) {
  double highest = 0.0;
  cv::minMaxLoc(labels, nullptr, &highest);
  if (highest > kMaxLabel)
    throw SampleError(
        fmt::format("labels go up to {:.0f}; number the objects from 1 on first", highest));
  return std::max(0, static_cast<int>(highest));
}

std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), name.size() + 1));
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

/// FNV-1a: the same on every machine, which `std::hash` need not be.
std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

class Overlay final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "overlay",
      .summary = "Draws the outlines of the objects onto the image.",
      .category = Category::input_output,
      .details =
          "An outline is an object's pixels that touch, by an edge, a pixel of another object or "
          "of the background; with `thickness: n`, its n outermost layers, each taken after the "
          "one before is removed. Where the table `objects` has a column `class`, the class gives "
          "the colour: those in `classes` take the colours green, vermilion, blue, orange, purple, "
          "sky blue and yellow in that order (the palette of Okabe and Ito, safe for colour-blind "
          "people); a class that is not listed takes the colour at its name's hash among those "
          "left over, the same in every image. All other objects are drawn in `colour`.\n\n"
          "8-bit images are shown as they are, 16-bit and float images stretched linearly from "
          "their lowest to their highest value. With `scale: n`, the image is first enlarged n "
          "times (bilinear; labels by nearest neighbour), so that lines are thinner beside the "
          "cells. Usually drawn onto the image as read: `inputs: {image: source}`.",
      .example = R"(name: look-at-cells
stages:
  - to-grey
  - auto-threshold: {method: otsu, objects: dark}
  - watershed
  - overlay: {inputs: {image: source}, scale: 2, to: "overlays/{id}.jpg"}
)",
      .reference = "M. Okabe and K. Ito, Color universal design, University of Tokyo, 2008",
  };

  void describe(OptionSpec& spec) override {
    spec.output("to", to_).help(
        "Where each picture goes inside the output folder; ends in .jpg, .png or .tif. Empty: it "
        "is only put into the slot.");
    spec.integer("quality", quality_).range(1, 100).help("JPEG quality.");
    spec.integer("scale", scale_).range(1, 16).help("How many times the picture is enlarged.");
    spec.integer("thickness", thickness_)
        .range(1, 20)
        .unit("px")
        .help("Width of the outlines, in pixels of the enlarged picture.");
    spec.boolean("numbers", numbers_).help("Writes each object's number at its centroid.");
    spec.real("fill", fill_)
        .range(0.0, 1.0)
        .help("How opaque the objects are filled with their colour; 0 leaves them as they are.");
    spec.choice<Colour>("colour", colour_,
                        {{Colour::green, "green", "bluish green, #009E73"},
                         {Colour::vermilion, "vermilion", "#D55E00"},
                         {Colour::blue, "blue", "#0072B2"},
                         {Colour::orange, "orange", "#E69F00"},
                         {Colour::purple, "purple", "reddish purple, #CC79A7"},
                         {Colour::sky_blue, "sky-blue", "#56B4E9"},
                         {Colour::yellow, "yellow", "#F0E442"}})
        .help("Colour of objects without a class.");
    spec.text("classes", classes_)
        .help("Classes that take the palette's colours in order, separated by commas.");
    spec.input("image", SlotType::any_image).help("The image to draw onto.");
    spec.input("labels", SlotType::label32).help("The objects.");
    spec.input("objects", SlotType::table).optional().help("Their classes, in a column `class`.");
    spec.output("overlay", SlotType::rgb8).help("The picture.");
  }

  void check() const override {
    if (!to_.empty() && !codec::write_format(to_))
      throw ConfigError("to must end in .jpg, .png or .tif, or be empty, got '" + to_ + "'");
    if (names_in(classes_).size() > kPalette.size())
      throw ConfigError(fmt::format("classes has more than {} names, as many as there are colours",
                                    kPalette.size()));
  }

  void process(Sample& sample, const RunContext& run) const override {
    const Image& image = sample.image("image");
    const Image& labels = sample.image("labels");
    check_sizes(image, labels);
    cv::Mat canvas = shown(image);
    cv::Mat ids = labels.pixels();
    if (scale_ > 1) {
      cv::resize(canvas, canvas, {}, scale_, scale_, cv::INTER_LINEAR);
      cv::resize(ids, ids, {}, scale_, scale_, cv::INTER_NEAREST);
    }
    paint(canvas, ids, colours_of(sample, ids));
    if (numbers_) write_numbers(canvas, ids);
    auto size = image.pixel_size();
    if (size) *size = {size->x_um / scale_, size->y_um / scale_};
    const Image overlay(canvas, size);
    sample.set("overlay", overlay);
    if (to_.empty()) return;
    run.outputs().save(sample, to_, [&](const std::filesystem::path& path) {
      codec::write_image(path, overlay, codec::write_format(to_).value(), quality_);
    });
  }

 private:
  void check_sizes(const Image& image, const Image& labels) const {
    if (image.pixels().size() != labels.pixels().size())
      throw SampleError(fmt::format(
          "the image has {} x {} pixels and the labels {} x {}; draw onto the image that they were "
          "made from",
          image.width(), image.height(), labels.width(), labels.height()));
    const std::int64_t most = std::int64_t{1} << 28;
    if (static_cast<std::int64_t>(image.pixels().total()) * scale_ * scale_ > most)
      throw SampleError(
          fmt::format("{} x {} pixels enlarged {} times are more than {}; use a "
                      "smaller scale",
                      image.width(), image.height(), scale_, most));
  }

  /// Which of the palette's colours a class takes.
  [[nodiscard]] std::size_t class_colour(const std::string& name,
                                         const std::vector<std::string>& listed) const {
    const auto found = std::ranges::find(listed, name);
    if (found != listed.end()) return static_cast<std::size_t>(found - listed.begin());
    const std::size_t left = kPalette.size() - listed.size();
    if (left == 0) return hash_of(name) % kPalette.size();
    return listed.size() + hash_of(name) % left;
  }

  /// The colour of every label from 0 on, or nothing where all have the same.
  [[nodiscard]] std::vector<cv::Vec3b> colours_of(const Sample& sample, const cv::Mat& ids) const {
    if (!sample.has("objects") || !sample.table("objects").has("class")) return {};
    const Table& objects = sample.table("objects");
    const auto& numbers = objects.integers("label");
    const auto& classes = objects.texts("class");
    const auto listed = names_in(classes_);
    const auto count = static_cast<std::size_t>(highest_label(ids)) + 1;
    std::vector<cv::Vec3b> colours(count, rgb_of(static_cast<std::size_t>(colour_)));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::int64_t number = numbers[i];
      if (number < 1 || number >= static_cast<std::int64_t>(count) || classes[i].empty()) continue;
      colours[static_cast<std::size_t>(number)] = rgb_of(class_colour(classes[i], listed));
    }
    return colours;
  }

  void paint(cv::Mat& canvas, const cv::Mat& ids, const std::vector<cv::Vec3b>& colours) const {
    const cv::Mat outline = outlines(ids, thickness_);
    const cv::Vec3b single = rgb_of(static_cast<std::size_t>(colour_));
    const int opacity = static_cast<int>(std::lround(fill_ * 256.0));
    for (int y = 0; y < canvas.rows; ++y) {
      const int* id = ids.ptr<int>(y);
      const std::uint8_t* line = outline.ptr(y);
      cv::Vec3b* pixel = canvas.ptr<cv::Vec3b>(y);
      for (int x = 0; x < canvas.cols; ++x) {
        if (id[x] <= 0 || (line[x] == 0 && opacity == 0)) continue;
        const cv::Vec3b& colour =
            colours.empty() ? single : colours[static_cast<std::size_t>(id[x])];
        if (line[x] != 0)
          pixel[x] = colour;
        else
          for (int c = 0; c < 3; ++c)
            pixel[x][c] = static_cast<std::uint8_t>(
                (pixel[x][c] * (256 - opacity) + colour[c] * opacity + 128) >> 8);
      }
    }
  }

  void write_numbers(cv::Mat& canvas, const cv::Mat& ids) const {
    struct Sums {
      double x = 0.0;
      double y = 0.0;
      std::int64_t count = 0;
    };
    std::vector<Sums> sums(static_cast<std::size_t>(highest_label(ids)) + 1);
    for (int y = 0; y < ids.rows; ++y)
      for (int x = 0; x < ids.cols; ++x) {
        const int id = ids.at<int>(y, x);
        if (id <= 0) continue;
        Sums& s = sums[static_cast<std::size_t>(id)];
        s.x += x;
        s.y += y;
        ++s.count;
      }
    for (std::size_t i = 1; i < sums.size(); ++i)
      if (sums[i].count > 0) {
        const auto n = static_cast<double>(sums[i].count);
        write_number(canvas, std::to_string(i), {sums[i].x / n, sums[i].y / n});
      }
  }

  /// White on a dark rim, to be read on any background, its middle at `centre`.
  static void write_number(cv::Mat& canvas, const std::string& text, const cv::Point2d& centre) {
    constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
    constexpr double kSize = 0.35;
    const cv::Size box = cv::getTextSize(text, kFont, kSize, 1, nullptr);
    const cv::Point origin(static_cast<int>(std::lround(centre.x)) - box.width / 2,
                           static_cast<int>(std::lround(centre.y)) + box.height / 2);
    cv::putText(canvas, text, origin, kFont, kSize, {20, 20, 20}, 3, cv::LINE_AA);
    cv::putText(canvas, text, origin, kFont, kSize, {255, 255, 255}, 1, cv::LINE_AA);
  }

  std::string to_ = "overlays/{id}.jpg";
  int quality_ = 90;
  int scale_ = 1;
  int thickness_ = 1;
  bool numbers_ = false;
  double fill_ = 0.0;
  Colour colour_ = Colour::green;
  std::string classes_ = "red-cell, white-cell, platelet";
};

}  // namespace

void register_overlay(StageRegistrar& registrar) { registrar.add<Overlay>(); }

}  // namespace smear
