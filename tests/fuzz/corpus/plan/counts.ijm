dir = getDirectory("Choose input");
out = getDirectory("Choose output");
list = getFileList(dir);
setBatchMode(true);
run("Set Measurements...", "area mean display redirect=None decimal=3");
for (i = 0; i < list.length; i++) {
  showProgress(i+1, list.length);
  if (!endsWith(list[i], ".jpg")) continue;
  open(dir + list[i]);
  t = getTitle();
  run("8-bit");
  n = count(t);
  if (n == 0) { print("nothing in " + t); close(); continue; }
  setResult("Count", nResults, n);
  setResult("Image", nResults-1, t);
  saveAs("PNG", out + replace(t, ".jpg", "") + "_n.png");
  close();
}
saveAs("Results", out + "all.csv");

function count(title) {
  getStatistics(a, m, lo, hi);
  if (hi - lo < 10) return 0;
  setThreshold(0, m / 2);
  k = 0;
  while (k < hi) k = k + 40;
  return k;
}
