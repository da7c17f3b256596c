// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.ImagePlus;
import ij.WindowManager;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;

/**
 * Latent codes as 32-bit images, one column a latent dimension: a posterior has the rows mu and
 * logvar, a z one row a draw. Which one it is, and of which model, the image's properties say; they
 * are kept in ImageJ's TIFF files.
 */
final class LatentImage {
  static final String POSTERIOR = "posterior";
  static final String Z = "z";
  private static final String KIND = "smearkit.latent";
  private static final String MODEL = "smearkit.model";
  private static final String CLASS = "smearkit.class";

  private LatentImage() {}

  static ImagePlus make(String kind, float[][] rows, String title, String model, String ofClass) {
    FloatProcessor pixels = new FloatProcessor(rows[0].length, rows.length);
    for (int y = 0; y < rows.length; ++y) {
      for (int x = 0; x < rows[y].length; ++x) pixels.setf(x, y, rows[y][x]);
    }
    pixels.resetMinAndMax();
    ImagePlus out = new ImagePlus(WindowManager.makeUniqueName(title), pixels);
    out.setProp(KIND, kind);
    out.setProp(MODEL, model);
    out.setProp(CLASS, ofClass);
    return out;
  }

  static float[][] rows(ImagePlus image) {
    ImageProcessor pixels = image.getProcessor();
    float[][] out = new float[pixels.getHeight()][pixels.getWidth()];
    for (int y = 0; y < out.length; ++y) {
      for (int x = 0; x < out[y].length; ++x) out[y][x] = pixels.getf(x, y);
    }
    return out;
  }

  static boolean is(ImagePlus image, String kind) {
    return image != null && kind.equals(image.getProp(KIND));
  }

  /** The model that the image is of; empty where that is not known. */
  static String model(ImagePlus image) {
    String model = image == null ? null : image.getProp(MODEL);
    return model == null ? "" : model;
  }

  static String ofClass(ImagePlus image) {
    String name = image == null ? null : image.getProp(CLASS);
    return name == null ? "" : name;
  }

  /** The active image, which must be a posterior. */
  static ImagePlus posterior() throws Failure {
    ImagePlus image = Command.activeImage();
    if (is(image, POSTERIOR) || (image.getBitDepth() == 32 && image.getHeight() == 2)) return image;
    throw new Failure("The active image is no posterior, which has 32 bits and the two rows mu and "
        + "logvar. Plugins > Smearkit > Smearkit Encode makes one of a smear.");
  }

  /** The active image, which must be a latent z. */
  static ImagePlus z() throws Failure {
    ImagePlus image = Command.activeImage();
    if (is(image, POSTERIOR)) {
      throw new Failure("The active image is a posterior. Draw from it first: Plugins > Smearkit > "
          + "Smearkit Reparameterize.");
    }
    if (image.getBitDepth() == 32) return image;
    throw new Failure(
        "The active image is no latent, which has 32 bits and one row a draw. Plugins > "
        + "Smearkit > Smearkit Reparameterize makes one.");
  }
}
