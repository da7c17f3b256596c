// The ROI Manager is emptied where there is something in it, by Deselect and Delete.
folders = split(getArgument(), "|");
list = getFileList(folders[0]);
setBatchMode(true);
run("Set Measurements...", "area mean display redirect=None decimal=3");
for (i = 0; i < list.length; i++) {
  open(folders[0] + list[i]);
  run("8-bit");
  setAutoThreshold("Otsu");
  run("Analyze Particles...", "size=" + (30 + 300 * i) + "-Infinity add");
  n = roiManager("count");
  if (n > 0) {
    roiManager("Measure");
    roiManager("Save", folders[1] + list[i] + ".zip");
    roiManager("Deselect");
    roiManager("Delete");
  }
  File.saveString("" + n + " " + roiManager("count"), folders[1] + list[i] + ".txt");
  close();
}
saveAs("Results", folders[1] + "all.csv");
