// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.gui.OvalRoi;
import ij.gui.Roi;
import ij.io.RoiEncoder;
import ij.process.ByteProcessor;
import ij.process.ShortProcessor;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Tests of the parts of the ImageJ plugin that need no screen. Prints what fails, and exits
 * with 1.
 */
public final class UnitTests {
  private static int failures;

  public static void main(String[] arguments) throws Exception {
    options();
    optionErrors();
    json();
    csv();
    npy();
    outlines();
    pipelines();
    fileNames();
    workFolder();
    roiFiles();
    processes();
    System.out.println(failures == 0 ? "all passed" : failures + " failed");
    System.exit(failures == 0 ? 0 : 1);
  }

  private static void expect(Object wanted, Object got, String what) {
    if (wanted == null ? got == null : wanted.equals(got)) return;
    ++failures;
    System.out.println(what + ": wanted " + wanted + ", got " + got);
  }

  private static Options sample() {
    return new Options()
        .add(Option.pipeline())
        .add(Option.text("set", "Set", ""))
        .add(Option.slider("temperature", "Temperature", 1, 0, 100, 20))
        .add(Option.whole("seed", "Seed", 1, 0, 99))
        .add(Option.choice("rois", "Outlines", "ROI Manager", "Overlay"))
        .add(Option.flag("clear", "Clear"));
  }

  private static final Options.Variables VARIABLES = new Options.Variables() {
    @Override
    public String value(String name) {
      return name.equals("t") ? "2.5000" : name.equals("path") ? "/a b/c.yaml" : null;
    }
  };

  private static Options parsed(String macro) throws Failure {
    Options options = sample();
    options.parse(macro, VARIABLES);
    return options;
  }

  private static void options() throws Failure {
    Options all =
        parsed("pipeline=[/a [1] b/p.yaml] set='a.b=1; c.d=2' temperature=.5 rois=overlay clear ");
    expect("/a [1] b/p.yaml", all.text("pipeline"), "brackets nest");
    expect("a.b=1; c.d=2", all.text("set"), "quotes");
    expect(0.5, all.number("temperature"), "number");
    expect(true, all.is("rois", "Overlay"), "choices in any case");
    expect(true, all.flag("clear"), "flag");
    expect(1.0, all.number("seed"), "what is absent has its default");
    Options variables = parsed("pipeline=&path temperature=t");
    expect("/a b/c.yaml", variables.text("pipeline"), "text from a variable");
    expect("2.5", variables.text("temperature"), "number from a variable");
    Options recorded = sample();
    recorded.set("pipeline", "nuclei");
    recorded.set("clear", "true");
    expect("{pipeline=nuclei, clear=true}", recorded.changed().toString(), "what is recorded");
  }

  private static void optionErrors() {
    error("", "'pipeline' must be given");
    error("pipeline=x pipeline=y", "given twice");
    error("pipelines=x", "no option 'pipelines'");
    error("pipeline=[x", "bracket is not closed");
    error("pipeline", "needs a value");
    error("pipeline=x clear=1", "stands for itself");
    error("pipeline=x seed=1.5", "whole number from 0 to 99");
    error("pipeline=x temperature=hot", "number from 0 to 100");
    error("pipeline=x rois=none", "one of ROI Manager, Overlay");
  }

  private static void error(String macro, String wanted) {
    try {
      parsed(macro);
      expect(wanted, "no error", macro);
    } catch (Failure e) {
      expect(true, e.getMessage().contains(wanted), macro + " says: " + e.getMessage());
    }
  }

  private static void json() {
    Map<String, Object> object = Json.object(
        "{\"a\": [1, -2.5e3, true, null], \"b\": {\"c\": \"x\\\"\\u00b5\\n\\\\\"}, \"n\": 3}");
    expect("[1.0, -2500.0, true, null]", object.get("a").toString(), "array");
    expect("x\"\u00b5\n\\", Json.text(Json.asObject(object.get("b")), "c"), "escapes");
    expect(3, Json.whole(object, "n"), "whole number");
    expect("", Json.text(object, "missing"), "missing text");
    for (String wrong : new String[] {"", "smear: error", "{\"a\":1", "[1,]", "{} x", "\"a"}) {
      expect(null, Json.object(wrong), "not JSON: " + wrong);
    }
    String text = "a \"b\" \\ \u0001 \u00e4";
    expect(text, Json.parse(Json.quote(text)), "quoted and read again");
  }

  private static void csv() {
    Csv csv = Csv.parse("image,n,x\r\n\"a,\"\"b\"\"\nc\",1,0.25\nd,,1e-12\n");
    expect(Arrays.asList("image", "n", "x"), csv.headings, "headings");
    expect("a,\"b\"\nc", csv.field(0, 0), "quoted field");
    expect(true, csv.isNumeric(1) && csv.isNumeric(2) && !csv.isNumeric(0), "numeric columns");
    expect("", csv.field(1, 1), "empty field");
    expect(9, csv.decimals(2), "decimals");
    expect(0, csv.decimals(1), "decimals of whole numbers");
    expect(0, Csv.parse("").rows.size(), "no table");
  }

  private static void npy() {
    float[][] row = {{1.5f, -2f, 3f}};
    float[][] rows = {{1f, 2f}, {3f, 4f}, {5f, 6f}};
    expect(true, Arrays.deepEquals(row, Npy.parse(Npy.format(row))), "one dimension");
    expect(true, Arrays.deepEquals(rows, Npy.parse(Npy.format(rows))), "two dimensions");
    String header = new String(Npy.format(row), 0, 80, StandardCharsets.ISO_8859_1);
    expect(true, header.contains("'shape': (3,)"), "shape of one row");
  }

  /** Each outline's mask must be its object again: with a hole, in two parts, at the edge. */
  private static void outlines() {
    String[] picture = {
        "111..2..44", "1.1.222.44", "111..2....", "..........", "33......35", "33......33"};
    ShortProcessor labels = new ShortProcessor(10, 6);
    for (int y = 0; y < 6; ++y) {
      for (int x = 0; x < 10; ++x) {
        char c = picture[y].charAt(x);
        labels.set(x, y, c == '.' ? 0 : c == '5' ? 60000 : c - '0');
      }
    }
    Map<Integer, Roi> outlines = LabelOutlines.of(labels);
    expect("[1, 2, 3, 4, 60000]", outlines.keySet().toString(), "labels");
    for (Map.Entry<Integer, Roi> outline : outlines.entrySet()) {
      for (int y = 0; y < 6; ++y) {
        for (int x = 0; x < 10; ++x) {
          expect(labels.get(x, y) == outline.getKey(), outline.getValue().contains(x, y),
              "object " + outline.getKey() + " at " + x + "," + y);
        }
      }
    }
    expect(Roi.TRACED_ROI, outlines.get(2).getType(), "type of a simple outline");
    expect(0, LabelOutlines.of(new ByteProcessor(3, 3)).size(), "no objects");
  }

  private static void pipelines() {
    String text = "name: a\ndescription: \"What: it does\"\nstages:\n  - to-grey\n"
        + "  - overlay:\n      scale: 2\n# the end\ninput: {pages: each}\n";
    expect("What: it does", Pipelines.description(text), "description");
    expect(
        text.replace("# the end", "  - save-labels: {to: \"smearkit-labels/{id}.png\"}\n# the end"),
        Pipelines.withLabels(text), "one stage more");
    expect("stages:\n- watershed\n- save-labels: {to: \"smearkit-labels/{id}.png\"}\nname: x",
        Pipelines.withLabels("stages:\n- watershed\nname: x"), "without indentation");
    for (String left : new String[] {"stages: [to-grey]", "name: x", "stages:\n  - save-labels",
             "stages:\n  - save-labels: {to: \"labels/{id}.png\"}",
             "input: {tensor: z}\nstages:\n  - a\n"}) {
      expect(null, Pipelines.withLabels(left), "left as it is: " + left);
    }
    expect(true,
        Pipelines.withLabels("stages:\n  - save-labels: {inputs: {labels: cells}}\n") != null,
        "labels of another slot are others");
  }

  private static void fileNames() {
    expect("slide 7.tif", ImageFiles.fileName("slide 7.jpg"), "name");
    expect("a_b_c.tif", ImageFiles.fileName("a/b:c.png"), "characters of paths");
    expect("image.tif", ImageFiles.fileName(""), "empty title");
    expect("hidden.tif", ImageFiles.fileName(".hidden.png"), "hidden files are not read");
  }

  private static void workFolder() throws Exception {
    File outside = File.createTempFile("smearkit-test", ".txt");
    File inside;
    try (WorkFolder work = new WorkFolder()) {
      inside = work.folder("a");
      Files.createSymbolicLink(new File(inside, "link").toPath(), outside.toPath());
      expect(true, inside.isDirectory(), "folder");
    }
    expect(false, inside.getParentFile().exists(), "folder is removed");
    expect(true, outside.delete(), "what links point to stays");
  }

  private static void roiFiles() throws Exception {
    File zip = File.createTempFile("smearkit-test", ".zip");
    try (ZipOutputStream out = new ZipOutputStream(new FileOutputStream(zip))) {
      for (String name : new String[] {"0002-b", "0001-a"}) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new RoiEncoder(bytes).write(new OvalRoi(1, 2, 3, 4));
        out.putNextEntry(new ZipEntry(name + ".roi"));
        out.write(bytes.toByteArray());
      }
    }
    List<Roi> rois = RoiFiles.read(zip);
    expect(
        "0002-b, 0001-a", rois.get(0).getName() + ", " + rois.get(1).getName(), "names in order");
    expect(true, zip.delete(), "zip");
  }

  private static void processes() throws Exception {
    String events = "printf '%s\\n' '{\"event\":\"started\",\"files\":2,\"kept\":0}' "
        + "'{\"event\":\"sample\",\"files\":2,\"finished\":1,\"image\":\"a.jpg\",\"stage\":\"read\","
        + "\"reason\":\"broken\",\"status\":\"quarantined\"}' >&2; exit 3";
    SmearProcess run =
        SmearProcess.run(shell(events), null, watcher(false), SmearProcess.Stop.KILL);
    expect("[a.jpg: read: broken]", run.quarantined().toString(), "quarantined");
    expect(1, run.done(), "done");
    fails(
        "echo '{\"event\":\"error\",\"message\":\"wrong\",\"file\":\"p.yaml\",\"line\":2,\"column\":3,"
            + "\"hint\":\"so\"}' >&2; exit 2",
        "p.yaml:2:3: wrong (so)");
    fails("echo aborted >&2; exit 134", "aborted");
    fails("exit 1", "smear ended with exit code 1 and said nothing.");
    long begin = System.nanoTime();
    try {
      SmearProcess.run(shell("exec sleep 60"), null, watcher(true), SmearProcess.Stop.KILL);
      expect("cancelled", "ended", "stopping");
    } catch (Cancelled e) {
      expect(true, System.nanoTime() - begin < 5e9, "stops at once");
    }
  }

  private static void fails(String script, String message) throws Cancelled {
    try {
      SmearProcess.run(shell(script), null, watcher(false), SmearProcess.Stop.KILL);
      expect(message, "no failure", script);
    } catch (Failure e) {
      expect(message, e.getMessage(), script);
    }
  }

  private static List<String> shell(String script) {
    return Arrays.asList("/bin/sh", "-c", script);
  }

  private static SmearProcess.Watcher watcher(final boolean stops) {
    return new SmearProcess.Watcher() {
      @Override
      public void progress(int done, int all) {}

      @Override
      public boolean wantsStop() {
        return stops;
      }
    };
  }
}
