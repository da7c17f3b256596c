newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);
for (i = 0; i < list.length; i++) { open(input + list[i]); name = File.nameWithoutExtension;
run("8-bit"); setAutoThreshold("Otsu");
run("Analyze Particles...", "size=100-Infinity show=[Overlay Masks] display clear");
saveAs("Tiff", output + name + "_masks.tif");
run("Analyze Particles...", "size=100-Infinity show=Overlay display clear composite");
saveAs("Tiff", output + name + "_outlines.tif");
run("Remove Overlay"); roiManager("reset");
run("Analyze Particles...", "size=100-Infinity show=[Overlay Outlines] add composite");
saveAs("Tiff", output + name + "_added.tif");
roiManager("Save", output + name + "_added.zip");
roiManager("reset"); roiManager("Show None");
run("Analyze Particles...", "size=100-Infinity show=Nothing clear add");
run("Analyze Particles...", "size=100-Infinity show=Ellipses");
saveAs("Tiff", output + name + "_ellipses.tif");
run("Close All"); }
