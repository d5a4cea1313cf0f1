/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.CompositeImage;
import ij.ImagePlus;
import ij.ImageStack;
import ij.measure.Calibration;
import ij.process.FloatProcessor;
import java.awt.Rectangle;
import java.util.List;
import org.deqir.ChainState;
import org.deqir.image.Plane;

/**
 * A chain's states as a hyperstack of 32-bit grey levels: a slice for each level, noisiest first,
 * the restored image last. The first channel (of an RGB image the first three) holds the states,
 * the other the network's estimates of the clean image. Slice labels tell the level.
 */
public final class TrajectoryImage {

    private final PlaneSource source;
    private final Region region;
    private final int scale;

    /**
     * @param source the image that was restored
     * @param region whose context was computed and whose box is shown
     * @param scale pixels of the result per pixel of the image
     */
    public TrajectoryImage(PlaneSource source, Region region, int scale) {
        this.source = source;
        this.region = region;
        this.scale = scale;
    }

    /**
     * {@return the states, the first step first, as a stack of 32 bits, with the measured field of
     * the region only}
     */
    public ImagePlus build(String title, List<ChainState> states) {
        final Rectangle box = region.box();
        final ImageStack stack = new ImageStack(box.width * scale, box.height * scale);
        for (final ChainState state : states) {
            add(stack, state.state(), "state " + state.label());
            add(stack, state.estimate(), "estimate " + state.label());
        }
        final ImagePlus plain = new ImagePlus(title, stack);
        plain.setDimensions(stack.size() / states.size(), states.size(), 1);
        plain.setOpenAsHyperStack(true);
        plain.setCalibration(calibration(box));
        final CompositeImage image = new CompositeImage(plain, CompositeImage.GRAYSCALE);
        image.setPosition(1, states.size(), 1);
        // All channels and levels at the contrast of the restored image.
        final double least = image.getProcessor().getStats().min;
        final double most = image.getProcessor().getStats().max;
        for (int c = 1; c <= image.getNChannels(); c++) {
            image.setPositionWithoutUpdate(c, states.size(), 1);
            image.setDisplayRange(least, most);
        }
        image.setPosition(1, 1, 1);
        return image;
    }

    private void add(ImageStack stack, Plane plane, String label) {
        final Rectangle box = region.box();
        final Rectangle context = region.context();
        final int left = (box.x - context.x) * scale;
        final int top = (box.y - context.y) * scale;
        for (final float[] channel : plane.channels()) {
            final FloatProcessor processor =
                    new FloatProcessor(stack.getWidth(), stack.getHeight());
            for (int y = 0; y < stack.getHeight(); y++)
                for (int x = 0; x < stack.getWidth(); x++)
                    processor.setf(x, y, channel[(top + y) * plane.width() + left + x]);
            stack.addSlice(label, processor);
        }
    }

    private Calibration calibration(Rectangle box) {
        final Calibration calibration = source.image().getCalibration().copy();
        calibration.disableDensityCalibration();
        calibration.xOrigin = (calibration.xOrigin - box.x) * scale;
        calibration.yOrigin = (calibration.yOrigin - box.y) * scale;
        calibration.pixelWidth /= scale;
        calibration.pixelHeight /= scale;
        calibration.pixelDepth = 1;
        calibration.zOrigin = 0;
        return calibration;
    }
}
