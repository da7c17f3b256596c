// SPDX-License-Identifier: Apache-2.0
// Tensors in files: what one run saves is the input of another, NumPy reads what is written and the
// other way round, and a file that is wrong is quarantined with its reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/program.h"
#include "harness/run-output.h"

namespace smear::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Tensors : public testing::Test {
 protected:
  Outcome run(const std::string& pipeline, const std::string& input, const std::string& out,
              const std::vector<std::string>& more = {}) {
    write_file(folder_ / "p.yaml", pipeline);
    std::vector<std::string> arguments{"run",
                                       (folder_ / "p.yaml").string(),
                                       (folder_ / input).string(),
                                       "-o",
                                       (folder_ / out).string(),
                                       "--plugin-dir",
                                       SMEAR_TEST_PLUGINS};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return smear(arguments);
  }

  /// A program of Python with NumPy, in the test's folder; 99 where there is none.
  Outcome numpy(const std::string& program) {
    Outcome outcome = run_program(
        {"/usr/bin/python3", "-c",
         "import sys\ntry:\n  import numpy\nexcept ImportError:\n  sys.exit(99)\n" + program},
        {.folder = folder_.path()});
    if (outcome.exit_code == 127) outcome.exit_code = 99;
    return outcome;
  }

  TemporaryFolder folder_;
  const std::string copy_ =
      "input: {tensor: z}\nstages:\n  - save-tensor: {to: \"z/{dir}/{stem}.npy\"}\n";
  const std::string copy_both_ =
      "input: {tensor: mu, beside: {logvar: \"../logvar/{path}\"}}\n"
      "stages:\n"
      "  - save-tensor: {slot: mu, to: \"mu/{dir}/{stem}.npy\"}\n"
      "  - save-tensor: {slot: logvar, to: \"logvar/{dir}/{stem}.npy\"}\n";
};

TEST_F(Tensors, OfOneRunAreTheInputOfAnother) {
  make_smears(folder_ / "in/deep", 3);
  const Outcome encoded =
      run("stages:\n  - encode\n  - save-tensor: {slot: mu, to: \"mu/{id}.npy\"}\n"
          "  - save-tensor: {slot: logvar, to: \"logvar/{id}.npy\"}\n",
          "in", "out");
  ASSERT_EQ(encoded.exit_code, 0) << encoded.told();
  const auto mu = files_under(folder_ / "out/mu");
  ASSERT_EQ(mu.size(), 3U);
  ASSERT_TRUE(mu.contains("deep/smear-0001.jpg.npy")) << mu.begin()->first;
  const Outcome copied = run(copy_both_, "out/mu", "again");
  ASSERT_EQ(copied.exit_code, 0) << copied.told();
  EXPECT_EQ(files_under(folder_ / "again/mu"), mu);
  EXPECT_EQ(files_under(folder_ / "again/logvar"), files_under(folder_ / "out/logvar"));
  // No width and height, as there is no image.
  EXPECT_EQ(samples_of(folder_ / "again").column("image").at(0), "deep/smear-0001.jpg.npy");
  EXPECT_EQ(samples_of(folder_ / "again").column("width").at(0), "");
}

TEST_F(Tensors, AreDoneAgainWhenAFileBesideThemChanges) {
  for (const std::string folder : {"run/mu/", "run/logvar/"})
    for (const std::string name : {"a.npy", "b.npy"})
      write_file(folder_ / (folder + name), npy_of({1.0F, 2.0F}));
  ASSERT_EQ(run(copy_both_, "run/mu", "out").exit_code, 0);
  write_file(folder_ / "run/logvar/b.npy", npy_of({1.0F, 2.0F, 3.0F}));
  const Outcome resumed = run(copy_both_, "run/mu", "out", {"--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.told();
  EXPECT_THAT(resumed.out, HasSubstr("1 done, 0 quarantined, 1 kept"));
  EXPECT_EQ(read_file(folder_ / "out/logvar/b.npy").size(), 128U + 12U);
}

TEST_F(Tensors, ThatAreWrongAreQuarantined) {
  write_file(folder_ / "run/mu/good.npy", npy_of({1.0F}));
  write_file(folder_ / "run/logvar/good.npy", npy_of({1.0F}));
  write_file(folder_ / "run/mu/cut.npy", npy_of({1.0F}).substr(0, 130));
  write_file(folder_ / "run/logvar/cut.npy", npy_of({1.0F}));
  write_file(folder_ / "run/mu/alone.npy", npy_of({1.0F}));
  const Outcome outcome = run(copy_both_, "run/mu", "out");
  EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
  const auto samples = samples_of(folder_ / "out");
  EXPECT_EQ(samples.row("image", "good.npy")["status"], "done");
  EXPECT_EQ(samples.row("image", "cut.npy")["reason"],
            "the file is cut off: 132 bytes belong to it, it has 130");
  EXPECT_THAT(samples.row("image", "alone.npy")["reason"],
              AllOf(HasSubstr("'logvar' ("), HasSubstr("run/logvar/alone.npy")));
  EXPECT_EQ(samples.row("image", "alone.npy")["stage"], "read");
}

TEST_F(Tensors, ThatNeedMoreMemoryThanThereMayBeAreQuarantined) {
  write_file(folder_ / "in/small.npy", npy_of({1.0F}));
  write_file(folder_ / "in/large.npy", npy_of(std::vector<float>(600'000, 1.0F)));
  const Outcome outcome = run(copy_, "in", "out", {"--ram", "2M"});
  EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
  const auto samples = samples_of(folder_ / "out");
  EXPECT_EQ(samples.row("image", "small.npy")["status"], "done");
  EXPECT_THAT(samples.row("image", "large.npy")["reason"],
              HasSubstr("600000 values need about 2.3 MiB, the limit is 2.0 MiB (--ram)"));
}

TEST_F(Tensors, AreCountedByCheckWithTheirShapes) {
  for (const std::string name : {"a", "b", "c"}) {
    write_file(folder_ / ("run/mu/" + name + ".npy"), npy_of({1.0F, 2.0F}));
    if (name != "c") write_file(folder_ / ("run/logvar/" + name + ".npy"), npy_of({1.0F}));
  }
  write_file(folder_ / "p.yaml", copy_both_);
  const Outcome outcome =
      smear({"check", (folder_ / "p.yaml").string(), (folder_ / "run/mu").string()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.told();
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("3 files in "), HasSubstr(", 2 with mu (2) and logvar (1)"),
                    HasSubstr(", 1 unreadable")));
  EXPECT_THAT(outcome.err, HasSubstr("run/logvar/c.npy"));
}

TEST_F(Tensors, AreThoseOfNumpy) {
  const Outcome made = numpy(
      "import os\n"
      "os.mkdir('in')\n"
      "rng = numpy.random.default_rng(1)\n"
      "x = rng.integers(-1000, 1000, (3, 4, 5))\n"
      "for t in ['<f4', '<f8', '<i4', '<i8']:\n"
      "  numpy.save(f'in/{t[1:]}.npy', x.astype(t))\n"
      "numpy.save('in/u1.npy', (x % 256).astype('u1'))\n"
      "numpy.save('in/fractions.npy', rng.normal(size=(7,)))\n"
      "numpy.save('in/scalar.npy', numpy.float32(2.5))\n"
      "numpy.save('in/fortran.npy', numpy.asfortranarray(x.astype('<f4')))\n"
      "numpy.save('in/half.npy', x.astype('<f2'))\n"
      "numpy.save('in/nan.npy', numpy.array([numpy.nan]))\n");
  if (made.exit_code == 99) GTEST_SKIP() << "no python3 with numpy here";
  ASSERT_EQ(made.exit_code, 0) << made.told();
  const Outcome outcome = run(copy_, "in", "out");
  EXPECT_EQ(outcome.exit_code, 3) << outcome.told();
  const auto samples = samples_of(folder_ / "out");
  EXPECT_THAT(samples.row("image", "fortran.npy")["reason"], HasSubstr("Fortran order"));
  EXPECT_THAT(samples.row("image", "half.npy")["reason"], HasSubstr("'<f2'"));
  EXPECT_THAT(samples.row("image", "nan.npy")["reason"], HasSubstr("NaN"));
  const Outcome compared = numpy(
      "for n in ['f4', 'f8', 'i4', 'i8', 'u1', 'fractions', 'scalar']:\n"
      "  a, b = numpy.load(f'in/{n}.npy'), numpy.load(f'out/z/{n}.npy')\n"
      "  assert b.dtype == '<f4' and b.shape == a.shape, (n, b.dtype, b.shape)\n"
      "  assert (a.astype('<f4') == b).all(), n\n"
      "x = numpy.load('in/f4.npy')\n"
      "numpy.save('again.npy', x)\n"
      "assert open('again.npy', 'rb').read() == open('out/z/f4.npy', 'rb').read()\n");
  EXPECT_EQ(compared.exit_code, 0) << compared.told();
}

}  // namespace
}  // namespace smear::test
