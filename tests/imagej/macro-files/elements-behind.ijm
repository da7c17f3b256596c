// An array keeps a number of each image, and a loop behind writes them into the table and a file.
folders = split(getArgument(), "|");
list = getFileList(folders[0]);
setBatchMode(true);
counts = newArray(list.length);
means = newArray(list.length);
kinds = newArray(list.length);
for (i = 0; i < list.length; i++) {
  open(folders[0] + list[i]);
  run("8-bit");
  getStatistics(area, mean);
  means[i] = mean;
  setAutoThreshold("Otsu");
  run("Analyze Particles...", "size=20-Infinity display clear");
  for (r = 0; r < nResults; r++) {
    if (getResult("Area", r) > 200) counts[i]++;
  }
  if (counts[i] > 2)
    kinds[i] = "many";
  else
    kinds[i] = "few of " + nResults;
  close();
}
run("Clear Results");
for (k = 0; k < counts.length; k++) {
  setResult("Label", k, list[k]);
  setResult("Count", k, counts[k]);
  setResult("Mean", k, means[k] / 2);
}
for (k = 0; k < list.length; k++) {
  if (counts[k] > 2) setResult("Many", k, 1);
}
updateResults();
saveAs("Results", folders[1] + "counts.csv");
text = "image\tkind\n";
for (j = 0; j < list.length; j++) text = text + list[j] + "\t" + kinds[j] + "\n";
File.saveString(text, folders[1] + "kinds.txt");
f = File.open(folders[1] + "means.txt");
print(f, "image, mean");
for (j = 0; j < list.length; j++) print(f, list[j] + ", " + means[j]);
print(f, "end");
File.close(f);
