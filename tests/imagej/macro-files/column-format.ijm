newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);

run("Set Measurements...", "area mean min redirect=None decimal=3");
for (i = 0; i < list.length; i++) { open(input + list[i]);
run("8-bit");
for (k = 0; k < 10; k++) { makeRectangle(k, 0, 1, 1); run("Measure"); }
makeRectangle(0, 0, 9, 9); if (endsWith(list[i], "3.png")) run("Measure");
close(); }
saveAs("Results", output + "f.csv");
