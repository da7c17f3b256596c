// A number counts the rows of a table of the macro's own.
folders = split(getArgument(), "|");
list = getFileList(folders[0]);
setBatchMode(true);
Table.create("Bright");
n = 0;
for (i = 0; i < list.length; i++) {
  open(folders[0] + list[i]);
  run("8-bit");
  getStatistics(area, mean, min, max);
  if (max > 240) {
    Table.set("Name", n, list[i], "Bright");
    Table.set("Mean", n, mean, "Bright");
    n++;
  }
  close();
}
Table.save(folders[1] + "bright.csv", "Bright");
