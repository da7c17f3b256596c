// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;

/** A temporary folder that is removed with all that is in it, also where ImageJ quits before. */
final class WorkFolder implements AutoCloseable {
  private static final Set<File> FOLDERS = Collections.synchronizedSet(new HashSet<File>());

  static {
    Runtime.getRuntime().addShutdownHook(new Thread() {
      @Override
      public void run() {
        // Before the folders go, those who write into them have to.
        SmearProcess.killAll();
        for (File folder : FOLDERS.toArray(new File[0])) remove(folder);
      }
    });
  }

  private final File folder;

  WorkFolder() throws Failure {
    try {
      folder = Files.createTempDirectory("smearkit-").toFile();
    } catch (IOException e) {
      throw new Failure("No temporary folder can be made in " + System.getProperty("java.io.tmpdir")
          + ": " + e.getMessage());
    }
    FOLDERS.add(folder);
  }

  File file(String name) {
    return new File(folder, name);
  }

  File folder(String name) {
    File inner = file(name);
    inner.mkdirs();
    return inner;
  }

  @Override
  public void close() {
    remove(folder);
    FOLDERS.remove(folder);
  }

  /** Removes a folder; what links in it point to stays. */
  static void remove(File file) {
    File[] inner = Files.isSymbolicLink(file.toPath()) ? null : file.listFiles();
    if (inner != null) {
      for (File each : inner) remove(each);
    }
    file.delete();
  }
}
