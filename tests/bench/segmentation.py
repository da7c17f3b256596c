# SPDX-License-Identifier: Apache-2.0
"""segmentation.py SCRIPT SMEAR DATA: bench/segmentation splits as it says, knows what is met, says
what is absent, and scores a run of the real program where there are images and a scorer."""
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT, SMEAR, DATA = sys.argv[1:4]
EVAL = os.path.join(os.path.dirname(DATA), "eval")


def load():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("segmentation", SCRIPT)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("segmentation", loader))
    sys.modules["segmentation"] = module
    loader.exec_module(module)
    return module


bench = load()


class Split(unittest.TestCase):
    def test_takes_blocks_of_neighbours_in_order_of_their_numbers(self):
        stems = [f"image-{n}" for n in range(1, 50)]
        parts = bench.parts_of(reversed(stems))
        self.assertEqual(parts["all"], stems)
        self.assertEqual(parts["held"], stems[16:24] + stems[40:48])
        self.assertEqual(parts["tune"], stems[:16] + stems[24:40] + stems[48:])

    def test_holds_nothing_back_where_all_are_for_tuning(self):
        parts = bench.parts_of(map(str, range(40)), one_part=True)
        self.assertEqual(parts["tune"], parts["all"])
        self.assertEqual(parts["held"], [])


class Verdict(unittest.TestCase):
    def test_knows_what_is_met(self):
        score = bench.Figure("set", "score", ("f1",), .9, .95)
        self.assertEqual([bench.verdict(score, v)[1] for v in (.89, .9, .95, None, float("nan"))],
                         [False, True, True, None, None])
        self.assertEqual(bench.verdict(score, .95)[0], "aim met")
        error = bench.Figure("set", "error", ("mae",), 4.5, 2.8, least=True)
        self.assertEqual([bench.verdict(error, v)[1] for v in (4.6, 4.5, 0)], [False, True, True])

    def test_every_figure_is_of_a_set_and_its_aim_is_beyond_its_must(self):
        for figure in bench.FIGURES:
            self.assertIn(figure.set, bench.SETS)
            self.assertTrue(figure.meets(figure.aim, figure.must), figure.title)


class Script(unittest.TestCase):
    def run_script(self, *words):
        # By itself: it names the Python that has Debian's packages.
        return subprocess.run([SCRIPT, "--smear", SMEAR, *words],
                              capture_output=True, text=True, check=False)

    def test_says_what_is_absent(self):
        with tempfile.TemporaryDirectory() as folder:
            for words, expected in (
                    (("--data", folder), "give their folder by --data"),
                    (("--smear", os.path.join(folder, "smear")), "there is no program"),
            ):
                done = self.run_script("-o", os.path.join(folder, "out"), *words)
                self.assertEqual(done.returncode, 2, done.stdout)
                self.assertIn(expected, done.stderr)
                self.assertNotIn("Traceback", done.stderr)

    def test_scores_a_run(self):
        if not os.path.exists(os.path.join(DATA, "draaslan")) or not os.path.exists(EVAL):
            self.skipTest(f"no images in {DATA} or no scorer in {EVAL}")
        with tempfile.TemporaryDirectory() as out:
            words = ("-o", out, "--data", DATA, "--eval", EVAL, "--sets", "leukemia", "draaslan",
                     "--part", "tune", "--fields", "count-cells")
            done = self.run_script(*words, "--rounds", "0")
            if "apt-get install" in done.stderr:
                self.skipTest(done.stderr.strip())
            # Scores may be low, with this pipeline.
            self.assertIn(done.returncode, (0, 1), done.stderr)
            with open(os.path.join(out, "figures.json"), encoding="utf-8") as file:
                figures = json.load(file)
            self.assertEqual({f["set"] for f in figures}, {"leukemia", "draaslan"})
            for figure in figures:
                self.assertTrue(0 < figure["values"]["tune"] <= 1, figure)
                self.assertIn(figure["figure"], done.stdout)
            missed = any(f["met"] is False for f in figures)
            self.assertEqual(done.returncode, 1 if missed else 0)
            self.assertEqual(len(os.listdir(os.path.join(out, "sheets"))), 4)
            again = self.run_script(*words, "--reuse", "--no-sheets")
            self.assertEqual(again.returncode, done.returncode, again.stderr)
            with open(os.path.join(out, "figures.json"), encoding="utf-8") as file:
                self.assertEqual(json.load(file), figures)


if __name__ == "__main__":
    result = unittest.main(argv=sys.argv[:1], exit=False).result
    sys.exit(1 if not result.wasSuccessful() else 77 if result.skipped else 0)
