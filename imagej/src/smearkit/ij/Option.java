// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

/** One option of a command: its key in macros, its field in the dialog, what it may be. */
final class Option {
  enum Kind { PIPELINE, FILE, FOLDER, TEXT, NUMBER, SLIDER, CHOICE, FLAG }

  final String key;
  final Kind kind;
  /** What stands before the field. */
  final String label;
  /** The value where a macro does not give one; for a flag "false". */
  final String initial;
  String unit = "";
  String[] choices = {};
  double lowest;
  double highest;
  /** Where a slider ends; numbers up to `highest` can be typed. */
  double sliderEnd;
  int decimals;
  boolean required;

  private Option(Kind kind, String key, String label, String initial) {
    this.kind = kind;
    this.key = key;
    this.label = label;
    this.initial = initial;
  }

  static Option pipeline() {
    Option out = new Option(Kind.PIPELINE, "pipeline", "Pipeline", "");
    out.required = true;
    return out;
  }

  /** A file that has to be named. */
  static Option file(String key, String label) {
    Option out = new Option(Kind.FILE, key, label, "");
    out.required = true;
    return out;
  }

  /** A folder that has to be named. */
  static Option folder(String key, String label) {
    Option out = new Option(Kind.FOLDER, key, label, "");
    out.required = true;
    return out;
  }

  static Option text(String key, String label, String initial) {
    return new Option(Kind.TEXT, key, label, initial);
  }

  static Option whole(String key, String label, long initial, long lowest, long highest) {
    Option out = new Option(Kind.NUMBER, key, label, String.valueOf(initial));
    out.lowest = lowest;
    out.highest = highest;
    return out;
  }

  static Option slider(
      String key, String label, double initial, double lowest, double highest, double sliderEnd) {
    Option out = new Option(Kind.SLIDER, key, label, Options.format(initial));
    out.lowest = lowest;
    out.highest = highest;
    out.sliderEnd = sliderEnd;
    out.decimals = 2;
    return out;
  }

  static Option choice(String key, String label, String... choices) {
    Option out = new Option(Kind.CHOICE, key, label, choices[0]);
    out.choices = choices;
    return out;
  }

  static Option flag(String key, String label) {
    return new Option(Kind.FLAG, key, label, "false");
  }

  Option optional() {
    required = false;
    return this;
  }

  Option unit(String text) {
    unit = text;
    return this;
  }

  /** Throws Failure where the value is none that the option may have. */
  void check(String value) throws Failure {
    if (value.isEmpty() && required) throw new Failure("The option '" + key + "' must be given.");
    if (kind == Kind.NUMBER || kind == Kind.SLIDER) checkNumber(value);
    if (kind == Kind.CHOICE) checkChoice(value);
  }

  private void checkNumber(String value) throws Failure {
    double number = Csv.number(value);
    boolean whole = kind == Kind.NUMBER;
    if (Double.isNaN(number) || number < lowest || number > highest
        || (whole && number != Math.rint(number))) {
      throw new Failure("The option '" + key + "' must be a " + (whole ? "whole " : "")
          + "number from " + Options.format(lowest) + " to " + Options.format(highest) + ", not '"
          + value + "'.");
    }
  }

  private void checkChoice(String value) throws Failure {
    StringBuilder all = new StringBuilder();
    for (String choice : choices) {
      if (choice.equalsIgnoreCase(value)) return;
      all.append(all.length() == 0 ? "" : ", ").append(choice);
    }
    throw new Failure("The option '" + key + "' must be one of " + all + ", not '" + value + "'.");
  }
}
