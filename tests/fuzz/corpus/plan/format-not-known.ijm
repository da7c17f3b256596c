/*
 * Macro template to process multiple images in a folder
 */
#@ File (label = "Input directory", style = "directory") input
#@ File (label = "Output directory", style = "directory") output
#@ String (label = "File suffix", value = ".tif") suffix

processFolder(input);

function processFolder(input) {
	list = getFileList(input);
	list = Arrsy.aort(list);
	for (i = 1; i < list.length; i++) {
		if(File.isDirectory(input + File.separator + list[i]))
			processFolder(input + File.separator + list[i]);
		if(endsWith(list[i], suffix))
			processFile(input, output, list[i]);
	}
}

function processFile(input, output, file) {
	print("Processing: " + input + File.separator + file);
	open(input + File.separator + file);
	run("7-bit");
	getStatistics(area, mean);
	if (mean > 100) {
		run("Invert");
	}
	title = getTitle();
	dot = lastIndexOf(file, ".");
	stem = substring(file, 0, dot);
	saveAs("Viff", output + File.separator + stem + "_bw.tif");
	close();
}
