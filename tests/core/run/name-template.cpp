// SPDX-License-Identifier: Apache-2.0
// Names of output files: what the placeholders stand for, and what is refused.
#include "run/name-template.h"

#include <gtest/gtest.h>

namespace smear::test {
namespace {

TEST(NameTemplate, ExpandsThePiecesOfASample) {
  const SampleId id{"ward 3/slide.one.tif", 0};
  EXPECT_EQ(expand("x/{id}.png", id), "x/ward 3/slide.one.tif.png");
  EXPECT_EQ(expand("{dir}/{stem}_mask.png", id), "ward 3/slide.one_mask.png");
  EXPECT_EQ(expand("{name}.{part}.png", id), "slide.one.tif.0.png");
  EXPECT_EQ(expand("x/{id}.png", {"stack.tif", 7}), "x/stack.tif#7.png");
  EXPECT_EQ(expand("{dir}/{stem}.png", {"top.png", 0}), "top.png") << "no folder";
}

TEST(NameTemplate, RefusesWhatLeavesOutOrTakesTheRunsOwnNames) {
  for (const char* bad :
       {"", "/tmp/{id}.png", "../{id}.png", "a/../../{id}.png", "{idd}.png", "{id", "samples.csv",
        "./run.json", "samples.csv/{id}.png", ".smear/{id}.png", "a/"})
    EXPECT_TRUE(problem_with_template(bad)) << bad;
  for (const char* good : {"{id}.png", "a/b/{stem}.jpg", "samples.csv.png", ".smearing/{id}.png"})
    EXPECT_FALSE(problem_with_template(good)) << good;
}

TEST(NameTemplate, KnowsWhichTemplatesNeverClash) {
  EXPECT_TRUE(always_unique("a/{id}.png"));
  EXPECT_FALSE(always_unique("a/{stem}.png"));
}

}  // namespace
}  // namespace smear::test
