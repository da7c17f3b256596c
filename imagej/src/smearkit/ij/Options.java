// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The options of a command with their values. Declared once; macros, dialogs and the Recorder all
 * follow the declaration.
 *
 * In a macro they are ImageJ's `key=value key=[value with blanks] flag`. Unlike ImageJ, which takes
 * what it does not know for nothing, a wrong key or value is an error.
 */
final class Options {
  /** Looks up the variables of the macro that runs. */
  interface Variables {
    /** The variable's value as text; null where there is none of that name. */
    String value(String name);
  }

  private final List<Option> declared = new ArrayList<Option>();
  private final Map<String, String> values = new LinkedHashMap<String, String>();

  Options add(Option option) {
    declared.add(option);
    values.put(option.key, option.initial);
    return this;
  }

  List<Option> declared() {
    return Collections.unmodifiableList(declared);
  }

  String text(String key) {
    return values.get(key);
  }

  double number(String key) {
    return Csv.number(text(key));
  }

  boolean flag(String key) {
    return text(key).equals("true");
  }

  /** Whether a choice stands at this value. */
  boolean is(String key, String choice) {
    return text(key).equalsIgnoreCase(choice);
  }

  void set(String key, String value) {
    values.put(key, value);
  }

  /** Throws Failure where a value is none that its option may have. */
  void check() throws Failure {
    for (Option option : declared) option.check(text(option.key));
  }

  /** Takes the values from a macro's text. */
  void parse(String macro, Variables variables) throws Failure {
    List<String> seen = new ArrayList<String>();
    for (String[] pair : split(macro)) {
      Option option = find(pair[0]);
      if (seen.contains(option.key))
        throw new Failure("The option '" + option.key + "' is given twice.");
      seen.add(option.key);
      boolean flag = option.kind == Option.Kind.FLAG;
      if (flag && pair[1] != null) {
        throw new Failure(
            "The option '" + option.key + "' stands for itself, without '=" + pair[1] + "'.");
      }
      if (!flag && pair[1] == null) {
        throw new Failure(
            "The option '" + option.key + "' needs a value: " + option.key + "=[...].");
      }
      set(option.key, flag ? "true" : variable(option, pair[1], variables));
    }
    check();
  }

  /** What the Recorder writes: all that is not as it is by itself. */
  Map<String, String> changed() {
    Map<String, String> out = new LinkedHashMap<String, String>();
    for (Option option : declared) {
      if (!text(option.key).equals(option.initial)) out.put(option.key, text(option.key));
    }
    return out;
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  Option find(String key) throws Failure {
    StringBuilder known = new StringBuilder();
    for (Option option : declared) {
      if (option.key.equals(key)) return option;
      known.append(known.length() == 0 ? "" : ", ").append(option.key);
    }
    throw new Failure("There is no option '" + key + "'; those that there are: " + known + ".");
  }

  /** A number as ImageJ's macros write it: 10, not 10.0. */
  static String format(double number) {
    if (number == Math.rint(number) && Math.abs(number) < 1e15)
      return String.valueOf((long) number);
    return new BigDecimal(String.valueOf(number)).toPlainString();
  }

  /** As ImageJ: `key=&name` is the value of a variable, and so is a name in place of a number. */
  private static String variable(Option option, String value, Variables variables) {
    boolean numeric = option.kind == Option.Kind.NUMBER || option.kind == Option.Kind.SLIDER;
    String name = value.startsWith("&") ? value.substring(1) : value;
    if (!value.startsWith("&") && !(numeric && value.matches("[A-Za-z_]\\w*"))) return value;
    String found = variables.value(name);
    if (found == null) return value;
    double number = Csv.number(found);
    return numeric && !Double.isNaN(number) ? format(number) : found;
  }

  /** Pairs of key and value; the value of a flag is null. */
  static List<String[]> split(String macro) throws Failure {
    List<String[]> out = new ArrayList<String[]>();
    int at = 0;
    while (true) {
      while (at < macro.length() && macro.charAt(at) <= ' ') ++at;
      if (at == macro.length()) return out;
      int begin = at;
      while (at < macro.length() && macro.charAt(at) > ' ' && macro.charAt(at) != '=') ++at;
      String key = macro.substring(begin, at);
      if (at == macro.length() || macro.charAt(at) != '=') {
        out.add(new String[] {key, null});
        continue;
      }
      int end = valueEnd(macro, ++at);
      boolean enclosed = end > at && "['".indexOf(macro.charAt(at)) >= 0;
      out.add(new String[] {
          key, enclosed ? macro.substring(at + 1, end - 1) : macro.substring(at, end)});
      at = end;
    }
  }

  /** Behind the value that begins here, its closing bracket or quote included. */
  private static int valueEnd(String macro, int begin) throws Failure {
    char first = begin < macro.length() ? macro.charAt(begin) : ' ';
    if (first == '\'') {
      int end = macro.indexOf('\'', begin + 1);
      if (end < 0) throw new Failure("A quote is not closed in: " + macro.substring(begin));
      return end + 1;
    }
    int depth = 0;
    for (int at = begin; at < macro.length(); ++at) {
      char c = macro.charAt(at);
      if (first == '[' && c == '[') ++depth;
      if (first == '[' && c == ']' && --depth == 0) return at + 1;
      if (first != '[' && c <= ' ') return at;
    }
    if (first == '[') throw new Failure("A bracket is not closed in: " + macro.substring(begin));
    return macro.length();
  }
}
