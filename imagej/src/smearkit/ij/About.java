// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.IJ;
import ij.gui.GenericDialog;
import java.awt.TextField;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/** Says which plugin and which program work together, and lets the program be chosen. */
public final class About extends Command {
  @Override
  String name() {
    return "About Smearkit";
  }

  @Override
  Options options() {
    return new Options().add(programOption());
  }

  @Override
  void ask(Options options) throws Failure, Cancelled {
    String program = "";
    String version;
    try {
      program = Program.find("").getPath();
      version = version(new File(program));
    } catch (Failure e) {
      version = e.getMessage();
    }
    GenericDialog dialog = new GenericDialog(name());
    dialog.addMessage("Smearkit for ImageJ, version " + pluginVersion() + "\n"
        + "Pipelines for blood-smear images: segmentation, measurement, generation.\n"
        + "Apache licence 2.0. Results are for research; they are no diagnosis.\n \n"
        + wrapped(version));
    dialog.addFileField("Program", program, 40);
    dialog.setOKLabel("Use this program");
    dialog.setCancelLabel("Close");
    dialog.showDialog();
    if (dialog.wasCanceled()) throw new Cancelled();
    options.set("program", ((TextField) dialog.getStringFields().get(0)).getText().trim());
    Program.prefer(options.text("program"));
  }

  @Override
  void execute(Options options) throws Failure {
    if (!options.text("program").isEmpty()) Program.prefer(options.text("program"));
    File program = Program.find("");
    IJ.log(
        "Smearkit for ImageJ " + pluginVersion() + ", " + version(program) + " (" + program + ")");
  }

  static String pluginVersion() {
    Properties properties = new Properties();
    try (InputStream in = About.class.getResourceAsStream("/smearkit.properties")) {
      if (in != null) properties.load(in);
    } catch (IOException e) {
      // Then it is not known.
    }
    return properties.getProperty("version", "unknown");
  }

  private static String version(File program) throws Failure {
    try {
      Process process =
          new ProcessBuilder(program.getPath(), "--version").redirectErrorStream(true).start();
      process.getOutputStream().close();
      try (BufferedReader in = new BufferedReader(
               new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        String line = in.readLine();
        return line == null ? "it does not tell its version" : line;
      }
    } catch (IOException e) {
      throw new Failure(program + " cannot be started: " + e.getMessage());
    }
  }
}
