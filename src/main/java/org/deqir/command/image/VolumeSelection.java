/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.ImagePlus;
import java.awt.Rectangle;
import org.deqir.image.Plane;
import org.deqir.image.Volume;

/**
 * The selected planes as volumes: one for each selected channel of each selected frame, all with
 * the same slices.
 */
public final class VolumeSelection {

    private final ImagePlus image;
    private final int[] channels;
    private final int[] slices;
    private final int[] frames;

    private VolumeSelection(ImagePlus image, SliceSelection selection) {
        this.image = image;
        channels = selection.channels();
        slices = selection.slices();
        frames = selection.frames();
    }

    /**
     * {@return the volumes of a selection}
     *
     * @throws IllegalArgumentException if the selected planes are not neighbouring slices, the same
     *     of each channel and frame
     */
    public static VolumeSelection of(SliceSelection selection, ImagePlus image) {
        final VolumeSelection volumes = new VolumeSelection(image, selection);
        final int[] z = volumes.slices;
        if (!selection.keepsDimensions() || z[z.length - 1] - z[0] != z.length - 1)
            throw new IllegalArgumentException(
                    "The selected slices are no volume: volumes need neighbouring slices, the same"
                            + " ones of all selected channels and frames.");
        return volumes;
    }

    /** {@return number of volumes} */
    public int count() {
        return channels.length * frames.length;
    }

    /** {@return the number of slices of each volume} */
    public int depth() {
        return slices.length;
    }

    /**
     * {@return the number of slices that the image has before the selected ones, {@code most} at
     * most}
     */
    public int before(int most) {
        return Math.min(most, slices[0] - 1);
    }

    /**
     * {@return the number of slices that the image has after the selected ones, {@code most} at
     * most}
     */
    public int after(int most) {
        return Math.min(most, image.getNSlices() - slices[slices.length - 1]);
    }

    /** {@return the place in the selection, from 0, of slice {@code z} of a volume, both from 0} */
    public int place(int volume, int z) {
        final int frame = volume / channels.length;
        return (frame * slices.length + z) * channels.length + volume % channels.length;
    }

    /** {@return channel, slice and frame, from 0, of the first slice of a volume, from 0} */
    public int[] position(int volume) {
        return new int[] {
            channels[volume % channels.length] - 1,
            slices[0] - 1,
            frames[volume / channels.length] - 1
        };
    }

    /**
     * {@return the position in the stack, from 1, of slice {@code z} of a volume, both from 0} A
     * slice before the first one, below 0, lies outside of the selection.
     */
    public int index(int volume, int z) {
        return image.getStackIndex(
                channels[volume % channels.length],
                slices[0] + z,
                frames[volume / channels.length]);
    }

    /**
     * {@return the grey levels of a box of a volume, from 0, with slices before and after the
     * selected ones}
     */
    public Volume read(PlaneSource source, int volume, int before, int after, Rectangle box) {
        final int depth = before + slices.length + after;
        final int plane = box.width * box.height;
        final float[] samples = new float[Math.multiplyExact(depth, plane)];
        for (int z = 0; z < depth; z++) {
            final Plane read = source.read(index(volume, z - before), box);
            System.arraycopy(read.channels()[0], 0, samples, z * plane, plane);
        }
        return new Volume(samples, box.width, box.height, depth);
    }

    /**
     * {@return how a sentence names a volume, from 0: by channel and frame, where there are
     * several}
     */
    public String nameOf(int volume) {
        return (channels.length > 1 ? "channel " + channels[volume % channels.length] : "")
                + (channels.length > 1 && frames.length > 1 ? ", " : "")
                + (frames.length > 1 ? "frame " + frames[volume / channels.length] : "");
    }
}
