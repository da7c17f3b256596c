// A flat field that is opened once, before the loop.
parts = split(getArgument(), "|");
input = parts[0];
output = parts[1];
setBatchMode(true);
open(input + "../truth/nuclei/smear-0001.png");
run("32-bit");
run("Gaussian Blur...", "sigma=20");
getStatistics(area, level);
run("Divide...", "value=" + level);
rename("flat");
list = getFileList(input);
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  title = getTitle();
  run("8-bit");
  imageCalculator("Divide create 32-bit", title, "flat");
  setMinAndMax(0, 255);
  run("8-bit");
  saveAs("Tiff", output + title);
  close();
  selectWindow(title);
  saveAs("Tiff", output + "grey-" + title);
  close();
}
