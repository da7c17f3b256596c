newImage("init", "8-bit black", 4, 4, 1); run("Invert"); close();
parts = split(getArgument(), "|"); input = parts[0]; output = parts[1];
setBatchMode(true);
list = getFileList(input);

run("Set Measurements...", "area mean min redirect=None decimal=3");
for (i = 0; i < list.length; i++) { open(input + list[i]); name = File.nameWithoutExtension; run("8-bit");
run("Clear Results"); makeRectangle(10,10,20,20); run("Measure"); makeRectangle(10,10,30,20); run("Measure"); makeRectangle(10,10,40,20); run("Measure");
Table.set("New", 1, 12.5); Table.set("Txt", 0, "hello"); Table.set("New", Table.size, 99); Table.update;
a = Table.getColumn("Area"); s = 0; for (k = 0; k < a.length; k++) s = s + a[k];
Table.set("S", 0, s); Table.set("M", 1, Table.get("Mean", 1) / 2); Table.setColumn("C2", newArray(1,2,3.25,4)); Table.setColumn("C3", newArray("a","b","c","d")); Table.update;
List.setMeasurements; m = List.getValue("Mean"); f = List.getValue("Feret"); setResult("LM", 0, m); setResult("LF", 0, f); List.set("a", 5); la = List.getValue("a"); setResult("LA", 1, la); setResult("Circ", 2, getValue("Circ.")); updateResults();
Table.save(output + name + "_t.csv"); Table.deleteRows(3, 3); Table.update; Table.save(output + name + "_t2.csv"); 
File.saveString(Table.headings + "\n" + List.getList, output + name + ".txt");
close(); }
