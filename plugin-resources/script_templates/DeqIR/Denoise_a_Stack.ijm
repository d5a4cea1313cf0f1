// Denoises all slices of the active stack. The noise is estimated from each slice; state it instead
// if you know your camera: "noise=poisson-gaussian gain=0.46 offset=100 readout=1.6".
run("DeqIR Denoise...", "noise=auto");

// The result is now active. How it came about stands in its info (Image > Show Info...).
print(getTitle() + ": " + Property.get("DeqIR noise"));
