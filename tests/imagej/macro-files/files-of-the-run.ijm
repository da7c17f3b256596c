newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);
list = Array.filter(list, "smear");
if (File.exists(output + "numbers.csv")) File.delete(output + "numbers.csv");
File.append("image,count", output + "numbers.csv");
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  getLocationAndSize(x, y, w, h);
  run("8-bit");
  setAutoThreshold("Otsu");
  if (!File.exists(output + "means.csv")) File.append("mean,of", output + "means.csv");
  getStatistics(area, mean);
  File.append(mean + "," + list[i], output + "means.csv");
  run("Analyze Particles...", "size=80-Infinity display clear");
  File.append(list[i] + "," + nResults, output + "numbers.csv");
  close();
}
