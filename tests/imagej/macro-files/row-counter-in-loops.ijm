// A number counts the rows of the table, over all images: as many for each as it is bright.
var row = 0;
folders = split(getArgument(), "|");
list = getFileList(folders[0]);
setBatchMode(true);
for (i = 0; i < list.length; i++) {
  open(folders[0] + list[i]);
  run("8-bit");
  getStatistics(area, mean);
  if (mean > 100) {
    for (k = 0; k < mean / 40; k++) {
      setResult("Label", row, list[i]);
      setResult("Part", row, k);
      goOn();
    }
  }
  close();
}
saveAs("Results", folders[1] + "rows.csv");
function goOn() {
  row++;
}
