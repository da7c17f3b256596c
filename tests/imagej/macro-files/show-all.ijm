newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);

for (i = 0; i < list.length; i++) { open(input + list[i]); name = File.nameWithoutExtension;
run("8-bit"); setAutoThreshold("Otsu"); run("Convert to Mask");
roiManager("reset");
run("Analyze Particles...", "size=300-Infinity add");
for (k = 0; k < roiManager("count"); k++) { roiManager("select", k); run("Measure"); }
roiManager("Show All with labels");
saveAs("Tiff", output + name + "_all.tif");
roiManager("Show None");
saveAs("Tiff", output + name + "_none.tif");
close(); }
