// The figure of the page on the published method: the middle 64 x 64 pixels of drawn images, average pooling x4,
// restored by the authors' code and by both our modes. Run twice by published.sh, which adds the functions that draw:
// with a folder it writes the images there; with the folder and a PNG it shows what the authors' code made of them.

var SIZE = 192;
var SIDE = 64;
var ZOOM = 2;
var GAP = 6;
var HEAD = 18;

names = newArray("nuclei", "filaments", "puncta");
columns = newArray("truth", "measured", "bicubic", "reference", "published", "default");
titles = newArray("truth", "measured", "bicubic", "authors' code", "mode=published", "default mode");
argument = split(getArgument(), ";");
folder = argument[0] + File.separator;
setBatchMode(true);
if (argument.length == 1) draw();
else show(argument[1]);

function draw() {
  drawCells();
  for (i = 0; i < names.length; i++) {
    selectImage("cells");
    setSlice(i + 1);
    run("Duplicate...", "title=" + names[i]);
    saveAs("Tiff", folder + names[i] + ".tif");
    close();
  }
}

function show(output) {
  tile = SIDE * ZOOM;
  newImage("figure", "RGB white", columns.length * (tile + GAP) - GAP, names.length * (tile + HEAD) + HEAD, 1);
  for (row = 0; row < names.length; row++) {
    take("" + row + "-truth", "truth");
    take("" + row + "-ref", "reference");
    take("" + row + "-lr", "small");
    run("DeqIR Super-Resolution...", "scale=4 noise=none mode=published range=0-1");
    rename("published");
    selectImage("small");
    run("DeqIR Super-Resolution...", "scale=4 noise=none");
    rename("default");
    enlarge("None", "measured");
    enlarge("Bicubic", "bicubic");
    for (c = 0; c < columns.length; c++) {
      label = "";
      if (c > 0) label = decibels(columns[c]);
      selectImage(columns[c]);
      run("Duplicate...", "title=tile");
      setMinAndMax(0, 1);
      run("RGB Color");
      run("Size...", "width=" + tile + " height=" + tile + " interpolation=None");
      Image.copy;
      close();
      selectImage("figure");
      Image.paste(c * (tile + GAP), HEAD + row * (tile + HEAD));
      run("Select None");
      setColor(0, 0, 0);
      setFont("SansSerif", 11, "antialiased");
      if (row == 0) drawString(titles[c], c * (tile + GAP) + 2, HEAD - 3);
      drawString(label, c * (tile + GAP) + 2, (row + 1) * (tile + HEAD) + HEAD - 4);
    }
    close("small");
    for (c = 0; c < columns.length; c++) close(columns[c]);
  }
  saveAs("PNG", output);
}

function take(file, title) {
  open(folder + file + ".tif");
  rename(title);
}

function enlarge(interpolation, title) {
  selectImage("small");
  run("Duplicate...", "title=" + title);
  run("Size...", "width=" + SIDE + " height=" + SIDE + " interpolation=" + interpolation);
}

// Against the truth, whose values go from 0 to 1; what the authors' code saves is clipped to them.
function decibels(title) {
  selectImage(title);
  changeValues(-1e9, 0, 0);
  changeValues(1, 1e9, 1);
  run("Clear Results");
  run("DeqIR Compare...", "reference=truth");
  return d2s(getResult("PSNR", 0), 1) + " dB";
}
