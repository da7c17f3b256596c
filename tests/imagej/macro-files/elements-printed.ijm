// An array keeps a number of each image, and a loop behind prints them.
folders = split(getArgument(), "|");
list = getFileList(folders[0]);
setBatchMode(true);
print("\\Clear");
n = list.length;
means = newArray(n);
for (i = 0; i < n; i++) {
  open(folders[0] + list[i]);
  getStatistics(area, mean);
  means[i] = mean;
  close();
}
print("image,mean");
for (i = 0; i < n; i++) print(list[i] + "," + means[i]);
print("end");
selectWindow("Log");
saveAs("Text", folders[1] + "log.txt");
