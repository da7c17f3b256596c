// What is there is taken away before the image is opened, and what it is does not matter.
folders = split(getArgument(), "|");
list = getFileList(folders[0]);
setBatchMode(true);
for (i = 0; i < list.length; i++) {
  if (roiManager("count") > 0) roiManager("reset");
  if (isOpen("Results")) {
    selectWindow("Results");
    run("Close");
  }
  open(folders[0] + list[i]);
  run("8-bit");
  setAutoThreshold("Otsu");
  n = nResults;
  if (n > 0) run("Clear Results");
  if (getWidth() > 100) {
    run("Analyze Particles...", "size=50-Infinity display exclude clear add");
    for (r = 0; r < nResults; r++) setResult("Row", r, r + 1);
    roiManager("Save", folders[1] + list[i] + ".zip");
    saveAs("Results", folders[1] + list[i] + ".csv");
  }
  close();
}
