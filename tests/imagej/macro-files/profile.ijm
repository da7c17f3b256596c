newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);
for (i = 0; i < list.length; i++) {
  open(input + list[i]);
  name = File.nameWithoutExtension;
  run("8-bit");
  makeLine(10, 20, 150, 90); p = getProfile(); text = "";
  for (j = 0; j < p.length; j++) text = text + p[j] + "\n";
  makeLine(199, 10, 20, 10); p = getProfile();
  for (j = 0; j < p.length; j++) text = text + p[j] + "\n";
  makeLine(120, 10, 120, 150); p = getProfile();
  for (j = 0; j < p.length; j++) text = text + p[j] + "\n";
  makeRectangle(30, 40, 25, 17); p = getProfile();
  for (j = 0; j < p.length; j++) text = text + p[j] + "\n";
  File.saveString(text, output + name + ".txt");
  close();
}
