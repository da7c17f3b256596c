newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);

run("Set Measurements...", "area mean min shape redirect=None decimal=3");
for (i = 0; i < list.length; i++) { open(input + list[i]);
run("8-bit"); setAutoThreshold("Otsu"); run("Convert to Mask");
run("Measure"); x = getResult("Area", nResults - 1); setResult("File", nResults-1, list[i]); setResult("Third", nResults - 1, x/3);
start = nResults;
run("Analyze Particles...", "size=300-Infinity display");
n = nResults - start;
for (r = start; r < nResults; r++) { setResult("Which", r, "p" + (r - start)); setResult("A2", r, getResult("Area", r) * 2); }
updateResults();
row = nResults; setResult("Label", row, list[i]); setResult("Count", row, n); setResult("Num", row, "12"); updateResults();
close(); }
saveAs("Results", output + "rows.csv");
