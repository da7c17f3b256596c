newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);

run("Set Measurements...", "area mean perimeter fit display redirect=None decimal=2");
for (i = 0; i < list.length; i++) { open(input + list[i]); name = File.nameWithoutExtension;
run("8-bit"); setAutoThreshold("Otsu"); run("Convert to Mask");
run("Analyze Particles...", "size=30-Infinity display clear summarize");
saveAs("Results", output + name + "_front.csv");
run("Analyze Particles...", "size=100-Infinity summarize");
selectWindow("Summary"); saveAs("Text", output + name + "_s.xls");
run("Analyze Particles...", "size=200-Infinity summarize");
selectWindow("Summary"); saveAs("Text", output + name + "_s2"); run("Close");
Table.save(output + name + "_res.csv", "Results");
close(); }
