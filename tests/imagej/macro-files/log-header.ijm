newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);
run("Set Measurements...", "area mean redirect=None decimal=3");
print("\\Clear");
print("image,count", 1/3);
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  run("8-bit");
  setAutoThreshold("Otsu");
  run("Analyze Particles...", "size=80-Infinity display clear");
  print(list[i] + "," + nResults);
  close();
}
print("done");
selectWindow("Log");
saveAs("Text", output + "log.csv");
