// Shows the DeqIR commands at work, without a display:
//   ImageJ.app/headless macros/DeqIR_Demo.ijm OUTPUT_FOLDER[;IMAGE_FILE]
//
// Without an image file it draws nuclei, filaments and puncta, simulates what a microscope makes of
// them, restores that and compares the result with what was drawn: one panel a task (left to right:
// input, restored, truth; one image a row) and scores.csv. With an image file there is no truth: it
// denoises and enlarges the middle of the image and writes panels (input, restored) and
// residuals.csv.

var SIZE = 192;
var GAP = 4;
var out, file, table;

argument = getArgument();
end = indexOf(argument, ";");
if (end < 0) end = lengthOf(argument);
out = substring(argument, 0, end);
file = "";
table = "";
if (end < lengthOf(argument)) file = substring(argument, end + 1);
if (out == "") exit("Give the folder for the results: DeqIR_Demo.ijm OUTPUT_FOLDER[;IMAGE_FILE]");
out = out + File.separator;
File.makeDirectory(out);

setBatchMode(true);
if (file != "") restoreFile(file);
else {
  drawCells();
  drawTissue();
  table = "task,image,input_psnr,restored_psnr,input_ssim,restored_ssim\n";

  // Photon noise of a camera: 2 grey levels a photon, offset 100, readout noise 6.
  select("cells", "truth");
  run("DeqIR Degrade...", "noise=poisson-gaussian gain=2 offset=100 readout=6 seed=1");
  rename("input");
  run("DeqIR Denoise...", "model=auto");
  rename("restored");
  score("denoise");

  // A widefield objective; what was done is read back from the image's properties.
  select("cells", "truth");
  run("DeqIR Degrade...", "operator=blur blur=microscope na=0.9 wavelength=560 noise=poisson-gaussian gain=0.5 offset=100 readout=1 seed=2");
  rename("input");
  run("DeqIR Deblur...", "model=auto");
  rename("restored");
  score("deblur");

  // Camera pixels twice as large.
  select("cells", "truth");
  run("DeqIR Degrade...", "operator=downsampling scale=2 noise=gaussian sigma=3 seed=3");
  rename("small");
  run("DeqIR Super-Resolution...", "model=auto");
  rename("restored");
  selectImage("small");
  run("Size...", "width=" + SIZE + " height=" + SIZE + " interpolation=Bicubic");
  rename("input");
  score("super-resolution");

  // Scratches and dust.
  drawScratches();
  select("cells", "truth");
  run("DeqIR Degrade...", "operator=[missing pixels] missing=[mask image] mask=scratches");
  rename("holes");
  run("DeqIR Inpaint...", "model=auto");
  rename("restored");
  selectImage("holes");
  showMissing();
  rename("input");
  score("inpaint");

  // A single-pixel camera that measures one coefficient for every two pixels.
  select("cells", "truth");
  run("DeqIR Degrade...", "operator=sensing sensing=walsh-hadamard ratio=0.5 key=7");
  rename("input");
  run("DeqIR Compressed Sensing...", "model=auto");
  rename("restored");
  score("compressed-sensing");

  // A section whose colours are lost.
  select("tissue", "truth");
  run("DeqIR Degrade...", "operator=grey");
  rename("grey");
  run("DeqIR Colorize...", "model=auto");
  rename("restored");
  selectImage("grey");
  setMinAndMax(0, 255);
  run("RGB Color");
  rename("input");
  score("colorize");

  File.saveString(table, out + "scores.csv");
  printTable();
}

// -- Restoring the user's own image --

function restoreFile(file) {
  open(file);
  rename("whole");
  getDimensions(width, height, channels, slices, frames);
  side = 256;
  makeRectangle(floor(maxOf(0, (width - side) / 2)), floor(maxOf(0, (height - side) / 2)),
      minOf(side, width), minOf(side, height));
  run("Duplicate...", "title=input");
  close("whole");
  table = "task,image,residual_chi_square\n";
  run("DeqIR Denoise...", "noise=auto");
  rename("restored");
  residual("denoise");
  selectImage("input");
  run("DeqIR Super-Resolution...", "scale=2 noise=auto");
  rename("restored");
  selectImage("input");
  run("Size...", "width=" + 2 * getWidth() + " height=" + 2 * getHeight() + " interpolation=None");
  residual("super-resolution");
  File.saveString(table, out + "residuals.csv");
  printTable();
}

function residual(task) {
  selectImage("restored");
  value = Property.get("DeqIR re-degradation chi-square");
  table = table + task + "," + File.getName(file) + "," + value + "\n";
  columns = newArray("input", "restored");
  panel(task, columns, "input");
  close("restored");
}

// -- Scores and panels --

function select(from, title) {
  selectImage(from);
  run("Duplicate...", "title=" + title + " duplicate");
}

function score(task) {
  selectImage("truth");
  names = newArray(nSlices);
  for (i = 0; i < names.length; i++) {
    setSlice(i + 1);
    names[i] = Property.getSliceLabel;
  }
  run("Clear Results");
  compare("input");
  compare("restored");
  n = names.length;
  for (i = 0; i < n; i++)
    table = table + task + "," + names[i] + "," + d2s(getResult("PSNR", i), 3) + ","
        + d2s(getResult("PSNR", n + i), 3) + "," + d2s(getResult("SSIM", i), 4) + ","
        + d2s(getResult("SSIM", n + i), 4) + "\n";
  columns = newArray("input", "restored", "truth");
  panel(task, columns, "truth");
  titles = getList("image.titles");
  for (i = 0; i < titles.length; i++)
    if (titles[i] != "cells" && titles[i] != "tissue") close(titles[i]);
}

function compare(title) {
  selectImage(title);
  run("DeqIR Compare...", "reference=truth");
  close();
}

// All slices of some images side by side, in the display range of one of them.
function panel(task, columns, scale) {
  selectImage(scale);
  getDimensions(width, height, channels, slices, frames);
  rows = nSlices;
  colour = bitDepth() == 24;
  type = "8-bit white";
  if (colour) type = "RGB white";
  newImage("panel", type, columns.length * (width + GAP) - GAP, rows * (height + GAP) - GAP, 1);
  for (row = 0; row < rows; row++) {
    selectImage(scale);
    setSlice(row + 1);
    getRawStatistics(count, mean, min, max);
    for (column = 0; column < columns.length; column++) {
      selectImage(columns[column]);
      setSlice(row + 1);
      run("Select None");
      run("Duplicate...", "title=tile");
      if (!colour) {
        setMinAndMax(min, max);
        run("8-bit");
        run("Grays");
      }
      Image.copy;
      close();
      selectImage("panel");
      Image.paste(column * (width + GAP), row * (height + GAP));
    }
  }
  run("Select None");
  saveAs("PNG", out + task + ".png");
  close();
}

function printTable() {
  lines = split(table, "\n");
  for (i = 0; i < lines.length; i++) {
    cells = split(lines[i], ",");
    line = "";
    for (j = 0; j < cells.length; j++) line = line + padded(cells[j], 20);
    print(line);
  }
  print("Panels are in " + out);
}

function padded(text, width) {
  while (lengthOf(text) < width) text = text + " ";
  return text;
}

// -- What is drawn; the same on every computer --

function drawCells() {
  newImage("cells", "32-bit black", SIZE, SIZE, 3);
  run("Properties...", "unit=um pixel_width=0.1 pixel_height=0.1 voxel_depth=1");
  random("seed", 20240617);
  setSlice(1);
  Property.setSliceLabel("nuclei", 1);
  drawNuclei();
  setSlice(2);
  Property.setSliceLabel("filaments", 2);
  drawFilaments();
  setSlice(3);
  Property.setSliceLabel("puncta", 3);
  drawPuncta();
  run("Select None");
  // Grey levels of a camera with an offset of 100.
  run("Add...", "value=100 stack");
}

function drawNuclei() {
  placed = 0;
  xs = newArray(16);
  ys = newArray(16);
  for (attempt = 0; attempt < 400 && placed < xs.length; attempt++) {
    x = SIZE * random();
    y = SIZE * random();
    free = true;
    for (i = 0; i < placed; i++)
      if (sqrt((x - xs[i]) * (x - xs[i]) + (y - ys[i]) * (y - ys[i])) < 34) free = false;
    if (!free) continue;
    xs[placed] = x;
    ys[placed] = y;
    placed++;
    long = 13 + 5 * random();
    angle = PI * random();
    dx = long * cos(angle);
    dy = long * sin(angle);
    level = 140 + 160 * random();
    makeEllipse(x - dx, y - dy, x + dx, y + dy, 0.6 + 0.35 * random());
    run("Set...", "value=" + level + " slice");
    // brighter clumps and a dark nucleolus
    for (k = 0; k < 9; k++) {
      r = 1.5 + 2 * random();
      a = 2 * PI * random();
      d = 0.6 * long * random();
      makeOval(x + d * cos(a) - r, y + d * sin(a) - r, 2 * r, 2 * r);
      step = 60 * random();
      if (k == 0) step = -0.5 * level;
      run("Add...", "value=" + step + " slice");
    }
  }
  run("Select None");
  run("Gaussian Blur...", "sigma=1 slice");
}

function drawFilaments() {
  for (filament = 0; filament < 26; filament++) {
    x = SIZE * random();
    y = SIZE * random();
    angle = 2 * PI * random();
    level = 90 + 260 * random();
    steps = 30 + 40 * random();
    setLineWidth(1 + floor(1.4 * random()));
    setColor(level);
    moveTo(x, y);
    for (i = 0; i < steps; i++) {
      angle = angle + 0.12 * random("gaussian");
      x = x + 4 * cos(angle);
      y = y + 4 * sin(angle);
      lineTo(x, y);
    }
  }
  run("Gaussian Blur...", "sigma=0.8 slice");
}

function drawPuncta() {
  // the cell's haze
  makeEllipse(0.2 * SIZE, 0.25 * SIZE, 0.8 * SIZE, 0.8 * SIZE, 0.6);
  run("Set...", "value=40 slice");
  run("Select None");
  run("Gaussian Blur...", "sigma=12 slice");
  for (k = 0; k < 150; k++) {
    x = floor(SIZE * random());
    y = floor(SIZE * random());
    setPixel(x, y, getPixel(x, y) + 900 + 3600 * random() * random());
  }
  run("Gaussian Blur...", "sigma=1.3 slice");
}

function drawTissue() {
  newImage("tissue", "RGB white", SIZE, SIZE, 1);
  Property.setSliceLabel("tissue", 1);
  random("seed", 7);
  setColor(236, 190, 214);
  fillRect(0, 0, SIZE, SIZE);
  for (k = 0; k < 60; k++) {
    r = 8 + 18 * random();
    setColor(215 + 30 * random(), 150 + 50 * random(), 190 + 25 * random());
    fillOval(SIZE * random() - r, SIZE * random() - r, 2 * r, 1.4 * r);
  }
  for (k = 0; k < 45; k++) {
    r = 4 + 4 * random();
    dark = 25 * random();
    setColor(110 + dark, 70 + dark, 140 + dark);
    fillOval(SIZE * random() - r, SIZE * random() - r, 2 * r, 1.5 * r);
  }
  run("Gaussian Blur...", "sigma=1.2");
}

function drawScratches() {
  random("seed", 99);
  newImage("scratches", "8-bit black", SIZE, SIZE, 1);
  setColor(255);
  for (k = 0; k < 7; k++) {
    setLineWidth(2 + floor(3 * random()));
    drawLine(SIZE * random(), SIZE * random(), SIZE * random(), SIZE * random());
  }
  for (k = 0; k < 8; k++) {
    r = 4 + 5 * random();
    fillOval(SIZE * random() - r, SIZE * random() - r, 2 * r, 2 * r);
  }
}

// Pixels that are missing (NaN) as black.
function showMissing() {
  for (i = 1; i <= nSlices; i++) {
    setSlice(i);
    changeValues(NaN, NaN, 0);
  }
}
