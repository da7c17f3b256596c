// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * Runs `smear ... --json`, follows its messages, stops it on request, and keeps what it said.
 *
 * Messages come as lines of JSON; any other line is kept for the case that nothing better explains
 * why the program ended.
 */
final class SmearProcess {
  /** Who looks on while the program runs. Called by the thread that called `run`. */
  interface Watcher {
    /** So many of so many images are done. */
    void progress(int done, int all);

    /** Asked some twenty times a second: true where the user wants it to stop. */
    boolean wantsStop();
  }

  /** How a run is stopped. */
  enum Stop {
    /** At once, for runs whose results nobody will see. */
    KILL,
    /** After the images at work, so that the run can be continued; a second wish kills it. */
    FINISH_IMAGES
  }

  private static final Set<Process> RUNNING = Collections.synchronizedSet(new HashSet<Process>());
  private static final int POLL_MILLISECONDS = 50;
  private static final int KEPT_LINES = 15;
  private static final int SHOWN_ERRORS = 10;

  /** The exit code of a run that is finished, though some images are quarantined. */
  static final int QUARANTINED = 3;

  private final Queue<String> lines = new ConcurrentLinkedQueue<String>();
  private final List<String> errors = new ArrayList<String>();
  private final List<String> quarantined = new ArrayList<String>();
  private final List<String> otherLines = new ArrayList<String>();
  private int exitCode;
  private int done;
  private int all;

  private SmearProcess() {}

  /**
   * Runs a program until it ends.
   *
   * @param command the program and its arguments
   * @param folder its current folder
   * @throws Failure where it cannot be started or ends with an error; quarantined images are none
   * @throws Cancelled where the watcher wanted it to stop; the program has ended then
   */
  static SmearProcess run(List<String> command, File folder, Watcher watcher, Stop stop)
      throws Failure, Cancelled {
    SmearProcess run = new SmearProcess();
    Process process = start(command, folder);
    RUNNING.add(process);
    try {
      run.follow(process, watcher, stop);
    } catch (InterruptedException e) {
      throw new Cancelled();
    } finally {
      process.destroyForcibly();
      RUNNING.remove(process);
    }
    if (run.exitCode != 0 && run.exitCode != QUARANTINED) throw new Failure(run.message());
    return run;
  }

  /** Ends all programs that run: ImageJ quits. */
  static void killAll() {
    for (Process process : RUNNING.toArray(new Process[0])) {
      process.destroyForcibly();
      try {
        process.waitFor(2, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Images that could not be handled, and why: one line each. */
  List<String> quarantined() {
    return quarantined;
  }

  /** Images that are done, quarantined ones included. */
  int done() {
    return done;
  }

  private static Process start(List<String> command, File folder) throws Failure {
    try {
      Process process = new ProcessBuilder(command).directory(folder).start();
      process.getOutputStream().close();
      return process;
    } catch (IOException e) {
      throw new Failure(command.get(0) + " cannot be started: " + e.getMessage()
          + ". Another program can be chosen in Plugins > Smearkit > About Smearkit.");
    }
  }

  private void follow(Process process, Watcher watcher, Stop stop)
      throws Cancelled, InterruptedException {
    Thread messages = reader(process.getErrorStream());
    Thread summary = reader(process.getInputStream());
    int wishes = 0;
    boolean ended = false;
    while (!ended) {
      ended = process.waitFor(POLL_MILLISECONDS, TimeUnit.MILLISECONDS);
      takeLines(watcher);
      if (ended || !watcher.wantsStop()) continue;
      ++wishes;
      if (wishes == 1 && stop == Stop.FINISH_IMAGES)
        terminate(process);
      else
        process.destroyForcibly();
    }
    // What a grandchild holds open is not waited for.
    messages.join(2000);
    summary.join(2000);
    takeLines(watcher);
    exitCode = process.exitValue();
    if (wishes > 0) throw new Cancelled();
  }

  /**
   * Sends SIGTERM. Process.destroy would do that, too, but also close the pipes that the program
   * still writes to; a handle does not, which Java has from version 9 on.
   */
  private static void terminate(Process process) {
    try {
      Object handle = Process.class.getMethod("toHandle").invoke(process);
      Class.forName("java.lang.ProcessHandle").getMethod("destroy").invoke(handle);
    } catch (ReflectiveOperationException e) {
      process.destroy();
    }
  }

  private Thread reader(final InputStream stream) {
    Thread thread = new Thread("smear output") {
      @Override
      public void run() {
        try (BufferedReader in =
                 new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
          for (String line = in.readLine(); line != null; line = in.readLine()) lines.add(line);
        } catch (IOException e) {
          // The program was killed; what it said until then is there.
        }
      }
    };
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void takeLines(Watcher watcher) {
    for (String line = lines.poll(); line != null; line = lines.poll()) {
      Map<String, Object> event = Json.object(line);
      if (event == null) {
        otherLines.add(line);
        if (otherLines.size() > KEPT_LINES) otherLines.remove(0);
      } else {
        take(event, watcher);
      }
    }
  }

  private void take(Map<String, Object> event, Watcher watcher) {
    String kind = Json.text(event, "event");
    if (kind.equals("error")) {
      errors.add(place(event) + Json.text(event, "message") + hint(event));
    } else if (kind.equals("started") || kind.equals("sample")) {
      all = Json.whole(event, "files");
      done = kind.equals("started") ? Json.whole(event, "kept") : Json.whole(event, "finished");
      if (Json.text(event, "status").equals("quarantined")) {
        quarantined.add(
            Json.text(event, "image") + ": " + stage(event) + Json.text(event, "reason"));
      }
      watcher.progress(done, all);
    }
  }

  private static String place(Map<String, Object> error) {
    String file = Json.text(error, "file");
    int line = Json.whole(error, "line");
    if (file.isEmpty()) return "";
    return line > 0 ? file + ":" + line + ":" + Json.whole(error, "column") + ": " : file + ": ";
  }

  private static String hint(Map<String, Object> error) {
    String hint = Json.text(error, "hint");
    return hint.isEmpty() ? "" : " (" + hint + ")";
  }

  private static String stage(Map<String, Object> sample) {
    String stage = Json.text(sample, "stage");
    return stage.isEmpty() ? "" : stage + ": ";
  }

  private String message() {
    List<String> told = errors.isEmpty() ? otherLines : errors;
    if (told.isEmpty()) return "smear ended with exit code " + exitCode + " and said nothing.";
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < Math.min(told.size(), SHOWN_ERRORS); ++i) {
      out.append(i == 0 ? "" : "\n").append(told.get(i));
    }
    if (told.size() > SHOWN_ERRORS) {
      out.append("\n... and ").append(told.size() - SHOWN_ERRORS).append(" more");
    }
    return out.toString();
  }
}
