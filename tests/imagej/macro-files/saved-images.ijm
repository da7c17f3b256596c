newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);

for (i = 0; i < list.length; i++) { open(input + list[i]); name = File.nameWithoutExtension;
saveAs("PNG", output + name + "_rgb.png"); saveAs("Jpeg", output + name + "_rgb.jpg");
run("8-bit"); saveAs("PNG", output + name + "_8.png"); saveAs("Jpeg", output + name + "_8"); run("Invert LUT"); saveAs("PNG", output + name + "_inv.png"); run("Invert LUT");
setMinAndMax(50, 200); saveAs("PNG", output + name + "_range.png"); setMinAndMax(0, 255);
run("16-bit"); saveAs("PNG", output + name + "_16.png"); run("Invert LUT"); setMinAndMax(20, 180); saveAs("PNG", output + name + "_16inv.png"); run("Invert LUT");
run("32-bit"); setMinAndMax(33, 190); saveAs("PNG", output + name + "_32.png"); saveAs("Jpeg", output + name + "_32.jpg"); setMinAndMax(0, 255); run("8-bit"); 
setAutoThreshold("Otsu"); run("Convert to Mask"); saveAs("PNG", output + name + "_mask.png"); rename("m");
run("Clear Results"); run("Analyze Particles...", "size=100-Infinity show=[Count Masks]"); saveAs("PNG", output + name + "_count.png"); close();
run("Analyze Particles...", "size=100-Infinity show=Masks"); saveAs("PNG", output + name + "_pm.png"); save(output + name + "_saved.tif"); save(output + name + "_saved2.png");
saveAs("Text Image", output + name + "_ti"); makeRectangle(1,2,30,40); saveAs("Selection", output + name + "_s"); saveAs("Measurements", output + name + "_none.csv"); close();
close(); }
