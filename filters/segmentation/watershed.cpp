// SPDX-License-Identifier: Apache-2.0
#include <itkMorphologicalWatershedFromMarkersImageFilter.h>

#include <bit>
#include <opencv2/imgproc.hpp>

#include "itk-bridge.h"
#include "segmentation/connected-components.h"
#include "smear/stage.h"

namespace smear {
namespace {

/// The distance of each pixel of the mask to the nearest background pixel, 0 in the background.
/// OpenCV's exact transform takes a fifth of the time of ITK's SignedMaurer.
cv::Mat distance_inside(const cv::Mat& mask) {
  const cv::Mat inside = mask > 0;
  if (cv::countNonZero(inside) == static_cast<int>(inside.total()))
    return {inside.size(), CV_32FC1, cv::Scalar(1.0)};  // no background to be distant from
  cv::Mat distance;
  cv::distanceTransform(inside, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  return distance;
}

/// Finds the peaks of a distance map that rise more than `h` above the highest saddle between them
/// and a higher peak; these are the regional maxima of the h-maxima transform. The pixels join in
/// order of falling distance; where two peaks meet, the lower one's height above the meeting place
/// is known. ITK's HMaxima gives the same peaks but takes longer than all the rest of this stage.
class PeakFinder {
 public:
  /// `distance` has a frame of zeros, one pixel wide.
  PeakFinder(const cv::Mat& distance, int connectivity)
      : height_(distance.ptr<float>()),
        owner_(distance.total(), nobody),
        order_(by_rising_height(distance)) {
    const int width = distance.cols;
    neighbours_ = {-width, -1, 1, width};
    if (connectivity == 8)
      neighbours_.insert(neighbours_.end(), {-width - 1, -width + 1, width - 1, width + 1});
  }

  /// One pixel of each peak. Each connected part has one at least, its highest.
  std::vector<int> find(float h) {
    std::vector<int> peaks;
    for (auto pixel = order_.rbegin(); pixel != order_.rend(); ++pixel) join(*pixel, h, peaks);
    for (const int pixel : order_)
      if (owner(pixel) == pixel) peaks.push_back(pixel);
    return peaks;
  }

 private:
  static constexpr int nobody = -1;

  /// Radix sort of the pixels above 0: bits of floats that are not negative order as the floats do.
  static std::vector<int> by_rising_height(const cv::Mat& distance) {
    const auto* height = distance.ptr<float>();
    std::vector<int> order;
    order.reserve(distance.total());
    for (int i = 0; i < static_cast<int>(distance.total()); ++i)
      if (height[i] > 0.0F) order.push_back(i);
    std::vector<int> sorted(order.size());
    for (const unsigned shift : {0U, 11U, 22U}) {
      const auto digit = [&](int i) {
        return (std::bit_cast<std::uint32_t>(height[i]) >> shift) & 2047U;
      };
      std::array<std::size_t, 2049> start{};
      for (const int i : order) ++start[digit(i) + 1];
      for (std::size_t d = 1; d < start.size(); ++d) start[d] += start[d - 1];
      for (const int i : order) sorted[start[digit(i)]++] = i;
      order.swap(sorted);
    }
    return order;
  }

  int& owner_of(int pixel) { return owner_[static_cast<std::size_t>(pixel)]; }

  /// The highest peak that the pixel is joined to so far.
  int owner(int pixel) {
    while (owner_of(pixel) != pixel) {
      owner_of(pixel) = owner_of(owner_of(pixel));
      pixel = owner_of(pixel);
    }
    return pixel;
  }

  void join(int pixel, float h, std::vector<int>& peaks) {
    owner_of(pixel) = pixel;
    int mine = pixel;
    for (const int offset : neighbours_) {
      if (owner_of(pixel + offset) == nobody) continue;
      const int theirs = owner(pixel + offset);
      if (theirs == mine) continue;
      const bool lower = height_[mine] <= height_[theirs];
      const int loser = lower ? mine : theirs;
      mine = lower ? theirs : mine;
      owner_of(loser) = mine;
      if (height_[loser] - height_[pixel] > h) peaks.push_back(loser);
    }
  }

  const float* height_;
  std::vector<int> owner_;
  std::vector<int> order_;
  std::vector<int> neighbours_;
};

/// Peaks as an image of markers 1..n, at the size of the mask.
cv::Mat peak_markers(const cv::Mat& distance, float h, int connectivity) {
  cv::Mat framed;
  cv::copyMakeBorder(distance, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0.0));
  cv::Mat markers = cv::Mat::zeros(distance.size(), CV_32SC1);
  int count = 0;
  for (const int peak : PeakFinder(framed, connectivity).find(h))
    markers.at<int>(peak / framed.cols - 1, peak % framed.cols - 1) = ++count;
  return markers;
}

constexpr int no_marker = 0;
constexpr int several_markers = -1;

/// By component: the marker in it, where there is one only.
std::vector<int> sole_markers(const cv::Mat& parts, int largest_part, const cv::Mat& markers) {
  std::vector<int> sole(static_cast<std::size_t>(largest_part) + 1, no_marker);
  for (int y = 0; y < parts.rows; ++y)
    for (int x = 0; x < parts.cols; ++x) {
      const int marker = markers.at<int>(y, x);
      const int part = parts.at<int>(y, x);
      if (marker == no_marker || part == 0) continue;
      int& known = sole[static_cast<std::size_t>(part)];
      known = known == no_marker || known == marker ? marker : several_markers;
    }
  return sole;
}

/// Floods one component of the mask from its markers, from the peaks down, within its box.
void flood(int part, const cv::Mat& parts, const cv::Mat& distance, const cv::Mat& markers,
           int connectivity, bool line, cv::Mat& labels) {
  const cv::Mat here = parts == part;
  cv::Mat relief = cv::Mat::zeros(parts.size(), CV_32FC1);
  cv::subtract(relief, distance, relief, here);
  cv::Mat seeds = cv::Mat::zeros(parts.size(), CV_32SC1);
  markers.copyTo(seeds, here);

  using Filter =
      itk::MorphologicalWatershedFromMarkersImageFilter<itk_bridge::ItkImage<float>,
                                                        itk_bridge::ItkImage<std::int32_t>>;
  auto filter = Filter::New();
  filter->SetInput1(itk_bridge::view<float>(relief));
  filter->SetInput2(itk_bridge::view<std::int32_t>(seeds));
  filter->SetFullyConnected(connectivity == 8);
  filter->SetMarkWatershedLine(line);
  itk_bridge::run(*filter, CV_32SC1).copyTo(labels, here);
}

class Watershed final : public Stage {
 public:
  static constexpr StageInfo info{
      .name = "watershed",
      .summary = "Splits touching objects of a mask along the necks between them.",
      .category = Category::segmentation,
      .details =
          "Computes the exact Euclidean distance of each pixel of the mask to the nearest "
          "background pixel (the image's edge is no background) and takes as markers the peaks of "
          "this distance map that are more than `h` higher than the highest saddle that leads "
          "from them to a higher peak: the regional maxima of the h-maxima transform. Each "
          "connected part of the mask keeps at least one. From the markers the negative distance "
          "is flooded (ITK's MorphologicalWatershedFromMarkers, inside the mask only). A larger "
          "`h` splits less.\n\n"
          "With slot `markers`, a mask or labels, those are flooded from instead and `h` is not "
          "used; parts of the mask that no marker touches get no label, and markers outside the "
          "mask are ignored.\n\n"
          "Without `line` the labels cover the mask exactly; with it, a line of label 0, one "
          "pixel wide, lies between the objects that were split. Labels are numbered 1..n in "
          "raster order: rows from the top, each from the left, by their first pixel.",
      .example = R"(name: split-touching-cells
stages:
  - to-grey
  - gaussian-blur: {sigma: 1.5}
  - auto-threshold: {method: otsu, objects: dark}
  - fill-holes
  - watershed: {h: 1}
  - measure
  - save-table: {slot: objects, to: cells.csv}
)",
      .reference =
          "P. Soille, Morphological Image Analysis, 2nd ed., Springer, 2004, 6.3.4 and 9; "
          "R. Beare and G. Lehmann, The watershed transform in ITK, Insight Journal, 2006",
  };

  void describe(OptionSpec& spec) override {
    spec.real("h", h_)
        .range(0.0, 10000.0)
        .unit("px")
        .help(
            "How much a peak must rise above the saddle to a higher one to be an object of its "
            "own.");
    spec.boolean("line", line_)
        .help("Leave a line of label 0 between the objects that were split.");
    spec.integer("connectivity", connectivity_).range(4, 8).help("Neighbours of a pixel: 4 or 8.");
    spec.input("mask", SlotType::mask);
    spec.input("markers", SlotType::mask | SlotType::label32)
        .optional()
        .help("One marker an object, instead of the peaks.");
    spec.output("labels", SlotType::label32);
  }

  void check() const override { segmentation::check_connectivity(connectivity_); }

  void process(Sample& sample, const RunContext&) const override {
    const Image& mask = sample.image("mask");
    segmentation::check_mask(info.name, mask);
    if ((mask.width() + 2.0) * (mask.height() + 2.0) > std::numeric_limits<int>::max())
      throw SampleError("watershed takes up to 2^31 pixels; tile the image");
    const cv::Mat distance = distance_inside(mask.pixels());
    const cv::Mat markers = sample.has("markers")
                                ? given_markers(mask, sample.image("markers"))
                                : peak_markers(distance, static_cast<float>(h_), connectivity_);
    sample.set("labels", mask.with_pixels(labels_from(mask.pixels(), distance, markers)));
  }

 private:
  [[nodiscard]] cv::Mat given_markers(const Image& mask, const Image& markers) const {
    segmentation::check_same_size(info.name, mask, "mask", markers, "markers");
    if (markers.type() == PixelType::label32) return markers.pixels();
    segmentation::check_mask("watershed: 'markers'", markers);
    return segmentation::components(markers.pixels(), connectivity_);
  }

  /// Most parts hold one marker and need no flooding, which costs most.
  [[nodiscard]] cv::Mat labels_from(const cv::Mat& mask, const cv::Mat& distance,
                                    const cv::Mat& markers) const {
    const int largest_marker = segmentation::largest_label(markers);
    const cv::Mat parts = segmentation::components(mask, connectivity_);
    const int largest_part = segmentation::largest_label(parts);
    const std::vector<int> sole = sole_markers(parts, largest_part, markers);

    cv::Mat labels(mask.size(), CV_32SC1);
    for (int y = 0; y < labels.rows; ++y)
      for (int x = 0; x < labels.cols; ++x)
        labels.at<int>(y, x) = std::max(0, sole[static_cast<std::size_t>(parts.at<int>(y, x))]);

    const auto boxes = segmentation::regions(parts, largest_part);
    for (int part = 1; part <= largest_part; ++part) {
      if (sole[static_cast<std::size_t>(part)] != several_markers) continue;
      const cv::Rect box = boxes[static_cast<std::size_t>(part)].box();
      cv::Mat target = labels(box);
      flood(part, parts(box), distance(box), markers(box), connectivity_, line_, target);
    }
    segmentation::number_in_raster_order(labels, largest_marker);
    return labels;
  }

  double h_ = 1.0;
  bool line_ = false;
  int connectivity_ = 8;
};

}  // namespace

void register_watershed(StageRegistrar& registrar) { registrar.add<Watershed>(); }

}  // namespace smear
