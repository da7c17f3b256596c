#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares files that ImageJ and Smearkit write, byte by byte:

- what ImageJ saved, read and saved again by Smearkit, is the same;
- what others saved, opened and saved as TIFF, is the same from both;
- what Smearkit saved, ImageJ reads as it was meant.

  files.py RUN_FILES [--keep DIR]
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

try:
    import numpy
    from PIL import Image
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-numpy python3-pil, and its own python3)")
    sys.exit(77)

from parity import write_tiff

JAR = "/usr/share/java/ij.jar"
SECONDS = 60

START = """
newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
setBatchMode(true);
d = getArgument();
function tif(name) { saveAs("Tiff", d + name + ".tif"); }
function roi(name) { saveAs("Selection", d + name + ".roi"); }
"""

ROIS = START + """
newImage("b", "8-bit ramp", 200, 160, 1);
makeRectangle(10,12,30,20); roi("rectangle");
makeRectangle(10,12,30,20,9); roi("rounded");
makeRectangle(-10,-12,60,40); roi("outside");
makeRectangle(10.5,12.25,30.5,20.75); roi("rectangle-fractions");
makeOval(10,12,30,20); roi("oval");
makeOval(10.5,12.25,30.5,20.75); roi("oval-fractions");
makeEllipse(10,12,60,40,0.6); roi("ellipse");
makeRotatedRectangle(10,12,60,40,15); roi("rotated");
makeLine(10,12,60,40); roi("line");
makeLine(10.5,12.5,60.25,40); roi("line-fractions");
makeLine(10,12,60,40,7); roi("line-wide");
makeLine(10,12,60,40,70,50); roi("segmented");
makeArrow(10,12,60,40,"filled outline large double"); roi("arrow");
makeArrow(10,12,60,40,"notched small"); roi("arrow-notched");
makePolygon(10,12,60,40,20,50); roi("polygon");
makePolygon(10,12,60,40,20,50); run("Fit Spline"); roi("spline");
run("Interpolate", "interval=3"); roi("interpolated");
kinds = newArray("freehand", "polygon", "traced", "polyline", "freeline", "points");
for (i = 0; i < kinds.length; i++) {
  kind = kinds[i];
  makeSelection(kind, newArray(10,12,15,14), newArray(5,6,12,13)); roi("whole-" + kind);
  makeSelection(kind, newArray(10.2,12.7,15.5,14.3), newArray(5.1,6.6,12.5,13.5)); roi(kind);
}
makeSelection("angle", newArray(10.7,12.7,15.5), newArray(5.6,6.6,12.5)); roi("angle");
makePoint(10.5,12.25); roi("point");
makePoint(10,12,"large red hybrid label"); roi("point-large");
makePoint(20,12,"extra blue cross"); roi("point-cross");
makeRectangle(10,12,30,20); setKeyDown("shift"); makeOval(25,20,30,30); setKeyDown("none"); roi("joined");
makeRectangle(10,12,30,20); setKeyDown("alt"); makeOval(15,14,10,10); setKeyDown("none");
Roi.setStrokeColor("red"); Roi.setName("hole"); Roi.setPosition(1); roi("hole");
makeRectangle(10,12,30,20); run("Make Inverse"); roi("inverse");
makeRectangle(10,12,30,20); Roi.setStrokeColor("red"); Roi.setStrokeWidth(3); Roi.setFillColor("#8000ff00");
Roi.setName("n\\u00b5me"); Roi.setGroup(5); Roi.setProperty("a","b c"); Roi.setProperty("zz","1"); roi("styled");
makeRectangle(10,12,30,20); Roi.setStrokeWidth(2.5); roi("stroke");
setFont("SansSerif", 18, "bold antialiased"); makeText("Hello\\nworld", 10, 20); roi("text");
run("Select All"); roi("all");
roiManager("reset");
for (i = 0; i < 12; i++) { makeOval(5 * i, 3 * i, 10 + i, 12); roiManager("add"); }
roiManager("deselect"); roiManager("Save", d + "set.zip");
close("*");
newImage("wide", "8-bit black", 70000, 20, 1);
makeRectangle(40000,3,10,5); roi("far-rectangle");
makeRectangle(20000,3,40000,5); roi("wide-rectangle");
makePolygon(100,3,40000,5,7000,15); roi("wide-polygon");
makePolygon(100,3,69000,5,7000,15); roi("wider-polygon");
"""

TIFFS = START + """
newImage("b", "8-bit ramp", 100, 80, 1); tif("plain");
makeRectangle(10,12,30,20); Overlay.addSelection("red", 3); makeOval(1,2,30,20); Overlay.addSelection("", 0, "#40ff0000");
Overlay.drawLabels(true); tif("overlay");
makeArrow(3,4,30,20); Overlay.addSelection; makeSelection("points", newArray(10.5,12,15,14), newArray(5,6.25,12,13));
Overlay.addSelection; makeText("abc",1,2); Overlay.addSelection; setKeyDown("none");
makeRectangle(10,12,20,20); setKeyDown("alt"); makeOval(15,14,10,10); setKeyDown("none"); Overlay.addSelection("red",2);
tif("overlay-kinds");
run("Remove Overlay"); run("Select None"); run("Invert LUT"); tif("inverted");
run("Fire"); tif("fire"); run("Set Scale...", "distance=10 known=2.5 unit=mm"); makeRectangle(1,1,2,2); tif("fire-mm");
run("Grays"); run("Select None"); run("Set Scale...", "distance=10 known=2.5 unit=micron"); tif("micron");
run("Set Scale...", "distance=7 known=2.5 unit=um"); tif("um");
run("Set Scale...", "distance=7 known=3 unit=cm"); tif("cm");
run("Set Scale...", "distance=7 known=3 unit=inch"); tif("inch");
run("Properties...", "channels=1 slices=1 frames=1 pixel_width=0.3 pixel_height=0.0004 voxel_depth=2 unit=[a b]"); tif("unit");
run("Properties...", "channels=1 slices=1 frames=1 unit=pixel pixel_width=1 pixel_height=1 voxel_depth=1 origin=3,4"); tif("origin");
setMetadata("Info", "two\\nlines"); tif("info");
setMetadata("Label", "a label"); tif("label");
for (i = 0; i < 30; i++) Property.set("key" + i * i * 7, "v" + i);
tif("properties"); setMinAndMax(10,200); tif("range");
run("16-bit"); tif("16"); setMinAndMax(10,200); tif("16-range");
run("32-bit"); tif("32"); setMinAndMax(-1.5,3.25e7); tif("32-range"); close();
newImage("b", "16-bit ramp", 10, 10, 1); run("Fire"); tif("16-fire"); run("Grays"); run("Invert LUT"); tif("16-inverted"); close();
newImage("b", "32-bit ramp", 10, 10, 1); run("Fire"); tif("32-fire"); run("Grays"); run("Invert LUT"); tif("32-inverted"); close();
newImage("b", "32-bit ramp", 5, 4, 3); run("Fire"); run("Set Scale...", "distance=10 known=2.5 unit=mm"); tif("32-stack"); close();
newImage("b", "RGB ramp", 30, 20, 1); tif("rgb"); run("8-bit Color", "number=256"); tif("palette"); close();
newImage("b", "RGB ramp", 30, 20, 2); tif("rgb-stack"); close();
newImage("b", "8-bit ramp", 30, 20, 3); tif("stack"); setSlice(2); setMetadata("Label", "two"); tif("stack-label");
run("Properties...", "channels=1 slices=3 frames=1 unit=mm pixel_width=1 pixel_height=1 voxel_depth=2"); tif("stack-mm");
Stack.setYUnit("kk"); Stack.setZUnit("zz"); Stack.setTUnit("tt"); Stack.setFrameRate(7); Stack.setFrameInterval(0.5);
tif("stack-units"); close();
newImage("b", "16-bit ramp", 30, 20, 3); tif("16-stack"); close();
newImage("HyperStack", "8-bit composite-mode label", 40, 30, 3, 2, 2); tif("composite");
Stack.setDisplayMode("grayscale"); tif("composite-grey"); Stack.setDisplayMode("color"); tif("composite-colour"); close();
newImage("HyperStack", "16-bit composite-mode", 40, 30, 2, 1, 1); Stack.setChannel(1); setMinAndMax(5,100);
Stack.setChannel(2); setMinAndMax(7,1000); run("Fire"); tif("composite-16"); close();
newImage("HyperStack", "8-bit composite-mode", 20, 17, 3, 2, 2);
Stack.setChannel(2); setMinAndMax(10, 99); tif("composite-8"); close();
newImage("HyperStack", "8-bit color-mode", 40, 30, 1, 2, 2);
run("Properties...", "channels=1 slices=2 frames=2 frame=[5 sec]"); tif("frames"); close();
newImage("b", "8-bit ramp", 30, 20, 1);
run("Calibrate...", "function=[Straight Line] unit=[Gray Value] text1=[0 255] text2=[1 2]"); tif("straight");
run("Calibrate...", "function=[Uncalibrated OD] unit=[OD]"); tif("od");
run("Calibrate...", "function=[2nd Degree Polynomial] unit=[foo bar] text1=[0 100 200 255] text2=[1 2 4 9]"); tif("polynomial");
setThreshold(3,100); tif("threshold"); close();
newImage("b", "16-bit ramp", 10, 10, 1);
run("Calibrate...", "function=[Straight Line] unit=[Gray Value] text1=[0 65535] text2=[-32768 32767]"); tif("signed"); close();
setOption("BlackBackground", true);
newImage("b", "8-bit black", 60, 50, 1); setColor(255); fillRect(5,5,10,10); fillRect(30,20,10,10); fillOval(40,5,10,11);
run("Convert to Mask"); roiManager("reset"); run("Analyze Particles...", "size=0-Infinity show=Nothing clear add"); tif("particles");
roiManager("Save", d + "particles.zip"); close();
for (i = 0; i < 40; i++) {
  newImage("b", "8-bit black", 3, 3, 1); run("Set Scale...", "distance=" + (i * 7 + 1) + " known=" + (3 + i * i * 0.37) + " unit=mm");
  tif("scale" + i); close();
}
"""

OPEN = """
newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
setBatchMode(true);
parts = split(getArgument(), "|");
list = getFileList(parts[0]);
for (i = 0; i < list.length; i++) {
  open(parts[0] + list[i]); saveAs("Tiff", parts[1] + replace(list[i], ".", "_") + ".tif"); close();
}
"""

REPORT = START + """
names = newArray("mask", "inverted", "stack");
for (i = 0; i < names.length; i++) {
  open(d + names[i] + ".tif"); getVoxelSize(w, h, z, unit); getMinAndMax(low, high); type = selectionType();
  print(names[i] + ": " + nSlices + " " + w + " " + h + " " + z + " " + unit + " " + low + ".." + high + " inverted "
    + is("Inverting LUT") + " overlay " + Overlay.size + " selection " + type + " " + Roi.getName + " info " + getMetadata("Info")
    + " key " + Property.get("key") + " pixels " + getPixel(3, 2) + " " + getPixel(0, 0));
  if (nSlices > 1) { setSlice(2); print("label " + getMetadata("Label")); }
  close();
}
roiManager("Open", d + "set.zip");
for (i = 0; i < roiManager("count"); i++) print(RoiManager.getName(i));
"""

EXPECTED = """\
mask: 1 0.25 0.5 1 \u00b5m 5..250 inverted 0 overlay 2 selection 4 cell info info text key value pixels 255 0
inverted: 1 0.25 0.5 1 \u00b5m 5..250 inverted 1 overlay 2 selection 4 cell info info text key value pixels 255 0
stack: 2 0.25 0.5 2 \u00b5m 5..250 inverted 0 overlay 2 selection 4 cell info info text key value pixels 255 0
label second
0001-0003
0002-0003
"""


def imagej(folder, macro, argument):
    """Runs a macro; what it printed. ImageJ's messages are windows, so that errors show as time-outs."""
    file = os.path.join(folder, "macro.ijm")
    with open(file, "w", encoding="utf-8") as f:
        f.write(macro)
    home = os.path.join(folder, "home")
    os.makedirs(home, exist_ok=True)
    process = subprocess.run(
        ["timeout", "-k", "5", str(SECONDS), "xvfb-run", "-a", "java", "-Xmx1g", "-Dfile.encoding=UTF-8",
         f"-Duser.home={home}", "-cp", JAR, "ij.ImageJ", "-batch", file, argument],
        capture_output=True, text=True, check=False)
    if process.returncode != 0:
        sys.exit(f"ImageJ stopped at an error:\n{process.stdout}{process.stderr}")
    return process.stdout


def foreign(folder):
    """Images that ImageJ did not write."""
    grey = numpy.add.outer(numpy.arange(20) * 5, numpy.arange(30) * 3).astype(numpy.uint8)
    rgb = numpy.stack([grey, 255 - grey, grey // 2 + 20], 2)
    rotated = Image.Exif()
    rotated[274] = 6
    images = {"grey": grey, "rgb": rgb, "rgb-of-greys": numpy.stack([grey] * 3, 2)}
    for name, pixels in images.items():
        image = Image.fromarray(pixels)
        for extension in ("jpg", "png", "bmp", "tif"):
            image.save(os.path.join(folder, f"{name}.{extension}"))
        image.save(os.path.join(folder, f"{name}-exif.jpg"), exif=rotated)
        image.save(os.path.join(folder, f"{name}-dpi.png"), dpi=(300, 300))
        for compression in ("tiff_lzw", "packbits", "tiff_adobe_deflate"):
            image.save(os.path.join(folder, f"{name}-{compression}.tif"), compression=compression)
    for name, pixels in {"16": grey.astype(numpy.uint16) * 200, "32": grey.astype(numpy.float32) * 1.5 - 20,
                         "int": grey.astype(numpy.int32) * 1000 - 77777}.items():
        Image.fromarray(pixels).save(os.path.join(folder, f"{name}.tif"))
    Image.fromarray(grey.astype(numpy.uint16) * 200).save(os.path.join(folder, "16.png"))
    Image.fromarray(rgb).quantize(256).save(os.path.join(folder, "palette.tif"))
    Image.fromarray(grey).save(os.path.join(folder, "described.tif"), tiffinfo={270: "hello\nthere"})
    Image.fromarray(grey).save(os.path.join(folder, "dpi.tif"), dpi=(300, 300))
    planes = numpy.stack([grey, 255 - grey, grey // 2, grey // 3])
    for name, text in {"channels": "channels=4\nmode=composite", "channels-2": "channels=2\nslices=2\nhyperstack=true",
                       "channels-grey": "channels=4\nmode=grayscale", "channels-plain": "channels=4"}.items():
        for kind in ("u1", "u2", "f4"):
            write_tiff(os.path.join(folder, f"{name}-{kind}.tif"), planes.astype(kind),
                       f"ImageJ=1.11a\nimages=4\n{text}\n")
    Image.fromarray(grey).save(os.path.join(folder, "pages.tif"), save_all=True,
                               append_images=[Image.fromarray(255 - grey)])


def again(tool, pairs):
    run = subprocess.run([tool, "again"] + [path for pair in pairs for path in pair],
                         capture_output=True, text=True, check=False)
    return run.stdout


def differing(pairs):
    """Those pairs of files, by their entries if they are zips, that are not the same."""
    import zipfile
    result = []
    for a, b in pairs:
        if not os.path.exists(b):
            result.append(f"{a}: nothing was written")
            continue
        if a.endswith(".zip"):
            with zipfile.ZipFile(a) as x, zipfile.ZipFile(b) as y:
                same = [(n, x.read(n)) for n in x.namelist()] == [(n, y.read(n)) for n in y.namelist()]
        else:
            with open(a, "rb") as x, open(b, "rb") as y:
                same = x.read() == y.read()
        if not same:
            result.append(f"{a}: {b} differs")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run_files")
    parser.add_argument("--keep", help="folder for all files, kept")
    arguments = parser.parse_args()
    if not os.path.exists(JAR) or not shutil.which("xvfb-run") or not shutil.which("java"):
        print("ImageJ is not installed (Debian's imagej, xvfb, xauth, openjdk-17-jre)")
        return 77
    folder = os.path.abspath(arguments.keep or tempfile.mkdtemp())
    made, ours, others, theirs, new = (os.path.join(folder, n, "") for n in
                                       ("made", "ours", "others", "theirs", "new"))
    for path in (made, ours, others, theirs, new):
        os.makedirs(path, exist_ok=True)
    problems = []
    count = 0

    imagej(folder, ROIS, made)
    imagej(folder, TIFFS, made)
    pairs = [(made + n, ours + n) for n in sorted(os.listdir(made))]
    print(again(arguments.run_files, pairs), end="")
    problems += differing(pairs)
    count += len(pairs)

    foreign(others)
    imagej(folder, OPEN, others + "|" + theirs)
    names = sorted(os.listdir(others))
    saved = [re.sub(r"\.", "_", n) + ".tif" for n in names]
    print(again(arguments.run_files, [(others + n, ours + "other-" + s) for n, s in zip(names, saved)]), end="")
    problems += differing([(theirs + s, ours + "other-" + s) for s in saved])
    count += len(names)

    subprocess.run([arguments.run_files, "make", new], check=True)
    report = imagej(folder, REPORT, new)
    count += 1
    if report.split() != EXPECTED.split():
        problems.append(f"ImageJ reads what Smearkit wrote as\n{report}and not as\n{EXPECTED}")
    print("\n".join(problems))
    print(f"{count - len(problems)} of {count} identical")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
