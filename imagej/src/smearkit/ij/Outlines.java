// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.ImagePlus;
import ij.gui.Roi;
import ij.process.ImageProcessor;
import java.io.File;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The outlines of the objects that a run found, with names and colours. */
final class Outlines {
  final List<Roi> rois = new ArrayList<Roi>();
  // Of the image that they lie on; 0 where that is not known.
  private int width;
  private int height;

  /** Those of ROI files, where the run left such; else of its best label image. */
  static Outlines of(RunFiles files) throws Failure {
    Outlines out = new Outlines();
    for (File set : files.roiSets) out.rois.addAll(RoiFiles.read(set));
    if (!out.rois.isEmpty()) return out;
    for (File file : files.labelImages()) {
      ImagePlus image = ImageFiles.read(file);
      if (image == null || image.getBitDepth() == 24) continue;
      out.trace(image.getProcessor(), classes(files));
      break;
    }
    return out;
  }

  boolean isEmpty() {
    return rois.isEmpty();
  }

  /**
   * The image that they fit: the one that was worked on, unless the pipeline changed the size, then
   * a result of that size; null where there is none.
   */
  ImagePlus place(ImagePlus worked, List<ImagePlus> results) {
    if (fits(worked)) return worked;
    for (ImagePlus result : results) {
      if (fits(result)) return result;
    }
    return null;
  }

  private boolean fits(ImagePlus image) {
    return width == 0 || (image.getWidth() == width && image.getHeight() == height);
  }

  private void trace(ImageProcessor labels, Map<Integer, String> classes) {
    width = labels.getWidth();
    height = labels.getHeight();
    for (Map.Entry<Integer, Roi> object : LabelOutlines.of(labels).entrySet()) {
      String name = classes.containsKey(object.getKey()) ? classes.get(object.getKey()) : "";
      Roi roi = object.getValue();
      roi.setName(String.format("%04d", object.getKey()) + (name.isEmpty() ? "" : " " + name));
      roi.setStrokeColor(LabelColours.ofClass(name));
      rois.add(roi);
    }
  }

  /** The classes of the objects by their numbers, from the main table; empty where it has none. */
  private static Map<Integer, String> classes(RunFiles files) throws Failure {
    Map<Integer, String> out = new HashMap<Integer, String>();
    File main = files.mainTable();
    if (main == null) return out;
    Csv csv = Csv.read(main);
    int label = csv.column("label");
    int kind = csv.column("class");
    for (int row = 0; row < csv.rows.size(); ++row) {
      double number = Csv.number(csv.field(row, label));
      if (!Double.isNaN(number)) out.put((int) number, csv.field(row, kind));
    }
    return out;
  }
}
