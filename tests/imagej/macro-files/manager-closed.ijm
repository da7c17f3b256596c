// The window of the ROI Manager is closed, and what was in it is gone.
folders = split(getArgument(), "|");
list = getFileList(folders[0]);
for (i = 0; i < list.length; i++) {
  if (isOpen("ROI Manager")) {
    selectWindow("ROI Manager");
    run("Close");
  }
  open(folders[0] + list[i]);
  makeRectangle(10, 20, 30 + i, 40);
  roiManager("Add");
  makeRectangle(50, 60, 30, 40 + i);
  roiManager("Add");
  roiManager("Save", folders[1] + list[i] + ".zip");
  if (getWidth() > 50) {
    selectWindow("ROI Manager");
    run("Close");
  }
  makeOval(5, 6, 70, 80);
  roiManager("Add");
  roiManager("Save", folders[1] + list[i] + "_2.zip");
  close();
}
