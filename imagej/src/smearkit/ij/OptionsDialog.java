// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import ij.Prefs;
import ij.gui.DialogListener;
import ij.gui.GenericDialog;
import ij.io.OpenDialog;
import java.awt.AWTEvent;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.Component;
import java.awt.Label;
import java.awt.TextField;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A dialog with a field for each option, which begins with what was entered last. Only made where
 * there is a screen.
 */
class OptionsDialog implements DialogListener {
  private static final String OTHER_FILE = "Choose a file...";
  private static final String OPEN_TITLE = "Pipeline (.yaml) or ImageJ macro (.ijm)";
  private static final String RECENT = "smearkit.pipelines";
  private static final int RECENT_FILES = 5;
  private static final int DESCRIPTION_WIDTH = 100;

  final GenericDialog dialog;
  final Options options;
  private final String prefix;
  private final Map<String, String> shipped = new LinkedHashMap<String, String>();
  private Label description;
  private String chosenPipeline = "";

  OptionsDialog(String title, Options options) {
    this.options = options;
    prefix = "smearkit." + title.replace("Smearkit ", "").toLowerCase().replace(' ', '-') + ".";
    dialog = new GenericDialog(title);
  }

  /** Shows the dialog and fills in the options; a wrong value is shown, and the dialog again. */
  final void ask() throws Cancelled, Failure {
    for (Option option : options.declared()) {
      if (!option.key.equals("program")) add(option, initial(option));
    }
    addMore();
    dialog.addDialogListener(this);
    dialog.showDialog();
    closed();
    if (dialog.wasCanceled()) throw new Cancelled();
    read();
    chooseOtherFile();
    options.check();
    for (Option option : options.declared()) {
      if (!option.key.equals("program")) Prefs.set(prefix + option.key, options.text(option.key));
    }
    rememberPipeline();
  }

  /** Further parts of the dialog, below the options. */
  void addMore() {}

  /** The options as they are now may be others than before. */
  void changed() {}

  /** The dialog is closed. */
  void closed() {}

  @Override
  public final boolean dialogItemChanged(GenericDialog source, AWTEvent event) {
    if (event != null && event.getSource() instanceof Choice)
      choosePipeline((Choice) event.getSource());
    if (!dialog.wasOKed() && !dialog.wasCanceled()) {
      read();
      changed();
    }
    return true;
  }

  private String initial(Option option) {
    String given = options.text(option.key);
    return given.equals(option.initial) ? Prefs.get(prefix + option.key, option.initial) : given;
  }

  private void add(Option option, String value) {
    switch (option.kind) {
      case PIPELINE: addPipeline(option, value); break;
      case FILE: dialog.addFileField(option.label, value, 40); break;
      case FOLDER: dialog.addDirectoryField(option.label, value, 40); break;
      case TEXT: dialog.addStringField(option.label, value, 30); break;
      case NUMBER:
        dialog.addNumericField(option.label, number(option, value), 0, 8, option.unit);
        break;
      case SLIDER:
        dialog.addSlider(option.label, Math.max(option.lowest, -option.sliderEnd), option.sliderEnd,
            number(option, value), 0.05);
        break;
      case CHOICE: dialog.addChoice(option.label, option.choices, value); break;
      case FLAG: dialog.addCheckbox(option.label, value.equals("true")); break;
    }
  }

  private static double number(Option option, String value) {
    double number = Csv.number(value);
    return Double.isNaN(number) ? Csv.number(option.initial) : number;
  }

  private void addPipeline(Option option, String value) {
    try {
      shipped.putAll(Pipelines.shipped(Program.find("")));
    } catch (Failure e) {
      // Said when the command runs; a file can be chosen without.
    }
    List<String> names = new ArrayList<String>(shipped.keySet());
    for (String file : recent()) {
      if (new File(file).isFile()) names.add(file);
    }
    names.add(OTHER_FILE);
    String fallback = names.contains("smear-fields") ? "smear-fields" : names.get(0);
    chosenPipeline = names.contains(value) ? value : fallback;
    dialog.addChoice(option.label, names.toArray(new String[0]), chosenPipeline);
    dialog.addMessage(fill(describe(chosenPipeline)));
    Component message = dialog.getMessage();
    if (message instanceof Label) description = (Label) message;
  }

  private void choosePipeline(Choice choice) {
    if (!isPipelineChoice(choice)) return;
    if (choice.getSelectedItem().equals(OTHER_FILE)) {
      String path = new OpenDialog(OPEN_TITLE).getPath();
      if (path != null) choice.insert(path, 0);
      choice.select(path == null ? chosenPipeline : path);
    }
    chosenPipeline = choice.getSelectedItem();
    if (description != null) description.setText(fill(describe(chosenPipeline)));
  }

  /** The last entry of the list can be all that it has, and then is left as it is. */
  private void chooseOtherFile() throws Cancelled {
    if (!chosenPipeline.equals(OTHER_FILE)) return;
    chosenPipeline = "";
    String path = new OpenDialog(OPEN_TITLE).getPath();
    if (path == null) throw new Cancelled();
    chosenPipeline = path;
    for (Option option : options.declared()) {
      if (option.kind == Option.Kind.PIPELINE) options.set(option.key, path);
    }
  }

  private boolean isPipelineChoice(Choice choice) {
    for (int i = 0; i < choice.getItemCount(); ++i) {
      if (choice.getItem(i).equals(OTHER_FILE)) return true;
    }
    return false;
  }

  private String describe(String pipeline) {
    if (shipped.containsKey(pipeline)) return shipped.get(pipeline);
    File file = new File(pipeline);
    return file.isFile() ? Pipelines.description(Pipelines.text(file)) : "";
  }

  /** Labels do not grow: each text takes the same room. */
  private static String fill(String text) {
    StringBuilder out = new StringBuilder(text);
    if (out.length() > DESCRIPTION_WIDTH) out.replace(DESCRIPTION_WIDTH - 3, out.length(), "...");
    while (out.length() < DESCRIPTION_WIDTH) out.append(' ');
    return out.toString();
  }

  /**
   * Takes the values from the fields. Not by GenericDialog's own getters: they would record each
   * field under a key made of its label.
   */
  private void read() {
    Iterator<?> texts = fields(dialog.getStringFields());
    Iterator<?> numbers = fields(dialog.getNumericFields());
    Iterator<?> choices = fields(dialog.getChoices());
    Iterator<?> flags = fields(dialog.getCheckboxes());
    for (Option option : options.declared()) {
      if (option.key.equals("program")) continue;
      options.set(option.key, value(option, texts, numbers, choices, flags));
    }
  }

  private static String value(Option option, Iterator<?> texts, Iterator<?> numbers,
      Iterator<?> choices, Iterator<?> flags) {
    switch (option.kind) {
      case NUMBER:
      case SLIDER: {
        String text = ((TextField) numbers.next()).getText().trim();
        double number = Csv.number(text);
        return Double.isNaN(number) ? text : Options.format(number);
      }
      case PIPELINE: {
        String item = ((Choice) choices.next()).getSelectedItem();
        return item.equals(OTHER_FILE) ? "" : item;
      }
      case CHOICE: return ((Choice) choices.next()).getSelectedItem();
      case FLAG: return String.valueOf(((Checkbox) flags.next()).getState());
      default: return ((TextField) texts.next()).getText().trim();
    }
  }

  private static Iterator<?> fields(List<?> components) {
    return components == null ? new ArrayList<Object>().iterator() : components.iterator();
  }

  private static List<String> recent() {
    return Arrays.asList(Prefs.get(RECENT, "").split("\n"));
  }

  private void rememberPipeline() {
    if (chosenPipeline.isEmpty() || shipped.containsKey(chosenPipeline)) return;
    List<String> files = new ArrayList<String>(recent());
    files.remove(chosenPipeline);
    files.add(0, chosenPipeline);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < Math.min(files.size(), RECENT_FILES); ++i) {
      out.append(i == 0 ? "" : "\n").append(files.get(i));
    }
    Prefs.set(RECENT, out.toString());
  }
}
