// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.ImagePlus;
import ij.process.LUT;
import java.awt.Color;

/** Colours of objects: by number in label images, by class for outlines. */
final class LabelColours {
  // Okabe and Ito's palette in the order of the stage `overlay`, so that outlines here have the
  // colours of the pictures there.
  private static final Color GREEN = new Color(0x009e73);
  private static final Color VERMILION = new Color(0xd55e00);
  private static final Color BLUE = new Color(0x0072b2);
  private static final Color YELLOW = new Color(0xf0e442);

  private LabelColours() {}

  static Color ofClass(String name) {
    if (name.isEmpty() || name.equals("red-cell")) return GREEN;
    if (name.equals("white-cell")) return VERMILION;
    return name.equals("platelet") ? BLUE : YELLOW;
  }

  /** Shows a label image, which would be black, with a colour for each number. */
  static void apply(ImagePlus labels) {
    byte[] red = new byte[256];
    byte[] green = new byte[256];
    byte[] blue = new byte[256];
    for (int i = 1; i < 256; ++i) {
      // Neighbouring numbers get hues far apart: steps of the golden ratio.
      Color colour = Color.getHSBColor((float) (i * 0.61803398875 % 1), 0.55f + 0.4f * (i % 2), 1f);
      red[i] = (byte) colour.getRed();
      green[i] = (byte) colour.getGreen();
      blue[i] = (byte) colour.getBlue();
    }
    labels.getProcessor().setLut(new LUT(red, green, blue));
    double highest = labels.getStatistics().max;
    labels.setDisplayRange(0, Math.max(255, highest));
  }
}
