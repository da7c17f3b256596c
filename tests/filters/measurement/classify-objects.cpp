// SPDX-License-Identifier: Apache-2.0
// classify-objects: overlaps are counted exactly, both rules hold at their limits, a second run
// replaces or keeps classes, and tables that do not belong to the labels are refused.
#include <gtest/gtest.h>

#include "harness/shapes.h"
#include "harness/stages.h"

namespace smear::test {
namespace {

using Texts = std::vector<std::string>;

/// Three objects of 16 pixels, of which 0, 4 and 8 lie on the mask.
Sample three_objects() {
  cv::Mat labels = empty_labels(30, 8);
  for (int n = 1; n <= 3; ++n) labels(cv::Rect(10 * n - 8, 2, 4, 4)).setTo(n);
  cv::Mat mask = empty_mask(30, 8);
  mask(cv::Rect(12, 2, 1, 4)).setTo(255);
  mask(cv::Rect(22, 0, 2, 8)).setTo(255);
  Sample sample(SampleId{"image.png", 0});
  sample.set("labels", Image(labels));
  sample.set("mask", Image(mask));
  Table objects;
  objects.add("label", std::vector<std::int64_t>{1, 2, 3});
  sample.set("objects", objects);
  return sample;
}

Texts classes(Options options) {
  options["inside"] = std::string("white");
  options["outside"] = std::string("red");
  Sample sample = three_objects();
  run_stage("classify-objects", options, sample);
  return sample.table("objects").texts("class");
}

TEST(ClassifyObjects, CountsTheOverlap) {
  Sample sample = three_objects();
  run_stage("classify-objects", {}, sample);
  const Table& t = sample.table("objects");
  EXPECT_EQ(t.integers("overlap_px"), (std::vector<std::int64_t>{0, 4, 8}));
  EXPECT_EQ(t.reals("overlap_fraction"), (std::vector<double>{0, 0.25, 0.5}));
  EXPECT_EQ(t.texts("class"), (Texts{"outside", "outside", "inside"}));
}

TEST(ClassifyObjects, EitherRuleIsEnoughAndHoldsAtItsLimit) {
  EXPECT_EQ(classes({{"min_overlap", 0.25}}), (Texts{"red", "white", "white"}));
  EXPECT_EQ(classes({{"min_overlap", 0.26}}), (Texts{"red", "red", "white"}));
  EXPECT_EQ(classes({{"min_overlap", 1.0}, {"min_overlap_area", std::int64_t{4}}}),
            (Texts{"red", "white", "white"}));
  EXPECT_EQ(classes({{"min_overlap", 1.0}, {"min_overlap_area", std::int64_t{5}}}),
            (Texts{"red", "red", "white"}));
  EXPECT_EQ(classes({{"min_overlap", 1.0}}), (Texts{"red", "red", "red"}));
}

TEST(ClassifyObjects, AnObjectOffTheMaskIsOutsideEvenWithoutALimit) {
  EXPECT_EQ(classes({{"min_overlap", 0.0}}), (Texts{"red", "white", "white"}));
}

/// Classifies by the first object's pixels, after a first run on the mask of `three_objects`.
Sample classified_twice(bool keep) {
  Sample sample = three_objects();
  Table objects;
  objects.add("label", std::vector<std::int64_t>{1, 2, 3});
  objects.add("area_px", std::vector<std::int64_t>{16, 16, 16});
  sample.set("objects", objects);
  run_stage("classify-objects", {{"inside", std::string("white")}, {"outside", std::string("red")}},
            sample);
  sample.set("mask", Image(cv::Mat(sample.image("labels").pixels() == 1)));
  run_stage(
      "classify-objects",
      {{"inside", std::string("platelet")}, {"outside", std::string("other")}, {"keep", keep}},
      sample);
  return sample;
}

TEST(ClassifyObjects, ASecondRunReplacesTheColumns) {
  const Sample sample = classified_twice(false);
  const Table& t = sample.table("objects");
  EXPECT_EQ(t.texts("class"), (Texts{"platelet", "other", "other"}));
  EXPECT_EQ(t.integers("overlap_px"), (std::vector<std::int64_t>{16, 0, 0}));
  EXPECT_EQ(t.reals("overlap_fraction"), (std::vector<double>{1, 0, 0}));
  EXPECT_EQ(t.integers("area_px"), (std::vector<std::int64_t>{16, 16, 16}));
  EXPECT_EQ(t.columns().size(), 5U);
}

TEST(ClassifyObjects, WithKeepASecondRunMakesAThirdClass) {
  const Sample sample = classified_twice(true);
  const Table& t = sample.table("objects");
  EXPECT_EQ(t.texts("class"), (Texts{"platelet", "red", "white"}));
  EXPECT_EQ(t.integers("overlap_px"), (std::vector<std::int64_t>{16, 0, 0}));
}

TEST(ClassifyObjects, KeepChangesNothingWithoutEarlierClasses) {
  EXPECT_EQ(classes({{"keep", true}}), (Texts{"red", "red", "white"}));
}

TEST(ClassifyObjects, TakesAnEmptyTable) {
  Sample sample = three_objects();
  Table none;
  none.add("label", std::vector<std::int64_t>{});
  sample.set("objects", none);
  run_stage("classify-objects", {}, sample);
  EXPECT_EQ(sample.table("objects").rows(), 0U);
  EXPECT_TRUE(sample.table("objects").has("class"));
}

TEST(ClassifyObjects, RefusesForeignTablesAndOtherSizes) {
  for (const std::int64_t label : {-1, 0, 4, 1000}) {
    Sample sample = three_objects();
    Table foreign;
    foreign.add("label", std::vector<std::int64_t>{label});
    sample.set("objects", foreign);
    EXPECT_THROW(run_stage("classify-objects", {}, sample), SampleError) << label;
  }
  Sample sample = three_objects();
  sample.set("mask", Image(empty_mask(3, 3)));
  EXPECT_THROW(run_stage("classify-objects", {}, sample), SampleError);
}

}  // namespace
}  // namespace smear::test
