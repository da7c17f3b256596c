// A function that clears the table asks how many rows it has, where a loop goes on or ends.
folders = split(getArgument(), "|");
list = getFileList(folders[0]);
setBatchMode(true);
for (i = 0; i < list.length; i++) {
  open(folders[0] + list[i]);
  run("8-bit");
  setAutoThreshold("Otsu");
  setOption("BlackBackground", true);
  run("Convert to Mask");
  steps = 0;
  while (count() > 3 && steps < 10) {
    run("Erode");
    steps++;
  }
  File.saveString(list[i] + " needs " + steps + ", left " + count(), folders[1] + list[i] + ".txt");
  close();
}
function count() {
  run("Analyze Particles...", "size=0-Infinity clear display");
  return nResults;
}
