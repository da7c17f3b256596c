// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.macro.Interpreter;
import ij.measure.ResultsTable;
import ij.plugin.frame.RoiManager;
import java.awt.GraphicsEnvironment;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Brings what a run left into ImageJ: images, tables, outlines. */
final class Import {
  private Import() {}

  /** Empties the Results table and the ROI Manager. */
  static void clear() {
    ResultsTable results = ResultsTable.getResultsTable();
    if (results.getCounter() > 0) {
      results.reset();
      results.show("Results");
    }
    RoiManager manager = RoiManager.getInstance2();
    if (manager != null) manager.reset();
  }

  /**
   * Appends a file's rows to a table, column by column as they are; a missing number becomes NaN.
   *
   * @param rename names in the column `image` that shall be others; may be empty
   */
  static void append(File file, ResultsTable table, Map<String, String> rename) throws Failure {
    Csv csv = Csv.read(file);
    int columns = csv.headings.size();
    boolean[] numeric = new boolean[columns];
    for (int c = 0; c < columns; ++c) numeric[c] = csv.isNumeric(c);
    for (int row = 0; row < csv.rows.size(); ++row) {
      table.addRow();
      for (int c = 0; c < columns; ++c) {
        String heading = csv.headings.get(c);
        String field = csv.field(row, c);
        // Row numbers, where a table has them, are ImageJ's own business.
        if (heading.trim().isEmpty()) continue;
        if (numeric[c])
          table.addValue(heading, Csv.number(field));
        else if (heading.equals("image") && rename.containsKey(field))
          table.addValue(heading, rename.get(field));
        else
          table.addValue(heading, field);
      }
    }
    for (int c = 0; c < columns; ++c) {
      int index = table.getColumnIndex(csv.headings.get(c));
      if (numeric[c] && index != ResultsTable.COLUMN_NOT_FOUND) {
        table.setDecimalPlaces(index, csv.decimals(c));
      }
    }
  }

  /** Puts the main table into Results and the others into windows of their own; how many rows. */
  static int tables(RunFiles files, Map<String, String> rename) throws Failure {
    File main = files.mainTable();
    if (main == null) return 0;
    ResultsTable results = ResultsTable.getResultsTable();
    int before = results.getCounter();
    append(main, results, rename);
    results.show("Results");
    for (File file : files.tables) {
      if (file.equals(main) || !Command.hasScreen()) continue;
      ResultsTable other = new ResultsTable();
      append(file, other, rename);
      other.show(file.getName());
    }
    return results.getCounter() - before;
  }

  /**
   * Opens the run's pictures.
   *
   * @param wanted "all", "none", or folders separated by commas
   * @param title of the image that was worked on; those of the pictures begin with it
   */
  static List<ImagePlus> pictures(RunFiles files, String wanted, String title) throws Failure {
    checkFolders(files, wanted);
    List<ImagePlus> out = new ArrayList<ImagePlus>();
    List<File> labels = files.labelImages();
    for (File file : files.pictures) {
      String kind = files.kind(file);
      if (!isWanted(kind, wanted)) continue;
      ImagePlus image = ImageFiles.read(file);
      if (image == null) {
        IJ.log("Smearkit: ImageJ cannot read " + file.getName() + ", which the pipeline saved.");
        continue;
      }
      image.setTitle(WindowManager.makeUniqueName(RunFiles.stem(title) + "-" + kind));
      if (labels.contains(file)) LabelColours.apply(image);
      image.show();
      out.add(image);
    }
    return out;
  }

  static void intoManager(List<Roi> rois, ImagePlus image) throws Failure {
    if (GraphicsEnvironment.isHeadless()) {
      throw new Failure("Without a screen there is no ROI Manager; use rois=Overlay or rois=None.");
    }
    RoiManager manager = Interpreter.getBatchModeRoiManager();
    if (manager == null) manager = RoiManager.getRoiManager();
    for (Roi roi : rois) manager.addRoi(roi);
    boolean shown = image != null && image.getWindow() != null && Command.hasScreen();
    if (shown) manager.runCommand(image, "Show All without labels");
  }

  static void intoOverlay(List<Roi> rois, ImagePlus image) {
    Overlay overlay = image.getOverlay() == null ? new Overlay() : image.getOverlay();
    for (Roi roi : rois) overlay.add(roi);
    image.setOverlay(overlay);
  }

  /** Refuses folders that the run did not write, before anything is opened. */
  private static void checkFolders(RunFiles files, String wanted) throws Failure {
    if (wanted.equalsIgnoreCase("all") || wanted.equalsIgnoreCase("none")) return;
    Set<String> there = new TreeSet<String>();
    for (File file : files.pictures) there.add(files.kind(file));
    there.remove(Pipelines.LABELS_FOLDER);
    for (String each : wanted.split(",")) {
      if (each.trim().isEmpty() || there.contains(each.trim())) continue;
      throw new Failure("The option 'images' names '" + each.trim() + "', which the pipeline does "
          + "not save. " + (there.isEmpty() ? "It saves no images." : "It saves " + there + "."));
    }
  }

  private static boolean isWanted(String kind, String wanted) {
    if (kind.equals(Pipelines.LABELS_FOLDER)) return false;
    if (wanted.equalsIgnoreCase("all")) return true;
    for (String each : wanted.split(",")) {
      if (each.trim().equals(kind)) return true;
    }
    return false;
  }
}
