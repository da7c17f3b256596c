// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Pipeline files: those that come with Smearkit, and what can be told from their text. */
final class Pipelines {
  private static final Pattern DESCRIPTION = Pattern.compile("(?m)^description:[ \\t]*(.+)$");
  private static final Pattern STAGES = Pattern.compile("(?m)^stages:[ \\t]*(#.*)?$");
  private static final Pattern SAVES_LABELS =
      Pattern.compile("(?m)^\\s*-\\s*save-labels\\s*(:\\s*(\\{(?![^}]*inputs).*)?)?$");
  private static final Pattern TENSOR =
      Pattern.compile("(?m)^\\s*(input:\\s*\\{.*)?\\btensor\\s*:");

  /** Where the label image goes that the plugin asks for. */
  static final String LABELS_FOLDER = "smearkit-labels";

  private Pipelines() {}

  /** Names and descriptions of the pipelines that come along, by name. */
  static Map<String, String> shipped(File program) {
    Map<String, String> out = new LinkedHashMap<String, String>();
    File[] files = folder(program).listFiles();
    if (files == null) return out;
    Arrays.sort(files);
    for (File file : files) {
      String name = file.getName();
      if (!name.endsWith(".yaml")) continue;
      String text = text(file);
      // Configs of trainings and studies lie there, too.
      if (STAGES.matcher(text).find())
        out.put(name.substring(0, name.length() - 5), description(text));
    }
    return out;
  }

  /** What a pipeline file says that it does; empty where it says nothing or is no such file. */
  static String description(String text) {
    Matcher matcher = DESCRIPTION.matcher(text);
    if (!matcher.find()) return "";
    String found = matcher.group(1).trim();
    boolean quoted = found.length() > 1 && found.startsWith("\"") && found.endsWith("\"");
    return quoted ? found.substring(1, found.length() - 1) : found;
  }

  /** The file that a pipeline's name, or path, means; null where there is none. */
  static File file(File program, String pipeline) {
    File file = new File(pipeline);
    if (file.isFile()) return file;
    file = new File(folder(program), pipeline + ".yaml");
    return file.isFile() ? file : null;
  }

  static String text(File file) {
    try {
      return new String(Files.readAllBytes(file.toPath()), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  /**
   * The pipeline with one stage more, which saves the slot `labels`: outlines are made of it. Null
   * where the pipeline saves its labels itself, reads no images, or is written so that nothing can
   * be added at the end of its list by text alone. Whether the result is valid, `smear check`
   * tells.
   */
  static String withLabels(String text) {
    Matcher stages = STAGES.matcher(text);
    if (!stages.find() || SAVES_LABELS.matcher(text).find() || TENSOR.matcher(text).find())
      return null;
    String[] lines = text.substring(stages.end()).split("\n", -1);
    String indent = null;
    int last = 0;
    for (int i = 1; i < lines.length; ++i) {
      String line = lines[i];
      String content = line.trim();
      if (content.isEmpty() || content.startsWith("#")) continue;
      String before = line.substring(0, line.indexOf(content));
      if (indent == null) {
        if (!content.startsWith("-")) return null;
        indent = before;
      }
      if (before.length() < indent.length() || (before.equals(indent) && !content.startsWith("-")))
        break;
      last = i;
    }
    if (indent == null) return null;
    StringBuilder out = new StringBuilder(text.substring(0, stages.end()));
    for (int i = 0; i < lines.length; ++i) {
      out.append(i == 0 ? "" : "\n").append(lines[i]);
      if (i == last) {
        out.append("\n").append(indent).append(
            "- save-labels: {to: \"" + LABELS_FOLDER + "/{id}.png\"}");
      }
    }
    return out.toString();
  }

  private static File folder(File program) {
    File real;
    try {
      real = program.getCanonicalFile();
    } catch (IOException e) {
      real = program.getAbsoluteFile();
    }
    return new File(real.getParentFile(), "../share/smearkit/pipelines");
  }
}
