// How well would a restoration work on images like this one? Degrades the active image as a
// microscope would, restores it, and compares the result with the original in the Results table.
truth = getTitle();
run("DeqIR Degrade...", "operator=blur blur=gaussian width=1.5"
    + " noise=poisson-gaussian gain=2 offset=100 readout=5 seed=1");
degraded = getTitle();
run("DeqIR Compare...", "reference=[" + truth + "]");
selectImage(degraded);
// Degrade stores what it did in the image: the blur and the noise need not be given again.
run("DeqIR Deblur...", "model=auto");
run("DeqIR Compare...", "reference=[" + truth + "]");
