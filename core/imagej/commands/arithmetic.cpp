// SPDX-License-Identifier: Apache-2.0
#include "imagej/operations/arithmetic.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <limits>
#include <opencv2/core.hpp>

#include "imagej/commands/commands.h"
#include "imagej/commands/declaration.h"
#include "imagej/commands/filter-runner.h"
#include "imagej/operations/convert-type.h"
#include "imagej/operations/image-calculator.h"

namespace smear::imagej {
namespace {

void calculate(Session& session, Arithmetic operation, double number, bool all_planes) {
  ImagePlus& image = session.active();
  const DisplayRange range = image.range;
  const int depth = image.pixels().depth();
  FilterTraits traits;
  // ImageJ inverts 16-bit images as a whole, and drops the selection.
  const bool whole_inverse = operation == Arithmetic::invert && depth == CV_16U;
  if (whole_inverse) image.roi.reset();
  traits.whole_image = whole_inverse;
  traits.all_planes = all_planes;
  // Of all slices of a stack, ImageJ does not come to the one that is shown.
  const bool shown = !all_planes || image.stack.size() == 1 || operation == Arithmetic::invert;
  const bool resets = resets_display_range(operation, depth) && shown;
  run_filter(session, traits, [&](cv::Mat& pixels, const cv::Rect& region) {
    // Reciprocals are taken all over the image, but for what a selection leaves out of its box.
    const bool everywhere = operation == Arithmetic::reciprocal;
    apply(operation, number, range, everywhere ? cv::Rect({}, pixels.size()) : region, pixels);
    // Before what lies outside an oval is put back.
    if (resets && pixels.data == image.pixels().data) image.reset_display_range();
  });
  if (resets) image.threshold.reset();
}

constexpr const char* whole_numbers =
    " 8-bit, 16-bit and RGB results are cut to 0..255 or 0..65535.";

void add_with_number(CommandTable& table, std::string name, std::string stage, Arithmetic operation,
                     double value, std::string summary, std::string details) {
  Command with = command(std::move(name), std::move(stage), std::move(summary), std::move(details));
  with.keys = {Key::of_number("value", value, "the number"),
               Key::flag("stack", "all slices of a stack, not only the current one")};
  if (operation == Arithmetic::gamma) with.keys.front().range(0.05, 5.0);
  with.run = [operation](Session& session, const Values& values, Host&) {
    calculate(session, operation, values.number("value"), values.flag("stack"));
  };
  table.add(std::move(with));
}

// The digits of a number to the base 2, as the dialogs of the bit operations take them.
double binary_number(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 2);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    throw ConfigError(fmt::format(
        "the value of a bit operation is a binary number such as 11110000, got '{}'", text));
  return value;
}

void add_with_bits(CommandTable& table, std::string name, std::string stage, Arithmetic operation,
                   std::string summary) {
  Command bits =
      command(std::move(name), std::move(stage), std::move(summary),
              std::string("Each pixel, and each channel of RGB, by itself.") + whole_numbers);
  bits.types = {ImageType::grey8, ImageType::grey16, ImageType::rgb};
  bits.keys = {Key::of_text("value", "11110000", "a binary number"),
               Key::flag("stack", "all slices of a stack, not only the current one")};
  bits.check = [](const Values& values) { static_cast<void>(binary_number(values.text("value"))); };
  bits.run = [operation](Session& session, const Values& values, Host&) {
    calculate(session, operation, binary_number(values.text("value")), values.flag("stack"));
  };
  table.add(std::move(bits));
}

void add_plain(CommandTable& table, std::string name, std::string stage, Arithmetic operation,
               std::string summary, std::string details, std::vector<ImageType> types = {}) {
  Command plain =
      command(std::move(name), std::move(stage), std::move(summary), std::move(details));
  plain.types = std::move(types);
  plain.keys = {Key::flag("stack", "all slices of a stack, not only the current one")};
  plain.run = [operation](Session& session, const Values& values, Host&) {
    calculate(session, operation, 0.0, values.flag("stack"));
  };
  ask_about_stack(plain);
  table.add(std::move(plain));
}

void add_numbers(CommandTable& table) {
  const std::string truncated =
      std::string("Of 8-bit, 16-bit and RGB images the number is truncated first.") + whole_numbers;
  const std::string rounded =
      std::string("8-bit, 16-bit and RGB results are rounded, halves up.") + whole_numbers;
  add_with_number(table, "Add...", "add", Arithmetic::add, 25.0, "Adds a number to every pixel.",
                  truncated);
  add_with_number(table, "Subtract...", "subtract", Arithmetic::subtract, 25.0,
                  "Subtracts a number from every pixel.", truncated);
  add_with_number(table, "Multiply...", "multiply", Arithmetic::multiply, 1.25,
                  "Multiplies every pixel by a number.",
                  rounded + " The display range of 16-bit and 32-bit images stays.");
  add_with_number(table, "Divide...", "divide", Arithmetic::divide, 1.25,
                  "Divides every pixel by a number.",
                  "It multiplies by the reciprocal. Division by 0 leaves 8-bit, 16-bit and RGB "
                  "images as they are and makes 32-bit values infinite. " +
                      rounded);
  add_with_number(table, "Min...", "min", Arithmetic::minimum, 0.0,
                  "Raises values below a number to it.",
                  truncated + " The display range of 16-bit and 32-bit images is set anew.");
  add_with_number(table, "Max...", "max", Arithmetic::maximum, 255.0,
                  "Lowers values above a number to it.",
                  truncated + " The display range of 16-bit and 32-bit images is set anew.");
  add_with_number(table, "Set...", "set", Arithmetic::set, 25.0, "Sets every pixel to a number.",
                  truncated);
  add_with_number(
      table, "Gamma...", "gamma", Arithmetic::gamma, 0.5, "Raises every pixel to a power.",
      "8-bit and RGB: (v/255)^value * 255. 16-bit: the display range min..max is mapped onto "
      "itself, ((v-min)/(max-min))^value * (max-min) + min. 32-bit: v^value, 0 for v up to 0. "
      "Whole numbers are truncated.");
  add_with_bits(table, "AND...", "and", Arithmetic::bit_and,
                "Keeps those bits of every pixel that are set in a number.");
  add_with_bits(table, "OR...", "or", Arithmetic::bit_or,
                "Sets those bits of every pixel that are set in a number.");
  add_with_bits(table, "XOR...", "xor", Arithmetic::bit_xor,
                "Turns over those bits of every pixel that are set in a number.");
}

void add_functions(CommandTable& table) {
  add_plain(table, "Invert", "invert", Arithmetic::invert, "Turns dark and bright round.",
            "8-bit and RGB: 255 - v. 16-bit: 65535 - v of the whole "
            "image; the selection is removed and the display range set anew. 32-bit: "
            "max - (v - min) of the display range.");
  add_plain(table, "Log", "log", Arithmetic::log, "Takes the natural logarithm of every pixel.",
            "8-bit and RGB: ln(v) * 255 / ln(255), 16-bit: the display range's maximum in place of "
            "255, both truncated, 0 staying 0. 32-bit: ln(v).");
  add_plain(table, "Exp", "exp", Arithmetic::exp, "Raises e to the power of every pixel.",
            "8-bit and RGB: e^(v * ln(255) / 255), 16-bit: the display range's maximum in place of "
            "255, both truncated. 32-bit: e^v.");
  add_plain(table, "Square", "square", Arithmetic::square, "Squares every pixel.",
            "8-bit, 16-bit and RGB results are cut to 0..255 or 0..65535.");
  add_plain(table, "Square Root", "square-root", Arithmetic::square_root,
            "Takes the square root of every pixel.",
            "Truncated for 8-bit, 16-bit and RGB; 0 for negative values of 32-bit images.");
  add_plain(table, "Reciprocal", "reciprocal", Arithmetic::reciprocal, "Divides 1 by every pixel.",
            "1/0 is NaN. Of the whole image, but for the corners that an area leaves "
            "out of its box. The display range is set anew.",
            {ImageType::grey32});
  add_plain(table, "Abs", "abs", Arithmetic::absolute, "Takes the absolute value of every pixel.",
            "The display range is set anew.", {ImageType::grey32});
}

ImagePlus& image_called(Session& session, const std::string& title) {
  int same = 0;
  if (ImagePlus* image = session.by_title(title, &same); image != nullptr && same == 1)
    return *image;
  // The function form takes ids as well.
  int id = 0;
  const auto [end, error] = std::from_chars(title.data(), title.data() + title.size(), id);
  if (same == 0 && error == std::errc() && end == title.data() + title.size())
    if (ImagePlus* image = session.by_id(id); image != nullptr) return *image;
  throw SampleError(same > 1 ? fmt::format("Image Calculator: several images are called '{}'; give "
                                           "them different names by rename",
                                           title)
                             : fmt::format("Image Calculator: there is no image '{}'", title));
}

// The pixels of an image as those of another type, as ImageJ converts the second operand.
cv::Mat pixels_as(const ImagePlus& image, ImageType type, bool weighted) {
  const cv::Mat& pixels = image.pixels();
  if (image.type == type) return pixels;
  if (image.type == ImageType::rgb)
    return type == ImageType::grey32 ? rgb_to_grey32(pixels, weighted)
                                     : convert_grey(rgb_to_grey8(pixels, weighted), type, {});
  if (type == ImageType::rgb) {
    const Lut lut = pixels.depth() == CV_8U ? shown_lut(image) : image.lut;
    return grey_to_rgb(pixels, image.range, lut);
  }
  // To 16 bits, float values are cut as they are.
  return convert_grey(pixels, type, image.range, type == ImageType::grey8);
}

struct Calculation {
  Combination combination = Combination::add;
  std::string first;
  std::string second;
  bool create = false;
  bool in_float = false;
};

void open_result(Session& session, const ImagePlus& first, cv::Mat pixels) {
  ImagePlus result("Result of " + first.title, std::move(pixels));
  result.calibration = first.calibration;
  if (first.type != ImageType::rgb) result.lut = first.lut;
  session.open(std::move(result));
}

void calculate_images(Session& session, const Calculation& calculation) {
  ImagePlus& first = image_called(session, calculation.first);
  const ImagePlus& second = image_called(session, calculation.second);
  if (first.stack.size() > 1 || second.stack.size() > 1)
    throw SampleError("Image Calculator: stacks are not supported");
  const bool weighted = session.preferences.weighted_rgb;
  // Of RGB images the float result is the grey of the RGB one.
  const bool of_colours = first.type == ImageType::rgb;
  if (of_colours && calculation.in_float && second.type != ImageType::rgb)
    throw SampleError(fmt::format(
        "Image Calculator: a 32-bit result of '{}', which is RGB, and '{}', which is {}, is "
        "not supported; convert '{}' first, by run(\"32-bit\")",
        first.title, second.title, name_of(second.type), first.title));
  const ImageType type = calculation.in_float && !of_colours ? ImageType::grey32 : first.type;
  const cv::Mat operand = pixels_as(second, type, weighted);
  // A result of another type does not fit into the first image.
  const bool fits = !calculation.in_float || (first.type == type && second.type == type);
  if (!calculation.create && fits && !(calculation.in_float && of_colours)) {
    combine(calculation.combination, operand, first.writable());
    if (type == ImageType::grey16 || type == ImageType::grey32) {
      first.reset_display_range();
      first.threshold.reset();
    }
    session.activate(first.id);
    return;
  }
  const cv::Rect both = first.area() & second.area();
  cv::Mat pixels = pixels_as(first, type, weighted)(both).clone();
  combine(calculation.combination, operand, pixels);
  if (calculation.in_float && of_colours) pixels = rgb_to_grey32(pixels, weighted);
  open_result(session, first, std::move(pixels));
}

bool has_word(const std::string& text, std::string_view word) {
  return (" " + text + " ").find(fmt::format(" {} ", word)) != std::string::npos;
}

Calculation calculation_of(const std::string& operation) {
  Calculation result;
  const auto name = operation.substr(0, operation.find(' '));
  const auto combination = combination_named(name);
  if (!combination)
    throw ConfigError(fmt::format("imageCalculator knows no operation '{}'; there are {}", name,
                                  fmt::join(combination_names(), ", ")));
  result.combination = *combination;
  result.create = has_word(operation, "create");
  result.in_float = has_word(operation, "32-bit") || has_word(operation, "float");
  return result;
}

constexpr const char* calculator_details =
    "8-bit, 16-bit and RGB results are cut to the type's range, each channel of RGB by itself; "
    "quotients and means are truncated and x/0 is the greatest value. The second image is "
    "converted "
    "to the first's type, to 8 bits by its display range. Where the sizes differ, "
    "the upper left corners lie on "
    "each "
    "other: a new image is as large as what both cover, and the first is changed only there. The "
    "result is active afterwards.";

void add_calculator(CommandTable& table) {
  Command function = command("imageCalculator", "image-calculator",
                             "Combines two images pixel by pixel.", calculator_details);
  function.form = Command::Form::function;
  function.keys = {
      Key::of_text("operation", "Add",
                   fmt::format("one of {}; then create for a new image, 32-bit for a float result, "
                               "which is new unless both are 32-bit",
                               fmt::join(combination_names(), ", "))),
      Key::of_text("image1", "", "title of the first image, which is changed without create"),
      Key::of_text("image2", "", "title of the second image")};
  function.check = [](const Values& values) {
    static_cast<void>(calculation_of(values.text("operation")));
  };
  function.run = [](Session& session, const Values& values, Host&) {
    Calculation calculation = calculation_of(values.text("operation"));
    calculation.first = values.text("image1");
    calculation.second = values.text("image2");
    calculate_images(session, calculation);
  };
  table.add(std::move(function));
  Command dialog = command("Image Calculator...", "image-calculator-dialog",
                           "Combines two images pixel by pixel.", calculator_details);
  dialog.keys = {Key::of_text("image1", "", "title of the first image").was("first"),
                 Key::choice("operation", "Add", combination_names(), "what to compute"),
                 Key::of_text("image2", "", "title of the second image").was("second"),
                 Key::flag("create", "open a new image, do not change the first"),
                 Key::flag("32-bit", "compute and return 32-bit float")};
  dialog.run = [](Session& session, const Values& values, Host&) {
    calculate_images(session,
                     {*combination_named(values.text("operation")), values.text("image1"),
                      values.text("image2"), values.flag("create"), values.flag("32-bit")});
  };
  table.add(std::move(dialog));
}

void nan_background(Session& session) {
  ImagePlus& image = session.active();
  if (!image.threshold || !image.threshold->visible)
    throw SampleError(
        fmt::format("NaN Background: '{}' has no threshold; call setThreshold first", image.title));
  const auto lower = static_cast<float>(image.threshold->lower);
  const auto upper = static_cast<float>(image.threshold->upper);
  FilterTraits traits;
  traits.all_planes = true;
  run_filter(session, traits, [&](cv::Mat& pixels, const cv::Rect&) {
    for (int y = 0; y < pixels.rows; ++y) {
      auto* row = pixels.ptr<float>(y);
      for (int x = 0; x < pixels.cols; ++x)
        if (row[x] < lower || row[x] > upper) row[x] = std::numeric_limits<float>::quiet_NaN();
    }
    // Before what is not selected is put back.
    if (pixels.data == image.pixels().data) image.reset_display_range();
  });
  image.threshold.reset();
}

void add_nan_background(CommandTable& table) {
  Command nan = command(
      "NaN Background", "nan-background", "Makes all values outside the threshold not-a-number.",
      "Of the whole image, whatever is selected; but what lies in the bounding box "
      "of a selection that is no rectangle and not in the selection stays. The "
      "threshold is removed and the display range set anew.");
  nan.types = {ImageType::grey32};
  nan.run = [](Session& session, const Values&, Host&) { nan_background(session); };
  table.add(std::move(nan));
}

}  // namespace

void add_arithmetic_commands(CommandTable& table) {
  add_numbers(table);
  add_functions(table);
  add_nan_background(table);
  add_calculator(table);
}

}  // namespace smear::imagej
