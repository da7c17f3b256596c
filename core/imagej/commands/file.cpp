// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <opencv2/core.hpp>
#include <string>

#include "codec/byte-source.h"
#include "codec/codec.h"
#include "codec/output-file.h"
#include "imagej/commands/commands.h"
#include "imagej/files/opener.h"
#include "imagej/files/roi-file.h"
#include "imagej/files/roi-set.h"
#include "imagej/files/tiff.h"

namespace smear::imagej {
namespace {

constexpr int kJpegQuality = 85;

enum class Format { tiff, png, jpeg, results, selection, text_image };

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Format format_named(const std::string& name) {
  const std::string word = lower(name);
  if (word == "tiff" || word == "tif") return Format::tiff;
  if (word == "png") return Format::png;
  if (word == "jpeg" || word == "jpg") return Format::jpeg;
  if (word == "results" || word == "measurements") return Format::results;
  if (word == "selection" || word == "roi") return Format::selection;
  if (word == "text image") return Format::text_image;
  throw ConfigError(fmt::format(
      "saveAs: '{}' is no format that can be saved; there are Tiff, PNG, Jpeg, Results, "
      "Selection and Text Image",
      name));
}

/// The path with the extension that ImageJ gives it: it replaces one of up to four characters that
/// does not begin with a digit, and goes behind everything else.
std::string with_extension(const std::string& path, const std::string& extension) {
  const auto slash = path.find_last_of("/\\");
  const auto dot = path.rfind('.');
  const bool has_one =
      dot != std::string::npos && dot > 0 && (slash == std::string::npos || dot > slash) &&
      path.size() - dot <= 5 &&
      (dot + 1 == path.size() || std::isdigit(static_cast<unsigned char>(path[dot + 1])) == 0);
  return (has_one ? path.substr(0, dot) : path) + extension;
}

std::string file_name_of(const std::string& path) {
  return path.substr(path.find_last_of("/\\") + 1);
}

void write_file(const std::filesystem::path& to, const std::string& text) {
  codec::OutputFile file(to);
  file.write(text.data(), text.size());
  file.finish();
}

void rename_to(ImagePlus& image, const std::string& path) {
  image.title = file_name_of(path);
  image.file_name = image.title;
}

void save_tiff(Session& session, std::string path, Host& host) {
  ImagePlus& image = session.active();
  if (!lower(path).ends_with(".tiff")) path = with_extension(path, ".tif");
  const auto& preferences = session.preferences;
  const std::string version =
      fmt::format("{}.{:02}{}", preferences.version_hundredths / 100,
                  preferences.version_hundredths % 100, preferences.version_letter);
  rename_to(image, path);
  host.save(path, [&](const std::filesystem::path& to) { write_tiff(image, to, version); });
}

/// One plane, in the colours in which it is shown. Throws `SampleError` where these are not those
/// of the pixels.
Image shown(const ImagePlus& image, const char* format) {
  if (image.stack.size() > 1)
    throw SampleError(fmt::format("{} holds one plane, and this image has {}; save it as Tiff",
                                  format, image.stack.size()));
  if (image.type == ImageType::rgb) return Image(image.pixels());
  if (image.type == ImageType::grey16 || image.type == ImageType::grey32)
    throw SampleError(
        fmt::format("{} shows 8 bits of this {} image; convert it first with run(\"8-bit\"), or "
                    "save it as Tiff",
                    format, name_of(image.type)));
  if (image.range != DisplayRange{})
    throw SampleError(
        fmt::format("{} would hold the image as it is shown, with a display range of {}..{}; reset "
                    "that first, or "
                    "save it as Tiff",
                    format, image.range.min, image.range.max));
  if (image.lut == Lut::grey()) return Image(image.pixels());
  const auto table_of = [](const std::array<std::uint8_t, 256>& colours) {
    return cv::Mat(1, 256, CV_8UC1, const_cast<std::uint8_t*>(colours.data()));
  };
  std::array<cv::Mat, 3> channels;
  cv::LUT(image.pixels(), table_of(image.lut.red), channels[0]);
  if (image.lut.is_grey()) return Image(channels[0]);
  cv::LUT(image.pixels(), table_of(image.lut.green), channels[1]);
  cv::LUT(image.pixels(), table_of(image.lut.blue), channels[2]);
  cv::Mat pixels;
  cv::merge(channels.data(), channels.size(), pixels);
  return Image(pixels);
}

void save_png(Session& session, const std::string& given, Host& host) {
  ImagePlus& image = session.active();
  const std::string path = with_extension(given, ".png");
  const bool as_it_is =
      image.type == ImageType::grey16 && image.stack.size() == 1 && image.lut == Lut::grey();
  const Image pixels = as_it_is ? Image(image.pixels()) : shown(image, "PNG");
  rename_to(image, path);
  host.save(path, [&](const std::filesystem::path& to) { codec::write_png(to, pixels); });
}

void save_jpeg(Session& session, const std::string& given, Host& host) {
  const Image pixels = shown(session.active(), "JPEG");
  host.save(with_extension(given, ".jpg"),
            [&](const std::filesystem::path& to) { codec::write_jpeg(to, pixels, kJpegQuality); });
}

/// An empty table makes no file, as in ImageJ.
void save_results(Session& session, const std::string& path, Host& host) {
  if (session.results.empty()) return;
  const char separator = lower(path).ends_with(".csv") ? ',' : '\t';
  const std::string text = session.results.to_text(separator, session.preferences);
  host.save(path, [&](const std::filesystem::path& to) { write_file(to, text); });
}

void save_selection(Session& session, const std::string& given, Host& host) {
  const auto& roi = session.active().roi;
  if (!roi) throw SampleError("saveAs(\"Selection\"): the image has no selection");
  host.save(with_extension(given, ".roi"),
            [&](const std::filesystem::path& to) { save_roi(*roi, to); });
}

template <typename T>
void add_row(const cv::Mat& pixels, int y, std::string& text) {
  const auto* row = pixels.ptr<T>(y);
  for (int x = 0; x < pixels.cols; ++x)
    text += fmt::format("{}{}", row[x], x + 1 < pixels.cols ? '\t' : '\n');
}

void save_text_image(Session& session, const std::string& given, Host& host) {
  const ImagePlus& image = session.active();
  const bool whole = image.type != ImageType::grey32 && image.type != ImageType::rgb;
  if (!whole || image.calibration.function != 20)
    throw SampleError(
        "saveAs(\"Text Image\") takes 8- and 16-bit images without calibrated values; save others "
        "as "
        "Tiff");
  std::string text;
  for (int y = 0; y < image.height(); ++y) {
    if (image.type == ImageType::grey16)
      add_row<std::uint16_t>(image.pixels(), y, text);
    else
      add_row<std::uint8_t>(image.pixels(), y, text);
  }
  host.save(with_extension(given, ".txt"),
            [&](const std::filesystem::path& to) { write_file(to, text); });
}

void save(Session& session, Format format, const std::string& path, Host& host) {
  switch (format) {
    case Format::tiff: return save_tiff(session, path, host);
    case Format::png: return save_png(session, path, host);
    case Format::jpeg: return save_jpeg(session, path, host);
    case Format::results: return save_results(session, path, host);
    case Format::selection: return save_selection(session, path, host);
    case Format::text_image: return save_text_image(session, path, host);
  }
}

void open_file(Session& session, const Values& values, Host& host) {
  const std::filesystem::path path = host.locate(values.text("path"));
  std::array<char, 4> magic{};
  codec::ByteSource(path).read(0, magic.data(), magic.size());
  const std::string_view first(magic.data(), magic.size());
  if (first == "Iout") {
    session.active().roi = load_roi(path);
    return;
  }
  if (first.starts_with("PK")) {
    for (auto& roi : load_rois(path)) session.roi_manager.rois.push_back(std::move(roi));
    session.roi_manager.selected.clear();
    return;
  }
  ImagePlus image = open_image(path);
  // The file may stand elsewhere under another name.
  image.title = file_name_of(values.text("path"));
  image.file_name = image.title;
  session.open(std::move(image));
}

Command open_command() {
  Command command;
  command.name = "open";
  command.stage = "open";
  command.form = Command::Form::function;
  command.needs_image = false;
  command.summary = "Opens an image, a selection or a set of selections.";
  command.details =
      "What the file is, its first bytes say. An image becomes the active one and is called as its "
      "file. A TIFF comes with everything that ImageJ stores in it: calibration, display range, "
      "colour table, stack, labels, \"Info\", properties, selection and overlay. A JPEG whose "
      "three "
      "channels are equal at every pixel becomes 8-bit, any other RGB; a PNG keeps its type. "
      "Orientation and resolution in JPEG, PNG and BMP are passed over, as ImageJ 1.53t does.\n\n"
      "A `.roi` file becomes the selection of the active image; a `.zip` of them is added to the "
      "ROI "
      "Manager.";
  command.keys = {Key::of_text("path", "", "the file to open")};
  command.run = open_file;
  return command;
}

Command save_as_command() {
  Command command;
  command.name = "saveAs";
  command.stage = "save-as";
  command.form = Command::Form::function;
  command.needs_image = false;
  command.summary = "Saves the active image, its selection, or the Results table.";
  command.details =
      "| format | what | extension |\n|---|---|---|\n"
      "| `Tiff`, `tif` | the image with all that ImageJ keeps in a TIFF, byte for byte what ImageJ "
      "1.53t writes | `.tif` (`.tiff` stays) |\n"
      "| `PNG` | one plane: 8-bit, RGB or 16-bit grey | `.png` |\n"
      "| `Jpeg`, `jpg` | one plane, 8-bit or RGB, quality 85; the bytes are those of "
      "libjpeg-turbo, "
      "not of Java | `.jpg` |\n"
      "| `Results`, `Measurements` | the Results table: commas for `.csv`, else tabs | as given |\n"
      "| `Selection`, `roi` | the active image's selection | `.roi` |\n"
      "| `Text Image` | the values of the current plane of an 8- or 16-bit image, tabs between "
      "them | "
      "`.txt` |\n\n"
      "The extension replaces one of up to four characters, unless that begins with a digit. "
      "`Tiff` "
      "and `PNG` rename the image to the file's name, which later Label columns show. An empty "
      "Results table makes no file. PNG and JPEG hold the colours that are shown: where a display "
      "range or 16 or 32 bits make these others than the pixels, they are refused.";
  command.keys = {
      Key::of_text("format", "Tiff", "Tiff, PNG, Jpeg, Results, Selection or Text Image"),
      Key::of_text("path", "", "the file to write").names_output()};
  command.check = [](const Values& values) {
    format_named(values.text("format"));
    if (values.text("path").empty()) throw ConfigError("saveAs: the path is empty");
  };
  command.run = [](Session& session, const Values& values, Host& host) {
    save(session, format_named(values.text("format")), values.text("path"), host);
  };
  return command;
}

/// The form that older recorders write: run("Tiff...", "save=[path]").
Command save_command(const std::string& name, const std::string& stage, Format format) {
  Command command;
  command.name = name;
  command.stage = stage;
  command.needs_image = format != Format::results;
  command.summary =
      fmt::format("Saves as saveAs(\"{}\", path) does.", name.substr(0, name.find('.')));
  command.details = "The form of File>Save As that older versions of ImageJ record.";
  command.keys = {Key::of_text("save", "", "the file to write").names_output()};
  command.check = [name](const Values& values) {
    if (values.text("save").empty()) throw ConfigError(name + ": the path is empty");
  };
  command.run = [format](Session& session, const Values& values, Host& host) {
    save(session, format, values.text("save"), host);
  };
  return command;
}

}  // namespace

void add_file_commands(CommandTable& table) {
  table.add(open_command());
  table.add(save_as_command());
  table.add(save_command("Tiff...", "save-tiff", Format::tiff));
  table.add(save_command("PNG...", "save-png", Format::png));
  table.add(save_command("Jpeg...", "save-jpeg", Format::jpeg));
  table.add(save_command("Results...", "save-results", Format::results));
  table.add(save_command("Selection...", "save-selection", Format::selection));
  table.add(save_command("Text Image...", "save-text-image", Format::text_image));
}

}  // namespace smear::imagej
