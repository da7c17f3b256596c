// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.ImagePlus;
import ij.io.FileSaver;
import ij.io.Opener;
import ij.process.ImageProcessor;
import java.io.File;

/** Images from ImageJ to files for smear, and back. */
final class ImageFiles {
  private ImageFiles() {}

  /**
   * Writes an image, of a stack the slice that is shown, as the TIFF that ImageJ itself would save:
   * so the results are those of `smear run` on the saved file.
   *
   * @return the file, in the folder, under the image's title
   */
  static File write(ImagePlus image, File folder) throws Failure {
    ImagePlus copy = new ImagePlus(image.getTitle(), image.getProcessor());
    copy.setCalibration(image.getCalibration());
    copy.setProperty("Info", image.getProperty("Info"));
    if (image.getRoi() != null) copy.setRoi((ij.gui.Roi) image.getRoi().clone());
    File file = new File(folder, fileName(image.getTitle()));
    if (!new FileSaver(copy).saveAsTiff(file.getPath())) {
      throw new Failure("The image cannot be written to " + file + ".");
    }
    return file;
  }

  /** A file's name that is made of a title. */
  static String fileName(String title) {
    String stem = RunFiles.stem(title).replaceAll("[^\\p{L}\\p{N} ._()+-]", "_").trim();
    while (stem.startsWith(".")) stem = stem.substring(1);
    if (stem.length() > 100) stem = stem.substring(0, 100);
    return (stem.isEmpty() ? "image" : stem) + ".tif";
  }

  /** Reads an image without a word where it cannot be: null then. */
  static ImagePlus read(File file) {
    Opener opener = new Opener();
    opener.setSilentMode(true);
    ImagePlus image = opener.openImage(file.getPath());
    // The file goes with the work folder.
    if (image != null) image.setFileInfo(null);
    return image;
  }

  static ImageProcessor pixels(File file) throws Failure {
    ImagePlus image = read(file);
    if (image == null) throw new Failure("ImageJ cannot read " + file.getName() + ".");
    return image.getProcessor();
  }
}
