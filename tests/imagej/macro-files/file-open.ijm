newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);
run("Set Measurements...", "area mean redirect=None decimal=3");
f = File.open(output + "summary.txt");
print(f, "file\tcount\tmean area");
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  name = File.nameWithoutExtension;
  run("8-bit");
  setAutoThreshold("Otsu");
  run("Analyze Particles...", "size=80-Infinity display clear");
  sum = 0;
  for (j = 0; j < nResults; j++) sum += getResult("Area", j);
  print(f, list[i] + "\t" + nResults + "\t" + sum / nResults);
  if (nResults > 10) { print(f, "many " + nResults + " in " + name); }
  for (j = 0; j < minOf(3, nResults); j++) print(f, j + ": " + getResult("Mean", j));
  close();
}
print(f, 1/3);
File.close(f);
