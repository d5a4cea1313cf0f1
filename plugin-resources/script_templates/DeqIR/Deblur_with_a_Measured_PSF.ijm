// Deblurs the active image with the image of a bead, which must be open too. The bead may lie off
// centre and on a background, but must be in focus and not cut off.
image = getTitle();
bead = getString("Title of the bead's image", "bead.tif");
selectImage(image);
run("DeqIR Deblur...", "blur=[psf image] psf=[" + bead + "] noise=auto");
