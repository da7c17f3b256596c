// SPDX-License-Identifier: Apache-2.0
// save-rois and load-rois: objects go to a RoiSet.zip and come back pixel by pixel, and sets drawn
// in ImageJ become objects.
#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <opencv2/core.hpp>

#include "harness/stages.h"
#include "imagej/files/roi-set.h"

namespace smear::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "smear-rois-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Writes where the test says.
class FileOutputs final : public Outputs {
 public:
  explicit FileOutputs(std::filesystem::path folder) : folder_(std::move(folder)) {}
  void save(const Sample&, std::string_view name_template,
            const std::function<void(const std::filesystem::path&)>& write) override {
    names.emplace_back(name_template);
    write(folder_ / "image.png_RoiSet.zip");
  }
  void append(const Sample&, std::string_view, const Table&) override {}
  std::vector<std::string> names;

 private:
  std::filesystem::path folder_;
};

cv::Mat objects() {
  cv::Mat labels = cv::Mat::zeros(20, 24, CV_32SC1);
  labels(cv::Rect(1, 1, 5, 4)).setTo(1);
  labels(cv::Rect(8, 2, 9, 9)).setTo(3);
  labels(cv::Rect(11, 5, 3, 3)).setTo(0);   // a hole
  labels(cv::Rect(12, 6, 1, 1)).setTo(12);  // within it
  labels(cv::Rect(2, 12, 3, 3)).setTo(7);
  labels(cv::Rect(5, 15, 3, 3)).setTo(7);  // touches by a corner
  labels(cv::Rect(20, 17, 4, 3)).setTo(7);
  return labels;
}

TEST(SaveRois, ObjectsComeBackPixelByPixel) {
  const TemporaryFolder folder;
  FileOutputs outputs(folder.path());
  Sample sample(SampleId{"image.png", 0});
  sample.set("labels", Image(objects()));
  make_stage("save-rois", {})->process(sample, RunContext(1, 0, &outputs));
  EXPECT_THAT(outputs.names, ElementsAre("rois/{id}_RoiSet.zip"));
  const auto rois = imagej::load_rois(folder.path() / "image.png_RoiSet.zip");
  std::vector<std::string> names;
  for (const auto& roi : rois) names.push_back(roi.name);
  EXPECT_THAT(names, ElementsAre("0001", "0003", "0007", "0012"));

  sample.set("image", Image(cv::Mat::zeros(20, 24, CV_8UC1)));
  run_stage("load-rois", {{"folder", folder.path().string()}}, sample);
  cv::Mat expected = objects();
  expected.setTo(2, objects() == 3);
  expected.setTo(3, objects() == 7);
  expected.setTo(4, objects() == 12);
  EXPECT_EQ(cv::norm(sample.image("labels").pixels(), expected, cv::NORM_INF), 0.0);
}

TEST(SaveRois, AnImageWithoutObjectsGetsNoFile) {
  const TemporaryFolder folder;
  FileOutputs outputs(folder.path());
  Sample sample(SampleId{"image.png", 0});
  sample.set("labels", Image(cv::Mat::zeros(4, 4, CV_32SC1)));
  make_stage("save-rois", {})->process(sample, RunContext(1, 0, &outputs));
  EXPECT_TRUE(outputs.names.empty());
  EXPECT_THROW(make_stage("save-rois", {{"to", std::string("a.png")}}), ConfigError);
}

TEST(LoadRois, TakesSelectionsInTheirOrderAndCutsThemOff) {
  const TemporaryFolder folder;
  imagej::Roi oval = imagej::Roi::oval({-4, -4, 9, 9});
  imagej::Roi box = imagej::Roi::rectangle({3, 2, 30, 5});
  imagej::Roi beyond = imagej::Roi::rectangle({40, 40, 3, 3});
  imagej::save_roi_set({oval, box, beyond}, folder.path() / "image_RoiSet.zip");
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(cv::Mat::zeros(10, 12, CV_8UC3)));
  run_stage("load-rois",
            {{"folder", folder.path().string()}, {"from", std::string("{stem}_RoiSet.zip")}},
            sample);
  const cv::Mat labels = sample.image("labels").pixels();
  EXPECT_EQ(cv::countNonZero(labels == 2), 9 * 5);
  EXPECT_EQ(labels.at<int>(0, 0), 1);
  EXPECT_EQ(labels.at<int>(4, 4), 2);
  EXPECT_EQ(sample.warnings().size(), 1U);
}

TEST(LoadRois, SaysWhatIsMissingOrHasNoPixels) {
  const TemporaryFolder folder;
  const Options options{{"folder", folder.path().string()},
                        {"from", std::string("{stem}_RoiSet.zip")}};
  Sample sample(SampleId{"image.png", 0});
  sample.set("image", Image(cv::Mat::zeros(10, 12, CV_8UC1)));
  EXPECT_THAT([&] { run_stage("load-rois", options, sample); },
              testing::ThrowsMessage<SampleError>(HasSubstr("missing: empty")));
  auto empty = options;
  empty.emplace("missing", std::string("empty"));
  run_stage("load-rois", empty, sample);
  EXPECT_EQ(cv::countNonZero(sample.image("labels").pixels()), 0);
  imagej::save_roi_set({imagej::Roi::line({1, 1}, {5, 5})}, folder.path() / "image_RoiSet.zip");
  EXPECT_THAT([&] { run_stage("load-rois", options, sample); },
              testing::ThrowsMessage<SampleError>(HasSubstr("no pixels to measure")));
  EXPECT_THROW(make_stage("load-rois", {{"folder", std::string("/no/such/folder")}}), ConfigError);
}

}  // namespace
}  // namespace smear::test
