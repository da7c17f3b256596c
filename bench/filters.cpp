// SPDX-License-Identifier: Apache-2.0
// Times the stages of the hot path, each beside OpenCV's equivalent or a plain loop, on fields of
// overlapping discs that look like a smear to a filter. One thread.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "filters/filters.h"
#include "registry/registry.h"
#include "smear/stage.h"

namespace smear {
namespace {

using Options = std::map<std::string, OptionValue>;

std::unique_ptr<Stage> make_stage(const std::string& name, const Options& options) {
  static Registry registry = [] {
    Registry made;
    register_filters(made);
    return made;
  }();
  auto stage = registry.make(name);
  OptionSpec spec;
  stage->describe(spec);
  for (const auto& [key, value] : options) spec.find(key)->assign(value);
  stage->check();
  stage->open();
  return stage;
}

/// A smear as a sample carries it after each step of the chain.
Sample smear_of(cv::Size size) {
  cv::RNG random(1);
  cv::Mat rgb(size, CV_8UC3, cv::Scalar(225, 215, 220));
  for (int i = 0; i < size.area() / 700; ++i) {
    const cv::Point centre(random.uniform(0, size.width), random.uniform(0, size.height));
    const int radius = random.uniform(9, 13);
    cv::circle(rgb, centre, radius, cv::Scalar(190, 120, 130), cv::FILLED);
    cv::circle(rgb, centre, radius / 3, cv::Scalar(215, 170, 175), cv::FILLED);
  }
  cv::Mat noise(size, CV_8UC3);
  random.fill(noise, cv::RNG::UNIFORM, 0, 16);
  rgb -= noise;

  Sample sample(SampleId{"smear.jpg", 0});
  sample.set("image", Image(rgb));
  for (const char* stage :
       {"to-grey", "gaussian-blur", "auto-threshold", "fill-holes", "watershed"})
    make_stage(stage, {})->process(sample, RunContext(1, 0, nullptr));
  sample.set("rgb", Image(rgb));
  return sample;
}

/// Copies of slots of one sample, as the inputs of a stage.
Sample sample_with(const Sample& from, const std::map<std::string, std::string>& slots) {
  Sample sample(SampleId{"smear.jpg", 0});
  for (const auto& [slot, source] : slots) sample.set(slot, from.image(source));
  return sample;
}

struct Contender {
  std::string stage;
  Options options;
  std::map<std::string, std::string> inputs;  ///< slot of the stage: slot of `smear_of`
  std::string rival;
  std::function<void(const Sample&)> run_rival;
};

void time_stage(benchmark::State& state, const Contender& contender, cv::Size size) {
  const Sample inputs = sample_with(smear_of(size), contender.inputs);
  const auto stage = make_stage(contender.stage, contender.options);
  const RunContext context(1, 0, nullptr);
  for (auto _ : state) {
    Sample sample = inputs;
    stage->process(sample, context);
    benchmark::DoNotOptimize(sample);
  }
}

void time_rival(benchmark::State& state, const Contender& contender, cv::Size size) {
  const Sample sample = sample_with(smear_of(size), contender.inputs);
  for (auto _ : state) contender.run_rival(sample);
}

const cv::Mat& pixels(const Sample& sample, const std::string& slot) {
  return sample.image(slot).pixels();
}

void naive_grey(const Sample& sample) {
  const cv::Mat& rgb = pixels(sample, "image");
  cv::Mat grey(rgb.size(), CV_8UC1);
  for (int y = 0; y < rgb.rows; ++y)
    for (int x = 0; x < rgb.cols; ++x) {
      const auto& p = rgb.at<cv::Vec3b>(y, x);
      grey.at<uchar>(y, x) =
          static_cast<uchar>(std::lround(0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]));
    }
  benchmark::DoNotOptimize(grey.data);
}

void opencv_fill(const Sample& sample) {
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(pixels(sample, "mask"), contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
  cv::Mat filled = cv::Mat::zeros(pixels(sample, "mask").size(), CV_8UC1);
  cv::drawContours(filled, contours, -1, cv::Scalar(255), cv::FILLED);
  benchmark::DoNotOptimize(filled.data);
}

/// OpenCV's usual recipe; it thresholds the distance where the stage has h-maxima.
void opencv_watershed(const Sample& sample) {
  const cv::Mat& mask = pixels(sample, "mask");
  cv::Mat distance;
  cv::Mat cores;
  cv::Mat markers;
  cv::Mat coloured;
  cv::distanceTransform(mask, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  cv::dilate(distance, cores, cv::Mat::ones(7, 7, CV_8UC1));
  cores = (distance >= cores) & mask;
  cv::connectedComponents(cores, markers, 8, CV_32S);
  distance.convertTo(coloured, CV_8U, -8.0, 255.0);
  cv::cvtColor(coloured, coloured, cv::COLOR_GRAY2BGR);
  markers.setTo(cv::Scalar(static_cast<double>(markers.total())), mask == 0);
  cv::watershed(coloured, markers);
  benchmark::DoNotOptimize(markers.data);
}

/// The same kinds of measures, contour by contour.
void opencv_measure(const Sample& sample) {
  const cv::Mat& labels = pixels(sample, "labels");
  const cv::Mat& image = pixels(sample, "image");
  double largest = 0.0;
  cv::minMaxLoc(labels, nullptr, &largest);
  std::vector<cv::Rect> boxes(static_cast<std::size_t>(largest) + 1);
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x)
      boxes[static_cast<std::size_t>(labels.at<int>(y, x))] |= cv::Rect(x, y, 1, 1);
  double sum = 0.0;
  for (int label = 1; label <= static_cast<int>(largest); ++label) {
    const cv::Rect& box = boxes[static_cast<std::size_t>(label)];
    const cv::Mat object = labels(box) == label;
    std::vector<std::vector<cv::Point>> contours;
    cv::findContours(object, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
    std::vector<cv::Point> hull;
    cv::convexHull(contours.front(), hull);
    const auto moments = cv::moments(object, true);
    cv::Scalar mean;
    cv::Scalar deviation;
    cv::meanStdDev(image(box), mean, deviation, object);
    double low = 0.0;
    double high = 0.0;
    cv::minMaxLoc(image(box), &low, &high, nullptr, nullptr, object);
    sum += cv::arcLength(contours.front(), true) + cv::contourArea(hull) + moments.mu20 + mean[0] +
           deviation[0] + low + high + cv::minAreaRect(hull).size.width;
  }
  benchmark::DoNotOptimize(sum);
}

/// Calls an OpenCV function of one input and one output.
template <typename Function>
std::function<void(const Sample&)> opencv(const std::string& slot, Function function) {
  return [slot, function](const Sample& sample) {
    cv::Mat result;
    function(pixels(sample, slot), result);
    benchmark::DoNotOptimize(result.data);
  };
}

std::vector<Contender> contenders() {
  const auto blur = opencv("image", [](const cv::Mat& from, cv::Mat& to) {
    cv::GaussianBlur(from, to, {}, 1.5, 1.5, cv::BORDER_REPLICATE);
  });
  const auto otsu = opencv("image", [](const cv::Mat& from, cv::Mat& to) {
    cv::threshold(from, to, 0, 255, cv::THRESH_BINARY_INV | cv::THRESH_OTSU);
  });
  const auto median =
      opencv("image", [](const cv::Mat& from, cv::Mat& to) { cv::medianBlur(from, to, 5); });
  const auto components = opencv("mask", [](const cv::Mat& from, cv::Mat& to) {
    cv::connectedComponents(from, to, 8, CV_32S);
  });
  const auto erosion = opencv("mask", [](const cv::Mat& from, cv::Mat& to) {
    cv::erode(from, to, cv::getStructuringElement(cv::MORPH_ELLIPSE, {5, 5}));
  });
  const auto halved = opencv("image", [](const cv::Mat& from, cv::Mat& to) {
    cv::resize(from, to, {}, 0.5, 0.5, cv::INTER_AREA);
  });
  return {
      {"to-grey", {}, {{"image", "rgb"}}, "naive", naive_grey},
      {"gaussian-blur", {{"sigma", 1.5}}, {{"image", "image"}}, "opencv", blur},
      {"median", {{"radius", std::int64_t{2}}}, {{"image", "image"}}, "opencv", median},
      {"auto-threshold", {}, {{"image", "image"}}, "opencv", otsu},
      {"fill-holes", {}, {{"mask", "mask"}}, "opencv", opencv_fill},
      {"erode", {{"radius", 2.0}}, {{"mask", "mask"}}, "opencv", erosion},
      {"label", {}, {{"mask", "mask"}}, "opencv", components},
      {"watershed", {}, {{"mask", "mask"}}, "opencv", opencv_watershed},
      {"measure", {}, {{"labels", "labels"}, {"image", "image"}}, "opencv", opencv_measure},
      {"resize",
       {{"factor", 0.5}, {"interpolation", std::string("area")}},
       {{"image", "rgb"}},
       "opencv",
       halved},
  };
}

void register_all() {
  for (const Contender& contender : contenders())
    for (const cv::Size size : {cv::Size(224, 224), cv::Size(640, 480)}) {
      const auto name = [&](const std::string& who) {
        return fmt::format("{}/{}x{}/{}", contender.stage, size.width, size.height, who);
      };
      benchmark::RegisterBenchmark(name("smearkit").c_str(), [=](benchmark::State& state) {
        time_stage(state, contender, size);
      })->Unit(benchmark::kMicrosecond);
      benchmark::RegisterBenchmark(name(contender.rival).c_str(), [=](benchmark::State& state) {
        time_rival(state, contender, size);
      })->Unit(benchmark::kMicrosecond);
    }
}

}  // namespace
}  // namespace smear

int main(int argc, char** argv) {
  cv::setNumThreads(1);
  smear::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
