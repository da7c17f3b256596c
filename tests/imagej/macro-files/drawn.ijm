newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);
setForegroundColor(20, 200, 90);
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  name = File.nameWithoutExtension;
  run("RGB Color"); setForegroundColor(20, 200, 90); setLineWidth(1); setColor(9, 9, 200);
  drawRect(5, 6, 20, 11);
  setColor(255, 0, 0); setLineWidth(3); drawLine(10, 20, 150, 90); drawRect(60, 60, 31, 22);
  setColor("#00ff80"); drawOval(100, 20, 40, 31); setLineWidth(1); drawOval(30, 100, 41, 22);
  setColor("yellow"); fillOval(150, 120, 25, 30); fillRect(190, 5, 12, 13);
  makeOval(100, 140, 21, 18); setColor("blue"); fill(); run("Select None");
  saveAs("Tiff", output + name + "_rgb.tif");
  run("8-bit");
  setColor(77); setLineWidth(2); drawLine(200, 10, 20, 150); setPixel(3, 3, 300); setPixel(4, 3, -2);
  makeOval(20, 20, 50, 40); changeValues(100, 150, 0); run("Select None");
  setForegroundColor(10, 10, 10); drawLine(0, 100, 220, 100);
  run("Invert"); drawLine(0, 110, 220, 110);
  saveAs("Tiff", output + name + "_8.tif");
  close();
}
