// SPDX-License-Identifier: Apache-2.0
package smearkit.ij;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON, of which ImageJ has no reader: objects become maps in the order of their keys, arrays
 * lists, numbers doubles; text, booleans and null are Java's own.
 */
final class Json {
  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** Throws IllegalArgumentException where the text is no JSON. */
  static Object parse(String text) {
    Json json = new Json(text);
    Object value = json.value();
    json.blanks();
    if (json.at != text.length()) throw json.wrong("the end");
    return value;
  }

  /** The object that a line holds; null where it holds something else. */
  static Map<String, Object> object(String text) {
    try {
      return asObject(parse(text));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> asObject(Object value) {
    return value instanceof Map ? (Map<String, Object>) value : null;
  }

  /** The elements of an array; none where the value is something else. */
  @SuppressWarnings("unchecked")
  static List<Object> asList(Object value) {
    return value instanceof List ? (List<Object>) value : new ArrayList<Object>();
  }

  /** The text under a key; empty where there is none. */
  static String text(Map<String, Object> object, String key) {
    Object value = object == null ? null : object.get(key);
    return value instanceof String ? (String) value : "";
  }

  /** The whole number under a key; 0 where there is none. */
  static int whole(Map<String, Object> object, String key) {
    Object value = object == null ? null : object.get(key);
    return value instanceof Double ? ((Double) value).intValue() : 0;
  }

  /** Text in quotes; YAML reads it too. */
  static String quote(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\')
        out.append('\\').append(c);
      else if (c < ' ' || c == 0x7f)
        out.append(String.format("\\u%04x", (int) c));
      else
        out.append(c);
    }
    return out.append('"').toString();
  }

  private Object value() {
    blanks();
    if (at == text.length()) throw wrong("a value");
    switch (text.charAt(at)) {
      case '{': return members();
      case '[': return elements();
      case '"': return string();
      case 't': return word("true", Boolean.TRUE);
      case 'f': return word("false", Boolean.FALSE);
      case 'n': return word("null", null);
      default: return number();
    }
  }

  private Map<String, Object> members() {
    Map<String, Object> out = new LinkedHashMap<String, Object>();
    ++at;
    if (next('}')) return out;
    do {
      blanks();
      String key = string();
      if (!next(':')) throw wrong("':'");
      out.put(key, value());
    } while (next(','));
    if (!next('}')) throw wrong("'}'");
    return out;
  }

  private List<Object> elements() {
    List<Object> out = new ArrayList<Object>();
    ++at;
    if (next(']')) return out;
    do {
      out.add(value());
    } while (next(','));
    if (!next(']')) throw wrong("']'");
    return out;
  }

  private String string() {
    if (at == text.length() || text.charAt(at) != '"') throw wrong("text in quotes");
    StringBuilder out = new StringBuilder();
    for (++at; at < text.length(); ++at) {
      char c = text.charAt(at);
      if (c == '"') {
        ++at;
        return out.toString();
      }
      out.append(c == '\\' ? escaped() : c);
    }
    throw wrong("'\"'");
  }

  private char escaped() {
    if (++at == text.length()) throw wrong("an escape");
    char c = text.charAt(at);
    switch (c) {
      case 'n': return '\n';
      case 't': return '\t';
      case 'r': return '\r';
      case 'b': return '\b';
      case 'f': return '\f';
      case 'u': break;
      default: return c;
    }
    if (at + 4 >= text.length()) throw wrong("four digits");
    char code = (char) Integer.parseInt(text.substring(at + 1, at + 5), 16);
    at += 4;
    return code;
  }

  private Object word(String word, Object meaning) {
    if (!text.startsWith(word, at)) throw wrong(word);
    at += word.length();
    return meaning;
  }

  private Double number() {
    int begin = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) ++at;
    if (begin == at) throw wrong("a value");
    return Double.valueOf(text.substring(begin, at));
  }

  private void blanks() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) ++at;
  }

  private boolean next(char c) {
    blanks();
    if (at == text.length() || text.charAt(at) != c) return false;
    ++at;
    return true;
  }

  private IllegalArgumentException wrong(String wanted) {
    return new IllegalArgumentException("no " + wanted + " at character " + at + " of the JSON");
  }
}
