// What stays in the Results table when other measurements are chosen, or rows are summarized.
parts = split(getArgument(), "|");
input = parts[0];
output = parts[1];
list = getFileList(input);
setBatchMode(true);
for (i = 0; i < list.length; i++) {
  run("Clear Results");
  open(input + list[i]);
  name = File.nameWithoutExtension;
  run("8-bit");
  text = work(name);
  File.saveString(text, output + name + ".txt");
  close();
}

function work(name) {
  s = "";
  run("Set Measurements...", "area mean stack redirect=None decimal=9");
  makeRectangle(3, 4, 20, 20);
  run("Measure");
  run("Set Measurements...", "area mean redirect=None decimal=2");
  run("Measure");
  s = s + Table.headings + "\n";
  run("Clear Results");
  run("Set Measurements...", "area mean feret's redirect=None decimal=9");
  run("Measure");
  run("Set Measurements...", "area mean redirect=None decimal=2");
  run("Measure");
  s = s + Table.headings + "|" + String.getResultsHeadings + "|\n";
  run("Clear Results");
  makeLine(3, 4, 20, 24);
  run("Measure");
  makeRectangle(3, 4, 20, 20);
  run("Measure");
  run("Set Measurements...", "area mean perimeter shape redirect=None decimal=2");
  run("Measure");
  s = s + Table.headings + "\n";
  for (k = 0; k < nResults; k++)
    s = s + getResultString("Angle", k) + " " + getResultString("Length", k) + " " + getResultString("Perim.", k) + "\n";
  run("Clear Results");
  run("Set Measurements...", "area mean shape redirect=None decimal=9");
  run("Measure");
  run("Set Measurements...", "area mean shape redirect=None decimal=3");
  run("Measure");
  s = s + getResultString("Solidity", 0) + " " + getResultString("AR", 1) + "\n";
  run("Clear Results");
  run("Select None");
  run("Measure");
  run("Measure");
  run("Summarize");
  run("Measure");
  s = s + nResults + "\n";
  run("Clear Results");
  run("Measure");
  makeRectangle(5, 5, 20, 20);
  Overlay.addSelection;
  makeOval(30, 30, 20, 10);
  Overlay.addSelection;
  run("Select None");
  Overlay.measure;
  s = s + nResults + " ";
  run("Measure");
  s = s + nResults + " ";
  run("Measure Overlay");
  s = s + nResults + "\n";
  run("Clear Results");
  run("Find Maxima...", "prominence=20 output=Count");
  s = s + Table.headings + nResults + "\n";
  setAutoThreshold("Otsu");
  run("Analyze Particles...", "size=0-Infinity display");
  s = s + Table.headings + getResult("Area", 0) + "\n";
  run("Clear Results");
  return s;
}
