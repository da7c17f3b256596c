input = "/data/in/"; output = "/data/out/";
files = getFileList(input);
File.saveString("name,mean\n", output + "means.csv");
i = 0;
while (i < files.length) {
  if (endsWith(toLowerCase(files[i]), ".tif") || startsWith(files[i], "A")) {
    open(input + files[i]);
    run("8-bit");
    getStatistics(area, mean);
    File.append(files[i] + "," + mean, output + "means.csv");
    rename("x" + files[i]);
    run("Duplicate...", "title=[c " + files[i] + "]");
    run("Tiff...", "save=[" + output + files[i] + "]");
    run("Close All");
  }
  i++;
}
