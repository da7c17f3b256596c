newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);
run("Set Measurements...", "area mean perimeter redirect=None decimal=3");
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  name = File.nameWithoutExtension;
  run("8-bit");
  setAutoThreshold("Otsu");
  run("Analyze Particles...", "size=80-Infinity display clear");
  Table.sort("Area", "Results");
  setResult("Code", 0, "007"); setResult("Code", 1, "1.50"); setResult("Code", 2, 2.5);
  updateResults();
  saveAs("Results", output + name + ".csv");
  Table.create("Own");
  for (j = 0; j < nResults; j++) { Table.set("N", j, nResults - j, "Own"); Table.set("T", j, "x" + j, "Own"); Table.set("A", j, getResult("Area", j) / 3, "Own"); }
  Table.sort("N", "Own");
  Table.renameColumn("A", "Third", "Own");
  Table.save(output + name + "-own.csv", "Own");
  Table.deleteColumn("N", "Own");
  Table.save(output + name + "-own2.csv", "Own");
  close("Own");
  close();
}
