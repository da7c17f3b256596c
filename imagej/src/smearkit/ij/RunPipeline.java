// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.IJ;
import ij.ImagePlus;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Takes the active image through a pipeline and brings the results back. */
public final class RunPipeline extends Command {
  @Override
  String name() {
    return "Smearkit Pipeline";
  }

  @Override
  Options options() {
    return new Options()
        .add(Option.pipeline())
        .add(Option.text("set", "Set (stage.option=value; ...)", ""))
        .add(Option.text("images", "Open images (all, none or folders)", "all"))
        .add(Option.choice("rois", "Outlines go to", "ROI Manager", "Overlay", "None"))
        .add(Option.flag("clear", "Clear Results and ROI Manager first"))
        .add(programOption());
  }

  @Override
  void prepare() throws Failure {
    activeImage();
  }

  @Override
  void execute(Options options) throws Failure, Cancelled {
    File program = program(options);
    ImagePlus image = activeImage();
    try (WorkFolder work = new WorkFolder()) {
      File input = ImageFiles.write(image, work.folder("input"));
      File out = work.file("out");
      List<String> command = new ArrayList<String>(
          Arrays.asList(program.getPath(), "run", pipeline(options, program, work),
              input.getParent(), "-o", out.getPath(), "--json", "--include", "*.tif"));
      command.addAll(overrides(options.text("set")));
      SmearProcess run = SmearProcess.run(command, folder(options, program),
          statusLine("Smearkit: " + options.text("pipeline")), SmearProcess.Stop.KILL);
      for (String reason : run.quarantined()) throw new Failure(reason);
      if (!new File(out, "run.json").isFile()) {
        throw new Failure(program + " ended without a word of a run: it is no smear of Smearkit. "
            + "Choose another in Plugins > Smearkit > About Smearkit.");
      }
      bring(new RunFiles(out), image, input.getName(), options);
    }
  }

  /** `--set STAGE.OPTION=VALUE` for each that the option names, separated by semicolons. */
  static List<String> overrides(String text) {
    List<String> out = new ArrayList<String>();
    for (String each : text.split(";")) {
      if (!each.trim().isEmpty()) out.addAll(Arrays.asList("--set", each.trim()));
    }
    return out;
  }

  /** The program's current folder: the pipeline's, since model files are looked for there, too. */
  private static File folder(Options options, File program) {
    File file = Pipelines.file(program, options.text("pipeline"));
    return file == null ? null : file.getAbsoluteFile().getParentFile();
  }

  /**
   * The pipeline to run: as it is, or with its label image saved as well, where it has one that it
   * does not save.
   */
  private static String pipeline(Options options, File program, WorkFolder work)
      throws Failure, Cancelled {
    String given = options.text("pipeline");
    File file = Pipelines.file(program, given);
    String text = file == null || options.is("rois", "None") || given.endsWith(".ijm")
        ? null
        : Pipelines.withLabels(Pipelines.text(file));
    String asItIs = file != null && new File(given).isFile() ? file.getAbsolutePath() : given;
    if (text == null) return asItIs;
    File extended = work.file(file.getName());
    try {
      Files.write(extended.toPath(), text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new Failure(extended + " cannot be written: " + e.getMessage());
    }
    List<String> command = new ArrayList<String>(
        Arrays.asList(program.getPath(), "check", extended.getPath(), "--json"));
    command.addAll(overrides(options.text("set")));
    try {
      SmearProcess.run(command, folder(options, program), statusLine("Smearkit: " + given),
          SmearProcess.Stop.KILL);
    } catch (Failure e) {
      // It has no labels, or names files beside itself; what is wrong otherwise, the run says.
      return asItIs;
    }
    return extended.getPath();
  }

  private static void bring(RunFiles files, ImagePlus image, String fileName, Options options)
      throws Failure {
    if (options.flag("clear")) Import.clear();
    Outlines outlines = options.is("rois", "None") ? new Outlines() : Outlines.of(files);
    int rows = Import.tables(files, Collections.singletonMap(fileName, image.getTitle()));
    List<ImagePlus> pictures = Import.pictures(files, options.text("images"), image.getTitle());
    if (!outlines.isEmpty()) show(outlines, outlines.place(image, pictures), options);
    if (files.pictures.isEmpty() && files.tables.isEmpty() && files.roiSets.isEmpty()) {
      throw new Failure("The pipeline " + options.text("pipeline")
          + " ran, but saved nothing that ImageJ "
          + "can show. It needs a stage such as overlay, save-image, save-labels or save-table.");
    }
    IJ.showStatus("Smearkit: " + rows + " rows, " + outlines.rois.size() + " outlines, "
        + pictures.size() + " images");
  }

  private static void show(Outlines outlines, ImagePlus place, Options options) throws Failure {
    if (place == null) {
      IJ.log("Smearkit: the outlines are those of an image of another size, which is not open.");
    }
    if (options.is("rois", "ROI Manager"))
      Import.intoManager(outlines.rois, place);
    else if (place != null)
      Import.intoOverlay(outlines.rois, place);
  }
}
