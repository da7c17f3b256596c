#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs macro snippets in ImageJ and in Smearkit on the same images and compares what comes out:
pixels of the active image, its display range, colour table, threshold and selection, the Results
table and the ROI Manager.

  parity.py RUN_CASES CASES... [--images DIR] [--only TEXT] [--table FILE] [--keep DIR]

CASES are text files: `# group` lines, then one case a line, `name | images | macro`, where images
names sets of images separated by blanks (see SETS). DIR with real smears adds the set `smears`.
"""
import argparse
import hashlib
import json
import math
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

try:
    import numpy
    from PIL import Image
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-numpy python3-pil, and its own python3)")
    sys.exit(77)

# What the sets of images hold.
SETS = {
    "grey8": "8-bit cells, odd sizes, noise, a ramp",
    "tiny8": "1 x 1 to 3 x 5 pixels",
    "flat8": "all black, all white, one grey",
    "mask": "0 and 255",
    "flatmask": "all black, all white, one dot",
    "grey16": "16-bit cells and noise",
    "tiny16": "one pixel, one value",
    "grey32": "32-bit cells and noise, negative values too",
    "tiny32": "one pixel, one value",
    "rgb": "RGB cells and noise",
    "tinyrgb": "one pixel",
    "composite": "8, 16 and 32 bits in channels, shown together, one by one and in grey",
    "slices": "channels with slices and frames",
    "smears": "real smears",
}
JAR = "/usr/share/java/ij.jar"
# How long ImageJ may take for one case before it is taken to stand at a dialog nobody sees.
CASE_SECONDS = 20


def synthetic(folder):
    """Images of every type and of awkward shapes; {set: [file]}."""
    rng = numpy.random.default_rng(1)

    def blobs(height, width, count, depth=255.0):
        y, x = numpy.mgrid[0:height, 0:width]
        image = numpy.full((height, width), 0.85)
        for _ in range(count):
            cy, cx = rng.uniform(0, height), rng.uniform(0, width)
            a, b = rng.uniform(4, 14, 2)
            t = rng.uniform(0, numpy.pi)
            u = (x - cx) * numpy.cos(t) + (y - cy) * numpy.sin(t)
            v = -(x - cx) * numpy.sin(t) + (y - cy) * numpy.cos(t)
            image -= 0.5 * numpy.exp(-((u / a) ** 2 + (v / b) ** 2) ** 3)
        image += 0.15 * x / max(1, width) + rng.normal(0, 0.02, image.shape)
        return numpy.clip(image, 0, 1) * depth

    sets = {}

    def add(group, name, pixels):
        path = os.path.join(folder, name)
        if pixels.ndim == 3:
            Image.fromarray(pixels).save(path)
        else:
            write_tiff(path, pixels)
        sets.setdefault(group, []).append(path)

    def grey(h, w, n):
        return blobs(h, w, n).astype(numpy.uint8)

    add("grey8", "g8.tif", grey(97, 131, 12))
    add("grey8", "g8-odd.tif", grey(61, 33, 4))
    add("grey8", "g8-noise.tif", rng.integers(0, 256, (45, 50), dtype=numpy.uint8))
    add("grey8", "g8-gradient.tif",
        (numpy.mgrid[0:64, 0:80][1] * 3 % 256).astype(numpy.uint8))
    for name, shape in (("1x1", (1, 1)), ("1x9", (1, 9)), ("9x1", (9, 1)), ("2x2", (2, 2)), ("3x5", (3, 5))):
        add("tiny8", f"tiny-{name}.tif", rng.integers(0, 256, shape, dtype=numpy.uint8))
    add("flat8", "black.tif", numpy.zeros((30, 41), numpy.uint8))
    add("flat8", "white.tif", numpy.full((30, 41), 255, numpy.uint8))
    add("flat8", "flat.tif", numpy.full((30, 41), 77, numpy.uint8))
    mask = numpy.where(blobs(120, 140, 25) < 130, 255, 0).astype(numpy.uint8)
    add("mask", "mask.tif", mask)
    add("mask", "mask-inverse.tif", 255 - mask)
    add("mask", "mask-noise.tif",
        numpy.where(rng.random((60, 70)) < 0.35, 255, 0).astype(numpy.uint8))
    add("mask", "mask-dense.tif",
        numpy.where(rng.random((41, 57)) < 0.7, 255, 0).astype(numpy.uint8))
    holes = numpy.zeros((50, 60), numpy.uint8)
    holes[5:45, 5:55] = 255
    holes[10:40, 10:30] = 0
    holes[15:35, 15:25] = 255
    holes[20:25, 18:22] = 0
    holes[0:4, 0:4] = 255
    holes[30, 45] = 0
    add("mask", "mask-holes.tif", holes)
    add("flatmask", "mask-black.tif", numpy.zeros((20, 23), numpy.uint8))
    add("flatmask", "mask-white.tif", numpy.full((20, 23), 255, numpy.uint8))
    add("flatmask", "mask-dot.tif", numpy.pad(numpy.full((1, 1), 255, numpy.uint8), 4))
    add("grey16", "g16.tif", (blobs(83, 101, 10, 4095.0)).astype(numpy.uint16) + 300)
    add("grey16", "g16-noise.tif", rng.integers(0, 65536, (37, 40)).astype(numpy.uint16))
    add("tiny16", "g16-1x1.tif", numpy.array([[1234]], numpy.uint16))
    add("tiny16", "g16-flat.tif", numpy.full((12, 10), 500, numpy.uint16))
    add("grey32", "g32.tif", (blobs(71, 90, 9, 2.0) - 0.7).astype(numpy.float32))
    add("grey32", "g32-noise.tif", rng.normal(100, 50, (33, 47)).astype(numpy.float32))
    add("tiny32", "g32-1x1.tif", numpy.array([[-3.25]], numpy.float32))
    add("tiny32", "g32-flat.tif", numpy.full((9, 14), 0.5, numpy.float32))
    rgb = numpy.stack([blobs(87, 93, 9), blobs(87, 93, 9), blobs(87, 93, 9)], 2)
    add("rgb", "rgb.png", rgb.astype(numpy.uint8))
    add("rgb", "rgb-noise.png", rng.integers(0, 256, (40, 31, 3), dtype=numpy.uint8))
    add("tinyrgb", "rgb-1x1.png", numpy.array([[[10, 200, 77]]], numpy.uint8))

    def channels(group, name, depth, kind, count, description):
        path = os.path.join(folder, name)
        planes = [blobs(23, 31, 2, depth / (k % 3 + 1)) + 5 * k for k in range(count)]
        write_tiff(path, numpy.stack(planes).astype(kind),
                   f"ImageJ=1.53t\nimages={count}\n{description}\n")
        sets.setdefault(group, []).append(path)

    channels("composite", "c8.tif", 240, "u1", 3, "channels=3\nmode=composite")
    channels("composite", "c8-colour.tif", 240, "u1", 2, "channels=2\nhyperstack=true")
    channels("composite", "c16-colour.tif", 4000, "u2", 4, "channels=4\nmode=color")
    channels("composite", "c16-grey.tif", 4000, "u2", 3, "channels=3\nmode=grayscale\nmin=9\nmax=3000")
    channels("composite", "c32.tif", 2, "f4", 3, "channels=3\nmode=composite")
    channels("slices", "c16-slices.tif", 4000, "u2", 8,
             "channels=2\nslices=2\nframes=2\nhyperstack=true\nmode=composite\nmin=100\nmax=2000")
    channels("slices", "c8-slices.tif", 230, "u1", 6, "channels=3\nslices=2\nhyperstack=true")
    return sets


def write_tiff(path, pixels, description=""):
    """A plain big-endian TIFF of one plane, which every reader takes for what it is, or of several,
    which ImageJ's description says."""
    height, width = pixels.shape[-2:]
    bits = pixels.dtype.itemsize * 8
    data = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
    text = description.encode("latin1") + b"\0" if description else b""
    entries = [(254, 4, 0), (256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 1),
               (262, 3, 1), (273, 4, 0), (277, 3, 1), (278, 4, height),
               (279, 4, height * width * bits // 8)]
    if text:
        entries.insert(6, (270, 2, 0))
    if pixels.dtype.kind == "f":
        entries.append((339, 3, 3))
    start = 8 + 2 + 12 * len(entries) + 4
    out = struct.pack(">2sHIH", b"MM", 42, 8, len(entries))
    for tag, kind, value in entries:
        if tag == 270:
            value = start
        if tag == 273:
            value = start + len(text)
        out += struct.pack(">HHI", tag, kind, len(text) if tag == 270 else 1)
        out += struct.pack(">HH", value, 0) if kind == 3 else struct.pack(">I", value)
    out += struct.pack(">I", 0) + text + data
    with open(path, "wb") as f:
        f.write(out)


def read_tiff(path):
    """An uncompressed TIFF as ImageJ writes it: list of planes."""
    with open(path, "rb") as f:
        data = f.read()
    end = ">" if data[:2] == b"MM" else "<"
    (at,) = struct.unpack_from(end + "I", data, 4)
    (count,) = struct.unpack_from(end + "H", data, at)
    tags = {}
    for i in range(count):
        tag, kind, n = struct.unpack_from(end + "HHI", data, at + 2 + 12 * i)
        size = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8}.get(kind, 1) * n
        offset = at + 2 + 12 * i + 8
        if size > 4:
            (offset,) = struct.unpack_from(end + "I", data, offset)
        form = {1: "B", 2: "B", 3: "H", 4: "I"}.get(kind)
        tags[tag] = struct.unpack_from(f"{end}{n}{form}", data, offset) if form else None
    width, height = tags[256][0], tags[257][0]
    bits = tags[258][0]
    channels = tags[277][0] if 277 in tags else 1
    text = bytes(tags[270]).decode("latin1") if 270 in tags else ""
    planes = int(re.search(r"^images=(\d+)", text, re.M).group(1)) if "images=" in text else 1
    kind = {8: "u1", 16: end + "u2", 32: end + "f4"}[bits]
    n = width * height * channels
    size = n * bits // 8
    first = tags[273][0]
    result = []
    for i in range(planes):
        plane = numpy.frombuffer(data, kind, n, first + i * size)
        shape = (height, width, channels) if channels > 1 else (height, width)
        result.append(plane.reshape(shape))
    return result


def read_roi(name, data):
    # A path of several areas is stored behind the type of a rectangle.
    kind = 255 if struct.unpack_from(">i", data, 36)[0] > 0 else data[6]
    top, left, bottom, right = struct.unpack_from(">4h", data, 8)
    (n,) = struct.unpack_from(">H", data, 16)
    points = []
    if kind not in (1, 2, 3, 255) and n:
        xs = struct.unpack_from(f">{n}h", data, 64)
        ys = struct.unpack_from(f">{n}h", data, 64 + 2 * n)
        points = [[x + left, y + top] for x, y in zip(xs, ys)]
    return {"name": name, "type": kind, "bounds": [left, top, right - left, bottom - top],
            "points": points}


def read_cases(files):
    group = ""
    for file in files:
        with open(file, encoding="utf-8") as f:
            for line in f:
                line = line.strip()
                if line.startswith("#"):
                    group = line[1:].strip()
                elif line:
                    name, images, macro = (part.strip() for part in line.split("|", 2))
                    yield group, name, images.split(), macro


RESET = """
run("Close All");
run("Clear Results");
roiManager("reset");
run("Options...", "iterations=1 count=1 black edm=Overwrite");
run("Set Measurements...", "area mean min redirect=None decimal=3");
setForegroundColor(0, 0, 0);
setBackgroundColor(255, 255, 255);
setOption("ScaleConversions", true);
"""

DUMP = """
function dump(prefix) {
  s = "images=" + nImages + "\\n";
  if (nImages > 0) {
    getMinAndMax(low, high);
    s = s + "title=" + getTitle() + "\\n";
    s = s + "min=" + d2s(low, 9) + "\\nmax=" + d2s(high, 9) + "\\n";
    depth = bitDepth();
    s = s + "depth=" + depth + "\\ngray=" + is("grayscale") + "\\n";
    s = s + "inverted=" + is("Inverting LUT") + "\\n";
    if (depth != 24) {
      getThreshold(lower, upper);
      s = s + "lower=" + d2s(lower, 9) + "\\nupper=" + d2s(upper, 9) + "\\n";
    }
    type = selectionType();
    s = s + "selection=" + type + "\\n";
    if (type >= 0) {
      getSelectionBounds(x, y, w, h);
      s = s + "bounds=" + x + "," + y + "," + w + "," + h + "\\n";
    }
  }
  s = s + "results=" + nResults + "\\n";
  if (nResults > 0) saveAs("Results", prefix + ".csv");
  if (nImages > 0) saveAs("Tiff", prefix + ".tif");
  count = roiManager("count");
  s = s + "rois=" + count + "\\n";
  if (count > 0) { roiManager("deselect"); roiManager("Save", prefix + ".zip"); }
  File.saveString(s, prefix + ".txt");
}
"""


def run_imagej(jobs, folder):
    """Runs the jobs in one ImageJ; where it hangs, goes on behind the case that hung."""
    left = [j for j in jobs if not os.path.exists(j["ij"] + ".txt")]
    while left:
        lines = ['newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();',
                 'setBatchMode(true);']
        for job in left:
            lines += [RESET, f'open("{job["image"]}");', job["macro"], f'dump("{job["ij"]}");']
        lines.append(DUMP)
        macro = os.path.join(folder, "cases.ijm")
        with open(macro, "w", encoding="utf-8") as f:
            f.write("\n".join(lines))
        # A bigger screen than any image, and a home without preferences.
        home = os.path.join(folder, "home")
        os.makedirs(home, exist_ok=True)
        process = subprocess.Popen(
            ["xvfb-run", "-a", "java", "-Xmx1g", f"-Duser.home={home}", "-cp", JAR, "ij.ImageJ",
             "-batch", macro],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        done = 0
        while process.poll() is None:
            try:
                process.wait(CASE_SECONDS)
            except subprocess.TimeoutExpired:
                now = sum(os.path.exists(j["ij"] + ".txt") for j in left)
                if now == done:
                    os.killpg(process.pid, 9)
                    process.wait()
                    break
                done = now
        undone = [j for j in left if not os.path.exists(j["ij"] + ".txt")]
        if undone:
            undone[0]["hung"] = True
            with open(undone[0]["ij"] + ".txt", "w", encoding="utf-8") as f:
                f.write("hung=1\n")
            undone = undone[1:]
        left = undone


def key_values(path):
    with open(path, encoding="utf-8") as f:
        return dict(line.rstrip("\n").split("=", 1) for line in f if "=" in line)


SELECTIONS = {0: 1, 1: 2, 2: 0, 3: 7, 4: 8, 5: 3, 6: 5, 7: 4, 8: 9, 9: 255, 10: 10}


def close_to(a, b):
    if b is None:  # JSON has neither infinity nor NaN
        return not math.isfinite(a)
    return a == b or abs(a - b) <= 1e-6 * max(abs(a), abs(b)) + 1e-9


def compare(job):
    """What differs, as text; empty where nothing does."""
    theirs = key_values(job["ij"] + ".txt")
    if not os.path.exists(job["out"] + ".json"):
        return "Smearkit wrote nothing"
    with open(job["out"] + ".json", encoding="utf-8") as f:
        ours = json.load(f)
    if "hung" in theirs:
        return "" if "error" in ours else "ImageJ stopped at a dialog, Smearkit went on"
    if "error" in ours:
        return "Smearkit: " + ours["error"]
    problems = []
    if int(theirs["images"]) != ours["images"]:
        problems.append(f"images {theirs['images']} / {ours['images']}")
    if "image" in ours and int(theirs["images"]) > 0:
        problems += compare_image(job, theirs, ours["image"])
    csv = job["ij"] + ".csv"
    their_rows = open(csv, encoding="utf-8").read() if os.path.exists(csv) else None
    if their_rows != ours.get("results"):
        problems.append(first_difference(their_rows, ours.get("results")))
    problems += compare_rois(job, ours["rois"])
    return "; ".join(problems)


def first_difference(a, b):
    if a is None or b is None:
        return "results only in " + ("Smearkit" if a is None else "ImageJ")
    for x, y in zip(a.split("\n"), b.split("\n")):
        if x != y:
            return f"results: '{x}' / '{y}'"
    return "results: different number of rows"


def compare_image(job, theirs, ours):
    problems = []
    planes = read_tiff(job["ij"] + ".tif")
    depth = {"8-bit": 8, "16-bit": 16, "32-bit": 32, "RGB": 24}[ours["type"]]
    if depth != int(theirs["depth"]):
        return [f"type {theirs['depth']} / {ours['type']}"]
    kind = {8: "u1", 16: "u2", 32: "f4", 24: "u1"}[depth]
    shape = (ours["planes"], ours["height"], ours["width"]) + ((3,) if depth == 24 else ())
    raw = numpy.fromfile(job["out"] + ".raw", kind).reshape(shape)
    stack = numpy.stack(planes)
    if stack.shape != raw.shape:
        return [f"shape {stack.shape} / {raw.shape}"]
    if depth == 32:
        a, b = stack.astype(float), raw.astype(float)
        same = (a == b) | (numpy.isnan(a) & numpy.isnan(b))
        with numpy.errstate(invalid="ignore"):
            same |= numpy.abs(a - b) <= 1e-6 * numpy.maximum(numpy.abs(a), numpy.abs(b))
    else:
        same = stack == raw
    if not same.all():
        where = numpy.argwhere(~same)
        at = tuple(where[0])
        problems.append(f"{len(where)} of {same.size} pixels differ, first at {at}: "
                        f"{stack[at]} / {raw[at]}")
    if theirs["title"] != ours["title"]:
        problems.append(f"title {theirs['title']} / {ours['title']}")
    if (theirs["inverted"] in ("1", "true")) != ours["inverted"] and depth != 24:
        problems.append(f"inverting LUT {theirs['inverted']} / {ours['inverted']}")
    if depth != 24:
        for key in ("min", "max"):
            if not close_to(float(theirs[key]), ours[key]):
                problems.append(f"display {key} {theirs[key]} / {ours[key]}")
        lower, upper = ours.get("threshold", (-1, -1))
        if not (close_to(float(theirs["lower"]), lower) and close_to(float(theirs["upper"]), upper)):
            problems.append(f"threshold {theirs['lower']}..{theirs['upper']} / {lower}..{upper}")
    selection = int(theirs["selection"])
    roi = ours.get("roi")
    if (selection >= 0) != (roi is not None):
        problems.append(f"selection {selection} / {roi}")
    elif roi is not None:
        bounds = ",".join(str(v) for v in roi["bounds"])
        if SELECTIONS[selection] != roi["type"] or theirs["bounds"] != bounds:
            problems.append(f"selection {selection} {theirs['bounds']} / {roi['type']} {bounds}")
    return problems


def compare_rois(job, ours):
    theirs = []
    if os.path.exists(job["ij"] + ".zip"):
        with zipfile.ZipFile(job["ij"] + ".zip") as archive:
            theirs = [read_roi(n[:-4], archive.read(n)) for n in archive.namelist()]
    if len(theirs) != len(ours):
        return [f"{len(theirs)} / {len(ours)} ROIs"]
    for a, b in zip(theirs, ours):
        if (a["name"], a["type"], a["bounds"]) != (b["name"], b["type"], b["bounds"]):
            return [f"ROI {a['name']} {a['type']} {a['bounds']} / {b['name']} {b['type']} {b['bounds']}"]
        if a["points"] and a["points"] != b["points"]:
            return [f"ROI {a['name']}: points differ"]
    return []


def write_table(path, table, jobs, failures):
    """The cases as Markdown, a row each."""
    text = f"""# Parity with ImageJ

Each case is run by ImageJ 1.53t and by Smearkit on the same images, and compared: pixels (to the bit; 32-bit
float to 1e-6), display range, inverting colour table, threshold, selection, Results table as text, ROIs of the
ROI Manager. **{jobs - failures} of {jobs} identical.** Made by

    tests/imagej/parity.py build/release/bin/run-cases tests/imagej/cases/*.txt --images SMEARS --table docs/imagej-parity.md

where SMEARS holds real smears. Sets of images: {", ".join(f"`{name}` ({what})" for name, what in SETS.items())}.

"""
    group = None
    for (where, name, macro), (same, all_, sets) in table.items():
        if where != group:
            text += f"\n## {where}\n\n| case | macro | images | identical |\n|---|---|---|---|\n"
            group = where
        code = "`" + macro.replace("|", "\\|") + "`" if macro else ""
        text += f"| {name} | {code} | {' '.join(sorted(sets))} | {same} of {all_} |\n"
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run_cases")
    parser.add_argument("cases", nargs="+")
    parser.add_argument("--images", help="folder with real smears: the set 'smears'")
    parser.add_argument("--smears", type=int, default=20, help="how many of them")
    parser.add_argument("--only", help="cases whose name or group contains this")
    parser.add_argument("--table", help="write the table of cases as Markdown")
    parser.add_argument("--keep", help="folder for all files, kept; ImageJ's results in it are used again")
    arguments = parser.parse_args()
    if not os.path.exists(JAR) or shutil.which("xvfb-run") is None:
        print("skipped: ImageJ is not installed (Debian: imagej xvfb xauth openjdk-17-jre)")
        return 77
    folder = os.path.abspath(arguments.keep or tempfile.mkdtemp())
    os.makedirs(os.path.join(folder, "images"), exist_ok=True)
    sets = synthetic(os.path.join(folder, "images"))
    sets["smears"] = []
    if arguments.images:
        files = sorted(os.path.join(d, f) for d, _, fs in os.walk(arguments.images) for f in fs
                       if f.endswith((".jpg", ".png")))
        sets["smears"] = sorted(random.Random(1).sample(files, min(arguments.smears, len(files))))
    jobs = []
    for group, name, images, macro in read_cases(arguments.cases):
        if arguments.only and arguments.only not in name and arguments.only not in group:
            continue
        for one in images:
            for image in sets[one]:
                stem = re.sub(r"\W+", "-", f"{name}-{os.path.basename(image)}")
                macro_id = hashlib.sha256(macro.encode()).hexdigest()[:12]
                jobs.append({"group": group, "name": name, "macro": macro, "image": image, "set": one,
                             "ij": os.path.join(folder, f"{stem}-{macro_id}.ij"),
                             "out": os.path.join(folder, f"{stem}-{macro_id}.smear")})
    run_imagej(jobs, folder)
    for job in jobs:
        for end in (".json", ".raw"):
            if os.path.exists(job["out"] + end):
                os.remove(job["out"] + end)
    lines = "".join(json.dumps({k: j[k] for k in ("image", "macro", "out")}) + "\n" for j in jobs)
    crashed = subprocess.run([arguments.run_cases], input=lines, text=True).returncode
    failures = 0
    table = {}
    for job in jobs:
        problem = compare(job)
        row = table.setdefault((job["group"], job["name"], job["macro"]), [0, 0, set()])
        row[0] += not problem
        row[1] += 1
        row[2].add(job["set"])
        if problem:
            failures += 1
            print(f"DIFFERS {job['name']} on {os.path.basename(job['image'])}: {problem}")
    if arguments.table:
        write_table(arguments.table, table, len(jobs), failures)
    print(f"{len(jobs) - failures} of {len(jobs)} identical" + (" (run-cases crashed)" if crashed else ""))
    return 1 if failures or crashed else 0


if __name__ == "__main__":
    sys.exit(main())
