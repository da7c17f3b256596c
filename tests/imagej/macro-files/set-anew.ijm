// Variables of before the loop that each image sets before it reads them.
folders = split(getArgument(), "|");
list = getFileList(folders[0]);
edges = newArray(0, 100, 300, 1e6);
header = "image";
for (b = 0; b < edges.length - 1; b++) header += "," + edges[b] + "-" + edges[b + 1];
File.saveString(header + "\n", folders[1] + "bins.csv");
class = "";
for (i = 0; i < list.length; i++) {
  open(folders[0] + list[i]);
  run("8-bit");
  setAutoThreshold("Otsu");
  run("Analyze Particles...", "size=5-Infinity clear display");
  counts = newArray(edges.length - 1);
  for (r = 0; r < nResults; r++) {
    a = getResult("Area", r);
    for (b = 0; b < counts.length; b++) {
      if (a >= edges[b] && a < edges[b + 1]) counts[b]++;
    }
  }
  line = list[i];
  for (b = 0; b < counts.length; b++) line += "," + counts[b];
  if (nResults > 12)
    class = "many";
  else
    class = "few";
  File.append(line + "," + class, folders[1] + "bins.csv");
  close();
}
