newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  run("8-bit");
  setAutoThreshold("Otsu");
  run("Analyze Particles...", "size=80-Infinity display clear");
  n = nResults;
  Table.create("Cells");
  Table.set("count", 0, n);
  run("Invert");
  roiManager("reset");
  Table.set("width", 0, getWidth());
  for (k = 1; k < n && k < 3; k++) Table.set("count", k, k / n);
  Table.set("rows", Table.size - 1, Table.size);
  Table.update;
  Table.save(output + list[i] + ".csv");
  close();
}
