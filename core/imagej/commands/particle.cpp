// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <opencv2/core.hpp>

#include "imagej/commands/commands.h"
#include "imagej/commands/hidden-overlay.h"
#include "imagej/commands/measuring.h"
#include "imagej/files/roi-set.h"
#include "imagej/operations/ellipse-fit.h"
#include "imagej/operations/particles.h"

namespace smear::imagej {
namespace {

constexpr std::uint32_t cyan = 0xff00ffff;

struct Span {
  double low = 0.0;
  double high = std::numeric_limits<double>::infinity();
};

// "30-Infinity", "30-200", "30".
std::optional<Span> span_of(const std::string& text, double highest) {
  Span span{0.0, highest};
  const auto number = [](std::string_view part) -> std::optional<double> {
    if (part == "Infinity") return std::numeric_limits<double>::infinity();
    double value = 0.0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size() || value < 0.0)
      return std::nullopt;
    return value;
  };
  const auto dash = text.find('-');
  const auto low = number(std::string_view(text).substr(0, dash));
  if (!low) return std::nullopt;
  span.low = *low;
  if (dash == std::string::npos) return span;
  const auto high = number(std::string_view(text).substr(dash + 1));
  if (!high || *high < *low) return std::nullopt;
  span.high = *high;
  return span;
}

Span size_of(const Values& values, const Calibration& scale) {
  Span span = *span_of(values.text("size"), std::numeric_limits<double>::infinity());
  if (values.given("minimum")) span = {values.number("minimum"), values.number("maximum")};
  if (!values.flag("pixel")) {
    const double unit = scale.pixel_width * scale.pixel_height;
    span.low /= unit;
    span.high /= unit;
  }
  return span;
}

void check(const Values& values) {
  if (!span_of(values.text("size"), 0.0))
    throw ConfigError(fmt::format("Analyze Particles: size is MIN-MAX, as 30-Infinity, got '{}'",
                                  values.text("size")));
  if (!span_of(values.text("circularity"), 1.0))
    throw ConfigError(
        fmt::format("Analyze Particles: circularity is MIN-MAX, as 0.50-1.00, got '{}'",
                    values.text("circularity")));
  if (values.given("minimum") != values.given("maximum"))
    throw ConfigError(
        "Analyze Particles: the old options minimum and maximum go together; size=MIN-MAX is the "
        "new one");
  if (values.flag("in_situ") && values.text("show") == "Nothing")
    throw ConfigError(
        "Analyze Particles: in_situ without show draws numbered outlines in a font of the system "
        "and is not supported: add show=Masks, show=[Count Masks], show=[Bare Outlines] or "
        "show=Ellipses");
  if (values.text("show") == "Outlines")
    throw ConfigError(
        "Analyze Particles: show=Outlines writes numbers in a font of the system and is not "
        "supported: take show=[Bare Outlines], or show=Nothing where the drawing is not used");
  if (values.given("minimum") && values.given("size"))
    throw ConfigError("Analyze Particles: size and the old minimum and maximum exclude each other");
}

// The values that are objects: the threshold, or the objects of a binary image.
Threshold objects_of(const ImagePlus& image, const Preferences& preferences) {
  if (image.threshold) return *image.threshold;
  bool binary = image.type == ImageType::grey8;
  const cv::Mat& pixels = image.pixels();
  for (int y = 0; y < pixels.rows && binary; ++y) {
    const auto* row = pixels.ptr<std::uint8_t>(y);
    bool other = false;
    for (int x = 0; x < pixels.cols; ++x) other |= row[x] != 0 && row[x] != 255;
    binary = !other;
  }
  if (!binary)
    throw SampleError(fmt::format(
        "Analyze Particles: '{}' has no threshold and is not a binary image of 0 and 255: set a "
        "threshold (setAutoThreshold, setThreshold) or use Convert to Mask first",
        image.title));
  const bool black = !preferences.black_background && !image.lut.is_inverted();
  const double level = black ? 0.0 : 255.0;
  return {level, level, true};
}

// What lies outside the selection is no object.
cv::Mat inside_of(const ImagePlus& image, const Threshold& objects, const MeasuredArea& area) {
  cv::Mat inside = bordered_threshold(image.pixels(), objects.lower, objects.upper);
  if (area.roi == nullptr) return inside;
  cv::Mat kept(inside.size(), CV_8UC1, cv::Scalar(0));
  const cv::Rect box = area.box + cv::Point(1, 1);
  if (area.mask.empty())
    inside(box).copyTo(kept(box));
  else
    inside(box).copyTo(kept(box), area.mask);
  return kept;
}

// Whether a corner of an outline lies outside a selection that is no rectangle. Which pixels round
// the corner decide depends on which way the outline turns there, as it does in ImageJ.
bool corner_outside(cv::Point before, cv::Point corner, cv::Point after, const MeasuredArea& area) {
  const auto outside = [&](int dx, int dy) {
    const cv::Point p = corner + cv::Point(dx, dy) - area.box.tl();
    return p.x < 0 || p.y < 0 || p.x >= area.mask.cols || p.y >= area.mask.rows ||
           area.mask.at<std::uint8_t>(p) == 0;
  };
  if (outside(0, 0)) return true;
  const cv::Point in = corner - before;
  const cv::Point out = after - corner;
  const bool upper_left = in.y < 0 && out.x > 0;
  const bool upper_right = in.x > 0 && out.y > 0;
  const bool lower_right = in.y > 0 && out.x < 0;
  return ((upper_left || lower_right) && outside(-1, 0)) || (upper_right && outside(0, -1));
}

bool touches_edge(const Outline& outline, const MeasuredArea& area) {
  const cv::Rect& a = outline.bounds;
  const cv::Rect& b = area.box;
  if (a.x <= b.x || a.y <= b.y || a.br().x >= b.br().x || a.br().y >= b.br().y) return true;
  if (area.mask.empty()) return false;
  const auto& corners = outline.corners;
  for (std::size_t i = 0; i < corners.size(); ++i)
    if (corner_outside(corners[i == 0 ? corners.size() - 1 : i - 1], corners[i],
                       corners[i + 1 == corners.size() ? 0 : i + 1], area))
      return true;
  return false;
}

// As Java rounds: what is no number becomes 0.
int round_half_up(double value) {
  return std::isnan(value) ? 0 : static_cast<int>(std::clamp(std::floor(value + 0.5), -1e9, 1e9));
}

// The corners of an ellipse's outline about its centre, joined by lines from the first to the last:
// the ends of its rows, down on the right and up on the left.
std::vector<cv::Point> ellipse_lines(const Ellipse& fit, int highest) {
  const double turn = fit.angle * std::numbers::pi / 180.0;
  const double a = 4.0 / (fit.major * fit.major);
  const double b = 4.0 / (fit.minor * fit.minor);
  const double sine = std::sin(turn);
  const double cosine = std::cos(turn);
  // xx x^2 + 2 xy x y + yy y^2 = 1
  const double xx = a * cosine * cosine + b * sine * sine;
  const double xy = (b - a) * -sine * cosine;
  const double yy = a * sine * sine + b * cosine * cosine;
  const double tallest = std::sqrt(xx / (xx * yy - xy * xy));
  const int rows = std::clamp(static_cast<int>(std::floor(tallest)), 1, std::max(highest, 1));
  std::vector<int> left;
  std::vector<int> right;
  for (int y = 0; y <= rows; ++y) {
    const double middle = -xy / xx * y;
    const double half = std::sqrt((xy * xy - xx * yy) / (xx * xx) * y * y + 1.0 / xx);
    left.push_back(round_half_up(middle - half));
    right.push_back(round_half_up(middle + half));
  }
  std::vector<cv::Point> corners;
  const auto at = [](const std::vector<int>& ends, int y) {
    return ends[static_cast<std::size_t>(std::abs(y))];
  };
  corners.emplace_back(at(left, rows - 1), -rows);
  for (int y = -rows; y < rows; ++y) corners.emplace_back(y < 0 ? at(right, y) : -at(left, y), y);
  for (int y = rows; y > -rows; --y) corners.emplace_back(y < 0 ? at(left, y) : -at(right, y), y);
  return corners;
}

// The columns whose means Summary has, in its order.
using Column = MeasurementColumn;
constexpr std::array summary_columns = {
    Column::mean,     Column::mode,        Column::perimeter, Column::major,   Column::minor,
    Column::angle,    Column::circularity, Column::solidity,  Column::feret,   Column::feret_x,
    Column::feret_y,  Column::feret_angle, Column::min_feret, Column::int_den, Column::median,
    Column::skewness, Column::kurtosis};

class Analysis {
 public:
  Analysis(Session& session, const Values& values)
      : session_(session),
        values_(values),
        image_(session.active()),
        size_(size_of(values, image_.calibration)),
        circularity_(*span_of(values.text("circularity"), 1.0)),
        show_(values.text("show")),
        shown_on_overlay_((values.flag("overlay") && show_ == "Nothing") ||
                          show_.starts_with("Overlay")),
        // Where `clear` closes the window of Results, ImageJ adds nothing.
        adds_(values.flag("add") &&
              (values.flag("display") || !values.flag("clear") || !session.results_shown)),
        settings_(session.measurements) {
    // Objects are within the threshold as it is; their holes count with `include`.
    settings_.limit_to_threshold = false;
    // The summary needs it.
    settings_.area |= values.flag("summarize");
  }

  void run() {
    if (values_.flag("summarize") && image_.stack.size() > 1)
      throw SampleError(fmt::format(
          "Analyze Particles: 'summarize' of a stack fills a table 'Summary of {}', which is not "
          "here; leave it out, or take the slice out by Duplicate... before",
          image_.title));
    prepare_table();
    const bool all = values_.flag("stack");
    const int shown = image_.current;
    const int last = all ? static_cast<int>(image_.stack.size()) - 1 : shown;
    for (int plane = all ? 0 : shown; plane <= last; ++plane) {
      image_.show(plane);
      analyze_plane();
    }
    image_.show(shown);
    if (values_.flag("summarize")) summarize();
    if (values_.flag("display") && found_ > 0) session_.show_results();
    finish();
    if (!all) forget_selection();
    if (values_.flag("summarize")) session_.bring_to_front("Summary");
  }

 private:
  void analyze_plane() {
    const Threshold objects = objects_of(image_, session_.preferences);
    const Roi selection = image_.roi ? *image_.roi : Roi();
    const auto* roi = image_.roi && selection.is_area() ? &selection : nullptr;
    area_ = area_of(roi, image_.area().size());
    plane_ = measuring_plane(session_, image_);
    plane_.threshold = objects;
    label_ = measurement_label(image_, image_.roi ? &*image_.roi : nullptr, redirected(session_));
    count_ = 0;
    prepare_drawing();
    cv::Mat inside = inside_of(image_, objects, area_);
    for_each_particle(inside, values_.flag("include"),
                      [this](const Particle& particle) { visit(particle); });
    if (!drawing_.empty()) drawings_.push_back(drawing_);
    leave_eraser(objects);
  }

  // ImageJ erases in a copy the particles that it has seen, and its colour for that stays set.
  void leave_eraser(const Threshold& objects) {
    if (!seen_) return;
    const double most = image_.type == ImageType::grey8 ? 255.0 : 65535.0;
    if (!image_.threshold && image_.type == ImageType::grey8)
      image_.next_fill = 64.0;
    else if (objects.lower > 0.0)
      image_.next_fill = 0.0;
    else if (objects.upper < most)
      image_.next_fill = most;
    else if (image_.type == ImageType::grey8)
      image_.next_fill = 0.0;
  }

  // ImageJ takes it off stacks, and off no other images.
  void forget_selection() {
    if (image_.stack.size() < 2 || !image_.roi) return;
    session_.previous_roi = std::move(image_.roi);
    image_.roi.reset();
  }

  void prepare_table() {
    if (values_.flag("clear")) {
      if (values_.flag("display"))
        session_.clear_results();
      else
        session_.close_table("Results");
    }
    // ImageJ begins a new table behind what Find Maxima listed or counted.
    if (values_.flag("display") && session_.maxima_rows != 0 &&
        session_.maxima_rows == session_.results.rows())
      session_.clear_results();
    session_.maxima_rows = 0;
    // What is not displayed is measured all the same, for the summary: apart from a table that is
    // shown.
    if (!values_.flag("display") && session_.results_shown) {
      hidden_.set_precision(session_.results.precision());
      hidden_.nan_empty = session_.results.nan_empty;
      table_ = &hidden_;
    }
    first_row_ = table_->rows();
  }

  void prepare_drawing() {
    if (show_ == "Masks" || show_ == "Count Masks")
      drawing_ = cv::Mat(image_.height(), image_.width(), show_ == "Masks" ? CV_8UC1 : CV_16UC1,
                         cv::Scalar(0));
    if (show_ == "Bare Outlines" || show_ == "Ellipses")
      drawing_ = cv::Mat(image_.height(), image_.width(), CV_8UC1, cv::Scalar(255));
  }

  void visit(const Particle& particle) {
    seen_ = true;
    if (particle.count < size_.low || particle.count > size_.high) return;
    if (values_.flag("exclude") && touches_edge(particle.outline, area_)) return;
    MeasuredArea area;
    area.box = particle.outline.bounds;
    area.mask = particle.mask;
    Roi roi;
    roi.type = RoiType::traced;
    roi.bounds = area.box;
    roi.points.assign(particle.outline.corners.begin(), particle.outline.corners.end());
    const auto with_holes = composite_of(particle);
    area.roi = with_holes ? &*with_holes : &roi;
    area.capped = circularity_.high <= 1.0;
    if (!is_round_enough(*area.roi, particle.count)) return;
    const auto statistics = statistics_of(plane_, area, settings_);
    ++count_;
    ++found_;
    total_ += particle.count;
    add_measured_row(session_, *table_, label_);
    add_measurements(plane_, area, statistics, settings_, *table_);
    if (values_.flag("record")) {
      const auto& start = particle.start;
      table_->add("XStart", start.x);
      table_->add("YStart", start.y);
    }
    draw(particle);
    keep(std::move(roi), particle);
  }

  bool is_round_enough(const Roi& roi, double count) const {
    if (circularity_.low == 0.0 && circularity_.high == 1.0) return true;
    const double perimeter = length_of(roi);
    double value =
        perimeter == 0.0 ? 0.0 : 4.0 * std::numbers::pi * (count / (perimeter * perimeter));
    if (value > 1.0 && circularity_.high <= 1.0) value = 1.0;
    return value >= circularity_.low && value <= circularity_.high;
  }

  void draw(const Particle& particle) {
    if (drawing_.empty()) return;
    if (show_ == "Bare Outlines") {
      draw_outlines(particle);
      return;
    }
    if (show_ == "Ellipses") {
      draw_ellipse(particle);
      return;
    }
    const double level = show_ == "Masks" ? 255.0 : static_cast<double>(table_->rows());
    cv::Mat part = drawing_(particle.outline.bounds);
    if (particle.mask.empty())
      part.setTo(level);
    else
      part.setTo(level, particle.mask);
  }

  void draw_outlines(const Particle& particle) {
    const auto with_holes = composite_of(particle);
    if (!with_holes) {
      draw_outline(particle.outline.corners);
      return;
    }
    for (const auto& polygon : polygons_of(*with_holes))
      draw_outline(std::vector<cv::Point>(polygon.begin(), polygon.end()));
  }

  // With `composite`, the selection with holes of an object that has some.
  [[nodiscard]] std::optional<Roi> composite_of(const Particle& particle) const {
    if (!values_.flag("composite") || values_.flag("include") || particle.mask.empty())
      return std::nullopt;
    auto composite = roi_of_mask(particle.mask, particle.outline.bounds.tl());
    if (!composite || composite->type != RoiType::composite) return std::nullopt;
    return composite;
  }

  void draw_ellipse(const Particle& particle) {
    const cv::Rect& box = particle.outline.bounds;
    const Ellipse fit =
        particle.mask.empty() ? fit_ellipse(box.size()) : fit_ellipse(particle.mask);
    const auto corners = ellipse_lines(fit, image_.height());
    const cv::Point centre(round_half_up(box.x + fit.x + 0.5), round_half_up(box.y + fit.y + 0.5));
    for (std::size_t i = 1; i < corners.size(); ++i)
      draw_line(centre + corners[i - 1], centre + corners[i]);
  }

  void draw_line(cv::Point from, cv::Point to) {
    const cv::Point d = to - from;
    const int steps = std::max({std::abs(d.x), std::abs(d.y), 1});
    double x = from.x;
    double y = from.y;
    for (int i = 0; i <= steps; ++i) {
      const cv::Point at(round_half_up(x), round_half_up(y));
      if (image_.area().contains(at)) drawing_.at<std::uint8_t>(at) = 0;
      x += d.x / static_cast<double>(steps);
      y += d.y / static_cast<double>(steps);
    }
  }

  // Along the pixels of its corners: one pixel to the right and below what it goes round.
  void draw_outline(const std::vector<cv::Point>& corners) {
    for (std::size_t i = 0; i < corners.size(); ++i) {
      const cv::Point& a = corners[i];
      const cv::Point& b = corners[i + 1 == corners.size() ? 0 : i + 1];
      const cv::Rect side(cv::Point(std::min(a.x, b.x), std::min(a.y, b.y)),
                          cv::Point(std::max(a.x, b.x) + 1, std::max(a.y, b.y) + 1));
      const cv::Rect seen = side & image_.area();
      if (!seen.empty()) drawing_(seen).setTo(0);
    }
  }

  void keep(Roi roi, const Particle& particle) {
    if (!shown_on_overlay_ && !adds_) return;
    if (auto composite = composite_of(particle)) roi = std::move(*composite);
    const bool of_stack = image_.stack.size() > 1;
    if (of_stack) roi.position = image_.current + 1;
    if (adds_) {
      auto& manager = session_.roi_manager;
      if (found_ == 1 && values_.flag("clear")) {
        manager.rois.clear();
        manager.selected.clear();
      }
      roi.name = fmt::format("{:04}-{:04}", count_, roi.bounds.y + roi.bounds.height / 2);
      if (of_stack) roi.name = fmt::format("{:04}-{}", roi.position, roi.name);
      manager.rois.push_back(roi);
    }
    if (!shown_on_overlay_) return;
    if (overlay_.empty()) {  // what holds for a whole overlay, its first selection says
      roi.options |= 8;
      roi.label_font_size = 9;
    }
    roi.stroke_colour = cyan;
    if (show_ == "Overlay Masks") roi.fill_colour = cyan;
    if (values_.flag("display")) roi.name = std::to_string(table_->rows());
    overlay_.push_back(std::move(roi));
  }

  void summarize() {
    auto& table = session_.summary;
    const auto& settings = session_.measurements;
    if (table.empty()) {
      table.clear();
      table.set_precision(std::max(3, settings.decimals));
      table.numbered = false;
    }
    const double unit = image_.calibration.pixel_width * image_.calibration.pixel_height;
    const double area = total_ * unit;
    table.add_row();
    table.add("Slice", measurement_label(image_, nullptr));
    table.add("Count", count_);
    table.add("Total Area", area);
    table.add("Average Size", area / count_);
    table.add("%Area", 100.0 * total_ / pixels_of_area());
    const auto columns = columns_of(settings);
    for (const auto column : summary_columns)
      if (std::ranges::count(columns, column) > 0) table.add(heading_of(column), mean_of(column));
  }

  [[nodiscard]] double pixels_of_area() const {
    if (area_.mask.empty()) return area_.box.area();
    return cv::countNonZero(area_.mask);
  }

  [[nodiscard]] double mean_of(Column column) const {
    double sum = 0.0;
    int numbers = 0;
    for (std::size_t row = first_row_; row < table_->rows(); ++row) {
      const double value = std::get<double>(*table_->get(heading_of(column), row));
      if (std::isnan(value)) continue;
      sum += value;
      ++numbers;
    }
    return sum / numbers;
  }

  void finish() {
    if (!overlay_.empty()) {
      image_.overlay = std::move(overlay_);
      show_overlay(session_);
    }
    if (adds_ && found_ > 0) {
      session_.roi_manager.show_all = true;
      session_.roi_manager.labels = true;
      show_all_on(session_, image_);
    }
    if (drawings_.empty()) return;
    if (values_.flag("in_situ")) {
      put_into_image();
      return;
    }
    const bool masks = show_ == "Masks";
    const char* prefix = masks                    ? "Mask of "
                         : show_ == "Count Masks" ? "Count Masks of "
                                                  : "Drawing of ";
    ImagePlus result(prefix + image_.title, drawings_.front());
    for (std::size_t i = 1; i < drawings_.size(); ++i) result.stack.push_back({drawings_[i], ""});
    result.slices = static_cast<int>(result.stack.size());
    result.range = {0.0, 255.0};
    if (masks) result.lut = Lut::inverted_grey();
    result.calibration = image_.calibration;
    session_.open(std::move(result));
  }

  // Counts make a 16-bit image of an 8-bit one; outlines come bright on black.
  void put_into_image() {
    const bool counts = show_ == "Count Masks";
    if (image_.stack.size() != drawings_.size())
      throw SampleError(
          "Analyze Particles: in_situ of one slice of a stack is not supported; say 'stack'");
    const bool black = session_.preferences.black_background;
    const bool turned = (show_ == "Bare Outlines" || show_ == "Ellipses") && black;
    for (std::size_t i = 0; i < drawings_.size(); ++i)
      image_.stack[i].pixels = turned ? cv::Mat(~drawings_[i]) : drawings_[i];
    image_.threshold.reset();
    image_.lut = show_ == "Masks" && !black ? Lut::inverted_grey() : Lut::grey();
    image_.range = {0.0, 255.0};
    image_.type = counts ? ImageType::grey16 : ImageType::grey8;
  }

  Session& session_;
  const Values& values_;
  ImagePlus& image_;
  Span size_;
  Span circularity_;
  std::string show_;
  bool shown_on_overlay_;
  bool adds_;
  MeasurementSettings settings_;
  MeasuredArea area_;
  MeasuringPlane plane_;
  ResultsTable hidden_;
  ResultsTable* table_ = &session_.results;
  std::size_t first_row_ = 0;
  std::string label_;
  cv::Mat drawing_;                // of the plane that is analyzed
  std::vector<cv::Mat> drawings_;  // of all
  std::vector<Roi> overlay_;
  int count_ = 0;      // of this plane
  int found_ = 0;      // of all
  bool seen_ = false;  // a particle, of whatever size
  double total_ = 0.0;
};

}  // namespace

void add_particle_commands(CommandTable& table) {
  Command command;
  command.name = "Analyze Particles...";
  command.stage = "analyze-particles";
  command.summary = "Finds, counts and measures objects.";
  command.details =
      "Objects are pixels within the threshold, or the objects of a binary image, that touch by "
      "sides or corners, in the selection or the whole image. They are visited in order of their "
      "first pixel, row by row. Holes are not part of an object, and objects in holes count, "
      "unless "
      "`include`. Each object whose size and circularity (4 pi pixels / perimeter squared) are in "
      "range gives a row of the Results table, as `Set Measurements...` says, and what `show` and "
      "the flags ask for.\n\n"
      "`show=Outlines` draws numbers in a font of the system and is not supported: use "
      "`show=[Bare Outlines]` or `show=Overlay`.\n\n"
      "As in ImageJ with its windows, `clear` without `display` closes a Results window that is "
      "there, and then `add` adds nothing.";
  command.types = {ImageType::grey8, ImageType::grey16, ImageType::grey32};
  command.keys = {
      Key::of_text("size", "0-Infinity",
                   "MIN-MAX area, in units squared of the scale, in pixels with `pixel`")
          .may_be_absent(),
      Key::flag("pixel", "sizes are in pixels also where there is a scale"),
      Key::of_text("circularity", "0.00-1.00", "MIN-MAX, 1 being a circle").may_be_absent(),
      Key::choice(
          "show", "Nothing",
          {"Nothing", "Masks", "Count Masks", "Outlines", "Bare Outlines", "Ellipses", "Overlay",
           "Overlay Outlines", "Overlay Masks"},
          "a new image of objects of 255 (Masks), of their numbers (Count Masks) or, black on "
          "white, of outlines (Bare Outlines) or ellipses of the same area and second moments "
          "(Ellipses); or outlines or filled areas on the image's overlay")
          .may_be_absent(),
      Key::flag("display", "adds the rows to the Results table"),
      Key::flag("exclude", "leaves out objects that touch the edge of image or selection"),
      Key::flag("clear", "empties the Results table, and the ROI Manager once an object is added"),
      Key::flag("include", "fills holes, with what is in them"),
      Key::flag("summarize", "adds a row to the Summary table"),
      Key::flag("overlay", "outlines on the image's overlay, where nothing is shown otherwise"),
      Key::flag("add", "adds the objects' outlines to the ROI Manager"),
      Key::flag("composite", "adds objects with holes as selections with holes"),
      Key::flag("in_situ", "puts what `show` draws into the image itself"),
      Key::flag("record", "columns XStart and YStart: a first pixel of the outline"),
      Key::of_number("minimum", -1.0, "of the size, as old macros have it; -1: `size` says it",
                     "units squared")
          .range(-1.0, 1e18)
          .may_be_absent(),
      Key::of_number("maximum", -1.0, "of the size, as old macros have it; -1: `size` says it",
                     "units squared")
          .range(-1.0, 1e18)
          .may_be_absent(),
      Key::of_number("bin", 20.0, "of a histogram that old versions showed; without effect")
          .range(0.0, 1e9)
          .may_be_absent()
          .was("bins"),
      Key::flag("stack", "all slices of a stack, not only the current one")};
  command.check = check;
  command.run = [](Session& session, const Values& values, Host&) {
    Analysis(session, values).run();
  };
  table.add(std::move(command));
}

}  // namespace smear::imagej
