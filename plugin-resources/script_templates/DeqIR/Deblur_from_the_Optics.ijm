// Deblurs the active image with the PSF that the optics should have. The pixel size is taken from
// the image (Image > Properties...), which must be calibrated.
aperture = getNumber("Numerical aperture", 1.3);
wavelength = getNumber("Emission wavelength (nm)", 520);
run("DeqIR Deblur...", "blur=microscope na=" + aperture + " wavelength=" + wavelength
    + " modality=widefield noise=auto");
