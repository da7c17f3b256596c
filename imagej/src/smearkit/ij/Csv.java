// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** A table in a CSV file (RFC 4180): a line of headings, then rows of as many fields. */
final class Csv {
  final List<String> headings;
  final List<List<String>> rows;

  private Csv(List<String> headings, List<List<String>> rows) {
    this.headings = headings;
    this.rows = rows;
  }

  static Csv read(File file) throws Failure {
    try {
      return parse(new String(Files.readAllBytes(file.toPath()), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new Failure(file + " cannot be read: " + e.getMessage());
    }
  }

  static Csv parse(String text) {
    List<List<String>> lines = new ArrayList<List<String>>();
    List<String> line = new ArrayList<String>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); ++i) {
      char c = text.charAt(i);
      if (quoted && c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"') {
        field.append(text.charAt(++i));
      } else if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && (c == ',' || c == '\n')) {
        line.add(field.toString());
        field.setLength(0);
        if (c == ',') continue;
        lines.add(line);
        line = new ArrayList<String>();
      } else if (quoted || c != '\r') {
        field.append(c);
      }
    }
    if (field.length() > 0 || !line.isEmpty()) {
      line.add(field.toString());
      lines.add(line);
    }
    List<String> headings = lines.isEmpty() ? new ArrayList<String>() : lines.remove(0);
    return new Csv(headings, lines);
  }

  int column(String heading) {
    return headings.indexOf(heading);
  }

  /** A field; empty where the row is short or there is no such column. */
  String field(int row, int column) {
    List<String> fields = rows.get(row);
    return column >= 0 && column < fields.size() ? fields.get(column) : "";
  }

  /** Whether all fields of a column are numbers or empty, and one is a number. */
  boolean isNumeric(int column) {
    boolean any = false;
    for (int row = 0; row < rows.size(); ++row) {
      String field = field(row, column);
      if (field.isEmpty()) continue;
      if (Double.isNaN(number(field)) && !field.equalsIgnoreCase("nan")) return false;
      any = true;
    }
    return any;
  }

  /** Digits behind the point that the column has at most, 0 to 9, so that ImageJ shows them all. */
  int decimals(int column) {
    int most = 0;
    for (int row = 0; row < rows.size(); ++row) {
      String field = field(row, column);
      int exponent = field.indexOf('e');
      int point = field.indexOf('.');
      if (exponent >= 0) most = 9;
      if (point >= 0) most = Math.max(most, field.length() - point - 1);
    }
    return Math.min(most, 9);
  }

  /** The number that a field holds; NaN where it holds none. */
  static double number(String field) {
    // Java would also take "1f" and "0x1p3".
    if (!field.matches("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?")) return Double.NaN;
    return Double.parseDouble(field);
  }
}
