#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the ImageJ plugin in a real ImageJ, on a screen of its own (Xvfb): by macros, and by its
dialogs as a person uses them (java/Scenarios.java).

  plugin.py --jar Smearkit_.jar --smear PROGRAM [--ij JAR] [--pictures DIR] [TEST...]

Ends with 77 where something that it needs is not installed.
"""
import argparse
import csv
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SCREEN = "-screen 0 1100x760x24"
SECONDS = 90
arguments = None


def on_a_screen():
    """Starts this script again under Xvfb, once for all tests."""
    for tool in ("xvfb-run", "java", "javac"):
        if shutil.which(tool) is None:
            print(f"skipped: {tool} is not installed")
            sys.exit(77)
    if not os.path.exists(arguments.ij):
        print(f"skipped: there is no {arguments.ij} (Debian: imagej)")
        sys.exit(77)
    if os.environ.get("SMEAR_ON_SCREEN") != "1":
        os.environ["SMEAR_ON_SCREEN"] = "1"
        os.execvp("xvfb-run", ["xvfb-run", "-a", "-s", SCREEN, sys.executable] + sys.argv)


def setUpModule():
    """Makes what all tests share: an ImageJ with the plugin, smears, the compiled scenarios."""
    test = ImageJTest
    test.folder = tempfile.mkdtemp(prefix="plugin-test-")
    for name in ("app/plugins", "home", "tmp", "classes", "a folder"):
        os.makedirs(test.path(name))
    shutil.copy(arguments.jar, test.path("app/plugins/Smearkit_.jar"))
    test.smear("synth", test.path("smears"), "--count", "3", "--size", "160x120", "--seed", "5")
    test.compile()
    test.image = test.path("a folder/slide 7.tif")
    test.macro(f'open("{test.path("smears/images/smear-0001.jpg")}"); saveAs("Tiff", "{test.image}");')


def tearDownModule():
    shutil.rmtree(ImageJTest.folder)


class ImageJTest(unittest.TestCase):
    folder = ""
    image = ""

    @classmethod
    def path(cls, *names):
        return os.path.join(cls.folder, *names)

    @classmethod
    def smear(cls, *options):
        subprocess.run([arguments.smear, *options], check=True, stdout=subprocess.PIPE, timeout=SECONDS)

    @classmethod
    def compile(cls):
        sources = glob.glob(os.path.join(HERE, "java", "**", "*.java"), recursive=True)
        subprocess.run(["javac", "-nowarn", "-cp", f"{arguments.ij}:{arguments.jar}", "-d", cls.path("classes"),
                        *sources], check=True)

    @classmethod
    def java(cls, classes, *options):
        environment = dict(os.environ, SMEAR=arguments.smear)
        return subprocess.run(
            ["java", f"-Duser.home={cls.path('home')}", f"-Djava.io.tmpdir={cls.path('tmp')}",
             f"-Dplugins.dir={cls.path('app')}", "-cp", ":".join([arguments.ij, *classes]), *options],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=SECONDS)

    @classmethod
    def macro(cls, text):
        """Runs a macro without a window; (what it printed, what went wrong)."""
        file = cls.path("test.ijm")
        with open(file, "w", encoding="utf-8") as out:
            out.write(text)
        done = cls.java([], "ij.ImageJ", "-batch", file)
        return done.stdout, done.stderr

    @classmethod
    def scenario(cls, name, *options):
        """Runs a scenario in an ImageJ with windows; what it saw, by key."""
        done = cls.java([cls.path("classes")], "Scenarios", name, arguments.pictures, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return [line.split("=", 1) for line in done.stdout.splitlines() if "=" in line]

    def failure(self, macro):
        """What a macro says that must fail."""
        out, error = self.macro(macro + '\nprint("not reached");')
        self.assertNotIn("not reached", out)
        return error

    def pipeline(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        return self.path(name)

    def tearDown(self):
        self.assertEqual(os.listdir(self.path("tmp")), [], "temporary folders that are left")

    def open_image(self):
        return f'open("{self.image}");\n'


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Parts(ImageJTest):
    def test_units(self):
        done = self.java([arguments.jar, self.path("classes")], "-Djava.awt.headless=true",
                         "smearkit.ij.UnitTests")
        self.assertEqual(done.stdout.strip(), "all passed", done.stderr)


class Pipeline(ImageJTest):
    def test_results_are_those_of_the_program(self):
        self.smear("run", "smear-fields", self.image, "-o", self.path("expected"), "-q")
        expected = rows(self.path("expected/cells.csv"))
        out, error = self.macro(self.open_image() + f"""
            run("Smearkit Pipeline", "pipeline=[smear-fields] ");
            saveAs("Results", "{self.path('results.csv')}");
            print("image=" + getTitle());
            for (i = 0; i < roiManager("count"); i++) {{
              roiManager("select", i);
              print("roi=" + Roi.getName + "," + getValue("Area raw"));
            }}
            for (i = 1; i <= nImages; i++) {{ selectImage(i); print("open=" + getTitle() + "," + bitDepth()); }}
            """)
        self.assertEqual(error, "")
        self.assertGreater(len(expected), 3)
        got = rows(self.path("results.csv"))
        self.assertEqual(len(got), len(expected))
        for a, b in zip(got, expected):
            self.same_row(a, b)
        rois = re.findall(r"^roi=(\d+) ?(.*),(.*)$", out, re.MULTILINE)
        self.assertEqual([(int(n), kind, float(area)) for n, kind, area in rois],
                         [(int(row["label"]), row["class"], float(row["area_px"])) for row in expected])
        self.assertIn("image=slide 7-overlays\n", out)
        self.assertEqual(re.findall("open=(.*)", out),
                         ["slide 7.tif,24", "slide 7-masks,8", "slide 7-white-cells,16", "slide 7-labels,16",
                          "slide 7-overlays,24"])

    def same_row(self, got, expected):
        for column, value in expected.items():
            if column == "image":
                self.assertEqual(got[column], "slide 7.tif")
            elif value == "":
                self.assertEqual(got[column], "NaN", column)
            elif re.fullmatch(r"[-+.\deE]+", value):
                self.assertAlmostEqual(float(got[column]), float(value), delta=1e-9 + 1e-8 * abs(float(value)))
            else:
                self.assertEqual(got[column], value)

    def test_outlines_where_the_pipeline_saves_none(self):
        out, error = self.macro(self.open_image() + """
            run("Smearkit Pipeline", "pipeline=count-cells images=none");
            print("rows=" + nResults + " rois=" + roiManager("count") + " images=" + nImages);
            run("Smearkit Pipeline", "pipeline=count-cells clear images=overlays rois=Overlay set=[overlay.scale=3]");
            print("width=" + getWidth());
            selectImage(1);
            print("rows=" + nResults + " rois=" + roiManager("count") + " overlay=" + Overlay.size);
            """)
        self.assertEqual(error, "")
        n = int(re.search(r"rows=(\d+)", out).group(1))
        self.assertGreater(n, 3)
        self.assertIn(f"rows={n} rois={n} images=1", out)
        self.assertIn("width=480", out)
        self.assertIn(f"rows={n} rois=0 overlay={n}", out)

    def test_outlines_of_a_resized_image(self):
        pipeline = self.pipeline("resize.yaml", "name: resize\nstages:\n  - to-grey\n"
                                 "  - resize: {factor: 2}\n  - auto-threshold: {objects: dark}\n  - watershed\n"
                                 '  - save-image: {to: "big/{id}.png"}\n')
        out, error = self.macro(self.open_image() + f"""
            run("Smearkit Pipeline", "pipeline=[{pipeline}] rois=Overlay");
            print(getTitle(), getWidth(), Overlay.size);""")
        self.assertEqual(error, "")
        self.assertRegex(out, "slide 7-big 320 [1-9]")

    def test_a_pipeline_of_ones_own(self):
        pipeline = self.pipeline("a folder/my pipeline.yaml", 'name: mine\ninput: {include: ["*.jpg"]}\n'
                                 "stages:\n  - to-grey\n  - auto-threshold: {objects: dark}\n"
                                 '  - save-image: {inputs: {image: mask}, to: "{stem}.png"}\n')
        out, error = self.macro(self.open_image() + f"""
            run("Smearkit Pipeline", "pipeline=[{pipeline}]");
            getStatistics(area, mean, min, max);
            print(getTitle(), bitDepth(), min, max, nResults, isOpen("Results"));""")
        self.assertEqual(error, "")
        self.assertEqual(out.split(), ["slide", "7-slide", "7", "8", "0", "255", "0", "0"])


class Errors(ImageJTest):
    def test_what_is_wrong_with_a_pipeline(self):
        wrong = self.pipeline("wrong.yaml", "name: w\nstages:\n  - gausian-blur: {sigma: 1}\n  - save-table: {to: /x}\n")
        error = self.failure(self.open_image() + f'run("Smearkit Pipeline", "pipeline={wrong}");')
        self.assertIn("Smearkit Pipeline: ", error)
        self.assertIn("wrong.yaml:3:5: there is no stage 'gausian-blur' (did you mean 'gaussian-blur'?)", error)
        self.assertIn("wrong.yaml:4:", error)
        error = self.failure(self.open_image() + 'run("Smearkit Pipeline", "pipeline=no-such");')
        self.assertIn("there is no pipeline file no-such", error)

    def test_an_image_that_the_pipeline_cannot_handle(self):
        error = self.failure('newImage("g", "16-bit ramp", 40, 30, 1); run("Smearkit Pipeline", "pipeline=nuclei");')
        self.assertIn("g.tif: ", error)
        self.assertIn("grey16", error)

    def test_a_pipeline_that_saves_nothing(self):
        nothing = self.pipeline("nothing.yaml", "name: n\nstages:\n  - to-grey\n")
        error = self.failure(self.open_image() + f'run("Smearkit Pipeline", "pipeline={nothing}");')
        self.assertIn("saved nothing", error)

    def test_options(self):
        error = self.failure(self.open_image() + 'run("Smearkit Pipeline", "pipelin=nuclei");')
        self.assertIn("There is no option 'pipelin'", error)
        error = self.failure(self.open_image() + 'run("Smearkit Pipeline");')
        self.assertIn("'pipeline' must be given", error)
        error = self.failure('run("Smearkit Pipeline", "pipeline=nuclei");')
        self.assertIn("no image open", error)
        error = self.failure(self.open_image() + 'run("Smearkit Pipeline", "pipeline=nuclei program=/no/smear");')
        self.assertIn("/no/smear", error)
        error = self.failure('run("Smearkit Batch", "pipeline=nuclei input=/nowhere output=/tmp/x");')
        self.assertIn("/nowhere", error)

    def test_images_that_the_pipeline_does_not_save(self):
        error = self.failure(self.open_image() + 'run("Smearkit Pipeline", "pipeline=count-cells images=foo");')
        self.assertIn("names 'foo', which the pipeline does not save", error)

    def test_a_program_that_is_none_of_ours(self):
        error = self.failure(self.open_image() + 'run("Smearkit Pipeline", "pipeline=nuclei rois=None program=/bin/true");')
        self.assertIn("it is no smear", error)

    def test_with_windows_the_message_is_shown(self):
        seen = dict(self.scenario("error", self.image,
                                  'run("Smearkit Pipeline", "pipeline=no-such"); print("not reached");'))
        self.assertIn("there is no pipeline file no-such", seen["shown"].replace("|", " "))
        self.assertEqual(seen["reached"], "false")


class Batch(ImageJTest):
    def test_a_folder(self):
        folder = self.path("some")
        shutil.copytree(self.path("smears/images"), folder)
        with open(os.path.join(folder, "broken.jpg"), "w", encoding="utf-8") as file:
            file.write("no image")
        call = f'run("Smearkit Batch", "pipeline=smear-fields input=[{folder}] output=[{self.path("out")}] '
        out, error = self.macro(call + 'results"); print("rows=" + nResults);')
        self.assertEqual(error, "")
        self.assertIn("quarantined broken.jpg: read: ", out)
        self.assertIn(f"rows={len(rows(self.path('out/cells.csv')))}", out)
        self.assertTrue(os.path.exists(self.path("out/report.html")))
        self.assertIn("existing=Resume does what is missing", self.failure(call + '");'))
        out, error = self.macro(call + 'existing=Resume jobs=1"); print("ended");')
        self.assertEqual(error, "")
        self.assertIn("ended", out)

    def test_escape_stops_it(self):
        slow = self.pipeline("slow.yaml", "name: slow\nstages:\n" + "  - gaussian-blur: {sigma: 40}\n" * 40 +
                             '  - save-image: {to: "images/{path}.png"}\n')
        folder = self.path("many")
        os.makedirs(folder)
        for i in range(200):
            os.symlink(self.path("smears/images/smear-0001.jpg"), os.path.join(folder, f"{i:04}.jpg"))
        seen = self.scenario("cancel", slow, folder, self.path("stopped"))
        self.assertEqual([value for key, value in seen if key == "running"], ["1", "0"])
        self.assertIn(["ended", "true"], seen)
        self.assertIn("existing=Resume", dict(seen)["log"])
        self.assertNotIn("not reached", dict(seen)["log"])
        # What was done is there, and told.
        self.assertLess(len(rows(self.path("stopped/samples.csv"))), 200)


class Models(ImageJTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.path("a folder/tiny.safetensors")
        config = cls.path("tiny.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("name: tiny\nmodel: vae\ndata: {validation: 0}\n"
                       "options: {image_size: 16, filters: [4], latent: 5, epochs: 1}\n")
        cls.smear("train", config, "--data", cls.path("smears/images"), "-o", cls.model, "-q")

    def test_steps_and_all_in_one(self):
        draw = "temperature=3 bias=0.5 seed=7 draws=2"
        out, error = self.macro(self.open_image() + f"""
            model = "{self.model}";
            run("Smearkit Encode", "model=&model");
            print(getTitle(), getWidth(), getHeight(), bitDepth());
            saveAs("Tiff", "{self.path('posterior.tif')}"); close(); open("{self.path('posterior.tif')}");
            run("Smearkit Reparameterize", "{draw}");
            print(getTitle(), getWidth(), getHeight(), bitDepth());
            run("Smearkit Decode", "");
            print(getTitle(), getWidth(), getHeight(), bitDepth());
            steps = getImageID();
            selectImage(1);
            run("Smearkit Generate", "model=[" + model + "] {draw}");
            print(getTitle(), getWidth(), getHeight(), bitDepth());
            one = getImageID();
            imageCalculator("Difference create", steps, one);
            getStatistics(area, mean, min, max); print("difference", max);
            selectImage(1);
            run("Smearkit Generate", "model=[" + model + "] temperature=3 bias=0.5 seed=8 draws=2");
            imageCalculator("Difference create", getImageID(), one);
            getStatistics(area, mean, min, max); print("by another seed", max);
            """)
        self.assertEqual(error, "")
        lines = [line for line in out.splitlines() if line]
        self.assertEqual(lines[:5],
                         ["slide 7-posterior 5 2 32", "posterior-z 5 2 32", "posterior-decoded 32 16 24",
                          "slide 7-generated 32 16 24", "difference 0"])
        self.assertRegex(lines[5], "by another seed [1-9]")

    def test_what_is_wrong(self):
        error = self.failure(self.open_image() + 'run("Smearkit Encode", "model=/no/model.safetensors");')
        self.assertIn("model names a model file that is not there", error)
        self.assertNotIn("pipeline.yaml", error)
        error = self.failure(self.open_image() + 'run("Smearkit Reparameterize", "temperature=2");')
        self.assertIn("no posterior", error)
        error = self.failure(self.open_image() + f'run("Smearkit Generate", "model=[{self.model}] temperature=-1");')
        self.assertIn("'temperature' must be a number from 0", error)

    def test_preview(self):
        seen = dict(self.scenario("preview", self.image, self.model))
        self.assertEqual(seen["changed"], "true")
        self.assertEqual(seen["running"], "0")


class Dialogs(ImageJTest):
    def test_pipeline_is_recorded(self):
        seen = dict(self.scenario("pipeline", self.image))
        self.assertGreater(int(seen["rows"]), 3)
        self.assertEqual(seen["rois"], seen["rows"])
        self.assertIn('run("Smearkit Pipeline", "pipeline=smear-fields images=overlays");', seen["recorded"])

    def test_the_others_open(self):
        self.assertIn(["shown", "true"], self.scenario("dialogs", self.image))


def main():
    global arguments
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jar", required=True)
    parser.add_argument("--smear", required=True)
    parser.add_argument("--ij", default="/usr/share/java/ij.jar")
    parser.add_argument("--pictures", default="", help="a folder for pictures of the dialogs")
    parser.add_argument("tests", nargs="*")
    arguments = parser.parse_args()
    arguments.smear = os.path.abspath(arguments.smear)
    arguments.jar = os.path.abspath(arguments.jar)
    if arguments.pictures:
        arguments.pictures = os.path.abspath(arguments.pictures)
        os.makedirs(arguments.pictures, exist_ok=True)
    on_a_screen()
    unittest.main(argv=[sys.argv[0], "-v", *arguments.tests])


if __name__ == "__main__":
    main()
