// SPDX-License-Identifier: Apache-2.0
// What ImageJ has and a run without a user and without chance cannot do, and what to do instead.
#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "imagej/letters.h"
#include "imagej/macro/functions.h"

namespace smear::imagej {
namespace {

constexpr const char* asks =
    "it asks the user, and nobody is there: write the value into the macro, or make it a parameter "
    "(#@ Double name) and give it with --set name=VALUE";
constexpr const char* chance = "its result differs from run to run";
constexpr const char* time_of_run =
    "its result differs from run to run: it can only be printed, by a macro that does not save its "
    "log";
constexpr const char* runs_other =
    "it runs other code, which cannot be checked: put that into the macro";
constexpr const char* draws = "text depends on the fonts of a machine";
constexpr const char* stacks = "this function of stacks and composites is not here";
constexpr const char* writes_tables =
    "tables can be created, set, sorted, read and saved here, but not this";

struct Refusal {
  const char* name;
  const char* why;
};

constexpr std::array functions{
    Refusal{"waitForUser", "it stops for the user, and nobody is there: remove it"},
    Refusal{"showMessage", "it opens a window that waits for the user: use print(...)"},
    Refusal{"showMessageWithCancel", asks},
    Refusal{"getNumber", asks},
    Refusal{"getString", asks},
    Refusal{"getBoolean", asks},
    Refusal{"File.openDialog", asks},
    Refusal{"getCursorLoc", asks},
    Refusal{"isKeyDown", asks},
    Refusal{"setKeyDown", asks},
    Refusal{"Dialog.create", asks},
    Refusal{"Dialog.addNumber", asks},
    Refusal{"Dialog.addString", asks},
    Refusal{"Dialog.addCheckbox", asks},
    Refusal{"Dialog.addChoice", asks},
    Refusal{"Dialog.addMessage", asks},
    Refusal{"Dialog.addDirectory", asks},
    Refusal{"Dialog.addFile", asks},
    Refusal{"Dialog.addSlider", asks},
    Refusal{"Dialog.addRadioButtonGroup", asks},
    Refusal{"Dialog.addCheckboxGroup", asks},
    Refusal{"Dialog.show", asks},
    Refusal{"Dialog.getNumber", asks},
    Refusal{"Dialog.getString", asks},
    Refusal{"Dialog.getCheckbox", asks},
    Refusal{"Dialog.getChoice", asks},
    Refusal{"Dialog.getRadioButton", asks},
    Refusal{"setTool", "it chooses a tool for the mouse: remove it"},
    Refusal{"random", chance},
    Refusal{"getTime", time_of_run},
    Refusal{"getDateAndTime", time_of_run},
    Refusal{"eval", runs_other},
    Refusal{"call", runs_other},
    Refusal{"exec", runs_other},
    Refusal{"runMacro", runs_other},
    Refusal{"doCommand", "it runs a command in the background: use run(...)"},
    Refusal{"File.rename", "files of the user are not renamed"},
    Refusal{"File.copy", "files are not copied: save the image under the other name"},
    Refusal{"File.openAsString", "only the image at hand can be read"},
    Refusal{"File.openAsRawString", "only the image at hand can be read"},
    Refusal{"File.openUrlAsString", "only the image at hand can be read"},
    Refusal{"File.lastModified", chance},
    Refusal{"File.dateLastModified", chance},
    Refusal{"File.length", "only the image at hand can be read"},
    Refusal{"Plot.create", "plots are not supported: save the values with File.saveString"},
    Refusal{"Plot.show", "plots are not supported"},
    Refusal{"Plot.add", "plots are not supported"},
    Refusal{"drawString", draws},
    Refusal{"setFont", draws},
    Refusal{"setJustification", draws},
    Refusal{"snapshot", "it cannot be undone here: duplicate the image"},
    Refusal{"reset", "it cannot be undone here: duplicate the image"},
    Refusal{"saveSettings", "set what is needed at the beginning of the macro"},
    Refusal{"restoreSettings", "set what is needed at the beginning of the macro"},
    Refusal{"Stack.setChannel", stacks},
    Refusal{"Stack.setSlice", "use setSlice(number)"},
    Refusal{"Stack.getStatistics", "getStatistics and getRawStatistics measure single images"},
    Refusal{"Table.open", writes_tables},
    Refusal{"Table.applyMacro", writes_tables},
    Refusal{"Table.showRowNumbers", writes_tables},
    Refusal{"Table.showRowIndexes", writes_tables},
    Refusal{"Table.saveColumnHeader", writes_tables},
    Refusal{"Table.setLocationAndSize", "it places a window: remove it"},
    Refusal{"Table.showArrays", writes_tables},
    Refusal{"List.fromArrays", "set its values with List.set(key, value)"},
    Refusal{"List.toArrays", "ask for its values with List.get(key)"},
    Refusal{"Array.show", "use Array.print"},
    Refusal{"debug", "remove it"},
    Refusal{"Ext.openImagePlus", "extensions of plugins are not supported: use open(path)"},
    Refusal{"Fit.doFit", "fitting curves is not supported"},
};

constexpr const char* of_fiji = "it is a plugin that Fiji brings, no command of ImageJ's own";
constexpr const char* by_noise =
    "it draws random numbers, so that its result differs from run to run";

constexpr std::array commands{
    Refusal{"Colour Deconvolution", of_fiji},
    Refusal{"Colour Deconvolution2", of_fiji},
    Refusal{"Bio-Formats Importer", "open the image with open(path), or convert the files first"},
    Refusal{"Bio-Formats", "open the image with open(path), or convert the files first"},
    Refusal{"StarDist 2D", of_fiji},
    Refusal{"Command From Macro", of_fiji},
    Refusal{"Auto Threshold", "it is a plugin that Fiji brings: use setAutoThreshold(\"Otsu\")"},
    Refusal{"Auto Local Threshold", of_fiji},
    Refusal{"Enhance Local Contrast (CLAHE)", of_fiji},
    Refusal{"Trainable Weka Segmentation", of_fiji},
    Refusal{"Analyze Skeleton (2D/3D)", of_fiji},
    Refusal{"Morphological Filters", of_fiji},
    Refusal{"Marker-controlled Watershed", of_fiji},
    Refusal{"Distance Transform Watershed", of_fiji},
    Refusal{"Connected Components Labeling", of_fiji},
    Refusal{"3D Objects Counter", of_fiji},
    Refusal{"Labels To Rois", of_fiji},
    Refusal{"Cellpose Advanced", of_fiji},
    Refusal{"Stack Focuser", of_fiji},
    Refusal{"CLIJ2 Macro Extensions", of_fiji},
    Refusal{"Add Noise", by_noise},
    Refusal{"Add Specified Noise...", by_noise},
    Refusal{"Salt and Pepper", by_noise},
    Refusal{"Threshold...",
            "it opens a window: use setThreshold(0, 206) or setAutoThreshold(\"Otsu\")"},
    Refusal{"Color Threshold...", "it opens a window: convert to 8-bit and use setThreshold"},
    Refusal{"Brightness/Contrast...", "it opens a window: use setMinAndMax(0, 255)"},
    Refusal{"ROI Manager...", "it opens a window: roiManager(...) works without it"},
    Refusal{"Channels Tool...", "it opens a window: remove it"},
    Refusal{"Synchronize Windows", "it opens a window: remove it"},
    Refusal{"Label...", "text depends on fonts"},
    Refusal{"Scale Bar...", "text depends on fonts"},
    Refusal{"Label", "text depends on fonts"},
    Refusal{"Plot Profile", "plots are not supported"},
    Refusal{"Histogram", "plots are not supported: getStatistics gives the histogram"},
    Refusal{"Image Sequence...", "one image after another is worked on: loop over getFileList"},
    Refusal{"Undo", "nothing can be undone: duplicate the image first"},
};

}  // namespace

void add_refused_functions(std::vector<Builtin>& all) {
  for (const auto& one : functions) {
    Builtin made;
    made.name = one.name;
    made.most = -1;
    made.when = Builtin::When::refused;
    made.why = one.why;
    all.push_back(std::move(made));
  }
}

std::string why_no_command(std::string_view name) {
  for (const auto& one : commands)
    if (same_letters(one.name, name)) return one.why;
  return "";
}

}  // namespace smear::imagej
