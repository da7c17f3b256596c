// How tables and JPEG are saved.
parts = split(getArgument(), "|");
input = parts[0];
output = parts[1];
list = getFileList(input);
setBatchMode(true);
run("Set Measurements...", "area mean min redirect=None decimal=4");
for (i = 0; i < list.length; i++) {
  run("Input/Output...", "jpeg=40 gif=-1 file=.csv use_file copy_row save_column");
  open(input + list[i]);
  name = File.nameWithoutExtension;
  run("Measure");
  saveAs("Results", output + name + ".csv");
  run("Clear Results");
  for (quality = 10; quality <= 100; quality += 40) {
    run("Input/Output...", "jpeg=" + quality + " gif=-1 file=.csv use_file copy_row save_column");
    saveAs("Jpeg", output + name + "-" + quality + ".jpg");
  }
  run("Input/Output...", "jpeg=100 gif=-1 file=.csv use_file copy_row save_column");
  saveAs("Jpeg", output + name + "-100.jpg");
  run("Input/Output...", "jpeg=89 gif=-1 file=.csv use_file copy_row save_column");
  saveAs("Jpeg", output + name + "-89.jpg");
  close();
}
