newImage("start", "8-bit black", 4, 4, 1); run("Invert"); close();
setBatchMode(true);
setOption("BlackBackground", true);
var table = "Image,Count\n", from = "", to = "";
folders = split(getArgument(), "|");
from = folders[0];  to = folders[1];
if (!endsWith(from, "/")) from = from + "/";
if (!endsWith(to, "/"))   to = to + "/";
File.makeDirectory(to);
run("Set Measurements...", "area mean min display redirect=None decimal=3");
names = getFileList(from);
for (k = 0; k < names.length; k++)
    if (endsWith(names[k], ".jpg") || endsWith(names[k], ".png"))
        work(names[k]);
File.saveString(table, to + "Counts.csv");
function work(name) {
    open(from + name);
    stem = File.nameWithoutExtension;
    run("8-bit");
    setAutoThreshold("Otsu");
    run("Convert to Mask");
    roiManager("reset");
    run("Analyze Particles...", "size=30-Infinity show=Nothing display exclude clear add");
    n = nResults;
    if (n > 0) {
        saveAs("Results", to + stem + "_Results.csv");
        roiManager("Save", to + stem + "_RoiSet.zip");
    }
    saveAs("Tiff", to + stem + "_mask.tif");
    table = table + name + "," + n + "\n";
    close();
}
