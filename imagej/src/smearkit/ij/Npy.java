// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tensors in NumPy's files, as `save-tensor` writes them: version 1.0, `<f4`, C order. */
final class Npy {
  private static final int PREAMBLE = 10;

  private Npy() {}

  /** The rows of a tensor of one or two dimensions. */
  static float[][] read(File file) throws Failure {
    try {
      return parse(Files.readAllBytes(file.toPath()));
    } catch (IOException e) {
      throw new Failure(file + " cannot be read: " + e.getMessage());
    } catch (RuntimeException e) {
      throw new Failure(file + " is not a tensor that smear wrote");
    }
  }

  /** Throws RuntimeException where the bytes are something else. */
  static float[][] parse(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int length = in.getShort(PREAMBLE - 2) & 0xffff;
    String header = new String(bytes, PREAMBLE, length, StandardCharsets.ISO_8859_1);
    Matcher shape = Pattern.compile("'shape': \\((\\d+),(?: (\\d+))?\\)").matcher(header);
    if (!header.contains("'<f4'") || !shape.find()) throw new IllegalArgumentException(header);
    boolean flat = shape.group(2) == null;
    int rows = flat ? 1 : Integer.parseInt(shape.group(1));
    int columns = Integer.parseInt(flat ? shape.group(1) : shape.group(2));
    float[][] out = new float[rows][columns];
    in.position(PREAMBLE + length);
    for (float[] row : out) {
      for (int x = 0; x < columns; ++x) row[x] = in.getFloat();
    }
    return out;
  }

  /** Writes one row as a tensor of one dimension, several as one of two. */
  static void write(File file, float[][] rows) throws Failure {
    try {
      Files.write(file.toPath(), format(rows));
    } catch (IOException e) {
      throw new Failure(file + " cannot be written: " + e.getMessage());
    }
  }

  static byte[] format(float[][] rows) {
    int columns = rows[0].length;
    String shape =
        rows.length == 1 ? "(" + columns + ",)" : "(" + rows.length + ", " + columns + ")";
    StringBuilder header =
        new StringBuilder("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }");
    while ((PREAMBLE + header.length() + 1) % 64 != 0) header.append(' ');
    header.append('\n');
    ByteBuffer out = ByteBuffer.allocate(PREAMBLE + header.length() + 4 * rows.length * columns);
    out.order(ByteOrder.LITTLE_ENDIAN);
    out.put((byte) 0x93)
        .put("NUMPY".getBytes(StandardCharsets.ISO_8859_1))
        .put((byte) 1)
        .put((byte) 0);
    out.putShort((short) header.length());
    out.put(header.toString().getBytes(StandardCharsets.ISO_8859_1));
    for (float[] row : rows) {
      for (float value : row) out.putFloat(value);
    }
    return out.array();
  }
}
