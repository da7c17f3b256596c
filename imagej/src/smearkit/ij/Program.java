// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.Prefs;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;

/** Where the program `smear` is. */
final class Program {
  private static final String PREFERENCE = "smearkit.program";
  private static final boolean WINDOWS = File.separatorChar == '\\';
  private static final String NAME = WINDOWS ? "smear.exe" : "smear";

  private Program() {}

  /**
   * The program that an option, the preferences or the environment variable SMEAR name, or else the
   * first one of the PATH, beside this jar or at a usual place.
   *
   * @param named by an option of the command; empty where it is not given
   */
  static File find(String named) throws Failure {
    if (!named.isEmpty()) return required(named, "The option 'program'");
    String preferred = Prefs.get(PREFERENCE, "");
    if (isProgram(new File(preferred))) return new File(preferred);
    String variable = System.getenv("SMEAR");
    if (variable != null && !variable.isEmpty()) {
      return required(variable, "The environment variable SMEAR");
    }
    for (File folder : folders()) {
      File program = new File(folder, NAME);
      if (isProgram(program)) return program;
    }
    throw new Failure(
        "The program smear was not found. Install Smearkit, or tell where smear is in "
        + "Plugins > Smearkit > About Smearkit (in a macro: program=[/path/to/smear]).");
  }

  /** Makes a program the preferred one; an empty name forgets the preference. */
  static void prefer(String program) throws Failure {
    if (!program.isEmpty()) required(program, "The field 'Program'");
    Prefs.set(PREFERENCE, program);
    Prefs.savePreferences();
  }

  static boolean isProgram(File file) {
    return file.isFile() && file.canExecute();
  }

  private static File required(String name, String who) throws Failure {
    File file = new File(name);
    if (!isProgram(file)) {
      throw new Failure(who + " names " + name + ", which is no program that can be run.");
    }
    return file;
  }

  private static List<File> folders() {
    List<File> out = new ArrayList<File>();
    String path = System.getenv("PATH");
    for (String folder : (path == null ? "" : path).split(File.pathSeparator)) {
      if (!folder.isEmpty()) out.add(new File(folder));
    }
    // Installed, this jar is PREFIX/share/smearkit/imagej/Smearkit_.jar; ImageJ's folder may have a
    // link to it.
    File jar = jar();
    File prefix = jar == null ? null : ancestor(jar, 4);
    if (prefix != null) out.add(new File(prefix, "bin"));
    String home = System.getProperty("user.home");
    out.add(new File(home, "smearkit/bin"));
    out.add(new File(home, ".local/bin"));
    for (String folder :
        new String[] {"/usr/local/bin", "/usr/bin", "/opt/smearkit/bin", "/opt/homebrew/bin"}) {
      out.add(new File(folder));
    }
    return out;
  }

  private static File jar() {
    try {
      CodeSource source = Program.class.getProtectionDomain().getCodeSource();
      return source == null ? null : new File(source.getLocation().toURI()).getCanonicalFile();
    } catch (IOException | URISyntaxException | RuntimeException e) {
      return null;
    }
  }

  private static File ancestor(File file, int levels) {
    File out = file;
    for (int i = 0; i < levels && out != null; ++i) out = out.getParentFile();
    return out;
  }
}
