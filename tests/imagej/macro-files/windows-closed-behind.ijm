newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
if (!is("Batch Mode")) setBatchMode(true);
setTool("rectangle");
setOption("JFileChooser", true);
start = getTime();
getDateAndTime(year, month, weekday, day, hour, minute, second, msec);
when = "" + hour + ":";
if (minute < 10) when = when + "0";
when = when + minute;
print("Started at " + when);
list = getFileList(input);
n = 0;
for (k = 0; k < list.length; k++) if (endsWith(list[k], ".jpg") || endsWith(list[k], ".png")) n++;
if (n == 0) exit("no images");
run("Set Measurements...", "area mean redirect=None decimal=3");
for (i = 0; i < list.length; i++) {
  if (endsWith(list[i], ".jpg") || endsWith(list[i], ".png")) {
    print("\\Update:" + i + "/" + list.length);
    open(input + list[i]);
    run("8-bit");
    setAutoThreshold("Otsu");
    run("Analyze Particles...", "size=80-Infinity display clear");
    saveAs("Results", output + list[i] + ".csv");
    close();
  } else {
    print("skipped " + list[i]);
  }
}
if (isOpen("Results")) { selectWindow("Results"); run("Close"); }
if (isOpen("Log")) { selectWindow("Log"); run("Close"); }
while (nImages > 0) { selectImage(nImages); close(); }
run("Set Measurements...", "area mean standard min redirect=None decimal=1");
print("Done in " + (getTime() - start) / 1000 + " s");
