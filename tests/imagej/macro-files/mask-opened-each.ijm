// Another image beside each of the loop's, whose pixels say where to measure.
parts = split(getArgument(), "|");
input = parts[0];
output = parts[1];
list = getFileList(input);
setBatchMode(true);
run("Set Measurements...", "area mean min display redirect=None decimal=4");
for (i = 0; i < list.length; i++) {
  run("Clear Results");
  open(input + list[i]);
  name = File.nameWithoutExtension;
  title = getTitle();
  run("8-bit");
  open(input + "../truth/nuclei/smear-0002.png");
  run("8-bit");
  setAutoThreshold("Otsu");
  run("Create Selection");
  selectWindow(title);
  run("Restore Selection");
  run("Measure");
  saveAs("Results", output + name + ".csv");
  run("Select None");
  saveAs("Tiff", output + name + ".tif");
  run("Close All");
}
