// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.gui.Roi;
import ij.io.RoiDecoder;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Reads ImageJ's ROI files, single or in a zip, in their order. */
final class RoiFiles {
  private RoiFiles() {}

  static List<Roi> read(File file) throws Failure {
    List<Roi> out = new ArrayList<Roi>();
    try {
      if (file.getName().endsWith(".roi")) {
        add(Files.readAllBytes(file.toPath()), file.getName(), out);
        return out;
      }
      try (ZipInputStream in = new ZipInputStream(new FileInputStream(file))) {
        for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
          if (entry.getName().endsWith(".roi")) add(all(in), entry.getName(), out);
        }
      }
    } catch (IOException e) {
      throw new Failure(file.getName() + " cannot be read: " + e.getMessage());
    }
    return out;
  }

  private static void add(byte[] bytes, String name, List<Roi> out) {
    String stem = RunFiles.stem(new File(name).getName());
    Roi roi = RoiDecoder.openFromByteArray(bytes);
    if (roi == null) return;
    // As the ROI Manager does: the entry's name counts, not the one inside.
    roi.setName(stem);
    out.add(roi);
  }

  private static byte[] all(InputStream in) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) out.write(buffer, 0, n);
    return out.toByteArray();
  }
}
