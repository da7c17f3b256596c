// SPDX-License-Identifier: Apache-2.0
// Tests that @name@ multiplies, clips, leaves its input alone and refuses a negative factor.
#include <smear/testing.h>

#include <cstdio>
#include <opencv2/core.hpp>

void register_plugin(smear::PluginRegistrar& registrar);

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "failed: %s\n", what);
  ++failures;
}

}  // namespace

int main() {
  const smear::PluginUnderTest plugin(register_plugin);
  const auto stage = plugin.stage("@name@", {{"factor", 2.0}});

  const cv::Mat pixels = (cv::Mat_<uchar>(1, 3) << 0, 100, 200);
  smear::Sample sample(smear::SampleId{"slide.png"});
  sample.set("image", smear::Image(pixels));
  smear::PluginUnderTest::run(*stage, sample);

  const cv::Mat& result = sample.image("image").pixels();
  expect(result.at<uchar>(0, 0) == 0, "0 stays 0");
  expect(result.at<uchar>(0, 1) == 200, "100 becomes 200");
  expect(result.at<uchar>(0, 2) == 255, "200 is clipped to 255");
  expect(pixels.at<uchar>(0, 1) == 100, "the input is as it was");

  bool refused = false;
  try {
    (void)plugin.stage("@name@", {{"factor", -1.0}});
  } catch (const smear::ConfigError&) {
    refused = true;
  }
  expect(refused, "a negative factor is refused");
  return failures == 0 ? 0 : 1;
}
