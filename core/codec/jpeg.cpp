// SPDX-License-Identifier: Apache-2.0
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE
// After <cstdio>:
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "codec/formats.h"
#include "codec/java-jpeg.h"
#include "codec/output-file.h"
#include "codec/pixels.h"

// libjpeg leaves by longjmp. Each member function that calls setjmp holds no object with a
// destructor; the state and the clean-up are the class's.

namespace smear::codec {
namespace {

constexpr std::array<unsigned char, 6> kExifPrefix{'E', 'x', 'i', 'f', 0, 0};
constexpr std::array<JOCTET, 2> kEndMarker{0xFF, JPEG_EOI};
// A progressive file of few bytes can ask for any number of passes over the whole image.
constexpr int kMaxScans = 500;

/// What libjpeg said when it gave up, kept instead of printed.
struct Failure {
  jpeg_error_mgr manager{};
  std::jmp_buf escape{};
  std::array<char, JMSG_LENGTH_MAX> message{};
};

[[noreturn]] void give_up(j_common_ptr info) {
  auto* failure = static_cast<Failure*>(info->client_data);
  failure->manager.format_message(info, failure->message.data());
  std::longjmp(failure->escape, 1);
}

/// Damage makes libjpeg warn and fill in grey: here it is an error.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_JFIF_MAJOR:
    case JWRN_BOGUS_ICC:
    case JWRN_TOO_MUCH_DATA: return;  // no pixel is lost by these
    case JWRN_EXTRANEOUS_DATA:
      // Between header segments stray bytes are padding, in the image they are damage.
      if (reinterpret_cast<j_decompress_ptr>(info)->output_scanline == 0 &&
          reinterpret_cast<j_decompress_ptr>(info)->input_scan_number == 0)
        return;
      break;
    default: break;
  }
  give_up(info);
}

void silent(j_common_ptr) {}

void prepare(Failure& failure) {
  jpeg_std_error(&failure.manager);
  failure.manager.error_exit = give_up;
  failure.manager.emit_message = on_message;
  failure.manager.output_message = silent;
}

class JpegDecoder {
 public:
  explicit JpegDecoder(ByteSource& source) : source_(source) {
    prepare(failure_);
    info_.err = &failure_.manager;
    info_.client_data = &failure_;
    input_.manager.init_source = [](j_decompress_ptr) {};
    input_.manager.term_source = [](j_decompress_ptr) {};
    input_.manager.resync_to_restart = jpeg_resync_to_restart;
    input_.manager.fill_input_buffer = fill;
    input_.manager.skip_input_data = skip;
    input_.owner = this;
    progress_.progress_monitor = limit_scans;
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  bool read_header() {
    if (setjmp(failure_.escape) != 0) return false;
    jpeg_create_decompress(&info_);
    info_.src = &input_.manager;
    info_.progress = &progress_;
    jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  bool decode(unsigned char* pixels, std::size_t stride) {
    if (setjmp(failure_.escape) != 0) return false;
    info_.out_color_space = info_.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    info_.dct_method = JDCT_ISLOW;
    // Where one Huffman-coded scan holds the image, libjpeg warns (`on_message` gives up) as soon
    // as it needs a bit that the file does not have. Missing scans and bits of arithmetic coding it
    // does not notice.
    end_marker_may_be_missing_ =
        jpeg_has_multiple_scans(&info_) == FALSE && info_.arith_code == FALSE;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = pixels + info_.output_scanline * stride;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  [[nodiscard]] std::string reason() const {
    if (ended_)
      return fmt::format(
          "the JPEG is truncated: its {} bytes end before the image does; copy or export it again",
          source_.size());
    return std::string("the JPEG cannot be decoded: ") + failure_.message.data();
  }

  [[nodiscard]] const jpeg_decompress_struct& info() const { return info_; }

  [[nodiscard]] Exif exif() const {
    for (auto* marker = info_.marker_list; marker != nullptr; marker = marker->next) {
      const std::span<const unsigned char> block(marker->data, marker->data_length);
      if (block.size() > kExifPrefix.size() &&
          std::equal(kExifPrefix.begin(), kExifPrefix.end(), block.begin()))
        return read_exif(block);
    }
    return {};
  }

 private:
  struct Input {
    jpeg_source_mgr manager{};
    JpegDecoder* owner = nullptr;
  };

  static JpegDecoder& self(j_decompress_ptr info) {
    return *reinterpret_cast<Input*>(info->src)->owner;
  }

  static boolean fill(j_decompress_ptr info) {
    JpegDecoder& me = self(info);
    const std::size_t got = me.source_.read(me.offset_, me.buffer_.data(), me.buffer_.size());
    if (got == 0) {
      if (me.ended_ || !me.end_marker_may_be_missing_ || me.source_.error() != 0) {
        me.ended_ = true;
        ERREXIT(info, JERR_INPUT_EOF);
      }
      me.ended_ = true;
      info->src->next_input_byte = kEndMarker.data();
      info->src->bytes_in_buffer = kEndMarker.size();
      return TRUE;
    }
    me.offset_ += got;
    info->src->next_input_byte = me.buffer_.data();
    info->src->bytes_in_buffer = got;
    return TRUE;
  }

  static void skip(j_decompress_ptr info, long count) {
    if (count <= 0) return;
    auto rest = static_cast<std::size_t>(count);
    const std::size_t here = std::min(rest, info->src->bytes_in_buffer);
    info->src->next_input_byte += here;
    info->src->bytes_in_buffer -= here;
    self(info).offset_ += rest - here;
  }

  static void limit_scans(j_common_ptr info) {
    if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans) return;
    auto* failure = static_cast<Failure*>(info->client_data);
    std::snprintf(failure->message.data(), failure->message.size(),
                  "it has more than %d progressive scans", kMaxScans);
    std::longjmp(failure->escape, 1);
  }

  ByteSource& source_;
  std::uint64_t offset_ = 0;
  bool ended_ = false;
  bool end_marker_may_be_missing_ = false;
  Failure failure_;
  jpeg_decompress_struct info_{};
  Input input_;
  jpeg_progress_mgr progress_{};
  std::array<unsigned char, 64 * 1024> buffer_;
};

std::optional<PixelSize> pixel_size(const jpeg_decompress_struct& info) {
  if (info.saw_JFIF_marker == FALSE || info.X_density == 0 || info.Y_density == 0)
    return std::nullopt;
  const double unit_um = info.density_unit == 1 ? 25400.0 : info.density_unit == 2 ? 10000.0 : 0.0;
  return calibration(unit_um / info.X_density, unit_um / info.Y_density);
}

void check_colours(const jpeg_decompress_struct& info) {
  if (info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK)
    throw SampleError(
        "the JPEG holds CMYK ink amounts, whose colours depend on a printing profile; convert it "
        "to RGB");
  if (info.num_components != 1 && info.num_components != 3)
    throw SampleError(fmt::format("the JPEG has {} channels; only grey and RGB ones can be read",
                                  info.num_components));
}

class JpegEncoder {
 public:
  explicit JpegEncoder(OutputFile& file) : file_(file) {
    prepare(failure_);
    info_.err = &failure_.manager;
    info_.client_data = &failure_;
    output_.manager.init_destination = restart;
    output_.manager.empty_output_buffer = empty;
    output_.manager.term_destination = terminate;
    output_.owner = this;
  }
  ~JpegEncoder() { jpeg_destroy_compress(&info_); }
  JpegEncoder(const JpegEncoder&) = delete;
  JpegEncoder& operator=(const JpegEncoder&) = delete;

  struct Settings {
    int quality = 90;
    int pixels_per_cm_x = 0;  ///< 0: not said
    int pixels_per_cm_y = 0;
    bool as_java = false;
  };

  bool encode(const cv::Mat& pixels, const Settings& settings) {
    if (setjmp(failure_.escape) != 0) return false;
    jpeg_create_compress(&info_);
    info_.dest = &output_.manager;
    info_.image_width = static_cast<JDIMENSION>(pixels.cols);
    info_.image_height = static_cast<JDIMENSION>(pixels.rows);
    info_.input_components = pixels.channels();
    info_.in_color_space = pixels.channels() == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&info_);
    if (settings.as_java)
      set_java_tables(settings.quality);
    else
      jpeg_set_quality(&info_, settings.quality, TRUE);
    // Thin coloured outlines bleed when chroma is halved; ImageJ does not halve it, either.
    if (settings.quality >= 90)
      info_.comp_info[0].h_samp_factor = info_.comp_info[0].v_samp_factor = 1;
    info_.dct_method = JDCT_ISLOW;
    if (settings.pixels_per_cm_x > 0) {
      info_.density_unit = 2;
      info_.X_density = static_cast<UINT16>(settings.pixels_per_cm_x);
      info_.Y_density = static_cast<UINT16>(settings.pixels_per_cm_y);
    }
    jpeg_start_compress(&info_, TRUE);
    while (info_.next_scanline < info_.image_height) {
      JSAMPROW row = const_cast<JSAMPROW>(pixels.ptr(static_cast<int>(info_.next_scanline)));
      jpeg_write_scanlines(&info_, &row, 1);
    }
    jpeg_finish_compress(&info_);
    return true;
  }

  [[nodiscard]] const char* message() const { return failure_.message.data(); }

 private:
  void set_java_tables(int quality) {
    jpeg_set_quality(&info_, 50, TRUE);  // the tables as the standard has them
    const float part = static_cast<float>(quality) / 100.0F;
    const float scale = part < 0.5F ? 0.5F / part : 2.0F - part * 2.0F;
    for (auto* table : info_.quant_tbl_ptrs) {
      if (table == nullptr) continue;
      for (auto& entry : table->quantval)
        entry = static_cast<UINT16>(
            std::clamp(static_cast<int>(static_cast<float>(entry) * scale + 0.5F), 1, 255));
    }
    info_.JFIF_minor_version = 2;
  }

  struct Output {
    jpeg_destination_mgr manager{};
    JpegEncoder* owner = nullptr;
  };

  static JpegEncoder& self(j_compress_ptr info) {
    return *reinterpret_cast<Output*>(info->dest)->owner;
  }
  static void restart(j_compress_ptr info) {
    info->dest->next_output_byte = self(info).buffer_.data();
    info->dest->free_in_buffer = self(info).buffer_.size();
  }
  static boolean empty(j_compress_ptr info) {
    if (!self(info).file_.write(self(info).buffer_.data(), self(info).buffer_.size()))
      ERREXIT(info, JERR_FILE_WRITE);
    restart(info);
    return TRUE;
  }
  static void terminate(j_compress_ptr info) {
    JpegEncoder& me = self(info);
    if (!me.file_.write(me.buffer_.data(), me.buffer_.size() - info->dest->free_in_buffer))
      ERREXIT(info, JERR_FILE_WRITE);
  }

  OutputFile& file_;
  Failure failure_;
  jpeg_compress_struct info_{};
  Output output_;
  std::array<unsigned char, 16 * 1024> buffer_;
};

/// JFIF counts whole pixels a centimetre in 16 bits: 0 where that cannot hold the pixel size.
int pixels_per_cm(double um) {
  const double density = std::round(10000.0 / um);
  return density >= 1.0 && density <= 65535.0 ? static_cast<int>(density) : 0;
}

void write(const std::filesystem::path& path, const Image& image,
           const JpegEncoder::Settings& settings) {
  if (image.type() != PixelType::grey8 && image.type() != PixelType::rgb8)
    throw SampleError(fmt::format("JPEG holds 8-bit grey and RGB, not {}; save it as .tif",
                                  name_of(image.type())));
  if (image.width() > 65500 || image.height() > 65500)
    throw SampleError(
        fmt::format("JPEG holds at most 65500 x 65500 pixels, not {} x {}; save it "
                    "as .png or .tif",
                    image.width(), image.height()));
  OutputFile file(path);
  JpegEncoder encoder(file);
  if (!encoder.encode(image.pixels(), settings) && !file.failed())
    throw RunError(fmt::format("cannot write {}: {}", path.string(), encoder.message()));
  file.finish();
}

}  // namespace

Header peek_jpeg(ByteSource& source, int /*page*/) {
  JpegDecoder decoder(source);
  if (!decoder.read_header()) refuse(source, decoder.reason());
  const auto& info = decoder.info();
  return {static_cast<int>(info.image_width),
          static_cast<int>(info.image_height),
          info.num_components,
          info.data_precision,
          1,
          "JPEG"};
}

Decoded read_jpeg(ByteSource& source, const ReadOptions& options) {
  JpegDecoder decoder(source);
  if (!decoder.read_header()) refuse(source, decoder.reason());
  const auto& info = decoder.info();
  check_size(info.image_width, info.image_height, options.max_pixels);
  check_colours(info);
  cv::Mat pixels(static_cast<int>(info.image_height), static_cast<int>(info.image_width),
                 info.num_components == 1 ? CV_8UC1 : CV_8UC3);
  // libjpeg releases its markers when decoding ends.
  const Exif exif = decoder.exif();
  const auto size = pixel_size(info);
  if (!decoder.decode(pixels.data, pixels.step[0])) refuse(source, decoder.reason());
  return {pixels, size ? size : exif.pixel_size, exif.orientation};
}

void write_jpeg(const std::filesystem::path& path, const Image& image, int quality) {
  JpegEncoder::Settings settings{.quality = quality};
  if (const auto& size = image.pixel_size()) {
    settings.pixels_per_cm_x = pixels_per_cm(size->x_um);
    settings.pixels_per_cm_y = pixels_per_cm(size->y_um);
  }
  if (settings.pixels_per_cm_y == 0) settings.pixels_per_cm_x = 0;
  write(path, image, settings);
}

void write_java_jpeg(const std::filesystem::path& path, const Image& image, int quality) {
  write(path, image, {.quality = quality, .as_java = true});
}

}  // namespace smear::codec
