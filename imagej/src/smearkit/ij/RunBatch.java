// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.IJ;
import ij.measure.ResultsTable;
import ij.plugin.BrowserLauncher;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Takes a folder of images through a pipeline. */
public final class RunBatch extends Command {
  @Override
  String name() {
    return "Smearkit Batch";
  }

  @Override
  Options options() {
    return new Options()
        .add(Option.pipeline())
        .add(Option.folder("input", "Input folder"))
        .add(Option.folder("output", "Output folder"))
        .add(Option.choice("existing", "If that holds a run", "Stop", "Resume", "Overwrite"))
        .add(Option.text("set", "Set (stage.option=value; ...)", ""))
        .add(Option.whole("jobs", "Images at a time", 0, 0, 1024).unit("(0: one a processor)"))
        .add(Option.flag("results", "Put the table of objects into Results"))
        .add(Option.flag("report", "Open the report"))
        .add(programOption());
  }

  @Override
  void execute(Options options) throws Failure, Cancelled {
    File output = new File(options.text("output")).getAbsoluteFile();
    if (options.is("existing", "Stop") && new File(output, "run.json").isFile()) {
      throw new Failure(output + " holds an earlier run: existing=Resume does what is missing in "
          + "it, existing=Overwrite replaces it.");
    }
    SmearProcess run = run(command(options, program(options), output));
    for (String reason : run.quarantined()) IJ.log("Smearkit: quarantined " + reason);
    RunFiles files = new RunFiles(output);
    if (options.flag("results")) {
      Import.clear();
      ResultsTable results = ResultsTable.getResultsTable();
      Import.append(mainTable(files), results, Collections.<String, String>emptyMap());
      results.show("Results");
    }
    IJ.showStatus(
        "Smearkit Batch: " + run.done() + " images, " + run.quarantined().size() + " quarantined");
    if (options.flag("report")) open(new File(output, "report.html"));
  }

  private static SmearProcess run(List<String> command) throws Failure, Cancelled {
    try {
      return SmearProcess.run(
          command, null, statusLine("Smearkit Batch"), SmearProcess.Stop.FINISH_IMAGES);
    } catch (Cancelled e) {
      IJ.log("Smearkit Batch: stopped. With existing=Resume it goes on where it was.");
      throw e;
    }
  }

  private static List<String> command(Options options, File program, File output) {
    String pipeline = options.text("pipeline");
    File file = new File(pipeline);
    List<String> out = new ArrayList<String>(
        Arrays.asList(program.getPath(), "run", file.isFile() ? file.getAbsolutePath() : pipeline,
            new File(options.text("input")).getAbsolutePath(), "-o", output.getPath(), "--json",
            "--jobs", options.text("jobs")));
    if (options.is("existing", "Resume")) out.add("--resume");
    if (options.is("existing", "Overwrite")) out.add("--overwrite");
    out.addAll(RunPipeline.overrides(options.text("set")));
    return out;
  }

  private static File mainTable(RunFiles files) throws Failure {
    File out = files.mainTable();
    if (out == null)
      throw new Failure("The pipeline ran, but saves no table; a stage save-table would.");
    return out;
  }

  private static void open(File report) throws Failure {
    if (!hasScreen()) return;
    try {
      BrowserLauncher.openURL(report.toURI().toString());
    } catch (IOException e) {
      throw new Failure(
          "No browser can be started: " + e.getMessage() + ". The report is " + report + ".");
    }
  }
}
