// dark-particles.ijm: dark cells on a light background, measured as ImageJ measures particles.
// In ImageJ: Process > Batch > Macro; here: smear run dark-particles.ijm SLIDES -o OUT
setOption("BlackBackground", true);
run("Set Measurements...", "area mean perimeter shape display redirect=None decimal=3");
title = getTitle();
run("8-bit");
run("Gaussian Blur...", "sigma=2");
run("Subtract Background...", "rolling=50 light");
run("Duplicate...", "title=values");
selectWindow(title);
setAutoThreshold("Otsu");
run("Convert to Mask");
run("Fill Holes");
run("Watershed");
run("Set Measurements...", "area mean perimeter shape display redirect=values decimal=3");
run("Analyze Particles...", "size=30-Infinity show=Nothing display exclude clear add");
