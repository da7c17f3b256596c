newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  name = File.nameWithoutExtension;
  run("8-bit");
  f = File.open(output + name + ".txt");
  getStatistics(area, mean, min, max);
  print(f, mean); print(f, "range " + (max - min));
  for (y = 0; y < 3; y++) { line = ""; for (x = 0; x < 5; x++) line = line + getPixel(x, y) + " "; print(f, line); }
  File.close(f);
  close();
}
