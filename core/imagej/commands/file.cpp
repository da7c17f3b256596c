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
#include "codec/java-jpeg.h"
#include "codec/output-file.h"
#include "codec/palette-png.h"
#include "imagej/commands/commands.h"
#include "imagej/commands/hidden-overlay.h"
#include "imagej/files/opener.h"
#include "imagej/files/roi-file.h"
#include "imagej/files/roi-set.h"
#include "imagej/files/tiff.h"
#include "imagej/letters.h"
#include "imagej/operations/convert-type.h"

namespace smear::imagej {
namespace {

enum class Format { tiff, png, jpeg, results, text, selection, text_image };

Format format_named(const std::string& name) {
  const std::string word = lower_case(name);
  if (word == "tiff" || word == "tif") return Format::tiff;
  if (word == "png") return Format::png;
  if (word == "jpeg" || word == "jpg") return Format::jpeg;
  if (word == "results" || word == "measurements") return Format::results;
  if (word == "text") return Format::text;
  if (word == "selection" || word == "roi") return Format::selection;
  if (word == "text image") return Format::text_image;
  if (word == "gif" || word == "bmp")
    throw ConfigError(
        fmt::format("saveAs: {} is not written; PNG holds the same pixels and colours", name));
  throw ConfigError(fmt::format(
      "saveAs: '{}' is no format that can be saved; there are Tiff, PNG, Jpeg, Results, "
      "Text, Selection and Text Image",
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

void save_tiff(Session& session, std::string path, Host& host, bool renames = true) {
  ImagePlus& image = session.active();
  if (!lower_case(path).ends_with(".tiff")) path = with_extension(path, ".tif");
  const auto& preferences = session.preferences;
  const std::string version =
      fmt::format("{}.{:02}{}", preferences.version_hundredths / 100,
                  preferences.version_hundredths % 100, preferences.version_letter);
  if (renames) rename_to(image, path);
  if (is_overlay_hidden(session, image)) {
    ImagePlus without = image;
    without.overlay.clear();
    host.save(path, [&](const std::filesystem::path& to) { write_tiff(without, to, version); });
    return;
  }
  host.save(path, [&](const std::filesystem::path& to) { write_tiff(image, to, version); });
  if (image.overlay.empty()) return;
  // ImageJ writes what holds for the whole overlay into its first selection, wherever that is.
  const Roi first = image.overlay.front();
  session.for_each_same(image.overlay.front(), [&](Roi& roi) {
    roi.options |= first.options;
    roi.label_colour = first.label_colour;
    roi.label_font_size = first.label_font_size;
  });
}

/// What formats of one plane hold: levels, and the colours in which they are shown; or RGB.
struct Shown {
  cv::Mat pixels;
  Lut lut = Lut::grey();  ///< of 8 bits
};

/// Throws `SampleError` for what cannot be held, or would be drawn.
Shown shown(const ImagePlus& image, const char* format) {
  if (image.stack.size() > 1)
    throw SampleError(fmt::format("{} holds one plane, and this image has {}; save it as Tiff",
                                  format, image.stack.size()));
  if (!image.overlay.empty())
    throw SampleError(
        fmt::format("ImageJ draws the overlay into a {}, which is not supported; take it away by "
                    "run(\"Remove Overlay\"), or save the image as Tiff",
                    format));
  if (image.threshold && image.threshold->visible && image.type != ImageType::rgb)
    throw SampleError(
        fmt::format("ImageJ writes the red of the threshold into a {}; write resetThreshold() "
                    "before, or save the image as Tiff",
                    format));
  switch (image.type) {
    case ImageType::rgb: return {image.pixels()};
    case ImageType::grey16: return {grey16_to_grey8(image.pixels(), image.range), image.lut};
    case ImageType::grey32: return {grey32_to_grey8(image.pixels(), image.range), image.lut};
    default: break;
  }
  if (image.lut != Lut::grey()) return {image.pixels(), shown_lut(image)};
  // Greys are written as they are shown.
  const Lut lut = shown_lut(image);
  cv::Mat pixels;
  cv::LUT(image.pixels(), cv::Mat(1, 256, CV_8UC1, const_cast<std::uint8_t*>(lut.red.data())),
          pixels);
  return {pixels};
}

void write_shown_png(const Shown& image, const std::filesystem::path& to) {
  if (image.pixels.channels() == 3 || image.lut == Lut::grey())
    return codec::write_png(to, Image(image.pixels));
  std::array<cv::Vec3b, 256> palette;
  for (std::size_t i = 0; i < palette.size(); ++i)
    palette[i] = {image.lut.red[i], image.lut.green[i], image.lut.blue[i]};
  codec::write_palette_png(to, image.pixels, palette);
}

void save_png(Session& session, const std::string& given, Host& host) {
  const ImagePlus& image = session.active();
  Shown pixels = shown(image, "PNG");
  if (image.type == ImageType::grey16 && image.lut == Lut::grey()) pixels.pixels = image.pixels();
  host.save(with_extension(given, ".png"),
            [&](const std::filesystem::path& to) { write_shown_png(pixels, to); });
}

void save_jpeg(Session& session, const std::string& given, Host& host) {
  Shown image = shown(session.active(), "JPEG");
  if (image.lut != Lut::grey()) image.pixels = grey_to_rgb(image.pixels, {}, image.lut);
  host.save(with_extension(given, ".jpg"), [&](const std::filesystem::path& to) {
    codec::write_java_jpeg(to, Image(image.pixels), session.preferences.jpeg_quality);
  });
}

[[noreturn]] void fail_unclear(const Session& session) {
  throw SampleError(fmt::format(
      "saveAs: whether the Results table or '{}' is saved depends on the user's windows, as an "
      "image was opened or closed since; write selectWindow(title) before",
      session.front));
}

/// An empty table makes no file, as in ImageJ.
void save_table(const ResultsTable& table, const Session& session, const std::string& path,
                Host& host) {
  if (table.empty()) return;
  const char separator = lower_case(path).ends_with(".csv") ? ',' : '\t';
  ResultsTable written = table;
  // ImageJ 1.54f and later write small numbers with their fixed decimals.
  written.small_scientific = session.preferences.version_hundredths < 154;
  const std::string text = written.to_text(separator, session.preferences);
  host.save(path, [&](const std::filesystem::path& to) { write_file(to, text); });
}

/// The table in front, which then has the file's name, or else Results.
void save_results(Session& session, const std::string& path, Host& host) {
  if (session.front_unclear) fail_unclear(session);
  const std::string title = session.front;
  const ResultsTable* table = session.table_of(title);
  if (title == "Results" || table == nullptr)
    return save_table(session.results, session, path, host);
  save_table(*table, session, path, host);
  session.rename_table(title, file_name_of(path));
}

/// What a text window shows: a table, or the log.
void save_text(Session& session, const std::string& given, Host& host) {
  if (session.front_unclear) fail_unclear(session);
  const std::string word = lower_case(given);
  const bool as_it_is = word.ends_with(".csv") || word.ends_with(".xls") || word.ends_with(".tsv");
  const std::string path = as_it_is ? given : with_extension(given, ".txt");
  if (session.front == "Log") {
    std::string text;
    for (const auto& line : session.log) text += line + "\n";
    return host.save(path, [&](const std::filesystem::path& to) { write_file(to, text); });
  }
  if (session.table_of(session.front) == nullptr)
    throw SampleError(
        "saveAs(\"Text\"): no table is in front; write selectWindow(\"Results\") or "
        "selectWindow(\"Summary\") before");
  save_results(session, path, host);
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
    case Format::png:
      save_png(session, path, host);
      return rename_to(session.active(), with_extension(path, ".png"));
    case Format::jpeg: return save_jpeg(session, path, host);
    case Format::results: return save_results(session, path, host);
    case Format::text: return save_text(session, path, host);
    case Format::selection: return save_selection(session, path, host);
    case Format::text_image: return save_text_image(session, path, host);
  }
}

/// What `save(path)` writes: its extension says so.
Format format_of(const std::string& path) {
  const auto slash = path.find_last_of("/\\");
  const auto dot = path.rfind('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return Format::tiff;
  const std::string extension = lower_case(path.substr(dot + 1));
  if (extension == "tif" || extension == "tiff") return Format::tiff;
  if (extension == "png") return Format::png;
  if (extension == "jpg" || extension == "jpeg") return Format::jpeg;
  throw ConfigError(fmt::format(
      "save: '.{}' is no extension that is supported; write saveAs(format, path)", extension));
}

Command save_path_command() {
  Command command;
  command.name = "save";
  command.stage = "save";
  command.form = Command::Form::function;
  command.summary = "Saves the active image in the format that the extension says.";
  command.details =
      "`.tif` or `.tiff`, also where there is none; `.png`; `.jpg` or `.jpeg`: what saveAs writes. "
      "But the image keeps its title.";
  command.keys = {Key::of_text("path", "", "the file to write").names_output()};
  command.check = [](const Values& values) {
    if (values.text("path").empty()) throw ConfigError("save: the path is empty");
    static_cast<void>(format_of(values.text("path")));
  };
  command.run = [](Session& session, const Values& values, Host& host) {
    const std::string& path = values.text("path");
    switch (format_of(path)) {
      case Format::png: return save_png(session, path, host);
      case Format::jpeg: return save_jpeg(session, path, host);
      default: return save_tiff(session, path, host, false);
    }
  };
  return command;
}

void save_named_table(Session& session, const Values& values, Host& host) {
  const bool named = values.given("title");
  if (!named && session.front_unclear) fail_unclear(session);
  const std::string title = named ? values.text("title") : session.front;
  const ResultsTable* table = session.table_of(title);
  if (table == nullptr && named)
    throw SampleError(fmt::format("Table.save: there is no table '{}'", title));
  save_table(table == nullptr ? session.results : *table, session, values.text("path"), host);
}

Command table_save_command() {
  Command command;
  command.name = "Table.save";
  command.stage = "table-save";
  command.form = Command::Form::function;
  command.needs_image = false;
  command.summary = "Saves a table.";
  command.details =
      "That of the given title, else the one in front, else Results: as saveAs(\"Results\", path), "
      "but it keeps its title.";
  command.keys = {Key::of_text("path", "", "the file to write").names_output(),
                  Key::of_text("title", "", "Results, Summary, or another title").may_be_absent()};
  command.check = [](const Values& values) {
    if (values.text("path").empty()) throw ConfigError("Table.save: the path is empty");
  };
  command.run = [](Session& session, const Values& values, Host& host) {
    save_named_table(session, values, host);
  };
  return command;
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
      "| `PNG` | one plane | `.png` |\n"
      "| `Jpeg`, `jpg` | one plane, quality 85 unless Input/Output... says another, the bytes that "
      "Java writes | `.jpg` |\n"
      "| `Results`, `Measurements` | the table in front, else the Results table: commas for "
      "`.csv`, "
      "else tabs | as given |\n"
      "| `Text` | the table or log in front, likewise | `.csv`, `.xls` and `.tsv` stay, else "
      "`.txt` "
      "|\n"
      "| `Selection`, `roi` | the active image's selection | `.roi` |\n"
      "| `Text Image` | the values of the current plane of an 8- or 16-bit image, tabs between "
      "them | "
      "`.txt` |\n\n"
      "The extension replaces one of up to four characters, unless that begins with a digit. "
      "`Tiff` "
      "and `PNG` rename the image to the file's name, which later Label columns show. An empty "
      "Results table makes no file. A table is in front behind selectWindow of its title; Summary "
      "also "
      "behind Analyze Particles with `summarize`. Any but Results is then called as its file. PNG "
      "and JPEG hold what is shown: 16 and 32 bits as 8 bits of "
      "the display range, 8 bits with that range stretched. A colour table but greys makes a PNG "
      "of "
      "the levels with that palette, and a JPEG of RGB; 16-bit greys stay 16 bits in a PNG. Images "
      "with an overlay or a threshold that is shown are refused: ImageJ draws those.";
  command.keys = {
      Key::of_text("format", "Tiff", "Tiff, PNG, Jpeg, Results, Text, Selection or Text Image"),
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
  table.add(save_path_command());
  table.add(table_save_command());
  table.add(save_command("Tiff...", "save-tiff", Format::tiff));
  table.add(save_command("PNG...", "save-png", Format::png));
  table.add(save_command("Jpeg...", "save-jpeg", Format::jpeg));
  table.add(save_command("Results...", "save-results", Format::results));
  table.add(save_command("Selection...", "save-selection", Format::selection));
  table.add(save_command("Text Image...", "save-text-image", Format::text_image));
}

}  // namespace smear::imagej
