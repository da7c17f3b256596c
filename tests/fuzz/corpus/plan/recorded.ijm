open("/home/me/data/blood1.jpg");
run("8-bit");
for (k = 0; k < 3; k++) run("Erode");
s = 1.5; run("Gaussian Blur...", "sigma=" + s*2);
saveAs("Tiff", "/home/me/out/blood1_mask.tif");
saveAs("PNG", "/home/me/out/png/x.png");
