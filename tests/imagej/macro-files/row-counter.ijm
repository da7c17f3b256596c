// A number counts the rows of the table, over all images: one for each, of those that are taken.
folders = split(getArgument(), "|");
list = getFileList(folders[0]);
setBatchMode(true);
row = 0;
for (i = 0; i < list.length; i++) {
  if (indexOf(list[i], "2") < 0) {
    open(folders[0] + list[i]);
    getStatistics(area, mean);
    setResult("Label", row, list[i]);
    setResult("Mean", row, mean);
    row = row + 1;
    close();
  }
}
updateResults();
saveAs("Results", folders[1] + "rows.csv");
