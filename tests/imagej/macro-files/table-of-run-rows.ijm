newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);
Table.create("Means");
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  run("8-bit");
  getStatistics(area, mean, min, max, std);
  Table.set("Image", i, list[i]);
  Table.set("Mean", i, mean);
  Table.set("Range", i, max - min);
  close();
}
Table.update;
Table.save(output + "means.csv");
