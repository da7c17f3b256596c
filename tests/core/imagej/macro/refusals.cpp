// SPDX-License-Identifier: Apache-2.0
// What macros are refused for: everything whose result here could differ from ImageJ's without a
// word, each with its place and what to do.
#include <gtest/gtest.h>

#include "commands.h"
#include "imagej/macro/plan.h"

namespace smear::imagej::test {
namespace {

struct Case {
  const char* name;
  const char* macro;
  const char* error;
};

std::string error_of(const std::string& macro) {
  static const CommandTable table = macro_commands();
  PlanOptions options;
  options.table = &table;
  try {
    plan_macro(macro, "t.ijm", options);
  } catch (const MacroError& e) {
    return e.what();
  }
  return "accepted";
}

const Case cases[] = {
    // As users' macros fail.
    {"UnknownCommand", "run(\"8-bit\");\n  run(\"Gausian Blur...\", \"sigma=2\");",
     "t.ijm:2:7: error: there is no command \"Gausian Blur...\": it may belong to Fiji or a plugin "
     "(did you mean "
     "'Gaussian Blur...'?)"},
    {"DotsForgotten", "run(\"Gaussian Blur\", \"sigma=2\");",
     "t.ijm:1:5: error: there is no command \"Gaussian Blur\": it may belong to Fiji or a plugin "
     "(did you mean "
     "'Gaussian Blur...'?)"},
    {"CommandOfImageJ", "run(\"8-bit\"); run(\"Fractal Box Count...\", \"box=2\");",
     "t.ijm:1:19: error: run(\"Fractal Box Count...\") cannot be used: ImageJ has this command, "
     "Smearkit does not yet"},
    {"CommandOfAPlugin", "run(\"Find Cells\");",
     "t.ijm:1:5: error: there is no command \"Find Cells\": it may belong to Fiji or a plugin"},
    {"SumThatIsAText", "function f() { return 5; }\nprint(f() + 1);",
     "t.ijm:2:7: error: ImageJ takes what 'f' gives for a text here, and joins it with what "
     "follows (put the value into a variable first)"},
    {"MissingOption", "run(\"Gaussian Blur...\", \"scaled\");",
     "t.ijm:1:32: error: Gaussian Blur... needs 'sigma=...': without it ImageJ takes the value of "
     "an earlier call"},
    {"NoOptions", "run(\"Gaussian Blur...\");",
     "t.ijm:1:1: error: Gaussian Blur... needs 'sigma=...': without it ImageJ takes the value of "
     "an earlier call "
     "(without options ImageJ opens a dialog: write run(\"Gaussian Blur...\", \"sigma=2\"))"},
    {"MisspeltOption", "run(\"Analyze Particles...\",\n    \"size=30-Infinity exlude clear\");",
     "t.ijm:2:23: error: Analyze Particles... has no option 'exlude'; did you mean 'exclude'?; it "
     "has size= "
     "circularity= show= display exclude clear add summarize"},
    {"DoubledOption", "run(\"Gaussian Blur...\", \"sigma=2 sigma=3\");",
     "t.ijm:1:34: error: Gaussian Blur...: 'sigma' is given twice; ImageJ takes the first"},
    {"OptionJoinedOfParts", "s = 2;\nrun(\"Gaussian Blur...\", \"sigam=\" + s);",
     "t.ijm:2:25: error: Gaussian Blur... has no option 'sigam'; did you mean 'sigma'?; it has "
     "sigma= scaled"},
    {"Dialog", "x = getNumber(\"Sigma\", 2);",
     "t.ijm:1:5: error: getNumber cannot be used: it asks the user, and nobody is there: write the "
     "value into the "
     "macro, or make it a parameter (#@ Double name) and give it with --set name=VALUE"},
    {"WaitForUser", "run(\"8-bit\");\nwaitForUser(\"Draw a selection\");",
     "t.ijm:2:1: error: waitForUser cannot be used: it stops for the user, and nobody is there: "
     "remove it"},
    {"FijiCommand", "run(\"Colour Deconvolution\", \"vectors=H&E\");",
     "t.ijm:1:5: error: run(\"Colour Deconvolution\") cannot be used: it is a plugin that Fiji "
     "brings, no command of "
     "ImageJ's own"},
    {"ThresholdWindow", "run(\"Threshold...\");",
     "t.ijm:1:5: error: run(\"Threshold...\") cannot be used: it opens a window: use "
     "setThreshold(0, 206) or "
     "setAutoThreshold(\"Otsu\")"},
    {"UndefinedVariable", "x = 3;\nrun(\"Gaussian Blur...\", \"sigma=\" + sgima);",
     "t.ijm:2:36: error: variable 'sgima' has no value yet (assign to it first)"},
    {"UnbalancedBracket", "if (nImages > 0 {\n  run(\"8-bit\");\n}",
     "t.ijm:1:17: error: ')' is missing before '{' (it closes the '(' of line 1, column 4)"},
    {"MissingSemicolon", "if (true) run(\"8-bit\")\nrun(\"Invert\");",
     "t.ijm:1:23: error: ';' is missing before 'run'"},
    {"UnknownFunction", "setAutoTreshold(\"Otsu\");",
     "t.ijm:1:1: error: there is no function 'setAutoTreshold' (did you mean 'setAutoThreshold'?)"},
    {"WrongArguments", "setThreshold(5);",
     "t.ijm:1:1: error: setThreshold takes 2 arguments, got 1"},
    // What ImageJ does, and a run cannot.
    {"Random", "x = random();",
     "t.ijm:1:5: error: random cannot be used: its result differs from run to run"},
    {"Noise", "run(\"Add Noise\");",
     "t.ijm:1:5: error: run(\"Add Noise\") cannot be used: it draws random numbers, so that its "
     "result differs from run "
     "to run"},
    {"Eval", "eval(\"x = 1;\");",
     "t.ijm:1:1: error: eval cannot be used: it runs other code, which cannot be checked: put that "
     "into the macro"},
    {"Delete", "File.delete(\"/tmp/x\");",
     "t.ijm:1:1: error: files of the user are not deleted (what a run writes replaces what was "
     "there: leave this out)"},
    {"EffectsBehindAnd",
     "if (nImages > 0 && f() > 1) run(\"8-bit\");\nfunction f() { run(\"Invert\"); return 2; }",
     "t.ijm:1:20: error: the right side of '&&' does something, and is always evaluated in ImageJ "
     "1.53t but not in "
     "later versions (call it before, into a variable)"},
    {"CommandOfTheImage", "run(getTitle);",
     "t.ijm:1:5: error: which command is run must be known before the images are worked on"},
    {"OptionsOfTheImage", "run(\"Gaussian Blur...\", getTitle);",
     "t.ijm:1:25: error: Gaussian Blur...: the names of its options must be written out"},
    {"UnknownCommandInCode", "getStatistics(a);\nif (a > 3) { c = \"Erode \"; run(c); }",
     "t.ijm:2:32: error: which command is run must be known before the images are worked on"},
    {"EndlessLoop", "x = 0; while (x < 1) run(\"Erode\");",
     "t.ijm:1:8: error: the macro has more than 10000 statements when its loops are written out "
     "(do less in loops, or "
     "let them depend on the image)"},
    {"NumberPlusString", "n = 3; name = n + \"x\";",
     "t.ijm:1:15: error: ImageJ makes NaN of a number + a string here (begin with a string: \"\" + "
     "...)"},
    // Loops over folders.
    {"NoLoop", "list = getFileList(getDirectory(\"In\"));",
     "t.ijm:1:1: error: the macro lists a folder, but has no loop over all of its files (loop with "
     "for (i = 0; i < "
     "list.length; i++) and open(folder + list[i]))"},
    {"HalfTheFiles",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i += 2) { "
     "open(d + list[i]); }",
     "t.ijm:2:1: error: the loop does not go through all files of the folder, one by one (for (i = "
     "0; i < list.length; "
     "i++))"},
    {"PositionInTheFolder",
     "d = getDirectory(\"In\"); list = getFileList(d);\nArray.reverse(list);\n"
     "for (i = 0; i < list.length; i++) { open(d + list[i]); saveAs(\"PNG\", d + \"out\" + i); }",
     "t.ijm:3:82: error: the position of the image in a list that was sorted, filtered or turned "
     "round is "
     "not known (leave the list as getFileList gives it, or use the file's name)"},
    {"RowOfThePosition",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) {\n"
     "open(d + list[i]); run(\"Measure\"); setResult(\"N\", i, 1); close(); }",
     "t.ijm:3:51: error: the position of the image is the number of a row in the Results table "
     "only where nothing else adds rows to it or clears it (use nResults for a new row, nResults "
     "- 1 for the last one)"},
    {"BreakInDoWhile", "k = 0;\ndo { k++; if (k == 3) break; print(k); } while (k < 5);",
     "t.ijm:2:23: error: ImageJ passes over 'break' in a loop do ... while (write the loop with "
     "while)"},
    {"ContinueInDoWhile", "k = 0;\ndo { k++; if (k == 2) continue; print(k); } while (k < 4);",
     "t.ijm:2:23: error: ImageJ passes over 'continue' in a loop do ... while (write the loop with "
     "while, or the rest of it as if ... else)"},
    {"StateOfOtherImages",
     "n = 0; d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { "
     "open(d + list[i]); "
     "n = n + 1; print(n); }",
     "t.ijm:2:60: error: this value comes from the images before, and images are worked on in any "
     "order (set it anew "
     "for each image; only texts that grow by s = s + ... are gathered, and a new row of a table "
     "is "
     "nResults)"},
    {"SameFile",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); "
     "saveAs(\"PNG\", d + \"mask.png\"); }",
     "t.ijm:2:56: error: each image would replace the file 'mask.png' (put the image's name into "
     "its name: "
     "File.nameWithoutExtension)"},
    {"ResultsOfOtherImages",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); "
     "run(\"Measure\"); print(nResults); }",
     "t.ijm:2:78: error: the Results table has the rows of the images before, too, so this number "
     "is not known (rows can be counted from its end, as in getResult(\"Area\", nResults - 1); "
     "else clear it for each image: run(\"Clear Results\"))"},
    {"NumberOfRowsInCode",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); "
     "run(\"Measure\");\nfor (r = 0; r < nResults; r++) x = getResult(\"Area\", r); }",
     "t.ijm:3:13: error: the Results table has the rows of the images before, too, so this number "
     "is not known (rows can be counted from its end, as in getResult(\"Area\", nResults - 1); "
     "else clear it for each image: run(\"Clear Results\"))"},
    {"RowOfAnotherImage",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); "
     "run(\"Measure\");\nx = getResult(\"Area\", 0); }",
     "t.ijm:3:5: error: the Results table has the rows of the images before, too, and this row is "
     "counted from its beginning (count from its end (nResults - 1 is the last row, nResults a new "
     "one), or clear it for each image: run(\"Clear Results\"))"},
    {"RowOfAnotherImageSet",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); "
     "run(\"Measure\");\nsetResult(\"N\", 0, 1); }",
     "t.ijm:3:16: error: the Results table has the rows of the images before, too, and this row is "
     "counted from its beginning (count from its end (nResults - 1 is the last row, nResults a new "
     "one), or clear it for each image: run(\"Clear Results\"))"},
    {"WhichTableIsInFront",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); "
     "run(\"8-bit\");\nsaveAs(\"Results\", \"/o/\" + list[i] + \".csv\");\n"
     "run(\"Analyze Particles...\", \"summarize\"); }",
     "t.ijm:3:1: error: which table is in front here depends on the image, or on the one before "
     "(write selectWindow(\"Results\") or selectWindow(\"Summary\") before)"},
    {"SummaryOfOtherImages",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); "
     "run(\"8-bit\");\nrun(\"Analyze Particles...\", \"summarize\");\n"
     "Table.save(\"/o/\" + list[i] + \".csv\", \"Summary\"); }",
     "t.ijm:4:1: error: the Summary table has the rows of the images before, too (save it behind "
     "the "
     "loop, or by saveAs(\"Results\", path), which gives it the file's name)"},
    {"NoSummaryLeft",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); "
     "run(\"8-bit\"); run(\"Analyze Particles...\", \"summarize\");\n"
     "selectWindow(\"Summary\"); saveAs(\"Results\", \"/o/\" + list[i] + \".csv\"); }\n"
     "selectWindow(\"Summary\");\nsaveAs(\"Results\", \"/o/all.csv\");",
     "t.ijm:5:1: error: the Summary table is saved or closed for each image: none is left here "
     "(leave "
     "this out, or save it here only)"},
    {"ShowAllFromTheImageBefore",
     "setBatchMode(true);\n"
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); "
     "\nroiManager(\"Add\"); roiManager(\"Show All\"); saveAs(\"Tiff\", "
     "File.nameWithoutExtension); close(); }",
     "t.ijm:4:1: error: from the second image on, ImageJ in batch mode has Show All on when a "
     "selection is added, and its overlay gets the first one only (write roiManager(\"Show None\") "
     "before the image is closed)"},
    {"ImagesASecondTime",
     "d = getDirectory(\"In\"); list = getFileList(d);\n"
     "for (i = 0; i < list.length; i++) { open(d + list[i]); close(); }\n"
     "for (i = 0; i < list.length; i++) { open(d + list[i]); print(1); close(); }",
     "t.ijm:3:1: error: the macro goes through the images a second time (do all that is done with "
     "an image in one loop over them)"},
    {"NoWindowInBatchMode",
     "d = getDirectory(\"In\"); list = getFileList(d); setBatchMode(true);\n"
     "for (i = 0; i < list.length; i++) {\n"
     "if (isOpen(\"ROI Manager\")) { selectWindow(\"ROI Manager\"); close(\"x\"); }\n"
     "open(d + list[i]); run(\"Analyze Particles...\", \"add\"); roiManager(\"Measure\"); }",
     "t.ijm:4:56: error: the ROI Manager has the selections of the images before, too (empty it "
     "for "
     "each image: roiManager(\"reset\"); in batch mode it has no window, and isOpen is false)"},
    {"OtherFilesBehind",
     "d = getDirectory(\"In\"); list = getFileList(d); a = newArray(list.length);\n"
     "for (i = 0; i < list.length; i++) { if (endsWith(list[i], \".tif\")) {\n"
     "open(d + list[i]); a[i] = getWidth(); close(); } }\n"
     "for (i = 0; i < list.length; i++) print(a[i]);",
     "t.ijm:4:1: error: this loop goes through all files, also through those that the macro opens "
     "no image of (ask for the same as the loop over the images, or do this there)"},
    {"NameOfTheSavedFile",
     "run(\"Measure\");\nsaveAs(\"Results\", \"/o/\" + File.nameWithoutExtension + \".csv\");\n"
     "saveAs(\"Tiff\", \"/o/\" + File.nameWithoutExtension + \".tif\");",
     "t.ijm:3:24: error: File.nameWithoutExtension is here that of the file that line 2 saved "
     "or opened (keep "
     "that of the image in a variable before: name = File.nameWithoutExtension;)"},
    {"OpensSelections", "open(\"/data/cells.roi\");\nrun(\"Measure\");",
     "t.ijm:1:6: error: this opens selections, not an image (roiManager(\"Open\", path) reads a "
     "set "
     "that lies beside the image)"},
    {"SmallLetters", "run(\"gaussian blur...\", \"sigma=2\");",
     "t.ijm:1:5: error: there is no command \"gaussian blur...\": ImageJ tells small letters from "
     "capitals (did you mean 'Gaussian Blur...'?)"},
    {"FunctionNotHere", "Roi.setGroupNames(\"a\");",
     "t.ijm:1:1: error: Roi.setGroupNames cannot be used: ImageJ has this function, Smearkit does "
     "not yet"},
    {"ArgumentOfTheMacro", "a = getArgument();\nrun(\"Gaussian Blur...\", \"sigma=\" + a);",
     "t.ijm:2:25: error: Gaussian Blur...: sigma is a number, got '<folder>'"},
    {"ListOfTheImageBefore",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); "
     "\nx = List.getValue(\"Mean\"); }",
     "t.ijm:3:5: error: List.getValue: the list has what was set for the image before (fill it for "
     "each image: List.setMeasurements or List.clear())"},
    {"SelectionsOfOtherImages",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); "
     "roiManager(\"Add\"); roiManager(\"Save\", d + list[i] + \".zip\"); }",
     "t.ijm:2:75: error: the ROI Manager has the selections of the images before, too (empty it "
     "for each image: "
     "roiManager(\"reset\"))"},
    {"LastRowsOnly",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); "
     "run(\"Clear Results\"); run(\"Measure\"); }\nsaveAs(\"Results\", d + \"all.csv\");",
     "t.ijm:3:1: error: the Results table is cleared for each image: here it has the rows of the "
     "last one only (save it "
     "within the loop, under the image's name, or do not clear it)"},
    {"WorkBehindTheLoop",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); "
     "}\nrun(\"Invert\");",
     "t.ijm:3:1: error: behind the loop over the images only the Results table and gathered texts "
     "can be saved (move "
     "this into the loop)"},
    {"AnotherFile",
     "d = getDirectory(\"In\"); e = getDirectory(\"Flat\"); list = getFileList(d);\n"
     "for (i = 0; i < list.length; i++) { open(d + list[i]); open(e + list[i]); }",
     "t.ijm:2:56: error: this is none of the images that the run goes through, and where it lies "
     "is "
     "not known (open(folder + list[i]); another image is named by its whole path, or lies beside "
     "those)"},
    {"OtherImageNotThere", "open(\"/a/x.tif\");\nopen(\"/a/y.tif\");",
     "t.ijm:2:1: error: there is no file '/a/y.tif'"},
    {"FileOfWhichImage",
     "open(getDirectory(\"image\") + \"y.tif\");\nx = getInfo(\"image.filename\");",
     "t.ijm:2:5: error: this may be the file that line 1 opened beside the run's images (keep it "
     "in "
     "a variable before that one is opened)"},
    {"OtherImageOfWork", "run(\"8-bit\");\nopen(\"/a/x.tif\");",
     "t.ijm:2:1: error: there is no file '/a/x.tif'"},
    {"ShadowedText", "s = \"a\";\nf();\nfunction f() { s = s + \"b\"; }",
     "t.ijm:3:16: error: in a function 's' is a variable of its own, which begins at 0 (write var "
     "s = ...; at the top "
     "of the macro)"},
    {"TwoMacros", "macro \"a\" { run(\"8-bit\"); }\nmacro \"b\" { run(\"Invert\"); }",
     "t.ijm:2:1: error: the file has more than one macro, 'a' and 'b' (put each into a file of its "
     "own)"},
    {"ListInACondition",
     "List.setMeasurements;\nif (List.getValue(\"Area\") > 100) run(\"Invert\");",
     "t.ijm:2:5: error: ImageJ compares a value of List as a text here: 9 comes behind 100 (put it "
     "into a variable first: x = List.getValue(...);)"},
    {"ListTimesTwo", "List.setMeasurements;\nprint(\"a\" + List.getValue(\"Area\") * 2);",
     "t.ijm:2:13: error: ImageJ takes a value of List for a text here, and cannot compute with it "
     "(put it into a variable first: x = List.getValue(...);)"},
    {"RowsOfTheFirstImageOnly",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); run(\"Clear Results\");\nrun(\"Analyze Particles...\", \"size=30-Infinity "
     "add\");\nsetResult(\"A\", nResults, 1); close(); }",
     "t.ijm:4:16: error: Analyze Particles in line 3 leaves rows in the Results table for the "
     "first "
     "image, and none once a Results window is open (write 'display clear' or 'clear' into its "
     "options, or run(\"Clear Results\") behind it)"},
    {"PlaceOfAWindow", "getLocationAndSize(x, y, w, h);\nprint(x);",
     "t.ijm:1:1: error: getLocationAndSize asks where a window is, and there is none "
     "(getDimensions "
     "and getVoxelSize tell about the image)"},
    {"TableInFront",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); run(\"Clear Results\"); run(\"Measure\");\nTable.sort(\"Area\"); "
     "Table.create(\"T\"); close(); }",
     "t.ijm:3:1: error: Table.sort: which table is in front is not known here (give its title as "
     "the last argument, as \"Results\")"},
    {"TwoOpenFiles",
     "d = getDirectory(\"In\"); o = getDirectory(\"Out\");\nf = File.open(o + \"a.txt\");\ng = "
     "File.open(o + \"b.txt\");",
     "t.ijm:3:5: error: the file opened in line 2 is not closed (ImageJ has one file open at a "
     "time: File.close(file);)"},
    {"TwoTextsIntoAFile",
     "o = getDirectory(\"Out\"); f = File.open(o + \"a.txt\");\nprint(f, 1, 2);",
     "t.ijm:2:13: error: ImageJ prints one text to a file (join them: print(file, a + \" \" + "
     "b);)"},
    {"FileOfEachImage",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]);\nf = File.open(getDirectory(\"Out\") + \"all.txt\"); close(); }",
     "t.ijm:3:5: error: each image would replace this file (open it before the loop over the "
     "images, or put the image's name into its name)"},
    {"DeletedImage", "open(\"/a/x.tif\");\nFile.delete(\"/a/x.tif\");",
     "t.ijm:2:1: error: files of the user are not deleted (what a run writes replaces what was "
     "there: leave this out)"},
    {"TimeInAName",
     "d = getDirectory(\"In\"); list = getFileList(d);\nt = getTime();\nfor (i = 0; i < "
     "list.length; i++) { open(d + list[i]); rename(\"a\" + t); close(); }",
     "t.ijm:2:5: error: getTime cannot be used: its result differs from run to run: it can only be "
     "printed, by a macro that does not save its log"},
    {"TimeInASavedLog",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); close(); }\nprint(getTime());\nsaveAs(\"Text\", getDirectory(\"Out\") + "
     "\"log.txt\");",
     "t.ijm:3:7: error: getTime cannot be used: its result differs from run to run: it can only be "
     "printed, by a macro that does not save its log"},
    {"TimeInAFile", "f = File.open(getDirectory(\"Out\") + \"a.txt\");\nprint(f, getTime());",
     "t.ijm:2:10: error: getTime cannot be used: its result differs from run to run: it can only "
     "be printed, by a macro that does not save its log"},
    {"UpdatedLineOfASavedLog",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]);\nprint(\"\\\\Update:\" + i); close(); }\nsaveAs(\"Text\", getDirectory(\"Out\") "
     "+ \"log.txt\");",
     "t.ijm:3:1: error: print(\"\\Update...\") changes lines of the log, which the macro saves "
     "(print lines one after another, or do not save the log)"},
    {"SkippedFilesInASavedLog",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) {\nif "
     "(endsWith(list[i], \".png\")) { open(d + list[i]); close(); }\nelse print(\"skip\"); "
     "}\nsaveAs(\"Text\", getDirectory(\"Out\") + \"log.txt\");",
     "t.ijm:4:6: error: this is printed for files that are no images of the run, into a log that "
     "is saved (a run works on images only: remove it)"},
    {"LoopWithinALoop",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (t = 0; t < 3; t++)\nfor (i = 0; i < "
     "list.length; i++) { open(d + list[i]); setThreshold(0, t); close(); }",
     "t.ijm:2:1: error: the loop over the images stands in this loop, and a run goes through its "
     "images once (put this loop into that one: for each image, what is done for each value)"},
    {"CountsOtherFiles",
     "d = getDirectory(\"In\"); list = getFileList(d); n = 0;\nfor (k = 0; k < list.length; k++) "
     "if "
     "(endsWith(list[k], \".tif\")) n++;\nif (n == 0) exit(\"none\");\nfor (i = 0; i < "
     "list.length; "
     "i++) { open(d + list[i]); close(); }",
     "t.ijm:3:1: error: whether the macro ends here depends on files that the loop over the images "
     "does not ask for (ask for the same files in both loops)"},
    {"SettingsBeforeTheTable",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); run(\"Measure\"); close(); }\nrun(\"Set Measurements...\", \"area decimal=1\");\n"
     "saveAs(\"Results\", getDirectory(\"Out\") + \"all.csv\");",
     "t.ijm:4:1: error: line 3 changes settings or tables behind the loop over the images (save "
     "the table before that)"},
    {"ClosedBeforeItIsSaved",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); run(\"Measure\"); close(); }\nif (isOpen(\"Results\")) { "
     "selectWindow(\"Results\"); run(\"Close\"); }\nsaveAs(\"Results\", getDirectory(\"Out\") + "
     "\"all.csv\");",
     "t.ijm:4:1: error: 'Results' may have been closed before (save it before windows are closed)"},
    {"TableBehindAnother",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); Table.create(\"X\");\nrun(\"Measure\"); Table.set(\"a\", 0, 1); close(); }",
     "t.ijm:3:17: error: Table.set: which table is in front is not known here (give its title as "
     "the last argument, as \"Results\")"},
    {"ImageLeftOpen",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]);\nrun(\"Duplicate...\", \"title=mask\"); run(\"Invert\"); "
     "selectWindow(list[i]); x = getWidth();\nselectWindow(\"mask\"); run(\"Measure\"); }",
     "t.ijm:4:1: error: 'mask' is left open: for the images behind the first, ImageJ takes that of "
     "the image before here (write close(\"mask\") at the end of the loop over the images)"},
    {"RenamedImageLeftOpen",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]);\nrename(\"img\"); run(\"Duplicate...\", \"title=copy\"); selectWindow(\"img\"); "
     "close(\"copy\"); }",
     "t.ijm:3:51: error: 'img' is left open: for the images behind the first, ImageJ takes that of "
     "the image before here (write close(\"img\") at the end of the loop over the images)"},
    {"NumberBeforeAnElement", "q = split(\"a b\", \" \"); k = 3;\nrename(\"x\" + k + q[0]);",
     "t.ijm:2:8: error: ImageJ makes NaN of a number and an element of an array that is a text "
     "(put the element into a variable first)"},
    {"PositionBeforeTheName",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]);\nrename(\"x\" + i + list[i]); close(); }",
     "t.ijm:3:18: error: ImageJ makes NaN of a number and an element of an array that is a text "
     "(put the element into a variable first)"},
    {"WordOfAnImage", "t = getInfo(\"x\");\nprint(\"is \" + t.contains(\"b\"));",
     "t.ijm:2:15: error: ImageJ joins what '.contains' gives as a word here (put the value into a "
     "variable first)"},
    {"ParameterInAComment", "// @File(label=\"Folder\", style=\"directory\") input\nprint(input);",
     "t.ijm:2:7: error: variable 'input' has no value yet: '// @File' is a comment here (write #@ "
     "File (...) input)"},
    {"ParameterOfAnImage", "#@ ImagePlus imp\nrun(\"8-bit\");",
     "t.ijm:1:1: error: parameters of type ImagePlus are not supported (a macro works on the "
     "active "
     "image without one)"},
    {"NumberOrText", "function f(s) { if (s > 1) return 1; return \"\" + s; }\nprint(f(1) + f(2));",
     "t.ijm:2:7: error: ImageJ takes what 'f' gives for a text here, and joins it with what "
     "follows (put the value into a variable first)"},
    {"ContentsOfAWindow", "x = getInfo(\"window.contents\");",
     "t.ijm:1:5: error: getInfo(\"window.contents\") asks for a window, and there is none "
     "(getResult and Table.get read tables)"},
    {"TableRenamedBehind",
     "d = getDirectory(\"In\"); list = getFileList(d);\nfor (i = 0; i < list.length; i++) { open(d "
     "+ list[i]); run(\"Measure\"); close(); }\nTable.rename(\"Results\", \"All\");",
     "t.ijm:3:1: error: tables of the whole run keep their titles (leave this out: the file that "
     "the table is saved as has its name)"},
    {"NothingToDo", "// only a comment", "t.ijm:1:1: error: the macro has no statements"},
    {"FunctionOfC", "x = strlen(\"abc\");",
     "t.ijm:1:5: error: there is no function 'strlen' (ImageJ has lengthOf(text))"},
    {"Conditional", "x = true ? 1 : 2;",
     "t.ijm:1:10: error: '?:' is not part of ImageJ 1.53t's language (use if ... else)"},
};

class MacroRefusal : public testing::TestWithParam<Case> {};

TEST_P(MacroRefusal, SaysWhereAndWhatToDo) {
  EXPECT_EQ(error_of(GetParam().macro), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(All, MacroRefusal, testing::ValuesIn(cases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(MacroRefusals, ComeAllAtOnce) {
  const std::string all = error_of(
      "run(\"Gausian Blur...\", \"sigma=2\");\nx = random();\nrun(\"Median...\", \"radus=2\");");
  for (const char* place : {"t.ijm:1:5:", "t.ijm:2:5:", "t.ijm:3:19:"})
    EXPECT_NE(all.find(place), std::string::npos) << all;
}

}  // namespace
}  // namespace smear::imagej::test
