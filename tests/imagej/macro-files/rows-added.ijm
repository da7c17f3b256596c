newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);

for (i = 0; i < list.length; i++) { open(input + list[i]);
run("8-bit"); getStatistics(area, mean);
row = nResults; setResult("Label", row, list[i]); setResult("Mean", row, mean); setResult("Big", row, area * 1000); updateResults();
close(); }
saveAs("Results", output + "count.csv");
