// Summarize, measuring behind it, and labels of an image that measurements are redirected to.
newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  name = File.nameWithoutExtension;
  run("8-bit");
  run("Clear Results");
  run("Set Measurements...", "area mean shape redirect=None decimal=3");
  run("Measure"); run("Summarize");
  saveAs("Results", output + name + "_one.csv");
  makeRectangle(2, 2, 30, 20); run("Measure");
  makeLine(2, 3, 20, 25); run("Measure");
  makeRectangle(20, 20, 30, 50); run("Measure");
  run("Summarize");
  saveAs("Results", output + name + "_four.csv");
  run("Clear Results");
  rename("cells");
  run("Select None");
  run("Duplicate...", "title=values");
  run("Invert");
  selectWindow("cells");
  run("Set Measurements...", "area mean display redirect=values decimal=3");
  makeRectangle(2, 2, 30, 20); run("Measure");
  makePoint(3, 3); run("Measure");
  setThreshold(0, 120);
  run("Select None");
  run("Analyze Particles...", "size=20-Infinity display");
  saveAs("Results", output + name + "_labels.csv");
  run("Set Measurements...", "area mean redirect=None decimal=3");
  close("*");
}
