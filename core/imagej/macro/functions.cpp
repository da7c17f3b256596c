// SPDX-License-Identifier: Apache-2.0
#include "imagej/macro/functions.h"
#include "imagej/macro/list-values.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace smear::imagej {
namespace {

struct Table {
  std::vector<Builtin> all;
  std::map<std::string, const Builtin*, std::less<>> by_name;
  std::set<std::string, std::less<>> namespaces;
  std::vector<std::string> names;

  Table() {
    add_text_functions(all);
    add_number_functions(all);
    add_array_functions(all);
    add_state_functions(all);
    add_table_functions(all);
    add_drawing_functions(all);
    add_image_functions(all);
    add_selection_functions(all);
    add_selection_makers(all);
    add_file_functions(all);
    add_refused_functions(all);
    add_unsupported();
    for (const auto& one : all) {
      by_name.emplace(one.name, &one);
      if (one.when != Builtin::When::refused && one.name != list_text_function)
        names.push_back(one.name);
      if (const auto dot = one.name.find('.'); dot != std::string::npos)
        namespaces.insert(one.name.substr(0, dot));
    }
    for (const char* more :
         {"Plot", "Fit", "Ext", "Stack", "Roi", "RoiManager", "Overlay", "Table", "Property",
          "Color", "Image", "List", "Dialog", "Math", "Input", "Output"})
      namespaces.insert(more);
  }

  // What ImageJ has and no group here.
  void add_unsupported() {
    std::set<std::string_view> here;
    for (const auto& one : all) here.insert(one.name);
    std::vector<Builtin> missing;
    for (const auto name : language_functions()) {
      if (here.contains(name)) continue;
      Builtin& one = missing.emplace_back();
      one.name = name;
      one.most = -1;
      one.when = Builtin::When::refused;
      one.why = "ImageJ has this function, Smearkit does not yet";
    }
    all.insert(all.end(), missing.begin(), missing.end());
  }
};

const Table& table() {
  static const Table all;
  return all;
}

}  // namespace

const Builtin* find_builtin(std::string_view name) {
  const auto found = table().by_name.find(name);
  return found == table().by_name.end() ? nullptr : found->second;
}

bool is_namespace(std::string_view name) { return table().namespaces.contains(name); }

std::string info_value(const std::string& info, const std::string& key) {
  if (key.empty()) return "";
  for (const char* between : {": ", " = ", "="}) {
    const std::string wanted = key + between;
    for (auto at = info.find(wanted); at != std::string::npos; at = info.find(wanted, at + 1)) {
      if (at > 0 && std::isalpha(static_cast<unsigned char>(info[at - 1])) != 0) continue;
      at += wanted.size();
      return info.substr(at, std::min(info.find('\n', at), info.size()) - at);
    }
  }
  return "";
}

const std::vector<std::string>& builtin_names() { return table().names; }

const Builtin* find_method(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> functions = {
      {"length", "lengthOf"},         {"contains", "String.contains"},
      {"startsWith", "startsWith"},   {"endsWith", "endsWith"},
      {"indexOf", "indexOf"},         {"lastIndexOf", "lastIndexOf"},
      {"replace", "replace"},         {"replaceAll", "replace"},
      {"substring", "substring"},     {"toLowerCase", "toLowerCase"},
      {"toUpperCase", "toUpperCase"}, {"trim", "String.trim"},
      {"matches", "matches"},         {"charAt", "String.charAt"},
  };
  const auto found = functions.find(name);
  return found == functions.end() ? nullptr : find_builtin(found->second);
}

Builtin& add_builtin(std::vector<Builtin>& all, const char* name, int least, int most,
                     Value (*run)(BuiltinCall&)) {
  Builtin one;
  one.name = name;
  one.least = least;
  one.most = most;
  one.run = run;
  all.push_back(std::move(one));
  return all.back();
}

void add_image_effect(std::vector<Builtin>& all, const char* name, int least, int most,
                      Value (*run)(BuiltinCall&)) {
  Builtin& one = add_builtin(all, name, least, most, run);
  one.when = Builtin::When::effect;
  one.values_only = true;
  one.changes_image = true;
}

}  // namespace smear::imagej
