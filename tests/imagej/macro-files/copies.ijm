newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);

for (i = 0; i < list.length; i++) { open(input + list[i]); name = File.nameWithoutExtension;
run("Duplicate...", "title=hsb"); run("HSB Stack"); setSlice(2); run("Duplicate...", "title=one"); saveAs("Tiff", output + name + "_slice.tif"); close();
selectWindow("hsb"); run("Delete Slice"); saveAs("Tiff", output + name + "_two.tif"); close();
run("8-bit"); setMetadata("Info", "what\nit is");
makeRectangle(10, 20, 60, 50); run("Duplicate...", "title=part"); saveAs("Tiff", output + name + "_part.tif"); close();
run("Duplicate...", "title=part"); run("Rotate 90 Degrees Right"); saveAs("Tiff", output + name + "_right.tif"); close();
run("Select None"); run("Duplicate...", "title=part"); run("Canvas Size...", "width=300 height=260 position=Center zero"); saveAs("Tiff", output + name + "_canvas.tif"); close();
run("Duplicate...", "title=part"); run("Size...", "width=100 height=90 average interpolation=Bilinear"); saveAs("Tiff", output + name + "_size.tif"); close();
makeRectangle(10, 20, 60, 50); run("Crop"); saveAs("Tiff", output + name + "_crop.tif");
close(); }
