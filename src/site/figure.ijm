// The figure of the README: input, a classical tool, DeqIR, its uncertainty and the truth, for denoising
// and fourfold super-resolution. Run by figure.sh, which adds the functions that draw the truth.

var SIZE = 192;
var GAP = 6;
var HEAD = 22;

output = getArgument();
setBatchMode(true);
drawCells();

truth("filaments", 2);
run("DeqIR Degrade...", "noise=poisson-gaussian gain=12 offset=100 readout=12 seed=1");
rename("input");
bestGaussian();
selectImage("input");
run("DeqIR Denoise...", "noise=poisson-gaussian gain=12 offset=100 readout=12");
rename("restored");
selectImage("input");
run("DeqIR Denoise...", "noise=poisson-gaussian gain=12 offset=100 readout=12 mode=sample samples=8");
keepDeviation();
titles = newArray("photon noise", "best Gaussian filter", "DeqIR Denoise", "standard deviation", "truth");
row("denoise", titles);

truth("nuclei", 1);
run("DeqIR Degrade...", "operator=downsampling scale=4 noise=gaussian sigma=2 seed=3");
rename("small");
run("DeqIR Super-Resolution...", "scale=4 noise=gaussian sigma=2");
rename("restored");
selectImage("small");
run("DeqIR Super-Resolution...", "scale=4 noise=gaussian sigma=2 mode=sample samples=8");
keepDeviation();
enlarge("Bicubic", "filtered");
enlarge("None", "input");
titles = newArray("pixels 4 times as large", "bicubic", "DeqIR Super-Resolution", "standard deviation", "truth");
row("enlarge", titles);

width = 5 * (SIZE + GAP) - GAP;
newImage("figure", "RGB white", width, 2 * (SIZE + HEAD) + GAP, 1);
paste("denoise", 0);
paste("enlarge", SIZE + HEAD + GAP);
selectImage("figure");
saveAs("PNG", output);

function truth(name, slice) {
  selectImage("cells");
  setSlice(slice);
  run("Duplicate...", "title=truth");
  getStatistics(area, mean, min, max);
}

// The width with the smallest error against the truth.
function bestGaussian() {
  least = 1e30;
  for (sigma = 0.5; sigma <= 4; sigma += 0.25) {
    selectImage("input");
    run("Duplicate...", "title=candidate");
    run("Gaussian Blur...", "sigma=" + sigma);
    imageCalculator("Subtract create 32-bit", "candidate", "truth");
    run("Square");
    getStatistics(area, error);
    close();
    if (error < least) {
      least = error;
      best = sigma;
    }
    close("candidate");
  }
  selectImage("input");
  run("Duplicate...", "title=filtered");
  run("Gaussian Blur...", "sigma=" + best);
}

// Of the two images of a run with samples, only the second is shown.
function keepDeviation() {
  titles = getList("image.titles");
  for (i = 0; i < titles.length; i++) {
    if (endsWith(titles[i], "-sd")) {
      selectImage(titles[i]);
      rename("deviation");
    } else if (startsWith(titles[i], "input-") || startsWith(titles[i], "small-")) close(titles[i]);
  }
}

function enlarge(interpolation, title) {
  selectImage("small");
  run("Duplicate...", "title=" + title);
  run("Size...", "width=" + SIZE + " height=" + SIZE + " interpolation=" + interpolation);
}

// One row: five images under their titles, in the display range of the truth.
function row(name, titles) {
  newImage(name, "RGB white", 5 * (SIZE + GAP) - GAP, SIZE + HEAD, 1);
  columns = newArray("input", "filtered", "restored", "deviation", "truth");
  for (c = 0; c < columns.length; c++) {
    selectImage("truth");
    getStatistics(area, mean, min, max);
    low = min;
    high = low + 0.85 * (max - min);
    selectImage(columns[c]);
    if (columns[c] == "deviation") {
      low = 0;
      high = 0.1 * (max - min);
    }
    setMinAndMax(low, high);
    run("Duplicate...", "title=shown");
    if (columns[c] == "deviation") run("Fire");
    run("RGB Color");
    run("Copy");
    close();
    selectImage(name);
    makeRectangle(c * (SIZE + GAP), HEAD, SIZE, SIZE);
    run("Paste");
    run("Select None");
    setColor(0, 0, 0);
    setFont("SansSerif", 11, "antialiased");
    drawString(titles[c], c * (SIZE + GAP) + 2, HEAD - 4);
  }
  titles = getList("image.titles");
  for (i = 0; i < titles.length; i++)
    if (titles[i] != "cells" && titles[i] != "denoise" && titles[i] != "enlarge") close(titles[i]);
}

function paste(name, y) {
  selectImage(name);
  run("Select All");
  run("Copy");
  selectImage("figure");
  makeRectangle(0, y, getWidth(), SIZE + HEAD);
  run("Paste");
  run("Select None");
}
