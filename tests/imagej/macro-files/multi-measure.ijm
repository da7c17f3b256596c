newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
run("Set Measurements...", "area mean centroid perimeter display redirect=None decimal=3");
list = getFileList(input);
for (i = 0; i < list.length; i++) { open(input + list[i]); name = File.nameWithoutExtension;
roiManager("reset"); makeRectangle(14, 25, 60, 37); roiManager("add"); makeOval(60, 30, 50, 60);
roiManager("add"); roiManager("deselect"); run("Measure");
roiManager("Multi Measure"); selectWindow("Results");
saveAs("Results", output + name + "_row.csv");
roiManager("multi-measure measure_all"); selectWindow("Results");
saveAs("Results", output + name + "_rows.csv");
close(); }
