// The scale of all images, set with each.
parts = split(getArgument(), "|");
input = parts[0];
output = parts[1];
list = getFileList(input);
setBatchMode(true);
run("Set Measurements...", "area mean perimeter redirect=None decimal=4");
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  title = getTitle();
  run("Set Scale...", "distance=120 known=2 unit=cm global");
  run("8-bit");
  setAutoThreshold("Otsu");
  run("Analyze Particles...", "size=0.001-Infinity display exclude");
  run("Duplicate...", "title=copy");
  saveAs("Tiff", output + "copy-" + title);
  close();
  close();
}
saveAs("Results", output + "counts.csv");
