newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);

run("Set Measurements...", "area mean perimeter shape display redirect=None decimal=3");
for (i = 0; i < list.length; i++) { open(input + list[i]); name = File.nameWithoutExtension;
run("8-bit"); setAutoThreshold("Otsu"); run("Convert to Mask");
run("Analyze Particles...", "size=30-Infinity display clear summarize");
selectWindow("Results"); saveAs("Results", output + name + "_r.csv");
selectWindow("Results"); saveAs("Text", output + name + "_t");
close(); }
selectWindow("Summary"); saveAs("Results", output + "all.csv");
