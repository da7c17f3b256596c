#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs macros over a folder in ImageJ and in Smearkit, and compares every file that ImageJ writes.

  macro-files.py SMEAR [MACRO.ijm ...] [--keep DIR] [--images DIR]

The macros (those in macro-files/ by default) take "input|output" as their argument. ImageJ runs with
its windows, on a screen that nobody sees: without them it keeps no table windows. PNG are compared by
what they decode to, palette and bit depth, zips by their entries; all else byte for byte.
"""
import argparse
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib

JAR = "/usr/share/java/ij.jar"
SECONDS = 120


def in_imagej(macro, images, out, home):
    """Runs a macro; True where it came to its end."""
    done = out + ".done"
    own = out + ".ijm"
    with open(macro, encoding="utf-8") as f:
        text = f.read()
    with open(own, "w", encoding="utf-8") as f:
        f.write(f'{text}\nFile.saveString("done", "{done}");\n')
    process = subprocess.Popen(
        ["xvfb-run", "-a", "java", "-Xmx512m", f"-Duser.home={home}", "-cp", JAR, "ij.ImageJ",
         "-macro", own, f"{images}/|{out}/"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    end = time.time() + SECONDS
    while time.time() < end and process.poll() is None and not os.path.exists(done):
        time.sleep(0.1)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGTERM)
    process.wait()
    return os.path.exists(done)


def decoded(path):
    """Header, palette and unfiltered rows of a PNG without interlacing."""
    with open(path, "rb") as f:
        data = f.read()
    at, header, palette, pixels = 8, b"", b"", b""
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4:at + 8], data[at + 8:at + 8 + size]
        header = body if kind == b"IHDR" else header
        palette = body if kind == b"PLTE" else palette
        pixels += body if kind == b"IDAT" else b""
        at += 12 + size
    width, height, depth, colour = struct.unpack_from(">IIBB", header)
    step = max(1, depth // 8 * {0: 1, 2: 3, 3: 1}[colour])
    length = (width * depth * {0: 1, 2: 3, 3: 1}[colour] + 7) // 8
    raw, rows, before = zlib.decompress(pixels), [], bytearray(length)
    for y in range(height):
        kind = raw[y * (length + 1)]
        row = bytearray(raw[y * (length + 1) + 1:(y + 1) * (length + 1)])
        for i in range(length):
            left = row[i - step] if i >= step else 0
            corner = before[i - step] if i >= step else 0
            up = before[i]
            guess = left + up - corner
            paeth = min((left, up, corner), key=lambda v: abs(guess - v))
            row[i] = (row[i] + (0, left, up, (left + up) // 2, paeth)[kind]) & 255
        rows.append(bytes(row))
        before = row
    return width, height, depth, colour, palette, rows


def same(theirs, ours):
    if not os.path.exists(ours):
        return False
    if theirs.endswith(".png"):
        return decoded(theirs) == decoded(ours)
    if theirs.endswith(".zip"):
        with zipfile.ZipFile(theirs) as a, zipfile.ZipFile(ours) as b:
            return [(n, a.read(n)) for n in a.namelist()] == [(n, b.read(n)) for n in b.namelist()]
    with open(theirs, "rb") as a, open(ours, "rb") as b:
        return a.read() == b.read()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("smear")
    parser.add_argument("macros", nargs="*")
    parser.add_argument("--keep", help="folder for what both write; ImageJ's answers are used again")
    parser.add_argument("--images", help="folder of images; synthetic smears by default")
    args = parser.parse_args()
    if not os.path.exists(JAR) or not shutil.which("xvfb-run") or not shutil.which("java"):
        print("skipped: ImageJ, Java or xvfb-run is not installed")
        sys.exit(77)
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "macro-files")
    macros = args.macros or sorted(os.path.join(here, m) for m in os.listdir(here))
    folder = os.path.abspath(args.keep) if args.keep else tempfile.mkdtemp()
    os.makedirs(os.path.join(folder, "home"), exist_ok=True)
    images = args.images and os.path.abspath(args.images)
    if not images:
        images = os.path.join(folder, "smears", "images")
        if not os.path.exists(images):
            subprocess.run([args.smear, "synth", os.path.dirname(images), "--count", "4", "--size",
                            "224x200"], check=True, stdout=subprocess.DEVNULL)
    failures = 0
    for macro in macros:
        name = os.path.splitext(os.path.basename(macro))[0]
        theirs, ours = (os.path.join(folder, name + end) for end in ("-imagej", "-smear"))
        shutil.rmtree(ours, ignore_errors=True)
        run = subprocess.run([args.smear, "run", macro, images, "-o", ours], capture_output=True,
                             text=True, check=False)
        # Which of ImageJ's tables is in front, the window system tells it, and on a busy machine
        # too late: then it saves another one. What differs is asked for once more.
        for again in (False, True):
            if again or not os.path.exists(theirs + ".done"):
                shutil.rmtree(theirs, ignore_errors=True)
                os.makedirs(theirs)
                if os.path.exists(theirs + ".done"):
                    os.remove(theirs + ".done")
                if not in_imagej(macro, images, theirs, os.path.join(folder, "home")):
                    print(f"{name}: ImageJ stopped")
                    wrong = files = []
                    continue
            files = sorted(os.listdir(theirs))
            wrong = [f for f in files if not same(os.path.join(theirs, f), os.path.join(ours, f))]
            if not wrong:
                break
        print(f"{name}: {len(files) - len(wrong)} of {len(files)} files the same"
              + (f"; not {', '.join(wrong)}" if wrong else ""))
        if run.returncode != 0 or wrong or not files:
            print(run.stderr)
            failures += 1
    if not args.keep:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
