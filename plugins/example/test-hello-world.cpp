// SPDX-License-Identifier: Apache-2.0
// Tests that hello-world draws black letters in the lower left and leaves its input as it was.
#include <smear/testing.h>

#include <cstdio>
#include <opencv2/core.hpp>

void add_stages(smear::PluginRegistrar& registrar);

int main() {
  const smear::PluginUnderTest plugin(add_stages);
  const auto stage = plugin.stage("hello-world", {{"text", std::string("Hi")}});

  const cv::Mat white(100, 200, CV_8UC3, cv::Scalar::all(255));
  smear::Sample sample(smear::SampleId{"slide.png"});
  sample.set("image", smear::Image(white));
  smear::PluginUnderTest::run(*stage, sample);

  const cv::Mat black = sample.image("image").pixels() == cv::Scalar::all(0);
  const auto count = [&](const cv::Rect& where) { return cv::sum(black(where))[0]; };
  const bool written = count({0, 70, 40, 30}) > 0;
  const bool elsewhere = count({100, 0, 100, 100}) > 0;
  const bool kept = cv::sum(white != cv::Scalar::all(255))[0] == 0;
  if (!written) std::fprintf(stderr, "failed: nothing is written in the lower left\n");
  if (elsewhere) std::fprintf(stderr, "failed: something is written in the right half\n");
  if (!kept) std::fprintf(stderr, "failed: the input was written into\n");
  return written && !elsewhere && kept ? 0 : 1;
}
