// Reconstructs a scan that visited only some pixels. A second open image marks what was NOT visited
// with any value but 0.
scan = getTitle();
mask = getString("Title of the mask", "mask.tif");
selectImage(scan);
run("DeqIR Compressed Sensing...", "sensing=[scan mask] mask=[" + mask + "] noise=none");
