newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);
Table.create("Counts");
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  run("8-bit");
  setAutoThreshold("Otsu");
  run("Analyze Particles...", "size=80-Infinity clear add");
  Table.set("name", i, list[i]);
  Table.set("cells", i, roiManager("count"));
  roiManager("reset");
  close();
}
Table.save(output + "table.csv");
