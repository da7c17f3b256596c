// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <opencv2/core.hpp>
#include <string>
#include <type_traits>

#include "imagej/commands/commands.h"
#include "imagej/commands/declaration.h"
#include "imagej/commands/filter-runner.h"
#include "imagej/macro/interpreter.h"
#include "imagej/macro/no-host.h"
#include "imagej/macro/parser.h"

namespace smear::imagej {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw ConfigError("Macro...: " + what +
                    "; its code computes v from v, x, y, z, w, h, d and a, by arithmetic, "
                    "conditions and the functions of numbers");
}

void check(const Expression& expression) {
  using Kind = Expression::Kind;
  if (expression.kind == Kind::string || expression.kind == Kind::index ||
      expression.kind == Kind::method)
    refuse("texts and arrays are not supported");
  if (expression.kind == Kind::call) {
    const Builtin* builtin = find_builtin(expression.text);
    if (builtin == nullptr || builtin->when != Builtin::When::pure || builtin->outs != 0)
      refuse(fmt::format("'{}' is not supported", expression.text));
  }
  for (const auto& argument : expression.arguments) check(*argument);
}

void check(const Statement& statement) {
  using Kind = Statement::Kind;
  if (statement.kind == Kind::call || statement.kind == Kind::give) refuse("it must assign values");
  for (const auto* part : {&statement.target, &statement.value})
    if (*part) check(**part);
  for (const auto* parts : {&statement.init, &statement.step, &statement.body})
    for (const auto& one : *parts) check(*one);
}

std::shared_ptr<const Program> program_of(const std::string& code) {
  auto program = parse_macro(code + ";", "the code of Macro...");
  if (!program->functions.empty() || !program->parameters.empty() || !program->name.empty())
    refuse("functions are not supported");
  for (const auto& one : program->statements) check(*one);
  return program;
}

// The code, run pixel by pixel.
class PixelCode {
 public:
  PixelCode(const Program& program, cv::Size size) : program_(program), size_(size) {
    set("w", size.width);
    set("h", size.height);
  }

  double run(double v, int x, int y, int z) {
    const int dx = x - size_.width / 2;
    const int up = size_.height - y - 1 - size_.height / 2;
    const int down = y - size_.height / 2;
    set("v", v);
    set("x", x);
    set("y", y);
    set("z", z);
    set("d", std::sqrt(static_cast<double>(dx * dx + down * down)));
    const double angle = std::atan2(static_cast<double>(up), static_cast<double>(dx));
    set("a", angle < 0.0 ? angle + 2.0 * std::numbers::pi : angle);
    run_macro(program_, scratch_, host_, context_);
    const auto* result = std::get_if<double>(&scratch_.variables["v"].value);
    if (result == nullptr) throw SampleError("Macro...: v is no number any more");
    return *result;
  }

 private:
  void set(const char* name, double value) { scratch_.variables[name].value = value; }

  const Program& program_;
  cv::Size size_;
  Session scratch_;
  NoHost host_;
  MacroContext context_;
};

// As Java casts, and cut to the type's range.
template <typename T>
T stored(double value) {
  if constexpr (std::is_same_v<T, float>) {
    return static_cast<float>(value);
  } else {
    if (!(value > 0.0)) return 0;
    return static_cast<T>(std::min(value, static_cast<double>(std::numeric_limits<T>::max())));
  }
}

template <typename T>
void compute(PixelCode& code, const cv::Rect& region, int z, cv::Mat& plane) {
  const int channels = plane.channels();
  for (int y = region.y; y < region.y + region.height; ++y)
    for (int x = region.x; x < region.x + region.width; ++x)
      for (int channel = 0; channel < channels; ++channel) {
        T& pixel = plane.ptr<T>(y)[x * channels + channel];
        pixel = stored<T>(code.run(static_cast<double>(pixel), x, y, z));
      }
}

void run_expression(Session& session, const Values& values, Host& /*host*/) {
  ImagePlus& image = session.active();
  const auto program = program_of(values.text("code"));
  PixelCode code(*program, image.area().size());
  int z = values.flag("stack") ? 0 : image.current;
  run_filter(session, {.all_planes = values.flag("stack")},
             [&](cv::Mat& plane, const cv::Rect& region) {
               switch (plane.depth()) {
                 case CV_8U: compute<std::uint8_t>(code, region, z, plane); break;
                 case CV_16U: compute<std::uint16_t>(code, region, z, plane); break;
                 default: compute<float>(code, region, z, plane);
               }
               // Before what lies outside an oval is put back.
               const bool deep = plane.depth() != CV_8U && image.stack.size() == 1;
               if (deep && plane.data == image.pixels().data) image.reset_display_range();
               ++z;
             });
  image.threshold.reset();
}

}  // namespace

void add_expression_commands(CommandTable& table) {
  Command pixels = command(
      "Macro...", "pixel-macro", "Computes every pixel by an expression.",
      "The code assigns to `v`, the pixel's value, each channel of RGB by itself. It may use `x`, "
      "`y` and `z` (the slice), counted from 0, `w` and `h` (the image's size), `d` (the distance "
      "from pixel w/2, h/2) and `a` (the angle there, anticlockwise from the right, 0 to 2 pi), "
      "arithmetic, conditions and the macro language's functions of numbers: `v=255-v`, "
      "`if (v>50) v=255; else v=0;`. Results are truncated and cut to the type's range; the "
      "display "
      "range of single images of 16 and 32 bits is set anew, and a threshold removed.");
  pixels.keys = {Key::of_text("code", "v=v+1", "assigns to v"),
                 Key::flag("stack", "all slices of a stack, not only the current one")};
  pixels.check = [](const Values& values) { static_cast<void>(program_of(values.text("code"))); };
  pixels.run = run_expression;
  table.add(std::move(pixels));
}

}  // namespace smear::imagej
