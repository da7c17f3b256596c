// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The files that a run left: pictures, tables, sets of ROIs. */
final class RunFiles {
  final List<File> pictures = new ArrayList<File>();
  final List<File> tables = new ArrayList<File>();
  final List<File> roiSets = new ArrayList<File>();
  final File root;

  RunFiles(File root) {
    this.root = root;
    collect(root);
    inPipelineOrder();
  }

  /** Pictures in the order of the stages that save them, others behind. */
  private void inPipelineOrder() {
    List<File> ordered = new ArrayList<File>();
    for (Object each : stages()) {
      addMatching(Json.text(Json.asObject(Json.asObject(each).get("options")), "to"), ordered);
    }
    pictures.removeAll(ordered);
    pictures.addAll(0, ordered);
  }

  private List<Object> stages() {
    Map<String, Object> record = Json.object(Pipelines.text(new File(root, "run.json")));
    return Json.asList(record == null ? null : record.get("stages"));
  }

  /**
   * The table that becomes ImageJ's Results: one named results.csv, else one with a row for each
   * object, else the one with the most rows. Null where there is none.
   */
  File mainTable() throws Failure {
    File best = null;
    int most = -1;
    for (File file : tables) {
      if (file.getName().equalsIgnoreCase("results.csv")) return file;
      Csv csv = Csv.read(file);
      int rank = csv.rows.size() + (csv.column("label") >= 0 ? 1 << 24 : 0);
      if (rank > most) {
        best = file;
        most = rank;
      }
    }
    return best;
  }

  /**
   * The folder that a file lies in below the run's; its name without extension in the run's own.
   */
  String kind(File file) {
    String folder = file.getParentFile().getName();
    return file.getParentFile().equals(root) ? stem(file.getName()) : folder;
  }

  /**
   * Label images, the best first: those of the slot `labels` have the numbers of the tables, those
   * of other slots may hold a part of the objects. Which is which, the run's own record tells.
   */
  List<File> labelImages() {
    List<File> out = new ArrayList<File>();
    for (boolean wanted : new boolean[] {true, false}) {
      for (Object each : stages()) {
        Map<String, Object> stage = Json.asObject(each);
        if (!Json.text(stage, "name").equals("save-labels")) continue;
        String slot = Json.text(Json.asObject(stage.get("inputs")), "labels");
        if ((slot.isEmpty() || slot.equals("labels")) != wanted) continue;
        addMatching(Json.text(Json.asObject(stage.get("options")), "to"), out);
      }
    }
    return out;
  }

  /** Adds the pictures that a template such as `labels/{id}.png` may have named. */
  private void addMatching(String template, List<File> out) {
    if (template.isEmpty()) return;
    String begin = template.contains("{") ? template.substring(0, template.indexOf('{')) : template;
    String end = template.substring(template.lastIndexOf('.') + 1);
    for (File file : pictures) {
      String name = root.toURI().relativize(file.toURI()).getPath();
      if (name.startsWith(begin) && name.endsWith(end) && !out.contains(file)) out.add(file);
    }
  }

  static String stem(String name) {
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }

  /** Whether the run itself writes this table: counts.csv is a stage's where one saves it. */
  private boolean isOwn(File table) {
    if (!table.getParentFile().equals(root)) return false;
    if (table.getName().equals("samples.csv")) return true;
    if (!table.getName().equals("counts.csv")) return false;
    for (Object each : stages()) {
      Map<String, Object> options = Json.asObject(Json.asObject(each).get("options"));
      if (options != null && options.containsValue("counts.csv")) return false;
    }
    return true;
  }

  private void collect(File folder) {
    File[] files = folder.listFiles();
    if (files == null) return;
    Arrays.sort(files);
    for (File file : files) {
      String name = file.getName().toLowerCase(Locale.ROOT);
      if (name.startsWith(".")) continue;
      if (file.isDirectory())
        collect(file);
      else if (name.matches(".*\\.(png|jpe?g|tiff?|gif|bmp)"))
        pictures.add(file);
      else if (name.endsWith(".csv") && !isOwn(file))
        tables.add(file);
      else if (name.endsWith(".zip") || name.endsWith(".roi"))
        roiSets.add(file);
    }
  }
}
