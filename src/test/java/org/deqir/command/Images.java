/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.CompositeImage;
import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.VirtualStack;
import ij.measure.Calibration;
import ij.process.ImageProcessor;
import java.util.Random;

/** Images with random content and full metadata, as users have them. */
public final class Images {

    public static final int WIDTH = 23;
    public static final int HEIGHT = 17;

    private Images() {}

    /** A hyperstack of a bit depth (8, 16, 24 or 32) with calibration and slice labels. */
    public static ImagePlus hyperstack(int bitDepth, int channels, int slices, int frames) {
        final Random random = new Random(bitDepth * 1000L + channels * 100 + slices * 10 + frames);
        final ImageStack stack = new ImageStack(WIDTH, HEIGHT);
        for (int n = 1; n <= channels * slices * frames; n++) {
            final ImageProcessor ip = IJ.createImage("", WIDTH, HEIGHT, 1, bitDepth).getProcessor();
            for (int i = 0; i < WIDTH * HEIGHT; i++)
                switch (bitDepth) {
                    case 8 -> ip.set(i, random.nextInt(256));
                    case 16 -> ip.set(i, 1000 + random.nextInt(3000));
                    case 24 -> ip.set(i, 0xff000000 | random.nextInt(1 << 24));
                    default -> ip.setf(i, (float) (200 * random.nextGaussian()));
                }
            stack.addSlice("plane " + n, ip);
        }
        final ImagePlus image = new ImagePlus("cells.tif", stack);
        image.setDimensions(channels, slices, frames);
        image.setOpenAsHyperStack(channels * slices * frames > 1);
        final Calibration calibration = new Calibration();
        calibration.pixelWidth = 0.1;
        calibration.pixelHeight = 0.2;
        calibration.pixelDepth = 0.5;
        calibration.frameInterval = 3;
        calibration.xOrigin = 4;
        calibration.yOrigin = 2;
        calibration.zOrigin = 1;
        calibration.setUnit("um");
        image.setCalibration(calibration);
        image.setProperty("Info", "Objective: 63x");
        image.setProp("Lens", "oil");
        return channels > 1 && bitDepth != 24
                ? new CompositeImage(image, CompositeImage.COMPOSITE)
                : image;
    }

    /** The same planes, each made anew whenever it is asked for. */
    public static ImagePlus virtual(ImagePlus image) {
        final ImageStack planes = image.getStack();
        final VirtualStack stack =
                new VirtualStack(image.getWidth(), image.getHeight(), planes.getSize()) {
                    @Override
                    public ImageProcessor getProcessor(int n) {
                        return planes.getProcessor(n).duplicate();
                    }

                    @Override
                    public int getBitDepth() {
                        return image.getBitDepth();
                    }
                };
        final ImagePlus virtual = new ImagePlus(image.getTitle(), stack);
        virtual.setDimensions(image.getNChannels(), image.getNSlices(), image.getNFrames());
        return virtual;
    }
}
