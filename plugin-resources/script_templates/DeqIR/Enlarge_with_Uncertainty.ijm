// Doubles the number of pixels along each side and shows where the result is uncertain: the
// standard deviation of 8 independent samples, in grey levels.
title = getTitle();
run("DeqIR Super-Resolution...", "scale=2 noise=auto mode=sample samples=8 seed=1");
selectImage(replace(title, "\\.\\w+$", "") + "-x2-sd");
run("Fire");
