newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);

for (i = 0; i < list.length; i++) { open(input + list[i]);
run("8-bit"); setAutoThreshold("Otsu"); run("Convert to Mask");
run("Analyze Particles...", "size=30-Infinity summarize");
Table.save(output + "t.csv", "Summary");
close(); }
IJ.renameResults("Summary", "Results"); saveAs("Results", output + "renamed.csv");
