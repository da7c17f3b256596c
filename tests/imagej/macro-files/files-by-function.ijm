// A function of the macro tells by the name which files are images.
folders = split(getArgument(), "|");
list = getFileList(folders[0]);
ends = newArray("1.jpg", "4.JPG");
for (i = 0; i < list.length; i++) {
  known = false;
  for (k = 0; k < ends.length; k++) {
    if (endsWith(toLowerCase(list[i]), toLowerCase(ends[k]))) {
      known = true;
      break;
    }
  }
  if (isWanted(list[i]) && !known) {
    open(folders[0] + list[i]);
    run("8-bit");
    saveAs("Tiff", folders[1] + list[i]);
    close();
  }
}
function isWanted(name) {
  if (!startsWith(name, "smear")) return false;
  parts = newArray("0001", "0003", "0004");
  for (k = 0; k < parts.length; k++)
    if (indexOf(name, parts[k]) >= 0) return true;
  return matches(name, ".*x.*");
}
