newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  run("8-bit");
  makeRectangle(10, 10, 33, 27);
  List.setMeasurements;
  x = List.getValue("Mean");
  File.append(list[i] + "," + List.getValue("Mean") + "," + x + "," + List.getValue("Feret"), output + "list.csv");
  s = "a"; s = s + List.getValue("StdDev") + 1; File.append(s, output + "list.csv");
  close();
}
