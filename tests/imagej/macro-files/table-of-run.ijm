newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);
run("Set Measurements...", "area mean redirect=None decimal=3");
Table.create("Counts");
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  run("8-bit");
  setAutoThreshold("Otsu");
  run("Analyze Particles...", "size=80-Infinity display clear");
  n = nResults;
  row = Table.size("Counts");
  Table.set("File", row, list[i], "Counts");
  Table.set("Count", row, n, "Counts");
  if (n > 0) { Table.set("First", row, getResult("Area", 0) / 7, "Counts"); }
  for (j = 0; j < 2; j++) { row = Table.size("Counts"); Table.set("File", row, "part " + j, "Counts"); Table.set("Count", row, getResult("Mean", j), "Counts"); }
  close();
}
Table.update("Counts");
Table.save(output + "numbers.csv", "Counts");
