// SPDX-License-Identifier: Apache-2.0
import ij.IJ;
import ij.ImageJ;
import ij.Prefs;
import ij.gui.GenericDialog;
import ij.measure.ResultsTable;
import ij.plugin.frame.Recorder;
import ij.plugin.frame.RoiManager;
import java.awt.Button;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.Component;
import java.awt.Container;
import java.awt.Dialog;
import java.awt.EventQueue;
import java.awt.Frame;
import java.awt.Label;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.Robot;
import java.awt.Scrollbar;
import java.awt.TextField;
import java.awt.Toolkit;
import java.awt.Window;
import java.awt.event.ActionEvent;
import java.awt.event.ItemEvent;
import java.awt.event.KeyEvent;
import java.awt.image.BufferedImage;
import java.io.File;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;

/**
 * Uses the plugin as a person does: in an ImageJ with windows, by its dialogs. Each scenario prints
 * what it saw; the test compares that. With a second argument, pictures of the screen go there.
 */
public final class Scenarios {
  private static final long PATIENCE_MILLISECONDS = 30000;
  private static File pictures;

  public static void main(String[] arguments) throws Exception {
    pictures = arguments[1].isEmpty() ? null : new File(arguments[1]);
    Prefs.blackBackground = true;
    new ImageJ();
    switch (arguments[0]) {
      case "pipeline": pipeline(arguments[2]); break;
      case "error": error(arguments[2], arguments[3]); break;
      case "cancel": cancel(arguments[2], arguments[3], arguments[4]); break;
      case "preview": preview(arguments[2], arguments[3]); break;
      case "dialogs": dialogs(arguments[2]); break;
      default: throw new IllegalArgumentException(arguments[0]);
    }
    System.exit(0);
  }

  /** The dialog of a pipeline, with the Recorder on. */
  private static void pipeline(String image) throws Exception {
    IJ.open(image);
    new Recorder();
    IJ.doCommand("Smearkit Pipeline");
    GenericDialog dialog = dialog("Smearkit Pipeline");
    final Choice choice = (Choice) dialog.getChoices().get(0);
    select(choice, "smear-fields");
    ((TextField) dialog.getStringFields().get(1)).setText("overlays");
    picture("pipeline");
    press(dialog.getButtons()[0]);
    until("rows",
        () -> ResultsTable.getResultsTable().getCounter() > 0 && RoiManager.getInstance() != null);
    until("the command's end", () -> Recorder.getInstance().getText().contains("Smearkit"));
    Thread.sleep(500);
    arrange();
    picture("results");
    System.out.println("rows=" + ResultsTable.getResultsTable().getCounter());
    System.out.println("rois=" + RoiManager.getInstance().getCount());
    System.out.println("recorded=" + Recorder.getInstance().getText().replace("\n", "|"));
  }

  /** Puts windows side by side, for pictures. */
  private static void arrange() throws Exception {
    if (pictures == null) return;
    for (Window window : Window.getWindows()) {
      String title = window instanceof Frame ? ((Frame) window).getTitle() : "";
      if (title.equals("ImageJ"))
        window.setLocation(0, 0);
      else if (title.equals("ROI Manager"))
        window.setLocation(500, 130);
      else if (title.equals("Recorder"))
        window.setBounds(730, 130, 365, 275);
      else if (title.equals("Results"))
        window.setBounds(0, 555, 1095, 195);
      else if (title.endsWith(".csv") || title.contains("-overlays"))
        window.setVisible(false);
      else
        window.setLocation(0, 130);
    }
  }

  /** A macro that fails shows our message and stops. */
  private static void error(String image, String macro) throws Exception {
    IJ.open(image);
    Thread runner = new Thread(() -> IJ.runMacro(macro));
    runner.start();
    Dialog message = (Dialog) window("Macro Error");
    picture("error");
    System.out.println("shown=" + texts(message).replace("\n", "|"));
    press(button(message));
    runner.join(PATIENCE_MILLISECONDS);
    System.out.println("reached=" + (IJ.getLog() != null && IJ.getLog().contains("not reached")));
  }

  /** Escape stops a batch, and no program is left. */
  private static void cancel(String pipeline, String input, String output) throws Exception {
    Thread runner =
        new Thread(()
                       -> IJ.runMacro("run('Smearkit Batch', 'pipeline=[" + pipeline + "] input=["
                           + input + "] output=[" + output + "] jobs=1'); print('not reached');"));
    runner.start();
    until("a run", () -> new File(output, ".smear").isDirectory());
    Thread.sleep(700);
    System.out.println("running=" + ProcessHandle.current().children().count());
    picture("batch");
    IJ.setKeyDown(KeyEvent.VK_ESCAPE);
    runner.join(PATIENCE_MILLISECONDS);
    System.out.println("ended=" + !runner.isAlive());
    System.out.println("running=" + ProcessHandle.current().children().count());
    System.out.println("log=" + IJ.getLog().replace("\n", "|"));
  }

  /** The sliders change the preview. */
  private static void preview(String image, String model) throws Exception {
    IJ.open(image);
    IJ.doCommand("Smearkit Generate");
    GenericDialog dialog = dialog("Smearkit Generate");
    setText((TextField) dialog.getStringFields().get(0), model);
    Checkbox box = (Checkbox) dialog.getCheckboxes().lastElement();
    BufferedImage empty = panel(dialog);
    tick(box);
    until("a preview", () -> !same(empty, panel(dialog)) && messages(dialog).isEmpty());
    Thread.sleep(4000);
    BufferedImage first = panel(dialog);
    picture("generate");
    setText((TextField) dialog.getNumericFields().get(0), "6");
    until("another preview", () -> !same(first, panel(dialog)));
    Thread.sleep(4000);
    BufferedImage second = panel(dialog);
    picture("generate-hot");
    setText((TextField) dialog.getStringFields().get(0), "/nowhere/model.safetensors");
    until("a message", () -> !same(second, panel(dialog)));
    Thread.sleep(3000);
    picture("generate-error");
    press(button(dialog, "Cancel"));
    Thread.sleep(1500);
    System.out.println("changed=true");
    System.out.println("slider=" + ((Scrollbar) dialog.getSliders().get(0)).getValue());
    System.out.println("running=" + ProcessHandle.current().children().count());
  }

  /** Pictures of the other dialogs. */
  private static void dialogs(String image) throws Exception {
    for (String command : new String[] {"Smearkit Batch", "About Smearkit"}) {
      IJ.doCommand(command);
      GenericDialog dialog = dialog(command);
      picture(command.toLowerCase().replace(' ', '-'));
      press(dialog.getButtons()[1]);
      until("its end", () -> !dialog.isVisible());
    }
    IJ.open(image);
    IJ.doCommand("Smearkit Encode");
    GenericDialog dialog = dialog("Smearkit Encode");
    picture("encode");
    press(dialog.getButtons()[1]);
    System.out.println("shown=true");
  }

  private static GenericDialog dialog(String title) throws Exception {
    GenericDialog out = (GenericDialog) window(title);
    // Fields take up events once the window is there.
    Thread.sleep(500);
    return out;
  }

  private static Window window(String title) throws Exception {
    until("the dialog " + title, () -> find(title) != null);
    return find(title);
  }

  private static Dialog find(String title) {
    for (Window window : Window.getWindows()) {
      if (window instanceof Dialog && window.isShowing()
          && ((Dialog) window).getTitle().equals(title)) {
        return (Dialog) window;
      }
    }
    return null;
  }

  private static void until(String what, Callable<Boolean> condition) throws Exception {
    long end = System.currentTimeMillis() + PATIENCE_MILLISECONDS;
    while (!condition.call()) {
      if (System.currentTimeMillis() > end) {
        picture("timeout");
        System.out.println("waited in vain for " + what);
        System.exit(1);
      }
      Thread.sleep(50);
    }
  }

  private static void post(Component component, java.awt.AWTEvent event) {
    Toolkit.getDefaultToolkit().getSystemEventQueue().postEvent(event);
  }

  private static void press(Button button) {
    post(button, new ActionEvent(button, ActionEvent.ACTION_PERFORMED, button.getLabel()));
  }

  private static void tick(Checkbox box) {
    box.setState(true);
    post(box, new ItemEvent(box, ItemEvent.ITEM_STATE_CHANGED, box.getLabel(), ItemEvent.SELECTED));
  }

  private static void select(Choice choice, String item) {
    choice.select(item);
    post(choice, new ItemEvent(choice, ItemEvent.ITEM_STATE_CHANGED, item, ItemEvent.SELECTED));
  }

  /** Text fields tell by themselves that they were changed. */
  private static void setText(TextField field, String text) throws Exception {
    EventQueue.invokeAndWait(() -> field.setText(text));
  }

  private static Button button(Container container) {
    return button(container, "OK");
  }

  private static Button button(Container container, String label) {
    for (Component each : container.getComponents()) {
      if (each instanceof Button && ((Button) each).getLabel().trim().equals(label))
        return (Button) each;
      Button inner = each instanceof Container ? button((Container) each, label) : null;
      if (inner != null) return inner;
    }
    return null;
  }

  /** What the labels of a window say. */
  private static String texts(Container container) throws Exception {
    StringBuilder out = new StringBuilder();
    for (Component each : container.getComponents()) {
      if (each instanceof Label)
        out.append(((Label) each).getText()).append('\n');
      else if (each instanceof Container)
        out.append(texts((Container) each));
      else if (each.getClass().getSimpleName().equals("MultiLineLabel"))
        out.append(lines(each));
    }
    return out.toString();
  }

  private static String lines(Component label) throws Exception {
    java.lang.reflect.Field field = label.getClass().getDeclaredField("lines");
    field.setAccessible(true);
    return String.join("\n", (String[]) field.get(label)) + "\n";
  }

  private static Component previewPanel(Container container) {
    for (Component each : container.getComponents()) {
      if (each.getClass().getSimpleName().equals("PreviewPanel")) return each;
      Component inner = each instanceof Container ? previewPanel((Container) each) : null;
      if (inner != null) return inner;
    }
    return null;
  }

  private static String messages(GenericDialog dialog) throws Exception {
    java.lang.reflect.Field field = previewPanel(dialog).getClass().getDeclaredField("message");
    field.setAccessible(true);
    return (String) field.get(previewPanel(dialog));
  }

  private static BufferedImage panel(GenericDialog dialog) throws Exception {
    Component panel = previewPanel(dialog);
    Point at = panel.getLocationOnScreen();
    return new Robot().createScreenCapture(
        new Rectangle(at.x, at.y, panel.getWidth(), panel.getHeight()));
  }

  private static boolean same(BufferedImage a, BufferedImage b) {
    for (int y = 0; y < a.getHeight(); ++y) {
      for (int x = 0; x < a.getWidth(); ++x) {
        if (a.getRGB(x, y) != b.getRGB(x, y)) return false;
      }
    }
    return true;
  }

  private static void picture(String name) throws Exception {
    if (pictures == null) return;
    Thread.sleep(500);
    Rectangle screen = new Rectangle(Toolkit.getDefaultToolkit().getScreenSize());
    ImageIO.write(
        new Robot().createScreenCapture(screen), "png", new File(pictures, name + ".png"));
  }
}
