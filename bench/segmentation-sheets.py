# SPDX-License-Identifier: Apache-2.0
"""Contact sheets for bench/segmentation: images with truth and prediction drawn over them."""
import csv
import dataclasses
import glob
import os
import xml.etree.ElementTree as ElementTree

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

TRUTH = (0, 190, 0)
PREDICTION = (0, 110, 255)
BACKGROUND, TEXT = (24, 24, 24), (240, 240, 240)
COLUMNS, TILE, CAPTION, GAP = 4, (560, 420), 18, 6
# How far a predicted centre may be from one of the truth, in pixels, as in the scorers.
RADIUS = {"chula": 18.0, "leukemia": 12.0}


@dataclasses.dataclass(frozen=True)
class Case:
    """One image of a sheet."""
    file: str
    stem: str
    caption: str


class Truth:
    """What is annotated in a set: boxes, points or masks by stem."""

    def __init__(self, kind, path):
        self.kind = kind
        self.cells = {}  # stem: [(class, numbers)]
        read = {"zx": self.read_masks, "bccd": self.read_voc, "chula": self.read_points,
                "draaslan": self.read_relative, "leukemia": self.read_centres}
        read[kind](path)

    def add(self, stem, cell_class, numbers):
        self.cells.setdefault(stem, []).append((cell_class, numbers))

    def read_masks(self, path):
        self.cells = {stem_of(f): f for f in glob.glob(os.path.join(glob.escape(path), "*.png"))}

    def read_voc(self, path):
        for file in glob.glob(os.path.join(glob.escape(path), "*.xml")):
            for cell in ElementTree.parse(file).getroot().iter("object"):
                name = cell.find("name").text.upper()
                box = [float(cell.find("bndbox").find(key).text)
                       for key in ("xmin", "ymin", "xmax", "ymax")]
                # Boxes are inclusive and counted from 1.
                self.add(stem_of(file), "PLT" if name.startswith("PLATELET") else name,
                         (max(box[0] - 1, 0), max(box[1] - 1, 0), box[2], box[3]))

    def read_points(self, path):
        for file in glob.glob(os.path.join(glob.escape(path), "*.txt")):
            with open(file, encoding="utf-8") as lines:
                for words in (line.replace(",", " ").split() for line in lines):
                    if len(words) >= 2:
                        self.add(stem_of(file), "RBC", (float(words[0]), float(words[1])))

    def read_relative(self, path, size=256):
        for row in rows_of(path):
            self.add(stem_of(row["image"]), row["label"].upper(),
                     tuple(float(row[key]) * size for key in ("xmin", "ymin", "xmax", "ymax")))

    def read_centres(self, path):
        for row in rows_of(path):
            self.add(row["image"], "WBC" if row["kind"] == "must" else "optional",
                     (float(row["x"]), float(row["y"])))


class Painter:
    """Draws truth and prediction of one figure over an image; says in words how many differ."""

    def __init__(self, evaluate, truth, found, cells):
        self.evaluate, self.truth, self.found, self.cells = evaluate, truth, found, cells
        self.predicted = {}
        if truth.kind != "zx":
            for row in rows_of(os.path.join(found, "objects.csv")):
                if row["class"].upper() == cells:
                    self.predicted.setdefault(stem_of(row["image"]), []).append(row)

    def paint(self, case):
        image = Image.open(case.file).convert("RGB")
        scale = min(TILE[0] / image.width, TILE[1] / image.height)
        size = (round(image.width * scale), round(image.height * scale))
        tile = image.resize(size, Image.BICUBIC)
        if self.truth.kind == "zx":
            return self.paint_masks(case.stem, image.size, tile)
        return self.paint_cells(case.stem, scale, tile)

    # ---- masks

    def wanted(self, mask):
        return mask == 2 if self.cells == "nucleus" else mask > 0

    def paint_masks(self, stem, size, tile):
        pixels = np.array(tile)
        truth = classes_of(self.truth.cells[stem])
        file = os.path.join(self.found, "masks", stem + ".png")
        masks = [(truth, TRUTH)]
        if os.path.exists(file):
            masks.append((central(classes_of(file), file[:-4] + "_cells.png"), PREDICTION))
        for mask, colour in masks:
            wanted = Image.fromarray(self.wanted(mask).astype(np.uint8) * 255)
            area = np.array(wanted.resize(tile.size, Image.NEAREST)) > 0
            pixels[area & ~ndimage.binary_erosion(area, iterations=2, border_value=1)] = colour
        return Image.fromarray(pixels), "" if os.path.exists(file) else "no mask"

    # ---- boxes and points

    def paint_cells(self, stem, scale, tile):
        draw = ImageDraw.Draw(tile)
        truth = [numbers for name, numbers in self.truth.cells.get(stem, ()) if name == self.cells]
        found = self.predicted.get(stem, [])
        boxes = [tuple(float(row[key]) for key in ("x0", "y0", "x1", "y1")) for row in found]
        centres = [(float(row["x"]), float(row["y"])) for row in found]
        pairs = self.match(truth, boxes, centres)
        hit, used = {i for i, _ in pairs}, {j for _, j in pairs}
        points = self.truth.kind in RADIUS
        for i, numbers in enumerate(truth):
            self.shape(draw, numbers, scale, TRUTH, 1 if i in hit else 4)
        for name, numbers in self.truth.cells.get(stem, ()):
            if name == "optional":
                self.shape(draw, numbers, scale, (150, 150, 150), 1)
        for j, box in enumerate(boxes):
            width = 1 if j in used else 3
            if points:
                self.shape(draw, centres[j], scale, PREDICTION, width, 3)
            self.shape(draw, box, scale, PREDICTION, width)
        return tile, (f"of {len(truth)} annotated {len(truth) - len(hit)} missed, "
                      f"{len(boxes) - len(used)} more")

    def match(self, truth, boxes, centres):
        """As the scorer does. Without truth or prediction there is nothing to match."""
        if not truth or not boxes:
            return []
        if self.truth.kind in RADIUS:
            return self.evaluate.match_point(truth, centres, RADIUS[self.truth.kind])
        if self.cells == "WBC":
            return self.evaluate.match_box(truth, boxes)
        return self.evaluate.match_centroid(truth, centres)

    @staticmethod
    def shape(draw, numbers, scale, colour, width, radius=5):
        if len(numbers) == 4:
            box = [value * scale for value in numbers]
            draw.rectangle([box[0], box[1], max(box[2] - 1, box[0]), max(box[3] - 1, box[1])],
                           outline=colour, width=width)
        else:
            # (0, 0) is the centre of the first pixel.
            x, y = ((value + 0.5) * scale for value in numbers)
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], outline=colour,
                         fill=colour if width > 1 else None, width=2)


def draw(path, title, cases, painter):
    """One sheet; no file where there is no case."""
    if not cases:
        return
    tiles = [painter.paint(case) for case in cases]
    cell = (max(tile.width for tile, _ in tiles) + GAP, TILE[1] + CAPTION + GAP)
    rows = -(-len(cases) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * cell[0] + GAP, rows * cell[1] + 2 * CAPTION + GAP),
                      BACKGROUND)
    pen, font = ImageDraw.Draw(sheet), font_there()
    pen.text((GAP, 2), title, fill=TEXT, font=font)
    pen.text((GAP, CAPTION), "truth green, prediction blue" + (
        "" if painter.truth.kind == "zx" else "; bold where the other has no counterpart"),
        fill=TEXT, font=font)
    for number, (case, (tile, note)) in enumerate(zip(cases, tiles)):
        x = GAP + number % COLUMNS * cell[0]
        y = 2 * CAPTION + GAP + number // COLUMNS * cell[1]
        pen.text((x, y), f"{case.caption}  {note}", fill=TEXT, font=font)
        sheet.paste(tile, (x, y + CAPTION))
    sheet.save(path, quality=88)


def font_there():
    try:
        return ImageFont.truetype("DejaVuSans.ttf", 13)
    except OSError:
        return ImageFont.load_default()


def classes_of(file):
    """0 background, 1 cytoplasm, 2 nucleus."""
    mask = np.array(Image.open(file)).astype(int)
    if mask.ndim > 2:
        mask = mask[..., 0]
    return mask if mask.max() <= 2 else np.digitize(mask, (64, 192))


def central(mask, labels_file):
    """The cell that is scored: the one nearest to the centre of the image."""
    if os.path.exists(labels_file):
        labels = np.array(Image.open(labels_file)).astype(int)
    else:
        labels = ndimage.label(mask > 0, structure=np.ones((3, 3)))[0]
    ys, xs = np.nonzero(labels)
    if not len(ys):
        return mask
    distance = (ys - (mask.shape[0] - 1) / 2) ** 2 + (xs - (mask.shape[1] - 1) / 2) ** 2
    nearest = distance.argmin()
    return np.where(labels == labels[ys[nearest], xs[nearest]], mask, 0)


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def stem_of(path):
    return os.path.splitext(os.path.basename(path))[0]
