// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.macro.Interpreter;
import ij.plugin.PlugIn;
import ij.plugin.frame.Recorder;
import java.awt.GraphicsEnvironment;
import java.io.File;
import java.util.Map;

/**
 * A command of the menu. Its options come from the macro that calls it or from a dialog; what goes
 * wrong is shown, and ends the macro.
 */
abstract class Command implements PlugIn {
  /** The command's label in the menu, which is also its name in macros. */
  abstract String name();

  abstract Options options();

  abstract void execute(Options options) throws Failure, Cancelled;

  /** What does not depend on the options, before they are asked for: is there an image? */
  void prepare() throws Failure {}

  /** Asks for the options; not called in macros. */
  void ask(Options options) throws Failure, Cancelled {
    new OptionsDialog(name(), options).ask();
  }

  @Override
  public final void run(String argument) {
    try {
      prepare();
      Options options = options();
      String macro = Macro.getOptions();
      if (macro != null) {
        options.parse(macro, macroVariables());
      } else if (hasScreen()) {
        if (options.has("program")) askForProgram();
        ask(options);
        record(options);
      }
      options.check();
      IJ.resetEscape();
      execute(options);
    } catch (Cancelled e) {
      IJ.showStatus(name() + ": cancelled");
      abortMacro();
    } catch (Failure e) {
      show(e.getMessage());
      abortMacro();
    } finally {
      IJ.showProgress(1.0);
    }
  }

  /** Whether there is somebody who sees a dialog: not with `ImageJ -batch` and not headless. */
  static boolean hasScreen() {
    return IJ.getInstance() != null && !GraphicsEnvironment.isHeadless();
  }

  /** Where smear is; `program` is an option of every command that needs it. */
  static File program(Options options) throws Failure {
    return Program.find(options.text("program"));
  }

  /** Where smear is not found, the user may know where it is. */
  private void askForProgram() throws Failure, Cancelled {
    try {
      Program.find("");
    } catch (Failure e) {
      new About().ask(new Options().add(programOption()));
    }
  }

  static Option programOption() {
    return Option.text("program", "Program", "");
  }

  static ImagePlus activeImage() throws Failure {
    ImagePlus image = WindowManager.getCurrentImage();
    if (image == null) throw new Failure("There is no image open. Open one first.");
    return image;
  }

  /** Follows a run in ImageJ's status line and progress bar; Escape stops it. */
  static SmearProcess.Watcher statusLine(final String what) {
    IJ.showStatus(what + " (Esc cancels)");
    return new SmearProcess.Watcher() {
      @Override
      public void progress(int done, int all) {
        if (all > 1) IJ.showStatus(what + ": " + done + " of " + all + " images (Esc cancels)");
        IJ.showProgress(done, Math.max(all, 1));
      }

      @Override
      public boolean wantsStop() {
        if (!IJ.escapePressed()) return false;
        IJ.resetEscape();
        return true;
      }
    };
  }

  private void show(String message) {
    if (hasScreen())
      IJ.error(name(), wrapped(message));
    else
      System.err.println(name() + ": " + message);
  }

  /** Text in lines of moderate length: message boxes are as wide as their longest line. */
  static String wrapped(String message) {
    StringBuilder out = new StringBuilder();
    for (String line : message.split("\n")) {
      int width = 0;
      for (String word : line.split(" ")) {
        boolean fits = width == 0 || width + word.length() < 90;
        out.append(width == 0 ? "" : fits ? " " : "\n").append(word);
        width = fits ? width + word.length() + 1 : word.length();
      }
      out.append('\n');
    }
    return out.toString().trim();
  }

  private static void abortMacro() {
    if (!IJ.macroRunning() && Interpreter.getInstance() == null) return;
    Macro.abort();
    // Under `ImageJ -batch` the former does not stop the interpreter.
    Interpreter.abort();
  }

  private static Options.Variables macroVariables() {
    return new Options.Variables() {
      @Override
      public String value(String name) {
        Interpreter interpreter = Interpreter.getInstance();
        if (interpreter == null) return null;
        String text = interpreter.getStringVariable(name);
        return text != null ? text : interpreter.getVariableAsString(name);
      }
    };
  }

  private static void record(Options options) throws Failure {
    if (!Recorder.record) return;
    for (Map.Entry<String, String> each : options.changed().entrySet()) {
      if (options.find(each.getKey()).kind == Option.Kind.FLAG)
        Recorder.recordOption(each.getKey());
      else
        Recorder.recordOption(each.getKey(), Recorder.fixPath(each.getValue()));
    }
  }
}
