// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.gui.Roi;
import ij.plugin.filter.ThresholdToSelection;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import java.awt.Rectangle;
import java.util.Map;
import java.util.TreeMap;

/** Outlines of the objects of a label image, in which each pixel holds its object's number. */
final class LabelOutlines {
  private LabelOutlines() {}

  /**
   * The outlines by the objects' numbers: traced ones along the edges of the pixels, as those of
   * the particle analyzer; composite ones where an object has holes or several parts.
   *
   * Time is linear in the image plus the objects' bounding boxes.
   */
  static Map<Integer, Roi> of(ImageProcessor labels) {
    Map<Integer, Roi> out = new TreeMap<Integer, Roi>();
    for (Map.Entry<Integer, Rectangle> object : bounds(labels).entrySet()) {
      Rectangle box = object.getValue();
      ByteProcessor mask = mask(labels, object.getKey(), box);
      mask.setThreshold(255, 255, ImageProcessor.NO_LUT_UPDATE);
      Roi roi = new ThresholdToSelection().convert(mask);
      if (roi == null) continue;
      Rectangle inner = roi.getBounds();
      roi.setLocation(box.x + inner.x, box.y + inner.y);
      out.put(object.getKey(), roi);
    }
    return out;
  }

  private static Map<Integer, Rectangle> bounds(ImageProcessor labels) {
    Map<Integer, Rectangle> out = new TreeMap<Integer, Rectangle>();
    for (int y = 0; y < labels.getHeight(); ++y) {
      int previous = 0;
      Rectangle box = null;
      for (int x = 0; x < labels.getWidth(); ++x) {
        int label = (int) labels.getf(x, y);
        if (label != previous) box = out.get(label);
        previous = label;
        if (label == 0) continue;
        if (box == null)
          out.put(label, box = new Rectangle(x, y, 1, 1));
        else
          include(box, x, y);
      }
    }
    return out;
  }

  private static void include(Rectangle box, int x, int y) {
    if (x < box.x) {
      box.width += box.x - x;
      box.x = x;
    }
    box.width = Math.max(box.width, x - box.x + 1);
    box.height = Math.max(box.height, y - box.y + 1);
  }

  private static ByteProcessor mask(ImageProcessor labels, int label, Rectangle box) {
    ByteProcessor out = new ByteProcessor(box.width, box.height);
    for (int y = 0; y < box.height; ++y) {
      for (int x = 0; x < box.width; ++x) {
        if ((int) labels.getf(box.x + x, box.y + y) == label) out.set(x, y, 255);
      }
    }
    return out;
  }
}
